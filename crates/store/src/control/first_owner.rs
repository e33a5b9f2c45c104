//! The first owner of a company, invited by the operator because nobody of it could.
//!
//! It is an invitation like others, and as little as any other does it count twice. What is special
//! is who gives it, and that a company with an owner takes none.

use gate::roles::Role;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Control;
use super::invitations::{NewInvitation, send_in};
use super::people::SETUP;
use crate::sql::query;
use crate::{Secret, StoreError};

/// Who is to be the first owner of a company.
#[derive(Debug, Clone)]
pub struct FirstOwner {
    /// The id of the invitation, such as `inv_9f…`.
    pub id: String,
    /// What the link holds.
    pub token: Secret,
    /// Where mail reaches them.
    pub mail: String,
    /// Their name, which they can change.
    pub name: String,
    /// When the invitation ends.
    pub expires_at: Timestamp,
}

/// Invites the first owner of a company on behalf of the operator. An earlier invitation for the
/// same address ends, and every other one of the kind once somebody has accepted.
///
/// # Errors
/// [`StoreError::UnknownTenant`] when there is no such company, or it is not open;
/// [`crate::Refusal::Change`] when it has an owner, [`crate::Refusal::AlreadyMember`].
pub async fn invite(
    control: &Control,
    tenant_id: &str,
    first: FirstOwner,
    now: Timestamp,
) -> Result<(), StoreError> {
    let tenant_id = tenant_id.to_owned();
    let invitation = NewInvitation {
        id: first.id,
        token: first.token,
        mail: first.mail,
        name: first.name,
        roles: vec![Role::Owner],
        invited_by: SETUP.to_owned(),
        expires_at: first.expires_at,
    };
    // The role has no days, so the zone does not matter.
    let on = now.to_zoned(TimeZone::UTC).date();
    control
        .tx(move |mut tx| {
            Box::pin(async move {
                let open: i64 =
                    query("SELECT count(*) FROM tenant WHERE tenant_id = $1 AND state = 'active'")
                        .bind(&tenant_id)
                        .value(tx.connection())
                        .await?;
                if open == 0 {
                    return Err(StoreError::UnknownTenant);
                }
                send_in(&mut tx, &tenant_id, invitation, on, now).await
            })
        })
        .await
}

//! The first owner of a further company: invited by the operator, who has the machine.

use jiff::Timestamp;
use store::control::first_owner::{self, FirstOwner};

use super::door::Door;
use crate::web::people::INVITATION_COUNTS;

/// An invitation to hand over.
#[derive(Debug)]
pub struct Invited {
    /// The address that makes the owner, once. Whoever has it can become the owner.
    pub link: String,
    /// When it ends.
    pub ends: Timestamp,
}

impl Door {
    /// Invites the first owner of a company. Mail is not asked for: the link is the operator's to
    /// hand over.
    ///
    /// # Errors
    /// When there is no such company, it is closed or has an owner, or the machine has no
    /// randomness.
    pub async fn invite_first_owner(
        &self,
        tenant_id: &str,
        name: &str,
        mail: &str,
    ) -> anyhow::Result<Invited> {
        let (token, now) = (self.token()?, self.now());
        let ends = now + INVITATION_COUNTS;
        let link = self.link(&format!("/invitation/{}", token.expose()));
        let first = FirstOwner {
            id: self.id("inv")?,
            token,
            mail: mail.to_owned(),
            name: name.to_owned(),
            expires_at: ends,
        };
        first_owner::invite(self.control(), tenant_id, first, now).await?;
        Ok(Invited { link, ends })
    }
}

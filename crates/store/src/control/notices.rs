//! What everybody of a company is told above every page: that it is to be erased, and that somebody
//! gets more rights without a second person.

use jiff::Timestamp;

use super::Control;
use super::erasures::{self, Pending};
use super::raises::{self, Proposal};
use crate::{StoreError, TenantScope};

/// What there is to tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notices {
    /// The company is to be erased.
    pub erasure: Option<Pending>,
    /// Proposals that wait for their delay alone.
    pub ripening: Vec<Proposal>,
}

/// What there is to tell in a company.
///
/// # Errors
/// When the control data cannot be read.
pub async fn notices(
    control: &Control,
    scope: &TenantScope,
    now: Timestamp,
) -> Result<Notices, StoreError> {
    let tenant_id = scope.tenant_id().to_owned();
    control
        .read(move |mut tx| {
            Box::pin(async move {
                let mut ripening = raises::pending_in(&mut tx, &tenant_id, now).await?;
                ripening.retain(|it| it.ripe_at.is_some());
                Ok(Notices {
                    erasure: erasures::pending_in(&mut tx, &tenant_id).await?,
                    ripening,
                })
            })
        })
        .await
}

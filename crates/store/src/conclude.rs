//! The end of a run: worklist, result and job in one transaction.
//!
//! Whoever is killed before it has published nothing, whoever is killed after it has nothing left
//! to do, and whoever has lost the job publishes nothing.

use jiff::Timestamp;

use crate::jobs::{Lease, complete_in};
use crate::proposals::settle_in;
use crate::results::{NewResult, save_in};
use crate::worklist::{PublishReport, Publishing, publish_in};
use crate::{Store, StoreError, TenantScope};

/// Publishes the findings of a run, ends what was proposed about those that are gone, keeps the result
/// with the receipts, and completes the job that asked for it, if one did.
///
/// # Errors
/// [`Refusal::LeaseLost`](crate::Refusal::LeaseLost) when the job is another worker's by now, and
/// what [`publish()`](crate::worklist::publish()) and [`save()`](crate::results::save()) refuse.
/// Nothing has happened then.
pub async fn conclude(
    store: &Store,
    scope: &TenantScope,
    publishing: Publishing,
    result: NewResult,
    lease: Option<Lease>,
    now: Timestamp,
) -> Result<PublishReport, StoreError> {
    store
        .tx(scope, move |tx| {
            Box::pin(async move {
                if let Some(lease) = lease {
                    complete_in(tx, lease).await?;
                }
                let report = publish_in(tx, publishing, now).await?;
                settle_in(tx, &report.cleared, now).await?;
                save_in(tx, result, now).await?;
                Ok(report)
            })
        })
        .await
}

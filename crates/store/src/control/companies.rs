//! Which tenant a company of a vendor belongs to: one of an installation, from its first
//! connecting until the tenant is erased. Announcements find their way by it.
//!
//! The tenant's own connection is in its own data, and no transaction spans both. So a company is
//! taken here first; what came to nothing afterwards is let go of by [`settle`].

use figures::source::System;
use jiff::{SignedDuration, Timestamp};

use super::{Control, ControlTx};
use crate::mirror::moment;
use crate::sql::query;
use crate::{Refusal, StoreError, TenantScope};

/// A company of a vendor that a tenant is or was connected to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Company {
    /// The system.
    pub system: System,
    /// Procore company or QuickBooks realm.
    pub account_id: String,
    /// Whether the connection stands.
    pub is_read: bool,
}

/// What was taken longer ago and is not connected came to nothing.
const CONNECTING_TAKES: SignedDuration = SignedDuration::from_hours(1);

/// Takes a company for a tenant that is about to be connected to it.
///
/// # Errors
/// [`Refusal::CompanyTaken`] when it belongs to another tenant; otherwise when the control data
/// cannot be written.
pub async fn take(
    control: &Control,
    scope: &TenantScope,
    company: Company,
    now: Timestamp,
) -> Result<(), StoreError> {
    let tenant_id = scope.tenant_id().to_owned();
    control
        .tx(move |mut tx| {
            Box::pin(async move {
                if put(&mut tx, &tenant_id, &company, now).await? {
                    return Ok(());
                }
                Err(Refusal::CompanyTaken {
                    system: company.system.label(),
                    company: company.account_id,
                }
                .into())
            })
        })
        .await
}

/// Notes where the connections of a tenant stand, and lets go of what it is not connected to.
/// Returns those that belong to another tenant, which takes two that were connected before a
/// company belonged to one.
///
/// # Errors
/// When the control data cannot be written.
pub async fn settle(
    control: &Control,
    scope: &TenantScope,
    connected: Vec<Company>,
    now: Timestamp,
) -> Result<Vec<Company>, StoreError> {
    let before = elsewhere(control, scope, &connected).await?;
    let known = of_tenant(control, scope).await?;
    let ours = connected.iter().filter(|one| !before.contains(one));
    if known.len() == ours.clone().count() && ours.into_iter().all(|one| known.contains(one)) {
        return Ok(before);
    }
    let tenant_id = scope.tenant_id().to_owned();
    let long_ago = moment(now.checked_sub(CONNECTING_TAKES).unwrap_or(Timestamp::MIN));
    control
        .tx(move |mut tx| {
            Box::pin(async move {
                for company in known
                    .iter()
                    .filter(|one| !connected.iter().any(|it| it.is(one)))
                {
                    query(
                        "DELETE FROM company
                         WHERE system = $1 AND account_id = $2 AND tenant_id = $3
                           AND noted_at <= $4",
                    )
                    .bind(company.system.name())
                    .bind(company.account_id.clone())
                    .bind(tenant_id.clone())
                    .bind(long_ago.clone())
                    .execute(tx.connection())
                    .await?;
                }
                let mut others = Vec::new();
                for company in connected {
                    if !put(&mut tx, &tenant_id, &company, now).await? {
                        others.push(company);
                    }
                }
                Ok(others)
            })
        })
        .await
}

impl Company {
    fn is(&self, other: &Self) -> bool {
        (self.system, &self.account_id) == (other.system, &other.account_id)
    }
}

/// Writes that a company is the tenant's; says whether it is.
async fn put(
    tx: &mut ControlTx<'_>,
    tenant_id: &str,
    company: &Company,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let changed = query(
        "INSERT INTO company (system, account_id, tenant_id, is_read, noted_at)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (system, account_id)
         DO UPDATE SET is_read = excluded.is_read, noted_at = excluded.noted_at
         WHERE company.tenant_id = excluded.tenant_id",
    )
    .bind(company.system.name())
    .bind(company.account_id.clone())
    .bind(tenant_id)
    .bind(i64::from(company.is_read))
    .bind(moment(now))
    .execute(tx.connection())
    .await?;
    Ok(changed > 0)
}

async fn of_tenant(control: &Control, scope: &TenantScope) -> Result<Vec<Company>, StoreError> {
    let tenant_id = scope.tenant_id().to_owned();
    control
        .read(move |mut tx| {
            Box::pin(async move {
                let rows: Vec<(String, String, bool)> = query(
                    "SELECT system, account_id, is_read = 1 FROM company WHERE tenant_id = $1",
                )
                .bind(tenant_id)
                .rows(tx.connection())
                .await?;
                let known = rows
                    .into_iter()
                    .filter_map(|(system, account_id, is_read)| {
                        let systems = [System::Procore, System::QuickBooks];
                        let system = systems.into_iter().find(|one| one.name() == system)?;
                        Some(Company {
                            system,
                            account_id,
                            is_read,
                        })
                    });
                Ok(known.collect())
            })
        })
        .await
}

/// Those of some companies that belong to another tenant than this one.
///
/// # Errors
/// When the control data cannot be read.
pub async fn elsewhere(
    control: &Control,
    scope: &TenantScope,
    companies: &[Company],
) -> Result<Vec<Company>, StoreError> {
    let tenant_id = scope.tenant_id().to_owned();
    let asked = companies.to_vec();
    control
        .read(move |mut tx| {
            Box::pin(async move {
                let mut found = Vec::new();
                for company in asked {
                    let holder: Option<String> = query(
                        "SELECT tenant_id FROM company
                         WHERE system = $1 AND account_id = $2 AND tenant_id <> $3",
                    )
                    .bind(company.system.name())
                    .bind(company.account_id.clone())
                    .bind(tenant_id.clone())
                    .value_if_any(tx.connection())
                    .await?;
                    found.extend(holder.map(|_| company));
                }
                Ok(found)
            })
        })
        .await
}

/// The active tenant that reads a company, if one does.
///
/// # Errors
/// When the control data cannot be read.
pub async fn reader(
    control: &Control,
    system: System,
    account_id: &str,
) -> Result<Option<String>, StoreError> {
    let account_id = account_id.to_owned();
    control
        .read(move |mut tx| {
            Box::pin(async move {
                query(
                    "SELECT c.tenant_id FROM company c JOIN tenant t ON t.tenant_id = c.tenant_id
                     WHERE c.system = $1 AND c.account_id = $2 AND c.is_read = 1
                       AND t.state = 'active'",
                )
                .bind(system.name())
                .bind(account_id)
                .value_if_any(tx.connection())
                .await
            })
        })
        .await
}

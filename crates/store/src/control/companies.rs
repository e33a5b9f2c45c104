//! Which tenant reads which company of a vendor, so that an announcement finds its way.

use std::collections::BTreeSet;

use figures::source::System;

use super::{Control, ControlTx};
use crate::sql::query;
use crate::{StoreError, TenantScope};

/// Notes the companies that a tenant is connected to; those of before are forgotten.
///
/// # Errors
/// When the control data cannot be written.
pub async fn hold(
    control: &Control,
    scope: &TenantScope,
    companies: Vec<(System, String)>,
) -> Result<(), StoreError> {
    let tenant_id = scope.tenant_id().to_owned();
    let wanted: BTreeSet<(String, String)> = companies
        .into_iter()
        .map(|(system, account_id)| (system.name().to_owned(), account_id))
        .collect();
    let tenant = tenant_id.clone();
    let known = control
        .read(move |mut tx| Box::pin(async move { held(&mut tx, &tenant).await }))
        .await?;
    if known == wanted {
        return Ok(());
    }
    control
        .tx(move |mut tx| {
            Box::pin(async move {
                query("DELETE FROM company WHERE tenant_id = $1")
                    .bind(&tenant_id)
                    .execute(tx.connection())
                    .await?;
                for (system, account_id) in wanted {
                    query(
                        "INSERT INTO company (system, account_id, tenant_id) VALUES ($1, $2, $3)",
                    )
                    .bind(system)
                    .bind(account_id)
                    .bind(&tenant_id)
                    .execute(tx.connection())
                    .await?;
                }
                Ok(())
            })
        })
        .await
}

async fn held(
    tx: &mut ControlTx<'_>,
    tenant_id: &str,
) -> Result<BTreeSet<(String, String)>, StoreError> {
    let rows: Vec<(String, String)> =
        query("SELECT system, account_id FROM company WHERE tenant_id = $1")
            .bind(tenant_id)
            .rows(tx.connection())
            .await?;
    Ok(rows.into_iter().collect())
}

/// The active tenants that are connected to a company; most often one, or none.
///
/// # Errors
/// When the control data cannot be read.
pub async fn readers(
    control: &Control,
    system: System,
    account_id: &str,
) -> Result<Vec<String>, StoreError> {
    let account_id = account_id.to_owned();
    control
        .read(move |mut tx| {
            Box::pin(async move {
                let rows: Vec<(String,)> = query(
                    "SELECT c.tenant_id FROM company c JOIN tenant t ON t.tenant_id = c.tenant_id
                     WHERE c.system = $1 AND c.account_id = $2 AND t.state = 'active'
                     ORDER BY c.tenant_id",
                )
                .bind(system.name())
                .bind(account_id)
                .rows(tx.connection())
                .await?;
                Ok(rows.into_iter().map(|(tenant_id,)| tenant_id).collect())
            })
        })
        .await
}

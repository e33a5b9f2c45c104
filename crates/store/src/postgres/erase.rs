//! Removing every row of a tenant from a server.

use sqlx::{Connection, PgConnection};

use super::prepare::run;
use super::{options, unreachable_server};
use crate::transfer::TABLES;
use crate::{Secret, StoreError};

/// Removes every row of the tenant in one transaction, as the owner of the tables; returns whether
/// none is left.
pub(crate) async fn erase(administrator: &Secret, tenant_id: &str) -> Result<bool, StoreError> {
    let options = options(administrator)?;
    let mut connection = PgConnection::connect_with(&options)
        .await
        .map_err(|error| unreachable_server(&error))?;
    for statement in [
        "SET search_path = plumbline",
        "SET ROLE plumbline_owner",
        "BEGIN",
    ] {
        run(&mut connection, statement).await?;
    }
    // Row security holds for the owner too, so nothing of another tenant can go.
    sqlx::query("SELECT set_config('app.tenant_id', $1, true)")
        .bind(tenant_id)
        .execute(&mut connection)
        .await?;
    for table in TABLES.iter().rev() {
        sqlx::query(table.delete)
            .bind(tenant_id)
            .execute(&mut connection)
            .await?;
    }
    sqlx::query("DELETE FROM this_tenant WHERE tenant_id = $1")
        .bind(tenant_id)
        .execute(&mut connection)
        .await?;
    let mut left = 0;
    for table in &TABLES {
        let rows: i64 = sqlx::query_scalar(table.count)
            .bind(tenant_id)
            .fetch_one(&mut connection)
            .await?;
        left += rows;
    }
    run(&mut connection, "COMMIT").await?;
    connection
        .close()
        .await
        .map_err(|error| unreachable_server(&error))?;
    Ok(left == 0)
}

//! The server engine: preparing a database, connecting to it, and refusing to when it is unsafe.
//!
//! All tenants share the tables of one schema; row security keeps them apart. It only does so for
//! a role that cannot step over it, so nothing is served through any other role
//! ([`refuse_unsafe`]), and [`lint()`] finds what row security does not cover.

mod erase;
mod lint;
mod prepare;
mod safety;

#[cfg(test)]
pub(crate) mod cluster;
#[cfg(test)]
mod tests;

use std::str::FromStr;
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};

use crate::{Secret, StoreError};

pub(crate) use erase::erase;
pub use lint::lint;
pub use prepare::prepare;
pub(crate) use prepare::{make_roles, run};
pub use safety::Durability;
pub(crate) use safety::refuse_other_schema;
use safety::refuse_unsafe;

/// The tables of the tenants.
pub(crate) static TENANTS: Migrator = sqlx::migrate!("migrations/postgres");

/// The schema with the tenants' rows, under row security.
pub(crate) const TENANT_SCHEMA: &str = "plumbline";
/// The schema with the control data.
pub(crate) const CONTROL_SCHEMA: &str = "plumbline_control";

/// The pools of a server.
#[derive(Debug, Clone)]
pub(crate) struct Pools {
    pub(crate) tenants: PgPool,
    pub(crate) control: PgPool,
}

/// Connections for the tenants' work of one process.
const TENANT_CONNECTIONS: u32 = 16;
/// Connections for the control data and the keys.
const CONTROL_CONNECTIONS: u32 = 4;

/// Connects as the application role.
///
/// # Errors
/// [`StoreError::UnsafeServer`] when the role could step over row security, the server is too old
/// or does not keep what it acknowledges; otherwise when it cannot be reached.
pub(crate) async fn connect(url: &Secret, durability: Durability) -> Result<Pools, StoreError> {
    let options = options(url)?;
    let tenants = pool(&options, TENANT_SCHEMA, TENANT_CONNECTIONS).await?;
    refuse_unsafe(&tenants, durability).await?;
    let control = pool(&options, CONTROL_SCHEMA, CONTROL_CONNECTIONS).await?;
    Ok(Pools { tenants, control })
}

/// The address of a server. Its password is never shown.
pub(crate) fn options(url: &Secret) -> Result<PgConnectOptions, StoreError> {
    let options = PgConnectOptions::from_str(url.expose()).map_err(|_| StoreError::NoServer {
        reason: "the address of the database cannot be understood; it looks like \
                 postgres://plumbline_app@host/database"
            .to_owned(),
    })?;
    let options = options
        .application_name("plumbline")
        .disable_statement_logging();
    Ok(
        if is_on_this_machine(&options) || matches!(options.get_ssl_mode(), PgSslMode::VerifyCa) {
            options
        } else {
            // Anything less would speak in the clear, or to whoever answers.
            options.ssl_mode(PgSslMode::VerifyFull)
        },
    )
}

pub(crate) fn is_on_this_machine(options: &PgConnectOptions) -> bool {
    let host = options.get_host();
    options.get_socket().is_some()
        || host.starts_with('/')
        || matches!(host, "localhost" | "127.0.0.1" | "::1" | "[::1]")
}

async fn pool(
    options: &PgConnectOptions,
    schema: &str,
    connections: u32,
) -> Result<PgPool, StoreError> {
    let options = options.clone().options([
        ("search_path", schema),
        ("idle_in_transaction_session_timeout", "10s"),
        ("lock_timeout", "60s"),
        // A plan that was made while a table was empty would walk through it for ever after.
        ("plan_cache_mode", "force_custom_plan"),
    ]);
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(60))
        .after_release(|connection, _| {
            Box::pin(async move {
                // Whatever was open is rolled back; nothing open is no reason for a warning.
                sqlx::Executor::execute(connection, "BEGIN; ROLLBACK").await?;
                Ok(true)
            })
        })
        .connect_with(options)
        .await
        .map_err(|error| unreachable_server(&error))
}

/// Says why there is no connection, without the address, which may hold a password.
pub(crate) fn unreachable_server(error: &sqlx::Error) -> StoreError {
    let reason = match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        sqlx::Error::Io(error) => error.to_string(),
        sqlx::Error::Tls(_) => "the server's TLS certificate was not accepted".to_owned(),
        _ => "there is no answer".to_owned(),
    };
    StoreError::NoServer { reason }
}

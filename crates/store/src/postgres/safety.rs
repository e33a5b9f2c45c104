//! What a role and a server must be like before anything is served.

use sqlx::PgPool;

use super::{CONTROL_SCHEMA, Pools, TENANT_SCHEMA, TENANTS, unreachable_server};
use crate::StoreError;
use crate::installation::newest;
use crate::sqlite::CONTROL;

/// The oldest PostgreSQL whose row security and views behave as we need.
const OLDEST: i32 = 150_000;

/// Whether the server must keep what it acknowledges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// It must: `fsync`, `full_page_writes` and `synchronous_commit` are on.
    Required,
    /// A throw-away server in a test.
    NotInTests,
}

/// Each with what to say when it answers with a row.
const DANGERS: [(&str, &str); 5] = [
    (
        "SELECT rolname::text FROM pg_roles
         WHERE (rolsuper OR rolbypassrls) AND pg_has_role(current_user, oid, 'MEMBER')",
        "the role could step over row security, because it is or may become",
    ),
    (
        "SELECT DISTINCT pg_get_userbyid(relowner)::text FROM pg_class
         WHERE relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname LIKE 'plumbline%')
           AND pg_has_role(current_user, relowner, 'MEMBER')",
        "the role owns tables, or may become their owner",
    ),
    (
        "SELECT nspname::text FROM pg_namespace
         WHERE (nspname LIKE 'plumbline%' OR nspname = 'public')
           AND has_schema_privilege(current_user, oid, 'CREATE')",
        "the role may create things in schema",
    ),
    (
        "SELECT rolname::text FROM pg_roles
         WHERE rolname = current_user AND (rolcreaterole OR rolcreatedb OR rolreplication)",
        "the role may create roles or databases, or copy the whole server:",
    ),
    (
        "SELECT table_name::text FROM information_schema.role_table_grants
         WHERE grantee = current_user AND table_schema LIKE 'plumbline%'
           AND privilege_type IN ('TRUNCATE', 'REFERENCES', 'TRIGGER')",
        "the role has more rights than it needs on table",
    ),
];

/// Refuses tables that are not of this version of the program.
pub(crate) async fn refuse_other_schema(pools: &Pools) -> Result<(), StoreError> {
    for (pool, schema, migrations) in [
        (&pools.tenants, TENANT_SCHEMA, &TENANTS),
        (&pools.control, CONTROL_SCHEMA, &CONTROL),
    ] {
        // A database that nobody prepared has no such table.
        let applied: Option<i64> = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations")
            .fetch_one(pool)
            .await
            .or_else(|error| match &error {
                sqlx::Error::Database(of_server)
                    if of_server.code().as_deref() == Some("42P01") =>
                {
                    Ok(None)
                }
                _ => Err(unreachable_server(&error)),
            })?;
        let (applied, known) = (applied.unwrap_or_default(), newest(migrations));
        if applied < known {
            return Err(StoreError::NoServer {
                reason: format!(
                    "schema {schema} is of version {applied} and this program needs {known}; run \
                     `plumbline database prepare`"
                ),
            });
        }
        if applied > known {
            return Err(StoreError::NoServer {
                reason: format!(
                    "schema {schema} was written by a newer version of Plumbline (schema \
                     {applied}); install that version or a later one"
                ),
            });
        }
    }
    Ok(())
}

/// Refuses a role that could see more than one tenant, and a server that loses commits.
pub(super) async fn refuse_unsafe(pool: &PgPool, durability: Durability) -> Result<(), StoreError> {
    let unsafe_server = |reason: String| StoreError::UnsafeServer { reason };
    let version: String = sqlx::query_scalar("SELECT current_setting('server_version_num')")
        .fetch_one(pool)
        .await
        .map_err(|error| unreachable_server(&error))?;
    if version.parse().unwrap_or(0) < OLDEST {
        return Err(unsafe_server(format!(
            "PostgreSQL 15 or newer is needed, and this is {version}"
        )));
    }
    for (statement, danger) in DANGERS {
        let found: Option<String> = sqlx::query_scalar(statement)
            .fetch_optional(pool)
            .await
            .map_err(|error| unreachable_server(&error))?;
        if let Some(found) = found {
            return Err(unsafe_server(format!("{danger} {found}")));
        }
    }
    if durability == Durability::Required {
        let off: Option<String> = sqlx::query_scalar(
            "SELECT name FROM pg_settings
             WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off'",
        )
        .fetch_optional(pool)
        .await
        .map_err(|error| unreachable_server(&error))?;
        if let Some(off) = off {
            return Err(unsafe_server(format!(
                "{off} is off, so what was acknowledged could be lost"
            )));
        }
    }
    Ok(())
}

//! Preparing a database: roles, schemas, tables and rights.
//!
//! It is done by an administrator, once for each version of Plumbline, and again without harm. The
//! application role never has these rights.

use sqlx::migrate::Migrator;
use sqlx::{Connection, Executor, PgConnection};

use super::{CONTROL_SCHEMA, TENANT_SCHEMA, TENANTS, options, unreachable_server};
use crate::{Secret, StoreError, sqlite};

/// The roles. The application role gets its password, if it needs one, from the administrator.
const ROLES: &str = "
    DO $$ BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'plumbline_owner') THEN
            CREATE ROLE plumbline_owner NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
        END IF;
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'plumbline_app') THEN
            CREATE ROLE plumbline_app LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE
                NOINHERIT;
        END IF;
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'plumbline_backup') THEN
            CREATE ROLE plumbline_backup LOGIN NOSUPERUSER BYPASSRLS NOCREATEDB NOCREATEROLE
                NOINHERIT;
        END IF;
    END $$;
    REVOKE ALL ON SCHEMA public FROM PUBLIC;
    CREATE SCHEMA IF NOT EXISTS plumbline AUTHORIZATION plumbline_owner;
    CREATE SCHEMA IF NOT EXISTS plumbline_control AUTHORIZATION plumbline_owner;
    CREATE SCHEMA IF NOT EXISTS plumbline_keys AUTHORIZATION plumbline_owner;
";

const KEYS: &str = "
    CREATE TABLE IF NOT EXISTS plumbline_keys.wrapped_key (
        owner    TEXT COLLATE \"C\" NOT NULL,
        version  BIGINT NOT NULL,
        wrapped  TEXT NOT NULL,
        PRIMARY KEY (owner, version)
    );
";

/// What is only added to gets no right to change or delete.
const RIGHTS: &str = "
    GRANT USAGE ON SCHEMA plumbline, plumbline_control, plumbline_keys TO plumbline_app;
    GRANT SELECT, INSERT, UPDATE, DELETE
        ON ALL TABLES IN SCHEMA plumbline, plumbline_control, plumbline_keys TO plumbline_app;
    REVOKE UPDATE, DELETE ON plumbline.record_version, plumbline.decision,
        plumbline.finding_event, plumbline.result, plumbline.figure, plumbline.audit_entry,
        plumbline.audit_link, plumbline.proposal_version, plumbline.proposal_event,
        plumbline.intent, plumbline.outcome, plumbline.document FROM plumbline_app;
    REVOKE INSERT, UPDATE, DELETE ON plumbline._sqlx_migrations,
        plumbline_control._sqlx_migrations FROM plumbline_app;
    GRANT USAGE ON SCHEMA plumbline, plumbline_control TO plumbline_backup;
    GRANT SELECT ON ALL TABLES IN SCHEMA plumbline, plumbline_control TO plumbline_backup;
";

/// Makes roles, schemas and tables, or brings them to this version.
///
/// # Errors
/// When the administrator's role may not do this, or the database is of a newer version.
pub async fn prepare(administrator: &Secret) -> Result<(), StoreError> {
    let options = options(administrator)?;
    let mut connection = PgConnection::connect_with(&options)
        .await
        .map_err(|error| unreachable_server(&error))?;
    make_roles(&mut connection).await?;
    run(&mut connection, "SET ROLE plumbline_owner").await?;
    for (schema, migrations) in [
        (TENANT_SCHEMA, &TENANTS),
        (CONTROL_SCHEMA, &sqlite::CONTROL),
    ] {
        migrate(&mut connection, schema, migrations).await?;
    }
    run(&mut connection, KEYS).await?;
    run(&mut connection, RIGHTS).await?;
    connection
        .close()
        .await
        .map_err(|error| unreachable_server(&error))
}

/// Makes the roles and the empty schemas, where they are not there.
pub(crate) async fn make_roles(connection: &mut PgConnection) -> Result<(), StoreError> {
    run(connection, ROLES).await?;
    // Members of the owner may act as it; a superuser may anyway.
    run(connection, "GRANT plumbline_owner TO CURRENT_USER").await
}

async fn migrate(
    connection: &mut PgConnection,
    schema: &'static str,
    migrations: &Migrator,
) -> Result<(), StoreError> {
    sqlx::query("SELECT set_config('search_path', $1, false)")
        .bind(schema)
        .execute(&mut *connection)
        .await?;
    migrations
        .run_direct(None, &mut *connection, false)
        .await
        .map_err(|error| StoreError::NoServer {
            reason: format!("schema {schema} cannot be brought to this version: {error}"),
        })
}

pub(crate) async fn run(
    connection: &mut PgConnection,
    statements: &'static str,
) -> Result<(), StoreError> {
    connection
        .execute(statements)
        .await
        .map(drop)
        .map_err(|error| unreachable_server(&error))
}

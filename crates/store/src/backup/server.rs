//! Backing up a database server, and restoring one, with PostgreSQL's own programs.
//!
//! `pg_dump` reads everything at one moment as the backup role, which sees all tenants and no keys.
//! The keys are read as the application and lie apart, as those of a data folder do.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use jiff::Timestamp;
use sqlx::{Connection, PgConnection};
use tokio::process::Command;
use url::Url;

use super::place::{self, Unfinished};
use super::{Destination, Engine, Kept, Manifest, Restored, refused, verified, with_ledger};
use crate::control::{self, FORGET, FORGET_PEOPLE, NOBODY_IS_IN, OWNER as CONTROL, TenantState};
use crate::keys::KeyFile;
use crate::ledger::{Known, Ledger, What};
use crate::mirror::moment;
use crate::postgres::{self, run, unreachable_server};
use crate::quarantine::{DOUBT, ENTER, RENEWED_SINCE};
use crate::sqlite::create_private;
use crate::{Installation, Secret, StoreError};

const DUMP: &str = "database.dump";

/// Backs up everything on a server, and its ledger of erasures where there is one, and reads the
/// backup back. Processes go on serving from it.
///
/// # Errors
/// [`StoreError::Backup`] when there is something in the place already, or `pg_dump` is missing or
/// fails; [`StoreError::NoServer`] for an address that is not understood. Nothing is left then.
pub async fn server(
    installation: &Installation,
    backup_role: &Secret,
    to: &Destination,
    ledger: &Ledger,
    now: Timestamp,
) -> Result<Manifest, StoreError> {
    place::check(to)?;
    let unfinished = Unfinished::begin(&to.folder, ".unfinished")?;
    let folder = unfinished.folder();
    let dump = folder.join(DUMP);
    // Made before pg_dump does, so that its mode is ours.
    create_private(&dump)?;
    let mut program = program("pg_dump", backup_role)?;
    program
        .args(["--format=custom", "--no-password", "--schema=plumbline"])
        .args(["--schema=plumbline_control", "--file"])
        .arg(&dump);
    carried_out(program, &dump).await?;
    let tenants = installation.tenants().await?;
    let tenants = tenants
        .into_iter()
        .filter(|tenant| matches!(tenant.state, TenantState::Active | TenantState::Suspended))
        .map(|tenant| tenant.id);
    // Read after the dump: a tenant that was made meanwhile has its key here and no row there.
    let keys = installation.wrapped_keys().await?;
    let control = keys.keys_of(CONTROL)?;
    let mut names = vec![DUMP.to_owned()];
    names.extend(with_ledger(ledger, folder)?);
    let tenants = tenants.collect();
    let manifest = Manifest::of(folder, &names, Engine::Server, tenants, now, &control)?;
    manifest.write(folder)?;
    if verified(folder, &keys).await? != manifest {
        return Err(refused(folder, "its manifest does not read back"));
    }
    keys.copy_to(&to.keys)?;
    unfinished.finish()?;
    let tenants = i64::try_from(manifest.tenants.len()).unwrap_or(i64::MAX);
    let bytes = i64::try_from(manifest.bytes()).unwrap_or(i64::MAX);
    control::backups::note(installation.control(), now, tenants, bytes).await?;
    Ok(manifest)
}

/// Reads the dump to its end.
pub(super) async fn look_through(folder: &Path) -> Result<(), StoreError> {
    let dump = folder.join(DUMP);
    let mut program = Command::new(found("pg_restore")?);
    program.arg("--file=/dev/null").arg(&dump);
    carried_out(program, &dump).await
}

/// Restores a backup to a database without any of Plumbline's tables and brings it to this version.
/// Every tenant begins in quarantine; sessions are ended and tokens for programs revoked. What was
/// erased since is erased again, and `ledger` goes on with all that is known.
///
/// # Errors
/// [`StoreError::Backup`] when the backup is not whole or the database holds tables; otherwise what
/// the server said. Until the keys are written, which is last, nobody can open what is there.
pub async fn restore_server(
    kept: &Kept,
    administrator: &Secret,
    (known, ledger): (&Known, &Ledger),
    now: Timestamp,
) -> Result<Restored, StoreError> {
    let keys = kept.key_file()?;
    let manifest = verified(&kept.folder, &keys).await?;
    if manifest.engine != Engine::Server {
        return Err(refused(
            &kept.folder,
            "it is the backup of a data folder; restore it without \
             PLUMBLINE_DATABASE_ADMIN_URL",
        ));
    }
    let options = postgres::options(administrator)?;
    let mut connection = PgConnection::connect_with(&options)
        .await
        .map_err(|error| unreachable_server(&error))?;
    let tables: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
         WHERE nspname LIKE 'plumbline%' AND relkind = 'r'",
    )
    .fetch_one(&mut connection)
    .await?;
    if tables > 0 {
        return Err(StoreError::NoServer {
            reason:
                "the database holds tables of Plumbline already, so nothing was restored; name \
                     a new database"
                    .to_owned(),
        });
    }
    postgres::make_roles(&mut connection).await?;
    // What the dump makes itself.
    run(
        &mut connection,
        "DROP SCHEMA IF EXISTS plumbline, plumbline_control, plumbline_keys",
    )
    .await?;
    let dump = kept.folder.join(DUMP);
    let mut program = program("pg_restore", administrator)?;
    program
        .args(["--no-password", "--single-transaction", "--exit-on-error"])
        .args(["--no-privileges", "--dbname"])
        .arg(options.get_database().unwrap_or("postgres"))
        .arg(&dump);
    carried_out(program, &dump).await?;
    postgres::prepare(administrator).await?;
    let known = known.clone().with(&Ledger::of_folder(&kept.folder))?;
    let known = known.with(ledger)?;
    let mut restored = Restored::of(manifest);
    let mut lines = Vec::new();
    for id in restored.manifest.tenants.clone() {
        let Some(line) = restored.replay(&known, &id, now) else {
            continue;
        };
        if line.what == What::Again {
            postgres::erase(administrator, &id).await?;
        }
        lines.push(line);
    }
    settle(&mut connection, &restored, &keys, now).await?;
    connection
        .close()
        .await
        .map_err(|error| unreachable_server(&error))?;
    ledger.replace(&known, &lines)?;
    Ok(restored)
}

async fn settle(
    connection: &mut PgConnection,
    restored: &Restored,
    keys: &KeyFile,
    now: Timestamp,
) -> Result<(), StoreError> {
    for statement in ["SET search_path = plumbline", "SET ROLE plumbline_owner"] {
        run(connection, statement).await?;
    }
    // Suspended or half-made ones too: whoever has a row has a quarantine.
    let tenants: Vec<String> = sqlx::query_scalar("SELECT tenant_id FROM plumbline_control.tenant")
        .fetch_all(&mut *connection)
        .await?;
    run(connection, "BEGIN").await?;
    for tenant in tenants {
        sqlx::query("SELECT set_config('app.tenant_id', $1, true)")
            .bind(&tenant)
            .execute(&mut *connection)
            .await?;
        let known: Option<String> = sqlx::query_scalar("SELECT tenant_id FROM this_tenant")
            .fetch_optional(&mut *connection)
            .await?;
        if known.is_none() {
            continue;
        }
        sqlx::query(ENTER)
            .bind(&tenant)
            .bind(moment(now))
            .bind(moment(restored.manifest.made_at))
            .execute(&mut *connection)
            .await?;
        sqlx::query(DOUBT)
            .bind(&tenant)
            .bind(RENEWED_SINCE)
            .bind(moment(now))
            .execute(&mut *connection)
            .await?;
    }
    run(connection, "SET LOCAL search_path = plumbline_control").await?;
    for statement in NOBODY_IS_IN {
        sqlx::query(statement)
            .bind(moment(now))
            .execute(&mut *connection)
            .await?;
    }
    for id in &restored.erased_again {
        for statement in FORGET {
            sqlx::query(statement)
                .bind(id)
                .execute(&mut *connection)
                .await?;
        }
        sqlx::query(
            "UPDATE tenant SET state = 'erased', name = '', changed_at = $2 WHERE tenant_id = $1",
        )
        .bind(id)
        .bind(moment(now))
        .execute(&mut *connection)
        .await?;
    }
    for statement in FORGET_PEOPLE {
        sqlx::query(statement).execute(&mut *connection).await?;
    }
    let kept = |owner: &str| !restored.erased_again.iter().any(|id| id == owner);
    for (owner, version, wrapped) in keys.entries().filter(|(owner, ..)| kept(owner)) {
        sqlx::query(
            "INSERT INTO plumbline_keys.wrapped_key (owner, version, wrapped) VALUES ($1, $2, $3)",
        )
        .bind(owner)
        .bind(i64::from(version))
        .bind(wrapped)
        .execute(&mut *connection)
        .await?;
    }
    run(connection, "COMMIT").await
}

/// A program of PostgreSQL that connects to a server. The address goes through its environment:
/// arguments are shown to every user of the machine, and there may be a password in it.
fn program(name: &str, address: &Secret) -> Result<Command, StoreError> {
    let not_understood = || StoreError::NoServer {
        reason: "the address of the database cannot be understood; it looks like \
                 postgres://plumbline_backup@host/database"
            .to_owned(),
    };
    let url = Url::parse(address.expose()).map_err(|_| not_understood())?;
    let options = postgres::options(address)?;
    let mut command = Command::new(found(name)?);
    let mode = if postgres::is_on_this_machine(&options) {
        "prefer"
    } else if matches!(options.get_ssl_mode(), sqlx::postgres::PgSslMode::VerifyCa) {
        "verify-ca"
    } else {
        "verify-full"
    };
    command
        .env("PGUSER", options.get_username())
        .env("PGDATABASE", options.get_database().unwrap_or_default())
        .env("PGPORT", options.get_port().to_string())
        .env("PGSSLMODE", mode)
        .env("PGHOST", options.get_host());
    if let Some(socket) = options.get_socket() {
        command.env("PGHOST", socket);
    }
    if let Some(password) = url.password() {
        command.env("PGPASSWORD", decoded(password));
    }
    for (name, value) in url.query_pairs() {
        if name == "sslrootcert" {
            command.env("PGSSLROOTCERT", value.into_owned());
        }
    }
    Ok(command)
}

/// A password as it is meant. In an address a plus is a plus, unlike in a form.
fn decoded(text: &str) -> String {
    let form = format!("password={}", text.replace('+', "%2B").replace('&', "%26"));
    let mut pairs = url::form_urlencoded::parse(form.as_bytes());
    pairs
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

/// The newest program of this name: on the path, or where Debian keeps every version's.
fn found(name: &str) -> Result<PathBuf, StoreError> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|version| Some(version.ok()?.path().join("bin")))
        .collect();
    versions.sort();
    versions
        .into_iter()
        .rev()
        .chain(std::env::split_paths(&path))
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
        .ok_or_else(|| StoreError::NoServer {
            reason: format!("{name} is not installed; install the client programs of PostgreSQL"),
        })
}

/// Runs a program to its end; what it says when it fails is of the operator's concern.
async fn carried_out(mut program: Command, about: &Path) -> Result<(), StoreError> {
    let output = program
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| refused(about, error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(refused(about, said.trim().to_owned()))
}

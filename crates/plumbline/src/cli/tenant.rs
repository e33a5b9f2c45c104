//! `plumbline tenant` and `plumbline database`: whose data is where.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, BufWriter, Read};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Subcommand;
use connectors::http::{Clock, SystemClock};
use store::control::{Tenant, erasures};
use store::ledger::{Ledger, What};
use store::transfer::Summary;
use store::{
    Erasing, Erasure, Installation, MasterKeySource, Secret, audit, postgres, quarantine, transfer,
};

use super::arguments::TenantCommand;
use super::table::{Cell, Table};
use super::{Answer, Format, Global, Status, first_owner};
use crate::desk::open_installation;
use crate::refused::Refused;

pub(super) async fn run(global: &Global, command: TenantCommand) -> anyhow::Result<Answer> {
    let installation = open_installation(&global.data(), &SystemClock).await?;
    let answer = carried_out(&installation, global, command).await;
    installation.close().await;
    answer
}

async fn carried_out(
    installation: &Installation,
    global: &Global,
    command: TenantCommand,
) -> anyhow::Result<Answer> {
    let now = SystemClock.now();
    let done = |text: String| Ok(Answer::text(text));
    match command {
        TenantCommand::Create { name } => {
            let tenant = installation.create_tenant(&name, now).await?;
            done(format!("{} is ready: {}", tenant.id, tenant.name))
        }
        TenantCommand::InviteOwner(arguments) => {
            first_owner::invited(installation, arguments).await
        }
        TenantCommand::List => Ok(listed(&installation.tenants().await?, global.format)),
        TenantCommand::Suspend { id } => {
            installation.suspend_tenant(&id, now).await?;
            done(format!("{id} is suspended."))
        }
        TenantCommand::Resume { id } => {
            installation.resume_tenant(&id, now).await?;
            done(format!("{id} is open again."))
        }
        TenantCommand::Release { id } => {
            let store = installation.store(&id).await?;
            let scope = store.scope();
            if quarantine::release(&store, &scope, "operator", now).await? {
                done(format!(
                    "{id} is released: its vendors are read again and its jobs are done. Look \
                     through its people, whose rights are those of the backup."
                ))
            } else {
                done(format!("{id} is in no quarantine."))
            }
        }
        TenantCommand::Export { id, out } => {
            let summary = exported(installation, &id, &out).await?;
            done(format!(
                "{id} is in {}. {}",
                out.display(),
                counted(&summary)
            ))
        }
        TenantCommand::Import { file, name } => imported(installation, &file, &name).await,
        TenantCommand::RotateKey { id } => {
            let sealed = installation.replace_tenant_key(&id).await?;
            done(format!(
                "{id} has a new key; {sealed} secrets were sealed anew and the keys before are \
                 destroyed."
            ))
        }
        TenantCommand::Erasures => recorded(&ledger(global), global.format),
        TenantCommand::Erase {
            id,
            confirm,
            reason,
        } => {
            if id != confirm {
                return Err(Refused::new(format!(
                    "Nothing was erased: --confirm says {confirm}, and the tenant is {id}."
                ))
                .into());
            }
            let administrator = administrator();
            let asked = erasures::asked_of(installation.control(), &id).await?;
            let (by, reason) = match asked {
                Some(asked) => (asked.by, asked.reason),
                None => ("operator".to_owned(), reason),
            };
            let erasing = Erasing {
                administrator: administrator.as_ref(),
                ledger: ledger(global),
                by,
                reason,
            };
            let erasure = installation.erase_tenant(&id, &erasing, now).await?;
            Ok(account_of(&erasure))
        }
    }
}

/// The ledger of erasures that belongs to the data folder, also where a server holds the data.
pub(super) fn ledger(global: &Global) -> Ledger {
    Ledger::of_folder(&global.data())
}

fn recorded(ledger: &Ledger, format: Format) -> anyhow::Result<Answer> {
    let entries = if ledger.is_there() {
        ledger.entries()?
    } else {
        Vec::new()
    };
    if format == Format::Json {
        return Ok(Answer::text(serde_json::to_string(&entries)?));
    }
    if entries.is_empty() {
        return Ok(Answer::text("Nothing was erased here."));
    }
    let mut text = String::new();
    for entry in &entries {
        let what = match entry.what {
            What::Begun => "begun to erase",
            What::Done => "erased",
            What::Again => "erased again after a backup brought it back",
            What::BroughtBack => "brought back from a backup",
            What::Unknown => "a backup was restored without a ledger",
        };
        text.push_str(&format!(
            "{:.0}  {}  {what}, for {}: {}\n",
            entry.at, entry.tenant_id, entry.by, entry.reason
        ));
        if matches!(entry.what, What::Done | What::Again) {
            let rows: u64 = entry.rows.values().sum();
            text.push_str(&format!(
                "    keys: {}, data: {} ({rows} rows counted before)\n",
                gone(entry.keys_are_gone),
                gone(entry.data_is_gone)
            ));
        }
        for line in &entry.remains {
            text.push_str(&format!("    remains: {line}\n"));
        }
    }
    Ok(Answer::text(text))
}

fn gone(is: bool) -> &'static str {
    if is { "gone" } else { "NOT GONE" }
}

fn listed(tenants: &[Tenant], format: Format) -> Answer {
    if format == Format::Json {
        let all: Vec<_> = tenants
            .iter()
            .map(|tenant| {
                serde_json::json!({
                    "id": tenant.id,
                    "name": tenant.name,
                    "state": tenant.state.name(),
                    "created_at": tenant.created_at.to_string(),
                })
            })
            .collect();
        return Answer::text(serde_json::Value::from(all).to_string());
    }
    let mut table = Table::new(&["id", "name", "state", "created"]);
    for tenant in tenants {
        table.push(vec![
            Cell::text(tenant.id.as_str()),
            Cell::text(tenant.name.as_str()),
            Cell::text(tenant.state.name()),
            Cell::text(format!("{:.0}", tenant.created_at)),
        ]);
    }
    Answer::text(table.aligned())
}

async fn exported(installation: &Installation, id: &str, out: &Path) -> anyhow::Result<Summary> {
    let store = installation.store(id).await?;
    let tenants = installation.tenants().await?;
    let tenant = tenants.into_iter().find(|tenant| tenant.id == id);
    let name = tenant.map(|tenant| tenant.name).unwrap_or_default();
    let file = new_file(out)?;
    let durable = file
        .try_clone()
        .with_context(|| format!("failed to write {}", out.display()))?;
    let (scope, taken) = (store.scope(), audit::Action::TakenAlong);
    audit::note(
        &store,
        &scope,
        taken,
        "to a file of the operator",
        SystemClock.now(),
    )
    .await?;
    let summary = transfer::export(&store, &store.scope(), &name, BufWriter::new(file)).await?;
    durable
        .sync_all()
        .with_context(|| format!("failed to write {}", out.display()))?;
    Ok(summary)
}

/// A file that was not there before and that only its owner reads.
pub(super) fn new_file(path: &Path) -> anyhow::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .with_context(|| format!("failed to make {}", path.display()))
}

async fn imported(installation: &Installation, path: &Path, name: &str) -> anyhow::Result<Answer> {
    let opened =
        || std::fs::File::open(path).with_context(|| format!("failed to open {}", path.display()));
    let mut start = [0; 15];
    let is_plain = opened()?.read_exact(&mut start).is_ok() && start == *b"SQLite format 3";
    let now = SystemClock.now();
    if is_plain {
        let tenant = installation.move_in(path, name, now).await?;
        return Ok(Answer::text(format!(
            "{} is brought in and encrypted; {} was removed.",
            tenant.id,
            path.display()
        )));
    }
    let file = BufReader::new(opened()?);
    let (tenant, summary) = installation.import_tenant(file, now).await?;
    Ok(Answer::text(format!(
        "{} is brought in: {}. {} Its secrets stayed behind: connect both systems again.",
        tenant.id,
        tenant.name,
        counted(&summary)
    )))
}

fn counted(summary: &Summary) -> String {
    let rows: u64 = summary.rows.values().sum();
    format!(
        "{rows} rows of {} tables, SHA-256 {}.",
        summary.rows.len(),
        summary.digest
    )
}

/// What is gone, what is not, and why.
fn account_of(erasure: &Erasure) -> Answer {
    let rows: u64 = erasure.rows.values().sum();
    let mut text = format!(
        "{} is erased.\n  keys: {}\n  data: {} ({rows} rows counted before)\nWhat remains:\n",
        erasure.tenant_id,
        gone(erasure.keys_are_gone),
        gone(erasure.data_is_gone),
    );
    for line in &erasure.remains {
        text.push_str("  ");
        text.push_str(line);
        text.push('\n');
    }
    let whole = erasure.keys_are_gone && erasure.data_is_gone;
    Answer::text(text).with_status(if whole { Status::Done } else { Status::Failed })
}

pub(super) async fn replace_master_key(global: &Global, with: PathBuf) -> anyhow::Result<Answer> {
    let installation = open_installation(&global.data(), &SystemClock).await?;
    let shown = with.display().to_string();
    let replaced = installation
        .replace_master_key(&MasterKeySource::File(with))
        .await;
    installation.close().await;
    replaced?;
    Ok(Answer::text(format!(
        "Every key is wrapped with the key in {shown}. From now on name it in \
         PLUMBLINE_MASTER_KEY_FILE, or put it where the one before was. The one before still opens \
         backups of the keys from before: destroy both together."
    )))
}

/// What to do with a database server.
#[derive(Debug, Subcommand)]
pub enum DatabaseCommand {
    /// Make roles, schemas and tables, or bring them to this version
    #[command(after_help = "\
The address of an administrator is taken from PLUMBLINE_DATABASE_ADMIN_URL.")]
    Prepare,
    /// Look for what row security does not cover
    Lint,
}

pub(super) async fn database(global: &Global, command: DatabaseCommand) -> anyhow::Result<Answer> {
    match command {
        DatabaseCommand::Prepare => {
            let administrator = administrator().context(
                "failed to find the address of an administrator: set PLUMBLINE_DATABASE_ADMIN_URL",
            )?;
            postgres::prepare(&administrator).await?;
            Ok(Answer::text(
                "The database is prepared. Serve from it as plumbline_app.".to_owned(),
            ))
        }
        DatabaseCommand::Lint => {
            let installation = open_installation(&global.data(), &SystemClock).await?;
            let holes = postgres::lint(&installation).await;
            installation.close().await;
            let holes = holes?;
            if holes.is_empty() {
                return Ok(Answer::text("There are no holes.".to_owned()));
            }
            Ok(Answer::text(holes.join("\n")).with_status(Status::Failed))
        }
    }
}

pub(super) fn administrator() -> Option<Secret> {
    let url = std::env::var("PLUMBLINE_DATABASE_ADMIN_URL").ok()?;
    (!url.is_empty()).then(|| Secret::new(url))
}

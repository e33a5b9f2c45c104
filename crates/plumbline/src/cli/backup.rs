//! `plumbline backup` and `plumbline restore`.

use std::time::{Duration, Instant};

use anyhow::Context;
use connectors::http::{Clock, SystemClock};
use store::backup::{self, Destination, Kept, Manifest, Restored};
use store::ledger::{Known, Ledger};
use store::{MasterKeySource, Secret};

use super::arguments::{BackupArguments, RestoreArguments};
use super::tenant::{administrator, ledger};
use super::{Answer, Format, Global};
use crate::desk::{self, database_url, master_key, open_installation};
use crate::refused::Refused;

pub(super) async fn run(global: &Global, arguments: BackupArguments) -> anyhow::Result<Answer> {
    // Durations are from the monotonic clock.
    let began = Instant::now();
    if arguments.verify {
        let kept = Kept {
            master_key: master_key()?.of_folder(&global.data())?,
            folder: arguments.backup,
            keys: arguments.keys,
        };
        let manifest = backup::verify(&kept).await?;
        return Ok(told(
            "The backup is whole",
            &manifest,
            began.elapsed(),
            global,
        ));
    }
    let to = Destination {
        folder: arguments.backup,
        keys: arguments.keys,
    };
    let manifest = if database_url().is_some() {
        if !arguments.tenants.is_empty() {
            return Err(Refused::new(
                "A server is backed up as a whole. One tenant is written to a file with `plumbline \
                 tenant export`.",
            )
            .into());
        }
        on_server(global, &to).await?
    } else {
        let (data, now) = (global.data(), SystemClock.now());
        let source: MasterKeySource = master_key()?;
        backup::folder(&data, &source, &to, &arguments.tenants, now).await?
    };
    let text = format!("{} is written and read back", to.folder.display());
    Ok(
        told(&text, &manifest, began.elapsed(), global).with_notes([format!(
            "The keys are in {}. Keep them apart from the backup, for 30 days at most.",
            to.keys.display()
        )]),
    )
}

async fn on_server(global: &Global, to: &Destination) -> anyhow::Result<Manifest> {
    let role = desk::variable("PLUMBLINE_DATABASE_BACKUP_URL")
        .map(Secret::new)
        .context(
            "failed to find the address of the backup role: set PLUMBLINE_DATABASE_BACKUP_URL to \
             postgres://plumbline_backup@…",
        )?;
    let installation = open_installation(&global.data(), &SystemClock).await?;
    let now = SystemClock.now();
    let manifest = backup::server(&installation, &role, to, &ledger(global), now).await;
    installation.close().await;
    Ok(manifest?)
}

pub(super) async fn restore(
    global: &Global,
    arguments: RestoreArguments,
) -> anyhow::Result<Answer> {
    let began = Instant::now();
    let (now, into) = (SystemClock.now(), arguments.into);
    let into = into.unwrap_or_else(|| global.data());
    let source = master_key()?;
    let kept = Kept {
        folder: arguments.backup,
        keys: arguments.keys,
        master_key: source.clone().of_folder(&into)?,
    };
    let of_data = ledger(global);
    let ledgers = arguments.ledgers.into_iter().map(Ledger::at);
    let mut ledgers: Vec<Ledger> = ledgers.collect();
    if of_data.is_there() {
        ledgers.push(of_data.clone());
    }
    let known = match (ledgers.as_slice(), &arguments.without_ledger) {
        ([], Some(reason)) => Ok(Known::nothing(reason, now)),
        ([], None) => Err(()),
        (some, _) => Ok(Known::of(some)?),
    };
    let known = known.map(|known| match &arguments.although_erased {
        Some(reason) => known.although(reason),
        None => known,
    });
    let no_ledger = || {
        Refused::new(
            "There is no ledger of erasures in the data folder, so nothing was restored: a tenant \
             that was erased since the backup would be back. Name the newest one with --ledger, such \
             as the erasures.jsonl of the newest backup, or say why there is none with \
             --without-ledger.",
        )
    };
    let (restored, place) = match (administrator(), &arguments.tenant) {
        (Some(_), Some(_)) => {
            return Err(Refused::new(
                "On a server one tenant is brought in from a file with `plumbline tenant import`.",
            )
            .into());
        }
        (Some(administrator), None) => {
            let known = known.map_err(|()| no_ledger())?;
            let replay = (&known, &of_data);
            let restored = backup::restore_server(&kept, &administrator, replay, now).await?;
            (restored, "the database".to_owned())
        }
        (None, Some(id)) => {
            let manifest = backup::restore_tenant(&kept, id, &into, &source, now).await?;
            let restored = Restored {
                manifest,
                erased_again: Vec::new(),
                brought_back: Vec::new(),
            };
            (restored, format!("{}, only {id}", into.display()))
        }
        (None, None) => {
            let known = known.map_err(|()| no_ledger())?;
            let restored = backup::restore(&kept, &into, &known, now).await?;
            (restored, into.display().to_string())
        }
    };
    let text = format!("Restored to {place}");
    let Restored {
        manifest,
        erased_again,
        brought_back,
    } = restored;
    let again = erased_again
        .iter()
        .map(|id| format!("{id} was erased since the backup, so it was erased again."));
    let back = brought_back.iter().map(|id| {
        format!("{id} was erased since the backup and is back all the same; the ledger says why.")
    });
    let notes: Vec<String> = again.chain(back).chain([
        "Everybody has to sign in again. The tenants keep to themselves: nothing is read from a \
         vendor and no job is done. Once nothing else works with their books, run `plumbline \
         tenant release ID`, and connect again where it is asked for."
            .to_owned(),
    ]).collect();
    Ok(told(&text, &manifest, began.elapsed(), global).with_notes(notes))
}

fn told(what: &str, manifest: &Manifest, time: Duration, global: &Global) -> Answer {
    let (tenants, bytes) = (manifest.tenants.len(), manifest.bytes());
    let ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    if global.format == Format::Json {
        let text = serde_json::json!({
            "made_at": manifest.made_at.to_string(),
            "tenants": manifest.tenants,
            "files": manifest.files.len(),
            "bytes": bytes,
            "milliseconds": ms,
        });
        return Answer::text(text.to_string());
    }
    Answer::text(format!(
        "{what}: {tenants} tenants as of {:.0}, {bytes} bytes in {} files, {}.{:03} s.",
        manifest.made_at,
        manifest.files.len(),
        ms / 1_000,
        ms % 1_000,
    ))
}

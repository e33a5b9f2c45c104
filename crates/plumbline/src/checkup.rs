//! The usual mistakes around an installation, each found before it matters and said with its fix.
//!
//! What is wrong within the books is `cli::doctor`'s to gather. Nothing here changes anything, and
//! what cannot be looked at is said too.

use std::path::Path;
use std::time::Duration;

use figures::source::System;
use jiff::{SignedDuration, Timestamp};
use store::connections::{self, ConnectionState};
use store::control::companies::{self, Company};
use store::control::sessions;
use store::jobs::{self, JobState};
use store::{Installation, audit, quarantine, tokens};

use crate::desk::Desk;
use crate::mail::{MailSettings, Mailer};

mod leaving;

pub use leaving::erasures;

/// Bytes that must be free, and the share of the disk in percent: below either, a first sync or a
/// backup may not fit.
const FREE: (u64, u64) = (500_000_000, 5);
/// Clocks that differ by more make codes and leases unreliable.
const SKEW: SignedDuration = SignedDuration::from_secs(120);
/// A consent that ends sooner is worth renewing now.
const CONSENT: SignedDuration = SignedDuration::from_hours(14 * 24);
/// How long a mail server may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is wrong around a data folder, as far as it shows from outside.
#[must_use]
pub fn around(data: &Path) -> Vec<String> {
    if !data.exists() {
        return Vec::new();
    }
    let mut found = modes(data);
    found.extend(disk(data, FREE));
    found
}

/// Whether the disk below a folder is nearly full. `least` is bytes and percent.
fn disk(data: &Path, least: (u64, u64)) -> Option<String> {
    let there = match rustix::fs::statvfs(data) {
        Ok(there) => there,
        Err(error) => {
            return Some(format!(
                "It cannot be told how full the disk below {} is: {error}.",
                data.display()
            ));
        }
    };
    let free = there.f_bavail.saturating_mul(there.f_frsize);
    let all = there.f_blocks.saturating_mul(there.f_frsize);
    let (bytes, percent) = least;
    let is_low = free < bytes || free < all / 100 * percent;
    is_low.then(|| {
        format!(
            "The disk below {} is nearly full: {} MB are free. Make room before the next reading; \
             a full disk stops all writing.",
            data.display(),
            free / 1_000_000
        )
    })
}

/// Files that others than their owner may read.
#[cfg(unix)]
fn modes(data: &Path) -> Vec<String> {
    use std::os::unix::fs::PermissionsExt;
    let tenants = data.join("tenants");
    let mut paths = vec![data.to_owned(), tenants.clone()];
    for folder in [data, &tenants] {
        let entries = std::fs::read_dir(folder).into_iter().flatten();
        paths.extend(entries.filter_map(|entry| Some(entry.ok()?.path())));
    }
    // The lock holds the number of a process and nothing else.
    paths.retain(|path| !path.ends_with("plumbline.lock"));
    paths.sort();
    paths.dedup();
    paths
        .into_iter()
        .filter(|path| {
            let of = std::fs::metadata(path);
            of.is_ok_and(|of| of.permissions().mode() & 0o077 != 0)
        })
        .map(|path| {
            let right = if path.is_dir() { 700 } else { 600 };
            format!(
                "{path} may be read by others than its owner. Run `chmod {right} {path}`.",
                path = path.display()
            )
        })
        .collect()
}

#[cfg(not(unix))]
fn modes(_: &Path) -> Vec<String> {
    Vec::new()
}

/// Files with a log, which a closed installation has not.
#[must_use]
pub fn unclean(data: &Path) -> Option<String> {
    let logs = [data.to_owned(), data.join("tenants")]
        .into_iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.to_string_lossy().ends_with("-wal"))
        .filter(|path| path.metadata().is_ok_and(|file| file.len() > 0))
        .count();
    (logs > 0).then(|| {
        format!(
            "The process before did not stop by itself: {logs} files have a log. Nothing is lost, \
             opening reads it. Stop with SIGTERM and give it a minute."
        )
    })
}

/// Whether an address that people use would carry passwords in the clear.
#[must_use]
pub fn origin(origin: Option<&str>) -> Option<String> {
    let origin = origin?;
    let url = url::Url::parse(origin).ok();
    let is_here = url
        .as_ref()
        .and_then(url::Url::host)
        .is_some_and(|host| match host {
            url::Host::Ipv4(address) => address.is_loopback(),
            url::Host::Ipv6(address) => address.is_loopback(),
            url::Host::Domain(name) => name == "localhost",
        });
    let is_encrypted = url.is_some_and(|url| url.scheme() == "https");
    (!is_encrypted && !is_here).then(|| {
        format!(
            "{origin} is not https, so passwords would cross the network in the clear. Give serve \
             a certificate with --tls-cert, or put a proxy with TLS in front and name its https \
             address."
        )
    })
}

/// Whether the mail server that the environment names answers and takes the sign-in.
pub async fn mail() -> Option<String> {
    match MailSettings::of_the_environment() {
        Ok(None) => None,
        Ok(Some(settings)) => mail_server(&settings).await,
        Err(error) => Some(format!("Mail is not set up: {error}.")),
    }
}

async fn mail_server(settings: &MailSettings) -> Option<String> {
    let mailer = match Mailer::try_new(settings) {
        Ok(mailer) => mailer,
        Err(error) => return Some(format!("Mail is not set up: {error}.")),
    };
    let answered = tokio::time::timeout(PATIENCE, mailer.answers()).await;
    (!matches!(answered, Ok(Ok(())))).then(|| {
        "The mail server does not answer, or does not take the sign-in, so nobody gets an \
         invitation or a digest. Check PLUMBLINE_SMTP_URL and the firewall."
            .to_owned()
    })
}

/// Whether the backups of an installation are too old, or there is none.
pub async fn backups(installation: &Installation, now: Timestamp, days: u16) -> Option<String> {
    let most = SignedDuration::from_hours(24 * i64::from(days));
    match installation.newest_backup().await {
        Ok(Some(at)) if now.duration_since(at) <= most => None,
        Ok(Some(at)) => Some(format!(
            "The newest backup is {} days old. Run `plumbline backup` every day.",
            now.duration_since(at).as_hours() / 24
        )),
        Ok(None) => Some(
            "No backup was ever made. Run `plumbline backup FOLDER --keys FILE` every day, onto \
             another disk."
                .to_owned(),
        ),
        Err(error) => Some(format!(
            "It cannot be told when the newest backup was made: {error}."
        )),
    }
}

/// Whether this machine's clock is wrong, as far as the database knows better: a server has a clock
/// of its own, and nothing that was written can be of the future.
///
/// # Errors
/// When the installation cannot be read.
pub async fn clock(installation: &Installation, now: Timestamp) -> anyhow::Result<Option<String>> {
    let known = match installation.server_time().await? {
        Some(time) => Some(time),
        None => newest_mark(installation).await?.filter(|mark| *mark > now),
    };
    Ok(known.and_then(|known| {
        let apart = now.duration_since(known).abs();
        (apart > SKEW).then(|| {
            format!(
                "The clock of this machine and the database are {} seconds apart. Set the clock, \
                 and let NTP keep it: codes of the second factor and leases depend on it.",
                apart.as_secs()
            )
        })
    }))
}

/// The latest moment that the control data knows.
async fn newest_mark(installation: &Installation) -> anyhow::Result<Option<Timestamp>> {
    let tenants = installation.tenants().await?;
    let changed = tenants.iter().map(|tenant| tenant.changed_at).max();
    Ok(changed.max(sessions::last_seen(installation.control()).await?))
}

/// What waits for a person in one tenant: dead jobs, consents about to end, a quarantine.
///
/// # Errors
/// When the store cannot be read.
pub async fn tenant(desk: &Desk, now: Timestamp) -> anyhow::Result<Vec<String>> {
    let (store, scope) = (&desk.store, &desk.scope);
    let mut found = Vec::new();
    if let Some(quarantine) = quarantine::standing(store, scope).await? {
        found.push(format!(
            "These books were restored from a backup of {:.0} and keep to themselves. When nothing \
             else works with them, run `plumbline tenant release {}`.",
            quarantine.backup_of,
            scope.tenant_id()
        ));
    }
    if let Err(broken) = audit::verify(store, scope, Vec::new()).await? {
        found.push(format!(
            "The audit is not whole: {broken}. Keep this installation as it is, and compare it \
             with the newest backup."
        ));
    }
    for job in jobs::jobs(store, scope, JobState::Dead).await? {
        let why = job.last_error.unwrap_or_default();
        found.push(format!(
            "{} ({}) failed {} times and is given up: {why}. Mend the cause; the next of its kind \
             does the work.",
            job.id, job.kind, job.attempts
        ));
    }
    for company in taken(desk).await? {
        found.push(format!(
            "{} company {} belongs to another tenant of this installation, which had it first. \
             Agree on one of the two tenants, export the other and erase it with `plumbline tenant \
             erase`.",
            company.system.label(),
            company.account_id
        ));
    }
    for system in [System::Procore, System::QuickBooks] {
        let ends = tokens::consent_ends(store, scope, system).await?;
        if let Some(ends) = ends.filter(|ends| ends.duration_since(now) < CONSENT) {
            found.push(format!(
                "The consent of {system} ends on {:.0}. Connect it again before, under Connections \
                 or with `plumbline connect {}`.",
                ends,
                system.name()
            ));
        }
    }
    Ok(found)
}

/// The companies of a tenant that belong to another one, since before that was refused.
async fn taken(desk: &Desk) -> anyhow::Result<Vec<Company>> {
    let mut connected = Vec::new();
    for system in [System::Procore, System::QuickBooks] {
        let connection = connections::connection(&desk.store, &desk.scope, system).await?;
        connected.extend(connection.map(|one| Company {
            system,
            account_id: one.account_id,
            is_read: one.state == ConnectionState::Connected,
        }));
    }
    let control = desk.installation.control();
    Ok(companies::elsewhere(control, &desk.scope, &connected).await?)
}

#[cfg(test)]
mod tests;

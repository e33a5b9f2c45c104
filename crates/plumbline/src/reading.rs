//! Reading one vendor into the mirror: everything, or what changed since the last proven read.
//!
//! A read that fails is remembered with its reason, so that everything that needs the system is
//! refused and says why. It must not know what the records mean.

mod sink;

use std::collections::BTreeSet;
use std::sync::Arc;

use connectors::fetch::{Progress, Summary};
use connectors::http::{Cause, Clock, Conditions, FetchError, Limits};
use connectors::meter::Meter;
use connectors::oauth::{Connection, TokenVault};
use connectors::throttle::Policy;
use connectors::{procore, quickbooks};
use figures::source::System;
use figures::{Date, SmolStr};
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use store::StoreError;
use store::connections;
use store::mirror::{self, Begun, Captured, MeterReading, OpenCycle, Outcome, Reach, ResourceKey};
use tokio_util::sync::CancellationToken;

use crate::desk::Desk;
use crate::metrics::METRICS;
use crate::settings::Rights;
use crate::vault::StoreVault;
use sink::MirrorSink;

/// The name under which a cycle remembers whether a whole system was read, and if not, why.
pub const CONNECTION: &str = "connection";

/// Hears how far a read has come. Nothing needs to be done about it.
pub trait Watch: Send + Sync {
    /// A step of a resource.
    fn step(&mut self, step: &Progress);
    /// A whole step of the cycle, in a few words.
    fn note(&mut self, text: &str);
    /// Whether the reading is to end at its next page, where the next run goes on.
    fn is_stopping(&self) -> bool {
        false
    }
}

/// Nobody watches, but somebody may end it.
#[derive(Debug, Clone)]
pub struct Unwatched {
    stop: CancellationToken,
}

impl Unwatched {
    /// Ends at the next page once this is cancelled.
    #[must_use]
    pub fn until(stop: CancellationToken) -> Self {
        Self { stop }
    }
}

impl Watch for Unwatched {
    fn step(&mut self, _: &Progress) {}
    fn note(&mut self, _: &str) {}
    fn is_stopping(&self) -> bool {
        self.stop.is_cancelled()
    }
}

/// Where the next read of a system may start.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cursor {
    /// The vendor's time when the last proven read began.
    since: Timestamp,
    /// The same of the last full read. Deletions and edits below a record show only in those.
    full: Timestamp,
}

/// Days after which everything is read again, whatever the vendor says has changed.
const FULL_AFTER: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Months of timecards and daily logs that are read.
const MONTHS_OF_DAYS: i64 = 36;

/// Why a read stopped.
enum Stopped {
    /// The vendor, or our right to read it.
    Vendor(String),
    /// Our own store or settings.
    Ours(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Stopped {
    fn from(error: E) -> Self {
        Self::Ours(error.into())
    }
}

/// Reads a system into the cycle. Returns the reason when it could not be read.
///
/// # Errors
/// When the store or the settings fail; a vendor that fails is no error but a reason.
pub async fn read(
    desk: &Desk,
    begun: &Begun,
    system: System,
    day: Date,
    watch: &mut dyn Watch,
) -> anyhow::Result<Option<String>> {
    let marker = marker(system);
    if begun.finished.contains(&marker) {
        watch.note(&format!("{system} was read before the interruption"));
        return Ok(None);
    }
    let meter = Arc::new(Meter::new());
    let outcome = try_read(desk, begun.cycle, system, day, &meter, watch).await;
    count_calls(desk, begun.cycle, system, &meter).await?;
    let reason = match outcome {
        Ok(()) => return Ok(None),
        Err(Stopped::Ours(error)) => return Err(error),
        Err(Stopped::Vendor(reason)) => reason,
    };
    let outcome = Outcome::Incomplete(SmolStr::new(&reason));
    mirror::finish_resource(&desk.store, &desk.scope, begun.cycle, marker, outcome, None).await?;
    Ok(Some(reason))
}

fn marker(system: System) -> ResourceKey {
    ResourceKey {
        system,
        resource: SmolStr::new_static(CONNECTION),
        reach: Reach::Everything,
    }
}

async fn try_read(
    desk: &Desk,
    cycle: OpenCycle,
    system: System,
    day: Date,
    meter: &Arc<Meter>,
    watch: &mut dyn Watch,
) -> Result<(), Stopped> {
    if let Some(reason) = desk.why_not(system).await? {
        return Err(Stopped::Vendor(reason));
    }
    let bound = connections::connection(&desk.store, &desk.scope, system).await?;
    let Some(bound) = bound else {
        return Err(Stopped::Vendor(not_set_up(system)));
    };
    let began = desk.clock.now();
    let cursor = if bound.resync_due {
        None
    } else {
        last_cursor(desk, system).await?
    };
    let mut sink = MirrorSink::open(desk, cycle, system, watch).await?;
    let read = match system {
        System::Procore => procore(desk, day, cursor, meter, &mut sink).await,
        System::QuickBooks => quickbooks(desk, cursor, meter, &mut sink).await,
    };
    let (summary, full) = match (read, sink.failure()) {
        (_, Some(failure)) => return Err(failure.into()),
        (read, None) => read?,
    };
    let captured = Captured {
        system,
        account_id: bound.account_id,
        captured_at: began,
        detail: match system {
            System::Procore => "{}".to_owned(),
            System::QuickBooks => {
                format!("{{\"minorversion\":{}}}", quickbooks::client::MINOR_VERSION)
            }
        },
    };
    mirror::note_capture(&desk.store, &desk.scope, cycle, captured).await?;
    let proven = summary.incomplete.is_empty() && summary.blind_spots.is_empty();
    let full_at = match cursor {
        Some(cursor) if !full => cursor.full,
        _ => summary.cursor,
    };
    let next = Cursor {
        since: summary.cursor,
        full: full_at,
    };
    let next = if proven {
        Some(serde_json::to_string(&next)?)
    } else {
        None
    };
    let (key, whole) = (marker(system), Outcome::Changes);
    mirror::finish_resource(&desk.store, &desk.scope, cycle, key, whole, next).await?;
    if proven && full {
        connections::resync_done(&desk.store, &desk.scope, system).await?;
    }
    Ok(())
}

/// Where a read of changes may start; nothing when everything is due.
async fn last_cursor(desk: &Desk, system: System) -> Result<Option<Cursor>, StoreError> {
    let cursors = mirror::cursors(&desk.store, &desk.scope, system).await?;
    let found = cursors
        .into_iter()
        .find(|cursor| cursor.key == marker(system));
    // A text that cannot be understood is no cursor: everything is read again.
    let cursor = found.and_then(|cursor| serde_json::from_str::<Cursor>(&cursor.value).ok());
    Ok(cursor.filter(|cursor| cursor.since.duration_since(cursor.full) < FULL_AFTER))
}

async fn procore(
    desk: &Desk,
    day: Date,
    cursor: Option<Cursor>,
    meter: &Arc<Meter>,
    sink: &mut MirrorSink<'_>,
) -> Result<(Summary, bool), Stopped> {
    let client = Arc::new(procore_client(desk, meter)?);
    let today = desk.today()?.max(day);
    let from = day.checked_sub(MONTHS_OF_DAYS.months())?;
    let known = sink.known_projects().await?;
    let plan = procore::fetch::Plan {
        known_projects: known.clone(),
        ..procore::fetch::Plan::new(today, from)
    };
    if let Some(cursor) = cursor {
        let summary = procore::fetch::changes_since(&client, &plan, cursor.since, sink)
            .await
            .map_err(refusal)?;
        // What a project held before we could see it is older than the cursor.
        let fresh: BTreeSet<i64> = sink.projects().difference(&known).copied().collect();
        if fresh.is_empty() {
            return Ok((summary, false));
        }
        sink.begin_again();
    }
    let summary = procore::fetch::all(&client, &plan, sink)
        .await
        .map_err(refusal)?;
    Ok((summary, true))
}

async fn quickbooks(
    desk: &Desk,
    cursor: Option<Cursor>,
    meter: &Arc<Meter>,
    sink: &mut MirrorSink<'_>,
) -> Result<(Summary, bool), Stopped> {
    use quickbooks::fetch::{Changes, Plan, all, changes_since};
    let client = quickbooks_client(desk, meter).await?;
    let plan = Plan::default();
    if let Some(cursor) = cursor {
        let read = changes_since(&client, &plan, cursor.since, sink)
            .await
            .map_err(refusal)?;
        match read {
            Changes::Read(summary) if !sink.missed_deletion() => return Ok((summary, false)),
            Changes::Read(_) | Changes::TooOld { .. } => sink.begin_again(),
        }
    }
    let summary = all(&client, &plan, sink).await.map_err(refusal)?;
    Ok((summary, true))
}

fn refusal(error: FetchError) -> Stopped {
    let system = error.system;
    Stopped::Vendor(match &error.cause {
        Cause::NotConnected { reason } => format!(
            "{system} is not connected ({reason}), so nothing that needs it is shown. Connect it \
             under Connections, or with `plumbline connect {}`.",
            system.name()
        ),
        _ => error.to_string(),
    })
}

fn not_set_up(system: System) -> String {
    format!(
        "The settings do not say how to reach {system}, so nothing that needs it is shown. Connect \
         it under Connections, or with `plumbline connect {}`.",
        system.name()
    )
}

/// The conditions of all calls of one read.
#[must_use]
pub fn conditions(
    system: System,
    is_local: bool,
    clock: &Arc<dyn Clock>,
    meter: &Arc<Meter>,
) -> Conditions {
    let policy = match system {
        _ if is_local => Policy::this_machine(),
        System::Procore => Policy::procore(),
        System::QuickBooks => Policy::quickbooks(),
    };
    Conditions {
        limits: Limits::default(),
        policy,
        clock: Arc::clone(clock),
        meter: Arc::clone(meter),
    }
}

fn procore_client(desk: &Desk, meter: &Arc<Meter>) -> Result<procore::client::Client, Stopped> {
    let access = desk.settings.procore.as_ref();
    let access = access.ok_or_else(|| Stopped::Vendor(not_set_up(System::Procore)))?;
    let environment = access.environment()?;
    let grant = grant_type(access.rights);
    let vault = StoreVault::at(desk, System::Procore, &access.api, grant);
    let vault: Arc<dyn TokenVault> = Arc::new(vault);
    let (application, clock) = (access.application()?, Arc::clone(&desk.clock));
    let limits = Limits::default();
    let connection = match access.rights {
        Rights::Person => Connection::of_person(application, vault, clock, limits),
        Rights::ServiceAccount => Connection::of_service_account(application, vault, clock, limits),
    };
    let connection = connection.map_err(|cause| cause_of(System::Procore, &cause))?;
    let conditions = conditions(System::Procore, access.is_local(), &desk.clock, meter);
    procore::client::Client::open(
        &environment,
        access.company_id,
        Arc::new(connection),
        conditions,
    )
    .map_err(refusal)
}

async fn quickbooks_client(
    desk: &Desk,
    meter: &Arc<Meter>,
) -> Result<quickbooks::client::Client, Stopped> {
    let reached = try_quickbooks_reached(desk, meter).await?;
    let Reached {
        environment,
        realm,
        connection,
        conditions,
    } = reached;
    quickbooks::client::Client::open(&environment, &realm, connection, conditions).map_err(refusal)
}

/// How a tenant's company in QuickBooks is reached.
pub struct Reached {
    /// Where QuickBooks is.
    pub environment: quickbooks::client::Environment,
    /// The company's number.
    pub realm: String,
    /// The sign-in.
    pub connection: Arc<Connection>,
    /// Limits, pace and clock.
    pub conditions: Conditions,
}

/// How the company of a tenant is reached, for whoever carries out what was approved.
///
/// # Errors
/// In whole sentences, when it is not connected, must be connected again, or is not set up.
pub async fn quickbooks_reached(desk: &Desk, meter: &Arc<Meter>) -> anyhow::Result<Reached> {
    if let Some(reason) = desk.why_not(System::QuickBooks).await? {
        anyhow::bail!(reason);
    }
    match try_quickbooks_reached(desk, meter).await {
        Ok(reached) => Ok(reached),
        Err(Stopped::Vendor(reason)) => anyhow::bail!(reason),
        Err(Stopped::Ours(error)) => Err(error),
    }
}

async fn try_quickbooks_reached(desk: &Desk, meter: &Arc<Meter>) -> Result<Reached, Stopped> {
    let system = System::QuickBooks;
    let access = desk.settings.quickbooks.as_ref();
    let access = access.ok_or_else(|| Stopped::Vendor(not_set_up(system)))?;
    let bound = connections::connection(&desk.store, &desk.scope, system).await?;
    let grant = grant_type(Rights::Person);
    let vault = StoreVault::at(desk, system, &access.environment, grant);
    let limits = Limits::default();
    let clock = Arc::clone(&desk.clock);
    let connection = Connection::of_person(access.application()?, Arc::new(vault), clock, limits)
        .map_err(|cause| cause_of(system, &cause))?;
    Ok(Reached {
        environment: access.environment()?,
        realm: bound.map(|bound| bound.account_id).unwrap_or_default(),
        connection: Arc::new(connection),
        conditions: conditions(system, access.is_local(), &desk.clock, meter),
    })
}

/// The OAuth grant of these rights.
#[must_use]
pub const fn grant_type(rights: Rights) -> &'static str {
    match rights {
        Rights::Person => "authorization_code",
        Rights::ServiceAccount => "client_credentials",
    }
}

fn cause_of(system: System, cause: &Cause) -> Stopped {
    Stopped::Vendor(cause.sentence(system))
}

async fn count_calls(
    desk: &Desk,
    cycle: OpenCycle,
    system: System,
    meter: &Meter,
) -> anyhow::Result<()> {
    let reading = meter.reading();
    let calls = match system {
        System::Procore => ("calls", reading.procore),
        System::QuickBooks => ("metered calls", reading.quickbooks_core_plus),
    };
    for (meter, count) in [calls, ("repeated calls", reading.retries)] {
        if count > 0 {
            METRICS.called(system, count);
            let reading = MeterReading {
                system,
                meter: meter.to_owned(),
                count,
            };
            mirror::add_calls(&desk.store, &desk.scope, cycle, reading).await?;
        }
    }
    Ok(())
}

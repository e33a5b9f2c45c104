//! Settings of the company: its time zone, how old a reading may be, when the books are read.

pub mod alone;
pub mod leaving;
pub mod switching;
pub mod writes;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use store::control::people::{self, Colleague};
use store::control::{alone as mode, erasures, raises};
use store::{StoreError, quarantine};

use self::alone::AlonePart;
use self::leaving::LeavingPart;
use self::writes::WritesPart;
use super::access::Action;
use super::error::{AppError, page as rendered};
use super::house::{self, House, Work};
use super::notices;
use super::shell::{Asked, Place, Shell, Toast};
use super::visitor::Visitor;
use crate::mail::{Letter, one_line};
use crate::settings::Settings;
use crate::work::schedule::{Schedule, next_run, time_of_day, written};

/// What is asked for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asking {
    /// What was just done, in words of [`back`].
    pub done: String,
}

/// The page.
///
/// # Errors
/// When the settings cannot be read.
pub async fn page(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Query(asking): Query<Asking>,
) -> Result<Response, AppError> {
    let asked = Asked::gather(&house, visitor).await?;
    let mut shell = asked.shell(Place::Settings, "Settings");
    shell.toast = toast(&asking.done);
    let (control, scope) = (house.door().control(), &asked.visitor.scope);
    let standing = mode::standing(control, scope).await?;
    if let Some(mode) = &standing {
        let banner = notices::alone(mode, &asked.view.zone, asked.now);
        shell.banners.push(banner);
    }
    let colleagues = people::colleagues(control, scope).await?;
    let pending = erasures::pending(control, scope).await?;
    let settings = asked.tenant.settings().await?;
    let waiting = raises::pending(control, scope, asked.now).await?;
    let proposed = (
        waiting.as_slice(),
        colleagues.as_slice(),
        standing.is_some(),
    );
    let proposed = switching::proposed(&asked, &settings, proposed);
    let parts = Parts {
        writes: WritesPart::new(&asked, &settings, proposed),
        alone: AlonePart::new(&asked, standing.as_ref(), &colleagues),
        leaving: LeavingPart::new(&asked, pending.as_ref()),
    };
    let may_change = asked.visitor.may(Action::ChangeSettings);
    let view = &asked.view;
    let restored_from = view
        .quarantine
        .map(|it| super::format::moment(it.backup_of, asked.now, &view.zone));
    let restored = (restored_from, may_change);
    let page = SettingsPage::new(shell, &settings, restored, parts, asked.now);
    rendered(&page)
}

const LOWERED: &str = "lowered";
const WAITS: &str = "waits";
const ENDED: &str = "ended";

/// To the page again, which says these things about what was just done.
fn back(done: &[&str]) -> Response {
    let to = match done {
        [] => "/settings".to_owned(),
        some => format!("/settings?done={}", some.join("_")),
    };
    Redirect::to(&to).into_response()
}

fn toast(done: &str) -> Option<Toast> {
    let sentence = |word| match word {
        LOWERED => Some("What you turned off or lowered is so at once."),
        WAITS => Some("What you turned on or raised waits for a second person."),
        ENDED => Some("What was proposed and is not true any more is void."),
        _ => None,
    };
    let sentences: Vec<&str> = done.split('_').filter_map(sentence).collect();
    (!sentences.is_empty()).then(|| Toast {
        text: sentences.join(" "),
        undo: None,
    })
}

/// What the store refuses is told in its own words; nothing was changed.
fn refused(error: StoreError) -> AppError {
    match error {
        StoreError::Refused(refusal) => AppError::Conflict(refusal.to_string()),
        error => error.into(),
    }
}

/// Sends the same letter to some people of the company.
pub(super) fn tell<'a>(
    house: &House,
    whom: impl Iterator<Item = &'a Colleague>,
    subject: &str,
    text: &str,
) -> Result<(), AppError> {
    let door = house.door();
    for one in whom {
        door.send(Letter {
            to: one.mail.clone(),
            name: one_line(&one.name),
            subject: subject.to_owned(),
            text: text.to_owned(),
            html: None,
            id: door.id("notice")?,
        });
    }
    Ok(())
}

/// The parts of the page that are about the company itself.
#[derive(Debug)]
struct Parts {
    writes: WritesPart,
    alone: AlonePart,
    leaving: Option<LeavingPart>,
}

/// What a person sends.
#[derive(Debug, Deserialize)]
pub struct Changed {
    time_zone: String,
    stale_after_days: String,
    hours: String,
    sweep_hours: String,
    digest_at: String,
}

/// Keeps the settings.
///
/// # Errors
/// When the time zone is unknown, an hour is none, or a number is out of its range.
pub async fn save(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Form(form): Form<Changed>,
) -> Result<Response, AppError> {
    let asked = Asked::gather(&house, visitor).await?;
    let mut settings = asked.tenant.settings().await?;
    let zone = form.time_zone.trim();
    if TimeZone::get(zone).is_err() {
        return Err(AppError::Refused(
            "This time zone is unknown, so nothing was changed. Write it as America/Denver.",
        ));
    }
    let days = form.stale_after_days.trim().parse().ok();
    let days = days
        .filter(|days| (1..=31).contains(days))
        .ok_or(AppError::Refused(
            "The days are a whole number from 1 to 31. Nothing was changed.",
        ))?;
    let schedule = Schedule::parse(&form.hours, &form.sweep_hours).map_err(AppError::Refused)?;
    let digest_at = time_of_day(&form.digest_at).ok_or(AppError::Refused(
        "The hour of the daily letter is written as 6:30. Nothing was changed.",
    ))?;
    zone.clone_into(&mut settings.time_zone);
    settings.stale_after_days = days;
    settings.schedule = schedule;
    settings.digest_at = digest_at;
    let (store, scope) = (asked.tenant.store(), &asked.visitor.scope);
    settings.change(store, scope, asked.now).await?;
    asked.tenant.refresh().await?;
    house.asked(scope, Some(Work::Read)).await;
    Ok(Redirect::to("/settings").into_response())
}

/// Ends the quarantine of a restored company.
///
/// # Errors
/// When the store cannot write.
pub async fn release(
    State(house): State<Arc<House>>,
    visitor: Visitor,
) -> Result<Response, AppError> {
    let asked = Asked::gather(&house, visitor).await?;
    let (store, scope) = (asked.tenant.store(), &asked.visitor.scope);
    quarantine::release(store, scope, &asked.visitor.person_id, asked.now).await?;
    asked.tenant.refresh().await?;
    Ok(Redirect::to("/settings").into_response())
}

/// What the page shows.
#[derive(Debug, Template)]
#[template(path = "settings.html")]
pub struct SettingsPage {
    /// What stands around it.
    pub shell: Shell,
    /// The time zone.
    pub time_zone: String,
    /// How old a reading may be.
    pub stale_after_days: i32,
    /// The hours of reading.
    pub hours: String,
    /// The hours between readings besides.
    pub sweep_hours: i8,
    /// The hour of the daily letter.
    pub digest_at: String,
    /// When the books are read next by themselves.
    pub next_reading: String,
    /// A day that is looked at instead of today.
    pub as_of: Option<String>,
    /// The moment of the backup that the company was restored from, while it keeps to itself.
    pub restored_from: Option<String>,
    /// Whether this person may change them.
    pub may_change: bool,
    /// What may be written.
    pub writes: WritesPart,
    /// What takes two people.
    pub alone: AlonePart,
    /// Taking everything along and erasing, for whoever may.
    pub leaving: Option<LeavingPart>,
    /// The program's version.
    pub version: &'static str,
}

impl SettingsPage {
    fn new(
        shell: Shell,
        settings: &Settings,
        (restored_from, may_change): (Option<String>, bool),
        parts: Parts,
        now: Timestamp,
    ) -> Self {
        let zone = house::zone(settings);
        let next = next_run(now, &zone, &settings.schedule);
        Self {
            shell,
            restored_from,
            writes: parts.writes,
            alone: parts.alone,
            leaving: parts.leaving,
            time_zone: settings.time_zone.clone(),
            stale_after_days: settings.stale_after_days,
            hours: settings.schedule.hours(),
            sweep_hours: settings.schedule.sweep_hours,
            digest_at: written(settings.digest_at),
            next_reading: next.map_or_else(
                || "never by themselves".to_owned(),
                |at| format!("next {}", super::format::moment(at, now, &zone)),
            ),
            as_of: settings.as_of.map(super::format::day),
            may_change,
            version: env!("CARGO_PKG_VERSION"),
        }
    }

    /// An example for tests.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            shell: Shell::sample(),
            time_zone: "America/Denver".to_owned(),
            stale_after_days: 3,
            hours: "5:30, 12:30".to_owned(),
            sweep_hours: 4,
            digest_at: "6:30".to_owned(),
            next_reading: "next 12:30 pm".to_owned(),
            as_of: Some("Oct 31, 2026".to_owned()),
            restored_from: Some("Nov 22, 4:10 pm".to_owned()),
            may_change: true,
            writes: WritesPart::sample(),
            alone: AlonePart::sample(),
            leaving: Some(LeavingPart::sample()),
            version: "0.1.0",
        }
    }
}

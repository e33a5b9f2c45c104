//! What everybody of a company is told above every page, whatever they may read: that it is to be
//! erased, and that somebody gets more rights without a second person.

use gate::alone::SoleApprover;
use gate::roles::Action;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use store::control::notices::notices;

use super::error::AppError;
use super::format;
use super::house::House;
use super::states::Banner;
use super::visitor::Visitor;

/// The banners.
///
/// # Errors
/// When the control data cannot be read.
pub(super) async fn banners(
    house: &House,
    visitor: &Visitor,
    (zone, now): (&TimeZone, Timestamp),
) -> Result<Vec<Banner>, AppError> {
    let found = notices(house.door().control(), &visitor.scope, now).await?;
    let mut banners = Vec::new();
    if let Some(erasure) = &found.erasure {
        banners.push(Banner {
            kind: "bad",
            mark: "✕",
            what: format!(
                "This company will be erased {}.",
                when(erasure.due_at, now, zone)
            ),
            then: format!(
                "{} asked for it: {}. Until then any owner can take it back.",
                erasure.name,
                without_stop(&erasure.reason)
            ),
            action: visitor
                .may(Action::EraseCompany)
                .then(|| ("/settings", "Take it back".to_owned())),
        });
    }
    if let Some(next) = found.ripening.iter().filter_map(|it| it.ripe_at).min() {
        let what = match found.ripening.len() {
            1 => "A change of roles waits for its delay alone.".to_owned(),
            many => format!("{many} changes of roles wait for their delay alone."),
        };
        banners.push(Banner {
            kind: "warn",
            mark: "!",
            what,
            then: format!(
                "There is no second owner to confirm it. It counts {}.",
                when(next, now, zone)
            ),
            action: visitor
                .may(Action::ReadPeople)
                .then(|| ("/people", "See what it is".to_owned())),
        });
    }
    Ok(banners)
}

/// That one person decides alone, where people look at who decides.
pub(super) fn alone(mode: &SoleApprover, zone: &TimeZone, now: Timestamp) -> Banner {
    Banner {
        kind: "info",
        mark: "!",
        what: format!(
            "Sole approver mode is on since {}.",
            format::moment(mode.since, now, zone)
        ),
        then: format!(
            "As long as there is one owner, what takes two people waits for {} hours instead. The \
             reason: {}.",
            mode.cooling_off.hours(),
            without_stop(&mode.reason)
        ),
        action: None,
    }
}

/// A moment in the middle of a sentence.
pub(super) fn when(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let is_today = at.to_zoned(zone.clone()).date() == now.to_zoned(zone.clone()).date();
    let before = if is_today { "today at" } else { "on" };
    format!("{before} {}", format::moment(at, now, zone))
}

fn without_stop(text: &str) -> &str {
    text.trim_end_matches(['.', ' '])
}

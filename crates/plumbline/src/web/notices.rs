//! What everybody of a company is told above every page, whatever they may read: that it is to be
//! erased, and that somebody gets more rights without a second person.

use gate::alone::SoleApprover;
use gate::roles::Action;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use store::control::notices::notices;
use store::control::raises::Proposal;

use super::error::AppError;
use super::format;
use super::house::House;
use super::raises::Page;
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
    let kinds = [
        (
            Page::People,
            ("A change of roles waits", "changes of roles wait"),
        ),
        (
            Page::Settings,
            (
                "A change of what may be written waits",
                "changes of what may be written wait",
            ),
        ),
    ];
    for (page, words) in kinds {
        let all = found.ripening.iter();
        let here: Vec<&Proposal> = all.filter(|it| Page::of(&it.about) == page).collect();
        let next = here.iter().filter_map(|it| it.ripe_at).min();
        banners.extend(next.map(|next| {
            let when = when(next, now, zone);
            ripening(visitor, page, words, (here.len(), &when))
        }));
    }
    Ok(banners)
}

/// That something waits for its delay alone.
fn ripening(
    visitor: &Visitor,
    page: Page,
    (one, several): (&str, &str),
    (count, when): (usize, &str),
) -> Banner {
    let needed = match page {
        Page::People => Action::ReadPeople,
        Page::Settings => Action::ReadSettings,
    };
    Banner {
        kind: "warn",
        mark: "!",
        what: match count {
            1 => format!("{one} for its delay alone."),
            many => format!("{many} {several} for their delay alone."),
        },
        then: format!("There is no second owner to confirm it. It counts {when}."),
        action: visitor
            .may(needed)
            .then(|| (page.address(), "See what it is".to_owned())),
    }
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

//! Sole approver mode: how an office with one eligible person keeps the rule that takes two.
//!
//! Without the mode nobody can do alone what needs a second person. With it, and only as long as
//! there is exactly one eligible person, a delay that everybody is told of stands in for the
//! second one. It is switched on by that person, with a reason that stays.

use figures::{Date, SmolStr};
use jiff::{SignedDuration, Timestamp};

use crate::changes::{Member, Refusal, demand, member, owners};
use crate::roles::{Action, Department, Role};

/// How long what one person does alone waits before it counts. Never less than a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CoolingOff {
    hours: i64,
}

impl CoolingOff {
    /// The shortest, which is also what holds until the owner chooses a longer one.
    pub const SHORTEST: Self = Self { hours: 24 };
    /// The longest. A proposal lapses after 14 days, so it must end well before that.
    pub const LONGEST: Self = Self { hours: 7 * 24 };

    /// A delay of so many hours.
    ///
    /// # Errors
    /// [`Refusal::CoolingOff`] when it is shorter than a day or longer than a week.
    pub fn try_from_hours(hours: i64) -> Result<Self, Refusal> {
        if (Self::SHORTEST.hours..=Self::LONGEST.hours).contains(&hours) {
            Ok(Self { hours })
        } else {
            Err(Refusal::CoolingOff)
        }
    }

    /// The delay in hours.
    #[must_use]
    pub fn hours(self) -> i64 {
        self.hours
    }

    /// When a delay that begins now is over.
    #[must_use]
    pub fn ends(self, now: Timestamp) -> Timestamp {
        // Past the end of the calendar it is never over.
        now.checked_add(SignedDuration::from_hours(self.hours))
            .unwrap_or(Timestamp::MAX)
    }
}

/// The mode as it is switched on in an office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoleApprover {
    /// Since when.
    pub since: Timestamp,
    /// The id of the person who switched it on.
    pub by: SmolStr,
    /// Why, in that person's words.
    pub reason: String,
    /// The delay for what is done alone.
    pub cooling_off: CoolingOff,
}

impl SoleApprover {
    /// Whether the mode counts: with a second eligible person it does not, and with none at all
    /// there is nobody to act.
    #[must_use]
    pub fn counts(&self, eligible: usize) -> bool {
        eligible == 1
    }
}

/// Whether this person may switch the mode on, or give it another delay.
///
/// # Errors
/// Why not.
pub fn permit(actor: &str, reason: &str, members: &[Member], on: Date) -> Result<(), Refusal> {
    let grants = member(members, actor).map(|it| &it.grants);
    demand(
        grants.unwrap_or(&crate::roles::Grants::default()),
        Action::ChangeSettings,
        on,
    )?;
    if owners(members).count() != 1 {
        return Err(Refusal::NotAlone);
    }
    if reason.trim().chars().count() < SHORTEST_REASON {
        return Err(Refusal::Reason);
    }
    Ok(())
}

/// The person who decides for a department that nobody leads, and the delay after which that counts:
/// the single owner, who switched the mode on. Nobody where somebody leads it today.
#[must_use]
pub fn stands_in<'a>(
    mode: Option<&SoleApprover>,
    members: &'a [Member],
    department: Department,
    on: Date,
) -> Option<(&'a str, CoolingOff)> {
    let (mode, mut owners) = (mode?, owners(members));
    let owner = owners.next().filter(|_| owners.next().is_none())?;
    let leads = |it: &Member| {
        it.grants
            .in_force(on)
            .any(|held| held.role == Role::Lead(department))
    };
    let is_led = members.iter().any(leads);
    (owner.person_id == mode.by && !is_led).then_some((owner.person_id.as_str(), mode.cooling_off))
}

/// A reason has so many letters at least: one word explains nothing.
pub const SHORTEST_REASON: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roles::{Grant, Grants, Term};

    fn office(owners: usize) -> Vec<Member> {
        let one = |number: usize, role| Member {
            person_id: format!("{number}").into(),
            grants: Grants::new(vec![Grant::standing(role)]),
        };
        let mut members: Vec<Member> = (0..owners).map(|it| one(it, Role::Owner)).collect();
        members.push(one(9, Role::Preparer));
        members
    }

    fn on() -> Date {
        "2026-11-23".parse().unwrap()
    }

    #[test]
    fn the_delay_is_a_day_at_least_and_a_week_at_most() {
        for (hours, is_fine) in [
            (-1, false),
            (0, false),
            (23, false),
            (24, true),
            (168, true),
            (169, false),
        ] {
            let made = CoolingOff::try_from_hours(hours);
            assert_eq!(made.is_ok(), is_fine, "{hours}");
            assert_eq!(made.is_err(), made == Err(Refusal::CoolingOff));
        }
        let now: Timestamp = "2026-11-23T15:00:00Z".parse().unwrap();
        let ends = CoolingOff::SHORTEST.ends(now);
        assert_eq!(ends.to_string(), "2026-11-24T15:00:00Z");
        assert_eq!(
            CoolingOff::LONGEST.ends(Timestamp::MAX),
            Timestamp::MAX,
            "it must not end early"
        );
    }

    #[test]
    fn only_the_single_owner_switches_it_on_and_with_a_reason() {
        let reason = "Nobody else works in this office.";
        assert_eq!(permit("0", reason, &office(1), on()), Ok(()));
        assert_eq!(
            permit("0", reason, &office(2), on()),
            Err(Refusal::NotAlone)
        );
        assert_eq!(
            permit("0", "  small  ", &office(1), on()),
            Err(Refusal::Reason)
        );
        for actor in ["9", "nobody"] {
            let refused = permit(actor, reason, &office(1), on());
            assert!(matches!(refused, Err(Refusal::NotPermitted(_))), "{actor}");
        }
    }

    #[test]
    fn it_counts_for_exactly_one_eligible_person() {
        let mode = SoleApprover {
            since: Timestamp::UNIX_EPOCH,
            by: "0".into(),
            reason: "Nobody else works in this office.".to_owned(),
            cooling_off: CoolingOff::SHORTEST,
        };
        let counts: Vec<bool> = (0..4).map(|eligible| mode.counts(eligible)).collect();
        assert_eq!(counts, [false, true, false, false]);
    }

    /// One, two or no owner; the mode off, switched on by them or by somebody who went; and somebody
    /// who leads a department for good, today, until yesterday, or not at all.
    #[test]
    fn the_single_owner_stands_in_exactly_where_nobody_leads() {
        let day = |text: &str| text.parse().unwrap();
        let cover = |text: &str| Term::Cover {
            from: day(text),
            until: day(text),
        };
        let mut counts = 0;
        for owners in 0..3 {
            for by in [None, Some("0"), Some("gone")] {
                for (term, leads) in [
                    (None, false),
                    (Some(Term::Standing), true),
                    (Some(cover("2026-11-23")), true),
                    (Some(cover("2026-11-22")), false),
                ] {
                    for led in Department::ALL {
                        let mut members = office(owners);
                        members.push(Member {
                            person_id: "8".into(),
                            grants: Grants::new(
                                term.map(|term| Grant {
                                    role: Role::Lead(led),
                                    term,
                                })
                                .into_iter()
                                .collect(),
                            ),
                        });
                        let mode = by.map(|by| SoleApprover {
                            since: Timestamp::UNIX_EPOCH,
                            by: by.into(),
                            reason: String::new(),
                            cooling_off: CoolingOff::LONGEST,
                        });
                        for department in Department::ALL {
                            let found = stands_in(mode.as_ref(), &members, department, on());
                            let expected =
                                owners == 1 && by == Some("0") && !(leads && led == department);
                            let expected = expected.then_some(("0", CoolingOff::LONGEST));
                            assert_eq!(found, expected, "{owners} {by:?} {term:?} {department:?}");
                            counts += u32::from(found.is_some());
                        }
                    }
                }
            }
        }
        let all = u32::try_from(Department::ALL.len()).unwrap();
        assert_eq!(counts, 4 * all * all - 2 * all);
    }
}

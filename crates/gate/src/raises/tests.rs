use super::*;
use crate::roles::{Department, may};

const PAYABLES: Role = Role::Lead(Department::Payables);
const PAYROLL: Role = Role::Lead(Department::Payroll);

/// Which role, given for good, is more than what a member has: written by hand, `+` is more.
/// A lead is the one of payables; `lead` in the columns is the same department, `other` another.
const MORE: &str = "
          owner lead other preparer viewer auditor
nothing   +     +    +     +        +      +
viewer    +     +    +     +        -      +
preparer  +     +    +     -        -      +
lead      +     -    +     -        -      +
owner     -     +    +     -        -      -
auditor   +     +    +     +        -      -
covering  +     +    +     -        -      +
";

fn on() -> Date {
    "2026-11-23".parse().unwrap()
}

fn now() -> Timestamp {
    "2026-11-23T15:00:00Z".parse().unwrap()
}

fn hours(count: i64) -> Timestamp {
    now() + SignedDuration::from_hours(count)
}

fn standing(roles: &[Role]) -> Grants {
    Grants::new(roles.iter().copied().map(Grant::standing).collect())
}

fn covering(role: Role) -> Grant {
    let term = Term::Cover {
        from: on(),
        until: on(),
    };
    Grant { role, term }
}

fn one(person_id: &str, roles: &[Role]) -> Member {
    Member {
        person_id: person_id.into(),
        grants: standing(roles),
    }
}

fn members(owners: &[&str]) -> Vec<Member> {
    let mut all: Vec<Member> = owners.iter().map(|it| one(it, &[Role::Owner])).collect();
    all.extend([
        one("marcus", &[PAYABLES]),
        one("priya", &[Role::Preparer]),
        one("vic", &[Role::Viewer]),
        one("audrey", &[Role::Auditor]),
        one("newcomer", &[]),
    ]);
    all
}

fn alone() -> SoleApprover {
    SoleApprover {
        since: now(),
        by: "dana".into(),
        reason: "Nobody else works in this office.".to_owned(),
        cooling_off: CoolingOff::SHORTEST,
    }
}

/// How an owner's change comes about in an office with these owners.
fn asked(
    (actor, subject): (&str, &str),
    change: Change,
    owners: &[&str],
    alone: Option<&SoleApprover>,
) -> Result<Course, Refusal> {
    let members = members(owners);
    let office = Office {
        members: &members,
        alone,
        is_founding: false,
    };
    let on = on();
    let changing = Changing { actor, subject, on };
    course_of_change(changing, change, &office).map(|(_, course)| course)
}

fn give(role: Role) -> Change {
    Change::Give(Grant::standing(role))
}

#[test]
fn what_is_more_than_before_is_what_the_table_says() {
    let rows = [
        ("nothing", Grants::default()),
        ("viewer", standing(&[Role::Viewer])),
        ("preparer", standing(&[Role::Preparer])),
        ("lead", standing(&[PAYABLES])),
        ("owner", standing(&[Role::Owner])),
        ("auditor", standing(&[Role::Auditor])),
        (
            "covering",
            Grants::new(vec![Grant::standing(Role::Preparer), covering(PAYABLES)]),
        ),
    ];
    let columns = [
        Role::Owner,
        PAYABLES,
        PAYROLL,
        Role::Preparer,
        Role::Viewer,
        Role::Auditor,
    ];
    let generated: Vec<String> = rows
        .iter()
        .map(|(name, before)| {
            let cells = columns.map(|role| {
                if raises(before, &Grant::standing(role)) {
                    "+"
                } else {
                    "-"
                }
            });
            format!("{name} {}", cells.join(" "))
        })
        .collect();
    let written: Vec<String> = MORE
        .trim()
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(generated, written);
}

#[test]
fn whoever_could_do_something_afterwards_that_they_could_not_before_was_raised() {
    let all: Vec<Role> = Role::all().collect();
    for first in &all {
        for second in &all {
            let before = standing(&[*first, *second]);
            for role in &all {
                let after = standing(&[*first, *second, *role]);
                let more = Action::ALL.into_iter().any(|action| {
                    may(&after, action, on()).is_permitted()
                        && !may(&before, action, on()).is_permitted()
                });
                let leads = |grants: &Grants| {
                    let leads = grants.all().filter(|it| matches!(it.role, Role::Lead(_)));
                    leads.count()
                };
                assert_eq!(
                    raises(&before, &Grant::standing(*role)),
                    more || leads(&after) > leads(&before),
                    "{role:?} for {first:?} and {second:?}"
                );
            }
        }
    }
}

#[test]
fn giving_more_waits_for_another_owner_and_taking_away_for_nobody() {
    let two = ["dana", "tom"];
    for (subject, change, course) in [
        ("vic", give(Role::Preparer), Course::AnotherOwner),
        ("vic", give(Role::Owner), Course::AnotherOwner),
        ("priya", give(PAYABLES), Course::AnotherOwner),
        ("marcus", give(PAYROLL), Course::AnotherOwner),
        ("newcomer", give(Role::Auditor), Course::AnotherOwner),
        ("priya", give(Role::Viewer), Course::AtOnce),
        ("tom", give(Role::Preparer), Course::AtOnce),
        (
            "priya",
            Change::Take(Grant::standing(Role::Preparer)),
            Course::AtOnce,
        ),
        ("tom", Change::Disable, Course::AtOnce),
        (
            "priya",
            Change::Give(covering(PAYABLES)),
            Course::AnotherOwner,
        ),
    ] {
        let found = asked(("dana", subject), change, &two, None);
        assert_eq!(found, Ok(course), "{subject} {change:?}");
        // The mode changes nothing where there is a second owner.
        let found = asked(("dana", subject), change, &two, Some(&alone()));
        assert_eq!(found, Ok(course), "{subject} {change:?}");
    }
}

#[test]
fn a_lead_hands_their_own_department_on_without_an_owner() {
    let own = Change::Give(covering(PAYABLES));
    for owners in [vec!["dana"], vec!["dana", "tom"]] {
        assert_eq!(
            asked(("marcus", "priya"), own, &owners, None),
            Ok(Course::AtOnce)
        );
    }
    // A longer one still ends; the same for good is an owner's to give.
    let for_good = asked(("marcus", "priya"), give(PAYABLES), &["dana", "tom"], None);
    assert!(matches!(for_good, Err(Refusal::NotPermitted(_))));
}

#[test]
fn a_single_owner_waits_with_the_mode_and_is_refused_without() {
    let raise =
        |mode: Option<&SoleApprover>| asked(("dana", "vic"), give(Role::Preparer), &["dana"], mode);
    assert_eq!(raise(None), Err(Refusal::NobodyConfirms));
    for cooling_off in [CoolingOff::SHORTEST, CoolingOff::LONGEST] {
        let mode = SoleApprover {
            cooling_off,
            ..alone()
        };
        assert_eq!(raise(Some(&mode)), Ok(Course::AfterCoolingOff(cooling_off)));
    }
    let lowering = Change::Take(Grant::standing(Role::Preparer));
    let lowered = asked(("dana", "priya"), lowering, &["dana"], None);
    assert_eq!(lowered, Ok(Course::AtOnce));
}

#[test]
fn what_nobody_may_do_is_refused_before_anybody_is_asked_to_confirm_it() {
    let two = ["dana", "tom"];
    assert_eq!(
        asked(("dana", "audrey"), give(Role::Preparer), &two, None),
        Err(Refusal::AuditorIsNothingElse)
    );
    assert_eq!(
        asked(("dana", "dana"), give(Role::Preparer), &two, None),
        Err(Refusal::OwnRole)
    );
    assert!(asked(("priya", "vic"), give(Role::Preparer), &two, None).is_err());
}

#[test]
fn an_invitation_waits_when_it_makes_an_owner_or_a_lead() {
    let invited = |roles: &[Role], owners: &[&str], alone: Option<&SoleApprover>| {
        let members = members(owners);
        let office = Office {
            members: &members,
            alone,
            is_founding: false,
        };
        course_of_invitation("dana", roles, on(), &office).map(|(_, course)| course)
    };
    for role in Role::all() {
        let waits = matches!(role, Role::Owner | Role::Lead(_));
        let with_two = invited(&[role], &["dana", "tom"], None);
        let with_one = invited(&[role], &["dana"], None);
        let with_mode = invited(&[role], &["dana"], Some(&alone()));
        if waits {
            assert_eq!(with_two, Ok(Course::AnotherOwner), "{role:?}");
            assert_eq!(with_one, Err(Refusal::NobodyConfirms), "{role:?}");
            assert_eq!(with_mode, Ok(Course::AfterCoolingOff(CoolingOff::SHORTEST)));
        } else {
            assert_eq!(with_two, Ok(Course::AtOnce), "{role:?}");
            assert_eq!(with_one, Ok(Course::AtOnce), "{role:?}");
        }
    }
    assert_eq!(
        invited(&[Role::Viewer, PAYROLL], &["dana", "tom"], None),
        Ok(Course::AnotherOwner)
    );
}

#[test]
fn the_first_owner_staffs_a_new_company_alone_for_a_week() {
    let opened = Founding {
        owners_ever: 1,
        by_setup: true,
        first_at: now(),
    };
    for (founding, at, is_founding_then) in [
        (opened, 0, true),
        (opened, 7 * 24 - 1, true),
        (opened, 7 * 24, false),
        (opened, -1, false),
        (
            Founding {
                owners_ever: 2,
                ..opened
            },
            1,
            false,
        ),
        (
            Founding {
                owners_ever: 0,
                ..opened
            },
            1,
            false,
        ),
        (
            Founding {
                by_setup: false,
                ..opened
            },
            1,
            false,
        ),
    ] {
        assert_eq!(
            is_founding(&founding, hours(at)),
            is_founding_then,
            "{founding:?} after {at} h"
        );
    }
    let members = members(&["dana"]);
    let office = Office {
        members: &members,
        alone: None,
        is_founding: true,
    };
    let invited = course_of_invitation("dana", &[Role::Owner], on(), &office);
    assert_eq!(invited.map(|(_, course)| course), Ok(Course::AtOnce));
}

#[test]
fn cover_that_began_while_it_waited_can_still_be_given_but_not_when_it_is_over() {
    let term = Term::Cover {
        from: on(),
        until: "2026-11-25".parse().unwrap(),
    };
    let grant = Grant {
        role: PAYABLES,
        term,
    };
    for (day, is_fine) in [
        ("2026-11-23", true),
        ("2026-11-24", true),
        ("2026-11-25", true),
        ("2026-11-26", false),
    ] {
        let changing = Changing {
            actor: "dana",
            subject: "priya",
            on: day_of_proposal(&grant, day.parse().unwrap()),
        };
        let permitted = permit(changing, Change::Give(grant), &members(&["dana", "tom"]));
        assert_eq!(permitted.is_ok(), is_fine, "{day}");
    }
    let standing = Grant::standing(PAYABLES);
    assert_eq!(day_of_proposal(&standing, on()), on());
}

/// Everybody tries to confirm everybody's proposal about everybody, in offices of one to three
/// owners, with the mode and without, before and after the delay.
#[test]
fn a_proposal_is_confirmed_by_an_owner_who_neither_made_it_nor_gains_by_it() {
    let mode = alone();
    for owners in [
        vec!["dana"],
        vec!["dana", "tom"],
        vec!["dana", "tom", "olga"],
    ] {
        let members = members(&owners);
        for is_on in [false, true] {
            let office = Office {
                members: &members,
                alone: is_on.then_some(&mode),
                is_founding: false,
            };
            for subject in [Some("vic"), Some("tom"), None] {
                for confirmer in ["dana", "tom", "olga", "marcus", "vic", "audrey", "nobody"] {
                    for (ripe_at, at) in [(None, 1), (Some(24), 23), (Some(24), 24), (None, 336)] {
                        let proposed = Proposed {
                            by: "dana".into(),
                            subject: subject.map(Into::into),
                            needs: Action::ManagePeople,
                            lapses_at: now() + LAPSES_AFTER,
                            ripe_at: ripe_at.map(hours),
                        };
                        let is_owner = owners.contains(&confirmer);
                        let in_time = at < 336;
                        let another = is_owner && confirmer != "dana" && subject != Some(confirmer);
                        let nobody_else = owners.len() == 1;
                        let waited = ripe_at.is_some_and(|ripe_at| ripe_at <= at);
                        let by_oneself = confirmer == "dana" && nobody_else && is_on && waited;
                        let confirmed =
                            permit_confirming(&proposed, confirmer, &office, (on(), hours(at)));
                        assert_eq!(
                            confirmed.is_ok(),
                            in_time && (another || by_oneself),
                            "{confirmer} about {subject:?} of {owners:?}, mode {is_on}, \
                             ripe at {ripe_at:?}, after {at} h: {confirmed:?}"
                        );
                    }
                }
            }
        }
    }
}

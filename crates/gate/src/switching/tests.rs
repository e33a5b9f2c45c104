use super::*;
use crate::alone::{CoolingOff, SoleApprover};
use crate::changes::Member;
use crate::raises::{LAPSES_AFTER, Proposed, permit_confirming};
use crate::roles::{Department, Grant, Grants, Role};
use jiff::Timestamp;

const LEVELS: [Level; 3] = [Level::Off, Level::Propose, Level::AutoWithUndo];

/// The limits from the one that lets least happen to the one that lets most.
const SECOND_ABOVE: [Option<i64>; 4] = [Some(0), Some(1_000_000), Some(2_500_000), None];

fn on() -> Date {
    "2026-11-23".parse().unwrap()
}

fn now() -> Timestamp {
    "2026-11-23T15:00:00Z".parse().unwrap()
}

/// Where each part of a state stands in its own order: writes, the connection, two agents, the limit.
type Ranks = [usize; 5];

fn powers(ranks: Ranks) -> Powers {
    let [writes, connection_writes, documents, reconciliation, limit] = ranks;
    let amount = SECOND_ABOVE[limit].map(Money::from_cents);
    Powers {
        switches: Switches {
            writes: writes == 1,
            connection_writes: connection_writes == 1,
            agents: BTreeMap::from([
                ("documents".into(), LEVELS[documents]),
                ("reconciliation".into(), LEVELS[reconciliation]),
            ]),
            let_by: BTreeMap::new(),
        },
        limits: amount
            .map(|amount| (Limit::SecondApprovalAbove, amount))
            .into_iter()
            .collect(),
    }
}

fn every_state() -> Vec<Ranks> {
    let mut all = Vec::new();
    for writes in 0..2 {
        for connection_writes in 0..2 {
            for documents in 0..3 {
                for reconciliation in 0..3 {
                    for limit in 0..4 {
                        all.push([writes, connection_writes, documents, reconciliation, limit]);
                    }
                }
            }
        }
    }
    all
}

fn apart(steps: &[Step]) -> (Vec<Step>, Vec<Step>) {
    steps.iter().cloned().partition(Step::is_raise)
}

#[test]
fn of_every_change_what_goes_up_is_a_raise_and_what_goes_down_is_not() {
    let all = every_state();
    for before in &all {
        for after in &all {
            let (was, wanted) = (powers(*before), powers(*after));
            let steps = was.steps_to(&wanted);
            assert_eq!(was.after(&steps), wanted, "{before:?} {after:?}");
            assert!(is_true_of(&steps, &was));
            let (raises, lowerings) = apart(&steps);
            let ups = before.iter().zip(after).filter(|(from, to)| to > from);
            let downs = before.iter().zip(after).filter(|(from, to)| to < from);
            let counted = (ups.count(), downs.count());
            assert_eq!((raises.len(), lowerings.len()), counted, "{steps:?}");

            // Lowering at once leaves the lower of both everywhere, and the raises as they were told.
            let lowest: Vec<usize> = before.iter().zip(after).map(|(a, b)| *a.min(b)).collect();
            let lowered = was.after(&lowerings);
            assert_eq!(lowered, powers(lowest.try_into().unwrap()));
            assert!(is_true_of(&raises, &lowered));
            assert_eq!(lowered.steps_to(&wanted), raises);
            let is_less = wanted.switches.is_less_than(&was.switches);
            let of_switches = |step: &Step| !matches!(step, Step::Limit { .. });
            assert_eq!(is_less, lowerings.iter().any(of_switches));
            // Each holds once: afterwards nothing of it is true any more.
            for step in &steps {
                assert!(!step.begins_at(&wanted), "{step}");
            }
        }
    }
}

#[test]
fn a_step_is_true_only_where_what_it_says_was_before_is_so() {
    let all = every_state();
    let (first, last) = (powers(all[0]), powers(all[all.len() - 1]));
    for step in first.steps_to(&last) {
        for ranks in &all {
            let [writes, connection_writes, documents, reconciliation, limit] = *ranks;
            let expected = match &step {
                Step::Writes(_) => writes == 0,
                Step::ConnectionWrites(_) => connection_writes == 0,
                Step::Agent { agent, .. } if agent == "documents" => documents == 0,
                Step::Agent { .. } => reconciliation == 0,
                Step::Limit { .. } => limit == 0,
            };
            assert_eq!(
                step.begins_at(&powers(*ranks)),
                expected,
                "{step} {ranks:?}"
            );
        }
    }
}

fn member(person_id: &str, role: Role) -> Member {
    Member {
        person_id: person_id.into(),
        grants: Grants::new(vec![Grant::standing(role)]),
    }
}

fn members(owners: &[&str]) -> Vec<Member> {
    let owners = owners.iter().map(|it| member(it, Role::Owner));
    let others = [
        member("marcus", Role::Lead(Department::Payables)),
        member("priya", Role::Preparer),
        member("vic", Role::Viewer),
        member("audrey", Role::Auditor),
    ];
    owners.chain(others).collect()
}

fn alone() -> SoleApprover {
    SoleApprover {
        since: now(),
        by: "dana".into(),
        reason: "Nobody else works in this office.".to_owned(),
        cooling_off: CoolingOff::LONGEST,
    }
}

#[test]
fn every_raise_waits_as_giving_somebody_more_does_and_lowering_for_nobody() {
    let (one, two) = (members(&["dana"]), members(&["dana", "tom"]));
    let mode = alone();
    let office = |members, alone, is_founding| Office {
        members,
        alone,
        is_founding,
    };
    let waits = Course::AfterCoolingOff(CoolingOff::LONGEST);
    let offices = [
        (office(&two, None, false), Ok(Course::AnotherOwner)),
        (office(&two, None, true), Ok(Course::AnotherOwner)),
        (office(&two, Some(&mode), false), Ok(Course::AnotherOwner)),
        (office(&one, None, false), Err(Refusal::NobodyConfirms)),
        (office(&one, Some(&mode), false), Ok(waits)),
        (office(&one, None, true), Ok(Course::AtOnce)),
    ];
    let all = every_state();
    for before in &all {
        for after in &all {
            let steps = powers(*before).steps_to(&powers(*after));
            let is_raise = before.iter().zip(after).any(|(from, to)| to > from);
            for (office, course) in &offices {
                let expected = if is_raise {
                    *course
                } else {
                    Ok(Course::AtOnce)
                };
                let found = course_of_switching("dana", &steps, on(), office);
                assert_eq!(found, expected, "{steps:?}");
            }
        }
    }
}

#[test]
fn nobody_but_an_owner_switches_anything_on_or_off() {
    let members = members(&["dana", "tom"]);
    let office = Office {
        members: &members,
        alone: None,
        is_founding: true,
    };
    for who in ["marcus", "priya", "vic", "audrey", "a stranger"] {
        for up in [true, false] {
            let found = course_of_switching(who, &[Step::Writes(up)], on(), &office);
            assert!(matches!(found, Err(Refusal::NotPermitted(_))), "{who}");
        }
        let proposed = Proposed {
            by: "dana".into(),
            subject: None,
            needs: Action::ChangeSettings,
            lapses_at: now() + LAPSES_AFTER,
            ripe_at: None,
        };
        let found = permit_confirming(&proposed, who, &office, (on(), now()));
        assert!(matches!(found, Err(Refusal::NotPermitted(_))), "{who}");
        let found = permit_confirming(&proposed, "tom", &office, (on(), now()));
        assert_eq!(found, Ok(()));
        let found = permit_confirming(&proposed, "dana", &office, (on(), now()));
        assert_eq!(found, Err(Refusal::OwnProposal));
    }
}

#[test]
fn steps_are_told_with_what_was_and_what_will_be_and_are_kept_as_they_are() {
    let (before, after) = (powers([0, 1, 0, 2, 2]), powers([1, 0, 1, 1, 3]));
    let steps = before.steps_to(&after);
    assert_eq!(
        in_words(&steps),
        "Plumbline writes: off to on; The QuickBooks connection writes: on to off; \
         Documents: off to proposes; Reconciliation: works by itself where a lead lets it to \
         proposes; Above this it takes two people: $25,000.00 to never"
    );
    let kept = serde_json::to_string(&steps).unwrap();
    let read: Vec<Step> = serde_json::from_str(&kept).unwrap();
    assert_eq!(read, steps);
}

#[test]
fn an_agent_that_is_off_or_asks_again_is_let_by_nobody() {
    let mut before = powers([1, 1, 1, 1, 3]);
    before.switches.let_alone("documents", "psn_a").unwrap();
    let to = |to| {
        let (agent, from) = ("documents".into(), Level::AutoWithUndo);
        before.after(&[Step::Agent { agent, from, to }]).switches
    };
    for level in [Level::Off, Level::Propose] {
        assert!(to(level).let_by.is_empty(), "{level:?}");
    }
    // What another step changes leaves it alone, and a lead who lets it is no step.
    let after = before.after(&[Step::Writes(false)]);
    assert!(after.switches.is_let_by("documents", "psn_a"));
    let mut two = before.clone();
    two.switches.let_alone("documents", "psn_b").unwrap();
    assert_eq!(before.steps_to(&two), []);
}

#[test]
fn to_approve_more_together_is_a_raise_and_nothing_together_is_the_least() {
    let limit = Limit::TogetherUpTo;
    let amounts = [None, Some(0), Some(1), Some(500_000)];
    let cents = |amount: Option<i64>| amount.map(Money::from_cents);
    for from in amounts {
        for to in amounts {
            let step = Step::Limit {
                limit,
                from: cents(from),
                to: cents(to),
            };
            let is_more = to.unwrap_or_default() > from.unwrap_or_default();
            assert_eq!(step.is_raise(), is_more, "{step}");
        }
    }
}

use super::*;
use crate::action::Kind;
use crate::order::Order;
use crate::proposal::tests::{at, person, proposal};
use crate::proposal::{Event, Maker, Version};
use crate::roles::{Grant, Term};
use crate::switches::{Level, WriteGrant};

fn now(minutes: i64) -> Now {
    Now {
        at: at(minutes),
        on: "2026-11-23".parse().unwrap(),
    }
}

fn lead(department: Department) -> Grants {
    Grants::new(vec![Grant::standing(Role::Lead(department))])
}

fn approver<'a>(person_id: &'a str, grants: &'a Grants) -> Approver<'a> {
    Approver {
        person_id,
        grants,
        factor_at: Some(at(9)),
        made_lead_by: &[],
        stands_in: None,
    }
}

/// Every role for good, and every lead's role as cover for today, for yesterday and for tomorrow.
fn every_grant() -> Vec<(Grant, bool)> {
    let day = |text: &str| text.parse::<Date>().unwrap();
    let mut all: Vec<(Grant, bool)> = Role::all()
        .map(|role| (Grant::standing(role), true))
        .collect();
    for department in Department::ALL {
        for (date, counts) in [
            ("2026-11-22", false),
            ("2026-11-23", true),
            ("2026-11-24", false),
        ] {
            let term = Term::Cover {
                from: day(date),
                until: day(date),
            };
            let role = Role::Lead(department);
            all.push((Grant { role, term }, counts));
        }
    }
    all
}

/// Every role, standing and as cover, of every department, for every action in each department it
/// can have, with and without a hand in the draft, with every age of the second factor, and below,
/// at and above the limit: the rule is said a second time here, as plainly as possible.
#[test]
fn exactly_the_departments_lead_approves_and_never_an_own_draft() {
    let (mut asked, mut permitted, mut sent) = (0, 0, 0);
    let limit = Money::from_cents(500_000);
    for kind in Kind::ALL {
        for department in kind.departments() {
            for (grant, counts) in every_grant() {
                for hand in ["nobody", "agent", "made", "edited", "promoter"] {
                    for factor in [None, Some(-1), Some(3), Some(5), Some(6)] {
                        for week in [0, 379_999, 380_000, 380_001] {
                            let one = prepared(kind, *department, hand);
                            let grants = Grants::new(vec![grant]);
                            let promoters = ["psn_maker".into()];
                            let who = Approver {
                                person_id: "psn_a",
                                grants: &grants,
                                factor_at: factor.map(|minutes| at(10 - minutes)),
                                made_lead_by: if hand == "promoter" { &promoters } else { &[] },
                                stands_in: None,
                            };
                            let found = approve(&one, one.digest(), &who, now(10));
                            let is_lead = counts && grant.role == Role::Lead(*department);
                            let is_fresh = matches!(factor, Some(0..=4));
                            let is_harmless = kind == Kind::AttachDocument;
                            let has_hand = !matches!(hand, "nobody" | "agent");
                            let expected = is_lead && !has_hand && (is_fresh || is_harmless);
                            assert_eq!(
                                found.is_ok(),
                                expected,
                                "{kind:?} {department:?} {grant:?} {hand} {factor:?}: {found:?}"
                            );
                            asked += 1;
                            let Ok(approval) = found else { continue };
                            permitted += 1;
                            let policy = Policy {
                                second_above: Some(limit),
                            };
                            let by = [(approval, who)];
                            let week = Money::from_cents(week);
                            let settled = settle(&one, &by, (&policy, week), now(10));
                            // 1,200.00 of the draft and 3,800.00 of the week are the limit.
                            let takes_two = !is_harmless && week.cents() > 380_000;
                            assert_eq!(settled.is_err(), takes_two, "{kind:?} {week}");
                            for (switches, is_on) in every_switch() {
                                let grant = switches.grant(one.agent());
                                let begun = settled.as_ref().ok().zip(grant.ok());
                                let sends = begun.is_some_and(|(_, grant)| sends(&one, grant));
                                let is_on = if hand == "agent" {
                                    is_on
                                } else {
                                    by_hand(&switches)
                                };
                                let expected = is_on && !takes_two && kind != Kind::Instruct;
                                assert_eq!(sends, expected, "{kind:?} {week} {switches:?}");
                                sent += u32::from(sends);
                            }
                        }
                    }
                }
            }
        }
    }
    assert_eq!((asked, permitted, sent), (48_000, 496, 1_040));
}

/// The same questions of somebody who stands in for a lead that there is not: they approve whatever a
/// lead of the department would, own drafts as well and above the limit, with a fresh second factor;
/// and it counts after the delay, not before, and as long as nobody leads the department.
#[test]
fn who_stands_in_for_a_lead_waits_for_the_delay_instead_of_somebody_else() {
    let (mut asked, mut permitted) = (0, 0);
    let policy = Policy {
        second_above: Some(Money::from_cents(500_000)),
    };
    let (delay, day) = (CoolingOff::SHORTEST, 24 * 60);
    for kind in Kind::ALL {
        for department in kind.departments() {
            for hand in ["nobody", "agent", "made", "edited", "promoter"] {
                for factor in [None, Some(-1), Some(3), Some(5), Some(6)] {
                    for week in [0, 380_001] {
                        let one = prepared(kind, *department, hand);
                        let owner = Grants::new(vec![Grant::standing(Role::Owner)]);
                        let promoters = ["psn_maker".into()];
                        let who = Approver {
                            person_id: "psn_a",
                            grants: &owner,
                            factor_at: factor.map(|minutes| at(10 - minutes)),
                            made_lead_by: if hand == "promoter" { &promoters } else { &[] },
                            stands_in: Some(delay),
                        };
                        asked += 1;
                        let found = approve(&one, one.digest(), &who, now(10));
                        let is_fresh = matches!(factor, Some(0..=4));
                        let expected = is_fresh || kind == Kind::AttachDocument;
                        assert_eq!(found.is_ok(), expected, "{kind:?} {hand} {factor:?}");
                        let Ok(approval) = found else { continue };
                        permitted += 1;
                        let until = at(10 + day);
                        assert_eq!(approval.waits_until, Some(until));
                        let settled = |who: Approver<'_>, minutes| {
                            let by = [(approval.clone(), who)];
                            let rule = (&policy, Money::from_cents(week));
                            settle(&one, &by, rule, now(minutes)).map(|_| ())
                        };
                        for early in [10, 9 + day] {
                            assert_eq!(settled(who, early), Err(Missing::Waits(until)));
                        }
                        let last = 9 + day + 72 * 60;
                        for ripe in [10 + day, last] {
                            assert_eq!(settled(who, ripe), Ok(()), "{kind:?} {hand} {week}");
                        }
                        assert_eq!(settled(who, last + 1), Err(Missing::First));
                        // Somebody leads the department by then, the mode is off, or they lead it.
                        let nobody = Approver {
                            stands_in: None,
                            ..who
                        };
                        assert_eq!(settled(nobody, 10 + day), Err(Missing::First));
                        let leads = lead(*department);
                        let as_lead = Approver {
                            grants: &leads,
                            ..who
                        };
                        assert_eq!(settled(as_lead, 10 + day), Err(Missing::First));
                    }
                }
            }
        }
    }
    assert_eq!((asked, permitted), (750, 310));
}

/// Both switches and each level of the agent, and whether what the agent proposed may be written.
fn every_switch() -> Vec<(Switches, bool)> {
    let mut all = Vec::new();
    for writes in [false, true] {
        for connection_writes in [false, true] {
            for level in [Level::Off, Level::Propose, Level::AutoWithUndo] {
                let switches = Switches {
                    writes,
                    connection_writes,
                    agents: [("financial".into(), level)].into(),
                    ..Switches::default()
                };
                let is_on = writes && connection_writes && level != Level::Off;
                all.push((switches, is_on));
            }
        }
    }
    all
}

/// What a person proposed needs no agent.
fn by_hand(switches: &Switches) -> bool {
    switches.writes && switches.connection_writes
}

/// Whether a proposal that was approved is sent, with this grant.
fn sends(one: &Proposal, grant: WriteGrant) -> bool {
    let mut begun = one.clone();
    begun.state = State::Executing { since: at(11) };
    Order::of(&begun, grant).is_some()
}

/// For every action in each of its departments, every role of the lead who let the agent, and every
/// switch: only what is neither money nor legal and can be undone exactly runs without being asked
/// about, only with everything on, and only as long as whoever let it leads the department.
#[test]
fn an_agent_runs_alone_only_as_a_lead_lets_it() {
    let (mut asked, mut alone) = (0, 0);
    for kind in Kind::ALL {
        for department in kind.departments() {
            for (grant, counts) in every_grant() {
                for (mut switches, is_on) in every_switch() {
                    for let_by in [None, Some("psn_a"), Some("psn_b")] {
                        let by = let_by.map(|id| ("financial".into(), [id.into()].into()));
                        switches.let_by = by.into_iter().collect();
                        let grants = Grants::new(vec![grant]);
                        let who = Approver {
                            factor_at: None,
                            ..approver("psn_a", &grants)
                        };
                        let mut one = proposal(kind);
                        let mut draft = one.newest().draft.clone();
                        draft.department = *department;
                        let edit = Version {
                            draft,
                            by: Maker::Agent("financial".into()),
                            at: at(1),
                        };
                        one.edit(edit).unwrap();
                        let found = standing(&one, &switches, &who, now(10));
                        let is_lead = counts && grant.role == Role::Lead(*department);
                        let is_auto = switches.level("financial") == Level::AutoWithUndo;
                        let expected = kind == Kind::AttachDocument
                            && (is_on && is_auto && is_lead)
                            && let_by == Some("psn_a");
                        assert_eq!(found.is_ok(), expected, "{kind:?} {grant:?} {switches:?}");
                        asked += 1;
                        alone += u32::from(expected);
                    }
                }
            }
        }
    }
    assert_eq!((asked, alone), (17_280, 8));
    let by_a_person = prepared(Kind::AttachDocument, Department::Documents, "nobody");
    let grants = lead(Department::Documents);
    let mut switches = every_switch().pop().unwrap().0;
    switches.let_by = [("financial".into(), ["psn_a".into()].into())].into();
    let found = standing(
        &by_a_person,
        &switches,
        &approver("psn_a", &grants),
        now(10),
    );
    assert_eq!(found, Err(Refusal::NotAlone));
}

/// A proposal in which `psn_a` had this part.
fn prepared(kind: Kind, department: Department, hand: &str) -> Proposal {
    let mut draft = proposal(kind).newest().draft.clone();
    draft.department = department;
    let by = |id| person(id);
    let first = Version {
        draft: draft.clone(),
        by: match hand {
            "made" => by("psn_a"),
            "agent" => Maker::Agent("financial".into()),
            _ => by("psn_maker"),
        },
        at: at(0),
    };
    let mut one = Proposal::try_new("ten_1".into(), "prp_1".into(), first).unwrap();
    if hand == "edited" {
        let edit = Version {
            draft,
            by: by("psn_a"),
            at: at(1),
        };
        one.edit(edit).unwrap();
    }
    one
}

#[test]
fn nobody_approves_other_facts_than_they_were_shown_or_what_is_decided_or_lapsed() {
    let grants = lead(Department::Payables);
    let who = approver("psn_a", &grants);
    let mut one = proposal(Kind::PostBill);
    let shown = one.digest();
    let mut draft = one.newest().draft.clone();
    draft.request.as_mut().unwrap().before[0].content = Digest::of(b"somebody else was here");
    let edit = Version {
        draft,
        by: person("psn_b"),
        at: at(1),
    };
    one.edit(edit).unwrap();
    assert_eq!(approve(&one, shown, &who, now(10)), Err(Refusal::Changed));
    let lapsed = now(15 * 24 * 60);
    assert_eq!(
        approve(&one, one.digest(), &who, lapsed),
        Err(Refusal::Lapsed)
    );
    let approval = approve(&one, one.digest(), &who, now(10)).unwrap();
    one.state = one
        .state
        .after(Event::Approve(vec![approval]), at(10))
        .unwrap();
    assert_eq!(
        approve(&one, one.digest(), &who, now(10)),
        Err(Refusal::NotOpen)
    );
}

#[test]
fn it_takes_two_different_leads_above_the_limit() {
    let (one_lead, other_lead) = (lead(Department::Payables), lead(Department::Payables));
    let (a, b) = (approver("psn_a", &one_lead), approver("psn_b", &other_lead));
    let mut one = proposal(Kind::PostBill);
    let policy = Policy {
        second_above: Some(Money::from_cents(100_000)),
    };
    let rule = (&policy, Money::ZERO);
    let first = approve(&one, one.digest(), &a, now(10)).unwrap();
    let alone = [(first.clone(), a)];
    assert_eq!(settle(&one, &alone, rule, now(10)), Err(Missing::Second));
    let twice = [(first.clone(), a), (first.clone(), a)];
    assert_eq!(settle(&one, &twice, rule, now(10)), Err(Missing::Second));
    let event = Event::FirstApproval(first.clone());
    one.state = one.state.after(event, at(10)).unwrap();
    assert_eq!(
        approve(&one, one.digest(), &a, now(10)),
        Err(Refusal::Already)
    );
    let second = approve(&one, one.digest(), &b, now(10)).unwrap();
    let both = [(first, a), (second, b)];
    let approved = settle(&one, &both, rule, now(10)).unwrap();
    assert_eq!(approved.by(), ["psn_a", "psn_b"]);
    assert_eq!(
        (approved.digest(), approved.proposal_id()),
        (one.digest(), "prp_1")
    );
}

#[test]
fn an_approval_is_worth_nothing_once_its_giver_or_the_facts_are_others() {
    let grants = lead(Department::Payables);
    let who = approver("psn_a", &grants);
    let mut one = proposal(Kind::PostBill);
    let approval = approve(&one, one.digest(), &who, now(10)).unwrap();
    let rule = (&Policy::default(), Money::ZERO);
    let settled = |one: &Proposal, approval: &Approval, who, minutes| {
        settle(one, &[(approval.clone(), who)], rule, now(minutes)).map(|_| ())
    };
    assert_eq!(settled(&one, &approval, who, 11), Ok(()));
    // Disabled, or no lead any more.
    let nothing = Grants::default();
    let viewer = Grants::new(vec![Grant::standing(Role::Viewer)]);
    for grants in [&nothing, &viewer] {
        let who = approver("psn_a", grants);
        assert_eq!(settled(&one, &approval, who, 11), Err(Missing::First));
    }
    // Somebody else's, too old, or of tomorrow.
    let other = approver("psn_b", &grants);
    assert_eq!(settled(&one, &approval, other, 11), Err(Missing::First));
    assert_eq!(
        settled(&one, &approval, who, 10 + 72 * 60),
        Err(Missing::First)
    );
    assert_eq!(settled(&one, &approval, who, 9), Err(Missing::First));
    // An edit makes other facts, even one that changes nothing.
    let edit = Version {
        draft: one.newest().draft.clone(),
        by: person("psn_c"),
        at: at(12),
    };
    one.edit(edit).unwrap();
    assert_eq!(settled(&one, &approval, who, 13), Err(Missing::First));
    assert_eq!(
        settle(&one, &[], rule, now(13)),
        Err(Missing::First),
        "nobody is not enough"
    );
}

use super::*;
use crate::action::Kind;
use crate::proposal::tests::{at, person, proposal};
use crate::proposal::{Event, Version};
use crate::roles::{Grant, Term};

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
    let (mut asked, mut permitted) = (0, 0);
    let limit = Money::from_cents(500_000);
    for kind in Kind::ALL {
        for department in kind.departments() {
            for (grant, counts) in every_grant() {
                for hand in ["nobody", "made", "edited", "promoter"] {
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
                            };
                            let found = approve(&one, one.digest(), &who, now(10));
                            let is_lead = counts && grant.role == Role::Lead(*department);
                            let is_fresh = matches!(factor, Some(0..=4));
                            let is_harmless = kind == Kind::AttachDocument;
                            let expected = is_lead && hand == "nobody" && (is_fresh || is_harmless);
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
                        }
                    }
                }
            }
        }
    }
    assert_eq!((asked, permitted), (38_400, 248));
}

/// A proposal in which `psn_a` had this part.
fn prepared(kind: Kind, department: Department, hand: &str) -> Proposal {
    let mut draft = proposal(kind).newest().draft.clone();
    draft.department = department;
    let by = |id| person(id);
    let first = Version {
        draft: draft.clone(),
        by: by(if hand == "made" { "psn_a" } else { "psn_maker" }),
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

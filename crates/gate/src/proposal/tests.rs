use super::*;
use crate::action::Kind;
use crate::draft::tests::draft;

pub(crate) fn at(minutes: i64) -> Timestamp {
    let start: Timestamp = "2026-11-23T15:00:00Z".parse().unwrap();
    start + SignedDuration::from_mins(minutes)
}

pub(crate) fn person(id: &str) -> Maker {
    Maker::Person(id.into())
}

/// A proposal of a kind that an agent made.
pub(crate) fn proposal(kind: Kind) -> Proposal {
    let first = Version {
        draft: draft(kind),
        by: Maker::Agent("financial".into()),
        at: at(0),
    };
    Proposal::try_new("ten_1".into(), "prp_1".into(), first).unwrap()
}

fn approval(by: &str) -> Approval {
    Approval {
        by: by.into(),
        at: at(1),
        digest: Digest::of(b"facts"),
        waits_until: None,
    }
}

fn states() -> Vec<(&'static str, State)> {
    let (by, since, at) = (vec![approval("psn_1")], at(1), at(1));
    let until = at + APPROVAL_LASTS;
    vec![
        ("proposed", State::Proposed(Vec::new())),
        ("one-of-two", State::Proposed(by.clone())),
        ("approved", State::Approved { by, until }),
        ("executing", State::Executing { since }),
        ("executed", State::Executed { at }),
        (
            "failed",
            State::Failed {
                at,
                reason: String::new(),
            },
        ),
        ("unknown", State::OutcomeUnknown { since }),
        ("undone", State::Undone { at }),
        (
            "rejected",
            State::Rejected {
                by: "psn_1".into(),
                at,
                reason: String::new(),
            },
        ),
        ("cleared", State::Cleared { at }),
        ("expired", State::Expired { at }),
    ]
}

fn events() -> Vec<(&'static str, Event)> {
    let reason = String::new;
    vec![
        ("first", Event::FirstApproval(approval("psn_2"))),
        ("approve", Event::Approve(vec![approval("psn_2")])),
        (
            "reject",
            Event::Reject {
                by: "psn_2".into(),
                reason: reason(),
            },
        ),
        ("void", Event::Void),
        ("clear", Event::Clear),
        ("expire", Event::Expire),
        ("begin", Event::Begin),
        ("done", Event::Done),
        ("fail", Event::Fail { reason: reason() }),
        ("lose", Event::LoseSight),
        ("undone", Event::Undone),
    ]
}

/// What follows from what, written by hand; `-` is refused. Two minutes after the approval.
const TABLE: &str = "
            first       approve   reject    void      clear    expire    begin      done      fail    lose     undone
proposed    one-of-two  approved  rejected  proposed  cleared  expired   -          -         -       -        -
one-of-two  -           approved  rejected  proposed  cleared  expired   -          -         -       -        -
approved    -           -         rejected  proposed  cleared  -         executing  -         -       -        -
executing   -           -         -         -         -        -         -          executed  failed  unknown  -
executed    -           -         -         -         -        -         -          -         -       -        undone
failed      -           -         -         -         -        -         -          -         -       -        -
unknown     -           -         -         -         -        -         -          executed  failed  -        -
undone      -           -         -         -         -        -         -          -         -       -        -
rejected    -           -         -         -         -        -         -          -         -       -        -
cleared     -           -         -         -         -        -         -          -         -       -        -
expired     -           -         -         -         -        -         -          -         -       -        -
";

/// As [`State::name`], with a first of two approvals told apart.
fn name(state: &State) -> &'static str {
    match state {
        State::Proposed(by) if !by.is_empty() => "one-of-two",
        _ => state.name(),
    }
}

#[test]
fn every_event_in_every_state_does_exactly_what_the_table_says() {
    let mut lines = TABLE.trim().lines();
    let head: Vec<&str> = lines.next().unwrap().split_whitespace().collect();
    let names: Vec<&str> = events().iter().map(|(name, _)| *name).collect();
    assert_eq!(head, names);
    let mut rows = 0;
    for (line, (row, state)) in lines.zip(states()) {
        let mut cells = line.split_whitespace();
        assert_eq!((cells.next(), name(&state)), (Some(row), row));
        for (cell, (what, event)) in cells.zip(events()) {
            let after = state.after(event, at(3));
            let found = after.as_ref().map_or("-", name);
            assert_eq!(found, cell, "{what} when {row}");
        }
        rows += 1;
    }
    assert_eq!(rows, states().len());
}

#[test]
fn an_approval_counts_for_three_days_and_then_the_proposal_waits_again() {
    let approved = State::Proposed(Vec::new())
        .after(Event::Approve(vec![approval("psn_1")]), at(0))
        .unwrap();
    let end = at(0) + APPROVAL_LASTS;
    let before = end - SignedDuration::from_secs(1);
    assert!(approved.after(Event::Begin, before).is_ok());
    assert_eq!(approved.after(Event::Expire, before), Err(Illegal));
    assert_eq!(approved.after(Event::Begin, end), Err(Illegal));
    let waits = approved.after(Event::Expire, end);
    assert_eq!(waits, Ok(State::Proposed(Vec::new())));
    // Nobody's approvals are no approval.
    let proposed = State::Proposed(Vec::new());
    assert_eq!(
        proposed.after(Event::Approve(Vec::new()), at(0)),
        Err(Illegal)
    );
}

#[test]
fn what_was_approved_alone_begins_after_its_delay_and_has_three_days_from_then() {
    let ripe = at(24 * 60);
    let alone = Approval {
        waits_until: Some(ripe),
        ..approval("psn_1")
    };
    let approved = State::Proposed(Vec::new())
        .after(Event::Approve(vec![alone]), at(0))
        .unwrap();
    let second = SignedDuration::from_secs(1);
    let end = ripe + APPROVAL_LASTS;
    for (moment, begins, expires) in [
        (ripe - second, false, false),
        (ripe, true, false),
        (end - second, true, false),
        (end, false, true),
    ] {
        assert_eq!(
            approved.after(Event::Begin, moment).is_ok(),
            begins,
            "{moment}"
        );
        assert_eq!(
            approved.after(Event::Expire, moment).is_ok(),
            expires,
            "{moment}"
        );
    }
}

#[test]
fn an_edit_keeps_the_version_before_voids_approvals_and_adds_a_preparer() {
    let mut one = proposal(Kind::PostBill);
    let digest = one.digest();
    one.state = State::Proposed(vec![approval("psn_2")]);
    let mut draft = draft(Kind::PostBill);
    draft.sentence = "Bill CRM-88121 is entered on another job.".to_owned();
    let edit = |draft: &Draft, by| Version {
        draft: draft.clone(),
        by,
        at: at(5),
    };
    one.edit(edit(&draft, person("psn_3"))).unwrap();
    assert_eq!((one.version(), one.versions().count()), (2, 2));
    assert_ne!(one.digest(), digest);
    assert_eq!(one.state, State::Proposed(Vec::new()));
    one.edit(edit(&draft, person("psn_4"))).unwrap();
    // Whoever edited before the last one is still a preparer.
    assert_eq!(one.preparers(), ["psn_3", "psn_4"].into());

    let mut flawed = draft.clone();
    flawed.sentence.clear();
    let refused = one.edit(edit(&flawed, person("psn_5")));
    assert_eq!(refused, Err(EditRefused::Flaw(Flaw::NoSentence)));
    let mut other = draft.clone();
    other.company = "9131".into();
    let refused = one.edit(edit(&other, person("psn_5")));
    assert_eq!(refused, Err(EditRefused::AnotherAction));
    assert_eq!(one.version(), 3, "what is refused changes nothing");
    for (name, state) in states() {
        let is_open = state.is_open();
        one.state = state;
        let done = one.edit(edit(&draft, person("psn_5")));
        assert_eq!(done.is_ok(), is_open, "{name}");
    }
}

#[test]
fn every_event_has_its_name_in_the_list() {
    let names: Vec<&str> = events().iter().map(|(_, event)| event.name()).collect();
    assert_eq!(names, Event::NAMES);
}

//! The contract of proposals.

use figures::source::SourceRef;
use figures::{Money, SmolStr};
use gate::action::Kind;
use gate::approval::{Approval, Approved, Approver, Now, Policy, settle};
use gate::digest::Digest;
use gate::draft::{Draft, PreImage, Request, Verb};
use gate::proposal::{Event, Maker, Proposal, State, Version};
use gate::roles::{Department, Grant, Grants, Role};

use super::{at, day};
use crate::audit::{self, Action};
use crate::proposals::*;
use crate::settings::{self, StoredSettings, Then};
use crate::{Refusal, Store, StoreError};

pub(super) fn draft(finding: Option<&str>) -> Draft {
    let bill = SourceRef::quickbooks("Bill", "145");
    Draft {
        kind: Kind::Recode,
        department: Department::Financial,
        company: "9130".into(),
        sentence: "Bill 88121 is coded to Elm Street.".to_owned(),
        money: Money::from_cents(120_000),
        party: Some("72".into()),
        request: Some(Request {
            verb: Verb::Update,
            entity: "Bill".into(),
            id: Some("145".into()),
            body: "{\"Id\":\"145\"}".to_owned(),
            before: vec![PreImage {
                record: bill.clone(),
                content: Digest::of(b"as it was"),
                standing: Some(Digest::of(b"open")),
            }],
        }),
        instructions: Vec::new(),
        figures: Vec::new(),
        evidence: vec![bill],
        finding: finding.map(SmolStr::new),
        undoes: None,
        document: None,
    }
}

fn version(draft: Draft) -> Version {
    Version {
        draft,
        by: Maker::Agent("reconciliation".into()),
        at: at(1),
    }
}

pub(super) fn new(store: &Store, id: &str, draft: Draft) -> Proposal {
    let tenant = store.scope().tenant_id().into();
    Proposal::try_new(tenant, id.into(), version(draft)).unwrap()
}

async fn stored(store: &Store, id: &str) -> Stored {
    let found = proposal(store, &store.scope(), id).await.unwrap();
    found.unwrap()
}

fn approval(proposal: &Proposal) -> Approval {
    Approval {
        by: "psn_dana".into(),
        at: at(2),
        digest: proposal.digest(),
        waits_until: None,
    }
}

pub(super) fn approved(proposal: &Proposal) -> Approved {
    let grants = Grants::new(vec![Grant::standing(Role::Lead(Department::Financial))]);
    let who = Approver {
        person_id: "psn_dana",
        grants: &grants,
        factor_at: None,
        made_lead_by: &[],
        stands_in: None,
    };
    let now = Now {
        at: at(2),
        on: day("2026-11-01"),
    };
    let given = [(approval(proposal), who)];
    settle(proposal, &given, (&Policy::default(), Money::ZERO), now).unwrap()
}

/// Proposes it and has it approved by a person.
async fn approve(store: &Store, id: &str, finding: Option<&str>) -> Proposal {
    let scope = store.scope();
    let one = new(store, id, draft(finding));
    assert!(propose(store, &scope, one.clone(), at(1)).await.unwrap());
    let given = approval(&one);
    let decide = move |_: &Stored| Ok::<_, ()>(Happening::of(Event::Approve(vec![given])));
    let by = scope.by("psn_dana");
    happen(store, &by, id, decide, at(2))
        .await
        .unwrap()
        .unwrap()
}

pub(super) fn intent() -> Intent {
    Intent {
        request_id: "request-1".to_owned(),
        token: Some("3".to_owned()),
        before: Some("{\"Id\":\"145\"}".to_owned()),
    }
}

pub(super) fn done() -> Happening {
    Happening::of(Event::Done)
}

pub(super) fn outcome() -> Outcome {
    Outcome {
        record: Some("145".into()),
        kept: Some("{\"Id\":\"145\"}".to_owned()),
        after: draft(None).request.unwrap().before,
        told: "QuickBooks did it.".to_owned(),
    }
}

pub(super) fn is_refusal<T: std::fmt::Debug>(result: Result<T, StoreError>, expected: &Refusal) {
    match result {
        Err(StoreError::Refused(refusal)) => assert_eq!(refusal, *expected),
        other => panic!("{other:?} instead of {expected:?}"),
    }
}

pub(crate) async fn a_proposal_is_what_happened_to_it(store: &Store) {
    let scope = store.scope();
    let one = approve(store, "prp_1", Some("fnd_1")).await;
    let kept = stored(store, "prp_1").await;
    assert_eq!(kept.proposal, one);
    assert!(matches!(kept.proposal.state, State::Approved { .. }));
    assert_eq!(kept.events[0].actor.as_deref(), Some("psn_dana"));
    // Another version voids the approval and keeps the version before.
    let mut other = draft(Some("fnd_1"));
    other.sentence.push_str(" Now.");
    edit(store, &scope, "prp_1", version(other.clone()), at(3))
        .await
        .unwrap();
    let kept = stored(store, "prp_1").await;
    assert_eq!(kept.proposal.version(), 2);
    assert_eq!(kept.proposal.newest().draft, other);
    assert_eq!(kept.proposal.state, State::Proposed(Vec::new()));
    let told: Vec<Action> = {
        let entries = audit::entries(store, &scope, at(0), 100).await.unwrap();
        entries.into_iter().rev().map(|one| one.action).collect()
    };
    let words = ["made", "approved", "edited", "voided"].map(Action::Proposal);
    assert_eq!(told, words);
    let listed = list(store, &scope, Filter::Open, 10).await.unwrap();
    assert_eq!(listed[0].sentence, other.sentence);
    assert_eq!(listed[0].state, "proposed");
    assert!(
        list(store, &scope, Filter::Over, 10)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(proposal(store, &scope, "prp_2").await.unwrap().is_none());
}

pub(crate) async fn a_finding_has_one_proposal_that_is_not_over(store: &Store) {
    let scope = store.scope();
    let first = new(store, "prp_1", draft(Some("fnd_1")));
    assert!(propose(store, &scope, first, at(1)).await.unwrap());
    let second = new(store, "prp_2", draft(Some("fnd_1")));
    assert!(!propose(store, &scope, second.clone(), at(1)).await.unwrap());
    assert!(proposal(store, &scope, "prp_2").await.unwrap().is_none());
    let no = Event::Reject {
        by: "psn_dana".into(),
        reason: "Not ours".to_owned(),
    };
    let decide = move |_: &Stored| Ok::<_, ()>(Happening::of(no));
    happen(store, &scope, "prp_1", decide, at(2))
        .await
        .unwrap()
        .unwrap();
    assert!(propose(store, &scope, second, at(3)).await.unwrap());
    let newest = newest_of_findings(store, &scope).await.unwrap();
    assert_eq!(newest["fnd_1"].proposal_id, "prp_2");
}

pub(crate) async fn an_approval_is_used_once(store: &Store) {
    let scope = store.scope();
    let one = approve(store, "prp_1", None).await;
    begin(store, &scope, approved(&one), intent(), at(3))
        .await
        .unwrap();
    let again = begin(store, &scope, approved(&one), intent(), at(3)).await;
    is_refusal(again, &Refusal::ProposalMovedOn);
    let kept = stored(store, "prp_1").await;
    assert!(matches!(kept.proposal.state, State::Executing { .. }));

    let sent = kept.sent.unwrap();
    assert_eq!((&sent.intent, &sent.outcome), (&intent(), &None));
    // An approval of other facts begins nothing.
    let other = approve(store, "prp_2", None).await;
    let before = approved(&other);
    edit(store, &scope, "prp_2", version(draft(None)), at(3))
        .await
        .unwrap();
    is_refusal(
        begin(store, &scope, before, intent(), at(3)).await,
        &Refusal::ProposalMovedOn,
    );
}

pub(crate) async fn what_was_done_is_known_once_and_taken_back_with_its_way_back(store: &Store) {
    let scope = store.scope();
    let one = approve(store, "prp_1", None).await;
    begin(store, &scope, approved(&one), intent(), at(3))
        .await
        .unwrap();
    conclude(store, &scope, "prp_1", outcome(), done(), at(4))
        .await
        .unwrap();
    let again = conclude(store, &scope, "prp_1", outcome(), done(), at(4)).await;
    is_refusal(again, &Refusal::ProposalMovedOn);
    let kept = stored(store, "prp_1").await;
    assert_eq!(kept.proposal.state, State::Executed { at: at(4) });
    assert_eq!(kept.sent.unwrap().outcome, Some((outcome(), at(4))));
    let mut back = draft(None);
    back.undoes = Some("prp_1".into());
    let back = new(store, "prp_2", back);
    assert!(propose(store, &scope, back.clone(), at(5)).await.unwrap());
    let given = approval(&back);
    let decide = move |_: &Stored| Ok::<_, ()>(Happening::of(Event::Approve(vec![given])));
    let back = happen(store, &scope, "prp_2", decide, at(5))
        .await
        .unwrap()
        .unwrap();
    begin(store, &scope, approved(&back), intent(), at(6))
        .await
        .unwrap();
    conclude(store, &scope, "prp_2", outcome(), done(), at(7))
        .await
        .unwrap();
    let kept = stored(store, "prp_1").await;
    assert_eq!(kept.proposal.state, State::Undone { at: at(7) });
    let week = week(store, &scope, ("72", "prp_3"), at(8)).await.unwrap();
    assert_eq!(
        week,
        Money::from_cents(120_000),
        "what was taken back counts no more"
    );
}

pub(crate) async fn switching_off_voids_what_was_approved(store: &Store) {
    let scope = store.scope();
    approve(store, "prp_1", None).await;
    let settings = StoredSettings {
        body: "{}".to_owned(),
        secrets: Default::default(),
    };
    let then = Then {
        voids: Some(("a switch was turned off", at(3))),
        ..Then::default()
    };
    settings::change(store, &scope, settings, then)
        .await
        .unwrap();
    let kept = stored(store, "prp_1").await;
    assert_eq!(kept.proposal.state, State::Proposed(Vec::new()));
    let last = kept.events.last().unwrap();
    assert_eq!(last.reason.as_deref(), Some("a switch was turned off"));
}

pub(crate) async fn what_nobody_decided_about_lapses_with_the_next_publication(store: &Store) {
    let scope = store.scope();
    let one = new(store, "prp_1", draft(Some("fnd_1")));
    propose(store, &scope, one, at(1)).await.unwrap();
    let other = new(store, "prp_2", draft(Some("fnd_2")));
    propose(store, &scope, other, at(1)).await.unwrap();
    let gone = vec!["fnd_2".to_owned()];
    for (hour, cleared) in [(2, Vec::new()), (3, gone), (14 * 24 + 2, Vec::new())] {
        let settled = store.tx(&scope, move |tx| {
            Box::pin(async move { settle_in(tx, &cleared, at(hour)).await })
        });
        settled.await.unwrap();
        let states = [stored(store, "prp_1").await, stored(store, "prp_2").await];
        let names = states.map(|one| one.proposal.state.name());
        let expected = match hour {
            2 => ["proposed", "proposed"],
            3 => ["proposed", "cleared"],
            _ => ["expired", "cleared"],
        };
        assert_eq!(names, expected);
    }
}

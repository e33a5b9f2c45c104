//! Entries of retainage and their documents come, go and change: after each step the result is the
//! one from scratch.

use figures::SmolStr;
use figures::model::LedgerDocument;

use super::{Change, Reconciler};
use crate::reconcile::policy::Policy;
use crate::reconcile::reconcile;
use crate::reconcile::result::Reconciliation;
use crate::reconcile::scenario::reader::World;
use crate::reconcile::scenario::split;

const BOOKED: &str =
    include_str!("../checks/r09_retainage_net_vs_gross/scenarios/silent_booked_by_entry.txt");

/// The books of a scenario, kept up to date and as they are.
struct Both {
    world: World,
    standing: Reconciler,
}

impl Both {
    fn new() -> Self {
        let world = World::read(split(BOOKED).0).unwrap_or_else(|why| panic!("{why}"));
        let (as_of, policy) = (world.as_of, Policy::default());
        let (books, decisions) = (world.books.clone(), world.decisions.clone());
        let standing = Reconciler::new(books, as_of, policy, decisions, Vec::new());
        let standing = standing.expect("the books are kept");
        Self { world, standing }
    }

    fn documents(&mut self) -> &mut Vec<LedgerDocument> {
        let ledger = self.world.books.ledger.as_mut();
        &mut ledger.expect("the ledger is there").documents
    }

    /// Puts a document in the place of the one of its id, or takes that one out.
    fn put(&mut self, id: &str, now: Option<LedgerDocument>) -> Reconciliation {
        let documents = self.documents();
        let at = documents.iter().position(|one| one.id == *id);
        let was = at.map(|at| documents.remove(at));
        documents.extend(now.clone());
        let change = match now {
            Some(now) => Change::Document(Box::new(now)),
            None => Change::Gone(was.expect("it was there").kind, SmolStr::new(id), None),
        };
        self.standing.apply(vec![change]).expect("each id is once");
        let (books, policy) = (&self.world.books, Policy::default());
        let (as_of, decisions) = (self.world.as_of, &self.world.decisions);
        let scratch = reconcile(books, as_of, &policy, decisions, Vec::new());
        let [kept, told] = [&self.standing.outcome(), &scratch]
            .map(|outcome| serde_json::to_string_pretty(outcome).expect("a result can be written"));
        assert!(kept == told, "after {id}:\n{kept}\nis not\n{told}");
        scratch
    }
}

/// What may happen to a document; nothing when it goes.
fn versions(document: &LedgerDocument) -> Vec<Option<LedgerDocument>> {
    let changed = |change: fn(&mut LedgerDocument)| {
        let mut one = document.clone();
        change(&mut one);
        Some(one)
    };
    vec![
        None,
        changed(|one| one.number = SmolStr::new("HC-1")),
        changed(|one| one.number = SmolStr::default()),
        changed(|one| one.note = SmolStr::new("Retainage on BE-2217 and BE-2301")),
        changed(|one| one.voided = true),
        changed(|one| one.date = one.date.tomorrow().unwrap_or(one.date)),
        changed(|one| one.lines[0].amount = figures::Money::from_cents(100)),
        changed(|one| one.lines[0].customer = Some(SmolStr::new("900"))),
    ]
}

#[test]
fn an_entry_joins_and_leaves_its_document_as_in_a_comparison_from_scratch() {
    let ids = ["231", "234", "235", "651", "652", "653"];
    let mut both = Both::new();
    let found = |outcome: &Reconciliation| outcome.findings.len();
    let mut left = 0;
    for id in ids {
        let documents = both.documents();
        let document = documents.iter().find(|one| one.id == id).cloned();
        let document = document.expect("the scenario has it");
        for version in versions(&document) {
            left += usize::from(found(&both.put(id, version)) > 0);
            assert_eq!(
                found(&both.put(id, Some(document.clone()))),
                0,
                "{id} is back"
            );
        }
        assert!(left > 1, "{id}: {left}");
        left = 0;
    }
}

#[test]
fn what_happens_to_both_at_once_comes_to_the_same() {
    let mut both = Both::new();
    let of = |both: &mut Both, id: &str| {
        let found = both.documents().iter().find(|one| one.id == id).cloned();
        found.expect("the scenario has it")
    };
    for (id, entry) in [("231", "651"), ("234", "652"), ("235", "653")] {
        let (document, booked) = (of(&mut both, id), of(&mut both, entry));
        for one in versions(&document).into_iter().step_by(2) {
            for other in versions(&booked).into_iter().step_by(2) {
                both.put(id, one.clone());
                both.put(entry, other);
                both.put(id, Some(document.clone()));
                both.put(entry, Some(booked.clone()));
            }
        }
    }
}

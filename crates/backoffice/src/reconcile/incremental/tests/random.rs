//! Random edits of random books, in both systems.

use proptest::prelude::*;
use proptest::sample::Index;

use super::Both;
use super::edits::{LedgerEdit, ProjectEdit, ledger_edit, numbers, project_edit};
use crate::reconcile::scenario::random;

/// One step of the history of books.
#[derive(Debug, Clone)]
enum Step {
    Ledger(Index, LedgerEdit),
    Project(Index, ProjectEdit),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (any::<Index>(), ledger_edit()).prop_map(|(at, edit)| Step::Ledger(at, edit)),
        1 => (any::<Index>(), project_edit()).prop_map(|(at, edit)| Step::Project(at, edit)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 40,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn edits_in_random_books_come_to_what_a_comparison_from_scratch_says(
        plans in prop::collection::vec(random::plan(), 1..24),
        steps in prop::collection::vec(step(), 1..10),
    ) {
        follow(&plans, &steps).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn edits_of_labor_that_looks_alike_come_to_what_a_comparison_from_scratch_says(
        plans in prop::collection::vec(random::labor(), 1..24),
        steps in prop::collection::vec(step(), 1..10),
    ) {
        follow(&plans, &steps).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn edits_of_bills_and_their_payments_come_to_what_a_comparison_from_scratch_says(
        plans in prop::collection::vec(random::payables(), 1..16),
        steps in prop::collection::vec(step(), 1..6),
    ) {
        follow(&plans, &steps).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn edits_of_applications_and_receipts_come_to_what_a_comparison_from_scratch_says(
        plans in prop::collection::vec(random::receivables(), 1..16),
        steps in prop::collection::vec(step(), 1..6),
    ) {
        follow(&plans, &steps).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn edits_of_commitments_and_changes_come_to_what_a_comparison_from_scratch_says(
        plans in prop::collection::vec(random::commitments(), 1..16),
        steps in prop::collection::vec(step(), 1..6),
    ) {
        follow(&plans, &steps).map_err(TestCaseError::fail)?;
    }
}

/// Takes the steps in books of these plans; each is compared with a comparison from scratch.
fn follow(plans: &[random::Plan], steps: &[Step]) -> Result<(), String> {
    let mut both = Both::new(&random::text(plans)?);
    let numbers = numbers(&both.world.books);
    let first = both.documents().clone();
    let books = both.project().clone();
    for step in steps {
        match step {
            Step::Ledger(at, edit) => {
                let original = at.get(&first);
                let mut standing = both.documents().iter();
                let standing = standing.find(|one| one.source() == original.source());
                let stands = standing.is_some();
                let now = edit.apply(standing.unwrap_or(original), &first, &numbers);
                if stands || now.is_some() {
                    both.put(&original.id, now);
                }
            }
            Step::Project(at, edit) => {
                if let Some((job, what)) = edit.apply(both.project(), *at, &books, &first) {
                    both.put_project(job, &what);
                }
            }
        }
    }
    Ok(())
}

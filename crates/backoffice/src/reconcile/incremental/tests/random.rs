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

/// Each takes up to so many documents of a kind and so many edits of them.
macro_rules! edits {
    ($($name:ident: $plan:expr, $documents:expr, $edits:expr;)*) => {
        proptest! {
            #![proptest_config(ProptestConfig {
                cases: 40,
                failure_persistence: None,
                ..ProptestConfig::default()
            })]

            $(#[test]
            fn $name(
                plans in prop::collection::vec($plan, 1..=$documents),
                steps in prop::collection::vec(step(), 1..=$edits),
            ) {
                follow(&plans, &steps).map_err(TestCaseError::fail)?;
            })*
        }
    };
}

edits! {
    edits_in_random_books_come_to_what_a_comparison_from_scratch_says: random::plan(), 23, 9;
    edits_of_labor_that_looks_alike_come_to_what_a_comparison_from_scratch_says: random::labor(), 23, 9;
    edits_of_bills_and_their_payments_come_to_what_a_comparison_from_scratch_says: random::payables(), 15, 5;
    edits_of_applications_and_receipts_come_to_what_a_comparison_from_scratch_says: random::receivables(), 15, 5;
    edits_of_commitments_and_changes_come_to_what_a_comparison_from_scratch_says: random::commitments(), 15, 5;
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

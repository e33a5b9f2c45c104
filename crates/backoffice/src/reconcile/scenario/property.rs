//! What holds for any books, tried on random small worlds.

use std::collections::{BTreeMap, BTreeSet};

use figures::model::{Books, LedgerDocument};
use figures::{Measure, Money};
use proptest::prelude::*;

use super::random::{plan, world};
use super::reader::World;
use super::totals::Totals;
use crate::reconcile::policy::Policy;
use crate::reconcile::reconcile;
use crate::reconcile::result::{PairKind, Reconciliation, Side};

fn run(world: &World, books: &Books) -> Reconciliation {
    reconcile(
        books,
        world.as_of,
        &Policy::default(),
        &world.decisions,
        Vec::new(),
    )
}

/// How many parts a document has that are paired by themselves: one of each job, and of a payment
/// one of each job of each document that it pays.
fn parts(document: &LedgerDocument, books: &Books) -> usize {
    let ledger = books.ledger.iter().flat_map(|ledger| &ledger.documents);
    let jobs = |one: &LedgerDocument| -> BTreeSet<_> {
        let lines = one.lines.iter().map(|line| line.customer.clone());
        lines.collect()
    };
    let links = document.lines.iter().flat_map(|line| &line.links);
    let paid = links.flat_map(|link| {
        let named = ledger
            .clone()
            .filter(|one| one.kind.entity() == link.kind && one.id == link.id);
        named.map(|one| jobs(one).len())
    });
    paid.sum::<usize>().max(jobs(document).len()).max(1)
}

/// Puts every list of the books in another order.
pub(crate) fn shuffle(books: &mut Books, seed: u64) {
    let mut state = seed | 1;
    let mut below = |end: usize| {
        // A linear congruential generator is order enough for a permutation in a test.
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap_or(0) % end
    };
    macro_rules! turn {
        ($($list:expr),* $(,)?) => {
            $(for last in (1..$list.len()).rev() {
                let other = below(last + 1);
                $list.swap(last, other);
            })*
        };
    }
    if let Some(project) = &mut books.project {
        turn!(
            project.projects,
            project.parties,
            project.prime_contracts,
            project.commitments,
            project.change_orders,
            project.pay_applications,
            project.subcontractor_invoices,
            project.contract_payments,
            project.direct_costs,
        );
    }
    if let Some(ledger) = &mut books.ledger {
        turn!(
            ledger.accounts,
            ledger.customers,
            ledger.vendors,
            ledger.items,
            ledger.terms,
            ledger.documents,
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 80,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_bridge_leads_from_one_total_of_the_measure_to_the_other(
        plans in prop::collection::vec(plan(), 0..24),
    ) {
        let world = world(&plans).map_err(TestCaseError::fail)?;
        let outcome = run(&world, &world.books);
        let kept = Measure::ALL.len() - outcome.not_kept.len();
        let jobs = world.books.project.as_ref().map_or(0, |books| books.projects.len());
        prop_assert_eq!(outcome.bridges.len(), jobs * kept);
        let gross = outcome.retainage_convention == Some("gross");
        let totals = Totals::new(&world.books, world.as_of, gross);
        let totals = totals.ok_or_else(|| TestCaseError::fail("both books are there"))?;
        for bridge in &outcome.bridges {
            let (job, measure) = (bridge.project_id, bridge.measure);
            let customer = match job {
                1 => "61",
                2 => "62",
                _ => "900",
            };
            prop_assert_eq!(bridge.procore, totals.procore(job, measure), "{} {}", job, measure);
            let quickbooks = totals.quickbooks(customer, measure);
            prop_assert_eq!(bridge.quickbooks, quickbooks, "{} {}", job, measure);
            let steps: Money = bridge.explained.iter().map(|step| step.amount).sum();
            prop_assert_eq!(bridge.procore - bridge.quickbooks, steps + bridge.unexplained);
        }
    }

    #[test]
    fn what_happens_to_documents_leaves_nothing_unexplained(
        plans in prop::collection::vec(plan(), 0..24),
    ) {
        let world = world(&plans).map_err(TestCaseError::fail)?;
        let outcome = run(&world, &world.books);
        for bridge in outcome.bridges.iter().filter(|bridge| !bridge.unexplained.is_zero()) {
            prop_assert!(false, "{:?}\n{}", bridge, super::print::report(&outcome));
        }
    }

    #[test]
    fn every_effect_of_a_finding_is_one_step_of_one_bridge(
        plans in prop::collection::vec(plan(), 0..24),
    ) {
        let world = world(&plans).map_err(TestCaseError::fail)?;
        let outcome = run(&world, &world.books);
        let ids: BTreeSet<&str> = outcome.findings.iter().map(|one| one.id.as_str()).collect();
        prop_assert_eq!(ids.len(), outcome.findings.len(), "two findings have one id");
        let mut effects = 0;
        for finding in &outcome.findings {
            for effect in &finding.effects {
                effects += 1;
                let steps = outcome
                    .bridges
                    .iter()
                    .filter(|one| (one.project_id, one.measure) == (effect.project_id, effect.measure))
                    .flat_map(|bridge| &bridge.explained)
                    .filter(|step| step.finding == finding.id && step.check == finding.check);
                let amounts: Vec<Money> = steps.map(|step| step.amount).collect();
                prop_assert_eq!(amounts, vec![effect.amount]);
            }
        }
        let steps: usize = outcome.bridges.iter().map(|bridge| bridge.explained.len()).sum();
        prop_assert_eq!(steps, effects);
    }

    #[test]
    fn no_document_is_in_more_pairs_than_it_has_parts(
        plans in prop::collection::vec(plan(), 0..24),
    ) {
        let world = world(&plans).map_err(TestCaseError::fail)?;
        let outcome = run(&world, &world.books);
        let (mut left, mut right) = (BTreeSet::<&Side>::new(), BTreeMap::<&Side, usize>::new());
        for pair in outcome.pairs.iter().filter(|pair| pair.kind == PairKind::Document) {
            for side in &pair.procore {
                prop_assert!(left.insert(side), "{:?} is in two pairs", side);
            }
            for side in &pair.quickbooks {
                *right.entry(side).or_default() += 1;
            }
        }
        let documents = world.books.ledger.iter().flat_map(|ledger| &ledger.documents);
        for document in documents {
            let side = Side::from(&document.source());
            let pairs = right.get(&side).copied().unwrap_or_default();
            let parts = parts(document, &world.books);
            prop_assert!(pairs <= parts, "{:?} is in {} pairs of {} parts", side, pairs, parts);
        }
    }

    #[test]
    fn the_order_of_records_changes_nothing(
        plans in prop::collection::vec(plan(), 0..24),
        seed in any::<u64>(),
    ) {
        let world = world(&plans).map_err(TestCaseError::fail)?;
        let mut shuffled = world.books.clone();
        shuffle(&mut shuffled, seed);
        let texts = [&world.books, &shuffled]
            .map(|books| serde_json::to_string_pretty(&run(&world, books)).unwrap_or_default());
        prop_assert_eq!(&texts[0], &texts[1]);
    }
}

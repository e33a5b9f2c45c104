//! What holds for any books: random small worlds, written in the form of scenarios, with records
//! missing, repeated, changed and misplaced on either side.

use std::collections::BTreeSet;
use std::fmt::Write;

use figures::model::Books;
use figures::{Measure, Money};
use proptest::prelude::*;

use super::reader::World;
use super::totals::Totals;
use crate::reconcile::policy::Policy;
use crate::reconcile::reconcile;
use crate::reconcile::result::{PairKind, Reconciliation, Side};

/// What happened to a document on its way into the other book.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Both,
    OnlyProcore,
    OnlyQuickBooks,
    Twice,
    OffBy(i64),
    OtherJob,
    Reversed,
    Voided,
    Draft,
    Deleted,
    Late(u8),
    OtherVendor,
    WithoutRetainage,
    Linked,
}

/// What a document is.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Application,
    Requisition,
    Bill,
    Charge,
    Received,
    Paid,
    Order,
    Change,
    Payroll,
    Deposit,
}

/// A document of a random world.
#[derive(Debug, Clone, Copy)]
struct Plan {
    kind: Kind,
    fate: Fate,
    job: i64,
    vendor: i64,
    cents: i64,
    /// Days after 1 September 2026.
    day: u8,
    numbered: bool,
    retained: bool,
    /// Which of the documents before it a payment pays.
    pays: prop::sample::Index,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        4 => Just(Fate::Both),
        1 => Just(Fate::Linked),
        2 => Just(Fate::OnlyProcore),
        2 => Just(Fate::OnlyQuickBooks),
        2 => Just(Fate::Twice),
        2 => (-30_000_i64..30_000).prop_map(Fate::OffBy),
        1 => (-2_i64..=2).prop_map(Fate::OffBy),
        1 => Just(Fate::OtherJob),
        1 => Just(Fate::Reversed),
        1 => Just(Fate::Voided),
        1 => Just(Fate::Draft),
        1 => Just(Fate::Deleted),
        2 => (1_u8..25).prop_map(Fate::Late),
        1 => Just(Fate::OtherVendor),
        1 => Just(Fate::WithoutRetainage),
    ]
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Application),
        Just(Kind::Requisition),
        Just(Kind::Bill),
        Just(Kind::Charge),
        Just(Kind::Received),
        Just(Kind::Paid),
        Just(Kind::Order),
        Just(Kind::Change),
        Just(Kind::Payroll),
        Just(Kind::Deposit),
    ]
}

fn plan() -> impl Strategy<Value = Plan> {
    // Few amounts, so that many documents look alike.
    let cents = prop_oneof![
        Just(100_000_i64),
        Just(145_025),
        Just(2_500_000),
        1_i64..4_000_000
    ];
    let flags = (any::<bool>(), any::<bool>(), any::<prop::sample::Index>());
    (kind(), fate(), 1_i64..=2, 7_i64..=8, cents, 0_u8..65, flags).prop_map(
        |(kind, fate, job, vendor, cents, day, (numbered, retained, pays))| Plan {
            kind,
            fate,
            job,
            vendor,
            cents,
            day,
            numbered,
            retained,
            pays,
        },
    )
}

/// The plan as lines of a scenario.
fn lines(at: usize, plan: &Plan, before: &[Plan], text: &mut String) -> std::fmt::Result {
    let day = |late: u8| {
        let first = jiff::civil::Date::constant(2026, 9, 1);
        first.saturating_add(jiff::Span::new().days(i64::from(plan.day) + i64::from(late)))
    };
    let (own, repeated) = (100 + at, 1_000 + at);
    let number = if plan.numbered {
        format!("\"N-{}\"", 700 + at)
    } else {
        String::new()
    };
    let amount = Money::from_cents(plan.cents);
    let keeps = |kind| matches!(kind, Kind::Application | Kind::Requisition);
    let retained = plan.retained && keeps(plan.kind);
    let retainage = Money::from_cents(if retained { plan.cents / 10 } else { 0 });
    let (job, vendor) = (plan.job, plan.vendor);
    let commitment = 10 * job + vendor;
    let status = match plan.fate {
        Fate::Draft => "draft",
        Fate::Deleted => "deleted",
        _ => "",
    };
    // The document before this one that a payment pays: application or subcontractor invoice.
    let paid = |wanted: fn(Kind) -> bool| {
        let fit: Vec<usize> = (0..before.len())
            .filter(|at| wanted(before[*at].kind))
            .collect();
        (!fit.is_empty()).then(|| 100 + fit[plan.pays.index(fit.len())])
    };
    let bill = paid(|kind| matches!(kind, Kind::Requisition | Kind::Bill));
    let invoice = paid(|kind| matches!(kind, Kind::Application));
    let link = |entity: &str| match plan.fate {
        Fate::Linked => format!("link QBO-{entity}-{own}"),
        _ => String::new(),
    };
    if !matches!(plan.fate, Fate::OnlyQuickBooks) {
        let dated = day(0);
        match plan.kind {
            Kind::Application => writeln!(
                text,
                "P application {own} on {job} no {at} {number} {dated} gross {amount} retainage \
                 {retainage} {status} {}",
                link("INV")
            )?,
            Kind::Requisition => writeln!(
                text,
                "P requisition {own} on {commitment} no {at} {number} {dated} gross {amount} \
                 retainage {retainage} {status} {}",
                link("BILL")
            )?,
            Kind::Bill | Kind::Charge => writeln!(
                text,
                "P cost {own} job {job} vendor {vendor} {number} {dated} {amount} {status} {}",
                link("BILL")
            )?,
            Kind::Received => writeln!(
                text,
                "P payment {own} on {job} {amount} {dated} {number} {}",
                if status == "deleted" { status } else { "" }
            )?,
            Kind::Paid => writeln!(
                text,
                "P payment {own} on {commitment} {amount} {dated} {number} {}",
                bill.map_or(String::new(), |bill| format!("pays {bill}"))
            )?,
            Kind::Order => writeln!(
                text,
                "P order {own} job {job} vendor {vendor} {number} {amount} {dated} {status}"
            )?,
            Kind::Change => writeln!(text, "P change {own} on {job} {number} {amount} {dated}")?,
            Kind::Payroll => writeln!(
                text,
                "P cost {own} job {job} payroll {dated} {amount} {status}"
            )?,
            Kind::Deposit => {}
        }
    }
    if matches!(plan.fate, Fate::OnlyProcore) {
        return Ok(());
    }
    let job = if matches!(plan.fate, Fate::OtherJob) {
        3 - job
    } else {
        job
    };
    let other = matches!(plan.fate, Fate::OtherVendor);
    let vendor = 70 + if other { 15 - vendor } else { vendor };
    let amount = match plan.fate {
        Fate::OffBy(cents) => Money::from_cents((plan.cents + cents).max(1)),
        _ => amount,
    };
    let withheld = if matches!(plan.fate, Fate::WithoutRetainage) || !retained {
        String::new()
    } else {
        format!("retainage {retainage}")
    };
    let dated = day(if let Fate::Late(days) = plan.fate {
        days
    } else {
        0
    });
    let voided = if matches!(plan.fate, Fate::Voided) {
        "voided"
    } else {
        ""
    };
    let reversed = matches!(plan.fate, Fate::Reversed);
    for id in [own, repeated] {
        if id == repeated && !matches!(plan.fate, Fate::Twice) {
            continue;
        }
        match plan.kind {
            Kind::Application => writeln!(
                text,
                "Q {} {id} job {job} {number} {dated} income {amount} {withheld} {voided}",
                if reversed { "credit_memo" } else { "invoice" }
            )?,
            Kind::Requisition | Kind::Bill => writeln!(
                text,
                "Q {} {id} vendor {vendor} {number} {dated} job {job} cost {amount} {withheld} \
                 {voided}",
                if reversed { "vendor_credit" } else { "bill" }
            )?,
            Kind::Charge => writeln!(
                text,
                "Q {} {id} vendor {vendor} {number} {dated} job {job} materials {amount} {voided}",
                if reversed { "refund" } else { "charge" }
            )?,
            Kind::Received => match invoice {
                Some(invoice) => writeln!(
                    text,
                    "Q payment {id} job {job} {number} {dated} pays {invoice} {amount}"
                )?,
                None => writeln!(
                    text,
                    "Q payment {id} job {job} {number} {dated} unapplied {amount}"
                )?,
            },
            Kind::Paid => match bill {
                Some(bill) => writeln!(
                    text,
                    "Q bill_payment {id} vendor {vendor} {number} {dated} pays {bill} {amount}"
                )?,
                None => writeln!(
                    text,
                    "Q check {id} vendor {vendor} {number} {dated} payable {amount}"
                )?,
            },
            Kind::Order => writeln!(
                text,
                "Q order {id} vendor {vendor} {number} {dated} job {job} cost {amount}"
            )?,
            Kind::Change => {
                writeln!(text, "Q estimate {id} job {job} {number} {dated} {amount}")?;
            }
            Kind::Payroll => writeln!(
                text,
                "Q journal {id} {dated} note \"Payroll\" job {job} debit labor {amount} job none \
                 credit payroll {amount}"
            )?,
            Kind::Deposit => writeln!(
                text,
                "Q deposit {id} {dated} job {job} {} {amount}",
                if plan.retained {
                    "income"
                } else {
                    "receivable"
                }
            )?,
        }
    }
    Ok(())
}

/// A world of these documents on two jobs with two vendors.
fn world(plans: &[Plan]) -> Result<World, String> {
    // Where the first document holds no retainage, the office enters net.
    let office = if plans.first().is_none_or(|plan| plan.retained) {
        ""
    } else {
        "office none\n"
    };
    let mut text = format!(
        "{office}job 1 \"Harbor Clinic\" 1042 = 61\n\
         job 2 \"Mill Street Lofts\" 1043 = 62\n\
         vendor 7 \"Brightline Electric LLC\" = 77\n\
         vendor 8 \"Summit Concrete Co\" = 78\n\
         P contract 1 job 1 500,000.00\nP contract 2 job 2 300,000.00\n\
         P subcontract 17 job 1 vendor 7 90,000.00\nP subcontract 18 job 1 vendor 8 90,000.00\n\
         P subcontract 27 job 2 vendor 7 90,000.00\nP subcontract 28 job 2 vendor 8 90,000.00\n\
         Q estimate 11 job 1 500,000.00\nQ estimate 12 job 2 300,000.00\n",
    );
    for (at, plan) in plans.iter().enumerate() {
        lines(at, plan, &plans[..at], &mut text).map_err(|error| error.to_string())?;
    }
    World::read(&text)
}

fn run(world: &World, books: &Books) -> Reconciliation {
    reconcile(
        books,
        world.as_of,
        &Policy::default(),
        &world.decisions,
        Vec::new(),
    )
}

/// Puts every list of the books in another order.
fn shuffle(books: &mut Books, seed: u64) {
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
    fn no_document_is_in_two_pairs(plans in prop::collection::vec(plan(), 0..24)) {
        let world = world(&plans).map_err(TestCaseError::fail)?;
        let outcome = run(&world, &world.books);
        let (mut left, mut right) = (BTreeSet::<&Side>::new(), BTreeSet::<&Side>::new());
        for pair in outcome.pairs.iter().filter(|pair| pair.kind == PairKind::Document) {
            for side in &pair.procore {
                prop_assert!(left.insert(side), "{:?} is in two pairs", side);
            }
            for side in &pair.quickbooks {
                prop_assert!(right.insert(side), "{:?} is in two pairs", side);
            }
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

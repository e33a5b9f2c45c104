//! Random small worlds, written in the form of scenarios: documents of all kinds, missing,
//! repeated, changed and misplaced on either side.

use std::fmt::Write;

use figures::Money;
use proptest::prelude::*;

use super::reader::World;

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
pub(crate) struct Plan {
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

/// Any document.
pub(crate) fn plan() -> impl Strategy<Value = Plan> {
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
        Fate::WithoutRetainage if plan.day.is_multiple_of(2) => amount - retainage,
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
    if matches!(plan.fate, Fate::WithoutRetainage) && retained && plan.numbered {
        booked(at, plan, retainage, text)?;
    }
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

/// An entry that books the retainage of a document without a line for it, or nearly so.
fn booked(at: usize, plan: &Plan, retainage: Money, text: &mut String) -> std::fmt::Result {
    let (job, vendor) = (plan.job, 70 + plan.vendor);
    let amount = match plan.day % 5 {
        0 => return Ok(()),
        1 => retainage + Money::from_cents(1),
        _ => retainage,
    };
    let named = match plan.day % 3 {
        0 => format!("\"N-{}-RET\"", 700 + at),
        1 => format!("note \"Retainage on N-{}\"", 700 + at),
        _ => format!("\"N-{}\"", 700 + at),
    };
    let sides = match plan.kind {
        Kind::Application => {
            format!("job {job} debit retainage_receivable {amount} credit income {amount}")
        }
        _ if plan.day.is_multiple_of(2) => {
            format!("job {job} debit cost {amount} credit retainage_payable {amount}")
        }
        _ => format!(
            "vendor {vendor} debit payable {amount} job {job} credit retainage_payable {amount}"
        ),
    };
    writeln!(text, "Q journal {} 2026-10-20 {named} {sides}", 2_000 + at)
}

/// A world of these documents on two jobs with two vendors.
pub(crate) fn world(plans: &[Plan]) -> Result<World, String> {
    World::read(&text(plans)?)
}

/// The scenario of such a world.
pub(crate) fn text(plans: &[Plan]) -> Result<String, String> {
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
    Ok(text)
}

//! What Procore holds of a random world.

use std::fmt::{Result, Write};

use figures::Money;

use super::{Draft, Fate, Kind, other};

/// The lines of one plan.
pub(super) fn write(draft: &Draft<'_>, text: &mut String) -> Result {
    let plan = draft.plan;
    if plan.fate == Fate::OnlyQuickBooks {
        return Ok(());
    }
    let (at, own, dated, number) = (draft.at, draft.own(), draft.day(0), draft.number());
    let (amount, retainage) = (draft.amount(), draft.retainage());
    let (job, vendor) = (plan.job, plan.vendor);
    let commitment = 10 * job + vendor;
    let status = match plan.fate {
        Fate::Draft => "draft",
        Fate::Deleted => "deleted",
        _ => "",
    };
    let link = |entity: &str| match plan.fate {
        Fate::Linked => format!("link QBO-{entity}-{own}"),
        _ => String::new(),
    };
    match plan.kind {
        Kind::Application => writeln!(
            text,
            "P application {own} on {job} no {at} {number} {dated} gross {amount} retainage \
             {retainage} {status} {}",
            link("INV")
        ),
        Kind::Requisition => writeln!(
            text,
            "P requisition {own} on {commitment} no {at} {number} {dated} gross {amount} \
             retainage {retainage} {status} {}",
            link("BILL")
        ),
        Kind::Bill | Kind::Charge => {
            let shared = plan.fate == Fate::TwoJobs && plan.retained;
            let elsewhere = if shared { half(amount) } else { Money::ZERO };
            let here = amount - elsewhere;
            writeln!(
                text,
                "P cost {own} job {job} vendor {vendor} {number} {dated} {here} {status} {}",
                link("BILL")
            )?;
            if shared {
                let (own, job) = (3_000 + at, other(job));
                writeln!(
                    text,
                    "P cost {own} job {job} vendor {vendor} {number} {dated} {elsewhere}"
                )?;
            }
            Ok(())
        }
        Kind::Received => writeln!(
            text,
            "P payment {own} on {job} {amount} {dated} {number} {}",
            if status == "deleted" { status } else { "" }
        ),
        Kind::Paid | Kind::JointCheck => writeln!(
            text,
            "P payment {own} on {commitment} {amount} {dated} {number} {}",
            draft
                .bill()
                .map_or(String::new(), |bill| format!("pays {bill}"))
        ),
        Kind::CheckRun => {
            for (bill, amount, commitment) in draft.bills() {
                let own = 1_000 * own + bill;
                writeln!(
                    text,
                    "P payment {own} on {commitment} {amount} {dated} {number} pays {bill}"
                )?;
            }
            Ok(())
        }
        Kind::Order => writeln!(
            text,
            "P order {own} job {job} vendor {vendor} {number} {amount} {dated} {status}"
        ),
        Kind::Change => writeln!(text, "P change {own} on {job} {number} {amount} {dated}"),
        Kind::Payroll => writeln!(
            text,
            "P cost {own} job {job} payroll {dated} {amount} {status}"
        ),
        Kind::Deposit => Ok(()),
    }
}

/// What of an amount is on the other job.
pub(super) fn half(amount: Money) -> Money {
    Money::from_cents(amount.cents() / 2)
}

//! What QuickBooks holds of a random world.

use std::fmt::{Result, Write};

use figures::Money;

use super::procore::half;
use super::{Draft, Fate, Kind, other};

/// The lines of one plan.
pub(super) fn write(draft: &Draft<'_>, text: &mut String) -> Result {
    let fate = draft.plan.fate;
    if fate == Fate::OnlyProcore {
        return Ok(());
    }
    if fate == Fate::WithoutRetainage && draft.keeps_retainage() && draft.plan.numbered {
        booked(draft, text)?;
    }
    document(draft, draft.own(), text)?;
    match fate {
        Fate::Twice => document(draft, 1_000 + draft.at, text),
        Fate::Confirmed => decision(draft, "confirmed", text),
        Fate::Refused => decision(draft, "refused", text),
        _ => Ok(()),
    }
}

/// What a person said about the document and its partner.
fn decision(draft: &Draft<'_>, said: &str, text: &mut String) -> Result {
    let (record, entity) = match draft.plan.kind {
        Kind::Application => ("payment_application", "Invoice"),
        Kind::Requisition => ("requisition", "Bill"),
        Kind::Bill => ("direct_cost", "Bill"),
        Kind::Charge => ("direct_cost", "Purchase"),
        Kind::Payroll => ("direct_cost", "JournalEntry"),
        Kind::Received => ("contract_payment", "Payment"),
        Kind::Paid if draft.bill().is_some() => ("contract_payment", "BillPayment"),
        Kind::Paid | Kind::JointCheck => ("contract_payment", "Purchase"),
        Kind::Order => ("purchase_order_contract", "PurchaseOrder"),
        Kind::Change | Kind::CheckRun | Kind::Deposit => return Ok(()),
    };
    let own = draft.own();
    writeln!(text, "{said} {record} {own} = {entity} {own}")
}

fn document(draft: &Draft<'_>, id: usize, text: &mut String) -> Result {
    let plan = draft.plan;
    let (dated, number, amount) = (dated(draft), draft.number(), amount(draft));
    let job = match plan.fate {
        Fate::OtherJob | Fate::Confirmed => other(plan.job),
        _ => plan.job,
    };
    let vendor = match plan.fate {
        Fate::OtherVendor => 70 + (15 - plan.vendor),
        _ => 70 + plan.vendor,
    };
    let withheld = if plan.fate == Fate::WithoutRetainage || !draft.keeps_retainage() {
        String::new()
    } else {
        format!("retainage {}", draft.retainage())
    };
    let voided = if plan.fate == Fate::Voided {
        "voided"
    } else {
        ""
    };
    let reversed = plan.fate == Fate::Reversed;
    match plan.kind {
        Kind::Application => writeln!(
            text,
            "Q {} {id} job {job} {number} {dated} income {amount} {withheld} {voided}",
            if reversed { "credit_memo" } else { "invoice" }
        ),
        Kind::Requisition | Kind::Bill => writeln!(
            text,
            "Q {} {id} vendor {vendor} {number} {dated} {} {withheld} {voided}",
            if reversed { "vendor_credit" } else { "bill" },
            lines(draft, "cost", amount)
        ),
        Kind::Charge => writeln!(
            text,
            "Q {} {id} vendor {vendor} {number} {dated} {} {voided}",
            if reversed { "refund" } else { "charge" },
            lines(draft, "materials", amount)
        ),
        Kind::Received => received(draft, id, job, text),
        Kind::Paid => paid(draft, id, vendor, text),
        Kind::CheckRun => {
            let bills = draft.bills();
            let pays = bills.iter().map(|(bill, amount, _)| {
                let amount = if *bill == bills[0].0 {
                    off(draft, *amount)
                } else {
                    *amount
                };
                format!("pays {bill} {amount} ")
            });
            let pays: String = pays.collect();
            if pays.is_empty() {
                return Ok(());
            }
            writeln!(
                text,
                "Q bill_payment {id} vendor {vendor} {number} {dated} {pays}"
            )
        }
        Kind::JointCheck => writeln!(
            text,
            "Q check {id} vendor {vendor} {number} {dated} payee \"Summit Concrete Co and Graybar \
             Supply\" payable {amount}"
        ),
        Kind::Order => writeln!(
            text,
            "Q order {id} vendor {vendor} {number} {dated} {}",
            lines(draft, "cost", amount)
        ),
        Kind::Change => writeln!(text, "Q estimate {id} job {job} {number} {dated} {amount}"),
        Kind::Payroll => writeln!(
            text,
            "Q journal {id} {dated} note \"Payroll\" debit {} job none credit payroll {amount} \
             {voided}",
            lines(draft, "labor", amount)
        ),
        Kind::Deposit => deposit(draft, id, job, text),
    }
}

/// The lines of an account: on the job, on none, or on both.
fn lines(draft: &Draft<'_>, account: &str, amount: Money) -> String {
    let job = draft.plan.job;
    match draft.plan.fate {
        Fate::NoJob => format!("job none {account} {amount}"),
        Fate::TwoJobs => {
            let (there, elsewhere) = (other(job), half(amount));
            let here = amount - elsewhere;
            format!("job {job} {account} {here} job {there} {account} {elsewhere}")
        }
        Fate::OtherJob | Fate::Confirmed => format!("job {} {account} {amount}", other(job)),
        _ => format!("job {job} {account} {amount}"),
    }
}

fn dated(draft: &Draft<'_>) -> figures::Date {
    draft.day(match draft.plan.fate {
        Fate::Late(days) => days,
        _ => 0,
    })
}

fn off(draft: &Draft<'_>, amount: Money) -> Money {
    match draft.plan.fate {
        Fate::OffBy(cents) => Money::from_cents((amount.cents() + cents).max(1)),
        _ => amount,
    }
}

fn amount(draft: &Draft<'_>) -> Money {
    match draft.plan.fate {
        Fate::WithoutRetainage if draft.plan.day.is_multiple_of(2) => {
            draft.amount() - draft.retainage()
        }
        _ => off(draft, draft.amount()),
    }
}

/// The credit that a payment uses, if it uses one.
fn used(draft: &Draft<'_>, kinds: &[Kind]) -> String {
    let credits = draft.paid(|plan| kinds.contains(&plan.kind) && plan.fate == Fate::Reversed);
    match credits.first().filter(|_| draft.plan.retained) {
        Some(at) => {
            let amount = Money::from_cents(draft.before[*at].cents.min(draft.plan.cents));
            format!("uses {} {amount}", 100 + at)
        }
        None => String::new(),
    }
}

fn received(draft: &Draft<'_>, id: usize, job: i64, text: &mut String) -> Result {
    let (number, dated, amount) = (draft.number(), dated(draft), amount(draft));
    let invoices = draft.paid(|plan| plan.kind == Kind::Application);
    let applied = match invoices.first() {
        Some(at) => format!("pays {} {amount}", 100 + at),
        None => format!("unapplied {amount}"),
    };
    let waits = if draft.plan.retained {
        "in undeposited"
    } else {
        ""
    };
    let used = used(draft, &[Kind::Application]);
    writeln!(
        text,
        "Q payment {id} job {job} {number} {dated} {applied} {used} {waits}"
    )
}

fn paid(draft: &Draft<'_>, id: usize, vendor: i64, text: &mut String) -> Result {
    let (number, dated, amount) = (draft.number(), dated(draft), amount(draft));
    match draft.bill() {
        Some(bill) => {
            let used = used(draft, &[Kind::Requisition, Kind::Bill]);
            writeln!(
                text,
                "Q bill_payment {id} vendor {vendor} {number} {dated} pays {bill} {amount} {used}"
            )
        }
        None => writeln!(
            text,
            "Q check {id} vendor {vendor} {number} {dated} payable {amount}"
        ),
    }
}

/// A deposit of a payment received, or of money that nobody says what it is for.
fn deposit(draft: &Draft<'_>, id: usize, job: i64, text: &mut String) -> Result {
    let (dated, amount) = (dated(draft), amount(draft));
    let payments = draft.paid(|plan| plan.kind == Kind::Received);
    match payments.first().filter(|_| draft.plan.numbered) {
        Some(at) => {
            let (payment, amount) = (100 + at, Money::from_cents(draft.before[*at].cents));
            writeln!(text, "Q deposit {id} {dated} deposits {payment} {amount}")
        }
        None => writeln!(
            text,
            "Q deposit {id} {dated} job {job} {} {amount}",
            if draft.plan.retained {
                "income"
            } else {
                "receivable"
            }
        ),
    }
}

/// An entry that books the retainage of a document without a line for it, or nearly so.
fn booked(draft: &Draft<'_>, text: &mut String) -> Result {
    let (at, plan, retainage) = (draft.at, draft.plan, draft.retainage());
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

//! Billings that Procore has and the ledger has not, and retainage that was released on one side.

use figures::model::DocumentKind;
use figures::{Measure, Money, SmolStr};
use gate::correction::{Correction, InvoiceLine, NewInvoice};
use gate::roles::Department;

use super::Advice;
use super::bills::{Amounts, entered_by_hand, finished};
use super::desk::Desk;
use super::precedent::due;
use super::words::capital;
use crate::reconcile::matching::pairing::{compact, project_ref};
use crate::reconcile::result::Finding;
use crate::reconcile::units::{Family, ProjectUnit};

/// Enters a pay application.
pub(super) fn missing(desk: &Desk<'_>, finding: &Finding) -> Option<Advice> {
    let unit = desk.unit(finding.records.first()?)?;
    if unit.family != Family::Billing {
        return None;
    }
    Some(invoice(desk, finding, unit).unwrap_or_else(|why| by_hand(desk, finding, unit, &why)))
}

/// Enters a release of retainage that only Procore has, or says how one that was keyed as new work
/// is put right.
pub(super) fn release(desk: &Desk<'_>, finding: &Finding) -> Option<Advice> {
    let ledger = finding
        .records
        .iter()
        .any(|record| desk.document(record).is_some());
    if ledger {
        keyed_as_work(desk, finding)
    } else {
        missing(desk, finding)
    }
}

fn invoice(desk: &Desk<'_>, finding: &Finding, unit: &ProjectUnit<'_>) -> Result<Advice, String> {
    let amounts = Amounts::of(desk, unit);
    desk.settled(&project_ref(unit, &desk.view))?;
    desk.unlinked(finding, unit)?;
    let wanted = [
        (Measure::Billed, amounts.net()),
        (Measure::Retainage, amounts.retainage),
    ];
    desk.moves(finding, unit.job, &wanted)?;
    if !unit.shown.tax.is_zero() {
        return Err(format!(
            "it has sales tax of {}, whose code has to be chosen",
            unit.shown.tax
        ));
    }
    if amounts.work < Money::ZERO || amounts.net() <= Money::ZERO {
        return Err("it takes something back, which is a credit memo and no invoice".to_owned());
    }
    let date = unit.date.ok_or("it has no date in Procore")?;
    desk.open_period(date)?;
    let number = number_of(desk, unit)?;
    let coding = desk.precedents.invoice(desk, unit)?;
    desk.voided_is(finding, number)?;
    desk.lone_near(desk.of_customer.get(coding.customer), date, |_| true)?;
    let line = |amount, item: &str, description: &str| InvoiceLine {
        amount,
        item: SmolStr::new(item),
        class: coding.class.clone(),
        description: SmolStr::new(description),
    };
    let mut lines = Vec::new();
    if !amounts.work.is_zero() {
        lines.push(line(amounts.work, coding.item, &desk.name_unit(unit)));
    }
    let mut told = format!("{} as {}", amounts.work, desk.item_name(coding.item));
    if !amounts.retainage.is_zero() {
        let item = coding
            .retainage
            .ok_or("no earlier invoice shows the item of retainage")?;
        let released = amounts.retainage < Money::ZERO;
        let says = if released {
            "Retainage released"
        } else {
            "Retainage withheld"
        };
        lines.push(line(-amounts.retainage, item, says));
        told = match amounts.work.is_zero() {
            true => format!("{} as {}", -amounts.retainage, desk.item_name(item)),
            false => format!("{told}, {} as {}", -amounts.retainage, desk.item_name(item)),
        };
    }
    let sentence = format!(
        "Invoice {number} to {} over {}, dated {date}, is entered: {told}.",
        desk.customer_name(coding.customer),
        amounts.net(),
    );
    Ok(Advice {
        department: Department::Collections,
        correction: Correction::EnterInvoice(NewInvoice {
            customer: SmolStr::new(coding.customer),
            number: SmolStr::new(number),
            date,
            due: due(date, coding.due_days),
            location: coding.location,
            lines,
        }),
        sentence,
        money: amounts.work.max(amounts.net()),
        party: Some(SmolStr::new(coding.customer)),
    })
}

/// Procore's number of the invoice, which no living invoice has.
fn number_of<'d>(desk: &Desk<'d>, unit: &ProjectUnit<'d>) -> Result<&'d str, String> {
    let number = unit.number.trim();
    if number.is_empty() {
        return Err("Procore has no number of the invoice".to_owned());
    }
    match desk.of_number.get(&compact(number)) {
        Some(other) => {
            let other = desk.view.at(*other);
            Err(format!("{} has the same number", desk.name(other)))
        }
        None => Ok(number),
    }
}

fn by_hand(desk: &Desk<'_>, finding: &Finding, unit: &ProjectUnit<'_>, why: &str) -> Advice {
    let amounts = Amounts::of(desk, unit);
    let work = "for the work on the item that the job is billed with".to_owned();
    let lines = [
        (amounts.work, work),
        (-amounts.retainage, "on the item of retainage".to_owned()),
    ];
    let job = desk.job_name(unit.job);
    let sentence = format!("is invoiced in QuickBooks by hand, because {why}.");
    let steps = entered_by_hand(unit, why, ("Invoice. Customer", &job), &lines);
    finished(
        desk,
        finding,
        unit,
        Department::Collections,
        (sentence, steps),
    )
}

/// A release that was keyed as new work: its lines move to retainage.
fn keyed_as_work(desk: &Desk<'_>, finding: &Finding) -> Option<Advice> {
    let kinds = [
        DocumentKind::Invoice,
        DocumentKind::Bill,
        DocumentKind::Purchase,
    ];
    let document = desk.first(finding, &kinds)?;
    // A release that only the ledger has is entered in Procore.
    desk.pair(&document.source())?;
    let invoice = document.kind == DocumentKind::Invoice;
    let (screen, what, department) = if invoice {
        ("Sales > Invoices", "item", Department::Collections)
    } else {
        ("Expenses > Bills", "account", Department::Payables)
    };
    let name = desk.name(document);
    let sentence = format!(
        "{} releases retainage of {} and is moved from new work to retainage by hand.",
        capital(&name),
        finding.amount
    );
    let steps = vec![
        format!("In QuickBooks open {screen} and in it {name}."),
        format!(
            "On the lines, which come to {}, change the {what} from the one of new work to the one \
             of retainage {}. Amount and customer stay.",
            finding.amount,
            if invoice { "receivable" } else { "payable" }
        ),
    ];
    Some(desk.instruct(finding, department, sentence, steps))
}

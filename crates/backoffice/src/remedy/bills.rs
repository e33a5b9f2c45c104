//! Costs that Procore has and the ledger has not: the bill is entered as its like were.

use figures::{Measure, Money, SmolStr};
use gate::correction::{BillLine, Correction, NewBill};
use gate::roles::Department;

use super::Advice;
use super::desk::Desk;
use super::precedent::{Coded, due};
use super::words::capital;
use crate::reconcile::matching::pairing::{compact, project_ref};
use crate::reconcile::result::Finding;
use crate::reconcile::units::{Family, ProjectKind, ProjectUnit};

/// Enters a subcontractor invoice or a direct cost.
pub(super) fn missing(desk: &Desk<'_>, finding: &Finding) -> Option<Advice> {
    let unit = desk.unit(finding.records.first()?)?;
    if unit.family != Family::Cost {
        return None;
    }
    Some(bill(desk, finding, unit).unwrap_or_else(|why| by_hand(desk, finding, unit, &why)))
}

/// What the ledger's document of this comes to, as the office enters it: the work, and the retainage
/// withheld.
#[derive(Clone, Copy)]
pub(super) struct Amounts {
    pub(super) work: Money,
    pub(super) retainage: Money,
}

impl Amounts {
    pub(super) fn of(desk: &Desk<'_>, unit: &ProjectUnit<'_>) -> Self {
        let withheld = unit.shown.gross - unit.shown.net;
        if desk.enters_net() {
            return Self {
                work: unit.shown.net,
                retainage: Money::ZERO,
            };
        }
        Self {
            work: unit.shown.gross,
            retainage: withheld,
        }
    }

    pub(super) fn net(self) -> Money {
        self.work - self.retainage
    }

    /// What is due, and where that is not all of the work, what it is made of.
    pub(super) fn told(self) -> String {
        match (self.work.is_zero(), self.retainage.cents()) {
            (true, _) | (false, 0) => self.net().to_string(),
            (false, ..0) => format!(
                "{}: {} of work and {} of retainage released",
                self.net(),
                self.work,
                -self.retainage
            ),
            (false, _) => format!(
                "{}: {} of work less {} of retainage",
                self.net(),
                self.work,
                self.retainage
            ),
        }
    }
}

fn bill(desk: &Desk<'_>, finding: &Finding, unit: &ProjectUnit<'_>) -> Result<Advice, String> {
    let amounts = Amounts::of(desk, unit);
    desk.settled(&project_ref(unit, &desk.view))?;
    desk.unlinked(finding, unit)?;
    let wanted = [
        (Measure::Cost, amounts.work),
        (Measure::RetainagePayable, amounts.retainage),
    ];
    desk.moves(finding, unit.job, &wanted)?;
    is_invoice(desk, unit)?;
    if amounts.work < Money::ZERO || amounts.net() <= Money::ZERO {
        return Err("it takes something back, which is a vendor credit and no bill".to_owned());
    }
    let date = unit.date.ok_or("it has no date in Procore")?;
    desk.open_period(date)?;
    let vendor = vendor_of(desk, unit)?;
    let number = number_of(desk, unit, vendor)?;
    desk.voided_is(finding, number)?;
    let of_job = |job: Option<i64>| job.is_none_or(|job| job == unit.job);
    desk.lone_near(desk.of_vendor.get(vendor), date, of_job)?;
    let coding = desk.precedents.bill(desk, unit, vendor)?;
    let line = |amount, on: Coded<'_>, description: &str| BillLine {
        amount,
        on: on.coding(),
        customer: Some(SmolStr::new(coding.customer)),
        class: coding.class.clone(),
        description: SmolStr::new(description),
    };
    let mut lines = Vec::new();
    if !amounts.work.is_zero() {
        lines.push(line(amounts.work, coding.on, &desk.name_unit(unit)));
    }
    let mut withheld = String::new();
    if !amounts.retainage.is_zero() {
        let account = coding.retainage;
        let account = account.ok_or("no earlier bill shows the account of retainage")?;
        let says = if amounts.retainage > Money::ZERO {
            "Retainage"
        } else {
            "Retainage released"
        };
        let account = Coded::Account(account);
        lines.push(line(-amounts.retainage, account, says));
        withheld = format!(", with {} on {}", -amounts.retainage, account.name(desk));
    }
    let sentence = format!(
        "Bill {number} of {} over {}, dated {date}, is entered for {}: {} on {}{withheld}.",
        desk.view.ledger_vendor(vendor),
        amounts.net(),
        desk.customer_name(coding.customer),
        amounts.work,
        coding.on.name(desk),
    );
    Ok(Advice {
        department: Department::Payables,
        correction: Correction::PostBill(NewBill {
            vendor: SmolStr::new(vendor),
            number: SmolStr::new(number),
            date,
            due: due(date, coding.due_days),
            location: coding.location,
            lines,
        }),
        sentence,
        money: amounts.work.max(amounts.net()),
        party: Some(SmolStr::new(vendor)),
    })
}

/// Nothing when it is an invoice of a vendor that is still to be paid.
fn is_invoice(desk: &Desk<'_>, unit: &ProjectUnit<'_>) -> Result<(), String> {
    if !unit.shown.tax.is_zero() {
        return Err(format!(
            "it has sales tax of {}, whose code has to be chosen",
            unit.shown.tax
        ));
    }
    if unit.kind == ProjectKind::SubcontractorInvoice {
        return Ok(());
    }
    let cost = &desk.view.records.direct_costs[unit.place as usize];
    if cost.kind != "invoice" {
        return Err(format!(
            "Procore has it as {}, which is no vendor's invoice",
            cost.kind
        ));
    }
    if let Some(paid) = cost.payment_date {
        return Err(format!("it was paid on {paid} already"));
    }
    Ok(())
}

/// The only vendor that it may be of: the one that Procore's company is, else the one that its
/// commitment was billed by.
fn vendor_of<'d>(desk: &Desk<'d>, unit: &ProjectUnit<'d>) -> Result<&'d str, String> {
    let company = desk.company_of(unit);
    let company = company.ok_or("Procore names no vendor")?;
    let [vendor] = desk.vendors_of(company) else {
        return Err(format!(
            "it is not said which vendor in QuickBooks is {}",
            unit.party_name
        ));
    };
    let mut vendors = desk.view.lists.vendors.iter();
    match vendors.find(|one| one.id == **vendor) {
        Some(one) if one.active => Ok(vendor),
        _ => Err(format!(
            "the vendor {} is inactive in QuickBooks",
            unit.party_name
        )),
    }
}

/// The vendor's number, which no living document of the vendor has.
fn number_of<'d>(desk: &Desk<'d>, unit: &ProjectUnit<'d>, vendor: &str) -> Result<&'d str, String> {
    let number = unit.number.trim();
    if number.is_empty() {
        return Err("Procore has no number of the vendor's invoice".to_owned());
    }
    let documents = desk.of_vendor.get(vendor).into_iter().flatten();
    let mut living = documents
        .map(|place| desk.view.at(*place))
        .filter(|one| !one.voided);
    match living.find(|one| compact(&one.number) == compact(number)) {
        Some(other) => Err(format!("{} has the same number", desk.name(other))),
        None => Ok(number),
    }
}

fn by_hand(desk: &Desk<'_>, finding: &Finding, unit: &ProjectUnit<'_>, why: &str) -> Advice {
    let amounts = Amounts::of(desk, unit);
    let job = desk.job_name(unit.job);
    let lines = [
        (amounts.work, format!("of cost with the customer {job}")),
        (
            -amounts.retainage,
            "on a line on the account of retainage payable, for the same customer".to_owned(),
        ),
    ];
    let form = "Bill (Expense where it was paid at once). Vendor";
    let sentence = format!("is entered in QuickBooks by hand, because {why}.");
    let steps = entered_by_hand(unit, why, (form, unit.party_name), &lines);
    finished(desk, finding, unit, Department::Payables, (sentence, steps))
}

/// The steps of entering a document by hand, with the lines that are not nothing.
pub(super) fn entered_by_hand(
    unit: &ProjectUnit<'_>,
    why: &str,
    (form, party): (&str, &str),
    lines: &[(Money, String)],
) -> Vec<String> {
    let date = unit
        .date
        .map_or("the date on it".to_owned(), |date| date.to_string());
    let number = match unit.number {
        "" => "the number on it",
        number => number,
    };
    let mut steps = vec![
        format!("Why Plumbline does not enter it: {why}. Settle that first."),
        format!("In QuickBooks choose + New, then {form} {party}, number {number}, date {date}."),
    ];
    let entered = lines.iter().filter(|(amount, _)| !amount.is_zero());
    steps.extend(entered.map(|(amount, place)| format!("Enter {amount} {place}.")));
    steps
}

/// An instruction about a document, with what else has to be done because of it.
pub(super) fn finished(
    desk: &Desk<'_>,
    finding: &Finding,
    unit: &ProjectUnit<'_>,
    department: Department,
    (sentence, mut steps): (String, Vec<String>),
) -> Advice {
    let name = capital(&desk.name_unit(unit));
    let sentence = format!("{name} over {} {sentence}", Amounts::of(desk, unit).told());
    steps.extend(with_payment(desk, finding));
    steps.extend(broken_link(desk, finding, unit));
    desk.instruct(finding, department, sentence, steps)
}

/// What else is to be entered where the payment is missing too.
pub(super) fn with_payment(desk: &Desk<'_>, finding: &Finding) -> Option<String> {
    let paying = |unit: &&ProjectUnit<'_>| unit.kind == ProjectKind::ContractPayment;
    let mut units = finding
        .records
        .iter()
        .filter_map(|record| desk.unit(record));
    let payment = units.find(paying)?;
    let screen = match payment.family {
        Family::Receipt => "Receive payment",
        _ => "Pay bills",
    };
    Some(format!(
        "Then choose + New, {screen}, and enter {} for it: {}.",
        payment.shown.gross,
        desk.name_unit(payment)
    ))
}

/// What else is to be done where Procore's link names a document that is gone or void.
pub(super) fn broken_link(
    desk: &Desk<'_>,
    finding: &Finding,
    unit: &ProjectUnit<'_>,
) -> Option<String> {
    let why = desk.unlinked(finding, unit).err()?;
    Some(format!(
        "In Procore's integration, link the document with the new one: {why}."
    ))
}

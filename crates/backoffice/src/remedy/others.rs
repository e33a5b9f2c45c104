//! What only a person can do, where the books say exactly what.

use figures::Money;
use figures::model::{DocumentKind, LedgerDocument};
use figures::source::System;
use gate::roles::Department;

use super::Advice;
use super::desk::Desk;
use super::words::capital;
use crate::reconcile::result::Finding;
use crate::reconcile::units::{Family, ProjectUnit};

/// Where a document is found in QuickBooks, and whose it is.
pub(super) fn place_of(document: &LedgerDocument) -> (&'static str, Department) {
    match document.kind {
        DocumentKind::Invoice => ("Sales > Invoices", Department::Collections),
        DocumentKind::Estimate => ("Sales > Estimates", Department::Collections),
        DocumentKind::CreditMemo | DocumentKind::Payment | DocumentKind::Deposit => {
            ("Sales > All sales", Department::Collections)
        }
        DocumentKind::Bill => ("Expenses > Bills", Department::Payables),
        _ => ("Expenses > Expenses", Department::Payables),
    }
}

/// One document of Procore's and one of the ledger's.
pub(super) fn both<'f, 'd>(
    desk: &'f Desk<'d>,
    finding: &Finding,
) -> Option<(&'f ProjectUnit<'d>, &'d LedgerDocument)> {
    let units: Vec<&ProjectUnit<'d>> = finding
        .records
        .iter()
        .filter_map(|one| desk.unit(one))
        .collect();
    let documents: Vec<&LedgerDocument> = finding
        .records
        .iter()
        .filter_map(|one| desk.document(one))
        .collect();
    match (units.as_slice(), documents.as_slice()) {
        ([unit], [document]) => Some((unit, document)),
        _ => None,
    }
}

/// A change order that is approved and in no estimate.
pub(super) fn estimate(desk: &Desk<'_>, finding: &Finding) -> Option<Advice> {
    let change = finding
        .records
        .first()
        .filter(|one| one.system == System::Procore)?;
    let changes = desk.view.records.change_orders.iter();
    let mut named = changes
        .filter(|one| change.kind == one.kind.record_kind() && *change.id == *one.id.to_string());
    let order = named.next()?;
    let estimate = desk.first(finding, &[DocumentKind::Estimate]);
    let job = desk.job_name(order.project_id);
    let (sentence, step) = match estimate {
        Some(estimate) => {
            let (name, new) = (desk.name(estimate), estimate.total + order.amount);
            (
                format!(
                    "{} is raised to {new} by change order {} over {}.",
                    capital(&name),
                    order.number,
                    order.amount
                ),
                format!(
                    "In QuickBooks open Sales > Estimates and in it {name}. Add a line of {} for \
                     change order {}: the total is then {new}. Leave it accepted.",
                    order.amount, order.number
                ),
            )
        }
        None => (
            format!(
                "An estimate over {} for {job} is entered for change order {}.",
                order.amount, order.number
            ),
            format!(
                "In QuickBooks choose + New, then Estimate: customer {job}, {} for change order \
                 {}, status Accepted.",
                order.amount, order.number
            ),
        ),
    };
    Some(desk.instruct(finding, Department::Collections, sentence, vec![step]))
}

/// Swapped digits.
pub(super) fn amount(desk: &Desk<'_>, finding: &Finding) -> Option<Advice> {
    let (unit, document) = both(desk, finding)?;
    let right = match unit.family {
        Family::Cost | Family::Billing if desk.enters_net() => unit.shown.net,
        _ => unit.shown.gross,
    };
    let (screen, department) = place_of(document);
    let name = desk.name(document);
    let sentence = format!(
        "The amount of {name} is corrected by {} to the {right} that Procore has.",
        finding.amount
    );
    let steps = vec![
        format!("In QuickBooks open {screen} and in it {name}."),
        format!(
            "Look at the paper: two digits are swapped. If Procore is right, make the amount {right}; \
             account, customer and date stay."
        ),
    ];
    Some(desk.instruct(finding, department, sentence, steps))
}

/// A charge that was entered as a credit, or a credit as a charge.
pub(super) fn sign(desk: &Desk<'_>, finding: &Finding) -> Option<Advice> {
    let (unit, document) = both(desk, finding)?;
    let charge = unit.shown.gross > Money::ZERO;
    let right = match (unit.family, charge) {
        (Family::Billing, true) => "Invoice",
        (Family::Billing, false) => "Credit memo",
        (Family::Cost, true) => "Bill",
        (Family::Cost, false) => "Vendor credit",
        _ => return None,
    };
    let (screen, department) = place_of(document);
    let name = desk.name(document);
    let sentence = format!(
        "{} is deleted and entered again as {}.",
        capital(&name),
        right.to_lowercase()
    );
    let steps = vec![
        format!("In QuickBooks open {screen} and in it {name}, and note its lines."),
        format!(
            "Choose + New, then {right}: the same number, date, lines and customer, all amounts \
             above zero but retainage."
        ),
        format!("Delete {name}."),
    ];
    Some(desk.instruct(finding, department, sentence, steps))
}

/// A purchase order of a commitment that has ended.
pub(super) fn close_order(desk: &Desk<'_>, finding: &Finding) -> Option<Advice> {
    let order = desk.first(finding, &[DocumentKind::PurchaseOrder])?;
    if !order.status.eq_ignore_ascii_case("open") {
        return None;
    }
    let name = desk.name(order);
    let sentence = format!("{} is closed, as its commitment is.", capital(&name));
    let steps = vec![
        format!("In QuickBooks open Expenses > Purchase orders and in it {name}."),
        "Set its status to Closed, and save it.".to_owned(),
    ];
    Some(desk.instruct(finding, Department::Payables, sentence, steps))
}

/// A purchase order that is missing or of another value.
pub(super) fn order_value(desk: &Desk<'_>, finding: &Finding) -> Option<Advice> {
    let units = desk.units_of(finding, Family::Commitment);
    let [unit] = units.as_slice() else {
        return None;
    };
    let (commitment, value) = (desk.name_unit(unit), unit.shown.gross);
    let job = desk.job_name(unit.job);
    let (sentence, step) = match desk.first(finding, &[DocumentKind::PurchaseOrder]) {
        Some(order) => {
            let name = desk.name(order);
            (
                format!(
                    "{} is changed to {value}, as {commitment} is.",
                    capital(&name)
                ),
                format!(
                    "In QuickBooks open Expenses > Purchase orders and in it {name}. Make the lines \
                     for {job} come to {value}."
                ),
            )
        }
        None => (
            format!("A purchase order over {value} is entered for {commitment}."),
            format!(
                "In QuickBooks choose + New, then Purchase order: vendor {}, number {}, {value} with \
                 the customer {job}.",
                unit.party_name, unit.number
            ),
        ),
    };
    Some(desk.instruct(finding, Department::Payables, sentence, vec![step]))
}

/// A customer or vendor that was deactivated with a balance.
pub(super) fn reactivate(desk: &Desk<'_>, finding: &Finding) -> Option<Advice> {
    let record = finding
        .records
        .first()
        .filter(|one| one.system == System::QuickBooks)?;
    let (name, screen, department) = if record.kind == "Customer" {
        (
            desk.customer_name(&record.id),
            "Sales > Customers",
            Department::Collections,
        )
    } else {
        (
            desk.view.ledger_vendor(&record.id),
            "Expenses > Vendors",
            Department::Payables,
        )
    };
    let sentence = format!("{name} is made active again: {} is open.", finding.amount);
    let steps = vec![
        format!("In QuickBooks open {screen}, choose Include inactive, and in it {name}."),
        format!(
            "Choose Make active. Then settle the {} that is open.",
            finding.amount
        ),
    ];
    Some(desk.instruct(finding, department, sentence, steps))
}

//! Documents that are in the ledger twice, or that Procore no longer has.

use figures::Money;
use figures::model::{DocumentKind, LedgerDocument};
use figures::source::System;
use gate::correction::Correction;
use gate::roles::Department;

use super::Advice;
use super::desk::Desk;
use super::words::capital;
use super::{bills, invoices};
use crate::reconcile::matching::pairing::compact;
use crate::reconcile::result::{Finding, PairBasis};
use crate::reconcile::units::Family;

/// Kinds that can be taken out.
const KINDS: [DocumentKind; 3] = [
    DocumentKind::Bill,
    DocumentKind::Purchase,
    DocumentKind::Invoice,
];

fn department(document: &LedgerDocument) -> Department {
    match document.kind {
        DocumentKind::Invoice | DocumentKind::CreditMemo => Department::Collections,
        _ => Department::Payables,
    }
}

/// One of two that repeat each other: the one that Procore does not know, unless something is paid
/// on it and nothing on the other.
pub(super) fn repeated(desk: &Desk<'_>, finding: &Finding) -> Option<Advice> {
    let [again, first] = finding.records.get(..2)? else {
        return None;
    };
    let (again, first) = (desk.document(again)?, desk.document(first)?);
    match choose(desk, finding, again, first) {
        Ok(out) => Some(remove(
            desk,
            out,
            if out.id == again.id { first } else { again },
        )),
        Err(why) => Some(both(desk, finding, again, first, &why)),
    }
}

fn choose<'d>(
    desk: &Desk<'d>,
    finding: &Finding,
    again: &'d LedgerDocument,
    first: &'d LedgerDocument,
) -> Result<&'d LedgerDocument, String> {
    if again.kind != first.kind || again.account != first.account {
        return Err("they are not of one kind: one may be the payment of the other".to_owned());
    }
    if again.total != first.total {
        return Err(format!(
            "one is over {} and one over {}",
            again.total, first.total
        ));
    }
    if desk.pair(&again.source()).is_some() {
        return Err("a part of it is in Procore".to_owned());
    }
    if !desk.is_touched(again) {
        removable(desk, again)?;
        return Ok(again);
    }
    if desk.is_touched(first) {
        return Err("something is paid on both".to_owned());
    }
    // The other one goes when the one that stays will do for Procore's document as it is.
    let pair = desk
        .pair(&first.source())
        .filter(|_| desk.one_to_one(first).is_ok());
    let unit = pair.and_then(|pair| {
        let side = pair.procore.first()?;
        let id = side.id.parse().ok()?;
        desk.unit(&figures::source::SourceRef::procore(&side.kind, id))
    });
    let stays = unit.is_some_and(|unit| desk.dates_agree(unit.date, again.date));
    let alike = compact(&again.number) == compact(&first.number);
    let loose = pair.is_some_and(|pair| pair.basis > PairBasis::Link);
    if finding.records.len() > 2 || !stays || !alike || !loose {
        return Err("something is paid on the one that Procore does not know".to_owned());
    }
    removable(desk, first)?;
    Ok(first)
}

/// Nothing when taking a document out changes nothing but this.
fn removable(desk: &Desk<'_>, document: &LedgerDocument) -> Result<(), String> {
    desk.open_period(document.date)?;
    let customers = document
        .lines
        .iter()
        .filter_map(|line| line.customer.as_deref());
    let mut jobs: Vec<Option<i64>> = customers.map(|customer| desk.job_of(customer)).collect();
    jobs.sort_unstable();
    jobs.dedup();
    if jobs.len() > 1 {
        return Err("it has lines for several jobs".to_owned());
    }
    if document.kind != DocumentKind::Invoice {
        return Ok(());
    }
    let job = document
        .customer
        .as_deref()
        .and_then(|customer| desk.job_of(customer));
    match job.is_some_and(|job| desk.lone_billing.contains(&job)) {
        true => Err(
            "a pay application of the job has no invoice yet, and a void one would be \
                        taken for it"
                .to_owned(),
        ),
        false => Ok(()),
    }
}

fn remove(desk: &Desk<'_>, document: &LedgerDocument, stays: &LedgerDocument) -> Advice {
    let how = if document.kind == DocumentKind::Invoice {
        "voided"
    } else {
        "deleted"
    };
    let sentence = format!(
        "{} is {how}; {} stays, and nothing is paid on what goes.",
        capital(&desk.name(document)),
        desk.name(stays)
    );
    out(document, sentence)
}

fn out(document: &LedgerDocument, sentence: String) -> Advice {
    Advice {
        department: department(document),
        correction: Correction::Remove {
            document: document.source(),
        },
        sentence,
        money: document.total,
        party: document
            .vendor
            .as_ref()
            .or(document.customer.as_ref())
            .cloned(),
    }
}

fn both(
    desk: &Desk<'_>,
    finding: &Finding,
    again: &LedgerDocument,
    first: &LedgerDocument,
    why: &str,
) -> Advice {
    let (again_name, first_name) = (desk.name(again), desk.name(first));
    let sentence = format!(
        "{} and {first_name} are one in Procore and are looked at by hand, because {why}.",
        capital(&again_name)
    );
    let invoice = again.kind == DocumentKind::Invoice;
    let mut steps = vec![
        format!("Why Plumbline takes none out: {why}."),
        format!(
            "In QuickBooks open {} and compare {again_name} with {first_name}.",
            if invoice {
                "Sales > Invoices"
            } else {
                "Expenses"
            }
        ),
    ];
    steps.push(if invoice {
        format!(
            "If they are one, unapply what is paid on {again_name} and apply it to {first_name}; \
             then choose More, Void. If it was paid twice, enter a credit memo instead."
        )
    } else {
        format!(
            "If they are one and both are paid, ask the vendor for {} back and enter it as a vendor \
             credit (+ New, Vendor credit) on the same account and customer. If only one is paid, \
             delete the other.",
            finding.amount
        )
    });
    desk.instruct(finding, department(again), sentence, steps)
}

/// A document that stands on one side only since it was deleted or voided on the other.
pub(super) fn one_sided(desk: &Desk<'_>, finding: &Finding) -> Option<Advice> {
    let first = finding.records.first()?;
    if first.system == System::Procore {
        return entered_again(desk, finding);
    }
    let document = desk.document(first)?;
    if matches!(
        document.kind,
        DocumentKind::CreditMemo | DocumentKind::VendorCredit
    ) {
        let why = "a credit is taken out on the screen only";
        return Some(out_by_hand(desk, finding, document, why));
    }
    if !KINDS.contains(&document.kind) {
        return None;
    }
    let found = if let Err(why) = desk.one_to_one(document) {
        Err(why)
    } else if desk.is_touched(document) || finding.records.len() > 2 {
        Err("something is paid on it or tied to it".to_owned())
    } else {
        removable(desk, document).and_then(|()| desk.alone(document.date, document))
    };
    if let Err(why) = found {
        return Some(out_by_hand(desk, finding, document, &why));
    }
    let how = if document.kind == DocumentKind::Invoice {
        "voided"
    } else {
        "deleted"
    };
    let gone = match finding.code() {
        "R21" => "deleted",
        _ => "voided",
    };
    let sentence = format!(
        "{} is {how}: its document was {gone} in Procore, and nothing is paid on it.",
        capital(&desk.name(document))
    );
    Some(out(document, sentence))
}

/// What stands in Procore is entered again, unless Procore's link names what is gone.
fn entered_again(desk: &Desk<'_>, finding: &Finding) -> Option<Advice> {
    let unit = desk.unit(finding.records.first()?)?;
    match unit.family {
        Family::Cost => bills::missing(desk, finding),
        Family::Billing => invoices::missing(desk, finding),
        // Which side of a payment is right the books do not say.
        _ => None,
    }
}

fn out_by_hand(desk: &Desk<'_>, finding: &Finding, document: &LedgerDocument, why: &str) -> Advice {
    let name = desk.name(document);
    let sentence = format!(
        "{} stands in QuickBooks and no longer in Procore; it is settled by hand, because {why}.",
        capital(&name)
    );
    let mut steps = vec![format!("In QuickBooks open {name}.")];
    if document.balance != document.total && document.balance >= Money::ZERO {
        steps.push("Open what is paid on it, and unapply or move that payment first.".to_owned());
    }
    steps.push(
        "Choose More, then Void. If it is right after all, restore it in Procore instead."
            .to_owned(),
    );
    desk.instruct(finding, department(document), sentence, steps)
}

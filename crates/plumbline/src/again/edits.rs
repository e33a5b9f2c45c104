//! Random changes to books, as people make them.

use backoffice::reconcile::incremental::{Change, ProjectRecords};
use figures::model::{Books, LedgerBooks, LedgerDocument, ProjectBooks, Tombstone};
use figures::{Money, SmolStr};
use jiff::ToSpan;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Changes the books at random, and says how.
pub fn edit(books: &mut Books, rng: &mut ChaCha8Rng) -> Option<(String, Change)> {
    let (project, ledger) = (books.project.as_mut()?, books.ledger.as_mut()?);
    if rng.random_range(0..10) < 6 {
        edit_ledger(ledger, rng)
    } else {
        edit_project(project, ledger, rng)
    }
}

fn cents(rng: &mut ChaCha8Rng) -> Money {
    Money::from_cents(rng.random_range(1..200_000))
}

fn edit_ledger(ledger: &mut LedgerBooks, rng: &mut ChaCha8Rng) -> Option<(String, Change)> {
    if ledger.documents.is_empty() {
        return None;
    }
    let at = rng.random_range(0..ledger.documents.len());
    let customer = any_job(ledger, rng);
    let vendor = ledger
        .vendors
        .get(rng.random_range(0..ledger.vendors.len().max(1)));
    let vendor = vendor.map(|vendor| vendor.id.clone());
    let document = &mut ledger.documents[at];
    let how = match rng.random_range(0..10) {
        0 => {
            let gone = ledger.documents.remove(at);
            let tombstone = Tombstone {
                entity: gone.kind.entity().into(),
                id: gone.id.clone(),
                deleted: None,
            };
            ledger.tombstones.push(tombstone.clone());
            ledger.tombstones.sort_by(|one, other| {
                (&one.entity, one.id.len(), &one.id).cmp(&(
                    &other.entity,
                    other.id.len(),
                    &other.id,
                ))
            });
            ledger.tombstones.dedup();
            let how = format!("{} {} is deleted", gone.kind.entity(), gone.id);
            return Some((how, Change::Gone(gone.kind, gone.id, Some(tombstone))));
        }
        1 => {
            let (copy, how) = copied(document, rng);
            let place = ledger.documents.partition_point(|one| {
                (one.kind, one.id.len(), &one.id) < (copy.kind, copy.id.len(), &copy.id)
            });
            ledger.documents.insert(place, copy.clone());
            return Some((how, Change::Document(Box::new(copy))));
        }
        2 => moved_in_time(document, rng),
        3 => renumbered(document, rng),
        4 => moved_to(document, customer),
        5 => {
            document.vendor = vendor;
            "is of another vendor"
        }
        6 => voided(document),
        7 => {
            document.balance = if document.balance.is_zero() {
                document.total
            } else {
                Money::ZERO
            };
            "is open or settled"
        }
        8 => {
            document.lines.reverse();
            document.class = None;
            "has its lines in another order"
        }
        _ => repriced(document, rng),
    };
    let how = format!("{} {} {how}", document.kind.entity(), document.id);
    Some((how, Change::Document(Box::new(document.clone()))))
}

fn any_job(ledger: &LedgerBooks, rng: &mut ChaCha8Rng) -> Option<SmolStr> {
    let jobs: Vec<&SmolStr> = ledger
        .customers
        .iter()
        .filter(|one| one.is_job)
        .map(|one| &one.id)
        .collect();
    jobs.get(rng.random_range(0..jobs.len().max(1)))
        .map(|id| (*id).clone())
}

fn copied(document: &LedgerDocument, rng: &mut ChaCha8Rng) -> (LedgerDocument, String) {
    let mut copy = document.clone();
    copy.id = SmolStr::new(format!("9{:07}", rng.random_range(0..9_999_999)));
    if rng.random_bool(0.5) {
        copy.number = SmolStr::new(format!("{}A", copy.number));
    }
    let how = format!(
        "{} {} is entered again as {}",
        copy.kind.entity(),
        document.id,
        copy.id
    );
    (copy, how)
}

fn moved_in_time(document: &mut LedgerDocument, rng: &mut ChaCha8Rng) -> &'static str {
    let days = rng.random_range(-45..45);
    if let Ok(date) = document.date.checked_add(days.days()) {
        document.date = date;
    }
    "has another date"
}

fn renumbered(document: &mut LedgerDocument, rng: &mut ChaCha8Rng) -> &'static str {
    document.number = if rng.random_bool(0.3) {
        SmolStr::default()
    } else {
        SmolStr::new(format!("N{}", rng.random_range(0..99_999)))
    };
    "has another number"
}

fn moved_to(document: &mut LedgerDocument, customer: Option<SmolStr>) -> &'static str {
    if document.customer.is_some() {
        document.customer.clone_from(&customer);
    }
    for line in document
        .lines
        .iter_mut()
        .filter(|line| line.customer.is_some())
    {
        line.customer.clone_from(&customer);
    }
    "is on another job"
}

fn voided(document: &mut LedgerDocument) -> &'static str {
    document.voided = true;
    (document.total, document.tax) = (Money::ZERO, Money::ZERO);
    (document.balance, document.unapplied) = (Money::ZERO, Money::ZERO);
    for line in &mut document.lines {
        line.amount = Money::ZERO;
        line.links.clear();
    }
    "is voided"
}

fn repriced(document: &mut LedgerDocument, rng: &mut ChaCha8Rng) -> &'static str {
    let more = cents(rng);
    let at = rng.random_range(0..document.lines.len().max(1));
    if let Some(line) = document.lines.get_mut(at) {
        line.amount += more;
        document.total += more;
        if !document.balance.is_zero() {
            document.balance += more;
        }
    }
    "has another amount"
}

fn edit_project(
    project: &mut ProjectBooks,
    ledger: &LedgerBooks,
    rng: &mut ChaCha8Rng,
) -> Option<(String, Change)> {
    macro_rules! any {
        ($list:ident) => {{
            let place = rng.random_range(0..project.$list.len().max(1));
            project.$list.get_mut(place)?
        }};
    }
    let more = cents(rng);
    let (job, how) = match rng.random_range(0..9) {
        0 => {
            let one = any!(direct_costs);
            one.amount += more;
            (
                one.project_id,
                format!("direct cost {} has another amount", one.id),
            )
        }
        1 => {
            let one = any!(direct_costs);
            one.deleted = !one.deleted;
            (
                one.project_id,
                format!("direct cost {} is deleted or back", one.id),
            )
        }
        2 => {
            let one = any!(subcontractor_invoices);
            one.totals.completed_and_stored += more;
            one.totals.earned_less_retainage += more;
            (
                one.project_id,
                format!("requisition {} has another amount", one.id),
            )
        }
        3 => {
            let one = any!(subcontractor_invoices);
            one.status = if one.status == "approved" {
                "draft"
            } else {
                "approved"
            }
            .into();
            (
                one.project_id,
                format!("requisition {} has another status", one.id),
            )
        }
        4 => {
            let one = any!(contract_payments);
            one.amount += more;
            (
                one.project_id,
                format!("payment {} has another amount", one.id),
            )
        }
        5 => {
            let one = any!(contract_payments);
            one.deleted = !one.deleted;
            (
                one.project_id,
                format!("payment {} is deleted or back", one.id),
            )
        }
        6 => {
            let one = any!(pay_applications);
            one.status = if one.status == "approved" {
                "draft"
            } else {
                "approved"
            }
            .into();
            (
                one.project_id,
                format!("pay application {} has another status", one.id),
            )
        }
        7 => {
            let one = any!(commitments);
            one.revised += more;
            (
                one.project_id,
                format!("commitment {} has another value", one.id),
            )
        }
        _ => {
            let one = any!(direct_costs);
            let at = rng.random_range(0..ledger.documents.len().max(1));
            let document = ledger.documents.get(at)?;
            let kind = document.kind.entity().to_uppercase();
            one.origin_id = SmolStr::new(format!("QBO-{kind}-{}", document.id));
            (
                one.project_id,
                format!("direct cost {} is linked to {kind} {}", one.id, document.id),
            )
        }
    };
    Some((
        how,
        Change::Project(job, Box::new(ProjectRecords::of(project, job))),
    ))
}

//! Lines on the wrong job, in the wrong class or on the wrong account.

use std::collections::BTreeSet;

use figures::model::{DocumentKind, LedgerDocument};
use figures::source::SourceRef;
use figures::{Measure, Money, SmolStr};
use gate::correction::{Correction, Recoding};
use gate::roles::Department;

use super::Advice;
use super::desk::{Desk, lines};
use super::habits::{Says, class_of};
use super::precedent::total;
use super::words::capital;
use crate::reconcile::result::Finding;
use crate::reconcile::units::ProjectUnit;

/// A ledger document and the one of Procore's that it stands for.
type Both<'f, 'd> = (&'d LedgerDocument, &'f ProjectUnit<'d>);

/// The two sides of a finding about a bill, a purchase or an invoice.
pub(super) fn both<'f, 'd>(desk: &'f Desk<'d>, finding: &Finding) -> Option<Both<'f, 'd>> {
    let kinds = [
        DocumentKind::Bill,
        DocumentKind::Purchase,
        DocumentKind::Invoice,
    ];
    let document = desk.first(finding, &kinds)?;
    let pair = desk.pair(&document.source())?;
    let side = pair.procore.first()?;
    let unit = desk.unit(&SourceRef::procore(&side.kind, side.id.parse().ok()?))?;
    Some((document, unit))
}

/// Nothing when the lines of a document can be changed without anything else being touched.
pub(super) fn changeable(desk: &Desk<'_>, document: &LedgerDocument) -> Result<(), String> {
    if document.kind == DocumentKind::Invoice {
        return Err("an invoice is out with the customer".to_owned());
    }
    desk.one_to_one(document)?;
    desk.open_period(document.date)
}

/// Nothing when no other finding would show once this one is gone.
pub(super) fn clean(
    desk: &Desk<'_>,
    (document, unit): Both<'_, '_>,
    (says, class): (&Says<'_>, Option<&str>),
) -> Result<(), String> {
    if !desk.dates_agree(unit.date, document.date) {
        return Err("its date differs from Procore's as well".to_owned());
    }
    let places = (class, document.department.as_deref());
    desk.precedents.habits.fit(desk, unit, Some(says), places)?;
    if document.tax != unit.shown.tax {
        return Err("its sales tax differs from Procore's as well".to_owned());
    }
    let company = desk.company_of(unit);
    let own = company
        .map(|company| desk.vendors_of(company))
        .unwrap_or_default();
    match document.vendor.as_deref() {
        Some(vendor) if !own.is_empty() && !own.contains(&vendor) => {
            Err("its vendor differs from Procore's as well".to_owned())
        }
        _ => Ok(()),
    }
}

/// What a line sums to that counts as cost, and what as retainage withheld.
pub(super) fn amounts<'d>(
    desk: &Desk<'d>,
    document: &'d LedgerDocument,
    of: impl Fn(Option<&str>) -> bool,
) -> (Money, Money) {
    let own = || lines(document).filter(|line| of(line.customer.as_deref()));
    (
        total(own().filter(|line| desk.view.role_of(line).cost)),
        -total(own().filter(|line| desk.view.role_of(line).retainage_payable)),
    )
}

/// Whether cost and retainage are what Procore has.
pub(super) fn agree(
    desk: &Desk<'_>,
    unit: &ProjectUnit<'_>,
    (cost, retainage): (Money, Money),
) -> bool {
    let withheld = unit.shown.gross - unit.shown.net;
    if desk.enters_net() {
        return cost == unit.shown.net;
    }
    (cost, retainage) == (unit.shown.gross, withheld)
}

/// Moves lines to the job that Procore has them on.
pub(super) fn job(desk: &Desk<'_>, finding: &Finding) -> Option<Advice> {
    let (document, unit) = both(desk, finding)?;
    let moved = other_customer(desk, document, unit).and_then(|from| {
        changeable(desk, document)?;
        payments_follow(finding, document, unit)?;
        let to = customer_of(desk, document, unit, from)?;
        let class = class_of(document);
        clean(
            desk,
            (document, unit),
            (&Says::of(desk, document), class.as_deref()),
        )?;
        Ok((from, to))
    });
    let name = desk.name(document);
    match moved {
        Ok((from, to)) => {
            let (cost, _) = amounts(desk, document, |one| one == Some(from));
            let sentence = format!(
                "The lines of {name} that are for {} move to {}.",
                desk.customer_name(from),
                desk.customer_name(to)
            );
            let change = Recoding::Customer {
                from: SmolStr::new(from),
                to: SmolStr::new(to),
            };
            Some(recode(document, change, sentence, cost))
        }
        Err(why) => {
            let job = desk.job_name(unit.job);
            let steps = vec![
                format!("Why Plumbline does not do it: {why}."),
                format!("In QuickBooks open {name}."),
                match document.kind {
                    DocumentKind::Invoice => format!("Change its customer to {job}, and save it."),
                    _ => format!("Change the customer on its lines to {job}, and save it."),
                },
            ];
            let sentence = format!("{} moves to {job} by hand, because {why}.", capital(&name));
            Some(desk.instruct(finding, department(document), sentence, steps))
        }
    }
}

/// Nothing when what is paid on a document is all that Procore lacks on its job, so that it moves
/// along.
fn payments_follow(
    finding: &Finding,
    document: &LedgerDocument,
    unit: &ProjectUnit<'_>,
) -> Result<(), String> {
    let owed = document.kind == DocumentKind::Bill;
    let paid = if owed {
        document.total - document.balance
    } else {
        Money::ZERO
    };
    let effects = finding.effects.iter();
    let effects = effects.filter(|one| one.measure == Measure::Paid && one.project_id == unit.job);
    let moved: Money = effects.map(|effect| effect.amount).sum();
    if moved == paid {
        Ok(())
    } else {
        Err("what is paid on it differs from Procore's as well".to_owned())
    }
}

pub(super) fn department(document: &LedgerDocument) -> Department {
    match document.kind {
        DocumentKind::Invoice => Department::Collections,
        _ => Department::Financial,
    }
}

/// The only customer of another job on the lines of a document.
fn other_customer<'d>(
    desk: &Desk<'d>,
    document: &'d LedgerDocument,
    unit: &ProjectUnit<'d>,
) -> Result<&'d str, String> {
    let mut others: BTreeSet<Option<&str>> = BTreeSet::new();
    for line in lines(document) {
        let customer = line.customer.as_deref();
        if customer.and_then(|one| desk.job_of(one)) != Some(unit.job) {
            others.insert(customer);
        }
    }
    let others: Vec<Option<&str>> = others.into_iter().collect();
    let [Some(from)] = others.as_slice() else {
        return Err(match others.as_slice() {
            [None] => "its lines name no customer".to_owned(),
            _ => "its lines are on several other jobs".to_owned(),
        });
    };
    let right = |one: Option<&str>| {
        one == Some(*from) || one.and_then(|one| desk.job_of(one)) == Some(unit.job)
    };
    if !agree(desk, unit, amounts(desk, document, right)) {
        return Err("its amounts differ from Procore's as well".to_owned());
    }
    Ok(from)
}

/// The customer of the job: the one that other lines of the document have, else the only one.
fn customer_of<'d>(
    desk: &Desk<'d>,
    document: &'d LedgerDocument,
    unit: &ProjectUnit<'d>,
    from: &str,
) -> Result<&'d str, String> {
    let own = lines(document).filter_map(|line| line.customer.as_deref());
    let own: BTreeSet<&str> = own.filter(|one| *one != from).collect();
    match own.into_iter().collect::<Vec<_>>().as_slice() {
        [only] => Ok(only),
        _ => desk.customer_of(unit.job),
    }
}

pub(super) fn recode(
    document: &LedgerDocument,
    change: Recoding,
    sentence: String,
    money: Money,
) -> Advice {
    Advice {
        department: Department::Financial,
        correction: Correction::Recode {
            document: document.source(),
            change,
        },
        sentence,
        money,
        party: None,
    }
}

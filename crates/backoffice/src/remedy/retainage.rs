//! Documents that were entered without their retainage: an entry that names the document books it.
//!
//! The reconciliation takes such an entry for a part of its document
//! ([`crate::reconcile::matching::pairing::withheld`]), so it also serves where the document is paid
//! or its period is closed.

use std::collections::BTreeSet;

use figures::model::{DocumentKind, LedgerDocument, LedgerLine, Posting};
use figures::{Date, Measure, Money, SmolStr};
use gate::correction::{Correction, Entity, JournalLine, NewJournal};
use gate::roles::Department;
use smol_str::format_smolstr;

use super::Advice;
use super::desk::{Desk, lines};
use super::habits::{Says, class_of, is_stocked, single_account};
use super::others::{both, place_of};
use super::precedent::same;
use super::recode::{amounts, clean};
use super::words::capital;
use crate::reconcile::matching::pairing::compact;
use crate::reconcile::matching::pairing::withheld::{SUFFIX, may_name, named_by, retainage_entry};
use crate::reconcile::result::Finding;
use crate::reconcile::units::{Family, ProjectUnit};

/// Characters of a number in QuickBooks.
const LONGEST_NUMBER: usize = 21;

/// Books the retainage of a document.
pub(super) fn missing(desk: &Desk<'_>, finding: &Finding) -> Option<Advice> {
    let (unit, document) = both(desk, finding)?;
    let found = entry(desk, finding, unit, document);
    Some(found.unwrap_or_else(|why| by_hand(desk, finding, (unit, document), &why)))
}

/// What is debited and what is credited.
struct Sides<'d> {
    debit: &'d str,
    credit: &'d str,
    /// Whose the debit is, where it is not the job's.
    vendor: Option<&'d str>,
}

fn entry(
    desk: &Desk<'_>,
    finding: &Finding,
    unit: &ProjectUnit<'_>,
    document: &LedgerDocument,
) -> Result<Advice, String> {
    let withheld = unit.shown.gross - unit.shown.net;
    if desk.enters_net() {
        return Err("this office enters the net amount".to_owned());
    }
    if withheld <= Money::ZERO {
        return Err("it gives retainage back".to_owned());
    }
    if lines(document).any(|line| is_retainage(desk, line)) {
        return Err("it has a line of retainage, which has another amount".to_owned());
    }
    desk.one_to_one(document)?;
    let class = class_of(document);
    clean(
        desk,
        (document, unit),
        (&Says::of(desk, document), class.as_deref()),
    )?;
    let sides = match unit.family {
        Family::Billing => of_invoice(desk, unit, document)?,
        _ => of_cost(desk, unit, document, withheld)?,
    };
    moves_only(desk, finding, unit, (document, withheld))?;
    let customer = customer_of(desk, unit, document)?;
    coded_alike(document)?;
    let number = number_of(desk, unit, document)?;
    booked_by_none(desk, unit, document)?;
    let date = open_day(desk, document.date)?;
    for account in [sides.debit, sides.credit] {
        in_use(desk, account)?;
    }
    let line = |posting, account: &str, entity| JournalLine {
        posting,
        amount: withheld,
        account: SmolStr::new(account),
        entity: Some(entity),
        class: class.clone(),
        description: SmolStr::new_static("Retainage withheld"),
    };
    let job = || Entity::Customer(SmolStr::new(customer));
    let whose = match sides.vendor {
        Some(vendor) => Entity::Vendor(SmolStr::new(vendor)),
        None => job(),
    };
    let sentence = format!(
        "Entry {number}, dated {date}, books the retainage of {withheld} of {}: {} is debited and {} \
         credited.",
        desk.name(document),
        desk.account_name(sides.debit),
        desk.account_name(sides.credit),
    );
    Ok(Advice {
        department: Department::Financial,
        correction: Correction::PostJournal(NewJournal {
            number,
            date,
            lines: vec![
                line(Posting::Debit, sides.debit, whose),
                line(Posting::Credit, sides.credit, job()),
            ],
        }),
        sentence,
        money: withheld,
        party: None,
    })
}

fn is_retainage(desk: &Desk<'_>, line: &LedgerLine) -> bool {
    let role = desk.view.role_of(line);
    role.retainage_receivable || role.retainage_payable
}

/// An invoice that was entered net: what was earned and is held back is income as well.
fn of_invoice<'d>(
    desk: &Desk<'d>,
    unit: &ProjectUnit<'_>,
    document: &'d LedgerDocument,
) -> Result<Sides<'d>, String> {
    if document.total - document.tax != unit.shown.net {
        return Err(
            "it asks for the retainage as well, which only the invoice itself can take \
                    back"
                .to_owned(),
        );
    }
    let income = lines(document).map(|line| {
        let is_income = desk.view.role_of(line).income;
        desk.view.account_of(line).filter(|_| is_income)
    });
    let income = same(income).flatten();
    let held = desk.precedents.retainage_of(desk, Family::Billing);
    Ok(Sides {
        debit: held.ok_or("no earlier invoice shows the account of retainage")?,
        credit: income.ok_or("its lines are on several accounts of income")?,
        vendor: None,
    })
}

/// A cost that was entered net, where the cost is short by the retainage, or a bill that was entered
/// gross, where more is owed to the vendor than is due.
fn of_cost<'d>(
    desk: &Desk<'d>,
    unit: &ProjectUnit<'_>,
    document: &'d LedgerDocument,
    withheld: Money,
) -> Result<Sides<'d>, String> {
    let held = desk.precedents.retainage_of(desk, Family::Cost);
    let credit = held.ok_or("no earlier bill shows the account of retainage")?;
    let (cost, _) = amounts(desk, document, |_| true);
    if cost == unit.shown.net {
        let mut items = lines(document).filter_map(|line| line.item.as_deref());
        if items.any(|item| is_stocked(desk, item)) {
            return Err("a line of it is kept in stock".to_owned());
        }
        let debit = single_account(desk, document);
        return Ok(Sides {
            debit: debit.ok_or("its lines are on several accounts")?,
            credit,
            vendor: None,
        });
    }
    let vendor = document.vendor.as_deref();
    let vendor = vendor.filter(|_| document.kind == DocumentKind::Bill);
    let vendor = vendor.ok_or("it was paid at once, with the retainage")?;
    if document.balance < withheld {
        return Err("less than the retainage is open on it".to_owned());
    }
    Ok(Sides {
        debit: payable(desk)?,
        credit,
        vendor: Some(vendor),
    })
}

/// The only account of payables.
fn payable<'d>(desk: &Desk<'d>) -> Result<&'d str, String> {
    let accounts = desk.view.lists.accounts.iter();
    let all: Vec<&str> = accounts
        .filter(|one| one.active && desk.view.role(&one.id).payable)
        .map(|one| one.id.as_str())
        .collect();
    match all.as_slice() {
        [only] => Ok(only),
        _ => Err("there are several accounts of payables".to_owned()),
    }
}

/// Nothing when the retainage is all that differs.
fn moves_only(
    desk: &Desk<'_>,
    finding: &Finding,
    unit: &ProjectUnit<'_>,
    (document, withheld): (&LedgerDocument, Money),
) -> Result<(), String> {
    let wanted = match unit.family {
        Family::Billing => vec![(Measure::Retainage, withheld)],
        _ => {
            let (cost, _) = amounts(desk, document, |_| true);
            vec![
                (Measure::Cost, unit.shown.gross - cost),
                (Measure::RetainagePayable, withheld),
            ]
        }
    };
    desk.moves(finding, unit.job, &wanted)
}

/// The only customer of the document, which is of the job.
fn customer_of<'d>(
    desk: &Desk<'d>,
    unit: &ProjectUnit<'_>,
    document: &'d LedgerDocument,
) -> Result<&'d str, String> {
    let customer = match unit.family {
        Family::Billing => document.customer.as_deref(),
        _ => same(lines(document).map(|line| line.customer.as_deref())).flatten(),
    };
    let of_job = |one: &&str| desk.job_of(one) == Some(unit.job);
    customer
        .filter(of_job)
        .ok_or_else(|| "its lines name no customer of the job, or several".to_owned())
}

/// Nothing when an entry can be in the class of the document; it cannot be at a location.
fn coded_alike(document: &LedgerDocument) -> Result<(), String> {
    let classes = document.lines.iter().filter_map(|line| line.class.as_ref());
    if classes.collect::<BTreeSet<_>>().len() > 1 {
        return Err("its lines are in several classes".to_owned());
    }
    match &document.department {
        Some(_) => Err("it is at a location".to_owned()),
        None => Ok(()),
    }
}

/// Whether a document has anything on the job of a unit.
fn is_of_job(desk: &Desk<'_>, unit: &ProjectUnit<'_>, document: &LedgerDocument) -> bool {
    let on_lines = lines(document).filter_map(|line| line.customer.as_deref());
    let mut customers = document.customer.as_deref().into_iter().chain(on_lines);
    customers.any(|customer| desk.job_of(customer) == Some(unit.job))
}

/// Nothing when no other entry books retainage of the document: with two, neither would be taken for
/// its part.
fn booked_by_none(
    desk: &Desk<'_>,
    unit: &ProjectUnit<'_>,
    document: &LedgerDocument,
) -> Result<(), String> {
    let mut entries = desk.view.documents.iter().filter(|one| {
        retainage_entry(&desk.view, one).is_some() && may_name(one, &document.number)
    });
    match entries.find(|one| is_of_job(desk, unit, one)) {
        Some(entry) => {
            let name = desk.name(entry);
            Err(format!(
                "{name} books other retainage of it and has to go first"
            ))
        }
        None => Ok(()),
    }
}

/// The number of the entry, which names this document and no other.
fn number_of(
    desk: &Desk<'_>,
    unit: &ProjectUnit<'_>,
    document: &LedgerDocument,
) -> Result<SmolStr, String> {
    if document.number.is_empty() {
        return Err("it has no number that an entry could name".to_owned());
    }
    let number = format_smolstr!("{}{SUFFIX}", document.number);
    if number.chars().count() > LONGEST_NUMBER {
        return Err("its number is too long for an entry to name it".to_owned());
    }
    if desk.entries.contains(number.as_str()) {
        return Err(format!("an entry {number} is there already"));
    }
    let named = named_by(&number);
    let billing = unit.family == Family::Billing;
    let all = desk.view.documents.iter();
    let mut others = all.filter(|one| {
        let kind = match one.kind {
            DocumentKind::Invoice => billing,
            DocumentKind::Bill | DocumentKind::Purchase => !billing,
            _ => false,
        };
        kind && !one.voided
            && one.source() != document.source()
            && named.contains(&compact(&one.number))
    });
    match others.find(|one| is_of_job(desk, unit, one)) {
        Some(other) => Err(format!("an entry would name {} as well", desk.name(other))),
        None => Ok(number),
    }
}

/// The day of a document, or the first one that is open.
fn open_day(desk: &Desk<'_>, date: Date) -> Result<Date, String> {
    let closed = desk
        .view
        .lists
        .closing_date
        .filter(|closed| date <= *closed);
    let Some(closed) = closed else {
        return Ok(date);
    };
    let first = closed.tomorrow().ok();
    let first = first.filter(|day| *day <= desk.view.as_of);
    first.ok_or_else(|| format!("the period up to {closed} is closed in QuickBooks"))
}

fn in_use(desk: &Desk<'_>, account: &str) -> Result<(), String> {
    let mut accounts = desk.view.lists.accounts.iter();
    match accounts.find(|one| one.id == account && one.active) {
        Some(_) => Ok(()),
        None => Err(format!(
            "the account {} is inactive",
            desk.account_name(account)
        )),
    }
}

fn by_hand(
    desk: &Desk<'_>,
    finding: &Finding,
    (unit, document): (&ProjectUnit<'_>, &LedgerDocument),
    why: &str,
) -> Advice {
    let withheld = unit.shown.gross - unit.shown.net;
    let (screen, department) = place_of(document);
    let name = desk.name(document);
    let (work, line) = if desk.enters_net() {
        (unit.shown.net, Money::ZERO)
    } else {
        (unit.shown.gross, -withheld)
    };
    let side = if unit.family == Family::Billing {
        "item"
    } else {
        "account"
    };
    let told = if line.is_zero() {
        format!("{work} of work and no line of retainage")
    } else {
        format!("{work} of work and {line} of retainage")
    };
    let sentence = format!(
        "{} gets the lines that Procore has by hand, because {why}: {told}.",
        capital(&name)
    );
    let mut steps = vec![
        format!("Why Plumbline posts no entry: {why}."),
        format!("In QuickBooks open {screen} and in it {name}."),
        format!("Make its lines of work come to {work}; {side} and customer stay."),
    ];
    steps.push(if line.is_zero() {
        "Delete its line of retainage, if it has one: this office enters the net amount.".to_owned()
    } else {
        format!(
            "Make its line of retainage {line}, on the {side} of retainage, for the same customer; \
             add it if it is missing. The total is then {}.",
            work + line
        )
    });
    desk.instruct(finding, department, sentence, steps)
}

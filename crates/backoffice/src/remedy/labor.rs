//! Labor that payroll posted to another job, or to none: an entry moves it on the same accounts.

use figures::Money;
use figures::model::{DocumentKind, LedgerDocument, LedgerLine, Posting};
use figures::{Measure, SmolStr};
use gate::correction::{Correction, Entity, JournalLine, NewJournal};
use gate::roles::Department;
use smol_str::format_smolstr;

use super::Advice;
use super::desk::Desk;
use crate::reconcile::result::{Effect, Finding, PairBasis};
use crate::reconcile::units::{Family, ProjectUnit};
use crate::reconcile::view::debit_less_credit;

/// Moves labor to the job that Procore has it on; nothing where the amounts differ.
pub(super) fn strayed(desk: &Desk<'_>, finding: &Finding) -> Option<Advice> {
    let journal = desk.first(finding, &[DocumentKind::JournalEntry])?;
    let costs = desk.units_of(finding, Family::Cost);
    let right = costs.first()?.job;
    if costs.iter().any(|unit| unit.job != right) || finding.records.len() != costs.len() + 1 {
        return None;
    }
    let amount: Money = costs.iter().map(|unit| unit.shown.gross).sum();
    let from = source(finding, right, amount)?;
    let lines = strayed_lines(desk, journal, from);
    let posted: Money = lines.iter().map(|line| debit_less_credit(line)).sum();
    let labor = |line: &&LedgerLine| {
        let role = desk.view.role_of(line);
        role.wages || role.burden
    };
    let plain = lines
        .iter()
        .all(|line| line.posting == Some(Posting::Debit) && line.account.is_some());
    if posted != amount || !plain || !lines.iter().any(labor) {
        return None;
    }
    let to = desk.customer_of(right).ok()?;
    let from_name = from.map_or("no job".to_owned(), |job| desk.job_name(job));
    let told = format!(
        "labor of {amount} in {} from {from_name} to {}",
        desk.name(journal),
        desk.customer_name(to)
    );
    let number = number_of(journal);
    let allowed = allowed(desk, journal, &costs, &number);
    if let Err(why) = allowed {
        let sentence = format!("An entry by hand moves {told}, because {why}.");
        let steps = vec![
            format!("Why Plumbline does not post it: {why}."),
            format!(
                "In QuickBooks choose + New, then Journal entry, dated {}.",
                journal.date
            ),
            format!(
                "Debit {amount} on the accounts of the labor with the name {}, and credit the same \
                 with the name {from_name}.",
                desk.customer_name(to)
            ),
        ];
        return Some(desk.instruct(finding, Department::Financial, sentence, steps));
    }
    Some(Advice {
        department: Department::Financial,
        correction: Correction::PostJournal(NewJournal {
            number,
            date: journal.date,
            lines: entry(&lines, to),
        }),
        sentence: format!("An entry dated {} moves {told}.", journal.date),
        money: amount,
        party: None,
    })
}

/// The job, or none, that the labor went to; nothing when it did not all go there.
fn source(finding: &Finding, right: i64, amount: Money) -> Option<Option<i64>> {
    let (own, other): (Vec<&Effect>, Vec<&Effect>) = finding
        .effects
        .iter()
        .partition(|effect| effect.project_id == right);
    let [own] = own.as_slice() else { return None };
    if (own.measure, own.amount) != (Measure::Cost, amount) {
        return None;
    }
    match other.as_slice() {
        [] => Some(None),
        [one] if (one.measure, one.amount) == (Measure::Cost, -amount) => {
            Some(Some(one.project_id))
        }
        _ => None,
    }
}

/// Lines of job cost on this job, or on none.
fn strayed_lines<'d>(
    desk: &Desk<'d>,
    journal: &'d LedgerDocument,
    from: Option<i64>,
) -> Vec<&'d LedgerLine> {
    let lines = journal.lines.iter().filter(|line| {
        let job = line.customer.as_deref().and_then(|one| desk.job_of(one));
        desk.view.role_of(line).cost && job == from
    });
    lines.collect()
}

fn number_of(journal: &LedgerDocument) -> SmolStr {
    let number = if journal.number.is_empty() {
        &journal.id
    } else {
        &journal.number
    };
    format_smolstr!("{number}-J")
}

fn allowed(
    desk: &Desk<'_>,
    journal: &LedgerDocument,
    costs: &[&ProjectUnit<'_>],
    number: &str,
) -> Result<(), String> {
    desk.open_period(journal.date)?;
    let pair = desk.pair(&journal.source());
    if pair.is_some_and(|pair| pair.basis == PairBasis::Confirmed) {
        return Err(
            "a person confirmed that it is this labor, and an entry beside it would not be taken for \
             a part of it"
                .to_owned(),
        );
    }
    if costs
        .iter()
        .any(|unit| !desk.dates_agree(unit.date, journal.date))
    {
        return Err("its date differs from Procore's as well".to_owned());
    }
    if desk.entries.contains(number) {
        return Err(format!("an entry {number} is there already"));
    }
    Ok(())
}

/// Every line once more for the right job, and once against itself where it was.
fn entry(lines: &[&LedgerLine], to: &str) -> Vec<JournalLine> {
    let mut found = Vec::with_capacity(lines.len() * 2);
    for line in lines {
        let mut add = |posting, customer: Option<&str>| {
            found.push(JournalLine {
                posting,
                amount: line.amount,
                account: line.account.clone().unwrap_or_default(),
                entity: customer.map(|id| Entity::Customer(SmolStr::new(id))),
                class: line.class.clone(),
                // Payroll is known by its word.
                description: SmolStr::new_static("Payroll moved to its job"),
            });
        };
        add(Posting::Debit, Some(to));
        add(Posting::Credit, line.customer.as_deref());
    }
    found
}

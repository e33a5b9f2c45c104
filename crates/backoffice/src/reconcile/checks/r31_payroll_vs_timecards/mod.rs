//! # Payroll against timecards
//!
//! **What.** The wages that payroll posted to a job differ from the labor that Procore has on it.
//!
//! **Why it happens.** A payroll item was not allocated, went to the wrong job, or a timecard is
//! missing.
//!
//! **What to do.** Reallocate the payroll journal, or complete the timecards.

use figures::Money;
use figures::model::LedgerLine;

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::{Case, Relation};
use crate::reconcile::units::{Family, ProjectKind};
use crate::reconcile::view::debit_less_credit;

pub(super) const CHECK: Check = Check {
    id: "R31_payroll_vs_timecards",
    weight: Weight::Margin,
    why: "A payroll item was not allocated to the job, or a timecard is missing.",
    next: "Reallocate the payroll journal, or complete the timecards in Procore.",
    rule: Rule::Claim(claim),
};

/// The wages or burden accounts that a ledger unit posts to: (wages, burden).
pub(super) fn labor(case: &Case<'_, '_>, context: &Context<'_, '_>) -> (Money, Money) {
    let (mut wages, mut burden) = (Money::ZERO, Money::ZERO);
    for unit in &case.ledger {
        let document = context.document(unit);
        for line in &document.lines {
            let role = context.view.role_of(line);
            let job = line
                .customer
                .as_deref()
                .and_then(|one| context.jobs.project_of(one));
            if job != unit.job {
                continue;
            }
            let amount = debit_less_credit(line);
            if is_burden(context, line) {
                burden += amount;
            } else if role.wages {
                wages += amount;
            }
        }
    }
    (wages, burden)
}

/// Whether a line is labor burden, by its account or by what it says.
pub(super) fn is_burden(context: &Context<'_, '_>, line: &LedgerLine) -> bool {
    let role = context.view.role_of(line);
    let words = [
        "burden",
        "payroll tax",
        "workers",
        "benefit",
        "fringe",
        "fica",
    ];
    let text = line.description.to_lowercase();
    role.burden || (role.wages && words.iter().any(|word| text.contains(word)))
}

/// Whether the ledger side of a case is a payroll journal.
pub(super) fn is_payroll(case: &Case<'_, '_>, context: &Context<'_, '_>) -> bool {
    case.ledger
        .iter()
        .any(|unit| context.payroll_journals.contains(&unit.document))
}

/// Whether the Procore side of a case is labor.
pub(super) fn is_labor(case: &Case<'_, '_>, context: &Context<'_, '_>) -> bool {
    case.project.iter().any(|unit| {
        unit.kind == ProjectKind::DirectCost
            && context.view.records.direct_costs[unit.place as usize].kind == "payroll"
    })
}

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    if case.family != Family::Cost || case.residual.is_empty() {
        return None;
    }
    let posted = is_payroll(case, context);
    let lone_labor = case.relation == Relation::OnlyProject && is_labor(case, context);
    let paired = matches!(case.relation, Relation::Paired | Relation::OnlyLedger) && posted;
    let labor_only = lone_labor && payroll_was_run(case, context);
    if !(paired || labor_only) {
        return None;
    }
    let what = match case.relation {
        Relation::OnlyProject => format!(
            "{} is labor of {} that no payroll journal posted to the job",
            context.name_project(case.project.first()?),
            case.project_gross()
        ),
        _ => format!(
            "{} posted labor: {}; Procore has {} on the job",
            context.name_ledger(case.ledger.first()?),
            posted_where(case),
            case.project_gross()
        ),
    };
    // Labor on the wrong job sums to nothing over both; the figure is what one of them is off by.
    let off = case.residual.values().map(|share| share.main.abs()).max()?;
    Some(Claim::new(off, what))
}

/// What payroll posted, and where: the job is often what is wrong with it.
pub(super) fn posted_where(case: &Case<'_, '_>) -> String {
    let places: Vec<String> = case
        .ledger
        .iter()
        .map(|unit| match unit.job {
            Some(job) => format!("{} to job {job}", unit.shown.gross),
            None => format!("{} to no job", unit.shown.gross),
        })
        .collect();
    if places.is_empty() {
        "nothing".to_owned()
    } else {
        places.join(" and ")
    }
}

/// Days within which the payroll for some labor is run.
pub(crate) const PAYROLL_RUN_DAYS: i32 = 3;

/// Whether the payroll for this labor was posted at all: a journal of payroll near its date.
fn payroll_was_run(case: &Case<'_, '_>, context: &Context<'_, '_>) -> bool {
    case.project_date()
        .is_some_and(|date| context.wide.payroll_near(date, PAYROLL_RUN_DAYS))
}

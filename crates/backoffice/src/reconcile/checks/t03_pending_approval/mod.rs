//! # Waiting for approval
//!
//! **What.** The other system holds the document as a draft or pending, and it is young enough
//! that approval may just be on its way.
//!
//! **Why it happens.** Billing went out while the pay application or change order was still with
//! its reviewer.
//!
//! **What to do.** Nothing yet: it clears with the approval, or becomes R08, R25, R41 or R42 when
//! the grace days have passed.

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::{Case, Relation};
use crate::reconcile::units::{Family, Standing};

pub(super) const CHECK: Check = Check {
    id: "T03_pending_approval",
    weight: Weight::Information,
    why: "The approval in the other system is still on its way.",
    next: "Nothing to do yet; the approval is expected.",
    rule: Rule::Claim(claim),
};

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    let billed = matches!(case.family, Family::Billing | Family::Cost);
    if !billed || case.residual.is_empty() {
        return None;
    }
    let unposted = case.relation == Relation::OnlyLedger && case.family == Family::Billing;
    let invoice = context
        .first_document(case)
        .is_some_and(|document| document.kind == figures::model::DocumentKind::Invoice);
    let young = context.in_grace(case);
    if unposted && invoice && young && in_open_period(case, context) {
        let unit = case.ledger.first()?;
        let what = format!(
            "{} is in QuickBooks; the billing period is still open",
            context.name_ledger(unit)
        );
        return Some(Claim::new(
            case.ledger_gross().abs().max(case.ledger_net().abs()),
            what,
        ));
    }
    if !young {
        return None;
    }
    if super::r36_labor_burden::says_burden(case, context) && case.ledger.is_empty() {
        let unit = case.project.first()?;
        let what = format!(
            "{} waits for the payroll of the month end",
            context.name_project(unit)
        );
        return Some(Claim::new(case.project_gross(), what));
    }
    let unit = case.ledger.first()?;
    let what = match case.relation {
        Relation::ProjectGone(Standing::Draft) => format!(
            "{} is in QuickBooks while {} still waits for approval",
            context.name_ledger(unit),
            context.name_project(case.project.first()?)
        ),
        _ => return None,
    };
    Some(Claim::new(
        case.ledger_gross().abs().max(case.ledger_net().abs()),
        what,
    ))
}

/// Whether the ledger document is dated in a billing period of the job that is still open.
fn in_open_period(case: &Case<'_, '_>, context: &Context<'_, '_>) -> bool {
    let (Some(job), Some(date)) = (case.job(), case.ledger_date()) else {
        return false;
    };
    context.view.records.billing_periods.iter().any(|period| {
        period.open
            && period.project_id == job
            && period.start.is_some_and(|start| start <= date)
            && period.end.is_some_and(|end| date <= end)
    })
}

//! # Labor burden
//!
//! **What.** The labor burden in Procore differs from the payroll taxes, workers compensation and
//! benefits that QuickBooks posted to the job.
//!
//! **Why it happens.** The burden was not allocated to jobs, or the rate in Procore is out of
//! date.
//!
//! **What to do.** Post an allocation, or correct the rate.

use figures::Money;

use super::r31_payroll_vs_timecards::{is_burden, is_labor, is_payroll, labor};
use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::{Case, Relation};
use crate::reconcile::units::{Family, ProjectUnit};
use crate::reconcile::view::debit_less_credit;

pub(super) const CHECK: Check = Check {
    id: "R36_labor_burden",
    weight: Weight::Margin,
    why: "Burden was not allocated to the job, or the rate in Procore is out of date.",
    next: "Post the allocation of burden, or correct the burden rate in Procore.",
    rule: Rule::Claim(claim),
};

/// Whether the Procore side says that it is burden.
pub(super) fn says_burden(case: &Case<'_, '_>, context: &Context<'_, '_>) -> bool {
    is_labor(case, context)
        && case.project.iter().all(|unit| {
            let cost = &context.view.records.direct_costs[unit.place as usize];
            let text = format!("{} {}", cost.description, cost.invoice_number).to_lowercase();
            BURDEN.iter().any(|word| text.contains(word))
        })
}

/// What Procore has as burden beside wages in one case; nothing where it is not told apart.
fn burden_apart(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Money> {
    let text = |unit: &ProjectUnit<'_>| {
        let cost = &context.view.records.direct_costs[unit.place as usize];
        format!("{} {}", cost.description, cost.invoice_number).to_lowercase()
    };
    if !is_labor(case, context) || case.project.len() < 2 {
        return None;
    }
    let says = |unit: &&&ProjectUnit<'_>| BURDEN.iter().any(|word| text(unit).contains(word));
    let burden: Vec<&&ProjectUnit<'_>> = case.project.iter().filter(says).collect();
    let wages = case.project.len() - burden.len();
    let sum = burden.iter().map(|unit| unit.shown.gross).sum();
    (!burden.is_empty() && wages > 0).then_some(sum)
}

/// Words by which a cost says that it is burden.
const BURDEN: [&str; 4] = ["burden", "payroll tax", "fringe", "benefit"];

/// Whether a cost is near an amount of burden: half as much again is wages that went astray.
fn is_about(cost: Money, burden: Money) -> bool {
    !burden.is_zero() && (cost - burden).abs().cents() * 2 <= burden.abs().cents()
}

/// Whether what a job lacks is the burden on its wages: the burden line of the journal lost its
/// job, or the other jobs of the journal carry burden in this proportion.
fn lacks_burden(case: &Case<'_, '_>, wages: Money, context: &Context<'_, '_>) -> bool {
    let missing = case.main();
    let (mut all_wages, mut all_burden) = (Money::ZERO, Money::ZERO);
    for unit in &case.ledger {
        for line in &context.document(unit).lines {
            let job = line
                .customer
                .as_deref()
                .and_then(|one| context.jobs.project_of(one));
            let amount = debit_less_credit(line);
            let burden = is_burden(context, line);
            if job.is_none() && burden && amount == missing {
                return true;
            }
            if job != unit.job && burden {
                all_burden += amount;
            } else if job != unit.job && context.view.role_of(line).wages {
                all_wages += amount;
            }
        }
    }
    // The same proportion, to within a cent of the wages' share.
    let (left, right) = (
        i128::from(missing.cents()) * i128::from(all_wages.cents()),
        i128::from(wages.cents()) * i128::from(all_burden.cents()),
    );
    missing > Money::ZERO
        && all_burden > Money::ZERO
        && (left - right).abs() <= i128::from(all_wages.cents())
}

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    if case.family != Family::Cost || case.residual.is_empty() {
        return None;
    }
    let (wages, burden) = labor(case, context);
    let about_burden = match case.relation {
        Relation::OnlyProject => says_burden(case, context),
        Relation::OnlyLedger => is_payroll(case, context) && wages.is_zero() && !burden.is_zero(),
        Relation::Paired if burden_apart(case, context).is_some() => {
            burden_apart(case, context) != Some(burden)
        }
        Relation::Paired => {
            says_burden(case, context)
                || (is_labor(case, context)
                    && wages.is_zero()
                    && is_about(case.project_gross(), burden))
                || (is_labor(case, context)
                    && burden.is_zero()
                    && lacks_burden(case, wages, context))
        }
        _ => false,
    };
    if !about_burden || context.in_grace(case) {
        return None;
    }
    let what = format!(
        "labor burden: Procore has {}, QuickBooks posted {}",
        case.project_gross(),
        super::r31_payroll_vs_timecards::posted_where(case)
    );
    // Labor on the wrong job sums to nothing over both; the figure is what one of them is off by.
    let off = case.residual.values().map(|share| share.main.abs()).max()?;
    Some(Claim::new(off, what))
}

//! # Write-off
//!
//! **What.** QuickBooks wrote an amount off, as a bad debt or a discount on the invoice, and
//! Procore still shows it open.
//!
//! **Why it happens.** An amount is uncollectible, or a settlement was agreed.
//!
//! **What to do.** Mirror it in Procore, as a change order if it is a price concession.

use figures::Money;
use figures::model::{DocumentKind, LineKind};

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::{Case, Relation};
use crate::reconcile::units::Family;

pub(super) const CHECK: Check = Check {
    id: "R38_write_off",
    weight: Weight::Margin,
    why: "The amount was written off or settled in QuickBooks only.",
    next: "Mirror the write-off in Procore; a price concession needs a change order.",
    rule: Rule::Claim(claim),
};

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    let unit = case.ledger.first()?;
    let document = context.document(unit);
    if case.family != Family::Billing || case.residual.is_empty() {
        return None;
    }
    let amount: Money = match (case.relation, document.kind) {
        (Relation::OnlyLedger, DocumentKind::CreditMemo) => {
            let written_off = document
                .lines
                .iter()
                .any(|line| context.view.role_of(line).bad_debt);
            if !written_off {
                return None;
            }
            unit.shown.net.abs()
        }
        (Relation::Paired, DocumentKind::Invoice) => {
            let discounts = document.lines.iter().filter(|line| {
                line.kind == LineKind::Discount || context.view.role_of(line).bad_debt
            });
            let total: Money = discounts.map(|line| line.amount.abs()).sum();
            if total.is_zero() || total != case.main().abs() {
                return None;
            }
            total
        }
        _ => return None,
    };
    let what = format!("{} writes off {amount}", context.name_ledger(unit));
    Some(Claim::new(amount, what))
}

//! # Retainage net against gross
//!
//! **What.** A document holds retainage in Procore and was entered net in QuickBooks although the
//! tenant enters gross, or gross without a retainage line.
//!
//! **Why it happens.** The document was entered against the custom of the office.
//!
//! **What to do.** Add the retainage line, or book the retainage by an entry of two lines: retainage
//! receivable against income for an invoice that was entered net; cost against retainage payable for
//! a bill that was entered net; payables, with the vendor, against retainage payable for a bill that
//! was entered gross. The line on retainage has the job. An entry whose number is the document's with
//! `-RET` behind it, or whose memo has the document's number, is a part of the document.

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::{Case, Relation};
use crate::reconcile::units::Family;

pub(super) const CHECK: Check = Check {
    id: "R09_retainage_net_vs_gross",
    weight: Weight::Margin,
    why: "The document was entered without its retainage line.",
    next: "Add the retainage line to the document in QuickBooks, or book the retainage by journal.",
    rule: Rule::Claim(claim),
};

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    let retained = matches!(case.family, Family::Billing | Family::Cost);
    if case.relation != Relation::Paired || !retained || case.residual.len() != 1 {
        return None;
    }
    let (gross, net) = (case.project_gross(), case.project_net());
    let (other_gross, other_net) = (case.ledger_gross(), case.ledger_net());
    let retainage = (gross - net) - (other_gross - other_net);
    // One of the two amounts agrees, or the net of one is the gross of the other: then the
    // difference is the retainage and nothing else.
    let agrees =
        gross == other_gross || net == other_net || gross == other_net || net == other_gross;
    let moved = case.main().abs();
    let by_retainage = moved.is_zero() || moved == retainage.abs();
    // A release that was keyed as new work is R35.
    let release = gross.is_zero() && !net.is_zero();
    if retainage.is_zero() || !agrees || !by_retainage || release {
        return None;
    }
    let what = format!(
        "{} holds retainage of {}; {} has {}",
        context.name_project(case.project.first()?),
        case.project_gross() - case.project_net(),
        context.name_ledger(case.ledger.first()?),
        case.ledger_gross() - case.ledger_net(),
    );
    Some(Claim::new(retainage, what))
}

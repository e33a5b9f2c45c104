//! Planted disagreements, timing cases and look-alikes, each on documents of its own.
//!
//! One function plants one case and records it in the truth with its effects; it gives `None` when
//! the world has no suitable document left. The order below matters only where a class changes
//! contracts or needs the final state of payments.

mod alike;
mod amounts;
mod contracts;
mod ledger;
mod missing;
mod payments;
mod receipts;
mod take;
mod timing;

use super::books::Books;

pub(crate) use alike::look_alikes;

type Plant = fn(&mut Books, usize) -> Option<()>;

const PLANTS: [(&str, Plant); 50] = [
    ("R41", contracts::billed_over_contract),
    ("R42", contracts::bill_over_commitment),
    ("R32", contracts::closed_on_one_side),
    ("R33", contracts::commitment_value),
    ("R10", contracts::change_order_one_side),
    ("R44", contracts::budget),
    ("R35", missing::release_not_invoiced),
    ("R34", amounts::stored_materials),
    ("R04", missing::bill_never_posted),
    ("R07", missing::invoice_missing),
    ("R21", missing::deleted_one_side),
    ("R22", missing::voided_one_side),
    ("R26", missing::direct_cost_without_bill),
    ("R25", missing::cost_not_in_procore),
    ("R08", missing::invoice_not_in_procore),
    ("R23", missing::credit_one_side),
    ("R05", missing::duplicate_bill),
    ("R06", missing::duplicate_invoice),
    ("R01", receipts::unapplied),
    ("R02", receipts::deposit_to_income),
    ("R03", receipts::deposit_to_receivable),
    ("R40", receipts::undeposited),
    ("R38", receipts::write_off),
    ("R09", amounts::net_or_gross),
    ("R16", amounts::transposed),
    ("R17", amounts::sign_reversed),
    ("R18", amounts::tax_included),
    ("R19", amounts::otherwise_different),
    ("R39", amounts::rounding),
    ("R20", amounts::date_mismatch),
    ("R24", amounts::period_cutoff),
    ("R11", ledger::mapping_split),
    ("R12", ledger::wrong_party),
    ("R13", ledger::wrong_job),
    ("R14", ledger::wrong_class),
    ("R15", ledger::wrong_cost_code),
    ("R31", ledger::wages),
    ("R36", ledger::burden),
    ("R37", ledger::manual_journal),
    ("R46", payments::bank_payment_unrecorded),
    ("R27", payments::paid_one_side),
    ("R28", payments::joint_check),
    ("R29", payments::discount),
    ("R30", payments::overpayment),
    ("T01", timing::in_transit),
    ("T02", timing::cutoff),
    ("T03", timing::pending_approval),
    ("T04", timing::bank_clearing),
    ("R43", payments::paid_on_hold),
    ("R45", payments::inactive_with_balance),
];

/// Plants everything that the plan asks for.
pub(crate) fn disagreements(books: &mut Books) {
    for (code, plant) in PLANTS {
        let times = books.plan.plantings.get(code).copied().unwrap_or(0);
        let (mut planted, mut attempts) = (0, 0);
        // A document can turn out unsuitable, such as an amount of equal digits: try another.
        while planted < times && attempts < times + 4 {
            attempts += 1;
            planted += usize::from(plant(books, planted).is_some());
        }
    }
}

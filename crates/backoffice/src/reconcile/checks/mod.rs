//! The checks: one folder for each discrepancy class of the catalogue.
//!
//! The order of [`CHECKS`] is the rule "the more specific root cause wins": a case goes to the
//! first check that claims it. Checks that look at the books as a whole scan them instead.

mod context;
mod habits;
mod numbers;
mod overbilled;
mod repeated;
mod roots;
mod run;
mod wide;

pub(crate) use context::{Claim, Context, Hit, looked_up_by};
pub(crate) use habits::{AccountVote, JobVote};
pub(crate) use numbers::compact_number;
pub(crate) use run::{from_hit, join, of_cases, run, scanned, worst_first};
pub(crate) use wide::{Tally, Turn, Wide, closed_vote, discounts_of, terms};

use crate::reconcile::cases::Case;

/// How much a class weighs in the order of the worklist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Cash may be lost.
    Cash,
    /// Margin is misstated.
    Margin,
    /// The books classify it wrongly.
    Classification,
    /// Worth knowing.
    Information,
}

/// A check of the catalogue.
#[derive(Clone, Copy)]
pub struct Check {
    /// Catalogue code and name: `R04_bill_never_posted`.
    pub id: &'static str,
    /// Its class in the severity rule.
    pub weight: Weight,
    /// Why it usually happens.
    pub why: &'static str,
    /// What to do next.
    pub next: &'static str,
    /// How it finds what it finds.
    pub(crate) rule: Rule,
}

/// How a check works.
#[derive(Clone, Copy)]
pub(crate) enum Rule {
    /// It claims cases that the pairing left to be explained.
    Claim(fn(&Case<'_, '_>, &Context<'_, '_>) -> Option<Claim>),
    /// It claims contract cases job by job, change order by change order.
    Split(fn(&Case<'_, '_>, &Context<'_, '_>) -> Vec<Hit>),
    /// It scans the books.
    Scan(fn(&Context<'_, '_>) -> Vec<Hit>),
}

macro_rules! checks {
    ($($module:ident),* $(,)?) => {
        $(mod $module;)*
        /// All checks, the more specific first.
        pub const CHECKS: &[Check] = &[$($module::CHECK),*];
    };
}

checks! {
    t02_period_cutoff,
    r39_rounding,
    r10_change_order_one_system,
    r21_deleted_one_side,
    r22_void_one_side,
    r40_undeposited_funds,
    t04_bank_clearing,
    r01_unapplied_payment,
    r30_overpayment,
    r02_deposit_to_income,
    r03_deposit_to_ar,
    r17_sign_reversed,
    r28_joint_check_unlinked,
    r06_duplicate_invoice,
    r05_duplicate_bill,
    r29_discount_taken,
    r38_write_off,
    r32_commitment_closed_po_open,
    r36_labor_burden,
    r31_payroll_vs_timecards,
    t03_pending_approval,
    r13_wrong_job,
    r12_party_mapping,
    r09_retainage_net_vs_gross,
    r34_stored_materials,
    r16_amount_transposed,
    r18_tax_treatment,
    t01_in_transit,
    r46_bank_payment_unrecorded,
    r35_retainage_released_one_side,
    r04_bill_never_posted,
    r26_direct_cost_no_bill,
    r07_invoice_missing_q,
    r23_credit_memo_one_side,
    r37_manual_journal,
    r08_invoice_missing_p,
    r25_cost_not_in_procore,
    r27_paid_one_side,
    r33_commitment_value,
    r15_wrong_cost_code,
    r19_amount_other,
    r14_wrong_class,
    r24_period_cutoff,
    r20_date_mismatch,
    r11_mapping_split,
    r41_billed_over_contract,
    r42_bill_over_commitment,
    r43_paid_on_hold,
    r44_budget_vs_estimate,
    r45_inactive_with_balance,
}

pub(crate) use r31_payroll_vs_timecards::PAYROLL_RUN_DAYS;
pub(crate) use r37_manual_journal::{unexplained as unexplained_journals, without_reversals};

//! Named tolerances of a tenant. Nothing else in the reconciliation holds a magic number.

use figures::Money;
use rust_decimal::Decimal;

/// Tolerances and conventions that a tenant may set.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Calendar days within which a one-sided record counts as timing (domain rules H0).
    pub grace_days: i32,
    /// A difference up to this is rounding (`cent_tol`, domain rule I6).
    pub rounding: Money,
    /// A job whose unexplained difference is up to this is called tied (`tie_out_tol`, I6).
    pub tied: Money,
    /// Days by which matched documents of one month may differ in date without a word (R20).
    pub date_window_days: i32,
    /// Days that a payment may rest in undeposited funds before an equal deposit is R40.
    pub undeposited_days: i32,
    /// Days within which an equal bill of the same vendor is a probable duplicate (E3).
    pub duplicate_window_days: i32,
    /// Sales tax rates accepted as an explanation where the document names none (R18).
    pub tax_rates: TaxRates,
    /// Share of documents, in percent, from which a coding habit counts as the map (R14, R15).
    pub habit_percent: u32,
    /// Documents needed before a coding habit counts as the map.
    pub habit_least: u32,
    /// How much each kind of finding weighs in the order of the worklist.
    pub weights: Weights,
    /// Expense accounts (besides Cost of Goods Sold) that the tenant has mapped to job cost.
    pub job_cost_accounts: Vec<String>,
}

/// Rates of sales tax that a difference may be explained with.
#[derive(Debug, Clone)]
pub struct TaxRates {
    /// Lowest rate.
    pub from: Decimal,
    /// Highest rate.
    pub to: Decimal,
    /// An accepted rate is a whole multiple of one of these: rates are set in tenths, eighths and
    /// quarters of a percent. A finer net would catch freight and fees as well.
    pub steps: Vec<Decimal>,
}

/// Class weights of the severity rule: |figure| times weight.
#[derive(Debug, Clone, Copy)]
pub struct Weights {
    /// Cash may be lost.
    pub cash: u32,
    /// Margin is misstated.
    pub margin: u32,
    /// The books classify it wrongly.
    pub classification: u32,
    /// Worth knowing.
    pub information: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            grace_days: 5,
            rounding: Money::from_cents(1),
            tied: Money::from_cents(100),
            date_window_days: 7,
            undeposited_days: 10,
            duplicate_window_days: 14,
            tax_rates: TaxRates {
                from: Decimal::new(4, 2),
                to: Decimal::new(105, 3),
                steps: vec![Decimal::new(1, 3), Decimal::new(125, 5)],
            },
            habit_percent: 80,
            habit_least: 4,
            weights: Weights {
                cash: 8,
                margin: 4,
                classification: 2,
                information: 1,
            },
            job_cost_accounts: Vec::new(),
        }
    }
}

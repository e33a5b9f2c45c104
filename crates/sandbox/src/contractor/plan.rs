//! What to simulate: size, months, retainage convention and what to plant.
//!
//! A plan is the whole input of the simulation: the same plan gives the same bytes.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};

/// How the contractor enters retainage in QuickBooks (measures.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retainage {
    /// Full work lines and a negative retainage line.
    Gross,
    /// Only the net amount.
    Net,
}

/// The input of one simulation.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Decides every draw.
    pub seed: u64,
    /// Number of construction jobs.
    pub jobs: usize,
    /// Months of history before `as_of`.
    pub months: usize,
    /// The day the books are looked at.
    pub as_of: Date,
    /// How retainage is entered in QuickBooks.
    pub retainage: Retainage,
    /// How often each class of the catalogue is planted.
    pub plantings: BTreeMap<String, usize>,
    /// How often each kind of look-alike is planted.
    pub look_alikes: usize,
    /// Direct costs per job and month, from and to.
    pub direct_costs_per_month: (i64, i64),
    /// Whether QuickBooks holds `Budget` entities.
    pub budgets: bool,
    /// Leaves out everything that no measure needs, for very large worlds.
    pub lean: bool,
    /// The contractor's name.
    pub company: String,
}

/// Every class that the two systems can express.
pub const CLASSES: [&str; 50] = [
    "R01", "R02", "R03", "R04", "R05", "R06", "R07", "R08", "R09", "R10", "R11", "R12", "R13",
    "R14", "R15", "R16", "R17", "R18", "R19", "R20", "R21", "R22", "R23", "R24", "R25", "R26",
    "R27", "R28", "R29", "R30", "R31", "R32", "R33", "R34", "R35", "R36", "R37", "R38", "R39",
    "R40", "R41", "R42", "R43", "R44", "R45", "R46", "T01", "T02", "T03", "T04",
];

impl Plan {
    /// A contractor with that many jobs, every class planted `times` times.
    #[must_use]
    pub fn sized(seed: u64, jobs: usize, times: usize) -> Self {
        let as_of = [
            date(2026, 10, 31),
            date(2026, 11, 3),
            date(2026, 9, 30),
            date(2026, 12, 31),
        ][usize::try_from(seed % 4).unwrap_or(0)];
        Self {
            seed,
            jobs,
            months: 28,
            as_of,
            retainage: if seed % 5 == 3 {
                Retainage::Net
            } else {
                Retainage::Gross
            },
            plantings: CLASSES
                .iter()
                .map(|code| ((*code).to_string(), times))
                .collect(),
            look_alikes: times.min(3),
            direct_costs_per_month: (3, 8),
            budgets: true,
            lean: false,
            company: "Ridgeline Builders LLC".to_string(),
        }
    }

    /// Three jobs.
    #[must_use]
    pub fn small(seed: u64) -> Self {
        Self::sized(seed, 3, 1)
    }

    /// About twelve jobs.
    #[must_use]
    pub fn medium(seed: u64) -> Self {
        Self::sized(seed, 12, 3)
    }

    /// About forty jobs.
    #[must_use]
    pub fn large(seed: u64) -> Self {
        Self::sized(seed, 40, 8)
    }

    /// About `n` financial records on each side, with bodies as small as validity allows.
    #[must_use]
    pub fn records(seed: u64, n: usize) -> Self {
        // A lean job of this density has about this many financial records a side.
        let per_job = 1_000;
        let jobs = (n / per_job).max(3);
        let mut plan = Self::sized(seed, jobs, (n / 20_000).clamp(1, 20));
        let per_job = i64::try_from(n / jobs).unwrap_or(1_000);
        let months = 12;
        let density = (per_job / months - 8).max(2);
        plan.direct_costs_per_month = (density, density + 2);
        plan.lean = true;
        plan
    }

    /// The demo contractor.
    #[must_use]
    pub fn demo() -> Self {
        let mut plan = Self::sized(20_260, 8, 1);
        plan.as_of = date(2026, 10, 31);
        plan.retainage = Retainage::Gross;
        plan
    }

    /// The same contractor with nothing planted: both systems agree to the cent.
    #[must_use]
    pub fn clean(mut self) -> Self {
        self.plantings.clear();
        self
    }
}

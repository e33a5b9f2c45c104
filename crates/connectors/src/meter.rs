//! What reading costs: calls counted per system and resource, with a budget that stops.
//!
//! QuickBooks sells reads (its *CorePlus* calls, 500,000 a month for an application in the free
//! tier), so every cycle shows what it used. The meter counts; it must not decide what to read.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use figures::source::System;
use serde::Serialize;
use smol_str::SmolStr;

/// Counts the calls of one cycle. Shared by both clients.
#[derive(Debug, Default)]
pub struct Meter {
    budget: Option<u64>,
    state: Mutex<Reading>,
}

/// What a meter shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Reading {
    /// Metered QuickBooks calls: queries, reads and change-data-capture.
    pub quickbooks_core_plus: u64,
    /// Procore calls.
    pub procore: u64,
    /// Calls that had to be made again; they are included in the numbers above.
    pub retries: u64,
    /// Calls by system and resource.
    pub by_resource: BTreeMap<SmolStr, u64>,
}

impl Meter {
    /// A meter without a limit.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A meter that refuses metered QuickBooks calls beyond a budget.
    #[must_use]
    pub fn with_budget(core_plus_calls: u64) -> Self {
        Self {
            budget: Some(core_plus_calls),
            state: Mutex::default(),
        }
    }

    /// What has been used so far.
    #[must_use]
    pub fn reading(&self) -> Reading {
        self.state().clone()
    }

    /// Counts one call, or refuses it with the budget.
    pub(crate) fn spend(&self, system: System, resource: &str) -> Result<(), u64> {
        let mut state = self.state();
        match system {
            System::Procore => state.procore += 1,
            System::QuickBooks => {
                if let Some(budget) = self
                    .budget
                    .filter(|most| state.quickbooks_core_plus >= *most)
                {
                    return Err(budget);
                }
                state.quickbooks_core_plus += 1;
            }
        }
        let name = smol_str::format_smolstr!("{}/{resource}", system.name());
        *state.by_resource.entry(name).or_default() += 1;
        Ok(())
    }

    pub(crate) fn count_retry(&self) {
        self.state().retries += 1;
    }

    fn state(&self) -> MutexGuard<'_, Reading> {
        // Counters stay usable after a panic elsewhere.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_stops_quickbooks_calls_and_leaves_procore_alone() {
        let meter = Meter::with_budget(2);
        assert_eq!(meter.spend(System::QuickBooks, "Bill"), Ok(()));
        assert_eq!(meter.spend(System::QuickBooks, "Bill"), Ok(()));
        assert_eq!(meter.spend(System::QuickBooks, "Bill"), Err(2));
        assert_eq!(meter.spend(System::Procore, "projects"), Ok(()));
        let reading = meter.reading();
        assert_eq!((reading.quickbooks_core_plus, reading.procore), (2, 1));
        assert_eq!(reading.by_resource.get("quickbooks/Bill"), Some(&2));
    }
}

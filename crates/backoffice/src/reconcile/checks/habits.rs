//! How a tenant usually codes: the class of a job, the account of a cost code. A map that most
//! paired documents follow is taken as the map; the few that do not are reported.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::super::matching::pairing::{NONE, Pairing};
use super::super::policy::Policy;
use super::super::units::{Family, LedgerUnit, ProjectKind, ProjectUnit};
use super::super::view::View;

/// Coding habits of a tenant.
#[derive(Debug, Default)]
pub(crate) struct Habits<'a> {
    /// Class of each job.
    class_of_job: BTreeMap<i64, &'a str>,
    /// Location of each job.
    department_of_job: BTreeMap<i64, &'a str>,
    /// Account of each cost code, by the code's text.
    account_of_code: BTreeMap<&'a str, &'a str>,
    /// All cost codes, by their text.
    known_codes: std::collections::BTreeSet<&'a str>,
    /// Text of each cost code id.
    codes: FxHashMap<i64, &'a str>,
}

/// Votes for one map.
struct Votes<'a, K> {
    counts: BTreeMap<K, BTreeMap<&'a str, u32>>,
}

impl<'a, K: Ord> Votes<'a, K> {
    fn new() -> Self {
        Self {
            counts: BTreeMap::new(),
        }
    }

    fn add(&mut self, key: K, value: &'a str) {
        *self
            .counts
            .entry(key)
            .or_default()
            .entry(value)
            .or_default() += 1;
    }

    fn winners(self, policy: &Policy) -> BTreeMap<K, &'a str> {
        let winner = |votes: &BTreeMap<&'a str, u32>| {
            let total: u32 = votes.values().sum();
            votes
                .iter()
                .max_by_key(|(value, count)| (**count, std::cmp::Reverse(**value)))
                .filter(|(_, count)| {
                    **count >= policy.habit_least && **count * 100 >= total * policy.habit_percent
                })
                .map(|(value, _)| *value)
        };
        self.counts
            .into_iter()
            .filter_map(|(key, votes)| winner(&votes).map(|value| (key, value)))
            .collect()
    }
}

impl<'a> Habits<'a> {
    pub(crate) fn learn(
        view: &View<'a>,
        project: &[ProjectUnit<'a>],
        ledger: &[LedgerUnit<'a>],
        pairing: &Pairing,
    ) -> Self {
        let codes: FxHashMap<i64, &str> = view
            .project
            .cost_codes
            .iter()
            .map(|code| (code.id, code.code.as_str()))
            .collect();
        let mut classes = Votes::new();
        let mut departments = Votes::new();
        let mut accounts = Votes::new();
        for (place, unit) in ledger.iter().enumerate() {
            let (Some(job), group) = (unit.job, pairing.of_ledger[place]) else {
                continue;
            };
            if group == NONE || !matches!(unit.family, Family::Billing | Family::Cost) {
                continue;
            }
            let document = view.at(unit.document);
            if let Some(class) = single_class(document) {
                classes.add(job, class);
            }
            if let Some(department) = document.department.as_deref() {
                departments.add(job, department);
            }
        }
        for group in pairing
            .groups
            .iter()
            .filter(|group| group.family == Family::Cost)
        {
            let ([one], [other]) = (group.project.as_slice(), group.ledger.as_slice()) else {
                continue;
            };
            let code = single_code(view, &project[*one as usize], &codes);
            let account = single_account(view, &ledger[*other as usize]);
            if let (Some(code), Some(account)) = (code, account) {
                accounts.add(code, account);
            }
        }
        Self {
            class_of_job: classes.winners(view.policy),
            department_of_job: departments.winners(view.policy),
            account_of_code: accounts.winners(view.policy),
            known_codes: codes
                .values()
                .copied()
                .filter(|code| !code.is_empty())
                .collect(),
            codes,
        }
    }

    /// The only cost code of a Procore document, as text.
    pub(crate) fn code_of(&self, view: &View<'a>, unit: &ProjectUnit<'a>) -> Option<&'a str> {
        single_code(view, unit, &self.codes)
    }

    pub(crate) fn class_of(&self, job: i64) -> Option<&'a str> {
        self.class_of_job.get(&job).copied()
    }

    pub(crate) fn department_of(&self, job: i64) -> Option<&'a str> {
        self.department_of_job.get(&job).copied()
    }

    /// The account that documents of this unit's only cost code usually go to.
    pub(crate) fn account_for(&self, view: &View<'a>, unit: &ProjectUnit<'a>) -> Option<&'a str> {
        self.account_of_code
            .get(single_code(view, unit, &self.codes)?)
            .copied()
    }
}

/// The cost code that the items or accounts of a unit carry in their names (`03-300 Concrete`),
/// when they carry exactly one that the project knows.
pub(crate) fn named_code<'a>(
    view: &View<'a>,
    habits: &Habits<'a>,
    unit: &LedgerUnit<'a>,
) -> Option<&'a str> {
    only(view.at(unit.document).lines.iter().filter_map(|line| {
        let name = view.named_on(line)?;
        let code = name.split(|one: char| one.is_whitespace()).next()?;
        habits.known_codes.get(code).copied()
    }))
}

/// The only class of a document, header or lines.
pub(crate) fn single_class(document: &figures::model::LedgerDocument) -> Option<&str> {
    let lines = document
        .lines
        .iter()
        .filter_map(|line| line.class.as_deref());
    only(lines).or(document.class.as_deref())
}

/// The only account of a unit's cost lines, retainage and balance sheet lines left out.
pub(crate) fn single_account<'a>(view: &View<'a>, unit: &LedgerUnit<'a>) -> Option<&'a str> {
    let document = view.at(unit.document);
    only(document.lines.iter().filter_map(|line| {
        let role = view.role_of(line);
        let sheet = role.retainage_payable || role.cash || role.payable || role.inventory;
        (!sheet)
            .then(|| view.account_of(line).map(smol_str_as_str))
            .flatten()
    }))
}

fn smol_str_as_str(text: &figures::SmolStr) -> &str {
    text.as_str()
}

/// The only cost code of a Procore document.
fn single_code<'a>(
    view: &View<'a>,
    unit: &ProjectUnit<'a>,
    codes: &FxHashMap<i64, &'a str>,
) -> Option<&'a str> {
    let lines = match unit.kind {
        ProjectKind::SubcontractorInvoice => {
            &view.project.subcontractor_invoices[unit.place as usize].lines
        }
        ProjectKind::DirectCost => &view.project.direct_costs[unit.place as usize].lines,
        _ => return None,
    };
    only(
        lines
            .iter()
            .filter(|line| !line.amount.is_zero())
            .filter_map(|line| codes.get(&line.cost_code_id?).copied()),
    )
}

/// The value when all are the same.
fn only<'a>(mut values: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}

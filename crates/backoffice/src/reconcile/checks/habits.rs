//! How a tenant usually codes: the class of a job, the account of a cost code. A map that most
//! paired documents follow is taken as the map; the few that do not are reported.

use std::collections::{BTreeMap, BTreeSet};

use figures::SmolStr;
use rustc_hash::FxHashMap;

use super::super::matching::pairing::withheld::{only_document, retainage_entry};
use super::super::matching::pairing::{Group, NONE, Pairing};
use super::super::policy::Policy;
use super::super::units::{Family, LedgerUnit, ProjectKind, ProjectUnit};
use super::super::view::View;
use super::wide::{Turn, count};

/// Coding habits of a tenant, as counts of what was done.
#[derive(Debug, Clone, Default)]
pub(crate) struct Habits {
    /// Classes of each job's documents.
    classes: Votes<i64>,
    /// Locations of each job's documents.
    departments: Votes<i64>,
    /// Accounts of each cost code, by the code's text.
    accounts: Votes<SmolStr>,
    /// All cost codes, by their text.
    known_codes: BTreeSet<SmolStr>,
    /// Text of each cost code id.
    codes: FxHashMap<i64, SmolStr>,
}

/// What was chosen how often, by key.
#[derive(Debug, Clone)]
struct Votes<K> {
    counts: BTreeMap<K, BTreeMap<SmolStr, u32>>,
}

impl<K> Default for Votes<K> {
    fn default() -> Self {
        Self {
            counts: BTreeMap::new(),
        }
    }
}

impl<K: Ord + Clone> Votes<K> {
    fn count(&mut self, key: &K, value: &SmolStr, turn: Turn) {
        count(self.counts.entry(key.clone()).or_default(), value, turn);
    }

    /// What is usual: chosen often enough, and nearly always.
    fn usual(&self, key: &K, policy: &Policy) -> Option<&str> {
        let votes = self.counts.get(key)?;
        let total: u32 = votes.values().sum();
        votes
            .iter()
            .max_by_key(|(value, count)| (**count, std::cmp::Reverse(*value)))
            .filter(|(_, count)| {
                **count >= policy.habit_least && **count * 100 >= total * policy.habit_percent
            })
            .map(|(value, _)| value.as_str())
    }
}

/// What a paired ledger document says of the habits of its job.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct JobVote {
    class: Option<SmolStr>,
    department: Option<SmolStr>,
}

impl JobVote {
    /// The vote of a paired unit.
    pub(crate) fn of(view: &View<'_>, unit: &LedgerUnit<'_>) -> Self {
        if !matches!(unit.family, Family::Billing | Family::Cost) {
            return Self::default();
        }
        let document = view.at(unit.document);
        // An entry is entered like its document, and one document votes once.
        if retainage_entry(view, document).is_some() {
            return Self::default();
        }
        Self {
            class: single_class(document).map(SmolStr::new),
            department: document.department.clone(),
        }
    }
}

/// What a pair of one cost with one document says: a cost code and its account.
pub(crate) type AccountVote = (SmolStr, SmolStr);

impl Habits {
    /// Habits that know the cost codes and nothing else yet.
    pub(crate) fn knowing(view: &View<'_>) -> Self {
        let codes = view.company.cost_codes.iter();
        let codes: FxHashMap<i64, SmolStr> = codes.map(|one| (one.id, one.code.clone())).collect();
        let known = codes.values().filter(|code| !code.is_empty());
        Self {
            known_codes: known.cloned().collect(),
            codes,
            ..Self::default()
        }
    }

    /// Counts all pairs.
    pub(crate) fn learn(
        &mut self,
        view: &View<'_>,
        project: &[ProjectUnit<'_>],
        ledger: &[LedgerUnit<'_>],
        pairing: &Pairing,
    ) {
        for (place, unit) in ledger.iter().enumerate() {
            if let (Some(job), true) = (unit.job, pairing.of_ledger[place] != NONE) {
                self.count_job(job, &JobVote::of(view, unit), Turn::Add);
            }
        }
        for group in &pairing.groups {
            if let Some(vote) = self.account_vote(view, project, ledger, group) {
                self.count_account(&vote, Turn::Add);
            }
        }
    }

    /// Counts what a paired document says of its job.
    pub(crate) fn count_job(&mut self, job: i64, vote: &JobVote, turn: Turn) {
        if let Some(class) = &vote.class {
            self.classes.count(&job, class, turn);
        }
        if let Some(department) = &vote.department {
            self.departments.count(&job, department, turn);
        }
    }

    /// Counts what a pair says of a cost code.
    pub(crate) fn count_account(&mut self, (code, account): &AccountVote, turn: Turn) {
        self.accounts.count(code, account, turn);
    }

    /// What a pair says of a cost code.
    pub(crate) fn account_vote(
        &self,
        view: &View<'_>,
        project: &[ProjectUnit<'_>],
        ledger: &[LedgerUnit<'_>],
        group: &Group,
    ) -> Option<AccountVote> {
        if group.family != Family::Cost {
            return None;
        }
        let [one] = group.project.as_slice() else {
            return None;
        };
        let units = group.ledger.iter().map(|at| &ledger[*at as usize]);
        let other = only_document(view, units)?;
        let code = self.code_of(view, &project[*one as usize])?;
        let account = single_account(view, other)?;
        Some((SmolStr::new(code), SmolStr::new(account)))
    }

    /// The only cost code of a Procore document, as text.
    pub(crate) fn code_of(&self, view: &View<'_>, unit: &ProjectUnit<'_>) -> Option<&str> {
        single_code(view, unit, &self.codes)
    }

    /// The class that documents of a job usually have.
    pub(crate) fn class_of(&self, job: i64, policy: &Policy) -> Option<&str> {
        self.classes.usual(&job, policy)
    }

    /// The location that documents of a job usually have.
    pub(crate) fn department_of(&self, job: i64, policy: &Policy) -> Option<&str> {
        self.departments.usual(&job, policy)
    }

    /// The account that documents of a cost code usually go to.
    pub(crate) fn account_of(&self, code: &str, policy: &Policy) -> Option<&str> {
        self.accounts.usual(&SmolStr::new(code), policy)
    }
}

/// The cost code that the items or accounts of a unit carry in their names (`03-300 Concrete`),
/// when they carry exactly one that the project knows.
pub(crate) fn named_code<'a>(
    view: &View<'a>,
    habits: &'a Habits,
    unit: &LedgerUnit<'a>,
) -> Option<&'a str> {
    only(view.at(unit.document).lines.iter().filter_map(|line| {
        let name = view.named_on(line)?;
        let code = name.split(|one: char| one.is_whitespace()).next()?;
        habits.known_codes.get(code).map(SmolStr::as_str)
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
fn single_code<'h>(
    view: &View<'_>,
    unit: &ProjectUnit<'_>,
    codes: &'h FxHashMap<i64, SmolStr>,
) -> Option<&'h str> {
    let lines = match unit.kind {
        ProjectKind::SubcontractorInvoice => {
            &view.records.subcontractor_invoices[unit.place as usize].lines
        }
        ProjectKind::DirectCost => &view.records.direct_costs[unit.place as usize].lines,
        _ => return None,
    };
    only(
        lines
            .iter()
            .filter(|line| !line.amount.is_zero())
            .filter_map(|line| codes.get(&line.cost_code_id?))
            .map(SmolStr::as_str),
    )
}

/// The value when all are the same.
fn only<'a>(mut values: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}

//! How the office usually codes, counted over all pairs by the rules of the checks R14 and R15, so
//! that no correction makes what they would report.

use std::collections::BTreeMap;

use figures::SmolStr;
use figures::model::LedgerDocument;
use rustc_hash::FxHashMap;

use super::desk::{Desk, lines};
use super::precedent::{Coded, same};
use crate::reconcile::units::{ProjectKind, ProjectUnit};

/// Accounts and items of cost codes, classes and locations of jobs, with how many documents have
/// them.
#[derive(Default)]
pub(super) struct Habits<'d> {
    accounts: BTreeMap<&'d str, BTreeMap<&'d str, u32>>,
    items: BTreeMap<&'d str, BTreeMap<&'d str, u32>>,
    classes: BTreeMap<i64, BTreeMap<SmolStr, u32>>,
    locations: BTreeMap<i64, BTreeMap<SmolStr, u32>>,
    codes: FxHashMap<i64, &'d str>,
}

impl<'d> Habits<'d> {
    /// Habits that know the cost codes and nothing else yet.
    pub(super) fn knowing(desk: &Desk<'d>) -> Self {
        let codes = desk.view.company.cost_codes.iter();
        Self {
            codes: codes.map(|one| (one.id, one.code.as_str())).collect(),
            ..Self::default()
        }
    }

    /// Counts a pair.
    pub(super) fn count(
        &mut self,
        desk: &Desk<'d>,
        unit: &ProjectUnit<'d>,
        document: &'d LedgerDocument,
    ) {
        if let Some(class) = class_of(document) {
            let votes = self.classes.entry(unit.job).or_default();
            *votes.entry(class).or_default() += 1;
        }
        if let Some(location) = &document.department {
            let votes = self.locations.entry(unit.job).or_default();
            *votes.entry(location.clone()).or_default() += 1;
        }
        let Some(code) = self.code(desk, unit) else {
            return;
        };
        if let Some(account) = single_account(desk, document) {
            let votes = self.accounts.entry(code).or_default();
            *votes.entry(account).or_default() += 1;
        }
        if let Ok(item) = single_item(desk, document) {
            let votes = self.items.entry(code).or_default();
            *votes.entry(item).or_default() += 1;
        }
    }

    /// The only cost code of a document of Procore's.
    pub(super) fn code(&self, desk: &Desk<'d>, unit: &ProjectUnit<'d>) -> Option<&'d str> {
        let records = &desk.view.records;
        let lines = match unit.kind {
            ProjectKind::SubcontractorInvoice => {
                &records.subcontractor_invoices[unit.place as usize].lines
            }
            ProjectKind::DirectCost => &records.direct_costs[unit.place as usize].lines,
            _ => return None,
        };
        let named = lines.iter().filter(|line| !line.amount.is_zero());
        same(named.filter_map(|line| self.codes.get(&line.cost_code_id?).copied()))
    }

    /// The account that nearly all documents of a cost code have.
    pub(super) fn account_of(&self, desk: &Desk<'d>, code: &str) -> Option<&'d str> {
        usual(desk, self.accounts.get(code)?).copied()
    }

    /// The item of a cost code: of those that earlier documents of it have and that say where it
    /// goes, the one that nearly all have, else the only one.
    pub(super) fn item_of(&self, desk: &Desk<'d>, code: &str) -> Result<&'d str, String> {
        let goes_to = self.account_of(desk, code);
        let right = |item: &&str| {
            let says = Coded::Item(item).says(desk, self);
            !is_stocked(desk, item)
                && match says.code {
                    Some(named) => named == code,
                    None => says.account.is_some() && says.account == goes_to,
                }
        };
        let votes = self.items.get(code);
        if let Some(item) = votes
            .and_then(|votes| usual(desk, votes))
            .filter(|one| right(one))
        {
            return Ok(item);
        }
        let known = votes.into_iter().flat_map(BTreeMap::keys);
        match known
            .filter(|one| right(one))
            .collect::<Vec<_>>()
            .as_slice()
        {
            [only] => Ok(only),
            [] => Err(format!(
                "no earlier document shows the item of cost code {code}"
            )),
            _ => Err(format!(
                "earlier documents of cost code {code} have several items"
            )),
        }
    }

    /// The class that nearly all documents of a job have.
    pub(super) fn class_of(&self, desk: &Desk<'d>, job: i64) -> Option<SmolStr> {
        usual(desk, self.classes.get(&job)?).cloned()
    }

    /// The location that nearly all documents of a job have.
    fn location_of(&self, desk: &Desk<'d>, job: i64) -> Option<&SmolStr> {
        usual(desk, self.locations.get(&job)?)
    }

    /// Whether account or item, class and location are what the cost code and the job usually have.
    pub(super) fn fit(
        &self,
        desk: &Desk<'d>,
        unit: &ProjectUnit<'d>,
        says: Option<&Says<'_>>,
        (class, location): (Option<&str>, Option<&str>),
    ) -> Result<(), String> {
        let code = self.code(desk, unit);
        let usual = code.and_then(|code| self.account_of(desk, code));
        if let (Some(says), Some(code)) = (says, code) {
            let other = match says.code {
                Some(named) => named != code,
                None => usual
                    .zip(says.account)
                    .is_some_and(|(usual, own)| usual != own),
            };
            if other {
                return Err(format!("{} is not where cost code {code} goes", says.name));
            }
        }
        if let (Some(location), Some(usual)) = (location, self.location_of(desk, unit.job))
            && usual != location
        {
            return Err(format!(
                "location {location} is not the usual one of the job, which is {usual}"
            ));
        }
        match (class, self.class_of(desk, unit.job)) {
            (Some(class), Some(usual)) if usual != class => Err(format!(
                "class {} is not the usual one of the job, which is {}",
                desk.class_name(class),
                desk.class_name(&usual)
            )),
            _ => Ok(()),
        }
    }

    /// The cost code that a name begins with.
    pub(super) fn code_in(&self, name: &str) -> Option<&'d str> {
        let first = name.split(char::is_whitespace).next()?;
        let mut known = self.codes.values();
        known
            .find(|code| **code == first && !code.is_empty())
            .copied()
    }
}

/// What the lines of a document say about its cost code.
pub(super) struct Says<'d> {
    /// Their item or account, as people call it.
    name: &'d str,
    /// The only cost code that their items or accounts carry in their names.
    code: Option<&'d str>,
    /// The only account that they post to.
    account: Option<&'d str>,
}

impl<'d> Says<'d> {
    /// What a document says, by the rule of the check R15.
    pub(super) fn of(desk: &Desk<'d>, document: &'d LedgerDocument) -> Self {
        let habits = &desk.precedents.habits;
        let names = document
            .lines
            .iter()
            .filter_map(|line| desk.view.named_on(line));
        let account = single_account(desk, document);
        Self {
            name: names.clone().next().unwrap_or("what it is coded to"),
            code: same(names.filter_map(|name| habits.code_in(name))),
            account,
        }
    }
}

impl<'d> Coded<'d> {
    /// What lines say that are coded like this.
    pub(super) fn says(self, desk: &Desk<'d>, habits: &Habits<'d>) -> Says<'d> {
        let name = self.name(desk);
        Says {
            name,
            code: habits.code_in(name),
            account: self.account(desk),
        }
    }
}

/// What is chosen often enough, and nearly always.
fn usual<'v, K: Ord>(desk: &Desk<'_>, votes: &'v BTreeMap<K, u32>) -> Option<&'v K> {
    let policy = desk.view.policy;
    let total: u32 = votes.values().sum();
    let most = votes.iter().max_by_key(|(_, count)| **count);
    most.filter(|(_, count)| {
        **count >= policy.habit_least && **count * 100 >= total * policy.habit_percent
    })
    .map(|(value, _)| value)
}

/// The only class of a document, header or lines.
pub(super) fn class_of(document: &LedgerDocument) -> Option<SmolStr> {
    let mut lines = document.lines.iter().filter_map(|line| line.class.as_ref());
    let first = lines.next();
    let only = first.filter(|first| lines.all(|class| class == *first));
    only.or(document.class.as_ref()).cloned()
}

/// The only account of the cost lines of a document.
pub(super) fn single_account<'d>(desk: &Desk<'d>, document: &'d LedgerDocument) -> Option<&'d str> {
    let lines = document.lines.iter().filter(|line| {
        let role = desk.view.role_of(line);
        !(role.retainage_payable || role.cash || role.payable || role.inventory)
    });
    same(lines.filter_map(|line| desk.view.account_of(line).map(SmolStr::as_str)))
}

/// The only item of the lines of a document, retainage left out; else why there is none.
pub(super) fn single_item<'d>(
    desk: &Desk<'d>,
    document: &'d LedgerDocument,
) -> Result<&'d str, String> {
    let costs = lines(document).filter(|line| !desk.view.role_of(line).retainage_payable);
    let items: Option<Vec<&str>> = costs.map(|line| line.item.as_deref()).collect();
    let items = items.ok_or("only some of its lines are entered by item")?;
    same(items.into_iter()).ok_or_else(|| "its lines are on several items".to_owned())
}

/// Whether an item is kept in stock: its line moves a quantity.
pub(super) fn is_stocked(desk: &Desk<'_>, item: &str) -> bool {
    let mut items = desk.view.lists.items.iter();
    items.any(|one| one.id == item && one.asset_account.is_some())
}

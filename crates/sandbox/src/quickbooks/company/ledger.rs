//! The double-entry ledger: postings, open items and the applications between them.
//!
//! Amounts are cents, debit positive, except that open items on the payable side are positive
//! when the company owes. Nothing here knows the JSON of an entity.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::quickbooks::kind::{Key, Kind};

/// One side of one transaction on one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Posting {
    pub(crate) account: u64,
    pub(crate) cents: i64,
    /// Position among the flattened lines, absent for the header's side.
    pub(crate) line: Option<usize>,
    /// Payee, customer or employee of this side.
    pub(crate) party: Option<Key>,
    /// The job that this side belongs to.
    pub(crate) customer: Option<u64>,
    pub(crate) class: Option<u64>,
    pub(crate) department: Option<u64>,
    pub(crate) item: Option<u64>,
}

/// All postings of one transaction.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) date: Date,
    pub(crate) postings: Vec<Posting>,
}

/// Which control account an open item belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    Receivable,
    Payable,
}

/// How one transaction points at another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Link {
    /// Settles part of the target's open amount.
    Applies { target: Key, cents: i64, side: Side },
    /// Takes the target out of undeposited funds.
    Deposits { target: Key },
    /// Only refers to it (purchase order, estimate).
    Cites { target: Key },
}

impl Link {
    pub(crate) fn target(&self) -> Key {
        match self {
            Link::Applies { target, .. } | Link::Deposits { target } | Link::Cites { target } => {
                *target
            }
        }
    }
}

/// Whose part of an open item is how much.
type Part = (Option<Key>, i64);

#[derive(Debug, Clone, Copy)]
struct Shift {
    item: Key,
    side: Side,
    party: Option<Key>,
    cents: i64,
}

/// The ledger of one company.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    entries: BTreeMap<Key, Entry>,
    accounts: BTreeMap<u64, i64>,
    sides: BTreeMap<u64, Side>,
    links: BTreeMap<Key, Vec<Link>>,
    incoming: BTreeMap<Key, BTreeSet<Key>>,
    original: BTreeMap<(Key, Side), Vec<Part>>,
    moved: BTreeMap<(Key, Side), i64>,
    shifts: BTreeMap<Key, Vec<Shift>>,
    balances: BTreeMap<(Side, Option<Key>), i64>,
}

impl Ledger {
    /// Declares that an account is a control account, or is not.
    pub(crate) fn set_side(&mut self, account: u64, side: Option<Side>) {
        match side {
            Some(side) => self.sides.insert(account, side),
            None => self.sides.remove(&account),
        };
    }

    pub(crate) fn side_of(&self, account: u64) -> Option<Side> {
        self.sides.get(&account).copied()
    }

    /// Replaces what a transaction posts and points at, and re-settles everything around it.
    pub(crate) fn put(&mut self, key: Key, entry: Option<Entry>, links: Vec<Link>) {
        let mut around = self.incoming.get(&key).cloned().unwrap_or_default();
        around.insert(key);
        for neighbour in &around {
            self.unsettle(*neighbour);
        }
        self.forget_links(key);
        self.unpost(key);
        if let Some(entry) = entry {
            self.post(key, entry);
        }
        self.remember_links(key, links);
        for neighbour in &around {
            self.settle(*neighbour);
        }
    }

    /// All postings, summed by account, customer, class and day.
    pub(crate) fn effect(&self) -> BTreeMap<(u64, Option<u64>, Option<u64>, Date), i64> {
        let mut sums = BTreeMap::new();
        for entry in self.entries.values() {
            for side in &entry.postings {
                let place = (side.account, side.customer, side.class, entry.date);
                *sums.entry(place).or_insert(0) += side.cents;
            }
        }
        sums.retain(|_, cents| *cents != 0);
        sums
    }

    /// Posts without settling; used while loading, when targets may not be there yet.
    pub(crate) fn put_unsettled(&mut self, key: Key, entry: Option<Entry>, links: Vec<Link>) {
        if let Some(entry) = entry {
            self.post(key, entry);
        }
        self.remember_links(key, links);
    }

    /// Settles every application; closes the loading begun with `put_unsettled`.
    pub(crate) fn settle_all(&mut self) {
        let keys: Vec<Key> = self.links.keys().copied().collect();
        for key in keys {
            self.settle(key);
        }
    }

    fn post(&mut self, key: Key, entry: Entry) {
        for posting in &entry.postings {
            *self.accounts.entry(posting.account).or_default() += posting.cents;
            if let Some(side) = self.side_of(posting.account) {
                let cents = match side {
                    Side::Receivable => posting.cents,
                    Side::Payable => -posting.cents,
                };
                let party = control_party(side, posting);
                let parts = self.original.entry((key, side)).or_default();
                match parts.iter_mut().find(|part| part.0 == party) {
                    Some(part) => part.1 += cents,
                    None => parts.push((party, cents)),
                }
                *self.balances.entry((side, party)).or_default() += cents;
            }
        }
        self.entries.insert(key, entry);
    }

    fn unpost(&mut self, key: Key) {
        if let Some(entry) = self.entries.remove(&key) {
            for posting in &entry.postings {
                *self.accounts.entry(posting.account).or_default() -= posting.cents;
            }
        }
        for side in [Side::Receivable, Side::Payable] {
            for (party, cents) in self.original.remove(&(key, side)).unwrap_or_default() {
                *self.balances.entry((side, party)).or_default() -= cents;
            }
        }
    }

    fn remember_links(&mut self, key: Key, links: Vec<Link>) {
        for link in &links {
            self.incoming.entry(link.target()).or_default().insert(key);
        }
        if !links.is_empty() {
            self.links.insert(key, links);
        }
    }

    fn forget_links(&mut self, key: Key) {
        for link in self.links.remove(&key).unwrap_or_default() {
            if let Some(sources) = self.incoming.get_mut(&link.target()) {
                sources.remove(&key);
                if sources.is_empty() {
                    self.incoming.remove(&link.target());
                }
            }
        }
    }

    fn settle(&mut self, payer: Key) {
        let mut shifts = Vec::new();
        for link in self.links.get(&payer).into_iter().flatten() {
            let Link::Applies {
                target,
                cents,
                side,
            } = link
            else {
                continue;
            };
            let Some(parts) = self.original.get(&(*target, *side)) else {
                continue;
            };
            let total: i64 = parts.iter().map(|part| part.1).sum();
            let credit = total < 0
                || (total == 0 && matches!(target.0, Kind::CreditMemo | Kind::VendorCredit));
            let toward = if credit { *cents } else { -*cents };
            let target_party = parts.first().and_then(|part| part.0);
            let payer_party = self
                .original
                .get(&(payer, *side))
                .and_then(|parts| parts.first())
                .map_or(target_party, |part| part.0);
            shifts.push(Shift {
                item: *target,
                side: *side,
                party: target_party,
                cents: toward,
            });
            shifts.push(Shift {
                item: payer,
                side: *side,
                party: payer_party,
                cents: -toward,
            });
        }
        for shift in &shifts {
            self.shift(shift, 1);
        }
        if !shifts.is_empty() {
            self.shifts.insert(payer, shifts);
        }
    }

    fn unsettle(&mut self, payer: Key) {
        for shift in self.shifts.remove(&payer).unwrap_or_default() {
            self.shift(&shift, -1);
        }
    }

    fn shift(&mut self, shift: &Shift, sign: i64) {
        *self.moved.entry((shift.item, shift.side)).or_default() += sign * shift.cents;
        *self.balances.entry((shift.side, shift.party)).or_default() += sign * shift.cents;
    }

    /// The open amount of an item: what is not yet settled.
    pub(crate) fn open(&self, key: Key, side: Side) -> i64 {
        self.original_total(key, side) + self.moved.get(&(key, side)).copied().unwrap_or(0)
    }

    /// What the item opened with.
    pub(crate) fn original_total(&self, key: Key, side: Side) -> i64 {
        self.original
            .get(&(key, side))
            .into_iter()
            .flatten()
            .map(|part| part.1)
            .sum()
    }

    /// Items with an entry on a control account, in key order.
    pub(crate) fn items(&self, side: Side) -> impl Iterator<Item = (Key, Option<Key>)> + '_ {
        self.original
            .iter()
            .filter(move |((_, at), _)| *at == side)
            .map(|((key, _), parts)| (*key, parts.first().and_then(|part| part.0)))
    }

    /// What one customer owes, or what is owed to one vendor.
    pub(crate) fn party_balance(&self, side: Side, party: Option<Key>) -> i64 {
        self.balances.get(&(side, party)).copied().unwrap_or(0)
    }

    /// Parties with a balance on one side.
    pub(crate) fn parties(&self, side: Side) -> impl Iterator<Item = (Option<Key>, i64)> + '_ {
        self.balances
            .iter()
            .filter(move |row| row.0.0 == side)
            .map(|row| (row.0.1, *row.1))
    }

    /// Balance of an account over all time, debit positive.
    pub(crate) fn account_balance(&self, account: u64) -> i64 {
        self.accounts.get(&account).copied().unwrap_or(0)
    }

    pub(crate) fn entry(&self, key: Key) -> Option<&Entry> {
        self.entries.get(&key)
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = (&Key, &Entry)> {
        self.entries.iter()
    }

    pub(crate) fn links_of(&self, key: Key) -> &[Link] {
        self.links.get(&key).map_or(&[], Vec::as_slice)
    }

    /// Transactions that point at this one.
    pub(crate) fn incoming(&self, key: Key) -> Vec<Key> {
        self.incoming
            .get(&key)
            .into_iter()
            .flatten()
            .copied()
            .collect()
    }

    /// Whether debits equal credits in every entry and over all accounts.
    pub(crate) fn is_balanced(&self) -> bool {
        let each = self.entries.values().all(|entry| {
            entry
                .postings
                .iter()
                .map(|posting| posting.cents)
                .sum::<i64>()
                == 0
        });
        each && self.accounts.values().sum::<i64>() == 0
    }
}

/// Who a posting on a control account counts for.
pub(crate) fn control_party(side: Side, posting: &Posting) -> Option<Key> {
    match side {
        Side::Receivable => posting
            .party
            .filter(|party| party.0 == Kind::Customer)
            .or(posting.customer.map(|id| (Kind::Customer, id))),
        Side::Payable => posting.party.filter(|party| party.0 == Kind::Vendor),
    }
}

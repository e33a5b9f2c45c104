//! One company file: entities, their ledger, and the rules for changing them.
//!
//! A company knows nothing of HTTP, tokens or faults that are injected on purpose. Time is an
//! argument. Entities are the JSON that the API returns; balances and links in them follow from
//! the postings in [`ledger`].

pub(crate) mod ledger;
mod lines;
mod load;
mod members;
mod posting;
mod removal;
mod render;
mod rules;
pub(crate) mod values;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};
use serde_json::Value;

use super::clock;
use super::kind::{Key, Kind};
use ledger::{Ledger, Side};
use posting::SystemAccount;
pub(crate) use removal::{VoidForm, VoidOutcome};
pub(crate) use rules::classification;
use values::{ref_id, text};

/// Where the vendor's behaviour is unverified, a company can be switched either way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behaviour {
    /// Deleting a bill that is paid: refuse with 6000, or unlink silently.
    pub refuse_deleting_paid_bills: bool,
    /// Re-linking the lines of a payment that sits in a deposit: refuse with 6540, or accept.
    pub refuse_relinking_deposited_payments: bool,
    /// A closing date has a password: 6210 in place of 6200.
    pub closing_password: bool,
    /// Answer a closed period with code 5010 and the text "Account Period Closed".
    pub closed_period_as_stale: bool,
    /// Two bills of one vendor with the same number: refuse with 6140, or accept.
    pub refuse_duplicate_bill_numbers: bool,
}

impl Default for Behaviour {
    fn default() -> Self {
        Behaviour {
            refuse_deleting_paid_bills: true,
            refuse_relinking_deposited_payments: false,
            closing_password: false,
            closed_period_as_stale: false,
            refuse_duplicate_bill_numbers: true,
        }
    }
}

/// A place where a loaded entity says something else than what follows from postings and links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inconsistency {
    /// Entity name.
    pub entity: String,
    /// Entity id.
    pub id: String,
    /// The member that disagrees.
    pub member: String,
    /// What the loaded body said.
    pub stated: String,
    /// What follows.
    pub computed: String,
}

/// What a writer may ask for beside the body.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WriteOptions {
    /// `include=allowduplicatedocnum`.
    pub allow_duplicate_number: bool,
}

/// A stored entity.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) body: Value,
    pub(crate) updated: Timestamp,
}

/// All entities of one type.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) rows: BTreeMap<u64, Record>,
    pub(crate) gone: BTreeMap<u64, Record>,
}

/// Something that happened to an entity, for webhooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) key: Key,
    pub(crate) operation: &'static str,
    pub(crate) at: Timestamp,
}

/// One company file.
#[derive(Debug)]
pub struct Company {
    realm: String,
    zone: TimeZone,
    tables: BTreeMap<Kind, Table>,
    ledger: Ledger,
    system: BTreeMap<SystemAccount, u64>,
    children: BTreeMap<u64, Vec<u64>>,
    names: BTreeMap<String, Vec<Key>>,
    numbers: BTreeMap<(Kind, String), Vec<u64>>,
    next_transaction: u64,
    inconsistencies: Vec<Inconsistency>,
    changes: Vec<Change>,
    reconciled: BTreeSet<Key>,
    /// Switches for unverified vendor behaviour.
    pub behaviour: Behaviour,
}

impl Company {
    /// The company id.
    #[must_use]
    pub fn realm(&self) -> &str {
        &self.realm
    }

    pub(crate) fn zone(&self) -> &TimeZone {
        &self.zone
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub(crate) fn table(&self, kind: Kind) -> Option<&Table> {
        self.tables.get(&kind)
    }

    /// The stored body, without the balances that are filled in when it is served.
    pub(crate) fn get(&self, kind: Kind, id: u64) -> Option<&Value> {
        self.tables
            .get(&kind)?
            .rows
            .get(&id)
            .map(|record| &record.body)
    }

    /// Where the loaded books contradicted themselves.
    #[must_use]
    pub fn inconsistencies(&self) -> &[Inconsistency] {
        &self.inconsistencies
    }

    /// What every account holds for a customer and a class on a day, in cents; what sums to nothing
    /// is left out.
    #[must_use]
    pub fn ledger_effect(&self) -> BTreeMap<(u64, Option<u64>, Option<u64>, Date), i64> {
        self.ledger.effect()
    }

    /// Whether debits equal credits, entry by entry and in total.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        self.ledger.is_balanced()
    }

    /// Sum of all customers' open amounts, in cents.
    #[must_use]
    pub fn customers_total_cents(&self) -> i64 {
        self.ledger.parties(Side::Receivable).map(|row| row.1).sum()
    }

    /// Sum of all vendors' open amounts, in cents, positive when the company owes.
    #[must_use]
    pub fn vendors_total_cents(&self) -> i64 {
        self.ledger.parties(Side::Payable).map(|row| row.1).sum()
    }

    /// Balance of all accounts of one `AccountType`, in cents, debit positive.
    #[must_use]
    pub fn account_type_cents(&self, account_type: &str) -> i64 {
        self.accounts()
            .filter(|(_, body)| text(body, "AccountType") == account_type)
            .map(|(id, _)| self.ledger.account_balance(id))
            .sum()
    }

    /// How many living entities of a type there are.
    #[must_use]
    pub fn count(&self, kind: Kind) -> usize {
        self.tables.get(&kind).map_or(0, |table| table.rows.len())
    }

    pub(crate) fn accounts(&self) -> impl Iterator<Item = (u64, &Value)> {
        self.rows(Kind::Account)
    }

    pub(crate) fn rows(&self, kind: Kind) -> impl Iterator<Item = (u64, &Value)> {
        self.tables
            .get(&kind)
            .into_iter()
            .flat_map(|table| table.rows.iter().map(|(id, record)| (*id, &record.body)))
    }

    /// Changes since the last call.
    pub(crate) fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    pub(crate) fn preferences(&self) -> &Value {
        self.rows(Kind::Preferences)
            .next()
            .map_or(&Value::Null, |row| row.1)
    }

    pub(crate) fn preference(&self, group: &str, member: &str) -> Option<&Value> {
        self.preferences().get(group)?.get(member)
    }

    /// Ticks a transaction off against the bank's statement, as a bookkeeper would. Says whether there
    /// is such a one.
    pub fn reconcile(&mut self, entity: &str, id: &str) -> bool {
        let (Some(kind), Ok(id)) = (Kind::parse(entity), id.parse()) else {
            return false;
        };
        self.get(kind, id).is_some() && self.reconciled.insert((kind, id))
    }

    /// Takes the tick away again.
    pub fn unreconcile(&mut self, entity: &str, id: &str) -> bool {
        let key = Kind::parse(entity).zip(id.parse().ok());
        key.is_some_and(|key| self.reconciled.remove(&key))
    }

    /// Whether a transaction was ticked off against the bank's statement.
    pub(crate) fn is_reconciled(&self, key: Key) -> bool {
        self.reconciled.contains(&key)
    }

    /// Sets or clears the closing date, as the owner would in the settings.
    pub fn set_closing_date(&mut self, date: Option<jiff::civil::Date>, now: Timestamp) {
        let Some(id) = self.rows(Kind::Preferences).next().map(|row| row.0) else {
            return;
        };
        let Some(mut body) = self.get(Kind::Preferences, id).cloned() else {
            return;
        };
        let group = values::members(&mut body)
            .entry("AccountingInfoPrefs")
            .or_insert_with(|| Value::Object(serde_json::Map::new()));
        match date {
            Some(date) => {
                values::members(group)
                    .insert("BookCloseDate".to_owned(), Value::String(date.to_string()));
            }
            None => {
                values::members(group).remove("BookCloseDate");
            }
        }
        self.touch(&mut body, now);
        self.store((Kind::Preferences, id), body, now, "Update");
    }

    /// Full name of a name-list entry.
    pub(crate) fn name_of(&self, kind: Kind, id: u64) -> Option<String> {
        let body = self.get(kind, id)?;
        ["FullyQualifiedName", "DisplayName", "Name"]
            .into_iter()
            .map(|member| text(body, member))
            .find(|name| !name.is_empty())
            .map(str::to_owned)
    }

    /// The system account, if the company has one.
    fn system_account(&self, which: SystemAccount) -> Result<u64, SystemAccount> {
        if let Some(id) = self.system.get(&which) {
            return Ok(*id);
        }
        let preferred = match which {
            SystemAccount::Receivable => Some("DefaultARAccount"),
            SystemAccount::Payable => Some("DefaultAPAccount"),
            _ => None,
        };
        if let Some(id) = preferred
            .and_then(|member| ref_id(self.preferences().get("AccountingInfoPrefs")?, member))
        {
            return Ok(id);
        }
        let (name, account_type, sub_type) = which.definition();
        let by_type = matches!(which, SystemAccount::Receivable | SystemAccount::Payable);
        self.accounts()
            .find(|(_, body)| {
                if by_type {
                    text(body, "AccountType") == account_type
                } else {
                    text(body, "AccountSubType") == sub_type || text(body, "Name") == name
                }
            })
            .map(|row| row.0)
            .ok_or(which)
    }

    /// Remembers the system accounts that exist, so that postings need not search for them.
    fn find_system_accounts(&mut self) {
        self.system.clear();
        for which in SystemAccount::ALL {
            if let Ok(id) = self.system_account(which) {
                self.system.insert(which, id);
            }
        }
    }

    /// Finds or makes the system account and remembers it.
    fn ensure_system_account(&mut self, which: SystemAccount, now: Timestamp) -> u64 {
        let id = self.system_account(which).unwrap_or_else(|which| {
            let (name, account_type, sub_type) = which.definition();
            let id = self.next_id(Kind::Account);
            let stamp = clock::stamp(now, &self.zone);
            let body = serde_json::json!({
                "Name": name, "SubAccount": false, "FullyQualifiedName": name, "Active": true,
                "Classification": rules::classification(account_type),
                "AccountType": account_type, "AccountSubType": sub_type,
                "CurrentBalance": 0, "CurrentBalanceWithSubAccounts": 0,
                "CurrencyRef": {"value": "USD", "name": "United States Dollar"},
                "domain": "QBO", "sparse": false, "Id": id.to_string(), "SyncToken": "0",
                "MetaData": {"CreateTime": stamp, "LastUpdatedTime": stamp},
            });
            self.store((Kind::Account, id), body, now, "Create");
            id
        });
        self.system.insert(which, id);
        id
    }

    fn next_id(&self, kind: Kind) -> u64 {
        if kind.family() == super::kind::Family::Transaction {
            return self.next_transaction;
        }
        let highest = self.tables.get(&kind).map_or(0, |table| {
            let row = table.rows.keys().next_back().copied().unwrap_or(0);
            row.max(table.gone.keys().next_back().copied().unwrap_or(0))
        });
        highest + 1
    }

    /// Stores a body and keeps the indexes; the ledger is the caller's affair.
    fn store(&mut self, key: Key, body: Value, now: Timestamp, operation: &'static str) {
        let (kind, id) = key;
        self.forget_index(key);
        self.index(key, &body);
        if kind.family() == super::kind::Family::Transaction {
            self.next_transaction = self.next_transaction.max(id + 1);
        }
        self.tables
            .entry(kind)
            .or_default()
            .rows
            .insert(id, Record { body, updated: now });
        if kind == Kind::Account || kind == Kind::Preferences {
            self.find_system_accounts();
        }
        self.changes.push(Change {
            key,
            operation,
            at: now,
        });
    }

    fn index(&mut self, (kind, id): Key, body: &Value) {
        if kind.is_party() {
            let name = text(body, "DisplayName").to_lowercase();
            self.names.entry(name).or_default().push((kind, id));
        }
        if kind == Kind::Customer
            && let Some(parent) = ref_id(body, "ParentRef")
        {
            self.children.entry(parent).or_default().push(id);
        }
        if kind == Kind::Account {
            let side = match text(body, "AccountType") {
                "Accounts Receivable" => Some(Side::Receivable),
                "Accounts Payable" => Some(Side::Payable),
                _ => None,
            };
            self.ledger.set_side(id, side);
        }
        let number = text(body, "DocNumber");
        if !number.is_empty() {
            self.numbers
                .entry((kind, number.to_owned()))
                .or_default()
                .push(id);
        }
    }

    fn forget_index(&mut self, (kind, id): Key) {
        let Some(old) = self.tables.get(&kind).and_then(|table| table.rows.get(&id)) else {
            return;
        };
        let name = text(&old.body, "DisplayName").to_lowercase();
        if let Some(keys) = self.names.get_mut(&name) {
            keys.retain(|key| *key != (kind, id));
        }
        if let Some(parent) = ref_id(&old.body, "ParentRef")
            && kind == Kind::Customer
            && let Some(children) = self.children.get_mut(&parent)
        {
            children.retain(|child| *child != id);
        }
        let number = (kind, text(&old.body, "DocNumber").to_owned());
        if let Some(ids) = self.numbers.get_mut(&number) {
            ids.retain(|other| *other != id);
        }
    }

    /// Counts `SyncToken` up and moves `LastUpdatedTime`.
    fn touch(&self, body: &mut Value, now: Timestamp) {
        let token: u64 = body.get("SyncToken").and_then(values::id_of).unwrap_or(0);
        let stamp = clock::stamp(now, &self.zone);
        let map = values::members(body);
        map.insert(
            "SyncToken".to_owned(),
            Value::String((token + 1).to_string()),
        );
        let meta = map
            .entry("MetaData")
            .or_insert_with(|| serde_json::json!({"CreateTime": stamp.clone()}));
        values::members(meta).insert("LastUpdatedTime".to_owned(), Value::String(stamp));
    }
}

#[cfg(test)]
mod tests;

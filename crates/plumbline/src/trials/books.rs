//! The sandbox's books: every record with its image, and what the ledger holds.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use connectors::quickbooks::write::{image, version};
use figures::Date;
use figures::source::SourceRef;
use sandbox::quickbooks::{Company, Handle};
use serde_json::Value;

/// What every account holds, by customer, class and date.
type Effect = BTreeMap<(u64, Option<u64>, Option<u64>, Date), i64>;

/// The books at one moment.
#[derive(Debug, Clone)]
pub(crate) struct Books {
    records: BTreeMap<SourceRef, String>,
    ledger: Effect,
}

impl Books {
    pub(crate) fn of(company: &Handle) -> anyhow::Result<Self> {
        let realm = company.realm_id();
        let dump = company.dump(&realm);
        let entities = dump.as_object().context("the dump is no object")?;
        let mut records = BTreeMap::new();
        for (entity, all) in entities {
            for record in all.as_array().into_iter().flatten() {
                let id = record.get("Id").and_then(Value::as_str).unwrap_or("1");
                records.insert(SourceRef::quickbooks(entity, id), record.to_string());
            }
        }
        let ledger = company.with_company(&realm, Company::ledger_effect);
        Ok(Self {
            records,
            ledger: ledger.context("no such company")?,
        })
    }

    /// A record's text.
    pub(crate) fn text(&self, record: &SourceRef) -> Option<String> {
        self.records.get(record).cloned()
    }

    /// All records of an entity, parsed.
    pub(crate) fn all(&self, entity: &str) -> Vec<Value> {
        let of = self.records.iter().filter(|(key, _)| key.kind == entity);
        of.filter_map(|(_, text)| serde_json::from_str(text).ok())
            .collect()
    }

    /// The day up to which the books are closed.
    pub(crate) fn closed_until(&self) -> Option<Date> {
        let preferences = self.all("Preferences").into_iter().next()?;
        let date = preferences
            .get("AccountingInfoPrefs")?
            .get("BookCloseDate")?;
        date.as_str()?.parse().ok()
    }

    /// The last day of any record or of the ledger.
    pub(crate) fn last_day(&self) -> Option<Date> {
        let date = |text: &String| -> Option<Date> {
            let value: Value = serde_json::from_str(text).ok()?;
            value.get("TxnDate")?.as_str()?.parse().ok()
        };
        let of_ledger = self.ledger.keys().map(|(.., day)| *day);
        self.records
            .values()
            .filter_map(date)
            .chain(of_ledger)
            .max()
    }

    /// Every record whose image is another one, or that is there in one of the two only.
    pub(crate) fn differing(&self, other: &Self) -> Vec<SourceRef> {
        let keys: BTreeSet<&SourceRef> = self.records.keys().chain(other.records.keys()).collect();
        let seen = |text: Option<&String>| text.and_then(|text| image(text).ok());
        keys.into_iter()
            .filter(|key| {
                let (one, two) = (self.records.get(key), other.records.get(key));
                one != two && (one.is_none() || two.is_none() || seen(one) != seen(two))
            })
            .cloned()
            .collect()
    }

    /// Whether the ledger holds the same by account, customer, class and date.
    pub(crate) fn has_ledger_of(&self, other: &Self) -> bool {
        self.ledger == other.ledger
    }

    /// Whether the ledger holds the same by account, customer and class, all days together.
    pub(crate) fn has_balances_of(&self, other: &Self) -> bool {
        let balances = |ledger: &Effect| {
            let mut all: BTreeMap<(u64, Option<u64>, Option<u64>), i64> = BTreeMap::new();
            for ((account, customer, class, _), cents) in ledger {
                *all.entry((*account, *customer, *class)).or_default() += cents;
            }
            all.retain(|_, cents| *cents != 0);
            all
        };
        balances(&self.ledger) == balances(&other.ledger)
    }

    /// Whether the ledger holds the same up to a day.
    pub(crate) fn has_ledger_until(&self, other: &Self, day: Date) -> bool {
        let until = |ledger: &Effect| -> Effect {
            let kept = ledger.iter().filter(|((.., at), _)| *at <= day);
            kept.map(|(key, cents)| (*key, *cents)).collect()
        };
        until(&self.ledger) == until(&other.ledger)
    }

    /// The version of a record.
    pub(crate) fn version(&self, record: &SourceRef) -> Option<u64> {
        version(self.records.get(record)?)?.parse().ok()
    }

    /// The records that say that they came from a proposal.
    pub(crate) fn marked(&self, proposal: &str) -> Vec<SourceRef> {
        let marked = self
            .records
            .iter()
            .filter(|(_, text)| text.contains(proposal));
        marked.map(|(key, _)| key.clone()).collect()
    }
}

//! Loading given books: ids, tokens and unknown members stay, balances are recomputed.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use jiff::{Timestamp, tz::TimeZone};
use serde_json::Value;

use super::ledger::Ledger;
use super::posting::{computed_total, links_of};
use super::render::AccountSign;
use super::values::{id_of, members, text};
use super::{Behaviour, Company, Inconsistency, Record};
use crate::quickbooks::clock;
use crate::quickbooks::config::Books;
use crate::quickbooks::kind::{Family, Kind};
use crate::quickbooks::money;

impl Company {
    /// Builds a company from books.
    ///
    /// # Errors
    /// An unknown time zone or entity name, or an entity without a numeric id.
    pub fn load(books: Books, behaviour: Behaviour, now: Timestamp) -> anyhow::Result<Company> {
        let zone = TimeZone::get(&books.time_zone)
            .with_context(|| format!("unknown time zone {}", books.time_zone))?;
        let mut company = Company {
            realm: books.realm_id,
            zone,
            tables: BTreeMap::new(),
            ledger: Ledger::default(),
            system: BTreeMap::new(),
            children: BTreeMap::new(),
            names: BTreeMap::new(),
            numbers: BTreeMap::new(),
            next_transaction: 1,
            inconsistencies: Vec::new(),
            changes: Vec::new(),
            reconciled: std::collections::BTreeSet::new(),
            behaviour,
        };
        for (name, bodies) in books.entities {
            let Some(kind) = Kind::parse(&name) else {
                bail!("unknown QuickBooks entity name {name}");
            };
            for body in bodies {
                company.place(kind, body, now)?;
            }
        }
        company.add_missing_singletons(now);
        company.post_everything(now);
        company.recompute_everything();
        company.changes.clear();
        Ok(company)
    }

    fn place(&mut self, kind: Kind, body: Value, now: Timestamp) -> anyhow::Result<()> {
        let inner = body
            .as_object()
            .and_then(|map| map.values().next())
            .unwrap_or(&Value::Null);
        let id = body
            .get("Id")
            .or_else(|| inner.get("Id"))
            .and_then(id_of)
            .with_context(|| format!("a {} without a numeric Id", kind.name()))?;
        let updated = body
            .get("MetaData")
            .and_then(|meta| clock::parse(text(meta, "LastUpdatedTime"), &self.zone))
            .unwrap_or(now);
        if kind.family() == Family::Transaction {
            self.next_transaction = self.next_transaction.max(id + 1);
        }
        let deleted = text(&body, "status") == "Deleted";
        if deleted {
            let record = Record { body, updated };
            self.tables.entry(kind).or_default().gone.insert(id, record);
            return Ok(());
        }
        self.index((kind, id), &body);
        let table = self.tables.entry(kind).or_default();
        if table.rows.insert(id, Record { body, updated }).is_some() {
            bail!("two entities {} {id}", kind.name());
        }
        Ok(())
    }

    fn add_missing_singletons(&mut self, now: Timestamp) {
        for (kind, body) in crate::quickbooks::starter::singletons("Company", &self.zone, now) {
            if self.count(kind) == 0 {
                let record = Record { body, updated: now };
                self.tables.entry(kind).or_default().rows.insert(1, record);
            }
        }
    }

    fn post_everything(&mut self, now: Timestamp) {
        self.find_system_accounts();
        let keys: Vec<_> = self
            .tables
            .iter()
            .filter(|(kind, _)| kind.family() == Family::Transaction)
            .flat_map(|(kind, table)| table.rows.keys().map(|id| (*kind, *id)))
            .collect();
        for (kind, id) in keys {
            while let Some(body) = self.get(kind, id) {
                match self.entry_of(kind, body) {
                    Ok(entry) => {
                        let links = links_of(kind, body);
                        self.note_unbalanced(kind, id, entry.as_ref());
                        self.ledger.put_unsettled((kind, id), entry, links);
                        break;
                    }
                    Err(missing) => {
                        self.ensure_system_account(missing, now);
                    }
                }
            }
        }
        self.ledger.settle_all();
    }

    fn note_unbalanced(&mut self, kind: Kind, id: u64, entry: Option<&super::ledger::Entry>) {
        let sum: i64 = entry
            .into_iter()
            .flat_map(|entry| &entry.postings)
            .map(|side| side.cents)
            .sum();
        if sum != 0 {
            self.note(kind, id, "Line", "debits equal credits", &money::plain(sum));
        }
    }

    fn note(&mut self, kind: Kind, id: u64, member: &str, stated: &str, computed: &str) {
        self.inconsistencies.push(Inconsistency {
            entity: kind.name().to_owned(),
            id: id.to_string(),
            member: member.to_owned(),
            stated: stated.to_owned(),
            computed: computed.to_owned(),
        });
    }

    /// Sets every computed member and notes where the loaded body said something else.
    fn recompute_everything(&mut self) {
        let mut corrections = Vec::new();
        for (kind, table) in &self.tables {
            for (id, record) in &table.rows {
                let mut computed = self.balances_of((*kind, *id));
                if let Some(total) = computed_total(*kind, &record.body) {
                    computed.push(("TotalAmt", total));
                }
                for (member, cents) in computed {
                    let stated = record.body.get(member);
                    if stated.and_then(money::cents) != Some(cents) {
                        let stated = stated.map(Value::to_string);
                        corrections.push((*kind, *id, member, stated, money::number(cents)));
                    }
                }
                let links = self.missing_links((*kind, *id), &record.body);
                if let Some(links) = links {
                    let stated = record.body.get("LinkedTxn").map(Value::to_string);
                    corrections.push((
                        *kind,
                        *id,
                        "LinkedTxn",
                        Some(stated.unwrap_or_default()),
                        links,
                    ));
                }
                self.compare_served(*kind, *id, &record.body, &mut corrections);
            }
        }
        for (kind, id, member, stated, computed) in corrections {
            if let Some(stated) = stated {
                self.note(kind, id, member, &stated, &computed.to_string());
            }
            let served_only = matches!(kind, Kind::Customer | Kind::Vendor | Kind::Account);
            let record = self
                .tables
                .get_mut(&kind)
                .and_then(|table| table.rows.get_mut(&id));
            if let Some(record) = record.filter(|_| !served_only) {
                members(&mut record.body).insert(member.to_owned(), computed);
            }
        }
    }

    /// Balances of names are filled in when served; here they are only compared.
    fn compare_served(
        &self,
        kind: Kind,
        id: u64,
        body: &Value,
        corrections: &mut Vec<(Kind, u64, &'static str, Option<String>, Value)>,
    ) {
        for (member, cents, sign) in self.served_balances(kind, id, body) {
            let Some(stated) = body.get(member) else {
                continue;
            };
            let agrees = money::cents(stated).is_some_and(|stated| match sign {
                AccountSign::Exact => stated == cents,
                AccountSign::Undependable => stated.abs() == cents.abs(),
            });
            if !agrees {
                let computed = money::number(cents);
                corrections.push((kind, id, member, Some(stated.to_string()), computed));
            }
        }
    }
}

//! Creating and updating entities under the vendor's rules.

use std::collections::BTreeSet;

use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use super::ledger::{Link, Side};
use super::members::{check_required, check_required_when_sparse, derive_name_members, sent};
use super::posting::{computed_total, links_of};
use super::rules::deposited;
use super::values::{date, flag, id_of, members, ref_id, text};
use super::{Company, WriteOptions, lines};
use crate::quickbooks::clock;
use crate::quickbooks::fault::Fault;
use crate::quickbooks::kind::{Family, Key, Kind};
use crate::quickbooks::money;

impl Company {
    /// Creates an entity and returns it as stored.
    ///
    /// # Errors
    /// The fault that the vendor would answer.
    pub fn create(
        &mut self,
        kind: Kind,
        body: &Value,
        options: WriteOptions,
        now: Timestamp,
    ) -> Result<Value, Fault> {
        if matches!(kind.family(), Family::Singleton | Family::ReadOnly) {
            return Err(Fault::unsupported());
        }
        let mut draft = Value::Object(sent(kind, body).members);
        let id = self.next_id(kind);
        self.fill_defaults(kind, &mut draft, now);
        self.prepare((kind, id), &mut draft, &[], options)?;
        self.check_period(kind, &[&draft])?;
        let stamp = clock::stamp(now, &self.zone);
        let map = members(&mut draft);
        map.insert("domain".to_owned(), json!("QBO"));
        map.insert("sparse".to_owned(), json!(false));
        map.insert("Id".to_owned(), json!(id.to_string()));
        map.insert("SyncToken".to_owned(), json!("0"));
        map.insert(
            "MetaData".to_owned(),
            json!({"CreateTime": stamp.clone(), "LastUpdatedTime": stamp}),
        );
        self.commit((kind, id), draft, "Create", now)
    }

    /// Updates an entity, fully or sparsely as the body says.
    ///
    /// # Errors
    /// The fault that the vendor would answer.
    pub fn update(
        &mut self,
        kind: Kind,
        body: &Value,
        options: WriteOptions,
        now: Timestamp,
    ) -> Result<Value, Fault> {
        let (id, stored) = self.current(kind, body)?;
        if kind.family() == Family::ReadOnly {
            return Err(Fault::unsupported());
        }
        let sparse = flag(body, "sparse") == Some(true);
        let given = sent(kind, body);
        let mut draft = if sparse || kind.family() == Family::Singleton {
            check_required_when_sparse(kind, body)?;
            let mut draft = Value::Object(sent(kind, &stored).members);
            let map = members(&mut draft);
            for name in &given.cleared {
                map.shift_remove(name);
            }
            map.extend(given.members);
            draft
        } else {
            Value::Object(given.members)
        };
        if kind == Kind::Customer
            && let Some(project) = stored.get("IsProject")
        {
            members(&mut draft).insert("IsProject".to_owned(), project.clone());
        }
        self.fill_defaults(kind, &mut draft, now);
        self.prepare(
            (kind, id),
            &mut draft,
            super::values::lines(&stored),
            options,
        )?;
        self.check_period(kind, &[&stored, &draft])?;
        self.check_deposited((kind, id), &stored, &draft)?;
        let map = members(&mut draft);
        for member in ["domain", "Id", "SyncToken", "MetaData"] {
            if let Some(value) = stored.get(member) {
                map.insert(member.to_owned(), value.clone());
            }
        }
        map.insert("sparse".to_owned(), json!(false));
        self.touch(&mut draft, now);
        self.commit((kind, id), draft, "Update", now)
    }

    /// The stored entity that a write addresses, after the optimistic lock.
    pub(super) fn current(&self, kind: Kind, body: &Value) -> Result<(u64, Value), Fault> {
        let id = body
            .get("Id")
            .and_then(id_of)
            .ok_or_else(|| Fault::required("Id"))?;
        let stored = self.get(kind, id).ok_or_else(Fault::not_found)?;
        let given = body
            .get("SyncToken")
            .and_then(id_of)
            .ok_or_else(|| Fault::required("SyncToken"))?;
        if stored.get("SyncToken").and_then(id_of) != Some(given) {
            return Err(Fault::stale(&given.to_string()));
        }
        Ok((id, stored.clone()))
    }

    fn fill_defaults(&self, kind: Kind, draft: &mut Value, now: Timestamp) {
        if kind.family() != Family::Transaction {
            return;
        }
        if date(draft, "TxnDate").is_none() {
            let today = clock::day(now, &self.zone).to_string();
            members(draft).insert("TxnDate".to_owned(), Value::String(today));
        }
        if matches!(kind, Kind::Invoice | Kind::Bill) && date(draft, "DueDate").is_none() {
            let days = ref_id(draft, "SalesTermRef")
                .and_then(|term| self.get(Kind::Term, term))
                .and_then(|term| term.get("DueDays").and_then(id_of))
                .and_then(|days| i64::try_from(days).ok())
                .unwrap_or(0);
            if let Some(due) =
                date(draft, "TxnDate").and_then(|from| from.checked_add(days.days()).ok())
            {
                members(draft).insert("DueDate".to_owned(), Value::String(due.to_string()));
            }
        }
        let own_numbers =
            self.preference("SalesFormsPrefs", "CustomTxnNumbers") == Some(&Value::Bool(true));
        if kind.is_sales_form() && !own_numbers && text(draft, "DocNumber").is_empty() {
            let next = self.next_number(kind);
            members(draft).insert("DocNumber".to_owned(), Value::String(next));
        }
        let home = json!({"value": "USD", "name": "United States Dollar"});
        let map = members(draft);
        if kind != Kind::TimeActivity {
            map.entry("CurrencyRef").or_insert(home);
        }
        match kind {
            Kind::Payment => {
                map.entry("Line").or_insert_with(|| json!([]));
                map.entry("ProcessPayment").or_insert(json!(false));
                if let Ok(account) = self.system_account(super::posting::SystemAccount::Undeposited)
                {
                    map.entry("DepositToAccountRef")
                        .or_insert_with(|| json!({"value": account.to_string()}));
                }
            }
            Kind::Invoice | Kind::Bill => {
                map.entry("LinkedTxn").or_insert_with(|| json!([]));
            }
            Kind::Purchase => {
                map.entry("Credit").or_insert(json!(false));
            }
            Kind::PurchaseOrder => {
                map.entry("POStatus").or_insert(json!("Open"));
            }
            Kind::Estimate => {
                map.entry("TxnStatus").or_insert(json!("Pending"));
            }
            _ => {}
        }
    }

    fn next_number(&self, kind: Kind) -> String {
        let highest = self
            .numbers
            .range((kind, String::new())..)
            .take_while(|((of, _), ids)| *of == kind && !ids.is_empty())
            .filter_map(|((_, number), _)| number.parse::<u64>().ok())
            .max();
        highest.map_or(1001, |highest| highest + 1).to_string()
    }

    /// Validates a draft and brings it into stored form.
    fn prepare(
        &self,
        key: Key,
        draft: &mut Value,
        stored_lines: &[Value],
        options: WriteOptions,
    ) -> Result<(), Fault> {
        let kind = key.0;
        if kind == Kind::JournalEntry && draft.get("Line").is_none() {
            return lines::check_journal(draft);
        }
        check_required(kind, draft)?;
        self.resolve_references(kind, draft)?;
        match kind.family() {
            Family::Name => self.prepare_name(key, draft),
            Family::Transaction => {
                lines::normalise(kind, draft, stored_lines)?;
                if kind == Kind::JournalEntry {
                    lines::check_journal(draft)?;
                }
                self.check_number(key, draft, options.allow_duplicate_number)?;
                strip_back_links(kind, draft);
                if let Some(total) = computed_total(kind, draft) {
                    members(draft).insert("TotalAmt".to_owned(), money::number(total));
                    if total < 0 && kind != Kind::Deposit {
                        return Err(Fault::business(
                            "The transaction total must not be negative.",
                        ));
                    }
                }
                if kind.total_is_input() {
                    let total = draft.get("TotalAmt").and_then(money::cents);
                    let total = total
                        .ok_or_else(|| Fault::validation("2090", "Invalid Number", "TotalAmt"))?;
                    if total < 0 {
                        return Err(Fault::business(
                            "The transaction total must not be negative.",
                        ));
                    }
                    members(draft).insert("TotalAmt".to_owned(), money::number(total));
                }
                if text(draft, "PrivateNote").chars().count() > 4000 {
                    let message =
                        "String length is either shorter or longer than supported by specification";
                    return Err(Fault::validation("2050", message, "PrivateNote"));
                }
                Ok(())
            }
            Family::Attachment => {
                let holds = ["Note", "FileName"]
                    .iter()
                    .any(|name| draft.get(*name).is_some());
                if holds {
                    Ok(())
                } else {
                    Err(Fault::business("A note or a file is needed."))
                }
            }
            Family::Singleton | Family::ReadOnly => Ok(()),
        }
    }

    fn prepare_name(&self, key: Key, draft: &mut Value) -> Result<(), Fault> {
        let parent = ref_id(draft, "ParentRef").filter(|_| key.0 != Kind::Term);
        let mut named = None;
        if let Some(parent) = parent {
            let mut level = 0;
            let mut at = parent;
            while let Some(above) = self
                .get(key.0, at)
                .and_then(|body| ref_id(body, "ParentRef"))
            {
                level += 1;
                at = above;
                if level > 3 || at == key.1 {
                    let message = "Nesting is deeper than 5 levels";
                    return Err(Fault::validation("6180", message, "ParentRef"));
                }
            }
            named = self.name_of(key.0, parent).map(|name| (name, level));
        }
        derive_name_members(key.0, draft, named);
        self.check_unique_name(key, draft)
    }

    fn check_deposited(&self, key: Key, stored: &Value, draft: &Value) -> Result<(), Fault> {
        if self.deposit_of(key).is_none() {
            return Ok(());
        }
        let moved = ["TotalAmt"].iter().any(|member| {
            money::member_cents(stored, member) != money::member_cents(draft, member)
        }) || ref_id(stored, "DepositToAccountRef")
            != ref_id(draft, "DepositToAccountRef");
        let relinked = links_of(key.0, stored) != links_of(key.0, draft);
        if moved || (relinked && self.behaviour.refuse_relinking_deposited_payments) {
            return Err(deposited());
        }
        Ok(())
    }

    /// Posts, settles and stores a finished draft, and refreshes what it touches.
    pub(super) fn commit(
        &mut self,
        key: Key,
        mut draft: Value,
        operation: &'static str,
        now: Timestamp,
    ) -> Result<Value, Fault> {
        let mut around = BTreeSet::new();
        if key.0.family() == Family::Transaction {
            let entry = loop {
                match self.entry_of(key.0, &draft) {
                    Ok(entry) => break entry,
                    Err(missing) => {
                        self.ensure_system_account(missing, now);
                    }
                }
            };
            self.check_control_parties(entry.as_ref())?;
            let links = links_of(key.0, &draft);
            self.check_links(key.0, &links)?;
            let before = (
                self.ledger.entry(key).cloned(),
                self.ledger.links_of(key).to_vec(),
            );
            around.extend(before.1.iter().map(Link::target));
            around.extend(links.iter().map(Link::target));
            around.extend(self.ledger.incoming(key));
            self.ledger.put(key, entry, links);
            let mut held: Vec<Key> = around.iter().copied().collect();
            held.push(key);
            if let Err(fault) = self.check_settlement(&held) {
                self.ledger.put(key, before.0, before.1);
                return Err(fault);
            }
            self.decorate(key, &mut draft);
            for (member, cents) in self.balances_of(key) {
                members(&mut draft).insert(member.to_owned(), money::number(cents));
            }
            if let Some(links) = self.wanted_links(key, &draft) {
                members(&mut draft).insert("LinkedTxn".to_owned(), links);
            }
        }
        self.store(key, draft, now, operation);
        for neighbour in around {
            self.refresh(neighbour, now);
        }
        if key.0.family() == Family::Name {
            self.rename_below(key, now);
        }
        self.served(key.0, key.1)
            .map(std::borrow::Cow::into_owned)
            .ok_or_else(Fault::not_found)
    }

    /// Brings computed members up to date; a changed document counts its token up.
    pub(super) fn refresh(&mut self, key: Key, now: Timestamp) {
        let Some(stored) = self.get(key.0, key.1) else {
            return;
        };
        let mut changes: Vec<(&'static str, Value)> = self
            .balances_of(key)
            .into_iter()
            .filter(|(member, cents)| stored.get(*member).and_then(money::cents) != Some(*cents))
            .map(|(member, cents)| (member, money::number(cents)))
            .collect();
        if let Some(links) = self.wanted_links(key, stored) {
            changes.push(("LinkedTxn", links));
        }
        if changes.is_empty() {
            return;
        }
        let mut body = stored.clone();
        for (member, value) in changes {
            members(&mut body).insert(member.to_owned(), value);
        }
        self.touch(&mut body, now);
        self.store(key, body, now, "Update");
    }

    /// The response decoration that payments carry per line.
    fn decorate(&self, key: Key, draft: &mut Value) {
        if key.0 != Kind::Payment {
            return;
        }
        let Some(Value::Array(lines)) = members(draft).get_mut("Line") else {
            return;
        };
        for line in lines {
            let Some(target) = super::values::linked(line).first().copied() else {
                continue;
            };
            let cents = money::member_cents(line, "Amount");
            let open = self.ledger.open(target, Side::Receivable).abs() + cents;
            let number = self
                .get(target.0, target.1)
                .map_or("", |body| text(body, "DocNumber"))
                .to_owned();
            let pair = |name: &str, value: String| {
                json!({"name": "{http://schema.intuit.com/finance/v3}NameValue",
                       "value": {"Name": name, "Value": value}})
            };
            let decoration = json!({"any": [
                pair("txnId", target.1.to_string()),
                pair("txnOpenBalance", money::plain(open)),
                pair("txnReferenceNumber", number),
            ]});
            members(line).insert("LineEx".to_owned(), decoration);
        }
    }

    /// Full names of entries below a renamed one follow it.
    fn rename_below(&mut self, (kind, id): Key, now: Timestamp) {
        let Some(name) = self.name_of(kind, id) else {
            return;
        };
        let below: Vec<u64> = match kind {
            Kind::Customer => self.children.get(&id).cloned().unwrap_or_default(),
            Kind::Account | Kind::Class | Kind::Department | Kind::Item => self
                .rows(kind)
                .filter(|(_, body)| ref_id(body, "ParentRef") == Some(id))
                .map(|row| row.0)
                .collect(),
            _ => Vec::new(),
        };
        for child in below {
            let Some(stored) = self.get(kind, child) else {
                continue;
            };
            let own = if kind.is_party() {
                "DisplayName"
            } else {
                "Name"
            };
            let full = format!("{name}:{}", text(stored, own));
            if text(stored, "FullyQualifiedName") == full {
                continue;
            }
            let mut body = stored.clone();
            let map = members(&mut body);
            map.insert("FullyQualifiedName".to_owned(), Value::String(full));
            if let Some(parent) = map.get_mut("ParentRef") {
                members(parent).insert("name".to_owned(), Value::String(name.clone()));
            }
            self.touch(&mut body, now);
            self.store((kind, child), body, now, "Update");
            self.rename_below((kind, child), now);
        }
    }
}

/// Links that other documents make are the server's; only citations of the writer stay.
fn strip_back_links(kind: Kind, draft: &mut Value) {
    let Some(Value::Array(links)) = members(draft).get_mut("LinkedTxn") else {
        return;
    };
    links.retain(|link| {
        let target = Kind::of_linked(text(link, "TxnType"));
        matches!(
            (kind, target),
            (Kind::Invoice, Some(Kind::Estimate | Kind::TimeActivity))
                | (Kind::Bill | Kind::Purchase, Some(Kind::PurchaseOrder))
                | (_, None)
        )
    });
}

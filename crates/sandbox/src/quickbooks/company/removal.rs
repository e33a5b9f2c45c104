//! Deleting and voiding, with the vendor's matrix of what works, refuses or pretends.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::ledger::Side;
use super::rules::deposited;
use super::values::{detail, lines, linked, members, text};
use super::{Company, Record};
use crate::quickbooks::clock;
use crate::quickbooks::fault::Fault;
use crate::quickbooks::kind::{Family, Key, Kind};
use crate::quickbooks::money;

/// Which of the two request forms asked for a void.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VoidForm {
    /// `?operation=void`
    Operation,
    /// `?operation=update&include=void`, or `optionsData` in a batch
    Include,
}

/// What a void request leads to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum VoidOutcome {
    Voided(Value),
    /// Status 200 with a `SystemFault`; nothing changed.
    SystemFaultInSuccess,
    /// Status 200 with an empty batch envelope; nothing changed.
    EmptyBatch,
}

impl Company {
    /// Deletes an entity and leaves a tombstone.
    ///
    /// # Errors
    /// The fault that the vendor would answer.
    pub fn delete(&mut self, kind: Kind, body: &Value, now: Timestamp) -> Result<Value, Fault> {
        if !matches!(kind.family(), Family::Transaction | Family::Attachment) {
            return Err(Fault::unsupported());
        }
        let (id, stored) = self.current(kind, body)?;
        let key = (kind, id);
        self.check_period(kind, &[&stored])?;
        if self.deposit_of(key).is_some() {
            return Err(deposited());
        }
        let billed = lines(&stored).iter().any(|line| {
            detail(line).is_some_and(|detail| text(detail, "BillableStatus") == "HasBeenBilled")
        });
        if billed {
            let message = "Deleting would invalidate a linked invoice";
            return Err(Fault::validation("6400", message, "Line is HasBeenBilled"));
        }
        let paid = self
            .ledger
            .incoming(key)
            .iter()
            .any(|from| from.0 == Kind::BillPayment);
        if kind == Kind::Bill && paid && self.behaviour.refuse_deleting_paid_bills {
            return Err(Fault::business(
                "You can't delete this bill because it is linked to a bill payment.",
            ));
        }
        self.drop_references_to(key, now);
        self.remove(key, now);
        Ok(json!({"status": "Deleted", "domain": "QBO", "Id": id.to_string()}))
    }

    fn remove(&mut self, key: Key, now: Timestamp) {
        let targets: Vec<Key> = self
            .ledger
            .links_of(key)
            .iter()
            .map(super::ledger::Link::target)
            .collect();
        self.forget_index(key);
        let stamp = clock::stamp(now, &self.zone);
        let tombstone = json!({
            "domain": "QBO", "status": "Deleted", "Id": key.1.to_string(),
            "MetaData": {"LastUpdatedTime": stamp},
        });
        let table = self.tables.entry(key.0).or_default();
        table.rows.remove(&key.1);
        table.gone.insert(
            key.1,
            Record {
                body: tombstone,
                updated: now,
            },
        );
        self.ledger.put(key, None, Vec::new());
        self.changes.push(super::Change {
            key,
            operation: "Delete",
            at: now,
        });
        for target in targets {
            self.refresh(target, now);
        }
    }

    /// Takes the lines that point at `key` out of every other document.
    fn drop_references_to(&mut self, key: Key, now: Timestamp) {
        for source in self.ledger.incoming(key) {
            let Some(mut body) = self.get(source.0, source.1).cloned() else {
                continue;
            };
            if let Some(Value::Array(lines)) = members(&mut body).get_mut("Line") {
                match source.0 {
                    Kind::Payment | Kind::BillPayment => {
                        lines.retain(|line| !linked(line).contains(&key));
                    }
                    _ => lines.iter_mut().for_each(|line| drop_links(line, key)),
                }
            }
            drop_links(&mut body, key);
            self.trim_applications(source.0, &mut body);
            self.touch(&mut body, now);
            // What is applied fits again, so no settlement rule can refuse this.
            if self.commit(source, body, "Update", now).is_err() {
                tracing::warn!(id = source.1, "a link to a deleted transaction stays");
            }
        }
    }

    /// After a link is gone: credits are used no further than there are documents to settle,
    /// and documents are settled no further than money and credits reach.
    fn trim_applications(&self, kind: Kind, body: &mut Value) {
        let side = match kind {
            Kind::Payment => Side::Receivable,
            Kind::BillPayment => Side::Payable,
            _ => return,
        };
        let total = money::member_cents(body, "TotalAmt");
        let Some(Value::Array(lines)) = members(body).get_mut("Line") else {
            return;
        };
        let is_credit = |line: &Value| {
            linked(line)
                .first()
                .is_some_and(|target| self.ledger.original_total(*target, side) < 0)
        };
        let sum = |lines: &[Value], credits: bool| -> i64 {
            let chosen = lines.iter().filter(|line| is_credit(line) == credits);
            chosen.map(|line| money::member_cents(line, "Amount")).sum()
        };
        for credits in [true, false] {
            let most = if credits {
                sum(lines, false)
            } else {
                total + sum(lines, true)
            };
            let mut excess = sum(lines, credits) - most;
            for line in lines
                .iter_mut()
                .rev()
                .filter(|line| is_credit(line) == credits)
            {
                let amount = money::member_cents(line, "Amount");
                let less = excess.clamp(0, amount);
                excess -= less;
                members(line).insert("Amount".to_owned(), money::number(amount - less));
            }
            lines.retain(|line| money::member_cents(line, "Amount") != 0);
        }
    }

    /// Voids a transaction or does what the vendor does instead.
    ///
    /// # Errors
    /// The fault that the vendor would answer.
    pub(crate) fn void(
        &mut self,
        kind: Kind,
        body: &Value,
        form: VoidForm,
        now: Timestamp,
    ) -> Result<VoidOutcome, Fault> {
        match (form, kind) {
            (VoidForm::Operation, Kind::Bill) => return Ok(VoidOutcome::SystemFaultInSuccess),
            (VoidForm::Operation, Kind::JournalEntry) => return Ok(VoidOutcome::EmptyBatch),
            (VoidForm::Operation, Kind::Invoice)
            | (VoidForm::Include, Kind::Payment | Kind::SalesReceipt | Kind::BillPayment) => {}
            _ => return Err(Fault::unsupported()),
        }
        let (id, stored) = self.current(kind, body)?;
        let key = (kind, id);
        self.check_period(kind, &[&stored])?;
        if self.deposit_of(key).is_some() {
            return Err(deposited());
        }
        self.drop_references_to(key, now);
        let mut draft = self.get(kind, id).cloned().ok_or_else(Fault::not_found)?;
        zero(kind, &mut draft);
        self.touch(&mut draft, now);
        self.commit(key, draft, "Void", now)
            .map(VoidOutcome::Voided)
    }
}

fn drop_links(holder: &mut Value, key: Key) {
    let Some(Value::Array(links)) = members(holder).get_mut("LinkedTxn") else {
        return;
    };
    links.retain(|link| {
        let kind = Kind::of_linked(text(link, "TxnType"));
        let id = link.get("TxnId").and_then(super::values::id_of);
        (kind, id) != (Some(key.0), Some(key.1))
    });
}

fn zero(kind: Kind, body: &mut Value) {
    let map = members(body);
    if kind.total_is_input() {
        map.insert("Line".to_owned(), json!([]));
    }
    if let Some(Value::Array(lines)) = map.get_mut("Line") {
        for line in lines {
            let name = text(line, "DetailType").to_owned();
            let line = members(line);
            if line.contains_key("Amount") {
                line.insert("Amount".to_owned(), json!(0));
            }
            if let Some(detail) = line.get_mut(&name) {
                for member in ["Qty", "UnitPrice"] {
                    if detail.get(member).is_some() {
                        members(detail).insert(member.to_owned(), json!(0));
                    }
                }
            }
        }
    }
    map.insert("TotalAmt".to_owned(), json!(0));
    if map.contains_key("Deposit") {
        map.insert("Deposit".to_owned(), json!(0));
    }
    if map.contains_key("TxnTaxDetail") {
        map.insert("TxnTaxDetail".to_owned(), json!({"TotalTax": 0}));
    }
    let note = match map.get("PrivateNote").and_then(Value::as_str) {
        Some(note) if !note.is_empty() => format!("Voided - {note}"),
        _ => "Voided".to_owned(),
    };
    map.insert("PrivateNote".to_owned(), Value::String(note));
}

//! Computed members: balances of documents, of names, and links both ways.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::Company;
use super::ledger::Side;
use super::values::{flag, id_of, linked, members, text};
use crate::quickbooks::kind::{Key, Kind};
use crate::quickbooks::money;

/// Whether the sign of a stated balance can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AccountSign {
    Exact,
    Undependable,
}

impl Company {
    /// An entity as the API returns it.
    pub(crate) fn served(&self, kind: Kind, id: u64) -> Option<Cow<'_, Value>> {
        let body = self.get(kind, id)?;
        Some(self.dress(kind, id, body))
    }

    /// Fills in the balances of a name-list entry; other bodies are passed through.
    pub(crate) fn dress<'a>(&self, kind: Kind, id: u64, body: &'a Value) -> Cow<'a, Value> {
        let mut changes = self.served_balances(kind, id, body);
        changes.retain(|(member, cents, sign)| {
            let stated = body.get(*member).and_then(money::cents);
            *sign == AccountSign::Exact && stated != Some(*cents)
                || stated.map(i64::abs) != Some(cents.abs())
        });
        if changes.is_empty() {
            return Cow::Borrowed(body);
        }
        let mut body = body.clone();
        for (member, cents, _) in changes {
            members(&mut body).insert(member.to_owned(), money::number(cents));
        }
        Cow::Owned(body)
    }

    pub(super) fn served_balances(
        &self,
        kind: Kind,
        id: u64,
        body: &Value,
    ) -> Vec<(&'static str, i64, AccountSign)> {
        match kind {
            Kind::Customer => vec![
                ("Balance", self.customer_balance(id), AccountSign::Exact),
                (
                    "BalanceWithJobs",
                    self.balance_with_jobs(id, 8),
                    AccountSign::Exact,
                ),
            ],
            Kind::Vendor => {
                let cents = self.ledger.party_balance(Side::Payable, Some((kind, id)));
                vec![("Balance", cents, AccountSign::Exact)]
            }
            Kind::Account => {
                let own = self.shown_account_balance(id, body);
                let below: i64 = self
                    .accounts()
                    .filter(|(child, _)| self.is_below(*child, id))
                    .map(|(child, body)| self.shown_account_balance(child, body))
                    .sum();
                vec![
                    ("CurrentBalance", own, AccountSign::Undependable),
                    (
                        "CurrentBalanceWithSubAccounts",
                        own + below,
                        AccountSign::Undependable,
                    ),
                ]
            }
            _ => Vec::new(),
        }
    }

    /// Every living entity as it is served, by entity name.
    #[must_use]
    pub fn dump(&self) -> Value {
        let mut all = serde_json::Map::new();
        for (kind, table) in self.tables.iter().filter(|row| !row.1.rows.is_empty()) {
            let rows = table.rows.iter();
            let served = rows.map(|(id, row)| self.dress(*kind, *id, &row.body).into_owned());
            all.insert(kind.name().to_owned(), Value::Array(served.collect()));
        }
        Value::Object(all)
    }

    fn customer_balance(&self, id: u64) -> i64 {
        self.ledger
            .party_balance(Side::Receivable, Some((Kind::Customer, id)))
    }

    fn balance_with_jobs(&self, id: u64, depth: u8) -> i64 {
        let below = match depth {
            0 => 0,
            _ => self
                .children
                .get(&id)
                .into_iter()
                .flatten()
                .map(|child| self.balance_with_jobs(*child, depth - 1))
                .sum(),
        };
        self.customer_balance(id) + below
    }

    fn is_below(&self, child: u64, ancestor: u64) -> bool {
        let mut at = child;
        for _ in 0..8 {
            let parent = self
                .get(Kind::Account, at)
                .and_then(|body| super::values::ref_id(body, "ParentRef"));
            match parent {
                Some(parent) if parent == ancestor => return true,
                Some(parent) => at = parent,
                None => return false,
            }
        }
        false
    }

    /// Income and expense accounts and inactive ones show 0; payables show the debit sign.
    fn shown_account_balance(&self, id: u64, body: &Value) -> i64 {
        if flag(body, "Active") == Some(false) {
            return 0;
        }
        let cents = self.ledger.account_balance(id);
        match super::rules::classification(text(body, "AccountType")) {
            "Asset" => cents,
            "Liability" | "Equity" if text(body, "AccountType") != "Accounts Payable" => -cents,
            "Liability" => cents,
            _ => 0,
        }
    }

    /// The computed amounts of a stored document.
    pub(super) fn balances_of(&self, key: Key) -> Vec<(&'static str, i64)> {
        let receivable = self.ledger.open(key, Side::Receivable);
        let payable = self.ledger.open(key, Side::Payable);
        match key.0 {
            Kind::Invoice => vec![("Balance", receivable)],
            Kind::CreditMemo => vec![("RemainingCredit", -receivable), ("Balance", -receivable)],
            Kind::Payment => vec![("UnappliedAmt", -receivable)],
            Kind::Bill => vec![("Balance", payable)],
            Kind::VendorCredit => vec![("Balance", -payable)],
            _ => Vec::new(),
        }
    }

    /// The header's links when they lack a document that points here or keep one that no longer
    /// does; `None` when they are right.
    pub(super) fn wanted_links(&self, key: Key, body: &Value) -> Option<Value> {
        let back: Vec<Key> = self
            .ledger
            .incoming(key)
            .into_iter()
            .filter(|source| is_back_link(key.0, source.0))
            .collect();
        let stated = linked(body);
        let mut links: Vec<Value> = body
            .get("LinkedTxn")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter(|link| {
                let kind = Kind::of_linked(text(link, "TxnType"));
                let id = link.get("TxnId").and_then(id_of);
                match (kind, id) {
                    (Some(kind), Some(id)) if is_back_link(key.0, kind) => {
                        back.contains(&(kind, id))
                    }
                    _ => true,
                }
            })
            .cloned()
            .collect();
        let kept = links.len();
        for source in &back {
            if !stated.contains(source) {
                links.push(json!({
                    "TxnId": source.1.to_string(),
                    "TxnType": self.link_type(*source),
                }));
            }
        }
        let before = body
            .get("LinkedTxn")
            .and_then(Value::as_array)
            .map_or(0, Vec::len);
        (kept != before || links.len() != before).then_some(Value::Array(links))
    }

    /// As [`Self::wanted_links`], for the documents whose links a loaded world must state.
    pub(super) fn missing_links(&self, key: Key, body: &Value) -> Option<Value> {
        let stated = matches!(
            key.0,
            Kind::Invoice | Kind::Bill | Kind::CreditMemo | Kind::VendorCredit
        );
        if stated {
            self.wanted_links(key, body)
        } else {
            None
        }
    }

    fn link_type(&self, (kind, id): Key) -> &'static str {
        if kind != Kind::BillPayment {
            return kind.name();
        }
        let card = self
            .get(kind, id)
            .is_some_and(|body| text(body, "PayType") == "CreditCard");
        if card {
            "BillPaymentCreditCard"
        } else {
            "BillPaymentCheck"
        }
    }
}

/// Whether documents of type `source` show up in the header links of `target`.
fn is_back_link(target: Kind, source: Kind) -> bool {
    match target {
        Kind::Invoice | Kind::CreditMemo => source == Kind::Payment,
        Kind::Bill | Kind::VendorCredit => source == Kind::BillPayment,
        Kind::Payment | Kind::SalesReceipt | Kind::RefundReceipt => source == Kind::Deposit,
        Kind::PurchaseOrder => matches!(source, Kind::Bill | Kind::Purchase),
        Kind::Estimate | Kind::TimeActivity => source == Kind::Invoice,
        _ => false,
    }
}

//! QuickBooks' transactions as the API returns them; lists and settings are in `wire_lists`.
//!
//! Totals, open balances, unapplied amounts and both directions of every link are derived here.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::Value;

use super::books::{Books, Kind, Line, Presence, Txn};
use super::calendar::earlier;
use super::chart::{
    CLASS_NAMES, DEPARTMENT_NAMES, PAYABLE, PROGRESS_ITEM, RECEIVABLE, RETAINAGE_ITEM, account_name,
};
use super::json::{compact, day, number, object, put, reference};
use super::wire_lists::{self, class_id, item_name};

/// Entities by name.
pub(crate) type Out = BTreeMap<String, Vec<Value>>;

/// Adds one entity.
pub(crate) fn push(out: &mut Out, entity: &str, body: Value) {
    out.entry(entity.to_string()).or_default().push(body);
}

/// Adds the members that every entity has.
pub(crate) fn frame(mut body: Value, id: i64, token: i64, date: Date) -> Value {
    put(&mut body, "domain", "QBO".into());
    put(&mut body, "sparse", false.into());
    put(&mut body, "Id", id.to_string().into());
    put(&mut body, "SyncToken", token.to_string().into());
    put(&mut body, "MetaData", stamps(date, date));
    body
}

fn stamps(created: Date, changed: Date) -> Value {
    object([
        ("CreateTime", format!("{created}T10:00:00-07:00").into()),
        (
            "LastUpdatedTime",
            format!("{changed}T10:00:00-07:00").into(),
        ),
    ])
}

/// What has been applied to what, and the open balances that follow.
pub(crate) struct Balances {
    applied: Vec<i64>,
    links: Vec<Vec<usize>>,
    customers: BTreeMap<i64, i64>,
    vendors: BTreeMap<i64, i64>,
}

impl Balances {
    fn new(books: &Books) -> Self {
        let count = books.txns.len();
        let mut this = Self {
            applied: vec![0; count],
            links: vec![Vec::new(); count],
            customers: BTreeMap::new(),
            vendors: BTreeMap::new(),
        };
        for (at, txn) in books
            .txns
            .iter()
            .enumerate()
            .filter(|(_, txn)| txn.presence == Presence::Live)
        {
            for line in &txn.lines {
                if let Some(target) = line.link {
                    this.links[target].push(at);
                    if txn.kind != Kind::Deposit {
                        this.applied[target] += line.amount.abs();
                    }
                }
            }
        }
        for (at, txn) in books.txns.iter().enumerate() {
            let open = this.open(txn, at);
            match txn.kind {
                Kind::Invoice => this.add_customer(txn.customer, open),
                Kind::CreditMemo => this.add_customer(txn.customer, -open),
                Kind::Payment => this.add_customer(txn.customer, -unapplied(txn)),
                Kind::Bill => this.add_vendor(txn.vendor, open),
                Kind::VendorCredit => this.add_vendor(txn.vendor, -open),
                _ => {}
            }
        }
        this
    }

    fn add_customer(&mut self, id: Option<i64>, amount: i64) {
        *self.customers.entry(id.unwrap_or(0)).or_default() += amount;
    }

    fn add_vendor(&mut self, id: Option<i64>, amount: i64) {
        *self.vendors.entry(id.unwrap_or(0)).or_default() += amount;
    }

    fn open(&self, txn: &Txn, at: usize) -> i64 {
        if txn.presence == Presence::Live {
            txn.amount() - self.applied[at]
        } else {
            0
        }
    }

    /// Open receivable of a customer, its children not included.
    pub(crate) fn customer(&self, id: i64) -> i64 {
        self.customers.get(&id).copied().unwrap_or(0)
    }

    /// Open payable to a vendor.
    pub(crate) fn vendor(&self, id: i64) -> i64 {
        self.vendors.get(&id).copied().unwrap_or(0)
    }
}

/// Money of a payment that no invoice took. Credit lines are negative.
fn unapplied(txn: &Txn) -> i64 {
    if txn.presence != Presence::Live {
        return 0;
    }
    txn.amount() - txn.lines.iter().map(|line| line.amount).sum::<i64>()
}

/// Everything that QuickBooks holds.
pub(crate) fn write(books: &Books) -> Out {
    let mut out = Out::new();
    let balances = Balances::new(books);
    wire_lists::write(books, &balances, &mut out);
    let names = Names::new(books);
    for (at, txn) in books.txns.iter().enumerate() {
        match txn.presence {
            Presence::Absent => {}
            Presence::Tombstone => push(&mut out, txn.kind.entity(), tombstone(books, txn)),
            Presence::Live | Presence::Voided => {
                push(
                    &mut out,
                    txn.kind.entity(),
                    transaction(books, &balances, &names, at),
                );
            }
        }
    }
    for (n, shift) in books.shifts.iter().enumerate() {
        // The office enters the same days as time activities for the last two months only.
        if books.plan.lean || books.age(shift.date) > 60 {
            continue;
        }
        let employee = &books.employees[shift.employee];
        let body = object([
            ("TxnDate", day(shift.date)),
            ("NameOf", "Employee".into()),
            (
                "EmployeeRef",
                reference(
                    employee.qid,
                    &format!("{} {}", employee.given, employee.family),
                ),
            ),
            ("CustomerRef", names.reference(books.jobs[shift.job].qid)),
            ("BillableStatus", "NotBillable".into()),
            ("CostRate", number(employee.rate)),
            ("Hours", shift.hours.into()),
            ("Minutes", 0.into()),
        ]);
        push(
            &mut out,
            "TimeActivity",
            frame(body, n as i64 + 1, 0, shift.date),
        );
    }
    out
}

fn tombstone(books: &Books, txn: &Txn) -> Value {
    let stamp = format!("{}T10:00:00-07:00", books.plan.as_of);
    object([
        ("Id", txn.id.to_string().into()),
        ("status", "Deleted".into()),
        ("domain", "QBO".into()),
        ("MetaData", object([("LastUpdatedTime", stamp.into())])),
    ])
}

/// Display names of customers and vendors by id.
struct Names(BTreeMap<i64, String>);

impl Names {
    fn new(books: &Books) -> Self {
        let mut names = BTreeMap::new();
        for owner in &books.owners {
            names.insert(owner.qid, owner.qname.clone());
        }
        for job in &books.jobs {
            let parent = &books.owners[job.owner].qname;
            names.insert(job.qid, format!("{parent}:{}", job.qname));
            if let Some((id, name)) = &job.extra {
                names.insert(*id, format!("{parent}:{name}"));
            }
        }
        for vendor in &books.vendors {
            names.insert(vendor.qid, vendor.qname.clone());
        }
        for (id, name) in &books.joint_payees {
            names.insert(*id, name.clone());
        }
        Self(names)
    }

    fn reference(&self, id: i64) -> Value {
        reference(id, self.0.get(&id).map_or("", String::as_str))
    }
}

fn transaction(books: &Books, balances: &Balances, names: &Names, at: usize) -> Value {
    let txn = &books.txns[at];
    let voided = txn.presence == Presence::Voided;
    let total = if voided { 0 } else { txn.amount() };
    let open = balances.open(txn, at);
    let mut body = object([("TxnDate", day(txn.date)), ("TotalAmt", number(total))]);
    if let Some(text) = &txn.number {
        let key = if txn.kind == Kind::Payment {
            "PaymentRefNum"
        } else {
            "DocNumber"
        };
        put(&mut body, key, text.as_str().into());
    }
    if let Some(due) = txn.due {
        put(&mut body, "DueDate", day(due));
    }
    if let Some(customer) = txn.customer {
        put(&mut body, "CustomerRef", names.reference(customer));
    }
    if let Some(vendor) = txn.vendor {
        let mut vendor = names.reference(vendor);
        if txn.kind == Kind::Purchase {
            put(&mut vendor, "type", "Vendor".into());
        }
        put(
            &mut body,
            if txn.kind == Kind::Purchase {
                "EntityRef"
            } else {
                "VendorRef"
            },
            vendor,
        );
    }
    if let Some(department) = txn.department {
        put(
            &mut body,
            "DepartmentRef",
            reference(department as i64 + 1, DEPARTMENT_NAMES[department]),
        );
    }
    let note = match (&txn.note, voided) {
        (Some(note), true) => Some(format!("Voided - {note}")),
        (None, true) => Some("Voided".to_string()),
        (note, false) => note.clone(),
    };
    if let Some(note) = note {
        put(&mut body, "PrivateNote", note.into());
    }
    kind_members(txn, open, &mut body);
    let lines: Vec<Value> = txn
        .lines
        .iter()
        .enumerate()
        .map(|(n, item)| line(books, names, txn, item, n, voided))
        .collect();
    put(&mut body, "Line", lines.into());
    let links: Vec<Value> = balances.links[at]
        .iter()
        .map(|&other| link(books, other))
        .collect();
    if matches!(
        txn.kind,
        Kind::Invoice | Kind::Bill | Kind::VendorCredit | Kind::CreditMemo
    ) {
        put(&mut body, "LinkedTxn", links.into());
    }
    if !books.plan.lean {
        put(
            &mut body,
            "CurrencyRef",
            object([
                ("value", "USD".into()),
                ("name", "United States Dollar".into()),
            ]),
        );
    }
    let token = i64::from(!balances.links[at].is_empty()) + i64::from(voided);
    // A future-dated document was entered by as-of; a linked one changed when it was settled.
    let created = earlier(txn.date, books.plan.as_of);
    let changed = balances.links[at]
        .iter()
        .map(|&other| books.txns[other].date)
        .max();
    let changed = earlier(changed.unwrap_or(created).max(created), books.plan.as_of);
    let mut body = frame(body, txn.id, token, created);
    if changed > created {
        put(&mut body, "MetaData", stamps(created, changed));
    }
    if books.plan.lean {
        compact(body, &LEAN_WITHOUT)
    } else {
        body
    }
}

/// Members that no measure and no match needs; very large worlds leave them out.
const LEAN_WITHOUT: [&str; 10] = [
    "name",
    "APAccountRef",
    "ARAccountRef",
    "DepartmentRef",
    "ClassRef",
    "BillableStatus",
    "Qty",
    "UnitPrice",
    "ProcessPayment",
    "CreateTime",
];

fn link(books: &Books, at: usize) -> Value {
    let txn = &books.txns[at];
    let kind = if txn.kind == Kind::BillPayment {
        "BillPaymentCheck"
    } else {
        txn.kind.entity()
    };
    object([
        ("TxnId", txn.id.to_string().into()),
        ("TxnType", kind.into()),
    ])
}

fn kind_members(txn: &Txn, open: i64, body: &mut Value) {
    let bank = txn
        .bank
        .map_or(Value::Null, |id| reference(id, &account_name(id)));
    match txn.kind {
        Kind::Invoice => {
            put(body, "Balance", number(open));
            put(
                body,
                "TxnTaxDetail",
                object([("TotalTax", number(txn.tax))]),
            );
        }
        Kind::Bill => {
            put(
                body,
                "APAccountRef",
                reference(PAYABLE, &account_name(PAYABLE)),
            );
            put(body, "Balance", number(open));
            if txn.tax != 0 {
                put(
                    body,
                    "TxnTaxDetail",
                    object([("TotalTax", number(txn.tax))]),
                );
            }
        }
        Kind::CreditMemo => {
            put(body, "Balance", number(open));
            put(body, "RemainingCredit", number(open));
        }
        Kind::VendorCredit => put(body, "Balance", number(open)),
        Kind::Payment => {
            put(body, "UnappliedAmt", number(unapplied(txn)));
            put(body, "DepositToAccountRef", bank);
            put(
                body,
                "ARAccountRef",
                reference(RECEIVABLE, &account_name(RECEIVABLE)),
            );
            put(body, "ProcessPayment", false.into());
        }
        Kind::Deposit => put(body, "DepositToAccountRef", bank),
        Kind::BillPayment => {
            put(body, "PayType", "Check".into());
            put(
                body,
                "CheckPayment",
                object([
                    ("BankAccountRef", bank),
                    ("PrintStatus", "PrintComplete".into()),
                ]),
            );
        }
        Kind::Purchase => {
            put(body, "PaymentType", txn.status.into());
            put(body, "AccountRef", bank);
            put(body, "Credit", (txn.status == "CreditCardCredit").into());
            if txn.status == "CreditCardCredit" {
                put(body, "PaymentType", "CreditCard".into());
            }
        }
        Kind::PurchaseOrder => put(body, "POStatus", txn.status.into()),
        Kind::Estimate => {
            put(body, "TxnStatus", txn.status.into());
            put(
                body,
                "TxnTaxDetail",
                object([("TotalTax", number(txn.tax))]),
            );
        }
        Kind::JournalEntry => {
            put(body, "Adjustment", false.into());
            let debits: i64 = txn.lines.iter().map(|line| line.amount.max(0)).sum();
            put(body, "TotalAmt", number(debits));
        }
    }
}

fn line(books: &Books, names: &Names, txn: &Txn, line: &Line, n: usize, voided: bool) -> Value {
    let amount = if voided { 0 } else { line.amount };
    if let Some(target) = line.link {
        return linked_line(books, txn, target, amount);
    }
    let first = i64::from(txn.kind != Kind::JournalEntry);
    let mut body = object([
        ("Id", (n as i64 + first).to_string().into()),
        ("Amount", number(amount)),
    ]);
    if !line.text.is_empty() && !books.plan.lean {
        put(&mut body, "Description", line.text.as_str().into());
    }
    let mut detail = object([]);
    if let Some(account) = line.account {
        put(
            &mut detail,
            "AccountRef",
            reference(account, &account_name(account)),
        );
    }
    if let Some(item) = line.item {
        put(&mut detail, "ItemRef", reference(item, &item_display(item)));
        put(&mut detail, "Qty", 1.into());
        put(&mut detail, "UnitPrice", number(amount));
    }
    if let Some(class) = line.class {
        put(
            &mut detail,
            "ClassRef",
            reference(class_id(class), CLASS_NAMES[class]),
        );
    }
    let kind = match txn.kind {
        Kind::Invoice | Kind::CreditMemo | Kind::Estimate if line.discount => {
            // A discount line's amount is positive and lowers the total.
            put(&mut body, "Amount", number(-amount));
            detail = object([
                ("PercentBased", false.into()),
                (
                    "DiscountAccountRef",
                    line.account
                        .map_or(Value::Null, |id| reference(id, &account_name(id))),
                ),
            ]);
            "DiscountLineDetail"
        }
        Kind::Invoice | Kind::CreditMemo | Kind::Estimate => "SalesItemLineDetail",
        Kind::JournalEntry => {
            put(&mut body, "Amount", number(amount.abs()));
            put(
                &mut detail,
                "PostingType",
                if amount >= 0 { "Debit" } else { "Credit" }.into(),
            );
            if let Some(customer) = line.customer {
                let entity = object([
                    ("Type", "Customer".into()),
                    ("EntityRef", names.reference(customer)),
                ]);
                put(&mut detail, "Entity", entity);
            }
            "JournalEntryLineDetail"
        }
        Kind::Deposit => {
            if let Some(customer) = line.customer {
                let mut entity = names.reference(customer);
                put(&mut entity, "type", "CUSTOMER".into());
                put(&mut detail, "Entity", entity);
            }
            "DepositLineDetail"
        }
        _ => {
            if let Some(customer) = line.customer {
                put(&mut detail, "CustomerRef", names.reference(customer));
                put(&mut detail, "BillableStatus", "NotBillable".into());
            }
            if line.item.is_some() {
                "ItemBasedExpenseLineDetail"
            } else {
                "AccountBasedExpenseLineDetail"
            }
        }
    };
    put(&mut body, "DetailType", kind.into());
    put(&mut body, kind, detail);
    body
}

fn linked_line(books: &Books, txn: &Txn, target: usize, amount: i64) -> Value {
    let other = &books.txns[target];
    let mut entry = object([
        ("TxnId", other.id.to_string().into()),
        ("TxnType", other.kind.entity().into()),
    ]);
    if txn.kind == Kind::Deposit {
        put(&mut entry, "TxnLineId", "0".into());
    }
    object([
        ("Amount", number(amount.abs())),
        ("LinkedTxn", vec![entry].into()),
    ])
}

fn item_display(item: i64) -> String {
    match item {
        PROGRESS_ITEM => "Progress Billing".to_string(),
        RETAINAGE_ITEM => "Retainage Withheld".to_string(),
        super::chart::BAD_DEBT_ITEM => "Bad Debt".to_string(),
        code => item_name(usize::try_from(code - super::chart::FIRST_CODE_ITEM).unwrap_or(0)),
    }
}

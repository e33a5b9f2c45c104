//! Lines that begin with `Q`: records of QuickBooks.

use figures::model::{
    Customer, DocumentKind, LedgerBudget, LedgerBudgetLine, LedgerDocument, LedgerLine, LineKind,
    Link, Posting, Tombstone,
};
use figures::{Date, Money, SmolStr};

use super::chart::account;
use super::reader::Reader;
use super::words::{self, Word, Words};

/// Reads one record.
pub(super) fn record(reader: &mut Reader, words: &mut Words) -> Result<(), String> {
    let word = words.text()?;
    match word.as_str() {
        "customer" => customer(reader, words),
        "vendor" => {
            let (id, name) = (words.text()?, words.text()?);
            reader.add_vendor(id, name);
            if let Some(Word::Bare(_)) = words.next()
                && let Some(vendor) = reader.ledger.vendors.last_mut()
            {
                vendor.active = false;
            }
            Ok(())
        }
        "deleted" => {
            let (entity, id) = (words.text()?, words.text()?);
            reader.ledger.tombstones.push(Tombstone {
                entity,
                id,
                deleted: None,
            });
            Ok(())
        }
        "budget" => budget(reader, words),
        _ => document(reader, words, &word),
    }
}

/// `Q customer 61 "Harbor Clinic" under 60 [inactive]`.
fn customer(reader: &mut Reader, words: &mut Words) -> Result<(), String> {
    let (id, name) = (words.text()?, words.text()?);
    let mut customer = Customer {
        id,
        full_name: name.clone(),
        name,
        company_name: SmolStr::default(),
        parent: None,
        is_job: false,
        active: true,
        balance: Money::ZERO,
    };
    while let Some(Word::Bare(word)) = words.next() {
        match word.as_str() {
            "under" => {
                customer.parent = Some(words.text()?);
                customer.is_job = true;
            }
            "inactive" => customer.active = false,
            other => return Err(words.wrong(format!("{other} says nothing about a customer"))),
        }
    }
    let parent = reader
        .ledger
        .customers
        .iter()
        .find(|one| Some(&one.id) == customer.parent.as_ref());
    if let Some(parent) = parent {
        customer.full_name = SmolStr::new(format!("{}:{}", parent.full_name, customer.name));
    }
    reader.ledger.customers.push(customer);
    Ok(())
}

/// `Q budget 1 job 1 cost 100,000.00`.
fn budget(reader: &mut Reader, words: &mut Words) -> Result<(), String> {
    let mut budget = LedgerBudget {
        id: words.text()?,
        name: SmolStr::new("Budget"),
        active: true,
        lines: Vec::new(),
    };
    let mut customer = None;
    while let Some(Word::Bare(word)) = words.next() {
        match (word.as_str(), account(&word)) {
            ("job", _) => customer = reader.customer_of.get(&words.number::<i64>()?).cloned(),
            ("inactive", _) => budget.active = false,
            (_, account @ Some(_)) => {
                let (customer, amount) = (customer.clone(), words.money()?);
                budget.lines.push(LedgerBudgetLine {
                    account,
                    customer,
                    date: None,
                    amount,
                });
            }
            _ => return Err(words.wrong(format!("{word} says nothing about a budget"))),
        }
    }
    reader.ledger.budgets.push(budget);
    Ok(())
}

/// The kind of document that a word stands for.
fn kind_of(word: &str) -> Option<DocumentKind> {
    Some(match word {
        "bill" => DocumentKind::Bill,
        "bill_payment" => DocumentKind::BillPayment,
        "credit_memo" => DocumentKind::CreditMemo,
        "deposit" => DocumentKind::Deposit,
        "estimate" => DocumentKind::Estimate,
        "invoice" => DocumentKind::Invoice,
        "journal" => DocumentKind::JournalEntry,
        "payment" => DocumentKind::Payment,
        "check" | "charge" | "refund" => DocumentKind::Purchase,
        "order" => DocumentKind::PurchaseOrder,
        "refund_receipt" => DocumentKind::RefundReceipt,
        "sales_receipt" => DocumentKind::SalesReceipt,
        "transfer" => DocumentKind::Transfer,
        "vendor_credit" => DocumentKind::VendorCredit,
        _ => return None,
    })
}

/// A document in the making.
struct Draft {
    document: LedgerDocument,
    /// Customer of the lines that follow.
    customer: Option<SmolStr>,
    vendor: Option<SmolStr>,
    posting: Option<Posting>,
    description: SmolStr,
    total: Option<Money>,
    excess: Money,
}

fn document(reader: &mut Reader, words: &mut Words, word: &str) -> Result<(), String> {
    let kind = kind_of(word).ok_or_else(|| words.wrong(format!("{word} is no record here")))?;
    let mut draft = Draft {
        document: empty(kind, words.text()?),
        customer: None,
        vendor: None,
        posting: None,
        description: SmolStr::default(),
        total: None,
        excess: Money::ZERO,
    };
    draft.document.is_refund = word == "refund";
    while let Some(word) = words.next() {
        match word {
            Word::Quoted(text) => draft.document.number = SmolStr::new(text),
            Word::Bare(word) => draft.word(reader, words, &word)?,
        }
    }
    let named = reader
        .ledger
        .vendors
        .iter()
        .find(|one| Some(&one.id) == draft.document.vendor.as_ref());
    if let Some(vendor) = named.filter(|_| draft.document.payee_name.is_empty()) {
        draft.document.payee_name = vendor.name.clone();
    }
    reader.ledger.documents.push(draft.finish());
    Ok(())
}

impl Draft {
    fn word(&mut self, reader: &mut Reader, words: &mut Words, word: &str) -> Result<(), String> {
        let document = &mut self.document;
        match word {
            "job" => {
                let job = words.text()?;
                let of_job = job
                    .parse()
                    .ok()
                    .and_then(|job: i64| reader.customer_of.get(&job));
                self.name_customer(of_job.cloned());
            }
            "customer" => {
                let customer = words.text()?;
                self.name_customer(Some(customer));
            }
            "vendor" => {
                let vendor = Some(words.text()?);
                if matches!(
                    document.kind,
                    DocumentKind::JournalEntry | DocumentKind::Deposit
                ) {
                    self.vendor = vendor;
                } else {
                    document.vendor = vendor;
                }
            }
            "class" => document.class = Some(words.text()?),
            "location" => document.department = Some(words.text()?),
            "terms" => document.term = Some(words.text()?),
            "note" => document.note = words.text()?,
            "payee" => document.payee_name = words.text()?,
            "says" => self.description = words.text()?,
            "tax" => document.tax = words.money()?,
            "total" => self.total = Some(words.money()?),
            "unapplied" => document.unapplied = words.money()?,
            "excess" => self.excess = words.money()?,
            "still" => {
                document.balance = words.money()?;
                let key = format!("{} {}", document.kind.entity(), document.id);
                reader.stated.insert(SmolStr::new(key));
            }
            "in" => document.account = account(&words.text()?),
            "debit" => self.posting = Some(Posting::Debit),
            "credit" => self.posting = Some(Posting::Credit),
            "voided" => document.voided = true,
            "open" | "closed" | "accepted" | "pending" | "rejected" => {
                document.status = capital(word);
            }
            "item" => {
                let item = words.text()?;
                let amount = words.money()?;
                let mut line = self.blank(LineKind::Item, amount);
                line.item = Some(item);
                self.document.lines.push(line);
            }
            "pays" => self.apply(words, &["Invoice", "Bill"])?,
            "uses" => self.apply(words, &["CreditMemo", "VendorCredit"])?,
            "deposits" => self.apply(words, &["Payment", "Payment"])?,
            other => self.line(words, other)?,
        }
        Ok(())
    }

    /// The customer of the header where the kind has one there, else of the lines that follow.
    fn name_customer(&mut self, customer: Option<SmolStr>) {
        use DocumentKind::{CreditMemo, Estimate, Invoice, Payment, RefundReceipt, SalesReceipt};
        let of_header = [
            CreditMemo,
            Estimate,
            Invoice,
            Payment,
            RefundReceipt,
            SalesReceipt,
        ];
        if of_header.contains(&self.document.kind) {
            self.document.customer = customer;
        } else {
            self.customer = customer;
        }
    }

    /// A line that is linked: to a document of the customer's side, or of the vendor's.
    fn apply(&mut self, words: &mut Words, sides: &[&str; 2]) -> Result<(), String> {
        let place = usize::from(self.document.kind == DocumentKind::BillPayment);
        let link = Link {
            kind: SmolStr::new(sides[place]),
            id: words.text()?,
        };
        let mut line = self.blank(LineKind::Applied, words.money()?);
        line.links.push(link);
        self.document.lines.push(line);
        Ok(())
    }

    fn blank(&self, kind: LineKind, amount: Money) -> LedgerLine {
        LedgerLine {
            kind,
            amount,
            account: None,
            item: None,
            customer: self.customer.clone(),
            vendor: self.vendor.clone(),
            class: None,
            description: self.description.clone(),
            posting: None,
            links: Vec::new(),
        }
    }

    /// A day, an amount, or an account and an amount.
    fn line(&mut self, words: &mut Words, word: &str) -> Result<(), String> {
        if let Some(date) = words::date(word) {
            self.document.date = date;
            return Ok(());
        }
        let sale = is_sale(self.document.kind);
        let (word, amount) = match words::money(word) {
            Some(amount) => (if sale { "income" } else { "cost" }, amount),
            None => (word, words.money()?),
        };
        let kind = match self.document.kind {
            DocumentKind::JournalEntry => LineKind::Journal,
            DocumentKind::Deposit => LineKind::Deposit,
            _ if word == "allowance" => LineKind::Discount,
            _ if sale => LineKind::Sale,
            _ => LineKind::Account,
        };
        let withheld = word == "retainage";
        let mut line = self.blank(kind, if withheld { -amount } else { amount });
        match (kind, word) {
            (LineKind::Sale, "income") => line.item = Some(SmolStr::new("1")),
            (LineKind::Sale, "retainage" | "release") => line.item = Some(SmolStr::new("2")),
            (LineKind::Sale, "bad_debt") => line.item = Some(SmolStr::new("3")),
            (LineKind::Account, "retainage" | "release") => {
                line.account = account("retainage_payable");
            }
            (_, named) => {
                let known = account(named);
                line.account =
                    Some(known.ok_or_else(|| words.wrong(format!("{named} is no account")))?);
            }
        }
        line.posting = self.posting;
        self.document.lines.push(line);
        Ok(())
    }

    fn finish(mut self) -> LedgerDocument {
        let document = &mut self.document;
        let lines: Money = document
            .lines
            .iter()
            .map(|line| match (line.kind, line.links.first()) {
                (LineKind::Discount, _) => -line.amount,
                (LineKind::Applied, Some(link)) if link.kind.ends_with("Credit") => -line.amount,
                (LineKind::Applied, Some(link)) if link.kind == "CreditMemo" => -line.amount,
                (LineKind::Journal, _) if line.posting == Some(Posting::Credit) => Money::ZERO,
                _ => line.amount,
            })
            .sum();
        let all = lines + document.tax + document.unapplied + self.excess;
        document.total = self.total.unwrap_or(all);
        if document.voided {
            document.total = Money::ZERO;
            document.tax = Money::ZERO;
            document
                .lines
                .iter_mut()
                .for_each(|line| line.amount = Money::ZERO);
        }
        self.document
    }
}

fn is_sale(kind: DocumentKind) -> bool {
    use DocumentKind::{CreditMemo, Estimate, Invoice, RefundReceipt, SalesReceipt};
    matches!(
        kind,
        CreditMemo | Estimate | Invoice | RefundReceipt | SalesReceipt
    )
}

fn capital(word: &str) -> SmolStr {
    let (first, rest) = word.split_at(1);
    SmolStr::new(first.to_uppercase() + rest)
}

fn empty(kind: DocumentKind, id: SmolStr) -> LedgerDocument {
    let status = match kind {
        DocumentKind::Estimate => "Accepted",
        DocumentKind::PurchaseOrder => "Open",
        _ => "",
    };
    let paid = matches!(
        kind,
        DocumentKind::Payment | DocumentKind::Purchase | DocumentKind::Deposit
    );
    LedgerDocument {
        kind,
        id,
        number: SmolStr::default(),
        date: Date::constant(2026, 10, 1),
        due: None,
        customer: None,
        vendor: None,
        department: None,
        class: None,
        term: None,
        total: Money::ZERO,
        tax: Money::ZERO,
        balance: Money::ZERO,
        unapplied: Money::ZERO,
        status: SmolStr::new(status),
        is_refund: false,
        account: paid.then(|| account("bank")).flatten(),
        note: SmolStr::default(),
        payee_name: SmolStr::default(),
        voided: false,
        updated: None,
        links: Vec::new(),
        lines: Vec::new(),
    }
}

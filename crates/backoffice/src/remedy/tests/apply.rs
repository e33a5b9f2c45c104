//! Does to books what a correction says, as QuickBooks would.

use figures::model::{
    DocumentKind, LedgerBooks, LedgerDocument, LedgerLine, LineKind, Link, Posting, Tombstone,
};
use figures::source::SourceRef;
use figures::{Date, Money, SmolStr};
use gate::correction::{Coding, Correction, Entity, Recoding};

/// The id of a document that a correction makes.
const NEW: &str = "9999999";

/// Does it; tells the document that came into being.
pub(super) fn apply(ledger: &mut LedgerBooks, correction: &Correction) -> Option<SourceRef> {
    match correction {
        Correction::PostBill(bill) => {
            let mut made = empty(DocumentKind::Bill, &bill.number, bill.date);
            (made.vendor, made.due) = (Some(bill.vendor.clone()), bill.due);
            made.department.clone_from(&bill.location);
            for line in &bill.lines {
                let mut one = match &line.on {
                    Coding::Account(id) => {
                        let mut one = blank(LineKind::Account, line.amount, &line.description);
                        one.account = Some(id.clone());
                        one
                    }
                    Coding::Item(id) => {
                        let mut one = blank(LineKind::Item, line.amount, &line.description);
                        one.item = Some(id.clone());
                        one
                    }
                };
                (one.customer, one.class) = (line.customer.clone(), line.class.clone());
                made.lines.push(one);
            }
            Some(add(ledger, made))
        }
        Correction::EnterInvoice(invoice) => {
            let mut made = empty(DocumentKind::Invoice, &invoice.number, invoice.date);
            (made.customer, made.due) = (Some(invoice.customer.clone()), invoice.due);
            made.department.clone_from(&invoice.location);
            for line in &invoice.lines {
                let mut one = blank(LineKind::Sale, line.amount, &line.description);
                (one.item, one.class) = (Some(line.item.clone()), line.class.clone());
                made.lines.push(one);
            }
            Some(add(ledger, made))
        }
        Correction::PostJournal(journal) => {
            let mut made = empty(DocumentKind::JournalEntry, &journal.number, journal.date);
            let mut balance = Money::ZERO;
            for line in &journal.lines {
                let mut one = blank(LineKind::Journal, line.amount, &line.description);
                one.account = Some(line.account.clone());
                (one.posting, one.class) = (Some(line.posting), line.class.clone());
                match &line.entity {
                    Some(Entity::Customer(id)) => one.customer = Some(id.clone()),
                    Some(Entity::Vendor(id)) => one.vendor = Some(id.clone()),
                    None => {}
                }
                balance += match line.posting {
                    Posting::Debit => line.amount,
                    Posting::Credit => -line.amount,
                };
                made.lines.push(one);
            }
            assert!(balance.is_zero(), "debits and credits are equal");
            Some(add(ledger, made))
        }
        Correction::ApplyPayment { payment, to } => {
            for (invoice, amount) in to {
                let one = find(ledger, DocumentKind::Invoice, invoice);
                one.balance -= *amount;
                assert!(
                    one.balance >= Money::ZERO,
                    "no more is applied than is open"
                );
                let one = find(ledger, DocumentKind::Payment, payment);
                one.unapplied -= *amount;
                assert!(
                    one.unapplied >= Money::ZERO,
                    "no more is applied than there is"
                );
                let mut line = blank(LineKind::Applied, *amount, "");
                line.links.push(Link {
                    kind: SmolStr::new("Invoice"),
                    id: invoice.clone(),
                });
                one.lines.push(line);
            }
            None
        }
        Correction::Recode { document, change } => {
            let kind = DocumentKind::from_entity(&document.kind).expect("a document");
            let mut changed = 0;
            for line in &mut find(ledger, kind, &document.id).lines {
                changed += usize::from(recode(line, change));
            }
            assert!(changed > 0, "a line has what is to be changed");
            None
        }
        Correction::Remove { document } => {
            let kind = DocumentKind::from_entity(&document.kind).expect("a document");
            if kind == DocumentKind::Invoice {
                let one = find(ledger, kind, &document.id);
                one.voided = true;
                (one.total, one.tax, one.balance) = (Money::ZERO, Money::ZERO, Money::ZERO);
                one.lines
                    .iter_mut()
                    .for_each(|line| line.amount = Money::ZERO);
                return None;
            }
            ledger.documents.retain(|one| one.source() != *document);
            ledger.tombstones.push(Tombstone {
                entity: document.kind.clone(),
                id: document.id.clone(),
                deleted: None,
            });
            None
        }
        Correction::Instruct(_) | Correction::Attach { .. } => {
            panic!("an instruction is for a person")
        }
    }
}

fn recode(line: &mut LedgerLine, change: &Recoding) -> bool {
    let (held, from, to) = match change {
        Recoding::Customer { from, to } => (&mut line.customer, Some(from), to),
        Recoding::Class { from, to } => (&mut line.class, from.as_ref(), to),
        Recoding::Account { from, to } => (&mut line.account, Some(from), to),
        Recoding::Item { from, to } => (&mut line.item, Some(from), to),
    };
    let has = held.as_ref() == from;
    if has {
        *held = Some(to.clone());
    }
    has
}

fn find<'l>(ledger: &'l mut LedgerBooks, kind: DocumentKind, id: &str) -> &'l mut LedgerDocument {
    let mut documents = ledger.documents.iter_mut();
    let found = documents.find(|one| one.kind == kind && one.id == id);
    found.expect("the correction names a document that is there")
}

fn add(ledger: &mut LedgerBooks, mut made: LedgerDocument) -> SourceRef {
    if made.kind != DocumentKind::JournalEntry {
        made.total = made.lines.iter().map(|line| line.amount).sum();
        made.balance = made.total;
        assert!(made.total > Money::ZERO, "a document asks for something");
    }
    assert!(
        !made.number.is_empty(),
        "a second entry is found by its number"
    );
    let vendors = &ledger.vendors;
    let named = vendors
        .iter()
        .find(|one| Some(&one.id) == made.vendor.as_ref());
    made.payee_name = named.map(|one| one.name.clone()).unwrap_or_default();
    let record = made.source();
    ledger.documents.push(made);
    record
}

fn blank(kind: LineKind, amount: Money, description: &str) -> LedgerLine {
    LedgerLine {
        kind,
        amount,
        account: None,
        item: None,
        customer: None,
        vendor: None,
        class: None,
        description: SmolStr::new(description),
        posting: None,
        links: Vec::new(),
    }
}

fn empty(kind: DocumentKind, number: &str, date: Date) -> LedgerDocument {
    LedgerDocument {
        kind,
        id: SmolStr::new(NEW),
        number: SmolStr::new(number),
        date,
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
        status: SmolStr::default(),
        is_refund: false,
        account: None,
        note: SmolStr::default(),
        payee_name: SmolStr::default(),
        voided: false,
        updated: None,
        links: Vec::new(),
        lines: Vec::new(),
    }
}

//! Transactions.

use figures::model::{
    DocumentKind, LedgerDocument, LedgerLine, LineKind, Link, Posting, Tombstone,
};
use figures::{Money, SmolStr};

use super::{Key, LedgerTables, currency, is_deleted, line, reference, wire};
use crate::reading::raw::{Raw, Read, object, sum};
use crate::reading::{RawLine, Refusal};

impl LedgerTables {
    /// Reads a transaction of any kind, or the tombstone of one.
    pub(super) fn read_document(
        &mut self,
        kind: DocumentKind,
        line: &RawLine<'_>,
    ) -> Result<(), Refusal> {
        let wire: wire::Document<'_> = object(line.body).map_err(Refusal::nameless)?;
        let key = Key::read(wire.id, wire.sync_token)?;
        if is_deleted(wire.life) {
            self.bury(line.resource, key.id, wire.meta_data.as_ref());
            return Ok(());
        }
        let money = currency(wire.currency_ref.as_ref()).map_err(|reason| key.refusal(reason))?;
        let record = document(kind, key.id.clone(), &wire).map_err(|reason| key.refusal(reason))?;
        let mut stamped = key.stamp(record, line);
        stamped.currency = money;
        self.documents.push(stamped);
        Ok(())
    }

    /// Notes that an entity was deleted.
    pub(super) fn bury(&mut self, entity: &str, id: SmolStr, meta: Option<&wire::MetaData<'_>>) {
        let deleted = meta.and_then(|meta| meta.last_updated_time.date_if_readable());
        self.tombstones.push(Tombstone {
            entity: SmolStr::new(entity),
            id,
            deleted,
        });
    }
}

fn document(kind: DocumentKind, id: SmolStr, wire: &wire::Document<'_>) -> Read<LedgerDocument> {
    let lines = lines(kind, wire)?;
    let total = total(kind, wire, &lines)?;
    let note = wire.private_note.words("PrivateNote")?;
    let voided = total.is_zero()
        && lines.iter().all(|line| line.amount.is_zero())
        && note.to_ascii_lowercase().contains("voided");
    let payee = payee(wire)?;
    Ok(LedgerDocument {
        kind,
        id,
        number: match kind {
            DocumentKind::Payment | DocumentKind::SalesReceipt | DocumentKind::RefundReceipt => {
                number(kind, wire)?
            }
            _ => wire.doc_number.words("DocNumber")?,
        },
        date: wire.txn_date.date("TxnDate")?.ok_or("TxnDate is missing")?,
        due: wire.due_date.date("DueDate")?,
        customer: payee.customer,
        vendor: payee.vendor,
        department: reference("DepartmentRef", wire.department_ref.as_ref())?,
        class: reference("ClassRef", wire.class_ref.as_ref())?,
        term: reference("SalesTermRef", wire.sales_term_ref.as_ref())?,
        total,
        tax: match &wire.txn_tax_detail {
            Some(tax) => tax.total_tax.money_or_zero("TxnTaxDetail.TotalTax")?,
            None => Money::ZERO,
        },
        balance: match kind {
            DocumentKind::CreditMemo => wire
                .remaining_credit
                .or(wire.balance)
                .money_or_zero("RemainingCredit")?,
            _ => wire
                .balance
                .or(wire.remaining_credit)
                .money_or_zero("Balance")?,
        },
        unapplied: wire.unapplied_amt.money_or_zero("UnappliedAmt")?,
        status: match kind {
            DocumentKind::PurchaseOrder => wire.po_status.words("POStatus")?,
            DocumentKind::Estimate => wire.txn_status.words("TxnStatus")?,
            _ => SmolStr::default(),
        },
        is_refund: kind == DocumentKind::Purchase && wire.credit.flag("Credit")?.unwrap_or(false),
        account: header_account(kind, wire)?,
        note,
        payee_name: payee.name,
        voided,
        updated: wire
            .meta_data
            .as_ref()
            .and_then(|meta| meta.last_updated_time.date_if_readable()),
        links: links(wire.linked_txn.as_deref())?,
        lines,
    })
}

/// Payments carry the payer's reference; the other kinds of cash sales may carry either.
fn number(kind: DocumentKind, wire: &wire::Document<'_>) -> Read<SmolStr> {
    let (first, second) = match kind {
        DocumentKind::Payment => (wire.payment_ref_num, wire.doc_number),
        _ => (wire.doc_number, wire.payment_ref_num),
    };
    let number = first.words("PaymentRefNum")?;
    if number.is_empty() {
        second.words("DocNumber")
    } else {
        Ok(number)
    }
}

/// `TotalAmt`; a transfer's `Amount`; for a journal entry without one the sum of its debits.
fn total(kind: DocumentKind, wire: &wire::Document<'_>, lines: &[LedgerLine]) -> Read<Money> {
    match kind {
        DocumentKind::Transfer => wire.amount.or(wire.total_amt).money_required("Amount"),
        DocumentKind::JournalEntry => match wire.total_amt.money("TotalAmt")? {
            Some(total) => Ok(total),
            None => {
                let debits = lines
                    .iter()
                    .filter(|line| line.posting == Some(Posting::Debit));
                sum("the debit side", debits.map(|line| Ok(line.amount)))
            }
        },
        _ => wire.total_amt.money_required("TotalAmt"),
    }
}

/// Who the header names.
struct Payee {
    customer: Option<SmolStr>,
    vendor: Option<SmolStr>,
    name: SmolStr,
}

fn payee(wire: &wire::Document<'_>) -> Read<Payee> {
    let mut payee = Payee {
        customer: reference("CustomerRef", wire.customer_ref.as_ref())?,
        vendor: reference("VendorRef", wire.vendor_ref.as_ref())?,
        name: SmolStr::default(),
    };
    if let Some(entity) = &wire.entity_ref {
        payee.name = entity.name.words("EntityRef.name")?;
        let kind = entity.kind.words("EntityRef.type")?;
        if kind.eq_ignore_ascii_case("vendor") {
            payee.vendor = reference("EntityRef", Some(entity))?;
        } else if kind.eq_ignore_ascii_case("customer") {
            payee.customer = reference("EntityRef", Some(entity))?;
        }
    } else if let Some(vendor) = &wire.vendor_ref {
        payee.name = vendor.name.words("VendorRef.name")?;
    }
    Ok(payee)
}

fn header_account(kind: DocumentKind, wire: &wire::Document<'_>) -> Read<Option<SmolStr>> {
    match kind {
        DocumentKind::Purchase => reference("AccountRef", wire.account_ref.as_ref()),
        DocumentKind::Transfer => reference("ToAccountRef", wire.to_account_ref.as_ref()),
        DocumentKind::BillPayment => {
            let paid = wire
                .check_payment
                .as_ref()
                .or(wire.credit_card_payment.as_ref());
            reference(
                "BankAccountRef",
                paid.and_then(|paid| paid.account_ref.as_ref()),
            )
        }
        _ => reference("DepositToAccountRef", wire.deposit_to_account_ref.as_ref()),
    }
}

fn lines(kind: DocumentKind, wire: &wire::Document<'_>) -> Read<Vec<LedgerLine>> {
    if kind == DocumentKind::Transfer {
        let from = reference("FromAccountRef", wire.from_account_ref.as_ref())?;
        let amount = wire.amount.or(wire.total_amt).money_required("Amount")?;
        return Ok(vec![line::plain(LineKind::Account, amount, from)]);
    }
    let wire_lines = wire.line.as_deref().unwrap_or_default();
    let mut lines = Vec::with_capacity(wire_lines.len());
    for (index, wire_line) in wire_lines.iter().enumerate() {
        line::read(kind, wire_line, &mut lines)
            .map_err(|reason| format!("in line {}: {reason}", index + 1))?;
    }
    lines.shrink_to_fit();
    Ok(lines)
}

/// Links of a header or a line; one without an id is none.
pub(super) fn links(links: Option<&[wire::LinkedTxn<'_>]>) -> Read<Vec<Link>> {
    let Some(links) = links else {
        return Ok(Vec::new());
    };
    let mut read = Vec::with_capacity(links.len());
    for link in links {
        let id = link.txn_id.words("LinkedTxn.TxnId")?;
        if !id.is_empty() {
            read.push(Link {
                kind: txn_type(link.txn_type)?,
                id,
            });
        }
    }
    Ok(read)
}

fn txn_type(kind: Raw<'_>) -> Read<SmolStr> {
    kind.words("LinkedTxn.TxnType")
}

//! Lines of transactions: bundles are flattened; sub-totals and descriptions carry no money.

use figures::model::{DocumentKind, LedgerLine, LineKind, Posting};
use figures::{Money, SmolStr};

use super::document::links;
use super::{reference, wire};
use crate::reading::raw::{Read, shown};

/// A line with nothing but an amount and an account.
pub(super) fn plain(kind: LineKind, amount: Money, account: Option<SmolStr>) -> LedgerLine {
    LedgerLine {
        kind,
        amount,
        account,
        item: None,
        customer: None,
        vendor: None,
        class: None,
        description: SmolStr::default(),
        posting: None,
        links: Vec::new(),
    }
}

/// Reads one line into one line, several (a bundle) or none.
pub(super) fn read(
    document: DocumentKind,
    wire: &wire::Line<'_>,
    into: &mut Vec<LedgerLine>,
) -> Read<()> {
    let kind = match document {
        DocumentKind::Payment | DocumentKind::BillPayment => LineKind::Applied,
        _ => match wire.detail_type.text("DetailType")?.as_deref() {
            Some("SalesItemLineDetail") => LineKind::Sale,
            Some("DiscountLineDetail") => LineKind::Discount,
            Some("AccountBasedExpenseLineDetail") => LineKind::Account,
            Some("ItemBasedExpenseLineDetail") => LineKind::Item,
            Some("JournalEntryLineDetail") => LineKind::Journal,
            Some("DepositLineDetail") => deposit_kind(wire),
            None if document == DocumentKind::Deposit => deposit_kind(wire),
            Some("GroupLineDetail") => return bundle(document, wire, into),
            Some("SubTotalLineDetail" | "DescriptionOnly") => return Ok(()),
            other => return unknown(other, wire),
        },
    };
    into.push(line(kind, wire)?);
    Ok(())
}

/// A deposit line either moves a recorded payment to the bank or is money of its own.
fn deposit_kind(wire: &wire::Line<'_>) -> LineKind {
    let is_linked = wire
        .linked_txn
        .as_ref()
        .is_some_and(|links| !links.is_empty());
    if is_linked {
        LineKind::Applied
    } else {
        LineKind::Deposit
    }
}

/// A kind of line that nobody documented: harmless without an amount, otherwise refused.
fn unknown(kind: Option<&str>, wire: &wire::Line<'_>) -> Read<()> {
    if wire.amount.money_or_zero("Amount")?.is_zero() {
        return Ok(());
    }
    Err(match kind {
        Some(kind) => format!(
            "DetailType is {}, a kind of line that is not understood, and it carries an amount",
            shown(kind)
        ),
        None => "it carries an amount but has no DetailType".to_owned(),
    })
}

fn bundle(document: DocumentKind, wire: &wire::Line<'_>, into: &mut Vec<LedgerLine>) -> Read<()> {
    let inner = wire
        .detail
        .as_ref()
        .and_then(|detail| detail.line.as_deref())
        .unwrap_or_default();
    if inner.is_empty() && !wire.amount.money_or_zero("Amount")?.is_zero() {
        return Err("it is a bundle with an amount but without lines".to_owned());
    }
    inner.iter().try_for_each(|line| read(document, line, into))
}

fn line(kind: LineKind, wire: &wire::Line<'_>) -> Read<LedgerLine> {
    let mut line = plain(kind, wire.amount.money_or_zero("Amount")?, None);
    line.description = wire.description.words("Description")?;
    line.links = links(wire.linked_txn.as_deref())?;
    let Some(detail) = &wire.detail else {
        return if matches!(kind, LineKind::Applied) {
            Ok(line)
        } else {
            Err("it has no detail".to_owned())
        };
    };
    line.account = match kind {
        LineKind::Sale => reference("ItemAccountRef", detail.item_account_ref.as_ref())?,
        LineKind::Discount => {
            reference("DiscountAccountRef", detail.discount_account_ref.as_ref())?
        }
        _ => reference("AccountRef", detail.account_ref.as_ref())?,
    };
    line.item = reference("ItemRef", detail.item_ref.as_ref())?;
    line.customer = reference("CustomerRef", detail.customer_ref.as_ref())?;
    line.class = reference("ClassRef", detail.class_ref.as_ref())?;
    if let Some(entity) = &detail.entity {
        attribute(entity, &mut line)?;
    }
    if kind == LineKind::Journal {
        line.posting = Some(posting(detail)?);
    }
    Ok(line)
}

/// The entity of a deposit or journal line, when it is a customer or vendor.
fn attribute(entity: &wire::Entity<'_>, line: &mut LedgerLine) -> Read<()> {
    let inner = entity.entity_ref.as_ref();
    let kind = match inner {
        Some(inner) if !entity.kind.is_some() => inner.kind,
        _ => entity.kind,
    };
    let id = match inner {
        Some(inner) => reference("Entity.EntityRef", Some(inner))?,
        None => match entity.value.text("Entity")? {
            Some(text) => Some(super::checked_id("Entity", &text)?),
            None => None,
        },
    };
    let kind = kind.words("Entity.Type")?;
    if kind.eq_ignore_ascii_case("customer") {
        line.customer = id;
    } else if kind.eq_ignore_ascii_case("vendor") {
        line.vendor = id;
    }
    Ok(())
}

fn posting(detail: &wire::Detail<'_>) -> Read<Posting> {
    match detail.posting_type.text("PostingType")?.as_deref() {
        Some("Debit" | "debit" | "DEBIT") => Ok(Posting::Debit),
        Some("Credit" | "credit" | "CREDIT") => Ok(Posting::Credit),
        Some(other) => Err(format!(
            "PostingType is {}, which is neither Debit nor Credit",
            shown(other)
        )),
        None => Err("PostingType is missing".to_owned()),
    }
}

//! From QuickBooks' JSON to [`LedgerBooks`]; the same code for live responses, the mirror and
//! snapshots.
//!
//! Pure: no network, no file, no clock. A record that cannot be read exactly becomes a
//! [`Rejection`] and everything else goes on. Field by field it is written down in `MAPPINGS.md`.

mod document;
mod line;
mod lists;
mod settle;

use std::collections::BTreeMap;

use figures::model::{
    Account, Customer, DocumentKind, Item, LedgerBooks, LedgerBudget, LedgerDocument, NamedEntity,
    Term, Tombstone, Vendor,
};
use figures::source::{RawRecord, Rejection, SourceRef};
use figures::{Date, SmolStr};

use super::wire;
use crate::reading::raw::{Raw, Read, object, shown};
use crate::reading::refused::Refused;
use crate::reading::versions::{Currency, Stamped, digest};
use crate::reading::{RawLine, Refusal, Tables, read_all};

/// Reads a company's records into books.
///
/// The order of the records does not matter, except that of two contradicting versions of one
/// record the earlier stands.
#[must_use]
pub fn books(
    realm_id: &str,
    records: impl IntoIterator<Item = RawRecord>,
) -> (LedgerBooks, Vec<Rejection>) {
    let mut tables = LedgerTables::default();
    read_all(&mut tables, records);
    tables.finish(realm_id)
}

/// A setting that the books need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Settings {
    closing_date: Option<Date>,
    home: Currency,
}

/// What has been read of one company.
#[derive(Debug, Default)]
pub(crate) struct LedgerTables {
    accounts: Vec<Stamped<Account>>,
    customers: Vec<Stamped<Customer>>,
    vendors: Vec<Stamped<Vendor>>,
    items: Vec<Stamped<Item>>,
    classes: Vec<Stamped<NamedEntity>>,
    departments: Vec<Stamped<NamedEntity>>,
    terms: Vec<Stamped<Term>>,
    documents: Vec<Stamped<LedgerDocument>>,
    budgets: Vec<Stamped<LedgerBudget>>,
    settings: Vec<Stamped<Settings>>,
    tombstones: Vec<Tombstone>,
    unread: BTreeMap<SmolStr, u64>,
    refused: Refused,
}

impl LedgerTables {
    /// Counts records of a resource that nobody reads.
    pub(crate) fn count_unread(&mut self, resource: &str, count: u64) {
        match self.unread.get_mut(resource) {
            Some(counted) => *counted += count,
            None => {
                self.unread.insert(SmolStr::new(resource), count);
            }
        }
    }

    /// Whether records of this resource are read at all.
    pub(crate) fn is_read(resource: &str) -> bool {
        DocumentKind::from_entity(resource).is_some()
            || matches!(
                resource,
                "Account"
                    | "Customer"
                    | "Vendor"
                    | "Item"
                    | "Class"
                    | "Department"
                    | "Term"
                    | "Preferences"
                    | "Budget"
            )
    }

    fn read_settings(&mut self, line: &RawLine<'_>) -> Result<(), Refusal> {
        let wire: wire::Preferences<'_> = object(line.body).map_err(Refusal::nameless)?;
        let key = Key::read(wire.id, wire.sync_token)?;
        let record = settings(wire).map_err(|reason| key.refusal(reason))?;
        self.settings.push(key.stamp(record, line));
        Ok(())
    }
}

/// The closing date, and the home currency: the dollar unless another one is named.
fn settings(wire: wire::Preferences<'_>) -> Read<Settings> {
    let closing = wire
        .accounting_info_prefs
        .unwrap_or_default()
        .book_close_date;
    let home = wire.currency_prefs.and_then(|prefs| prefs.home_currency);
    let home = match currency(home.as_ref())? {
        unnamed if unnamed == Currency::default() => Currency::USD,
        named => named,
    };
    Ok(Settings {
        closing_date: closing.date("BookCloseDate")?,
        home,
    })
}

impl Tables for LedgerTables {
    fn read(&mut self, line: &RawLine<'_>) -> Result<(), Refusal> {
        let kind = DocumentKind::from_entity(line.resource);
        if kind.is_none() && !Self::is_read(line.resource) {
            self.count_unread(line.resource, 1);
            return Ok(());
        }
        match (kind, line.resource) {
            (Some(kind), _) => self.read_document(kind, line),
            (None, "Preferences") => self.read_settings(line),
            (None, "Budget") => self.read_budget(line),
            (None, _) => self.read_name(line),
        }
    }

    fn refused(&mut self) -> &mut Refused {
        &mut self.refused
    }

    fn source(resource: &str, id: &str) -> SourceRef {
        SourceRef::quickbooks(resource, id)
    }

    fn absorb(&mut self, later: Self) {
        self.accounts.extend(later.accounts);
        self.customers.extend(later.customers);
        self.vendors.extend(later.vendors);
        self.items.extend(later.items);
        self.classes.extend(later.classes);
        self.departments.extend(later.departments);
        self.terms.extend(later.terms);
        self.documents.extend(later.documents);
        self.budgets.extend(later.budgets);
        self.settings.extend(later.settings);
        self.tombstones.extend(later.tombstones);
        for (resource, count) in later.unread {
            *self.unread.entry(resource).or_default() += count;
        }
        self.refused.absorb(later.refused);
    }
}

/// Id and version of a record.
struct Key {
    id: SmolStr,
    version: u64,
}

impl Key {
    fn read(id: Raw<'_>, sync_token: Raw<'_>) -> Result<Self, Refusal> {
        let text = id.text("Id").map_err(Refusal::nameless)?;
        let Some(text) = text else {
            return Err(Refusal::nameless("it has no Id"));
        };
        let id = checked_id("Id", &text).map_err(Refusal::nameless)?;
        let version = match sync_token.text("SyncToken") {
            Ok(None) => 0,
            Ok(Some(token)) => token.trim().parse().map_err(|_| Refusal {
                id: id.clone(),
                reason: format!(
                    "SyncToken is {}, which is not a whole number",
                    shown(&token)
                ),
            })?,
            Err(reason) => return Err(Refusal { id, reason }),
        };
        Ok(Self { id, version })
    }

    fn refusal(&self, reason: String) -> Refusal {
        Refusal {
            id: self.id.clone(),
            reason,
        }
    }

    fn stamp<T>(&self, record: T, line: &RawLine<'_>) -> Stamped<T> {
        Stamped {
            record,
            version: self.version,
            digest: digest(line.body),
            line: line.line,
            currency: Currency::default(),
        }
    }
}

/// An id of QuickBooks: up to twenty decimal digits.
fn checked_id(member: &str, text: &str) -> Read<SmolStr> {
    let text = text.trim();
    if (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(SmolStr::new(text))
    } else {
        let shown = shown(text);
        Err(format!(
            "{member} is {shown}, which is not an id of up to twenty digits"
        ))
    }
}

/// The id in a reference; nothing when the reference is absent or empty.
fn reference(member: &str, reference: Option<&wire::Ref<'_>>) -> Read<Option<SmolStr>> {
    let Some(reference) = reference else {
        return Ok(None);
    };
    match reference.value.text(member)? {
        Some(text) => checked_id(member, &text).map(Some),
        None => Ok(None),
    }
}

/// The currency named by a `CurrencyRef`.
fn currency(reference: Option<&wire::Ref<'_>>) -> Read<Currency> {
    match reference
        .map(|reference| reference.value.text("CurrencyRef"))
        .transpose()?
        .flatten()
    {
        Some(code) => Currency::parse(&code),
        None => Ok(Currency::default()),
    }
}

/// Whether this is what change data capture sends for a deleted entity.
fn is_deleted(life: Raw<'_>) -> bool {
    matches!(life.text("status"), Ok(Some(status)) if status.eq_ignore_ascii_case("deleted"))
}

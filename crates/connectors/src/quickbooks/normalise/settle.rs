//! From everything that was read to books: one version of each record, one currency, no circles.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use figures::model::{Customer, LedgerBooks, Tombstone};
use figures::source::{Rejection, SourceRef, System};
use figures::{Money, SmolStr};

use super::{LedgerTables, Settings};
use crate::reading::place;
use crate::reading::refused::Refused;
use crate::reading::versions::{Currency, Stamped, settle, unstamped};

/// Numeric order of ids that are decimal texts; equal numbers with other zeros are other ids.
fn by_number(one: &str, other: &str) -> Ordering {
    let [left, right] = [one, other].map(|id| id.trim_start_matches('0'));
    left.len()
        .cmp(&right.len())
        .then_with(|| left.cmp(right))
        .then_with(|| one.cmp(other))
}

impl LedgerTables {
    /// The books and what could not become part of them.
    pub(crate) fn finish(mut self, realm_id: &str) -> (LedgerBooks, Vec<Rejection>) {
        let mut refused = std::mem::take(&mut self.refused);
        let settings = settings(self.settings, &mut refused);
        let home = settings.home;
        let buried = buried(self.tombstones);
        let mut documents = self.documents;
        let contradictions = &mut refused;
        settle(
            &mut documents,
            |one, other| {
                one.kind
                    .cmp(&other.kind)
                    .then_with(|| by_number(&one.id, &other.id))
            },
            |row| {
                contradict(
                    contradictions,
                    row.record.kind.entity(),
                    &row.record.id,
                    row.line,
                )
            },
        );
        documents.retain(|row| {
            let kind = row.record.kind.entity();
            if is_buried(&buried, kind, &row.record.id) {
                return false;
            }
            let foreign = row.currency.is_foreign_to(home);
            if foreign {
                refused.push(foreign_document(kind, row, &row.record.id, home));
            }
            !foreign
        });
        let mut lists = Lists {
            buried: &buried,
            refused: &mut refused,
            home,
        };
        let mut books = LedgerBooks {
            realm_id: SmolStr::new(realm_id),
            closing_date: settings.closing_date,
            accounts: lists.names("Account", self.accounts, |row| &row.id, |_| None),
            customers: lists.names(
                "Customer",
                self.customers,
                |row| &row.id,
                |row| Some(&mut row.balance),
            ),
            vendors: lists.names(
                "Vendor",
                self.vendors,
                |row| &row.id,
                |row| Some(&mut row.balance),
            ),
            items: lists.names("Item", self.items, |row| &row.id, |_| None),
            classes: lists.names("Class", self.classes, |row| &row.id, |_| None),
            departments: lists.names("Department", self.departments, |row| &row.id, |_| None),
            terms: lists.names("Term", self.terms, |row| &row.id, |_| None),
            budgets: lists.names("Budget", self.budgets, |row| &row.id, |_| None),
            documents: unstamped(documents),
            tombstones: Vec::new(),
            unread: self.unread.into_iter().collect(),
        };
        break_circles(&mut books.customers, &mut refused);
        books.tombstones = buried.into_values().collect();
        books.tombstones.sort_by(|one, other| {
            one.entity
                .cmp(&other.entity)
                .then_with(|| by_number(&one.id, &other.id))
        });
        (books, refused.finish())
    }
}

/// The latest settings; without any the books are open and in dollars.
fn settings(mut rows: Vec<Stamped<Settings>>, refused: &mut Refused) -> Settings {
    settle(
        &mut rows,
        |_, _| Ordering::Equal,
        |row| contradict(refused, "Preferences", "1", row.line),
    );
    rows.pop().map_or(
        Settings {
            closing_date: None,
            home: Currency::USD,
        },
        |row| row.record,
    )
}

/// Tombstones by entity name and id.
type Graves = BTreeMap<(SmolStr, SmolStr), Tombstone>;

/// Deleted entities by name and id; of several tombstones of one entity the one with the latest
/// day.
fn buried(tombstones: Vec<Tombstone>) -> Graves {
    let mut buried = Graves::new();
    for tombstone in tombstones {
        let key = (tombstone.entity.clone(), tombstone.id.clone());
        match buried.get_mut(&key) {
            Some(known) => known.deleted = known.deleted.max(tombstone.deleted),
            None => {
                buried.insert(key, tombstone);
            }
        }
    }
    buried
}

fn is_buried(buried: &Graves, entity: &'static str, id: &SmolStr) -> bool {
    !buried.is_empty() && buried.contains_key(&(SmolStr::new_static(entity), id.clone()))
}

/// What settling a name list needs.
struct Lists<'a> {
    buried: &'a Graves,
    refused: &'a mut Refused,
    home: Currency,
}

impl Lists<'_> {
    /// One version of each entry; a balance in another currency is left out and reported.
    fn names<T: Send>(
        &mut self,
        entity: &'static str,
        mut rows: Vec<Stamped<T>>,
        id: impl Fn(&T) -> &SmolStr + Sync,
        balance: impl Fn(&mut T) -> Option<&mut Money>,
    ) -> Vec<T> {
        settle(
            &mut rows,
            |one, other| by_number(id(one), id(other)),
            |row| contradict(self.refused, entity, id(&row.record), row.line),
        );
        rows.retain(|row| !is_buried(self.buried, entity, id(&row.record)));
        for row in rows
            .iter_mut()
            .filter(|row| row.currency.is_foreign_to(self.home))
        {
            let record = SourceRef::quickbooks(entity, id(&row.record));
            let amount = balance(&mut row.record);
            if let Some(amount) = amount.filter(|amount| !amount.is_zero()) {
                *amount = Money::ZERO;
                self.refused.push(Rejection {
                    record,
                    place: place(System::QuickBooks, entity, row.line),
                    reason: format!(
                        "its balance is in {} and the books are in {}: the balance is left out, \
                         the name itself is kept",
                        row.currency.code(),
                        self.home.code()
                    ),
                });
            }
        }
        unstamped(rows)
    }
}

fn contradict(refused: &mut Refused, entity: &str, id: &str, line: u64) {
    refused.push(Rejection {
        record: SourceRef::quickbooks(entity, id),
        place: place(System::QuickBooks, entity, line),
        reason: "it is there twice with the same SyncToken but different contents; the first one \
                 is used. Read QuickBooks again to get one answer"
            .to_owned(),
    });
}

fn foreign_document<T>(kind: &str, row: &Stamped<T>, id: &str, home: Currency) -> Rejection {
    Rejection {
        record: SourceRef::quickbooks(kind, id),
        place: place(System::QuickBooks, kind, row.line),
        reason: format!(
            "it is in {} and the books are in {}: its line amounts cannot be added to these books, \
             so it is left out of every figure. Compare it by hand",
            row.currency.code(),
            home.code()
        ),
    }
}

/// Removes one parent link from every circle of customers: that of the lowest id.
fn break_circles(customers: &mut [Customer], refused: &mut Refused) {
    let places: BTreeMap<SmolStr, usize> = customers
        .iter()
        .enumerate()
        .map(|(place, row)| (row.id.clone(), place))
        .collect();
    let parents: Vec<Option<usize>> = customers
        .iter()
        .map(|row| {
            row.parent
                .as_ref()
                .and_then(|parent| places.get(parent).copied())
        })
        .collect();
    // Zero: not visited; otherwise the walk that visited it. A walk that meets itself is a circle.
    let mut visited = vec![0_usize; customers.len()];
    for start in 0..customers.len() {
        let walk = start + 1;
        let mut at = start;
        while visited[at] == 0 {
            visited[at] = walk;
            match parents[at] {
                Some(parent) => at = parent,
                None => break,
            }
        }
        let is_circle = visited[at] == walk && parents[at].is_some();
        if is_circle {
            let lowest = lowest_in_circle(&parents, at);
            refused.push(Rejection {
                record: SourceRef::quickbooks("Customer", &customers[lowest].id),
                place: None,
                reason: "its parents lead back to itself, so it is read without a parent; correct \
                         the parent of this customer in QuickBooks"
                    .to_owned(),
            });
            customers[lowest].parent = None;
        }
    }
}

fn lowest_in_circle(parents: &[Option<usize>], entry: usize) -> usize {
    let mut lowest = entry;
    let mut at = entry;
    while let Some(next) = parents[at] {
        lowest = lowest.min(next);
        at = next;
        if at == entry {
            break;
        }
    }
    lowest
}

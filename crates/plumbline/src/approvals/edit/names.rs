//! What people call the records that a document names.

use std::collections::BTreeMap;

use figures::SmolStr;
use figures::source::System;
use serde_json::Value;
use store::{Store, StoreError, TenantScope, mirror};

use crate::desk::Desk;

/// The kinds of records that a line names.
const KINDS: [&str; 5] = ["Account", "Class", "Customer", "Item", "Vendor"];

/// A name in use.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Named {
    name: String,
    is_active: bool,
}

/// The names of accounts, items, classes, customers and vendors, as they were read last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names(BTreeMap<&'static str, BTreeMap<SmolStr, Named>>);

impl Names {
    /// Reads them; none as long as nothing was read.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn load(desk: &Desk) -> Result<Self, StoreError> {
        let (store, scope) = (&desk.store, &desk.scope);
        match mirror::cycle_as_of(store, scope, None).await? {
            Some(newest) => Self::of_cycle(store, scope, newest.number).await,
            None => Ok(Self::default()),
        }
    }

    /// Those that were read in a cycle.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn of_cycle(
        store: &Store,
        scope: &TenantScope,
        cycle: i64,
    ) -> Result<Self, StoreError> {
        let mut names = Self::default();
        for kind in KINDS {
            let system = System::QuickBooks;
            let stream = mirror::read_resource_as_of(store, scope, cycle, system, kind.into());
            for record in stream.await?.collect().await? {
                names.add(kind, record.external_id, &record.body);
            }
        }
        Ok(names)
    }

    pub(super) fn add(&mut self, kind: &'static str, id: SmolStr, body: &str) {
        let Ok(value) = serde_json::from_str::<Value>(body) else {
            return;
        };
        let name = ["FullyQualifiedName", "DisplayName", "Name"]
            .iter()
            .find_map(|name| value.get(name)?.as_str());
        if let Some(name) = name {
            let is_active = value.get("Active").and_then(Value::as_bool) != Some(false);
            let named = Named {
                name: name.to_owned(),
                is_active,
            };
            self.0.entry(kind).or_default().insert(id, named);
        }
    }

    /// What a record is called; its id where it has no name.
    #[must_use]
    pub fn name(&self, kind: &str, id: &str) -> String {
        let known = self.0.get(kind).and_then(|all| all.get(id));
        known.map_or_else(|| id.to_owned(), |one| one.name.clone())
    }

    /// The one active record with this name, in whatever case it is written; nothing when there is
    /// none, or several.
    #[must_use]
    pub fn id(&self, kind: &str, name: &str) -> Option<SmolStr> {
        let wanted = name.trim().to_lowercase();
        let mut found = self
            .0
            .get(kind)?
            .iter()
            .filter(|(_, one)| one.is_active && one.name.to_lowercase() == wanted);
        let (id, _) = found.next()?;
        found.next().is_none().then(|| id.clone())
    }

    /// The names in use, so many at most.
    pub fn all(&self, kind: &str, most: usize) -> impl Iterator<Item = &str> {
        let known = self.0.get(kind).into_iter().flatten();
        known
            .filter(|(_, one)| one.is_active)
            .map(|(_, one)| one.name.as_str())
            .take(most)
    }
}

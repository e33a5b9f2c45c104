//! The records, indexed so that one page costs one page and not the whole company.
//!
//! A record stays as the vendor's JSON. Beside it the store keeps the few numbers that every list
//! needs: id, project, parent, day, last change, deletion. It knows nothing of routes or views.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

use super::clock::{parse_day, parse_seconds};
use super::{encoding, totals};
use crate::world::ProcoreRecord;

pub(crate) type Body = Map<String, Value>;

#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) id: Option<i64>,
    pub(crate) project: Option<i64>,
    pub(crate) parent: Option<i64>,
    pub(crate) day: Option<i32>,
    pub(crate) updated: i64,
    pub(crate) deleted: bool,
    /// Purged rows keep their slot so that the indexes stay valid.
    pub(crate) gone: bool,
    pub(crate) body: Body,
}

#[derive(Debug, Default)]
pub(crate) struct Collection {
    pub(crate) records: Vec<Record>,
    by_id: HashMap<i64, usize>,
    by_project: HashMap<i64, Vec<usize>>,
    by_parent: HashMap<i64, Vec<usize>>,
    by_origin: HashMap<String, usize>,
}

#[derive(Debug, Default)]
pub(crate) struct Store {
    collections: BTreeMap<String, Collection>,
    highest_id: i64,
}

/// Ids given to new records start above 2^32, so that a 32-bit client fails.
const FIRST_NEW_ID: i64 = 8_589_934_592;

impl Store {
    pub(crate) fn load(records: BTreeMap<String, Vec<ProcoreRecord>>) -> Self {
        let mut store = Self {
            highest_id: FIRST_NEW_ID,
            ..Self::default()
        };
        for (name, rows) in records {
            let mut collection = Collection::default();
            collection.records.reserve(rows.len());
            for row in rows {
                let Value::Object(mut body) = row.body else {
                    continue;
                };
                encoding::normalise(&name, &mut body);
                let record = Record::new(&name, row.project_id, row.parent_id, body);
                store.highest_id = store.highest_id.max(record.id.unwrap_or(0));
                collection.push(record);
            }
            store.collections.insert(name, collection);
        }
        store
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = (&str, &Collection)> {
        self.collections
            .iter()
            .map(|(name, collection)| (name.as_str(), collection))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Collection> {
        self.collections.get(name)
    }

    pub(crate) fn next_id(&mut self) -> i64 {
        self.highest_id += 1;
        self.highest_id
    }

    pub(crate) fn find(&self, name: &str, id: i64) -> Option<&Record> {
        self.collections.get(name)?.find(id)
    }

    pub(crate) fn live(&self, name: &str, id: i64) -> Option<&Record> {
        self.find(name, id).filter(|record| !record.deleted)
    }

    /// Live children of a parent, in stored order.
    pub(crate) fn children(&self, name: &str, parent: i64) -> Vec<&Record> {
        self.collections
            .get(name)
            .map_or_else(Vec::new, |collection| {
                collection
                    .under(parent)
                    .iter()
                    .map(|slot| &collection.records[*slot])
                    .filter(|record| !record.deleted && !record.gone)
                    .collect()
            })
    }

    /// Live records of a project, in stored order.
    pub(crate) fn of_project(&self, name: &str, project: i64) -> Vec<&Record> {
        self.collections
            .get(name)
            .map_or_else(Vec::new, |collection| {
                collection
                    .within(project)
                    .iter()
                    .map(|slot| &collection.records[*slot])
                    .filter(|record| !record.deleted && !record.gone)
                    .collect()
            })
    }

    pub(crate) fn with_origin(&self, name: &str, origin: &str) -> Option<&Record> {
        let collection = self.collections.get(name)?;
        let record = &collection.records[*collection.by_origin.get(origin)?];
        (!record.gone && !record.deleted && text_of(&record.body, "origin_id") == Some(origin))
            .then_some(record)
    }

    /// Inserts or replaces by id.
    pub(crate) fn put(
        &mut self,
        name: &str,
        project: Option<i64>,
        parent: Option<i64>,
        mut body: Body,
    ) {
        encoding::normalise(name, &mut body);
        let record = Record::new(name, project, parent, body);
        self.highest_id = self.highest_id.max(record.id.unwrap_or(0));
        self.collections
            .entry(name.to_owned())
            .or_default()
            .put(record);
    }

    /// Removes a record for good.
    pub(crate) fn purge(&mut self, name: &str, id: i64) -> bool {
        self.collections
            .get_mut(name)
            .is_some_and(|collection| collection.purge(id))
    }
}

impl Record {
    fn new(name: &str, project: Option<i64>, parent: Option<i64>, body: Body) -> Self {
        let project = project.or_else(|| {
            (name != "projects")
                .then(|| integer(body.get("project_id")))
                .flatten()
        });
        Self {
            id: integer(body.get("id")),
            project,
            parent: parent.or_else(|| totals::contract_in(name, &body).flatten()),
            day: text_of(&body, "date").and_then(parse_day),
            updated: text_of(&body, "updated_at")
                .and_then(parse_seconds)
                .unwrap_or(0),
            deleted: is_deleted(&body),
            gone: false,
            body,
        }
    }
}

fn is_deleted(body: &Body) -> bool {
    body.get("deleted_at").is_some_and(|at| !at.is_null())
        || body
            .get("is_deleted")
            .and_then(Value::as_bool)
            .unwrap_or(false)
}

impl Collection {
    fn push(&mut self, record: Record) {
        let slot = self.records.len();
        if let Some(id) = record.id {
            // The first of several wins: the same directory row may be listed once per project.
            self.by_id.entry(id).or_insert(slot);
        }
        if let Some(project) = record.project {
            self.by_project.entry(project).or_default().push(slot);
        }
        if let Some(parent) = record.parent {
            self.by_parent.entry(parent).or_default().push(slot);
        }
        if let Some(origin) = text_of(&record.body, "origin_id") {
            self.by_origin.insert(origin.to_owned(), slot);
        }
        self.records.push(record);
    }

    fn put(&mut self, mut record: Record) {
        let Some(slot) = record.id.and_then(|id| self.by_id.get(&id).copied()) else {
            self.push(record);
            return;
        };
        let old = &mut self.records[slot];
        record.project = record.project.or(old.project);
        record.parent = record.parent.or(old.parent);
        if let Some(origin) = text_of(&record.body, "origin_id") {
            self.by_origin.insert(origin.to_owned(), slot);
        }
        let moves = [
            (&mut self.by_project, old.project, record.project),
            (&mut self.by_parent, old.parent, record.parent),
        ];
        for (index, from, to) in moves {
            if from == to {
                continue;
            }
            if let Some(slots) = from.and_then(|key| index.get_mut(&key)) {
                slots.retain(|other| *other != slot);
            }
            if let Some(key) = to {
                index.entry(key).or_default().push(slot);
            }
        }
        *old = record;
    }

    fn purge(&mut self, id: i64) -> bool {
        let Some(slot) = self.by_id.remove(&id) else {
            return false;
        };
        self.records[slot].gone = true;
        true
    }

    pub(crate) fn find(&self, id: i64) -> Option<&Record> {
        self.by_id
            .get(&id)
            .map(|slot| &self.records[*slot])
            .filter(|record| !record.gone)
    }

    pub(crate) fn within(&self, project: i64) -> &[usize] {
        self.by_project.get(&project).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn under(&self, parent: i64) -> &[usize] {
        self.by_parent.get(&parent).map_or(&[], Vec::as_slice)
    }
}

/// An id as v1 (number) or v2 (string) writes it.
pub(crate) fn integer(value: Option<&Value>) -> Option<i64> {
    match value? {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

pub(crate) fn text_of<'a>(body: &'a Body, key: &str) -> Option<&'a str> {
    body.get(key).and_then(Value::as_str)
}

/// Follows `a.b[].c`; every value found is handed to `check` until one satisfies it.
pub(crate) fn any_at(body: &Body, path: &str, check: &mut dyn FnMut(&Value) -> bool) -> bool {
    let (head, rest) = path
        .split_once('.')
        .map_or((path, None), |(head, rest)| (head, Some(rest)));
    let (key, many) = head
        .strip_suffix("[]")
        .map_or((head, false), |key| (key, true));
    let Some(found) = body.get(key) else {
        return false;
    };
    let mut visit = |item: &Value| match rest {
        Some(rest) => item
            .as_object()
            .is_some_and(|inner| any_at(inner, rest, check)),
        None => check(item),
    };
    match found {
        Value::Array(items) if many => items.iter().any(visit),
        other => visit(other),
    }
}

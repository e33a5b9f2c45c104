//! All mutable state of the server, and the one way in which a record changes.
//!
//! Every change, whether an API client made it or a test acting as a Procore user, goes through
//! [`State::save`] or [`State::remove`]: timestamps move, totals are recomputed, webhooks fire.

use std::collections::{BTreeMap, HashMap, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::access::Access;
use super::clock::Clock;
use super::config::{Books, Config, RateLimits};
use super::faults::Faults;
use super::hooks::{Change, Hooks};
use super::identities;
use super::limits::Limiter;
use super::oauth::Auth;
use super::reply::Shape;
use super::routes;
use super::store::{Body, Store, integer, text_of};

/// The three origins, without a trailing slash.
#[derive(Debug, Clone)]
pub(crate) struct Urls {
    pub(crate) auth: String,
    pub(crate) api: String,
    pub(crate) files: String,
}

/// One answered request, for tests that ask what a client did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logged {
    /// HTTP method.
    pub method: String,
    /// Path without query.
    pub path: String,
    /// Query as sent.
    pub query: String,
    /// Status as sent; 0 when the connection was dropped instead.
    pub status: u16,
}

pub(crate) struct State {
    pub(crate) company_id: i64,
    pub(crate) time_zone: String,
    pub(crate) clock: Clock,
    pub(crate) store: Store,
    pub(crate) auth: Auth,
    pub(crate) access: Access,
    pub(crate) limits: RateLimits,
    pub(crate) limiter: Limiter,
    pub(crate) faults: Faults,
    pub(crate) hooks: Hooks,
    pub(crate) files: HashMap<String, Vec<u8>>,
    pub(crate) idempotent: HashMap<String, Value>,
    error_shapes: Vec<(String, Shape)>,
    log: VecDeque<Logged>,
    requests: u64,
}

const LOG_LENGTH: usize = 20_000;

impl State {
    pub(crate) fn new(config: &Config, books: Option<Books>) -> Self {
        let default_start =
            jiff::Timestamp::from_second(1_782_921_600).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let books = books.unwrap_or_else(|| Books {
            company_id: config.company_id,
            time_zone: "UTC".to_owned(),
            at: default_start,
            records: BTreeMap::new(),
        });
        Self {
            company_id: books.company_id,
            time_zone: books.time_zone,
            clock: Clock::new(config.start.unwrap_or(books.at), config.clock),
            store: Store::load(books.records),
            auth: Auth::new(config),
            access: Access::default(),
            limits: config.limits,
            limiter: Limiter::default(),
            faults: Faults::new(config.seed),
            hooks: Hooks::new(config.user.id),
            files: HashMap::new(),
            idempotent: HashMap::new(),
            error_shapes: Vec::new(),
            log: VecDeque::new(),
            requests: 0,
        }
    }

    pub(crate) fn next_request(&mut self) -> u64 {
        self.requests += 1;
        self.requests
    }

    pub(crate) fn log(&mut self, entry: Logged) {
        if self.log.len() == LOG_LENGTH {
            self.log.pop_front();
        }
        self.log.push_back(entry);
    }

    pub(crate) fn requests(&self) -> Vec<Logged> {
        self.log.iter().cloned().collect()
    }

    pub(crate) fn clear_log(&mut self) {
        self.log.clear();
    }

    /// Chooses the error shape of the routes that fit a pattern; `None` gives the usual one back.
    pub(crate) fn set_error_shape(&mut self, pattern: &str, shape: Option<Shape>) {
        self.error_shapes.retain(|(known, _)| known != pattern);
        if let Some(shape) = shape {
            self.error_shapes.push((pattern.to_owned(), shape));
        }
    }

    pub(crate) fn error_shape(&self, path: &str) -> Option<Shape> {
        self.error_shapes
            .iter()
            .find(|(pattern, _)| super::faults::fits(pattern, path))
            .map(|(_, shape)| *shape)
    }

    /// The zone of a project, or the company's.
    pub(crate) fn zone_of(&self, project: Option<i64>) -> String {
        project
            .and_then(|id| self.store.find("projects", id))
            .and_then(|record| text_of(&record.body, "time_zone"))
            .unwrap_or(&self.time_zone)
            .to_owned()
    }

    /// Stores a record as a Procore user would have: stamps it, recomputes what depends on it and
    /// tells the webhooks. Returns the id.
    pub(crate) fn save(
        &mut self,
        kind: &str,
        project: Option<i64>,
        parent: Option<i64>,
        mut body: Body,
    ) -> i64 {
        let id = integer(body.get("id")).unwrap_or_else(|| self.store.next_id());
        let text_ids = kind == "documents";
        body.insert(
            "id".to_owned(),
            if text_ids {
                json!(id.to_string())
            } else {
                json!(id)
            },
        );
        let stamp = self.clock.stamp();
        // Owner invoices carry days, not instants.
        let now = if kind == "payment_applications" {
            stamp[..10].to_owned()
        } else {
            stamp
        };
        let existed = self.store.find(kind, id).is_some();
        if !existed {
            body.entry("created_at").or_insert(json!(now));
        }
        body.insert("updated_at".to_owned(), json!(now));
        identities::complete(kind, &mut body);
        let contract = parent.or_else(|| super::totals::contract_in(kind, &body).flatten());
        let project = project.or_else(|| {
            let (_, contract) = super::totals::find_contract(&self.store, contract?)?;
            contract.project
        });
        self.store.put(kind, project, parent, body);
        let reason = if existed { "update" } else { "create" };
        self.changed(kind, id, reason);
        id
    }

    /// Deletes a record: softly where the vendor keeps deleted rows, for good elsewhere.
    pub(crate) fn remove(&mut self, kind: &str, id: i64) -> bool {
        let Some(record) = self.store.find(kind, id) else {
            return false;
        };
        let (project, parent) = (record.project, record.parent);
        let mut body = record.body.clone();
        let stamp = self.clock.stamp();
        if kind == "documents" {
            body.insert("is_deleted".to_owned(), json!(true));
        }
        if body.contains_key("deleted_at") || keeps_deleted(kind) {
            body.insert("deleted_at".to_owned(), json!(stamp));
            body.insert("updated_at".to_owned(), json!(stamp));
            self.store.put(kind, project, parent, body);
            self.changed(kind, id, "delete");
        } else {
            self.changed(kind, id, "delete");
            let contract = self
                .store
                .find(kind, id)
                .and_then(|record| super::totals::contract_of(kind, record));
            self.store.purge(kind, id);
            if let Some(contract) = contract {
                identities::recompute_contract(&mut self.store, contract);
            }
        }
        true
    }

    fn changed(&mut self, kind: &str, id: i64, reason: &'static str) {
        let Some(record) = self.store.find(kind, id) else {
            return;
        };
        let contract = match kind {
            "prime_contracts" | "work_order_contracts" | "purchase_order_contracts" => Some(id),
            _ => super::totals::contract_of(kind, record),
        };
        let change = Change {
            kind: kind.to_owned(),
            id,
            project: record.project.or((kind == "projects").then_some(id)),
            parent: contract.filter(|contract| *contract != id),
            reason,
        };
        if let Some(contract) = contract {
            identities::recompute_contract(&mut self.store, contract);
        }
        let now = self.clock.now();
        self.hooks.record(change, self.company_id, now);
    }

    /// Everything a test may want to look at.
    pub(crate) fn dump(&self, config: &Config) -> Value {
        let counts: BTreeMap<&str, Value> = self
            .store
            .names()
            .map(|(name, collection)| {
                let gone = collection
                    .records
                    .iter()
                    .filter(|record| record.gone)
                    .count();
                let deleted = collection
                    .records
                    .iter()
                    .filter(|record| record.deleted)
                    .count();
                let stored = collection.records.len() - gone;
                (name, json!({"stored": stored, "deleted": deleted}))
            })
            .collect();
        let routes: Vec<Value> = routes::patterns()
            .map(|(method, pattern)| json!({"method": method, "pattern": pattern}))
            .collect();
        json!({"now": self.clock.stamp(), "company_id": self.company_id, "seed": config.seed,
            "installed": self.access.installed, "collections": counts,
            "tokens": self.auth.count(), "faults": self.faults.list(),
            "deliveries": self.hooks.deliveries_all(), "requests": self.requests,
            "routes": routes})
    }
}

fn keeps_deleted(kind: &str) -> bool {
    [
        "prime_contracts",
        "work_order_contracts",
        "purchase_order_contracts",
        "direct_costs",
        "timecard_entries",
        "change_order_packages",
        "potential_change_orders",
        "punch_items",
    ]
    .contains(&kind)
}

//! Webhooks: subscriptions and the queue of what is to be delivered.
//!
//! The API that manages them is in `hook_routes`, sending in `emitter`; this file decides what is sent, in which payload version, and when a
//! failing delivery is due again on the virtual clock.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::clock::stamp;
use super::seeded;

/// A record that changed.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) kind: String,
    pub(crate) id: i64,
    pub(crate) project: Option<i64>,
    pub(crate) parent: Option<i64>,
    pub(crate) reason: &'static str,
}

#[derive(Debug, Clone)]
pub(crate) struct Hook {
    pub(crate) id: i64,
    pub(crate) project: Option<i64>,
    pub(crate) namespace: String,
    pub(crate) version: String,
    pub(crate) url: String,
    pub(crate) authorization: Option<String>,
    pub(crate) active: bool,
    /// Resource name and event by trigger id.
    pub(crate) triggers: BTreeMap<i64, (String, String)>,
    pub(crate) created: String,
}

/// One notification on its way.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) id: u64,
    pub(crate) hook: i64,
    pub(crate) url: String,
    pub(crate) authorization: Option<String>,
    pub(crate) payload: Value,
    pub(crate) status: &'static str,
    attempts: Vec<Value>,
    queued: i64,
    pub(crate) due: i64,
    wait: i64,
}

#[derive(Debug, Default)]
pub(crate) struct Hooks {
    pub(crate) hooks: BTreeMap<i64, Hook>,
    pub(crate) deliveries: Vec<Delivery>,
    /// The last id given to a hook or trigger.
    pub(crate) next: i64,
    events: u64,
    /// Who makes the changes.
    user: i64,
}

const DISCARD_AFTER: i64 = 12 * 3_600;
const LONGEST_WAIT: i64 = 3_600;

/// Snapshot name to webhook resource name. What is missing here cannot be subscribed to: the
/// vendor has no webhooks for requisitions, billing periods or the newer change orders.
pub(crate) const RESOURCES: &[(&str, &str)] = &[
    ("projects", "Projects"),
    ("vendors", "Company Vendors"),
    ("insurances", "Company Insurances"),
    ("users", "Company Users"),
    ("cost_codes", "Cost Codes"),
    ("line_item_types", "Line Item Types"),
    ("prime_contracts", "Prime Contracts"),
    ("prime_contract_line_items", "Prime Contract Line Items"),
    ("payment_applications", "Payment Applications"),
    ("contract_payments", "Contract Payments"),
    ("work_order_contracts", "Work Order Contracts"),
    ("purchase_order_contracts", "Purchase Order Contracts"),
    ("change_order_packages", "Change Order Packages"),
    ("potential_change_orders", "Potential Change Orders"),
    ("change_events", "Change Events"),
    ("direct_costs", "Direct Costs"),
    ("budget_changes", "Budget Changes"),
    ("timecard_entries", "Timecard Entries"),
    ("manpower_logs", "Manpower Logs"),
    ("schedule_tasks", "Tasks"),
    ("rfis", "RFIs"),
    ("submittals", "Submittals"),
    ("documents", "Project Files"),
    ("observations", "Observation Items"),
    ("punch_items", "Punch Items"),
    ("coordination_issues", "Coordination Issues"),
];

fn resource_name(kind: &str) -> Option<&'static str> {
    RESOURCES
        .iter()
        .find(|(known, _)| *known == kind)
        .map(|(_, name)| *name)
}

impl Hooks {
    pub(crate) fn new(user: i64) -> Self {
        Self {
            user,
            ..Self::default()
        }
    }

    /// Queues a notification for every hook that asked for this change.
    pub(crate) fn record(&mut self, change: Change, company: i64, now: Timestamp) {
        let Some(resource) = resource_name(&change.kind) else {
            return;
        };
        self.events += 1;
        let seconds = now.as_second();
        let scene = Scene {
            company,
            user: self.user,
            at: now,
        };
        for hook in self.hooks.values() {
            let in_scope = hook.project.is_none() || hook.project == change.project;
            let wanted = hook
                .triggers
                .values()
                .any(|(name, event)| name == resource && event.eq_ignore_ascii_case(change.reason));
            if !hook.active || !in_scope || !wanted {
                continue;
            }
            let id = self.deliveries.len() as u64 + 1;
            let payload = payload(&hook.version, self.events, id, resource, &change, &scene);
            self.deliveries.push(Delivery {
                id,
                hook: hook.id,
                url: hook.url.clone(),
                authorization: hook.authorization.clone(),
                payload,
                status: "pending",
                attempts: Vec::new(),
                queued: seconds,
                due: seconds,
                wait: 1,
            });
        }
    }

    /// What is due now.
    pub(crate) fn due(&self, now: i64) -> Vec<Delivery> {
        self.deliveries
            .iter()
            .filter(|delivery| {
                matches!(delivery.status, "pending" | "failing") && delivery.due <= now
            })
            .cloned()
            .collect()
    }

    /// When the next waiting delivery is due.
    pub(crate) fn next_due(&self) -> Option<i64> {
        self.deliveries
            .iter()
            .filter(|delivery| matches!(delivery.status, "pending" | "failing"))
            .map(|delivery| delivery.due)
            .min()
    }

    /// Books the outcome of one attempt: success, a later try, or discarding the whole queue.
    pub(crate) fn attempted(&mut self, id: u64, response: Option<u16>, now: Timestamp) {
        let seconds = now.as_second();
        let Some(delivery) = self
            .deliveries
            .iter_mut()
            .find(|delivery| delivery.id == id)
        else {
            return;
        };
        delivery
            .attempts
            .push(json!({"at": stamp(now), "response_status": response}));
        if response.is_some_and(|status| (200..300).contains(&status)) {
            delivery.status = "successful";
            return;
        }
        delivery.status = "failing";
        delivery.due = seconds + delivery.wait;
        delivery.wait = (delivery.wait * 2).min(LONGEST_WAIT);
        if seconds - delivery.queued >= DISCARD_AFTER {
            let hook = delivery.hook;
            for queued in self
                .deliveries
                .iter_mut()
                .filter(|other| other.hook == hook)
            {
                if queued.status != "successful" {
                    queued.status = "discarded";
                }
            }
        }
    }

    pub(crate) fn deliveries_all(&self) -> Vec<Value> {
        self.deliveries.iter().map(Delivery::row).collect()
    }
}

impl Delivery {
    pub(crate) fn row(&self) -> Value {
        json!({"id": self.id.to_string(), "hook_id": self.hook.to_string(),
            "status": self.status, "payload": self.payload, "delivery_attempts": self.attempts})
    }
}

/// Where, when and by whom a change was made.
struct Scene {
    company: i64,
    user: i64,
    at: Timestamp,
}

fn payload(
    version: &str,
    event: u64,
    delivery: u64,
    resource: &str,
    change: &Change,
    scene: &Scene,
) -> Value {
    let (company, user) = (scene.company, scene.user);
    let timestamp = scene.at.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string();
    let ulid = format!("01J{:023}", event);
    if version.starts_with("v4") {
        return json!({"id": ulid, "timestamp": timestamp, "reason": change.reason,
            "company_id": company.to_string(),
            "project_id": change.project.map(|id| id.to_string()), "user_id": user.to_string(),
            "resource_type": resource, "resource_id": change.id.to_string()});
    }
    let three = version.starts_with("v3");
    let mut body = json!({"id": delivery, "ulid": ulid, "timestamp": timestamp,
        "metadata": {"source_user_id": user, "source_project_id": change.project,
            "source_operation_id": null, "source_company_id": company,
            "source_application_id": null},
        "user_id": user, "company_id": company, "project_id": change.project,
        "api_version": if three { "v3.0" } else { "v2.0" }, "event_type": change.reason,
        "resource_name": resource, "resource_id": change.id});
    if three {
        let parents: Vec<Value> = change
            .parent
            .iter()
            .map(|id| json!({"id": id, "name": "Contract"}))
            .collect();
        body["related_resources"] = json!(parents);
    }
    body
}

/// The order in which a batch goes out, and which of it goes out twice.
pub(crate) fn shuffle(
    seed: u64,
    round: u64,
    policy: super::config::WebhookPolicy,
    due: &mut Vec<Delivery>,
) {
    use rand::seq::SliceRandom;
    let mut dice = seeded::stream(seed, &format!("webhooks/{round}"));
    let repeated: Vec<Delivery> = due
        .iter()
        .filter(|_| seeded::per_mille(&mut dice, policy.duplicates))
        .cloned()
        .collect();
    due.extend(repeated);
    if policy.out_of_order {
        due.shuffle(&mut dice);
    }
}

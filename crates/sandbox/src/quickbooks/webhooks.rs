//! Events to the app's endpoint: both formats, signed, retried on the vendor's ladder.

use std::collections::VecDeque;

use base64::Engine;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde_json::{Value, json};
use sha2::Sha256;
use uuid::Uuid;

use super::company::Change;
use super::config::{WebhookFormat, Webhooks};

/// Seconds before each attempt; the last one repeats.
const LADDER: &[i64] = &[0, 10, 20, 30, 300, 1200, 7200, 14_400, 21_600];

#[derive(Debug, Clone)]
struct Event {
    realm: String,
    change: Change,
}

/// Events that wait for their delivery.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    queue: VecDeque<Event>,
    failures: usize,
    not_before: Option<Timestamp>,
    delivered: u64,
}

/// One signed request.
#[derive(Debug, Clone)]
pub(super) struct Delivery {
    pub(super) url: String,
    pub(super) body: Vec<u8>,
    pub(super) signature: String,
    events: usize,
}

impl Outbox {
    /// Queues what the subscription asks for.
    pub(super) fn add(&mut self, hooks: &Webhooks, realm: &str, changes: Vec<Change>) {
        for change in changes {
            let name = change.key.0.name();
            if hooks.entities.is_empty() || hooks.entities.iter().any(|wanted| wanted == name) {
                self.queue.push_back(Event {
                    realm: realm.to_owned(),
                    change,
                });
            }
        }
    }

    /// The request that is due; later events wait behind a failing one.
    pub(super) fn due(&self, hooks: &Webhooks, now: Timestamp) -> Option<Delivery> {
        if self.queue.is_empty() || self.not_before.is_some_and(|at| now < at) {
            return None;
        }
        let events: Vec<&Event> = self.queue.iter().take(100).collect();
        let body = match hooks.format {
            WebhookFormat::Legacy => legacy(&events),
            WebhookFormat::CloudEvents => cloud_events(&events),
        };
        let body = body.to_string().into_bytes();
        let signature = sign(&hooks.verifier_token, &body);
        Some(Delivery {
            url: hooks.url.clone(),
            body,
            signature,
            events: events.len(),
        })
    }

    /// Notes how a delivery went.
    pub(super) fn done(&mut self, delivery: &Delivery, accepted: bool, now: Timestamp) {
        if accepted {
            self.queue.drain(..delivery.events.min(self.queue.len()));
            self.delivered += 1;
            self.failures = 0;
            self.not_before = None;
            return;
        }
        self.failures += 1;
        let wait = LADDER[self.failures.min(LADDER.len() - 1)];
        self.not_before = now.checked_add(SignedDuration::from_secs(wait)).ok();
    }

    /// Events waiting and requests accepted.
    pub(super) fn counts(&self) -> (usize, u64) {
        (self.queue.len(), self.delivered)
    }
}

/// `base64(HMAC-SHA256(token, body))`, the `intuit-signature` header.
fn sign(token: &str, body: &[u8]) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(token.as_bytes()).expect("HMAC takes keys of every length");
    mac.update(body);
    base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes())
}

fn instant(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC)
        .strftime("%Y-%m-%dT%H:%M:%S%.3fZ")
        .to_string()
}

fn legacy(events: &[&Event]) -> Value {
    let mut realms: Vec<&str> = Vec::new();
    for event in events {
        if !realms.contains(&event.realm.as_str()) {
            realms.push(&event.realm);
        }
    }
    let notifications: Vec<Value> = realms
        .into_iter()
        .map(|realm| {
            let entities: Vec<Value> = events
                .iter()
                .filter(|event| event.realm == realm)
                .map(|event| {
                    json!({
                        "name": event.change.key.0.name(),
                        "id": event.change.key.1.to_string(),
                        "operation": event.change.operation,
                        "lastUpdated": instant(event.change.at),
                    })
                })
                .collect();
            json!({"realmId": realm, "dataChangeEvent": {"entities": entities}})
        })
        .collect();
    json!({"eventNotifications": notifications})
}

fn cloud_events(events: &[&Event]) -> Value {
    let rows = events.iter().zip(0_u32..).map(|(event, position)| {
        let (kind, id) = event.change.key;
        let verb = match event.change.operation {
            "Create" => "created",
            "Delete" => "deleted",
            "Void" => "voided",
            "Merge" => "merged",
            "Emailed" => "emailed",
            _ => "updated",
        };
        let time = instant(event.change.at);
        let seed = format!("{}/{}/{id}/{time}/{position}", event.realm, kind.name());
        json!({
            "specversion": "1.0",
            "id": Uuid::new_v5(&Uuid::NAMESPACE_URL, seed.as_bytes()).to_string(),
            "source": "intuit.c2FuZGJveA==",
            "type": format!("qbo.{}.{verb}.v1", kind.name().to_lowercase()),
            "datacontenttype": "application/json",
            "time": time,
            "intuitentityid": id.to_string(),
            "intuitaccountid": event.realm,
            "data": {},
        })
    });
    Value::Array(rows.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quickbooks::kind::Kind;

    fn outbox(format: WebhookFormat) -> (Outbox, Webhooks) {
        let hooks = Webhooks {
            url: "http://127.0.0.1:1/hook".to_owned(),
            verifier_token: "verifier".to_owned(),
            format,
            entities: vec!["Payment".to_owned()],
        };
        let mut outbox = Outbox::default();
        let at = "2026-03-03T20:52:31.657Z".parse().unwrap();
        let change = |kind, operation| Change {
            key: (kind, 310),
            operation,
            at,
        };
        outbox.add(
            &hooks,
            "1",
            vec![
                change(Kind::Payment, "Update"),
                change(Kind::Bill, "Create"),
            ],
        );
        outbox.add(&hooks, "2", vec![change(Kind::Payment, "Void")]);
        (outbox, hooks)
    }

    #[test]
    fn both_formats_name_the_subscribed_entities_of_several_companies() {
        let now = "2026-03-03T21:00:00Z".parse().unwrap();
        let (events, hooks) = outbox(WebhookFormat::Legacy);
        let body = String::from_utf8(events.due(&hooks, now).unwrap().body).unwrap();
        assert_eq!(
            body,
            r#"{"eventNotifications":[{"realmId":"1","dataChangeEvent":{"entities":[{"name":"Payment","id":"310","operation":"Update","lastUpdated":"2026-03-03T20:52:31.657Z"}]}},{"realmId":"2","dataChangeEvent":{"entities":[{"name":"Payment","id":"310","operation":"Void","lastUpdated":"2026-03-03T20:52:31.657Z"}]}}]}"#
        );
        let (events, hooks) = outbox(WebhookFormat::CloudEvents);
        let delivery = events.due(&hooks, now).unwrap();
        let body: Value = serde_json::from_slice(&delivery.body).unwrap();
        assert_eq!(body[0]["type"], "qbo.payment.updated.v1");
        assert_eq!(body[1]["intuitaccountid"], "2");
        assert_eq!(delivery.signature, sign("verifier", &delivery.body));
    }

    #[test]
    fn a_failing_endpoint_holds_later_events_back_up_the_ladder() {
        let (mut events, hooks) = outbox(WebhookFormat::Legacy);
        let mut now: Timestamp = "2026-03-03T21:00:00Z".parse().unwrap();
        for wait in [10, 20, 30, 300, 1200, 7200, 14_400, 21_600, 21_600] {
            let delivery = events.due(&hooks, now).unwrap();
            events.done(&delivery, false, now);
            let early = now
                .checked_add(SignedDuration::from_secs(wait - 1))
                .unwrap();
            assert!(events.due(&hooks, early).is_none());
            now = now.checked_add(SignedDuration::from_secs(wait)).unwrap();
        }
        let delivery = events.due(&hooks, now).unwrap();
        events.done(&delivery, true, now);
        assert_eq!(events.counts(), (0, 1));
    }
}

//! How a sandbox is set up, and the books that it can start from.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::clock::Pace;
use super::company::Behaviour;
use crate::world::World;

/// Client id of the development keys.
pub const CLIENT_ID: &str = "ABplumblineSandboxClient0001";
/// Client secret of the development keys.
pub const CLIENT_SECRET: &str = "plumbline-sandbox-secret";
/// The registered redirect address; loopback addresses on any port are accepted as well.
pub const REDIRECT_URI: &str = "https://plumbline.example/connect/quickbooks/callback";
/// The demo company's id.
pub const REALM_ID: &str = "9341450000000001";

/// Settings of one sandbox server.
#[derive(Debug, Clone)]
pub struct Config {
    /// Port on 127.0.0.1; 0 lets the system choose.
    pub port: u16,
    /// Company id when no books are given.
    pub realm_id: String,
    /// Company name when no books are given.
    pub company_name: String,
    /// IANA zone of the company when no books are given.
    pub time_zone: String,
    /// The app's client id.
    pub client_id: String,
    /// The app's client secret.
    pub client_secret: String,
    /// Redirect addresses that must match exactly; loopback over http is always accepted.
    pub redirect_uris: Vec<String>,
    /// Seed of tokens, trace ids, faults and chaos.
    pub seed: u64,
    /// The consent page answers by itself, as if the first company had been chosen.
    pub headless: bool,
    /// Start of the virtual clock; by default midnight after the books' `as_of`, and
    /// 2026-11-20T17:00:00Z without books.
    pub start: Option<Timestamp>,
    /// Whether the virtual clock runs.
    pub pace: Pace,
    /// Request limits.
    pub throttle: Throttle,
    /// Metered reads per month before the app is blocked.
    pub monthly_reads: u64,
    /// Reports with more cells end in the truncation sentinel.
    pub report_cells: usize,
    /// Batch items are carried out in a shuffled order.
    pub shuffle_batches: bool,
    /// Switches for unverified vendor behaviour.
    pub behaviour: Behaviour,
    /// Where events go.
    pub webhooks: Option<Webhooks>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            port: 0,
            realm_id: REALM_ID.to_owned(),
            company_name: "Ridgeline Builders LLC".to_owned(),
            time_zone: "America/Los_Angeles".to_owned(),
            client_id: CLIENT_ID.to_owned(),
            client_secret: CLIENT_SECRET.to_owned(),
            redirect_uris: vec![REDIRECT_URI.to_owned()],
            seed: 1,
            headless: false,
            start: None,
            pace: Pace::Running,
            throttle: Throttle::default(),
            monthly_reads: 500_000,
            report_cells: 400_000,
            shuffle_batches: false,
            behaviour: Behaviour::default(),
            webhooks: None,
        }
    }
}

impl Config {
    /// For tests: time stands still, nothing is throttled, consent is given at once.
    #[must_use]
    pub fn deterministic(seed: u64) -> Config {
        Config {
            seed,
            headless: true,
            pace: Pace::Manual,
            throttle: Throttle::off(),
            ..Config::default()
        }
    }
}

/// Request limits; zero switches one off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Throttle {
    /// Requests per minute and company.
    pub per_minute: usize,
    /// Requests per second and company.
    pub per_second: usize,
    /// Requests in flight per company.
    pub concurrent: usize,
    /// Batch requests per minute and company.
    pub batches_per_minute: usize,
    /// Seconds announced in `Retry-After`; absent means no header.
    pub retry_after: Option<u32>,
}

impl Default for Throttle {
    fn default() -> Self {
        Throttle {
            per_minute: 500,
            per_second: 10,
            concurrent: 10,
            batches_per_minute: 120,
            retry_after: None,
        }
    }
}

impl Throttle {
    /// No limits at all.
    #[must_use]
    pub fn off() -> Throttle {
        Throttle {
            per_minute: 0,
            per_second: 0,
            concurrent: 0,
            batches_per_minute: 0,
            retry_after: None,
        }
    }
}

/// The two notification bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookFormat {
    /// `{"eventNotifications":[…]}`
    Legacy,
    /// A JSON array of CloudEvents.
    CloudEvents,
}

/// One webhook subscription, which belongs to the app and covers every connected company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhooks {
    /// Where events are posted.
    pub url: String,
    /// Key of the signature; not the client secret.
    pub verifier_token: String,
    /// Body shape.
    pub format: WebhookFormat,
    /// Entity names; empty means all.
    #[serde(default)]
    pub entities: Vec<String>,
}

/// The QuickBooks part of a world.
#[derive(Debug, Clone)]
pub struct Books {
    /// Company id.
    pub realm_id: String,
    /// IANA zone of the company.
    pub time_zone: String,
    /// The day the books are looked at.
    pub as_of: Option<Date>,
    /// Entities by entity name, as the API returns them, tombstones included.
    pub entities: BTreeMap<String, Vec<Value>>,
}

impl From<&World> for Books {
    fn from(world: &World) -> Books {
        Books {
            realm_id: world.realm_id.clone(),
            time_zone: world.time_zone.clone(),
            as_of: Some(world.as_of),
            entities: world.quickbooks.clone(),
        }
    }
}

impl Books {
    /// Takes the QuickBooks part out of a world without copying it.
    #[must_use]
    pub fn take_from(world: &mut World) -> Books {
        Books {
            realm_id: world.realm_id.clone(),
            time_zone: world.time_zone.clone(),
            as_of: Some(world.as_of),
            entities: std::mem::take(&mut world.quickbooks),
        }
    }
}

//! What a sandbox is started with: addresses, credentials, limits, and the books it serves.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::clock::ClockMode;
use crate::world::{ProcoreRecord, World};

/// Everything that can be chosen before the first request.
#[derive(Debug, Clone)]
pub struct Config {
    /// Port of the authorisation host; 0 takes a free one.
    pub auth_port: u16,
    /// Port of the API host; 0 takes a free one.
    pub api_port: u16,
    /// Port of the origin that serves file contents; 0 takes a free one.
    pub files_port: u16,
    /// OAuth client id of the registered application.
    pub client_id: String,
    /// OAuth client secret.
    pub client_secret: String,
    /// Redirect addresses registered for the application, matched exactly. `http://localhost`
    /// with any port and path counts as registered.
    pub redirect_uris: Vec<String>,
    /// Whether the application has a service account (`client_credentials`).
    pub service_account: bool,
    /// The person who consents.
    pub user: Login,
    /// The service account's bot user.
    pub bot: Login,
    /// The company whose books are served, unless the books name another.
    pub company_id: i64,
    /// Its name.
    pub company_name: String,
    /// `GET /oauth/authorize` redirects at once instead of showing the consent page.
    pub headless_consent: bool,
    /// Life of an access token in virtual seconds.
    pub token_seconds: i64,
    /// Life of a file link in virtual seconds.
    pub link_seconds: i64,
    /// Virtual time at the start; the books' own day is used when absent.
    pub start: Option<Timestamp>,
    /// Whether virtual time passes by itself.
    pub clock: ClockMode,
    /// Seed of everything that looks random: tokens, faults, sprinkled keys, delivery order.
    pub seed: u64,
    /// Rate windows.
    pub limits: RateLimits,
    /// Unknown keys and unknown enum values mixed into bodies.
    pub sprinkle: Sprinkle,
    /// How webhooks are delivered.
    pub webhooks: WebhookPolicy,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            auth_port: 0,
            api_port: 0,
            files_port: 0,
            client_id: "sandbox-procore-client".to_owned(),
            client_secret: "sandbox-procore-secret".to_owned(),
            redirect_uris: Vec::new(),
            service_account: true,
            user: Login {
                id: 4_410_077,
                login: "ops@ridgeline.example".to_owned(),
                name: "Dana Ortiz".to_owned(),
            },
            bot: Login {
                id: 8_600_004_411,
                login: "integration-bot@ridgeline.example".to_owned(),
                name: "Integration Bot".to_owned(),
            },
            company_id: 4_480_001,
            company_name: "Ridgeline Builders".to_owned(),
            headless_consent: false,
            token_seconds: 5_400,
            link_seconds: 900,
            start: None,
            clock: ClockMode::Frozen,
            seed: 1,
            limits: RateLimits::default(),
            sprinkle: Sprinkle::default(),
            webhooks: WebhookPolicy::default(),
        }
    }
}

/// A user as `/me` shows it.
#[derive(Debug, Clone)]
pub struct Login {
    /// Global user id.
    pub id: i64,
    /// E-mail address.
    pub login: String,
    /// Display name.
    pub name: String,
}

/// The two rate windows of Procore: per hour and per ten seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RateLimits {
    /// Requests per 3,600 virtual seconds.
    pub hourly: u32,
    /// Requests per 10 virtual seconds.
    pub spike: u32,
    /// Whether a 429 carries `Retry-After` beside `X-Rate-Limit-Reset`.
    pub retry_after: bool,
    /// A refusal moves a frozen clock to the reset, so that the next polite try succeeds.
    pub jump_to_reset: bool,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self {
            hourly: 1_000_000,
            spike: 100_000,
            retry_after: false,
            jump_to_reset: false,
        }
    }
}

/// How many records per thousand get keys or enum values that no client has seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sprinkle {
    /// Records per thousand with an extra key.
    pub unknown_keys: u32,
    /// Records per thousand whose open enum shows an unknown value.
    pub unknown_enums: u32,
}

/// How faithfully badly webhooks arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WebhookPolicy {
    /// Deliveries per thousand that are sent twice.
    pub duplicates: u32,
    /// Whether a batch of due deliveries is sent in a shuffled order.
    pub out_of_order: bool,
    /// Real milliseconds that stand for the vendor's five seconds.
    pub timeout_ms: u64,
}

impl Default for WebhookPolicy {
    fn default() -> Self {
        Self {
            duplicates: 0,
            out_of_order: false,
            timeout_ms: 5_000,
        }
    }
}

/// Procore's half of a world: what this server serves.
#[derive(Debug, Clone)]
pub struct Books {
    /// Procore's company id.
    pub company_id: i64,
    /// IANA zone used where a project names none.
    pub time_zone: String,
    /// Virtual time at which the books were read.
    pub at: Timestamp,
    /// Records by snapshot name.
    pub records: BTreeMap<String, Vec<ProcoreRecord>>,
}

impl From<World> for Books {
    fn from(world: World) -> Self {
        let at = morning_after(world.as_of);
        Self {
            company_id: world.company_id,
            time_zone: world.time_zone,
            at,
            records: world.procore,
        }
    }
}

impl From<&World> for Books {
    fn from(world: &World) -> Self {
        Self {
            company_id: world.company_id,
            time_zone: world.time_zone.clone(),
            at: morning_after(world.as_of),
            records: world.procore.clone(),
        }
    }
}

fn morning_after(day: jiff::civil::Date) -> Timestamp {
    let next = day.tomorrow().unwrap_or(day);
    next.at(6, 0, 0, 0)
        .to_zoned(jiff::tz::TimeZone::UTC)
        .map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp())
}

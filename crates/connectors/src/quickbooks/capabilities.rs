//! What a connection to QuickBooks can read: the company, its settings, how many of what.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use smol_str::SmolStr;

use super::client::Client;
use super::fetch::{Plan, whole_predicate};
use crate::http::{Cause, FetchError};

/// What can be read of a company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Capabilities {
    /// The company's id.
    pub realm_id: String,
    /// The company's name.
    pub company: String,
    /// The plan, such as `QuickBooks Online Plus`, where the company states it.
    pub plan: Option<String>,
    /// Whether the subscription is paid; a lapsed one is read-only or silent.
    pub subscription: Option<String>,
    /// Cost lines can name a customer; without this there is no job cost.
    pub tracks_customers_on_expenses: bool,
    /// Projects are switched on.
    pub projects: bool,
    /// Foreign currencies are switched on; their documents are refused, not mixed in.
    pub multiple_currencies: bool,
    /// The closing date, if the books are closed up to one.
    pub books_closed_on: Option<String>,
    /// How many objects each entity has, or why it cannot be read.
    pub entities: BTreeMap<SmolStr, Held>,
}

/// How many objects an entity has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// So many, inactive ones included.
    Count(u64),
    /// It cannot be read; the sentence says why.
    Unreadable(String),
}

/// Looks at the company, its settings and the number of objects of every planned entity: one
/// metered call each.
///
/// # Errors
/// [`FetchError`] when the company cannot be read, or nothing more can be read.
pub async fn read(client: &Client, plan: &Plan) -> Result<Capabilities, FetchError> {
    let company = object(client, "CompanyInfo", &client.company_info().await?.rows)?;
    let settings = object(client, "Preferences", &client.preferences().await?.rows)?;
    let mut entities = BTreeMap::new();
    for entity in &plan.entities {
        if matches!(entity.as_str(), "CompanyInfo" | "Preferences") {
            continue;
        }
        let held = match client.count(entity, whole_predicate(entity)).await {
            Ok(count) => Held::Count(count),
            Err(error) if error.cause.stops_everything() => return Err(error),
            Err(error) => Held::Unreadable(error.to_string()),
        };
        entities.insert(entity.clone(), held);
    }
    let yes = |value: Option<&Value>| value.and_then(Value::as_bool).unwrap_or(false);
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let at = |path: &str| settings.pointer(path);
    Ok(Capabilities {
        realm_id: client.realm().to_owned(),
        company: text(company.get("CompanyName")).unwrap_or_default(),
        plan: named(company.get("NameValue"), "OfferingSku"),
        subscription: named(company.get("NameValue"), "SubscriptionStatus"),
        tracks_customers_on_expenses: yes(at("/VendorAndPurchasesPrefs/TrackingByCustomer")),
        projects: named(at("/OtherPrefs/NameValue"), "ProjectsEnabled").as_deref() == Some("true"),
        multiple_currencies: yes(at("/CurrencyPrefs/MultiCurrencyEnabled")),
        books_closed_on: text(at("/AccountingInfoPrefs/BookCloseDate")),
        entities,
    })
}

fn object(client: &Client, entity: &str, rows: &[String]) -> Result<Value, FetchError> {
    let text = rows.first().map_or("", String::as_str);
    serde_json::from_str(text).map_err(|error| {
        client.error(
            entity,
            Cause::Unreadable {
                detail: error.to_string(),
            },
        )
    })
}

/// The value of a `{Name, Value}` pair.
fn named(pairs: Option<&Value>, name: &str) -> Option<String> {
    let pairs = pairs?.as_array()?;
    let pair = pairs
        .iter()
        .find(|pair| pair.get("Name").and_then(Value::as_str) == Some(name))?;
    pair.get("Value").and_then(Value::as_str).map(str::to_owned)
}

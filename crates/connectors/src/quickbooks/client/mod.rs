//! QuickBooks' read calls: queries, change data capture, single records.
//!
//! It knows the envelopes and the faults and leaves the records as text. It must not know what
//! is read in which order; that is `fetch`.

mod connect;
mod fault;
mod single;

pub use connect::{Environment, connect};
pub(crate) use fault::{in_part, judge};

use std::sync::Arc;

use figures::source::{RawRecord, System};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use smol_str::SmolStr;
use url::Url;

use crate::fetch::{content_id, member, members, plain_text, rows_of};
use crate::http::{Bearers, Cause, Conditions, FetchError, Place, ReadClient, Reply};
use crate::meter::Meter;
use crate::oauth::Connection;

/// The minor version of the interface that is asked for and recorded with every snapshot.
pub const MINOR_VERSION: u32 = 75;

/// Reads one QuickBooks company.
pub struct Client {
    read: ReadClient,
    api: Url,
    realm: String,
}

/// One answer to a query.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The records, as they were written.
    pub(crate) rows: Vec<String>,
    /// The server's time.
    pub(crate) time: Timestamp,
}

/// What changed, by entity, in the order of the answer.
#[derive(Debug)]
pub(crate) struct ChangedSince {
    pub(crate) entities: Vec<(SmolStr, Vec<String>)>,
    pub(crate) objects: usize,
}

#[derive(Deserialize)]
struct QueryEnvelope<'a> {
    #[serde(borrow, rename = "QueryResponse")]
    response: Option<&'a RawValue>,
    #[serde(borrow)]
    time: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct CdcEnvelope<'a> {
    #[serde(borrow, rename = "CDCResponse")]
    response: Vec<CdcPart<'a>>,
}

#[derive(Deserialize)]
struct CdcPart<'a> {
    #[serde(borrow, rename = "QueryResponse", default)]
    parts: Vec<&'a RawValue>,
}

impl Client {
    /// Opens a client for a company that a connection was made for.
    ///
    /// # Errors
    /// [`Cause::NotConnected`] without a usable realm, [`Cause::Unreachable`] without a usable
    /// address.
    pub fn open(
        environment: &Environment,
        realm: &str,
        connection: Arc<Connection>,
        conditions: Conditions,
    ) -> Result<Self, FetchError> {
        Self::with_bearers(environment, realm, connection, conditions)
    }

    pub(crate) fn with_bearers(
        environment: &Environment,
        realm: &str,
        bearers: Arc<dyn Bearers>,
        conditions: Conditions,
    ) -> Result<Self, FetchError> {
        check_realm(realm)?;
        let read = ReadClient::new(
            System::QuickBooks,
            Vec::new(),
            bearers,
            conditions,
            &environment.api,
        )
        .map_err(not_opened)?;
        Ok(Self {
            read,
            api: environment.api.clone(),
            realm: realm.to_owned(),
        })
    }

    /// The company's id.
    #[must_use]
    pub fn realm(&self) -> &str {
        &self.realm
    }

    /// What has been used so far.
    #[must_use]
    pub fn meter(&self) -> &Meter {
        self.read.meter()
    }

    pub(crate) fn error(&self, entity: &str, cause: Cause) -> FetchError {
        self.read.error(&Place::company(entity), cause)
    }

    /// The company itself. It answers only when the realm belongs to the token.
    pub(crate) async fn company_info(&self) -> Result<Answer, FetchError> {
        let url = self.url(&format!("companyinfo/{}", self.realm), &[]);
        self.singleton("CompanyInfo", &url).await
    }

    /// The company's settings.
    pub(crate) async fn preferences(&self) -> Result<Answer, FetchError> {
        self.singleton("Preferences", &self.url("preferences", &[]))
            .await
    }

    async fn singleton(&self, entity: &str, url: &Url) -> Result<Answer, FetchError> {
        let reply = self.get(entity, url).await?;
        let text = self.text(entity, &reply)?;
        let object = member(text, entity)
            .ok_or_else(|| self.unreadable(entity, format!("there is no {entity} in it")))?;
        let time = self.time(member(text, "time"), &reply);
        Ok(Answer {
            rows: vec![object.to_owned()],
            time,
        })
    }

    /// Runs a query for whole objects.
    pub(crate) async fn query(&self, entity: &str, statement: &str) -> Result<Answer, FetchError> {
        let reply = self
            .get(entity, &self.url("query", &[("query", statement)]))
            .await?;
        let text = self.text(entity, &reply)?;
        let envelope: QueryEnvelope<'_> = serde_json::from_str(text)
            .map_err(|error| self.unreadable(entity, error.to_string()))?;
        let response = envelope
            .response
            .ok_or_else(|| self.unreadable(entity, "there is no QueryResponse in it".to_owned()))?;
        let found = members(response.get())
            .ok_or_else(|| self.unreadable(entity, "QueryResponse is not an object".to_owned()))?;
        let list = found
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(entity));
        let rows = match list {
            Some((_, list)) => rows_of(list).map_err(|error| self.unreadable(entity, error))?,
            None => Vec::new(),
        };
        let time = self.time(envelope.time.map(RawValue::get), &reply);
        Ok(Answer {
            rows: rows.into_iter().map(str::to_owned).collect(),
            time,
        })
    }

    /// How many objects a predicate selects.
    pub(crate) async fn count(&self, entity: &str, predicate: &str) -> Result<u64, FetchError> {
        let statement = match predicate {
            "" => format!("select count(*) from {entity}"),
            _ => format!("select count(*) from {entity} where {predicate}"),
        };
        let reply = self
            .get(entity, &self.url("query", &[("query", &statement)]))
            .await?;
        let text = self.text(entity, &reply)?;
        let total = member(text, "QueryResponse")
            .and_then(|response| member(response, "totalCount"))
            .and_then(plain_text)
            .and_then(|count| count.parse().ok());
        total.ok_or_else(|| self.unreadable(entity, "there is no totalCount in it".to_owned()))
    }

    /// What changed since an instant, tombstones included.
    pub(crate) async fn changed_since(
        &self,
        entities: &[&str],
        since: Timestamp,
    ) -> Result<ChangedSince, FetchError> {
        let names = entities.join(",");
        let place = if let [only] = entities {
            only
        } else {
            "ChangeDataCapture"
        };
        let since = instant(since);
        let url = self.url("cdc", &[("entities", &names), ("changedSince", &since)]);
        let reply = self.get(place, &url).await?;
        let text = self.text(place, &reply)?;
        let envelope: CdcEnvelope<'_> = serde_json::from_str(text)
            .map_err(|error| self.unreadable(place, error.to_string()))?;
        let mut changed = ChangedSince {
            entities: Vec::new(),
            objects: 0,
        };
        for part in envelope
            .response
            .iter()
            .flat_map(|response| &response.parts)
        {
            let found = members(part.get())
                .ok_or_else(|| self.unreadable(place, "a part is not an object".to_owned()))?;
            for (name, value) in found {
                if name.eq_ignore_ascii_case("fault") {
                    return Err(self.error(place, fault::in_part(value)));
                }
                let Some(entity) = entities
                    .iter()
                    .find(|entity| entity.eq_ignore_ascii_case(&name))
                else {
                    continue;
                };
                let rows = rows_of(value).map_err(|error| self.unreadable(place, error))?;
                changed.objects += rows.len();
                let rows = rows.into_iter().map(str::to_owned).collect();
                changed.entities.push((SmolStr::new(entity), rows));
            }
        }
        Ok(changed)
    }

    async fn get(&self, entity: &str, url: &Url) -> Result<Reply, FetchError> {
        self.read.get(&Place::company(entity), url, &judge).await
    }

    fn url(&self, path: &str, query: &[(&str, &str)]) -> Url {
        let mut url = self.api.clone();
        url.set_path(&format!("/v3/company/{}/{path}", self.realm));
        {
            let mut pairs = url.query_pairs_mut();
            pairs.clear();
            for (name, value) in query {
                pairs.append_pair(name, value);
            }
            pairs.append_pair("minorversion", &MINOR_VERSION.to_string());
        }
        // A space as `+` is a form's habit; a literal plus is already written `%2B`.
        let encoded = url.query().map(|query| query.replace('+', "%20"));
        url.set_query(encoded.as_deref());
        url
    }

    fn text<'r>(&self, entity: &str, reply: &'r Reply) -> Result<&'r str, FetchError> {
        std::str::from_utf8(&reply.body)
            .map_err(|_| self.unreadable(entity, "it is not UTF-8".to_owned()))
    }

    fn time(&self, member: Option<&str>, reply: &Reply) -> Timestamp {
        member
            .and_then(plain_text)
            .and_then(|text| text.parse().ok())
            .or_else(|| reply.server_time())
            .unwrap_or_else(|| self.read.clock().now())
    }

    fn unreadable(&self, entity: &str, detail: String) -> FetchError {
        self.error(entity, Cause::Unreadable { detail })
    }
}

/// A company that no client is opened for, and why.
pub(crate) fn not_opened(cause: Cause) -> FetchError {
    FetchError {
        system: System::QuickBooks,
        resource: SmolStr::new_static("CompanyInfo"),
        project_id: None,
        cause,
        trace: None,
    }
}

/// Refuses what is no company's number.
pub(crate) fn check_realm(realm: &str) -> Result<(), FetchError> {
    if is_realm(realm) {
        return Ok(());
    }
    let reason = "the company's id is not a number".to_owned();
    Err(not_opened(Cause::NotConnected { reason }))
}

/// A realm is a number of at most 20 digits; anything else does not go into an address.
pub(crate) fn is_realm(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// An instant as QuickBooks writes and reads it, to the second.
pub(crate) fn instant(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

/// A record with its id, or with one made from its content when it has none.
pub(crate) fn record(entity: &str, body: String) -> RawRecord {
    let id = match entity {
        "CompanyInfo" | "Preferences" => SmolStr::new("1"),
        _ => member(&body, "Id")
            .and_then(plain_text)
            .map_or_else(|| SmolStr::new(content_id(&body)), SmolStr::new),
    };
    RawRecord {
        system: System::QuickBooks,
        resource: SmolStr::new(entity),
        external_id: id,
        project_id: None,
        parent_id: None,
        body,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_keeps_its_text_and_gets_its_id() {
        let body = r#"{"TotalAmt":337.50,"Id":"234","extra":1e2}"#.to_owned();
        let kept = record("Bill", body.clone());
        assert_eq!((kept.external_id.as_str(), kept.body), ("234", body));
        assert!(
            record("Bill", "{}".to_owned())
                .external_id
                .starts_with("none-")
        );
        assert_eq!(record("Preferences", "{}".to_owned()).external_id, "1");
    }

    #[test]
    fn a_realm_that_could_change_the_address_is_refused() {
        assert!(is_realm("9341450000000001"));
        for bad in ["", "1/../2", "12a", "123456789012345678901"] {
            assert!(!is_realm(bad), "{bad}");
        }
    }
}

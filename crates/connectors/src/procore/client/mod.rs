//! Procore's read calls: lists walked to their proven end, and single records.
//!
//! It knows paging, headers and error shapes, and leaves the records as text. It must not know
//! which resources are read in which order; that is `fetch`.

mod connect;
mod listing;
mod refusal;

pub use connect::{Environment, EnvironmentError, connect, connect_service_account};
pub(crate) use listing::{Listing, Row};

use std::sync::Arc;

use figures::source::System;
use reqwest::header::{HeaderName, HeaderValue};
use smol_str::SmolStr;
use url::Url;

use crate::fetch::{member, rows_of};
use crate::http::{Bearers, Cause, Clock, Conditions, FetchError, Place, ReadClient, Reply};
use crate::meter::Meter;
use crate::oauth::Connection;

/// Reads one Procore company.
pub struct Client {
    read: ReadClient,
    api: Url,
    company_id: i64,
}

/// A query parameter.
pub(crate) type Parameter = (&'static str, String);

impl Client {
    /// Opens a client for a company.
    ///
    /// # Errors
    /// [`Cause::Unreachable`] without a usable address.
    pub fn open(
        environment: &Environment,
        company_id: i64,
        connection: Arc<Connection>,
        conditions: Conditions,
    ) -> Result<Self, FetchError> {
        Self::with_bearers(environment, company_id, connection, conditions)
    }

    pub(crate) fn with_bearers(
        environment: &Environment,
        company_id: i64,
        bearers: Arc<dyn Bearers>,
        conditions: Conditions,
    ) -> Result<Self, FetchError> {
        // Every call needs the company's header, also those that name it in the address.
        let header = HeaderName::from_static("procore-company-id");
        let headers = vec![(header, HeaderValue::from(company_id))];
        let read = ReadClient::new(
            System::Procore,
            headers,
            bearers,
            conditions,
            &environment.api,
        )
        .map_err(|cause| FetchError {
            system: System::Procore,
            resource: SmolStr::new("projects"),
            project_id: None,
            cause,
            trace: None,
        })?;
        Ok(Self {
            read,
            api: environment.api.clone(),
            company_id,
        })
    }

    /// The company's id.
    #[must_use]
    pub const fn company_id(&self) -> i64 {
        self.company_id
    }

    /// What has been used so far.
    #[must_use]
    pub fn meter(&self) -> &Meter {
        self.read.meter()
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        self.read.clock()
    }

    /// Reads a list to its proven end; see [`Listing`].
    pub(crate) async fn list(
        &self,
        place: &Place,
        path: &str,
        parameters: &[Parameter],
        per_page: Option<u32>,
    ) -> Result<Listing, FetchError> {
        listing::read(self, place, path, parameters, per_page).await
    }

    /// Reads one record; its text is as the vendor wrote it.
    pub(crate) async fn show(
        &self,
        place: &Place,
        path: &str,
        parameters: &[Parameter],
    ) -> Result<String, FetchError> {
        let reply = self.get(place, &self.url(path, parameters)).await?;
        let text = self.text(place, &reply)?.trim();
        let body = match member(text, "data") {
            Some(data) if member(text, "id").is_none() => data,
            _ => text,
        };
        if body.starts_with('{')
            && serde_json::from_str::<&serde_json::value::RawValue>(body).is_ok()
        {
            Ok(body.to_owned())
        } else {
            Err(self.unreadable(place, "it is not one record".to_owned()))
        }
    }

    pub(crate) async fn get(&self, place: &Place, url: &Url) -> Result<Reply, FetchError> {
        self.read.get(place, url, &refusal::judge).await
    }

    pub(crate) fn url(&self, path: &str, parameters: &[Parameter]) -> Url {
        let mut url = self.api.clone();
        url.set_path(path);
        if !parameters.is_empty() {
            url.query_pairs_mut().clear().extend_pairs(parameters);
            let encoded = url.query().map(|query| query.replace('+', "%20"));
            url.set_query(encoded.as_deref());
        }
        url
    }

    /// The rows of a v1 list, or of one that is wrapped in `data`.
    pub(crate) fn rows<'r>(
        &self,
        place: &Place,
        reply: &'r Reply,
    ) -> Result<Vec<&'r str>, FetchError> {
        let text = self.text(place, reply)?.trim_start();
        let list = if text.starts_with('[') {
            Some(text)
        } else {
            member(text, "data")
        };
        let list = list.ok_or_else(|| self.unreadable(place, "it is not a list".to_owned()))?;
        rows_of(list).map_err(|error| self.unreadable(place, error))
    }

    fn text<'r>(&self, place: &Place, reply: &'r Reply) -> Result<&'r str, FetchError> {
        std::str::from_utf8(&reply.body)
            .map_err(|_| self.unreadable(place, "it is not UTF-8".to_owned()))
    }

    pub(crate) fn unreadable(&self, place: &Place, detail: String) -> FetchError {
        self.read.error(place, Cause::Unreadable { detail })
    }
}

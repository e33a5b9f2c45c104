//! One record at a time, as the gate looks at them just before and after something is done.

use super::{Client, record};
use crate::fetch::{member, plain_text};
use crate::http::{Cause, FetchError};
use crate::quickbooks::write::ATTACHMENT;
use figures::Date;
use figures::source::{RawRecord, SourceRef};

impl Client {
    /// A record as it is now; nothing when it is not there any more.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn record(&self, wanted: &SourceRef) -> Result<Option<RawRecord>, FetchError> {
        let entity = wanted.kind.as_str();
        if !wanted.id.bytes().all(|byte| byte.is_ascii_digit()) {
            let detail = "the record's id is not a number".to_owned();
            return Err(self.error(entity, Cause::Unreadable { detail }));
        }
        let path = format!("{}/{}", entity.to_lowercase(), wanted.id);
        let answer = match self.get(entity, &self.url(&path, &[])).await {
            Ok(reply) => reply,
            Err(error) if matches!(error.cause, Cause::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let text = self.text(entity, &answer)?;
        let body = member(text, entity)
            .ok_or_else(|| self.unreadable(entity, format!("there is no {entity} in it")))?;
        if member(body, "status").is_some_and(|status| status == "\"Deleted\"") {
            return Ok(None);
        }
        Ok(Some(record(entity, body.to_owned())))
    }

    /// The records of an entity with a number.
    ///
    /// # Errors
    /// When they cannot be read, or the number could not be asked for.
    pub async fn numbered(&self, entity: &str, number: &str) -> Result<Vec<RawRecord>, FetchError> {
        let name = if matches!(entity, "Payment") {
            "PaymentRefNum"
        } else {
            "DocNumber"
        };
        // The language knows one escape inside a text: a backslash before a quotation mark.
        let number = number.replace('\\', "\\\\").replace('\'', "\\'");
        let statement = format!("select * from {entity} where {name} = '{number}' maxresults 1000");
        let answer = self.query(entity, &statement).await?;
        let rows = answer.rows.into_iter();
        Ok(rows.map(|body| record(entity, body)).collect())
    }

    /// The records of an entity that are dated on a day.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn of_day(&self, entity: &str, day: &str) -> Result<Vec<RawRecord>, FetchError> {
        const PAGE: usize = 1_000;
        let day: Date = day.parse().map_err(|_| {
            let detail = "it has no date".to_owned();
            self.error(entity, Cause::Unreadable { detail })
        })?;
        let mut found = Vec::new();
        loop {
            let statement = format!(
                "select * from {entity} where TxnDate = '{day}' orderby Id startposition {} \
                 maxresults {PAGE}",
                found.len() + 1
            );
            let answer = self.query(entity, &statement).await?;
            let is_last = answer.rows.len() < PAGE;
            let rows = answer.rows.into_iter();
            found.extend(rows.map(|body| record(entity, body)));
            if is_last {
                return Ok(found);
            }
        }
    }

    /// The documents that are attached to a record.
    ///
    /// # Errors
    /// When they cannot be read, or the record's id is no number.
    pub async fn attached_to(&self, record: &SourceRef) -> Result<Vec<RawRecord>, FetchError> {
        if !record.id.bytes().all(|byte| byte.is_ascii_digit()) {
            let detail = "the record's id is not a number".to_owned();
            return Err(self.error(ATTACHMENT, Cause::Unreadable { detail }));
        }
        let statement = format!(
            "select * from {ATTACHMENT} where AttachableRef.EntityRef.Type = '{}' and \
             AttachableRef.EntityRef.value = '{}' maxresults 1000",
            record.kind, record.id
        );
        let answer = self.query(ATTACHMENT, &statement).await?;
        let rows = answer.rows.into_iter();
        Ok(rows.map(|body| self::record(ATTACHMENT, body)).collect())
    }

    /// The day up to which the books are closed; nothing when they are open.
    ///
    /// # Errors
    /// When the company's settings cannot be read.
    pub async fn closed_until(&self) -> Result<Option<Date>, FetchError> {
        let answer = self.preferences().await?;
        let body = answer.rows.first().map_or("", String::as_str);
        let date = member(body, "AccountingInfoPrefs")
            .and_then(|prefs| member(prefs, "BookCloseDate"))
            .and_then(plain_text);
        date.map(|text| text.parse())
            .transpose()
            .map_err(|_| self.unreadable("Preferences", "its closing date is no date".to_owned()))
    }
}

//! One record at a time, as the gate looks at them just before and after something is done.

use super::{Client, record};
use crate::fetch::{member, plain_text};
use crate::http::{Cause, FetchError};
use crate::quickbooks::write::ATTACHMENT;
use figures::Date;
use figures::source::{RawRecord, SourceRef};
use serde_json::Value;

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

    /// Whether a transaction of a day is ticked off against the bank's statement. The entities say
    /// nothing about it; the report `TransactionList` does (its column `is_cleared`).
    ///
    /// # Errors
    /// When the report cannot be read.
    pub async fn is_reconciled(&self, record: &SourceRef, day: Date) -> Result<bool, FetchError> {
        const REPORT: &str = "TransactionList";
        let day = day.to_string();
        let asked = [
            ("start_date", day.as_str()),
            ("end_date", &day),
            ("columns", "tx_date,txn_type,is_cleared"),
        ];
        let url = self.url(&format!("reports/{REPORT}"), &asked);
        let reply = self.get(REPORT, &url).await?;
        let report: Value = serde_json::from_str(self.text(REPORT, &reply)?)
            .map_err(|error| self.unreadable(REPORT, error.to_string()))?;
        let place = |key: &str| {
            let columns = report.pointer("/Columns/Column")?.as_array()?;
            columns.iter().position(|column| is_column(column, key))
        };
        let (Some(kind), Some(mark)) = (place("txn_type"), place("is_cleared")) else {
            return Err(self.unreadable(REPORT, "a column is missing".to_owned()));
        };
        let mut rows = Vec::new();
        if let Some(all) = report.get("Rows") {
            cells(all, &mut rows);
        }
        Ok(rows.iter().any(|row| {
            let id = row.get(kind).and_then(|cell| cell.get("id")?.as_str());
            let mark = row.get(mark).and_then(|cell| cell.get("value")?.as_str());
            id == Some(record.id.as_str()) && mark.is_some_and(|mark| mark.starts_with('R'))
        }))
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

/// Whether a column of a report is the one with this key.
fn is_column(column: &Value, key: &str) -> bool {
    let told = column.get("MetaData").and_then(Value::as_array);
    told.into_iter().flatten().any(|one| {
        let text = |name: &str| one.get(name).and_then(Value::as_str);
        text("Name") == Some("ColKey") && text("Value") == Some(key)
    })
}

/// The cells of every row of a report, however deep it lies in sections.
fn cells<'a>(rows: &'a Value, found: &mut Vec<&'a Vec<Value>>) {
    for row in rows
        .get("Row")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        found.extend(row.get("ColData").and_then(Value::as_array));
        if let Some(inner) = row.get("Rows") {
            cells(inner, found);
        }
    }
}

//! How vendor JSON becomes books: every oddity of the wire as a sentence.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod mutations;
mod procore;
mod quickbooks;

use figures::model::{LedgerBooks, ProjectBooks};
use figures::source::{RawRecord, Rejection, System};

/// Reads QuickBooks bodies given as entity and JSON.
fn ledger(records: &[(&str, &str)]) -> (LedgerBooks, Vec<Rejection>) {
    let records = records.iter().map(|(entity, body)| RawRecord {
        system: System::QuickBooks,
        resource: (*entity).into(),
        external_id: "".into(),
        project_id: None,
        parent_id: None,
        body: (*body).to_owned(),
    });
    connectors::quickbooks::normalise::books("9341", records)
}

/// Reads Procore bodies given as resource and JSON, all under project 7 and parent 70.
fn project(records: &[(&str, &str)]) -> (ProjectBooks, Vec<Rejection>) {
    let records = records.iter().map(|(resource, body)| RawRecord {
        system: System::Procore,
        resource: (*resource).into(),
        external_id: "".into(),
        project_id: Some(7),
        parent_id: Some(70),
        body: (*body).to_owned(),
    });
    connectors::procore::normalise::books(26972, records)
}

/// The one rejection as `record: reason`.
fn only(rejections: &[Rejection]) -> String {
    assert_eq!(rejections.len(), 1, "{rejections:?}");
    format!("{}: {}", rejections[0].record, rejections[0].reason)
}

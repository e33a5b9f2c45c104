//! The only file that can change what is in QuickBooks, and how its requests are made.
//!
//! [`Writer`] sends the request of an [`Order`] and says truthfully what is known of the outcome.
//! [`request`] makes one of a correction; [`image()`] says whether a record is still the one that was
//! looked at. Source: Intuit's API reference, "Basic operations", per entity.

mod image;
pub mod request;

pub use image::{Image, NoObject, image, is_said_in, is_void, version};

use std::sync::Arc;

use figures::source::System;
use gate::digest::Digest;
use gate::draft::{Request, Verb};
use gate::order::Order;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use url::Url;

use super::client::{self, Environment, MINOR_VERSION};
use crate::fetch::member;
use crate::http::{Bearers, Cause, Conditions, FetchError, NotDone, Payload, WriteClient};
use crate::oauth::Connection;

/// Changes one QuickBooks company.
pub struct Writer {
    http: WriteClient,
    api: Url,
    realm: String,
}

/// What goes with an order when it is sent.
#[derive(Debug, Clone, Copy)]
pub struct Along<'a> {
    /// The same whenever the same order is sent again, so that the vendor does it once.
    pub request_id: &'a str,
    /// The version of the record that was just read.
    pub version: Option<&'a str>,
    /// The bytes of the document that is attached.
    pub content: Option<&'a [u8]>,
    /// Whether a void document has the number that the new one gets; the vendor refuses it otherwise.
    pub has_number_of_a_void: bool,
}

/// What a request did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The record as it is now.
    Kept(String),
    /// The record is gone.
    Gone,
}

impl Writer {
    /// Opens a writer for a company that a connection was made for.
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
        client::check_realm(realm)?;
        let bearers: Arc<dyn Bearers> = connection;
        let http = WriteClient::new(System::QuickBooks, bearers, conditions, &environment.api)
            .map_err(client::not_opened)?;
        Ok(Self {
            http,
            api: environment.api.clone(),
            realm: realm.to_owned(),
        })
    }

    /// Sends an order.
    ///
    /// # Errors
    /// [`NotDone`], which says whether it may have taken effect all the same.
    pub async fn send(&self, order: &Order<'_>, along: Along<'_>) -> Result<Answer, NotDone> {
        let request = order.to_send();
        let unusable = |detail: &str| {
            let detail = detail.to_owned();
            NotDone::NotSent(Cause::Unreadable { detail })
        };
        let url = self
            .url(request, along)
            .ok_or_else(|| unusable("the record cannot be voided by this interface"))?;
        let body = body(request, along.version)
            .ok_or_else(|| unusable("the request has no usable body"))?;
        let payload = if is_upload(request) {
            upload(order, &body, along.content)
                .ok_or_else(|| unusable("the document is not the one that was approved"))?
        } else {
            Payload::Json(&body)
        };
        let reply = self
            .http
            .post(order, (&url, payload), &client::judge)
            .await?;
        answer(request, &reply.body)
    }

    fn url(&self, request: &Request, along: Along<'_>) -> Option<Url> {
        let mut url = self.api.clone();
        let path = if is_upload(request) {
            "upload".to_owned()
        } else {
            request.entity.to_lowercase()
        };
        url.set_path(&format!("/v3/company/{}/{path}", self.realm));
        url.query_pairs_mut()
            .clear()
            .extend_pairs(operation(request)?)
            .append_pair("requestid", along.request_id)
            .append_pair("minorversion", &MINOR_VERSION.to_string());
        if along.has_number_of_a_void {
            url.query_pairs_mut()
                .append_pair("include", "allowduplicatedocnum");
        }
        Some(url)
    }
}

/// Whether a request makes an attachment, which takes the document's bytes along.
#[must_use]
pub fn is_upload(request: &Request) -> bool {
    request.verb == Verb::Create && request.entity == ATTACHMENT
}

/// The document that was approved, byte for byte, with what is said about it.
fn upload<'a>(
    order: &'a Order<'_>,
    metadata: &'a str,
    content: Option<&'a [u8]>,
) -> Option<Payload<'a>> {
    let (document, bytes) = (order.document()?, content?);
    (Digest::of(bytes) == document.digest).then_some(Payload::Upload {
        metadata,
        document,
        bytes,
    })
}

/// The entity of documents that are attached to records.
pub const ATTACHMENT: &str = "Attachable";
/// Entities that are voided by the operation of that name.
const BY_OPERATION: [&str; 1] = ["Invoice"];
/// Entities that are voided by an update that says so.
const BY_UPDATE: [&str; 3] = ["Payment", "SalesReceipt", "BillPayment"];

/// Whether records of an entity can be voided; the others can only be deleted.
#[must_use]
pub fn can_be_voided(entity: &str) -> bool {
    BY_OPERATION.contains(&entity) || BY_UPDATE.contains(&entity)
}

/// What the address says about the operation; nothing when the entity has none such.
fn operation(request: &Request) -> Option<&'static [(&'static str, &'static str)]> {
    match request.verb {
        Verb::Create | Verb::Update => Some(&[]),
        Verb::Delete => Some(&[("operation", "delete")]),
        Verb::Void if BY_OPERATION.contains(&request.entity.as_str()) => {
            Some(&[("operation", "void")])
        }
        Verb::Void if BY_UPDATE.contains(&request.entity.as_str()) => {
            Some(&[("operation", "update"), ("include", "void")])
        }
        // Others answer a void with success and do nothing.
        Verb::Void => None,
    }
}

/// The exact bytes of a request; nothing when it is no JSON object or lacks the version that it needs.
fn body(request: &Request, version: Option<&str>) -> Option<String> {
    let mut members: Map<String, Value> = serde_json::from_str(&request.body).ok()?;
    if let Some(id) = &request.id {
        members.insert("Id".to_owned(), json!(id.as_str()));
        members.insert("SyncToken".to_owned(), json!(version?));
    }
    match request.verb {
        Verb::Update => drop(members.insert("sparse".to_owned(), json!(false))),
        Verb::Void => drop(members.insert("sparse".to_owned(), json!(true))),
        Verb::Create | Verb::Delete => {}
    }
    Some(Value::Object(members).to_string())
}

/// What an answer without a fault says. One that does not name the record says nothing.
fn answer(request: &Request, body: &[u8]) -> Result<Answer, NotDone> {
    let unreadable = || {
        let detail = format!("it does not say what became of the {}", request.entity);
        NotDone::Unknown(Cause::Unreadable { detail })
    };
    let text = std::str::from_utf8(body).map_err(|_| unreadable())?;
    if is_upload(request) {
        return uploaded(text).unwrap_or_else(|| Err(unreadable()));
    }
    let record = member(text, &request.entity).ok_or_else(unreadable)?;
    let is_deleted = member(record, "status").is_some_and(|status| status == "\"Deleted\"");
    match (request.verb, is_deleted) {
        (Verb::Delete, true) => Ok(Answer::Gone),
        (Verb::Create | Verb::Update | Verb::Void, false) => Ok(Answer::Kept(record.to_owned())),
        _ => Err(unreadable()),
    }
}

/// What the one part of an answer to an upload says; a fault is inside it, under a good status.
fn uploaded(text: &str) -> Option<Result<Answer, NotDone>> {
    let parts: Vec<&RawValue> = serde_json::from_str(member(text, "AttachableResponse")?).ok()?;
    let part = parts.first()?.get();
    if let Some(fault) = member(part, "Fault") {
        return Some(Err(NotDone::Refused(client::in_part(fault))));
    }
    let record = member(part, ATTACHMENT)?;
    Some(Ok(Answer::Kept(record.to_owned())))
}

#[cfg(test)]
mod tests {
    use figures::Money;
    use figures::source::SourceRef;
    use gate::action::Kind;
    use gate::draft::{Document, Draft, PreImage};
    use gate::proposal::{Maker, Proposal, State, Version};
    use gate::roles::Department;
    use gate::switches::Switches;

    use super::*;

    #[test]
    fn a_document_is_sent_only_with_the_bytes_that_were_approved() {
        let at = "2026-11-23T15:00:00Z".parse().unwrap();
        let to = SourceRef::quickbooks("Bill", "145");
        let draft = Draft {
            kind: Kind::AttachDocument,
            department: Department::Payables,
            company: "9130".into(),
            sentence: "It is attached.".to_owned(),
            money: Money::ZERO,
            party: None,
            request: Some(Request {
                verb: Verb::Create,
                entity: ATTACHMENT.into(),
                id: None,
                body: "{}".to_owned(),
                before: vec![PreImage {
                    record: to,
                    content: Digest::of(b"as it was"),
                    standing: None,
                }],
            }),
            instructions: Vec::new(),
            figures: Vec::new(),
            evidence: Vec::new(),
            finding: None,
            undoes: None,
            document: Some(Document {
                id: "doc_1".into(),
                name: "88121.pdf".to_owned(),
                media_type: "application/pdf".into(),
                bytes: 4,
                digest: Digest::of(b"%PDF"),
            }),
        };
        let by = Maker::Person("psn_1".into());
        let first = Version { draft, by, at };
        let mut one = Proposal::try_new("ten_1".into(), "prp_1".into(), first).unwrap();
        one.state = State::Executing { since: at };
        let switches = Switches {
            writes: true,
            connection_writes: true,
            ..Switches::default()
        };
        let order = Order::of(&one, switches.grant(None).unwrap()).unwrap();
        assert!(is_upload(order.to_send()));
        assert!(upload(&order, "{}", Some(b"%PDF")).is_some());
        assert!(upload(&order, "{}", Some(b"%PDG")).is_none());
        assert!(upload(&order, "{}", None).is_none());
    }

    #[test]
    fn a_fault_inside_a_good_answer_is_a_refusal() {
        let fault = r#"{"AttachableResponse":[{"Fault":{"Error":[{"code":"6041"}],"type":"ValidationFault"}}]}"#;
        assert!(matches!(uploaded(fault), Some(Err(NotDone::Refused(_)))));
        let kept = r#"{"AttachableResponse":[{"Attachable":{"Id":"7"}}]}"#;
        let record = Answer::Kept(r#"{"Id":"7"}"#.to_owned());
        assert_eq!(uploaded(kept), Some(Ok(record)));
        assert_eq!(uploaded("{}"), None);
    }
}

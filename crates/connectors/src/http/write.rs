//! Sending what was approved, once.
//!
//! [`WriteClient`] takes an [`Order`], which only a proposal that was begun gives. It repeats
//! nothing by itself, except the same bytes after a token was refused, because a vendor that
//! refuses the token has not looked at the request. Everything that leaves open whether the
//! request took effect is [`NotDone::Unknown`].

use std::sync::Arc;

use gate::draft::Document;
use gate::order::Order;
use reqwest::RequestBuilder;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::multipart::{Form, Part};
use url::Url;

use super::error::Cause;
use super::read::{Bearers, Verdict};
use super::{Clock, Conditions, Limits, Reply, build, checked_address, send};
use crate::meter::Meter;
use crate::oauth::Secret;
use crate::throttle::Throttle;
use figures::source::System;

/// Why a request is not known to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotDone {
    /// It never reached the vendor, or the vendor did not look at it. Sending it later is safe.
    NotSent(Cause),
    /// The vendor looked at it and said no; nothing changed.
    Refused(Cause),
    /// It may have taken effect.
    Unknown(Cause),
}

/// What goes out.
#[derive(Clone, Copy)]
pub(crate) enum Payload<'a> {
    /// A record as JSON text.
    Json(&'a str),
    /// A document with what is said about it, in a form of several parts.
    Upload {
        /// JSON text about the document.
        metadata: &'a str,
        /// The document.
        document: &'a Document,
        /// Its bytes.
        bytes: &'a [u8],
    },
}

impl Payload<'_> {
    /// Puts it into a request; nothing when the document's media type is none.
    fn fill(self, request: RequestBuilder) -> Option<RequestBuilder> {
        let (metadata, document, bytes) = match self {
            Self::Json(body) => {
                let request = request.header(CONTENT_TYPE, "application/json");
                return Some(request.body(body.to_owned()));
            }
            Self::Upload {
                metadata,
                document,
                bytes,
            } => (metadata, document, bytes),
        };
        let about = Part::text(metadata.to_owned())
            .file_name("attachment.json")
            .mime_str("application/json");
        let content = Part::bytes(bytes.to_vec())
            .file_name(document.name.clone())
            .mime_str(&document.media_type);
        let form = Form::new()
            .part("file_metadata_01", about.ok()?)
            .part("file_content_01", content.ok()?);
        Some(request.multipart(form))
    }
}

/// A client that can send what an [`Order`] holds.
pub(crate) struct WriteClient {
    system: System,
    http: reqwest::Client,
    limits: Limits,
    bearers: Arc<dyn Bearers>,
    throttle: Throttle,
    clock: Arc<dyn Clock>,
    meter: Arc<Meter>,
}

impl WriteClient {
    pub(crate) fn new(
        system: System,
        bearers: Arc<dyn Bearers>,
        conditions: Conditions,
        host: &Url,
    ) -> Result<Self, Cause> {
        Ok(Self {
            system,
            http: build(&conditions.limits, host)?,
            limits: conditions.limits,
            bearers,
            throttle: Throttle::new(conditions.policy),
            clock: conditions.clock,
            meter: conditions.meter,
        })
    }

    /// Sends the payload of an order to an address.
    pub(crate) async fn post(
        &self,
        order: &Order<'_>,
        (url, body): (&Url, Payload<'_>),
        judge: &(dyn Fn(&Reply) -> Verdict + Send + Sync),
    ) -> Result<Reply, NotDone> {
        checked_address(url.as_str()).map_err(|error| {
            NotDone::NotSent(Cause::Unreachable {
                detail: error.to_string(),
            })
        })?;
        let bearer = self.bearers.bearer().await.map_err(NotDone::NotSent)?;
        let reply = self.once(order, (url, body), &bearer).await?;
        let Verdict::Unauthorised(_) = judge(&reply) else {
            return judged(reply, judge);
        };
        let bearer = self.bearers.renew(bearer).await.map_err(NotDone::NotSent)?;
        judged(self.once(order, (url, body), &bearer).await?, judge)
    }

    async fn once(
        &self,
        order: &Order<'_>,
        (url, body): (&Url, Payload<'_>),
        bearer: &Secret,
    ) -> Result<Reply, NotDone> {
        let permit = self
            .throttle
            .admit(self.clock.as_ref())
            .await
            .map_err(|wait| NotDone::NotSent(Cause::Throttled { wait: Some(wait) }))?;
        self.meter
            .spend(self.system, &order.to_send().entity)
            .map_err(|calls| NotDone::NotSent(Cause::BudgetSpent { calls }))?;
        let request = self
            .http
            .post(url.clone())
            .header(ACCEPT, "application/json")
            .bearer_auth(bearer.expose());
        let request = body.fill(request).ok_or_else(|| {
            let detail = "the document's media type cannot be sent".to_owned();
            NotDone::NotSent(Cause::Unreadable { detail })
        })?;
        let outcome = send(request, &self.limits).await;
        if let Ok(reply) = &outcome {
            self.throttle.note(reply, self.clock.now());
        }
        drop(permit);
        outcome.map_err(|cause| match cause {
            // Nobody was there to take it.
            Cause::Unreachable { .. } => NotDone::NotSent(cause),
            _ => NotDone::Unknown(cause),
        })
    }
}

/// What an answer says about the request. A refusal counts only with a status of one.
fn judged(
    reply: Reply,
    judge: &(dyn Fn(&Reply) -> Verdict + Send + Sync),
) -> Result<Reply, NotDone> {
    let is_refusal = (400..500).contains(&reply.status);
    match judge(&reply) {
        Verdict::Accept => Ok(reply),
        Verdict::Unauthorised(message) => Err(NotDone::NotSent(Cause::NotConnected {
            reason: format!("a renewed token was refused: {message}"),
        })),
        Verdict::Again(cause @ Cause::Throttled { .. })
        | Verdict::Fail(cause @ Cause::NotConnected { .. })
            if is_refusal =>
        {
            Err(NotDone::NotSent(cause))
        }
        Verdict::Fail(cause) if is_refusal => Err(NotDone::Refused(cause)),
        Verdict::Again(cause) | Verdict::Fail(cause) => Err(NotDone::Unknown(cause)),
    }
}

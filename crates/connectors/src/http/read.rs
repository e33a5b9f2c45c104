//! Reading with patience: the token, the throttle, the retries, in one place.

use std::sync::Arc;

use figures::source::System;
use reqwest::header::{ACCEPT, HeaderName, HeaderValue};
use smol_str::SmolStr;
use url::Url;

use super::error::{Cause, FetchError};
use super::{BoxFuture, Clock, Conditions, Limits, Reply, build, checked_address, send};
use crate::meter::Meter;
use crate::oauth::Secret;
use crate::throttle::{Throttle, Told};

/// Where the access token comes from.
pub(crate) trait Bearers: Send + Sync {
    /// A token that is good now.
    fn bearer(&self) -> BoxFuture<'_, Result<Arc<Secret>, Cause>>;
    /// Another token, because the vendor refused this one.
    fn renew(&self, refused: Arc<Secret>) -> BoxFuture<'_, Result<Arc<Secret>, Cause>>;
}

/// One token that is not renewed: used to look at a company before its tokens are kept.
pub(crate) struct FixedBearer(pub(crate) Arc<Secret>);

impl Bearers for FixedBearer {
    fn bearer(&self) -> BoxFuture<'_, Result<Arc<Secret>, Cause>> {
        Box::pin(async { Ok(Arc::clone(&self.0)) })
    }

    fn renew(&self, _: Arc<Secret>) -> BoxFuture<'_, Result<Arc<Secret>, Cause>> {
        Box::pin(async {
            Err(Cause::NotConnected {
                reason: "the new token was refused".to_owned(),
            })
        })
    }
}

/// What is being read, for errors and metering.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) resource: SmolStr,
    pub(crate) project_id: Option<i64>,
}

impl Place {
    pub(crate) fn company(resource: &str) -> Self {
        Self {
            resource: SmolStr::new(resource),
            project_id: None,
        }
    }

    pub(crate) fn project(resource: &str, project_id: i64) -> Self {
        Self {
            resource: SmolStr::new(resource),
            project_id: Some(project_id),
        }
    }
}

/// What a vendor's client makes of an answer.
pub(crate) enum Verdict {
    /// Use it.
    Accept,
    /// The token was refused: renew it, once.
    Unauthorised(String),
    /// A rate limit or a failure that may pass.
    Again(Cause),
    /// Final.
    Fail(Cause),
}

/// A client that can read. It has no method that sends anything but `GET`.
pub struct ReadClient {
    system: System,
    http: reqwest::Client,
    limits: Limits,
    headers: Vec<(HeaderName, HeaderValue)>,
    bearers: Arc<dyn Bearers>,
    throttle: Throttle,
    clock: Arc<dyn Clock>,
    meter: Arc<Meter>,
}

impl ReadClient {
    /// A client for one system at one host; `headers` go with every call.
    pub(crate) fn new(
        system: System,
        headers: Vec<(HeaderName, HeaderValue)>,
        bearers: Arc<dyn Bearers>,
        conditions: Conditions,
        host: &Url,
    ) -> Result<Self, Cause> {
        Ok(Self {
            system,
            http: build(&conditions.limits, host)?,
            limits: conditions.limits,
            headers,
            bearers,
            throttle: Throttle::new(conditions.policy),
            clock: conditions.clock,
            meter: conditions.meter,
        })
    }

    /// The clock in use.
    pub(crate) fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    /// What this client has used so far.
    #[must_use]
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    pub(crate) fn error(&self, place: &Place, cause: Cause) -> FetchError {
        FetchError {
            system: self.system,
            resource: place.resource.clone(),
            project_id: place.project_id,
            cause,
            trace: None,
        }
    }

    /// Reads one address. Failures that may pass are tried again, with growing pauses, a bounded
    /// number of times; a refused token is renewed once; a refusal is never repeated.
    pub(crate) async fn get(
        &self,
        place: &Place,
        url: &Url,
        judge: &(dyn Fn(&Reply) -> Verdict + Send + Sync),
    ) -> Result<Reply, FetchError> {
        checked_address(url.as_str()).map_err(|error| {
            self.error(
                place,
                Cause::Unreachable {
                    detail: error.to_string(),
                },
            )
        })?;
        let mut renewed = false;
        let mut attempt = 0_u32;
        let mut bearer = self
            .bearers
            .bearer()
            .await
            .map_err(|cause| self.error(place, cause))?;
        loop {
            let outcome = self.once(place, url, &bearer).await?;
            let (cause, told, trace) = match outcome {
                Err(cause) => (cause, Told::default(), None),
                Ok(reply) => match judge(&reply) {
                    Verdict::Accept => return Ok(reply),
                    Verdict::Unauthorised(_) if !renewed => {
                        renewed = true;
                        let next = self.bearers.renew(Arc::clone(&bearer)).await;
                        bearer = next.map_err(|cause| self.error(place, cause))?;
                        continue;
                    }
                    Verdict::Unauthorised(message) => {
                        let cause = Cause::NotConnected {
                            reason: format!("a renewed token was refused: {message}"),
                        };
                        return Err(self.traced(place, cause, reply.trace()));
                    }
                    Verdict::Fail(cause) => return Err(self.traced(place, cause, reply.trace())),
                    Verdict::Again(cause) => {
                        (cause, Told::read(&reply, self.clock.now()), reply.trace())
                    }
                },
            };
            let throttled = matches!(cause, Cause::Throttled { .. });
            if !(throttled || cause.is_passing()) {
                return Err(self.traced(place, cause, trace));
            }
            attempt += 1;
            match self
                .throttle
                .pause_before_retry(attempt, told, self.clock.as_ref())
            {
                Some(pause) => {
                    tracing::debug!(resource = %place.resource, attempt, "read again after a pause");
                    self.meter.count_retry();
                    self.clock.sleep(pause).await;
                }
                None if throttled => {
                    let cause = Cause::Throttled { wait: told.wait };
                    return Err(self.traced(place, cause, trace));
                }
                None => return Err(self.traced(place, cause, trace)),
            }
        }
    }

    async fn once(
        &self,
        place: &Place,
        url: &Url,
        bearer: &Secret,
    ) -> Result<Result<Reply, Cause>, FetchError> {
        let permit = self
            .throttle
            .admit(self.clock.as_ref())
            .await
            .map_err(|wait| self.error(place, Cause::Throttled { wait: Some(wait) }))?;
        self.meter
            .spend(self.system, &place.resource)
            .map_err(|calls| self.error(place, Cause::BudgetSpent { calls }))?;
        let mut request = self
            .http
            .get(url.clone())
            .header(ACCEPT, "application/json")
            .bearer_auth(bearer.expose());
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let outcome = send(request, &self.limits).await;
        if let Ok(reply) = &outcome {
            self.throttle.note(reply, self.clock.now());
        }
        drop(permit);
        Ok(outcome)
    }

    fn traced(&self, place: &Place, cause: Cause, trace: Option<Box<str>>) -> FetchError {
        FetchError {
            trace,
            ..self.error(place, cause)
        }
    }
}

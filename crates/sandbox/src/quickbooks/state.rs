//! Everything one server holds, and the routing of the vendor's own addresses.

use std::collections::BTreeMap;

use anyhow::Context;
use jiff::Timestamp;
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};

use super::attachments::{self, Files};
use super::clock::{self, Clock};
use super::company::{Company, VoidForm, VoidOutcome, WriteOptions};
use super::config::{Books, Config};
use super::fault::Fault;
use super::gateway::{Gateway, Usage};
use super::kind::Kind;
use super::oauth::{self, OAuth, Refusal};
use super::response::{Call, Reply, as_xml};
use super::scripts::Scripts;
use super::webhooks::Outbox;
use super::{batch, cdc, query, reports, starter};

/// 2026-11-20T17:00:00Z, where the clock of a new company starts when nothing else is said.
const NEW_COMPANY_START: Timestamp = Timestamp::constant(1_795_194_000, 0);

/// The state behind the server's lock.
#[derive(Debug)]
pub(super) struct State {
    pub(super) config: Config,
    pub(super) clock: Clock,
    pub(super) companies: BTreeMap<String, Company>,
    pub(super) oauth: OAuth,
    pub(super) gateway: Gateway,
    pub(super) scripts: Scripts,
    pub(super) outbox: Outbox,
    pub(super) random: ChaCha8Rng,
    files: Files,
}

impl State {
    /// The bytes of an attachment.
    pub(super) fn attached(&self, realm: &str, id: &str) -> Option<Vec<u8>> {
        attachments::bytes(&self.files, realm, id).map(<[u8]>::to_vec)
    }

    pub(super) fn new(config: Config, books: Option<Books>) -> anyhow::Result<State> {
        let start = match (config.start, &books) {
            (Some(start), _) => start,
            (
                None,
                Some(Books {
                    as_of: Some(day),
                    time_zone,
                    ..
                }),
            ) => day
                .tomorrow()?
                .in_tz(time_zone)
                .context("the day after the books' as-of day")?
                .timestamp(),
            (None, _) => NEW_COMPANY_START,
        };
        let books = match books {
            Some(books) => books,
            None => starter::books(&config, start)?,
        };
        let mut state = State {
            clock: Clock::new(start, config.pace),
            companies: BTreeMap::new(),
            oauth: OAuth::default(),
            gateway: Gateway::default(),
            scripts: Scripts::default(),
            outbox: Outbox::default(),
            random: ChaCha8Rng::seed_from_u64(config.seed),
            files: Files::default(),
            config,
        };
        state.add_company(books)?;
        Ok(state)
    }

    pub(super) fn add_company(&mut self, books: Books) -> anyhow::Result<()> {
        let behaviour = self.config.behaviour.clone();
        let company = Company::load(books, behaviour, self.clock.now())?;
        self.companies.insert(company.realm().to_owned(), company);
        Ok(())
    }

    /// The trace id of one answer.
    pub(super) fn trace_id(&mut self) -> String {
        let (high, low) = (self.random.next_u32(), self.random.next_u64());
        format!("1-{high:08x}-{low:016x}{:08x}", self.random.next_u32())
    }

    /// Answers one call of the vendor's surface.
    pub(super) fn answer(&mut self, call: &Call) -> Reply {
        let now = self.clock.now();
        match call.path.trim_end_matches('/') {
            "/.well-known/openid_sandbox_configuration" | "/.well-known/openid_configuration" => {
                Reply::json(200, &oauth::discovery(&call.origin()))
            }
            "/op/v1/jwks" => Reply::json(200, &json!({"keys": []})),
            "/connect/oauth2" => {
                let companies: Vec<(String, String)> = self
                    .companies
                    .values()
                    .map(|company| (company.realm().to_owned(), company_name(company)))
                    .collect();
                self.oauth
                    .authorize(&self.config, &companies, call, &mut self.random, now)
            }
            "/oauth2/v1/tokens/bearer" => {
                self.oauth.token(&self.config, call, &mut self.random, now)
            }
            "/v2/oauth2/tokens/revoke" => self.oauth.revoke(&self.config, call),
            "/v1/openid_connect/userinfo" => self.oauth.userinfo(call, now),
            "/graphql" => Reply::json(
                200,
                &json!({"data": null, "errors": [{
                    "message": "The app's tier does not include the Projects API.",
                    "extensions": {"errorCode": "ACCESS_DENIED"}}]}),
            ),
            path if path.starts_with("/temporary/") => {
                let pieces: Vec<&str> = path.split('/').skip(2).collect();
                let content = match pieces.as_slice() {
                    [realm, id] => attachments::content(&self.files, realm, id),
                    _ => Err(Fault::not_found()),
                };
                content.unwrap_or_else(|_| Reply::text(404, "text/plain", "expired"))
            }
            path => match path
                .strip_prefix("/v3/company/")
                .and_then(|rest| rest.split_once('/'))
            {
                Some((realm, rest)) => self.accounting(realm, rest, call, now),
                None => Reply::text(404, "text/html", "<html><body>Not Found</body></html>"),
            },
        }
    }

    fn accounting(&mut self, realm: &str, rest: &str, call: &Call, now: Timestamp) -> Reply {
        let limits = self.config.throttle.clone();
        let admitted = self
            .authorize_call(realm, call, now)
            .and_then(|()| self.gateway.admit(&limits, realm, rest == "batch", now));
        if let Err(fault) = admitted {
            let reply = self.fault_reply(realm, &fault, now);
            return match limits.retry_after.filter(|_| fault.status == 429) {
                Some(seconds) => reply.with("retry-after", seconds.to_string()),
                None => reply,
            };
        }
        let request_id = call.parameter("requestid").map(str::to_owned);
        if let Some(id) = &request_id {
            let limit = if rest == "batch" { 36 } else { 50 };
            if id.is_empty() || id.len() > limit {
                let detail = format!("requestid must have 1 to {limit} characters");
                let fault = Fault::validation("2130", "Invalid request id", detail);
                return self.fault_reply(realm, &fault, now);
            }
            if call.method == "POST"
                && let Some(reply) = self.gateway.replay(realm, id)
            {
                return reply;
            }
        }
        if self.gateway.meter(self.config.monthly_reads, now).blocked && is_read(rest, call) {
            let fault = Fault::forbidden("The app has used its monthly allowance of reads.");
            return self.fault_reply(realm, &fault, now);
        }
        let mut reply = match self.dispatch(realm, rest, call, now) {
            Ok(reply) => reply,
            Err(fault) => self.fault_reply(realm, &fault, now),
        };
        let wants_json = call
            .header("accept")
            .is_some_and(|accept| accept.contains("json"));
        if !wants_json
            && reply.content_type.starts_with("application/json")
            && let Ok(body) = serde_json::from_slice::<Value>(&reply.body)
        {
            reply = Reply::text(reply.status, "application/xml;charset=UTF-8", as_xml(&body));
        }
        if let Some(id) = request_id.filter(|_| call.method == "POST") {
            reply = reply.with("intuit_tid", self.trace_id());
            self.gateway.remember(realm, &id, &reply);
        }
        reply
    }

    fn authorize_call(&self, realm: &str, call: &Call, now: Timestamp) -> Result<(), Fault> {
        match self.oauth.check(call, realm, now) {
            Err(Refusal::BadToken) => Err(Fault::unauthenticated(
                "Token expired or malformed bearer token: too short or too long",
            )),
            Err(Refusal::OtherRealm) => Err(Fault::forbidden("The token is not for this company.")),
            Ok(()) if !self.companies.contains_key(realm) => {
                Err(Fault::forbidden("The company is not known."))
            }
            Ok(()) => Ok(()),
        }
    }

    /// A fault in the envelope and zone of the company.
    pub(super) fn fault_reply(&self, realm: &str, fault: &Fault, now: Timestamp) -> Reply {
        let time = self.time_of(realm, now);
        Reply::json(fault.status, &fault.envelope(&time, now.as_millisecond()))
    }

    pub(super) fn time_of(&self, realm: &str, now: Timestamp) -> String {
        let zone = self
            .companies
            .get(realm)
            .map_or(jiff::tz::TimeZone::UTC, |company| company.zone().clone());
        clock::stamp_millis(now, &zone)
    }

    fn dispatch(
        &mut self,
        realm: &str,
        rest: &str,
        call: &Call,
        now: Timestamp,
    ) -> Result<Reply, Fault> {
        let time = self.time_of(realm, now);
        let parts: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
        let company = self.companies.get_mut(realm).ok_or_else(Fault::not_found)?;
        let read = Usage {
            reads: 1,
            writes: 0,
        };
        let write = Usage {
            reads: 0,
            writes: 1,
        };
        let post = call.method == "POST";
        let mut envelope = Map::new();
        let usage = match parts.as_slice() {
            ["query"] => {
                let in_body = String::from_utf8_lossy(&call.body).into_owned();
                let statement = call
                    .parameter("query")
                    .map(str::to_owned)
                    .unwrap_or_else(|| in_body.trim().to_owned());
                let rows = query::answer(company, &statement);
                self.gateway.count(read);
                envelope.insert("QueryResponse".to_owned(), rows?);
                Usage::default()
            }
            ["cdc"] => {
                let entities = call.parameter("entities").unwrap_or("");
                let since = call.parameter("changedSince").unwrap_or("");
                let blocks = cdc::answer(company, entities, since, now)?;
                envelope.insert("CDCResponse".to_owned(), blocks);
                read
            }
            ["batch"] if post => {
                let shuffle = if self.config.shuffle_batches {
                    Some(&mut self.random)
                } else {
                    None
                };
                let replayable = call.parameter("requestid").is_some();
                let body = body_of(call)?;
                let (items, usage) = batch::answer(company, &body, replayable, shuffle, now)?;
                envelope.insert("BatchItemResponse".to_owned(), items);
                usage
            }
            ["reports", name] => {
                self.gateway.count(read);
                let report =
                    reports::answer(company, name, &call.query, self.config.report_cells, now)?;
                return Ok(Reply::json(200, &report));
            }
            ["upload"] if post => {
                let uploaded =
                    attachments::upload(&mut self.files, company, call, &call.origin(), now)?;
                envelope.insert("AttachableResponse".to_owned(), uploaded);
                write
            }
            ["download", id] => {
                self.gateway.count(read);
                let address = attachments::address(&self.files, company, id, &call.origin())?;
                return Ok(Reply::text(200, "text/plain", address));
            }
            [name] if post => {
                let kind = Kind::parse(name).ok_or_else(unknown_address)?;
                self.gateway.count(write);
                let company = self.companies.get_mut(realm).ok_or_else(Fault::not_found)?;
                return change(company, kind, call, &time, now);
            }
            ["preferences" | "companyinfo"] => {
                let kind = Kind::parse(parts[0]).ok_or_else(unknown_address)?;
                self.gateway.count(read);
                envelope.insert(kind.name().to_owned(), single(company, kind, 1)?);
                Usage::default()
            }
            [name, id, "pdf"] => {
                let kind = Kind::parse(name).ok_or_else(unknown_address)?;
                let id = id.parse().map_err(|_| Fault::not_found())?;
                single(company, kind, id)?;
                self.gateway.count(read);
                let text = format!("%PDF-1.4\n% {} {id}\n%%EOF\n", kind.name());
                return Ok(Reply::text(200, "application/pdf", text));
            }
            [name, id, "send"] if post => {
                let kind = Kind::parse(name).ok_or_else(unknown_address)?;
                let sent = mark_sent(company, kind, id, call.parameter("sendTo"), now)?;
                envelope.insert(kind.name().to_owned(), sent);
                write
            }
            [name, id] => {
                let kind = Kind::parse(name).ok_or_else(unknown_address)?;
                let singleton = matches!(kind, Kind::CompanyInfo | Kind::Preferences);
                let id = if singleton && (*id == realm || *id == "1") {
                    1
                } else {
                    id.parse().map_err(|_| Fault::not_found())?
                };
                self.gateway.count(read);
                envelope.insert(kind.name().to_owned(), single(company, kind, id)?);
                Usage::default()
            }
            _ => return Err(unknown_address()),
        };
        self.gateway.count(usage);
        envelope.insert("time".to_owned(), Value::String(time));
        Ok(Reply::json(200, &Value::Object(envelope)))
    }
}

fn company_name(company: &Company) -> String {
    company
        .rows(Kind::CompanyInfo)
        .next()
        .and_then(|row| row.1.get("CompanyName").and_then(Value::as_str))
        .unwrap_or("Company")
        .to_owned()
}

fn unknown_address() -> Fault {
    let detail = "The requested address is not part of the API";
    Fault {
        status: 404,
        ..Fault::validation("500", "Unsupported Operation", detail)
    }
}

fn is_read(rest: &str, call: &Call) -> bool {
    rest == "query" || call.method == "GET"
}

pub(super) fn body_of(call: &Call) -> Result<Value, Fault> {
    let body: Value = serde_json::from_slice(&call.body).map_err(|error| {
        let detail = format!("the body is not JSON: {error}");
        Fault::validation(
            "2010",
            "Request has invalid or unsupported property",
            detail,
        )
    })?;
    if body.is_object() {
        Ok(body)
    } else {
        Err(Fault::validation(
            "2010",
            "Request has invalid or unsupported property",
            "no object",
        ))
    }
}

/// A read of one entity; Id members of singletons are not the address.
fn single(company: &Company, kind: Kind, id: u64) -> Result<Value, Fault> {
    let singleton = matches!(kind, Kind::CompanyInfo | Kind::Preferences);
    let id = if singleton {
        company.rows(kind).next().map_or(id, |row| row.0)
    } else {
        id
    };
    company
        .served(kind, id)
        .map(std::borrow::Cow::into_owned)
        .ok_or_else(Fault::not_found)
}

fn change(
    company: &mut Company,
    kind: Kind,
    call: &Call,
    time: &str,
    now: Timestamp,
) -> Result<Reply, Fault> {
    let body = body_of(call)?;
    // Clients may wrap the entity in its name, as answers do.
    let body = body
        .get(kind.name())
        .filter(|inner| inner.is_object())
        .unwrap_or(&body);
    let include = call.parameter("include").unwrap_or("");
    let options = WriteOptions {
        allow_duplicate_number: include.contains("allowduplicatedocnum"),
    };
    let entity = match (call.parameter("operation"), include) {
        (Some("delete"), _) => company.delete(kind, body, now)?,
        (Some("void"), _) => {
            return voided(
                company.void(kind, body, VoidForm::Operation, now)?,
                kind,
                time,
            );
        }
        (Some("update"), "void") => {
            return voided(
                company.void(kind, body, VoidForm::Include, now)?,
                kind,
                time,
            );
        }
        (Some("update"), _) => company.update(kind, body, options, now)?,
        (None, _) if body.get("Id").is_some_and(|id| !id.is_null() && id != "") => {
            company.update(kind, body, options, now)?
        }
        (None | Some("create"), _) => company.create(kind, body, options, now)?,
        (Some(other), _) => {
            return Err(Fault::validation(
                "500",
                "Unsupported Operation",
                other.to_owned(),
            ));
        }
    };
    let mut envelope = Map::new();
    envelope.insert(kind.name().to_owned(), entity);
    envelope.insert("time".to_owned(), Value::String(time.to_owned()));
    Ok(Reply::json(200, &Value::Object(envelope)))
}

fn voided(outcome: VoidOutcome, kind: Kind, time: &str) -> Result<Reply, Fault> {
    let mut envelope = Map::new();
    match outcome {
        VoidOutcome::Voided(entity) => envelope.insert(kind.name().to_owned(), entity),
        VoidOutcome::SystemFaultInSuccess => {
            envelope.insert("Fault".to_owned(), Fault::system(200).body())
        }
        VoidOutcome::EmptyBatch => envelope.insert("BatchItemResponse".to_owned(), json!([])),
    };
    envelope.insert("time".to_owned(), Value::String(time.to_owned()));
    Ok(Reply::json(200, &Value::Object(envelope)))
}

fn mark_sent(
    company: &mut Company,
    kind: Kind,
    id: &str,
    to: Option<&str>,
    now: Timestamp,
) -> Result<Value, Fault> {
    let id = id.parse().map_err(|_| Fault::not_found())?;
    let stored = company.get(kind, id).ok_or_else(Fault::not_found)?;
    let mut body = json!({"Id": id.to_string(), "SyncToken": stored.get("SyncToken"),
        "sparse": true, "EmailStatus": "EmailSent"});
    if let (Some(to), Value::Object(map)) = (to, &mut body) {
        map.insert("BillEmail".to_owned(), json!({"Address": to}));
    }
    company.update(kind, &body, WriteOptions::default(), now)
}

//! One API request on its way through the gates: token, company, installation, project, tool.
//!
//! The order of the gates is the vendor's, because a client learns from it: a missing header is
//! told before a missing permission, and a project that may not be seen does not exist.

use serde_json::Value;

use super::access::{Level, Principal};
use super::config::Config;
use super::query::Query;
use super::reply::{Refusal, Reply, Shape};
use super::route::{Does, Parent, Route};
use super::routes;
use super::state::{State, Urls};
use super::store::Record;
use super::{list, show, write};

/// A request as it came off the wire.
#[derive(Debug, Clone)]
pub(crate) struct Incoming {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) authorization: Option<String>,
    pub(crate) company: Option<String>,
    pub(crate) content_type: String,
    pub(crate) idempotency: Option<String>,
    pub(crate) body: Vec<u8>,
}

/// A request that is being answered.
pub(crate) struct Call<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) config: &'a Config,
    pub(crate) urls: &'a Urls,
    pub(crate) route: &'static Route,
    params: Vec<(&'static str, String)>,
    pub(crate) path: String,
    pub(crate) query: Query,
    pub(crate) body: Value,
    pub(crate) idempotency: Option<String>,
    pub(crate) who: Principal,
    pub(crate) project: Option<i64>,
}

const NOT_CONNECTED: &str = "App is not connected to this company.";

/// Answers one API request.
pub(crate) fn answer(state: &mut State, config: &Config, urls: &Urls, request: &Incoming) -> Reply {
    let path = request.path.trim_end_matches('/');
    let v2 = path.starts_with("/rest/v2");
    let chosen = state.error_shape(path);
    match pass(state, config, urls, request, path) {
        Ok(reply) => reply,
        Err(refusal) => refusal.render(v2, chosen),
    }
}

fn pass(
    state: &mut State,
    config: &Config,
    urls: &Urls,
    request: &Incoming,
    path: &str,
) -> Result<Reply, Refusal> {
    let who = state
        .auth
        .principal(request.authorization.as_deref(), state.clock.seconds())
        .ok_or_else(|| Refusal::shaped(401, Shape::E4, "The access token is invalid"))?;
    let (route, params) = routes::find(&request.method, path)?;
    let query = Query::parse(&request.query);
    company_gate(
        state,
        route,
        request.company.as_deref(),
        &params,
        &query,
        who,
    )?;
    let body = parse_body(request)?;
    let mut call = Call {
        state,
        config,
        urls,
        route,
        params,
        path: path.to_owned(),
        query,
        body,
        idempotency: request.idempotency.clone(),
        who,
        project: None,
    };
    call.project_gate()?;
    call.tool_gate()?;
    call.run()
}

fn company_gate(
    state: &State,
    route: &Route,
    header: Option<&str>,
    params: &[(&str, String)],
    query: &Query,
    who: Principal,
) -> Result<(), Refusal> {
    let exempt = route.open && who == Principal::User;
    let not_connected = || Refusal::shaped(403, Shape::E1, NOT_CONNECTED);
    match header {
        None if exempt => {}
        None => {
            let text = "Missing Procore-Company-Id header! Every request needs the header \
                        Procore-Company-Id with the id of the company.";
            return Err(Refusal::shaped(400, Shape::E8, text));
        }
        Some(text) if text.trim().parse() == Ok(state.company_id) => {}
        Some(_) => return Err(not_connected()),
    }
    if !state.access.installed && !route.open {
        return Err(not_connected());
    }
    let in_path = params.iter().find(|(name, _)| *name == "company_id");
    let named = in_path
        .map(|(_, value)| value.as_str())
        .or_else(|| query.get("company_id"));
    match named {
        Some(text) if text.parse() != Ok(state.company_id) => Err(not_connected()),
        None if route.needs_company() => {
            let mut refusal = Refusal::missing_parameter("company_id");
            // The project list has an error shape of its own.
            refusal.shape = (route.kind == "projects").then_some(Shape::E7);
            Err(refusal)
        }
        _ => Ok(()),
    }
}

fn parse_body(request: &Incoming) -> Result<Value, Refusal> {
    if request.body.is_empty() || request.method == "GET" {
        return Ok(Value::Null);
    }
    if !request.content_type.starts_with("application/json") {
        return Err(Refusal::new(
            406,
            "the content type must be application/json",
        ));
    }
    serde_json::from_slice(&request.body)
        .map_err(|_| Refusal::new(400, "the request body is not valid JSON"))
}

impl Call<'_> {
    /// A path parameter.
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        self.params
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.as_str())
    }

    /// A path parameter that must be a record's id.
    pub(crate) fn id(&self, name: &str) -> Result<i64, Refusal> {
        self.param(name)
            .and_then(|text| text.parse().ok())
            .ok_or_else(Refusal::not_found)
    }

    /// The parent's id, where the route has one.
    pub(crate) fn parent(&self) -> Result<Option<i64>, Refusal> {
        match self.route.parent {
            Parent::None => Ok(None),
            Parent::Path(name) => self.id(name).map(Some),
            Parent::Query(name) => Ok(self.query.number(name)),
            Parent::QueryRequired(name) => {
                let in_body = || super::store::integer(self.body.get(name));
                let id = self.query.number(name).or_else(in_body);
                id.map(Some).ok_or_else(|| Refusal::missing_parameter(name))
            }
        }
    }

    pub(crate) fn project_id(&self) -> Result<i64, Refusal> {
        self.project
            .ok_or_else(|| Refusal::missing_parameter("project_id"))
    }

    fn project_gate(&mut self) -> Result<(), Refusal> {
        let named = match self.param("project_id") {
            Some(text) => Some(text.parse().map_err(|_| Refusal::not_found())?),
            None if self.route.company_wide => None,
            None => {
                let in_body = super::store::integer(self.body.get("project_id"));
                Some(
                    self.query
                        .number("project_id")
                        .or(in_body)
                        .ok_or_else(|| Refusal::missing_parameter("project_id"))?,
                )
            }
        };
        if let Some(project) = named {
            self.require_member(project)?;
            self.project = Some(project);
        }
        Ok(())
    }

    /// A project that the caller may not see does not exist.
    pub(crate) fn require_member(&self, project: i64) -> Result<(), Refusal> {
        let known = self.state.store.find("projects", project).is_some();
        if known && self.state.access.is_member(self.who, project) {
            Ok(())
        } else {
            Err(Refusal::not_found())
        }
    }

    fn tool_gate(&self) -> Result<(), Refusal> {
        if self.route.kind == "contract_payments" {
            let contract = self.payment_contract().unwrap_or(0);
            let is_prime = self.state.store.find("prime_contracts", contract).is_some();
            return self.require_tool(if is_prime {
                "prime_contract"
            } else {
                "commitments"
            });
        }
        if self.route.tool.is_empty() {
            Ok(())
        } else {
            self.require_tool(self.route.tool)
        }
    }

    /// The contract of a payment: as asked for, or that of the stored payment.
    fn payment_contract(&self) -> Option<i64> {
        self.query
            .number("contract_id")
            .or_else(|| super::store::integer(self.body.get("contract_id")))
            .or_else(|| {
                let payment = self.id("id").ok()?;
                self.state.store.find("contract_payments", payment)?.parent
            })
    }

    pub(crate) fn require_tool(&self, tool: &str) -> Result<(), Refusal> {
        if let Some(project) = self.project
            && !self.state.access.is_enabled(project, tool)
        {
            return Err(Refusal::new(
                403,
                "The tool is not enabled for this project",
            ));
        }
        let needed = match self.route.method {
            "GET" => Level::ReadOnly,
            "POST" => Level::Standard,
            _ => Level::Admin,
        };
        if self.state.access.level(self.who, self.project, tool) < needed {
            return Err(Refusal::new(
                403,
                "You do not have permission to perform this action",
            ));
        }
        Ok(())
    }

    fn run(&mut self) -> Result<Reply, Refusal> {
        match self.route.does {
            Does::List => list::list(self),
            Does::Show => show::show(self),
            Does::First => show::first(self),
            Does::Create => write::create(self),
            Does::Update => write::update(self),
            Does::Delete => write::delete(self),
            Does::Sync => write::sync(self),
            Does::Special(handler) => handler(self),
        }
    }

    /// Whether the caller may see the contract that a record is, or belongs to.
    pub(crate) fn sees(&self, kind: &str, record: &Record) -> bool {
        let contract = match kind {
            "prime_contracts" | "work_order_contracts" | "purchase_order_contracts" => record.id,
            "projects" => return record.id.is_some_and(|id| self.is_member(id)),
            _ => super::totals::contract_of(kind, record),
        };
        if record
            .project
            .is_some_and(|project| !self.is_member(project))
        {
            return false;
        }
        contract.is_none_or(|id| self.sees_contract(id))
    }

    fn is_member(&self, project: i64) -> bool {
        self.state.access.is_member(self.who, project)
    }

    /// Whether a contract shows to the caller; an unknown one does not hide its children.
    pub(crate) fn sees_contract(&self, contract: i64) -> bool {
        let Some((kind, record)) = super::totals::find_contract(&self.state.store, contract) else {
            return true;
        };
        let private = record
            .body
            .get("private")
            .and_then(Value::as_bool)
            .unwrap_or(false);
        let is_prime = kind == "prime_contracts";
        self.state
            .access
            .sees_contract(self.who, record.project, contract, is_prime, private)
    }
}

//! The authorisation server: codes, access tokens, rotating refresh tokens, revocation.
//!
//! It accepts the three body forms that Procore accepts. A refresh token dies the moment it is
//! used, whether or not the answer arrives.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::access::Principal;
use super::call::Incoming;
use super::config::Config;
use super::query::Query;
use super::reply::Reply;
use super::seeded;
use super::state::State;

const CODE_SECONDS: i64 = 600;
const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";
const INVALID_GRANT: &str = "The provided authorization grant is invalid, expired, revoked, does \
    not match the redirection URI used in the authorization request, or was issued to another \
    client.";

#[derive(Debug)]
pub(crate) struct Auth {
    seed: u64,
    issued: u64,
    codes: HashMap<String, Code>,
    access: HashMap<String, Access>,
    /// Refresh token to the access token that it came with.
    refresh: HashMap<String, String>,
}

#[derive(Debug)]
struct Code {
    redirect_uri: String,
    expires: i64,
}

#[derive(Debug)]
struct Access {
    who: Principal,
    created: i64,
    expires: i64,
}

impl Auth {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            seed: config.seed,
            issued: 0,
            codes: HashMap::new(),
            access: HashMap::new(),
            refresh: HashMap::new(),
        }
    }

    /// Whose token a header carries, if it is alive.
    pub(crate) fn principal(&self, header: Option<&str>, now: i64) -> Option<Principal> {
        let token = bearer(header?)?;
        self.access
            .get(token)
            .filter(|access| now < access.expires)
            .map(|access| access.who)
    }

    pub(crate) fn count(&self) -> Value {
        json!({"access": self.access.len(), "refresh": self.refresh.len()})
    }

    /// All access tokens end now; refresh tokens live on.
    pub(crate) fn expire_all(&mut self) {
        self.access
            .values_mut()
            .for_each(|access| access.expires = i64::MIN);
    }

    /// All tokens end, as when the user withdraws consent.
    pub(crate) fn revoke_all(&mut self) {
        self.access.clear();
        self.refresh.clear();
    }

    /// Issues a pair without the dance, for tests that are not about it.
    pub(crate) fn issue(&mut self, who: Principal, now: i64, config: &Config) -> Value {
        self.issued += 1;
        let count = self.issued.to_string();
        let word = |purpose: &str| seeded::token(self.seed, &[purpose, &count]);
        // Long and shaped like a signed token, as the vendor's are: nobody may assume a length.
        let access = format!(
            "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzUxMiJ9.{}{}.{}{}",
            word("a"),
            word("b"),
            word("c"),
            word("d")
        );
        let expires = now + config.token_seconds;
        self.access.insert(
            access.clone(),
            Access {
                who,
                created: now,
                expires,
            },
        );
        let mut body = json!({"access_token": access, "token_type": "bearer",
            "expires_in": config.token_seconds, "created_at": now});
        if who == Principal::User {
            let refresh = word("refresh");
            body["refresh_token"] = json!(refresh);
            self.refresh.insert(refresh, access);
        }
        body
    }

    fn code(&mut self, redirect_uri: &str, now: i64) -> String {
        self.issued += 1;
        let code = seeded::token(self.seed, &["code", &self.issued.to_string()]);
        let expires = now + CODE_SECONDS;
        self.codes.insert(
            code.clone(),
            Code {
                redirect_uri: redirect_uri.to_owned(),
                expires,
            },
        );
        code
    }
}

fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Answers a request to the authorisation host.
pub(crate) fn answer(state: &mut State, config: &Config, request: &Incoming) -> Reply {
    match (request.method.as_str(), request.path.trim_end_matches('/')) {
        ("GET", "/oauth/authorize") => authorize(state, config, &Query::parse(&request.query)),
        ("POST", "/oauth/authorize") => consent(state, config, request),
        ("POST", "/oauth/token") => token(state, config, request),
        ("GET", "/oauth/token/info") => info(state, config, request),
        ("POST", "/oauth/revoke") => revoke(state, config, request),
        _ => Reply::html(404, "<html><body><h1>Page not found</h1></body></html>"),
    }
}

fn authorize(state: &mut State, config: &Config, query: &Query) -> Reply {
    if let Err(page) = check_authorize(config, query) {
        return page;
    }
    if config.headless_consent {
        return grant(state, query);
    }
    let field = |name: &str| {
        let value = escape(query.get(name).unwrap_or_default());
        format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">")
    };
    let fields: String = ["client_id", "redirect_uri", "response_type", "state"]
        .map(field)
        .concat();
    let name = escape(&config.user.name);
    Reply::html(
        200,
        format!(
            "<html><head><title>Authorize</title></head><body><p>Signed in as {name}.</p>\
             <form id=\"consent\" method=\"post\" action=\"/oauth/authorize\">{fields}\
             <button name=\"commit\" value=\"Allow\">Allow</button> \
             <button name=\"commit\" value=\"Deny\">Deny</button></form></body></html>"
        ),
    )
}

fn check_authorize(config: &Config, query: &Query) -> Result<(), Reply> {
    let page = |text: &str| {
        Reply::html(
            401,
            format!("<html><body><h1>An error has occurred</h1><p>{text}</p></body></html>"),
        )
    };
    if query.get("client_id") != Some(config.client_id.as_str()) {
        return Err(page("Client authentication failed due to unknown client."));
    }
    if query.get("response_type") != Some("code") {
        return Err(page(
            "The authorization server does not support this response type.",
        ));
    }
    let uri = query.get("redirect_uri").unwrap_or_default();
    if !is_registered(config, uri) {
        return Err(page("The redirect uri included is not valid."));
    }
    Ok(())
}

fn is_registered(config: &Config, uri: &str) -> bool {
    let local = url::Url::parse(uri).is_ok_and(|uri| {
        uri.scheme() == "http" && matches!(uri.host_str(), Some("localhost" | "127.0.0.1"))
    });
    uri == OUT_OF_BAND || local || config.redirect_uris.iter().any(|known| known == uri)
}

fn consent(state: &mut State, config: &Config, request: &Incoming) -> Reply {
    let form = Query::parse(&String::from_utf8_lossy(&request.body));
    if let Err(page) = check_authorize(config, &form) {
        return page;
    }
    if form.get("commit") == Some("Deny") {
        let uri = form.get("redirect_uri").unwrap_or_default();
        return send_back(
            uri,
            &[
                ("error", "access_denied"),
                (
                    "error_description",
                    "The resource owner or authorization server denied the request.",
                ),
            ],
            form.get("state"),
        );
    }
    grant(state, &form)
}

fn grant(state: &mut State, query: &Query) -> Reply {
    let uri = query.get("redirect_uri").unwrap_or_default();
    let now = state.clock.seconds();
    let code = state.auth.code(uri, now);
    if uri == OUT_OF_BAND {
        return Reply::html(
            200,
            format!(
                "<html><body><p>Authorization code:</p><code id=\"authorization_code\">{code}</code></body></html>"
            ),
        );
    }
    send_back(uri, &[("code", &code)], query.get("state"))
}

fn send_back(uri: &str, pairs: &[(&str, &str)], state: Option<&str>) -> Reply {
    let Ok(mut target) = url::Url::parse(uri) else {
        return Reply::html(
            400,
            "<html><body><h1>The redirect uri is not valid</h1></body></html>",
        );
    };
    target.query_pairs_mut().extend_pairs(pairs);
    if let Some(state) = state {
        target.query_pairs_mut().append_pair("state", state);
    }
    Reply::redirect(302, target.to_string())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
}

fn failure(status: u16, error: &str, description: &str) -> Reply {
    Reply::json(
        status,
        json!({"error": error, "error_description": description}),
    )
    .with("cache-control", "no-store".to_owned())
}

fn token(state: &mut State, config: &Config, request: &Incoming) -> Reply {
    let fields = fields(request);
    let get = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    if get("client_id") != config.client_id || get("client_secret") != config.client_secret {
        return failure(
            401,
            "invalid_client",
            "Client authentication failed due to unknown client, no client authentication \
             included, or unsupported authentication method.",
        );
    }
    let now = state.clock.seconds();
    let granted = match get("grant_type") {
        "authorization_code" => {
            let known =
                state.auth.codes.remove(get("code")).is_some_and(|code| {
                    now < code.expires && code.redirect_uri == get("redirect_uri")
                });
            known.then_some(Principal::User)
        }
        "refresh_token" => {
            // The old token is dead from here on, even if the answer is lost. The access token
            // that came with it stays valid until its own expiry.
            state
                .auth
                .refresh
                .remove(get("refresh_token"))
                .map(|_| Principal::User)
        }
        "client_credentials" if config.service_account => Some(Principal::ServiceAccount),
        "client_credentials" => {
            return failure(
                400,
                "unauthorized_client",
                "The client is not authorized to perform this request using this method.",
            );
        }
        _ => {
            return failure(
                400,
                "unsupported_grant_type",
                "The authorization grant type is not supported by the authorization server.",
            );
        }
    };
    match granted {
        Some(who) => Reply::ok(state.auth.issue(who, now, config))
            .with("cache-control", "no-store".to_owned()),
        None => failure(400, "invalid_grant", INVALID_GRANT),
    }
}

fn info(state: &State, config: &Config, request: &Incoming) -> Reply {
    let now = state.clock.seconds();
    let access = request
        .authorization
        .as_deref()
        .and_then(bearer)
        .and_then(|token| state.auth.access.get(token))
        .filter(|access| now < access.expires);
    let Some(access) = access else {
        return failure(401, "invalid_token", "The access token is invalid");
    };
    let owner = match access.who {
        Principal::User => config.user.id,
        Principal::ServiceAccount => config.bot.id,
    };
    Reply::ok(json!({"resource_owner_id": owner, "scopes": ["all"],
        "expires_in_seconds": access.expires - now,
        "application": {"uid": config.client_id}, "created_at": access.created}))
}

/// Always 200, also for an unknown token.
fn revoke(state: &mut State, config: &Config, request: &Incoming) -> Reply {
    let fields = fields(request);
    let get = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    if get("client_id") == config.client_id && get("client_secret") == config.client_secret {
        let token = get("token").to_owned();
        state.auth.access.remove(&token);
        state
            .auth
            .refresh
            .retain(|refresh, access| *refresh != token && *access != token);
    }
    Reply::ok(json!({}))
}

/// Reads a body in any of the three accepted forms; query parameters count as well.
fn fields(request: &Incoming) -> HashMap<String, String> {
    let mut fields: HashMap<String, String> = url::form_urlencoded::parse(request.query.as_bytes())
        .into_owned()
        .collect();
    if request.content_type.starts_with("application/json") {
        if let Ok(Value::Object(map)) = serde_json::from_slice(&request.body) {
            let text = |value: &Value| {
                value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned)
            };
            fields.extend(map.iter().map(|(key, value)| (key.clone(), text(value))));
        }
    } else if let Some(boundary) = boundary(&request.content_type) {
        fields.extend(multipart(
            &String::from_utf8_lossy(&request.body),
            &boundary,
        ));
    } else {
        fields.extend(url::form_urlencoded::parse(&request.body).into_owned());
    }
    fields
}

fn boundary(content_type: &str) -> Option<String> {
    if !content_type
        .to_ascii_lowercase()
        .starts_with("multipart/form-data")
    {
        return None;
    }
    let (_, value) = content_type.split_once("boundary=")?;
    Some(value.split(';').next()?.trim().trim_matches('"').to_owned())
}

fn multipart(body: &str, boundary: &str) -> Vec<(String, String)> {
    body.split(&format!("--{boundary}"))
        .filter_map(|part| {
            let (head, value) = part.split_once("\r\n\r\n")?;
            let (_, rest) = head.split_once("name=\"")?;
            let (name, _) = rest.split_once('"')?;
            Some((name.to_owned(), value.trim_end_matches("\r\n").to_owned()))
        })
        .collect()
}

//! Consent, tokens, rotation and revocation on the virtual clock.

use std::collections::BTreeMap;

use base64::Engine;
use jiff::{SignedDuration, Timestamp};
use rand::RngCore;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::config::Config;
use super::response::{Call, Reply};

const ACCESS_SECONDS: i64 = 3600;
const REFRESH_SECONDS: i64 = 100 * 24 * 3600;
const HARD_SECONDS: i64 = 5 * 365 * 24 * 3600;
const CODE_SECONDS: i64 = 600;

#[derive(Debug)]
struct Code {
    realm: String,
    redirect_uri: String,
    scope: String,
    issued: Timestamp,
}

#[derive(Debug)]
struct Grant {
    realm: String,
    scope: String,
    consented: Timestamp,
    refresh: String,
    refreshed: Timestamp,
}

#[derive(Debug)]
struct Access {
    grant: u64,
    expires: Timestamp,
}

/// Why a bearer token is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    BadToken,
    OtherRealm,
}

/// Codes, grants and tokens.
#[derive(Debug, Default)]
pub(super) struct OAuth {
    codes: BTreeMap<String, Code>,
    grants: BTreeMap<u64, Grant>,
    access: BTreeMap<String, Access>,
    next_grant: u64,
}

impl OAuth {
    /// The consent page, or the redirect when the server consents by itself.
    pub(super) fn authorize(
        &mut self,
        config: &Config,
        companies: &[(String, String)],
        call: &Call,
        random: &mut ChaCha8Rng,
        now: Timestamp,
    ) -> Reply {
        let redirect_uri = call.parameter("redirect_uri").unwrap_or("");
        if call.parameter("client_id") != Some(&config.client_id) {
            return error_page("The client_id is not known.");
        }
        if !is_registered(config, redirect_uri) {
            return error_page("The redirect_uri query parameter value is invalid.");
        }
        let state = call.parameter("state").unwrap_or("");
        let refuse =
            |error: &str| redirect_with(redirect_uri, &[("error", error), ("state", state)]);
        if call.parameter("response_type") != Some("code") {
            return refuse("unsupported_response_type");
        }
        let scope = call.parameter("scope").unwrap_or("");
        if !scope
            .split_whitespace()
            .any(|one| one == "com.intuit.quickbooks.accounting")
        {
            return refuse("invalid_scope");
        }
        if state.is_empty() {
            return refuse("invalid_request");
        }
        let chosen = match call.parameter("decision") {
            Some("deny") => return refuse("access_denied"),
            Some(_) => call.parameter("realm_id").map(str::to_owned),
            None if config.headless => companies.first().map(|company| company.0.clone()),
            None => return consent_page(companies, call),
        };
        let known = chosen.filter(|realm| companies.iter().any(|company| company.0 == *realm));
        let Some(realm) = known else {
            return refuse("access_denied");
        };
        let code = format!("AB11{}", token(random, 20));
        self.codes.insert(
            code.clone(),
            Code {
                realm: realm.clone(),
                redirect_uri: redirect_uri.to_owned(),
                scope: scope.to_owned(),
                issued: now,
            },
        );
        redirect_with(
            redirect_uri,
            &[("code", &code), ("state", state), ("realmId", &realm)],
        )
    }

    /// Exchange and refresh.
    pub(super) fn token(
        &mut self,
        config: &Config,
        call: &Call,
        random: &mut ChaCha8Rng,
        now: Timestamp,
    ) -> Reply {
        let form = call.form();
        let field = |name: &str| {
            form.iter()
                .find(|pair| pair.0 == name)
                .map(|pair| pair.1.as_str())
                .unwrap_or("")
        };
        if !is_client(config, call, &form) {
            return refused(401, "invalid_client", "Client authentication failed");
        }
        let opted_in = call
            .header("x-include-refresh-token-hard-expires-in")
            .is_some_and(|value| value.eq_ignore_ascii_case("true"));
        match field("grant_type") {
            "authorization_code" => {
                let Some(code) = self.codes.remove(field("code")) else {
                    return refused(400, "invalid_grant", "Invalid authorization code");
                };
                if passed(code.issued, CODE_SECONDS, now)
                    || code.redirect_uri != field("redirect_uri")
                {
                    return refused(400, "invalid_grant", "Invalid authorization code");
                }
                self.next_grant += 1;
                let id = self.next_grant;
                self.grants.insert(
                    id,
                    Grant {
                        realm: code.realm,
                        scope: code.scope,
                        consented: now,
                        refresh: String::new(),
                        refreshed: now,
                    },
                );
                self.issue(id, opted_in, random, now)
            }
            "refresh_token" => {
                let given = field("refresh_token");
                let found = self.grants.iter().find(|(_, grant)| grant.refresh == given);
                let alive = found.filter(|(_, grant)| {
                    !given.is_empty()
                        && !passed(grant.refreshed, REFRESH_SECONDS, now)
                        && !passed(grant.consented, HARD_SECONDS, now)
                });
                match alive.map(|(id, _)| *id) {
                    Some(id) => self.issue(id, opted_in, random, now),
                    None => refused(400, "invalid_grant", "Incorrect or invalid refresh token"),
                }
            }
            _ => refused(
                400,
                "unsupported_grant_type",
                "The grant type is not supported",
            ),
        }
    }

    fn issue(&mut self, id: u64, opted_in: bool, random: &mut ChaCha8Rng, now: Timestamp) -> Reply {
        let access = format!("eyJ{}", token(random, 60));
        let refresh = format!("RT1-{:02}-H0-{}", id, token(random, 20));
        let Some(grant) = self.grants.get_mut(&id) else {
            return refused(400, "invalid_grant", "The grant is gone");
        };
        grant.refresh.clone_from(&refresh);
        grant.refreshed = now;
        let hard_left = HARD_SECONDS - now.duration_since(grant.consented).as_secs();
        let expires = later(now, ACCESS_SECONDS);
        self.access
            .insert(access.clone(), Access { grant: id, expires });
        let mut body = json!({
            "token_type": "bearer", "access_token": access, "expires_in": ACCESS_SECONDS,
            "refresh_token": refresh,
            "x_refresh_token_expires_in": REFRESH_SECONDS.min(hard_left),
        });
        if opted_in && let Value::Object(map) = &mut body {
            map.insert(
                "x_refresh_token_hard_expires_in".to_owned(),
                json!(hard_left),
            );
        }
        Reply::json(200, &body).with("cache-control", "no-store".to_owned())
    }

    /// Either token ends the grant.
    pub(super) fn revoke(&mut self, config: &Config, call: &Call) -> Reply {
        let form = call.form();
        if !is_client(config, call, &form) {
            return refused(401, "invalid_client", "Client authentication failed");
        }
        let from_json = serde_json::from_slice::<Value>(&call.body)
            .ok()
            .and_then(|body| body.get("token").and_then(Value::as_str).map(str::to_owned));
        let given = from_json
            .or_else(|| {
                form.into_iter()
                    .find(|pair| pair.0 == "token")
                    .map(|pair| pair.1)
            })
            .unwrap_or_default();
        let grant = self
            .access
            .get(&given)
            .map(|access| access.grant)
            .or_else(|| {
                self.grants
                    .iter()
                    .find(|(_, grant)| grant.refresh == given)
                    .map(|row| *row.0)
            });
        match grant {
            Some(id) => {
                self.end(id);
                Reply::text(200, "application/json;charset=UTF-8", "")
            }
            None => refused(400, "invalid_request", "The token is not known"),
        }
    }

    pub(super) fn userinfo(&self, call: &Call, now: Timestamp) -> Reply {
        match self.grant_of(call, now) {
            Some(grant) => Reply::json(
                200,
                &json!({"sub": "7c6f1f7e-sandbox-user", "email": "owner@ridgeline.example",
                    "emailVerified": true, "givenName": "Riley", "familyName": "Stone",
                    "scope": grant.scope}),
            ),
            None => Reply::json(401, &json!({"error": "invalid_token"})),
        }
    }

    /// Whether the bearer token opens this company.
    pub(super) fn check(&self, call: &Call, realm: &str, now: Timestamp) -> Result<(), Refusal> {
        let grant = self.grant_of(call, now).ok_or(Refusal::BadToken)?;
        if grant.realm == realm {
            Ok(())
        } else {
            Err(Refusal::OtherRealm)
        }
    }

    fn grant_of(&self, call: &Call, now: Timestamp) -> Option<&Grant> {
        let token = call
            .header("authorization")?
            .strip_prefix("Bearer ")?
            .trim();
        let access = self
            .access
            .get(token)
            .filter(|access| now < access.expires)?;
        self.grants.get(&access.grant)
    }

    /// Whether somebody of this company has consented and not taken it back.
    pub(super) fn is_connected(&self, realm: &str) -> bool {
        self.grants.values().any(|grant| grant.realm == realm)
    }

    /// Every access token ends now; refresh tokens stay.
    pub(super) fn expire_access(&mut self) {
        self.access.clear();
    }

    /// A user disconnects the app inside the vendor's own pages.
    pub(super) fn disconnect(&mut self, realm: &str) -> usize {
        let ids: Vec<u64> = self
            .grants
            .iter()
            .filter(|row| row.1.realm == realm)
            .map(|row| *row.0)
            .collect();
        ids.iter().for_each(|id| self.end(*id));
        ids.len()
    }

    fn end(&mut self, id: u64) {
        self.grants.remove(&id);
        self.access.retain(|_, access| access.grant != id);
    }
}

/// The discovery document with addresses at the origin that the client used.
pub(super) fn discovery(origin: &str) -> Value {
    json!({
        "issuer": format!("{origin}/op/v1"),
        "authorization_endpoint": format!("{origin}/connect/oauth2"),
        "token_endpoint": format!("{origin}/oauth2/v1/tokens/bearer"),
        "userinfo_endpoint": format!("{origin}/v1/openid_connect/userinfo"),
        "revocation_endpoint": format!("{origin}/v2/oauth2/tokens/revoke"),
        "jwks_uri": format!("{origin}/op/v1/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "email", "profile", "address", "phone",
            "com.intuit.quickbooks.accounting"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "claims_supported": ["aud", "exp", "iat", "iss", "realmid", "sub"],
    })
}

fn later(from: Timestamp, seconds: i64) -> Timestamp {
    from.checked_add(SignedDuration::from_secs(seconds))
        .unwrap_or(from)
}

fn passed(from: Timestamp, seconds: i64, now: Timestamp) -> bool {
    now >= later(from, seconds)
}

fn token(random: &mut ChaCha8Rng, bytes: usize) -> String {
    let mut raw = vec![0; bytes];
    random.fill_bytes(&mut raw);
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(raw)
}

fn refused(status: u16, error: &str, description: &str) -> Reply {
    Reply::json(
        status,
        &json!({"error": error, "error_description": description}),
    )
}

/// Exact match, or the loopback interface over http as development keys allow.
fn is_registered(config: &Config, redirect_uri: &str) -> bool {
    if config
        .redirect_uris
        .iter()
        .any(|known| known == redirect_uri)
    {
        return true;
    }
    url::Url::parse(redirect_uri).is_ok_and(|parsed| {
        parsed.scheme() == "http" && matches!(parsed.host_str(), Some("localhost" | "127.0.0.1"))
    })
}

fn is_client(config: &Config, call: &Call, form: &[(String, String)]) -> bool {
    let basic = call
        .header("authorization")
        .and_then(|header| header.strip_prefix("Basic "))
        .and_then(|text| {
            base64::engine::general_purpose::STANDARD
                .decode(text.trim())
                .ok()
        });
    if let Some(pair) = basic {
        return pair == format!("{}:{}", config.client_id, config.client_secret).into_bytes();
    }
    let field = |name: &str| {
        form.iter()
            .find(|pair| pair.0 == name)
            .map(|pair| pair.1.as_str())
    };
    field("client_id") == Some(&config.client_id)
        && field("client_secret") == Some(&config.client_secret)
}

fn redirect_with(redirect_uri: &str, pairs: &[(&str, &str)]) -> Reply {
    match url::Url::parse(redirect_uri) {
        Ok(mut target) => {
            target.query_pairs_mut().extend_pairs(pairs);
            Reply::redirect(target.as_str())
        }
        Err(_) => error_page("The redirect_uri query parameter value is invalid."),
    }
}

fn error_page(text: &str) -> Reply {
    let body = format!(
        "<!doctype html><title>Connection problem</title><h1>Uh oh, there's a connection problem</h1><p>{text}</p>"
    );
    Reply::text(400, "text/html;charset=UTF-8", body)
}

fn consent_page(companies: &[(String, String)], call: &Call) -> Reply {
    let escape = |text: &str| {
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('"', "&quot;")
    };
    let hidden: String = call
        .query
        .iter()
        .map(|(name, value)| {
            let (name, value) = (escape(name), escape(value));
            format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">")
        })
        .collect();
    let options: String = companies
        .iter()
        .map(|(realm, name)| format!("<option value=\"{realm}\">{}</option>", escape(name)))
        .collect();
    let body = format!(
        "<!doctype html><title>Connect to QuickBooks (local sandbox)</title>\
         <h1>Connect your company</h1><form method=\"get\" action=\"/connect/oauth2\">{hidden}\
         <select name=\"realm_id\">{options}</select> \
         <button name=\"decision\" value=\"allow\">Connect</button> \
         <button name=\"decision\" value=\"deny\">No, thanks</button></form>"
    );
    Reply::text(200, "text/html;charset=UTF-8", body)
}

//! File links: opaque, signed, expiring addresses on the API host that lead to another origin.
//!
//! The second origin refuses any request that carries `Authorization`, which is how a client that
//! leaks its token to a storage host is found out.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::call::{Call, Incoming};
use super::reply::{Content, Reply};
use super::seeded;
use super::state::State;

/// Replaces every address of a file in a body by a link that this server answers.
pub(crate) fn rewrite_links(call: &Call<'_>, value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| rewrite_links(call, item)),
        Value::Object(map) => {
            let named = ["filename", "name", "file_id"]
                .iter()
                .find_map(|key| map.get(*key));
            let name = named.map(|name| {
                name.as_str()
                    .map_or_else(|| name.to_string(), str::to_owned)
            });
            for (key, inner) in map.iter_mut() {
                let is_link = key == "url"
                    && inner
                        .as_str()
                        .is_some_and(|address| address.starts_with("http"));
                match &name {
                    Some(name) if is_link => *inner = Value::String(link(call, name)),
                    _ => rewrite_links(call, inner),
                }
            }
        }
        _ => {}
    }
}

/// A fresh link to a file's content.
pub(crate) fn link(call: &Call<'_>, name: &str) -> String {
    let expires = call.state.clock.seconds() + call.config.link_seconds;
    format!(
        "{}/files/{}",
        call.urls.api,
        sign(call.config.seed, name, expires)
    )
}

fn sign(seed: u64, name: &str, expires: i64) -> String {
    let payload = URL_SAFE_NO_PAD.encode(json!([name, expires]).to_string());
    let seal = seal(seed, &payload);
    format!("{payload}.{seal}")
}

fn seal(seed: u64, payload: &str) -> String {
    seeded::token(seed, &["file", payload])[..32].to_owned()
}

/// The file's name when the token is genuine and has not expired.
fn open(seed: u64, now: i64, token: &str) -> Option<String> {
    let (payload, given) = token.split_once('.')?;
    if seal(seed, payload) != given {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(payload).ok()?;
    let (name, expires): (String, i64) = serde_json::from_slice(&bytes).ok()?;
    (now < expires).then_some(name)
}

/// `GET /files/{token}` on the API host: needs the bearer token, answers with a redirect.
pub(crate) fn redirect(state: &State, seed: u64, files_url: &str, request: &Incoming) -> Reply {
    let now = state.clock.seconds();
    if state
        .auth
        .principal(request.authorization.as_deref(), now)
        .is_none()
    {
        return Reply::json(
            401,
            json!({"code": 401, "message": "The access token is invalid"}),
        );
    }
    let token = request.path.trim_start_matches("/files/");
    match open(seed, now, token) {
        Some(_) => Reply::redirect(302, format!("{files_url}/blob/{token}")),
        None => Reply::json(
            404,
            json!({"message": "Not Found", "exception": "RecordNotFound"}),
        ),
    }
}

/// The storage origin.
pub(crate) fn blob(state: &State, seed: u64, request: &Incoming) -> Reply {
    if request.authorization.is_some() {
        return storage_error(
            400,
            "InvalidArgument",
            "Only one auth mechanism allowed; the Authorization header must not be sent here",
        );
    }
    let Some(token) = request.path.strip_prefix("/blob/") else {
        return storage_error(404, "NoSuchKey", "The specified key does not exist.");
    };
    let Some(name) = open(seed, state.clock.seconds(), token) else {
        return storage_error(403, "AccessDenied", "Request has expired");
    };
    let content = state
        .files
        .get(&name)
        .cloned()
        .unwrap_or_else(|| placeholder(&name));
    Reply {
        status: 200,
        body: Content::Bytes(content_type(&name), content),
        headers: vec![(
            "content-disposition",
            format!("attachment; filename=\"{name}\""),
        )],
    }
}

fn storage_error(status: u16, code: &str, message: &str) -> Reply {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    Reply {
        status,
        body: Content::Bytes("application/xml", text.into_bytes()),
        headers: Vec::new(),
    }
}

/// A file nobody uploaded still has a content, so that a download can be compared.
fn placeholder(name: &str) -> Vec<u8> {
    format!("Sandbox content of {name}\n").into_bytes()
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("pdf") => "application/pdf",
        Some("txt") => "text/plain",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_refused_when_forged_or_expired() {
        let token = sign(1, "COI.pdf", 1_000);
        assert_eq!(open(1, 999, &token).as_deref(), Some("COI.pdf"));
        assert_eq!(open(1, 1_000, &token), None);
        assert_eq!(open(2, 999, &token), None);
        assert_eq!(open(1, 999, &token.replace('.', "x.")), None);
    }
}

//! What an answer of Procore means. Its errors come in about ten shapes; all are read here.

use serde_json::Value;

use crate::http::{Cause, Reply, Verdict, shown};

/// Decides what becomes of an answer.
pub(crate) fn judge(reply: &Reply) -> Verdict {
    let status = reply.status;
    match status {
        200 if reply.is_html() => Verdict::Again(Cause::Unreadable {
            detail: "it is a web page and not JSON".to_owned(),
        }),
        200 if !reply.ends_like_json() => Verdict::Again(Cause::Interrupted {
            detail: "the JSON is cut off".to_owned(),
        }),
        200 => Verdict::Accept,
        401 => Verdict::Unauthorised(message(reply)),
        403 if says_not_installed(reply) => Verdict::Fail(Cause::NotInstalled),
        403 => Verdict::Fail(Cause::Denied {
            message: message(reply),
        }),
        404 => Verdict::Fail(Cause::NotFound {
            message: message(reply),
        }),
        408 | 504 => Verdict::Again(Cause::TimedOut),
        429 => Verdict::Again(Cause::Throttled { wait: None }),
        500..=599 => Verdict::Again(Cause::ServerFault {
            status,
            message: message(reply),
        }),
        _ => Verdict::Fail(Cause::Refused {
            status,
            code: String::new(),
            message: message(reply),
        }),
    }
}

fn says_not_installed(reply: &Reply) -> bool {
    message(reply)
        .to_ascii_lowercase()
        .contains("app is not connected")
}

/// The text of an error, whichever shape it has.
fn message(reply: &Reply) -> String {
    if reply.is_html() {
        return "a web page instead of an answer".to_owned();
    }
    let found = serde_json::from_slice::<Value>(&reply.body)
        .ok()
        .and_then(|body| text_of(&body));
    shown(&found.unwrap_or_default())
}

/// E1 to E8: `errors` as list, text or fields; `error` as object or text; `message`.
fn text_of(body: &Value) -> Option<String> {
    for key in ["errors", "error", "message", "reason"] {
        match body.get(key) {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) => return Some(text.clone()),
            Some(Value::Array(texts)) => {
                let texts: Vec<&str> = texts.iter().filter_map(Value::as_str).collect();
                if !texts.is_empty() {
                    return Some(texts.join("; "));
                }
            }
            Some(Value::Object(inner)) => {
                if let Some(text) = inner.get("message").and_then(Value::as_str) {
                    return Some(text.to_owned());
                }
                let fields: Vec<String> = inner
                    .iter()
                    .map(|(field, texts)| {
                        let texts = texts.as_array().into_iter().flatten();
                        let texts: Vec<&str> = texts.filter_map(Value::as_str).collect();
                        format!("{field}: {}", texts.join(", "))
                    })
                    .collect();
                return Some(fields.join("; "));
            }
            Some(_) => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;

    use super::*;

    fn reply(status: u16, body: &str) -> Reply {
        let body = bytes::Bytes::copy_from_slice(body.as_bytes());
        Reply {
            status,
            headers: HeaderMap::new(),
            body,
        }
    }

    #[test]
    fn every_error_shape_gives_its_text() {
        let shapes = [
            (r#"{"errors":["one","two"]}"#, "one; two"),
            (r#"{"errors":"Invalid date range"}"#, "Invalid date range"),
            (
                r#"{"errors":{"base":["Record is locked"]}}"#,
                "base: Record is locked",
            ),
            (r#"{"code":403,"message":"No access"}"#, "No access"),
            (
                r#"{"message":"Not Found","exception":"RecordNotFound"}"#,
                "Not Found",
            ),
            (
                r#"{"error":{"code":"X","message":"Gone","details":[]}}"#,
                "Gone",
            ),
            (r#"{"error":"plain"}"#, "plain"),
            (
                r#"<html><h1>502</h1></html>"#,
                "a web page instead of an answer",
            ),
            ("", "no reason given"),
            (r#"{"errors":[]}"#, "no reason given"),
        ];
        for (body, text) in shapes {
            assert_eq!(message(&reply(400, body)), text, "{body}");
        }
    }

    #[test]
    fn a_missing_installation_is_not_a_missing_permission() {
        let body = r#"{"errors":["App is not connected to this company."]}"#;
        assert!(matches!(
            judge(&reply(403, body)),
            Verdict::Fail(Cause::NotInstalled)
        ));
        let body = r#"{"code":403,"message":"You do not have permission"}"#;
        assert!(matches!(
            judge(&reply(403, body)),
            Verdict::Fail(Cause::Denied { .. })
        ));
    }

    #[test]
    fn a_page_or_a_cut_body_with_status_200_is_read_again() {
        for body in ["<html></html>", "[{\"id\":1},", ""] {
            assert!(
                matches!(judge(&reply(200, body)), Verdict::Again(_)),
                "{body}"
            );
        }
        assert!(matches!(judge(&reply(200, "[]\n")), Verdict::Accept));
    }
}

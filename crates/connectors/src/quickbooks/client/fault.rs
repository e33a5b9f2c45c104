//! What an answer of QuickBooks means: status, envelope and code together.
//!
//! A status of 200 is not success: a fault may hide in the body. Two envelopes exist, the
//! service's `Fault` and the gateway's lower-case `fault`; both are read here and nowhere else.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::fetch::member;
use crate::http::{Cause, Reply, Verdict, shown};

#[derive(Debug, Default, PartialEq, Eq)]
struct Fault {
    code: String,
    message: String,
    kind: String,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, rename = "Fault")]
    service: Option<&'a RawValue>,
    #[serde(borrow, rename = "fault")]
    gateway: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct WireFault {
    #[serde(alias = "Error", default)]
    error: Vec<WireError>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
struct WireError {
    #[serde(alias = "Message")]
    message: Option<String>,
    #[serde(alias = "Detail")]
    detail: Option<String>,
    code: Option<String>,
}

/// Decides what becomes of an answer.
pub(crate) fn judge(reply: &Reply) -> Verdict {
    let Ok(text) = std::str::from_utf8(&reply.body) else {
        return Verdict::Again(Cause::Unreadable {
            detail: "it is not UTF-8".to_owned(),
        });
    };
    match serde_json::from_str::<Envelope<'_>>(text) {
        Ok(envelope) => match envelope.service.or(envelope.gateway) {
            Some(raw) => of_fault(reply.status, &read(raw.get())),
            None if reply.status == 200 => Verdict::Accept,
            None => of_status(reply.status, "no reason given"),
        },
        Err(_) if reply.status != 200 => of_status(reply.status, "the answer is not JSON"),
        Err(_) if reply.is_html() => Verdict::Again(Cause::Unreadable {
            detail: "it is a web page and not JSON".to_owned(),
        }),
        Err(_) if !reply.ends_like_json() => Verdict::Again(Cause::Interrupted {
            detail: "the JSON is cut off".to_owned(),
        }),
        Err(error) => Verdict::Again(Cause::Unreadable {
            detail: error.to_string(),
        }),
    }
}

/// A fault inside one part of an answer that is otherwise good.
pub(crate) fn in_part(raw: &str) -> Cause {
    let fault = read(raw);
    Cause::Refused {
        status: 200,
        code: fault.code,
        message: fault.message,
    }
}

fn read(raw: &str) -> Fault {
    // `member` tolerates a fault whose other members have unexpected types.
    let Ok(wire) = serde_json::from_str::<WireFault>(raw) else {
        let kind = member(raw, "type").unwrap_or_default().to_owned();
        return Fault {
            message: "a fault that cannot be read".to_owned(),
            kind,
            ..Fault::default()
        };
    };
    let first = wire.error.into_iter().next();
    let (code, message, detail) = first.map_or((None, None, None), |error| {
        (error.code, error.message, error.detail)
    });
    let message = [message, detail]
        .into_iter()
        .flatten()
        .filter(|text| !text.is_empty());
    Fault {
        code: code.unwrap_or_default().trim_start_matches('0').to_owned(),
        message: shown(&message.collect::<Vec<_>>().join(": ")),
        kind: wire.kind.unwrap_or_default(),
    }
}

fn of_fault(status: u16, fault: &Fault) -> Verdict {
    let message = fault.message.clone();
    let not_connected = |reason: String| Verdict::Fail(Cause::NotConnected { reason });
    match (fault.code.as_str(), status) {
        ("3001", _) | (_, 429) => Verdict::Again(Cause::Throttled { wait: None }),
        ("3200" | "3202" | "100" | "110", _) | (_, 401) => Verdict::Unauthorised(message),
        ("3100", _) => not_connected(format!(
            "this company was not granted to the application, or the application is blocked: {message}"
        )),
        ("120", _) => not_connected(format!("the person who consented lost access: {message}")),
        ("130" | "140" | "150", _) => Verdict::Again(Cause::ServerFault { status, message }),
        ("610", _) => Verdict::Fail(Cause::NotFound { message }),
        ("5020", _) | (_, 403) => Verdict::Fail(Cause::Denied { message }),
        ("10000", _) | (_, 500..=599 | 408) => {
            Verdict::Again(Cause::ServerFault { status, message })
        }
        _ if fault.kind == "SystemFault" => Verdict::Again(Cause::ServerFault { status, message }),
        (code, _) => Verdict::Fail(Cause::Refused {
            status,
            code: code.to_owned(),
            message,
        }),
    }
}

fn of_status(status: u16, message: &str) -> Verdict {
    let message = message.to_owned();
    match status {
        401 => Verdict::Unauthorised(message),
        403 => Verdict::Fail(Cause::Denied { message }),
        404 => Verdict::Fail(Cause::NotFound { message }),
        408 | 504 => Verdict::Again(Cause::TimedOut),
        429 => Verdict::Again(Cause::Throttled { wait: None }),
        500..=599 => Verdict::Again(Cause::ServerFault { status, message }),
        _ => Verdict::Fail(Cause::Refused {
            status,
            code: String::new(),
            message,
        }),
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;

    use super::*;

    fn seen(status: u16, body: &str) -> Verdict {
        let body = bytes::Bytes::copy_from_slice(body.as_bytes());
        judge(&Reply {
            status,
            headers: HeaderMap::new(),
            body,
        })
    }

    fn cause(verdict: Verdict) -> Cause {
        match verdict {
            Verdict::Again(cause) | Verdict::Fail(cause) => cause,
            Verdict::Accept => panic!("accepted"),
            Verdict::Unauthorised(message) => panic!("unauthorised: {message}"),
        }
    }

    #[test]
    fn a_fault_with_status_200_is_not_success() {
        let body = r#"{"Fault":{"Error":[{"Message":"An application error","Detail":"x","code":"10000","element":""}],"type":"SystemFault"},"time":"t"}"#;
        assert!(matches!(
            seen(200, body),
            Verdict::Again(Cause::ServerFault { status: 200, .. })
        ));
    }

    #[test]
    fn the_gateways_lower_case_envelope_is_read() {
        let body = |code: &str| {
            format!(
                r#"{{"warnings":null,"fault":{{"error":[{{"message":"m","detail":"d","code":"{code}","element":null}}],"type":"AUTHENTICATION"}},"time":1795190400000}}"#
            )
        };
        assert!(matches!(seen(401, &body("3200")), Verdict::Unauthorised(_)));
        assert!(matches!(
            cause(seen(403, &body("3100"))),
            Cause::NotConnected { .. }
        ));
    }

    #[test]
    fn a_throttle_is_recognised_by_code_or_status() {
        let body = r#"{"Fault":{"Error":[{"Message":"message=ThrottleExceeded; errorCode=003001; statusCode=429","code":"003001"}],"type":"SERVICE"}}"#;
        assert!(matches!(cause(seen(403, body)), Cause::Throttled { .. }));
        assert!(matches!(cause(seen(429, "")), Cause::Throttled { .. }));
    }

    #[test]
    fn pages_and_cut_answers_are_told_apart() {
        assert!(matches!(
            cause(seen(502, "<html></html>")),
            Cause::ServerFault { status: 502, .. }
        ));
        assert!(matches!(
            cause(seen(200, "<html></html>")),
            Cause::Unreadable { .. }
        ));
        assert!(matches!(
            cause(seen(200, r#"{"QueryResponse":{"Bi"#)),
            Cause::Interrupted { .. }
        ));
        assert!(matches!(
            seen(200, r#"{"QueryResponse":{}}"#),
            Verdict::Accept
        ));
    }

    #[test]
    fn a_refused_query_names_its_code() {
        let body = r#"{"Fault":{"Error":[{"Message":"Invalid query","Detail":"not queryable","code":"4001"}],"type":"ValidationFault"}}"#;
        assert_eq!(
            cause(seen(400, body)),
            Cause::Refused {
                status: 400,
                code: "4001".to_owned(),
                message: "Invalid query: not queryable".to_owned()
            }
        );
    }
}

//! Faults of the service and of the gateway, with the bodies that clients must parse.

use serde_json::{Value, json};

/// A refusal with the status and the envelope it travels in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// HTTP status.
    pub status: u16,
    /// Decimal error code as text.
    pub code: &'static str,
    /// Protocol text.
    pub message: &'static str,
    /// What exactly was wrong.
    pub detail: String,
    /// The member concerned, often empty.
    pub element: &'static str,
    /// `ValidationFault`, `SystemFault`, `AUTHENTICATION`, …
    pub kind: &'static str,
}

impl Fault {
    /// A business or validation fault: status 400.
    pub(crate) fn validation(
        code: &'static str,
        message: &'static str,
        detail: impl Into<String>,
    ) -> Fault {
        Fault {
            status: 400,
            code,
            message,
            detail: detail.into(),
            element: "",
            kind: "ValidationFault",
        }
    }

    pub(crate) fn required(element: &'static str) -> Fault {
        let detail = format!(
            "Required parameter {element} is missing in the request: need to supply {element}"
        );
        let mut fault = Fault::validation("2020", "Required param missing, need to supply", detail);
        fault.element = element;
        fault
    }

    pub(crate) fn not_found() -> Fault {
        Fault::validation(
            "610",
            "Object Not Found",
            "Object Not Found : Something you're trying to use has been made inactive. Check the fields with accounts, customers, items, vendors or employees.",
        )
    }

    pub(crate) fn stale(given: &str) -> Fault {
        Fault::validation(
            "5010",
            "Stale Object Error",
            format!(
                "Stale Object Error : You and someone else were working on this at the same time. The request carried SyncToken {given}."
            ),
        )
    }

    pub(crate) fn business(detail: impl Into<String>) -> Fault {
        let detail = format!("Business Validation Error: {}", detail.into());
        Fault::validation(
            "6000",
            "A business validation error has occurred while processing your request",
            detail,
        )
    }

    pub(crate) fn unsupported() -> Fault {
        Fault::validation(
            "500",
            "Unsupported Operation",
            "Operation is not supported.",
        )
    }

    pub(crate) fn invalid_reference(detail: impl Into<String>) -> Fault {
        Fault::validation("2500", "Invalid Reference Id", detail)
    }

    pub(crate) fn system(status: u16) -> Fault {
        Fault {
            status,
            kind: "SystemFault",
            ..Fault::validation(
                "10000",
                "An application error has occurred while processing your request",
                "System Failure Error: the server could not complete the request",
            )
        }
    }

    /// Token missing, expired or unknown.
    pub(crate) fn unauthenticated(detail: &str) -> Fault {
        Fault {
            status: 401,
            code: "3200",
            message: "message=AuthenticationFailed; errorCode=003200; statusCode=401",
            detail: detail.to_owned(),
            element: "",
            kind: "AUTHENTICATION",
        }
    }

    /// The realm was not granted to this token, or the app is blocked.
    pub(crate) fn forbidden(detail: &str) -> Fault {
        Fault {
            status: 403,
            code: "3100",
            message: "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403",
            detail: detail.to_owned(),
            element: "",
            kind: "AUTHORIZATION",
        }
    }

    pub(crate) fn throttled() -> Fault {
        Fault {
            status: 429,
            code: "3001",
            message: "message=ThrottleExceeded; errorCode=003001; statusCode=429",
            detail: "The request limit was reached.".to_owned(),
            element: "",
            kind: "SERVICE",
        }
    }

    /// The object under the `Fault` key.
    #[must_use]
    pub fn body(&self) -> Value {
        json!({
            "Error": [{
                "Message": self.message,
                "Detail": self.detail,
                "code": self.code,
                "element": self.element,
            }],
            "type": self.kind,
        })
    }

    /// The whole answer. Gateway faults (401, 403) use the lower-case envelope.
    pub(crate) fn envelope(&self, time: &str, millis: i64) -> Value {
        if self.status != 401 && self.status != 403 {
            return json!({"Fault": self.body(), "time": time});
        }
        json!({
            "warnings": null,
            "intuitObject": null,
            "fault": {
                "error": [{
                    "message": self.message,
                    "detail": self.detail,
                    "code": self.code,
                    "element": null,
                }],
                "type": self.kind,
            },
            "report": null,
            "queryResponse": null,
            "batchItemResponse": [],
            "attachableResponse": [],
            "syncErrorResponse": null,
            "requestId": null,
            "time": millis,
            "status": null,
            "cdcresponse": [],
        })
    }
}

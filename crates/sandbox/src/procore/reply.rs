//! Answers and refusals, and the eleven shapes in which Procore writes an error.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What goes back to the caller, before faults and rate headers.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Content,
    pub(crate) headers: Vec<(&'static str, String)>,
}

#[derive(Debug, Clone)]
pub(crate) enum Content {
    Nothing,
    Json(Value),
    Html(String),
    Bytes(&'static str, Vec<u8>),
}

impl Reply {
    pub(crate) fn json(status: u16, value: Value) -> Self {
        Self {
            status,
            body: Content::Json(value),
            headers: Vec::new(),
        }
    }

    pub(crate) fn ok(value: Value) -> Self {
        Self::json(200, value)
    }

    pub(crate) fn html(status: u16, text: impl Into<String>) -> Self {
        Self {
            status,
            body: Content::Html(text.into()),
            headers: Vec::new(),
        }
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self {
            status,
            body: Content::Nothing,
            headers: Vec::new(),
        }
    }

    pub(crate) fn redirect(status: u16, location: String) -> Self {
        Self::empty(status).with("location", location)
    }

    pub(crate) fn with(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// The error bodies seen on the wire, numbered as in the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Shape {
    /// `{"errors":["text"]}`
    E1,
    /// `{"errors":"text"}`
    E2,
    /// `{"errors":{"field":["text"]}}`
    E3,
    /// `{"code":403,"message":"text"}`
    E4,
    /// `{"message":"text","exception":"name"}`
    E5,
    /// `{"error":{"code","message","details":[{"reason_code","message","source"}]}}`
    E6,
    /// `{"error":{"code","message"}}`
    E7,
    /// `{"error":"text"}`
    E8,
    /// `{"successes":[],"failures":[{"id","error"}]}`
    E9,
    /// `{"entities":[],"errors":[{"errors":{..}}]}`
    E10,
    /// An HTML page from a gateway.
    E11,
}

/// A request that was not carried out.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) message: String,
    pub(crate) field: String,
    /// The shape that this refusal always has; otherwise the route's.
    pub(crate) shape: Option<Shape>,
}

impl Refusal {
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            field: "base".to_owned(),
            shape: None,
        }
    }

    pub(crate) fn shaped(status: u16, shape: Shape, message: impl Into<String>) -> Self {
        Self {
            shape: Some(shape),
            ..Self::new(status, message)
        }
    }

    pub(crate) fn field(status: u16, field: &str, message: &str) -> Self {
        Self {
            field: field.to_owned(),
            ..Self::shaped(status, Shape::E3, message)
        }
    }

    pub(crate) fn missing_parameter(name: &str) -> Self {
        Self::new(
            400,
            format!("param is missing or the value is empty: {name}"),
        )
    }

    pub(crate) fn not_found() -> Self {
        Self::new(404, "Not Found")
    }

    /// Writes the refusal; a shape chosen for the route wins over the refusal's own.
    pub(crate) fn render(&self, v2: bool, chosen: Option<Shape>) -> Reply {
        let usual = match self.status {
            _ if v2 => Shape::E6,
            404 => Shape::E5,
            422 => Shape::E3,
            400 | 413 => Shape::E2,
            _ => Shape::E4,
        };
        let shape = chosen.or(self.shape).unwrap_or(usual);
        if shape == Shape::E11 {
            return Reply::html(
                self.status,
                format!("<html><body><h1>{}</h1></body></html>", self.status),
            );
        }
        let status = if shape == Shape::E10 {
            200
        } else {
            self.status
        };
        Reply::json(status, self.body(shape))
    }

    fn body(&self, shape: Shape) -> Value {
        let text = self.message.as_str();
        let code = code_name(self.status);
        let by_field = json!({ self.field.clone(): [text] });
        match shape {
            Shape::E1 => json!({"errors": [text]}),
            Shape::E2 => json!({"errors": text}),
            Shape::E3 => json!({"errors": by_field}),
            Shape::E4 => json!({"code": self.status, "message": text}),
            Shape::E5 => json!({"message": text, "exception": "RecordNotFound"}),
            Shape::E6 => json!({"error": {"code": code, "message": text, "details": [
                {"reason_code": code.to_lowercase(), "message": text, "source": self.field}]}}),
            Shape::E7 => json!({"error": {"code": code, "message": text}}),
            Shape::E8 => json!({"error": text}),
            Shape::E9 => json!({"successes": [], "failures": [{"id": null, "error": text}]}),
            Shape::E10 | Shape::E11 => {
                json!({"entities": [], "errors": [{"errors": by_field}]})
            }
        }
    }
}

fn code_name(status: u16) -> &'static str {
    match status {
        400 => "BAD_REQUEST",
        401 => "UNAUTHORIZED",
        403 => "FORBIDDEN",
        404 => "NOT_FOUND",
        409 => "CONFLICT",
        422 => "UNPROCESSABLE_ENTITY",
        429 => "TOO_MANY_REQUESTS",
        503 => "SERVICE_UNAVAILABLE",
        _ => "INTERNAL_SERVER_ERROR",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(refusal: &Refusal, v2: bool, shape: Option<Shape>) -> Value {
        match refusal.render(v2, shape).body {
            Content::Json(value) => value,
            other => panic!("expected JSON, got {other:?}"),
        }
    }

    #[test]
    fn a_route_answers_in_its_own_error_shape_unless_another_is_chosen() {
        let refusal = Refusal::not_found();
        assert_eq!(
            body(&refusal, false, None),
            json!({"message": "Not Found", "exception": "RecordNotFound"})
        );
        assert_eq!(body(&refusal, true, None)["error"]["code"], "NOT_FOUND");
        assert_eq!(
            body(&refusal, false, Some(Shape::E1)),
            json!({"errors": ["Not Found"]})
        );
        assert!(matches!(
            refusal.render(false, Some(Shape::E11)).body,
            Content::Html(text) if text.contains("404")
        ));
    }
}

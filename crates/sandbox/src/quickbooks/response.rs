//! Requests and answers as the handlers see them, apart from the web framework.

use axum::http::{HeaderMap, Method};
use serde_json::Value;

/// A request with its body read.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Call {
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|pair| pair.0 == name)
            .map(|pair| pair.1.as_str())
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// `http://host:port` as the client addressed it.
    pub(super) fn origin(&self) -> String {
        format!("http://{}", self.header("host").unwrap_or("127.0.0.1"))
    }

    /// The fields of a form body.
    pub(super) fn form(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(&self.body)
            .into_owned()
            .collect()
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

impl Reply {
    pub(super) fn json(status: u16, body: &Value) -> Reply {
        Reply {
            status,
            content_type: "application/json;charset=UTF-8",
            headers: Vec::new(),
            body: body.to_string().into_bytes(),
        }
    }

    pub(super) fn text(status: u16, content_type: &'static str, body: impl Into<Vec<u8>>) -> Reply {
        Reply {
            status,
            content_type,
            headers: Vec::new(),
            body: body.into(),
        }
    }

    pub(super) fn redirect(to: &str) -> Reply {
        let mut reply = Reply::text(302, "text/html", "");
        reply.headers.push(("location", to.to_owned()));
        reply
    }

    pub(super) fn with(mut self, name: &'static str, value: String) -> Reply {
        self.headers.push((name, value));
        self
    }
}

/// The XML twin of an answer, which the vendor sends to clients that do not ask for JSON.
pub(super) fn as_xml(body: &Value) -> String {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?><IntuitResponse xmlns=\"http://schema.intuit.com/finance/v3\">",
    );
    write_members(body, &mut text);
    text.push_str("</IntuitResponse>");
    text
}

fn write_members(value: &Value, text: &mut String) {
    for (name, member) in value.as_object().into_iter().flatten() {
        match member {
            Value::Array(items) => items
                .iter()
                .for_each(|item| write_element(name, item, text)),
            other => write_element(name, other, text),
        }
    }
}

fn write_element(name: &str, value: &Value, text: &mut String) {
    text.push_str(&format!("<{name}>"));
    match value {
        Value::Object(_) => write_members(value, text),
        Value::Null => {}
        Value::String(plain) => {
            text.push_str(
                &plain
                    .replace('&', "&amp;")
                    .replace('<', "&lt;")
                    .replace('>', "&gt;"),
            );
        }
        other => text.push_str(&other.to_string()),
    }
    text.push_str(&format!("</{name}>"));
}

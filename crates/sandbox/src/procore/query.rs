//! Query strings: bracketed filters, ranges with three dots, repeated and comma-separated values.

use serde_json::Value;

use super::clock::parse_seconds;
use super::store::{Body, any_at};

/// A decoded query in the order in which it was sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    pub(crate) fn parse(text: &str) -> Self {
        Self {
            pairs: url::form_urlencoded::parse(text.as_bytes())
                .into_owned()
                .collect(),
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.get(name)?.parse().ok()
    }

    /// The values of `filters[name]` and `filters[name][]`, split at commas.
    pub(crate) fn filter(&self, name: &str) -> Option<Vec<String>> {
        let plain = format!("filters[{name}]");
        let many = format!("filters[{name}][]");
        self.all(|key| key == plain || key == many)
    }

    /// The values of `name` and `name[]`, split at commas.
    pub(crate) fn list(&self, name: &str) -> Option<Vec<String>> {
        let many = format!("{name}[]");
        self.all(|key| key == name || key == many)
    }

    /// Whether the filter came in the array form.
    pub(crate) fn is_array_filter(&self, name: &str) -> bool {
        let many = format!("filters[{name}][]");
        self.pairs.iter().any(|(key, _)| *key == many)
    }

    fn all(&self, wanted: impl Fn(&str) -> bool) -> Option<Vec<String>> {
        let values: Vec<String> = self
            .pairs
            .iter()
            .filter(|(key, _)| wanted(key))
            .flat_map(|(_, value)| split_outside_ranges(value))
            .collect();
        (!values.is_empty()).then_some(values)
    }

    /// The same query with another page, for `Link`.
    pub(crate) fn with_page(&self, page: usize, per_page: usize) -> String {
        let mut out = url::form_urlencoded::Serializer::new(String::new());
        for (key, value) in &self.pairs {
            if key != "page" && key != "per_page" {
                out.append_pair(key, value);
            }
        }
        out.append_pair("page", &page.to_string());
        out.append_pair("per_page", &per_page.to_string());
        out.finish()
    }
}

fn split_outside_ranges(value: &str) -> Vec<String> {
    let bare = value.trim().trim_matches('"');
    let inner = bare
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(bare);
    inner
        .split(',')
        .map(|part| part.trim().trim_matches('"').to_owned())
        .collect()
}

/// Whether a record's value satisfies one of the wanted values or ranges.
pub(crate) fn matches(body: &Body, path: &str, wanted: &[String]) -> bool {
    any_at(body, path, &mut |found| {
        let text = match found {
            Value::String(text) => text.clone(),
            Value::Null => return wanted.iter().any(|want| want.is_empty() || want == "null"),
            other => other.to_string(),
        };
        wanted.iter().any(|want| match want.split_once("...") {
            Some((from, to)) => within(&text, from, to),
            None => *want == text,
        })
    })
}

/// Both ends are included; a calendar day as the upper end means the whole day.
pub(crate) fn within(text: &str, from: &str, to: &str) -> bool {
    let Some(at) = parse_seconds(text) else {
        return false;
    };
    let from = parse_seconds(from).unwrap_or(i64::MIN);
    let to = match parse_seconds(to) {
        Some(day) if to.len() == 10 => day + 86_399,
        Some(second) => second,
        None => i64::MAX,
    };
    from <= at && at <= to
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn filters_are_read_in_every_bracket_form() {
        let query = Query::parse("filters%5Bid%5D%5B%5D=1&filters[id][]=2&filters[status]=a,b");
        assert_eq!(query.filter("id").unwrap(), ["1", "2"]);
        assert_eq!(query.filter("status").unwrap(), ["a", "b"]);
        assert!(query.is_array_filter("id") && !query.is_array_filter("status"));
        assert_eq!(query.filter("vendor_id"), None);
    }

    #[test]
    fn ranges_are_inclusive_quoted_or_not() {
        let body = json!({"updated_at": "2026-06-30T23:59:59Z"});
        for text in [
            "filters[updated_at]=2026-06-01T00:00:00Z...2026-06-30T23:59:59Z",
            "filters[updated_at]=\"2026-06-01T00:00:00Z...2026-06-30T23:59:59Z\"",
            "filters[updated_at]=2026-06-01...2026-06-30",
        ] {
            let wanted = Query::parse(text).filter("updated_at").unwrap();
            assert!(
                matches(body.as_object().unwrap(), "updated_at", &wanted),
                "{text}"
            );
        }
        let wanted = ["2026-06-01T00:00:00Z...2026-06-30T23:59:58Z".to_owned()];
        assert!(!matches(body.as_object().unwrap(), "updated_at", &wanted));
    }

    #[test]
    fn nested_rows_match_when_any_of_them_does() {
        let body = json!({"trades": [{"id": 4}, {"id": 26}]});
        assert!(matches(
            body.as_object().unwrap(),
            "trades[].id",
            &["26".to_owned()]
        ));
        assert!(!matches(
            body.as_object().unwrap(),
            "trades[].id",
            &["27".to_owned()]
        ));
    }
}

//! The envelope of a Procore line: `{"project_id": …, "parent_id": …, "body": …}`.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::reading::RawLine;
use crate::reading::raw::Raw;

/// A body and the keys under which it was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Enveloped<'a> {
    pub(super) project_id: Option<i64>,
    pub(super) parent_id: Option<i64>,
    pub(super) body: &'a str,
}

impl<'a> Enveloped<'a> {
    /// The record on the line that `of` describes.
    pub(super) fn line(&self, of: RawLine<'a>) -> RawLine<'a> {
        RawLine {
            project_id: self.project_id,
            parent_id: self.parent_id,
            body: self.body,
            ..of
        }
    }
}

/// Takes the usual envelope off without walking through the body. The body is not yet proven to
/// be JSON: reading it proves both, because a line that is `{"project_id":1,"parent_id":2,
/// "body":` + JSON + `}` is JSON itself.
pub(super) fn at_a_glance(line: &str) -> Option<Enveloped<'_>> {
    let rest = line.trim().strip_prefix('{')?.strip_suffix('}')?;
    let (project_id, rest) = id_member(rest, "\"project_id\"")?;
    let (parent_id, rest) = id_member(rest, "\"parent_id\"")?;
    let rest = rest.trim_start().strip_prefix("\"body\"")?;
    let body = rest.trim_start().strip_prefix(':')?.trim();
    Some(Enveloped {
        project_id,
        parent_id,
        body,
    })
}

/// The value of `"name": 12,` or `"name": null,` and what follows the comma.
fn id_member<'a>(text: &'a str, name: &str) -> Option<(Option<i64>, &'a str)> {
    let rest = text.trim_start().strip_prefix(name)?;
    let rest = rest.trim_start().strip_prefix(':')?;
    let (value, rest) = rest.split_once(',')?;
    match value.trim() {
        "null" => Some((None, rest)),
        id => Some((Some(id.parse().ok()?), rest)),
    }
}

/// The envelope with its members in any order and spelling.
pub(super) fn parse(line: &str) -> Result<Enveloped<'_>, String> {
    #[derive(Deserialize)]
    #[serde(bound(deserialize = "'de: 'a"))]
    struct Wire<'a> {
        #[serde(default)]
        project_id: Raw<'a>,
        #[serde(default)]
        parent_id: Raw<'a>,
        #[serde(borrow)]
        body: &'a RawValue,
    }
    if !line.trim_start().starts_with('{') {
        return Err(format!(
            "{} is not a JSON object",
            crate::reading::raw::shown(line.trim())
        ));
    }
    let wire: Wire<'_> = serde_json::from_str(line).map_err(|problem| {
        format!(
            "the line is not a JSON object with project_id, parent_id and body: {}",
            crate::reading::raw::told(&problem)
        )
    })?;
    Ok(Enveloped {
        project_id: wire.project_id.integer("project_id")?,
        parent_id: wire.parent_id.integer("parent_id")?,
        body: wire.body.get(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_taking_the_envelope_off_agree() {
        for line in [
            r#"{"project_id": 882301, "parent_id": null, "body": {"id": 1}}"#,
            r#" { "project_id":null,"parent_id":5510012,"body":{"a":"},{"} } "#,
        ] {
            assert_eq!(at_a_glance(line).unwrap(), parse(line).unwrap(), "{line}");
        }
    }

    #[test]
    fn an_envelope_in_another_order_is_read_by_the_patient_way() {
        let line = r#"{"body":{"id":1},"parent_id":"7","project_id":null}"#;
        assert_eq!(at_a_glance(line), None);
        let found = parse(line).unwrap();
        assert_eq!(
            (found.project_id, found.parent_id, found.body),
            (None, Some(7), r#"{"id":1}"#)
        );
        assert!(parse(r#"{"project_id":1}"#).is_err());
        assert!(parse("[1]").is_err());
    }
}

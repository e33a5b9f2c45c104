//! Members that many resources share.

use figures::{Money, SmolStr};

use super::wire;
use crate::reading::RawLine;
use crate::reading::raw::{Raw, Read, object};

/// A status in Procore's words, in lower case with underscores: `Out For Bid` is `out_for_bid`.
pub(super) fn status(raw: Raw<'_>) -> Read<SmolStr> {
    let Some(text) = raw.text("status")? else {
        return Ok(SmolStr::default());
    };
    Ok(text
        .trim()
        .chars()
        .map(|letter| match letter {
            ' ' | '-' => '_',
            other => other.to_ascii_lowercase(),
        })
        .collect())
}

/// Whether a record in this status counts in a measure, so that its amounts must be there.
pub(super) fn counts(status: &str) -> bool {
    status.starts_with("approved")
        || matches!(
            status,
            "complete" | "closed" | "received" | "partially_received" | "terminated"
        )
}

/// An amount that must be there when the record counts.
pub(super) fn amount(raw: Raw<'_>, member: &str, status: &str) -> Read<Money> {
    if counts(status) {
        raw.money_required(member)
    } else {
        raw.money_or_zero(member)
    }
}

/// The project: the one it was read under, else the one that it names.
pub(super) fn project(line: &RawLine<'_>, id: Raw<'_>, project: Raw<'_>) -> Read<i64> {
    project_if_any(line, id, project)?.ok_or_else(|| "it names no project".to_owned())
}

/// Like [`project`], for records that may belong to none.
pub(super) fn project_if_any(
    line: &RawLine<'_>,
    id: Raw<'_>,
    project: Raw<'_>,
) -> Read<Option<i64>> {
    if let Some(project) = line.project_id {
        return Ok(Some(project));
    }
    if let Some(id) = id.integer("project_id")? {
        return Ok(Some(id));
    }
    match project.object() {
        Some(json) => object::<wire::IdOnly<'_>>(json)?.id.integer("project.id"),
        None => Ok(None),
    }
}

/// The contract or commitment: the one it was read under, else the first that it names.
pub(super) fn holder(line: &RawLine<'_>, named: &[Raw<'_>]) -> Read<i64> {
    if let Some(parent) = line.parent_id {
        return Ok(parent);
    }
    for raw in named {
        if let Some(id) = raw.integer("contract_id")? {
            return Ok(id);
        }
    }
    Err("it names no contract or commitment".to_owned())
}

/// The cost code, by id or as an object.
pub(super) fn cost_code(id: Raw<'_>, object: Option<&wire::IdOnly<'_>>) -> Read<Option<i64>> {
    match id.integer("cost_code_id")? {
        Some(id) => Ok(Some(id)),
        None => object.map_or(Ok(None), |object| object.id.integer("cost_code.id")),
    }
}

/// A company or person named inside another record.
#[derive(Debug, Default)]
pub(super) struct Named {
    pub(super) id: Option<i64>,
    pub(super) name: SmolStr,
}

/// Reads a company that is an object in some responses and only a name in others.
pub(super) fn named(member: &str, raw: Raw<'_>) -> Read<Named> {
    let Some(json) = raw.object() else {
        return Ok(Named {
            id: None,
            name: raw.words(member)?,
        });
    };
    let wire: wire::NamedRef<'_> = object(json).map_err(|reason| format!("{member}: {reason}"))?;
    let name = wire.name.words("name")?;
    Ok(Named {
        id: wire
            .id
            .integer("id")
            .map_err(|reason| format!("in {member}: {reason}"))?,
        name: if name.is_empty() {
            wire.company.words("company")?
        } else {
            name
        },
    })
}

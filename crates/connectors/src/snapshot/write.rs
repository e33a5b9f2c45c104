//! Writing a snapshot folder.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use figures::SmolStr;
use figures::source::{RawRecord, System};

use super::head::FORMAT;
use super::{Head, SnapshotError};

/// Writes records as a snapshot folder, which must be new or empty.
///
/// The bytes depend on nothing but the head and the set of records: files by resource, lines by
/// project, parent and id, bodies byte for byte as stored (only line ends between members, which
/// one line cannot hold, become spaces). `snapshot.json` is written last, so that a folder whose
/// writing was cut short is no snapshot.
///
/// # Errors
/// [`SnapshotError`] when the folder is not empty or cannot be written, when the head has another
/// format, and when a record belongs to a system that the head does not name.
pub fn write(
    dir: &Path,
    head: &Head,
    records: impl IntoIterator<Item = RawRecord>,
) -> Result<(), SnapshotError> {
    if head.format != FORMAT {
        return Err(SnapshotError::Format { found: head.format });
    }
    let files = sorted(head, records)?;
    create_empty(dir)?;
    let named = [
        (System::Procore, head.procore.is_some()),
        (System::QuickBooks, head.quickbooks.is_some()),
    ];
    for (system, _) in named.iter().filter(|(_, is_there)| *is_there) {
        let folder = dir.join(system.name());
        std::fs::create_dir(&folder).map_err(SnapshotError::io(&folder))?;
    }
    for ((system, resource), records) in files {
        let path = dir.join(system.name()).join(format!("{resource}.ndjson"));
        write_file(&path, &records).map_err(SnapshotError::io(&path))?;
    }
    let path = dir.join("snapshot.json");
    let mut text = serde_json::to_string_pretty(head).map_err(|problem| SnapshotError::Head {
        path: path.clone(),
        problem: problem.to_string(),
    })?;
    text.push('\n');
    std::fs::write(&path, text).map_err(SnapshotError::io(&path))
}

fn create_empty(dir: &Path) -> Result<(), SnapshotError> {
    std::fs::create_dir_all(dir).map_err(SnapshotError::io(dir))?;
    let mut entries = std::fs::read_dir(dir).map_err(SnapshotError::io(dir))?;
    if entries.next().is_some() {
        Err(SnapshotError::NotEmpty(dir.to_owned()))
    } else {
        Ok(())
    }
}

/// Records by file, each file in its order.
fn sorted(
    head: &Head,
    records: impl IntoIterator<Item = RawRecord>,
) -> Result<BTreeMap<(System, SmolStr), Vec<RawRecord>>, SnapshotError> {
    let mut files: BTreeMap<(System, SmolStr), Vec<RawRecord>> = BTreeMap::new();
    for record in records {
        let is_named = match record.system {
            System::Procore => head.procore.is_some(),
            System::QuickBooks => head.quickbooks.is_some(),
        };
        if !is_named {
            return Err(SnapshotError::Record(format!(
                "a {} record is given for a snapshot without {}",
                record.resource,
                record.system.label()
            )));
        }
        let is_name = !record.resource.is_empty()
            && record
                .resource
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        if !is_name {
            return Err(SnapshotError::Record(format!(
                "\u{201c}{}\u{201d} is no name of a resource",
                record.resource
            )));
        }
        files
            .entry((record.system, record.resource.clone()))
            .or_default()
            .push(record);
    }
    for records in files.values_mut() {
        records.sort_by(in_file_order);
    }
    Ok(files)
}

fn in_file_order(one: &RawRecord, other: &RawRecord) -> Ordering {
    one.project_id
        .cmp(&other.project_id)
        .then_with(|| one.parent_id.cmp(&other.parent_id))
        .then_with(|| by_number(&one.external_id, &other.external_id))
        .then_with(|| one.body.cmp(&other.body))
}

/// Ids that are numbers by their value and before all others.
fn by_number(one: &str, other: &str) -> Ordering {
    match [one, other].map(number) {
        [Some(left), Some(right)] => left
            .len()
            .cmp(&right.len())
            .then_with(|| left.cmp(right))
            .then_with(|| one.cmp(other)),
        [Some(_), None] => Ordering::Less,
        [None, Some(_)] => Ordering::Greater,
        [None, None] => one.cmp(other),
    }
}

fn number(id: &str) -> Option<&str> {
    let is_number = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| id.trim_start_matches('0'))
}

fn write_file(path: &Path, records: &[RawRecord]) -> std::io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    for record in records {
        let body = one_line(&record.body);
        match record.system {
            System::QuickBooks => out.write_all(body.as_bytes())?,
            System::Procore => {
                write!(
                    out,
                    "{{\"project_id\": {}, \"parent_id\": {}, \"body\": {body}}}",
                    id_or_null(record.project_id),
                    id_or_null(record.parent_id)
                )?;
            }
        }
        out.write_all(b"\n")?;
    }
    out.flush()
}

fn id_or_null(id: Option<i64>) -> SmolStr {
    id.map_or(SmolStr::new_static("null"), |id| {
        smol_str::format_smolstr!("{id}")
    })
}

/// In JSON a line end can only stand between members, where a space means the same.
fn one_line(body: &str) -> std::borrow::Cow<'_, str> {
    let body = body.trim();
    if body.contains(['\n', '\r']) {
        body.replace(['\n', '\r'], " ").into()
    } else {
        body.into()
    }
}

//! Uploads in the shapes that real clients send, attachments and their content.

use std::collections::BTreeMap;

use base64::Engine;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::company::values::{id_of, members, text};
use super::company::{Company, WriteOptions};
use super::fault::Fault;
use super::kind::Kind;
use super::response::{Call, Reply};

const REQUEST_LIMIT: usize = 100 * 1024 * 1024;

/// Uploaded content by company and attachment.
#[derive(Debug, Default)]
pub(super) struct Files(BTreeMap<(String, u64), (String, Vec<u8>)>);

/// One part of a multipart body.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    name: String,
    file_name: Option<String>,
    content_type: String,
    body: Vec<u8>,
}

/// Stores every pair of parts; a part that fails faults alone.
pub(super) fn upload(
    files: &mut Files,
    company: &mut Company,
    call: &Call,
    origin: &str,
    now: Timestamp,
) -> Result<Value, Fault> {
    if call.body.len() > REQUEST_LIMIT {
        return Err(Fault::validation(
            "6030",
            "The request is too large",
            "more than 100 MB",
        ));
    }
    let parts = split(call.header("content-type").unwrap_or(""), &call.body);
    let suffixes: Vec<String> = parts
        .iter()
        .filter_map(|part| part.name.strip_prefix("file_content"))
        .map(str::to_owned)
        .collect();
    if suffixes.is_empty() {
        return Err(Fault::required("file_content"));
    }
    let mut slots = Vec::new();
    for suffix in suffixes {
        let named = |head: &str| {
            parts
                .iter()
                .find(|part| part.name == format!("{head}{suffix}"))
        };
        let slot = match named("file_content") {
            Some(content) => store(files, company, named("file_metadata"), content, origin, now),
            None => Err(Fault::required("file_content")),
        };
        slots.push(match slot {
            Ok(attachable) => json!({"Attachable": attachable}),
            Err(fault) => json!({"Fault": fault.body()}),
        });
    }
    Ok(Value::Array(slots))
}

fn store(
    files: &mut Files,
    company: &mut Company,
    metadata: Option<&Part>,
    content: &Part,
    origin: &str,
    now: Timestamp,
) -> Result<Value, Fault> {
    let mut body = match metadata {
        Some(part) => serde_json::from_slice(&part.body).map_err(|error| {
            Fault::validation("2010", "Invalid metadata", format!("metadata: {error}"))
        })?,
        None => json!({}),
    };
    let content_type = match text(&body, "ContentType") {
        "" => content.content_type.clone(),
        given => given.to_owned(),
    };
    if content_type.contains("x-msdownload") || content_type.contains("x-sh") {
        return Err(Fault::validation(
            "6041",
            "Unsupported file type",
            content_type,
        ));
    }
    check_targets(company, &body)?;
    let map = members(&mut body);
    if map
        .get("FileName")
        .and_then(Value::as_str)
        .is_none_or(str::is_empty)
    {
        let name = content
            .file_name
            .clone()
            .unwrap_or_else(|| "attachment".to_owned());
        map.insert("FileName".to_owned(), Value::String(name));
    }
    map.insert(
        "ContentType".to_owned(),
        Value::String(content_type.clone()),
    );
    map.insert("Size".to_owned(), Value::from(content.body.len()));
    let created = company.create(Kind::Attachable, &body, WriteOptions::default(), now)?;
    let id = created
        .get("Id")
        .and_then(id_of)
        .ok_or_else(Fault::not_found)?;
    let realm = company.realm().to_owned();
    files
        .0
        .insert((realm.clone(), id), (content_type, content.body.clone()));
    let mut shown = created;
    let map = members(&mut shown);
    let path = format!("/v3/company/{realm}/download/{id}");
    map.insert("FileAccessUri".to_owned(), Value::String(path));
    let temporary = format!("{origin}/temporary/{realm}/{id}");
    map.insert("TempDownloadUri".to_owned(), Value::String(temporary));
    Ok(shown)
}

fn check_targets(company: &Company, body: &Value) -> Result<(), Fault> {
    let refs = body.get("AttachableRef").and_then(Value::as_array);
    for reference in refs
        .into_iter()
        .flatten()
        .filter_map(|one| one.get("EntityRef"))
    {
        let kind = Kind::parse(text(reference, "type"));
        let id = reference.get("value").and_then(id_of);
        match (kind, id) {
            (Some(kind), Some(id)) if company.get(kind, id).is_some() => {}
            (None, _) => {
                let detail = text(reference, "type").to_owned();
                return Err(Fault::validation(
                    "6050",
                    "Unsupported attachment target",
                    detail,
                ));
            }
            _ => return Err(Fault::invalid_reference("AttachableRef")),
        }
    }
    Ok(())
}

/// The short-lived address of the content.
pub(super) fn address(
    files: &Files,
    company: &Company,
    id: &str,
    origin: &str,
) -> Result<String, Fault> {
    let id: u64 = id.parse().map_err(|_| Fault::not_found())?;
    company
        .get(Kind::Attachable, id)
        .ok_or_else(Fault::not_found)?;
    let key = (company.realm().to_owned(), id);
    files.0.get(&key).ok_or_else(Fault::not_found)?;
    Ok(format!("{origin}/temporary/{}/{id}", company.realm()))
}

/// The content itself.
pub(super) fn content(files: &Files, realm: &str, id: &str) -> Result<Reply, Fault> {
    let bytes = bytes(files, realm, id).ok_or_else(Fault::not_found)?;
    Ok(Reply::text(200, "application/octet-stream", bytes.to_vec()))
}

/// The bytes as they came.
pub(super) fn bytes<'a>(files: &'a Files, realm: &str, id: &str) -> Option<&'a [u8]> {
    let id: u64 = id.parse().ok()?;
    let (_, bytes) = files.0.get(&(realm.to_owned(), id))?;
    Some(bytes)
}

/// Splits a multipart body by its boundary; line ends may be LF alone, a blank line may come
/// before the first boundary, and content may be base64.
fn split(content_type: &str, body: &[u8]) -> Vec<Part> {
    let declared = content_type
        .split(';')
        .filter_map(|piece| piece.trim().strip_prefix("boundary="))
        .map(|boundary| boundary.trim_matches('"').to_owned())
        .next();
    let Some(boundary) = declared.filter(|boundary| !boundary.is_empty()) else {
        return Vec::new();
    };
    let marker = format!("--{boundary}").into_bytes();
    let mut starts = Vec::new();
    let mut from = 0;
    while let Some(at) = find(&body[from..], &marker) {
        let at = from + at;
        if at == 0 || body[at - 1] == b'\n' {
            starts.push(at);
        }
        from = at + marker.len();
    }
    starts
        .windows(2)
        .filter_map(|pair| part(&body[pair[0] + marker.len()..pair[1]]))
        .collect()
}

fn part(raw: &[u8]) -> Option<Part> {
    let raw = raw
        .strip_prefix(b"\r\n")
        .or_else(|| raw.strip_prefix(b"\n"))
        .unwrap_or(raw);
    let (head_end, gap) = match (find(raw, b"\r\n\r\n"), find(raw, b"\n\n")) {
        (Some(wide), Some(narrow)) if narrow < wide => (narrow, 2),
        (Some(wide), _) => (wide, 4),
        (None, Some(narrow)) => (narrow, 2),
        (None, None) => return None,
    };
    let head = String::from_utf8_lossy(&raw[..head_end]).into_owned();
    let mut body = raw[head_end + gap..].to_vec();
    if body.last() == Some(&b'\n') {
        body.pop();
    }
    if body.last() == Some(&b'\r') {
        body.pop();
    }
    let header = |name: &str| {
        head.lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(key, _)| key.trim().eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim().to_owned())
    };
    let disposition = header("content-disposition")?;
    let quoted = |name: &str| {
        disposition
            .split(';')
            .filter_map(|piece| piece.trim().strip_prefix(name)?.strip_prefix('='))
            .map(|value| value.trim_matches('"').to_owned())
            .next()
    };
    if header("content-transfer-encoding").is_some_and(|how| how.eq_ignore_ascii_case("base64")) {
        let packed: Vec<u8> = body
            .iter()
            .copied()
            .filter(|byte| !byte.is_ascii_whitespace())
            .collect();
        if let Ok(bytes) = base64::engine::general_purpose::STANDARD.decode(packed) {
            body = bytes;
        }
    }
    Some(Part {
        name: quoted("name")?,
        file_name: quoted("filename"),
        content_type: header("content-type")
            .unwrap_or_else(|| "application/octet-stream".to_owned()),
        body,
    })
}

fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    hay.windows(needle.len())
        .position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_with_bare_line_feeds_and_base64_are_split() {
        let body = b"\n--B\nContent-Disposition: form-data; name=\"file_metadata_0\"\n\n{}\n--B\nContent-Disposition: form-data; name=\"file_content_0\"\nContent-Transfer-Encoding: base64\n\naGk=\n--B--";
        let parts = split("multipart/form-data; boundary=B", body);
        let names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
        assert_eq!(names, ["file_metadata_0", "file_content_0"]);
        assert_eq!(parts[1].body, b"hi");
    }

    #[test]
    fn standard_bodies_keep_their_bytes() {
        let body = b"--B\r\nContent-Disposition: form-data; name=\"file_content_01\"; filename=\"a.pdf\"\r\nContent-Type: application/pdf\r\n\r\n\x00\n--x\r\n\r\n--B--\r\n";
        let parts = split("multipart/form-data; boundary=\"B\"", body);
        assert_eq!(parts[0].file_name.as_deref(), Some("a.pdf"));
        assert_eq!(parts[0].body, b"\x00\n--x\r\n");
    }
}

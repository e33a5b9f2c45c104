//! The older views of the document tree: folders one level at a time, and files with versions.
//!
//! The store holds the flat v2 rows; these routes are derived from them.

use serde_json::{Value, json};

use super::call::Call;
use super::files;
use super::reply::{Refusal, Reply};
use super::store::{Body, Record, integer, text_of};

fn is_folder(record: &Record) -> bool {
    text_of(&record.body, "document_type") == Some("folder")
}

fn children<'c>(call: &'c Call<'_>, project: i64, folder: Option<i64>) -> Vec<&'c Record> {
    let mut rows = call.state.store.of_project("documents", project);
    rows.retain(|record| {
        let parent = integer(record.body.get("parent_id"));
        let known = parent.is_some_and(|id| call.state.store.live("documents", id).is_some());
        match folder {
            Some(folder) => parent == Some(folder),
            // A row whose folder is not in the store hangs under the root.
            None => !known,
        }
    });
    rows
}

pub(crate) fn root(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let project = call.project_id()?;
    let name = call
        .state
        .store
        .find("projects", project)
        .and_then(|record| text_of(&record.body, "display_name").or(text_of(&record.body, "name")))
        .unwrap_or("Documents")
        .to_owned();
    let mut body = tree(call, project, None);
    body["id"] = json!(project);
    body["name"] = json!(name);
    body["parent_id"] = Value::Null;
    Ok(Reply::ok(body))
}

pub(crate) fn folder(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let project = call.project_id()?;
    let id = call.id("id")?;
    let record = call
        .state
        .store
        .live("documents", id)
        .filter(|record| record.project == Some(project) && is_folder(record))
        .ok_or_else(Refusal::not_found)?;
    let mut body = tree(call, project, Some(id));
    body["id"] = json!(id);
    body["name"] = record.body.get("name").cloned().unwrap_or(Value::Null);
    body["parent_id"] = json!(integer(record.body.get("parent_id")));
    Ok(Reply::ok(body))
}

/// One level: deeper folders come with empty lists and must be asked for.
fn tree(call: &Call<'_>, project: i64, folder: Option<i64>) -> Value {
    let rows = children(call, project, folder);
    let folders: Vec<Value> = rows
        .iter()
        .filter(|record| is_folder(record))
        .map(|record| {
            json!({"id": record.id, "name": record.body.get("name"), "parent_id": folder,
                "private": record.body.get("private"), "folders": [], "files": []})
        })
        .collect();
    let files: Vec<Value> = rows
        .iter()
        .filter(|record| !is_folder(record))
        .map(|record| file_body(call, record))
        .collect();
    json!({"private": false, "is_deleted": false, "is_recycle_bin": false,
        "has_children": !rows.is_empty(), "has_children_files": !files.is_empty(),
        "has_children_folders": !folders.is_empty(), "folders": folders, "files": files,
        "custom_fields": {}})
}

pub(crate) fn file(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let id = call.id("id")?;
    let record = call
        .state
        .store
        .live("documents", id)
        .filter(|record| record.project == call.project && !is_folder(record))
        .ok_or_else(Refusal::not_found)?;
    Ok(Reply::ok(file_body(call, record)))
}

fn file_body(call: &Call<'_>, record: &Record) -> Value {
    let body = &record.body;
    let name = text_of(body, "name").unwrap_or("file");
    let current = body
        .get("file")
        .and_then(|file| file.get("current_version"));
    let version = integer(current.and_then(|version| version.get("id"))).or(record.id);
    let url = files::link(call, name);
    let size = current
        .and_then(|version| version.get("size"))
        .cloned()
        .unwrap_or(json!(0));
    let created = body.get("created_at").cloned().unwrap_or(Value::Null);
    json!({"id": record.id, "name": name, "parent_id": integer(body.get("parent_id")),
        "size": size, "description": null,
        "file_type": body.get("file").and_then(|file| file.get("file_type")),
        "name_with_path": name, "private": body.get("private"), "is_tracked": false,
        "is_deleted": false, "checked_out_by": null, "checked_out_until": null,
        "legacy_id": null, "created_at": created, "updated_at": body.get("updated_at"),
        "custom_fields": {},
        "file_versions": [{"id": version, "number": 1, "notes": null, "url": url, "size": size,
            "created_at": created, "file_id": record.id,
            "prostore_file": {"id": version, "name": name, "url": url, "filename": name}}]})
}

/// `PATCH files/{id}`: moves or renames.
pub(crate) fn move_file(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let id = call.id("id")?;
    let project = call.project_id()?;
    let record = call
        .state
        .store
        .live("documents", id)
        .filter(|record| record.project == Some(project) && !is_folder(record))
        .ok_or_else(Refusal::not_found)?;
    let mut body: Body = record.body.clone();
    let change = call.body.get("file").unwrap_or(&call.body);
    if let Some(parent) = integer(change.get("parent_id")) {
        body.insert("parent_id".to_owned(), json!(parent.to_string()));
    }
    if let Some(name) = change.get("name").and_then(Value::as_str) {
        body.insert("name".to_owned(), json!(name));
    }
    call.state.save("documents", Some(project), None, body);
    file(call)
}

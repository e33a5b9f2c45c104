//! Documents on the screens: adding one to a proposal, and looking at it.

use std::sync::Arc;

use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use gate::draft::Document;
use store::documents;

use super::{decider, to};
use crate::approvals::{self, Added, File, NotAdded};
use crate::web::error::AppError;
use crate::web::house::House;
use crate::web::shell::Asked;
use crate::web::visitor::Visitor;

/// The field of the form.
pub(super) const FIELD: &str = "document";

const NO_FILE: AppError = AppError::Refused("Choose a file first. Nothing was changed.");

/// `POST /approvals/{id}/document`: keeps a file and adds it to the draft, or proposes to attach it to
/// what was done.
///
/// # Errors
/// When no file was sent, it is of another kind or too long, or nothing takes it now.
pub async fn add(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Path(id): Path<String>,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, AppError> {
    let file = file_of(form.map_err(|_| NO_FILE)?).await?;
    let asked = Asked::gather(&house, visitor).await?;
    let (desk, decider) = (asked.desk().await?, decider(&asked));
    match approvals::add(&desk, &decider, &id, file).await {
        Ok(Added::Enclosed) => Ok(to(&format!("/approvals/{id}?done=enclosed"))),
        Ok(Added::Proposed(new)) => Ok(to(&format!("/approvals/{new}?done=to_attach"))),
        Err(NotAdded::Store(store::StoreError::Refused(refusal))) => {
            Err(AppError::Conflict(sentence(&refusal.to_string())))
        }
        Err(error @ (NotAdded::NothingToAttachTo | NotAdded::Gone(_))) => {
            Err(AppError::Conflict(error.to_string()))
        }
        Err(error) => Err(error.into()),
    }
}

/// A refusal of the store is a fragment.
fn sentence(fragment: &str) -> String {
    let mut letters = fragment.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    format!("{}{}.", first.collect::<String>(), letters.as_str())
}

async fn file_of(mut form: Multipart) -> Result<File, AppError> {
    const BROKEN: AppError =
        AppError::Refused("The file did not arrive whole. Nothing was changed.");
    while let Some(field) = form.next_field().await.map_err(|_| BROKEN)? {
        if field.name() != Some(FIELD) {
            continue;
        }
        let name = field.file_name().unwrap_or_default().to_owned();
        let content = field.bytes().await.map_err(|_| BROKEN)?.to_vec();
        if !content.is_empty() {
            return Ok(File { name, content });
        }
    }
    Err(NO_FILE)
}

/// `GET /documents/{id}`: the document itself, to be kept and opened outside of the page.
///
/// # Errors
/// [`AppError::NotFound`]; when the store cannot be read.
pub async fn document(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, AppError> {
    let asked = Asked::gather(&house, visitor).await?;
    let (store, scope) = (asked.tenant.store(), asked.tenant.scope());
    let found = documents::document(store, scope, &id).await?;
    let (document, content) = found.ok_or(AppError::NotFound)?;
    let headers = [
        (CONTENT_TYPE, document.media_type.to_string()),
        (CONTENT_DISPOSITION, disposition(&document)),
    ];
    Ok((headers, content).into_response())
}

/// Never shown in the page's own place, whatever is in it (RFC 6266, RFC 8187).
fn disposition(document: &Document) -> String {
    let plain: String = document
        .name
        .chars()
        .map(|it| {
            if it.is_ascii_graphic() && !matches!(it, '"' | '\\') {
                it
            } else {
                '_'
            }
        })
        .collect();
    let mut encoded = String::new();
    for byte in document.name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8\'\'{encoded}")
}

/// How long a document is, for people.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_a_header_stays_a_name() {
        let named = |name: &str| {
            disposition(&Document {
                id: "doc_1".into(),
                name: name.to_owned(),
                media_type: "application/pdf".into(),
                bytes: 1,
                digest: gate::digest::Digest::of(b"x"),
            })
        };
        assert_eq!(
            named("Bill 12é.pdf"),
            "attachment; filename=\"Bill_12_.pdf\"; filename*=UTF-8''Bill%2012%C3%A9.pdf"
        );
        let odd = named("a\\\"\r\nSet-Cookie: x.pdf");
        assert!(!odd.contains('\r') && !odd.contains('\n'), "{odd}");
        assert_eq!(odd.matches('"').count(), 2, "{odd}");
    }

    #[test]
    fn sizes_are_short() {
        assert_eq!(size(999), "999 bytes");
        assert_eq!(size(48_213), "48 kB");
        assert_eq!(size(2_350_000), "2.3 MB");
    }
}

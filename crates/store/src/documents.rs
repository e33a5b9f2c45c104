//! Documents that people bring, byte for byte.
//!
//! They are evidence of what was approved and attached, so they are only ever added. What kind of
//! file it is is read off its first bytes, never off what somebody says about it.

use gate::digest::Digest;
use gate::draft::Document;
use jiff::Timestamp;

use crate::audit::{Action, note_in};
use crate::mirror::moment;
use crate::sql::query;
use crate::{Refusal, Store, StoreError, TenantScope};

/// The longest document that is kept.
pub const LONGEST: usize = 10 * 1_024 * 1_024;
/// The longest name that QuickBooks takes.
const LONGEST_NAME: usize = 100;

/// First bytes of the files that are taken, and what they are.
const KNOWN: [(&[u8], &str); 3] = [
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
];

/// A document that somebody brings.
#[derive(Debug, Clone)]
pub struct NewDocument {
    /// Its id, such as `doc_…`.
    pub id: String,
    /// The file's name, without a path.
    pub name: String,
    /// Its bytes.
    pub content: Vec<u8>,
}

/// Keeps a document and leaves an entry in the audit.
///
/// # Errors
/// [`Refusal::UnknownFile`] when it is no PDF, PNG or JPEG, [`Refusal::FileTooLong`] above
/// [`LONGEST`].
pub async fn keep(
    store: &Store,
    scope: &TenantScope,
    new: NewDocument,
    now: Timestamp,
) -> Result<Document, StoreError> {
    store
        .tx(scope, move |tx| {
            Box::pin(async move {
                let document = described(&new)?;
                query(
                    "INSERT INTO document (tenant_id, document_id, name, media_type, bytes, digest,
                                           content, added_by, at)
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                )
                .bind(tx.tenant())
                .bind(document.id.as_str())
                .bind(&document.name)
                .bind(document.media_type.as_str())
                .bind(i64::try_from(document.bytes).map_err(|_| Refusal::FileTooLong)?)
                .bind(document.digest.to_string())
                .bind(new.content)
                .bind(tx.actor().as_deref().map(str::to_owned))
                .bind(moment(now))
                .execute(tx.connection())
                .await?;
                let about = format!("{} ({}): {}", document.id, document.digest, document.name);
                note_in(tx, Action::DocumentAdded, &about, now).await?;
                Ok(document)
            })
        })
        .await
}

/// What a document is.
fn described(new: &NewDocument) -> Result<Document, Refusal> {
    let bytes = new.content.len();
    if bytes > LONGEST {
        return Err(Refusal::FileTooLong);
    }
    let known = KNOWN
        .iter()
        .find(|(first, _)| new.content.starts_with(first));
    let (_, media_type) = known.ok_or(Refusal::UnknownFile)?;
    Ok(Document {
        id: new.id.as_str().into(),
        name: name_of(&new.name),
        media_type: (*media_type).into(),
        bytes: u64::try_from(bytes).unwrap_or(u64::MAX),
        digest: Digest::of(&new.content),
    })
}

/// The name without its path and without characters that are none in a name.
fn name_of(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last
        .chars()
        .filter(|it| !it.is_control() && !matches!(it, '"' | '<' | '>' | ':' | '|' | '?' | '*'))
        .collect();
    let kept = kept.trim();
    let count = kept.chars().count();
    match kept {
        "" => "document".to_owned(),
        // The end says what it is.
        _ => kept
            .chars()
            .skip(count.saturating_sub(LONGEST_NAME))
            .collect(),
    }
}

/// A document with its bytes; nothing when there is none with this id.
///
/// # Errors
/// When the store cannot be read, or the bytes are not those that were kept.
pub async fn document(
    store: &Store,
    scope: &TenantScope,
    id: &str,
) -> Result<Option<(Document, Vec<u8>)>, StoreError> {
    let id = id.to_owned();
    store
        .read(scope, move |tx| {
            Box::pin(async move {
                let row: Option<Row> = query(
                    "SELECT name, media_type, digest, content FROM document
                     WHERE tenant_id = $1 AND document_id = $2",
                )
                .bind(tx.tenant())
                .bind(&id)
                .row_if_any(tx.connection())
                .await?;
                row.map(|row| read(&id, row)).transpose()
            })
        })
        .await
}

type Row = (String, String, String, Vec<u8>);

fn read(
    id: &str,
    (name, media_type, digest, content): Row,
) -> Result<(Document, Vec<u8>), StoreError> {
    let kept = Digest::of(&content);
    if kept.to_string() != digest {
        return Err(StoreError::Unreadable { what: "document" });
    }
    let document = Document {
        id: id.into(),
        name,
        media_type: media_type.into(),
        bytes: u64::try_from(content.len()).unwrap_or(u64::MAX),
        digest: kept,
    };
    Ok((document, content))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_path_and_no_trick_and_keeps_its_end() {
        for (given, kept) in [
            ("CRM-88121.pdf", "CRM-88121.pdf"),
            ("C:\\bills\\a b.pdf", "a b.pdf"),
            ("../../etc/x.pdf", "x.pdf"),
            ("a\"\r\nb\0<c>.pdf", "abc.pdf"),
            (" / ", "document"),
            ("", "document"),
        ] {
            assert_eq!(name_of(given), kept, "{given:?}");
        }
        let long = format!("{}.pdf", "é".repeat(200));
        let kept = name_of(&long);
        assert_eq!(kept.chars().count(), 100);
        assert!(kept.ends_with("é.pdf"));
    }
}

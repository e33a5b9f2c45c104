//! The contract of documents.

use super::at;
use super::proposals::is_refusal;
use crate::documents::*;
use crate::{Refusal, Store};

pub(super) fn paper(id: &str, content: &[u8]) -> NewDocument {
    NewDocument {
        id: id.to_owned(),
        name: "CRM-88121.exe".to_owned(),
        content: content.to_vec(),
    }
}

pub(crate) async fn a_document_is_kept_byte_for_byte_and_told_in_the_audit(store: &Store) {
    let scope = store.scope().by("psn_1");
    let bytes = b"%PDF-1.7\n\x00\xff\r\n";
    let kept = keep(store, &scope, paper("doc_1", bytes), at(1))
        .await
        .unwrap();
    assert_eq!(
        (kept.media_type.as_str(), kept.bytes),
        ("application/pdf", 13)
    );
    assert_eq!(kept.digest, gate::digest::Digest::of(bytes));
    let read = document(store, &scope, "doc_1").await.unwrap();
    assert_eq!(read, Some((kept.clone(), bytes.to_vec())));
    assert_eq!(document(store, &scope, "doc_2").await.unwrap(), None);
    let told = crate::audit::entries(store, &scope, at(0), 10)
        .await
        .unwrap();
    let last = told.first().unwrap();
    assert_eq!(last.action, crate::audit::Action::DocumentAdded);
    assert!(
        last.about.contains(&kept.digest.to_string()),
        "{}",
        last.about
    );
    assert_eq!(last.actor.as_deref(), Some("psn_1"));
}

pub(crate) async fn what_is_no_paper_or_too_long_is_refused_and_leaves_nothing(store: &Store) {
    let scope = store.scope();
    for bad in [b"MZ\x90\x00".as_slice(), b"", b"%PD", b"<html>%PDF-"] {
        let refused = keep(store, &scope, paper("doc_1", bad), at(1)).await;
        is_refusal(refused, &Refusal::UnknownFile);
    }
    let mut long = b"%PDF-".to_vec();
    long.resize(LONGEST + 1, b' ');
    let refused = keep(store, &scope, paper("doc_1", &long), at(1)).await;
    is_refusal(refused, &Refusal::FileTooLong);
    assert_eq!(document(store, &scope, "doc_1").await.unwrap(), None);
    long.pop();
    keep(store, &scope, paper("doc_1", &long), at(1))
        .await
        .unwrap();
}

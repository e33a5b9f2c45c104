//! Tenants that move between engines, and files that must not be trusted.

use std::io::Cursor;

use super::*;
use crate::contract::{Kept, at, exported, filled, opened};
use crate::postgres::cluster::Cluster;
use crate::{Installation, Store, StoreError, mirror};

async fn arrived(installation: &Installation, bytes: Vec<u8>) -> Result<Store, StoreError> {
    let tenant = installation
        .import_tenant(Cursor::new(bytes), at(30))
        .await?;
    installation.store(&tenant.0.id).await
}

#[tokio::test]
async fn a_tenant_moves_between_the_engines_and_back_without_losing_a_row() {
    let (store, kept) = opened().await;
    filled(&store).await;
    let (left, bytes) = exported(&store).await;
    assert!(left.rows["record_version"] >= 2 && left.rows["finding_event"] > 0);
    let cluster = Cluster::start().await;
    let server = cluster.installation().await;
    let there = arrived(&server, bytes).await.unwrap();
    let (on_server, bytes) = exported(&there).await;
    assert_eq!(on_server, left);

    let other = Kept::open(tempfile::tempdir().unwrap()).await;
    let back = arrived(&other.installation, bytes).await.unwrap();
    assert_eq!(exported(&back).await.0, left);
    assert_eq!(back.scope(), store.scope(), "it is the same tenant");
    server.close().await;
    other.close().await;
    kept.close().await;
}

#[tokio::test]
async fn secrets_stay_behind_and_connections_have_to_be_made_again() {
    let (store, kept) = opened().await;
    filled(&store).await;
    let (summary, bytes) = exported(&store).await;
    for table in SECRETS {
        assert!(!summary.rows.contains_key(table));
    }
    let other = Kept::open(tempfile::tempdir().unwrap()).await;
    let moved = arrived(&other.installation, bytes).await.unwrap();
    let system = figures::source::System::QuickBooks;
    let found = crate::connections::connection(&moved, &moved.scope(), system).await;
    assert!(matches!(
        found.unwrap().unwrap().state,
        crate::connections::ConnectionState::NeedsReconnect(_)
    ));
    other.close().await;
    kept.close().await;
}

#[tokio::test]
async fn a_file_that_was_changed_or_cut_leaves_nothing() {
    let (store, kept) = opened().await;
    filled(&store).await;
    let (_, bytes) = exported(&store).await;
    let text = String::from_utf8(bytes).unwrap();
    let tenant = store.scope().tenant_id().to_owned();
    let lines: Vec<&str> = text.lines().collect();
    let foreign = tenant.replace("tnt_", "tnt_f");
    let one_row = lines[3].replace(&tenant, &foreign);
    let other = Kept::open(tempfile::tempdir().unwrap()).await;
    for (what, changed) in [
        ("a word", text.replacen("caf\u{e9}", "cafe", 1)),
        ("the end", lines[..lines.len() - 1].join("\n")),
        ("a row", [&lines[..4], &lines[5..]].concat().join("\n")),
        (
            "the order",
            [&lines[..2], &lines[5..6], &lines[2..5], &lines[6..]]
                .concat()
                .join("\n"),
        ),
        (
            "whose row",
            [&lines[..3], &[one_row.as_str()], &lines[4..]]
                .concat()
                .join("\n"),
        ),
        ("the tenant", text.replacen(&tenant, "../../control", 1)),
        ("everything", "Dear surety".to_owned()),
    ] {
        assert_ne!(changed, text, "{what}");
        let refused = arrived(&other.installation, changed.into_bytes())
            .await
            .unwrap_err();
        assert!(
            matches!(refused, StoreError::Transfer { .. }),
            "{what}: {refused:?}"
        );
        assert_eq!(other.installation.tenants().await.unwrap(), [], "{what}");
    }
    let arrived = arrived(&other.installation, text.into_bytes()).await;
    assert!(
        arrived.is_ok(),
        "the untouched file is welcome: {arrived:?}"
    );
    other.close().await;
    kept.close().await;
}

#[tokio::test]
async fn a_tenant_that_is_there_already_is_not_written_over() {
    let (store, kept) = opened().await;
    let (_, bytes) = exported(&store).await;
    let refused = arrived(&kept.installation, bytes).await.unwrap_err();
    assert!(matches!(refused, StoreError::Refused(_)), "{refused:?}");
    assert!(mirror::cycles(&store, &store.scope()).await.is_ok());
    kept.close().await;
}

/// Name and kinds of the columns of every table, as the engine knows them.
async fn columns(store: &Store) -> Vec<(String, String)> {
    let rows: Vec<(String, String)> = store
        .read(&store.scope(), |tx| {
            Box::pin(async move {
                crate::sql::per_engine(
                    "SELECT tables.name, columns.type FROM sqlite_schema AS tables
                     JOIN pragma_table_info(tables.name) AS columns
                     WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite%'
                     ORDER BY tables.name, columns.cid",
                    "SELECT relname::text, format_type(atttypid, NULL) FROM pg_class
                     JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
                     WHERE relnamespace = 'plumbline'::regnamespace AND relkind = 'r'
                     ORDER BY relname COLLATE \"C\", attnum",
                )
                .rows(tx.connection())
                .await
            })
        })
        .await
        .unwrap();
    let mut tables: std::collections::BTreeMap<String, String> = std::collections::BTreeMap::new();
    for (table, kind) in rows {
        tables.entry(table).or_default().push(match kind.as_str() {
            "TEXT" | "text" => 't',
            "BIGINT" | "bigint" => 'w',
            "BLOB" | "bytea" => 'b',
            _ => '?',
        });
    }
    tables.remove("_sqlx_migrations");
    tables.remove("this_tenant");
    tables.into_iter().collect()
}

#[tokio::test]
async fn every_table_of_both_engines_moves_with_the_tenant() {
    let mut listed: Vec<(String, String)> = TABLES
        .iter()
        .map(|table| (table.name.to_owned(), table.kinds.to_owned()))
        .collect();
    listed.sort();
    let (store, kept) = opened().await;
    assert_eq!(columns(&store).await, listed);
    kept.close().await;
    let cluster = Cluster::start().await;
    let server = cluster.installation().await;
    assert_eq!(columns(&Cluster::tenant(&server).await).await, listed);
    server.close().await;
}

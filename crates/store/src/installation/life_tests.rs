//! Tenants that are brought forward, given new keys and erased; and what must never be readable.

use std::path::{Path, PathBuf};

use figures::source::System;
use jiff::Timestamp;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection, Executor};

use super::*;
use crate::connections::{NewConnection, PendingAuthorization, connect, start_authorization};
use crate::contract::{Kept, at, bill, by_operator, opened};
use crate::postgres::cluster::Cluster;
use crate::settings::{self, StoredSettings};
use crate::tokens::{TokenSet, current};
use crate::{mirror, sqlite};

const QBO: System = System::QuickBooks;

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn company(access: &str, refresh: &str) -> NewConnection {
    NewConnection {
        system: QBO,
        environment: "sandbox".to_owned(),
        account_id: "9341450000000001".to_owned(),
        grant_type: "authorization_code".to_owned(),
        tokens: TokenSet {
            access_token: secret(access),
            refresh_token: Some(secret(refresh)),
            obtained_at: at(0),
            access_expires_at: at(1),
            refresh_expires_at: None,
        },
    }
}

/// Everything secret that a tenant can have.
async fn with_secrets(store: &Store) {
    let scope = store.scope();
    connect(
        store,
        &scope,
        company("canary-access", "canary-refresh"),
        at(0),
    )
    .await
    .unwrap();
    let pending = PendingAuthorization {
        system: QBO,
        state: secret("canary-state"),
        session: "session".to_owned(),
        kept: secret("canary-kept"),
        expires_at: at(1),
    };
    start_authorization(store, &scope, pending, at(0))
        .await
        .unwrap();
    let body = "{\"time_zone\":\"America/Denver\"}".to_owned();
    let secrets = [(
        "quickbooks.client_secret".to_owned(),
        secret("canary-client"),
    )]
    .into();
    settings::save(store, &scope, StoredSettings { body, secrets })
        .await
        .unwrap();
}

async fn refresh_token(store: &Store) -> Secret {
    let stored = current(store, &store.scope(), QBO).await.unwrap();
    stored.tokens.refresh_token.unwrap()
}

/// Every file below a folder with its bytes.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            found.push((path, bytes));
        }
    }
    found
}

fn assert_nowhere(folder: &Path, words: &[&str]) {
    for (path, bytes) in files(folder) {
        for word in words {
            let found = bytes
                .windows(word.len())
                .any(|part| part == word.as_bytes());
            assert!(!found, "{word} is readable in {}", path.display());
        }
    }
}

#[tokio::test]
async fn no_secret_and_no_record_is_readable_in_any_file() {
    let (store, kept) = opened().await;
    with_secrets(&store).await;
    let scope = store.scope();
    let cycle = mirror::begin_cycle(&store, &scope, at(0))
        .await
        .unwrap()
        .cycle;
    let page = vec![bill("1", "canary-body")];
    mirror::record_page(&store, &scope, cycle, page)
        .await
        .unwrap();
    // While everything is open, the logs of the files are looked into as well.
    assert_nowhere(
        kept.folder.path(),
        &["canary", "Ridgeline", "SQLite format 3"],
    );
    kept.installation
        .replace_tenant_key(scope.tenant_id())
        .await
        .unwrap();
    assert_nowhere(
        kept.folder.path(),
        &["canary", "Ridgeline", "SQLite format 3"],
    );
    kept.close().await;
}

#[tokio::test]
async fn on_a_server_every_secret_is_sealed_in_its_column() {
    let cluster = Cluster::start().await;
    let installation = cluster.installation().await;
    let store = Cluster::tenant(&installation).await;
    with_secrets(&store).await;
    assert_eq!(refresh_token(&store).await, secret("canary-refresh"));
    installation.close().await;
    // The tables and the log of a server are files too.
    assert_nowhere(cluster.folder(), &["canary-"]);
}

#[tokio::test]
async fn a_sealed_value_that_was_moved_to_another_row_is_refused() {
    let (store, kept) = opened().await;
    with_secrets(&store).await;
    store
        .tx(&store.scope(), |tx| {
            Box::pin(async move {
                crate::sql::query("UPDATE token SET refresh_token = access_token")
                    .execute(tx.connection())
                    .await
            })
        })
        .await
        .unwrap();
    let refused = current(&store, &store.scope(), QBO).await.unwrap_err();
    assert!(
        matches!(refused, StoreError::Unsealed { .. }),
        "{refused:?}"
    );
    kept.close().await;
}

/// Versions of a tenant's keys.
async fn versions(installation: &Installation, id: &str) -> usize {
    let keys = installation.inner.keys.keys_of(id).await.unwrap();
    keys.of_the_file().len()
}

#[tokio::test]
async fn a_tenants_new_key_opens_everything_and_the_old_one_nothing() {
    let (store, kept) = opened().await;
    with_secrets(&store).await;
    let id = store.scope().tenant_id().to_owned();
    let old = std::fs::read(kept.folder.path().join("data/keys.json")).unwrap();
    let sealed = kept.installation.replace_tenant_key(&id).await.unwrap();
    assert_eq!(sealed, 4, "both tokens, the verifier and the client secret");
    assert_eq!(versions(&kept.installation, &id).await, 1);
    drop(store);
    let store = kept.installation.store(&id).await.unwrap();
    assert_eq!(refresh_token(&store).await, secret("canary-refresh"));
    drop(store);
    let kept = kept.again().await;
    let store = kept.installation.store(&id).await.unwrap();
    assert_eq!(refresh_token(&store).await, secret("canary-refresh"));
    drop(store);
    // The keys of before, as from a backup, open the file no more.
    kept.installation.close().await;
    std::fs::write(kept.folder.path().join("data/keys.json"), old).unwrap();
    let kept = kept.again().await;
    let refused = kept.installation.store(&id).await.unwrap_err();
    assert!(
        matches!(refused, StoreError::WrongKey { .. }),
        "{refused:?}"
    );
    kept.close().await;
}

#[tokio::test]
async fn a_rotation_that_was_cut_off_leaves_a_tenant_that_opens_and_can_be_finished() {
    let (store, kept) = opened().await;
    with_secrets(&store).await;
    let id = store.scope().tenant_id().to_owned();
    drop(store);
    // Killed after the new key was written down, and again after a half-made copy.
    kept.installation.inner.keys.add(&id).await.unwrap();
    let half = kept.folder.path().join(format!("data/tenants/{id}.new"));
    std::fs::write(&half, b"half").unwrap();
    let kept = kept.again().await;
    let store = kept.installation.store(&id).await.unwrap();
    assert_eq!(refresh_token(&store).await, secret("canary-refresh"));
    drop(store);
    kept.installation.replace_tenant_key(&id).await.unwrap();
    assert_eq!(versions(&kept.installation, &id).await, 1);
    assert!(!half.exists());
    kept.close().await;
}

#[tokio::test]
async fn another_master_key_takes_over_while_tenants_are_open() {
    let (store, kept) = opened().await;
    with_secrets(&store).await;
    let id = store.scope().tenant_id().to_owned();
    let new = MasterKeySource::Text(MasterKey::random().unwrap().to_text());
    kept.installation.replace_master_key(&new).await.unwrap();
    assert_eq!(refresh_token(&store).await, secret("canary-refresh"));
    kept.installation.close().await;
    let folder = kept.installation.folder().unwrap().to_owned();
    drop((store, kept.installation));
    let old = Installation::open(&folder, &MasterKeySource::BesideTheData, at(1)).await;
    assert!(matches!(old, Err(StoreError::WrongKey { .. })), "{old:?}");
    let installation = Installation::open(&folder, &new, at(1)).await.unwrap();
    let store = installation.store(&id).await.unwrap();
    assert_eq!(refresh_token(&store).await, secret("canary-refresh"));
    installation.close().await;
}

#[tokio::test]
async fn keys_are_replaced_on_a_server_too() {
    let cluster = Cluster::start().await;
    let installation = cluster.installation().await;
    let store = Cluster::tenant(&installation).await;
    with_secrets(&store).await;
    let id = store.scope().tenant_id().to_owned();
    assert_eq!(installation.replace_tenant_key(&id).await.unwrap(), 4);
    assert_eq!(versions(&installation, &id).await, 1);
    let new = MasterKeySource::Text(MasterKey::random().unwrap().to_text());
    installation.replace_master_key(&new).await.unwrap();
    let store = installation.store(&id).await.unwrap();
    assert_eq!(refresh_token(&store).await, secret("canary-refresh"));
    installation.close().await;
    let durability = Durability::NotInTests;
    let url = cluster.url("plumbline_app");
    let again = Installation::connect(&url, &new, durability).await.unwrap();
    let store = again.store(&id).await.unwrap();
    assert_eq!(refresh_token(&store).await, secret("canary-refresh"));
    again.close().await;
}

#[tokio::test]
async fn an_erased_tenant_leaves_its_id_and_an_account() {
    let (store, kept) = opened().await;
    with_secrets(&store).await;
    let id = store.scope().tenant_id().to_owned();
    let erasure = kept
        .installation
        .erase_tenant(&id, &by_operator(None, kept.folder.path()), at(5))
        .await
        .unwrap();
    assert!(erasure.data_is_gone && erasure.keys_are_gone, "{erasure:?}");
    assert_eq!(erasure.rows["token"], 1);
    assert!(erasure.remains.iter().any(|line| line.contains("backups")));
    let refused = kept.installation.store(&id).await.unwrap_err();
    assert!(matches!(refused, StoreError::UnknownTenant), "{refused:?}");
    assert!(mirror::cycles(&store, &store.scope()).await.is_err());
    let listed = kept.installation.tenants().await.unwrap();
    assert_eq!(
        (listed[0].state, listed[0].name.as_str()),
        (TenantState::Erased, "")
    );
    let names = files(kept.folder.path());
    assert!(
        !names
            .iter()
            .any(|(path, _)| path.display().to_string().contains(&id))
    );
    let keys = std::fs::read_to_string(kept.folder.path().join("data/keys.json")).unwrap();
    assert!(!keys.contains(&id));
    let again = by_operator(None, kept.folder.path());
    let twice = kept.installation.erase_tenant(&id, &again, at(6)).await;
    assert!(matches!(twice, Err(StoreError::UnknownTenant)));
    kept.close().await;
}

#[tokio::test]
async fn an_erasure_that_was_cut_off_is_finished_at_the_next_opening() {
    let (store, kept) = opened().await;
    let id = store.scope().tenant_id().to_owned();
    drop(store);
    let control = kept.installation.control();
    control::set_state(control, &id, TenantState::Erasing, at(1))
        .await
        .unwrap();
    let back = control::set_state(control, &id, TenantState::Active, at(2)).await;
    assert!(back.is_err(), "erasing is not taken back");
    let kept = kept.again().await;
    let listed = kept.installation.tenants().await.unwrap();
    assert_eq!(listed[0].state, TenantState::Erased);
    assert!(!file_of(kept.installation.folder().unwrap(), &id).exists());
    kept.close().await;
}

#[tokio::test]
async fn erasing_on_a_server_takes_the_administrator_and_spares_the_others() {
    let cluster = Cluster::start().await;
    let installation = cluster.installation().await;
    let (gone, stays) = (
        Cluster::tenant(&installation).await,
        Cluster::tenant(&installation).await,
    );
    for store in [&gone, &stays] {
        with_secrets(store).await;
        mirror::begin_cycle(store, &store.scope(), at(0))
            .await
            .unwrap();
    }
    let id = gone.scope().tenant_id().to_owned();
    let powerless = by_operator(None, cluster.folder());
    let refused = installation.erase_tenant(&id, &powerless, at(1)).await;
    assert!(refused.is_err());
    let administrator = cluster.url("postgres");
    let erasure = installation
        .erase_tenant(
            &id,
            &by_operator(Some(&administrator), cluster.folder()),
            at(1),
        )
        .await
        .unwrap();
    assert!(erasure.data_is_gone && erasure.keys_are_gone, "{erasure:?}");
    assert_eq!(erasure.rows["cycle"], 1);
    assert_eq!(refresh_token(&stays).await, secret("canary-refresh"));
    let kept = mirror::cycles(&stays, &stays.scope()).await.unwrap();
    assert_eq!(kept.len(), 1);
    let written = mirror::begin_cycle(&gone, &gone.scope(), at(2)).await;
    assert!(written.is_err(), "nothing more is written for it");
    installation.close().await;
}

/// A plain file as version 0.1 kept it, its log not yet written back.
async fn plain_file(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal);
    let mut connection = options.connect().await.unwrap();
    sqlite::TENANT.run_to(3, &mut connection).await.unwrap();
    connection
        .execute(
            "PRAGMA application_id = 1347177794;
             INSERT INTO this_tenant VALUES ('tnt_0193old', 1);
             INSERT INTO cycle VALUES
                 ('tnt_0193old', 1, 1, 'finished', '2026-10-31T00:00:00.000000Z',
                  '2026-10-31T00:00:01.000000Z', '2026-10-31');
             INSERT INTO record_version VALUES
                 ('tnt_0193old', 'quickbooks', 'Bill', -9223372036854775808,
                  -9223372036854775808, 1, '7', 1, 1, 0, x'00ff', 'canary-body');
             INSERT INTO record VALUES
                 ('tnt_0193old', 'quickbooks', 'Bill', -9223372036854775808,
                  -9223372036854775808, 1, '7', 1, x'00ff', 0, 1);
             INSERT INTO connection VALUES
                 ('tnt_0193old', 'quickbooks', 'sandbox', '9341450000000001',
                  'authorization_code', 'connected', '', 0, '2026-10-31T00:00:00.000000Z');
             INSERT INTO token VALUES
                 ('tnt_0193old', 'quickbooks', 4, 'canary-access', 'v1.4.canary-refresh',
                  '2026-10-31T00:00:00.000000Z', '2026-10-31T01:00:00.000000Z', NULL, NULL,
                  NULL, NULL);",
        )
        .await
        .unwrap();
    connection
}

async fn assert_brought_forward(installation: &Installation, id: &str) {
    let store = installation.store(id).await.unwrap();
    assert_eq!(refresh_token(&store).await, secret("v1.4.canary-refresh"));
    let records = mirror::read_as_of(&store, &store.scope(), 1).await.unwrap();
    assert_eq!(records.collect().await.unwrap(), [bill("7", "canary-body")]);
    let health = crate::doctor::check(&store, &store.scope()).await.unwrap();
    assert!(health.is_sound(), "{health:?}");
}

#[tokio::test]
async fn the_plain_file_of_the_version_before_becomes_an_encrypted_tenant() {
    let kept = Kept::open(tempfile::tempdir().unwrap()).await;
    let plain = kept.folder.path().join("plumbline.db");
    // Not closed: what was committed last is in its log only.
    let open = plain_file(&plain).await;
    let copied = kept.folder.path().join("data/plumbline.db");
    for ending in ["", "-wal"] {
        let name = |path: &Path| PathBuf::from(format!("{}{ending}", path.display()));
        std::fs::copy(name(&plain), name(&copied)).unwrap();
    }
    open.close().await.unwrap();
    let moved = kept
        .installation
        .move_in(&copied, "Ridgeline", at(3))
        .await
        .unwrap();
    assert_eq!(
        (moved.id.as_str(), moved.name.as_str()),
        ("tnt_0193old", "Ridgeline")
    );
    assert_brought_forward(&kept.installation, &moved.id).await;
    assert_nowhere(
        &kept.folder.path().join("data"),
        &["canary", "SQLite format 3"],
    );
    kept.close().await;
}

#[tokio::test]
async fn a_move_that_was_cut_off_at_any_step_begins_again_and_loses_nothing() {
    let kept = Kept::open(tempfile::tempdir().unwrap()).await;
    let plain = kept.folder.path().join("plumbline.db");
    plain_file(&plain).await.close().await.unwrap();
    // Killed with the row, the key and a half-made file there.
    let control = kept.installation.control();
    control::add(control, "tnt_0193old", "Ridgeline", at(0))
        .await
        .unwrap();
    kept.installation
        .inner
        .keys
        .add("tnt_0193old")
        .await
        .unwrap();
    let file = file_of(kept.installation.folder().unwrap(), "tnt_0193old");
    std::fs::write(&file, b"half").unwrap();
    let kept = kept.again().await;
    assert_eq!(kept.installation.tenants().await.unwrap(), []);
    let backup = std::fs::read(&plain).unwrap();
    let moved = kept
        .installation
        .move_in(&plain, "Ridgeline", at(1))
        .await
        .unwrap();
    assert!(!plain.exists());
    // Killed before the plain file was removed: it is, and the tenant stays as it is.
    std::fs::write(&plain, backup).unwrap();
    let again = kept
        .installation
        .move_in(&plain, "Ridgeline", at(2))
        .await
        .unwrap();
    assert_eq!(again, moved);
    assert!(!plain.exists());
    assert_brought_forward(&kept.installation, &moved.id).await;
    kept.close().await;
}

#[tokio::test]
async fn a_file_that_is_no_store_is_not_brought_in() {
    let kept = Kept::open(tempfile::tempdir().unwrap()).await;
    let path = kept.folder.path().join("letter.db");
    std::fs::write(&path, "Dear surety, ".repeat(500)).unwrap();
    let refused = kept
        .installation
        .move_in(&path, "Ridgeline", Timestamp::UNIX_EPOCH)
        .await;
    assert!(refused.is_err());
    assert!(path.exists());
    assert_eq!(kept.installation.tenants().await.unwrap(), []);
    kept.close().await;
}

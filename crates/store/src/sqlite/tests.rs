//! The contract on SQLite, and what concerns its file.

use std::path::Path;

use std::path::PathBuf;
use std::sync::Arc;

use super::*;
use crate::contract::{at, bill, day, opened};
use crate::keys::{KeyFile, MasterKey};
use crate::lock::DirectoryLock;
use crate::sql::query;
use crate::{Store, mirror};

const TENANT_ID: &str = "tnt_1";

/// One file with its keys, without an installation around it.
struct Single {
    folder: tempfile::TempDir,
    keys: Keys,
}

impl Single {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keys = some_keys(folder.path());
        Self { folder, keys }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("store.db")
    }

    async fn create(&self) -> Store {
        let lock = Arc::new(DirectoryLock::take(self.folder.path()).unwrap());
        Store::create(&self.path(), TENANT_ID, self.keys.clone(), lock)
            .await
            .unwrap()
    }

    async fn open(&self) -> Result<Store, StoreError> {
        self.open_with(self.keys.clone()).await
    }

    async fn open_with(&self, keys: Keys) -> Result<Store, StoreError> {
        let lock = Arc::new(DirectoryLock::take(self.folder.path())?);
        Store::open(&self.path(), TENANT_ID, keys, lock, Check::Quick).await
    }
}

fn some_keys(folder: &Path) -> Keys {
    let master = MasterKey::random().unwrap();
    KeyFile::create(&folder.join("keys.json"), master)
        .unwrap()
        .add(TENANT_ID)
        .unwrap()
}

mod keeps_the_contract {
    macro_rules! each_alone {
        ($($area:ident { $($name:ident),+ $(,)? })+) => {
            $(mod $area {
                $(#[tokio::test]
                async fn $name() {
                    let (store, kept) = crate::contract::opened().await;
                    crate::contract::$area::$name(&store).await;
                    kept.close().await;
                })+
            })+
        };
    }
    crate::contract::the_contract! { each_alone }
}

async fn with_a_bill(store: &Store) {
    let scope = store.scope();
    let cycle = mirror::begin_cycle(store, &scope, at(0))
        .await
        .unwrap()
        .cycle;
    mirror::record_page(store, &scope, cycle, vec![bill("1", "x")])
        .await
        .unwrap();
    mirror::finish_cycle(store, &scope, cycle, day("2026-10-31"), at(1))
        .await
        .unwrap();
}

/// Runs a statement on the writer and returns what the database says about it.
async fn execute(store: &Store, statement: &'static str) -> Result<(), String> {
    let done = store
        .tx(&store.scope(), move |tx| {
            Box::pin(async move {
                query(statement).execute(tx.connection()).await?;
                Ok(())
            })
        })
        .await;
    done.map_err(|error| match error {
        StoreError::Database { source, .. } => source.to_string(),
        other => other.to_string(),
    })
}

#[tokio::test]
async fn what_must_not_change_is_held_by_the_database() {
    let (store, kept) = opened().await;
    with_a_bill(&store).await;
    for statement in [
        "UPDATE record_version SET body = 'y'",
        "UPDATE record_version SET removed = 1 WHERE version = 1",
        "DELETE FROM record_version",
        "INSERT OR REPLACE INTO record_version
         SELECT tenant_id, system, resource, project_id, parent_id, id_length, external_id,
                version, first_seen_cycle, removed, digest, 'y' FROM record_version",
        "INSERT OR REPLACE INTO this_tenant (tenant_id, only_row) VALUES ('tnt_other', 1)",
        "UPDATE this_tenant SET tenant_id = 'tnt_other'",
        "DELETE FROM this_tenant",
    ] {
        let refused = execute(&store, statement).await.unwrap_err();
        assert!(
            refused.contains("immutable") || refused.contains("tenant"),
            "{statement}: {refused}"
        );
    }
    kept.close().await;
}

#[tokio::test]
async fn a_row_of_another_tenant_is_refused_by_the_database() {
    let (store, kept) = opened().await;
    let refused = execute(
        &store,
        "INSERT INTO cycle (tenant_id, cycle_no, run_no, state, started_at)
         VALUES ('tnt_other', 1, 1, 'open', '')",
    )
    .await
    .unwrap_err();
    assert!(refused.contains("FOREIGN KEY"), "{refused}");
    kept.close().await;
}

#[tokio::test]
async fn the_readers_cannot_write() {
    let (store, kept) = opened().await;
    let result = store
        .read(&store.scope(), |tx| {
            Box::pin(async move {
                query("DELETE FROM cursor").execute(tx.connection()).await?;
                Ok(())
            })
        })
        .await;
    assert!(
        matches!(
            result,
            Err(StoreError::Database {
                kind: "read-only",
                ..
            })
        ),
        "{result:?}"
    );
    kept.close().await;
}

#[tokio::test]
async fn a_caller_who_goes_away_leaves_no_transaction_behind() {
    let (store, kept) = opened().await;
    with_a_bill(&store).await;
    for polls in 0..60 {
        let scope = store.scope();
        let mut work = Box::pin(mirror::begin_cycle(&store, &scope, at(2)));
        for _ in 0..polls {
            let waker = std::task::Waker::noop();
            let mut context = std::task::Context::from_waker(waker);
            if work.as_mut().poll(&mut context).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(work);
        // The next borrower must find the connection outside a transaction and its work durable.
        let begun = mirror::begin_cycle(&store, &store.scope(), at(3))
            .await
            .unwrap();
        assert_eq!(begun.cycle.number(), 2);
    }
    kept.close().await;
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read_the_file_and_its_log() {
    use std::os::unix::fs::PermissionsExt;
    let single = Single::new();
    let store = single.create().await;
    for name in ["store.db", "store.db-wal", "store.db-shm"] {
        let mode = std::fs::metadata(single.folder.path().join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    store.close().await;
}

#[tokio::test]
async fn the_settings_that_keep_commits_are_in_force() {
    let (store, kept) = opened().await;
    let settings: (String, i64, i64, i64) = store
        .tx(&store.scope(), |tx| {
            Box::pin(async move {
                let mode = query("PRAGMA journal_mode").value(tx.connection()).await?;
                let sync = query("PRAGMA synchronous").value(tx.connection()).await?;
                let keys = query("PRAGMA foreign_keys").value(tx.connection()).await?;
                let map = query("PRAGMA mmap_size").value(tx.connection()).await?;
                Ok((mode, sync, keys, map))
            })
        })
        .await
        .unwrap();
    assert_eq!(settings, ("wal".to_owned(), 2, 1, 0));
    kept.close().await;
}

/// A closed file with a few thousand bills in it.
async fn closed_file(single: &Single) {
    let store = single.create().await;
    let scope = store.scope();
    let cycle = mirror::begin_cycle(&store, &scope, at(0))
        .await
        .unwrap()
        .cycle;
    let page = (0..3_000)
        .map(|id| bill(&id.to_string(), &format!("canary {}", "x".repeat(200))))
        .collect();
    mirror::record_page(&store, &scope, cycle, page)
        .await
        .unwrap();
    store.close().await;
}

#[tokio::test]
async fn a_damaged_file_is_refused_and_left_as_it_is() {
    let single = Single::new();
    let path = single.path();
    closed_file(&single).await;
    let sound = std::fs::read(&path).unwrap();
    // Any one bit: the authentication code of the page no longer fits.
    for page in [40, 90, 150] {
        let mut damaged = sound.clone();
        damaged[page * 4_096 + 17] ^= 0x01;
        std::fs::write(&path, &damaged).unwrap();
        let refused = single.open().await.unwrap_err();
        assert!(
            matches!(refused, StoreError::Damaged { .. }),
            "page {page}: {refused:?}"
        );
        assert!(refused.to_string().contains("restore"), "{refused}");
        assert!(
            std::fs::read(&path).unwrap() == damaged,
            "the damaged file was changed"
        );
    }
    std::fs::write(&path, &sound).unwrap();
    single.open().await.unwrap().close().await;
}

#[tokio::test]
async fn without_its_key_a_file_is_noise_and_stays_as_it_is() {
    let single = Single::new();
    let path = single.path();
    closed_file(&single).await;
    let before = std::fs::read(&path).unwrap();
    for readable in [
        &b"SQLite format 3"[..],
        b"canary",
        b"this_tenant",
        TENANT_ID.as_bytes(),
    ] {
        let found = before.windows(readable.len()).any(|part| part == readable);
        assert!(!found, "{readable:?} is readable in the file");
    }
    let other = tempfile::tempdir().unwrap();
    let refused = single.open_with(some_keys(other.path())).await.unwrap_err();
    assert!(
        matches!(refused, StoreError::WrongKey { .. }),
        "{refused:?}"
    );
    assert!(
        refused.to_string().contains("wrong or missing data key"),
        "{refused}"
    );
    assert!(std::fs::read(&path).unwrap() == before);
    let names: Vec<_> = std::fs::read_dir(single.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("store.db"))
        .collect();
    assert_eq!(names, ["store.db"], "nothing was made beside it");
}

#[tokio::test]
async fn the_file_of_another_tenant_is_not_opened_as_ones_own() {
    let single = Single::new();
    single.create().await.close().await;
    let lock = Arc::new(DirectoryLock::take(single.folder.path()).unwrap());
    let keys = single.keys.clone();
    let other = Store::open(&single.path(), "tnt_2", keys, lock, Check::Quick).await;
    assert!(matches!(other, Err(StoreError::UnknownTenant)), "{other:?}");
}

#[tokio::test]
async fn a_file_that_is_not_there_or_not_ours_is_refused_and_nothing_is_made() {
    let single = Single::new();
    let path = single.path();
    let missing = single.open().await.unwrap_err();
    assert!(matches!(missing, StoreError::Missing { .. }), "{missing:?}");
    assert!(missing.to_string().contains("restore"), "{missing}");
    assert!(!path.exists());

    let text = "Dear surety, ".repeat(1_000);
    std::fs::write(&path, &text).unwrap();
    let refused = single.open().await.unwrap_err();
    assert!(
        matches!(refused, StoreError::WrongKey { .. }),
        "{refused:?}"
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[tokio::test]
async fn a_plain_file_is_never_opened_in_place() {
    let single = Single::new();
    let path = single.path();
    let options = SqliteConnectOptions::new()
        .filename(&path)
        .create_if_missing(true);
    let mut connection = connect_once(options, &path).await.unwrap();
    sqlx::query("CREATE TABLE contact (name TEXT)")
        .execute(&mut connection)
        .await
        .unwrap();
    sqlx::Connection::close(connection).await.unwrap();
    let before = std::fs::read(&path).unwrap();
    let refused = single.open().await.unwrap_err();
    assert!(
        matches!(refused, StoreError::NotEncrypted { .. }),
        "{refused:?}"
    );
    assert!(std::fs::read(&path).unwrap() == before);
}

#[tokio::test]
async fn a_file_of_a_newer_program_is_refused() {
    let single = Single::new();
    let store = single.create().await;
    execute(
        &store,
        "INSERT INTO _sqlx_migrations
             (version, description, installed_on, success, checksum, execution_time)
         VALUES (9999, 'later', '2030-01-01', 1, x'00', 0)",
    )
    .await
    .unwrap();
    store.close().await;
    drop(store);
    let refused = single.open().await.unwrap_err();
    assert!(
        matches!(refused, StoreError::NewerSchema { version: 9999, .. }),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_full_disk_rolls_back_whole_and_stops_writing() {
    let single = Single::new();
    let store = single.create().await;
    let scope = store.scope();
    let cycle = mirror::begin_cycle(&store, &scope, at(0))
        .await
        .unwrap()
        .cycle;
    mirror::record_page(&store, &scope, cycle, vec![bill("1", "x")])
        .await
        .unwrap();
    // A quota on pages makes SQLite report exactly what a full disk makes it report.
    execute(&store, "PRAGMA max_page_count = 120")
        .await
        .unwrap();
    let page = (2..4_000)
        .map(|id| bill(&id.to_string(), &"x".repeat(400)))
        .collect();
    let full = mirror::record_page(&store, &scope, cycle, page)
        .await
        .unwrap_err();
    assert!(matches!(full, StoreError::DiskFull), "{full:?}");
    let next = mirror::begin_cycle(&store, &scope, at(1)).await;
    assert!(matches!(next, Err(StoreError::Stopped)));
    let readable = mirror::read_as_of(&store, &scope, 1)
        .await
        .unwrap()
        .collect()
        .await
        .unwrap();
    assert_eq!(readable, [bill("1", "x")], "reading goes on");
    store.close().await;
    drop(store);

    let store = single.open().await.unwrap();
    let kept = mirror::read_as_of(&store, &scope, 1)
        .await
        .unwrap()
        .collect()
        .await
        .unwrap();
    assert_eq!(kept, [bill("1", "x")]);
    assert!(
        crate::doctor::check(&store, &scope)
            .await
            .unwrap()
            .is_sound()
    );
    // A process that ends while a connection's thread still works takes the ciphers from under it.
    store.close().await;
}

#[tokio::test]
async fn the_doctor_counts_and_finds_a_sound_store_sound() {
    let (store, kept) = opened().await;
    with_a_bill(&store).await;
    let health = crate::doctor::check(&store, &store.scope()).await.unwrap();
    assert!(health.is_sound(), "{health:?}");
    assert_eq!(health.schema_version, crate::installation::newest(&TENANT));
    let rows = |table: &str| {
        health
            .rows
            .iter()
            .find(|(name, _)| name == table)
            .unwrap()
            .1
    };
    assert_eq!(
        (rows("record"), rows("record_version"), rows("cycle")),
        (1, 1, 1)
    );
    assert!(health.log_bytes > 0, "nothing was checkpointed yet");

    execute(&store, "UPDATE record SET version = 7")
        .await
        .unwrap();
    let health = crate::doctor::check(&store, &store.scope()).await.unwrap();
    assert_eq!(health.inconsistent_records, 1);
    assert!(!health.is_sound());
    kept.close().await;
}

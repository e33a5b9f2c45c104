//! The contract on SQLite, and what concerns its file.

use std::path::Path;

use super::*;
use crate::contract::{at, bill, day};
use crate::mirror;

async fn opened() -> (Store, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("store.db")).await.unwrap();
    (store, folder)
}

mod keeps_the_contract {
    use super::opened;
    use crate::contract::contract_for;

    contract_for! { super::opened:
        mirror {
            the_same_page_twice_writes_no_second_version,
            any_past_cycle_reads_as_it_was,
            a_removed_record_that_comes_back_is_there_again,
            what_an_incomplete_read_did_not_see_stays,
            a_sweep_that_misses_the_vendors_count_is_incomplete,
            reading_changes_removes_nothing_and_moves_the_cursor,
            a_sweep_of_one_project_leaves_the_others_alone,
            records_come_in_the_order_of_their_keys_with_ids_as_numbers,
            a_long_resource_is_read_whole_over_many_chunks,
            a_record_twice_in_a_page_gets_two_versions,
            an_interrupted_cycle_is_taken_up_and_forgets_half_a_sweep,
            what_was_proven_before_the_interruption_stays_proven,
            a_resource_that_nobody_finished_is_incomplete,
            what_procore_hides_is_a_blind_spot,
            a_finished_cycle_gets_no_more_records,
            a_day_is_answered_by_the_newest_cycle_up_to_it,
            meters_add_up_over_the_runs_of_a_cycle,
            a_cycle_remembers_whose_books_it_read,
            a_key_that_stands_for_none_is_refused_with_its_page,
        }
        connections {
            an_authorisation_is_redeemed_once,
            a_foreign_or_late_authorisation_is_refused,
            without_a_connection_there_are_no_tokens,
            another_company_is_refused_on_reconnect,
            a_refreshed_pair_replaces_the_old_one,
            only_one_refreshes_at_a_time,
            a_refresh_without_an_end_is_ambiguous_for_the_next,
            a_late_pair_is_not_thrown_away,
            disconnecting_destroys_the_tokens_for_good,
            tokens_do_not_show_in_debug_or_errors,
        }
        decisions {
            the_last_word_about_a_pair_stands,
            the_order_of_the_records_makes_no_other_pair,
            a_record_is_not_confirmed_in_two_pairs,
            there_is_nothing_to_withdraw_without_a_decision,
            who_and_why_are_kept,
        }
        results {
            a_figure_is_found_with_its_newest_receipt,
            the_same_result_is_kept_once,
            a_figure_twice_in_a_result_keeps_nothing_of_it,
        }
        worklist {
            the_most_severe_come_first_then_the_published_order,
            filters_restrict_the_list,
            an_item_stays_while_its_job_is_not_proven,
            an_item_stays_while_its_check_is_not_sure,
            a_list_is_refused_whole_when_an_id_is_there_twice,
            an_older_cycle_cannot_overwrite_the_list,
            an_item_tells_its_life,
        }
    }
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
                sqlx::query(statement).execute(tx.connection()).await?;
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
    let (store, _folder) = opened().await;
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
}

#[tokio::test]
async fn a_row_of_another_tenant_is_refused_by_the_database() {
    let (store, _folder) = opened().await;
    let refused = execute(
        &store,
        "INSERT INTO cycle (tenant_id, cycle_no, run_no, state, started_at)
         VALUES ('tnt_other', 1, 1, 'open', '')",
    )
    .await
    .unwrap_err();
    assert!(refused.contains("FOREIGN KEY"), "{refused}");
}

#[tokio::test]
async fn the_scope_of_another_store_opens_nothing() {
    let (store, _folder) = opened().await;
    let (other, _other_folder) = opened().await;
    let read = mirror::cycles(&store, &other.scope()).await;
    assert!(matches!(read, Err(StoreError::UnknownTenant)));
    let written = mirror::begin_cycle(&store, &other.scope(), at(0)).await;
    assert!(matches!(written, Err(StoreError::UnknownTenant)));
}

#[tokio::test]
async fn the_readers_cannot_write() {
    let (store, _folder) = opened().await;
    let result = store
        .read(&store.scope(), |tx| {
            Box::pin(async move {
                sqlx::query("DELETE FROM cursor")
                    .execute(tx.connection())
                    .await?;
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
}

#[tokio::test]
async fn a_caller_who_goes_away_leaves_no_transaction_behind() {
    let (store, _folder) = opened().await;
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
    store.close().await;
}

#[tokio::test]
async fn a_second_opening_of_the_folder_is_refused() {
    let (store, folder) = opened().await;
    let second = Store::open(folder.path().join("other.db"))
        .await
        .unwrap_err();
    assert!(matches!(second, StoreError::InUse { .. }));
    let process = std::process::id().to_string();
    assert!(second.to_string().contains(&process), "{second}");
    store.close().await;
    drop(store);
    Store::open(folder.path().join("other.db"))
        .await
        .unwrap()
        .close()
        .await;
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read_the_file_and_its_log() {
    use std::os::unix::fs::PermissionsExt;
    let (store, folder) = opened().await;
    for name in ["store.db", "store.db-wal", "store.db-shm"] {
        let mode = std::fs::metadata(folder.path().join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    drop(store);
}

#[tokio::test]
async fn the_settings_that_keep_commits_are_in_force() {
    let (store, _folder) = opened().await;
    let settings: (String, i64, i64, i64) = store
        .tx(&store.scope(), |tx| {
            Box::pin(async move {
                let (mode,) = sqlx::query_as("PRAGMA journal_mode")
                    .fetch_one(tx.connection())
                    .await?;
                let (sync,) = sqlx::query_as("PRAGMA synchronous")
                    .fetch_one(tx.connection())
                    .await?;
                let (keys,) = sqlx::query_as("PRAGMA foreign_keys")
                    .fetch_one(tx.connection())
                    .await?;
                let (map,) = sqlx::query_as("PRAGMA mmap_size")
                    .fetch_one(tx.connection())
                    .await?;
                Ok((mode, sync, keys, map))
            })
        })
        .await
        .unwrap();
    assert_eq!(settings, ("wal".to_owned(), 2, 1, 0));
}

/// A closed store with a few thousand bills in it.
async fn closed_store(path: &Path) {
    let store = Store::open(path).await.unwrap();
    let scope = store.scope();
    let cycle = mirror::begin_cycle(&store, &scope, at(0))
        .await
        .unwrap()
        .cycle;
    let page = (0..3_000)
        .map(|id| bill(&id.to_string(), &"x".repeat(200)))
        .collect();
    mirror::record_page(&store, &scope, cycle, page)
        .await
        .unwrap();
    store.close().await;
}

#[tokio::test]
async fn a_damaged_file_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    closed_store(&path).await;
    let sound = std::fs::read(&path).unwrap();
    // Every page from the third on; the first two hold the schema.
    for (page, byte) in [(40, 0_u8), (90, 3), (150, 8)] {
        let mut damaged = sound.clone();
        damaged[page * 4_096 + usize::from(byte)] ^= 0x7f;
        damaged[page * 4_096 + 5..page * 4_096 + 12].fill(0xff);
        std::fs::write(&path, &damaged).unwrap();
        let refused = Store::open(&path).await.unwrap_err();
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
    Store::open(&path).await.unwrap().close().await;
}

#[tokio::test]
async fn a_file_that_is_not_ours_is_left_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("letter.txt");
    let text = "Dear surety, ".repeat(1_000);
    std::fs::write(&path, &text).unwrap();
    let refused = Store::open(&path).await.unwrap_err();
    assert!(
        matches!(refused, StoreError::NotAStore { .. }),
        "{refused:?}"
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);

    let foreign = folder.path().join("foreign.db");
    let mut connection = connect_once(
        SqliteConnectOptions::new()
            .filename(&foreign)
            .create_if_missing(true),
        &foreign,
    )
    .await
    .unwrap();
    sqlx::query("CREATE TABLE contact (name TEXT)")
        .execute(&mut connection)
        .await
        .unwrap();
    sqlx::Connection::close(connection).await.unwrap();
    let before = std::fs::read(&foreign).unwrap();
    let refused = Store::open(&foreign).await.unwrap_err();
    assert!(
        matches!(refused, StoreError::NotAStore { .. }),
        "{refused:?}"
    );
    assert!(std::fs::read(&foreign).unwrap() == before);
}

#[tokio::test]
async fn a_file_of_a_newer_program_is_refused() {
    let (store, folder) = opened().await;
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
    let refused = Store::open(folder.path().join("store.db"))
        .await
        .unwrap_err();
    assert!(
        matches!(refused, StoreError::NewerSchema { version: 9999, .. }),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let refused = Store::open(folder.path().join("missing/store.db"))
        .await
        .unwrap_err();
    assert!(
        matches!(refused, StoreError::CannotOpen { .. }),
        "{refused:?}"
    );
    assert!(refused.to_string().contains("missing"), "{refused}");
}

#[tokio::test]
async fn a_full_disk_rolls_back_whole_and_stops_writing() {
    let (store, folder) = opened().await;
    let scope = store.scope();
    let cycle = mirror::begin_cycle(&store, &scope, at(0))
        .await
        .unwrap()
        .cycle;
    mirror::record_page(&store, &scope, cycle, vec![bill("1", "x")])
        .await
        .unwrap();
    // A quota on pages makes SQLite report exactly what a full disk makes it report.
    execute(&store, "PRAGMA max_page_count = 100")
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

    let store = Store::open(folder.path().join("store.db")).await.unwrap();
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
}

#[tokio::test]
async fn the_doctor_counts_and_finds_a_sound_store_sound() {
    let (store, _folder) = opened().await;
    with_a_bill(&store).await;
    let health = crate::doctor::check(&store, &store.scope()).await.unwrap();
    assert!(health.is_sound(), "{health:?}");
    assert_eq!(health.schema_version, 3);
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
}

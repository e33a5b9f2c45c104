//! The drill on both engines: back up while writing goes on, destroy, restore, compare. And what
//! must never be taken for a backup.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use figures::source::{SourceRef, System};

use super::*;
use crate::connections::{self, ConnectionState};
use crate::contract::{self, Kept as Opened, at, opened};
use crate::decisions::{Deciding, Decision, Pair, Verdict, decide, history};
use crate::jobs::{NewJob, claim, enqueue};
use crate::ledger::{Known, Ledger};
use crate::postgres::cluster::Cluster;
use crate::worklist::{Filter, list};
use crate::{Installation, Refusal, Secret, Store, mirror, quarantine, results, tokens};

/// What is known where nothing was ever erased.
fn nothing_erased() -> Known {
    Known::of(&[]).unwrap()
}

/// A tenant with something in every table that matters.
pub(super) async fn filled(store: &Store) {
    let (scope, cycle) = (store.scope(), contract::filled(store).await);
    let receipt = results::FigureReceipt {
        figure_id: "fig_1".to_owned(),
        definition: "bridge.billed.procore@1".to_owned(),
        value: "4471.00".to_owned(),
        inputs: "[]".to_owned(),
    };
    let new = results::NewResult {
        cycle: cycle.number(),
        as_of: contract::day("2026-10-31"),
        body: "{\"bridges\":[]}".to_owned(),
        receipts: vec![receipt],
    };
    results::save(store, &scope, new, at(21)).await.unwrap();
    let job = NewJob {
        kind: "cycle".to_owned(),
        payload: "{}".to_owned(),
        dedupe_key: None,
        run_at: at(-1_000),
        attempts_most: 3,
    };
    enqueue(store, &scope, job).await.unwrap();
}

/// Worklist, figures and what was read, as text.
async fn told(store: &Store) -> String {
    let scope = store.scope();
    let items = list(store, &scope, Filter::default()).await.unwrap();
    let result = results::newest(store, &scope, None).await.unwrap();
    let receipts = results::receipts(store, &scope, "fig_1").await.unwrap();
    let cycles = mirror::cycles(store, &scope).await.unwrap();
    format!("{items:?} {result:?} {receipts:?} {cycles:?}")
}

pub(super) async fn decisions(store: &Store) -> Vec<Decision> {
    history(store, &store.scope()).await.unwrap()
}

async fn decide_about(store: &Store, number: i64) {
    let pair = Pair::try_new(
        "job",
        vec![SourceRef::procore("project", number)],
        vec![SourceRef::quickbooks("Customer", &number.to_string())],
    );
    let (pair, verdict) = (pair.unwrap(), Verdict::Confirmed);
    decide(
        store,
        &store.scope(),
        pair,
        verdict,
        Deciding::default(),
        at(30),
    )
    .await
    .unwrap();
}

/// Decides again and again until it is told to stop.
fn writing_on(store: &Store, stop: &Arc<AtomicBool>) -> tokio::task::JoinHandle<()> {
    let (store, stop) = (store.clone(), Arc::clone(stop));
    tokio::spawn(async move {
        let mut number = 1_000;
        while !stop.load(Ordering::Relaxed) {
            decide_about(&store, number).await;
            number += 1;
        }
    })
}

/// Whatever was acknowledged before the backup began is there, in order and unchanged, and nothing
/// that was not written before it ended.
async fn check_restored(store: &Store, before: usize, original: &[Decision], said: &str) {
    assert_eq!(told(store).await, said);
    let restored = decisions(store).await;
    assert!(restored.len() >= before && restored.len() <= original.len());
    assert_eq!(restored, original[..restored.len()]);
}

/// In quarantine nothing reaches outside; released, the tenant works on.
async fn check_quarantine(store: &Store, made_at: Timestamp) {
    let scope = store.scope();
    let found = quarantine::standing(store, &scope).await.unwrap().unwrap();
    assert_eq!(found.backup_of, made_at);
    let system = System::QuickBooks;
    let refused = [
        mirror::begin_cycle(store, &scope, at(50)).await.err(),
        tokens::current(store, &scope, system).await.err(),
        tokens::begin_refresh(
            store,
            &scope,
            tokens::RefreshRequest {
                system,
                holder: "test".to_owned(),
                seen_generation: 9,
                lease: jiff::SignedDuration::from_mins(1),
            },
            at(50),
        )
        .await
        .err(),
    ];
    for error in refused {
        let error = error.expect("it reached outside");
        assert!(
            matches!(error, StoreError::Refused(Refusal::Quarantined { .. })),
            "{error}"
        );
    }
    let lease = jiff::SignedDuration::from_mins(5);
    assert_eq!(claim(store, &scope, "worker", lease).await.unwrap(), None);
    let connection = connections::connection(store, &scope, system)
        .await
        .unwrap();
    assert!(matches!(
        connection.unwrap().state,
        ConnectionState::NeedsReconnect(_)
    ));

    assert!(
        quarantine::release(store, &scope, "operator", at(51))
            .await
            .unwrap()
    );
    assert!(
        !quarantine::release(store, &scope, "operator", at(52))
            .await
            .unwrap()
    );
    assert_eq!(quarantine::standing(store, &scope).await.unwrap(), None);
    assert!(
        claim(store, &scope, "worker", lease)
            .await
            .unwrap()
            .is_some()
    );
    mirror::begin_cycle(store, &scope, at(53)).await.unwrap();
}

fn destination(kept: &Opened) -> Destination {
    Destination {
        folder: kept.folder.path().join("backup"),
        keys: kept.folder.path().join("keys-of-the-backup.json"),
    }
}

pub(super) fn of(kept: &Opened) -> Kept {
    let to = destination(kept);
    let master_key = MasterKeySource::BesideTheData.of_folder(&kept.folder.path().join("data"));
    Kept {
        folder: to.folder,
        keys: to.keys,
        master_key: master_key.unwrap(),
    }
}

pub(super) async fn backed_up(kept: &Opened, only: &[String]) -> Result<Manifest, StoreError> {
    let data = kept.folder.path().join("data");
    let source = MasterKeySource::BesideTheData;
    folder(&data, &source, &destination(kept), only, at(40)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_drill_with_a_data_folder() {
    let (store, kept) = opened().await;
    filled(&store).await;
    let said = told(&store).await;
    let stop = Arc::new(AtomicBool::new(false));
    let writer = writing_on(&store, &stop);
    // Only what is acknowledged before the backup begins is promised.
    while decisions(&store).await.len() < 20 {
        tokio::task::yield_now().await;
    }
    let before = decisions(&store).await.len();
    let manifest = backed_up(&kept, &[]).await.unwrap();
    stop.store(true, Ordering::Relaxed);
    writer.await.unwrap();
    let original = decisions(&store).await;
    assert_eq!(manifest.tenants, [store.scope().tenant_id()]);
    assert_eq!(
        kept.installation.newest_backup().await.unwrap(),
        Some(at(40))
    );
    verify(&of(&kept)).await.unwrap();

    let (backup, data) = (of(&kept), kept.folder.path().join("data"));
    let again = restore(&backup, &data, &nothing_erased(), at(41))
        .await
        .unwrap_err();
    assert!(
        matches!(again, StoreError::Refused(Refusal::DataIsThere { .. })),
        "{again}"
    );
    kept.installation.close().await;
    std::fs::remove_dir_all(&data).unwrap();
    restore(&backup, &data, &nothing_erased(), at(41))
        .await
        .unwrap();
    let kept = Opened::open(kept.folder).await;
    let restored = kept
        .installation
        .store(store.scope().tenant_id())
        .await
        .unwrap();
    check_restored(&restored, before, &original, &said).await;
    check_quarantine(&restored, at(40)).await;
    kept.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_drill_with_a_server() {
    let cluster = Cluster::start().await;
    let server_before = cluster.installation().await;
    let store = Cluster::tenant(&server_before).await;
    filled(&store).await;
    let said = told(&store).await;
    let kept = Kept {
        folder: cluster.folder().join("backup"),
        keys: cluster.folder().join("keys.json"),
        master_key: MasterKeySource::Text(cluster.master_key()),
    };
    let to = Destination {
        folder: kept.folder.clone(),
        keys: kept.keys.clone(),
    };
    let stop = Arc::new(AtomicBool::new(false));
    let writer = writing_on(&store, &stop);
    while decisions(&store).await.len() < 20 {
        tokio::task::yield_now().await;
    }
    let before = decisions(&store).await.len();
    let role = cluster.url("plumbline_backup");
    let ledger = Ledger::of_folder(cluster.folder());
    let manifest = server(&server_before, &role, &to, &ledger, at(40))
        .await
        .unwrap();
    stop.store(true, Ordering::Relaxed);
    writer.await.unwrap();
    let original = decisions(&store).await;
    assert_eq!(manifest.engine, Engine::Server);
    for path in files(&kept.folder) {
        check_private(&path);
    }
    assert_eq!(server_before.newest_backup().await.unwrap(), Some(at(40)));
    verify(&kept).await.unwrap();

    let administrator = cluster.url("postgres");
    let known = (&nothing_erased(), &ledger);
    let again = restore_server(&kept, &administrator, known, at(41))
        .await
        .unwrap_err();
    assert!(
        again.to_string().contains("tables of Plumbline already"),
        "{again}"
    );
    server_before.close().await;
    cluster
        .administer("DROP SCHEMA plumbline, plumbline_control, plumbline_keys CASCADE")
        .await;
    restore_server(&kept, &administrator, known, at(41))
        .await
        .unwrap();
    let server_after: Installation = cluster.installation().await;
    assert_eq!(
        crate::postgres::lint(&server_after).await.unwrap(),
        Vec::<String>::new()
    );
    let restored = server_after.store(store.scope().tenant_id()).await.unwrap();
    check_restored(&restored, before, &original, &said).await;
    check_quarantine(&restored, at(40)).await;
    server_after.close().await;
}

/// The text of the error that a changed backup gives.
async fn refusal_of(kept: &Kept) -> String {
    let error = verify(kept)
        .await
        .expect_err("a damaged backup was taken for a good one");
    let error = error.to_string();
    let into = kept.folder.with_file_name("elsewhere");
    let restored = restore(kept, &into, &nothing_erased(), at(42))
        .await
        .unwrap_err();
    assert_eq!(restored.to_string(), error);
    assert!(!into.exists(), "something was restored");
    error
}

#[tokio::test]
async fn a_backup_that_is_damaged_cut_short_or_not_whole_is_refused_by_the_name_of_the_file() {
    let (store, kept) = opened().await;
    filled(&store).await;
    backed_up(&kept, &[]).await.unwrap();
    let backup = of(&kept);
    let tenant = format!("tenants/{}.db", store.scope().tenant_id());
    for name in ["control.db", tenant.as_str(), "manifest.json"] {
        let path = backup.folder.join(name);
        let whole = std::fs::read(&path).unwrap();
        let mut changed = whole.clone();
        let middle = changed.len() / 2;
        changed[middle] ^= 1;
        for bytes in [&changed[..], &whole[..whole.len() - 1]] {
            std::fs::write(&path, bytes).unwrap();
            let said = refusal_of(&backup).await;
            assert!(said.contains(name), "{name}: {said}");
            if bytes.len() == whole.len() && name != "manifest.json" {
                // The digest tells it, before anything is opened.
                assert!(
                    said.contains("it is not the file that was written"),
                    "{said}"
                );
            }
        }
        std::fs::remove_file(&path).unwrap();
        let said = refusal_of(&backup).await;
        assert!(said.contains(name), "{name}: {said}");
        std::fs::write(&path, whole).unwrap();
    }
    verify(&backup).await.unwrap();
    kept.close().await;
}

#[tokio::test]
async fn a_file_of_another_backup_does_not_fit_even_with_a_manifest_that_says_so() {
    let (store, kept) = opened().await;
    filled(&store).await;
    backed_up(&kept, &[]).await.unwrap();
    let backup = of(&kept);
    let manifest = backup.folder.join("manifest.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let earlier = text.replace("\"tenants\": [", "\"tenants\": [\n    \"tnt_0\",");
    assert_ne!(text, earlier);
    std::fs::write(&manifest, earlier).unwrap();
    let said = refusal_of(&backup).await;
    assert!(said.contains("its seal does not open"), "{said}");
    kept.close().await;
}

#[tokio::test]
async fn nothing_is_written_over_and_what_fails_leaves_nothing() {
    let (store, kept) = opened().await;
    filled(&store).await;
    let to = destination(&kept);
    let unknown = backed_up(&kept, &["tnt_none".to_owned()]).await;
    assert!(matches!(unknown, Err(StoreError::UnknownTenant)));
    assert!(!to.folder.exists() && !to.keys.exists());
    backed_up(&kept, &[]).await.unwrap();
    let first = std::fs::read(to.folder.join("manifest.json")).unwrap();
    let second = backed_up(&kept, &[]).await.unwrap_err();
    assert!(second.to_string().contains("already"), "{second}");
    assert_eq!(
        std::fs::read(to.folder.join("manifest.json")).unwrap(),
        first
    );
    let within = Destination {
        folder: to.folder.with_file_name("other"),
        keys: to.folder.with_file_name("other").join("keys.json"),
    };
    let data = kept.folder.path().join("data");
    let together = folder(&data, &MasterKeySource::BesideTheData, &within, &[], at(40)).await;
    assert!(
        together
            .unwrap_err()
            .to_string()
            .contains("apart from the data")
    );
    kept.close().await;
}

/// Only the owner may read a file of a backup.
fn check_private(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", path.display());
    }
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[tokio::test]
async fn a_backup_of_a_folder_is_noise_without_its_keys_and_private() {
    let (store, kept) = opened().await;
    filled(&store).await;
    backed_up(&kept, &[]).await.unwrap();
    let backup = of(&kept);
    for path in files(&backup.folder) {
        let bytes = std::fs::read(&path).unwrap();
        for word in ["SQLite format 3", "Ridgeline", "caf\u{e9}", "4471"] {
            let found = bytes
                .windows(word.len())
                .any(|part| part == word.as_bytes());
            assert!(!found, "{word} is readable in {}", path.display());
        }
        check_private(&path);
    }
    let other = Kept {
        master_key: MasterKeySource::Text(crate::MasterKey::random().unwrap().to_text()),
        ..backup
    };
    assert!(matches!(
        verify(&other).await,
        Err(StoreError::WrongKey { .. })
    ));
    kept.close().await;
}

#[tokio::test]
async fn one_tenant_is_restored_alone_and_into_its_place() {
    let (store, kept) = opened().await;
    filled(&store).await;
    let said = told(&store).await;
    let id = store.scope().tenant_id().to_owned();
    let other = kept.installation.create_tenant("Copper Basin", at(1)).await;
    let other = other.unwrap().id;
    let manifest = backed_up(&kept, std::slice::from_ref(&id)).await.unwrap();
    assert_eq!(manifest.tenants, [id.as_str()]);
    let (backup, data) = (of(&kept), kept.folder.path().join("data"));
    drop(store);
    let (installation, folder) = (kept.installation, kept.folder);
    installation.close().await;
    drop(installation);

    let elsewhere = folder.path().join("elsewhere");
    restore(&backup, &elsewhere, &nothing_erased(), at(41))
        .await
        .unwrap();
    let alone = Installation::open(&elsewhere, &backup.master_key, at(42))
        .await
        .unwrap();
    let restored = alone.store(&id).await.unwrap();
    assert_eq!(told(&restored).await, said);
    assert!(matches!(
        alone.store(&other).await,
        Err(StoreError::UnknownTenant)
    ));
    alone.close().await;

    let source = MasterKeySource::BesideTheData;
    let there = restore_tenant(&backup, &id, &data, &source, at(43)).await;
    assert!(matches!(
        there,
        Err(StoreError::Refused(Refusal::DataIsThere { .. }))
    ));
    std::fs::remove_file(crate::installation::file_of(&data, &id)).unwrap();
    restore_tenant(&backup, &id, &data, &source, at(43))
        .await
        .unwrap();
    let kept = Opened::open(folder).await;
    let restored = kept.installation.store(&id).await.unwrap();
    assert_eq!(told(&restored).await, said);
    check_quarantine(&restored, at(40)).await;
    assert!(kept.installation.store(&other).await.is_ok());
    kept.close().await;
}

#[tokio::test]
async fn whoever_was_signed_in_at_the_backup_is_not_after_the_restore() {
    use crate::control::{api_tokens, people, sessions};
    let (store, kept) = opened().await;
    let id = store.scope().tenant_id().to_owned();
    let secret = |text: &str| Secret::new(text.to_owned());
    let control = kept.installation.control();
    let person = people::NewPerson {
        id: "psn_dana".to_owned(),
        mail: "dana@ridgeline.example".to_owned(),
        name: "Dana".to_owned(),
        password_hash: secret("$argon2id$"),
    };
    people::first_owner(control, &id, person, at(0))
        .await
        .unwrap();
    let session = sessions::NewSession {
        id: "ses_1".to_owned(),
        token: secret("session"),
        person_id: "psn_dana".to_owned(),
        tenant_id: None,
        factor_at: None,
        user_agent: String::new(),
        address: String::new(),
    };
    sessions::begin(control, session, at(1)).await.unwrap();
    let token = api_tokens::NewApiToken {
        id: "tok_1".to_owned(),
        token: secret("token"),
        name: "sheet".to_owned(),
        expires_at: at(1_000),
    };
    api_tokens::create(control, &store.scope(), "psn_dana", token, at(1))
        .await
        .unwrap();
    backed_up(&kept, &[]).await.unwrap();
    let elsewhere = kept.folder.path().join("elsewhere");
    restore(&of(&kept), &elsewhere, &nothing_erased(), at(2))
        .await
        .unwrap();
    let source = of(&kept).master_key;
    let restored = Installation::open(&elsewhere, &source, at(2))
        .await
        .unwrap();
    for (control, is_in) in [(control, true), (restored.control(), false)] {
        let seen = sessions::seen(control, &secret("session"), at(1)).await;
        assert_eq!(seen.unwrap().is_some(), is_in);
        let caller = api_tokens::caller(control, &secret("token"), at(2)).await;
        assert_eq!(caller.unwrap().is_some(), is_in);
    }
    restored.close().await;
    kept.close().await;
}

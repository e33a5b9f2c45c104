//! What was erased since a backup does not come back with it, on both engines.

use super::tests::{backed_up, decisions, filled, of};
use super::*;
use crate::contract::{self, at, opened};
use crate::control::TenantState;
use crate::ledger::{Known, What};
use crate::postgres::cluster::Cluster;
use crate::{Installation, Refusal, quarantine};

/// What a ledger tells about a tenant.
fn lines_about(ledger: &Ledger, id: &str) -> Vec<What> {
    let entries = ledger.entries().unwrap().into_iter();
    let theirs = entries.filter(|line| line.tenant_id == id);
    theirs.map(|line| line.what).collect()
}

#[tokio::test]
async fn what_was_erased_since_the_backup_is_erased_again_unless_the_operator_says_why_not() {
    let (store, kept) = opened().await;
    filled(&store).await;
    let gone = store.scope().tenant_id().to_owned();
    let stays = kept.installation.create_tenant("Copper Basin", at(1)).await;
    let stays = stays.unwrap().id;
    drop(store);
    backed_up(&kept, &[]).await.unwrap();
    let (backup, data) = (of(&kept), kept.folder.path().join("data"));
    let erasing = contract::by_operator(None, &data);
    let erased = kept.installation.erase_tenant(&gone, &erasing, at(41));
    erased.await.unwrap();
    kept.installation.close().await;

    let source = MasterKeySource::BesideTheData;
    let back = restore_tenant(&backup, &gone, &data, &source, at(42)).await;
    assert!(
        matches!(&back, Err(StoreError::Refused(Refusal::WasErased { id, .. })) if *id == gone),
        "{back:?}"
    );

    let known = Known::of(&[Ledger::of_folder(&data)]).unwrap();
    let elsewhere = kept.folder.path().join("elsewhere");
    let restored = restore(&backup, &elsewhere, &known, at(43)).await.unwrap();
    assert_eq!(restored.erased_again, std::slice::from_ref(&gone));
    assert!(restored.brought_back.is_empty());
    assert!(!crate::installation::file_of(&elsewhere, &gone).exists());
    let keys = std::fs::read_to_string(elsewhere.join("keys.json")).unwrap();
    assert!(!keys.contains(&gone) && keys.contains(&stays));
    let there = Ledger::of_folder(&elsewhere);
    assert_eq!(
        lines_about(&there, &gone),
        [What::Begun, What::Done, What::Again]
    );
    let opened = Installation::open(&elsewhere, &backup.master_key, at(44)).await;
    let opened = opened.unwrap();
    for tenant in opened.tenants().await.unwrap() {
        let is_erased = tenant.state == TenantState::Erased;
        assert_eq!(is_erased, tenant.id == gone, "{tenant:?}");
    }
    opened.close().await;

    let although = known.although("A court asked for these books.");
    let third = kept.folder.path().join("third");
    let restored = restore(&backup, &third, &although, at(45)).await.unwrap();
    assert_eq!(restored.brought_back, std::slice::from_ref(&gone));
    assert!(restored.erased_again.is_empty());
    let last = Ledger::of_folder(&third).entries().unwrap().pop().unwrap();
    assert_eq!(
        (last.what, last.by.as_str(), last.reason.as_str()),
        (
            What::BroughtBack,
            "operator",
            "A court asked for these books."
        )
    );
    let opened = Installation::open(&third, &backup.master_key, at(46)).await;
    let opened = opened.unwrap();
    let brought = opened.store(&gone).await.unwrap();
    let apart = quarantine::standing(&brought, &brought.scope()).await;
    assert!(apart.unwrap().is_some());
    opened.close().await;
}

#[tokio::test]
async fn a_backup_keeps_the_ledger_and_one_made_after_an_erasure_knows_of_it() {
    let (store, kept) = opened().await;
    let gone = store.scope().tenant_id().to_owned();
    drop(store);
    let data = kept.folder.path().join("data");
    let erasing = contract::by_operator(None, &data);
    let erased = kept.installation.erase_tenant(&gone, &erasing, at(30));
    erased.await.unwrap();
    let manifest = backed_up(&kept, &[]).await.unwrap();
    assert!(manifest.files.iter().any(|file| file.name == LEDGER));
    let backup = of(&kept);
    kept.installation.close().await;
    std::fs::remove_dir_all(&data).unwrap();
    let nothing = Known::nothing("The disk with it burned.", at(41));
    restore(&backup, &data, &nothing, at(41)).await.unwrap();
    let ledger = Ledger::of_folder(&data);
    assert_eq!(lines_about(&ledger, &gone), [What::Begun, What::Done]);
    assert_eq!(lines_about(&ledger, ""), [What::Unknown]);
}

#[tokio::test]
async fn a_server_is_restored_without_what_was_erased_since() {
    let cluster = Cluster::start().await;
    let before = cluster.installation().await;
    let (gone, stays) = (
        Cluster::tenant(&before).await,
        Cluster::tenant(&before).await,
    );
    for store in [&gone, &stays] {
        filled(store).await;
    }
    let (gone, stays) = (
        gone.scope().tenant_id().to_owned(),
        stays.scope().tenant_id().to_owned(),
    );
    let kept = Kept {
        folder: cluster.folder().join("backup"),
        keys: cluster.folder().join("keys.json"),
        master_key: MasterKeySource::Text(cluster.master_key()),
    };
    let to = Destination {
        folder: kept.folder.clone(),
        keys: kept.keys.clone(),
    };
    let ledger = Ledger::of_folder(&cluster.folder().join("data"));
    let role = cluster.url("plumbline_backup");
    server(&before, &role, &to, &ledger, at(40)).await.unwrap();
    let administrator = cluster.url("postgres");
    let erasing = crate::Erasing {
        ledger: ledger.clone(),
        ..contract::by_operator(Some(&administrator), cluster.folder())
    };
    before.erase_tenant(&gone, &erasing, at(41)).await.unwrap();
    before.close().await;
    let dropped = "DROP SCHEMA plumbline, plumbline_control, plumbline_keys CASCADE";
    cluster.administer(dropped).await;

    let known = Known::of(std::slice::from_ref(&ledger)).unwrap();
    let restored = restore_server(&kept, &administrator, (&known, &ledger), at(42)).await;
    assert_eq!(restored.unwrap().erased_again, std::slice::from_ref(&gone));
    assert_eq!(
        lines_about(&ledger, &gone),
        [What::Begun, What::Done, What::Again]
    );
    let after = cluster.installation().await;
    assert!(after.keys_of(&gone).await.is_err());
    assert!(matches!(
        after.store(&gone).await,
        Err(StoreError::UnknownTenant)
    ));
    let there = after.store(&stays).await.unwrap();
    assert!(!decisions(&there).await.is_empty());
    let left = cluster
        .ask("SELECT count(DISTINCT tenant_id) FROM plumbline.decision")
        .await;
    assert_eq!(left, 1);
    after.close().await;
}

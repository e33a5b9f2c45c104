//! Folders that are opened, moved, half-made and half-erased.

use std::path::Path;

use super::*;
use crate::contract::{self, Kept, at};
use crate::ledger::What;
use crate::mirror;
use crate::sql::query;

async fn installed() -> Kept {
    Kept::open(tempfile::tempdir().unwrap()).await
}

fn data(kept: &Kept) -> std::path::PathBuf {
    kept.installation.folder().unwrap().to_owned()
}

async fn reopened(folder: &Path) -> Result<Installation, StoreError> {
    Installation::open(folder, &MasterKeySource::BesideTheData, at(9)).await
}

/// Closes the installation and keeps the folder.
async fn closed(kept: Kept) -> tempfile::TempDir {
    kept.installation.close().await;
    kept.folder
}

#[tokio::test]
async fn tenants_are_made_listed_and_opened_again() {
    let kept = installed().await;
    let one = kept
        .installation
        .create_tenant("Ridgeline", at(0))
        .await
        .unwrap();
    let two = kept
        .installation
        .create_tenant("Copper Basin", at(1))
        .await
        .unwrap();
    let store = kept.installation.store(&two.id).await.unwrap();
    mirror::begin_cycle(&store, &store.scope(), at(2))
        .await
        .unwrap();
    drop(store);
    let kept = kept.again().await;
    let listed = kept.installation.tenants().await.unwrap();
    assert_eq!(listed, [one.clone(), two.clone()]);
    for (id, cycles) in [(one.id, 0), (two.id, 1)] {
        let store = kept.installation.store(&id).await.unwrap();
        let found = mirror::cycles(&store, &store.scope()).await.unwrap();
        assert_eq!(found.len(), cycles);
    }
    kept.close().await;
}

async fn two_tenants(kept: &Kept) -> [Store; 2] {
    let mut stores = Vec::new();
    for name in ["Ridgeline", "Copper Basin"] {
        let tenant = kept.installation.create_tenant(name, at(0)).await.unwrap();
        stores.push(kept.installation.store(&tenant.id).await.unwrap());
    }
    stores.try_into().unwrap()
}

#[tokio::test]
async fn a_foreign_scope_opens_no_function() {
    let kept = installed().await;
    let [mine, theirs] = two_tenants(&kept).await;
    contract::tenancy::a_foreign_scope_opens_no_function(&mine, &theirs.scope()).await;
    kept.close().await;
}

#[tokio::test]
async fn aborted_requests_lose_and_show_nothing() {
    let kept = installed().await;
    let [one, two] = two_tenants(&kept).await;
    contract::storm::aborted_requests_lose_and_show_nothing(&one, &two).await;
    kept.close().await;
}

#[tokio::test]
async fn a_second_opening_of_the_folder_is_refused() {
    let kept = installed().await;
    let second = reopened(&data(&kept)).await.unwrap_err();
    assert!(matches!(second, StoreError::InUse { .. }), "{second:?}");
    let process = std::process::id().to_string();
    assert!(second.to_string().contains(&process), "{second}");
    let kept = kept.again().await;
    kept.close().await;
}

#[tokio::test]
async fn the_key_of_a_new_folder_lies_beside_it_and_only_its_owner_may_read_it() {
    let kept = installed().await;
    let key = kept.folder.path().join("data.master-key");
    let text = std::fs::read_to_string(&key).unwrap();
    for entry in std::fs::read_dir(data(&kept)).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            let found = bytes
                .windows(text.len())
                .any(|part| part == text.as_bytes());
            assert!(!found, "{} holds the master key", path.display());
        }
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        for file in [
            key,
            data(&kept).join("keys.json"),
            data(&kept).join("control.db"),
        ] {
            let mode = std::fs::metadata(&file).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{}", file.display());
        }
    }
    kept.close().await;
}

#[tokio::test]
async fn a_folder_without_its_key_is_refused_and_gets_no_new_one() {
    let kept = installed().await;
    let folder = data(&kept);
    kept.installation
        .create_tenant("Ridgeline", at(0))
        .await
        .unwrap();
    let kept_folder = closed(kept).await;
    let key = kept_folder.path().join("data.master-key");
    let text = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    let refused = reopened(&folder).await.unwrap_err();
    assert!(
        matches!(refused, StoreError::MasterKey { .. }),
        "{refused:?}"
    );
    assert!(!key.exists(), "a new key would open nothing");
    std::fs::write(&key, &text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    reopened(&folder).await.unwrap().close().await;
}

#[tokio::test]
async fn a_folder_without_its_key_file_is_refused() {
    let kept = installed().await;
    let folder = data(&kept);
    let _kept_folder = closed(kept).await;
    std::fs::remove_file(folder.join("keys.json")).unwrap();
    let refused = reopened(&folder).await.unwrap_err();
    assert!(matches!(refused, StoreError::KeyFile { .. }), "{refused:?}");
    assert!(!folder.join("keys.json").exists());
}

#[tokio::test]
async fn a_missing_control_file_is_not_replaced_by_an_empty_one() {
    let kept = installed().await;
    let folder = data(&kept);
    kept.installation
        .create_tenant("Ridgeline", at(0))
        .await
        .unwrap();
    let _kept_folder = closed(kept).await;
    std::fs::remove_file(folder.join("control.db")).unwrap();
    let refused = reopened(&folder).await.unwrap_err();
    assert!(matches!(refused, StoreError::Missing { .. }), "{refused:?}");
}

#[tokio::test]
async fn a_missing_file_of_a_tenant_is_not_replaced_by_an_empty_one() {
    let kept = installed().await;
    let tenant = kept
        .installation
        .create_tenant("Ridgeline", at(0))
        .await
        .unwrap();
    let file = file_of(&data(&kept), &tenant.id);
    std::fs::remove_file(&file).unwrap();
    let refused = kept.installation.store(&tenant.id).await.unwrap_err();
    assert!(matches!(refused, StoreError::Missing { .. }), "{refused:?}");
    assert!(!file.exists());
    kept.close().await;
}

#[tokio::test]
async fn a_suspended_tenant_is_closed_at_once_and_can_be_resumed() {
    let kept = installed().await;
    let tenant = kept
        .installation
        .create_tenant("Ridgeline", at(0))
        .await
        .unwrap();
    let held = kept.installation.store(&tenant.id).await.unwrap();
    kept.installation
        .suspend_tenant(&tenant.id, at(1))
        .await
        .unwrap();
    let refused = kept.installation.store(&tenant.id).await.unwrap_err();
    assert!(refused.to_string().contains("suspended"), "{refused}");
    assert!(mirror::cycles(&held, &held.scope()).await.is_err());
    kept.installation
        .resume_tenant(&tenant.id, at(2))
        .await
        .unwrap();
    let store = kept.installation.store(&tenant.id).await.unwrap();
    assert!(mirror::cycles(&store, &store.scope()).await.is_ok());
    kept.close().await;
}

#[tokio::test]
async fn an_unknown_tenant_is_refused() {
    let kept = installed().await;
    for id in ["tnt_none", "", "../control"] {
        let refused = kept.installation.store(id).await.unwrap_err();
        assert!(matches!(refused, StoreError::UnknownTenant), "{refused:?}");
    }
    kept.close().await;
}

#[tokio::test]
async fn a_tenant_that_was_never_finished_leaves_nothing() {
    let kept = installed().await;
    control::add(kept.installation.control(), "tnt_half", "Half", at(0))
        .await
        .unwrap();
    kept.installation.inner.keys.add("tnt_half").await.unwrap();
    let file = file_of(&data(&kept), "tnt_half");
    std::fs::write(&file, b"").unwrap();
    let kept = kept.again().await;
    assert_eq!(kept.installation.tenants().await.unwrap(), []);
    assert!(!file.exists());
    assert!(
        kept.installation
            .inner
            .keys
            .keys_of("tnt_half")
            .await
            .is_err()
    );
    kept.close().await;
}

#[tokio::test]
async fn only_so_many_tenants_stay_open_and_none_that_is_in_use_is_closed() {
    let kept = installed().await;
    let mut ids = Vec::new();
    for number in 0..OPEN_TENANTS + 3 {
        let tenant = kept
            .installation
            .create_tenant(&number.to_string(), at(0))
            .await;
        ids.push(tenant.unwrap().id);
    }
    let held = kept.installation.store(&ids[0]).await.unwrap();
    for id in &ids {
        let store = kept.installation.store(id).await.unwrap();
        mirror::begin_cycle(&store, &store.scope(), at(1))
            .await
            .unwrap();
    }
    let Home::Folder { slots, .. } = &kept.installation.inner.home else {
        panic!("the installation is a folder");
    };
    assert_eq!(slots.open(), OPEN_TENANTS);
    assert!(mirror::cycles(&held, &held.scope()).await.is_ok());
    for id in &ids {
        let store = kept.installation.store(id).await.unwrap();
        let cycles = mirror::cycles(&store, &store.scope()).await.unwrap();
        assert_eq!(cycles.len(), 1, "closing lost nothing");
    }
    kept.close().await;
}

/// Where a tenant stands, and what the ledger tells of it.
async fn standing(kept: &Kept, id: &str) -> (TenantState, Vec<What>) {
    let tenant = control::tenant(kept.installation.control(), id).await;
    let lines = Ledger::of_folder(&data(kept)).entries().unwrap();
    let about = lines.into_iter().filter(|line| line.tenant_id == id);
    (
        tenant.unwrap().unwrap().state,
        about.map(|line| line.what).collect(),
    )
}

#[tokio::test]
async fn a_tenant_counts_as_erased_once_its_certificate_is_written() {
    let kept = installed().await;
    let tenant = kept.installation.create_tenant("Ridgeline", at(0)).await;
    let id = tenant.unwrap().id;
    let control = kept.installation.control();
    control::set_state(control, &id, TenantState::Erasing, at(1))
        .await
        .unwrap();
    let rows = std::collections::BTreeMap::new();
    let destroyed = kept.installation.destroy(&id, rows, None).await.unwrap();
    assert!(destroyed.data_is_gone && destroyed.keys_are_gone);
    let full = Ledger::at(data(&kept));
    let whose = ("operator", "asked for");
    let unwritten = kept.installation.certify(&destroyed, &full, whose, at(1));
    assert!(matches!(unwritten.await, Err(StoreError::Ledger { .. })));
    assert_eq!(standing(&kept, &id).await, (TenantState::Erasing, vec![]));
    // The process ended before the certificate: the next one writes it.
    let kept = kept.again().await;
    let finished = (TenantState::Erased, vec![What::Begun, What::Done]);
    assert_eq!(standing(&kept, &id).await, finished);
    // It ended after the certificate: the next one writes no second one.
    let row = id.clone();
    let back = kept.installation.control().tx(move |mut tx| {
        Box::pin(async move {
            query("UPDATE tenant SET state = 'erasing' WHERE tenant_id = $1")
                .bind(row)
                .execute(tx.connection())
                .await
        })
    });
    assert_eq!(back.await.unwrap(), 1);
    let kept = kept.again().await;
    assert_eq!(standing(&kept, &id).await, finished);
    kept.close().await;
}

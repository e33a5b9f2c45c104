//! An owner's wish to have the company erased, on both engines.

use gate::changes::Refusal as Why;
use gate::roles::Role;
use jiff::Timestamp;

use super::erasures::{self, Asking, Pending};
use super::history::{Happening, history};
use super::people;
use super::people_tests::{person, refused, standing, today};
use crate::contract::{Kept, at, by_operator};
use crate::ledger::{Ledger, What};
use crate::postgres::cluster::Cluster;
use crate::{Erasing, Installation, Left, Refusal, StoreError, TenantScope, control};

const REASON: &str = "The business was sold.";

/// A company with two owners and a preparer.
async fn company(installation: &Installation, mark: &str) -> TenantScope {
    let tenant = installation
        .create_tenant("Ridgeline", at(0))
        .await
        .unwrap();
    for (name, role) in [
        ("dana", Role::Owner),
        ("tom", Role::Owner),
        ("priya", Role::Preparer),
    ] {
        let person = person(&format!("{name}{mark}"));
        let added = people::add(
            installation.control(),
            &tenant.id,
            person,
            standing(&[role]),
            at(0),
        );
        added.await.unwrap();
    }
    TenantScope::new(tenant.id)
}

async fn ask(
    installation: &Installation,
    scope: &TenantScope,
    (by, name, reason): (&str, &str, &str),
) -> Result<Timestamp, StoreError> {
    let asking = Asking {
        by: format!("psn_{by}"),
        name: name.to_owned(),
        reason: reason.to_owned(),
        on: today(),
    };
    erasures::ask(installation.control(), scope, asking, at(1)).await
}

async fn asked_for_taken_back_and_due_a_day_later(installation: &Installation) {
    let (ours, theirs) = (
        company(installation, "a").await,
        company(installation, "b").await,
    );
    let control = installation.control();
    for (by, name, reason, why) in [
        ("danaa", "Ridgeline", "sold", Refusal::Change(Why::Reason)),
        ("danaa", "ridgeline", REASON, Refusal::OtherName),
        ("danaa", "", REASON, Refusal::OtherName),
    ] {
        assert_eq!(
            refused(ask(installation, &ours, (by, name, reason)).await),
            why
        );
    }
    for by in ["priyaa", "danab", "nobody"] {
        let tried = refused(ask(installation, &ours, (by, "Ridgeline", REASON)).await);
        assert!(
            matches!(tried, Refusal::Change(Why::NotPermitted(_))),
            "{by}"
        );
    }
    assert_eq!(erasures::pending(control, &ours).await.unwrap(), None);

    let due = ask(installation, &ours, ("danaa", "Ridgeline", REASON)).await;
    assert_eq!(due.unwrap(), at(25));
    let standing = Pending {
        by: "psn_danaa".to_owned(),
        name: "danaa".to_owned(),
        at: at(1),
        reason: REASON.to_owned(),
        due_at: at(25),
    };
    let found = erasures::pending(control, &ours).await.unwrap();
    assert_eq!(found.as_ref(), Some(&standing));
    assert_eq!(erasures::pending(control, &theirs).await.unwrap(), None);
    let twice = ask(installation, &ours, ("toma", "Ridgeline", REASON)).await;
    assert_eq!(refused(twice), Refusal::ErasureAsked);

    let foreign = erasures::withdraw(control, &ours, "psn_danab", today(), at(2)).await;
    assert!(matches!(refused(foreign), Refusal::Change(_)));
    let other = erasures::withdraw(control, &theirs, "psn_danab", today(), at(2)).await;
    assert_eq!(refused(other), Refusal::NoErasureAsked);
    let by_the_other_owner = erasures::withdraw(control, &ours, "psn_toma", today(), at(2)).await;
    by_the_other_owner.unwrap();
    let taken_back = installation.erase_if_due(&ours, &standing, at(99)).await;
    assert_eq!(taken_back.unwrap(), None);

    ask(installation, &ours, ("toma", "Ridgeline", REASON))
        .await
        .unwrap();
    let early = installation.erase_if_due(&ours, &standing, at(24)).await;
    assert_eq!(early.unwrap(), None);
    let other = installation.erase_if_due(&theirs, &standing, at(99)).await;
    assert_eq!(other.unwrap(), None, "nobody asked for that one");
    let told: Vec<Happening> = history(control, &ours, at(1), 100)
        .await
        .unwrap()
        .into_iter()
        .rev()
        .map(|one| one.what)
        .filter(|what| what.name().starts_with("erasure."))
        .collect();
    assert_eq!(
        told,
        [
            Happening::ErasureAsked,
            Happening::ErasureAsked,
            Happening::ErasureWithdrawn
        ]
    );
    let left = installation
        .erase_if_due(&ours, &standing, at(25))
        .await
        .unwrap();
    match left.unwrap() {
        Left::Erased(erasure) => assert!(erasure.keys_are_gone && erasure.data_is_gone),
        Left::Closed => assert!(installation.is_on_a_server()),
    }
    let closed = installation.store(ours.tenant_id()).await;
    assert!(matches!(closed, Err(StoreError::UnknownTenant)));
    let late = erasures::withdraw(control, &theirs, "psn_danab", today(), at(26)).await;
    assert_eq!(refused(late), Refusal::NoErasureAsked);
    assert!(installation.store(theirs.tenant_id()).await.is_ok());
}

#[tokio::test]
async fn a_folders_company_is_asked_for_taken_back_and_due_a_day_later() {
    let kept = Kept::open(tempfile::tempdir().unwrap()).await;
    asked_for_taken_back_and_due_a_day_later(&kept.installation).await;
    kept.close().await;
}

#[tokio::test]
async fn a_servers_company_is_asked_for_taken_back_and_due_a_day_later() {
    let cluster = Cluster::start().await;
    let installation = cluster.installation().await;
    asked_for_taken_back_and_due_a_day_later(&installation).await;
    installation.close().await;
}

#[tokio::test]
async fn the_people_of_an_erased_company_are_gone_unless_they_belong_to_another() {
    let kept = Kept::open(tempfile::tempdir().unwrap()).await;
    let (installation, control) = (&kept.installation, kept.installation.control());
    let (ours, theirs) = (
        company(installation, "a").await,
        company(installation, "b").await,
    );
    control
        .tx({
            let theirs = theirs.tenant_id().to_owned();
            move |mut tx| {
                Box::pin(async move {
                    let grants = standing(&[Role::Viewer]);
                    people::join_in(&mut tx, &theirs, "psn_toma", &grants, "operator", at(1)).await
                })
            }
        })
        .await
        .unwrap();
    let erasing = by_operator(None, kept.folder.path());
    installation
        .erase_tenant(ours.tenant_id(), &erasing, at(2))
        .await
        .unwrap();
    for (name, is_there) in [
        ("danaa", false),
        ("priyaa", false),
        ("toma", true),
        ("danab", true),
    ] {
        let mail = format!("{name}@ridgeline.example");
        let found = people::account(control, &mail).await.unwrap();
        assert_eq!(found.is_some(), is_there, "{name}");
    }
    kept.close().await;
}

#[tokio::test]
async fn the_ledger_says_who_had_it_erased_and_proves_what_is_gone() {
    let kept = Kept::open(tempfile::tempdir().unwrap()).await;
    let installation = &kept.installation;
    let scope = company(installation, "a").await;
    let ledger = Ledger::of_folder(kept.folder.path());
    let erasing = Erasing {
        administrator: None,
        ledger: ledger.clone(),
        by: "psn_danaa".to_owned(),
        reason: REASON.to_owned(),
    };
    // Where the ledger cannot be written nothing is destroyed.
    let unwritable = Erasing {
        ledger: Ledger::at(kept.folder.path().to_owned()),
        ..erasing.clone()
    };
    let refused = installation
        .erase_tenant(scope.tenant_id(), &unwritable, at(2))
        .await;
    assert!(matches!(refused, Err(StoreError::Ledger { .. })));
    assert!(installation.keys_of(scope.tenant_id()).await.is_ok());

    installation
        .erase_tenant(scope.tenant_id(), &erasing, at(3))
        .await
        .unwrap();
    let lines = ledger.entries().unwrap();
    let told: Vec<(What, &str, &str)> = lines
        .iter()
        .map(|line| (line.what, line.by.as_str(), line.reason.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (What::Begun, "psn_danaa", REASON),
            (What::Done, "psn_danaa", REASON)
        ]
    );
    assert!(lines[1].keys_are_gone && lines[1].data_is_gone);
    assert!(!lines[1].remains.is_empty());
    kept.close().await;
}

#[tokio::test]
async fn what_was_cut_off_is_finished_for_whoever_asked_with_a_certificate() {
    let kept = Kept::open(tempfile::tempdir().unwrap()).await;
    let scope = company(&kept.installation, "a").await;
    let asked = ask(&kept.installation, &scope, ("danaa", "Ridgeline", REASON)).await;
    asked.unwrap();
    let closed = control::begin_erasing(kept.installation.control(), &scope, at(25)).await;
    assert!(closed.unwrap());
    let kept = kept.again().await;
    let ledger = Ledger::of_folder(kept.installation.folder().unwrap());
    let lines = ledger.entries().unwrap();
    let told: Vec<(What, &str, &str)> = lines
        .iter()
        .map(|line| (line.what, line.by.as_str(), line.reason.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (What::Begun, "psn_danaa", REASON),
            (What::Done, "psn_danaa", REASON)
        ]
    );
    assert!(lines[1].keys_are_gone && lines[1].data_is_gone);
    kept.close().await;
}

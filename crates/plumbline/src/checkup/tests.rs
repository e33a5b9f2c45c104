//! Each mistake is made and found, and with its fix nothing is said.

use std::sync::Arc;

use gate::roles::{Grant, Grants, Role};
use store::connections::{NewConnection, connect};
use store::control::erasures as asked;
use store::control::people::{self, NewPerson};
use store::jobs::{NewJob, claim, enqueue};
use store::ledger::Ledger;
use store::tokens::TokenSet;
use store::{Erasing, MasterKeySource, Secret, StoreError};

use super::*;

fn at(hour: i64) -> Timestamp {
    Timestamp::from_second(1_793_500_000 + hour * 3_600).unwrap()
}

/// After which what is due is late.
const LATE_ENOUGH: SignedDuration = SignedDuration::from_hours(2);

/// A clock that stands still.
struct Still;

impl connectors::http::Clock for Still {
    fn now(&self) -> Timestamp {
        at(0)
    }

    fn sleep(&self, _: Duration) -> connectors::http::BoxFuture<'_, ()> {
        Box::pin(async {})
    }

    fn jitter(&self, most: Duration) -> Duration {
        most
    }

    fn unguessable(&self, _: &mut [u8]) -> Result<(), connectors::http::NoRandomness> {
        Err(connectors::http::NoRandomness)
    }
}

struct Office {
    folder: tempfile::TempDir,
    desk: Desk,
}

impl Office {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let source = MasterKeySource::BesideTheData;
        let installation = Installation::open(&data, &source, at(0)).await.unwrap();
        let tenant = installation
            .create_tenant("Ridgeline", at(0))
            .await
            .unwrap();
        let desk = Desk::at(installation, &tenant.id, Arc::new(Still))
            .await
            .unwrap();
        Self { folder, desk }
    }

    fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }
}

#[cfg(unix)]
#[tokio::test]
async fn files_that_others_may_read_are_found_with_the_command_that_mends_it() {
    use std::os::unix::fs::PermissionsExt;
    let office = Office::open().await;
    assert_eq!(modes(&office.data()), Vec::<String>::new());
    let keys = office.data().join("keys.json");
    let open = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(&keys, open).unwrap();
    let said = modes(&office.data());
    let fix = format!("chmod 600 {}", keys.display());
    assert!(said.len() == 1 && said[0].contains(&fix), "{said:?}");
    let open = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(office.data().join("tenants"), open).unwrap();
    assert!(modes(&office.data())[1].contains("chmod 700"));
    office.desk.close().await;
}

#[test]
fn a_disk_with_less_room_than_asked_for_is_nearly_full() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(disk(folder.path(), (1, 0)), None);
    for least in [(u64::MAX, 0), (0, 101)] {
        let said = disk(folder.path(), least).unwrap();
        assert!(
            said.contains("nearly full") && said.contains("Make room"),
            "{said}"
        );
    }
    let gone = folder.path().join("gone");
    assert!(disk(&gone, FREE).unwrap().contains("cannot be told"));
}

#[tokio::test]
async fn a_process_that_was_killed_left_logs_and_one_that_stopped_did_not() {
    let office = Office::open().await;
    let said = unclean(&office.data()).unwrap();
    assert!(said.contains("Nothing is lost"), "{said}");
    office.desk.close().await;
    assert_eq!(unclean(&office.data()), None);
}

#[test]
fn an_address_without_tls_is_only_for_this_machine() {
    for fine in [
        None,
        Some("https://books.example"),
        Some("http://127.0.0.1:8420"),
        Some("http://[::1]:8420"),
        Some("http://localhost:8420"),
    ] {
        assert_eq!(origin(fine), None);
    }
    for wrong in ["http://books.example", "books.example", "http://192.0.2.7"] {
        assert!(
            origin(Some(wrong)).unwrap().contains("--tls-cert"),
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn a_mail_server_that_does_not_answer_is_named() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let settings = |server: &str| MailSettings {
        server: Secret::new(server.to_owned()),
        from: "Plumbline <books@ridgeline.example>".to_owned(),
    };
    let said = mail_server(&settings(&format!("smtp://127.0.0.1:{port}"))).await;
    assert!(said.unwrap().contains("PLUMBLINE_SMTP_URL"));
    let said = mail_server(&settings("smtp://mail.example")).await.unwrap();
    assert!(said.contains("smtps://"), "{said}");
}

#[tokio::test]
async fn a_backup_that_was_never_made_or_is_old_is_missed() {
    let office = Office::open().await;
    let installation = &office.desk.installation;
    let never = backups(installation, at(1), 2).await.unwrap();
    assert!(never.contains("No backup was ever made"), "{never}");
    let to = store::backup::Destination {
        folder: office.folder.path().join("backup"),
        keys: office.folder.path().join("keys"),
    };
    let source = MasterKeySource::BesideTheData;
    store::backup::folder(&office.data(), &source, &to, &[], at(1))
        .await
        .unwrap();
    assert_eq!(backups(installation, at(49), 2).await, None);
    let old = backups(installation, at(74), 2).await.unwrap();
    assert!(old.contains("3 days old"), "{old}");
    office.desk.close().await;
}

#[tokio::test]
async fn a_clock_that_went_back_is_noticed() {
    let office = Office::open().await;
    let installation = &office.desk.installation;
    assert_eq!(clock(installation, at(0)).await.unwrap(), None);
    assert_eq!(clock(installation, at(100)).await.unwrap(), None);
    let said = clock(installation, at(-1)).await.unwrap().unwrap();
    assert!(said.contains("3600 seconds apart"), "{said}");
    office.desk.close().await;
}

/// A connection to company 1 whose consent ends after a hundred days.
fn quickbooks() -> NewConnection {
    let token = |text: &str| Secret::new(text.to_owned());
    NewConnection {
        system: System::QuickBooks,
        environment: "sandbox".to_owned(),
        account_id: "1".to_owned(),
        grant_type: "authorization_code".to_owned(),
        tokens: TokenSet {
            access_token: token("a"),
            refresh_token: Some(token("r")),
            obtained_at: at(0),
            access_expires_at: at(1),
            refresh_expires_at: Some(at(100 * 24)),
        },
    }
}

#[tokio::test]
async fn a_company_that_another_tenant_had_first_is_told() {
    let office = Office::open().await;
    let (store, scope) = (&office.desk.store, &office.desk.scope);
    connect(store, scope, quickbooks(), at(0)).await.unwrap();
    let said = tenant(&office.desk, at(0)).await.unwrap();
    assert_eq!(said, Vec::<String>::new());
    let installation = &office.desk.installation;
    let other = installation.create_tenant("Copper Basin", at(0)).await;
    let other = installation
        .store(&other.unwrap().id)
        .await
        .unwrap()
        .scope();
    let company = Company {
        system: System::QuickBooks,
        account_id: "1".to_owned(),
        is_read: true,
    };
    companies::take(installation.control(), &other, company, at(0))
        .await
        .unwrap();
    let said = tenant(&office.desk, at(0)).await.unwrap();
    assert!(
        said.len() == 1 && said[0].contains("QuickBooks company 1 belongs to another tenant"),
        "{said:?}"
    );
    office.desk.close().await;
}

#[tokio::test]
async fn dead_jobs_and_consents_that_end_soon_wait_for_a_person() {
    let office = Office::open().await;
    let (store, scope) = (&office.desk.store, &office.desk.scope);
    assert_eq!(
        tenant(&office.desk, at(0)).await.unwrap(),
        Vec::<String>::new()
    );
    let job = NewJob {
        kind: "cycle".to_owned(),
        payload: "{}".to_owned(),
        dedupe_key: None,
        run_at: at(-100_000),
        attempts_most: 1,
    };
    enqueue(store, scope, job).await.unwrap();
    let lease = SignedDuration::from_mins(1);
    let lease = claim(store, scope, "one", lease).await.unwrap().unwrap();
    jobs::fail(store, scope, lease, "the disk is full".to_owned(), 0)
        .await
        .unwrap();
    connect(store, scope, quickbooks(), at(0)).await.unwrap();
    let said = tenant(&office.desk, at(0)).await.unwrap();
    assert!(
        said.len() == 1 && said[0].contains("the disk is full"),
        "{said:?}"
    );
    let said = tenant(&office.desk, at(90 * 24)).await.unwrap();
    assert!(
        said.len() == 2 && said[1].contains("plumbline connect quickbooks"),
        "{said:?}"
    );
    office.desk.close().await;
}

#[tokio::test]
async fn an_erasure_that_is_late_or_did_not_end_is_told_with_the_command_that_ends_it() {
    let office = Office::open().await;
    let installation = &office.desk.installation;
    let tenant = installation.create_tenant("Copper Basin", at(0)).await;
    let id = tenant.unwrap().id;
    let owner = NewPerson {
        id: "psn_olga".to_owned(),
        mail: "olga@copperbasin.example".to_owned(),
        name: "Olga".to_owned(),
        password_hash: Secret::new("$argon2id$".to_owned()),
    };
    let grants = Grants::new(vec![Grant::standing(Role::Owner)]);
    let control = installation.control();
    people::add(control, &id, owner, grants, at(0))
        .await
        .unwrap();
    let scope = installation.store(&id).await.unwrap().scope();
    let asking = asked::Asking {
        by: "psn_olga".to_owned(),
        name: "Copper Basin".to_owned(),
        reason: "The business was sold.".to_owned(),
        on: "2026-11-01".parse().unwrap(),
    };
    let due = asked::ask(control, &scope, asking, at(0)).await.unwrap();
    let late = due + LATE_ENOUGH;
    assert!(erasures(installation, due).await.unwrap().is_empty());
    let command = format!("`plumbline tenant erase {id} --confirm {id}`");
    let told = async |word: &str| {
        let found = erasures(installation, late).await.unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].contains(word) && found[0].contains(&command),
            "{found:?}"
        );
    };
    told("Keep `plumbline serve`").await;
    installation.suspend_tenant(&id, late).await.unwrap();
    told("Resume it").await;

    let erasing = |ledger| Erasing {
        administrator: None,
        ledger,
        by: "operator".to_owned(),
        reason: "asked for".to_owned(),
    };
    // A ledger that cannot be written stops it in the middle.
    let unwritable = erasing(Ledger::at(office.data()));
    let stopped = installation.erase_tenant(&id, &unwritable, late).await;
    assert!(matches!(stopped, Err(StoreError::Ledger { .. })));
    told("did not end").await;
    let erasing = erasing(Ledger::of_folder(&office.data()));
    installation
        .erase_tenant(&id, &erasing, late)
        .await
        .unwrap();
    assert!(erasures(installation, late).await.unwrap().is_empty());
    office.desk.close().await;
}

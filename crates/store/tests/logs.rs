//! Nothing secret is logged, however much is.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on stops where it is"
)]

use std::io::Write;
use std::sync::{Arc, Mutex};

use figures::source::System;
use jiff::Timestamp;
use store::connections::{NewConnection, connect};
use store::tokens::{TokenSet, current};
use store::{Installation, MasterKey, MasterKeySource, Secret};

/// Everything that was logged, by every thread.
#[derive(Clone, Default)]
struct Logged(Arc<Mutex<Vec<u8>>>);

impl Write for Logged {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn pair() -> TokenSet {
    TokenSet {
        access_token: Secret::new("canary-access".to_owned()),
        refresh_token: Some(Secret::new("canary-refresh".to_owned())),
        obtained_at: Timestamp::UNIX_EPOCH,
        access_expires_at: Timestamp::UNIX_EPOCH,
        refresh_expires_at: None,
    }
}

#[tokio::test]
async fn no_key_and_no_token_is_logged_at_any_level() {
    let logged = Logged::default();
    let writer = logged.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .init();
    tracing::trace!("the capture works");
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let master = MasterKey::random().unwrap();
    let (source, now) = (
        MasterKeySource::Text(master.to_text()),
        Timestamp::UNIX_EPOCH,
    );
    let installation = Installation::open(&data, &source, now).await.unwrap();
    let tenant = installation.create_tenant("Ridgeline", now).await.unwrap();
    let store = installation.store(&tenant.id).await.unwrap();
    let new = NewConnection {
        system: System::QuickBooks,
        environment: "sandbox".to_owned(),
        account_id: "1".to_owned(),
        grant_type: "authorization_code".to_owned(),
        tokens: pair(),
    };
    connect(&store, &store.scope(), new, now).await.unwrap();
    current(&store, &store.scope(), System::QuickBooks)
        .await
        .unwrap();
    installation.replace_tenant_key(&tenant.id).await.unwrap();
    installation.close().await;
    let wrong = MasterKeySource::Text(MasterKey::random().unwrap().to_text());
    let refused = Installation::open(&data, &wrong, now).await.unwrap_err();
    let said = format!("{refused} {refused:?} {store:?} {installation:?} {source:?}");

    let logged = String::from_utf8(logged.0.lock().unwrap().clone()).unwrap();
    assert!(
        logged.contains("the capture works"),
        "nothing was captured, so nothing was tested"
    );
    let master = master.to_text();
    for secret in ["canary", "x'", "PRAGMA key", master.expose()] {
        assert!(!logged.contains(secret), "{secret} was logged");
        assert!(
            !said.contains(secret),
            "{secret} is in an error or in Debug"
        );
    }
}

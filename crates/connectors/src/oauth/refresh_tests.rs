//! The refresh against a vendor that loses answers and processes that die.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use figures::source::System;
use jiff::{SignedDuration, Timestamp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use url::Url;

use super::*;
use crate::http::{Bearers, BoxFuture, Cause, Clock, Limits, NoRandomness};

struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
    }
    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()> {
        self.0
            .fetch_add(i64::try_from(time.as_secs()).unwrap(), Ordering::SeqCst);
        Box::pin(tokio::task::yield_now())
    }
    fn jitter(&self, _: Duration) -> Duration {
        Duration::ZERO
    }
    fn unguessable(&self, _: &mut [u8]) -> Result<(), NoRandomness> {
        Err(NoRandomness)
    }
}

/// A vault in memory that writes down the order of what happens.
struct TestVault {
    tokens: Mutex<StoredTokens>,
    lease: Mutex<bool>,
    log: Arc<Mutex<Vec<String>>>,
}

impl TestVault {
    fn note(&self, text: &str) {
        self.log.lock().unwrap().push(text.to_owned());
    }
    fn release(&self) {
        *self.lease.lock().unwrap() = false;
    }
}

type Done<'a, T> = BoxFuture<'a, Result<T, VaultError>>;

impl TokenVault for TestVault {
    fn load(&self) -> Done<'_, StoredTokens> {
        Box::pin(async { Ok(self.tokens.lock().unwrap().clone()) })
    }
    fn begin_refresh(&self, at: Timestamp) -> Done<'_, RefreshStart> {
        let mut lease = self.lease.lock().unwrap();
        if *lease {
            return Box::pin(async { Ok(RefreshStart::Busy) });
        }
        *lease = true;
        let mut tokens = self.tokens.lock().unwrap();
        let before = tokens.clone();
        tokens.refresh_started = Some(at);
        self.note("begin");
        Box::pin(async { Ok(RefreshStart::Begun(before)) })
    }
    fn save(&self, tokens: StoredTokens) -> Done<'_, ()> {
        *self.tokens.lock().unwrap() = tokens;
        self.release();
        self.note("save");
        Box::pin(async { Ok(()) })
    }
    fn abandon_refresh(&self) -> Done<'_, ()> {
        self.tokens.lock().unwrap().refresh_started = None;
        self.release();
        self.note("abandon");
        Box::pin(async { Ok(()) })
    }
    fn leave_refresh_open(&self) -> Done<'_, ()> {
        self.release();
        self.note("leave open");
        Box::pin(async { Ok(()) })
    }
    fn needs_reconnect<'a>(&'a self, reason: &'a str) -> Done<'a, ()> {
        let standing = Standing::NeedsReconnect {
            reason: reason.to_owned(),
        };
        *self.tokens.lock().unwrap() = StoredTokens {
            standing,
            ..StoredTokens::none()
        };
        self.release();
        self.note("needs reconnect");
        Box::pin(async { Ok(()) })
    }
    fn forget(&self) -> Done<'_, ()> {
        *self.tokens.lock().unwrap() = StoredTokens::none();
        self.note("forget");
        Box::pin(async { Ok(()) })
    }
}

/// What the vendor does with the next request.
#[derive(Clone, Copy)]
enum Turn {
    /// A new pair with this number.
    Pair(u32),
    /// The connection closes without an answer.
    Silence,
    /// As [`Turn::Pair`], once the test lets it go.
    Held(u32),
    InvalidGrant,
    InvalidClient,
}

/// A token address that takes one turn per request and logs the refresh tokens it sees.
async fn vendor(turns: Vec<Turn>, log: Arc<Mutex<Vec<String>>>, go: Arc<Notify>) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut turns = VecDeque::from(turns);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut seen = Vec::new();
            let mut buffer = [0_u8; 4096];
            loop {
                let text = String::from_utf8_lossy(&seen).to_lowercase();
                if let Some((head, body)) = text.split_once("\r\n\r\n") {
                    let length = head.split("content-length: ").nth(1).unwrap_or("0");
                    let length: usize = length.lines().next().unwrap().trim().parse().unwrap();
                    if body.len() >= length {
                        break;
                    }
                }
                let read = stream.read(&mut buffer).await.unwrap();
                seen.extend_from_slice(&buffer[..read]);
            }
            let text = String::from_utf8_lossy(&seen).into_owned();
            let sent = text.split("refresh_token=").nth(1).unwrap_or("none");
            let sent = sent.split('&').next().unwrap();
            log.lock().unwrap().push(format!("asked with {sent}"));
            let (status, body) = match turns.pop_front().expect("a turn for every request") {
                Turn::Silence => continue,
                Turn::Pair(n) => ("200 OK", pair(n)),
                Turn::Held(n) => {
                    go.notified().await;
                    ("200 OK", pair(n))
                }
                Turn::InvalidGrant => {
                    ("400 Bad Request", r#"{"error":"invalid_grant"}"#.to_owned())
                }
                Turn::InvalidClient => (
                    "401 Unauthorized",
                    r#"{"error":"invalid_client"}"#.to_owned(),
                ),
            };
            let answer = format!(
                "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    port
}

fn pair(n: u32) -> String {
    format!(
        r#"{{"access_token":"access{n}","token_type":"bearer","expires_in":3600,"refresh_token":"refresh{n}"}}"#
    )
}

struct Scene {
    connection: Arc<Connection>,
    vault: Arc<TestVault>,
    clock: Arc<TestClock>,
    log: Arc<Mutex<Vec<String>>>,
    /// Lets an answer go that is held.
    go: Arc<Notify>,
}

const START: i64 = 1_790_000_000;

impl Scene {
    async fn new(turns: Vec<Turn>) -> Self {
        let log = Arc::new(Mutex::new(Vec::new()));
        let go = Arc::new(Notify::new());
        let port = vendor(turns, Arc::clone(&log), Arc::clone(&go)).await;
        let at = |path: &str| Url::parse(&format!("http://127.0.0.1:{port}{path}")).unwrap();
        let application = Application {
            system: System::Procore,
            client_id: "id".to_owned(),
            client_secret: Secret::new("secret".to_owned()),
            redirect_uri: "http://localhost/back".to_owned(),
            endpoints: Endpoints {
                authorize: at("/oauth/authorize"),
                token: at("/oauth/token"),
                revoke: at("/oauth/revoke"),
            },
        };
        let clock = Arc::new(TestClock(AtomicI64::new(START)));
        let obtained_at = clock.now();
        let tokens = StoredTokens {
            standing: Standing::Connected,
            access: Some(Secret::new("access0".to_owned())),
            refresh: Some(Secret::new("refresh0".to_owned())),
            obtained_at,
            expires_at: obtained_at
                .checked_add(SignedDuration::from_secs(3600))
                .unwrap(),
            ..StoredTokens::none()
        };
        let vault = Arc::new(TestVault {
            tokens: Mutex::new(tokens),
            lease: Mutex::new(false),
            log: Arc::clone(&log),
        });
        let connection = Connection::of_person(
            application,
            Arc::clone(&vault) as Arc<dyn TokenVault>,
            Arc::clone(&clock) as Arc<dyn Clock>,
            Limits::default(),
        )
        .unwrap();
        Self {
            connection: Arc::new(connection),
            vault,
            clock,
            log,
            go,
        }
    }

    fn later(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds, Ordering::SeqCst);
    }

    async fn token(&self) -> Result<String, Cause> {
        self.connection
            .bearer()
            .await
            .map(|token| token.expose().to_owned())
    }

    fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    fn stored_refresh(&self) -> Option<String> {
        self.vault
            .tokens
            .lock()
            .unwrap()
            .refresh
            .as_ref()
            .map(|token| token.expose().to_owned())
    }
}

#[tokio::test]
async fn a_token_is_refreshed_at_four_fifths_of_its_life_and_saved_before_use() {
    let scene = Scene::new(vec![Turn::Pair(1)]).await;
    scene.later(2_879);
    assert_eq!(scene.token().await.unwrap(), "access0");
    scene.later(1);
    assert_eq!(scene.token().await.unwrap(), "access1");
    assert_eq!(scene.log(), ["begin", "asked with refresh0", "save"]);
    assert_eq!(scene.stored_refresh().as_deref(), Some("refresh1"));
}

#[tokio::test]
async fn many_readers_cause_one_refresh() {
    let scene = Scene::new(vec![Turn::Pair(1)]).await;
    scene.later(3_600);
    let readers: Vec<_> = (0..20)
        .map(|_| {
            let connection = Arc::clone(&scene.connection);
            tokio::spawn(async move { connection.bearer().await.map(|t| t.expose().to_owned()) })
        })
        .collect();
    for reader in readers {
        assert_eq!(reader.await.unwrap().unwrap(), "access1");
    }
    assert_eq!(scene.log(), ["begin", "asked with refresh0", "save"]);
}

#[tokio::test]
async fn a_lost_answer_is_tried_once_more_and_a_dead_token_asks_for_a_person() {
    let scene = Scene::new(vec![Turn::Silence, Turn::InvalidGrant]).await;
    scene.later(3_600);
    let error = scene.token().await.unwrap_err();
    assert!(matches!(&error, Cause::NotConnected { reason } if reason.contains("cut off")));
    assert_eq!(
        scene.log(),
        [
            "begin",
            "asked with refresh0",
            "asked with refresh0",
            "needs reconnect"
        ]
    );
    // From then on nothing is asked of the vendor.
    assert!(matches!(
        scene.token().await.unwrap_err(),
        Cause::NotConnected { .. }
    ));
    assert_eq!(
        scene
            .log()
            .iter()
            .filter(|line| line.starts_with("asked"))
            .count(),
        2
    );
}

#[tokio::test]
async fn a_lost_answer_of_a_vendor_that_had_not_rotated_costs_nothing() {
    let scene = Scene::new(vec![Turn::Silence, Turn::Pair(1)]).await;
    scene.later(3_600);
    assert_eq!(scene.token().await.unwrap(), "access1");
    assert_eq!(scene.stored_refresh().as_deref(), Some("refresh1"));
}

#[tokio::test]
async fn a_refresh_whose_outcome_stays_unknown_is_left_open_for_the_next_start() {
    let scene = Scene::new(vec![Turn::Silence, Turn::Silence, Turn::InvalidGrant]).await;
    scene.later(3_600);
    assert!(matches!(
        scene.token().await.unwrap_err(),
        Cause::Interrupted { .. }
    ));
    assert!(scene.vault.tokens.lock().unwrap().refresh_started.is_some());
    assert_eq!(
        scene.stored_refresh().as_deref(),
        Some("refresh0"),
        "nothing was thrown away"
    );
    // The next process tries the old token once and learns the truth.
    let error = scene.token().await.unwrap_err();
    assert!(matches!(&error, Cause::NotConnected { reason } if reason.contains("cut off")));
}

#[tokio::test]
async fn a_process_that_died_while_refreshing_is_recovered_by_the_old_token() {
    let scene = Scene::new(vec![Turn::Pair(1)]).await;
    scene.vault.tokens.lock().unwrap().refresh_started = Some(scene.clock.now());
    scene.later(3_600);
    assert_eq!(scene.token().await.unwrap(), "access1");
    assert_eq!(scene.vault.tokens.lock().unwrap().refresh_started, None);
}

#[tokio::test]
async fn a_refresh_goes_on_when_whoever_asked_for_it_has_left() {
    let scene = Scene::new(vec![Turn::Held(1)]).await;
    scene.later(3_600);
    {
        let mut asking = scene.connection.bearer();
        while !scene.log().iter().any(|line| line.starts_with("asked")) {
            let waited = tokio::time::timeout(Duration::from_millis(1), &mut asking).await;
            assert!(waited.is_err(), "the vendor has not answered");
        }
    }
    scene.go.notify_one();
    assert_eq!(scene.token().await.unwrap(), "access1");
    assert_eq!(scene.log(), ["begin", "asked with refresh0", "save"]);
    assert_eq!(scene.stored_refresh().as_deref(), Some("refresh1"));
}

#[tokio::test]
async fn a_good_token_survives_a_vendor_that_does_not_answer() {
    let scene = Scene::new(vec![Turn::Silence, Turn::Silence]).await;
    scene.later(3_000);
    assert_eq!(
        scene.token().await.unwrap(),
        "access0",
        "due, and still good for ten minutes"
    );
    assert_eq!(scene.token().await.unwrap(), "access0");
    let asked = scene
        .log()
        .iter()
        .filter(|line| line.starts_with("asked"))
        .count();
    assert_eq!(asked, 2, "the vendor is left alone for a while");
}

#[tokio::test]
async fn wrong_credentials_are_told_apart_from_a_dead_authorisation() {
    let scene = Scene::new(vec![Turn::InvalidClient]).await;
    scene.later(3_600);
    let error = scene.token().await.unwrap_err();
    assert!(matches!(&error, Cause::NotConnected { reason } if reason.contains("client id")));
    assert_eq!(
        scene.stored_refresh().as_deref(),
        Some("refresh0"),
        "the grant is kept"
    );
}

#[tokio::test]
async fn another_process_that_refreshes_is_waited_for() {
    let scene = Scene::new(vec![]).await;
    *scene.vault.lease.lock().unwrap() = true;
    scene.later(3_600);
    let connection = Arc::clone(&scene.connection);
    let waiting =
        tokio::spawn(async move { connection.bearer().await.map(|t| t.expose().to_owned()) });
    tokio::task::yield_now().await;
    {
        let mut tokens = scene.vault.tokens.lock().unwrap();
        tokens.access = Some(Secret::new("theirs".to_owned()));
        tokens.obtained_at = scene.clock.now();
        tokens.expires_at = tokens
            .obtained_at
            .checked_add(SignedDuration::from_hours(10))
            .unwrap();
    }
    assert_eq!(waiting.await.unwrap().unwrap(), "theirs");
    assert!(scene.log().is_empty(), "no request of our own");
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_for_all_who_held_it() {
    let scene = Scene::new(vec![Turn::Pair(1)]).await;
    let held = scene.connection.bearer().await.unwrap();
    let first = scene.connection.renew(Arc::clone(&held)).await.unwrap();
    let second = scene.connection.renew(held).await.unwrap();
    assert_eq!((first.expose(), second.expose()), ("access1", "access1"));
    assert_eq!(scene.log(), ["begin", "asked with refresh0", "save"]);
}

#[tokio::test]
async fn disconnecting_destroys_the_tokens_even_when_the_vendor_cannot_be_told() {
    let scene = Scene::new(vec![Turn::Silence]).await;
    assert!(scene.connection.disconnect().await.is_err());
    assert_eq!(scene.stored_refresh(), None);
    assert!(matches!(
        scene.token().await.unwrap_err(),
        Cause::NotConnected { .. }
    ));
}

//! Resets, second factors, tries and tokens: what lets somebody in, once.

use jiff::{SignedDuration, Timestamp};

use super::api_tokens::{self, NewApiToken};
use super::attempts::{self, Claim};
use super::factors::{self, SettingUp, Tried};
use super::people_tests::{Office, minutes, office, refused, secret, standing};
use super::{people, resets};
use crate::contract::at;
use crate::{Refusal, TenantScope};
use gate::roles::Role;

#[tokio::test]
async fn a_reset_counts_once_ends_sessions_and_leaves_the_factor() {
    let office = office().await;
    set_up_factor(&office, "dana").await;
    office.sign_in("dana", "d", at(1)).await.unwrap();
    let asked = resets::ask(
        office.control(),
        "DANA@ridgeline.example ",
        &secret("r1"),
        at(2),
        at(1),
    )
    .await
    .unwrap();
    assert_eq!(asked.unwrap().mail, "dana@ridgeline.example");
    assert_eq!(
        resets::ask(
            office.control(),
            "nobody@x.example",
            &secret("r2"),
            at(2),
            at(1)
        )
        .await
        .unwrap(),
        None
    );
    let late = resets::use_link(office.control(), &secret("r1"), secret("$late"), at(2)).await;
    assert_eq!(refused(late), Refusal::NoSuchReset);
    resets::use_link(office.control(), &secret("r1"), secret("$new"), minutes(10))
        .await
        .unwrap();
    let again = resets::use_link(
        office.control(),
        &secret("r1"),
        secret("$newer"),
        minutes(11),
    )
    .await;
    assert_eq!(refused(again), Refusal::NoSuchReset);
    let account = people::account(office.control(), "dana@ridgeline.example")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(account.password_hash.expose(), "$new");
    assert!(account.has_factor);
    assert!(!office.is_in("d", minutes(11)).await);
    office.close().await;
}

async fn set_up_factor(office: &Office, name: &str) {
    let person_id = format!("psn_{name}");
    factors::prepare(office.control(), &person_id, secret("MZXW6YTB"))
        .await
        .unwrap();
    let setting_up = SettingUp {
        person_id,
        kept_session: String::new(),
        step: 100,
        recovery_codes: vec![secret("aaaa"), secret("bbbb")],
    };
    factors::set_up(office.control(), setting_up, at(1))
        .await
        .unwrap();
}

async fn try_step(office: &Office, now: i64, matched: Option<i64>) -> Tried {
    factors::try_code(office.control(), "psn_dana", now, move |secret| {
        assert_eq!(secret.expose(), "MZXW6YTB");
        matched
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn a_code_counts_once_and_three_may_be_tried_in_a_step() {
    let office = office().await;
    assert_eq!(try_step(&office, 100, Some(100)).await, Tried::NoFactor);
    set_up_factor(&office, "dana").await;
    assert_eq!(
        try_step(&office, 100, Some(100)).await,
        Tried::Wrong,
        "shown while setting up"
    );
    assert_eq!(try_step(&office, 101, Some(101)).await, Tried::Right);
    assert_eq!(
        try_step(&office, 101, Some(101)).await,
        Tried::Wrong,
        "a replay"
    );
    assert_eq!(
        try_step(&office, 101, Some(100)).await,
        Tried::Wrong,
        "an older one"
    );
    assert_eq!(try_step(&office, 101, Some(102)).await, Tried::TooMany);
    assert_eq!(try_step(&office, 102, Some(102)).await, Tried::Right);
    office.close().await;
}

#[tokio::test]
async fn a_recovery_code_counts_once_and_for_its_person_only() {
    let office = office().await;
    set_up_factor(&office, "dana").await;
    let used = async |person: &str, code: &str| {
        factors::use_recovery_code(office.control(), person, &secret(code), at(1))
            .await
            .unwrap()
    };
    assert!(!used("psn_tom", "aaaa").await);
    assert!(used("psn_dana", "aaaa").await);
    assert!(!used("psn_dana", "aaaa").await);
    assert!(!used("psn_dana", "cccc").await);
    assert_eq!(
        factors::recovery_codes_left(office.control(), "psn_dana")
            .await
            .unwrap(),
        1
    );
    office.close().await;
}

#[tokio::test]
async fn an_account_is_closed_for_longer_and_longer_whether_it_exists_or_not() {
    let office = office().await;
    for account in ["dana", "nobody"] {
        let mut now = at(1);
        let mut waits = Vec::new();
        for _ in 0..30 {
            assert_eq!(
                attempts::claim(office.control(), account, now)
                    .await
                    .unwrap(),
                Claim::Go
            );
            let Claim::Wait(until) = attempts::claim(office.control(), account, now)
                .await
                .unwrap()
            else {
                panic!("two tries at once");
            };
            waits.push(until.duration_since(now).as_secs());
            now = until;
        }
        let expected: Vec<i64> = (1..=30)
            .map(|failures| match failures {
                1..=2 => 1,
                3..=8 => 3,
                9..=24 => 5,
                _ => 10,
            })
            .collect();
        assert_eq!(waits, expected, "{account}");
        attempts::succeeded(office.control(), account, now)
            .await
            .unwrap();
        assert_eq!(
            attempts::claim(office.control(), account, now)
                .await
                .unwrap(),
            Claim::Go
        );
    }
    office.close().await;
}

#[tokio::test]
async fn a_hundred_failures_close_an_account_until_the_next_day() {
    let office = office().await;
    let mut now = "2026-11-23T08:00:00Z".parse::<Timestamp>().unwrap();
    for _ in 0..100 {
        assert_eq!(
            attempts::claim(office.control(), "dana", now)
                .await
                .unwrap(),
            Claim::Go
        );
        now += SignedDuration::from_secs(10);
    }
    let midnight = "2026-11-24T00:00:00Z".parse().unwrap();
    let closed = attempts::claim(office.control(), "dana", now)
        .await
        .unwrap();
    assert_eq!(closed, Claim::Wait(midnight));
    assert_eq!(
        attempts::claim(office.control(), "dana", midnight)
            .await
            .unwrap(),
        Claim::Go
    );
    office.close().await;
}

#[tokio::test]
async fn an_api_token_is_of_one_person_in_one_company_and_ends() {
    let office = office().await;
    let (ours, theirs) = (
        TenantScope::new(office.ours.clone()),
        TenantScope::new(office.theirs.clone()),
    );
    let token = |id: &str| NewApiToken {
        id: id.to_owned(),
        token: secret(id),
        name: "Reports".to_owned(),
        expires_at: at(10),
    };
    let control = office.control();
    let foreign = api_tokens::create(control, &theirs, "psn_dana", token("tok_x"), at(1)).await;
    assert_eq!(refused(foreign), Refusal::NoSuchPerson);
    api_tokens::create(control, &ours, "psn_priya", token("tok_1"), at(1))
        .await
        .unwrap();
    let caller = api_tokens::caller(control, &secret("tok_1"), at(2))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (caller.scope, caller.grants),
        (ours.clone(), standing(&[Role::Preparer]))
    );
    assert!(
        api_tokens::caller(control, &secret("tok_1"), at(10))
            .await
            .unwrap()
            .is_none()
    );
    for (scope, person) in [(&theirs, "psn_priya"), (&ours, "psn_dana")] {
        let revoked = api_tokens::revoke(control, scope, person, "tok_1", at(2)).await;
        assert_eq!(refused(revoked), Refusal::NoSuchApiToken);
    }
    api_tokens::revoke(control, &ours, "psn_priya", "tok_1", at(2))
        .await
        .unwrap();
    assert!(
        api_tokens::caller(control, &secret("tok_1"), at(2))
            .await
            .unwrap()
            .is_none()
    );
    office.close().await;
}

#[tokio::test]
async fn no_token_or_secret_of_a_person_is_in_the_file() {
    let office = office().await;
    set_up_factor(&office, "dana").await;
    office
        .sign_in("dana", "canary-session", at(1))
        .await
        .unwrap();
    let dump: String = office
        .control()
        .read(|mut tx| {
            Box::pin(async move {
                crate::sql::query(
                    "SELECT coalesce(max(factor_secret), '') || (SELECT max(token_digest) FROM session)
                     FROM person",
                )
                .value(tx.connection())
                .await
            })
        })
        .await
        .unwrap();
    assert!(
        !dump.contains("MZXW6YTB") && !dump.contains("canary"),
        "{dump}"
    );
    assert!(dump.len() > 64 + 20);
    office.close().await;
}

//! The contract of connections and tokens.

use figures::source::System;
use jiff::SignedDuration;

use super::at;
use crate::connections::*;
use crate::tokens::*;
use crate::{Refusal, Secret, Store, StoreError};

const QBO: System = System::QuickBooks;

pub(super) fn pair(name: &str) -> TokenSet {
    TokenSet {
        access_token: Secret::new(format!("access-{name}")),
        refresh_token: Some(Secret::new(format!("refresh-{name}"))),
        obtained_at: at(0),
        access_expires_at: at(1),
        refresh_expires_at: Some(at(2_400)),
    }
}

pub(super) fn company(account_id: &str, tokens: TokenSet) -> NewConnection {
    NewConnection {
        system: QBO,
        environment: "sandbox".to_owned(),
        account_id: account_id.to_owned(),
        grant_type: "authorization_code".to_owned(),
        tokens,
    }
}

fn request(holder: &str, seen_generation: i64) -> RefreshRequest {
    RefreshRequest {
        system: QBO,
        holder: holder.to_owned(),
        seen_generation,
        lease: SignedDuration::from_mins(2),
    }
}

fn pending(text: &str) -> PendingAuthorization {
    PendingAuthorization {
        system: QBO,
        state: Secret::new(text.to_owned()),
        session: "session-1".to_owned(),
        kept: Secret::new("kept".to_owned()),
        expires_at: at(1),
    }
}

fn returned(text: &str) -> ReturnedState {
    ReturnedState {
        system: QBO,
        state: Secret::new(text.to_owned()),
        session: "session-1".to_owned(),
    }
}

fn refusal<T: std::fmt::Debug>(result: Result<T, StoreError>) -> Refusal {
    match result {
        Err(StoreError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

/// Begins a refresh that must be allowed.
async fn go(store: &Store, request: RefreshRequest, hour: i64) -> (bool, RefreshTicket) {
    match begin_refresh(store, &store.scope(), request, at(hour))
        .await
        .unwrap()
    {
        RefreshStart::Go {
            ambiguous, ticket, ..
        } => (ambiguous, ticket),
        other => panic!("no refresh: {other:?}"),
    }
}

pub(crate) async fn an_authorisation_is_redeemed_once(store: &Store) {
    let scope = store.scope();
    start_authorization(store, &scope, pending("s1"), at(0))
        .await
        .unwrap();
    let kept = redeem_state(store, &scope, returned("s1"), at(0))
        .await
        .unwrap();
    assert_eq!(kept, Secret::new("kept".to_owned()));
    let twice = redeem_state(store, &scope, returned("s1"), at(0)).await;
    assert_eq!(refusal(twice), Refusal::StateUsed);
    // Beginning again replaces what was not used, and only that of the same session and system.
    let elsewhere = PendingAuthorization {
        session: "session-2".to_owned(),
        ..pending("s3")
    };
    for begun in [pending("s2"), elsewhere, pending("s4")] {
        start_authorization(store, &scope, begun, at(0))
            .await
            .unwrap();
    }
    let replaced = redeem_state(store, &scope, returned("s2"), at(0)).await;
    assert_eq!(refusal(replaced), Refusal::UnknownState);
    let stands = ReturnedState {
        session: "session-2".to_owned(),
        ..returned("s3")
    };
    redeem_state(store, &scope, stands, at(0)).await.unwrap();
}

pub(crate) async fn a_foreign_or_late_authorisation_is_refused(store: &Store) {
    let scope = store.scope();
    start_authorization(store, &scope, pending("s1"), at(0))
        .await
        .unwrap();
    let other_system = ReturnedState {
        system: System::Procore,
        ..returned("s1")
    };
    let other_session = ReturnedState {
        session: "session-2".to_owned(),
        ..returned("s1")
    };
    for wrong in [returned("s2"), other_system, other_session] {
        let result = redeem_state(store, &scope, wrong, at(0)).await;
        assert_eq!(refusal(result), Refusal::UnknownState);
    }
    let late = redeem_state(store, &scope, returned("s1"), at(1)).await;
    assert_eq!(refusal(late), Refusal::StateExpired);
}

pub(crate) async fn without_a_connection_there_are_no_tokens(store: &Store) {
    let result = current(store, &store.scope(), QBO).await;
    assert_eq!(
        refusal(result),
        Refusal::NotConnected {
            system: "QuickBooks"
        }
    );
    assert_eq!(connection(store, &store.scope(), QBO).await.unwrap(), None);
}

pub(crate) async fn another_company_is_refused_on_reconnect(store: &Store) {
    let scope = store.scope();
    connect(store, &scope, company("1", pair("a")), at(0))
        .await
        .unwrap();
    let other = connect(store, &scope, company("2", pair("b")), at(1)).await;
    assert!(matches!(refusal(other), Refusal::OtherAccount { .. }));
    let kept = current(store, &scope, QBO).await.unwrap();
    assert_eq!(kept.tokens, pair("a"));
}

pub(crate) async fn a_refreshed_pair_replaces_the_old_one(store: &Store) {
    let scope = store.scope();
    connect(store, &scope, company("1", pair("a")), at(0))
        .await
        .unwrap();
    let (ambiguous, ticket) = go(store, request("one", 1), 1).await;
    assert!(!ambiguous);
    let saved = save_refreshed(store, &scope, ticket, pair("b"), at(1))
        .await
        .unwrap();
    assert_eq!(saved.generation, 2);
    assert_eq!(current(store, &scope, QBO).await.unwrap(), saved);
    // Somebody who still holds the first pair is given the second.
    let second = begin_refresh(store, &scope, request("two", 1), at(1))
        .await
        .unwrap();
    assert_eq!(second, RefreshStart::AlreadyRefreshed(saved));
}

pub(crate) async fn only_one_refreshes_at_a_time(store: &Store) {
    let scope = store.scope();
    connect(store, &scope, company("1", pair("a")), at(0))
        .await
        .unwrap();
    let (_, ticket) = go(store, request("one", 1), 1).await;
    let second = begin_refresh(store, &scope, request("two", 1), at(1))
        .await
        .unwrap();
    assert!(matches!(second, RefreshStart::Busy { .. }), "{second:?}");
    release_refresh(store, &scope, ticket, RefreshFailure::NotSent)
        .await
        .unwrap();
    let (ambiguous, _) = go(store, request("two", 1), 1).await;
    assert!(!ambiguous, "nothing was sent");
}

pub(crate) async fn a_refresh_without_an_end_is_ambiguous_for_the_next(store: &Store) {
    let scope = store.scope();
    connect(store, &scope, company("1", pair("a")), at(0))
        .await
        .unwrap();
    go(store, request("killed", 1), 1).await;
    let (ambiguous, ticket) = go(store, request("next", 1), 2).await;
    assert!(ambiguous);
    // Not even a try that never left clears the doubt about the first one.
    release_refresh(store, &scope, ticket, RefreshFailure::NotSent)
        .await
        .unwrap();
    let (still, ticket) = go(store, request("third", 1), 3).await;
    assert!(still);
    release_refresh(store, &scope, ticket, RefreshFailure::Unknown)
        .await
        .unwrap();
    let (still, _) = go(store, request("fourth", 1), 4).await;
    assert!(still);
}

pub(crate) async fn a_late_pair_is_not_thrown_away(store: &Store) {
    let scope = store.scope();
    connect(store, &scope, company("1", pair("a")), at(0))
        .await
        .unwrap();
    let (_, slow) = go(store, request("slow", 1), 1).await;
    go(store, request("next", 1), 2).await;
    needs_reconnect(store, &scope, QBO, "invalid_grant".to_owned(), at(2))
        .await
        .unwrap();
    let closed = current(store, &scope, QBO).await;
    let reason = "invalid_grant".to_owned();
    assert_eq!(
        refusal(closed),
        Refusal::NeedsReconnect {
            system: "QuickBooks",
            reason
        }
    );

    save_refreshed(store, &scope, slow.clone(), pair("b"), at(2))
        .await
        .unwrap();
    assert_eq!(current(store, &scope, QBO).await.unwrap().tokens, pair("b"));
    let again = save_refreshed(store, &scope, slow, pair("c"), at(2)).await;
    assert_eq!(
        refusal(again),
        Refusal::RefreshOvertaken {
            system: "QuickBooks"
        }
    );
}

pub(crate) async fn disconnecting_destroys_the_tokens_for_good(store: &Store) {
    let scope = store.scope();
    connect(store, &scope, company("1", pair("a")), at(0))
        .await
        .unwrap();
    let (_, ticket) = go(store, request("slow", 1), 1).await;
    disconnect(store, &scope, QBO, at(1)).await.unwrap();
    let late = save_refreshed(store, &scope, ticket, pair("b"), at(1)).await;
    assert_eq!(
        refusal(late),
        Refusal::RefreshOvertaken {
            system: "QuickBooks"
        }
    );
    let closed = current(store, &scope, QBO).await;
    assert_eq!(
        refusal(closed),
        Refusal::NotConnected {
            system: "QuickBooks"
        }
    );

    connect(store, &scope, company("1", pair("c")), at(2))
        .await
        .unwrap();
    let again = connection(store, &scope, QBO).await.unwrap().unwrap();
    assert!(
        again.resync_due,
        "after a reconnect everything is read again"
    );
    resync_done(store, &scope, QBO).await.unwrap();
    assert!(
        !connection(store, &scope, QBO)
            .await
            .unwrap()
            .unwrap()
            .resync_due
    );
}

pub(crate) async fn tokens_do_not_show_in_debug_or_errors(store: &Store) {
    let scope = store.scope();
    connect(store, &scope, company("1", pair("canary")), at(0))
        .await
        .unwrap();
    let stored = current(store, &scope, QBO).await.unwrap();
    let start = begin_refresh(store, &scope, request("one", 1), at(1))
        .await
        .unwrap();
    let shown = format!("{stored:?} {start:?} {:?}", pending("canary"));
    assert!(!shown.contains("canary"), "{shown}");
}

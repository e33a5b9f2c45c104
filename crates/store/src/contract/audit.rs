//! The contract of the audit.

use figures::source::System;

use super::at;
use super::connections::{company as with, pair as tokens};
use crate::audit::*;
use crate::settings::{self, StoredSettings, Then};
use crate::{Store, connections};

fn company() -> connections::NewConnection {
    with("9130", tokens("first"))
}

async fn told(store: &Store) -> Vec<(i64, Option<String>, Action, String)> {
    let entries = entries(store, &store.scope(), at(0), 100).await.unwrap();
    let parts = |one: Entry| (one.number, one.actor, one.action, one.about);
    entries.into_iter().map(parts).collect()
}

pub(crate) async fn what_was_changed_is_told_with_its_person(store: &Store) {
    let scope = store.scope().by("psn_dana");
    let changed = StoredSettings {
        body: "{}".to_owned(),
        secrets: Default::default(),
    };
    let then = Then {
        differs: Some(("stale after days: 3 to 5".to_owned(), at(1))),
        ..Then::default()
    };
    settings::change(store, &scope, changed.clone(), then)
        .await
        .unwrap();
    connections::connect(store, &scope, company(), at(2))
        .await
        .unwrap();
    connections::needs_reconnect(
        store,
        &store.scope(),
        System::QuickBooks,
        "ended".to_owned(),
        at(3),
    )
    .await
    .unwrap();
    connections::disconnect(store, &scope, System::QuickBooks, at(4))
        .await
        .unwrap();
    let dana = || Some("psn_dana".to_owned());
    let expected = [
        (4, dana(), Action::Disconnected, "QuickBooks".to_owned()),
        (
            3,
            None,
            Action::ConnectionBroke,
            "QuickBooks: ended".to_owned(),
        ),
        (
            2,
            dana(),
            Action::Connected,
            "QuickBooks, company 9130".to_owned(),
        ),
        (
            1,
            dana(),
            Action::SettingsChanged,
            "stale after days: 3 to 5".to_owned(),
        ),
    ];
    assert_eq!(told(store).await, expected);
    // What changes nothing, and what is refused, leaves no entry.
    settings::change(store, &scope, changed, Then::default())
        .await
        .unwrap();
    let mut other = company();
    other.account_id = "another".to_owned();
    connections::connect(store, &scope, other, at(5))
        .await
        .unwrap_err();
    assert_eq!(told(store).await.len(), 4);
}

pub(crate) async fn entries_are_told_from_a_moment_on_and_so_many_at_most(store: &Store) {
    let scope = store.scope();
    for second in 0..5 {
        note(
            store,
            &scope,
            Action::Exported,
            &format!("copy {second}"),
            at(second),
        )
        .await
        .unwrap();
    }
    let since = entries(store, &scope, at(3), 100).await.unwrap();
    let about: Vec<&str> = since.iter().map(|one| one.about.as_str()).collect();
    assert_eq!(about, ["copy 4", "copy 3"]);
    let newest = entries(store, &scope, at(0), 2).await.unwrap();
    assert_eq!(
        newest.iter().map(|one| one.number).collect::<Vec<_>>(),
        [5, 4]
    );
}

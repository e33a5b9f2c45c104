//! The contract of the audit.

use figures::source::System;
use gate::chain::{Anchor, Broken};

use super::at;
use super::connections::{company as with, pair as tokens};
use crate::audit::*;
use crate::settings::{self, StoredSettings, Then};
use crate::sql::query;
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

async fn copies(store: &Store, count: i64) {
    for second in 0..count {
        let about = format!("copy {second}");
        note(store, &store.scope(), Action::Exported, &about, at(second))
            .await
            .unwrap();
    }
}

async fn verified(store: &Store, anchors: &[Anchor]) -> Result<Anchor, Broken> {
    verify(store, &store.scope(), anchors.to_vec())
        .await
        .unwrap()
}

/// As somebody would who can write to the tables.
async fn forged(store: &Store, statement: &'static str) {
    let scope = store.scope();
    let forged = store.tx(&scope, move |tx| {
        Box::pin(async move {
            let forged = query(statement).bind(tx.tenant());
            forged.execute(tx.connection()).await
        })
    });
    assert_eq!(forged.await.unwrap(), 1);
}

pub(crate) async fn the_chain_grows_with_the_entries_and_continues_its_anchors(store: &Store) {
    let empty = verified(store, &[]).await.unwrap();
    assert_eq!(empty.entries, 0);
    copies(store, 3).await;
    let three = verified(store, std::slice::from_ref(&empty)).await.unwrap();
    copies(store, 2).await;
    let five = verified(store, &[empty, three.clone()]).await.unwrap();
    assert_eq!((three.entries, five.entries), (3, 5));
    let other = Anchor {
        entries: 3,
        hash: five.hash.clone(),
    };
    let replaced = Broken::Replaced { number: 3 };
    assert_eq!(verified(store, &[other]).await, Err(replaced));

    let mut lines = Vec::new();
    let exported = export(store, &store.scope(), &mut lines).await;
    assert_eq!(exported.unwrap(), 5);
    let text = String::from_utf8(lines).unwrap();
    assert_eq!(text.lines().count(), 6);
    let head = text.lines().next().unwrap();
    assert!(head.contains("plumbline.audit.v1") && head.contains(store.scope().tenant_id()));
    let last = text.lines().last().unwrap();
    assert!(
        last.contains(&five.hash) && last.contains("copy 1"),
        "{last}"
    );
}

pub(crate) async fn entries_from_before_the_chain_are_linked_and_forged_ones_are_found(
    store: &Store,
) {
    let before = "INSERT INTO audit_entry (tenant_id, entry_no, at, action, about)
                  VALUES ($1, 1, '2026-01-01T00:00:00Z', 'audit.exported', 'before')";
    forged(store, before).await;
    assert_eq!(verified(store, &[]).await.unwrap().entries, 1);
    copies(store, 1).await;
    assert_eq!(verified(store, &[]).await.unwrap().entries, 2);
    // Without its link an entry did not come from the program, ...
    let third = "INSERT INTO audit_entry (tenant_id, entry_no, at, action, about)
                 VALUES ($1, 3, '2026-01-01T00:00:00Z', 'audit.exported', 'forged')";
    forged(store, third).await;
    assert_eq!(verified(store, &[]).await, Err(Broken::Hash { number: 3 }));
    // ... and a link that somebody made up does not help.
    let link = "INSERT INTO audit_link (tenant_id, entry_no, hash) VALUES
                ($1, 3, '0000000000000000000000000000000000000000000000000000000000000000')";
    forged(store, link).await;
    assert_eq!(verified(store, &[]).await, Err(Broken::Hash { number: 3 }));
}

pub(crate) async fn what_happened_to_people_is_copied_once_without_their_addresses(store: &Store) {
    use crate::control::history::{Happened, Happening};
    let scope = store.scope();
    let happened = |minutes, what, to: Option<&str>, about: &str| Happened {
        at: at(minutes),
        by: Some("psn_1".to_owned()),
        to: to.map(str::to_owned),
        what,
        about: about.to_owned(),
    };
    let given = happened(2, Happening::RoleGiven, Some("psn_2"), "lead.payables");
    let invited = happened(1, Happening::Invited, None, "Ann, ann@example.com: viewer");
    let all = [given.clone(), invited.clone()];
    assert_eq!(take_in(store, &scope, &[]).await.unwrap(), 0);
    assert_eq!(take_in(store, &scope, &all).await.unwrap(), 2);
    let later = happened(3, Happening::RoleTaken, Some("psn_2"), "lead.payables");
    let again = [later.clone(), given.clone(), invited];
    assert_eq!(take_in(store, &scope, &again).await.unwrap(), 1);
    let told = entries(store, &scope, at(0), 10).await.unwrap();
    let what: Vec<(&str, &str)> = told
        .iter()
        .map(|one| (one.action.name(), one.about.as_str()))
        .collect();
    assert_eq!(what[0], ("role.taken", "psn_2: lead.payables"));
    assert_eq!(what[1], ("role.given", "psn_2: lead.payables"));
    let (name, about) = what[2];
    assert_eq!(name, "invitation.sent");
    assert!(
        about.starts_with("sha256 ") && !about.contains("ann"),
        "{about}"
    );
    let known = copied(store, &scope, at(2)).await.unwrap();
    let expected = [Copied::of(&given), Copied::of(&later)];
    assert_eq!(known, expected.into());
    assert_eq!(
        verify(store, &scope, Vec::new())
            .await
            .unwrap()
            .unwrap()
            .entries,
        3
    );
}

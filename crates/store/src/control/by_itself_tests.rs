//! Agenda, companies, the addresses of hooks and the daily letter, on both engines.

use figures::source::System;
use gate::roles::{Grant, Grants, Role};
use jiff::SignedDuration;

use super::agenda::{ask, settle, take};
use super::companies::{self, Company};
use super::history::{self, Happening};
use super::people::{self, NewPerson};
use super::{TenantState, digest_letters, procore_hooks, set_state};
use crate::contract::{at, by_operator, day, opened};
use crate::postgres::cluster::Cluster;
use crate::{Installation, Refusal, Secret, StoreError, TenantScope};

const HOLD: SignedDuration = SignedDuration::from_mins(1);

/// Runs a check on a folder and on a server, each with nothing in it yet.
async fn on_both(check: impl AsyncFn(&Installation)) {
    let (store, kept) = opened().await;
    kept.installation
        .erase_tenant(
            store.scope().tenant_id(),
            &by_operator(None, kept.folder.path()),
            at(0),
        )
        .await
        .unwrap();
    check(&kept.installation).await;
    kept.close().await;
    let cluster = Cluster::start().await;
    let server = cluster.installation().await;
    check(&server).await;
    server.close().await;
}

async fn tenant(installation: &Installation) -> TenantScope {
    let tenant = installation.create_tenant("Ridgeline", at(0)).await;
    let store = installation.store(&tenant.unwrap().id).await.unwrap();
    store.scope()
}

#[tokio::test]
async fn a_tenant_is_looked_at_by_one_worker_and_again_when_it_is_due() {
    on_both(async |installation| {
        let (control, one) = (installation.control(), tenant(installation).await);
        let visit = take(control, at(1), HOLD).await.unwrap().unwrap();
        assert_eq!(visit.tenant_id, one.tenant_id(), "a new one is due at once");
        assert_eq!(take(control, at(1), HOLD).await.unwrap(), None);
        settle(control, visit, at(5)).await.unwrap();
        assert_eq!(take(control, at(4), HOLD).await.unwrap(), None);
        ask(control, &one, at(3)).await.unwrap();
        ask(control, &one, at(9)).await.unwrap();
        let visit = take(control, at(3), HOLD).await.unwrap().unwrap();
        // Somebody asks while the worker looks: the next moment must not hide it.
        ask(control, &one, at(3)).await.unwrap();
        settle(control, visit, at(50)).await.unwrap();
        assert!(take(control, at(3), HOLD).await.unwrap().is_some());
        installation
            .suspend_tenant(one.tenant_id(), at(4))
            .await
            .unwrap();
        assert_eq!(take(control, at(60), HOLD).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn workers_at_the_same_time_take_different_tenants() {
    on_both(async |installation| {
        for _ in 0..8 {
            tenant(installation).await;
        }
        let takers: Vec<_> = (0..8)
            .map(|_| {
                let control = installation.control().clone();
                tokio::spawn(async move { take(&control, at(1), HOLD).await })
            })
            .collect();
        let mut taken = std::collections::BTreeSet::new();
        for taker in takers {
            let visit = taker.await.unwrap().unwrap();
            taken.extend(visit.map(|visit| visit.tenant_id));
        }
        assert_eq!(taken.len(), 8);
    })
    .await;
}

fn company(id: &str, is_read: bool) -> Company {
    Company {
        system: System::QuickBooks,
        account_id: id.to_owned(),
        is_read,
    }
}

#[tokio::test]
async fn a_company_leads_to_the_one_tenant_that_reads_it_now() {
    on_both(async |installation| {
        let control = installation.control();
        let (one, other) = (tenant(installation).await, tenant(installation).await);
        let reader = async |system, id| companies::reader(control, system, id).await.unwrap();
        let settle = async |scope: &TenantScope, known: Vec<Company>, now| {
            let others = companies::settle(control, scope, known, now).await;
            others.unwrap()
        };
        let ours = |id: Option<String>| id.as_deref() == Some(one.tenant_id());
        assert!(
            settle(&one, vec![company("7", true)], at(1))
                .await
                .is_empty()
        );
        settle(&other, vec![company("8", true)], at(1)).await;
        assert!(ours(reader(System::QuickBooks, "7").await));
        assert_eq!(reader(System::Procore, "7").await, None);
        // A connection that does not stand keeps its company and wakes nobody.
        settle(&one, vec![company("7", false)], at(1)).await;
        assert_eq!(reader(System::QuickBooks, "7").await, None);
        let theirs = settle(&other, vec![company("8", true), company("7", true)], at(1)).await;
        assert_eq!(theirs, [company("7", true)]);
        assert_eq!(reader(System::QuickBooks, "7").await, None);
        settle(&one, vec![company("7", true)], at(2)).await;
        assert!(ours(reader(System::QuickBooks, "7").await));
        installation
            .suspend_tenant(one.tenant_id(), at(3))
            .await
            .unwrap();
        assert_eq!(reader(System::QuickBooks, "7").await, None);
    })
    .await;
}

#[tokio::test]
async fn a_company_is_taken_by_one_tenant_whoever_comes_at_the_same_time() {
    on_both(async |installation| {
        let mut takers = Vec::new();
        for _ in 0..6 {
            let (control, scope) = (installation.control().clone(), tenant(installation).await);
            takers.push(tokio::spawn(async move {
                companies::take(&control, &scope, company("7", true), at(1)).await
            }));
        }
        let mut refused = Vec::new();
        for taker in takers {
            refused.extend(taker.await.unwrap().err());
        }
        assert_eq!(refused.len(), 5, "{refused:?}");
        for error in refused {
            assert!(
                matches!(&error, StoreError::Refused(Refusal::CompanyTaken { company, .. }) if company == "7"),
                "{error}"
            );
            assert!(!error.to_string().contains("tnt_"), "another is named: {error}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_company_is_free_again_when_connecting_came_to_nothing_and_no_sooner() {
    on_both(async |installation| {
        let control = installation.control();
        let (one, other) = (tenant(installation).await, tenant(installation).await);
        let take =
            async |scope, now| companies::take(control, scope, company("7", true), now).await;
        take(&one, at(1)).await.unwrap();
        take(&one, at(1)).await.unwrap();
        // It may be in the middle of connecting.
        companies::settle(control, &one, Vec::new(), at(1))
            .await
            .unwrap();
        assert!(take(&other, at(1)).await.is_err());
        companies::settle(control, &one, Vec::new(), at(3))
            .await
            .unwrap();
        take(&other, at(3)).await.unwrap();
        assert!(take(&one, at(3)).await.is_err());
        // Erasing the tenant frees it, and nothing before that does.
        let end = async |state| set_state(control, other.tenant_id(), state, at(4)).await;
        end(TenantState::Erasing).await.unwrap();
        assert!(take(&one, at(4)).await.is_err());
        end(TenantState::Erased).await.unwrap();
        take(&one, at(4)).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_hook_is_known_by_its_address_and_its_value_together() {
    on_both(async |installation| {
        let control = installation.control();
        let one = tenant(installation).await;
        let secret = |text: &str| Secret::new(text.to_owned());
        let tenant = async |path: &str, value: &str| {
            let found = procore_hooks::tenant(control, &secret(path), &secret(value)).await;
            found.unwrap()
        };
        let make = async |path: &str, value: &str| {
            let by = one.clone().by("psn_1");
            procore_hooks::make(control, &by, &secret(path), &secret(value), at(1))
                .await
                .unwrap();
        };
        make("p1", "v1").await;
        assert_eq!(tenant("p1", "v1").await.as_deref(), Some(one.tenant_id()));
        for (path, value) in [("p1", "v2"), ("p2", "v1"), ("", ""), ("v1", "p1")] {
            assert_eq!(tenant(path, value).await, None, "{path} {value}");
        }
        make("p2", "v2").await;
        assert_eq!(tenant("p1", "v1").await, None, "the one before has ended");
        assert_eq!(
            procore_hooks::made_at(control, &one).await.unwrap(),
            Some(at(1))
        );
        procore_hooks::end(control, &one, at(2)).await.unwrap();
        assert_eq!(tenant("p2", "v2").await, None);
        let told = history::history(control, &one, at(0), 100).await.unwrap();
        let told: Vec<_> = told
            .iter()
            .map(|it| (it.what, it.by.as_deref().unwrap()))
            .collect();
        let expected = [
            (Happening::HookEnded, "operator"),
            (Happening::HookEnded, "psn_1"),
            (Happening::HookMade, "psn_1"),
            (Happening::HookMade, "psn_1"),
        ];
        assert_eq!(told, expected, "who opened a way in stays answerable");
    })
    .await;
}

#[tokio::test]
async fn a_letter_is_claimed_once_for_a_person_and_a_day() {
    on_both(async |installation| {
        let (control, one) = (installation.control(), tenant(installation).await);
        let person = NewPerson {
            id: "psn_1".to_owned(),
            mail: "dana@ridgeline.example".to_owned(),
            name: "Dana".to_owned(),
            password_hash: Secret::new("$".to_owned()),
        };
        let grants = Grants::new(vec![Grant::standing(Role::Owner)]);
        people::add(control, one.tenant_id(), person, grants, at(0))
            .await
            .unwrap();
        let claims: Vec<_> = (0..6)
            .map(|_| {
                let (control, one) = (control.clone(), one.clone());
                tokio::spawn(async move {
                    let day = day("2026-11-23");
                    digest_letters::claim(&control, &one, "psn_1", day, at(1)).await
                })
            })
            .collect();
        let mut won = 0;
        for claim in claims {
            won += i32::from(claim.await.unwrap().unwrap());
        }
        assert_eq!(won, 1);
        let next = digest_letters::claim(control, &one, "psn_1", day("2026-11-24"), at(25)).await;
        assert!(next.unwrap());
        assert!(
            digest_letters::choices(control, &one)
                .await
                .unwrap()
                .is_empty()
        );
        for wanted in [true, false] {
            digest_letters::choose(control, &one, "psn_1", wanted)
                .await
                .unwrap();
            let choices = digest_letters::choices(control, &one).await.unwrap();
            assert_eq!(choices.get("psn_1"), Some(&wanted));
        }
        let stranger = digest_letters::choose(control, &one, "psn_2", true).await;
        assert!(stranger.is_err());
    })
    .await;
}

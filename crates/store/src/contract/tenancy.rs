//! Every public function of the store, called with another tenant's scope.
//!
//! The list is compared with the sources, so a new function without a call here fails.

use figures::source::{RawRecord, System};
use jiff::SignedDuration;

use super::{at, bill, day};
use crate::audit;
use crate::mirror::{Captured, MeterReading, Outcome, Reach, ResourceKey};
use crate::{Secret, Store, StoreError};
use crate::{TenantScope, conclude, hooks, quarantine, schedule, worklist};
use crate::{connections, decisions, doctor, documents, jobs, mirror, proposals};
use crate::{results, settings, tokens, transfer};

const QBO: System = System::QuickBooks;

fn pair() -> tokens::TokenSet {
    tokens::TokenSet {
        access_token: Secret::new("access".to_owned()),
        refresh_token: Some(Secret::new("refresh".to_owned())),
        obtained_at: at(0),
        access_expires_at: at(1),
        refresh_expires_at: None,
    }
}

fn company() -> connections::NewConnection {
    connections::NewConnection {
        system: QBO,
        environment: "sandbox".to_owned(),
        account_id: "1".to_owned(),
        grant_type: "authorization_code".to_owned(),
        tokens: pair(),
    }
}

fn request(seen_generation: i64) -> tokens::RefreshRequest {
    tokens::RefreshRequest {
        system: QBO,
        holder: "one".to_owned(),
        seen_generation,
        lease: SignedDuration::from_mins(1),
    }
}

fn job() -> jobs::NewJob {
    jobs::NewJob {
        kind: "cycle".to_owned(),
        payload: "{}".to_owned(),
        dedupe_key: None,
        run_at: at(0) - SignedDuration::from_hours(200_000),
        attempts_most: 3,
    }
}

fn pending() -> connections::PendingAuthorization {
    connections::PendingAuthorization {
        system: QBO,
        state: Secret::new("state".to_owned()),
        session: "session".to_owned(),
        kept: Secret::new(String::new()),
        expires_at: at(1),
    }
}

fn returned() -> connections::ReturnedState {
    connections::ReturnedState {
        system: QBO,
        state: Secret::new("state".to_owned()),
        session: "session".to_owned(),
    }
}

fn settled() -> settings::StoredSettings {
    settings::StoredSettings {
        body: "{}".to_owned(),
        secrets: [("name".to_owned(), Secret::new("value".to_owned()))].into(),
    }
}

fn decided() -> decisions::Pair {
    let source = |id: &str| figures::source::SourceRef {
        system: QBO,
        kind: "Bill".into(),
        id: id.into(),
    };
    decisions::Pair::try_new("document", vec![source("1")], vec![source("2")]).unwrap()
}

/// Calls each function with a scope that does not belong to the store, and collects the names of
/// those that refused as they must.
macro_rules! refused_by {
    ($($area:ident :: $name:ident ( $($argument:expr),* $(,)? );)+) => {{
        let mut names = Vec::new();
        $(
            let answer = $area::$name($($argument),*).await;
            assert!(
                matches!(answer, Err(StoreError::UnknownTenant)),
                concat!(stringify!($area), "::", stringify!($name), " let a foreign scope in")
            );
            names.push(concat!(stringify!($area), "::", stringify!($name)));
        )+
        names
    }};
}

/// With the scope of another tenant nothing is read, written or told.
pub(crate) async fn a_foreign_scope_opens_no_function(mine: &Store, foreign: &TenantScope) {
    let (own, s, f) = (mine.scope(), mine, foreign);
    // What a call needs is made with the own scope first.
    let cycle = mirror::begin_cycle(s, &own, at(0)).await.unwrap().cycle;
    mirror::record_page(s, &own, cycle, vec![bill("1", "x")])
        .await
        .unwrap();
    connections::connect(s, &own, company(), at(0))
        .await
        .unwrap();
    let start = tokens::begin_refresh(s, &own, request(1), at(0))
        .await
        .unwrap();
    let tokens::RefreshStart::Go { ticket, .. } = start else {
        panic!("the only refresher was refused: {start:?}");
    };
    jobs::enqueue(s, &own, job()).await.unwrap();
    let hour = SignedDuration::from_hours(1);
    let lease = jobs::claim(s, &own, "one", hour).await.unwrap().unwrap();
    let key = || ResourceKey {
        system: QBO,
        resource: "Bill".into(),
        reach: Reach::Everything,
    };
    let page: Vec<RawRecord> = vec![bill("2", "y")];
    let capture = Captured {
        system: QBO,
        account_id: "1".to_owned(),
        captured_at: at(0),
        detail: "{}".to_owned(),
    };
    let meter = MeterReading {
        system: QBO,
        meter: "calls".to_owned(),
        count: 1,
    };
    let publishing = worklist::Publishing {
        cycle: 1,
        as_of: day("2026-10-31"),
        findings: Vec::new(),
        proof: worklist::Proof::Nothing,
    };
    let result = results::NewResult {
        cycle: 1,
        as_of: day("2026-10-31"),
        body: "{}".to_owned(),
        receipts: Vec::new(),
    };
    let proposed = super::proposals::new(s, "prp_1", super::proposals::draft(None));
    let names = refused_by! {
        connections::start_authorization(s, f, pending(), at(0));
        connections::redeem_state(s, f, returned(), at(0));
        connections::connect(s, f, company(), at(0));
        connections::connect_and_read(s, f, company(), (settled(), settings::MadeFrom::Whatever), job(), at(0));
        conclude::conclude(s, f, publishing.clone(), result.clone(), None, at(0));
        connections::connection(s, f, QBO);
        connections::needs_reconnect(s, f, QBO, "no".to_owned(), at(0));
        connections::resync_done(s, f, QBO);
        connections::disconnect(s, f, QBO, at(0));
        decisions::decide(
            s, f, decided(), decisions::Verdict::Confirmed, decisions::Deciding::default(), at(0)
        );
        decisions::standing(s, f);
        decisions::history(s, f);
        doctor::check(s, f);
        hooks::note(s, f, QBO, vec!["1".to_owned()], job());
        jobs::enqueue(s, f, job());
        jobs::claim(s, f, "two", hour);
        jobs::renew(s, f, &lease, hour);
        jobs::complete(s, f, lease.clone());
        jobs::hand_back(s, f, lease.clone());
        jobs::take_up(s, f, job(), "two", hour);
        jobs::next_due(s, f);
        jobs::fail(s, f, lease.clone(), "no".to_owned(), 0);
        jobs::retry(s, f, &lease.job_id);
        jobs::jobs(s, f, jobs::JobState::Leased);
        jobs::counts(s, f);
        mirror::begin_cycle(s, f, at(0));
        mirror::finish_cycle(s, f, cycle, day("2026-10-31"), at(0));
        mirror::abandon_cycle(s, f, cycle, at(0));
        mirror::note_capture(s, f, cycle, capture);
        mirror::captured(s, f, 1);
        mirror::cycle(s, f, 1);
        mirror::cycles(s, f);
        mirror::cycle_as_of(s, f, None);
        mirror::record_page(s, f, cycle, page);
        mirror::read_as_of(s, f, 1);
        mirror::read_resource_as_of(s, f, 1, QBO, "Bill".into());
        mirror::record_as_of(s, f, 1, &figures::source::SourceRef::quickbooks("Bill", "1"));
        mirror::history(s, f, QBO, "Bill".into(), "1".into());
        mirror::add_calls(s, f, cycle, meter);
        mirror::meter_readings(s, f, 1);
        mirror::finish_resource(s, f, cycle, key(), Outcome::Changes, None);
        mirror::cursors(s, f, QBO);
        mirror::forget_cursors(s, f, QBO);
        mirror::completeness(s, f, 1);
        audit::note(s, f, audit::Action::Exported, "", at(0));
        audit::entries(s, f, at(0), 1);
        audit::verify(s, f, Vec::new());
        audit::copied(s, f, at(0));
        audit::take_in(s, f, &[crate::control::history::Happened {
            at: at(0),
            by: None,
            to: None,
            what: crate::control::history::Happening::Joined,
            about: String::new(),
        }]);
        audit::export(s, f, &mut Vec::new());
        proposals::propose(s, f, proposed.clone(), at(0));
        proposals::proposal(s, f, "prp_1");
        proposals::happen(s, f, "prp_1", |_| Err::<proposals::Happening, ()>(()), at(0));
        proposals::edit(s, f, "prp_1", proposed.newest().clone(), at(0));
        proposals::viewed(s, f, "prp_1", at(0));
        proposals::begin(s, f, super::proposals::approved(&proposed), super::proposals::intent(), at(0));
        proposals::conclude(s, f, "prp_1", super::proposals::outcome(), super::proposals::done(), at(0));
        proposals::list(s, f, proposals::Filter::Open, 1);
        proposals::of_finding(s, f, "fnd_1");
        proposals::newest_of_findings(s, f);
        proposals::open_count(s, f);
        proposals::week(s, f, ("72", "prp_1"), at(0));
        proposals::approved_alone(s, f, at(0));
        documents::keep(s, f, super::documents::paper("doc_1", b"%PDF-"), at(0));
        documents::document(s, f, "doc_1");
        quarantine::standing(s, f);
        quarantine::release(s, f, "operator", at(0));
        results::save(s, f, result, at(0));
        results::newest(s, f, None);
        results::keep_cards(s, f, results::Cards { result: 1, form: 1, body: String::new() });
        results::cards(s, f, 1, 1);
        results::stamp(s, f);
        schedule::tick(s, f, Vec::new(), at(0));
        results::receipt(s, f, "figure");
        results::receipts(s, f, "figure");
        settings::load(s, f);
        settings::save(s, f, settled());
        settings::change(s, f, settled(), settings::Then::default());
        tokens::current(s, f, QBO);
        tokens::consent_ends(s, f, QBO);
        tokens::begin_refresh(s, f, request(1), at(0));
        tokens::save_refreshed(s, f, ticket.clone(), pair(), at(0));
        tokens::release_refresh(s, f, ticket, tokens::RefreshFailure::NotSent);
        transfer::export(s, f, "name", Vec::new());
        worklist::publish(s, f, publishing, at(0));
        worklist::list(s, f, worklist::Filter::default());
        worklist::item(s, f, "id");
        worklist::history(s, f, "id");
    };
    assert_eq!(sorted(names), sorted(functions_that_take_a_scope()));
}

fn sorted(names: impl IntoIterator<Item = impl Into<String>>) -> Vec<String> {
    let mut names: Vec<String> = names.into_iter().map(Into::into).collect();
    names.sort();
    names
}

/// `area::name` of every public function in the sources that takes a store and a scope. In the
/// control file a scope only names the tenant: it holds what all tenants have in common.
fn functions_that_take_a_scope() -> Vec<String> {
    let sources = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![(sources, None::<String>)];
    while let Some((folder, area)) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let area = area.clone().unwrap_or(stem);
            if path.is_dir() {
                folders.push((path, Some(area)));
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for function in text.split("\npub async fn ").skip(1) {
                let (name, rest) = function.split_once('(').unwrap();
                let name = name.split('<').next().unwrap();
                let parameters = rest.split("->").next().unwrap();
                if parameters.contains("store: &Store")
                    && parameters.contains("scope: &TenantScope")
                {
                    found.push(format!("{area}::{name}"));
                }
            }
        }
    }
    found
}

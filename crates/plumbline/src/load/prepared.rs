//! Data folders to measure on: a contractor read once from the sandboxes, and sessions.

use std::sync::Arc;

use connectors::http::{Clock, SystemClock};
use figures::Date;
use gate::roles::{Department, Grant, Grants, Role};
use sandbox::contractor::{Plan, generate};
use store::control::factors::{self, SettingUp};
use store::control::sessions::{self, NewSession};
use store::worklist::{self, Proof, PublishedFinding, Publishing};
use store::{Installation, Store};

use tokio_util::sync::CancellationToken;

use crate::connect::{self, Consent};
use crate::cycle;
use crate::desk::Desk;
use crate::reading::Unwatched;
use crate::sandboxes::{Manner, Ports, Sandboxes};
use crate::settings::Rights;
use crate::web::signin::cookie::Cookie;
use crate::web::signin::door::{Door, DoorSettings, Factors};
use crate::web::signin::password::Cost;

/// Connects a company to a contractor's sandboxes and reads it once.
pub(super) async fn read_once(desk: &mut Desk, plan: &Plan) -> anyhow::Result<()> {
    let sandboxes = Sandboxes::start(generate(plan), Ports::default(), Manner::Headless).await?;
    sandboxes.close_last_year();
    desk.settings.time_zone.clone_from(&sandboxes.time_zone);
    desk.settings.as_of = Some(sandboxes.as_of);
    let access = sandboxes.procore_access(Rights::ServiceAccount);
    connect::procore(desk, access, Consent::Headless).await?;
    connect::quickbooks(desk, sandboxes.quickbooks_access(), Consent::Headless).await?;
    let mut nobody = Unwatched::until(CancellationToken::new());
    cycle::run(desk, sandboxes.as_of, &mut nobody).await?;
    sandboxes.shutdown().await;
    Ok(())
}

/// Lets somebody see everything of a company, with so many sessions. Returns their cookies.
pub(super) async fn reader(
    installation: &Installation,
    tenant_id: &str,
    count: u64,
) -> anyhow::Result<Vec<String>> {
    let clock = Arc::new(SystemClock);
    let settings = DoorSettings {
        origin: "http://127.0.0.1".to_owned(),
        proxies: 0,
        // Nobody signs in with the password.
        cost: Cost::FOR_TESTS,
        factors: Factors::Required,
        mailer: None,
    };
    let door = Door::try_new(
        installation.clone(),
        Arc::clone(&clock) as Arc<dyn Clock>,
        settings,
    )?;
    let mail = format!("reader@{tenant_id}.example");
    let leads = Department::ALL.into_iter().map(Role::Lead);
    let roles = leads.chain([Role::Preparer, Role::Auditor]);
    let grants = Grants::new(roles.map(Grant::standing).collect());
    let (password, name) = (door.token()?, "Avery Reader");
    let person = door
        .add_person(tenant_id, &mail, name, password, grants)
        .await?;
    factors::prepare(door.control(), &person, door.token()?).await?;
    let factor = SettingUp {
        person_id: person.clone(),
        kept_session: String::new(),
        step: 0,
        recovery_codes: Vec::new(),
    };
    factors::set_up(door.control(), factor, clock.now()).await?;
    let mut cookies = Vec::new();
    for _ in 0..count {
        let token = door.token()?;
        let session = NewSession {
            id: door.id("ses")?,
            token: token.clone(),
            person_id: person.clone(),
            tenant_id: Some(tenant_id.to_owned()),
            factor_at: Some(clock.now()),
            user_agent: "load".to_owned(),
            address: "127.0.0.1".to_owned(),
        };
        sessions::begin(door.control(), session, clock.now()).await?;
        cookies.push(format!("{}={}", Cookie::Local.name(), token.expose()));
    }
    Ok(cookies)
}

/// Makes a worklist so many items long with copies of those that are there.
///
/// # Errors
/// When the store cannot be read or written.
pub async fn grow_worklist(
    store: &Store,
    (cycle, as_of): (i64, Date),
    items: i64,
) -> anyhow::Result<()> {
    let scope = store.scope();
    let there = worklist::list(store, &scope, worklist::Filter::default()).await?;
    let findings = (0..items).zip(there.iter().cycle()).map(|(number, item)| {
        // What is proposed for those that are there stands on.
        let id = match usize::try_from(number) {
            Ok(place) if place < there.len() => item.id.clone(),
            _ => format!("fnd_{number:016x}"),
        };
        PublishedFinding {
            body: item.body.replace(&item.id, &id),
            id,
            check: item.check.clone(),
            project_id: item.project_id,
            also_touches: Vec::new(),
            customer_id: item.customer_id.clone(),
            amount_cents: item.amount_cents,
            severity: number,
        }
    });
    let publishing = Publishing {
        cycle,
        as_of,
        findings: findings.collect(),
        proof: Proof::Everything,
    };
    worklist::publish(store, &scope, publishing, SystemClock.now()).await?;
    Ok(())
}

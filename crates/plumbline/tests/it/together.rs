use std::process::Stdio;
use std::sync::Arc;

use connectors::http::{Clock, SystemClock};
use plumbline::connect::{self, Consent};
use plumbline::desk::Desk;
use plumbline::sandboxes::{Manner, Ports, Sandboxes};
use plumbline::settings::Rights;
use plumbline::throw_away::Server;
use plumbline::together::{Order, run};
use plumbline::web::house::{House, Work};
use plumbline::web::signin::door::{Door, DoorSettings, Factors};
use plumbline::web::signin::password::Cost;
use plumbline::work;
use sandbox::contractor::{Plan, generate};

use crate::app::{QuickClock, program};

/// How many tenants, unless `PLUMBLINE_TENANTS` asks for more.
const TENANTS: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_share_the_work_and_a_killed_one_loses_nothing() {
    let tenants = std::env::var("PLUMBLINE_TENANTS").map_or(TENANTS, |text| text.parse().unwrap());
    let order = Order {
        program: program().to_owned(),
        tenants,
    };
    let summary = run(&order).await.unwrap();
    assert_eq!(summary.problems, [""; 0], "{summary}");
    assert_eq!(summary.tenants, tenants);
    assert!(summary.by_the_survivor > 0, "{summary}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_follow_what_another_process_publishes() {
    let sandboxes = Sandboxes::start(generate(&Plan::small(7)), Ports::default(), Manner::Still)
        .await
        .unwrap();
    let server = Server::start().await.unwrap();
    let installation = server.installation().await.unwrap();
    let quick = QuickClock::at(SystemClock.now());
    let clock = Arc::clone(&quick) as Arc<dyn Clock>;
    let made = installation.create_tenant("Ridgeline", clock.now()).await;
    let tenant_id = made.unwrap().id;
    let mut desk = Desk::at(installation.clone(), &tenant_id, Arc::clone(&clock))
        .await
        .unwrap();
    desk.settings.as_of = Some(sandboxes.as_of);
    let access = sandboxes.procore_access(Rights::ServiceAccount);
    connect::procore(&mut desk, access, Consent::Headless)
        .await
        .unwrap();
    let access = sandboxes.quickbooks_access();
    connect::quickbooks(&mut desk, access, Consent::Headless)
        .await
        .unwrap();

    let settings = DoorSettings {
        origin: "http://127.0.0.1:8420".to_owned(),
        proxies: 0,
        cost: Cost::FOR_TESTS,
        factors: Factors::Optional,
        mailer: None,
    };
    let door = Door::try_new(installation.clone(), Arc::clone(&clock), settings).unwrap();
    let house = House::new(installation, clock, door);
    let tenant = house.tenant(&desk.scope).await.unwrap();
    assert!(tenant.view().await.unwrap().books.is_none());
    // A look shows that a reading was asked for, though nobody in this process does it.
    quick.advance_minutes(1);
    tenant.view().await.unwrap();
    let progress = tenant.progress();
    assert!(progress.is_elsewhere);
    assert_eq!(progress.running.unwrap().0, Work::Read);

    let worked = tokio::process::Command::new(program())
        .args(["work", "--once"])
        .env("PLUMBLINE_DATABASE_URL", server.application().expose())
        .env("PLUMBLINE_MASTER_KEY", server.master_key().expose())
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    assert!(worked.status.success(), "{worked:?}");
    let still = tenant.view().await.unwrap();
    assert!(still.books.is_none(), "within a second nobody looks again");
    quick.advance_minutes(1);
    // The first page after that still shows the view before, and the next one is made meanwhile.
    while tenant.view().await.unwrap().books.is_none() {
        tokio::task::yield_now().await;
    }
    assert!(tenant.progress().running.is_none());
    // Work that somebody else asks for later is noticed too.
    store::jobs::enqueue(&desk.store, &desk.scope, work::comparison())
        .await
        .unwrap();
    quick.advance_minutes(1);
    tenant.view().await.unwrap();
    assert_eq!(tenant.progress().running.unwrap().0, Work::Compare);
    house.close().await;
    sandboxes.shutdown().await;
}

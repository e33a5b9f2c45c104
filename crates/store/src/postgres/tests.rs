//! The contract on PostgreSQL, and what concerns its walls.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};

use jiff::SignedDuration;

use super::cluster::Cluster;
use super::lint;
use crate::contract::{self, at};
use crate::jobs::{self, JobState};
use crate::sql::query;
use crate::{Store, StoreError, mirror};

mod keeps_the_contract {
    /// One server for each area; every function gets a tenant of its own on it.
    macro_rules! area_by_area {
        ($($area:ident { $($name:ident),+ $(,)? })+) => {
            $(#[tokio::test]
            async fn $area() {
                let cluster = super::Cluster::start().await;
                let installation = cluster.installation().await;
                $(
                    let store = super::Cluster::tenant(&installation).await;
                    crate::contract::$area::$name(&store).await;
                )+
                installation.close().await;
            })+
        };
    }
    crate::contract::the_contract! { area_by_area }
}

/// Two tenants of one server.
async fn two_tenants(cluster: &Cluster) -> (crate::Installation, Store, Store) {
    let installation = cluster.installation().await;
    let one = Cluster::tenant(&installation).await;
    let two = Cluster::tenant(&installation).await;
    for store in [&one, &two] {
        mirror::begin_cycle(store, &store.scope(), at(0))
            .await
            .unwrap();
    }
    (installation, one, two)
}

/// Runs a statement of a programmer who forgot whose rows these are.
async fn careless(store: &Store, statement: &'static str, other: &str) -> Result<u64, StoreError> {
    let other = other.to_owned();
    store
        .tx(&store.scope(), move |tx| {
            Box::pin(async move { query(statement).bind(other).execute(tx.connection()).await })
        })
        .await
}

#[tokio::test]
async fn a_statement_that_forgets_the_tenant_sees_and_changes_only_its_own() {
    let cluster = Cluster::start().await;
    let (installation, mine, theirs) = two_tenants(&cluster).await;
    let other = theirs.scope().tenant_id().to_owned();
    for statement in [
        "UPDATE cycle SET run_no = 7 WHERE tenant_id = $1",
        "DELETE FROM cycle WHERE tenant_id = $1",
        "DELETE FROM this_tenant WHERE tenant_id = $1",
        "INSERT INTO cursor SELECT * FROM cursor WHERE tenant_id = $1",
    ] {
        assert_eq!(
            careless(&mine, statement, &other).await.unwrap(),
            0,
            "{statement}"
        );
    }
    for statement in [
        "UPDATE cycle SET tenant_id = $1",
        "INSERT INTO cycle (tenant_id, cycle_no, run_no, state, started_at)
         VALUES ($1, 9, 9, 'open', '')",
        "INSERT INTO this_tenant (tenant_id) VALUES ($1 || 'x')",
    ] {
        let refused = careless(&mine, statement, &other).await;
        assert!(
            matches!(refused, Err(StoreError::Database { .. })),
            "{statement}: {refused:?}"
        );
    }
    let counted: i64 = mine
        .read(&mine.scope(), |tx| {
            Box::pin(async move {
                query("SELECT count(*) FROM cycle")
                    .value(tx.connection())
                    .await
            })
        })
        .await
        .unwrap();
    assert_eq!(counted, 1, "the other tenant's cycle is not counted");
    let kept = mirror::cycles(&theirs, &theirs.scope()).await.unwrap();
    assert_eq!(kept.len(), 1);
    installation.close().await;
}

#[tokio::test]
async fn a_connection_that_comes_back_belongs_to_nobody() {
    let cluster = Cluster::start().await;
    let (installation, mine, theirs) = two_tenants(&cluster).await;
    let url = cluster.url("plumbline_app");
    let pools = super::connect(&url, super::Durability::NotInTests)
        .await
        .unwrap();
    for store in [&mine, &theirs] {
        let (pool, tenant) = (pools.tenants.clone(), store.scope().tenant_id().to_owned());
        let mut transaction = pool.begin().await.unwrap();
        sqlx::query("SELECT set_config('app.tenant_id', $1, true)")
            .bind(tenant)
            .execute(&mut *transaction)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
        let seen: i64 = sqlx::query_scalar("SELECT count(*) FROM cycle")
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(seen, 0);
    }
    pools.tenants.close().await;
    pools.control.close().await;
    installation.close().await;
}

#[tokio::test]
async fn what_is_only_added_to_cannot_be_changed() {
    let cluster = Cluster::start().await;
    let (installation, mine, _) = two_tenants(&cluster).await;
    let me = mine.scope().tenant_id().to_owned();
    for table in [
        "record_version",
        "decision",
        "finding_event",
        "result",
        "figure",
        "audit_entry",
        "audit_link",
        "proposal_version",
        "proposal_event",
        "intent",
        "outcome",
        "document",
    ] {
        let statement = match table {
            "record_version" => "DELETE FROM record_version WHERE tenant_id = $1",
            "decision" => "UPDATE decision SET note = '' WHERE tenant_id = $1",
            "finding_event" => "DELETE FROM finding_event WHERE tenant_id = $1",
            "audit_entry" => "UPDATE audit_entry SET actor = '' WHERE tenant_id = $1",
            "audit_link" => "DELETE FROM audit_link WHERE tenant_id = $1",
            "proposal_version" => "UPDATE proposal_version SET draft = '' WHERE tenant_id = $1",
            "proposal_event" => "DELETE FROM proposal_event WHERE tenant_id = $1",
            "intent" => "UPDATE intent SET request_id = '' WHERE tenant_id = $1",
            "outcome" => "DELETE FROM outcome WHERE tenant_id = $1",
            "document" => "UPDATE document SET content = '' WHERE tenant_id = $1",
            "result" => "UPDATE result SET body = '' WHERE tenant_id = $1",
            _ => "DELETE FROM figure WHERE tenant_id = $1",
        };
        let refused = careless(&mine, statement, &me).await;
        assert!(
            matches!(
                refused,
                Err(StoreError::Database {
                    kind: "not allowed",
                    ..
                })
            ),
            "{table}: {refused:?}"
        );
    }
    installation.close().await;
}

#[tokio::test]
async fn a_role_that_could_step_over_the_walls_is_refused() {
    let cluster = Cluster::start().await;
    cluster
        .administer(
            "CREATE ROLE superior LOGIN SUPERUSER;
             CREATE ROLE passing LOGIN BYPASSRLS;
             CREATE ROLE becoming LOGIN; GRANT passing TO becoming;
             CREATE ROLE owning LOGIN; GRANT plumbline_owner TO owning;
             CREATE ROLE making LOGIN; GRANT CREATE ON SCHEMA plumbline TO making;
             CREATE ROLE emptying LOGIN; GRANT TRUNCATE ON plumbline.cycle TO emptying;",
        )
        .await;
    for (role, why) in [
        ("superior", "row security"),
        ("passing", "row security"),
        ("becoming", "row security"),
        ("owning", "own"),
        ("making", "create"),
        ("emptying", "more rights"),
    ] {
        let refused = cluster.connect_as(role).await.unwrap_err();
        assert!(
            matches!(refused, StoreError::UnsafeServer { .. }),
            "{role}: {refused:?}"
        );
        assert!(refused.to_string().contains(why), "{role}: {refused}");
    }
    cluster.installation().await.close().await;
}

#[tokio::test]
async fn a_server_that_loses_commits_is_refused() {
    let cluster = Cluster::start().await;
    let url = cluster.url("plumbline_app");
    let refused = super::connect(&url, super::Durability::Required)
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("fsync is off"), "{refused}");
}

#[tokio::test]
async fn the_schema_has_no_holes_and_each_kind_of_hole_is_found() {
    let cluster = Cluster::start().await;
    let installation = cluster.installation().await;
    assert_eq!(lint(&installation).await.unwrap(), [""; 0]);
    let holes: [(&str, &str); 12] = [
        (
            "CREATE TABLE plumbline.forgotten (tenant_id text PRIMARY KEY)",
            "forgotten",
        ),
        (
            "ALTER TABLE plumbline.cycle NO FORCE ROW LEVEL SECURITY",
            "cycle",
        ),
        (
            "ALTER TABLE plumbline.cursor DISABLE ROW LEVEL SECURITY",
            "cursor",
        ),
        ("DROP POLICY tenant ON plumbline.token", "token"),
        (
            "CREATE POLICY second ON plumbline.secret USING (true)",
            "secret",
        ),
        (
            "ALTER POLICY tenant ON plumbline.finding USING (true)",
            "finding",
        ),
        (
            "CREATE UNIQUE INDEX leaky ON plumbline.connection (account_id)",
            "leaky",
        ),
        (
            "ALTER TABLE plumbline.cursor ADD COLUMN other bigint;
             ALTER TABLE plumbline.cycle ADD CONSTRAINT bare UNIQUE (cycle_no);
             ALTER TABLE plumbline.cursor ADD CONSTRAINT straying
                 FOREIGN KEY (other) REFERENCES plumbline.cycle (cycle_no)",
            "straying",
        ),
        (
            "CREATE VIEW plumbline.all_tokens AS SELECT * FROM plumbline.token",
            "all_tokens",
        ),
        (
            "CREATE MATERIALIZED VIEW plumbline.copied AS SELECT 1 AS one",
            "copied",
        ),
        ("CREATE SEQUENCE plumbline.counted", "counted"),
        (
            "CREATE FUNCTION plumbline.elevated() RETURNS bigint LANGUAGE sql SECURITY DEFINER
             AS 'SELECT count(*) FROM plumbline.token'",
            "elevated",
        ),
    ];
    for (hole, name) in holes {
        let before = lint(&installation).await.unwrap();
        cluster.administer(hole).await;
        let mut found = lint(&installation).await.unwrap();
        found.retain(|line| !before.contains(line));
        assert!(
            found
                .iter()
                .any(|line| line.starts_with(&format!("{name} "))),
            "{hole}: {found:?}"
        );
    }
    cluster
        .administer("GRANT USAGE ON SCHEMA plumbline TO PUBLIC")
        .await;
    let found = lint(&installation).await.unwrap();
    assert!(
        found.contains(&"plumbline is open to every role".to_owned()),
        "{found:?}"
    );
    installation.close().await;
}

#[tokio::test]
async fn two_processes_share_tenants_and_keys() {
    let cluster = Cluster::start().await;
    let first = cluster.installation().await;
    let second = cluster.installation().await;
    let store = Cluster::tenant(&first).await;
    mirror::begin_cycle(&store, &store.scope(), at(0))
        .await
        .unwrap();
    let id = store.scope().tenant_id().to_owned();
    let same = second.store(&id).await.unwrap();
    assert_eq!(mirror::cycles(&same, &same.scope()).await.unwrap().len(), 1);
    first.close().await;
    second.close().await;
}

#[tokio::test]
async fn preparing_again_changes_nothing() {
    let cluster = Cluster::start().await;
    super::prepare(&cluster.url("postgres")).await.unwrap();
    let installation = cluster.installation().await;
    assert_eq!(lint(&installation).await.unwrap(), [""; 0]);
    installation.close().await;
}

#[tokio::test]
async fn a_foreign_scope_opens_no_function() {
    let cluster = Cluster::start().await;
    let (installation, mine, theirs) = two_tenants(&cluster).await;
    contract::tenancy::a_foreign_scope_opens_no_function(&mine, &theirs.scope()).await;
    installation.close().await;
}

#[tokio::test]
async fn aborted_requests_lose_and_show_nothing() {
    let cluster = Cluster::start().await;
    let installation = cluster.installation().await;
    let one = Cluster::tenant(&installation).await;
    let two = Cluster::tenant(&installation).await;
    contract::storm::aborted_requests_lose_and_show_nothing(&one, &two).await;
    let left = cluster
        .ask("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'")
        .await;
    assert_eq!(left, 0, "no connection is left inside a transaction");
    installation.close().await;
}

#[test]
fn another_machine_is_only_spoken_to_over_tls_that_is_verified() {
    let mode = |url: &str| {
        let options = super::options(&crate::Secret::new(url.to_owned())).unwrap();
        format!("{:?}", options.get_ssl_mode())
    };
    for url in [
        "postgres://app@db.example.com/books",
        "postgres://app@db.example.com/books?sslmode=disable",
        "postgres://app@10.0.0.5/books?sslmode=require",
    ] {
        assert_eq!(mode(url), "VerifyFull", "{url}");
    }
    assert_eq!(
        mode("postgres://app@db.example.com/books?sslmode=verify-ca"),
        "VerifyCa"
    );
    for url in [
        "postgres://app@localhost/books?host=/run/postgresql",
        "postgres://app@127.0.0.1/books",
    ] {
        assert_eq!(mode(url), "Prefer", "{url}");
    }
}

const URL: &str = "STORE_JOB_TEST_URL";
const KEY: &str = "STORE_JOB_TEST_KEY";
const TENANT: &str = "STORE_JOB_TEST_TENANT";
const JOBS: usize = 60;

/// A lease of a worker that is killed ends after this by the database's clock.
const LEASE: SignedDuration = SignedDuration::from_millis(400);

#[tokio::test]
async fn workers_that_are_killed_lose_no_job_and_do_none_twice() {
    let cluster = Cluster::start().await;
    let installation = cluster.installation().await;
    let store = Cluster::tenant(&installation).await;
    let scope = store.scope();
    for number in 0..JOBS {
        let job = jobs::NewJob {
            kind: number.to_string(),
            payload: "{}".to_owned(),
            dedupe_key: None,
            run_at: at(0) - SignedDuration::from_hours(200_000),
            attempts_most: 1_000,
        };
        jobs::enqueue(&store, &scope, job).await.unwrap();
    }
    let mut reported: Vec<String> = Vec::new();
    let mut kills = 0;
    while !jobs::jobs(&store, &scope, JobState::Waiting)
        .await
        .unwrap()
        .is_empty()
        || !jobs::jobs(&store, &scope, JobState::Leased)
            .await
            .unwrap()
            .is_empty()
    {
        let mut workers: Vec<Child> = (0..3).map(|_| worker_process(&cluster, &store)).collect();
        // The first one is killed in the middle of its work, after some jobs; the others go on.
        let mut first = BufReader::new(workers[0].stdout.take().unwrap());
        for _ in 0..4 {
            let mut line = String::new();
            if first.read_line(&mut line).unwrap() > 0 {
                reported.extend(done_in(&line));
            }
        }
        workers[0].kill().unwrap();
        kills += 1;
        let mut rest = String::new();
        first.read_to_string(&mut rest).unwrap();
        reported.extend(rest.lines().filter_map(done_in));
        workers[0].wait().unwrap();
        for worker in workers.into_iter().skip(1) {
            let output = worker.wait_with_output().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            reported.extend(text.lines().filter_map(done_in));
        }
    }
    let done = jobs::jobs(&store, &scope, JobState::Done).await.unwrap();
    assert_eq!(done.len(), JOBS, "after {kills} kills");
    let count = reported.len();
    reported.sort();
    reported.dedup();
    assert_eq!(
        reported.len(),
        count,
        "no completion was acknowledged twice"
    );
    assert!(
        count >= JOBS - kills,
        "{count} of {JOBS} after {kills} kills"
    );
    installation.close().await;
}

fn done_in(line: &str) -> Option<String> {
    line.trim_end().strip_prefix("done ").map(str::to_owned)
}

fn worker_process(cluster: &Cluster, store: &Store) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "postgres::tests::worker",
            "--ignored",
            "--nocapture",
        ])
        .env(URL, cluster.url("plumbline_app").expose())
        .env(KEY, cluster.master_key().expose())
        .env(TENANT, store.scope().tenant_id())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test]
#[ignore = "started by the other test as a process of its own"]
async fn worker() {
    // Whoever runs the ignored tests too has no work for it.
    let Ok(url) = std::env::var(URL) else {
        return;
    };
    let key = crate::Secret::new(std::env::var(KEY).unwrap());
    let (url, key) = (crate::Secret::new(url), crate::MasterKeySource::Text(key));
    let durability = super::Durability::NotInTests;
    let installation = crate::Installation::connect(&url, &key, durability)
        .await
        .unwrap();
    let store = installation
        .store(&std::env::var(TENANT).unwrap())
        .await
        .unwrap();
    let scope = store.scope();
    let mut out = std::io::stdout();
    loop {
        while let Some(lease) = jobs::claim(&store, &scope, "worker", LEASE).await.unwrap() {
            let id = lease.job_id.clone();
            writeln!(out, "begun {id}").unwrap();
            if jobs::complete(&store, &scope, lease).await.is_ok() {
                writeln!(out, "done {id}").unwrap();
            }
        }
        // What a killed worker left comes back when its lease ends.
        if jobs::jobs(&store, &scope, JobState::Leased)
            .await
            .unwrap()
            .is_empty()
        {
            break;
        }
    }
    installation.close().await;
}

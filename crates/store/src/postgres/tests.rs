//! The contract on PostgreSQL, and what concerns its walls.

use super::cluster::Cluster;
use super::lint;
use crate::contract::{self, at};
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
    ] {
        let statement = match table {
            "record_version" => "DELETE FROM record_version WHERE tenant_id = $1",
            "decision" => "UPDATE decision SET note = '' WHERE tenant_id = $1",
            "finding_event" => "DELETE FROM finding_event WHERE tenant_id = $1",
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

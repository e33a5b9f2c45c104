//! Data of the version before is brought forward with every row, on both engines; data of a newer
//! version is left alone.
//!
//! The version before is made from a filled tenant of this one by taking back what was added since,
//! and is compared with what its own migrations make.

use std::collections::BTreeMap;

use sqlx::migrate::Migrator;

use super::*;
use crate::contract::{Kept, exported, filled, opened};
use crate::postgres::cluster::Cluster;
use crate::sql::query;
use crate::{Store, doctor, sqlite};

/// The newest migrations of the version before: tenants in files, control data, tenants on a server.
const BEFORE: [i64; 3] = [5, 2, 1];

/// Tables that were added since and that filling a tenant writes to.
const SINCE: [&str; 7] = [
    "audit_entry",
    "audit_link",
    "proposal",
    "proposal_version",
    "proposal_event",
    "intent",
    "outcome",
];

/// The tables that migrations make, in their order.
fn tables(all: &Migrator, newest: i64) -> Vec<String> {
    let some = all.iter().filter(|one| one.version <= newest);
    let texts = some.map(|one| one.sql.as_str().to_owned());
    let text: String = texts.collect();
    let mut tables: Vec<String> = Vec::new();
    for made in text.split("CREATE TABLE ").skip(1) {
        let table = made.split([' ', '(']).next().unwrap();
        if !tables.iter().any(|before| before == table) {
            tables.push(table.to_owned());
        }
    }
    tables
}

/// Takes back what was added since, the latest first. `schema` ends in a dot where there is one.
fn back(all: &Migrator, newest: i64, schema: &str) -> Vec<&'static str> {
    let before = tables(all, newest);
    let added = tables(all, i64::MAX).into_iter();
    let added = added.filter(|table| !before.contains(table));
    let mut statements: Vec<String> = added
        .map(|table| format!("DROP TABLE {schema}{table}"))
        .collect();
    assert!(!statements.is_empty(), "there is nothing to bring forward");
    statements.reverse();
    statements.push(format!(
        "DELETE FROM {schema}_sqlx_migrations WHERE version > {newest}"
    ));
    statements.into_iter().map(|it| &*it.leak()).collect()
}

async fn rows(store: &Store) -> BTreeMap<String, u64> {
    let health = doctor::check(store, &store.scope()).await.unwrap();
    assert!(health.is_sound(), "{health:?}");
    health
        .rows
        .into_iter()
        .filter(|(table, count)| *count > 0 && !SINCE.contains(&table.as_str()))
        .collect()
}

/// Every row of the tenant that the version before knew, but its secrets, as text. The last line
/// counts them all.
async fn told(store: &Store) -> String {
    let (_, bytes) = exported(store).await;
    let text = String::from_utf8(bytes).unwrap();
    let since = SINCE.map(|table| format!("\"table\":\"{table}\""));
    let is_known = |line: &&str| !since.iter().any(|since| line.contains(since));
    let known = text
        .lines()
        .filter(|line| is_known(line) && !line.starts_with("{\"rows\""));
    known.collect::<Vec<_>>().join("\n")
}

async fn run(store: &Store, statement: &'static str) {
    let scope = store.scope();
    let done = store.tx(&scope, move |tx| {
        Box::pin(async move { query(statement).execute(tx.connection()).await })
    });
    done.await.unwrap();
}

async fn run_on_control(control: &Control, statement: &'static str) {
    let done = control
        .tx(move |mut tx| Box::pin(async move { query(statement).execute(tx.connection()).await }));
    done.await.unwrap();
}

/// What a file says about its own tables.
async fn schema(store: &Store) -> Vec<(String,)> {
    let scope = store.scope();
    let read = store.read(&scope, |tx| {
        Box::pin(async move {
            query("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
                .rows(tx.connection())
                .await
        })
    });
    read.await.unwrap()
}

#[tokio::test]
async fn a_folder_of_the_version_before_is_brought_forward_with_every_row() {
    let (store, kept) = opened().await;
    filled(&store).await;
    let (there, said, now) = (rows(&store).await, told(&store).await, schema(&store).await);
    for statement in back(&sqlite::TENANT, BEFORE[0], "") {
        run(&store, statement).await;
    }
    for statement in back(&sqlite::CONTROL, BEFORE[1], "") {
        run_on_control(kept.installation.control(), statement).await;
    }
    let before = schema(&store).await;
    assert_eq!(before, of_migrations(&sqlite::TENANT, BEFORE[0]).await);
    assert_ne!(before, now);

    let id = store.scope().tenant_id().to_owned();
    drop(store);
    let kept = kept.again().await;
    let store = kept.installation.store(&id).await.unwrap();
    assert_eq!(schema(&store).await, now);
    assert_eq!((rows(&store).await, told(&store).await), (there, said));
    assert_eq!(kept.installation.ready().await, Ok(()));
    kept.close().await;
}

/// A file after the first migrations.
async fn begun(all: &Migrator, newest: i64) -> sqlx::SqliteConnection {
    let some = all.iter().filter(|one| one.version <= newest).cloned();
    let some = Migrator::with_migrations(some.collect());
    let connected = <sqlx::SqliteConnection as sqlx::Connection>::connect("sqlite::memory:");
    let mut connection = connected.await.unwrap();
    some.run_direct(None, &mut connection, false).await.unwrap();
    connection
}

/// The tables that a file has after its first migrations.
async fn of_migrations(all: &Migrator, newest: i64) -> Vec<(String,)> {
    let mut connection = begun(all, newest).await;
    let tables =
        sqlx::query_as("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
            .fetch_all(&mut connection)
            .await
            .unwrap();
    sqlx::Connection::close(connection).await.unwrap();
    tables
}

#[tokio::test]
async fn an_address_made_before_addresses_could_end_still_counts() {
    let mut control = begun(&sqlite::CONTROL, 8).await;
    let statement = "INSERT INTO tenant (tenant_id, name, state, created_at,
                             changed_at)
             VALUES ('ten_1', 'Northgate', 'active', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z');
         INSERT INTO procore_hook (tenant_id, path_digest, authorization_digest, created_at,
                                   created_by)
             VALUES ('ten_1', 'path', 'value', '2026-01-02T00:00:00Z', 'psn_1')";
    sqlx::raw_sql(statement)
        .execute(&mut control)
        .await
        .unwrap();
    let forward = sqlite::CONTROL.run_direct(None, &mut control, false);
    forward.await.unwrap();
    let counting: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT tenant_id, path_digest, authorization_digest FROM procore_hook
         WHERE ended_at IS NULL",
    )
    .fetch_all(&mut control)
    .await
    .unwrap();
    let row = ("ten_1".to_owned(), "path".to_owned(), "value".to_owned());
    assert_eq!(counting, [row]);
}

#[tokio::test]
async fn a_company_that_two_tenants_had_stays_with_the_one_that_was_made_first() {
    let mut control = begun(&sqlite::CONTROL, 10).await;
    let statement = "INSERT INTO tenant (tenant_id, name, state, created_at, changed_at) VALUES
             ('ten_0', 'Left', 'erased', '2025-01-01T00:00:00Z', '2026-01-01T00:00:00Z'),
             ('ten_1', 'Asleep', 'suspended', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z'),
             ('ten_2', 'Later', 'active', '2026-03-01T00:00:00Z', '2026-03-01T00:00:00Z'),
             ('ten_3', 'Earlier', 'active', '2026-02-01T00:00:00Z', '2026-02-01T00:00:00Z');
         INSERT INTO company (system, account_id, tenant_id) VALUES
             ('quickbooks', '7', 'ten_0'), ('quickbooks', '7', 'ten_1'),
             ('quickbooks', '7', 'ten_2'), ('quickbooks', '7', 'ten_3'),
             ('procore', '7', 'ten_2'), ('procore', '9', 'ten_1')";
    sqlx::raw_sql(statement)
        .execute(&mut control)
        .await
        .unwrap();
    let forward = sqlite::CONTROL.run_direct(None, &mut control, false);
    forward.await.unwrap();
    let kept: Vec<(String, String, String, i64)> = sqlx::query_as(
        "SELECT system, account_id, tenant_id, is_read FROM company ORDER BY system, account_id",
    )
    .fetch_all(&mut control)
    .await
    .unwrap();
    let row = |system: &str, id: &str, tenant: &str| {
        (system.to_owned(), id.to_owned(), tenant.to_owned(), 1)
    };
    let expected = [
        row("procore", "7", "ten_2"),
        row("procore", "9", "ten_1"),
        row("quickbooks", "7", "ten_3"),
    ];
    assert_eq!(kept, expected);
}

#[tokio::test]
async fn what_waited_for_a_second_person_before_switches_did_still_waits() {
    let mut control = begun(&sqlite::CONTROL, 15).await;
    let statement = "INSERT INTO tenant (tenant_id, name, state, created_at, changed_at) VALUES
             ('ten_1', 'Northgate', 'active', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z');
         INSERT INTO person (person_id, mail, name, password_hash, created_at)
             VALUES ('psn_1', 'vic@n.example', 'Vic', 'none', '2026-01-01T00:00:00Z');
         INSERT INTO membership (tenant_id, person_id, joined_at)
             VALUES ('ten_1', 'psn_1', '2026-01-01T00:00:00Z');
         INSERT INTO proposed_raise (tenant_id, raise_no, person_id, mail, name, roles, from_day,
                                     until_day, proposed_by, proposed_at, lapses_at, ripe_at,
                                     outcome, ended_at, ended_by) VALUES
             ('ten_1', 1, 'psn_1', NULL, NULL, 'lead.payables', '2026-02-01', '2026-02-09', 'a',
              'b', 'c', 'd', 'withdrawn', 'e', 'f'),
             ('ten_1', 2, NULL, 'noor@n.example', 'Noor', 'owner', NULL, NULL, 'a', 'b', 'c', NULL,
              NULL, NULL, NULL)";
    sqlx::raw_sql(statement)
        .execute(&mut control)
        .await
        .unwrap();
    let rows = "SELECT concat_ws('|', raise_no, person_id, mail, name, roles, from_day, until_day,
                       proposed_by, proposed_at, lapses_at, ripe_at, outcome, ended_at, ended_by)
                FROM proposed_raise ORDER BY raise_no";
    let before: Vec<(String,)> = sqlx::query_as(rows).fetch_all(&mut control).await.unwrap();
    let forward = sqlite::CONTROL.run_direct(None, &mut control, false);
    forward.await.unwrap();
    let after: Vec<(String,)> = sqlx::query_as(rows).fetch_all(&mut control).await.unwrap();
    assert_eq!((before.len(), after), (2, before));
}

#[tokio::test]
async fn a_server_of_the_version_before_is_served_from_once_it_was_brought_forward() {
    let cluster = Cluster::start().await;
    let server = cluster.installation().await;
    let store = Cluster::tenant(&server).await;
    filled(&store).await;
    let (there, said) = (rows(&store).await, told(&store).await);
    let id = store.scope().tenant_id().to_owned();
    server.close().await;
    let tenants = back(&postgres::TENANTS, BEFORE[2], "plumbline.");
    let control = back(&sqlite::CONTROL, BEFORE[1], "plumbline_control.");
    for statement in tenants.into_iter().chain(control) {
        cluster.administer(statement).await;
    }
    for (schema, newest) in [("plumbline", BEFORE[2]), ("plumbline_control", BEFORE[1])] {
        let statement = match schema {
            "plumbline" => "SELECT max(version) FROM plumbline._sqlx_migrations",
            _ => "SELECT max(version) FROM plumbline_control._sqlx_migrations",
        };
        assert_eq!(cluster.ask(statement).await, newest, "{schema}");
    }
    let refused = cluster.connect_as("plumbline_app").await.unwrap_err();
    assert!(
        refused.to_string().contains("database prepare"),
        "{refused}"
    );

    postgres::prepare(&cluster.url("postgres")).await.unwrap();
    let server = cluster.installation().await;
    assert_eq!(postgres::lint(&server).await.unwrap(), Vec::<String>::new());
    let store = server.store(&id).await.unwrap();
    assert_eq!((rows(&store).await, told(&store).await), (there, said));
    assert_eq!(server.ready().await, Ok(()));
    server.close().await;
}

#[tokio::test]
async fn a_server_of_a_newer_version_is_not_served_from() {
    let cluster = Cluster::start().await;
    cluster
        .administer(
            "INSERT INTO plumbline._sqlx_migrations
                 (version, description, success, checksum, execution_time)
             VALUES (9000, 'of tomorrow', true, '', 0)",
        )
        .await;
    let refused = cluster.connect_as("plumbline_app").await.unwrap_err();
    let said = refused.to_string();
    assert!(
        said.contains("a newer version") && said.contains("9000"),
        "{said}"
    );
    let again = postgres::prepare(&cluster.url("postgres")).await;
    assert!(again.is_err(), "an old program changed a newer schema");
}

#[tokio::test]
async fn a_folder_of_a_newer_version_is_left_alone() {
    let (store, kept) = opened().await;
    run(
        &store,
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9000, 'of tomorrow', true, x'', 0)",
    )
    .await;
    let id = store.scope().tenant_id().to_owned();
    drop(store);
    let kept: Kept = kept.again().await;
    let refused = kept.installation.store(&id).await.unwrap_err();
    assert!(
        matches!(refused, StoreError::NewerSchema { version: 9_000, .. }),
        "{refused}"
    );
    kept.close().await;
}

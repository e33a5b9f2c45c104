//! Writing pages of records: new versions where bodies differ, presence for the rest.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use figures::SmolStr;
use figures::source::{RawRecord, System};
use sha2::{Digest, Sha256};

use super::cycle::{OpenCycle, require_open};
use super::key::to_column;
use crate::sql::{batches, over_rows, query};
use crate::tx::Tx;
use crate::{Store, StoreError, TenantScope};

/// What a page brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PageReport {
    /// Records never seen before.
    pub added: u64,
    /// Records whose body differs from the newest version, or that came back.
    pub changed: u64,
    /// Records that are as they were.
    pub unchanged: u64,
}

/// Records what a page returned. Doing it again changes nothing.
///
/// # Errors
/// [`Refusal::CycleNotOpen`](crate::Refusal::CycleNotOpen) when the cycle is no longer this
/// run's; [`Refusal::UnusableKey`](crate::Refusal::UnusableKey) for a project or parent id that
/// no vendor gives out. Nothing of the page is kept then.
pub async fn record_page(
    store: &Store,
    scope: &TenantScope,
    cycle: OpenCycle,
    records: Vec<RawRecord>,
) -> Result<PageReport, StoreError> {
    let resources = by_resource(records)?;
    store
        .tx(scope, move |tx| {
            Box::pin(async move {
                require_open(tx, cycle).await?;
                let mut report = PageReport::default();
                for ((system, resource), rows) in resources {
                    let page = Page {
                        tenant: tx.tenant().into(),
                        system,
                        resource,
                        cycle,
                    };
                    page.touch(tx, &rows).await?;
                    for round in without_repeats(rows) {
                        for batch in batches(round) {
                            page.record(tx, batch, &mut report).await?;
                        }
                    }
                }
                Ok(report)
            })
        })
        .await
}

struct Row {
    project_id: i64,
    parent_id: i64,
    external_id: Arc<str>,
    digest: [u8; 32],
    body: String,
}

type ByResource = BTreeMap<(System, SmolStr), Vec<Row>>;

fn by_resource(records: Vec<RawRecord>) -> Result<ByResource, StoreError> {
    let mut resources = ByResource::new();
    for record in records {
        let row = Row {
            project_id: to_column(record.project_id, &record)?,
            parent_id: to_column(record.parent_id, &record)?,
            external_id: record.external_id.as_str().into(),
            digest: Sha256::digest(record.body.as_bytes()).into(),
            body: record.body,
        };
        resources
            .entry((record.system, record.resource))
            .or_default()
            .push(row);
    }
    Ok(resources)
}

/// A page may hold a record twice (an edit moved it while the vendor paged). The later one is the
/// newer version, so each round has every record at most once.
fn without_repeats(rows: Vec<Row>) -> Vec<Vec<Row>> {
    let mut rounds: Vec<Vec<Row>> = Vec::new();
    let mut seen: HashMap<(i64, i64, Arc<str>), usize> = HashMap::new();
    for row in rows {
        let round = seen
            .entry((row.project_id, row.parent_id, row.external_id.clone()))
            .and_modify(|round| *round += 1)
            .or_insert(0);
        match rounds.get_mut(*round) {
            Some(rows) => rows.push(row),
            None => rounds.push(vec![row]),
        }
    }
    rounds
}

/// CROSS JOIN keeps SQLite from walking through all records in search of the page.
const NEWEST_VERSIONS: &str = "
    SELECT page.column4, record.version,
           record.digest = page.column5 AND record.removed = 0
    FROM (VALUES {rows}) AS page CROSS JOIN record
    WHERE record.tenant_id = {1} AND record.system = {2} AND record.resource = {3}
      AND record.project_id = page.column1 AND record.parent_id = page.column2
      AND record.id_length = length(page.column3) AND record.external_id = page.column3";

/// The part of a page that belongs to one resource.
struct Page {
    tenant: Arc<str>,
    system: System,
    resource: SmolStr,
    cycle: OpenCycle,
}

impl Page {
    /// Remembers that this run read something of the resource, to notice if it never finishes.
    async fn touch(&self, tx: &mut Tx, rows: &[Row]) -> Result<(), StoreError> {
        let mut projects: Vec<i64> = rows.iter().map(|row| row.project_id).collect();
        projects.sort_unstable();
        projects.dedup();
        for project_id in projects {
            query(
                "INSERT INTO cycle_touched
                     (tenant_id, cycle_no, system, resource, project_id, run_no)
                 VALUES ($1, $2, $3, $4, $5, $6)
                 ON CONFLICT (tenant_id, cycle_no, system, resource, project_id)
                 DO UPDATE SET run_no = excluded.run_no",
            )
            .bind(self.tenant.clone())
            .bind(self.cycle.number)
            .bind(self.system.name())
            .bind(self.resource.as_str())
            .bind(project_id)
            .bind(self.cycle.run)
            .execute(tx.connection())
            .await?;
        }
        Ok(())
    }

    async fn record(
        &self,
        tx: &mut Tx,
        rows: Vec<Row>,
        report: &mut PageReport,
    ) -> Result<(), StoreError> {
        let newest = self.newest_versions(tx, &rows).await?;
        let mut versions = Vec::with_capacity(rows.len());
        let mut fresh = Vec::new();
        for position in 0..rows.len() {
            match newest.get(&position) {
                Some(newest) if newest.same => {
                    report.unchanged += 1;
                    versions.push(newest.version);
                    continue;
                }
                Some(newest) => {
                    report.changed += 1;
                    versions.push(newest.version + 1);
                }
                None => {
                    report.added += 1;
                    versions.push(1);
                }
            }
            fresh.push(position);
        }
        self.write_heads(tx, &rows, &versions).await?;
        let mut rows: Vec<Option<Row>> = rows.into_iter().map(Some).collect();
        let fresh = fresh
            .into_iter()
            .filter_map(|position| Some((rows[position].take()?, versions[position])))
            .collect();
        for batch in batches(fresh) {
            self.write_versions(tx, batch).await?;
        }
        Ok(())
    }

    /// The newest versions of those rows that are known, by position in `rows`.
    async fn newest_versions(
        &self,
        tx: &mut Tx,
        rows: &[Row],
    ) -> Result<HashMap<usize, Newest>, StoreError> {
        let mut query = over_rows(NEWEST_VERSIONS, 5, rows.len());
        for (position, row) in rows.iter().enumerate() {
            query = query
                .bind(row.project_id)
                .bind(row.parent_id)
                .bind(row.external_id.clone())
                .bind(position as i64)
                .bind(row.digest.to_vec());
        }
        let known: Vec<(i64, i64, bool)> = query
            .bind(self.tenant.clone())
            .bind(self.system.name())
            .bind(self.resource.as_str())
            .rows(tx.connection())
            .await?;
        Ok(known
            .into_iter()
            .filter_map(|(position, version, same)| {
                let newest = Newest { version, same };
                usize::try_from(position)
                    .ok()
                    .map(|position| (position, newest))
            })
            .collect())
    }

    /// Notes that the records are there, in these versions.
    async fn write_heads(
        &self,
        tx: &mut Tx,
        rows: &[Row],
        versions: &[i64],
    ) -> Result<(), StoreError> {
        let mut query = over_rows(
            "INSERT INTO record (tenant_id, system, resource, project_id, parent_id, id_length,
                                 external_id, version, digest, removed, seen_run)
             SELECT {1}, {2}, {3}, column1, column2, length(column3), column3, column4, column5,
                    0, {4}
             FROM (VALUES {rows}) AS page WHERE true
             ON CONFLICT (tenant_id, system, resource, project_id, parent_id, id_length,
                          external_id)
             DO UPDATE SET version = excluded.version, digest = excluded.digest, removed = 0,
                           seen_run = excluded.seen_run",
            5,
            rows.len(),
        );
        for (row, version) in rows.iter().zip(versions) {
            query = query
                .bind(row.project_id)
                .bind(row.parent_id)
                .bind(row.external_id.clone())
                .bind(*version)
                .bind(row.digest.to_vec());
        }
        query
            .bind(self.tenant.clone())
            .bind(self.system.name())
            .bind(self.resource.as_str())
            .bind(self.cycle.run)
            .execute(tx.connection())
            .await?;
        Ok(())
    }

    async fn write_versions(&self, tx: &mut Tx, rows: Vec<(Row, i64)>) -> Result<(), StoreError> {
        let mut query = over_rows(
            "INSERT INTO record_version (tenant_id, system, resource, project_id, parent_id,
                                         id_length, external_id, version, first_seen_cycle,
                                         removed, digest, body)
             SELECT {1}, {2}, {3}, column1, column2, length(column3), column3, column4, {4}, 0,
                    column5, column6
             FROM (VALUES {rows}) AS page",
            6,
            rows.len(),
        );
        for (row, version) in rows {
            query = query
                .bind(row.project_id)
                .bind(row.parent_id)
                .bind(row.external_id)
                .bind(version)
                .bind(row.digest.to_vec())
                .bind(row.body);
        }
        query
            .bind(self.tenant.clone())
            .bind(self.system.name())
            .bind(self.resource.as_str())
            .bind(self.cycle.number)
            .execute(tx.connection())
            .await?;
        Ok(())
    }
}

/// The newest version of a record that is known.
struct Newest {
    version: i64,
    /// It has the body that the page brings.
    same: bool,
}

#[cfg(test)]
mod tests {
    use super::NEWEST_VERSIONS;
    use crate::sql::explained;
    use crate::tx::Connection;

    #[tokio::test]
    async fn a_page_is_looked_up_by_key_and_not_by_walking_the_mirror() {
        let (store, kept) = crate::contract::opened().await;
        let plan: Vec<(i64, i64, i64, String)> = store
            .read(&store.scope(), |tx| {
                Box::pin(async move {
                    let statement = explained(NEWEST_VERSIONS, 5, 64);
                    let Connection::Sqlite(connection) = tx.connection() else {
                        unreachable!("the store was opened as a file");
                    };
                    Ok(sqlx::query_as(statement).fetch_all(connection).await?)
                })
            })
            .await
            .unwrap();
        let plan: Vec<_> = plan.into_iter().map(|step| step.3).collect();
        let by_key = plan
            .iter()
            .any(|step| step.starts_with("SEARCH record") && step.contains("external_id=?"));
        assert!(by_key, "{plan:#?}");
        kept.close().await;
    }
}

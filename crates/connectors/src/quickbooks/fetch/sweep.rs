//! One entity, whole: walked by id, counted before and after.

use std::collections::{BTreeMap, HashSet};

use smol_str::SmolStr;

use super::{Entity, Read, key, records, whole_predicate};
use crate::fetch::{Completeness, ResourceKey};
use crate::http::{Cause, FetchError};
use crate::quickbooks::client::instant;

/// How pages follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paging {
    /// `where Id > 'last' orderby Id`: rows that vanish cannot shift others.
    ById,
    /// `startposition n`, over a set that is bounded by the time of the read.
    ByPosition,
}

/// What one walk found.
enum Walk {
    /// So many different records.
    Seen(u64),
    /// The company does not page by id; nothing is lost, begin again by position.
    NotById,
    /// It cannot be walked to its end.
    Stuck(String),
}

impl Read<'_> {
    /// Reads one entity whole, or says that it could not be proven.
    pub(super) async fn sweep(&mut self, entity: Entity) -> Result<(), FetchError> {
        let key = key(entity.name);
        match self.sweep_twice(&key, entity).await {
            Ok(()) => Ok(()),
            Err(error) => self.delivery.failed(&key, error).await,
        }
    }

    async fn sweep_twice(&mut self, key: &ResourceKey, entity: Entity) -> Result<(), FetchError> {
        let mut reason = String::new();
        let mut passes = 0;
        while passes < 2 {
            let predicate = self.predicate(entity);
            let before = self.client.count(entity.name, &predicate).await?;
            self.delivery.restart(key).await?;
            let seen = match self.walk(key, entity, &predicate, before).await? {
                Walk::Seen(seen) => seen,
                Walk::NotById => {
                    self.paging = Paging::ByPosition;
                    continue;
                }
                Walk::Stuck(why) => {
                    reason = why;
                    passes += 1;
                    continue;
                }
            };
            let after = self.client.count(entity.name, &predicate).await?;
            if seen == before && seen == after {
                return self
                    .delivery
                    .done(key, Completeness::Whole { records: seen })
                    .await;
            }
            if self.disorder {
                self.paging = Paging::ByPosition;
            }
            reason =
                format!("QuickBooks counted {before} before and {after} after, and gave {seen}");
            passes += 1;
        }
        self.delivery.incomplete(key, &reason).await
    }

    fn predicate(&self, entity: Entity) -> String {
        let mut parts: Vec<String> = [whole_predicate(entity.name).to_owned()]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect();
        if self.paging == Paging::ByPosition {
            parts.push(format!(
                "MetaData.LastUpdatedTime <= '{}'",
                instant(self.began)
            ));
        }
        parts.join(" and ")
    }

    async fn walk(
        &mut self,
        key: &ResourceKey,
        entity: Entity,
        predicate: &str,
        expected: u64,
    ) -> Result<Walk, FetchError> {
        match self.paging {
            Paging::ById => self.walk_by_id(key, entity, predicate, expected).await,
            Paging::ByPosition => {
                self.walk_by_position(key, entity, predicate, expected)
                    .await
            }
        }
    }

    async fn walk_by_id(
        &mut self,
        key: &ResourceKey,
        entity: Entity,
        predicate: &str,
        expected: u64,
    ) -> Result<Walk, FetchError> {
        let (client, rows) = (self.client, self.plan.page_rows);
        let and = if predicate.is_empty() { "" } else { " and " };
        let mut last = 0_u64;
        let mut seen = 0_u64;
        loop {
            let statement = format!(
                "select * from {} where {predicate}{and}Id > '{last}' orderby Id maxresults {rows}",
                entity.name
            );
            let answer = match client.query(entity.name, &statement).await {
                Err(error) if is_bad_query(&error) => return Ok(Walk::NotById),
                other => other?,
            };
            let got = answer.rows.len();
            // Ids come as text; only as numbers do they have the order the walk relies on.
            let mut page = BTreeMap::new();
            let mut highest = last;
            for record in records(entity.name, answer.rows) {
                let Ok(id) = record.external_id.parse::<u64>() else {
                    let id = &record.external_id;
                    return Ok(Walk::Stuck(format!("a record has the id `{id}`")));
                };
                // A page that is not in order is no proof that nothing lies between its rows.
                self.disorder |= id < highest;
                highest = highest.max(id);
                if id > last {
                    page.insert(id, record);
                }
            }
            if got > 0 && page.is_empty() {
                return Ok(Walk::NotById);
            }
            last = highest;
            seen += page.len() as u64;
            self.delivery
                .page(key, page.into_values().collect())
                .await?;
            self.delivery.progress(key, seen, Some(expected.max(seen)));
            let short = got < rows as usize;
            if got == 0 || (short && seen >= expected) {
                return Ok(Walk::Seen(seen));
            }
        }
    }

    async fn walk_by_position(
        &mut self,
        key: &ResourceKey,
        entity: Entity,
        predicate: &str,
        expected: u64,
    ) -> Result<Walk, FetchError> {
        let (client, rows) = (self.client, self.plan.page_rows);
        let mut position = 1_u64;
        let mut seen: HashSet<SmolStr> = HashSet::new();
        loop {
            let statement = format!(
                "select * from {} where {predicate} orderby Id startposition {position} maxresults {rows}",
                entity.name
            );
            let answer = client.query(entity.name, &statement).await?;
            let got = answer.rows.len();
            let mut page = records(entity.name, answer.rows);
            let mut on_page = HashSet::new();
            page.retain(|record| on_page.insert(record.external_id.clone()));
            position += page.len() as u64;
            page.retain(|record| seen.insert(record.external_id.clone()));
            self.delivery.page(key, page).await?;
            self.delivery
                .progress(key, seen.len() as u64, Some(expected));
            let short = got < rows as usize;
            if got == 0 || (short && seen.len() as u64 >= expected) {
                return Ok(Walk::Seen(seen.len() as u64));
            }
        }
    }
}

/// Codes 4000 to 4002: the query itself is not understood here.
pub(super) fn is_bad_query(error: &FetchError) -> bool {
    matches!(&error.cause, Cause::Refused { code, .. } if matches!(code.as_str(), "4000" | "4001" | "4002"))
}

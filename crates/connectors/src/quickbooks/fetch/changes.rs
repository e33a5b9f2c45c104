//! What changed: change data capture, and queries where it does not reach.

use jiff::{SignedDuration, Timestamp};
use smol_str::SmolStr;

use super::{ENTITIES, Entity, Family, OVERLAP, Plan, Read, before, key, records};
use crate::fetch::{Completeness, Sink, Summary};
use crate::http::{Cause, FetchError};
use crate::quickbooks::client::{Client, instant};

/// What a read of changes came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changes {
    /// The changes were delivered.
    Read(Summary),
    /// The cursor is older than change data capture remembers: read everything again.
    TooOld {
        /// The cursor.
        since: Timestamp,
        /// QuickBooks' time now.
        now: Timestamp,
    },
}

/// Whether the changes end a full read or are a read of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// The verdicts have been given; changes only follow.
    OfFullRead,
    /// Every entity gets its verdict.
    OfChanges,
}

/// QuickBooks remembers 30 days; one day is kept for slow reads and clocks.
pub(super) const MEMORY: SignedDuration = SignedDuration::from_hours(29 * 24);
/// Without change data capture, and yet people delete it: only the count tells. Tax codes and
/// rates cannot be deleted.
pub(super) const DELETED_UNSEEN: &str = "TimeActivity";
/// An answer with so many objects was probably cut.
const CUT: usize = 1_000;

/// Reads what changed since a cursor, which is the `cursor` of the last [`Summary`].
///
/// Deletions of `TimeActivity` are not visible; its verdict carries the company's count, so that
/// the receiver can notice. An entity with more changes than one answer can hold is read whole.
///
/// # Errors
/// [`FetchError`] when nothing more can be read.
pub async fn changes_since(
    client: &Client,
    plan: &Plan,
    cursor: Timestamp,
    sink: &mut dyn Sink,
) -> Result<Changes, FetchError> {
    let company = client.company_info().await?;
    let now = company.time;
    if now.duration_since(cursor) > MEMORY {
        return Ok(Changes::TooOld { since: cursor, now });
    }
    let mut read = Read::new(client, plan, sink, now);
    for entity in read.entities() {
        match (entity.name, entity.family) {
            ("CompanyInfo", _) => read.one(entity, &company).await?,
            ("Preferences", _) => read.preferences(entity).await?,
            _ => {}
        }
    }
    let since = before(cursor, OVERLAP);
    read.captured(since, Ending::OfChanges).await?;
    for name in ["TaxCode", "TaxRate", DELETED_UNSEEN] {
        read.updated(name, since, Ending::OfChanges).await?;
    }
    Ok(Changes::Read(read.delivery.summary(now)))
}

impl Read<'_> {
    /// Asks change data capture for all planned entities that it covers.
    pub(super) async fn captured(
        &mut self,
        since: Timestamp,
        ending: Ending,
    ) -> Result<(), FetchError> {
        let entities = self
            .entities()
            .into_iter()
            .filter(|entity| entity.captured)
            .collect();
        let recent = self.captured_of(entities, since, ending).await?;
        let unread = self.captured_of(recent, self.just_before(), ending).await?;
        debug_assert!(
            unread.is_empty(),
            "what moved during the read is always dealt with"
        );
        Ok(())
    }

    /// A little before the read began.
    pub(super) fn just_before(&self) -> Timestamp {
        before(self.began, OVERLAP)
    }

    /// Returns the entities whose far past did not fit into an answer.
    async fn captured_of(
        &mut self,
        entities: Vec<Entity>,
        since: Timestamp,
        ending: Ending,
    ) -> Result<Vec<Entity>, FetchError> {
        let mut recent = Vec::new();
        let mut open: Vec<Vec<Entity>> = vec![entities];
        while let Some(group) = open.pop() {
            if group.is_empty() {
                continue;
            }
            let names: Vec<&str> = group.iter().map(|entity| entity.name).collect();
            let answer = self.client.changed_since(&names, since).await;
            let halve = match &answer {
                Ok(changed) => changed.objects >= CUT,
                Err(error) => matches!(error.cause, Cause::Refused { .. } | Cause::TooLarge { .. }),
            };
            if halve && group.len() > 1 {
                // The later half goes below, so that the order of the plan is kept.
                let (first, second) = group.split_at(group.len() / 2);
                open.push(second.to_vec());
                open.push(first.to_vec());
                continue;
            }
            if halve && ending == Ending::OfFullRead && since < self.just_before() {
                // The far past is only asked for its tombstones; what moved during the read
                // must come.
                recent.push(group[0]);
                continue;
            }
            if halve {
                // More changes than one answer holds, or an entity that it does not cover.
                // Only the whole entity shows what was deleted.
                self.sweep(group[0]).await?;
                continue;
            }
            match answer {
                Ok(changed) => self.deliver(&group, changed.entities, ending).await?,
                Err(error) => self.uncertain(&group, error).await?,
            }
        }
        Ok(recent)
    }

    async fn deliver(
        &mut self,
        group: &[Entity],
        mut changed: Vec<(SmolStr, Vec<String>)>,
        ending: Ending,
    ) -> Result<(), FetchError> {
        for entity in group {
            let mut rows = Vec::new();
            for (_, found) in changed.iter_mut().filter(|(name, _)| name == entity.name) {
                rows.append(found);
            }
            let count = rows.len() as u64;
            let key = key(entity.name);
            self.delivery.page(&key, records(entity.name, rows)).await?;
            if ending == Ending::OfChanges {
                let proof = Completeness::Changes {
                    records: count,
                    total_now: None,
                };
                self.delivery.done(&key, proof).await?;
            }
        }
        Ok(())
    }

    async fn uncertain(&mut self, group: &[Entity], error: FetchError) -> Result<(), FetchError> {
        for entity in group {
            self.delivery
                .failed(&key(entity.name), error.clone())
                .await?;
        }
        Ok(())
    }

    /// Entities that change data capture refuses: a query by time of change, walked by id.
    pub(super) async fn updated(
        &mut self,
        name: &str,
        since: Timestamp,
        ending: Ending,
    ) -> Result<(), FetchError> {
        let planned = self.plan.entities.iter().any(|entity| entity == name);
        let Some(entity) = ENTITIES
            .iter()
            .find(|entity| entity.name == name && planned)
        else {
            return Ok(());
        };
        debug_assert!(!entity.captured && entity.family == Family::Plain);
        let key = key(name);
        match self.updated_rows(*entity, since).await {
            Ok(Some(records)) if ending == Ending::OfChanges => {
                let total = if name == DELETED_UNSEEN {
                    self.client.count(name, "").await.map(Some)
                } else {
                    Ok(None)
                };
                match total {
                    Ok(total_now) => {
                        let proof = Completeness::Changes { records, total_now };
                        self.delivery.done(&key, proof).await
                    }
                    Err(error) => self.delivery.failed(&key, error).await,
                }
            }
            Ok(Some(_)) => Ok(()),
            Ok(None) => self.sweep(*entity).await,
            Err(error) => self.delivery.failed(&key, error).await,
        }
    }

    /// Delivers what was updated; nothing when the company does not page by id.
    async fn updated_rows(
        &mut self,
        entity: Entity,
        since: Timestamp,
    ) -> Result<Option<u64>, FetchError> {
        let (client, rows) = (self.client, self.plan.page_rows);
        let key = key(entity.name);
        let mut last = 0_u64;
        let mut seen = 0_u64;
        loop {
            let statement = format!(
                "select * from {} where MetaData.LastUpdatedTime >= '{}' and Id > '{last}' orderby Id maxresults {rows}",
                entity.name,
                instant(since)
            );
            let answer = match client.query(entity.name, &statement).await {
                Err(error) if super::sweep::is_bad_query(&error) => return Ok(None),
                other => other?,
            };
            let got = answer.rows.len();
            let page = records(entity.name, answer.rows);
            for record in &page {
                match record.external_id.parse::<u64>() {
                    Ok(id) if id > last => last = id,
                    _ => return Ok(None),
                }
            }
            seen += got as u64;
            self.delivery.page(&key, page).await?;
            if got == 0 {
                return Ok(Some(seen));
            }
        }
    }
}

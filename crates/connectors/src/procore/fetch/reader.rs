//! One list after another: what came, and the verdict on it.

use std::sync::Arc;

use figures::source::{RawRecord, System};
use smol_str::SmolStr;

use super::blind::Permissions;
use crate::fetch::ResourceKey;
use crate::http::{FetchError, Place};
use crate::procore::client::{Client, Listing, Parameter, Row};

/// What a resource came to.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) key: ResourceKey,
    pub(super) records: Vec<RawRecord>,
    pub(super) verdict: Verdict,
}

#[derive(Debug)]
pub(super) enum Verdict {
    Whole,
    Changes,
    Blind(&'static str),
    Doubtful(String),
    Failed(FetchError),
}

/// Where a row's parent is written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Parent {
    None,
    /// The list was read under it.
    Given(i64),
    /// A member of the row.
    Member(&'static str),
    /// A member of a member.
    Inside(&'static str, &'static str),
}

impl Parent {
    fn of(self, row: &Row) -> Option<i64> {
        match self {
            Self::None => None,
            Self::Given(id) => Some(id),
            Self::Member(name) => row.number(name),
            Self::Inside(outer, name) => row.number_in(outer, name),
        }
    }
}

/// Reads the lists of one project, or of the company.
pub(super) struct Reader<'a> {
    pub(super) client: &'a Arc<Client>,
    pub(super) project_id: Option<i64>,
    pub(super) page_rows: u32,
    pub(super) permissions: Option<&'a Permissions>,
    pub(super) outcomes: Vec<Outcome>,
}

impl Reader<'_> {
    pub(super) fn place(&self, resource: &str) -> Place {
        match self.project_id {
            Some(project) => Place::project(resource, project),
            None => Place::company(resource),
        }
    }

    pub(super) fn key(&self, resource: &str) -> ResourceKey {
        match self.project_id {
            Some(project) => ResourceKey::project(resource, project),
            None => ResourceKey::company(System::Procore, resource),
        }
    }

    pub(super) fn record(&self, resource: &str, row: &Row, parent: Parent) -> RawRecord {
        RawRecord {
            system: System::Procore,
            resource: SmolStr::new(resource),
            external_id: row.id.clone(),
            project_id: self.project_id,
            parent_id: parent.of(row),
            body: row.body.clone(),
        }
    }

    pub(super) fn records(&self, resource: &str, rows: &[Row], parent: Parent) -> Vec<RawRecord> {
        rows.iter()
            .map(|row| self.record(resource, row, parent))
            .collect()
    }

    /// A paged list.
    pub(super) async fn paged(
        &self,
        resource: &str,
        path: &str,
        parameters: &[Parameter],
    ) -> Result<Listing, FetchError> {
        let place = self.place(resource);
        self.client
            .list(&place, path, parameters, Some(self.page_rows))
            .await
    }

    /// A list that Procore gives in one piece.
    pub(super) async fn unpaged(
        &self,
        resource: &str,
        path: &str,
        parameters: &[Parameter],
    ) -> Result<Listing, FetchError> {
        self.client
            .list(&self.place(resource), path, parameters, None)
            .await
    }

    /// Notes a list as the outcome of its resource and returns its rows.
    pub(super) fn settle(
        &mut self,
        resource: &'static str,
        listing: Result<Listing, FetchError>,
        parent: Parent,
        good: Verdict,
    ) -> Result<Option<Vec<Row>>, FetchError> {
        match listing {
            Ok(listing) => {
                let records = self.records(resource, &listing.rows, parent);
                self.push(resource, records, listing.doubt, good);
                Ok(Some(listing.rows))
            }
            Err(error) => {
                self.refused(resource, error)?;
                Ok(None)
            }
        }
    }

    /// Notes what was gathered from several calls.
    pub(super) fn settle_gathered(
        &mut self,
        resource: &'static str,
        gathered: Result<Gathered, FetchError>,
        good: Verdict,
    ) -> Result<(), FetchError> {
        match gathered {
            Ok(gathered) => {
                self.push(resource, gathered.records, gathered.doubt, good);
                Ok(())
            }
            Err(error) => self.refused(resource, error),
        }
    }

    fn push(
        &mut self,
        resource: &'static str,
        records: Vec<RawRecord>,
        doubt: Option<String>,
        good: Verdict,
    ) {
        let hidden = self
            .permissions
            .and_then(|known| known.hidden_part_of(resource));
        let verdict = match (doubt, hidden) {
            (Some(reason), _) => Verdict::Doubtful(reason),
            (None, Some(reason)) => Verdict::Blind(reason),
            (None, None) => good,
        };
        self.outcomes.push(Outcome {
            key: self.key(resource),
            records,
            verdict,
        });
    }

    pub(super) fn blind(&mut self, resource: &'static str, reason: &'static str) {
        let key = self.key(resource);
        self.outcomes.push(Outcome {
            key,
            records: Vec::new(),
            verdict: Verdict::Blind(reason),
        });
    }

    /// A resource that failed: blind, or failed; an error that stops everything goes up.
    pub(super) fn refused(
        &mut self,
        resource: &'static str,
        error: FetchError,
    ) -> Result<(), FetchError> {
        if error.cause.stops_everything() {
            return Err(error);
        }
        if error.cause.is_blind() {
            let reason = self
                .permissions
                .map_or("permission", |known| known.reason_for(resource));
            self.blind(resource, reason);
        } else {
            let key = self.key(resource);
            let verdict = Verdict::Failed(error);
            self.outcomes.push(Outcome {
                key,
                records: Vec::new(),
                verdict,
            });
        }
        Ok(())
    }

    /// Notes the same trouble for a resource that could not even be asked for.
    pub(super) fn follows(&mut self, resource: &'static str, cause: &'static str) {
        let found = self
            .outcomes
            .iter()
            .rev()
            .find(|outcome| outcome.key.resource == cause);
        let verdict = match found.map(|outcome| &outcome.verdict) {
            Some(Verdict::Blind(reason)) => Verdict::Blind(reason),
            _ => Verdict::Doubtful(format!("{cause} could not be read, and this depends on it")),
        };
        let key = self.key(resource);
        self.outcomes.push(Outcome {
            key,
            records: Vec::new(),
            verdict,
        });
    }
}

/// Records from several calls for one resource.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) records: Vec<RawRecord>,
    pub(super) doubt: Option<String>,
}

impl Gathered {
    pub(super) fn add(&mut self, records: Vec<RawRecord>, doubt: Option<String>) {
        self.records.extend(records);
        self.doubt = self.doubt.take().or(doubt);
    }
}

//! Books to reconcile: from the mirror of a cycle or from a snapshot folder.
//!
//! Both ways end in the same [`Loaded`] and take the same way from there. A system that is not
//! there is absent with its reason, never empty.

use std::collections::BTreeMap;
use std::path::Path;

use backoffice::reconcile::matching::decisions::Decisions;
use backoffice::reconcile::policy::Policy;
use backoffice::reconcile::reconcile;
use backoffice::reconcile::result::{Reconciliation, Refusal};
use connectors::{procore, quickbooks, snapshot};
use figures::Date;
use figures::model::Books;
use figures::source::{Rejection, System};
use store::mirror::{self, Captured};
use store::{Store, TenantScope};

use crate::reading::CONNECTION;

/// Books with everything that belongs to them.
#[derive(Debug)]
pub struct Loaded {
    /// Both sets of books, as far as they are there.
    pub books: Books,
    /// The day they are looked at.
    pub as_of: Date,
    /// Records that could not be used.
    pub rejections: Vec<Rejection>,
    /// Why a system is missing, in whole sentences.
    pub reasons: Vec<String>,
}

impl Loaded {
    /// Reads a snapshot folder, as of its own day or another one.
    ///
    /// # Errors
    /// When the folder is no snapshot of format 1 or cannot be read.
    pub fn from_snapshot(dir: &Path, as_of: Option<Date>) -> anyhow::Result<Self> {
        let snapshot = snapshot::read(dir)?;
        let mut rejections = snapshot.rejections;
        for rejection in &mut rejections {
            // A record with an id needs no line, which would depend on the order of the file.
            if !rejection.record.id.is_empty() {
                rejection.place = None;
            }
        }
        let reasons = snapshot
            .not_connected
            .iter()
            .map(|system| {
                format!(
                    "The snapshot holds no {system} books, so nothing that needs them is shown. \
                     Export it again with {system} connected."
                )
            })
            .collect();
        Ok(Self {
            books: snapshot.books,
            as_of: as_of.unwrap_or(snapshot.as_of),
            rejections,
            reasons,
        })
    }

    /// Reads the mirror as it was at the end of a cycle.
    ///
    /// # Errors
    /// When there was no such cycle or the store cannot be read.
    pub async fn from_mirror(
        store: &Store,
        scope: &TenantScope,
        cycle: i64,
        as_of: Date,
    ) -> anyhow::Result<Self> {
        let captured = mirror::captured(store, scope, cycle).await?;
        let completeness = mirror::completeness(store, scope, cycle).await?;
        let account = |system: System| {
            captured
                .iter()
                .find(|one: &&Captured| one.system == system)
                .map(|one| one.account_id.clone())
        };
        let (company, realm) = (account(System::Procore), account(System::QuickBooks));
        let mut records = (Vec::new(), Vec::new());
        let mut stream = mirror::read_as_of(store, scope, cycle).await?;
        while let Some(chunk) = stream.next_chunk().await? {
            for record in chunk {
                match record.system {
                    System::Procore if company.is_some() => records.0.push(record),
                    System::QuickBooks if realm.is_some() => records.1.push(record),
                    System::Procore | System::QuickBooks => {}
                }
            }
        }
        let mut loaded = Self {
            books: Books::default(),
            as_of,
            rejections: Vec::new(),
            reasons: Vec::new(),
        };
        if let Some(company) = company {
            let (mut books, rejections) = procore::normalise::books(company.parse()?, records.0);
            books.blind_spots = completeness.blind_spots;
            loaded.books.project = Some(books);
            loaded.rejections.extend(rejections);
        }
        if let Some(realm) = realm {
            let (books, rejections) = quickbooks::normalise::books(&realm, records.1);
            loaded.books.ledger = Some(books);
            loaded.rejections.extend(rejections);
        }
        for gap in completeness.incomplete {
            if gap.resource == CONNECTION {
                loaded.reasons.push(gap.reason.to_string());
            }
            loaded.books.incomplete.push(gap);
        }
        Ok(loaded)
    }

    /// Takes a system's books away, because its connection does not stand any more.
    pub fn withhold(&mut self, system: System, reason: String) {
        match system {
            System::Procore => self.books.project = None,
            System::QuickBooks => self.books.ledger = None,
        }
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }

    /// Compares the books. The reasons for missing systems stand among the refusals.
    #[must_use]
    pub fn reconcile(&self, decisions: &Decisions) -> Reconciliation {
        let rejections = self.rejections.clone();
        let policy = Policy::default();
        let mut outcome = reconcile(&self.books, self.as_of, &policy, decisions, rejections);
        outcome
            .refused
            .extend(self.reasons.iter().map(|reason| Refusal {
                project_id: None,
                measure: None,
                reason: reason.clone(),
            }));
        outcome
    }

    /// The names of the jobs, for people.
    #[must_use]
    pub fn job_names(&self) -> BTreeMap<i64, String> {
        let projects = self.books.project.iter().flat_map(|books| &books.projects);
        projects
            .map(|project| (project.id, project.name.to_string()))
            .collect()
    }
}

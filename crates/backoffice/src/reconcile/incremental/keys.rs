//! Names of records and units that do not depend on what else is in the books.
//!
//! Their order is the order of the books, so that units taken out of the books keep their order
//! among themselves.

use figures::SmolStr;
use figures::model::{CommitmentKind, DocumentKind, LedgerDocument};
use figures::source::SourceRef;
use rustc_hash::FxHashMap;

use crate::reconcile::records::Records;
use crate::reconcile::result::Side;
use crate::reconcile::units::{Family, LedgerUnit, ProjectKind, ProjectUnit};
use crate::reconcile::view::View;

/// A ledger document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct DocumentKey {
    pub(super) kind: DocumentKind,
    /// QuickBooks' ids are numbers written as text: the shorter is the smaller.
    length: u8,
    pub(super) id: SmolStr,
}

impl DocumentKey {
    pub(super) fn new(kind: DocumentKind, id: &SmolStr) -> Self {
        Self {
            kind,
            length: u8::try_from(id.len()).unwrap_or(u8::MAX),
            id: id.clone(),
        }
    }

    pub(super) fn of(document: &LedgerDocument) -> Self {
        Self::new(document.kind, &document.id)
    }

    /// The document in the pairs of a result.
    pub(super) fn side(&self) -> Side {
        Side::from(&SourceRef::quickbooks(self.kind.entity(), &self.id))
    }
}

/// A unit of a ledger document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct LedgerKey {
    pub(super) document: DocumentKey,
    pub(super) nth: u32,
}

impl LedgerKey {
    pub(super) fn of(unit: &LedgerUnit<'_>, view: &View<'_>) -> Self {
        Self {
            document: DocumentKey::of(view.at(unit.document)),
            nth: unit.nth,
        }
    }
}

/// A unit of Procore's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ProjectKey {
    pub(super) kind: ProjectKind,
    pub(super) id: i64,
    /// What tells records of one id apart: the contract of a payment, the kind of a commitment.
    apart: i64,
    /// A paid direct cost has a second unit for its payment.
    pub(super) paying: bool,
    /// Where its records are kept; equal keys have equal jobs.
    pub(super) job: i64,
}

impl ProjectKey {
    pub(super) fn of(unit: &ProjectUnit<'_>, view: &View<'_>) -> Self {
        let apart = match unit.kind {
            ProjectKind::ContractPayment => unit.contract.unwrap_or_default(),
            ProjectKind::Commitment => {
                commitment_apart(view.records.commitments[unit.place as usize].kind)
            }
            _ => 0,
        };
        Self {
            kind: unit.kind,
            id: unit.id,
            apart,
            paying: unit.kind == ProjectKind::DirectCost && unit.family == Family::Payment,
            job: unit.job,
        }
    }

    /// The record in the pairs of a result.
    pub(super) fn side(&self) -> Side {
        let kind = match (self.kind, self.apart) {
            (ProjectKind::Commitment, 0) => CommitmentKind::Subcontract.record_kind(),
            (ProjectKind::Commitment, _) => CommitmentKind::PurchaseOrder.record_kind(),
            (kind, _) => kind.record_kind(),
        };
        Side::from(&SourceRef::procore(kind, self.id))
    }

    /// What finds the record in its list.
    pub(super) fn record(&self) -> RecordKey {
        (self.kind, self.id, self.apart)
    }
}

/// A record of Procore's within the books.
pub(super) type RecordKey = (ProjectKind, i64, i64);

/// The places of all records that units are made of.
pub(super) fn places(records: &Records<'_>) -> FxHashMap<RecordKey, u32> {
    let mut places = FxHashMap::default();
    macro_rules! note {
        ($list:ident, $kind:ident, |$one:ident| $apart:expr) => {
            for ($one, place) in records.$list.iter().zip(0_u32..) {
                places.insert((ProjectKind::$kind, $one.id, $apart), place);
            }
        };
    }
    note!(prime_contracts, PrimeContract, |one| 0);
    note!(pay_applications, PayApplication, |one| 0);
    note!(contract_payments, ContractPayment, |one| one.contract_id);
    note!(commitments, Commitment, |one| commitment_apart(one.kind));
    note!(subcontractor_invoices, SubcontractorInvoice, |one| 0);
    note!(direct_costs, DirectCost, |one| 0);
    places
}

const fn commitment_apart(kind: CommitmentKind) -> i64 {
    match kind {
        CommitmentKind::Subcontract => 0,
        CommitmentKind::PurchaseOrder => 1,
    }
}

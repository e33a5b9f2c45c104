//! How a tenant keeps retainage in QuickBooks, and which measures it keeps there at all.

use figures::Measure;
use figures::model::{ChangeOrder, ChangeOrderKind, DocumentKind};
use std::collections::BTreeSet;

use super::checks::{Tally, Turn};
use super::matching::pairing::Group;
use super::matching::pairing::withheld::retainage_entry;
use super::records::Records;
use super::result::NotKept;
use super::units::{Family, LedgerUnit, ProjectUnit, Share};
use super::view::{View, is_agreed, is_approved};

/// The retainage convention of a tenant (measures.md, common rules).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Convention {
    /// Documents carry the full work and a negative retainage line.
    Gross,
    /// Only the net amount is entered.
    Net,
}

impl Convention {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Gross => "gross",
            Self::Net => "net",
        }
    }

    /// Detects the convention from documents paired so far: gross when a retainage account exists
    /// and most documents whose Procore counterpart holds retainage carry a retainage line.
    pub(crate) fn detect(
        view: &View<'_>,
        groups: &[Group],
        units: (&[ProjectUnit<'_>], &[LedgerUnit<'_>]),
    ) -> Self {
        let mut lines = Tally::default();
        for group in groups {
            if let Some(vote) = retainage_vote(view, group, units) {
                lines.count(vote, Turn::Add);
            }
        }
        Self::of(view, lines)
    }

    /// The convention, when so many of the documents in question carry a retainage line.
    pub(crate) fn of(view: &View<'_>, lines: Tally) -> Self {
        if has_retainage_account(view) && lines.carries() {
            Self::Gross
        } else {
            Self::Net
        }
    }

    /// Under the net convention retainage is kept nowhere and cost compares net with net.
    pub(crate) fn apply(self, project: &mut [ProjectUnit<'_>], ledger: &mut [LedgerUnit<'_>]) {
        if self == Self::Gross {
            return;
        }
        let net = |share: &mut Share, family| {
            if family == Family::Cost {
                share.main -= share.retainage;
            }
            share.retainage = figures::Money::ZERO;
        };
        for unit in project {
            net(&mut unit.share, unit.family);
            net(&mut unit.weight, unit.family);
        }
        for unit in ledger {
            // The QuickBooks side of cost is read the same way under both conventions.
            unit.share.retainage = figures::Money::ZERO;
        }
    }
}

/// Whether a ledger document carries a retainage line, or an entry that books it; nothing when its
/// counterpart in Procore holds no retainage.
pub(crate) fn retainage_vote(
    view: &View<'_>,
    group: &Group,
    (project, ledger): (&[ProjectUnit<'_>], &[LedgerUnit<'_>]),
) -> Option<bool> {
    let project = &project[*group.project.first()? as usize];
    let mut units = group.ledger.iter().map(|place| &ledger[*place as usize]);
    let document = units.next()?;
    let held = matches!(project.family, Family::Billing | Family::Cost)
        && project.shown.gross != project.shown.net;
    let booked = |unit: &LedgerUnit<'_>| retainage_entry(view, view.at(unit.document)).is_some();
    held.then(|| document.shown.gross != document.shown.net || units.any(booked))
}

/// Whether any account holds retainage.
fn has_retainage_account(view: &View<'_>) -> bool {
    view.lists.accounts.iter().any(|account| {
        let role = view.role(&account.id);
        role.retainage_receivable || role.retainage_payable
    })
}

/// Measures that this tenant does not keep in QuickBooks, with the reason.
pub(crate) fn not_kept(view: &View<'_>, convention: Convention) -> Vec<NotKept> {
    let has = |kind| {
        let mut documents = view.documents.iter();
        documents.any(|document| document.kind == kind)
    };
    let holds = |role: fn(super::view::AccountRole) -> bool| {
        view.lists
            .accounts
            .iter()
            .any(|account| role(view.role(&account.id)))
    };
    let mut missing = Vec::new();
    let mut note = |measure, reason: &str| {
        missing.push(NotKept {
            measure,
            reason: reason.to_owned(),
        });
    };
    if !has(DocumentKind::Estimate) {
        note(Measure::Contract, "QuickBooks holds no estimates");
    }
    if convention == Convention::Net {
        note(Measure::Retainage, "invoices are entered net of retainage");
        note(
            Measure::RetainagePayable,
            "bills are entered net of retainage",
        );
    } else {
        if !holds(|role| role.retainage_receivable) {
            note(
                Measure::Retainage,
                "QuickBooks has no retainage receivable account",
            );
        }
        if !holds(|role| role.retainage_payable) {
            note(
                Measure::RetainagePayable,
                "QuickBooks has no retainage payable account",
            );
        }
    }
    if !has(DocumentKind::PurchaseOrder) {
        note(Measure::Committed, "QuickBooks holds no purchase orders");
    }
    missing
}

/// Change orders that count in the contract measure: approved ones of agreed prime contracts,
/// legacy packages only on projects without modern ones.
pub(crate) fn counted_changes<'a>(records: &Records<'a>) -> impl Iterator<Item = &'a ChangeOrder> {
    let agreed: BTreeSet<i64> = records
        .prime_contracts
        .iter()
        .filter(|contract| is_agreed(contract))
        .map(|contract| contract.id)
        .collect();
    let modern: BTreeSet<i64> = records
        .change_orders
        .iter()
        .filter(|change| change.kind == ChangeOrderKind::Prime)
        .map(|change| change.project_id)
        .collect();
    let changes = records.change_orders.iter().copied();
    changes.filter(move |change| {
        is_approved(change)
            && agreed.contains(&change.contract_id)
            && match change.kind {
                ChangeOrderKind::Prime => true,
                ChangeOrderKind::Package => !modern.contains(&change.project_id),
                ChangeOrderKind::Commitment | ChangeOrderKind::Potential => false,
            }
    })
}

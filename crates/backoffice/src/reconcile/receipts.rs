//! Receipts: how a figure of a bridge was computed, input by input.
//!
//! A receipt is computed from the books by the same code as the figure itself, so that replaying
//! it from the mirror of its cycle gives the same bytes.

use std::collections::BTreeMap;

use figures::figure::{Absence, Definition};
use figures::model::Books;
use figures::source::SourceRef;
use figures::{Date, Measure, Money};
use serde::Serialize;

use super::matching::decisions::Decisions;
use super::matching::pairing::project_ref;
use super::policy::Policy;
use super::result::{Bridge, Reconciliation};
use super::units::{Family, Share};
use super::{Worked, reconcile, work};

/// Which number of a bridge a figure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FigureSide {
    /// Procore's total.
    Procore,
    /// QuickBooks' total.
    QuickBooks,
    /// What no finding explains.
    Unexplained,
}

impl FigureSide {
    const fn name(self) -> &'static str {
        match self {
            Self::Procore => "procore",
            Self::QuickBooks => "quickbooks",
            Self::Unexplained => "unexplained",
        }
    }
}

/// How a figure was computed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// The figure's id.
    pub figure: String,
    /// What it means and how it is computed.
    pub definition: Definition,
    /// Its value.
    #[serde(rename = "value_cents")]
    pub value: Money,
    /// The day it is true for.
    pub as_of: Date,
    /// What went into it, in order; their amounts sum to the value.
    pub inputs: Vec<ReceiptInput>,
}

/// One input of a receipt.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ReceiptInput {
    /// What it is.
    pub name: String,
    /// What it adds.
    #[serde(rename = "amount_cents")]
    pub amount: Money,
    /// The record it was read from.
    pub source: SourceRef,
}

/// The id of a figure: `bridge.billed.procore:882301`.
#[must_use]
pub fn figure_id(project_id: i64, measure: Measure, side: FigureSide) -> String {
    format!("bridge.{}.{}:{project_id}", measure.name(), side.name())
}

/// Reads a figure id.
fn parse(figure: &str) -> Option<(i64, Measure, FigureSide)> {
    let (name, project) = figure.split_once(':')?;
    let mut words = name.split('.');
    if words.next()? != "bridge" {
        return None;
    }
    let measure = Measure::from_name(words.next()?)?;
    let side = match words.next()? {
        "procore" => FigureSide::Procore,
        "quickbooks" => FigureSide::QuickBooks,
        "unexplained" => FigureSide::Unexplained,
        _ => return None,
    };
    words
        .next()
        .is_none()
        .then_some((project.parse().ok()?, measure, side))
}

/// Definitions of all figures of the bridge.
pub const DEFINITIONS: &[Definition] = &[
    Definition {
        id: "bridge.contract.procore",
        version: 1,
        formula: "original sum of approved and complete prime contracts + their approved change orders",
    },
    Definition {
        id: "bridge.contract.quickbooks",
        version: 1,
        formula: "accepted and closed estimates, less tax",
    },
    Definition {
        id: "bridge.billed.procore",
        version: 1,
        formula: "per prime contract, total earned less retainage of the approved pay application with the highest number dated on or before the day",
    },
    Definition {
        id: "bridge.billed.quickbooks",
        version: 1,
        formula: "invoices less tax - credit memos less tax",
    },
    Definition {
        id: "bridge.retainage.procore",
        version: 1,
        formula: "per prime contract, total retainage of the same pay application",
    },
    Definition {
        id: "bridge.retainage.quickbooks",
        version: 1,
        formula: "- invoice lines + credit memo lines + journal debits - credits on retainage receivable accounts",
    },
    Definition {
        id: "bridge.received.procore",
        version: 1,
        formula: "payments on prime contracts",
    },
    Definition {
        id: "bridge.received.quickbooks",
        version: 1,
        formula: "payment lines applied to the job's invoices",
    },
    Definition {
        id: "bridge.committed.procore",
        version: 1,
        formula: "revised value of agreed subcontracts and purchase orders",
    },
    Definition {
        id: "bridge.committed.quickbooks",
        version: 1,
        formula: "purchase order lines, open and closed",
    },
    Definition {
        id: "bridge.cost.procore",
        version: 1,
        formula: "per commitment, completed and stored of the approved invoice with the highest number dated on or before the day (less retainage under the net convention) + approved direct costs",
    },
    Definition {
        id: "bridge.cost.quickbooks",
        version: 1,
        formula: "lines on job cost accounts of bills, purchases and journals - vendor credits and refunds",
    },
    Definition {
        id: "bridge.retainage_payable.procore",
        version: 1,
        formula: "per commitment, total retainage of the same subcontractor invoice",
    },
    Definition {
        id: "bridge.retainage_payable.quickbooks",
        version: 1,
        formula: "- bill and purchase lines + vendor credit lines + journal credits - debits on retainage payable accounts",
    },
    Definition {
        id: "bridge.paid.procore",
        version: 1,
        formula: "payments on commitments + paid direct costs of type invoice",
    },
    Definition {
        id: "bridge.paid.quickbooks",
        version: 1,
        formula: "bill payment lines, shared over the jobs of the bill's lines",
    },
    Definition {
        id: "bridge.unexplained",
        version: 1,
        formula: "Procore total - QuickBooks total - effects of all findings",
    },
];

fn definition(measure: Measure, side: FigureSide) -> Option<Definition> {
    let id = match side {
        FigureSide::Unexplained => "bridge.unexplained".to_owned(),
        _ => format!("bridge.{}.{}", measure.name(), side.name()),
    };
    DEFINITIONS
        .iter()
        .find(|definition| definition.id == id)
        .copied()
}

/// Computes a figure again and says how.
///
/// # Errors
/// An [`Absence`] when the id is no figure, or when what it needs is missing.
pub fn receipt(
    books: &Books,
    as_of: Date,
    policy: &Policy,
    decisions: &Decisions,
    figure: &str,
) -> Result<Receipt, Absence> {
    let absent = |reason: &str| Absence {
        what: figure.to_owned(),
        reason: reason.to_owned(),
    };
    let (project_id, measure, side) = parse(figure)
        .ok_or_else(|| absent("it is no figure; ids look like bridge.billed.procore:882301"))?;
    let outcome = reconcile(books, as_of, policy, decisions, Vec::new());
    let bridge = outcome
        .bridges
        .iter()
        .find(|bridge| bridge.project_id == project_id && bridge.measure == measure)
        .ok_or_else(|| {
            let refused = outcome.refused.iter().find(|refusal| {
                refusal.project_id.is_none_or(|id| id == project_id)
                    && refusal.measure.is_none_or(|one| one == measure)
            });
            let not_kept = outcome.not_kept.iter().find(|one| one.measure == measure);
            absent(
                refused
                    .map(|refusal| refusal.reason.as_str())
                    .or(not_kept.map(|one| one.reason.as_str()))
                    .unwrap_or("there is no such job"),
            )
        })?;
    let mut inputs = work(books, as_of, policy, decisions, shares).unwrap_or_default();
    let firsts = first_records(&outcome);
    write(as_of, bridge, side, &mut inputs, &firsts).ok_or_else(|| absent("it has no definition"))
}

/// The receipts of every figure of a comparison, in the order of its bridges: the same as
/// [`receipt`] gives one by one, from one computation.
#[must_use]
pub fn receipts(
    books: &Books,
    policy: &Policy,
    decisions: &Decisions,
    outcome: &Reconciliation,
) -> Vec<Receipt> {
    let as_of = outcome.as_of;
    let mut inputs = work(books, as_of, policy, decisions, shares).unwrap_or_default();
    let firsts = first_records(outcome);
    let mut found = Vec::with_capacity(outcome.bridges.len() * SIDES.len());
    for bridge in &outcome.bridges {
        for side in SIDES {
            found.extend(write(as_of, bridge, side, &mut inputs, &firsts));
        }
    }
    found
}

const SIDES: [FigureSide; 3] = [
    FigureSide::Procore,
    FigureSide::QuickBooks,
    FigureSide::Unexplained,
];

/// Inputs by job, measure and side.
type Inputs = BTreeMap<(i64, Measure, FigureSide), Vec<ReceiptInput>>;

/// The receipt of one number of a bridge; it takes its inputs out of the map.
fn write(
    as_of: Date,
    bridge: &Bridge,
    side: FigureSide,
    inputs: &mut Inputs,
    firsts: &BTreeMap<&str, &SourceRef>,
) -> Option<Receipt> {
    let (project_id, measure) = (bridge.project_id, bridge.measure);
    let (value, inputs) = match side {
        FigureSide::Procore => (bridge.procore, inputs.remove(&(project_id, measure, side))),
        FigureSide::QuickBooks => (
            bridge.quickbooks,
            inputs.remove(&(project_id, measure, side)),
        ),
        FigureSide::Unexplained => (bridge.unexplained, Some(steps(bridge, firsts))),
    };
    Some(Receipt {
        figure: figure_id(project_id, measure, side),
        definition: definition(measure, side)?,
        value,
        as_of,
        inputs: inputs.unwrap_or_default(),
    })
}

/// The most telling record of each finding.
fn first_records(outcome: &Reconciliation) -> BTreeMap<&str, &SourceRef> {
    let findings = outcome.findings.iter();
    findings
        .filter_map(|finding| Some((finding.id.as_str(), finding.records.first()?)))
        .collect()
}

/// The shares of all units of both sides, in order.
fn shares(worked: &Worked<'_, '_>) -> Inputs {
    let mut found = Inputs::new();
    let mut add = |job: i64,
                   side,
                   family: Family,
                   share: Share,
                   name: &str,
                   date,
                   source: &dyn Fn() -> SourceRef| {
        let parts = [
            (Some(family.measure()), share.main),
            (family.retainage_measure(), share.retainage),
        ];
        for (measure, amount) in parts {
            if let (Some(measure), false) = (measure, amount.is_zero()) {
                let input = ReceiptInput {
                    name: named(name, date),
                    amount,
                    source: source(),
                };
                found.entry((job, measure, side)).or_default().push(input);
            }
        }
    };
    for unit in worked.project {
        let source = || project_ref(unit, worked.view);
        add(
            unit.job,
            FigureSide::Procore,
            unit.family,
            unit.share,
            unit.number,
            unit.date,
            &source,
        );
    }
    for unit in worked.ledger {
        if let Some(job) = unit.job {
            let source = || worked.view.at(unit.document).source();
            add(
                job,
                FigureSide::QuickBooks,
                unit.family,
                unit.share,
                unit.number,
                unit.date,
                &source,
            );
        }
    }
    for inputs in found.values_mut() {
        inputs.sort_by(|one, other| (&one.source, one.amount).cmp(&(&other.source, other.amount)));
    }
    found
}

fn named(number: &str, date: Option<Date>) -> String {
    match date {
        Some(date) if number.is_empty() => date.to_string(),
        Some(date) => format!("{number} of {date}"),
        None => number.to_owned(),
    }
}

/// What is explained, as inputs of what is not: their amounts with the opposite sign.
fn steps(bridge: &Bridge, firsts: &BTreeMap<&str, &SourceRef>) -> Vec<ReceiptInput> {
    let total = |name: &str, amount| ReceiptInput {
        name: name.to_owned(),
        amount,
        source: SourceRef::procore("project", bridge.project_id),
    };
    let mut inputs = vec![
        total("Procore total", bridge.procore),
        total("QuickBooks total", -bridge.quickbooks),
    ];
    for step in &bridge.explained {
        if let Some(source) = firsts.get(step.finding.as_str()) {
            inputs.push(ReceiptInput {
                name: format!("{} {}", step.check, step.finding),
                amount: -step.amount,
                source: (*source).clone(),
            });
        }
    }
    inputs
}

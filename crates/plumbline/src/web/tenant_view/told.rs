//! What the store tells about a result: its text, the worklist, the pairs and the decisions.

use std::collections::BTreeSet;

use figures::source::{Rejection, SourceRef, System};
use store::decisions::{self, Decision};
use store::results::StoredResult;
use store::worklist::{self, Filter, ItemState};

use super::Pairing;
use super::stored::{Bridge, Finding, NotKept, Outcome, Pair, Question, Refusal, Side};
use crate::desk::Desk;

/// Cleared items that are kept for looking back.
const CLEARED_KEPT: u32 = 500;

/// A result as it is kept, with what belongs to it.
pub(super) struct Told {
    pub(super) open: Vec<(worklist::Item, Finding)>,
    pub(super) cleared: Vec<(worklist::Item, Finding)>,
    decided: Vec<Decision>,
    pub(super) bridges: Vec<Bridge>,
    pub(super) questions: Vec<Question>,
    pub(super) pairs: Vec<Pairing>,
    pub(super) paired: usize,
    pub(super) not_kept: Vec<NotKept>,
    pub(super) refused: Vec<Refusal>,
    pub(super) rejections: Vec<Rejection>,
    pub(super) not_connected: Vec<System>,
}

impl Told {
    /// Reads it.
    pub(super) async fn read(desk: &Desk, result: &StoredResult) -> anyhow::Result<Self> {
        let outcome: Outcome = serde_json::from_str(&result.body)?;
        let (shown, linked): (Vec<Pair>, Vec<Pair>) = outcome.pairs.into_iter().partition(is_shown);
        Ok(Self {
            open: items(desk, ItemState::Open, None).await?,
            cleared: items(desk, ItemState::Cleared, Some(CLEARED_KEPT)).await?,
            decided: decisions::history(&desk.store, &desk.scope).await?,
            bridges: outcome.bridges,
            questions: outcome.questions,
            pairs: shown.into_iter().map(pairing).collect(),
            paired: linked.len(),
            not_kept: outcome.not_kept,
            refused: outcome.refused,
            rejections: outcome.rejections,
            not_connected: outcome.not_connected,
        })
    }

    /// Every record that a screen names.
    pub(super) fn records(&self) -> BTreeSet<SourceRef> {
        let mut records: BTreeSet<SourceRef> = BTreeSet::new();
        for (_, finding) in self.open.iter().chain(&self.cleared) {
            records.extend(finding.records.iter().cloned());
        }
        for question in &self.questions {
            records.insert(question.about.clone());
            records.extend(question.candidates.iter().map(|one| one.record.clone()));
        }
        for pair in &self.pairs {
            records.extend(pair.procore.iter().chain(&pair.quickbooks).cloned());
        }
        for decision in &self.decided {
            let pair = &decision.pair;
            records.extend(pair.procore.iter().chain(&pair.quickbooks).cloned());
        }
        records
    }
}

async fn items(
    desk: &Desk,
    state: ItemState,
    limit: Option<u32>,
) -> anyhow::Result<Vec<(worklist::Item, Finding)>> {
    let filter = Filter {
        state: Some(state),
        limit,
        ..Filter::default()
    };
    let items = worklist::list(&desk.store, &desk.scope, filter).await?;
    let read = |item: worklist::Item| Ok((serde_json::from_str(&item.body)?, item));
    items
        .into_iter()
        .map(|item| read(item).map(|(finding, item)| (item, finding)))
        .collect()
}

/// Links and numbers speak for themselves; jobs, companies and scored documents are worth a look.
fn is_shown(pair: &Pair) -> bool {
    pair.kind != "document" || pair.basis == "scored" || pair.basis == "confirmed"
}

fn pairing(pair: Pair) -> Pairing {
    let sides = |system: System, sides: Vec<Side>| -> Vec<SourceRef> {
        sides
            .into_iter()
            .map(|side| SourceRef {
                system,
                kind: side.kind.into(),
                id: side.id.into(),
            })
            .collect()
    };
    Pairing {
        kind: pair.kind,
        procore: sides(System::Procore, pair.procore),
        quickbooks: sides(System::QuickBooks, pair.quickbooks),
        basis: pair.basis,
        evidence: pair.evidence,
    }
}

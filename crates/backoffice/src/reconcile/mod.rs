//! The reconciliation: match, compare, explain.
//!
//! [`reconcile`] is the whole of it: books in, findings and bridges out. Read it first; each step
//! is a module of its own.

mod bridge;
pub(crate) mod cases;
pub mod checks;
pub(crate) mod convention;
pub mod incremental;
pub mod matching;
pub(crate) mod order;
pub mod policy;
pub mod receipts;
pub(crate) mod records;
mod refusals;
pub mod result;
#[cfg(test)]
pub(crate) mod scenario;
pub(crate) mod units;
pub(crate) mod view;

use std::collections::{BTreeMap, BTreeSet};

use figures::model::{Books, Incomplete};
use figures::source::{Rejection, System};
use figures::{Date, Measure, SmolStr};
use rustc_hash::FxHashMap;

use convention::Convention;
use matching::decisions::Decisions;
use matching::pairing::{Group, Known, Pairing, project_ref};
use matching::{jobs, pairing, parties};
use policy::Policy;
use result::{Pair, PairBasis, PairKind, Reconciliation, Refusal, Score, Side};
use units::{LedgerUnit, ProjectUnit};
use view::View;

/// Compares both sets of books as of a day.
///
/// A system that is not connected is named and nothing that needs it is shown; so is a resource
/// that could not be read whole. Records that cannot be used are handed through as rejections.
#[must_use]
pub fn reconcile(
    books: &Books,
    as_of: Date,
    policy: &Policy,
    decisions: &Decisions,
    rejections: Vec<Rejection>,
) -> Reconciliation {
    let mut outcome = nothing_yet(as_of, &books.incomplete);
    outcome.rejections = rejections;
    if books.project.is_none() {
        outcome.not_connected.push(System::Procore);
    }
    if books.ledger.is_none() {
        outcome.not_connected.push(System::QuickBooks);
    }
    for system in &outcome.not_connected {
        outcome.refused.push(Refusal {
            project_id: None,
            measure: None,
            reason: format!(
                "{system} is not connected, so nothing can be compared. Connect it and run again."
            ),
        });
    }
    work(books, as_of, policy, decisions, |worked| {
        compare(worked, books, &mut outcome)
    });
    outcome.rejections.sort();
    outcome.rejections.dedup();
    outcome
}

/// A result that says nothing yet.
pub(crate) fn nothing_yet(as_of: Date, incomplete: &[Incomplete]) -> Reconciliation {
    Reconciliation {
        as_of,
        not_connected: Vec::new(),
        blind_spots: Vec::new(),
        incomplete: incomplete.to_vec(),
        rejections: Vec::new(),
        retainage_convention: None,
        not_kept: Vec::new(),
        refused: Vec::new(),
        findings: Vec::new(),
        bridges: Vec::new(),
        pairs: Vec::new(),
        questions: Vec::new(),
    }
}

/// The books with everything that was worked out from them, before checks.
pub(crate) struct Worked<'w, 'a> {
    pub(crate) view: &'w View<'a>,
    pub(crate) jobs: &'w jobs::JobMap,
    pub(crate) parties: &'w parties::PartyMap,
    pub(crate) project: &'w [ProjectUnit<'a>],
    pub(crate) ledger: &'w [LedgerUnit<'a>],
    pub(crate) pairing: &'w Pairing,
    pub(crate) convention: Convention,
    pub(crate) rejections: Vec<Rejection>,
}

/// Works out jobs, parties, units and pairs, and hands them to `then`. Nothing without both books.
pub(crate) fn work<T>(
    books: &Books,
    as_of: Date,
    policy: &Policy,
    decisions: &Decisions,
    then: impl FnOnce(&Worked<'_, '_>) -> T,
) -> Option<T> {
    let books = order::in_order(books);
    let (project, ledger) = (books.project.as_ref()?, books.ledger.as_ref()?);
    let view = View::new(as_of, policy, project, ledger);
    let jobs = jobs::map(project, ledger, decisions);
    let parties = parties::map(project, ledger, &jobs, decisions);
    let mut rejections = Vec::new();
    let mut project_units = units::project_units(&view, &parties);
    let mut ledger_units = units::ledger_units(&view, &jobs, &parties, &mut rejections);
    let known = Known {
        jobs: &jobs,
        decisions,
        enters_retainage: pairing::enters_retainage(&ledger_units),
        memory: None,
    };
    let pairing = pairing::pair(&view, &project_units, &ledger_units, &known);
    let units = (project_units.as_slice(), ledger_units.as_slice());
    let convention = Convention::detect(&view, &pairing.groups, units);
    convention.apply(&mut project_units, &mut ledger_units);
    Some(then(&Worked {
        view: &view,
        jobs: &jobs,
        parties: &parties,
        project: &project_units,
        ledger: &ledger_units,
        pairing: &pairing,
        convention,
        rejections,
    }))
}

/// Fills in everything that needs both books.
fn compare(worked: &Worked<'_, '_>, books: &Books, outcome: &mut Reconciliation) {
    let Worked {
        view,
        jobs,
        parties,
        project,
        ledger,
        pairing,
        convention,
        rejections,
    } = worked;
    outcome.rejections.extend(rejections.iter().cloned());
    outcome.retainage_convention = Some(convention.name());
    outcome.not_kept = convention::not_kept(view, *convention);
    let missing: BTreeSet<Measure> = outcome.not_kept.iter().map(|one| one.measure).collect();
    let kept: Vec<Measure> = Measure::ALL
        .into_iter()
        .filter(|measure| !missing.contains(measure))
        .collect();
    outcome.findings = findings(worked);
    outcome
        .findings
        .retain_mut(|finding| keep_kept(finding, &missing));
    let all: BTreeSet<i64> = view
        .company
        .projects
        .iter()
        .filter(|one| !one.deleted)
        .map(|one| one.id)
        .collect();
    outcome.bridges = bridge::bridges(&all, &kept, project, ledger, &outcome.findings);
    outcome.blind_spots = view.company.blind_spots.clone();
    refusals::refuse(books, outcome);
    outcome.pairs = pairs(view, project, ledger, pairing);
    outcome.pairs.extend(jobs.pairs.iter().cloned());
    outcome.pairs.extend(parties.pairs.iter().cloned());
    sort_pairs(&mut outcome.pairs);
    outcome.questions = pairing.questions.clone();
    outcome.questions.extend(jobs.questions.iter().cloned());
    outcome
        .questions
        .sort_by(|one, other| one.id.cmp(&other.id));
}

/// What the checks say. Cases and indexes live no longer than this: at a million records a side
/// they are a quarter of the memory.
fn findings(worked: &Worked<'_, '_>) -> Vec<result::Finding> {
    let Worked {
        view,
        jobs,
        parties,
        project,
        ledger,
        pairing,
        ..
    } = worked;
    let cases = cases::cases(project, ledger, pairing);
    let wide = checks::Wide::learn(view, project, ledger, pairing);
    let context = checks::Context::new(view, jobs, parties, (project, ledger), pairing, &wide);
    checks::run(&cases, &context)
}

/// Takes effects on measures away that are not kept in QuickBooks; false when the finding moved
/// nothing else, and so is no disagreement.
pub(crate) fn keep_kept(finding: &mut result::Finding, missing: &BTreeSet<Measure>) -> bool {
    let moved = !finding.effects.is_empty();
    finding
        .effects
        .retain(|effect| !missing.contains(&effect.measure));
    !moved || !finding.effects.is_empty()
}

/// The order of pairs.
pub(crate) fn sort_pairs(pairs: &mut [Pair]) {
    pairs.sort_by(|one, other| {
        (one.kind, &one.procore, &one.quickbooks).cmp(&(
            other.kind,
            &other.procore,
            &other.quickbooks,
        ))
    });
}

/// Whether a ledger part is paired with nothing that is shown: it was voided or went astray.
pub(crate) fn is_hidden(standing: units::Standing, part: units::Part) -> bool {
    standing == units::Standing::Void
        || matches!(part, units::Part::ToIncome | units::Part::ToReceivable)
}

/// Groups of units as pairs of documents.
fn pairs(
    view: &View<'_>,
    project: &[ProjectUnit<'_>],
    ledger: &[LedgerUnit<'_>],
    pairing: &Pairing,
) -> Vec<Pair> {
    pairs_of(pairing.groups.iter().filter_map(|group| {
        let units = || group.project.iter().map(|unit| &project[*unit as usize]);
        let parts = || group.ledger.iter().map(|part| &ledger[*part as usize]);
        // A paid direct cost is paired with its bill.
        let again = group.family == units::Family::Payment
            && units().any(|unit| unit.kind == units::ProjectKind::DirectCost);
        if again || parts().any(|part| is_hidden(part.standing, part.part)) {
            return None;
        }
        let left = units().map(|unit| Side::from(&project_ref(unit, view)));
        let right = parts().map(|part| Side::from(&view.at(part.document).source()));
        Some((group, left.collect(), right.collect()))
    }))
}

/// Groups with their records as pairs: parts of one document are put together again.
pub(crate) fn pairs_of<'g>(
    groups: impl Iterator<Item = (&'g Group, Vec<Side>, Vec<Side>)>,
) -> Vec<Pair> {
    let mut by_sides: BTreeMap<Sides, Why> = BTreeMap::new();
    // Many pairs rest on the same evidence; its sentence is kept once.
    let mut sentences: FxHashMap<pairing::Evidence, SmolStr> = FxHashMap::default();
    for (group, mut left, mut right) in groups {
        left.sort();
        right.sort();
        right.dedup();
        let evidence = sentences
            .entry(group.evidence)
            .or_insert_with(|| SmolStr::new(group.evidence.sentence()))
            .clone();
        // Where parts of the same documents are paired for several reasons, the weakest is told.
        let why = (group.basis, group.score, evidence);
        let weaker = |held: &mut Why| {
            if (why.1, why.0, &why.2) < (held.1, held.0, &held.2) {
                *held = why.clone();
            }
        };
        by_sides
            .entry((left, right))
            .and_modify(weaker)
            .or_insert_with(|| why.clone());
    }
    merge_payments(by_sides)
        .into_iter()
        .map(|((procore, quickbooks), (basis, score, evidence))| Pair {
            kind: PairKind::Document,
            procore,
            quickbooks,
            basis,
            score: Score(score),
            evidence,
        })
        .collect()
}

type Sides = (Vec<Side>, Vec<Side>);
type Why = (PairBasis, u16, SmolStr);

/// One ledger document that serves several Procore documents part by part is one pair, so that
/// nothing appears in two.
fn merge_payments(pairs: BTreeMap<Sides, Why>) -> BTreeMap<Sides, Why> {
    let mut by_ledger: BTreeMap<Vec<Side>, (BTreeSet<Side>, Why)> = BTreeMap::new();
    for ((procore, quickbooks), why) in pairs {
        let entry = by_ledger
            .entry(quickbooks)
            .or_insert_with(|| (BTreeSet::new(), why.clone()));
        entry.0.extend(procore);
        if why.1 < entry.1.1 {
            entry.1 = why;
        }
    }
    by_ledger
        .into_iter()
        .map(|(quickbooks, (procore, why))| ((procore.into_iter().collect(), quickbooks), why))
        .collect()
}

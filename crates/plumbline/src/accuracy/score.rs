//! Compares one outcome with the truth of its world.

use std::collections::{BTreeMap, BTreeSet};

use backoffice::reconcile::result::{Finding, PairKind, Reconciliation};
use sandbox::world::{TrueFinding, Truth};

/// Counts of one world.
#[derive(Debug, Clone, Default)]
pub struct Score {
    /// Per class: planted, found among the planted, reported.
    pub classes: BTreeMap<String, Class>,
    /// Look-alikes that appear in a finding, and timing reported as an error.
    pub exceptions: Vec<String>,
    /// Pairs that are true, reported, and both.
    pub pairs: (u64, u64, u64),
    /// Bridges, and those with a wrong total.
    pub bridges: u64,
    /// Bridges whose totals are not those of the truth.
    pub wrong_totals: Vec<String>,
    /// Bridges that leave something unexplained.
    pub unexplained: Vec<String>,
    /// Bridges that leave something else unexplained than what was missed.
    pub unaccounted: Vec<String>,
    /// Planted and not found.
    pub missed: Vec<TrueFinding>,
    /// Reported and not planted.
    pub invented: Vec<Finding>,
}

/// Counts of one class.
#[derive(Debug, Clone, Copy, Default)]
pub struct Class {
    /// Planted.
    pub planted: u64,
    /// Planted and found.
    pub found: u64,
    /// Reported.
    pub reported: u64,
}

/// Scores an outcome.
#[must_use]
pub fn score(truth: &Truth, outcome: &Reconciliation) -> Score {
    let mut score = Score::default();
    let taken = score_findings(truth, outcome, &mut score);
    score_exceptions(truth, outcome, &mut score);
    score_pairs(truth, outcome, &mut score);
    score_bridges(truth, outcome, &taken, &mut score);
    score
}

type Record = (String, String, String);

fn records_of(finding: &Finding) -> BTreeSet<Record> {
    finding
        .records
        .iter()
        .map(|one| {
            (
                one.system.name().to_owned(),
                one.kind.to_string(),
                one.id.to_string(),
            )
        })
        .collect()
}

fn true_records(finding: &TrueFinding) -> BTreeSet<Record> {
    finding
        .records
        .iter()
        .map(|one| (one.system.clone(), one.kind.clone(), one.id.clone()))
        .collect()
}

/// Pairs planted and reported findings one to one: the same class, and a record in common or the
/// same job and amount. Returns which of the planted were found.
fn score_findings(truth: &Truth, outcome: &Reconciliation, score: &mut Score) -> Vec<bool> {
    let mut free: BTreeMap<&str, Vec<(usize, BTreeSet<Record>)>> = BTreeMap::new();
    for (place, finding) in outcome.findings.iter().enumerate() {
        score
            .classes
            .entry(finding.code().to_owned())
            .or_default()
            .reported += 1;
        free.entry(finding.code())
            .or_default()
            .push((place, records_of(finding)));
    }
    let mut found = Vec::with_capacity(truth.findings.len());
    for planted in &truth.findings {
        let wanted = true_records(planted);
        let candidates = free.entry(planted.code.as_str()).or_default();
        let by_record = candidates
            .iter()
            .position(|(_, records)| !records.is_disjoint(&wanted));
        let by_amount = || {
            candidates.iter().position(|(place, _)| {
                let finding = &outcome.findings[*place];
                planted.project_id.is_some()
                    && finding.project_id == planted.project_id
                    && finding.amount.cents() == planted.amount_cents
            })
        };
        let at = by_record.or_else(by_amount);
        let class = score.classes.entry(planted.code.clone()).or_default();
        class.planted += 1;
        found.push(at.is_some());
        match at {
            Some(at) => {
                candidates.remove(at);
                class.found += 1;
            }
            None => score.missed.push(planted.clone()),
        }
    }
    let invented = free.into_values().flatten();
    score.invented = invented
        .map(|(place, _)| outcome.findings[place].clone())
        .collect();
    found
}

fn score_exceptions(truth: &Truth, outcome: &Reconciliation, score: &mut Score) {
    let mut reported: BTreeMap<Record, Vec<&Finding>> = BTreeMap::new();
    for finding in &outcome.findings {
        for record in records_of(finding) {
            reported.entry(record).or_default().push(finding);
        }
    }
    for alike in &truth.look_alikes {
        for record in &alike.records {
            let key = (
                record.system.clone(),
                record.kind.clone(),
                record.id.clone(),
            );
            for finding in reported.get(&key).into_iter().flatten() {
                score.exceptions.push(format!(
                    "look-alike {}: {} {} in {}: {}",
                    alike.kind, record.kind, record.id, finding.check, finding.what
                ));
            }
        }
    }
    for planted in truth
        .findings
        .iter()
        .filter(|planted| planted.code.starts_with('T'))
    {
        for record in true_records(planted) {
            for finding in reported.get(&record).into_iter().flatten() {
                if !finding.is_timing() {
                    score.exceptions.push(format!(
                        "{} reported as {}: {} ({})",
                        planted.code, finding.check, finding.what, planted.note
                    ));
                }
            }
        }
    }
    score.exceptions.sort();
    score.exceptions.dedup();
}

/// Counts single ties: a pair of two and three records is six of them.
fn score_pairs(truth: &Truth, outcome: &Reconciliation, score: &mut Score) {
    let mut known: BTreeSet<(String, String, String, String, String)> = BTreeSet::new();
    // People are matched where hours are, not here.
    let documents = truth
        .pairs
        .iter()
        .filter(|pair| !pair.procore.iter().any(|one| one.kind == "person"));
    for pair in documents {
        for one in &pair.procore {
            for other in &pair.quickbooks {
                known.insert((
                    pair.kind.clone(),
                    one.kind.clone(),
                    one.id.clone(),
                    other.kind.clone(),
                    other.id.clone(),
                ));
            }
        }
    }
    let mut reported = BTreeSet::new();
    for pair in &outcome.pairs {
        let kind = match pair.kind {
            PairKind::Job => "job",
            PairKind::Party => "party",
            PairKind::Document => "document",
        };
        for one in &pair.procore {
            for other in &pair.quickbooks {
                reported.insert((
                    kind.to_owned(),
                    one.kind.to_string(),
                    one.id.to_string(),
                    other.kind.to_string(),
                    other.id.to_string(),
                ));
            }
        }
    }
    let both = known.intersection(&reported).count() as u64;
    score.pairs = (known.len() as u64, reported.len() as u64, both);
    if std::env::var_os("PLUMBLINE_SHOW_PAIRS").is_some() {
        for one in known.difference(&reported).take(40) {
            eprintln!("pair missed: {one:?}");
        }
        for one in reported.difference(&known).take(40) {
            eprintln!("pair invented: {one:?}");
        }
    }
}

fn score_bridges(truth: &Truth, outcome: &Reconciliation, found: &[bool], score: &mut Score) {
    let mut expected: BTreeMap<(i64, &str), i64> = BTreeMap::new();
    for (planted, found) in truth.findings.iter().zip(found) {
        for effect in planted.effects.iter().filter(|_| !found) {
            *expected
                .entry((effect.project_id, effect.measure.as_str()))
                .or_default() += effect.amount_cents;
        }
    }
    let ours: BTreeMap<(i64, &str), _> = outcome
        .bridges
        .iter()
        .map(|bridge| ((bridge.project_id, bridge.measure.name()), bridge))
        .collect();
    for bridge in &truth.bridges {
        score.bridges += 1;
        let key = (bridge.project_id, bridge.measure.as_str());
        let name = format!("{} {}", bridge.project_id, bridge.measure);
        let Some(our) = ours.get(&key) else {
            score.wrong_totals.push(format!("{name}: no bridge"));
            continue;
        };
        let totals = (our.procore.cents(), our.quickbooks.cents());
        if totals != (bridge.procore_cents, bridge.quickbooks_cents) {
            score.wrong_totals.push(format!(
                "{name}: {totals:?} instead of {:?}",
                (bridge.procore_cents, bridge.quickbooks_cents)
            ));
        }
        let left = our.unexplained.cents();
        if left != 0 {
            score.unexplained.push(format!("{name}: {left}"));
        }
        let missed = expected.get(&key).copied().unwrap_or_default();
        if left != missed {
            score
                .unaccounted
                .push(format!("{name}: {left} instead of {missed}"));
        }
    }
}

//! Runs the checks over cases and books and makes findings of what they say.

use figures::source::SourceRef;
use figures::{Money, SmolStr};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::super::cases::Case;
use super::super::result::{Effect, Finding};
use super::context::{Claim, Context, Hit, KNOWN_BY};
use super::roots::{Roots, add};
use super::{CHECKS, Check, Rule, Weight};

/// All findings, most severe first.
pub(crate) fn run(cases: &[Case<'_, '_>], context: &Context<'_, '_>) -> Vec<Finding> {
    let of_cases = of_cases(cases, context);
    let mut findings: Vec<Finding> = of_cases.into_iter().map(|(_, finding)| finding).collect();
    for check in CHECKS {
        findings.extend(scanned(check, context));
    }
    merge_same(findings)
}

/// What is found in cases, each finding with the place of its case.
pub(crate) fn of_cases(cases: &[Case<'_, '_>], context: &Context<'_, '_>) -> Vec<(usize, Finding)> {
    // Claims are pure, so they are asked for on all cores; their order is that of the cases.
    let claims: Vec<Option<(&'static Check, Said)>> = cases
        .par_iter()
        .map(|case| first_claim(case, context))
        .collect();
    let mut findings: Vec<(usize, Finding)> = Vec::new();
    let mut roots = Roots::default();
    for ((place, case), claim) in cases.iter().enumerate().zip(claims) {
        if roots.absorb(case, context, &mut findings) {
            continue;
        }
        match claim {
            Some((check, Said::Claim(claim))) => {
                roots.note(case, findings.len());
                findings.push((place, from_claim(check, case, claim, context)));
            }
            Some((check, Said::Hits(hits))) => {
                let found = hits.into_iter().map(|hit| from_hit(check, hit, context));
                findings.extend(found.map(|finding| (place, finding)));
            }
            None => {}
        }
    }
    findings
}

/// What a check finds by looking at the books as a whole.
pub(crate) fn scanned(check: &'static Check, context: &Context<'_, '_>) -> Vec<Finding> {
    let Rule::Scan(scan) = check.rule else {
        return Vec::new();
    };
    let hits = scan(context).into_iter();
    hits.map(|hit| from_hit(check, hit, context)).collect()
}

/// What a check says of a case.
enum Said {
    Claim(Claim),
    Hits(Vec<Hit>),
}

/// The first check that claims a case.
fn first_claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<(&'static Check, Said)> {
    CHECKS.iter().find_map(|check| match check.rule {
        Rule::Claim(claim) => claim(case, context).map(|claim| (check, Said::Claim(claim))),
        Rule::Split(split) => {
            let hits = split(case, context);
            (!hits.is_empty()).then_some((check, Said::Hits(hits)))
        }
        Rule::Scan(_) => None,
    })
}

fn from_claim(
    check: &'static Check,
    case: &Case<'_, '_>,
    claim: Claim,
    context: &Context<'_, '_>,
) -> Finding {
    let known_by = if claim.about.is_some() { 1 } else { KNOWN_BY };
    let mut records: Vec<SourceRef> = claim.about.into_iter().collect();
    for record in case.records(context.view).into_iter().chain(claim.also) {
        if !records.contains(&record) {
            records.push(record);
        }
    }
    let hit = Hit {
        amount: claim.amount,
        project_id: case.job(),
        customer_id: case.customer(context.view),
        effects: case.effects(),
        records,
        what: claim.what,
        date: case
            .project_date()
            .min(case.ledger_date())
            .or(case.ledger_date())
            .or(case.project_date()),
        instead: None,
    };
    finding(check, hit, known_by, context)
}

pub(crate) fn from_hit(check: &'static Check, hit: Hit, context: &Context<'_, '_>) -> Finding {
    finding(check, hit, KNOWN_BY, context)
}

fn finding(check: &'static Check, hit: Hit, known_by: usize, context: &Context<'_, '_>) -> Finding {
    let check = hit
        .instead
        .and_then(|id| CHECKS.iter().find(|check| check.id == id))
        .unwrap_or(check);
    let mut effects: Vec<Effect> = Vec::with_capacity(hit.effects.len());
    for effect in hit.effects {
        add(&mut effects, effect);
    }
    Finding {
        id: id(check.id, &hit.records[..hit.records.len().min(known_by)]),
        check: check.id,
        project_id: hit.project_id,
        customer_id: hit.customer_id,
        severity: severity(check, hit.amount, &effects, context),
        amount: hit.amount.abs(),
        effects,
        records: hit.records,
        what: hit.what,
        why: check.why.to_owned(),
        next: check.next.to_owned(),
        date: hit.date,
    }
}

/// |figure| times class weight (domain rules, section H). A finding without a figure counts with
/// the largest amount that it moves.
fn severity(check: &Check, amount: Money, effects: &[Effect], context: &Context<'_, '_>) -> u64 {
    let weights = context.view.policy.weights;
    let weight = match check.weight {
        Weight::Cash => weights.cash,
        Weight::Margin => weights.margin,
        Weight::Classification => weights.classification,
        Weight::Information => weights.information,
    };
    let moved = effects
        .iter()
        .map(|effect| effect.amount.abs())
        .max()
        .unwrap_or_default();
    amount
        .abs()
        .max(moved)
        .cents()
        .unsigned_abs()
        .saturating_mul(u64::from(weight))
}

/// A stable id: the check and the records that it is known by.
fn id(check: &str, records: &[SourceRef]) -> SmolStr {
    let mut hasher = Sha256::new();
    hasher.update(check.as_bytes());
    for record in records {
        for part in [record.system.name(), &record.kind, &record.id] {
            hasher.update([0]);
            hasher.update(part.as_bytes());
        }
    }
    let digest = hasher.finalize();
    let hex: String = digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    SmolStr::new(format!("fnd_{hex}"))
}

/// Parts of one thing that move the same measure are added up; parts that move different measures
/// are the same money seen twice.
fn joined_amount(held: &Finding, other: &Finding) -> Money {
    let same = |effect: &Effect| held.effects.iter().any(|one| one.measure == effect.measure);
    if other.effects.iter().any(same) {
        held.amount + other.amount
    } else {
        held.amount.max(other.amount)
    }
}

/// Findings with one id are one finding: a journal that touches two jobs is reported once. Then
/// the order of the worklist.
fn merge_same(findings: Vec<Finding>) -> Vec<Finding> {
    let mut by_id: std::collections::BTreeMap<SmolStr, Finding> = Default::default();
    for finding in findings {
        match by_id.get_mut(&finding.id) {
            None => {
                by_id.insert(finding.id.clone(), finding);
            }
            Some(held) => join(held, finding),
        }
    }
    let mut findings: Vec<Finding> = by_id.into_values().collect();
    for finding in &mut findings {
        finding.effects.sort();
    }
    findings.sort_by(worst_first);
    findings
}

/// Adds a finding of the same id.
pub(crate) fn join(held: &mut Finding, finding: Finding) {
    held.amount = joined_amount(held, &finding);
    held.severity = held.severity.max(finding.severity);
    held.project_id = held.project_id.or(finding.project_id);
    held.customer_id = held.customer_id.take().or(finding.customer_id);
    finding
        .effects
        .into_iter()
        .for_each(|effect| add(&mut held.effects, effect));
    for record in finding.records {
        if !held.records.contains(&record) {
            held.records.push(record);
        }
    }
}

/// The order of the worklist: most severe first, the older before the younger, then by id.
pub(crate) fn worst_first(one: &Finding, other: &Finding) -> std::cmp::Ordering {
    other
        .severity
        .cmp(&one.severity)
        .then_with(|| one.date.cmp(&other.date))
        .then_with(|| one.id.cmp(&other.id))
}

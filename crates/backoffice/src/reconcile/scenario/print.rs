//! What a reconciliation says, in the form that scenarios are written in.

use figures::Money;
use figures::source::{SourceRef, System};

use crate::reconcile::result::{Effect, Finding, Reconciliation};

/// Findings, then what nobody explains, then what cannot be used, then questions.
pub(super) fn report(outcome: &Reconciliation) -> String {
    let mut lines: Vec<String> = Vec::new();
    if outcome.retainage_convention == Some("net") {
        lines.push("retainage is entered net".to_owned());
    }
    let mut findings: Vec<String> = outcome.findings.iter().map(finding).collect();
    findings.sort();
    lines.extend(findings);
    for bridge in outcome
        .bridges
        .iter()
        .filter(|bridge| !bridge.unexplained.is_zero())
    {
        lines.push(format!(
            "unexplained job {} {}: {} of P {} and Q {}",
            bridge.project_id,
            bridge.measure.name(),
            signed(bridge.unexplained),
            bridge.procore,
            bridge.quickbooks
        ));
    }
    for rejection in &outcome.rejections {
        lines.push(format!(
            "rejected {}: {}",
            record(&rejection.record),
            rejection.reason
        ));
    }
    for question in &outcome.questions {
        let candidates: Vec<String> = question
            .candidates
            .iter()
            .map(|one| record(&one.record))
            .collect();
        let about = record(&question.about);
        lines.push(format!(
            "question: is {about} the same as {}?",
            candidates.join(" or ")
        ));
    }
    if lines.is_empty() {
        lines.push("nothing to report".to_owned());
    }
    lines.join("\n") + "\n"
}

fn finding(finding: &Finding) -> String {
    let job = finding
        .project_id
        .map_or("no job".to_owned(), |id| format!("job {id}"));
    let effects: Vec<String> = finding
        .effects
        .iter()
        .map(|one| effect(one, finding.project_id))
        .collect();
    let moves = if effects.is_empty() {
        "moves nothing".to_owned()
    } else {
        effects.join(", ")
    };
    let records: Vec<String> = finding.records.iter().map(record).collect();
    format!(
        "{} {job} {}: {moves} [{}]",
        finding.check,
        finding.amount,
        records.join(", ")
    )
}

/// The job is named only where it is another than the finding's.
fn effect(effect: &Effect, job: Option<i64>) -> String {
    let place = if job == Some(effect.project_id) {
        String::new()
    } else {
        format!("job {} ", effect.project_id)
    };
    format!("{place}{} {}", effect.measure.name(), signed(effect.amount))
}

fn signed(amount: Money) -> String {
    let sign = if amount > Money::ZERO { "+" } else { "" };
    format!("{sign}{amount}")
}

/// `P requisition 21`, `Q Bill 234`.
fn record(record: &SourceRef) -> String {
    let side = match record.system {
        System::Procore => 'P',
        System::QuickBooks => 'Q',
    };
    format!("{side} {} {}", record.kind, record.id)
}

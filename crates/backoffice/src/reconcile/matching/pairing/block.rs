//! One block handed to the document matcher.

use std::collections::BTreeSet;

use figures::Money;
use figures::model::DocumentKind;

use super::super::documents::{self, Amounts, Document};
use super::{Asked, Evidence, Group, Matched, Run, UNKNOWN, compact};
use crate::reconcile::result::PairBasis;
use crate::reconcile::units::{Family, LedgerUnit, ProjectUnit, Shown};

impl<'a> Run<'_, 'a> {
    /// Runs the document matcher over one block.
    pub(super) fn match_block(
        &self,
        family: Family,
        project: &[u32],
        ledger: &[u32],
        (reach, sign): (Reach, Sign),
    ) -> Matched {
        let ids: (Vec<String>, Vec<String>) = (
            project.iter().map(|unit| format!("{unit:09}")).collect(),
            ledger.iter().map(|unit| format!("{unit:09}")).collect(),
        );
        let owner_side = matches!(family, Family::Contract | Family::Billing | Family::Receipt);
        // On the owner's side the job says who the party is; over several jobs nobody does.
        let owner = |party: u32, job: Option<i64>| match (owner_side, reach) {
            (false, _) => party,
            (true, Reach::AllJobs) => UNKNOWN,
            (true, Reach::OneJob) => job
                .and_then(|job| self.jobs.get(&job))
                .copied()
                .unwrap_or(UNKNOWN),
        };
        let left: Vec<Document<'_>> = project
            .iter()
            .zip(&ids.0)
            .map(|(unit, id)| {
                let unit = &self.project[*unit as usize];
                Document {
                    id,
                    party: owner(unit.party, Some(unit.job)),
                    party_name: if owner_side { "" } else { unit.party_name },
                    number: if is_sequence(unit.number) {
                        ""
                    } else {
                        unit.number
                    },
                    amounts: amounts(&self.as_entered(unit), Sign::AsIs),
                    date: unit.date,
                    job: self.jobs.get(&unit.job).copied().unwrap_or(UNKNOWN),
                }
            })
            .collect();
        // A purchase carries our own check number: it tells something when it agrees, and nothing
        // when it differs.
        let known: BTreeSet<String> = project
            .iter()
            .map(|unit| compact(self.project[*unit as usize].number))
            .collect();
        let number = |unit: &LedgerUnit<'a>| {
            let own = self.is_check_number(unit) && !known.contains(&compact(unit.number));
            if own { "" } else { unit.number }
        };
        let right: Vec<Document<'_>> = ledger
            .iter()
            .zip(&ids.1)
            .map(|(unit, id)| {
                let unit = &self.ledger[*unit as usize];
                let job = unit.job.and_then(|job| self.jobs.get(&job)).copied();
                Document {
                    id,
                    party: owner(unit.party, unit.job),
                    party_name: if owner_side { "" } else { unit.party_name },
                    number: number(unit),
                    amounts: amounts(&unit.shown, sign),
                    date: unit.date,
                    job: job.unwrap_or(UNKNOWN),
                }
            })
            .collect();
        let matching = documents::pair_documents(&left, &right, &documents::Policy::default());
        let groups = matching.pairs.into_iter().map(|pair| Group {
            family,
            project: pair
                .left
                .rows()
                .iter()
                .map(|row| project[*row as usize])
                .collect(),
            ledger: pair
                .right
                .rows()
                .iter()
                .map(|row| ledger[*row as usize])
                .collect(),
            basis: match pair.basis {
                documents::Basis::Number => PairBasis::Number,
                documents::Basis::Scored => PairBasis::Scored,
            },
            score: pair.score,
            evidence: Evidence::Matcher(pair.evidence),
            reversed: matches!(sign, Sign::Reversed),
        });
        let groups = groups.collect();
        let asked = matching.questions.into_iter().map(|question| Asked {
            unit: project[question.left as usize],
            candidates: question
                .candidates
                .iter()
                .map(|candidate| {
                    (
                        ledger[candidate.right as usize],
                        candidate.score,
                        candidate.evidence,
                    )
                })
                .collect(),
        });
        Matched {
            groups,
            asked: asked.collect(),
        }
    }

    /// Whether a unit's number is the number of our own check, not of the vendor's invoice.
    pub(super) fn is_check_number(&self, unit: &LedgerUnit<'_>) -> bool {
        self.view.at(unit.document).kind == DocumentKind::Purchase
    }

    /// The amounts of a Procore document as this office enters them: an office whose documents
    /// carry no retainage at all enters the net amount.
    pub(super) fn as_entered(&self, unit: &ProjectUnit<'_>) -> Shown {
        as_entered(unit, self.enters_retainage)
    }
}

/// The amounts of a Procore document as an office enters them that enters retainage or does not.
pub(super) fn as_entered(unit: &ProjectUnit<'_>, enters_retainage: bool) -> Shown {
    if enters_retainage {
        return unit.shown;
    }
    Shown {
        gross: unit.shown.net,
        ..unit.shown
    }
}

/// Whether a block is one job or everything that is left.
#[derive(Clone, Copy)]
pub(super) enum Reach {
    OneJob,
    AllJobs,
}

#[derive(Clone, Copy)]
pub(super) enum Sign {
    AsIs,
    Reversed,
}

/// A running number, which Procore gives to every application, is no document number.
pub(super) fn is_sequence(number: &str) -> bool {
    number.len() <= 3 && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn amounts(shown: &Shown, sign: Sign) -> Amounts {
    let turn = |amount: Money| match sign {
        Sign::AsIs => amount.cents(),
        Sign::Reversed => -amount.cents(),
    };
    // A release of retainage bills no work, or less than it asks for; then the net amount is what
    // the document shows.
    let releases = shown.net.abs() > shown.gross.abs();
    let primary = if releases { shown.net } else { shown.gross };
    Amounts {
        primary: turn(primary),
        net_of_retainage: (shown.net != primary).then(|| turn(shown.net)),
        with_tax: (!shown.tax.is_zero()).then(|| turn(shown.net + shown.tax)),
    }
}

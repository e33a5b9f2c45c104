//! Cases: what the pairing leaves to be explained, each with what it moves.
//!
//! Every unit that counts is in exactly one case, and the residuals of all cases of a measure sum
//! to the difference of its two totals. A check that claims a case explains its residual; what
//! nobody claims stays unexplained.

use std::collections::BTreeMap;

use figures::source::SourceRef;
use figures::{Date, Money, SmolStr};

use super::matching::pairing::{NONE, Pairing, project_ref};
use super::result::Effect;
use super::units::{Family, LedgerUnit, Part, ProjectUnit, Share, Standing};
use super::view::View;

/// How the two sides of a case stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    /// Both sides stand.
    Paired,
    /// Both sides stand, with opposite signs.
    Reversed,
    /// Procore's document stands; its ledger partner was voided.
    LedgerVoided,
    /// The ledger document stands; its Procore partner is a draft, void or deleted.
    ProjectGone(Standing),
    /// Procore's document has no partner.
    OnlyProject,
    /// The ledger document has no partner.
    OnlyLedger,
}

/// One thing to be explained.
#[derive(Debug, Clone)]
pub(crate) struct Case<'c, 'a> {
    pub(crate) family: Family,
    pub(crate) relation: Relation,
    pub(crate) project: Vec<&'c ProjectUnit<'a>>,
    pub(crate) ledger: Vec<&'c LedgerUnit<'a>>,
    /// Places of the units, in the same order.
    pub(crate) project_places: Vec<u32>,
    pub(crate) ledger_places: Vec<u32>,
    /// Procore minus QuickBooks by job; jobs without a difference are left out.
    pub(crate) residual: BTreeMap<i64, Share>,
    /// The document that a link names and that is gone.
    pub(crate) broken_link: Option<SourceRef>,
}

impl<'a> Case<'_, 'a> {
    /// Total difference of the main share over all jobs.
    pub(crate) fn main(&self) -> Money {
        self.residual.values().map(|share| share.main).sum()
    }

    /// Total difference of the retainage share over all jobs.
    pub(crate) fn retainage(&self) -> Money {
        self.residual.values().map(|share| share.retainage).sum()
    }

    /// What it moves.
    pub(crate) fn effects(&self) -> Vec<Effect> {
        let mut effects = Vec::with_capacity(self.residual.len());
        for (project_id, share) in &self.residual {
            let mut add = |measure, amount: Money| {
                if !amount.is_zero() {
                    effects.push(Effect {
                        project_id: *project_id,
                        measure,
                        amount,
                    });
                }
            };
            add(self.family.measure(), share.main);
            if let Some(measure) = self.family.retainage_measure() {
                add(measure, share.retainage);
            }
        }
        effects
    }

    /// The job that the case is about: Procore's, else the ledger's.
    pub(crate) fn job(&self) -> Option<i64> {
        self.project
            .first()
            .map(|unit| unit.job)
            .or_else(|| self.ledger.iter().find_map(|unit| unit.job))
    }

    /// Procore's date.
    pub(crate) fn project_date(&self) -> Option<Date> {
        self.project.iter().filter_map(|unit| unit.date).min()
    }

    /// The ledger's date.
    pub(crate) fn ledger_date(&self) -> Option<Date> {
        self.ledger.iter().filter_map(|unit| unit.date).min()
    }

    /// The customer in the header of the first ledger document, if any.
    pub(crate) fn customer(&self, view: &View<'a>) -> Option<SmolStr> {
        self.ledger.iter().find_map(|unit| {
            let document = view.at(unit.document);
            document
                .customer
                .clone()
                .or_else(|| document.lines.iter().find_map(|line| line.customer.clone()))
        })
    }

    /// Gross amount that Procore shows.
    pub(crate) fn project_gross(&self) -> Money {
        self.project.iter().map(|unit| unit.shown.gross).sum()
    }

    /// Net amount that Procore shows.
    pub(crate) fn project_net(&self) -> Money {
        self.project.iter().map(|unit| unit.shown.net).sum()
    }

    /// Gross amount that the ledger shows.
    pub(crate) fn ledger_gross(&self) -> Money {
        self.ledger.iter().map(|unit| unit.shown.gross).sum()
    }

    /// Net amount that the ledger shows.
    pub(crate) fn ledger_net(&self) -> Money {
        self.ledger.iter().map(|unit| unit.shown.net).sum()
    }

    /// All records of the case, the ledger's first where the ledger is the odd one out.
    pub(crate) fn records(&self, view: &View<'a>) -> Vec<SourceRef> {
        let mut project: Vec<SourceRef> = self
            .project
            .iter()
            .map(|unit| project_ref(unit, view))
            .collect();
        let mut ledger: Vec<SourceRef> = Vec::new();
        for unit in &self.ledger {
            let record = view.at(unit.document).source();
            if !ledger.contains(&record) {
                ledger.push(record);
            }
        }
        ledger.extend(self.broken_link.clone());
        if matches!(
            self.relation,
            Relation::OnlyProject | Relation::LedgerVoided
        ) {
            project.extend(ledger);
            project
        } else {
            ledger.extend(project);
            ledger
        }
    }

    /// A part of this kind on the ledger side.
    pub(crate) fn has_part(&self, part: Part) -> bool {
        self.ledger.iter().any(|unit| unit.part == part)
    }
}

/// All cases, in order of family and then of the units.
pub(crate) fn cases<'c, 'a>(
    project: &'c [ProjectUnit<'a>],
    ledger: &'c [LedgerUnit<'a>],
    pairing: &Pairing,
) -> Vec<Case<'c, 'a>> {
    let mut builder = Builder {
        project,
        ledger,
        cases: Vec::new(),
    };
    for group in pairing
        .groups
        .iter()
        .filter(|group| group.family != Family::Contract)
    {
        builder.push(
            group.family,
            group.project.clone(),
            group.ledger.clone(),
            group.reversed,
            None,
        );
    }
    for (place, unit) in project.iter().enumerate() {
        if pairing.of_project[place] == NONE && unit.family != Family::Contract {
            let place = index(place);
            let broken = pairing.broken_links.get(&place).cloned();
            builder.push(unit.family, vec![place], Vec::new(), false, broken);
        }
    }
    for places in lone_ledger(ledger, pairing) {
        let family = ledger[places[0] as usize].family;
        builder.push(family, Vec::new(), places, false, None);
    }
    builder.contracts();
    let mut cases = builder.cases;
    cases.sort_by(|one, other| {
        (one.family, &one.project_places, &one.ledger_places).cmp(&(
            other.family,
            &other.project_places,
            &other.ledger_places,
        ))
    });
    cases
}

/// Ledger units without partner: the parts of one costing document together, and a credit
/// together with the document that it takes back (credit and rebill is no disagreement).
fn lone_ledger(ledger: &[LedgerUnit<'_>], pairing: &Pairing) -> Vec<Vec<u32>> {
    let mut lone: Vec<Vec<u32>> = Vec::new();
    for (place, unit) in ledger.iter().enumerate() {
        if pairing.of_ledger[place] != NONE || unit.family == Family::Contract {
            continue;
        }
        let same = lone.last_mut().filter(|last| {
            let other = &ledger[last[0] as usize];
            unit.family == Family::Cost
                && (other.family, other.document) == (unit.family, unit.document)
        });
        match same {
            Some(parts) => parts.push(index(place)),
            None => lone.push(vec![index(place)]),
        }
    }
    take_back(ledger, lone)
}

/// Days between a document and the credit that takes it back.
const TAKE_BACK_DAYS: i32 = 62;

fn take_back(ledger: &[LedgerUnit<'_>], lone: Vec<Vec<u32>>) -> Vec<Vec<u32>> {
    let single = |places: &Vec<u32>| {
        let unit = &ledger[places[0] as usize];
        let counts = matches!(unit.family, Family::Billing | Family::Cost)
            && places.len() == 1
            && unit.standing == Standing::Counted
            && !unit.share.is_none();
        counts.then_some(unit)
    };
    let key = |unit: &LedgerUnit<'_>, sign: i64| {
        let share = unit.share;
        (
            unit.family,
            unit.party,
            unit.job,
            sign * share.main.cents(),
            sign * share.retainage.cents(),
        )
    };
    let mut charges: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (at, places) in lone.iter().enumerate() {
        if let Some(unit) = single(places).filter(|unit| unit.share.main > Money::ZERO) {
            charges.entry(key(unit, 1)).or_default().push(at);
        }
    }
    let mut joined: BTreeMap<usize, usize> = BTreeMap::new();
    for (at, places) in lone.iter().enumerate() {
        let Some(unit) = single(places).filter(|unit| unit.share.main < Money::ZERO) else {
            continue;
        };
        let Some(same) = charges.get_mut(&key(unit, -1)) else {
            continue;
        };
        let near = |other: &usize| {
            let days = ledger[lone[*other][0] as usize].date.zip(unit.date);
            days.is_some_and(|(one, two)| {
                figures::dates::days_between(one, two).abs() <= TAKE_BACK_DAYS
            })
        };
        if let Some(found) = same.iter().position(near) {
            joined.insert(at, same.remove(found));
        }
    }
    let taken: std::collections::BTreeSet<usize> = joined.values().copied().collect();
    let mut merged = Vec::with_capacity(lone.len());
    for (at, places) in lone.iter().enumerate() {
        match joined.get(&at) {
            Some(charge) => merged.push([lone[*charge].clone(), places.clone()].concat()),
            None if taken.contains(&at) => {}
            None => merged.push(places.clone()),
        }
    }
    merged
}

struct Builder<'c, 'a> {
    project: &'c [ProjectUnit<'a>],
    ledger: &'c [LedgerUnit<'a>],
    cases: Vec<Case<'c, 'a>>,
}

impl Builder<'_, '_> {
    fn push(
        &mut self,
        family: Family,
        project_places: Vec<u32>,
        ledger_places: Vec<u32>,
        reversed: bool,
        broken_link: Option<SourceRef>,
    ) {
        let project: Vec<_> = project_places
            .iter()
            .map(|place| &self.project[*place as usize])
            .collect();
        let ledger: Vec<_> = ledger_places
            .iter()
            .map(|place| &self.ledger[*place as usize])
            .collect();
        let mut residual: BTreeMap<i64, Share> = BTreeMap::new();
        for unit in &project {
            let share = residual.entry(unit.job).or_default();
            share.main += unit.share.main;
            share.retainage += unit.share.retainage;
        }
        for unit in &ledger {
            if let Some(job) = unit.job {
                let share = residual.entry(job).or_default();
                *share = *share - unit.share;
            }
        }
        residual.retain(|_, share| !share.is_none());
        let gone = |standing: Standing| {
            matches!(
                standing,
                Standing::Draft | Standing::Void | Standing::Deleted
            )
        };
        let first = project.first().map(|unit| unit.standing);
        let relation = match (first, ledger.first().map(|unit| unit.standing)) {
            (Some(_), None) => Relation::OnlyProject,
            (None, _) => Relation::OnlyLedger,
            (Some(standing), Some(_)) if gone(standing) => Relation::ProjectGone(standing),
            (Some(_), Some(Standing::Void)) => Relation::LedgerVoided,
            _ if reversed => Relation::Reversed,
            _ => Relation::Paired,
        };
        self.cases.push(Case {
            family,
            relation,
            project,
            ledger,
            project_places,
            ledger_places,
            residual,
            broken_link,
        });
    }

    /// Contracts are compared job by job: one estimate may stand for several contracts, and a
    /// change order may have an estimate of its own.
    fn contracts(&mut self) {
        let mut jobs: BTreeMap<i64, (Vec<u32>, Vec<u32>)> = BTreeMap::new();
        for (place, unit) in self.project.iter().enumerate() {
            if unit.family == Family::Contract && unit.standing == Standing::Counted {
                jobs.entry(unit.job).or_default().0.push(index(place));
            }
        }
        for (place, unit) in self.ledger.iter().enumerate() {
            if let (Family::Contract, Some(job), Standing::Counted) =
                (unit.family, unit.job, unit.standing)
            {
                jobs.entry(job).or_default().1.push(index(place));
            }
        }
        for (project, ledger) in jobs.into_values() {
            self.push(Family::Contract, project, ledger, false, None);
        }
    }
}

fn index(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(NONE)
}

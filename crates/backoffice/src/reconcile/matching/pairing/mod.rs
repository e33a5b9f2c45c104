//! Pairs the units of both sides, family by family.
//!
//! In each family: what a person decided, then links, then the document matcher within each job,
//! then the matcher over what is left in all jobs. Payments come last, because the documents that
//! they pay are the best evidence for them.

mod block;
mod ghosts;
mod labor;
mod leftovers;
mod linked;
pub(crate) mod memory;
mod paying;
pub(crate) mod withheld;

use std::collections::BTreeMap;

use figures::source::SourceRef;
use figures::{Money, SmolStr};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::decisions::Decisions;
use super::documents::{self, UNKNOWN};
use super::jobs::JobMap;
use block::{Reach, Sign};
pub(crate) use ghosts::VOIDED_DAYS;
pub(crate) use labor::PAYROLL_DAYS;
pub(crate) use leftovers::lack_of;
use memory::Memory;

use crate::reconcile::result::{Candidate, PairBasis, PairKind, Question, Score};
use crate::reconcile::units::{Family, LedgerUnit, Part, ProjectKind, ProjectUnit, Standing};
use crate::reconcile::view::View;

/// Units of both sides that are the same thing.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) family: Family,
    /// Places in the list of project units.
    pub(crate) project: Vec<u32>,
    /// Places in the list of ledger units.
    pub(crate) ledger: Vec<u32>,
    pub(crate) basis: PairBasis,
    pub(crate) score: u16,
    pub(crate) evidence: Evidence,
    /// Found only after the sign of the ledger side was turned round.
    pub(crate) reversed: bool,
}

/// A step of the pairing, in order. A unit notes the one in which it joined its group.
pub(crate) type Stage = u8;

/// What a group rests on; made into a sentence only when it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Evidence {
    Confirmed,
    Link,
    /// The documents that they pay are the same.
    PaysTheSame,
    Matcher(documents::Evidence),
    /// Nothing else is left of this party or job near this date.
    OnlyOnesLeft,
    /// The ledger document was voided and keeps only its number.
    VoidedNumber,
    /// Several ledger documents are equal; this one is nearest in number and date.
    NearestTwin,
    /// The payroll of the job for that day.
    Payroll,
    /// The same owner paid the same amount at the same time.
    SameMoney,
    /// The job has one prime contract.
    OnlyContract,
}

impl Evidence {
    pub(crate) fn sentence(self) -> String {
        match self {
            Self::Confirmed => "a person confirmed it".to_owned(),
            Self::Link => "Procore's external id names it".to_owned(),
            Self::PaysTheSame => "both pay the same document".to_owned(),
            Self::Matcher(evidence) => evidence.sentence(),
            Self::VoidedNumber => "the voided document has the same number".to_owned(),
            Self::OnlyContract => "it is the only prime contract of the job".to_owned(),
            Self::SameMoney => "the owner, the amount and nearly the day agree".to_owned(),
            Self::NearestTwin => {
                "the amounts agree; of several equal documents this is the nearest".to_owned()
            }
            Self::Payroll => "it is the payroll of the job for that day".to_owned(),
            Self::OnlyOnesLeft => {
                "they are the only ones left near this date and alike in amount".to_owned()
            }
        }
    }
}

/// Which units belong together, and which are left.
#[derive(Debug, Default)]
pub(crate) struct Pairing {
    pub(crate) groups: Vec<Group>,
    /// Group of each project unit; `NONE` when it has none.
    pub(crate) of_project: Vec<u32>,
    /// Group of each ledger unit; `NONE` when it has none.
    pub(crate) of_ledger: Vec<u32>,
    /// Project units that a link ties to a ledger document which is gone.
    pub(crate) broken_links: BTreeMap<u32, SourceRef>,
    pub(crate) questions: Vec<Question>,
    /// The step that is under way.
    stage: Stage,
    /// The step in which each project unit joined its group.
    pub(crate) joined_project: Vec<Stage>,
    /// The same of each ledger unit.
    pub(crate) joined_ledger: Vec<Stage>,
    /// The first step that looks at a family over all jobs.
    pub(crate) first_common: BTreeMap<Family, Stage>,
}

/// No group.
pub(crate) const NONE: u32 = u32::MAX;

impl Pairing {
    pub(crate) fn new(project: usize, ledger: usize) -> Self {
        Self {
            of_project: vec![NONE; project],
            of_ledger: vec![NONE; ledger],
            joined_project: vec![0; project],
            joined_ledger: vec![0; ledger],
            ..Self::default()
        }
    }

    fn add(&mut self, group: Group) {
        let free = group
            .project
            .iter()
            .all(|unit| self.of_project[*unit as usize] == NONE)
            && group
                .ledger
                .iter()
                .all(|unit| self.of_ledger[*unit as usize] == NONE);
        if free && !group.project.is_empty() && !group.ledger.is_empty() {
            self.found(group);
        }
    }

    /// Notes a group that is known to be free.
    pub(crate) fn found(&mut self, group: Group) {
        let number = u32::try_from(self.groups.len()).unwrap_or(NONE);
        for unit in &group.project {
            self.of_project[*unit as usize] = number;
            self.joined_project[*unit as usize] = self.stage;
        }
        for part in &group.ledger {
            self.join(*part, number);
        }
        self.groups.push(group);
    }

    /// Notes that a ledger unit belongs to a group from this step on.
    fn join(&mut self, part: u32, group: u32) {
        self.of_ledger[part as usize] = group;
        self.joined_ledger[part as usize] = self.stage;
    }
}

/// How far a step reaches.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Breadth {
    /// Each job, or each document with what is linked to it, by itself.
    Apart,
    /// Whatever is left in all jobs together.
    Common,
}

/// Pairs all units, or those that memory says are to be paired anew.
pub(crate) fn pair(
    view: &View<'_>,
    project: &[ProjectUnit<'_>],
    ledger: &[LedgerUnit<'_>],
    known: &Known<'_>,
) -> Pairing {
    use Breadth::{Apart, Common};
    let mut run = Run::new(view, project, ledger, known);
    run.step(Apart, Run::decided);
    run.step(Apart, Run::linked);
    run.step(Apart, Run::match_payroll);
    run.step(Common, Run::match_strayed_labor);
    for family in [
        Family::Contract,
        Family::Billing,
        Family::Commitment,
        Family::Cost,
    ] {
        run.match_family(family);
    }
    run.step(Apart, Run::further_estimates);
    run.step(Apart, Run::retainage_entries);
    run.step(Apart, |run| run.match_paying(Family::Receipt));
    run.step(Common, |run| {
        run.note_common(Family::Receipt);
        run.match_astray();
    });
    run.match_family(Family::Receipt);
    run.step(Apart, |run| run.match_paying(Family::Payment));
    run.match_family(Family::Payment);
    run.step(Common, Run::complete);
    for family in Family::ALL {
        run.step(Apart, |run| run.match_drafts(family, Reach::OneJob));
        run.step(Common, |run| run.match_drafts(family, Reach::AllJobs));
        run.step(Common, |run| run.match_voided(family));
    }
    run.pairing
}

/// The last step before anything but labor is looked at over all jobs.
pub(crate) const STRAYED_LABOR: Stage = 4;

/// What the pairing must know beside the units.
pub(crate) struct Known<'k> {
    pub(crate) jobs: &'k JobMap,
    pub(crate) decisions: &'k Decisions,
    /// Whether any ledger document carries retainage.
    pub(crate) enters_retainage: bool,
    /// What is known of units that are not paired anew; none when all are.
    pub(crate) memory: Option<&'k Memory>,
}

/// Whether any ledger document carries retainage.
pub(crate) fn enters_retainage(ledger: &[LedgerUnit<'_>]) -> bool {
    ledger.iter().any(|unit| unit.shown.gross != unit.shown.net)
}

struct Run<'r, 'a> {
    view: &'r View<'a>,
    project: &'r [ProjectUnit<'a>],
    ledger: &'r [LedgerUnit<'a>],
    decisions: &'r Decisions,
    job_map: &'r JobMap,
    /// Ledger units of each document.
    parts: FxHashMap<u32, Vec<u32>>,
    jobs: FxHashMap<i64, u32>,
    enters_retainage: bool,
    memory: Option<&'r Memory>,
    pairing: Pairing,
}

/// Reference to a unit's Procore record.
pub(crate) fn project_ref(unit: &ProjectUnit<'_>, view: &View<'_>) -> SourceRef {
    let kind = match unit.kind {
        ProjectKind::Commitment => view.records.commitments[unit.place as usize]
            .kind
            .record_kind(),
        kind => kind.record_kind(),
    };
    SourceRef::procore(kind, unit.id)
}

/// A unit that stands: it counts, or will count when its day comes.
fn stands(standing: Standing) -> bool {
    matches!(standing, Standing::Counted | Standing::Later)
}

impl<'r, 'a> Run<'r, 'a> {
    fn new(
        view: &'r View<'a>,
        project: &'r [ProjectUnit<'a>],
        ledger: &'r [LedgerUnit<'a>],
        known: &Known<'r>,
    ) -> Self {
        let mut parts: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
        for (place, unit) in ledger.iter().enumerate() {
            parts.entry(unit.document).or_default().push(index(place));
        }
        let jobs = view
            .company
            .projects
            .iter()
            .enumerate()
            .map(|(place, job)| (job.id, index(place)))
            .collect();
        let pairing = Pairing::new(project.len(), ledger.len());
        Self {
            view,
            project,
            ledger,
            decisions: known.decisions,
            job_map: known.jobs,
            parts,
            jobs,
            enters_retainage: known.enters_retainage,
            memory: known.memory,
            pairing,
        }
    }

    /// Does a step. What memory holds of a step that does not reach over all jobs is taken as it
    /// is; a step over all jobs is done again with everything that was left when it came.
    fn step(&mut self, breadth: Breadth, work: impl FnOnce(&mut Self)) {
        self.pairing.stage += 1;
        if let (Breadth::Apart, Some(memory)) = (breadth, self.memory) {
            memory.recall(&mut self.pairing);
        }
        work(self);
    }

    fn note_common(&mut self, family: Family) {
        let stage = self.pairing.stage;
        self.pairing.first_common.entry(family).or_insert(stage);
    }

    /// Whether a job is paired anew.
    fn is_anew(&self, job: i64) -> bool {
        self.memory.is_none_or(|memory| memory.jobs.contains(&job))
    }

    /// Whether a project unit is paired anew.
    fn is_fresh_unit(&self, unit: u32) -> bool {
        self.memory
            .is_none_or(|memory| memory.fresh_project[unit as usize])
    }

    /// Whether a ledger unit is paired anew.
    fn is_fresh_part(&self, part: u32) -> bool {
        self.memory
            .is_none_or(|memory| memory.fresh_ledger[part as usize])
    }

    fn parts_of(&self, document: u32, family: Family) -> Vec<u32> {
        let parts = self
            .parts
            .get(&document)
            .map(Vec::as_slice)
            .unwrap_or_default();
        parts
            .iter()
            .copied()
            .filter(|part| self.ledger[*part as usize].family == family)
            .collect()
    }

    fn free_project(&self, family: Family) -> impl Iterator<Item = u32> + '_ {
        self.project
            .iter()
            .enumerate()
            .filter_map(move |(place, unit)| {
                let free = unit.family == family
                    && stands(unit.standing)
                    && self.pairing.of_project[place] == NONE
                    && !self.pairing.broken_links.contains_key(&index(place));
                free.then_some(index(place))
            })
    }

    fn free_ledger(&self, family: Family) -> impl Iterator<Item = u32> + '_ {
        self.ledger
            .iter()
            .enumerate()
            .filter_map(move |(place, unit)| {
                let free = unit.family == family
                    && stands(unit.standing)
                    && unit.part != Part::Retainage
                    && self.pairing.of_ledger[place] == NONE
                    && !self.is_retainage_entry(unit);
                free.then_some(index(place))
            })
    }

    /// The matcher within each job, then over everything that is left.
    fn match_family(&mut self, family: Family) {
        let mut asked = Vec::new();
        let mut blocks: Blocks = Vec::new();
        self.step(Breadth::Apart, |run| {
            blocks = run.blocks(family);
            asked = run.match_blocks(family, &blocks);
            run.twins(&blocks);
            run.rebills(family);
            run.only_ones_left(family, &blocks);
        });
        self.step(Breadth::Common, |run| {
            run.note_common(family);
            run.match_whole_documents(family);
            run.match_elsewhere(family);
        });
        self.step(Breadth::Apart, |run| run.match_reversed(family, &blocks));
        for sign in [Sign::AsIs, Sign::Reversed] {
            self.step(Breadth::Common, |run| run.match_everywhere(family, sign));
        }
        self.ask(asked);
    }

    /// What is free in each job that has something on both sides.
    fn blocks(&self, family: Family) -> Blocks {
        let mut by_job: BTreeMap<i64, (Vec<u32>, Vec<u32>)> = BTreeMap::new();
        for unit in self.free_project(family) {
            let job = self.project[unit as usize].job;
            if self.is_anew(job) {
                by_job.entry(job).or_default().0.push(unit);
            }
        }
        for unit in self.free_ledger(family) {
            if let Some(job) = self.ledger[unit as usize]
                .job
                .filter(|job| self.is_anew(*job))
            {
                by_job.entry(job).or_default().1.push(unit);
            }
        }
        by_job
            .into_values()
            .filter(|(project, ledger)| !project.is_empty() && !ledger.is_empty())
            .collect()
    }

    fn match_blocks(&mut self, family: Family, blocks: &Blocks) -> Vec<Asked> {
        let found: Vec<Matched> = blocks
            .par_iter()
            .map(|(project, ledger)| {
                self.match_block(family, project, ledger, (Reach::OneJob, Sign::AsIs))
            })
            .collect();
        found
            .into_iter()
            .flat_map(|matched| self.accept(matched))
            .collect()
    }

    fn match_everywhere(&mut self, family: Family, sign: Sign) {
        let project: Vec<u32> = self.free_project(family).collect();
        let ledger: Vec<u32> = self.free_ledger(family).collect();
        if !project.is_empty() && !ledger.is_empty() {
            let matched = self.match_block(family, &project, &ledger, (Reach::AllJobs, sign));
            self.accept(matched);
        }
    }

    /// Within each job, what is left against the ledger with its signs turned round.
    fn match_reversed(&mut self, family: Family, blocks: &Blocks) {
        for (project, ledger) in blocks {
            let project: Vec<u32> = project
                .iter()
                .copied()
                .filter(|unit| self.pairing.of_project[*unit as usize] == NONE)
                .collect();
            let ledger: Vec<u32> = ledger
                .iter()
                .copied()
                .filter(|part| self.pairing.of_ledger[*part as usize] == NONE)
                .collect();
            if !project.is_empty() && !ledger.is_empty() {
                let reach = (Reach::OneJob, Sign::Reversed);
                let matched = self.match_block(family, &project, &ledger, reach);
                self.accept(matched);
            }
        }
    }

    fn accept(&mut self, matched: Matched) -> Vec<Asked> {
        for group in matched.groups {
            self.add(group);
        }
        matched.asked
    }

    /// Adds a group, unless a person said that it is none.
    fn add(&mut self, group: Group) {
        if group.basis == PairBasis::Confirmed || !self.refused(&group) {
            self.pairing.add(group);
        }
    }

    fn refused(&self, group: &Group) -> bool {
        !self.decisions.refused.is_empty()
            && group.project.iter().any(|unit| {
                let procore = project_ref(&self.project[*unit as usize], self.view);
                group.ledger.iter().any(|part| {
                    let document = self.view.at(self.ledger[*part as usize].document);
                    self.decisions
                        .refuses(PairKind::Document, &procore, &document.source())
                })
            })
    }

    /// Questions about units that are still free at the end of their family.
    fn ask(&mut self, asked: Vec<Asked>) {
        for question in asked {
            let free = |unit: u32| self.pairing.of_ledger[unit as usize] == NONE;
            if self.pairing.of_project[question.unit as usize] != NONE {
                continue;
            }
            let about = project_ref(&self.project[question.unit as usize], self.view);
            let candidates: Vec<Candidate> = question
                .candidates
                .iter()
                .filter(|(unit, _, _)| free(*unit))
                .map(|(unit, score, evidence)| Candidate {
                    record: self.view.at(self.ledger[*unit as usize].document).source(),
                    score: Score(*score),
                    evidence: evidence.sentence(),
                })
                .filter(|candidate| {
                    !self
                        .decisions
                        .refuses(PairKind::Document, &about, &candidate.record)
                })
                .collect();
            if candidates.is_empty() {
                continue;
            }
            let text = format!("Is {about} the same as {}?", candidates[0].record);
            let id = SmolStr::new(format!("qst_{}_{}", about.kind, about.id));
            let kind = PairKind::Document;
            self.pairing.questions.push(Question {
                id,
                kind,
                about,
                candidates,
                text,
            });
        }
    }
}

pub(crate) fn compact(number: &str) -> String {
    number
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_uppercase)
        .collect()
}

/// The outcome of one block.
struct Matched {
    groups: Vec<Group>,
    asked: Vec<Asked>,
}

/// Free units of both sides, job by job.
type Blocks = Vec<(Vec<u32>, Vec<u32>)>;

struct Asked {
    unit: u32,
    candidates: Vec<(u32, u16, documents::Evidence)>,
}

fn index(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(NONE)
}

/// Amounts of one order: the same sign and neither more than one and a half times the other.
fn same_order(one: Money, other: Money) -> bool {
    let (one, other) = (one.cents(), other.cents());
    one != 0
        && other != 0
        && (one > 0) == (other > 0)
        && one.unsigned_abs().max(other.unsigned_abs()) * 2
            <= one.unsigned_abs().min(other.unsigned_abs()) * 3
}

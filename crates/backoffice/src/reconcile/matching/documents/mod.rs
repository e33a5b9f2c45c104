//! Which documents of two sides are one document.
//!
//! Numbers first, then evidence: [`certain`] pairs what party, number and amount leave no doubt
//! about; [`splits`] finds one document entered as several; [`candidates`] weighs what is left and
//! [`assign`] chooses among the candidates globally, so that near-identical neighbours do not take
//! each other's partner. What is not sure enough becomes a question. Nothing is matched twice, and
//! the result does not depend on the order of rows.
//!
//! Pure code over two lists; it does not know which system a document comes from.

mod amount;
mod assign;
mod candidates;
mod certain;
mod document;
mod evidence;
mod loose;
pub(crate) mod names;
mod number;
mod parties;
mod radix;
mod splits;
mod table;
#[cfg(test)]
mod tests;
mod texts;

pub use amount::AmountEvidence;
pub use document::{
    Amounts, Basis, Candidate, Document, JobKey, Matching, Members, Pair, PartyKey, Policy,
    Question, UNKNOWN,
};
pub use evidence::{Evidence, JobEvidence, PartyEvidence};
pub use number::NumberEvidence;
pub use table::Table;
pub use texts::Interner;

use candidates::{Edge, Weighing};
use evidence::{points_for, score};
use loose::Loose;
use parties::Names;
use splits::{Sides, Split};

/// Questions name at most this many candidates.
const CANDIDATES_SHOWN: usize = 5;
/// Two candidates that differ by less than this many points are equally good.
const MARGIN: i32 = 5;

/// Pairs the documents of two sides.
#[must_use]
pub fn pair_documents(left: &[Document], right: &[Document], policy: &Policy) -> Matching {
    let (mut left, mut right) = (
        left.iter().copied().collect(),
        right.iter().copied().collect(),
    );
    pair_tables(&mut left, &mut right, policy)
}

/// Pairs the documents of two tables. Parties and names are ranked over both tables in place, so a
/// table serves one matching.
#[must_use]
pub fn pair_tables(left: &mut Table, right: &mut Table, policy: &Policy) -> Matching {
    let names = parties::resolve(left, right);
    let mut run = Run::new((left, right), &names, policy);
    run.take_splits_by_number();
    run.take_best_candidates();
    run.take_splits_by_amount();
    run.finish()
}

/// A matching in the making.
struct Run<'a> {
    tables: (&'a Table, &'a Table),
    names: &'a Names,
    policy: &'a Policy,
    /// The certain partner of each left row.
    certain: Vec<Option<(u32, Evidence)>>,
    left_taken: Vec<bool>,
    right_taken: Vec<bool>,
    /// The rows without a certain partner. Ranks refer to them.
    left: Loose,
    right: Loose,
    /// Pairs found after the certain ones.
    weighed: Vec<Pair>,
    /// Candidates of rows that were not paired, best first per left row.
    open: Vec<Edge>,
}

impl<'a> Run<'a> {
    /// Takes the certain pairs and gathers the rows that are left over.
    fn new(tables: (&'a Table, &'a Table), names: &'a Names, policy: &'a Policy) -> Self {
        let certain = certain::partners(tables.0, tables.1, names, policy);
        let left_taken: Vec<bool> = certain.iter().map(Option::is_some).collect();
        let mut right_taken = vec![false; tables.1.len()];
        for (right, _) in certain.iter().flatten() {
            right_taken[*right as usize] = true;
        }
        let left = Loose::of(tables.0, &left_taken);
        let right = Loose::of(tables.1, &right_taken);
        let (weighed, open) = (Vec::new(), Vec::new());
        Self {
            tables,
            names,
            policy,
            certain,
            left_taken,
            right_taken,
            left,
            right,
            weighed,
            open,
        }
    }

    fn take(&mut self, left: Members, right: Members, evidence: Evidence) {
        left.rows()
            .iter()
            .for_each(|row| self.left_taken[*row as usize] = true);
        right
            .rows()
            .iter()
            .for_each(|row| self.right_taken[*row as usize] = true);
        self.weighed.push(pair(left, right, evidence, self.policy));
    }

    fn drop_taken(&mut self) {
        self.left = self.left.without(&self.left_taken);
        self.right = self.right.without(&self.right_taken);
    }

    fn take_splits_by_number(&mut self) {
        self.take_splits(splits::by_number);
    }

    fn take_splits_by_amount(&mut self) {
        self.take_splits(splits::by_amount);
    }

    /// Looks for splits in both directions, with the left side whole first.
    fn take_splits(&mut self, find: fn(&Sides) -> Vec<Split>) {
        let (names, policy) = (self.names, self.policy);
        let (wholes, parts) = (&self.left, &self.right);
        let found = find(&Sides {
            table: self.tables.0,
            wholes,
            parts,
            names,
            policy,
        });
        for split in found {
            let whole = Members::One(self.left.index[split.whole as usize]);
            let parts = several(&split.parts, &self.right);
            self.take(whole, parts, split.evidence);
        }
        self.drop_taken();
        let (wholes, parts) = (&self.right, &self.left);
        let found = find(&Sides {
            table: self.tables.1,
            wholes,
            parts,
            names,
            policy,
        });
        for split in found {
            let whole = Members::One(self.right.index[split.whole as usize]);
            let parts = several(&split.parts, &self.left);
            self.take(parts, whole, split.evidence);
        }
        self.drop_taken();
    }

    /// Weighs what is left one to one and takes the best set of pairs.
    fn take_best_candidates(&mut self) {
        let edges = candidates::edges(&Weighing {
            tables: self.tables,
            left: &self.left,
            right: &self.right,
            names: self.names,
            policy: self.policy,
        });
        let sides = (self.left.len(), self.right.len());
        let chosen = assign::choose(&edges, sides, points_for(self.policy.accept));
        let mut partners = (vec![None; sides.0], vec![None; sides.1]);
        for edge in &chosen {
            partners.0[edge.left as usize] = Some(edge.right);
            partners.1[edge.right as usize] = Some(edge.left);
        }
        let doubtful = doubtful(&edges, &chosen, &partners);
        for (edge, _) in chosen
            .iter()
            .zip(&doubtful)
            .filter(|(_, doubtful)| !**doubtful)
        {
            let left = Members::One(self.left.index[edge.left as usize]);
            let right = Members::One(self.right.index[edge.right as usize]);
            self.take(left, right, edge.evidence);
        }
        // From here on, edges speak of rows rather than of ranks.
        self.open = edges;
        for edge in &mut self.open {
            edge.left = self.left.index[edge.left as usize];
            edge.right = self.right.index[edge.right as usize];
        }
        self.drop_taken();
    }

    /// Puts the pairs in order and asks about candidates that are still free.
    fn finish(mut self) -> Matching {
        let questions = self.questions();
        let found = self
            .certain
            .iter()
            .filter(|certain| certain.is_some())
            .count();
        self.weighed.sort_unstable_by_key(|pair| pair.left.first());
        let mut weighed = self.weighed.into_iter().peekable();
        let mut pairs = Vec::with_capacity(found + weighed.len());
        for (left, certain) in (0_u32..).zip(&self.certain) {
            if let Some((right, evidence)) = *certain {
                let (left, right) = (Members::One(left), Members::One(right));
                pairs.push(pair(left, right, evidence, self.policy));
            }
            while let Some(next) = weighed.next_if(|pair| pair.left.first() == left) {
                pairs.push(next);
            }
        }
        Matching { pairs, questions }
    }

    fn questions(&self) -> Vec<Question> {
        let mut questions: Vec<Question> = Vec::new();
        for edge in &self.open {
            if self.left_taken[edge.left as usize] || self.right_taken[edge.right as usize] {
                continue;
            }
            let candidate = Candidate {
                right: edge.right,
                score: score(edge.points),
                evidence: edge.evidence,
            };
            match questions.last_mut() {
                Some(question) if question.left == edge.left => {
                    if question.candidates.len() < CANDIDATES_SHOWN {
                        question.candidates.push(candidate);
                    }
                }
                _ => questions.push(Question {
                    left: edge.left,
                    candidates: vec![candidate],
                }),
            }
        }
        questions.sort_unstable_by_key(|question| question.left);
        questions
    }
}

/// Which of the chosen edges a free row of either side could claim as well, without any number to
/// decide between them.
fn doubtful(
    edges: &[Edge],
    chosen: &[Edge],
    partners: &(Vec<Option<u32>>, Vec<Option<u32>>),
) -> Vec<bool> {
    let mut rival_of_left = vec![i32::MIN; partners.0.len()];
    let mut rival_of_right = vec![i32::MIN; partners.1.len()];
    for edge in edges {
        if partners.1[edge.right as usize].is_none() {
            let rival = &mut rival_of_left[edge.left as usize];
            *rival = edge.points.max(*rival);
        }
        if partners.0[edge.left as usize].is_none() {
            let rival = &mut rival_of_right[edge.right as usize];
            *rival = edge.points.max(*rival);
        }
    }
    let numbered = |edge: &Edge| {
        !matches!(
            edge.evidence.number,
            NumberEvidence::Missing | NumberEvidence::Different
        )
    };
    let rival =
        |edge: &Edge| rival_of_left[edge.left as usize].max(rival_of_right[edge.right as usize]);
    chosen
        .iter()
        .map(|edge| !numbered(edge) && rival(edge) > edge.points - MARGIN)
        .collect()
}

fn several(ranks: &[u32], side: &Loose) -> Members {
    let mut rows: Vec<u32> = ranks
        .iter()
        .map(|rank| side.index[*rank as usize])
        .collect();
    rows.sort_unstable();
    Members::Many(rows.into_boxed_slice())
}

fn pair(left: Members, right: Members, evidence: Evidence, policy: &Policy) -> Pair {
    let numbered = evidence.number == NumberEvidence::Same && evidence.party == PartyEvidence::Same;
    let basis = if numbered {
        Basis::Number
    } else {
        Basis::Scored
    };
    Pair {
        left,
        right,
        basis,
        score: score(evidence.points(policy)),
        evidence,
    }
}

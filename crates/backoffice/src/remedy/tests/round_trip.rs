//! Every correction is applied to a copy of the books, and the books are compared anew.

use std::collections::{BTreeMap, BTreeSet};

use figures::SmolStr;
use gate::action::Kind;
use gate::correction::Correction;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use super::apply::apply;
use super::planted::{Dice, planted};
use super::{look, read};
use crate::reconcile::policy::Policy;
use crate::reconcile::result::Reconciliation;
use crate::reconcile::scenario::property::shuffle;
use crate::reconcile::scenario::random;
use crate::reconcile::scenario::reader::World;
use crate::reconcile::scenario::{scenarios, split};
use crate::remedy::{Remedy, remedies};

/// How often a class of findings got which kind of correction; `-` for findings without one.
#[derive(Default)]
struct Tally {
    counts: BTreeMap<(String, &'static str), u32>,
    wrong: Vec<String>,
}

fn unexplained(outcome: &Reconciliation) -> usize {
    let bridges = outcome.bridges.iter();
    bridges
        .filter(|bridge| !bridge.unexplained.is_zero())
        .count()
}

impl Tally {
    fn run(&mut self, name: &str, world: &World) {
        let before = look(world, &world.books);
        let found = remedies(&world.books, &before, &Policy::default());
        let mut done: BTreeSet<&SmolStr> = BTreeSet::new();
        let mut places = before.findings.iter();
        for remedy in &found {
            // In the order of the findings, one for each at most.
            let finding = places.find(|one| one.id == remedy.finding);
            let finding = finding.unwrap_or_else(|| panic!("{name}: {remedy:?} is out of order"));
            done.insert(&remedy.finding);
            let kind = remedy.correction.kind();
            *self
                .counts
                .entry((finding.code().to_owned(), kind.name()))
                .or_default() += 1;
            let department = kind.departments().contains(&remedy.department);
            let told = remedy.sentence.ends_with('.') && remedy.money >= figures::Money::ZERO;
            let steps = match &remedy.correction {
                Correction::Instruct(steps) => steps.len() > 1,
                _ => true,
            };
            if !department || !told || !steps || remedy.evidence.is_empty() {
                self.wrong.push(format!("{name}: {remedy:#?}"));
            }
            if kind != Kind::Instruct {
                self.apply(name, world, &before, remedy);
            }
        }
        for finding in before.findings.iter().filter(|one| !done.contains(&one.id)) {
            *self
                .counts
                .entry((finding.code().to_owned(), "-"))
                .or_default() += 1;
        }
    }

    fn apply(&mut self, name: &str, world: &World, before: &Reconciliation, remedy: &Remedy) {
        let mut books = world.books.clone();
        let ledger = books.ledger.as_mut().expect("the ledger is there");
        let made = apply(ledger, &remedy.correction);
        let after = look(world, &books);
        let held: BTreeSet<&SmolStr> = before.findings.iter().map(|one| &one.id).collect();
        let touches = |records: &[figures::source::SourceRef]| {
            let mut records = records.iter();
            records.any(|one| remedy.evidence.contains(one) || made.as_ref() == Some(one))
        };
        for finding in &after.findings {
            let stays = finding.id == remedy.finding;
            if stays || (!held.contains(&finding.id) && touches(&finding.records)) {
                self.wrong.push(format!(
                    "{name}: {} {:?}\n  leaves {} {:?} {}",
                    remedy.sentence, remedy.evidence, finding.check, finding.records, finding.what
                ));
            }
        }
        if unexplained(&after) > unexplained(before) {
            self.wrong.push(format!(
                "{name}: {} leaves something unexplained",
                remedy.sentence
            ));
        }
    }

    fn print(&self, title: &str) -> String {
        let mut text = format!("{title}\n");
        for ((code, kind), count) in &self.counts {
            text += &format!("  {code} {kind}: {count}\n");
        }
        text
    }

    fn finish(self, title: &str) -> BTreeSet<&'static str> {
        let shown: Vec<&String> = self.wrong.iter().take(12).collect();
        assert!(
            self.wrong.is_empty(),
            "{} wrong\n{shown:#?}\n{}",
            self.wrong.len(),
            self.print(title)
        );
        // Shown with --no-capture.
        println!("{}", self.print(title));
        self.counts.into_keys().map(|(_, kind)| kind).collect()
    }
}

#[test]
fn every_correction_in_offices_with_a_history_settles_its_finding_and_stirs_up_no_other() {
    let mut tally = Tally::default();
    for seed in 0..120 {
        let text = planted(seed);
        tally.run(&format!("seed {seed}"), &read(&text));
    }
    let kinds = tally.finish("planted");
    for kind in [
        Kind::PostBill,
        Kind::EnterInvoice,
        Kind::PostJournal,
        Kind::ApplyPayment,
        Kind::Recode,
        Kind::RemoveDuplicate,
        Kind::Instruct,
    ] {
        assert!(
            kinds.contains(kind.name()),
            "{} never occurred",
            kind.name()
        );
    }
}

#[test]
fn every_correction_in_small_random_books_settles_its_finding_and_stirs_up_no_other() {
    let mut runner = TestRunner::deterministic();
    let plans = proptest::collection::vec(random::plan(), 0..24);
    let mut tally = Tally::default();
    for place in 0..120 {
        let plans = plans
            .new_tree(&mut runner)
            .expect("a plan can be made")
            .current();
        let world = random::world(&plans).unwrap_or_else(|why| panic!("{why}"));
        tally.run(&format!("world {place}"), &world);
    }
    tally.finish("random");
}

#[test]
fn every_correction_in_the_scenarios_of_checks_settles_its_finding_and_stirs_up_no_other() {
    let mut tally = Tally::default();
    for ((check, file), path) in scenarios() {
        let text = std::fs::read_to_string(&path).expect("a scenario can be read");
        tally.run(&format!("{check}/{file}"), &read(split(&text).0));
    }
    tally.finish("scenarios");
}

#[test]
fn the_order_of_records_changes_no_remedy() {
    for seed in 0..60 {
        let world = read(&planted(seed));
        let mut shuffled = world.books.clone();
        shuffle(&mut shuffled, Dice::new(seed + 1_000).below(u64::MAX));
        let of = |books| remedies(books, &look(&world, books), &Policy::default());
        assert_eq!(of(&world.books), of(&shuffled), "seed {seed}");
    }
}

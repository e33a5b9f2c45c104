//! What holds for every pair of lists.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::{Amounts, Basis, Document, Matching, Policy, UNKNOWN, pair_documents};

/// A document that owns its texts.
#[derive(Clone, Debug)]
struct Owned {
    id: String,
    name: String,
    number: String,
    cents: i64,
    date: Date,
    job: u32,
}

impl Owned {
    fn new(id: &str, (name, number): (&str, &str), cents: i64, date: Date) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            number: number.into(),
            cents,
            date,
            job: 1,
        }
    }

    fn document(&self) -> Document<'_> {
        Document {
            id: &self.id,
            party: UNKNOWN,
            party_name: &self.name,
            number: &self.number,
            amounts: Amounts::of(self.cents),
            date: Some(self.date),
            job: self.job,
        }
    }
}

fn run(left: &[Owned], right: &[Owned]) -> Matching {
    let left: Vec<Document> = left.iter().map(Owned::document).collect();
    let right: Vec<Document> = right.iter().map(Owned::document).collect();
    pair_documents(&left, &right, &Policy::default())
}

/// The pairs as `left ids = right ids`, sorted.
fn pairs(left: &[Owned], right: &[Owned]) -> Vec<String> {
    let join = |rows: &[u32], side: &[Owned]| {
        let mut ids: Vec<&str> = rows
            .iter()
            .map(|row| side[*row as usize].id.as_str())
            .collect();
        ids.sort_unstable();
        ids.join("+")
    };
    let matching = run(left, right);
    let mut pairs: Vec<String> = matching
        .pairs
        .iter()
        .map(|pair| {
            format!(
                "{} = {}",
                join(pair.left.rows(), left),
                join(pair.right.rows(), right)
            )
        })
        .collect();
    pairs.sort_unstable();
    pairs
}

const ACME: &str = "Acme Constr. Co.";

#[test]
fn a_number_written_two_ways_pairs_and_so_does_an_amount_net_of_retainage() {
    let left = [Owned::new(
        "a",
        (ACME, "Inv. #0045"),
        1_000_000,
        date(2025, 3, 1),
    )];
    let right = [Owned::new(
        "b",
        ("ACME CONSTRUCTION LLC", "45"),
        900_000,
        date(2025, 3, 9),
    )];
    assert_eq!(pairs(&left, &right), ["a = b"]);
    assert_eq!(run(&left, &right).pairs[0].basis, Basis::Number);
}

#[test]
fn equal_monthly_bills_pair_by_date_although_one_month_is_missing() {
    let bill =
        |id: &str, month: i8, day: i8| Owned::new(id, (ACME, ""), 250_000, date(2025, month, day));
    let left = [
        bill("jan", 1, 1),
        bill("feb", 2, 1),
        bill("mar", 3, 1),
        bill("apr", 4, 1),
    ];
    let right = [bill("JAN", 1, 5), bill("MAR", 3, 4), bill("APR", 4, 6)];
    assert_eq!(
        pairs(&left, &right),
        ["apr = APR", "jan = JAN", "mar = MAR"]
    );
}

#[test]
fn a_near_identical_neighbour_does_not_take_the_partner() {
    // Taken alone, `a` fits `y` best; then nothing would be left for `b`.
    let left = [
        Owned::new("a", (ACME, ""), 250_000, date(2025, 3, 10)),
        Owned::new("b", (ACME, ""), 250_000, date(2025, 3, 18)),
    ];
    let right = [
        Owned::new("x", (ACME, ""), 250_000, date(2025, 2, 20)),
        Owned::new("y", (ACME, ""), 250_000, date(2025, 3, 12)),
    ];
    assert_eq!(pairs(&left, &right), ["a = x", "b = y"]);
}

#[test]
fn parts_that_add_up_are_found_by_number_and_by_amount_in_both_directions() {
    let day = date(2025, 3, 1);
    let whole = [Owned::new("whole", (ACME, "4711"), 1_000_000, day)];
    let numbered = [
        Owned::new("one", (ACME, "4711-1"), 600_000, day),
        Owned::new("two", (ACME, "4711-2"), 400_000, day),
        Owned::new("other", (ACME, "4720"), 123_400, day),
    ];
    assert_eq!(pairs(&whole, &numbered), ["whole = one+two"]);
    assert_eq!(pairs(&numbered, &whole), ["one+two = whole"]);
    let unnumbered = [
        Owned::new("one", (ACME, "88"), 612_345, day),
        Owned::new("two", (ACME, "97"), 387_655, day),
        Owned::new("other", (ACME, "4720"), 123_400, day),
    ];
    assert_eq!(pairs(&whole, &unnumbered), ["whole = one+two"]);
}

#[test]
fn what_is_as_likely_one_as_the_other_becomes_a_question() {
    let left = [Owned::new("a", (ACME, ""), 250_000, date(2025, 3, 10))];
    let right = [
        Owned::new("x", (ACME, ""), 250_000, date(2025, 3, 8)),
        Owned::new("y", (ACME, ""), 250_000, date(2025, 3, 12)),
    ];
    let matching = run(&left, &right);
    assert_eq!(matching.pairs, []);
    assert_eq!(matching.questions.len(), 1);
    assert_eq!(matching.questions[0].candidates.len(), 2);
}

#[test]
fn the_same_number_with_another_amount_is_still_the_same_document() {
    let left = [Owned::new("a", (ACME, "90417"), 250_000, date(2025, 3, 10))];
    let right = [Owned::new("b", (ACME, "90417"), 311_111, date(2025, 3, 20))];
    assert_eq!(pairs(&left, &right), ["a = b"]);
}

#[test]
fn different_documents_of_one_party_stay_apart() {
    let left = [Owned::new("a", (ACME, "90417"), 250_000, date(2025, 3, 10))];
    let right = [Owned::new("b", (ACME, "90418"), 311_111, date(2025, 3, 12))];
    assert_eq!(pairs(&left, &right), Vec::<String>::new());
}

#[test]
fn a_party_with_very_many_documents_is_matched_completely() {
    let make = |prefix: &str, shift: i64| -> Vec<Owned> {
        (0..2_000_i64)
            .map(|at| {
                let day = date(2025, 1, 1).saturating_add(jiff::Span::new().days(at / 8 + shift));
                let cents = 100_000 + at * 7_919 % 1_000_003;
                Owned::new(&format!("{prefix}{at:04}"), (ACME, ""), cents, day)
            })
            .collect()
    };
    let matched = pairs(&make("", 0), &make("", 2));
    let expected: Vec<String> = (0..2_000).map(|at| format!("{at:04} = {at:04}")).collect();
    assert_eq!(matched, expected);
}

const NAMES: [&str; 5] = [
    "Acme Constr. Co.",
    "ACME CONSTRUCTION",
    "Acme Cnostruction",
    "Hill Elec",
    "",
];

/// Lists from a small world, so that rows collide in every property.
fn documents(prefix: &'static str) -> impl Strategy<Value = Vec<Owned>> {
    let one = (0..NAMES.len(), 0..12_u32, 0..8_i64, 0..70_i8, 0..3_u32);
    prop::collection::vec(one, 0..40).prop_map(move |rows| {
        let owned =
            |(at, (name, number, amount, day, job)): (usize, (usize, u32, i64, i8, u32))| Owned {
                id: format!("{prefix}{at}"),
                name: NAMES[name].into(),
                number: match number {
                    0..=2 => String::new(),
                    3..=8 => format!("INV-{:04}", 1_000 + number),
                    _ => format!("{}-{}", 1_003 + number % 2, number),
                },
                cents: [100_000, 95_000, 108_250, 60_000, 40_000, 250_000, -5_000, 0]
                    [amount as usize],
                date: date(2025, 1, 1).saturating_add(jiff::Span::new().days(day)),
                job: if job == 2 { UNKNOWN } else { job },
            };
        rows.into_iter().enumerate().map(owned).collect()
    })
}

fn shuffled<T: Clone>(rows: &[T], seed: u64) -> Vec<T> {
    let mut rows = rows.to_vec();
    let mut state = seed | 1;
    for at in (1..rows.len()).rev() {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        rows.swap(at, (state >> 33) as usize % (at + 1));
    }
    rows
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn nothing_is_matched_twice_and_questions_are_about_free_rows(
        left in documents("l"), right in documents("r"),
    ) {
        let matching = run(&left, &right);
        let mut uses: BTreeMap<(bool, u32), u32> = BTreeMap::new();
        for pair in &matching.pairs {
            prop_assert!(pair.score <= 10_000);
            prop_assert!(pair.left.rows().len() == 1 || pair.right.rows().len() == 1);
            pair.left.rows().iter().for_each(|row| *uses.entry((false, *row)).or_default() += 1);
            pair.right.rows().iter().for_each(|row| *uses.entry((true, *row)).or_default() += 1);
        }
        prop_assert!(uses.values().all(|count| *count == 1));
        for question in &matching.questions {
            prop_assert!(!uses.contains_key(&(false, question.left)));
            for candidate in &question.candidates {
                prop_assert!(!uses.contains_key(&(true, candidate.right)));
            }
        }
    }

    #[test]
    fn the_order_of_rows_does_not_matter(
        left in documents("l"), right in documents("r"), seed in any::<u64>(),
    ) {
        let (other_left, other_right) = (shuffled(&left, seed), shuffled(&right, !seed));
        prop_assert_eq!(pairs(&left, &right), pairs(&other_left, &other_right));
    }

    #[test]
    fn the_same_lists_give_the_same_matching(left in documents("l"), right in documents("r")) {
        prop_assert_eq!(run(&left, &right), run(&left, &right));
    }

    #[test]
    fn a_list_of_distinct_documents_matches_itself_perfectly(count in 1..60_usize, step in 1..5_i64) {
        let rows: Vec<Owned> = (0..count as i64)
            .map(|at| {
                let number = format!("INV-{:05}", 20_000 + at * step);
                Owned::new(&format!("{at:03}"), (NAMES[(at % 4) as usize], &number), 10_000 + at * 331, date(2025, 5, 1))
            })
            .collect();
        let expected: Vec<String> = rows.iter().map(|row| format!("{0} = {0}", row.id)).collect();
        prop_assert_eq!(pairs(&rows, &shuffled(&rows, 7)), expected);
    }
}

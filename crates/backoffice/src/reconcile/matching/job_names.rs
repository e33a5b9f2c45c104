//! Names and numbers of jobs, as two systems and many people write them.

use std::collections::BTreeSet;

use figures::model::Project;

use super::documents::names;

/// The name without what QuickBooks appends to a deactivated one and without its parents.
pub(crate) fn own_name(name: &str) -> &str {
    let name = name.strip_suffix("(deleted)").unwrap_or(name).trim();
    name.rsplit(':').next().unwrap_or(name)
}

/// The name without a mark of a second copy: `Harbor Clinic (2)`, `Harbor Clinic - duplicate`.
pub(crate) fn without_copy_mark(name: &str) -> &str {
    let mut name = name.trim();
    if let Some((front, mark)) = name.rsplit_once('(')
        && mark
            .trim_end_matches(')')
            .chars()
            .all(|one| one.is_ascii_digit())
    {
        name = front.trim();
    }
    let words = ["duplicate", "dup", "copy", "old", "new", "do not use"];
    let lower = name.to_lowercase();
    words
        .iter()
        .find(|word| lower.ends_with(*word) && name.is_char_boundary(name.len() - word.len()))
        .map_or(name, |word| &name[..name.len() - word.len()])
        .trim_end_matches(|one: char| !one.is_alphanumeric())
}

pub(crate) fn distinct_words(normal: &str) -> BTreeSet<&str> {
    normal.split(' ').filter(|word| !word.is_empty()).collect()
}

/// A project's numbers in normal form: its own and the accounting system's.
pub(crate) fn numbers(project: &Project) -> BTreeSet<String> {
    [project.number.as_str(), project.accounting_number.as_str()]
        .into_iter()
        .map(compact)
        .filter(|number| number.len() >= 2 && number.bytes().any(|byte| byte.is_ascii_digit()))
        .collect()
}

fn compact(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_uppercase)
        .collect()
}

/// Whether a name carries a number: as a word, or as neighbouring words run together (`26 014`).
pub(crate) fn carries(name: &str, number: &str) -> bool {
    let words: Vec<String> = name
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(compact)
        .collect();
    (0..words.len()).any(|from| {
        (from + 1..=words.len().min(from + 3)).any(|to| words[from..to].concat() == *number)
    })
}

/// All runs of up to three words of a name that could be a number.
pub(crate) fn numbers_in(name: &str) -> BTreeSet<String> {
    let words: Vec<String> = name
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(compact)
        .collect();
    let mut found = BTreeSet::new();
    for from in 0..words.len() {
        for to in from + 1..=words.len().min(from + 3) {
            let run = words[from..to].concat();
            if run.bytes().any(|byte| byte.is_ascii_digit()) {
                found.insert(run);
            }
        }
    }
    found
}

/// How alike two normal forms are, in ten-thousandths.
pub(crate) fn name_score(left: &str, right: &str) -> u16 {
    if left == right && !left.is_empty() {
        return 9_800;
    }
    let (left_words, right_words) = (distinct_words(left), distinct_words(right));
    if left_words.is_empty() || right_words.is_empty() {
        return 0;
    }
    let letters = |words: &BTreeSet<&str>| words.iter().map(|word| word.len()).sum::<usize>();
    let shared: usize = left_words
        .iter()
        .filter(|word| {
            right_words.contains(*word)
                || (word.len() > 4
                    && right_words
                        .iter()
                        .any(|other| names::one_edit_apart(word, other)))
        })
        .map(|word| word.len())
        .sum();
    let smaller = letters(&left_words).min(letters(&right_words));
    let larger = letters(&left_words).max(letters(&right_words));
    // Words left out cost little, words in their place cost much.
    let contained = shared * 9_000 / smaller.max(1);
    let covered = shared * 10_000 / larger.max(1);
    let score = u16::try_from((contained * 2 + covered) / 3)
        .unwrap_or(10_000)
        .min(9_700);
    let (one, other) = (telling_words(&left_words), telling_words(&right_words));
    match (one == other, one.is_empty() || other.is_empty()) {
        (true, _) => score,
        (false, true) => score.saturating_sub(1_500),
        // "Phase 1" is not "Phase 2", however alike the rest is.
        (false, false) => score.min(5_000),
    }
}

/// Words that tell neighbours apart: with digits, single letters, Roman numerals.
fn telling_words<'a>(words: &BTreeSet<&'a str>) -> BTreeSet<&'a str> {
    let roman = ["II", "III", "IV", "VI", "VII", "VIII"];
    let tells = |word: &&&str| {
        word.len() == 1 || word.bytes().any(|byte| byte.is_ascii_digit()) || roman.contains(*word)
    };
    words.iter().filter(tells).copied().collect()
}

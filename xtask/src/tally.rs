//! How many tests ran, read from the closing lines of the runners.
//!
//! Knows the summary of nextest and the result line of `cargo test`, and nothing else of either.

use std::fmt;
use std::ops::AddAssign;

/// Tests by outcome.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl Tally {
    /// What a line of a runner's output adds; none for every other line.
    pub(crate) fn of_line(line: &str) -> Option<Self> {
        let plain = without_colour(line);
        // Nextest shows what a failed test printed indented; that test is in its own summary.
        if let Some(rest) = plain.strip_prefix("test result:") {
            return Some(Self {
                passed: count_before(rest, "passed")?,
                failed: count_before(rest, "failed").unwrap_or(0),
                skipped: count_before(rest, "ignored").unwrap_or(0),
            });
        }
        let rest = plain.trim().strip_prefix("Summary [")?;
        let failed = ["failed", "timed out", "exec failed"];
        Some(Self {
            passed: count_before(rest, "passed").unwrap_or(0),
            failed: failed
                .iter()
                .filter_map(|word| count_before(rest, word))
                .sum(),
            skipped: count_before(rest, "skipped").unwrap_or(0),
        })
    }

    /// Whether any test ran at all.
    pub(crate) fn is_empty(self) -> bool {
        self.passed == 0 && self.failed == 0
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, more: Self) {
        self.passed += more.passed;
        self.failed += more.failed;
        self.skipped += more.skipped;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(out, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

/// The number directly before a word, as in `3 failed`.
fn count_before(text: &str, outcome: &str) -> Option<u64> {
    text.split([',', ';', ':', '.']).find_map(|part| {
        let part = part.split('(').next().unwrap_or(part);
        let number = part.trim().strip_suffix(outcome)?.trim_end();
        number.parse().ok()
    })
}

/// The line without terminal colour sequences.
fn without_colour(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            for inner in characters.by_ref() {
                if inner.is_ascii_alphabetic() {
                    break;
                }
            }
        } else {
            plain.push(character);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(passed: u64, failed: u64, skipped: u64) -> Option<Tally> {
        Some(Tally {
            passed,
            failed,
            skipped,
        })
    }

    #[test]
    fn the_result_line_of_cargo_test_is_counted() {
        let line =
            "test result: FAILED. 12 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out";
        assert_eq!(Tally::of_line(line), tally(12, 1, 2));
    }

    #[test]
    fn the_summary_of_nextest_is_counted() {
        let plain = "     Summary [   0.004s] 5 tests run: 5 passed, 0 skipped";
        assert_eq!(Tally::of_line(plain), tally(5, 0, 0));
        let failing =
            "     Summary [   1.250s] 3/9 tests run: 1 passed, 1 failed, 1 timed out, 4 skipped";
        assert_eq!(Tally::of_line(failing), tally(1, 2, 4));
        let slow = "     Summary [  61.250s] 9 tests run: 9 passed (1 slow), 4 skipped";
        assert_eq!(Tally::of_line(slow), tally(9, 0, 4));
    }

    #[test]
    fn colours_do_not_hide_the_summary() {
        let line = "\u{1b}[32;1m     Summary\u{1b}[0m [   0.1s] \u{1b}[1m2\u{1b}[0m tests run: \u{1b}[1m2\u{1b}[0m \u{1b}[32;1mpassed\u{1b}[0m, 0 skipped";
        assert_eq!(Tally::of_line(line), tally(2, 0, 0));
    }

    #[test]
    fn other_lines_count_nothing() {
        assert_eq!(Tally::of_line("test money::adds ... ok"), None);
        assert_eq!(Tally::of_line("5 passed"), None);
        let of_a_failed_test = "    test result: FAILED. 0 passed; 1 failed; 0 ignored";
        assert_eq!(Tally::of_line(of_a_failed_test), None);
    }

    #[test]
    fn the_closing_line_names_what_was_skipped_only_when_something_was() {
        let mut total = Tally {
            passed: 2,
            failed: 0,
            skipped: 0,
        };
        assert_eq!(total.to_string(), "2 passed, 0 failed");
        total += Tally {
            passed: 1,
            failed: 1,
            skipped: 3,
        };
        assert_eq!(total.to_string(), "3 passed, 1 failed, 3 skipped");
        assert!(Tally::default().is_empty());
    }
}

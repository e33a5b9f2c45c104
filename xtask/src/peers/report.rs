//! The figures of the comparison and how they are printed. Shares are in hundred-thousandths, so
//! that the same run prints the same digits everywhere.

use std::fmt::Write as _;

use super::Used;

/// What one program made of one pair of tables.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) who: &'static str,
    pub(crate) seed: u64,
    /// Pairs of ids that are true.
    pub(crate) truth: u64,
    /// Pairs of ids that were found.
    pub(crate) found: u64,
    /// Pairs found that are true.
    pub(crate) right: u64,
    /// Pairs in which both ids appear in other pairs as well.
    pub(crate) twice: u64,
    pub(crate) used: Used,
}

/// `part / of` in hundred-thousandths.
fn share(part: u64, of: u64) -> u64 {
    (part * 100_000 + of / 2).checked_div(of).unwrap_or(0)
}

fn decimal(share: u64) -> String {
    format!("{}.{:05}", share / 100_000, share % 100_000)
}

impl Outcome {
    fn precision(&self) -> u64 {
        share(self.right, self.found)
    }

    fn recall(&self) -> u64 {
        share(self.right, self.truth)
    }

    fn f1(&self) -> u64 {
        share(2 * self.right, self.found + self.truth)
    }

    /// One line for a person who watches.
    pub(crate) fn line(&self) -> String {
        format!(
            "  {:<10} F1 {}  precision {}  recall {}  {:>6} ms CPU  {:>6} ms wall  {:>5} MiB  twice {}",
            self.who,
            decimal(self.f1()),
            decimal(self.precision()),
            decimal(self.recall()),
            self.used.cpu_ms,
            self.used.wall_ms,
            self.used.peak_kib / 1_024,
            self.twice,
        )
    }
}

/// The comparison as a document.
pub(crate) fn markdown(outcomes: &[Outcome], rows: usize, development: &[u64]) -> String {
    let mut text = format!(
        "# Document matching against its peer\n\n\
         Written by `cargo xtask peers --write`. {rows} rows a side; the tables come from a seeded\n\
         generator (`xtask/src/peers/generate.rs` states the rates of noise), the peer is nine ordered\n\
         SQL passes in DuckDB (`xtask/peers/duckdb_passes.py`). Both read and write the same files in\n\
         the same run; CPU is user and system time of the whole process. A pair counts as right when\n\
         both ids are in the truth together; a split counts once per part.\n\n\
         The matcher was developed on the seeds {}.\n\n\
         | seed | program | F1 | precision | recall | CPU s | wall s | peak MiB |\n\
         |---|---|---|---|---|---|---|---|\n",
        list(development),
    );
    for one in outcomes {
        let seconds = |ms: u64| format!("{}.{:02}", ms / 1_000, ms % 1_000 / 10);
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            one.seed,
            one.who,
            decimal(one.f1()),
            decimal(one.precision()),
            decimal(one.recall()),
            seconds(one.used.cpu_ms),
            seconds(one.used.wall_ms),
            one.used.peak_kib / 1_024,
        );
    }
    let mut compared = String::new();
    for pair in outcomes.chunk_by(|a, b| a.seed == b.seed) {
        let [ours, peer] = pair else { continue };
        let gain = |ours: u64, peer: u64| {
            let sign = if ours < peer { '-' } else { '+' };
            format!("{sign}{}", decimal(ours.abs_diff(peer)))
        };
        let part = share(ours.used.cpu_ms, peer.used.cpu_ms) / 100;
        let _ = writeln!(
            compared,
            "| {} | {} | {} | {}.{:03} |",
            ours.seed,
            gain(ours.f1(), peer.f1()),
            gain(ours.precision(), peer.precision()),
            part / 1_000,
            part % 1_000,
        );
    }
    if !compared.is_empty() {
        text.push_str(
            "\n| seed | F1 gained | precision gained | our CPU / theirs |\n|---|---|---|---|\n",
        );
        text.push_str(&compared);
    }
    text
}

fn list(seeds: &[u64]) -> String {
    let words: Vec<String> = seeds.iter().map(u64::to_string).collect();
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_and_ratios_are_printed_with_their_sign() {
        let used = |cpu_ms| Used {
            cpu_ms,
            wall_ms: 900,
            peak_kib: 2_048,
        };
        let ours = Outcome {
            who: "plumbline",
            seed: 4,
            truth: 100,
            found: 100,
            right: 99,
            twice: 0,
            used: used(1_500),
        };
        let peer = Outcome {
            who: "duckdb",
            found: 96,
            right: 96,
            used: used(12_000),
            ..ours.clone()
        };
        let text = markdown(&[ours, peer], 1_000, &[1]);
        assert!(
            text.contains("| 4 | plumbline | 0.99000 | 0.99000 | 0.99000 | 1.50 | 0.90 | 2 |"),
            "{text}"
        );
        assert!(
            text.contains("| 4 | +0.01041 | -0.01000 | 0.125 |"),
            "{text}"
        );
    }
}

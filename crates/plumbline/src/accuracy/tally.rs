//! Adds up the scores of many worlds and prints them against what must be reached.

use std::collections::BTreeMap;
use std::fmt;

use super::score::{Class, Score};

/// Sums over worlds.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    worlds: u64,
    classes: BTreeMap<String, Class>,
    exceptions: Vec<String>,
    pairs: (u64, u64, u64),
    bridges: u64,
    wrong_totals: u64,
    unexplained: u64,
    unaccounted: u64,
}

/// A share in hundredths of a percent; nothing of nothing is all of it.
fn share(part: u64, whole: u64) -> u64 {
    (part * 10_000).checked_div(whole).unwrap_or(10_000)
}

/// A share as a decimal fraction.
struct Fraction(u64);

impl fmt::Display for Fraction {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(&format!("{}.{:04}", self.0 / 10_000, self.0 % 10_000))
    }
}

impl Tally {
    /// Adds one world.
    pub fn add(&mut self, score: &Score) {
        self.worlds += 1;
        for (code, class) in &score.classes {
            let sum = self.classes.entry(code.clone()).or_default();
            sum.planted += class.planted;
            sum.found += class.found;
            sum.reported += class.reported;
        }
        self.exceptions.extend(score.exceptions.iter().cloned());
        self.pairs.0 += score.pairs.0;
        self.pairs.1 += score.pairs.1;
        self.pairs.2 += score.pairs.2;
        self.bridges += score.bridges;
        self.wrong_totals += score.wrong_totals.len() as u64;
        self.unexplained += score.unexplained.len() as u64;
        self.unaccounted += score.unaccounted.len() as u64;
    }

    fn total(&self) -> Class {
        self.classes
            .values()
            .fold(Class::default(), |sum, class| Class {
                planted: sum.planted + class.planted,
                found: sum.found + class.found,
                reported: sum.reported + class.reported,
            })
    }

    /// What falls short of the figures that must be reached, in sentences.
    #[must_use]
    pub fn shortfalls(&self) -> Vec<String> {
        let total = self.total();
        let mut short = Vec::new();
        let mut need = |met: bool, what: String| {
            if !met {
                short.push(what);
            }
        };
        need(
            share(total.found, total.planted) >= 9_800,
            "recall below 0.98".to_owned(),
        );
        need(
            share(total.found, total.reported) >= 9_800,
            "precision below 0.98".to_owned(),
        );
        for (code, class) in &self.classes {
            let recall = share(class.found, class.planted);
            let precision = share(class.found, class.reported);
            need(recall >= 9_000, format!("{code}: recall below 0.9"));
            need(precision >= 9_000, format!("{code}: precision below 0.9"));
        }
        need(
            self.exceptions.is_empty(),
            format!("{} exceptions", self.exceptions.len()),
        );
        need(
            share(2 * self.pairs.2, self.pairs.0 + self.pairs.1) >= 9_950,
            "pair F1 below 0.995".to_owned(),
        );
        need(
            self.wrong_totals == 0,
            format!("{} wrong totals", self.wrong_totals),
        );
        need(
            self.unaccounted == 0,
            format!("{} bridges unaccounted for", self.unaccounted),
        );
        let tied = self.bridges - self.unexplained;
        need(
            share(tied, self.bridges) >= 9_800,
            "unexplained in more than 2 %".to_owned(),
        );
        short
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "| class | planted | found | reported | recall | precision |"
        )?;
        writeln!(out, "|---|---:|---:|---:|---:|---:|")?;
        let total = self.total();
        let rows = self
            .classes
            .iter()
            .map(|(code, class)| (code.as_str(), class));
        for (code, class) in rows.chain([("all", &total)]) {
            writeln!(
                out,
                "| {code} | {} | {} | {} | {} | {} |",
                class.planted,
                class.found,
                class.reported,
                Fraction(share(class.found, class.planted)),
                Fraction(share(class.found, class.reported)),
            )?;
        }
        writeln!(out)?;
        writeln!(out, "- worlds: {}", self.worlds)?;
        writeln!(
            out,
            "- look-alikes reported or timing reported as error: {}",
            self.exceptions.len()
        )?;
        let (known, reported, both) = self.pairs;
        writeln!(
            out,
            "- pairs: {known} true, {reported} reported, {both} both; F1 {}",
            Fraction(share(2 * both, known + reported))
        )?;
        writeln!(
            out,
            "- bridges: {}; wrong totals: {}",
            self.bridges, self.wrong_totals
        )?;
        writeln!(
            out,
            "- bridges with nothing unexplained: {}; unexplained other than what was missed: {}",
            Fraction(share(self.bridges - self.unexplained, self.bridges)),
            self.unaccounted
        )
    }
}

//! The waterfall from Procore's total to QuickBooks', as rows of a table that foots.
//!
//! Places on the axis are ten-thousandths of its width, computed in whole numbers. The axis is
//! cut, so totals are marks and only steps are bars; the page says so.

use std::collections::BTreeMap;

use backoffice::reconcile::receipts::{FigureSide, figure_id};
use figures::Money;

use super::words;
use crate::web::catalogue;
use crate::web::figures::FigureCell;
use crate::web::format::{self, Amount};
use crate::web::tenant_view::{BooksView, Job, JobMeasure};

/// The bridge of one measure.
#[derive(Debug, Clone)]
pub struct BridgePanel {
    /// `Cost to date, from Procore to QuickBooks`.
    pub title: String,
    /// Whether there is anything to draw.
    pub is_drawn: bool,
    /// Marks of the axis: left, middle, right.
    pub axis: [String; 3],
    /// Procore's total.
    pub procore: FigureCell,
    /// Where its mark stands.
    pub procore_at: Mark,
    /// The steps.
    pub steps: Vec<StepRow>,
    /// The part that nothing explains.
    pub unexplained: FigureCell,
    /// Its bar, unless there is none.
    pub unexplained_bar: Option<Bar>,
    /// QuickBooks' total.
    pub quickbooks: FigureCell,
    /// Where its mark stands.
    pub quickbooks_at: Mark,
    /// `✓ 0.00 unexplained`.
    pub status: String,
    /// `good` or `bad`.
    pub status_kind: &'static str,
    /// What the steps sum to, and how to read the axis.
    pub foot: String,
    /// Whether any step is timing, for the legend.
    pub has_timing: bool,
}

/// One step: a finding, or all findings of a class when there are many.
#[derive(Debug, Clone)]
pub struct StepRow {
    /// The class.
    pub title: String,
    /// The code.
    pub code: String,
    /// What it is about.
    pub about: String,
    /// From Procore's total towards QuickBooks'.
    pub amount: Amount,
    /// Its bar.
    pub bar: Bar,
    /// Where its records are.
    pub href: String,
    /// What is there.
    pub words: &'static str,
    /// Timing is hatched.
    pub is_timing: bool,
}

/// A bar with the plumb lines to its neighbors, in ten-thousandths of the width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bar {
    /// Left edge.
    pub x: i64,
    /// Width; never so small that it is not seen.
    pub width: i64,
    /// Where the line from above meets it.
    pub from: i64,
    /// Where the line to below leaves it.
    pub to: i64,
}

/// A mark for a total.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Its center.
    pub x: i64,
    /// Its left edge.
    pub left: i64,
}

/// More steps than this are shown by class.
const STEPS_SHOWN: usize = 20;
/// The thinnest bar.
const THIN: i64 = 14;
/// Half of a mark's width.
const HALF: i64 = 40;

/// A step before it has its place.
struct Drawn {
    title: String,
    code: String,
    about: String,
    amount: Money,
    href: String,
    words: &'static str,
}

impl BridgePanel {
    /// The bridge of one measure of a job.
    #[must_use]
    pub fn new(job: &Job, one: &JobMeasure, books: &BooksView) -> Self {
        let steps = steps(job, one, books);
        let scale = Scale::of(one, &steps);
        let mut at = one.procore;
        let mut rows = Vec::with_capacity(steps.len());
        for step in steps {
            // The effect is Procore minus QuickBooks, so the way there takes it away.
            let next = at - step.amount;
            rows.push(StepRow {
                is_timing: step.code.starts_with('T'),
                title: step.title,
                code: step.code,
                about: step.about,
                amount: format::amount(-step.amount),
                bar: scale.bar(at, next),
                href: step.href,
                words: step.words,
            });
            at = next;
        }
        let rest = (!one.unexplained.is_zero()).then(|| scale.bar(at, at - one.unexplained));
        let figure =
            |money: Money, side| FigureCell::new(money, figure_id(job.id, one.measure, side));
        let open = !one.unexplained.is_zero();
        Self {
            title: format!("{}, from Procore to QuickBooks", words::label(one.measure)),
            is_drawn: scale.span > 0,
            axis: scale.marks(),
            procore: figure(one.procore, FigureSide::Procore),
            procore_at: scale.mark(one.procore),
            has_timing: rows.iter().any(|row| row.is_timing),
            unexplained: figure(-one.unexplained, FigureSide::Unexplained),
            unexplained_bar: rest,
            quickbooks: figure(one.quickbooks, FigureSide::QuickBooks),
            quickbooks_at: scale.mark(one.quickbooks),
            status: if open {
                format!("! {} unexplained", format::magnitude(one.unexplained))
            } else {
                "✓ 0.00 unexplained".to_owned()
            },
            status_kind: if open { "bad" } else { "good" },
            foot: foot(one, &scale, books),
            steps: rows,
        }
    }

    /// An example for tests.
    #[must_use]
    pub fn sample() -> Self {
        let bar = Bar {
            x: 4_853,
            width: 4_800,
            from: 9_653,
            to: 4_853,
        };
        let mark = Mark {
            x: 9_653,
            left: 9_613,
        };
        Self {
            title: "Cost to date, from Procore to QuickBooks".to_owned(),
            is_drawn: true,
            axis: [
                "2.91 M".to_owned(),
                "2.95 M".to_owned(),
                "2.99 M".to_owned(),
            ],
            procore: FigureCell::sample(),
            procore_at: mark,
            steps: vec![StepRow {
                title: "Bill never posted".to_owned(),
                code: "R04".to_owned(),
                about: "subcontractor invoice 7".to_owned(),
                amount: format::amount(Money::from_cents(-3_840_000)),
                bar,
                href: "/worklist/fnd_1".to_owned(),
                words: "Open the item",
                is_timing: false,
            }],
            unexplained: FigureCell::sample(),
            unexplained_bar: Some(bar),
            quickbooks: FigureCell::sample(),
            quickbooks_at: mark,
            status: "✓ 0.00 unexplained".to_owned(),
            status_kind: "good",
            foot: "Items sum to (54,077.09).".to_owned(),
            has_timing: true,
        }
    }
}

fn steps(job: &Job, one: &JobMeasure, books: &BooksView) -> Vec<Drawn> {
    if one.steps.len() <= STEPS_SHOWN {
        return one.steps.iter().map(|step| drawn(step, books)).collect();
    }
    let mut by_class: BTreeMap<&str, Vec<Money>> = BTreeMap::new();
    for step in &one.steps {
        let code = step.check.split('_').next().unwrap_or_default();
        by_class.entry(code).or_default().push(step.amount);
    }
    let mut found: Vec<Drawn> = by_class
        .into_iter()
        .map(|(code, amounts)| Drawn {
            title: catalogue::title(code),
            code: code.to_owned(),
            about: format::of(amounts.len(), "item", "items"),
            href: format!(
                "/worklist?{}job={}&class={code}",
                if code.starts_with('T') {
                    "tab=timing&"
                } else {
                    ""
                },
                job.id
            ),
            amount: amounts.into_iter().sum(),
            words: "Open the items",
        })
        .collect();
    found.sort_by_key(|step| std::cmp::Reverse(step.amount.abs()));
    found
}

fn drawn(step: &crate::web::tenant_view::Step, books: &BooksView) -> Drawn {
    let code = step.check.split('_').next().unwrap_or_default();
    let item = books.item(&step.finding);
    let date = item.and_then(|item| item.date);
    let date = date.map_or_else(String::new, |date| {
        format!(", {}", format::day_in_list(date, books.as_of))
    });
    Drawn {
        title: catalogue::title(code),
        code: code.to_owned(),
        about: item.map_or_else(String::new, |item| format!("{}{date}", item.subject)),
        amount: step.amount,
        href: format!("/worklist/{}", step.finding),
        words: "Open the item",
    }
}

fn foot(one: &JobMeasure, scale: &Scale, books: &BooksView) -> String {
    let sum = format::amount(-one.explained).text;
    let way = if scale.span > 0 {
        format!(
            " Lengths are to scale; the axis starts at {}, so totals are marks, not bars.",
            format::axis(Money::from_cents(scale.low))
        )
    } else {
        String::new()
    };
    format!(
        "Items sum to {sum}.{way} Books as of {}, reading {}.",
        format::day(books.as_of),
        books.cycle
    )
}

/// From amounts to places.
struct Scale {
    low: i64,
    span: i64,
}

impl Scale {
    /// A scale on which everything fits, with a margin at both ends.
    fn of(one: &JobMeasure, steps: &[Drawn]) -> Self {
        let mut at = one.procore;
        let mut places = vec![at.cents(), one.quickbooks.cents()];
        for step in steps {
            at -= step.amount;
            places.push(at.cents());
        }
        let low = places.iter().min().copied().unwrap_or_default();
        let high = places.iter().max().copied().unwrap_or_default();
        let margin = (high - low) / 24;
        Self {
            low: low - margin,
            span: high - low + 2 * margin,
        }
    }

    fn place(&self, money: Money) -> i64 {
        if self.span == 0 {
            return 5_000;
        }
        let along = i128::from(money.cents() - self.low) * 10_000 / i128::from(self.span);
        i64::try_from(along).unwrap_or_default().clamp(0, 10_000)
    }

    fn bar(&self, before: Money, after: Money) -> Bar {
        let (from, to) = (self.place(before), self.place(after));
        Bar {
            x: from.min(to),
            width: (from - to).abs().max(THIN),
            from,
            to,
        }
    }

    fn mark(&self, money: Money) -> Mark {
        let x = self.place(money);
        Mark { x, left: x - HALF }
    }

    fn marks(&self) -> [String; 3] {
        [0, self.span / 2, self.span].map(|along| format::axis(Money::from_cents(self.low + along)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_meet_where_the_steps_meet_and_stay_on_the_axis() {
        let one = JobMeasure {
            measure: figures::Measure::Cost,
            procore: Money::from_cents(100_000),
            quickbooks: Money::from_cents(40_000),
            difference: Money::from_cents(60_000),
            explained: Money::from_cents(60_000),
            unexplained: Money::ZERO,
            steps: Vec::new(),
        };
        let step = |cents| Drawn {
            title: String::new(),
            code: String::new(),
            about: String::new(),
            amount: Money::from_cents(cents),
            href: String::new(),
            words: "",
        };
        let steps = [step(90_000), step(-30_000)];
        let scale = Scale::of(&one, &steps);
        let first = scale.bar(one.procore, Money::from_cents(10_000));
        let second = scale.bar(Money::from_cents(10_000), one.quickbooks);
        assert_eq!(first.to, second.from);
        assert_eq!(scale.mark(one.procore).x, first.from);
        assert_eq!(scale.mark(one.quickbooks).x, second.to);
        assert!(first.x > 0 && first.x + first.width < 10_000);
    }

    #[test]
    fn the_smallest_step_is_still_seen() {
        let scale = Scale {
            low: 0,
            span: 1_000_000_000,
        };
        assert_eq!(scale.bar(Money::from_cents(5), Money::ZERO).width, THIN);
    }
}

//! What a receipt shows, as text.

use askama::Template;
use figures::source::{SourceRef, System};
use figures::{Date, Measure, Money};
use jiff::Timestamp;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use store::results::FoundReceipt;

use crate::web::error::AppError;
use crate::web::format::{self, Amount};
use crate::web::jobs::words;
use crate::web::links::{self, Link};
use crate::web::records::kind_words;
use crate::web::shell::Shell;
use crate::web::tenant_view::TenantView;

/// A figure in a table: it opens its receipt.
#[derive(Debug, Clone)]
pub struct FigureCell {
    /// The amount.
    pub amount: Amount,
    /// The figure's id.
    pub id: String,
}

impl FigureCell {
    /// An amount under its figure's id.
    #[must_use]
    pub fn new(money: Money, id: String) -> Self {
        Self {
            amount: format::amount(money),
            id,
        }
    }

    /// An example for tests.
    #[must_use]
    pub fn sample() -> Self {
        Self::new(
            Money::from_cents(298_722_531),
            "bridge.cost.procore:24031".to_owned(),
        )
    }
}

/// Inputs shown in a card.
const CARD_INPUTS: usize = 8;
/// Inputs on a page.
const PAGE_INPUTS: usize = 200;

/// The card that opens beside a figure.
#[derive(Debug, Template)]
#[template(path = "figures/receipt_partial.html")]
pub struct ReceiptCard {
    /// The figure's id.
    pub id: String,
    /// What it is.
    pub title: String,
    /// The formula in words.
    pub formula: String,
    /// The largest inputs.
    pub inputs: Vec<InputLine>,
    /// How many more there are, and what they sum to.
    pub rest: Option<(String, Amount)>,
    /// The value.
    pub value: Amount,
    /// Rule, reading and digest.
    pub provenance: String,
    /// How many source records there are.
    pub records: String,
}

/// One input.
#[derive(Debug, Clone)]
pub struct InputLine {
    /// What it is.
    pub name: String,
    /// What it adds.
    pub amount: Amount,
    /// Procore's mark, else QuickBooks'.
    pub is_procore: bool,
    /// The record's id.
    pub record: String,
    /// Where it opens.
    pub link: Option<Link>,
}

/// A receipt as the store keeps it.
#[derive(Deserialize)]
struct Stored {
    definition: StoredDefinition,
    value_cents: Money,
    as_of: Date,
    inputs: Vec<StoredInput>,
}

#[derive(Deserialize)]
struct StoredDefinition {
    id: String,
    version: u16,
    formula: String,
}

#[derive(Deserialize)]
struct StoredInput {
    name: String,
    amount_cents: Money,
    source: SourceRef,
}

fn read(found: &FoundReceipt) -> Result<Stored, AppError> {
    Ok(serde_json::from_str(&found.receipt.inputs)?)
}

impl ReceiptCard {
    /// The card of a stored receipt.
    ///
    /// # Errors
    /// When the stored text cannot be understood.
    pub fn new(found: &FoundReceipt, view: &TenantView, now: Timestamp) -> Result<Self, AppError> {
        let mut stored = read(found)?;
        stored
            .inputs
            .sort_by_key(|input| std::cmp::Reverse(input.amount_cents.abs()));
        let count = stored.inputs.len();
        // One line more is no line saved.
        let shown = if count == CARD_INPUTS + 1 {
            count
        } else {
            CARD_INPUTS
        };
        let project = project_of(&found.receipt.figure_id);
        let rest: Money = stored
            .inputs
            .iter()
            .skip(shown)
            .map(|one| one.amount_cents)
            .sum();
        let read_at = view
            .books
            .as_ref()
            .filter(|books| books.cycle == found.cycle)
            .map_or_else(
                || format!("reading {}", found.cycle),
                |books| format!("read {}", format::moment(books.read_at, now, &view.zone)),
            );
        Ok(Self {
            id: found.receipt.figure_id.clone(),
            title: title(&found.receipt.figure_id, view),
            formula: formula(&stored.definition.formula),
            inputs: stored
                .inputs
                .iter()
                .take(shown)
                .map(|one| line(one, project))
                .collect(),
            rest: (count > shown).then(|| {
                (
                    format::of(count - shown, "other record", "other records"),
                    format::amount(rest),
                )
            }),
            value: format::amount(stored.value_cents),
            provenance: format!(
                "Rule {}@{} · {read_at} · inputs {}",
                stored.definition.id,
                stored.definition.version,
                digest(&found.receipt.inputs)
            ),
            records: format::of(count, "source record", "source records"),
        })
    }

    /// An example for tests.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            id: "bridge.cost.procore:24031".to_owned(),
            title: "Cost to date of Foothills Clinic in Procore".to_owned(),
            formula: "Completed and stored + approved direct costs".to_owned(),
            inputs: vec![InputLine::sample()],
            rest: Some((
                "53 other records".to_owned(),
                format::amount(Money::from_cents(100)),
            )),
            value: format::amount(Money::from_cents(298_722_531)),
            provenance: "Rule bridge.cost.procore@1 · read 6:03 am · inputs 9f3c…e1".to_owned(),
            records: "61 source records".to_owned(),
        }
    }
}

impl InputLine {
    /// An example for tests.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            name: "subcontractor invoice 7".to_owned(),
            amount: format::amount(Money::from_cents(3_840_000)),
            is_procore: true,
            record: "requisition 7".to_owned(),
            link: links::procore("requisition", "7", Some(1)),
        }
    }
}

/// The page of a figure.
#[derive(Debug, Template)]
#[template(path = "figures/figure.html")]
pub struct FigurePage {
    /// What stands around it.
    pub shell: Shell,
    /// The figure's id.
    pub id: String,
    /// What it is.
    pub title: String,
    /// Where its bridge is.
    pub bridge: Option<String>,
    /// The value in a sentence.
    pub sentence: String,
    /// The formula in words.
    pub formula: String,
    /// The rule and its version.
    pub rule: String,
    /// The inputs of this page.
    pub inputs: Vec<InputLine>,
    /// `1 to 200 of 640`.
    pub range: String,
    /// The page before.
    pub previous: Option<String>,
    /// The page after.
    pub next: Option<String>,
    /// The value.
    pub value: Amount,
    /// Every reading in which it was another.
    pub history: Vec<HistoryLine>,
    /// The line that computes it again.
    pub replay: String,
    /// The digest of the inputs, whole.
    pub digest: String,
    /// The day it is true for.
    pub as_of: String,
}

/// The value in one result.
#[derive(Debug, Clone)]
pub struct HistoryLine {
    /// Where that receipt is.
    pub href: String,
    /// The reading.
    pub reading: String,
    /// The day of the books.
    pub as_of: String,
    /// The value then.
    pub value: Amount,
    /// Whether it is the one that is shown.
    pub is_here: bool,
}

impl FigurePage {
    /// The page of a figure, newest receipt first in `kept`.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when the result has no such figure; when a stored text cannot be
    /// understood.
    pub fn new(
        shell: Shell,
        kept: &[FoundReceipt],
        result: Option<i64>,
        page: usize,
        view: &TenantView,
    ) -> Result<Self, AppError> {
        let found = kept
            .iter()
            .find(|one| result.is_none_or(|number| one.result == number))
            .ok_or(AppError::NotFound)?;
        let stored = read(found)?;
        let id = &found.receipt.figure_id;
        let project = project_of(id);
        let last = stored.inputs.len().saturating_sub(1) / PAGE_INPUTS;
        let at = page.min(last);
        let rows = stored
            .inputs
            .iter()
            .skip(at * PAGE_INPUTS)
            .take(PAGE_INPUTS);
        let inputs: Vec<InputLine> = rows.map(|one| line(one, project)).collect();
        let address = |page: usize| format!("/figures/{id}?result={}&page={page}", found.result);
        let title = title(id, view);
        let name = title.clone();
        let mut shell = shell;
        shell.title.clone_from(&title);
        Ok(Self {
            shell,
            title,
            bridge: bridge_of(id),
            sentence: format!(
                "{name} was {} as of {}, from {}.",
                in_words(stored.value_cents),
                format::day(stored.as_of),
                format::of(stored.inputs.len(), "record", "records")
            ),
            formula: formula(&stored.definition.formula),
            rule: format!("{}@{}", stored.definition.id, stored.definition.version),
            range: if last > 0 {
                format!(
                    "{} to {} of {}",
                    at * PAGE_INPUTS + 1,
                    at * PAGE_INPUTS + inputs.len(),
                    stored.inputs.len()
                )
            } else {
                String::new()
            },
            inputs,
            previous: (at > 0).then(|| address(at)),
            next: (at < last).then(|| address(at + 2)),
            value: format::amount(stored.value_cents),
            history: history(kept, found.result),
            replay: format!("plumbline replay {id} --cycle {}", found.cycle),
            digest: hex(&found.receipt.inputs),
            as_of: format::day(stored.as_of),
            id: id.clone(),
        })
    }

    /// An example for tests.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            shell: Shell::sample(),
            id: "bridge.cost.procore:24031".to_owned(),
            title: "Cost to date of Foothills Clinic in Procore".to_owned(),
            bridge: Some("/jobs/24031/bridge/cost".to_owned()),
            sentence: "It was $2,987,225.31 as of Nov 23, 2026.".to_owned(),
            formula: "Completed and stored + approved direct costs".to_owned(),
            rule: "bridge.cost.procore@1".to_owned(),
            inputs: vec![InputLine::sample()],
            range: "1 to 200 of 640".to_owned(),
            previous: Some("/figures/x?page=1".to_owned()),
            next: Some("/figures/x?page=3".to_owned()),
            value: format::amount(Money::from_cents(298_722_531)),
            history: vec![HistoryLine {
                href: "/figures/x?result=1".to_owned(),
                reading: "1".to_owned(),
                as_of: "Nov 22, 2026".to_owned(),
                value: format::amount(Money::from_cents(298_722_531)),
                is_here: true,
            }],
            replay: "plumbline replay bridge.cost.procore:24031 --cycle 1".to_owned(),
            digest: "9f3ce1".to_owned(),
            as_of: "Nov 23, 2026".to_owned(),
        }
    }
}

/// An amount in a sentence, with its direction in words.
fn in_words(money: Money) -> String {
    if money.cents() < 0 {
        format!("minus {}", format::dollars(money))
    } else {
        format::dollars(money)
    }
}

fn history(kept: &[FoundReceipt], here: i64) -> Vec<HistoryLine> {
    kept.iter()
        .map(|one| HistoryLine {
            href: format!("/figures/{}?result={}", one.receipt.figure_id, one.result),
            reading: one.cycle.to_string(),
            as_of: format::day(one.as_of),
            value: one.receipt.value.parse().map_or_else(
                |_| Amount {
                    text: one.receipt.value.clone(),
                    kind: "",
                },
                |cents| format::amount(Money::from_cents(cents)),
            ),
            is_here: one.result == here,
        })
        .collect()
}

fn line(input: &StoredInput, project: Option<i64>) -> InputLine {
    // A bare number says more with the word for what it numbers.
    let kind = kind_words(&input.source);
    let is_bare = input.name.starts_with(|first: char| first.is_ascii_digit());
    let name = if is_bare {
        format!("{kind} {}", input.name)
    } else {
        input.name.clone()
    };
    InputLine {
        name: format::sentence(&name, |_| None)
            .trim_end_matches('.')
            .to_owned(),
        amount: format::amount(input.amount_cents),
        is_procore: input.source.system == System::Procore,
        record: format!("{kind} {}", input.source.id),
        link: links::record(&input.source, project),
    }
}

/// `bridge.cost.procore:24031` is about job 24031.
fn project_of(id: &str) -> Option<i64> {
    id.split_once(':')?.1.parse().ok()
}

fn measure_of(id: &str) -> Option<Measure> {
    Measure::from_name(id.split('.').nth(1)?)
}

fn bridge_of(id: &str) -> Option<String> {
    let (project, measure) = (project_of(id)?, measure_of(id)?);
    Some(format!("/jobs/{project}/bridge/{measure}"))
}

fn title(id: &str, view: &TenantView) -> String {
    let (Some(project), Some(measure)) = (project_of(id), measure_of(id)) else {
        return id.to_owned();
    };
    let job = view
        .books
        .as_ref()
        .map_or_else(|| project.to_string(), |books| books.job_name(project));
    let label = words::label(measure);
    match id.split(['.', ':']).nth(2) {
        Some("procore") => format!("{label} of {job} in Procore"),
        Some("quickbooks") => format!("{label} of {job} in QuickBooks"),
        _ => format!(
            "Unexplained difference in {} of {job}",
            words::noun(measure)
        ),
    }
}

fn formula(text: &str) -> String {
    let sentence = format::sentence(&text.replace(" - ", " − "), |_| None);
    sentence.trim_end_matches('.').to_owned()
}

fn hex(text: &str) -> String {
    Sha256::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// `9f3c…e1`.
fn digest(text: &str) -> String {
    let hex = hex(text);
    match (hex.get(..4), hex.get(62..)) {
        (Some(first), Some(last)) => format!("{first}…{last}"),
        _ => hex,
    }
}

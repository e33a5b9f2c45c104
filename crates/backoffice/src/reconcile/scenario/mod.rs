//! Scenarios: books in a small text form and what a reconciliation says about them.
//!
//! Each check has its scenarios beside it, in `scenarios/*.txt`; a controller can read and judge
//! them. Above the line `---` stand the records, one a line, below it what is reported. What a
//! line does not say has its usual value, see `office.txt` for an example.
//!
//! - `as_of 2026-10-31`, `closing 2026-08-31`, `office none`
//! - `job 1 "Harbor Clinic" 1042 = 61` is Procore's project 1, number 1042, linked to QuickBooks'
//!   customer 61; with `unlinked` at the end only name and number tie them together.
//! - `vendor 7 "Brightline Electric LLC" = 72 "Brightline Electric"` likewise.
//! - `P subcontract 11 job 1 vendor 7 50,000.00`, `P requisition 21 on 11 no 1 "BE-2217"
//!   2026-10-05 gross 25,000.00 retainage 2,500.00`: amounts of pay applications and
//!   subcontractor invoices are of their period; the totals to date are added up by the reader.
//! - `Q bill 234 vendor 72 "BE2217" 2026-10-06 job 1 cost 25,000.00 retainage 2,500.00`: an
//!   account and an amount make a line of a document, for the job named before it. Totals and
//!   open balances are worked out.
//!
//! The day looked at is 2026-10-31 unless a line says another. `UPDATE_SCENARIOS=1 cargo test -p
//! backoffice` writes what is reported into all files, `UPDATE_SCENARIOS=r04` into those of one
//! check; read the difference before you keep it.

mod chart;
mod print;
mod procore;
pub(crate) mod property;
mod quickbooks;
pub(crate) mod random;
pub(crate) mod reader;
mod settle;
mod totals;
mod words;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::checks::CHECKS;
use super::policy::Policy;
use super::reconcile;
use super::result::Reconciliation;
use reader::World;

/// What stands between records and report.
const LINE: &str = "---\n";

fn folder_of_checks() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/reconcile/checks")
}

/// All scenarios by check and file name.
pub(crate) fn scenarios() -> BTreeMap<(String, String), PathBuf> {
    let mut found = BTreeMap::new();
    let names = |folder: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).expect("the folders of checks can be read");
        entries
            .map(|entry| entry.expect("an entry can be read").path())
            .collect()
    };
    let name_of = |path: &Path| -> String {
        path.file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default()
    };
    for check in names(&folder_of_checks())
        .into_iter()
        .filter(|path| path.is_dir())
    {
        let folder = check.join("scenarios");
        for file in if folder.is_dir() {
            names(&folder)
        } else {
            Vec::new()
        } {
            found.insert((name_of(&check), name_of(&file)), file);
        }
    }
    found
}

/// The reconciliation of the records of a scenario.
fn outcome(records: &str) -> Result<Reconciliation, String> {
    let world = World::read(records)?;
    let (as_of, policy) = (world.as_of, Policy::default());
    let (books, decisions) = (&world.books, &world.decisions);
    Ok(reconcile(books, as_of, &policy, decisions, Vec::new()))
}

/// What a reconciliation says about the records of a scenario.
fn report(records: &str) -> Result<String, String> {
    outcome(records).map(|outcome| print::report(&outcome))
}

/// Splits a scenario into records and report.
pub(crate) fn split(text: &str) -> (&str, &str) {
    text.split_once(LINE).unwrap_or((text, ""))
}

#[test]
fn every_scenario_is_reported_as_it_says() {
    let update = std::env::var("UPDATE_SCENARIOS").ok();
    let mut wrong = Vec::new();
    for ((check, file), path) in scenarios() {
        let text = fs::read_to_string(&path).expect("a scenario can be read");
        let (records, expected) = split(&text);
        let reported = report(records).unwrap_or_else(|why| format!("cannot be read: {why}\n"));
        if reported == expected {
            continue;
        }
        let asked = |what: &String| what == "1" || format!("{check}/{file}").starts_with(what);
        if update.as_ref().is_some_and(asked) {
            let separator = if records.ends_with('\n') { "" } else { "\n" };
            fs::write(&path, format!("{records}{separator}{LINE}{reported}"))
                .expect("a scenario can be written");
            continue;
        }
        wrong.push(format!(
            "{check}/{file}\n  expected:\n{expected}  reported:\n{reported}"
        ));
    }
    assert!(
        wrong.is_empty(),
        "{} scenarios differ\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn every_check_fires_keeps_silent_and_decides_a_doubtful_case_in_its_scenarios() {
    let all = scenarios();
    let mut missing = Vec::new();
    for check in CHECKS {
        let folder = check.id.to_lowercase();
        for kind in ["firing", "silent", "ambiguous"] {
            let mut files = all
                .iter()
                .filter(|((of, file), _)| *of == folder && file.starts_with(kind));
            let first = files.next();
            if first.is_none() {
                missing.push(format!("{folder} has no {kind} scenario"));
            }
            let says = |path: &Path| {
                let text = fs::read_to_string(path).expect("a scenario can be read");
                split(&text)
                    .1
                    .lines()
                    .any(|line| line.starts_with(check.id))
            };
            for (_, path) in first.into_iter().chain(files) {
                let wanted = match kind {
                    "firing" => Some(true),
                    "silent" => Some(false),
                    _ => None,
                };
                if wanted.is_some_and(|wanted| says(path) != wanted) {
                    missing.push(format!("{}: is not {kind}", path.display()));
                }
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn every_scenario_file_belongs_to_a_check_and_has_a_report() {
    let mut wrong = Vec::new();
    for ((check, file), path) in scenarios() {
        let known = CHECKS.iter().any(|one| one.id.to_lowercase() == check);
        let kind = ["firing", "silent", "ambiguous"]
            .iter()
            .any(|kind| file.starts_with(kind));
        let text = fs::read_to_string(&path).unwrap_or_default();
        if !known || !kind || !file.ends_with(".txt") || split(&text).1.is_empty() {
            wrong.push(format!("{check}/{file}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "not read as scenarios: {}",
        wrong.join(", ")
    );
}

#[test]
fn documents_whose_totals_agree_are_told_by_what_is_counted_of_them() {
    let text = include_str!("../checks/r19_amount_other/scenarios/firing_counted_otherwise.txt");
    let outcome = outcome(split(text).0).unwrap();
    let what = &outcome.findings[0].what;
    let counted = "are both 5,000.00, and Procore counts 1,000.00 more as cost on job 1";
    assert!(what.ends_with(counted), "{what}");
}

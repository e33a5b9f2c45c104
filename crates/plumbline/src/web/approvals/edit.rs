//! Changing the draft of a bill, an invoice or an entry.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form as Sent, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use gate::digest::Digest;
use gate::proposal::Proposal;

use super::{decider, to};
use crate::approvals::edit::{self, Flaw, Line, Names, NotEdited, Sheet};
use crate::web::error::{AppError, page as rendered};
use crate::web::format;
use crate::web::house::House;
use crate::web::shell::{Asked, Place, Shell};
use crate::web::visitor::Visitor;

/// So many names of a kind are offered; every other one can be written.
const OFFERED: usize = 400;

/// The sheet with everything that can be changed.
#[derive(Debug, Template)]
#[template(path = "approvals/edit.html")]
pub struct EditPage {
    /// What stands around it.
    pub shell: Shell,
    /// The proposal's page and its sentence.
    pub of: (String, String),
    /// The digest of what is changed.
    pub digest: String,
    /// What is on it.
    pub sheet: Sheet,
    /// What is wrong with it.
    pub flaws: Vec<Flaw>,
    /// Names to choose from, by the name of their list.
    pub offered: Vec<(&'static str, Vec<String>)>,
}

/// Whether a person can change this draft.
pub(super) fn is_editable(proposal: &Proposal) -> bool {
    edit::editable(proposal).is_some()
}

/// `GET /approvals/{id}/edit`
///
/// # Errors
/// When it cannot be changed; when the store cannot be read.
pub async fn page(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, AppError> {
    let asked = Asked::gather(&house, visitor).await?;
    let names = asked.tenant.names().await?;
    let (proposal, mut sheet) = opened(&asked, &id, &names).await?;
    let another = sheet.another();
    sheet.lines.push(another);
    let digest = proposal.digest().to_string();
    rendered(&EditPage::new(
        &asked,
        &proposal,
        digest,
        (sheet, Vec::new()),
        &names,
    ))
}

async fn opened(asked: &Asked, id: &str, names: &Names) -> Result<(Proposal, Sheet), AppError> {
    let desk = asked.desk().await?;
    let (store, scope) = (asked.tenant.store(), asked.tenant.scope());
    store::proposals::proposal(store, scope, id)
        .await?
        .ok_or(AppError::NotFound)?;
    edit::open(&desk, id, names)
        .await?
        .ok_or_else(|| AppError::Conflict(NotEdited::NotEditable.to_string()))
}

/// `POST /approvals/{id}/edit`
///
/// # Errors
/// When it cannot be changed any more; when the store fails. What is wrong with the sheet is told on
/// the page, with everything that was written.
pub async fn save(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Sent(sent): Sent<Vec<(String, String)>>,
) -> Result<Response, AppError> {
    let asked = Asked::gather(&house, visitor).await?;
    let sheet = sheet_of(&sent);
    let text = sent.iter().find(|(name, _)| name == "digest");
    let shown = text.and_then(|(_, text)| Digest::from_text(text));
    let shown = shown.ok_or_else(|| AppError::Conflict(NotEdited::Changed.to_string()))?;
    let (desk, decider) = (asked.desk().await?, decider(&asked));
    let flaws = match edit::edit(&desk, &decider, (&id, shown), &sheet).await {
        Ok(()) => return Ok(to(&format!("/approvals/{id}?done=edited"))),
        Err(NotEdited::Flawed(flaws)) => flaws,
        Err(error @ (NotEdited::Same | NotEdited::NoRequest(_))) => vec![Flaw {
            line: None,
            text: error.to_string(),
        }],
        Err(NotEdited::Store(error)) => return Err(error.into()),
        Err(error) => return Err(AppError::Conflict(error.to_string())),
    };
    let names = asked.tenant.names().await?;
    let (proposal, _) = opened(&asked, &id, &names).await?;
    let page = EditPage::new(&asked, &proposal, shown.to_string(), (sheet, flaws), &names);
    Ok((StatusCode::UNPROCESSABLE_ENTITY, rendered(&page)?).into_response())
}

/// The sheet as it was sent: each value under its name and the number of its line.
fn sheet_of(sent: &[(String, String)]) -> Sheet {
    let mut sheet = Sheet::default();
    for (name, value) in sent {
        let value = value.clone();
        match name.as_str() {
            "number" => sheet.number = value,
            "date" => sheet.date = value,
            "due" => sheet.due = Some(value),
            name => {
                let Some((name, at)) = name.split_once('-') else {
                    continue;
                };
                let Some(at) = at.parse::<usize>().ok().filter(|at| *at < LINES_READ) else {
                    continue;
                };
                if sheet.lines.len() <= at {
                    sheet.lines.resize_with(at + 1, Line::default);
                }
                let line = &mut sheet.lines[at];
                match name {
                    "side" => line.side = Some(value),
                    "amount" => line.amount = value,
                    "coding" => line.coding = value,
                    "on" => line.on = value,
                    "job" => line.job = Some(value),
                    "class" => line.class = value,
                    "description" => line.description = value,
                    _ => {}
                }
            }
        }
    }
    sheet
}

/// Lines beyond this are not read; the sheet refuses fewer already.
const LINES_READ: usize = 1_000;

impl EditPage {
    fn new(
        asked: &Asked,
        proposal: &Proposal,
        digest: String,
        (sheet, flaws): (Sheet, Vec<Flaw>),
        names: &Names,
    ) -> Self {
        let all = |kind| -> Vec<String> { names.all(kind, OFFERED).map(str::to_owned).collect() };
        let mut jobs = all("Customer");
        if sheet.due.is_none() {
            jobs.extend(all("Vendor"));
        }
        let sentence = &proposal.newest().draft.sentence;
        Self {
            shell: asked.shell(Place::Approvals, "Change the draft"),
            of: (
                format!("/approvals/{}", proposal.id),
                format::sentence(sentence, |_| None),
            ),
            digest,
            sheet,
            flaws,
            offered: vec![
                ("Account", all("Account")),
                ("Item", all("Item")),
                ("jobs", jobs),
                ("classes", all("Class")),
            ],
        }
    }

    /// An example for tests.
    #[must_use]
    pub fn sample() -> Self {
        let line = |amount: &str| Line {
            side: Some("Debit".to_owned()),
            amount: amount.to_owned(),
            coding: "Account".to_owned(),
            on: "Job costs:Subcontractors".to_owned(),
            job: Some("Elm Street".to_owned()),
            class: String::new(),
            description: "Framing".to_owned(),
        };
        Self {
            shell: Shell::sample(),
            of: (
                "/approvals/prp_1".to_owned(),
                "Bill 88121 is entered.".to_owned(),
            ),
            digest: "9f3c".repeat(16),
            sheet: Sheet {
                number: "88121".to_owned(),
                date: "2026-11-20".to_owned(),
                due: Some("2026-12-20".to_owned()),
                lines: vec![line("1,234.50"), line("")],
            },
            flaws: vec![Flaw {
                line: Some(1),
                text: "Write an amount, or nothing.".to_owned(),
            }],
            offered: vec![("Account", vec!["Job costs:Subcontractors".to_owned()])],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_by_their_number_and_nothing_else_is() {
        let sent: Vec<(String, String)> = [
            ("csrf", "x"),
            ("number", "7"),
            ("amount-1", "2"),
            ("amount-0", "1"),
            ("job-0", "Elm"),
            ("amount-99999999999", "3"),
            ("amount-x", "4"),
        ]
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
        let sheet = sheet_of(&sent);
        let amounts: Vec<&str> = sheet.lines.iter().map(|it| it.amount.as_str()).collect();
        assert_eq!((sheet.number.as_str(), amounts), ("7", vec!["1", "2"]));
        assert_eq!(sheet.lines[0].job.as_deref(), Some("Elm"));
        assert_eq!((&sheet.due, &sheet.lines[1].job), (&None, &None));
    }
}

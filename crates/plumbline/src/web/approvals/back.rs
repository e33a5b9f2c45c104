//! Asking for something to be taken back, and what stands in the way of it: each record in three states,
//! before it was done, as it was left, and as it is now.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use figures::source::SourceRef;
use serde_json::Value;
use store::{Store, StoreError, TenantScope, mirror};

use super::changes::{Key, flat, name_of, referred, spaced};
use super::{decider, to};
use crate::approvals::{self, Difference, How, NotTakenBack};
use crate::execute::Ledger;
use crate::web::error::{AppError, page as rendered};
use crate::web::format;
use crate::web::house::House;
use crate::web::shell::{Asked, Place, Shell};
use crate::web::signin::view::Form;
use crate::web::visitor::Visitor;

/// A value in three states; empty where there was none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreeWays {
    /// What it is the value of.
    pub what: String,
    /// Before it was done.
    pub before: String,
    /// As it was left.
    pub left: String,
    /// Now.
    pub now: String,
}

/// A record that is not as it was left.
#[derive(Debug, Clone)]
pub struct Moved {
    /// What it is called.
    pub name: String,
    /// What happened to it, in a sentence.
    pub told: &'static str,
    /// The values that differ.
    pub values: Vec<ThreeWays>,
}

/// Why something is not taken back.
#[derive(Debug, Template)]
#[template(path = "approvals/back.html")]
pub struct BackPage {
    /// What stands around it.
    pub shell: Shell,
    /// The proposal that was to be taken back: its page and its sentence.
    pub of: (String, String),
    /// Why, in a sentence.
    pub why: String,
    /// The records that are in the way.
    pub moved: Vec<Moved>,
    /// To propose another document.
    pub instead: Option<Form>,
}

/// `POST /approvals/{id}/take-back`
///
/// # Errors
/// When QuickBooks or the store cannot be read. Why it cannot be taken back is told on the page.
pub async fn exactly(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, AppError> {
    propose(&house, visitor, &id, How::Exactly).await
}

/// `POST /approvals/{id}/take-back/instead`
///
/// # Errors
/// As [`exactly`].
pub async fn instead(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, AppError> {
    propose(&house, visitor, &id, How::Instead).await
}

async fn propose(
    house: &House,
    visitor: Visitor,
    id: &str,
    how: How,
) -> Result<Response, AppError> {
    let asked = Asked::gather(house, visitor).await?;
    let (desk, decider) = (asked.desk().await?, decider(&asked));
    let ledger = Ledger::open(&desk)
        .await
        .map_err(|error| AppError::Conflict(error.to_string()))?;
    let why = match approvals::take_back(&desk, &ledger, &decider, (id, how)).await? {
        Ok(new) => return Ok(to(&format!("/approvals/{new}"))),
        Err(why) => why,
    };
    if !matches!(
        why,
        NotTakenBack::Changed(_) | NotTakenBack::Closed(_) | NotTakenBack::Reconciled(_)
    ) {
        return Err(AppError::Conflict(why.to_string()));
    }
    let (store, scope) = (asked.tenant.store(), &asked.visitor.scope);
    let stored = store::proposals::proposal(store, scope, id).await?;
    let draft = stored.ok_or(AppError::NotFound)?;
    let sentence = &draft.proposal.newest().draft.sentence;
    let differences: &[Difference] = match &why {
        NotTakenBack::Changed(all) => all,
        _ => &[],
    };
    let allows = why.allows_another() && how == How::Exactly;
    let page = BackPage {
        shell: asked.shell(Place::Approvals, "Not taken back"),
        of: (
            format!("/approvals/{id}"),
            format::sentence(sentence, |_| None),
        ),
        why: why.to_string(),
        moved: moved(store, scope, differences).await?,
        instead: allows.then(|| {
            let to = format!("/approvals/{id}/take-back/instead");
            Form::new(
                &to,
                Vec::new(),
                "Propose another document that takes it back",
            )
            .of_session(&asked.visitor.csrf)
        }),
    };
    Ok((StatusCode::CONFLICT, rendered(&page)?).into_response())
}

async fn moved(
    store: &Store,
    scope: &TenantScope,
    differences: &[Difference],
) -> Result<Vec<Moved>, StoreError> {
    let parse = |text: &Option<String>| {
        let text = text.as_deref().unwrap_or_default();
        serde_json::from_str::<Value>(text).unwrap_or_default()
    };
    let mut named: BTreeSet<SourceRef> = BTreeSet::new();
    for one in differences {
        for text in [&one.before, &one.after, &one.now] {
            named.extend(referred(&parse(text)));
        }
    }
    let mut names = BTreeMap::new();
    if let Some(newest) = mirror::cycle_as_of(store, scope, None).await? {
        for record in named {
            let text = mirror::record_as_of(store, scope, newest.number, &record).await?;
            let name = text.as_deref().and_then(name_of);
            let name = name.unwrap_or_else(|| record.id.to_string());
            names.insert(record, name);
        }
    }
    let one = |one: &Difference| {
        let states = [&one.before, &one.after, &one.now].map(parse);
        let number = states.iter().rev().find_map(|it| name_of(&it.to_string()));
        Moved {
            name: format!(
                "{} {}",
                spaced(&one.record.kind),
                number.unwrap_or_else(|| one.record.id.to_string())
            ),
            told: told(one),
            values: three_ways(&states, &names),
        }
    };
    Ok(differences.iter().map(one).collect())
}

fn told(one: &Difference) -> &'static str {
    match (&one.now, &one.after, one.is_standing) {
        (None, ..) => "It is not there any more.",
        (_, _, true) => "It was paid or linked since. What people entered is as it was left.",
        (_, None, _) => "It is only named, and was changed since. How it was is not kept.",
        _ => "It was changed since.",
    }
}

/// The values of a record that are others now than they were left.
fn three_ways(states: &[Value; 3], names: &BTreeMap<SourceRef, String>) -> Vec<ThreeWays> {
    let [before, left, now] = states.each_ref().map(|state| flat(state, names));
    if left.is_empty() {
        return Vec::new();
    }
    let keys: BTreeSet<&Key> = left.keys().chain(now.keys()).collect();
    let of =
        |values: &BTreeMap<Key, String>, key: &Key| values.get(key).cloned().unwrap_or_default();
    keys.into_iter()
        .filter(|key| left.get(key) != now.get(key))
        .map(|key| ThreeWays {
            what: key.words.clone(),
            before: of(&before, key),
            left: of(&left, key),
            now: of(&now, key),
        })
        .collect()
}

impl BackPage {
    /// An example for tests.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            shell: Shell::sample(),
            of: (
                "/approvals/prp_1".to_owned(),
                "Bill 88121 is entered.".to_owned(),
            ),
            why: "Somebody changed a record since.".to_owned(),
            moved: vec![Moved {
                name: "Bill 88121".to_owned(),
                told: "It was changed since.",
                values: vec![ThreeWays {
                    what: "Line 1, amount".to_owned(),
                    before: String::new(),
                    left: "1,234.50".to_owned(),
                    now: "1,300.00".to_owned(),
                }],
            }],
            instead: Some(
                Form::new(
                    "/approvals/prp_1/take-back/instead",
                    Vec::new(),
                    "Propose another document that takes it back",
                )
                .of_session("token"),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_moved_since_is_told_in_all_three_states() {
        let states = [
            json!({"DocNumber": "7", "TotalAmt": 10, "PrivateNote": "a"}),
            json!({"DocNumber": "7", "TotalAmt": 20, "PrivateNote": "b"}),
            json!({"DocNumber": "7", "TotalAmt": 30, "DueDate": "2026-12-01", "PrivateNote": "b"}),
        ];
        let found = three_ways(&states, &BTreeMap::new());
        let told: Vec<String> = found
            .iter()
            .map(|it| format!("{}: {} | {} | {}", it.what, it.before, it.left, it.now))
            .collect();
        assert_eq!(
            told,
            ["Due:  |  | 2026-12-01", "Total: 10.00 | 20.00 | 30.00"]
        );
        // A record that was only named has no state that was kept.
        let only_now = [json!(null), json!(null), json!({"DisplayName": "Elm"})];
        assert_eq!(three_ways(&only_now, &BTreeMap::new()), []);
    }
}

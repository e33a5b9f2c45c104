//! What the records and jobs that a result names are called, kept with the result.
//!
//! It is made when the result is published, where the books are at hand, so that a page does not read
//! the whole mirror for the few records it names. What is kept in another form, or not at all, is
//! made anew from the mirror, and is the same.

use std::collections::BTreeMap;

use figures::model::Books;
use figures::source::SourceRef;
use serde::{Deserialize, Serialize};
use store::results::{self, Cards, StoredResult};

use super::told::Told;
use crate::books::Loaded;
use crate::desk::Desk;
use crate::web::records::{self, Card};

/// The form of what is kept. Whoever changes a card, or how it writes amounts and days, counts on.
const FORM: i64 = 1;

/// Jobs and records by their names.
pub(super) struct Named {
    pub(super) jobs: Vec<JobName>,
    pub(super) cards: BTreeMap<SourceRef, Card>,
}

/// A job as people know it.
#[derive(Serialize, Deserialize)]
pub(super) struct JobName {
    pub(super) id: i64,
    pub(super) number: String,
    pub(super) name: String,
}

/// As it is kept: a record is no key of an object in JSON.
#[derive(Serialize, Deserialize)]
struct Kept {
    jobs: Vec<JobName>,
    cards: Vec<(SourceRef, Card)>,
}

impl Named {
    /// Makes it from the books.
    pub(super) fn of(books: &Books, told: &Told) -> Self {
        let projects = books.project.iter().flat_map(|books| &books.projects);
        let jobs = projects.map(|project| JobName {
            id: project.id,
            number: project.number.to_string(),
            name: project.name.to_string(),
        });
        Self {
            jobs: jobs.collect(),
            cards: records::cards(books, &told.records()),
        }
    }

    /// What was kept with a result; none when it is to be made anew.
    pub(super) async fn kept(desk: &Desk, result: &StoredResult) -> anyhow::Result<Option<Self>> {
        let body = results::cards(&desk.store, &desk.scope, result.number, FORM).await?;
        let kept = body.and_then(|body| serde_json::from_str::<Kept>(&body).ok());
        Ok(kept.map(|kept| Self {
            jobs: kept.jobs,
            cards: kept.cards.into_iter().collect(),
        }))
    }
}

/// Keeps the names with the newest result, which these books were compared for.
///
/// # Errors
/// When the store cannot be read or written.
pub async fn keep(desk: &Desk, cycle: i64, loaded: &Loaded) -> anyhow::Result<()> {
    let (store, scope) = (&desk.store, &desk.scope);
    let Some(result) = results::newest(store, scope, None).await? else {
        return Ok(());
    };
    // Another worker may have published a newer one, and keeps its names itself.
    if result.cycle != cycle {
        return Ok(());
    }
    let named = Named::of(&loaded.books, &Told::read(desk, &result).await?);
    let kept = Kept {
        jobs: named.jobs,
        cards: named.cards.into_iter().collect(),
    };
    let cards = Cards {
        result: result.number,
        form: FORM,
        body: serde_json::to_string(&kept)?,
    };
    Ok(results::keep_cards(store, scope, cards).await?)
}

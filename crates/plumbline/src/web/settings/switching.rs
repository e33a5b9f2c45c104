//! Switches and limits that are proposed to be raised: confirming, refusing and withdrawing that.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use gate::switching::Step;
use store::control::people::Colleague;
use store::control::raises::Proposal;
use store::control::raises::switching::{self, Confirming};

use super::refused;
use crate::settings::{Settings, carry_out};
use crate::web::access::Action;
use crate::web::error::AppError;
use crate::web::house::{House, Work};
use crate::web::raises::{self as proposals, Around, Page, Proposed, number};
use crate::web::shell::Asked;
use crate::web::visitor::Visitor;

const UNTRUE: &str = "The switches or limits are not any more what this proposal says they were. \
     It is void and nothing was changed. Look at them, and propose it again if it is still wanted.";

/// `POST /settings/writes/proposals/{id}/confirm`
///
/// # Errors
/// When `gate` refuses it, there is no such proposal, it is not true any more, or the store fails.
pub async fn confirm(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, AppError> {
    let number = number(&id)?;
    let asked = Asked::gather(&house, visitor).await?;
    let (control, visitor) = (house.door().control(), &asked.visitor);
    let confirming = Confirming {
        number,
        by: visitor.person_id.clone(),
        on: visitor.on,
        standing: asked.tenant.settings().await?.powers(),
    };
    let confirmed = switching::confirm(control, &visitor.scope, confirming, asked.now)
        .await
        .map_err(refused)?;
    let Some(steps) = confirmed else {
        return Err(AppError::Conflict(UNTRUE.to_owned()));
    };
    let ended = make(&house, &asked, &steps).await?;
    Ok(super::back(if ended { &[super::ENDED] } else { &[] }))
}

/// `POST /settings/writes/proposals/{id}/refuse`
///
/// # Errors
/// When there is no such proposal of another owner, or the store fails.
pub async fn refuse(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, AppError> {
    proposals::refuse(&house, &visitor, &id).await?;
    Ok(super::back(&[]))
}

/// `POST /settings/writes/proposals/{id}/withdraw`
///
/// # Errors
/// When there is no such proposal of this person, or the store fails.
pub async fn withdraw(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, AppError> {
    proposals::withdraw(&house, &visitor, &id).await?;
    Ok(super::back(&[]))
}

/// Carries out steps that nobody has to confirm any more; says as [`settle`] what that ended.
pub(super) async fn make(house: &House, asked: &Asked, steps: &[Step]) -> Result<bool, AppError> {
    let (store, scope) = (asked.tenant.store(), &asked.visitor.scope);
    match carry_out(store, scope, steps, asked.now).await? {
        Some(settings) => settle(house, asked, &settings).await,
        None => Err(AppError::Conflict(UNTRUE.to_owned())),
    }
}

/// What follows once the settings are others: the pages show it, the books are read, and what was
/// proposed and is not true any more ends. Says whether any proposal did.
pub(super) async fn settle(
    house: &House,
    asked: &Asked,
    settings: &Settings,
) -> Result<bool, AppError> {
    let (scope, by) = (&asked.visitor.scope, &asked.visitor.person_id);
    let control = house.door().control();
    let ended = switching::void_untrue(control, scope, settings.powers(), by, asked.now).await?;
    asked.tenant.refresh().await?;
    house.asked(scope, Some(Work::Read)).await;
    Ok(ended > 0)
}

/// The proposals of the page.
pub(super) fn proposed(
    asked: &Asked,
    settings: &Settings,
    (all, colleagues, is_alone): (&[Proposal], &[Colleague], bool),
) -> Vec<Proposed> {
    let around = Around {
        names: colleagues
            .iter()
            .map(|one| (one.id.clone(), one.name.clone()))
            .collect(),
        is_alone,
        may_decide: asked.visitor.may(Action::ChangeSettings),
        asked,
    };
    let powers = settings.powers();
    let here = all.iter();
    let here = here.filter(|one| Page::of(&one.about) == Page::Settings);
    here.map(|one| {
        let row = around.row(one);
        if one.is_true_of(&powers) {
            return row;
        }
        Proposed {
            waits: "void: something of it was changed meanwhile".to_owned(),
            forms: Vec::new(),
            ..row
        }
    })
    .collect()
}

//! Proposals to give somebody more: confirming, refusing and withdrawing them.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use store::control::people;
use store::control::raises::{self, Confirmed, Confirming};

use super::{INVITATION_COUNTS, back, refused, sent};
use crate::web::error::AppError;
use crate::web::house::House;
use crate::web::raises::{self as proposals, number};
use crate::web::visitor::Visitor;

/// `POST /people/proposals/{id}/confirm`
///
/// # Errors
/// When `gate` refuses it, there is no such proposal, or the store or the machine fails.
pub async fn confirm(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, AppError> {
    let (door, number) = (house.door(), number(&id)?);
    let (now, token) = (door.now(), door.token()?);
    let confirming = Confirming {
        number,
        by: visitor.person_id.clone(),
        on: visitor.on,
        invitation_id: door.id("inv")?,
        token: token.clone(),
        expires_at: now + INVITATION_COUNTS,
    };
    let confirmed = raises::confirm(door.control(), &visitor.scope, confirming, now)
        .await
        .map_err(refused)?;
    match confirmed {
        Confirmed::Given { .. } => Ok(back()),
        Confirmed::Invited { mail, name, by } => {
            let all = people::colleagues(door.control(), &visitor.scope).await?;
            let inviter = all.into_iter().find(|one| one.id == by);
            let inviter = inviter.map_or_else(|| visitor.name.clone(), |one| one.name);
            sent(&house, &visitor, (&mail, &name), &inviter, &token)
        }
    }
}

/// `POST /people/proposals/{id}/refuse`
///
/// # Errors
/// When there is no such proposal of another owner, or the store fails.
pub async fn refuse(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, AppError> {
    proposals::refuse(&house, &visitor, &id).await?;
    Ok(back())
}

/// `POST /people/proposals/{id}/withdraw`
///
/// # Errors
/// When there is no such proposal of this person, or the store fails.
pub async fn withdraw(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, AppError> {
    proposals::withdraw(&house, &visitor, &id).await?;
    Ok(back())
}

//! Today: what needs you, in order; what changed; whether the books tie.

mod view;

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

pub use view::{Change, Headline, TodayPage, Todo};
pub(crate) use view::{changes, headlines, sentence, todo};

use super::error::{AppError, page as rendered};
use super::house::House;
use super::shell::{Asked, Place};
use super::visitor::Visitor;

/// The page.
///
/// # Errors
/// When the store cannot be read.
pub async fn page(State(house): State<Arc<House>>, visitor: Visitor) -> Result<Response, AppError> {
    let asked = Asked::gather(&house, visitor).await?;
    let shell = asked.shell(Place::Today, "Today");
    let progress = asked.tenant.progress();
    rendered(&TodayPage::new(shell, &asked.view, &progress, asked.now))
}

//! Taking everything along, and having the company erased.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::Form as Sent;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};
use futures_util::stream;
use gate::roles::{Action, Role};
use serde::Deserialize;
use store::control::erasures::{self, Asking, Pending};
use store::control::people;
use store::transfer::{Destination, export};
use store::{TenantScope, audit};
use tokio::sync::mpsc;

use super::{refused, tell};
use crate::mail::one_line;
use crate::web::error::AppError;
use crate::web::house::House;
use crate::web::notices;
use crate::web::shell::Asked;
use crate::web::signin::view::{Field, Form};
use crate::web::visitor::Visitor;

/// So much is sent at once.
const PART: usize = 64 * 1_024;
/// So many parts wait for whoever takes them along.
const PARTS: usize = 4;
/// Whoever takes nothing for so long has gone away; nobody else waits for them.
const PATIENCE: Duration = Duration::from_secs(30);

/// `POST /settings/export`: every row but secrets, as of one moment. It is an entry of the audit
/// before the first byte.
///
/// # Errors
/// When the store cannot be read, or cannot note that the copy was taken.
pub async fn take_along(
    State(house): State<Arc<House>>,
    visitor: Visitor,
) -> Result<Response, AppError> {
    let asked = Asked::gather(&house, visitor).await?;
    let (store, scope) = (asked.tenant.store().clone(), asked.visitor.scope.clone());
    let action = audit::Action::TakenAlong;
    audit::note(&store, &scope, action, "every row but secrets", asked.now).await?;
    let (sender, mut parts) = mpsc::channel(PARTS);
    let name = asked.visitor.session()?.tenant_name.clone();
    let file = format!("attachment; filename=\"{}.jsonl\"", scope.tenant_id());
    tokio::spawn(async move {
        let out = Parts {
            sender: sender.clone(),
            begun: Vec::with_capacity(PART),
        };
        if let Err(error) = export(&store, &scope, &name, out).await {
            tracing::warn!(%error, "a copy of a tenant was not taken along to its end");
            // A download that breaks off must not look like a whole one.
            drop(sender.send(Err(io::Error::other("cut off"))).await);
        }
    });
    let parts = stream::poll_fn(move |context| parts.poll_recv(context));
    let headers = [
        (
            CONTENT_TYPE,
            "application/x-ndjson; charset=utf-8".to_owned(),
        ),
        (CONTENT_DISPOSITION, file),
    ];
    Ok((headers, Body::from_stream(parts)).into_response())
}

/// Sends an export in parts, as fast as they are taken.
struct Parts {
    sender: mpsc::Sender<io::Result<Bytes>>,
    begun: Vec<u8>,
}

impl Parts {
    async fn send(&mut self) -> io::Result<()> {
        let part = Bytes::from(std::mem::replace(&mut self.begun, Vec::with_capacity(PART)));
        let sent = tokio::time::timeout(PATIENCE, self.sender.send(Ok(part))).await;
        match sent {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }
}

impl Destination for Parts {
    async fn take(&mut self, bytes: Vec<u8>) -> io::Result<()> {
        self.begun.extend(bytes);
        if self.begun.len() >= PART {
            self.send().await?;
        }
        Ok(())
    }

    async fn end(&mut self) -> io::Result<()> {
        self.send().await
    }
}

/// What a person sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct EraseForm {
    name: String,
    reason: String,
}

fn back() -> Response {
    Redirect::to("/settings").into_response()
}

/// `POST /settings/erase`
///
/// # Errors
/// When `gate` refuses it, the name is another, or the store fails.
pub async fn ask(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Sent(sent): Sent<EraseForm>,
) -> Result<Response, AppError> {
    let asked = Asked::gather(&house, visitor).await?;
    let (door, visitor) = (house.door(), &asked.visitor);
    let asking = Asking {
        by: visitor.person_id.clone(),
        name: sent.name,
        reason: sent.reason.clone(),
        on: visitor.on,
    };
    let due_at = erasures::ask(door.control(), &visitor.scope, asking, asked.now)
        .await
        .map_err(refused)?;
    let due = due_at.to_zoned(asked.view.zone.clone());
    let text = format!(
        "{} asked for {} to be erased from Plumbline: {}.\n\nIt will be erased on {}. Until then any \
         owner can take it back under Settings:\n{}\n",
        one_line(&visitor.name),
        one_line(&visitor.session()?.tenant_name),
        one_line(sent.reason.trim_end_matches(['.', ' '])),
        due.strftime("%B %-d, %Y, %-I:%M %P %Z"),
        door.link("/settings"),
    );
    let subject = "Your company will be erased from Plumbline";
    tell_owners_and_leads(&house, &visitor.scope, subject, &text).await?;
    Ok(back())
}

/// `POST /settings/erase/withdraw`
///
/// # Errors
/// When nobody asked for it, or the store fails.
pub async fn withdraw(
    State(house): State<Arc<House>>,
    visitor: Visitor,
) -> Result<Response, AppError> {
    let asked = Asked::gather(&house, visitor).await?;
    let (door, visitor) = (house.door(), &asked.visitor);
    let (scope, by) = (&visitor.scope, &visitor.person_id);
    erasures::withdraw(door.control(), scope, by, visitor.on, asked.now)
        .await
        .map_err(refused)?;
    let text = format!(
        "{} took it back: {} stays in Plumbline.\n",
        one_line(&visitor.name),
        one_line(&visitor.session()?.tenant_name),
    );
    let subject = "Your company stays in Plumbline";
    tell_owners_and_leads(&house, scope, subject, &text).await?;
    Ok(back())
}

async fn tell_owners_and_leads(
    house: &House,
    scope: &TenantScope,
    subject: &str,
    text: &str,
) -> Result<(), AppError> {
    let all = people::colleagues(house.door().control(), scope).await?;
    let decide = all.iter().filter(|one| {
        let mut grants = one.grants.all();
        grants.any(|grant| matches!(grant.role, Role::Owner | Role::Lead(_)))
    });
    tell(house, decide, subject, text)
}

/// The part of the page about it.
#[derive(Debug, Template)]
#[template(path = "settings/leaving_partial.html")]
pub struct LeavingPart {
    /// The company's name, which erasing asks for.
    pub name: String,
    /// To take everything along.
    pub take_along: Form,
    /// To have it erased; nothing when that was asked for already.
    pub erase: Option<Form>,
    /// When it is erased, who asked and why; and the form to take it back.
    pub pending: Option<(String, String, Form)>,
}

impl LeavingPart {
    pub(super) fn new(asked: &Asked, pending: Option<&Pending>) -> Option<Self> {
        let visitor = &asked.visitor;
        if !visitor.may(Action::TakeEverything) || !visitor.may(Action::EraseCompany) {
            return None;
        }
        let form = |to: &str, fields, button, prefix: &str| {
            Form::new(to, fields, button)
                .of_session(&visitor.csrf)
                .one_of_many(prefix)
        };
        let take_along = form(
            "/settings/export",
            Vec::new(),
            "Take everything with you",
            "take-",
        );
        let erase = pending.is_none().then(|| {
            let mut name = Field::text("name", "The name of the company", "");
            name.autocomplete = Some("off");
            let mut reason = Field::text("reason", "Why it is erased", "");
            reason.hint = Some("Owners and leads are told, and it stays with the proof.");
            form(
                "/settings/erase",
                vec![name, reason],
                "Erase this company in 24 hours",
                "erase-",
            )
        });
        let pending = pending.map(|pending| {
            let due = notices::when(pending.due_at, asked.now, &asked.view.zone);
            let form = form(
                "/settings/erase/withdraw",
                Vec::new(),
                "Do not erase it",
                "stay-",
            );
            let why = format!("{} asked for it: {}", pending.name, pending.reason);
            (due, why, form)
        });
        let session = visitor.session().ok()?;
        Some(Self {
            name: session.tenant_name.clone(),
            take_along,
            erase,
            pending,
        })
    }

    /// An example for tests.
    #[must_use]
    pub fn sample() -> Self {
        let form = |to: &str, prefix: &str| {
            Form::new(to, Vec::new(), "Do it")
                .of_session("token")
                .one_of_many(prefix)
        };
        Self {
            name: "Ridgeline Builders LLC".to_owned(),
            take_along: form("/settings/export", "take-"),
            erase: Some(form("/settings/erase", "erase-")),
            pending: Some((
                "on Nov 24, 4:10 pm".to_owned(),
                "Dana Whitfield asked for it: The business was sold.".to_owned(),
                form("/settings/erase/withdraw", "stay-"),
            )),
        }
    }
}

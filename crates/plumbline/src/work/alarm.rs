//! The letter that does not wait for the morning: nobody can tell whether something was written to
//! QuickBooks.
//!
//! It goes once, when sight of a request is lost, to the department's leads and the owners. It says
//! what to look at and decides nothing.

use gate::proposal::{Proposal, State};
use gate::roles::Role;
use store::control::people::{self, Colleague};
use store::proposals;

use super::digest::Post;
use crate::desk::Desk;
use crate::mail::{Letter, one_line};

/// Whether it is not known what became of a proposal.
///
/// # Errors
/// When the store cannot be read.
pub(super) async fn is_out_of_sight(desk: &Desk, id: &str) -> anyhow::Result<bool> {
    let stored = proposals::proposal(&desk.store, &desk.scope, id).await?;
    let state = stored.map(|one| one.proposal.state);
    Ok(matches!(state, Some(State::OutcomeUnknown { .. })))
}

/// Tells whoever has to look. Who cannot be reached finds it on the page and in the daily letter.
///
/// # Errors
/// When the store cannot be read.
pub(super) async fn tell(desk: &Desk, post: &Post, id: &str) -> anyhow::Result<()> {
    let Some(stored) = proposals::proposal(&desk.store, &desk.scope, id).await? else {
        return Ok(());
    };
    let (control, on) = (desk.installation.control(), desk.today()?);
    let department = stored.proposal.newest().draft.department;
    let concerns = |one: &Colleague| {
        let mut roles = one.grants.in_force(on).map(|grant| grant.role);
        roles.any(|role| role == Role::Owner || role == Role::Lead(department))
    };
    let everybody = people::colleagues(control, &desk.scope).await?;
    for reader in everybody.into_iter().filter(concerns) {
        let person = reader.id.clone();
        let letter = letter(&stored.proposal, reader, post.origin.as_deref());
        if let Err(error) = post.mailer.send(letter, desk.clock.now()).await {
            tracing::error!(%error, person, "a letter about an unknown outcome was not sent");
        }
    }
    Ok(())
}

fn letter(proposal: &Proposal, reader: Colleague, origin: Option<&str>) -> Letter {
    let link = origin.map_or_else(
        || "Open Plumbline, and in it Approvals.".to_owned(),
        |origin| format!("{origin}/approvals/{}", proposal.id),
    );
    let text = format!(
        "QuickBooks did not answer, so it is not known yet whether this was done:\n\n    {}\n\n\
         Plumbline looks again by itself and sends nothing blindly. Do not enter it by hand before \
         the page says that it was not done.\n\n{link}\n",
        one_line(&proposal.newest().draft.sentence)
    );
    Letter {
        to: reader.mail,
        name: reader.name,
        subject: "Not known yet whether something was written to QuickBooks".to_owned(),
        text,
        html: None,
        id: format!(
            "unknown.{}.{}.{}",
            proposal.tenant_id, proposal.id, reader.id
        ),
    }
}

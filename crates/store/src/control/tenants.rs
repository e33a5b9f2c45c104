//! The tenants of an installation and where each stands.
//!
//! A tenant's row is written before its key and its file, and says so until both are there: what a
//! crash leaves half-made is found and finished, or removed, at the next opening.

use jiff::Timestamp;

use super::{Control, ControlTx};
use crate::mirror::{moment, read_moment};
use crate::sql::query;
use crate::{StoreError, TenantScope};

/// A tenant as the installation knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Its id, such as `tnt_01933f…`.
    pub id: String,
    /// The name that people read; empty once it is erased.
    pub name: String,
    /// Where it stands.
    pub state: TenantState,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its state last changed.
    pub changed_at: Timestamp,
}

/// Where a tenant stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TenantState {
    /// Its key or file is not there yet. Nothing was promised to anybody.
    Preparing,
    /// In use.
    Active,
    /// Nothing of it is opened until somebody lifts it.
    Suspended,
    /// Being erased; this is not taken back.
    Erasing,
    /// Its keys and data are gone. The row stays as evidence, and so that the id is not used again.
    Erased,
}

const STATES: [(TenantState, &str); 5] = [
    (TenantState::Preparing, "preparing"),
    (TenantState::Active, "active"),
    (TenantState::Suspended, "suspended"),
    (TenantState::Erasing, "erasing"),
    (TenantState::Erased, "erased"),
];

impl TenantState {
    /// The state with this word, if there is one.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        let found = STATES.iter().find(|(_, known)| *known == name);
        found.map(|(state, _)| *state)
    }

    /// The word for it, such as `active`.
    #[must_use]
    pub fn name(self) -> &'static str {
        STATES
            .iter()
            .find(|(state, _)| *state == self)
            .map_or("", |(_, name)| name)
    }
}

type Row = (String, String, String, String, String);

fn tenant_from((id, name, state, created_at, changed_at): Row) -> Result<Tenant, StoreError> {
    let state = TenantState::from_name(&state).ok_or(StoreError::Unreadable { what: "tenant" })?;
    Ok(Tenant {
        id,
        name,
        state,
        created_at: read_moment(&created_at)?,
        changed_at: read_moment(&changed_at)?,
    })
}

/// Every tenant in the order in which they were created, the erased ones too.
///
/// # Errors
/// When the control data cannot be read.
pub async fn tenants(control: &Control) -> Result<Vec<Tenant>, StoreError> {
    control
        .read(|mut tx| {
            Box::pin(async move {
                let rows: Vec<Row> = query(
                    "SELECT tenant_id, name, state, created_at, changed_at FROM tenant
                     ORDER BY created_at, tenant_id",
                )
                .rows(tx.connection())
                .await?;
                rows.into_iter().map(tenant_from).collect()
            })
        })
        .await
}

/// One tenant by its id.
///
/// # Errors
/// When the control data cannot be read.
pub async fn tenant(control: &Control, id: &str) -> Result<Option<Tenant>, StoreError> {
    let id = id.to_owned();
    control
        .read(move |mut tx| {
            Box::pin(async move {
                let row: Option<Row> = query(
                    "SELECT tenant_id, name, state, created_at, changed_at FROM tenant
                     WHERE tenant_id = $1",
                )
                .bind(id)
                .row_if_any(tx.connection())
                .await?;
                row.map(tenant_from).transpose()
            })
        })
        .await
}

/// Writes the row of a tenant that is about to be made.
pub(crate) async fn add(
    control: &Control,
    id: &str,
    name: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (id, name) = (id.to_owned(), name.to_owned());
    control
        .tx(move |mut tx| {
            Box::pin(async move {
                query(
                    "INSERT INTO tenant (tenant_id, name, state, created_at, changed_at)
                     VALUES ($1, $2, 'preparing', $3, $3)",
                )
                .bind(id)
                .bind(name)
                .bind(moment(now))
                .execute(tx.connection())
                .await?;
                Ok(())
            })
        })
        .await
}

/// Moves a tenant to another state. An erased one loses its name and stays as it is for ever.
pub(crate) async fn set_state(
    control: &Control,
    id: &str,
    state: TenantState,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (id, gone) = (id.to_owned(), id.to_owned());
    control
        .tx(move |mut tx| {
            Box::pin(async move {
                let changed = query(
                    "UPDATE tenant SET state = $2, changed_at = $3,
                         name = CASE $2 WHEN 'erased' THEN '' ELSE name END
                     WHERE tenant_id = $1 AND state <> 'erased'
                       AND (state <> 'erasing' OR $2 = 'erased')",
                )
                .bind(id)
                .bind(state.name())
                .bind(moment(now))
                .execute(tx.connection())
                .await?;
                if changed == 0 {
                    return Err(StoreError::UnknownTenant);
                }
                if state == TenantState::Erased {
                    forget_all(&mut tx, &gone).await?;
                }
                Ok(())
            })
        })
        .await
}

/// Closes a tenant whose erasure is due and was not taken back; says whether it is.
pub(crate) async fn begin_erasing(
    control: &Control,
    scope: &TenantScope,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let tenant_id = scope.tenant_id().to_owned();
    control
        .tx(move |mut tx| {
            Box::pin(async move {
                let closed = query(
                    "UPDATE tenant SET state = 'erasing', changed_at = $2
                     WHERE tenant_id = $1 AND state = 'active'
                       AND EXISTS (SELECT 1 FROM erasure_request e
                                   WHERE e.tenant_id = $1 AND e.ended_at IS NULL
                                     AND e.due_at <= $2)",
                )
                .bind(tenant_id)
                .bind(moment(now))
                .execute(tx.connection())
                .await?;
                Ok(closed == 1)
            })
        })
        .await
}

/// Removes what the control data knows of a tenant that is gone, in an order in which nothing is
/// left that refers to what went. A person who belongs to no other company goes with it.
pub(crate) const FORGET: [&str; 13] = [
    "DELETE FROM agenda WHERE tenant_id = $1",
    "DELETE FROM company WHERE tenant_id = $1",
    "DELETE FROM procore_hook WHERE tenant_id = $1",
    "DELETE FROM digest_choice WHERE tenant_id = $1",
    "DELETE FROM digest_letter WHERE tenant_id = $1",
    "DELETE FROM session WHERE tenant_id = $1",
    "DELETE FROM api_token WHERE tenant_id = $1",
    "DELETE FROM invitation WHERE tenant_id = $1",
    "DELETE FROM proposed_raise WHERE tenant_id = $1",
    "DELETE FROM sole_approver WHERE tenant_id = $1",
    "DELETE FROM erasure_request WHERE tenant_id = $1",
    "DELETE FROM role_grant WHERE tenant_id = $1",
    "DELETE FROM membership WHERE tenant_id = $1",
];

/// Removes people who belong, and belonged, to no company any more.
pub(crate) const FORGET_PEOPLE: [&str; 3] = [
    "DELETE FROM recovery_code
     WHERE person_id NOT IN (SELECT person_id FROM membership)",
    "DELETE FROM password_reset
     WHERE person_id NOT IN (SELECT person_id FROM membership)",
    "DELETE FROM person
     WHERE person_id NOT IN (SELECT person_id FROM membership)",
];

async fn forget_all(tx: &mut ControlTx<'_>, tenant_id: &str) -> Result<(), StoreError> {
    for statement in FORGET {
        query(statement)
            .bind(tenant_id)
            .execute(tx.connection())
            .await?;
    }
    for statement in FORGET_PEOPLE {
        query(statement).execute(tx.connection()).await?;
    }
    Ok(())
}

/// Removes the row of a tenant that was never finished.
pub(crate) async fn forget(control: &Control, id: &str) -> Result<(), StoreError> {
    let id = id.to_owned();
    control
        .tx(move |mut tx| {
            Box::pin(async move {
                query("DELETE FROM tenant WHERE tenant_id = $1 AND state = 'preparing'")
                    .bind(id)
                    .execute(tx.connection())
                    .await?;
                Ok(())
            })
        })
        .await
}

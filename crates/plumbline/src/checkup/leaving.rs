//! Companies that were to be erased and are not.

use jiff::{SignedDuration, Timestamp};
use store::Installation;
use store::control::{TenantState, erasures as asked};

/// A worker looks at every tenant far more often.
const LATE: SignedDuration = SignedDuration::from_hours(1);

/// Tenants whose erasure began and did not end, and those for which it is due and nobody begins.
///
/// # Errors
/// When the installation cannot be read.
pub async fn erasures(installation: &Installation, now: Timestamp) -> anyhow::Result<Vec<String>> {
    let rights = if installation.is_on_a_server() {
        ", with the address of an administrator in PLUMBLINE_DATABASE_ADMIN_URL"
    } else {
        ""
    };
    let mut found = Vec::new();
    for tenant in installation.tenants().await? {
        let id = &tenant.id;
        let erase = format!("run `plumbline tenant erase {id} --confirm {id}`{rights}");
        match tenant.state {
            TenantState::Erasing => found.push(format!(
                "Tenant {id} was closed for good on {:.0} to be erased, and that did not end. To \
                 finish it, {erase}.",
                tenant.changed_at
            )),
            TenantState::Active | TenantState::Suspended => {
                let asked = asked::asked_of(installation.control(), id).await?;
                let due = asked.map(|asked| asked.due_at);
                let Some(due) = due.filter(|due| now.duration_since(*due) >= LATE) else {
                    continue;
                };
                let why = if tenant.state == TenantState::Suspended {
                    "no process erases a tenant that is suspended. Resume it, or"
                } else {
                    "no process works on it. Keep `plumbline serve` or `plumbline work` running, or"
                };
                found.push(format!(
                    "Tenant {id} was to be erased on {due:.0}, as an owner asked, and {why} {erase}."
                ));
            }
            TenantState::Preparing | TenantState::Erased => {}
        }
    }
    Ok(found)
}

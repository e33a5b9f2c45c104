//! Whose data a call may touch.

use std::fmt;
use std::sync::Arc;

/// The proof that a caller may touch one tenant's data. Every function of the store asks for it.
///
/// It cannot be built from text. The store makes it: for the operator who may open the file, for
/// whoever a session proves, and for the tenant that an announcement or a job belongs to.
#[derive(Clone)]
pub struct TenantScope {
    tenant_id: String,
    actor: Option<Arc<str>>,
}

impl TenantScope {
    pub(crate) fn new(tenant_id: String) -> Self {
        Self {
            tenant_id,
            actor: None,
        }
    }

    /// The same on behalf of a person, whose id stands beside what is then done.
    #[must_use]
    pub fn by(mut self, person_id: &str) -> Self {
        self.actor = Some(Arc::from(person_id));
        self
    }

    pub(crate) fn actor(&self) -> Option<Arc<str>> {
        self.actor.clone()
    }

    /// The tenant's id, such as `tnt_01933f…`.
    #[must_use]
    pub fn tenant_id(&self) -> &str {
        &self.tenant_id
    }
}

/// Scopes are equal that open the same tenant, whoever acts.
impl PartialEq for TenantScope {
    fn eq(&self, other: &Self) -> bool {
        self.tenant_id == other.tenant_id
    }
}

impl Eq for TenantScope {}

impl fmt::Debug for TenantScope {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "TenantScope({})", self.tenant_id)
    }
}

//! Whose data a call may touch.

use std::fmt;

/// The proof that a caller may touch one tenant's data. Every function of the store asks for it.
///
/// It cannot be built from text. The store makes it: for the operator who may open the file, for
/// whoever a session proves, and for the tenant that an announcement or a job belongs to.
#[derive(Clone, PartialEq, Eq)]
pub struct TenantScope {
    tenant_id: String,
}

impl TenantScope {
    pub(crate) fn new(tenant_id: String) -> Self {
        Self { tenant_id }
    }

    /// The tenant's id, such as `tnt_01933f…`.
    #[must_use]
    pub fn tenant_id(&self) -> &str {
        &self.tenant_id
    }
}

impl fmt::Debug for TenantScope {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "TenantScope({})", self.tenant_id)
    }
}

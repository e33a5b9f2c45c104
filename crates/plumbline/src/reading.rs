//! Reading a vendor into the mirror.

/// The name under which a cycle remembers that a whole system could not be read, and why.
pub const CONNECTION: &str = "connection";

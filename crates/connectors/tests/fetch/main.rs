//! Reading from the vendors: whole worlds, every fault, and companies that page badly.

#![expect(
    clippy::unwrap_used,
    reason = "a test says what went wrong by panicking"
)]

mod paging;
mod procore_faults;
mod quickbooks_faults;
mod storms;
mod support;
mod whole;

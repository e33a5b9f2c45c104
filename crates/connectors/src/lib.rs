//! The edge towards the vendors: reading Procore and QuickBooks Online, live or from a snapshot.
//!
//! A vendor's JSON becomes a raw record ([`figures::source::RawRecord`]) here, and raw records
//! become books here. The crate knows no database, no agent and no screen. It reads, and it sends to
//! QuickBooks what the gate orders; Procore is never written.

pub mod fetch;
pub mod http;
pub mod meter;
pub mod oauth;
pub mod procore;
pub mod quickbooks;
pub mod reading;
pub mod snapshot;
pub mod throttle;

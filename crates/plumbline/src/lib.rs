//! The composition root: where reading, deciding and showing meet.
//!
//! Start with `cycle`, the main flow, and `execute`, the other one: `cycle` reads, `execute` acts.
//! `reading` fetches into the mirror, `books` takes books out
//! of it or out of a snapshot, `connect` and `vault` keep the connections, `cli` and `web` show.

pub mod accuracy;
pub mod again;
pub mod approvals;
pub mod bench;
pub mod books;
pub mod checkup;
pub mod cli;
pub mod connect;
pub mod cycle;
pub mod desk;
mod earlier_version;
pub mod execute;
pub mod kills;
pub mod load;
pub mod logs;
pub mod mail;
pub mod metrics;
pub mod propose;
pub mod reading;
pub mod receipts;
pub mod refused;
pub mod sandboxes;
pub mod settings;
pub mod throw_away;
pub mod together;
pub mod trials;
pub mod vault;
pub mod web;
pub mod witness;
pub mod work;

//! The worklist: what the checks found, with its life from cycle to cycle.
//!
//! [`publish()`] compares the findings of a run with the items that are open. A finding that was
//! not there is opened, one that is there again is kept, and one that had been cleared is
//! reopened. An item is cleared only when the run could prove that it is gone: as long as the
//! books it came from are incomplete, hidden or not connected, it stays.
//!
//! The worklist does not know what a finding means. It keeps its text, its id and what people
//! filter by.

mod list;
mod publish;

pub use list::{Event, EventKind, Filter, Item, ItemState, history, item, list};
pub(crate) use publish::publish_in;
pub use publish::{Proof, PublishReport, PublishedFinding, Publishing, Unproven, publish};

#[cfg(test)]
mod lifecycle_tests;

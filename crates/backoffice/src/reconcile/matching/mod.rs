//! Who is who and what is what across the two systems.
//!
//! Jobs first, then parties, then documents, each by what people decided, by links, by numbers
//! and by evidence, in that order.

pub mod decisions;
pub mod documents;
pub(crate) mod job_evidence;
pub(crate) mod job_names;
pub(crate) mod jobs;
pub(crate) mod links;
pub(crate) mod pairing;
pub(crate) mod parties;

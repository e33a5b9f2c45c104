//! QuickBooks Online: what its responses look like, how they are fetched, and what they mean.

pub mod capabilities;
pub mod client;
pub mod fetch;
pub mod normalise;
mod wire;
pub mod write;

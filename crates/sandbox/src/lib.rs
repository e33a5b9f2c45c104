//! Local Procore and QuickBooks Online servers, and the contractor whose books they hold.
//!
//! The sandbox is the independent witness: it shares no type with the product, so that an error
//! in the product's reading of a wire format cannot hide behind the same error here.

pub mod contractor;
pub mod procore;
pub mod quickbooks;
pub mod world;

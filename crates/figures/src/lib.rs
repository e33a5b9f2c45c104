//! Vocabulary and arithmetic of the books.
//!
//! Everything that is a number on a screen or in a proposal is computed here, from integers and
//! exact decimals, without a clock, a file or a network. The crate knows no vendor, no database
//! and no screen. Start with [`money`], then [`model`], then [`measure`].
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod allocation;
pub mod dates;
pub mod figure;
pub mod measure;
pub mod model;
pub mod money;
pub mod source;

pub use jiff::civil::Date;
pub use measure::Measure;
pub use money::Money;
pub use smol_str::SmolStr;

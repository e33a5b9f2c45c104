//! Permission: who may do what, and nothing else.
//!
//! The crate is pure: it knows no session, no database and no screen, and takes the day as an
//! argument. [`roles`] answers whether somebody may do something; [`changes`] whether somebody may
//! change what others may do; [`raises`] what of that takes a second person; [`alone`] what stands in
//! for that person where there is none; [`leaving`] how a company is erased. Whatever is not
//! permitted here is refused.
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )
)]

pub mod alone;
pub mod changes;
pub mod leaving;
pub mod raises;
pub mod roles;

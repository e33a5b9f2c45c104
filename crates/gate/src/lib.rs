//! Permission: who may do what, and nothing else.
//!
//! The crate is pure: it knows no session, no database and no screen, and takes the moment as an
//! argument. [`roles`] answers whether somebody may do something; [`changes`] whether somebody may
//! change what others may do; [`raises`] what of that takes a second person; [`alone`] what stands in
//! for that person where there is none; [`leaving`] how a company is erased; [`approval`] whether a
//! [`proposal`] of a [`draft`] may be carried out, and [`switches`] whether anything may be written
//! at all; [`chain`] whether the log of it is whole. Whatever is not permitted here is refused.
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

pub mod action;
pub mod alone;
pub mod approval;
pub mod chain;
pub mod changes;
pub mod digest;
pub mod draft;
pub mod leaving;
pub mod proposal;
pub mod raises;
pub mod roles;
pub mod switches;

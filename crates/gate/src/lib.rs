//! Permission: who may do what, and nothing else.
//!
//! The crate is pure: it knows no session, no database and no screen, and takes the moment as an
//! argument. [`roles`] answers whether somebody may do something; [`changes`] whether somebody may
//! change what others may do; [`raises`] what of that takes a second person; [`alone`] what stands in
//! for that person where there is none; [`leaving`] how a company is erased; [`approval`] whether a
//! [`proposal`] of a [`draft`] may be carried out, [`together`] which go at once, [`switches`] whether
//! anything may be written at all, [`switching`] what of changing them takes a second person, and
//! [`order`] what may be sent; [`inverse`] how it is taken back; [`chain`] whether the log of it is
//! whole. A [`correction`] says what is to be done before anybody knows the request. Whatever is not
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

pub mod action;
pub mod alone;
pub mod approval;
pub mod chain;
pub mod changes;
pub mod correction;
pub mod digest;
pub mod draft;
pub mod inverse;
pub mod leaving;
pub mod order;
pub mod proposal;
pub mod raises;
pub mod roles;
pub mod switches;
pub mod switching;
pub mod together;

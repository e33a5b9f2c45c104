//! Signing in: the door, the steps through it, and its pages.
//!
//! [`door`] holds what letting people in needs, [`flow`] the steps, [`pages`] what is shown.
//! [`password`], [`totp`], [`limits`] and [`cookie`] are the parts that know nothing of each other.
//! What a person may do once they are in is `gate`'s to say.

pub mod cookie;
pub mod door;
pub mod first_owner;
pub mod flow;
pub mod limits;
pub mod pages;
pub mod password;
pub mod qr;
pub mod setup;
pub mod totp;
pub mod view;

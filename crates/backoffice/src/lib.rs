//! Decisions: what the two sets of books say about each other, and what a person should do.
//!
//! Pure code. It takes books and policies and returns findings; it knows no file, no clock, no
//! database and no vendor.

pub mod reconcile;
pub mod remedy;

//! Who gets in, and what they may do once they are.

mod authority;
mod house;
pub(crate) mod mailbox;
mod pages;
mod sign_in;

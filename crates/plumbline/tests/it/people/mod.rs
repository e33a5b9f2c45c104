//! Who gets in, and what they may do once they are.

mod authority;
mod house;
mod leaving;
pub(crate) mod mailbox;
mod pages;
mod sign_in;
mod two_people;

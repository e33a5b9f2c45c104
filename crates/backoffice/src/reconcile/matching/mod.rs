//! Who is who and what is what across the two systems.

pub mod documents;

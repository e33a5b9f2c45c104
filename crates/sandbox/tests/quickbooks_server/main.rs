//! The QuickBooks sandbox over HTTP.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails where its helper finds nothing"
)]

mod client;
mod connection;
mod trouble;
mod writing;

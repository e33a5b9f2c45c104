//! The program from outside and the cycle from inside, over the sandboxes.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on stops where it is"
)]
#![expect(
    clippy::duplicate_mod,
    reason = "the tests of people run once on each engine"
)]

mod again;
mod app;
mod approving;
mod audit;
mod by_itself;
mod cards;
mod demo;
mod exit_codes;
mod export;
mod fail_closed;
mod faults;
mod kills;
mod lifecycle;
mod mirror;
mod operations;
mod people;
mod receipts;
mod serving;
mod slow_clients;
mod snapshots;
mod tenants;
mod together;
#[path = "../web/mod.rs"]
mod web;

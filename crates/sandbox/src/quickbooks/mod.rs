//! A local QuickBooks Online: the Accounting API over a real double-entry ledger.
//!
//! It answers as the vendor does, awkward habits included, because the product must survive
//! them. It must not know any type of the product. Start with [`start`]; the books live in
//! [`Company`], which can be used and tested without a server.

mod admin;
mod attachments;
mod batch;
mod cdc;
mod chaos;
mod clock;
mod company;
mod config;
mod fault;
mod gateway;
mod kind;
mod listener;
mod money;
mod oauth;
mod query;
mod reports;
mod response;
mod scripts;
mod server;
mod starter;
mod state;
mod webhooks;

pub use clock::Pace;
pub use company::{Behaviour, Company, Inconsistency, WriteOptions};
pub use config::{
    Books, CLIENT_ID, CLIENT_SECRET, Config, REALM_ID, REDIRECT_URI, Throttle, WebhookFormat,
    Webhooks,
};
pub use fault::Fault;
pub use gateway::Meter;
pub use kind::Kind;
pub use scripts::{Edit, FaultKind, FaultRule};
pub use server::{Handle, start};

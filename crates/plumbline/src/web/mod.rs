//! The web application: the screens people work in, rendered here and usable without script.
//!
//! `router` is the one list of what can be asked for, `access` decides who may, `tenant_view` is
//! what a tenant's screens read. Each screen is a folder: handlers in `mod.rs`, pure view
//! structs in `view.rs`. No SQL and no figure is made here.

pub mod access;
pub mod account;
pub mod api;
pub mod approvals;
pub mod assets;
pub mod audit;
pub mod catalogue;
pub mod connections;
pub mod error;
pub mod figures;
pub mod find;
pub mod format;
pub mod headers;
pub mod health;
pub mod hooks;
pub mod house;
mod in_time;
pub mod jobs;
pub mod links;
pub mod matches;
mod notices;
pub mod observe;
pub mod people;
pub mod progress;
pub mod raises;
pub mod records;
pub mod router;
mod scrape;
mod serve;
pub mod settings;
pub mod shell;
pub mod signin;
pub mod states;
pub mod tenant_view;
pub mod tls;
pub mod today;
pub mod visitor;
pub mod worklist;

pub use in_time::Within;
pub use scrape::serve_metrics;
pub use serve::{PATIENCE, serve};

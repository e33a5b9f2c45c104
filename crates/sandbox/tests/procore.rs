//! The Procore server as a client sees it: over HTTP, on the vendor's routes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "procore/access.rs"]
mod access;
#[path = "procore/books.rs"]
mod books;
#[path = "procore/client.rs"]
mod client;
#[path = "procore/faults.rs"]
mod faults;
#[path = "procore/files.rs"]
mod files;
#[path = "procore/oauth.rs"]
mod oauth;
#[path = "procore/paging.rs"]
mod paging;
#[path = "procore/reads.rs"]
mod reads;
#[path = "procore/webhooks.rs"]
mod webhooks;
#[path = "procore/writes.rs"]
mod writes;

//! Procore's own JavaScript client against the Procore sandbox.
//!
//! The vendor wrote it for the real service, so what it accepts we did not make up.
//! `cargo xtask` prepares its folder and names it in `PLUMBLINE_WITNESS_NODE_MODULES`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "procore/books.rs"]
mod books;

use std::path::Path;

use sandbox::procore::{Config, Level, Principal, start};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_vendors_own_client_finds_nothing_wrong() {
    let modules = std::env::var("PLUMBLINE_WITNESS_NODE_MODULES").expect(
        "PLUMBLINE_WITNESS_NODE_MODULES names the node_modules folder made from \
         crates/sandbox/witness/procore/package.json",
    );
    let config = Config {
        headless_consent: true,
        ..Config::default()
    };
    let server = start(config, Some(books::books())).await.unwrap();
    for tool in ["company_directory", "direct_costs"] {
        server.set_level(Principal::User, None, tool, Level::Admin);
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("witness")
        .join("procore")
        .join("witness.mjs");
    let output = tokio::process::Command::new("node")
        .arg(script)
        .args([server.auth_url(), server.api_url()])
        .args([books::COMPANY.to_string(), books::CLINIC.to_string()])
        .env("PLUMBLINE_WITNESS_NODE_MODULES", modules)
        .output()
        .await
        .unwrap_or_else(|error| panic!("node cannot be run: {error}"));
    let shown = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{shown}");
    assert!(shown.contains(" passed, 0 failed"), "{shown}");
    assert_eq!(server.inconsistencies(), []);
    server.shutdown().await;
}

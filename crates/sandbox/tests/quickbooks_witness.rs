//! Third-party Python clients against the QuickBooks sandbox.
//!
//! They were written against the real service by others, so what they accept we did not make up.
//! `cargo xtask` prepares their interpreter and names it in `PLUMBLINE_WITNESS_PYTHON`.

use std::path::Path;

use sandbox::quickbooks::{Config, start};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn independent_python_clients_find_nothing_wrong() {
    let python = std::env::var("PLUMBLINE_WITNESS_PYTHON").expect(
        "PLUMBLINE_WITNESS_PYTHON names the python of a virtual environment with \
         crates/sandbox/witness/quickbooks/requirements.txt installed",
    );
    let config = Config::deterministic(1);
    let server = start(config, None).await.unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("witness")
        .join("quickbooks")
        .join("witness.py");
    let output = tokio::process::Command::new(&python)
        .arg(script)
        .arg(server.base_url())
        .output()
        .await
        .unwrap_or_else(|error| panic!("{python} cannot be run: {error}"));
    let shown = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{shown}");
    assert!(shown.contains(" passed, 0 failed"), "{shown}");
    println!("{}", shown.trim());
    let realm = server.realm_id();
    let balanced = server.with_company(&realm, |company| {
        company.is_balanced()
            && company.customers_total_cents() == company.account_type_cents("Accounts Receivable")
            && company.vendors_total_cents() == -company.account_type_cents("Accounts Payable")
    });
    assert_eq!(balanced, Some(true));
    server.shutdown().await;
}

//! `plumbline`: a contractor's Procore reconciled to its QuickBooks ledger, to the cent.

use std::process::ExitCode;

fn main() -> ExitCode {
    plumbline::cli::main()
}

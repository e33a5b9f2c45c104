//! The command line: reads arguments, calls one function, shows what came of it.
//!
//! Every command gives an [`Answer`]: text for the standard output, and whether something was
//! found or refused. Notes, progress and refusals go to the standard error, so that JSON stands
//! alone. No figure is computed here.

mod answer;
mod arguments;
mod audit;
mod backup;
mod bridge;
mod connect;
mod cycle;
mod decide;
mod demo;
mod demo_people;
mod doctor;
mod export;
mod first_owner;
pub mod match_tables;
mod progress;
mod receipts;
mod reconcile;
mod sandbox;
mod serve;
mod snapshot;
mod table;
mod tenant;
mod work;
mod worklist;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

pub use answer::{Answer, Status};
use arguments::SnapshotCommand;
pub use arguments::{Arguments, Command, Format, Global};

use crate::logs;

/// Runs the program: parses the command line, does it, and says how it ended.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let level = match arguments.command {
        Command::Serve(_) => "info",
        _ => "error",
    };
    logs::begin(arguments.global.log_format, level);
    // Both vendors are called over TLS; without a provider no call can be made.
    drop(rustls::crypto::ring::default_provider().install_default());
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    let fail_on_findings = arguments.global.fail_on_findings;
    let done = runtime.block_on(async {
        let done = run(arguments).await;
        store::close_all().await;
        done
    });
    match done {
        Ok(answer) => answer.finish(fail_on_findings),
        Err(error) => failed(&error),
    }
}

/// Carries a command out.
///
/// # Errors
/// What kept it from an answer; refusals are [`crate::refused::Refused`].
pub async fn run(arguments: Arguments) -> anyhow::Result<Answer> {
    let global = arguments.global;
    match arguments.command {
        Command::Demo { once } => demo::run(&global, once).await,
        Command::Sandbox(arguments) => sandbox::run(&arguments).await,
        Command::Connect(command) => connect::run(&global, command).await,
        Command::Serve(arguments) => serve::run(&global, arguments).await,
        Command::Work(arguments) => work::run(&global, arguments).await,
        Command::Jobs { what } => work::jobs(&global, what).await,
        Command::Cycle => cycle::run(&global).await,
        Command::Reconcile => reconcile::run(&global).await,
        Command::Worklist { what } => worklist::run(&global, what.unwrap_or_default()).await,
        Command::Bridge { job, measure } => bridge::run(&global, job, measure).await,
        Command::Explain { figure } => receipts::explain(&global, &figure).await,
        Command::Replay { figure, cycle } => receipts::replay(&global, &figure, cycle).await,
        Command::Snapshot(SnapshotCommand::Export { dir }) => snapshot::export(&global, &dir).await,
        Command::Decide(command) => decide::run(&global, command).await,
        Command::Tenant(command) => tenant::run(&global, command).await,
        Command::ReplaceMasterKey { with } => tenant::replace_master_key(&global, with).await,
        Command::Database(command) => tenant::database(&global, command).await,
        Command::Audit(command) => audit::run(&global, command).await,
        Command::Doctor(arguments) => doctor::run(&global, &arguments).await,
        Command::Backup(arguments) => backup::run(&global, arguments).await,
        Command::Restore(arguments) => backup::restore(&global, arguments).await,
        Command::Match { left, right, out } => {
            let summary = match_tables::run(&left, &right, &out)?;
            Ok(Answer::text(summary.to_string()))
        }
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    let status = Status::of(error);
    // When not even the error can be told, the exit code still can.
    drop(writeln!(std::io::stderr(), "plumbline: {error:#}"));
    status.code()
}

//! The arguments of every command, with their help texts.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use figures::Date;

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  internal error: the program, its files or its disk
  2  wrong command line
  3  there are findings (only with --fail-on-findings)
  4  refused: a system is not connected, or its books are incomplete or stale;
     what is printed nevertheless is certain, what is missing is named";

/// A contractor's Procore reconciled to its QuickBooks ledger, to the cent.
#[derive(Debug, Parser)]
#[command(name = "plumbline", version, after_help = EXIT_CODES, max_term_width = 100)]
pub struct Arguments {
    /// What holds for every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options that hold for every command.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// Folder with the mirror, the connections and the worklist
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        default_value = "./plumbline-data"
    )]
    pub data: PathBuf,
    /// Read the books from a snapshot folder instead of the mirror
    #[arg(long, global = true, value_name = "DIR")]
    pub snapshot: Option<PathBuf>,
    /// The day to look at the books, such as 2026-10-31
    #[arg(long, global = true, value_name = "DATE")]
    pub as_of: Option<Date>,
    /// How to print the answer
    #[arg(long, global = true, value_enum, default_value_t = Format::Table)]
    pub format: Format,
    /// End with exit code 3 when there are findings
    #[arg(long, global = true)]
    pub fail_on_findings: bool,
}

/// How an answer is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Table,
    /// For programs: the same bytes for the same books
    Json,
    /// For spreadsheets; no cell starts a formula
    Csv,
    /// A spreadsheet file, with --out (worklist export only)
    Xlsx,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Compare the books and show findings and bridges
    Reconcile,
    /// Pair the rows of two plain tables, without any connection
    #[command(after_help = "\
Both tables have the header id,vendor,doc_no,amount_cents,date,job in any order.
The pairs are written as a_id,b_id,score,reason.")]
    Match {
        /// First table
        #[arg(value_name = "A.csv")]
        left: PathBuf,
        /// Second table
        #[arg(value_name = "B.csv")]
        right: PathBuf,
        /// Where to write the pairs
        #[arg(long, value_name = "PAIRS.csv")]
        out: PathBuf,
    },
}

//! The arguments of every command, with their help texts.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use figures::{Date, Measure};

use super::first_owner::InviteOwnerArguments;
use super::tenant::DatabaseCommand;
use crate::logs::LogFormat;
use crate::settings::Environment;

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
    /// Folder with the mirror, the connections and the worklist [default: ./plumbline-data, and
    /// ./plumbline-demo for the demo]
    #[arg(long = "data", global = true, value_name = "DIR")]
    pub folder: Option<PathBuf>,
    /// Read the books from a snapshot folder instead of the mirror
    #[arg(long, global = true, value_name = "DIR")]
    pub snapshot: Option<PathBuf>,
    /// The day to look at the books, such as 2026-10-31
    #[arg(long, global = true, value_name = "DATE")]
    pub as_of: Option<Date>,
    /// How to print the answer
    #[arg(long, global = true, value_enum, default_value_t = Format::Table)]
    pub format: Format,
    /// How lines of the log look; PLUMBLINE_LOG names the level
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// End with exit code 3 when there are findings
    #[arg(long, global = true)]
    pub fail_on_findings: bool,
}

impl Global {
    /// The data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder
            .clone()
            .unwrap_or_else(|| PathBuf::from("./plumbline-data"))
    }
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
    /// Show the whole product on a simulated contractor, on this machine only
    #[command(after_help = "\
Starts a local Procore and a local QuickBooks Online, connects to both through OAuth, reads
them, and shows the worklist and the job bridges. No network beyond this machine is used.")]
    Demo {
        /// Print and exit, keeping nothing
        #[arg(long)]
        once: bool,
    },
    /// Run a local Procore and a local QuickBooks Online until Ctrl-C
    Sandbox(SandboxArguments),
    /// Connect a system through OAuth
    #[command(subcommand)]
    Connect(ConnectCommand),
    /// Serve the web application until Ctrl-C
    Serve(ServeArguments),
    /// Do the work of all tenants without serving pages, until Ctrl-C: for further processes and
    /// machines on PostgreSQL
    Work(WorkArguments),
    /// List the work that waits, runs or was given up
    Jobs {
        /// What to do; lists the jobs when left out
        #[command(subcommand)]
        what: Option<JobsCommand>,
    },
    /// Read both systems and bring the worklist up to date
    Cycle,
    /// Compare the books and show findings and bridges
    #[command(after_help = "\
Reads the newest cycle of the mirror, or a snapshot with --snapshot. With --format json the
comparison is printed as one JSON object, the same bytes for the same books.")]
    Reconcile,
    /// List, show and export findings with their history
    Worklist {
        /// What to do; lists the open items when left out
        #[command(subcommand)]
        what: Option<WorklistCommand>,
    },
    /// Show how a job's totals differ and what explains it, to the cent
    Bridge {
        /// The job: its Procore id, or a part of its name; all jobs when left out
        #[arg(value_name = "JOB")]
        job: Option<String>,
        /// Only one measure: contract, billed, retainage, received, committed, cost,
        /// retainage_payable or paid
        #[arg(long, value_name = "MEASURE", value_parser = measure)]
        measure: Option<Measure>,
    },
    /// Show formula, inputs and source records of a figure
    #[command(
        after_help = "A figure id looks like bridge.billed.procore:882301; see `plumbline bridge`."
    )]
    Explain {
        /// The figure
        #[arg(value_name = "FIGURE-ID")]
        figure: String,
    },
    /// Compute a figure again from the mirror and compare it with its stored receipt
    Replay {
        /// The figure
        #[arg(value_name = "FIGURE-ID")]
        figure: String,
        /// The cycle; the newest one that has the figure when left out
        #[arg(long, value_name = "ID")]
        cycle: Option<i64>,
    },
    /// Write snapshots
    #[command(subcommand)]
    Snapshot(SnapshotCommand),
    /// Create, list, move and erase tenants
    #[command(subcommand)]
    Tenant(TenantCommand),
    /// Wrap every key with another master key; the data itself is not touched
    ReplaceMasterKey {
        /// A file with the new key, 32 bytes in base64, that only its owner may read
        #[arg(long, value_name = "FILE")]
        with: PathBuf,
    },
    /// Prepare a PostgreSQL database, and look for holes in it
    #[command(subcommand)]
    Database(DatabaseCommand),
    /// Decide whether two records are the same; it outranks every score
    #[command(subcommand)]
    Decide(DecideCommand),
    /// Check that the log of who did what is whole, and take a copy that anybody can check
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Check the installation for the usual mistakes and say what to do
    Doctor(DoctorArguments),
    /// Back up every tenant, while the server goes on
    #[command(after_help = "\
The backup is read back before it gets its name, so what has the name is whole. Keep the keys
apart from it and for 30 days only: with both, and the master key, everything can be opened. On a
database server pg_dump is run as the role whose address is in PLUMBLINE_DATABASE_BACKUP_URL.")]
    Backup(BackupArguments),
    /// Restore a backup; its tenants keep to themselves until they are released
    #[command(after_help = "\
Nothing is ever restored over what is there. With PLUMBLINE_DATABASE_ADMIN_URL a backup of a server
is restored to that database, which must be new. What was erased since the backup is erased again,
as the ledger of erasures knows it; without a ledger nothing is restored unless you say why there
is none. Afterwards run `plumbline tenant release ID` for
each tenant, once nothing else works with its books.")]
    Restore(RestoreArguments),
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

fn measure(name: &str) -> Result<Measure, String> {
    Measure::from_name(name).ok_or_else(|| {
        let names: Vec<&str> = Measure::ALL.iter().map(|measure| measure.name()).collect();
        format!("the measures are {}", names.join(", "))
    })
}

/// Where the web application is.
#[derive(Debug, Args)]
pub struct ServeArguments {
    /// Where to listen
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8420")]
    pub listen: SocketAddr,
    /// The address that people use, such as `https://books.example`, when a proxy with TLS is in
    /// front [default: PLUMBLINE_ORIGIN, else where it listens]
    #[arg(long, value_name = "URL")]
    pub origin: Option<String>,
    /// How many proxies of your own are in front; each appends the address it saw to
    /// X-Forwarded-For
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub proxies: usize,
    /// How many jobs this process works on at the same time; with 0 other processes do the work
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub workers: usize,
    /// Certificate with its chain in PEM form, to speak TLS without a proxy; SIGHUP reads it again
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The private key of the certificate in PEM form, which only its owner may read
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Serve metrics for Prometheus at /metrics on another address
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = "127.0.0.1:9420")]
    pub metrics_listen: Option<SocketAddr>,
}

/// How work is done without pages.
#[derive(Debug, Args)]
pub struct WorkArguments {
    /// How many jobs this process works on at the same time
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub workers: usize,
    /// The address that people use, for the links in the daily letter
    #[arg(long, value_name = "URL")]
    pub origin: Option<String>,
    /// End when nothing is due any more
    #[arg(long)]
    pub once: bool,
    /// Seconds that a job is held without a sign of life; then another process takes it over
    #[arg(long, default_value_t = 60, value_name = "SECONDS",
          value_parser = clap::value_parser!(u32).range(2..=3600))]
    pub lease: u32,
}

/// What to do with jobs.
#[derive(Debug, Subcommand)]
pub enum JobsCommand {
    /// Try work again that was given up
    Retry {
        /// The job, such as job_…
        id: String,
    },
}

/// What a backup is made of and where it goes.
#[derive(Debug, Args)]
pub struct BackupArguments {
    /// The folder of the backup; it must not exist
    // `folder` is the data folder of every command.
    #[arg(value_name = "FOLDER")]
    pub backup: PathBuf,
    /// Where the wrapped keys go, apart from the folder; the file must not exist
    #[arg(long, value_name = "FILE")]
    pub keys: PathBuf,
    /// Only these tenants, such as tnt_…; all of them when left out
    #[arg(long = "tenant", value_name = "ID")]
    pub tenants: Vec<String>,
    /// Only look whether a backup that is there is whole
    #[arg(long, conflicts_with = "tenants")]
    pub verify: bool,
}

/// What is restored and where to.
#[derive(Debug, Args)]
pub struct RestoreArguments {
    /// The folder of the backup
    // `folder` is the data folder of every command.
    #[arg(value_name = "FOLDER")]
    pub backup: PathBuf,
    /// The wrapped keys that were kept apart from it
    #[arg(long, value_name = "FILE")]
    pub keys: PathBuf,
    /// The new data folder [default: the one of --data]
    #[arg(long, value_name = "DATA")]
    pub into: Option<PathBuf>,
    /// Put back only this tenant's file, into a data folder where it is missing
    #[arg(long, value_name = "ID")]
    pub tenant: Option<String>,
    /// The newest ledger of erasures that there is, such as the erasures.jsonl of the data folder or
    /// of the newest backup; may be given several times [default: the one in the folder of --data]
    #[arg(long = "ledger", value_name = "FILE")]
    pub ledgers: Vec<PathBuf>,
    /// There is no ledger of erasures; why, which is kept
    #[arg(long, value_name = "REASON", conflicts_with = "ledgers")]
    pub without_ledger: Option<String>,
    /// Bring tenants back although they were erased; why, which is kept
    #[arg(long, value_name = "REASON", conflicts_with = "tenant")]
    pub although_erased: Option<String>,
}

/// How the local systems are started.
#[derive(Debug, Args)]
pub struct SandboxArguments {
    /// The contractor: demo, small, medium or large
    #[arg(long, default_value = "demo", value_parser = ["demo", "small", "medium", "large"])]
    pub size: String,
    /// Seed of a simulated contractor other than the demo
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Plant no disagreements
    #[arg(long)]
    pub clean: bool,
    /// Give consent without asking
    #[arg(long)]
    pub headless: bool,
    /// Port of the Procore login host; any free one when 0
    #[arg(long, default_value_t = 0, value_name = "PORT")]
    pub procore_login_port: u16,
    /// Port of the Procore API host; any free one when 0
    #[arg(long, default_value_t = 0, value_name = "PORT")]
    pub procore_api_port: u16,
    /// Port of QuickBooks; any free one when 0
    #[arg(long, default_value_t = 0, value_name = "PORT")]
    pub quickbooks_port: u16,
}

/// Which system to connect.
#[derive(Debug, Subcommand)]
pub enum ConnectCommand {
    /// Connect a Procore company, with a person's rights or the application's own account
    Procore(ProcoreArguments),
    /// Connect a QuickBooks Online company
    Quickbooks(QuickBooksArguments),
}

/// The application that is registered with the vendor.
#[derive(Debug, Args)]
pub struct Application {
    /// Client id of the application that is registered with the vendor
    #[arg(long, value_name = "ID")]
    pub client_id: String,
    /// File with the client secret [default: the variable PLUMBLINE_PROCORE_CLIENT_SECRET or
    /// PLUMBLINE_QUICKBOOKS_CLIENT_SECRET]
    #[arg(long, value_name = "FILE")]
    pub client_secret_file: Option<PathBuf>,
    /// Redirect address on this machine, exactly as registered; port 0 takes a free one
    #[arg(
        long,
        value_name = "URL",
        default_value = "http://localhost:8934/callback"
    )]
    pub redirect_uri: String,
    /// The contractor's time zone, such as America/Denver
    #[arg(long, value_name = "ZONE")]
    pub time_zone: Option<String>,
    /// Do not open a browser: the consent page of a local sandbox answers by itself
    #[arg(long)]
    pub headless: bool,
}

/// How Procore is connected.
#[derive(Debug, Args)]
pub struct ProcoreArguments {
    /// The Procore company
    #[arg(long, value_name = "ID")]
    pub company_id: i64,
    /// Which Procore
    #[arg(long, value_enum, default_value_t = Environment::Production)]
    pub environment: Environment,
    /// Another login host, such as a local sandbox
    #[arg(long, value_name = "URL", requires = "api_url")]
    pub login_url: Option<String>,
    /// The API host that belongs to it
    #[arg(long, value_name = "URL", requires = "login_url")]
    pub api_url: Option<String>,
    /// Use the application's own account instead of a person's consent
    #[arg(long)]
    pub service_account: bool,
    /// The application
    #[command(flatten)]
    pub application: Application,
}

/// How QuickBooks is connected.
#[derive(Debug, Args)]
pub struct QuickBooksArguments {
    /// Which QuickBooks
    #[arg(long, value_enum, default_value_t = Environment::Production)]
    pub environment: Environment,
    /// A local sandbox instead
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// The application
    #[command(flatten)]
    pub application: Application,
}

/// What to do with the audit.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Check every entry against the one before it
    Verify {
        /// Anchors from before, one a line as `plumbline audit anchor` prints them; with them also
        /// a log that was cut off or written anew is found
        #[arg(long, value_name = "FILE")]
        anchors: Option<PathBuf>,
    },
    /// Print the anchor of now, to be kept where nobody of this machine can change it
    Anchor,
    /// Write all entries with their hashes, one JSON object a line
    Export {
        /// A file that does not exist yet
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// An HTML page for people to read and print, instead of lines for programs
        #[arg(long)]
        page: bool,
    },
}

/// What the usual mistakes are measured against.
#[derive(Debug, Args)]
pub struct DoctorArguments {
    /// Days after which a backup is too old
    #[arg(long, value_name = "DAYS", default_value_t = 2)]
    pub backup_days: u16,
    /// The address that people use, as `serve` is given it [default: PLUMBLINE_ORIGIN]
    #[arg(long, value_name = "URL")]
    pub origin: Option<String>,
}

/// What to do with the worklist.
#[derive(Debug, Subcommand)]
pub enum WorklistCommand {
    /// List items, most severe first
    List {
        /// Also those that were cleared
        #[arg(long)]
        all: bool,
        /// Only items of checks that begin so, such as R07
        #[arg(long, value_name = "CODE")]
        check: Option<String>,
        /// Only items of this job
        #[arg(long, value_name = "PROJECT-ID")]
        job: Option<i64>,
        /// At most so many
        #[arg(long, value_name = "N")]
        limit: Option<u32>,
    },
    /// Show one item with its records and history
    Show {
        /// The item's id, such as fnd_…
        id: String,
    },
    /// Write the open items to a file: csv, or xlsx with --format xlsx
    Export {
        /// Where to write
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

impl Default for WorklistCommand {
    fn default() -> Self {
        Self::List {
            all: false,
            check: None,
            job: None,
            limit: None,
        }
    }
}

/// What to do with snapshots.
#[derive(Debug, Subcommand)]
pub enum SnapshotCommand {
    /// Write the newest cycle, or the newest up to --as-of, to a new folder
    Export {
        /// The folder; it must be new or empty
        dir: PathBuf,
    },
}

/// What to do with tenants.
#[derive(Debug, Subcommand)]
pub enum TenantCommand {
    /// Make a tenant with a key of its own
    Create {
        /// The name that people read
        name: String,
    },
    /// Invite the first owner of a tenant that has none; prints a link that counts once
    InviteOwner(InviteOwnerArguments),
    /// List tenants and where each stands
    List,
    /// Close a tenant to everybody until it is resumed
    Suspend {
        /// The tenant, such as tnt_…
        id: String,
    },
    /// Open a suspended tenant again
    Resume {
        /// The tenant, such as tnt_…
        id: String,
    },
    /// End the quarantine of a restored tenant: vendors are read again and jobs are done
    Release {
        /// The tenant, such as tnt_…
        id: String,
    },
    /// Write every row of a tenant to a file; secrets stay behind
    Export {
        /// The tenant, such as tnt_…
        id: String,
        /// Where to write; the file must not exist
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Bring in a tenant that was exported, or the plumbline.db of version 0.1
    #[command(after_help = "\
A plain plumbline.db is removed once its encrypted copy is compared and in use: beside a plain
twin nothing is encrypted.")]
    Import {
        /// The file
        file: PathBuf,
        /// The name of a tenant of version 0.1, which had none
        #[arg(long, value_name = "NAME", default_value = "Contractor")]
        name: String,
    },
    /// Give a tenant a new key and destroy the ones before it
    RotateKey {
        /// The tenant, such as tnt_…
        id: String,
    },
    /// Erase a tenant: its keys, then its data. This is not taken back
    #[command(after_help = "\
On a database server it takes the address of an administrator in the variable
PLUMBLINE_DATABASE_ADMIN_URL, because the application role cannot remove history.")]
    Erase {
        /// The tenant, such as tnt_…
        id: String,
        /// The id again, so that it is no slip of the hand
        #[arg(long, value_name = "ID")]
        confirm: String,
        /// Why, for the ledger of erasures; an owner's own words are kept where one asked for it
        #[arg(long, value_name = "TEXT", default_value = "asked of the operator")]
        reason: String,
    },
    /// Show the ledger of erasures: who was erased, for whom, why, and the proof
    Erasures,
}

/// A decision about a pair.
#[derive(Debug, Subcommand)]
pub enum DecideCommand {
    /// These records are the same
    Confirm(DecideArguments),
    /// These records are not the same
    Refuse(DecideArguments),
    /// Take the last word about these records back
    Undo(DecideArguments),
}

/// The pair that is decided about.
#[derive(Debug, Args)]
pub struct DecideArguments {
    /// job, party or document
    #[arg(value_parser = ["job", "party", "document"])]
    pub kind: String,
    /// The Procore records, such as requisition:5510012, separated by commas
    pub procore: String,
    /// The QuickBooks records, such as Bill:145, separated by commas
    pub quickbooks: String,
    /// Who decides
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
}

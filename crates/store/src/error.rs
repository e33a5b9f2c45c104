//! What can go wrong in the store, said so that a person knows what to do next.
//!
//! Messages carry paths, codes and ids; never tokens, bodies or names out of the books.

use std::path::PathBuf;

use crate::keys::Unsealable;

/// Why the store did not do what it was asked to do. Nothing was half-written in any case.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process holds the data directory.
    #[error(
        "the data directory {} is in use by another Plumbline{holder}; stop that one first, or \
         name another data directory", directory.display()
    )]
    InUse {
        /// The data directory.
        directory: PathBuf,
        /// ` (process 123)`, or nothing when it is not known.
        holder: String,
    },
    /// The file could not be opened or created.
    #[error(
        "cannot open the store {}: {reason}; check that the folder exists and may be written \
         to", path.display()
    )]
    CannotOpen {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The program was built without SQLCipher, so files would be plain.
    #[error(
        "this build of Plumbline cannot encrypt its files, so it does not start; install a build \
         with SQLCipher"
    )]
    NoEncryption,
    /// The file is a plain SQLite database, which is never opened in place.
    #[error(
        "{} is not encrypted, so it was left untouched; bring the data of an earlier version in \
         with `plumbline tenant import`", path.display()
    )]
    NotEncrypted {
        /// The file.
        path: PathBuf,
    },
    /// The file is not there, or has nothing in it, although it must.
    #[error(
        "the file {} is missing or empty; restore it from the newest backup", path.display()
    )]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The key does not open what it should open, or is not there. Nothing was changed.
    #[error(
        "wrong or missing data key for {what}; nothing was changed; use the master key and the \
         keys.json that belong to this data folder"
    )]
    WrongKey {
        /// What does not open.
        what: String,
    },
    /// The master key cannot be had.
    #[error(
        "cannot get the master key: {reason}; without it no data can be opened, so nothing was \
         changed"
    )]
    MasterKey {
        /// Why; never the key.
        reason: String,
    },
    /// The file with the wrapped keys cannot be read or written.
    #[error(
        "cannot use the key file {}: {reason}; restore it from its own backup", path.display()
    )]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A sealed value does not open in its place: another key, or it was moved or changed.
    #[error(
        "the sealed {what} of {table} does not open with the keys of this tenant; it was changed \
         outside Plumbline, or keys.json is of another time"
    )]
    Unsealed {
        /// The column.
        what: &'static str,
        /// The table.
        table: &'static str,
    },
    /// The database server cannot be reached or used.
    #[error("cannot use the database server: {reason}")]
    NoServer {
        /// Why; never the address, which may hold a password.
        reason: String,
    },
    /// The database server or the role on it would not keep the promises that are made.
    #[error(
        "the database server is not safe to serve from: {reason}; connect as plumbline_app after \
         `plumbline database prepare`"
    )]
    UnsafeServer {
        /// What is wrong.
        reason: String,
    },
    /// A tenant could not be written to a file or read from one. Nothing of it is kept.
    #[error("cannot move the tenant: {reason}")]
    Transfer {
        /// Why.
        reason: String,
    },
    /// A backup could not be written, or is not whole. Nothing of it is kept or used.
    #[error("cannot use the backup {}: {reason}", path.display())]
    Backup {
        /// The backup, or the file in it.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The ledger of erasures cannot be used, so nothing is destroyed or restored.
    #[error(
        "cannot use the ledger of erasures {}: {reason}; put the newest copy in its place, such as \
         the one in the newest backup", path.display()
    )]
    Ledger {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The system gave no randomness, so nothing can be sealed.
    #[error("the operating system gave no randomness, so no secret can be sealed; try again")]
    NoRandomness,
    /// The file is no SQLite database, or one that is not ours. It was left as it is.
    #[error(
        "{} is not a Plumbline store, so it was left untouched; name another file", path.display()
    )]
    NotAStore {
        /// The file.
        path: PathBuf,
    },
    /// The file is damaged.
    #[error(
        "the store {} is damaged ({detail}); keep the file, restore the newest backup in its \
         place and start again", path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the check found.
        detail: String,
    },
    /// The file was written by a newer program.
    #[error(
        "the store {} was written by a newer version of Plumbline (schema {version}); install \
         that version or a later one", path.display()
    )]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// The number of the unknown migration.
        version: i64,
    },
    /// A migration did not run or is not the one that was applied.
    #[error("cannot bring the store {} to this version: {detail}", path.display())]
    Migration {
        /// The file.
        path: PathBuf,
        /// What the migrator said.
        detail: String,
    },
    /// There is no room left. The change was rolled back whole.
    #[error(
        "the disk that holds the store is full; the change was rolled back and writing has \
         stopped; make room and start Plumbline again"
    )]
    DiskFull,
    /// The disk refused a write or could not make it durable. The change was rolled back whole.
    #[error(
        "the disk that holds the store failed (SQLite code {code}); the change was rolled back \
         and writing has stopped; check the disk and start Plumbline again"
    )]
    DiskFailed {
        /// SQLite's extended result code.
        code: i64,
    },
    /// The store was closed: its tenant was suspended or erased, or the program is ending.
    #[error("the store was closed while it was in use; try again")]
    Closed,
    /// An earlier write failed on the disk, so this handle writes no more.
    #[error("writing to the store has stopped after a failure of the disk; start Plumbline again")]
    Stopped,
    /// The scope belongs to another store.
    #[error("no such tenant in this store")]
    UnknownTenant,
    /// The call does not fit what is stored.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A stored value cannot be read back.
    #[error("the store holds an unreadable {what}; run `plumbline doctor`")]
    Unreadable {
        /// What kind of value.
        what: &'static str,
    },
    /// The task that ran the transaction ended early; it was rolled back.
    #[error("a transaction of the store was interrupted and rolled back")]
    Interrupted,
    /// Anything else that the database reports.
    #[error("the database refused a statement ({kind}, code {code})")]
    Database {
        /// The kind in a word.
        kind: &'static str,
        /// The code of the engine; empty when there is none.
        code: String,
        /// What the engine said; for logs of the operator, not for people of a tenant.
        #[source]
        source: sqlx::Error,
    },
}

/// A call that does not fit what is stored. The store stays as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Somebody is known already, so the first owner is not to be made.
    #[error("somebody is known here already; ask an owner for an invitation")]
    NotTheFirst,
    /// A file of a kind that is not kept.
    #[error("only PDF, PNG and JPEG files are taken, and this is none; nothing was kept")]
    UnknownFile,
    /// A file above the limit.
    #[error("the file is longer than 10 MB; nothing was kept")]
    FileTooLong,
    /// There is no such proposal.
    #[error("there is no such proposal; open the list of approvals again")]
    UnknownProposal,
    /// The proposal is in a state in which this cannot happen.
    #[error("the proposal has moved on meanwhile; look at it again")]
    ProposalMovedOn,
    /// The draft was not edited.
    #[error("the draft was not changed: {0}")]
    NotEdited(gate::proposal::EditRefused),
    /// Another person signs in with this address.
    #[error("this mail address belongs to somebody who is known already; sign in with it")]
    MailInUse,
    /// There is no such person, or not in this company.
    #[error("there is no such person; open the list of people again")]
    NoSuchPerson,
    /// What people may do is not changed like this.
    #[error("{0}")]
    Change(gate::changes::Refusal),
    /// The company's name was typed otherwise.
    #[error(
        "the name is not that of this company, so nothing was asked for; type it as it is shown"
    )]
    OtherName,
    /// The settings are others than those that the new ones were made from.
    #[error(
        "somebody else changed the settings at the same moment, so nothing was changed; open the \
         page again and repeat"
    )]
    SettingsChanged,
    /// The company is to be erased already.
    #[error("the company is to be erased already; see Settings")]
    ErasureAsked,
    /// Nobody asked for the company to be erased.
    #[error("nobody asked for this company to be erased, or it was taken back already")]
    NoErasureAsked,
    /// The tenant was erased, so its backup is not put back.
    #[error(
        "tenant {id} was erased on {on}, so nothing was restored; its keys are destroyed here. To \
         bring it back all the same, restore the whole backup to a new folder and say why with \
         --although-erased"
    )]
    WasErased {
        /// The tenant.
        id: String,
        /// The day, in UTC.
        on: String,
    },
    /// The same was proposed already and waits.
    #[error("the same is proposed already and waits; confirm or withdraw it where it waits")]
    AlreadyProposed,
    /// There is no such proposal for this person to decide about, or it is over.
    #[error("this proposal does not wait any more, or is not yours to end; open the page again")]
    NoSuchProposal,
    /// Sole approver mode is not switched on.
    #[error("sole approver mode is not switched on")]
    NotSwitchedOn,
    /// The person belongs to no company that is open.
    #[error("this person belongs to no company that is open")]
    NoCompany,
    /// There is no such session, or it ended.
    #[error("there is no such session; it may have ended already")]
    NoSuchSession,
    /// There is no new second factor whose code could be shown.
    #[error("no new second factor is prepared; begin setting it up again")]
    NoFactorPrepared,
    /// There is no such invitation, or it was used or ended.
    #[error("this invitation does not count any more; ask for another one")]
    NoSuchInvitation,
    /// The invitation is for another address.
    #[error("this invitation is for another mail address; sign in with that one")]
    InvitationOfAnother,
    /// The person belongs to the company already.
    #[error("somebody with this mail address belongs to the company already")]
    AlreadyMember,
    /// There is no such link, or it was used or ended.
    #[error("this link does not count any more; ask for another one")]
    NoSuchReset,
    /// There is no such token, or it ended.
    #[error("there is no such token; it may have ended already")]
    NoSuchApiToken,
    /// The tenant was restored and nobody has released it yet.
    #[error(
        "these books were restored from a backup of {backup_of:.0} and keep to themselves; when \
         nothing else works with them, run `plumbline tenant release`"
    )]
    Quarantined {
        /// The moment of the backup.
        backup_of: jiff::Timestamp,
    },
    /// Something would be restored over what is there.
    #[error(
        "{} holds data already, so nothing was restored; name a folder that is not there yet",
        path.display()
    )]
    DataIsThere {
        /// The folder or file.
        path: PathBuf,
    },
    /// Somebody suspended the tenant.
    #[error("tenant {id} is suspended; resume it first")]
    TenantSuspended {
        /// The tenant.
        id: String,
    },
    /// The tenant of a file is here already, or was and is erased.
    #[error("tenant {id} is or was in this installation already, so nothing was imported")]
    TenantIsHere {
        /// The tenant.
        id: String,
    },
    /// The lease of a job has ended; another worker has the job, or will.
    #[error("the lease of {job} has ended; its work is another worker's now")]
    LeaseLost {
        /// The job.
        job: String,
    },
    /// A job of the tenant is in somebody's hands already.
    #[error("the books of this company are being read or compared at this moment")]
    Busy,
    /// Only dead jobs can be retried, and only while the same work does not wait already.
    #[error("{job} is not dead, or the same work waits already")]
    NotDead {
        /// The job.
        job: String,
    },
    /// The cycle is not the open one, or has been taken up again by another run.
    #[error("cycle {cycle} is not open in this run; begin it again")]
    CycleNotOpen {
        /// The cycle.
        cycle: i64,
    },
    /// There is no such cycle, or it never finished.
    #[error("there is no finished cycle {cycle}")]
    UnknownCycle {
        /// The cycle.
        cycle: i64,
    },
    /// The newest publication is of a later cycle.
    #[error("cycle {cycle} cannot be published: the worklist already shows cycle {newest}")]
    OlderThanPublished {
        /// The cycle that was to be published.
        cycle: i64,
        /// The cycle that the worklist shows.
        newest: i64,
    },
    /// Two findings of one publication have the same id.
    #[error("finding {id} is published twice in one run")]
    FindingTwice {
        /// The id.
        id: String,
    },
    /// The system was never connected, or was disconnected.
    #[error("{system} is not connected; connect it first")]
    NotConnected {
        /// The name that people read.
        system: &'static str,
    },
    /// The vendor no longer accepts our tokens.
    #[error("{system} must be connected again: {reason}")]
    NeedsReconnect {
        /// The name that people read.
        system: &'static str,
        /// Why.
        reason: String,
    },
    /// The connection is bound to another company.
    #[error(
        "{system} is connected to company {bound}, not to {offered}; connect the same company, or \
         start a store of its own for the other one"
    )]
    OtherAccount {
        /// The name that people read.
        system: &'static str,
        /// The company that is bound.
        bound: String,
        /// The company that was offered.
        offered: String,
    },
    /// The company belongs to another tenant of the installation, which is not named.
    #[error(
        "{system} company {company} belongs to other books of this Plumbline already, so it was \
         not connected to these; it is free again once those are erased, which whoever runs this \
         Plumbline can tell you about"
    )]
    CompanyTaken {
        /// The name that people read.
        system: &'static str,
        /// The company.
        company: String,
    },
    /// The authorisation was not started here, or belongs to another session or system.
    #[error("this authorisation was not started here; start connecting again")]
    UnknownState,
    /// The authorisation came back a second time.
    #[error("this authorisation was already used; start connecting again")]
    StateUsed,
    /// The authorisation came back too late.
    #[error("this authorisation took too long; start connecting again")]
    StateExpired,
    /// The tokens changed since the refresh began.
    #[error("the tokens of {system} were replaced while this refresh was under way")]
    RefreshOvertaken {
        /// The name that people read.
        system: &'static str,
    },
    /// A record is already confirmed in another pair.
    #[error(
        "{record} is already confirmed in decision {decision}; withdraw that decision before \
         confirming another pair"
    )]
    AlreadyPaired {
        /// The record that would be matched twice.
        record: String,
        /// The number of the standing decision.
        decision: i64,
    },
    /// A pair needs a record on each side.
    #[error("a decision needs at least one record on each side")]
    EmptyPair,
    /// There is no decision to withdraw.
    #[error("there is no standing decision about this pair")]
    NoSuchDecision,
    /// The key of a record cannot be stored.
    #[error("record {id} of {resource} has a project or parent id that cannot be stored")]
    UnusableKey {
        /// The resource.
        resource: String,
        /// The vendor's id.
        id: String,
    },
}

const SQLITE_FULL: i64 = 13;
const SQLITE_IOERR: i64 = 10;

impl From<Unsealable> for StoreError {
    fn from(_: Unsealable) -> Self {
        // Sealing fails for no other reason; opening names its place and does not come here.
        Self::NoRandomness
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(source: sqlx::Error) -> Self {
        if let Some(state) = sql_state(&source) {
            return Self::Database {
                kind: kind_of_state(&state),
                code: state,
                source,
            };
        }
        let code = extended_code(&source);
        match code & 0xff {
            SQLITE_FULL => Self::DiskFull,
            SQLITE_IOERR => Self::DiskFailed { code },
            primary => Self::Database {
                kind: kind_of(primary),
                code: code.to_string(),
                source,
            },
        }
    }
}

/// PostgreSQL's code, when it is PostgreSQL that said something.
fn sql_state(error: &sqlx::Error) -> Option<String> {
    let error = error.as_database_error()?;
    let error = error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>()?;
    Some(error.code().to_owned())
}

fn kind_of_state(state: &str) -> &'static str {
    match state.get(..2) {
        Some("23") => "constraint",
        Some("25") => "read-only",
        Some("40" | "55") => "busy",
        Some("42") => "not allowed",
        Some("53") => "no room",
        Some("57") => "server stopped",
        _ => "error",
    }
}

impl StoreError {
    /// Whether the disk failed, after which the same handle must not write again.
    pub(crate) fn is_of_the_disk(&self) -> bool {
        matches!(self, Self::DiskFull | Self::DiskFailed { .. })
    }
}

/// SQLite's extended result code, or 0.
pub(crate) fn extended_code(error: &sqlx::Error) -> i64 {
    error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code)
        .and_then(|code| code.parse().ok())
        .unwrap_or(0)
}

fn kind_of(primary: i64) -> &'static str {
    match primary {
        5 | 6 => "busy",
        8 => "read-only",
        11 => "damaged file",
        14 => "cannot open",
        18 => "too big",
        19 => "constraint",
        26 => "not a database",
        _ => "error",
    }
}

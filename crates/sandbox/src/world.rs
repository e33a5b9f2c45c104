//! A world: what both vendors hold for one contractor at one moment, and the truth about it.
//!
//! The simulation in `contractor` makes worlds, the two servers load them, and a world can be
//! written as a snapshot folder. Record bodies are vendor JSON, exactly as the vendor returns it.
//! The truth never enters a snapshot: the product must not be able to read it.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Everything both systems hold about one contractor.
#[derive(Debug, Clone)]
pub struct World {
    /// The day the books are looked at, in the contractor's time zone.
    pub as_of: Date,
    /// IANA name, such as `America/Denver`.
    pub time_zone: String,
    /// Procore's company id.
    pub company_id: i64,
    /// QuickBooks' realm id.
    pub realm_id: String,
    /// Procore records by snapshot name (`projects`, `requisitions`, …).
    pub procore: BTreeMap<String, Vec<ProcoreRecord>>,
    /// QuickBooks entities by entity name (`Bill`, `Invoice`, …), tombstones included.
    pub quickbooks: BTreeMap<String, Vec<Value>>,
    /// What is really the case; only tests and the accuracy command read it.
    pub truth: Truth,
}

/// One Procore record with the keys that its body may lack.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ProcoreRecord {
    /// The project that the record was read under; absent for company records.
    pub project_id: Option<i64>,
    /// The parent named in the snapshot format (contract, commitment, vendor, budget view).
    pub parent_id: Option<i64>,
    /// The record as the API returns it.
    pub body: Value,
}

/// What was planted and what is in truth the same.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Truth {
    /// Planted disagreements and timing cases, each with its catalogue code (`R01` … `T04`).
    pub findings: Vec<TrueFinding>,
    /// Legitimate look-alikes: records that must appear in no finding at all.
    pub look_alikes: Vec<LookAlike>,
    /// What belongs together across the two systems.
    pub pairs: Vec<TruePair>,
    /// Both totals per project and kept measure, computed by the simulation's own arithmetic.
    pub bridges: Vec<TrueBridge>,
    /// `gross` or `net`.
    pub retainage_convention: String,
}

/// A planted disagreement.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TrueFinding {
    /// Catalogue code, `R01` to `R46` or `T01` to `T04`.
    pub code: String,
    /// The job, or the first of two.
    pub project_id: Option<i64>,
    /// The figure of domain-rules section H, never negative.
    pub amount_cents: i64,
    /// Procore minus QuickBooks per job and measure (measures.md); empty when no total moves.
    pub effects: Vec<TrueEffect>,
    /// The records that a good finding must name at least one of.
    pub records: Vec<RecordRef>,
    /// What was planted, for the reader of a failed test.
    pub note: String,
}

/// One signed effect of a finding on one bridge.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TrueEffect {
    /// Procore project.
    pub project_id: i64,
    /// Measure name as in measures.md.
    pub measure: String,
    /// Procore minus QuickBooks, in cents.
    pub amount_cents: i64,
}

/// A record that looks wrong and is not.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LookAlike {
    /// Which kind of look-alike.
    pub kind: String,
    /// The records concerned.
    pub records: Vec<RecordRef>,
}

/// Records of the two systems that are the same thing.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TruePair {
    /// `job`, `party` or `document`.
    pub kind: String,
    /// Procore side.
    pub procore: Vec<SideRef>,
    /// QuickBooks side.
    pub quickbooks: Vec<SideRef>,
}

/// A record within a system that is already known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SideRef {
    /// Snapshot name in the singular, or the QuickBooks entity name.
    pub kind: String,
    /// The vendor's id as text.
    pub id: String,
}

/// A record with its system.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RecordRef {
    /// `procore` or `quickbooks`.
    pub system: String,
    /// Snapshot name in the singular, or the QuickBooks entity name.
    pub kind: String,
    /// The vendor's id as text.
    pub id: String,
}

/// Both totals of one bridge.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TrueBridge {
    /// Procore project.
    pub project_id: i64,
    /// Measure name as in measures.md.
    pub measure: String,
    /// Procore total in cents.
    pub procore_cents: i64,
    /// QuickBooks total in cents.
    pub quickbooks_cents: i64,
}

impl World {
    /// Writes the world as a snapshot folder, format 1. The truth is not part of it.
    ///
    /// # Errors
    /// Whatever the file system refuses.
    pub fn write_snapshot(&self, dir: &Path) -> io::Result<()> {
        std::fs::create_dir_all(dir.join("procore"))?;
        std::fs::create_dir_all(dir.join("quickbooks"))?;
        let captured = format!(
            "{}T06:00:00Z",
            self.as_of.tomorrow().map_err(io::Error::other)?
        );
        let head = serde_json::json!({
            "format": 1,
            "as_of": self.as_of.to_string(),
            "time_zone": self.time_zone,
            "procore": {"company_id": self.company_id, "captured_at": captured, "blind_spots": []},
            "quickbooks": {"realm_id": self.realm_id, "minorversion": 75, "captured_at": captured},
        });
        std::fs::write(
            dir.join("snapshot.json"),
            serde_json::to_string_pretty(&head)?,
        )?;
        for (name, records) in &self.procore {
            write_lines(&dir.join("procore").join(format!("{name}.ndjson")), records)?;
        }
        for (entity, records) in &self.quickbooks {
            write_lines(
                &dir.join("quickbooks").join(format!("{entity}.ndjson")),
                records,
            )?;
        }
        Ok(())
    }
}

fn write_lines<T: Serialize>(path: &Path, records: &[T]) -> io::Result<()> {
    let mut out = BufWriter::new(std::fs::File::create(path)?);
    for record in records {
        serde_json::to_writer(&mut out, record)?;
        out.write_all(b"\n")?;
    }
    out.flush()
}

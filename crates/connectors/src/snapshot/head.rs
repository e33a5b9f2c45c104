//! `snapshot.json`: what a folder says about itself.

use std::path::Path;

use figures::model::BlindSpot;
use figures::{Date, SmolStr};
use serde::{Deserialize, Deserializer, Serialize};

use super::SnapshotError;

/// The only format there is.
pub(super) const FORMAT: u64 = 1;

/// What a snapshot says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Version of the format: 1.
    pub format: u64,
    /// The day whose books these are.
    pub as_of: Date,
    /// The tenant's time zone, such as `America/Denver`.
    pub time_zone: String,
    /// Procore, when it was connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub procore: Option<ProcoreHead>,
    /// QuickBooks, when it was connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quickbooks: Option<QuickBooksHead>,
}

/// Where the Procore files came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcoreHead {
    /// The company.
    #[serde(deserialize_with = "whole_number")]
    pub company_id: i64,
    /// Moment of the capture, as written.
    #[serde(default)]
    pub captured_at: String,
    /// What the connection could not read.
    #[serde(default)]
    pub blind_spots: Vec<BlindSpot>,
}

/// Where the QuickBooks files came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuickBooksHead {
    /// The company.
    #[serde(deserialize_with = "words")]
    pub realm_id: SmolStr,
    /// The minor version under which it was read.
    #[serde(default)]
    pub minorversion: Option<u32>,
    /// Moment of the capture, as written.
    #[serde(default)]
    pub captured_at: String,
}

/// Only the format, so that another version is named before its other members fail.
#[derive(Deserialize)]
struct FormatOnly {
    format: u64,
}

impl Head {
    /// Reads `snapshot.json` of a folder.
    ///
    /// # Errors
    /// [`SnapshotError`] when there is none, or none of format 1.
    pub fn load(dir: &Path) -> Result<Self, SnapshotError> {
        if !dir.is_dir() {
            return Err(SnapshotError::NoFolder(dir.to_owned()));
        }
        let path = dir.join("snapshot.json");
        if !path.is_file() {
            return Err(SnapshotError::NoHead(dir.to_owned()));
        }
        let text = std::fs::read_to_string(&path).map_err(SnapshotError::io(&path))?;
        let text = text.trim_start_matches('\u{feff}');
        let not_understood = |problem: serde_json::Error| SnapshotError::Head {
            path: path.clone(),
            problem: problem.to_string(),
        };
        let FormatOnly { format } = serde_json::from_str(text).map_err(not_understood)?;
        if format != FORMAT {
            return Err(SnapshotError::Format { found: format });
        }
        serde_json::from_str(text).map_err(not_understood)
    }
}

fn whole_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    words(deserializer)?
        .parse()
        .map_err(serde::de::Error::custom)
}

/// A text, or a number as text.
fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SmolStr, D::Error> {
    let raw = Box::<serde_json::value::RawValue>::deserialize(deserializer)?;
    Ok(SmolStr::new(raw.get().trim_matches('"')))
}

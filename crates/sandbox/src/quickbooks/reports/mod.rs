//! Reports from the ledger.

use jiff::Timestamp;
use serde_json::Value;

use super::company::Company;
use super::fault::Fault;

pub(super) fn answer(
    _company: &Company,
    name: &str,
    _parameters: &[(String, String)],
    _cell_cap: usize,
    _now: Timestamp,
) -> Result<Value, Fault> {
    Err(Fault::validation("5030", "Feature Not Supported", name.to_owned()))
}

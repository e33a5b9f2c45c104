//! The eight measures in a contractor's words.

use figures::Measure;

/// What a measure is called in tables.
#[must_use]
pub const fn label(measure: Measure) -> &'static str {
    match measure {
        Measure::Contract => "Contract value",
        Measure::Billed => "Billed to date",
        Measure::Retainage => "Retainage held",
        Measure::Received => "Received",
        Measure::Committed => "Committed",
        Measure::Cost => "Cost to date",
        Measure::RetainagePayable => "Retainage payable",
        Measure::Paid => "Paid out",
    }
}

/// The same where there is little room.
#[must_use]
pub const fn short(measure: Measure) -> &'static str {
    match measure {
        Measure::Contract => "Contract",
        Measure::Billed => "Billed",
        Measure::Retainage => "Retainage",
        Measure::Received => "Received",
        Measure::Committed => "Committed",
        Measure::Cost => "Cost",
        Measure::RetainagePayable => "Ret. payable",
        Measure::Paid => "Paid",
    }
}

/// What it is called in "Procore shows 5.00 more …".
#[must_use]
pub const fn noun(measure: Measure) -> &'static str {
    match measure {
        Measure::Contract => "contract value",
        Measure::Billed => "billed",
        Measure::Retainage => "retainage held",
        Measure::Received => "received",
        Measure::Committed => "committed",
        Measure::Cost => "cost",
        Measure::RetainagePayable => "retainage payable",
        Measure::Paid => "paid out",
    }
}

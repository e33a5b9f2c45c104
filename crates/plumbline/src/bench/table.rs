//! The measurements as a table, with the ratios that matter.

use std::fmt::Write as _;
use std::path::Path;

use super::steps::Measured;

/// One size.
#[derive(Debug, Clone)]
pub struct Row {
    /// Financial records a side.
    pub size: usize,
    /// Merely parsing.
    pub parse: Measured,
    /// The whole job.
    pub whole: Measured,
    /// One change after another.
    pub change: Measured,
}

/// A ratio with two decimals, from integers.
fn ratio(part: u64, whole: u64) -> String {
    let hundredths = part * 100 / whole.max(1);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// The table.
#[must_use]
pub(super) fn markdown(rows: &[Row]) -> String {
    let mut text = String::from(
        "| records a side | lines | MiB | parse s | whole s | ratio | parse CPU s | whole CPU s | CPU ratio | peak MiB | read / reconcile / write s |\n|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|\n",
    );
    for row in rows {
        let parts: Vec<String> = row
            .whole
            .parts
            .iter()
            .map(|(_, millis)| ratio(*millis, 1_000))
            .collect();
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            row.size,
            row.parse.records,
            row.parse.bytes / (1 << 20),
            ratio(row.parse.wall_ms, 1_000),
            ratio(row.whole.wall_ms, 1_000),
            ratio(row.whole.wall_ms, row.parse.wall_ms),
            ratio(row.parse.cpu_ms, 1_000),
            ratio(row.whole.cpu_ms, 1_000),
            ratio(row.whole.cpu_ms, row.parse.cpu_ms),
            row.whole.peak_mib,
            parts.join(" / "),
        );
    }
    text.push_str(
        "\n| records a side | changes | from scratch ms | one change: median ms | p90 ms | most ms | times faster: median | p90 | compared whole | peak MiB |\n|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    for row in rows {
        let change = &row.change;
        let part = |name: &str| {
            let found = change.parts.iter().find(|(one, _)| one == name);
            found.map_or(0, |(_, value)| *value)
        };
        let scratch = part("scratch ms");
        let _ = writeln!(
            text,
            "| {} | {} | {scratch} | {} | {} | {} | {} | {} | {} | {} |",
            row.size,
            change.records,
            ratio(part("median µs"), 1_000),
            ratio(part("p90 µs"), 1_000),
            ratio(part("most µs"), 1_000),
            scratch * 1_000 / part("median µs").max(1),
            scratch * 1_000 / part("p90 µs").max(1),
            part("whole"),
            change.peak_mib,
        );
    }
    text
}

/// Writes the table into a file between its markers, or as a new file.
pub(super) fn write(file: &Path, rows: &[Row]) -> anyhow::Result<()> {
    let (begin, end) = ("<!-- bench -->", "<!-- /bench -->");
    let old = std::fs::read_to_string(file).unwrap_or_default();
    let new = match (old.split_once(begin), old.split_once(end)) {
        (Some((before, _)), Some((_, after))) => {
            format!("{before}{begin}\n{}{end}{after}", markdown(rows))
        }
        _ => format!("{old}{begin}\n{}{end}\n", markdown(rows)),
    };
    Ok(std::fs::write(file, new)?)
}

//! The worklist as a file: comma-separated values or a spreadsheet.
//!
//! Texts come from the vendors' users. In neither file can a cell start a formula, and amounts
//! stay numbers.

use std::path::Path;

use anyhow::Context;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook};
use sha2::{Digest, Sha256};

use super::reconcile::job_name;
use super::table::{Cell, Table};
use super::worklist::Listed;

/// The items as rows.
pub(super) fn table(listed: &Listed) -> anyhow::Result<Table> {
    let mut table = Table::new(&[
        "rank",
        "id",
        "check",
        "state",
        "as_of",
        "amount",
        "project_id",
        "job",
        "customer_id",
        "what",
        "why",
        "next",
    ]);
    for (item, rank) in listed.items.iter().zip(1_i64..) {
        let words = item.words()?;
        table.push(vec![
            Cell::Count(rank),
            Cell::text(item.id.as_str()),
            Cell::text(item.check.as_str()),
            Cell::text(item.state),
            Cell::text(item.as_of.to_string()),
            item.amount_cents.map_or(Cell::Empty, Cell::Cents),
            item.project_id
                .map_or(Cell::Empty, |id| Cell::text(id.to_string())),
            Cell::text(job_name(&listed.jobs, item.project_id)),
            item.customer_id.as_deref().map_or(Cell::Empty, Cell::text),
            Cell::text(words.what),
            Cell::text(words.why),
            Cell::text(words.next),
        ]);
    }
    Ok(table)
}

/// Writes comma-separated values; returns their digest.
pub(super) fn comma_separated(listed: &Listed, out: &Path) -> anyhow::Result<String> {
    let text = table(listed)?.comma_separated()?;
    std::fs::write(out, &text).with_context(|| format!("failed to write {}", out.display()))?;
    Ok(digest(&text))
}

/// Writes a spreadsheet with the items and a sheet about them; returns the digest of the rows,
/// which is that of the comma-separated file.
pub(super) fn spreadsheet(listed: &Listed, out: &Path) -> anyhow::Result<String> {
    let table = table(listed)?;
    let digest = digest(&table.comma_separated()?);
    let mut book = Workbook::new();
    if let Some(day) = listed.as_of {
        // Without a moment of its own the file would be another one every second.
        let year = u16::try_from(day.year())?;
        let moment =
            ExcelDateTime::from_ymd(year, day.month().unsigned_abs(), day.day().unsigned_abs())?;
        book.set_properties(&DocProperties::new().set_creation_datetime(&moment));
    }
    let amount = Format::new().set_num_format("#,##0.00");
    let sheet = book.add_worksheet().set_name("Worklist")?;
    for (name, column) in table.header.iter().zip(0_u16..) {
        sheet.write_string(0, column, *name)?;
    }
    for (cells, row) in table.rows.iter().zip(1_u32..) {
        for (cell, column) in cells.iter().zip(0_u16..) {
            match cell {
                Cell::Text(text) => sheet.write_string(row, column, text)?,
                Cell::Cents(cents) => {
                    // A spreadsheet has no other number; nothing is computed from it here.
                    let number: f64 = figures::Money::from_cents(*cents).to_decimal().parse()?;
                    sheet.write_number_with_format(row, column, number, &amount)?
                }
                Cell::Count(count) => sheet.write_number(row, column, i32::try_from(*count)?)?,
                Cell::Empty => continue,
            };
        }
    }
    let about = book.add_worksheet().set_name("About")?;
    let facts = [
        (
            "as of",
            listed.as_of.map_or_else(String::new, |day| day.to_string()),
        ),
        ("scope", "open items of the worklist".to_owned()),
        ("rows", table.rows.len().to_string()),
        ("digest of the rows", digest.clone()),
        ("missing", listed.notes.join(" ")),
    ];
    for ((name, value), row) in facts.iter().zip(0_u32..) {
        about.write_string(row, 0, *name)?;
        about.write_string(row, 1, value)?;
    }
    book.save(out)
        .with_context(|| format!("failed to write {}", out.display()))?;
    Ok(digest)
}

fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

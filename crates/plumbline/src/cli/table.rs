//! Tables for people and for spreadsheets.
//!
//! Cells are text that the vendors' users typed: in a terminal control characters are dropped,
//! and in a spreadsheet no cell may start a formula.

use std::fmt::Write;

/// One cell: text, or a number that stays a number in a spreadsheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell {
    /// Words; left-aligned.
    Text(String),
    /// An amount in cents; right-aligned.
    Cents(i64),
    /// A whole number; right-aligned.
    Count(i64),
    /// Nothing.
    Empty,
}

impl Cell {
    /// A text cell.
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// The cell as people read it.
    fn shown(&self) -> String {
        match self {
            Self::Text(text) => printable(text),
            Self::Cents(cents) => figures::Money::from_cents(*cents).to_string(),
            Self::Count(count) => count.to_string(),
            Self::Empty => String::new(),
        }
    }

    /// The cell in a file of comma-separated values.
    fn stored(&self) -> String {
        match self {
            Self::Text(text) => harmless(text),
            Self::Cents(cents) => figures::Money::from_cents(*cents).to_decimal(),
            Self::Count(count) => count.to_string(),
            Self::Empty => String::new(),
        }
    }
}

/// A table with a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    /// Names of the columns.
    pub header: Vec<&'static str>,
    /// Rows, each as long as the header.
    pub rows: Vec<Vec<Cell>>,
}

/// The widest text column; longer texts are cut with an ellipsis.
const WIDEST: usize = 72;

impl Table {
    /// An empty table.
    #[must_use]
    pub(super) fn new(header: &[&'static str]) -> Self {
        Self {
            header: header.to_vec(),
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub(super) fn push(&mut self, row: Vec<Cell>) {
        debug_assert_eq!(
            row.len(),
            self.header.len(),
            "a row has a cell for every column"
        );
        self.rows.push(row);
    }

    /// Aligned columns for a terminal.
    #[must_use]
    pub(super) fn aligned(&self) -> String {
        let rows: Vec<Vec<String>> = self
            .rows
            .iter()
            .map(|row| row.iter().map(|cell| cut(cell.shown())).collect())
            .collect();
        let width = |column: usize| {
            let cells = rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| columns_of(cell));
            cells.chain([self.header[column].len()]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.header.len()).map(width).collect();
        let right: Vec<bool> = (0..self.header.len())
            .map(|column| {
                let mut cells = self.rows.iter().filter_map(|row| row.get(column));
                cells.any(|cell| matches!(cell, Cell::Cents(_) | Cell::Count(_)))
            })
            .collect();
        let mut out = String::new();
        let header: Vec<String> = self.header.iter().map(ToString::to_string).collect();
        line(&mut out, &header, &widths, &right);
        for row in &rows {
            line(&mut out, row, &widths, &right);
        }
        out
    }

    /// Comma-separated values, every cell quoted.
    ///
    /// # Errors
    /// Never in practice: writing to memory does not fail.
    pub(super) fn comma_separated(&self) -> anyhow::Result<String> {
        let mut writer = csv::WriterBuilder::new()
            .quote_style(csv::QuoteStyle::NonNumeric)
            .from_writer(Vec::new());
        writer.write_record(&self.header)?;
        for row in &self.rows {
            writer.write_record(row.iter().map(Cell::stored))?;
        }
        Ok(String::from_utf8(writer.into_inner()?)?)
    }
}

fn line(out: &mut String, cells: &[String], widths: &[usize], right: &[bool]) {
    let mut text = String::new();
    for (column, cell) in cells.iter().enumerate() {
        let pad = " ".repeat(widths[column].saturating_sub(columns_of(cell)));
        let gap = if column == 0 { "" } else { "  " };
        let parts = if right[column] {
            [gap, &pad, cell]
        } else {
            [gap, cell, &pad]
        };
        text.extend(parts);
    }
    // Writing to a string does not fail.
    let _ = writeln!(out, "{}", text.trim_end());
}

fn columns_of(text: &str) -> usize {
    text.chars().count()
}

fn cut(text: String) -> String {
    if columns_of(&text) <= WIDEST {
        return text;
    }
    text.chars().take(WIDEST - 1).chain(['\u{2026}']).collect()
}

/// Whether a character has no shape of its own: controls, and those that only steer direction
/// or joining.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}'
        )
}

/// The text without what could move the cursor of a terminal or turn the line around.
#[must_use]
pub(super) fn printable(text: &str) -> String {
    let spaced = text.chars().map(|c| {
        if matches!(c, '\n' | '\r' | '\t') {
            ' '
        } else {
            c
        }
    });
    spaced.filter(|c| !is_invisible(*c)).collect()
}

/// The text with a leading apostrophe where a spreadsheet would take it for a formula.
#[must_use]
pub(super) fn harmless(text: &str) -> String {
    let first = text
        .chars()
        .find(|c| matches!(c, '\t' | '\r' | '\n') || !(c.is_whitespace() || is_invisible(*c)));
    let starts_formula = first.is_some_and(|c| {
        matches!(
            c,
            '=' | '+'
                | '-'
                | '@'
                | '\t'
                | '\r'
                | '\n'
                | '\u{ff1d}'
                | '\u{ff0b}'
                | '\u{ff0d}'
                | '\u{ff20}'
                | '\u{2212}'
        )
    });
    if starts_formula {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_can_start_a_formula() {
        for text in [
            "=1+1",
            "+1",
            "-1",
            "@A1",
            "\t=1",
            "\r=1",
            "\n=1",
            "  =1",
            "\u{200b}=1",
            "\u{feff}@x",
            "\u{ff1d}1",
            "\u{ff0b}1",
            "\u{ff0d}1",
            "\u{ff20}x",
            " \u{a0}=cmd",
        ] {
            assert!(harmless(text).starts_with('\''), "{text:?}");
        }
        for text in ["", "A=1", "1001", "'=1", "(=1)"] {
            assert_eq!(harmless(text), text);
        }
    }

    #[test]
    fn amounts_stay_numbers_and_texts_are_quoted() {
        let mut table = Table::new(&["name", "amount"]);
        table.push(vec![Cell::text("=SUM(A1)"), Cell::Cents(-1_250)]);
        let text = table.comma_separated().unwrap();
        assert_eq!(text, "\"name\",\"amount\"\n\"'=SUM(A1)\",-12.50\n");
    }

    #[test]
    fn a_terminal_gets_no_control_characters() {
        let mut table = Table::new(&["name"]);
        table.push(vec![Cell::text("a\u{1b}[2Jb\nc\u{202e}d")]);
        assert_eq!(table.aligned(), "name\na[2Jb cd\n");
    }
}

//! The rows that the first step left over, in an order that depends on their content only, and the
//! ways to find some of them again.

use super::document::UNKNOWN;
use super::number::Number;
use super::table::{Row, Table};

/// The rows of one side that are still without a partner. A position in `rows` is a rank by
/// content, so that whatever is decided by rank does not depend on the order of the input.
#[derive(Debug)]
pub(crate) struct Loose {
    /// Sorted by party, amount, day, number, name, job and id.
    pub(crate) rows: Vec<Row>,
    /// Where each row is in the table.
    pub(crate) index: Vec<u32>,
}

impl Loose {
    /// The rows of a table that are not taken.
    pub(crate) fn of(table: &Table, taken: &[bool]) -> Self {
        let mut found: Vec<(Row, u32)> = table
            .rows
            .iter()
            .zip(0..)
            .filter(|(_, index)| !taken[*index as usize])
            .map(|(row, index)| (*row, index))
            .collect();
        found.sort_unstable_by(|(a, a_index), (b, b_index)| {
            content(a)
                .cmp(&content(b))
                .then_with(|| table.id(*a_index).cmp(table.id(*b_index)))
                .then_with(|| a_index.cmp(b_index))
        });
        let (rows, index) = found.into_iter().unzip();
        Self { rows, index }
    }

    /// The rows that are still not taken, in the same order.
    pub(crate) fn without(&self, taken: &[bool]) -> Self {
        let kept = self
            .rows
            .iter()
            .zip(&self.index)
            .filter(|(_, index)| !taken[**index as usize]);
        let (rows, index) = kept.map(|(row, index)| (*row, *index)).unzip();
        Self { rows, index }
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The ranges of rows with a known party, one per party, ascending.
    pub(crate) fn parties(&self) -> Vec<(u32, std::ops::Range<usize>)> {
        let mut parties = Vec::new();
        let mut start = 0;
        for block in self.rows.chunk_by(|a, b| a.party == b.party) {
            if block[0].party != UNKNOWN {
                parties.push((block[0].party, start..start + block.len()));
            }
            start += block.len();
        }
        parties
    }
}

fn content(row: &Row) -> (u32, i64, i32, Number, u32, u32) {
    (
        row.party, row.amount, row.day, row.number, row.name, row.job,
    )
}

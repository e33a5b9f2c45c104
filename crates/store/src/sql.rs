//! Statements over many rows at once: the one place where SQL is put together at run time.
//!
//! Only placeholders are added to a fixed text, so nothing that was read can become SQL.

use sqlx::AssertSqlSafe;

/// The sizes in which rows are written. Few sizes keep the prepared statements reusable.
const SIZES: [usize; 4] = [512, 64, 8, 1];

/// Fills `{rows}` with `rows` groups of `columns` placeholders and `{1}`, `{2}`, … with the
/// placeholders after those. Bind the values row by row, then the others.
///
/// The rows' placeholders are nameless because SQLite searches its list of named ones for every
/// value that is bound.
pub(crate) fn over_rows(
    template: &'static str,
    columns: usize,
    rows: usize,
) -> AssertSqlSafe<String> {
    let row = format!("({})", vec!["?"; columns].join(","));
    let mut text = template.to_owned();
    for constant in 1..=9 {
        let placeholder = format!("${}", rows * columns + constant);
        text = text.replace(&format!("{{{constant}}}"), &placeholder);
    }
    // Last, because this is what makes the text long.
    let text = text.replace("{rows}", &vec![row; rows].join(","));
    AssertSqlSafe(text)
}

/// The same statement, asking SQLite how it would go about it.
#[cfg(test)]
pub(crate) fn explained(
    template: &'static str,
    columns: usize,
    rows: usize,
) -> AssertSqlSafe<String> {
    let AssertSqlSafe(text) = over_rows(template, columns, rows);
    AssertSqlSafe(format!("EXPLAIN QUERY PLAN {text}"))
}

/// Splits rows into batches of the sizes that are kept prepared.
pub(crate) fn batches<T>(mut rows: Vec<T>) -> Vec<Vec<T>> {
    let mut batches = Vec::new();
    while !rows.is_empty() {
        let size = SIZES
            .into_iter()
            .find(|size| *size <= rows.len())
            .unwrap_or(1);
        let rest = rows.split_off(size);
        batches.push(rows);
        rows = rest;
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_are_numbered_after_the_values_of_the_rows() {
        let AssertSqlSafe(text) = over_rows("SELECT {1} FROM (VALUES {rows}) WHERE {2}", 3, 2);
        assert_eq!(text, "SELECT $7 FROM (VALUES (?,?,?),(?,?,?)) WHERE $8");
    }

    #[test]
    fn batches_keep_every_row_in_order() {
        let batches = batches((0..1_165).collect());
        let sizes: Vec<_> = batches.iter().map(Vec::len).collect();
        assert_eq!(sizes, [512, 512, 64, 64, 8, 1, 1, 1, 1, 1]);
        assert_eq!(batches.concat(), (0..1_165).collect::<Vec<_>>());
    }
}

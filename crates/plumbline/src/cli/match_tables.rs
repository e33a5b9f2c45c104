//! `plumbline match A.csv B.csv --out PAIRS.csv`: the document matcher over two plain tables, for
//! people who only have spreadsheets.
//!
//! Reads `id,vendor,doc_no,amount_cents,date,job` in any order of columns, and writes
//! `a_id,b_id,score,reason`, one line per pair of ids. A row that cannot be read is rejected with
//! its line and the reason, and the rest continues. Nothing here decides what pairs with what.

use std::fmt;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use backoffice::reconcile::matching::documents::{
    Amounts, Document, Evidence, Matching, Policy, Table, UNKNOWN, pair_tables,
};
use jiff::civil::Date;
use rustc_hash::{FxHashMap, FxHashSet};

/// The columns of a table, in the order in which they are documented.
const COLUMNS: [&str; 6] = ["id", "vendor", "doc_no", "amount_cents", "date", "job"];
/// Larger amounts, in cents, are taken for a mistake: ten million million dollars.
const LARGEST_AMOUNT: u64 = 1_000_000_000_000_000;
/// Rejections listed one by one in the summary.
const REJECTIONS_SHOWN: usize = 20;

/// A row that was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The file.
    pub file: PathBuf,
    /// The line, counted from 1 with the header.
    pub line: u64,
    /// What is wrong with it.
    pub reason: String,
}

/// What a run did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Rows read from the first table.
    pub left_rows: usize,
    /// Rows read from the second table.
    pub right_rows: usize,
    /// Pairs found; a split counts once.
    pub pairs: usize,
    /// Pairs in which one side has several rows.
    pub splits: usize,
    /// Rows of the first table about which a person should be asked.
    pub questions: usize,
    /// Rows of the first table in no pair.
    pub left_unmatched: usize,
    /// Rows of the second table in no pair.
    pub right_unmatched: usize,
    /// Rows that were not read.
    pub rejections: Vec<Rejection>,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} and {} rows read", self.left_rows, self.right_rows)?;
        writeln!(f, "{} pairs, {} of them splits", self.pairs, self.splits)?;
        writeln!(
            f,
            "{} rows are uncertain and were not paired",
            self.questions
        )?;
        writeln!(
            f,
            "{} and {} rows without a partner",
            self.left_unmatched, self.right_unmatched
        )?;
        if !self.rejections.is_empty() {
            writeln!(f, "{} rows rejected:", self.rejections.len())?;
        }
        for rejection in self.rejections.iter().take(REJECTIONS_SHOWN) {
            let Rejection { file, line, reason } = rejection;
            writeln!(f, "  {}, line {line}: {reason}", file.display())?;
        }
        if self.rejections.len() > REJECTIONS_SHOWN {
            writeln!(f, "  and {} more", self.rejections.len() - REJECTIONS_SHOWN)?;
        }
        Ok(())
    }
}

/// Matches two tables and writes the pairs.
///
/// # Errors
/// When a file cannot be read or written, or a header lacks a column.
pub fn run(left: &Path, right: &Path, out: &Path) -> Result<Summary> {
    let (left_text, right_text) = both(|| text(left), || text(right))?;
    let (left_sheet, right_sheet) = both(
        || {
            left_text
                .sheet()
                .with_context(|| format!("failed to read {}", left.display()))
        },
        || {
            right_text
                .sheet()
                .with_context(|| format!("failed to read {}", right.display()))
        },
    )?;
    let mut rejections = Vec::new();
    for (file, sheet) in [(left, &left_sheet), (right, &right_sheet)] {
        rejections.extend(sheet.rejections.iter().map(|(line, reason)| Rejection {
            file: file.to_path_buf(),
            line: *line,
            reason: reason.clone(),
        }));
    }
    let (left_rows, right_rows) = (left_sheet.table.len(), right_sheet.table.len());
    let (mut left_table, mut right_table) = with_common_jobs(left_sheet, right_sheet);
    let matching = pair_tables(&mut left_table, &mut right_table, &Policy::default());
    write(&matching, (&left_table, &right_table), out)
        .with_context(|| format!("failed to write {}", out.display()))?;
    let paired = |left: bool| -> usize {
        let rows = matching
            .pairs
            .iter()
            .map(|pair| if left { &pair.left } else { &pair.right });
        rows.map(|members| members.rows().len()).sum()
    };
    let one_to_one = matching
        .pairs
        .iter()
        .filter(|pair| pair.left.rows().len() + pair.right.rows().len() == 2);
    Ok(Summary {
        left_rows,
        right_rows,
        splits: matching.pairs.len() - one_to_one.count(),
        pairs: matching.pairs.len(),
        questions: matching.questions.len(),
        left_unmatched: left_rows - paired(true),
        right_unmatched: right_rows - paired(false),
        rejections,
    })
}

/// Does two things at the same time.
fn both<T: Send>(
    first: impl FnOnce() -> Result<T> + Send,
    second: impl FnOnce() -> Result<T>,
) -> Result<(T, T)> {
    std::thread::scope(|scope| {
        let first = scope.spawn(first);
        let second = second()?;
        let first = first
            .join()
            .map_err(|_| anyhow!("a reading thread stopped"))??;
        Ok((first, second))
    })
}

/// A table as text: fields end with one byte, records with another, and nothing is quoted twice.
struct Text {
    text: String,
    field_end: u8,
    record_end: u8,
    /// The line of each record, when records may span lines.
    lines: Option<Vec<u64>>,
}

/// Reads a file. Files with quotes inside quoted fields are rewritten with control characters as
/// separators, so that one reader that only borrows serves both.
fn text(path: &Path) -> Result<Text> {
    let failed = || format!("failed to read {}", path.display());
    let bytes = std::fs::read(path).with_context(failed)?;
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    };
    if !needs_rewriting(text.as_bytes()) {
        return Ok(Text {
            text,
            field_end: b',',
            record_end: b'\n',
            lines: None,
        });
    }
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut rewritten = String::with_capacity(text.len());
    let mut lines = Vec::new();
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).with_context(failed)? {
        for (at, field) in record.iter().enumerate() {
            if at > 0 {
                rewritten.push('\x1F');
            }
            rewritten.extend(
                field
                    .chars()
                    .map(|c| if matches!(c, '\x1E' | '\x1F') { ' ' } else { c }),
            );
        }
        rewritten.push('\x1E');
        lines.push(record.position().map_or(0, csv::Position::line));
    }
    Ok(Text {
        text: rewritten,
        field_end: 0x1F,
        record_end: 0x1E,
        lines: Some(lines),
    })
}

/// Whether a quoted field holds a quote or a line end, or a quote stands where none may.
fn needs_rewriting(text: &[u8]) -> bool {
    let mut quoted = false;
    let mut before = b'\n';
    let mut rest = text.iter().copied().peekable();
    if !text.contains(&b'"') {
        return false;
    }
    while let Some(byte) = rest.next() {
        match (quoted, byte) {
            (false, b'"') if matches!(before, b',' | b'\n') => quoted = true,
            (false, b'"') | (true, b'\n' | b'\r') => return true,
            (true, b'"') => {
                if !matches!(rest.peek(), None | Some(b',' | b'\n' | b'\r')) {
                    return true;
                }
                quoted = false;
            }
            _ => {}
        }
        before = byte;
    }
    quoted
}

/// A table that has been read.
struct Sheet<'a> {
    table: Table<'a>,
    /// Distinct jobs in normal form; a row's job is a position in this list.
    jobs: Vec<String>,
    rejections: Vec<(u64, String)>,
}

impl Text {
    fn sheet(&self) -> Result<Sheet<'_>> {
        let mut rest = self.text.strip_prefix('\u{FEFF}').unwrap_or(&self.text);
        let mut fields = Vec::new();
        self.record(&mut rest, &mut fields);
        let columns = columns(&fields)?;
        let width = fields.len();
        let expected = rest.len() / 48;
        let mut sheet = Sheet {
            table: Table::with_capacity(expected),
            jobs: Vec::new(),
            rejections: Vec::new(),
        };
        let mut jobs = Jobs::default();
        let mut ids = Ids::default();
        let mut record = 1;
        while !rest.is_empty() {
            self.record(&mut rest, &mut fields);
            record += 1;
            if fields.as_slice() == [""] {
                continue;
            }
            let read = if fields.len() == width {
                document(&columns.map(|at| fields[at]), &mut jobs, &mut ids)
            } else {
                Err(format!("{} fields instead of {width}", fields.len()))
            };
            match read {
                Ok(document) => sheet.table.push(document),
                Err(reason) => {
                    let lines = self.lines.as_ref();
                    let line = lines.and_then(|lines| lines.get(record - 1).copied());
                    sheet
                        .rejections
                        .push((line.unwrap_or(record as u64), reason));
                }
            }
        }
        sheet.jobs = jobs.normal;
        Ok(sheet)
    }

    /// Splits the next record off `rest` into `fields`.
    fn record<'a>(&self, rest: &mut &'a str, fields: &mut Vec<&'a str>) {
        fields.clear();
        let (text, bytes) = (*rest, rest.as_bytes());
        let mut start = 0;
        loop {
            let quoted = bytes.get(start) == Some(&b'"') && self.lines.is_none();
            let (end, next) = if quoted {
                start += 1;
                let end = find(bytes, start, |byte| byte == b'"');
                (
                    end,
                    find(bytes, end, |byte| {
                        byte == self.field_end || byte == self.record_end
                    }),
                )
            } else {
                let end = find(bytes, start, |byte| {
                    byte == self.field_end || byte == self.record_end
                });
                (end, end)
            };
            let last = bytes.get(next) != Some(&self.field_end);
            let field = &text[start..end];
            fields.push(if last && !quoted {
                field.strip_suffix('\r').unwrap_or(field)
            } else {
                field
            });
            if last {
                *rest = text.get(next + 1..).unwrap_or("");
                return;
            }
            start = next + 1;
        }
    }
}

/// The place of the first byte from `start` on that is wanted, or the end.
fn find(bytes: &[u8], start: usize, wanted: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(start..).unwrap_or_default();
    rest.iter()
        .position(|byte| wanted(*byte))
        .map_or(bytes.len(), |at| start + at)
}

/// Where each column is.
fn columns(header: &[&str]) -> Result<[usize; 6]> {
    let mut places = [0; 6];
    for (place, column) in places.iter_mut().zip(COLUMNS) {
        let found = header
            .iter()
            .position(|name| name.trim().eq_ignore_ascii_case(column));
        let Some(found) = found else {
            bail!(
                "the header has no column {column}; it must name {}",
                COLUMNS.join(",")
            );
        };
        *place = found;
    }
    Ok(places)
}

/// Reads one row.
fn document<'a>(
    [id, vendor, doc_no, amount, date, job]: &[&'a str; 6],
    jobs: &mut Jobs<'a>,
    ids: &mut Ids<'a>,
) -> Result<Document<'a>, String> {
    let id = id.trim();
    if id.is_empty() {
        return Err("no id".to_owned());
    }
    if id.contains('\u{FFFD}') || vendor.contains('\u{FFFD}') {
        return Err("not UTF-8".to_owned());
    }
    let amount = cents(amount)?;
    let date = civil_date(date)?;
    if !ids.is_new(id) {
        return Err(format!("the id {id} appears before"));
    }
    Ok(Document {
        id,
        party: UNKNOWN,
        party_name: vendor,
        number: doc_no,
        amounts: Amounts::of(amount),
        date,
        job: jobs.key(job),
    })
}

fn cents(text: &str) -> Result<i64, String> {
    match text.trim().parse::<i64>() {
        Ok(amount) if amount.unsigned_abs() <= LARGEST_AMOUNT => Ok(amount),
        Ok(_) => Err(format!("the amount {text} is absurd")),
        Err(_) => Err(format!(
            "the amount {text:?} is not a whole number of cents"
        )),
    }
}

fn civil_date(text: &str) -> Result<Option<Date>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let part =
        |from: usize, to: usize| text.get(from..to).and_then(|part| part.parse::<i16>().ok());
    let bytes = text.as_bytes();
    let shaped = bytes.len() == 10 && bytes[4] == b'-' && bytes[7] == b'-';
    let parts = (part(0, 4), part(5, 7), part(8, 10));
    if let (true, (Some(year), Some(month), Some(day))) = (shaped, parts) {
        let (month, day) = (month as i8, day as i8);
        if let Ok(date) = Date::new(year, month, day) {
            return Ok(Some(date));
        }
    }
    Err(format!("the date {text:?} is not YYYY-MM-DD"))
}

/// The ids seen so far. As long as they ascend, nothing needs to be remembered but the last.
#[derive(Default)]
struct Ids<'a> {
    ascending: Vec<&'a str>,
    seen: Option<FxHashSet<&'a str>>,
}

impl<'a> Ids<'a> {
    fn is_new(&mut self, id: &'a str) -> bool {
        if let Some(seen) = &mut self.seen {
            return seen.insert(id);
        }
        if self.ascending.last().is_none_or(|last| *last < id) {
            self.ascending.push(id);
            return true;
        }
        let mut seen: FxHashSet<&str> = self.ascending.drain(..).collect();
        let new = seen.insert(id);
        self.seen = Some(seen);
        new
    }
}

/// The jobs of one side.
#[derive(Default)]
struct Jobs<'a> {
    key_of: FxHashMap<&'a str, u32>,
    key_of_normal: FxHashMap<String, u32>,
    normal: Vec<String>,
}

impl<'a> Jobs<'a> {
    fn key(&mut self, job: &'a str) -> u32 {
        if let Some(key) = self.key_of.get(job) {
            return *key;
        }
        let normal: String = job
            .chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_uppercase)
            .collect();
        let next = self.normal.len() as u32;
        let key = match normal.is_empty() {
            true => UNKNOWN,
            false => *self.key_of_normal.entry(normal.clone()).or_insert(next),
        };
        if key == next {
            self.normal.push(normal);
        }
        self.key_of.insert(job, key);
        key
    }
}

/// Gives the same job the same key on both sides.
fn with_common_jobs<'l, 'r>(left: Sheet<'l>, right: Sheet<'r>) -> (Table<'l>, Table<'r>) {
    let key_of: FxHashMap<&str, u32> = left.jobs.iter().map(String::as_str).zip(0_u32..).collect();
    let mut next = left.jobs.len() as u32;
    let mut keys = Vec::with_capacity(right.jobs.len());
    for job in &right.jobs {
        keys.push(key_of.get(job.as_str()).copied().unwrap_or_else(|| {
            next += 1;
            next - 1
        }));
    }
    let mut right_table = right.table;
    right_table.relabel_jobs(&keys);
    (left.table, right_table)
}

fn write(matching: &Matching, (left, right): (&Table, &Table), out: &Path) -> Result<()> {
    let mut writer = BufWriter::with_capacity(1 << 20, File::create(out)?);
    writer.write_all(b"a_id,b_id,score,reason\n")?;
    let mut tails: FxHashMap<(Evidence, u16), Vec<u8>> = FxHashMap::default();
    for pair in &matching.pairs {
        let tail = tails.entry((pair.evidence, pair.score)).or_insert_with(|| {
            let hundredths = (pair.score + 50) / 100;
            let reason = pair.evidence.sentence();
            let (whole, rest) = (hundredths / 100, hundredths % 100);
            format!(",{whole}.{rest:02},\"{reason}\"\n").into_bytes()
        });
        for a in pair.left.rows() {
            for b in pair.right.rows() {
                write_id(&mut writer, left.id(*a))?;
                writer.write_all(b",")?;
                write_id(&mut writer, right.id(*b))?;
                writer.write_all(tail)?;
            }
        }
    }
    writer.flush()?;
    Ok(())
}

fn write_id(writer: &mut impl Write, id: &str) -> std::io::Result<()> {
    if id
        .bytes()
        .any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r'))
    {
        return write!(writer, "\"{}\"", id.replace('"', "\"\""));
    }
    writer.write_all(id.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "id,vendor,doc_no,amount_cents,date,job\n";

    fn matched(left: &str, right: &str) -> (Summary, String) {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("a.csv"), left).unwrap();
        std::fs::write(path("b.csv"), right).unwrap();
        let summary = run(&path("a.csv"), &path("b.csv"), &path("pairs.csv")).unwrap();
        (summary, std::fs::read_to_string(path("pairs.csv")).unwrap())
    }

    #[test]
    fn pairs_are_written_with_score_and_reason() {
        let left =
            format!("{HEADER}a1,\"Acme Constr. Co., Inc.\",INV-0045,1000000,2025-03-01,J-7\n");
        let right = format!("{HEADER}b1,ACME CONSTRUCTION,45,900000,2025-03-03,j7\r\n");
        let (summary, pairs) = matched(&left, &right);
        assert_eq!(
            pairs,
            "a_id,b_id,score,reason\na1,b1,0.97,\"same party, same number, \
             amount net of usual retainage, same job, 2 days apart\"\n"
        );
        assert_eq!(
            (
                summary.pairs,
                summary.left_unmatched,
                summary.right_unmatched
            ),
            (1, 0, 0)
        );
    }

    #[test]
    fn bad_rows_are_rejected_with_their_line_and_the_rest_continues() {
        let left = format!(
            "{HEADER}a1,Acme,1001,100000,2025-03-01,J\na2,Acme,1002,12.50,2025-03-01,J\n\
             a3,Acme,1003,5,2025-02-30,J\n,Acme,1004,5,2025-02-20,J\na1,Acme,1005,5,,J\n\na6,Acme\n"
        );
        let right = format!("{HEADER}b1,Acme,1001,100000,2025-03-01,J\n");
        let (summary, _) = matched(&left, &right);
        assert_eq!(summary.pairs, 1);
        let rejected: Vec<(u64, &str)> = summary
            .rejections
            .iter()
            .map(|one| (one.line, one.reason.as_str()))
            .collect();
        assert_eq!(
            rejected,
            [
                (3, "the amount \"12.50\" is not a whole number of cents"),
                (4, "the date \"2025-02-30\" is not YYYY-MM-DD"),
                (5, "no id"),
                (6, "the id a1 appears before"),
                (8, "2 fields instead of 6"),
            ]
        );
    }

    #[test]
    fn quotes_and_line_ends_inside_fields_are_read() {
        let left = format!(
            "{HEADER}a1,\"Acme \"\"North\"\"\nPaving\",1001,100000,2025-03-01,J\na2,x,y,z,,\n"
        );
        let right = format!("{HEADER}b1,Acme North Paving,1001,100000,2025-03-01,J\n");
        let (summary, pairs) = matched(&left, &right);
        assert!(pairs.contains("a1,b1,1.00"), "{pairs}");
        assert_eq!(summary.rejections[0].line, 4);
    }

    #[test]
    fn columns_may_come_in_any_order_and_a_missing_one_is_named() {
        let left =
            "job,id,amount_cents,note,doc_no,date,vendor\nJ,a1,100000,x,1001,2025-03-01,Acme\n";
        let right = format!("{HEADER}b1,Acme,1001,100000,2025-03-01,J\n");
        assert_eq!(matched(left, &right).0.pairs, 1);
        assert!(
            columns(&["id", "vendor"])
                .unwrap_err()
                .to_string()
                .contains("doc_no")
        );
    }
}

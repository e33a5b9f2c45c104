//! `plumbline match A.csv B.csv --out PAIRS.csv`: the document matcher over two plain tables, for
//! people who only have spreadsheets.
//!
//! Reads `id,vendor,doc_no,amount_cents,date,job` in any order of columns, and writes
//! `a_id,b_id,score,reason`, one line per pair of ids. A row that cannot be read is rejected with
//! its line and the reason, and the rest continues. Nothing here decides what pairs with what.

mod reader;

use std::fmt;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use backoffice::reconcile::matching::documents::{
    Amounts, Document, Evidence, Interner, JobKey, Matching, Pair, Policy, Table, UNKNOWN,
    pair_tables,
};
use jiff::civil::Date;
use rustc_hash::FxHashMap;

use reader::Reader;

/// The columns of a table, in the order in which they are documented.
const COLUMNS: [&str; 6] = ["id", "vendor", "doc_no", "amount_cents", "date", "job"];
/// Larger amounts, in cents, are taken for a mistake: ten million million dollars.
const LARGEST_AMOUNT: u64 = 1_000_000_000_000_000;
/// Bytes of a row of which there may be room for more than there are.
const SHORTEST_ROW: u64 = 48;
/// Pairs looked up together.
const BATCH: usize = 128;
/// Bytes gathered before they are written.
const FLUSHED_AT: usize = 256 * 1_024;
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
    let (mut left_sheet, mut right_sheet) = std::thread::scope(|scope| {
        let left = scope.spawn(|| read(left));
        let right = read(right);
        let left = left
            .join()
            .map_err(|_| anyhow!("the reading thread stopped"))?;
        anyhow::Ok((left?, right?))
    })?;
    share_jobs(&left_sheet.jobs, &right_sheet.jobs, &mut right_sheet.table);
    let (left_table, right_table) = (&mut left_sheet.table, &mut right_sheet.table);
    let matching = pair_tables(left_table, right_table, &Policy::default());
    write(&matching, (left_table, right_table), out)
        .with_context(|| format!("failed to write {}", out.display()))?;
    let mut rejections = left_sheet.rejections;
    rejections.append(&mut right_sheet.rejections);
    Ok(summary(&matching, (left_table, right_table), rejections))
}

fn summary(matching: &Matching, tables: (&Table, &Table), rejections: Vec<Rejection>) -> Summary {
    let (mut left_paired, mut right_paired, mut splits) = (0, 0, 0);
    for pair in &matching.pairs {
        let (left, right) = (pair.left.rows().len(), pair.right.rows().len());
        left_paired += left;
        right_paired += right;
        splits += usize::from(left + right > 2);
    }
    let (left_rows, right_rows) = (tables.0.len(), tables.1.len());
    Summary {
        left_rows,
        right_rows,
        pairs: matching.pairs.len(),
        splits,
        questions: matching.questions.len(),
        left_unmatched: left_rows - left_paired,
        right_unmatched: right_rows - right_paired,
        rejections,
    }
}

/// A table that has been read.
struct Sheet {
    table: Table,
    jobs: Jobs,
    rejections: Vec<Rejection>,
}

/// Reads a table.
fn read(path: &Path) -> Result<Sheet> {
    let failed = || format!("failed to read {}", path.display());
    let file = File::open(path).with_context(failed)?;
    let rows = file
        .metadata()
        .map_or(0, |about| about.len() / SHORTEST_ROW);
    let mut reader = Reader::new(file);
    reader.advance().with_context(failed)?;
    let columns = columns(&reader).with_context(failed)?;
    let width = reader.len();
    let table = Table::with_capacity(usize::try_from(rows).unwrap_or(0));
    let mut sheet = Sheet {
        table,
        jobs: Jobs::default(),
        rejections: Vec::new(),
    };
    let mut ids = Ids::default();
    while reader.advance().with_context(failed)? {
        if reader.len() == 1 && reader.field(0).is_empty() {
            continue;
        }
        let document = if reader.len() == width {
            document(&reader, &columns, &mut sheet.jobs)
        } else {
            Err(format!("{} fields instead of {width}", reader.len()))
        };
        let read = document.and_then(|document| {
            ids.check(document.id, &sheet.table)?;
            sheet.table.push(document);
            Ok(())
        });
        if let Err(reason) = read {
            sheet.rejections.push(Rejection {
                file: path.into(),
                line: reader.line(),
                reason,
            });
        }
    }
    Ok(sheet)
}

/// Where each column is.
fn columns<R: Read>(header: &Reader<R>) -> Result<[usize; 6]> {
    let mut places = [0; 6];
    for (place, column) in places.iter_mut().zip(COLUMNS) {
        let named = |at: &usize| {
            header
                .field(*at)
                .trim_matches(['\u{FEFF}', ' '])
                .eq_ignore_ascii_case(column)
        };
        let Some(found) = (0..header.len()).find(named) else {
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
fn document<'a, R: Read>(
    reader: &'a Reader<R>,
    columns: &[usize; 6],
    jobs: &mut Jobs,
) -> Result<Document<'a>, String> {
    let [id, vendor, doc_no, amount, date, job] = columns.map(|at| reader.field(at));
    let id = id.trim_ascii();
    if id.is_empty() {
        return Err("no id".to_owned());
    }
    if reader.lossy
        && [id, vendor, doc_no, job]
            .iter()
            .any(|text| text.contains('\u{FFFD}'))
    {
        return Err("not UTF-8".to_owned());
    }
    let amount = cents(amount)?;
    let date = civil_date(date)?;
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
    match text.trim_ascii().parse::<i64>() {
        Ok(amount) if amount.unsigned_abs() <= LARGEST_AMOUNT => Ok(amount),
        Ok(_) => Err(format!("the amount {text} is absurd")),
        Err(_) => Err(format!(
            "the amount {text:?} is not a whole number of cents"
        )),
    }
}

fn civil_date(text: &str) -> Result<Option<Date>, String> {
    let text = text.trim_ascii();
    if text.is_empty() {
        return Ok(None);
    }
    let failed = || format!("the date {text:?} is not YYYY-MM-DD");
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *text.as_bytes() else {
        return Err(failed());
    };
    let digits = [y1, y2, y3, y4, m1, m2, d1, d2];
    if !digits.iter().all(u8::is_ascii_digit) {
        return Err(failed());
    }
    let [y1, y2, y3, y4, m1, m2, d1, d2] = digits.map(|digit| (digit - b'0').cast_signed());
    let year = (i16::from(y1) * 10 + i16::from(y2)) * 100 + i16::from(y3 * 10 + y4);
    Date::new(year, m1 * 10 + m2, d1 * 10 + d2)
        .map(Some)
        .map_err(|_| failed())
}

/// Finds ids that appear twice. As long as they ascend, the one before is all there is to know.
#[derive(Default)]
struct Ids {
    seen: Option<Interner>,
}

impl Ids {
    fn check(&mut self, id: &str, table: &Table) -> Result<(), String> {
        let rows = table.len() as u32;
        if self.seen.is_none() {
            if rows == 0 || table.id(rows - 1) < id {
                return Ok(());
            }
            let mut seen = Interner::default();
            (0..rows).for_each(|row| {
                seen.number(table.id(row));
            });
            self.seen = Some(seen);
        }
        let number = self.seen.as_mut().map_or(rows, |seen| seen.number(id));
        if number == rows {
            Ok(())
        } else {
            Err(format!("the id {id} appears before"))
        }
    }
}

/// The jobs of one side.
#[derive(Default)]
struct Jobs {
    /// As written, and for each spelling its job.
    written: Interner,
    key_of: Vec<JobKey>,
    /// In their normal form; a key is a position in this list.
    normal: Interner,
}

impl Jobs {
    fn key(&mut self, job: &str) -> JobKey {
        let written = self.written.number(job) as usize;
        if written == self.key_of.len() {
            let kept = job.chars().filter(|character| character.is_alphanumeric());
            let normal: String = kept.flat_map(char::to_uppercase).collect();
            self.key_of.push(if normal.is_empty() {
                UNKNOWN
            } else {
                self.normal.number(&normal)
            });
        }
        self.key_of[written]
    }
}

/// Gives the jobs of the right side the keys that the left side has for them.
fn share_jobs(left: &Jobs, right: &Jobs, table: &mut Table) {
    let mut shared = Interner::default();
    (0..left.normal.len() as u32).for_each(|key| {
        shared.number(left.normal.text(key));
    });
    let keys: Vec<JobKey> = (0..right.normal.len() as u32)
        .map(|key| shared.number(right.normal.text(key)))
        .collect();
    table.relabel_jobs(&keys);
}

fn write(matching: &Matching, (left, right): (&Table, &Table), out: &Path) -> Result<()> {
    let mut file = File::create(out)?;
    let mut text = Vec::with_capacity(FLUSHED_AT + 4_096);
    text.extend_from_slice(b"a_id,b_id,score,reason\n");
    let plain = !(must_quote(left.joined_ids()) || must_quote(right.joined_ids()));
    let mut tails: FxHashMap<u64, Vec<u8>> = FxHashMap::default();
    let mut lines: Vec<(&str, &str, &Pair)> = Vec::with_capacity(2 * BATCH);
    for batch in matching.pairs.chunks(BATCH) {
        // Ids lie anywhere in memory: all of a batch are looked up before any is copied, so that
        // the machine waits for them together.
        lines.clear();
        for pair in batch {
            for a in pair.left.rows() {
                for b in pair.right.rows() {
                    lines.push((left.id(*a), right.id(*b), pair));
                }
            }
        }
        for (a, b, pair) in &lines {
            if plain {
                text.extend_from_slice(a.as_bytes());
                text.push(b',');
                text.extend_from_slice(b.as_bytes());
            } else {
                text.extend_from_slice(format!("{},{}", quoted(a), quoted(b)).as_bytes());
            }
            text.extend_from_slice(tails.entry(key(pair)).or_insert_with(|| tail(pair)));
        }
        if text.len() >= FLUSHED_AT {
            file.write_all(&text)?;
            text.clear();
        }
    }
    file.write_all(&text)?;
    Ok(())
}

/// What the score and the reason depend on, in one word.
fn key(pair: &Pair) -> u64 {
    let Evidence {
        number,
        number_length,
        amount,
        party,
        job,
        days_apart,
        parts,
    } = pair.evidence;
    let days = days_apart.map_or(0, |days| u64::from(days) + 1);
    let small = [number as u64, amount as u64, party as u64, job as u64];
    let small = small.iter().fold(0, |all, one| all << 4 | one);
    small | u64::from(number_length) << 16 | u64::from(parts) << 24 | days << 32
}

/// The score and the reason, as a line ends with them.
fn tail(pair: &Pair) -> Vec<u8> {
    let hundredths = (pair.score + 50) / 100;
    let (whole, rest) = (hundredths / 100, hundredths % 100);
    format!(",{whole}.{rest:02},\"{}\"\n", pair.evidence.sentence()).into_bytes()
}

fn must_quote(text: &str) -> bool {
    text.bytes()
        .any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r'))
}

fn quoted(id: &str) -> String {
    if must_quote(id) {
        format!("\"{}\"", id.replace('"', "\"\""))
    } else {
        id.to_owned()
    }
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
            "a_id,b_id,score,reason\na1,b1,0.96,\"same party, same number, \
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
        let mut reader = Reader::new(&b"id,vendor\n"[..]);
        assert!(reader.advance().unwrap());
        assert!(columns(&reader).unwrap_err().to_string().contains("doc_no"));
    }
}

//! Reads a CSV file record by record through one small buffer that stays in the cache: a file of
//! any size costs no memory of its own. Fields are borrowed from the buffer; quotes, quoted commas,
//! quoted line ends and doubled quotes are understood. Knows nothing of documents.

use std::io::Read;

use anyhow::{Context, Result, ensure};

/// Bytes read at a time.
const CHUNK: usize = 256 * 1_024;

/// A CSV file being read.
pub(super) struct Reader<R> {
    source: R,
    /// What has been read and not yet given out, from `start` on.
    text: String,
    start: usize,
    /// Where commas, line ends and quotes are in `text`, ascending.
    marks: Vec<u32>,
    /// The first mark of what has not been given out.
    mark: usize,
    /// Bytes of a character that the last read cut in two.
    cut: Vec<u8>,
    ended: bool,
    /// Where the fields of the current record are in `text`.
    fields: Vec<(usize, usize)>,
    /// Fields of the current record that held doubled quotes, by their place.
    unescaped: Vec<(usize, String)>,
    /// The line on which the current record starts, and the one on which the next does.
    line: u64,
    next_line: u64,
    /// Whether some bytes were not UTF-8; they read as U+FFFD.
    pub(super) lossy: bool,
}

impl<R: Read> Reader<R> {
    pub(super) fn new(source: R) -> Self {
        Self {
            source,
            text: String::new(),
            start: 0,
            marks: Vec::new(),
            mark: 0,
            cut: Vec::new(),
            ended: false,
            fields: Vec::new(),
            unescaped: Vec::new(),
            line: 0,
            next_line: 1,
            lossy: false,
        }
    }

    /// Goes to the next record. False when there is none.
    ///
    /// # Errors
    /// When the source cannot be read.
    pub(super) fn advance(&mut self) -> Result<bool> {
        loop {
            if let Some(next) = self.split() {
                self.start = next;
                return Ok(true);
            }
            if self.ended {
                return Ok(false);
            }
            self.refill()?;
        }
    }

    /// The line, counted from 1, on which the current record starts.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Fields in the current record.
    pub(super) fn len(&self) -> usize {
        self.fields.len()
    }

    /// A field of the current record.
    pub(super) fn field(&self, at: usize) -> &str {
        if !self.unescaped.is_empty()
            && let Some((_, text)) = self.unescaped.iter().find(|(place, _)| *place == at)
        {
            return text;
        }
        let (start, end) = self.fields[at];
        &self.text[start..end]
    }

    fn refill(&mut self) -> Result<()> {
        let mut bytes = std::mem::take(&mut self.text).into_bytes();
        bytes.drain(..self.start);
        self.marks.drain(..self.mark);
        self.marks
            .iter_mut()
            .for_each(|mark| *mark -= self.start as u32);
        (self.start, self.mark) = (0, 0);
        let marked = bytes.len();
        bytes.append(&mut self.cut);
        let kept = bytes.len();
        // A record longer than the buffer doubles it, so that long records stay linear.
        bytes.resize(kept + CHUNK.max(kept), 0);
        ensure!(
            bytes.len() < u32::MAX as usize,
            "line {} does not end",
            self.next_line
        );
        let read = self
            .source
            .read(&mut bytes[kept..])
            .context("failed to read")?;
        bytes.truncate(kept + read);
        self.ended = read == 0;
        self.text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let broken = error.utf8_error();
                let mut bytes = error.into_bytes();
                if broken.error_len().is_none() && !self.ended {
                    self.cut = bytes.split_off(broken.valid_up_to());
                }
                self.lossy |= std::str::from_utf8(&bytes).is_err();
                String::from_utf8_lossy(&bytes).into_owned()
            }
        };
        mark(self.text.as_bytes(), marked, &mut self.marks);
        Ok(())
    }

    /// Splits the next record into fields and returns where the one after it starts; nothing when
    /// the text ends before the record does.
    fn split(&mut self) -> Option<usize> {
        let bytes = self.text.as_bytes();
        self.fields.clear();
        self.unescaped.clear();
        if self.start == bytes.len() {
            return None;
        }
        // The start of the field, its end if a quote has closed it, and the mark looked at.
        let (mut at, mut closed, mut mark) = (self.start, None, self.mark);
        let mut lines = 1;
        loop {
            let next = match self.marks.get(mark) {
                Some(next) => *next as usize,
                None if self.ended => bytes.len(),
                None => return None,
            };
            mark += 1;
            let separator = bytes.get(next).copied().unwrap_or(b'\n');
            if separator == b'"' {
                if next == at {
                    let (end, doubled) = self.closing_quote(&mut mark)?;
                    let field = &self.text[at + 1..end];
                    lines += field.bytes().filter(|byte| *byte == b'\n').count() as u64;
                    if doubled {
                        self.unescaped
                            .push((self.fields.len(), field.replace("\"\"", "\"")));
                    }
                    closed = Some((at + 1, end));
                }
                // A quote in the middle of a field is a character like any other.
                continue;
            }
            let carriage = separator == b'\n' && next > at && bytes[next - 1] == b'\r';
            // Whatever follows a closing quote within the field is dropped.
            self.fields
                .push(closed.take().unwrap_or((at, next - usize::from(carriage))));
            at = next + 1;
            if separator == b'\n' {
                self.line = self.next_line;
                self.next_line += lines;
                self.mark = mark.min(self.marks.len());
                return Some(at.min(bytes.len()));
            }
        }
    }

    /// Where the quoted field ends whose content starts before `mark`, and whether it holds doubled
    /// quotes; moves `mark` behind the closing quote. Nothing when it does not end in the text.
    fn closing_quote(&self, mark: &mut usize) -> Option<(usize, bool)> {
        let bytes = self.text.as_bytes();
        let mut doubled = false;
        loop {
            let Some(at) = self.marks.get(*mark).map(|at| *at as usize) else {
                return self.ended.then_some((bytes.len(), doubled));
            };
            *mark += 1;
            if bytes[at] != b'"' {
                continue;
            }
            match bytes.get(at + 1) {
                Some(b'"') => {
                    doubled = true;
                    *mark += 1;
                }
                // The next byte may still come and be a second quote.
                None if !self.ended => return None,
                _ => return Some((at, doubled)),
            }
        }
    }
}

/// Adds where commas, line ends and quotes are, from a place on: a block at a time without a branch
/// per byte, because the lengths of fields cannot be foreseen.
fn mark(text: &[u8], from: usize, marks: &mut Vec<u32>) {
    const BLOCK: usize = 64;
    let told = |byte: u8| u8::from(byte == b',') | u8::from(byte == b'\n') | u8::from(byte == b'"');
    let (blocks, rest) = text[from..].as_chunks::<BLOCK>();
    let mut start = from;
    for block in blocks {
        let found = block.map(told);
        let mut bits = 0_u64;
        for (place, eight) in found.as_chunks::<8>().0.iter().enumerate() {
            // Gathers the lowest bit of each of eight bytes into one byte.
            let gathered = u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
            bits |= gathered << (place * 8);
        }
        while bits != 0 {
            marks.push((start + bits.trailing_zeros() as usize) as u32);
            bits &= bits - 1;
        }
        start += BLOCK;
    }
    marks.extend(
        (start..)
            .zip(rest)
            .filter(|(_, byte)| told(**byte) == 1)
            .map(|(at, _)| at as u32),
    );
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::Reader;

    /// Gives out a few bytes at a time, so that every boundary is met.
    struct Drops<'a>(&'a [u8], usize);

    impl Read for Drops<'_> {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            let count = self.1.min(self.0.len()).min(into.len());
            into[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn records(text: &[u8], drop: usize) -> Vec<(u64, Vec<String>)> {
        let mut reader = Reader::new(Drops(text, drop));
        let mut records = Vec::new();
        while reader.advance().unwrap() {
            let fields = (0..reader.len())
                .map(|at| reader.field(at).to_owned())
                .collect();
            records.push((reader.line(), fields));
        }
        records
    }

    #[test]
    fn records_are_the_same_however_the_bytes_arrive() {
        let text = "a,b\r\n\"x, \"\"y\"\"\n z\",é\n\n,\"\"\nlast,\"open".as_bytes();
        let expected: Vec<(u64, Vec<String>)> = [
            (1, vec!["a", "b"]),
            (2, vec!["x, \"y\"\n z", "é"]),
            (4, vec![""]),
            (5, vec!["", ""]),
            (6, vec!["last", "open"]),
        ]
        .map(|(line, fields)| (line, fields.into_iter().map(String::from).collect()))
        .to_vec();
        for drop in [1, 2, 3, 7, 1_000] {
            assert_eq!(records(text, drop), expected, "{drop}");
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_are_marked_and_the_rest_is_read() {
        let mut reader = Reader::new(&b"a,\xFF\nb,c\n"[..]);
        assert!(reader.advance().unwrap());
        assert_eq!((reader.field(1), reader.lossy), ("\u{FFFD}", true));
        assert!(reader.advance().unwrap());
        assert_eq!(reader.field(1), "c");
    }
}

//! Reads a CSV file record by record through one small buffer that stays in the cache: a file of
//! any size costs no memory of its own. Fields are borrowed from the buffer; quotes, quoted commas,
//! quoted line ends and doubled quotes are understood. Knows nothing of documents.

use std::io::Read;

use anyhow::{Context, Result};

/// Bytes read at a time.
const CHUNK: usize = 256 * 1_024;

/// A CSV file being read.
pub(super) struct Reader<R> {
    source: R,
    /// What has been read and not yet given out, from `start` on.
    text: String,
    start: usize,
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
        bytes.append(&mut self.cut);
        self.start = 0;
        let kept = bytes.len();
        // A record longer than the buffer doubles it, so that long records stay linear.
        bytes.resize(kept + CHUNK.max(kept), 0);
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
        Ok(())
    }

    /// Splits the next record into fields and returns where the one after it starts; nothing when
    /// the text ends before the record does.
    fn split(&mut self) -> Option<usize> {
        let bytes = self.text.as_bytes();
        self.fields.clear();
        self.unescaped.clear();
        let mut at = self.start;
        if at == bytes.len() {
            return None;
        }
        let mut lines = 1;
        loop {
            let (end, next) = if bytes.get(at) == Some(&b'"') {
                let (end, doubled) = closing_quote(bytes, at + 1, self.ended)?;
                let field = &self.text[at + 1..end];
                lines += field.bytes().filter(|byte| *byte == b'\n').count() as u64;
                if doubled {
                    self.unescaped
                        .push((self.fields.len(), field.replace("\"\"", "\"")));
                }
                at += 1;
                // Whatever follows a closing quote within the field is dropped.
                (end, end + separator(&bytes[end..], self.ended)?)
            } else {
                let end = at + separator(&bytes[at..], self.ended)?;
                (end, end)
            };
            if bytes.get(next) == Some(&b',') {
                self.fields.push((at, end));
                at = next + 1;
                continue;
            }
            let carriage = end == next && end > at && bytes[end - 1] == b'\r';
            self.fields.push((at, end - usize::from(carriage)));
            self.line = self.next_line;
            self.next_line += lines;
            return Some((next + 1).min(bytes.len()));
        }
    }
}

/// Where the next comma or line end is; the end of the text when that is the end of the file.
fn separator(bytes: &[u8], ended: bool) -> Option<usize> {
    let found = bytes.iter().position(|byte| matches!(byte, b',' | b'\n'));
    found.or(ended.then_some(bytes.len()))
}

/// Where the quoted field that starts at `from` ends, and whether it holds doubled quotes.
fn closing_quote(bytes: &[u8], from: usize, ended: bool) -> Option<(usize, bool)> {
    let mut at = from;
    let mut doubled = false;
    loop {
        match bytes[at..].iter().position(|byte| *byte == b'"') {
            Some(found) => at += found,
            None => return ended.then_some((bytes.len(), doubled)),
        }
        match bytes.get(at + 1) {
            Some(b'"') => {
                doubled = true;
                at += 2;
            }
            // The next byte may still come and be a second quote.
            None if !ended => return None,
            _ => return Some((at, doubled)),
        }
    }
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

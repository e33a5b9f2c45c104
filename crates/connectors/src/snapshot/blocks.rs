//! Walking through a file of lines in blocks, without holding the file or a line without end.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// How much is read at once.
const BLOCK: usize = 16 << 20;
/// The longest line that is read.
pub(super) const LONGEST_LINE: usize = 64 << 20;

/// A line of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Text<'a> {
    /// Readable text.
    Good(&'a str),
    /// Not readable, and why.
    Bad(&'static str),
}

const NOT_UTF8: &str =
    "the line is not text in UTF-8, so it was damaged after it was read; write the snapshot again";
const TOO_LONG: &str =
    "the line is longer than 64 MB, which no record is; write the snapshot again";

/// The blocks of a file.
pub(super) struct Blocks {
    file: File,
    /// What was read beyond the last whole line.
    rest: Vec<u8>,
    /// Number of the next line, from 1.
    next_line: u64,
    ended: bool,
    block: usize,
    longest: usize,
}

/// Whole lines of a file.
#[derive(Debug)]
pub(super) struct Block {
    content: Content,
    first_line: u64,
}

#[derive(Debug)]
enum Content {
    Text(String),
    Bytes(Vec<u8>),
    /// One line that is too long.
    TooLong,
}

impl Blocks {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            file: File::open(path)?,
            rest: Vec::new(),
            next_line: 1,
            ended: false,
            block: BLOCK,
            longest: LONGEST_LINE,
        })
    }

    /// The next whole lines; nothing at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Block>> {
        loop {
            // All that is held was searched for a line end before, so only news are searched.
            let searched = self.rest.len();
            if !self.ended {
                let limit = self.block as u64;
                self.rest.reserve(self.block);
                let read = self.file.by_ref().take(limit).read_to_end(&mut self.rest)?;
                self.ended = read < self.block;
            }
            if self.rest.is_empty() {
                return Ok(None);
            }
            let end = self.rest[searched..]
                .iter()
                .rposition(|byte| *byte == b'\n');
            match end {
                Some(end) => {
                    let after = self.rest.split_off(searched + end + 1);
                    let whole = std::mem::replace(&mut self.rest, after);
                    return Ok(Some(self.block_of(whole)));
                }
                None if self.rest.len() > self.longest => return self.skip_line().map(Some),
                None if self.ended => {
                    let whole = std::mem::take(&mut self.rest);
                    return Ok(Some(self.block_of(whole)));
                }
                None => {}
            }
        }
    }

    fn block_of(&mut self, bytes: Vec<u8>) -> Block {
        let first_line = self.next_line;
        let content = match String::from_utf8(bytes) {
            Ok(text) => {
                self.next_line += text.matches('\n').count() as u64;
                Content::Text(text)
            }
            Err(damaged) => {
                let bytes = damaged.into_bytes();
                self.next_line += bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
                Content::Bytes(bytes)
            }
        };
        Block {
            content,
            first_line,
        }
    }

    /// Reads on to the end of a line that is too long, holding none of it.
    fn skip_line(&mut self) -> io::Result<Block> {
        self.rest = Vec::new();
        while !self.ended {
            let mut piece = Vec::new();
            let read = self.file.by_ref().take(1 << 20).read_to_end(&mut piece)?;
            self.ended = read < 1 << 20;
            if let Some(end) = piece.iter().position(|byte| *byte == b'\n') {
                self.rest = piece.split_off(end + 1);
                // What follows may hold whole lines, which the next search must not skip.
                let pushed_back = self.rest.len();
                self.push_back(pushed_back)?;
                break;
            }
        }
        let block = Block {
            content: Content::TooLong,
            first_line: self.next_line,
        };
        self.next_line += 1;
        Ok(block)
    }

    /// Returns bytes to the file, so that they are read again.
    fn push_back(&mut self, count: usize) -> io::Result<()> {
        use std::io::{Seek, SeekFrom};
        let back = i64::try_from(count).map_err(io::Error::other)?;
        self.file.seek(SeekFrom::Current(-back))?;
        self.rest.clear();
        self.ended = false;
        Ok(())
    }
}

impl Block {
    /// The lines that are not blank, with their numbers.
    pub(super) fn lines(&self) -> Vec<(u64, Text<'_>)> {
        let numbers = self.first_line..;
        let mut lines = Vec::new();
        match &self.content {
            Content::TooLong => lines.push((self.first_line, Text::Bad(TOO_LONG))),
            Content::Text(text) => {
                lines.reserve(text.len() / 512);
                for (number, line) in numbers.zip(text.split('\n')) {
                    push(&mut lines, number, line);
                }
            }
            Content::Bytes(bytes) => {
                for (number, line) in numbers.zip(bytes.split(|byte| *byte == b'\n')) {
                    match std::str::from_utf8(line) {
                        Ok(line) => push(&mut lines, number, line),
                        Err(_) => lines.push((number, Text::Bad(NOT_UTF8))),
                    }
                }
            }
        }
        lines
    }
}

fn push<'a>(lines: &mut Vec<(u64, Text<'a>)>, number: u64, line: &'a str) {
    let line = line.trim();
    let line = if number == 1 {
        line.trim_start_matches('\u{feff}')
    } else {
        line
    };
    if !line.is_empty() {
        lines.push((number, Text::Good(line)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: &[u8], block: usize, longest: usize) -> Vec<(u64, String)> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file.ndjson");
        std::fs::write(&path, content).unwrap();
        let mut blocks = Blocks {
            block,
            longest,
            ..Blocks::open(&path).unwrap()
        };
        let mut all = Vec::new();
        while let Some(block) = blocks.next().unwrap() {
            all.extend(block.lines().into_iter().map(|(number, text)| match text {
                Text::Good(text) => (number, text.to_owned()),
                Text::Bad(_) => (number, "bad".to_owned()),
            }));
        }
        all
    }

    fn expected(lines: &[(u64, &str)]) -> Vec<(u64, String)> {
        lines
            .iter()
            .map(|(number, text)| (*number, (*text).to_owned()))
            .collect()
    }

    #[test]
    fn lines_have_the_same_numbers_whatever_the_size_of_a_block() {
        let content = "\u{feff}one\r\n\n  two  \nthree, which is long\nfour".as_bytes();
        for block in 1..60 {
            assert_eq!(
                read(content, block, 1000),
                expected(&[
                    (1, "one"),
                    (3, "two"),
                    (4, "three, which is long"),
                    (5, "four")
                ]),
                "block of {block}"
            );
        }
    }

    #[test]
    fn a_damaged_line_is_told_and_the_others_are_read() {
        assert_eq!(
            read(b"one\ntw\xffo\nthree\n", 4, 1000),
            expected(&[(1, "one"), (2, "bad"), (3, "three")])
        );
    }

    #[test]
    fn a_line_without_end_is_passed_over_and_not_held() {
        let mut content = b"one\n".to_vec();
        content.extend(std::iter::repeat_n(b'x', 3 << 20));
        content.extend(b"\nthree\nfour\n");
        assert_eq!(
            read(&content, 16, 1000),
            expected(&[(1, "one"), (2, "bad"), (3, "three"), (4, "four")])
        );
        content.truncate(2 << 20);
        assert_eq!(
            read(&content, 16, 1000),
            expected(&[(1, "one"), (2, "bad")])
        );
    }
}

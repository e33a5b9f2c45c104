//! One line of a scenario as words: bare ones and quoted ones.

use std::str::FromStr;

use figures::{Date, Money, SmolStr};

/// A word of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    /// Written without quotes.
    Bare(String),
    /// Written between double quotes: a name or a number as somebody typed it.
    Quoted(String),
}

/// The words of one line, read from the left.
pub(super) struct Words {
    words: std::vec::IntoIter<Word>,
    line: String,
}

impl Words {
    /// The words of a line. What follows a `#` outside quotes is a remark.
    pub(super) fn of(line: &str) -> Self {
        let mut words = Vec::new();
        let mut rest = line.trim();
        while !rest.is_empty() && !rest.starts_with('#') {
            if let Some(quoted) = rest.strip_prefix('"') {
                let (text, after) = quoted.split_once('"').unwrap_or((quoted, ""));
                words.push(Word::Quoted(text.to_owned()));
                rest = after.trim_start();
            } else {
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                words.push(Word::Bare(rest[..end].to_owned()));
                rest = rest[end..].trim_start();
            }
        }
        Self {
            words: words.into_iter(),
            line: line.trim().to_owned(),
        }
    }

    /// What is wrong with this line, for the reader of the failing test.
    pub(super) fn wrong(&self, what: impl std::fmt::Display) -> String {
        format!("{what} in: {}", self.line)
    }

    pub(super) fn next(&mut self) -> Option<Word> {
        self.words.next()
    }

    /// The next word without its quotes.
    pub(super) fn text(&mut self) -> Result<SmolStr, String> {
        match self.words.next() {
            Some(Word::Bare(text) | Word::Quoted(text)) => Ok(SmolStr::new(text)),
            None => Err(self.wrong("a word is missing at the end")),
        }
    }

    /// The next word as an id or a running number.
    pub(super) fn number<T: FromStr>(&mut self) -> Result<T, String> {
        let text = self.text()?;
        text.parse()
            .map_err(|_| self.wrong(format!("{text} is no number")))
    }

    /// The next word as an amount.
    pub(super) fn money(&mut self) -> Result<Money, String> {
        let text = self.text()?;
        money(&text).ok_or_else(|| self.wrong(format!("{text} is no amount")))
    }

    /// The next word as a day.
    pub(super) fn date(&mut self) -> Result<Date, String> {
        let text = self.text()?;
        date(&text).ok_or_else(|| self.wrong(format!("{text} is no day")))
    }
}

/// An amount as people write it: `1,450.25`, always with its cents.
pub(super) fn money(text: &str) -> Option<Money> {
    let (_, cents) = text.rsplit_once('.')?;
    let written = cents.len() == 2 && text.chars().all(|letter| "-+,.0123456789".contains(letter));
    written
        .then(|| Money::parse(&text.replace(',', "")).ok())
        .flatten()
}

/// A day: `2026-10-31`.
pub(super) fn date(text: &str) -> Option<Date> {
    (text.len() == 10).then(|| text.parse().ok()).flatten()
}

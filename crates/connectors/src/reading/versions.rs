//! Several versions of one record: which one stands.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::hash::Hasher;

use rayon::prelude::*;

/// A record with what is needed to tell its versions apart.
#[derive(Debug, Clone)]
pub(crate) struct Stamped<T> {
    /// The record.
    pub(crate) record: T,
    /// Greater is later: `SyncToken`, or the moment of `updated_at`.
    pub(crate) version: u64,
    /// Digest of the body, to know a repetition from a contradiction.
    pub(crate) digest: u64,
    /// Line in its file; zero when there is none.
    pub(crate) line: u64,
    /// The currency it names.
    pub(crate) currency: Currency,
}

/// A currency code of three letters, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Currency(Option<[u8; 3]>);

impl Currency {
    /// The United States dollar.
    pub(crate) const USD: Self = Self(Some(*b"USD"));

    /// Reads a code; an empty text is none.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let code = text.trim().to_ascii_uppercase();
        if code.is_empty() {
            return Ok(Self(None));
        }
        match <[u8; 3]>::try_from(code.as_bytes()) {
            Ok(letters) if letters.iter().all(u8::is_ascii_uppercase) => Ok(Self(Some(letters))),
            _ => Err(format!(
                "its currency is {}, which is not a code of three letters",
                super::raw::shown(text)
            )),
        }
    }

    /// The code, empty for none.
    pub(crate) fn code(&self) -> &str {
        self.0
            .as_ref()
            .and_then(|letters| std::str::from_utf8(letters).ok())
            .unwrap_or("")
    }

    /// Whether a record in this currency cannot be added to books kept in `home`.
    pub(crate) fn is_foreign_to(self, home: Self) -> bool {
        self.0.is_some() && self != home
    }
}

/// Counts currencies to find the one that most records name.
#[derive(Debug, Default)]
pub(crate) struct Currencies(BTreeMap<Currency, u64>);

impl Currencies {
    /// Counts one record.
    pub(crate) fn count(&mut self, currency: Currency) {
        if currency != Currency::default() {
            *self.0.entry(currency).or_default() += 1;
        }
    }

    /// Adds the counts of another.
    pub(crate) fn absorb(&mut self, later: Self) {
        for (currency, count) in later.0 {
            *self.0.entry(currency).or_default() += count;
        }
    }

    /// The one named most often; of equals the first by code.
    pub(crate) fn most(&self) -> Option<Currency> {
        self.0
            .iter()
            .max_by(|one, other| one.1.cmp(other.1).then(other.0.cmp(one.0)))
            .map(|(currency, _)| *currency)
    }
}

/// Digest of a body; equal bodies have equal digests.
pub(crate) fn digest(body: &str) -> u64 {
    let mut hasher = rustc_hash::FxHasher::default();
    hasher.write(body.as_bytes());
    hasher.finish()
}

/// Sorts records and keeps one version of each: the greatest version, of equal bodies the first.
///
/// `contradiction` is told of a record that differs from the one kept though neither is later.
pub(crate) fn settle<T: Send>(
    rows: &mut Vec<Stamped<T>>,
    compare: impl Fn(&T, &T) -> Ordering + Sync,
    mut contradiction: impl FnMut(&Stamped<T>),
) {
    if !rows.is_sorted_by(|one, next| compare(&one.record, &next.record).is_le()) {
        rows.par_sort_by(|one, other| compare(&one.record, &other.record));
    }
    rows.dedup_by(|current, kept| {
        if compare(&current.record, &kept.record).is_ne() {
            return false;
        }
        if current.version > kept.version {
            std::mem::swap(current, kept);
        } else if current.version == kept.version && current.digest != kept.digest {
            contradiction(current);
        }
        true
    });
}

/// The records without their stamps.
pub(crate) fn unstamped<T>(rows: Vec<Stamped<T>>) -> Vec<T> {
    rows.into_iter().map(|row| row.record).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: i64, version: u64, digest: u64) -> Stamped<(i64, u64)> {
        Stamped {
            record: (id, digest),
            version,
            digest,
            line: 0,
            currency: Currency::default(),
        }
    }

    #[test]
    fn the_later_version_stands_and_a_contradiction_is_told() {
        let mut rows = vec![
            row(2, 1, 7),
            row(1, 3, 1),
            row(1, 9, 2),
            row(1, 9, 3),
            row(2, 1, 7),
        ];
        let mut told = Vec::new();
        settle(
            &mut rows,
            |one, other| one.0.cmp(&other.0),
            |row| told.push(row.record),
        );
        assert_eq!(unstamped(rows), [(1, 2), (2, 7)]);
        assert_eq!(told, [(1, 3)]);
    }

    #[test]
    fn the_currency_of_most_records_is_the_home_currency() {
        let mut currencies = Currencies::default();
        for code in ["USD", "CAD", "CAD", "", "usd"] {
            currencies.count(Currency::parse(code).unwrap());
        }
        assert_eq!(currencies.most().unwrap().code(), "CAD");
        assert!(Currency::parse("DOLLAR").is_err());
    }
}

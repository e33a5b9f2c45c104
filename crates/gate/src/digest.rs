//! SHA-256 over fields whose lengths are part of what is hashed.
//!
//! Two lists of fields that differ anywhere have different bytes before they are hashed: `ab`, `c`
//! is not `a`, `bc`. That is what an approval and a link of the audit's chain rest on.

use std::fmt;

use figures::SmolStr;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// A SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of bytes as they are.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest whose hexadecimal text this is.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if text.len() != 64
            || !text
                .bytes()
                .all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'))
        {
            return None;
        }
        for (at, byte) in bytes.iter_mut().enumerate() {
            let from = at.checked_mul(2)?;
            let pair = text.get(from..from.checked_add(2)?)?;
            *byte = u8::from_str_radix(pair, 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// In hexadecimal, as it is stored and shown.
impl fmt::Display for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = SmolStr::deserialize(deserializer)?;
        Self::from_text(&text).ok_or_else(|| serde::de::Error::custom("no digest"))
    }
}

/// Fields to be hashed, each after its length in eight bytes, the highest first.
#[derive(Clone)]
pub struct Fields(Sha256);

impl Fields {
    /// The fields of one purpose; those of another never have the same digest.
    #[must_use]
    pub fn of(purpose: &str) -> Self {
        Self(Sha256::new()).text(purpose)
    }

    /// With these bytes as the next field.
    #[must_use]
    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        // A length is never above 2^64.
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.0.update(length.to_be_bytes());
        self.0.update(bytes);
        self
    }

    /// With this text as the next field.
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        self.bytes(text.as_bytes())
    }

    /// With this number as the next field.
    #[must_use]
    pub fn number(self, number: i64) -> Self {
        self.bytes(&number.to_be_bytes())
    }

    /// With a text that may be missing; a missing one is not an empty one.
    #[must_use]
    pub fn maybe(self, text: Option<&str>) -> Self {
        match text {
            Some(text) => self.number(1).text(text),
            None => self.number(0),
        }
    }

    /// With a list, after its length.
    #[must_use]
    pub fn list<T>(self, list: &[T], add: impl FnMut(Self, &T) -> Self) -> Self {
        let length = i64::try_from(list.len()).unwrap_or(i64::MAX);
        let counted = self.number(length);
        list.iter().fold(counted, add)
    }

    /// The digest of all of them.
    #[must_use]
    pub fn digest(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

/// The text of a digest, for storing.
impl From<Digest> for SmolStr {
    fn from(digest: Digest) -> Self {
        Self::new(digest.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_field_ends_is_part_of_the_digest() {
        let two = |one: &str, other: &str| Fields::of("test").text(one).text(other).digest();
        assert_ne!(two("ab", "c"), two("a", "bc"));
        assert_ne!(two("", "a"), two("a", ""));
        assert_ne!(
            Fields::of("test").digest(),
            Fields::of("tes").text("t").digest()
        );
        let (none, empty) = (
            Fields::of("test").maybe(None),
            Fields::of("test").maybe(Some("")),
        );
        assert_ne!(none.digest(), empty.digest());
    }

    #[test]
    fn a_digest_is_read_back_from_its_text_and_from_nothing_else() {
        // The well-known digest of the empty text (FIPS 180-4's examples).
        let text = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Digest::of(b"").to_string(), text);
        assert_eq!(Digest::from_text(text), Some(Digest::of(b"")));
        let upper = text.to_uppercase();
        for other in [&text[1..], &upper, "", &text.replace('e', "g")] {
            assert_eq!(Digest::from_text(other), None, "{other}");
        }
    }
}

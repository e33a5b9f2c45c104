//! The chain of the audit: every entry's hash covers the one before, so that an entry that was
//! changed, taken out, put in or moved is found, and so is a tail that was cut off, by whoever
//! holds an anchor from before.
//!
//! The rule is short on purpose: an auditor can check a copy with twenty lines of any language.
//! `hash = SHA-256(fields)`, the fields being [`PURPOSE`], the tenant, the number, the hash before
//! (sixty-four zeros for the first), the moment, the person or nothing, the action and what it was
//! about, each after its length.

use crate::digest::{Digest, Fields};

/// What separates these hashes from all others.
pub const PURPOSE: &str = "plumbline.audit.v1";

/// One entry as the chain covers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link<'a> {
    /// Its number, from 1, without gaps.
    pub number: i64,
    /// When, in UTC, as it is stored.
    pub at: &'a str,
    /// The id of the person; nothing for the program itself and the operator.
    pub actor: Option<&'a str>,
    /// What was done.
    pub action: &'a str,
    /// To what.
    pub about: &'a str,
}

/// The hash that the first entry is said to follow.
#[must_use]
pub fn beginning() -> String {
    "0".repeat(64)
}

/// The hash of an entry of a tenant, given the hash of the one before.
#[must_use]
pub fn hash(tenant_id: &str, before: &str, link: Link<'_>) -> Digest {
    Fields::of(PURPOSE)
        .text(tenant_id)
        .number(link.number)
        .text(before)
        .text(link.at)
        .maybe(link.actor)
        .text(link.action)
        .text(link.about)
        .digest()
}

/// The state of a chain at some moment, to be kept where nobody of the installation can change it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// How many entries there were.
    pub entries: i64,
    /// The hash of the last of them, as text.
    pub hash: String,
}

/// What is wrong with a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broken {
    /// An entry is missing, doubled or moved: this number was expected, that one was there.
    Number {
        /// The number that should be here.
        expected: i64,
        /// The number that is.
        found: i64,
    },
    /// The entry's hash is not that of its fields and of the entry before.
    Hash {
        /// The entry.
        number: i64,
    },
    /// The anchor knows more entries than there are.
    CutOff {
        /// How many the anchor knows.
        expected: i64,
        /// How many there are.
        found: i64,
    },
    /// The anchor saw another entry at this place.
    Replaced {
        /// The place.
        number: i64,
    },
}

impl std::fmt::Display for Broken {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number { expected, found } => write!(
                out,
                "entry {expected} is missing: number {found} is in its place"
            ),
            Self::Hash { number } => write!(
                out,
                "entry {number} is not what was written, or does not follow the entry before it"
            ),
            Self::CutOff { expected, found } => write!(
                out,
                "the last entries are gone: there were {expected}, and {found} are left"
            ),
            Self::Replaced { number } => write!(
                out,
                "entry {number} is not the one that the anchor was made of; the entries up to it \
                 were written anew"
            ),
        }
    }
}

impl std::error::Error for Broken {}

/// Checks a chain entry by entry, in the order in which they are stored.
#[derive(Debug, Clone)]
pub struct Verifier<'a> {
    tenant_id: &'a str,
    anchors: &'a [Anchor],
    number: i64,
    hash: String,
}

impl<'a> Verifier<'a> {
    /// A verifier of a tenant's chain that also compares these anchors.
    #[must_use]
    pub fn new(tenant_id: &'a str, anchors: &'a [Anchor]) -> Self {
        Self {
            tenant_id,
            anchors,
            number: 0,
            hash: beginning(),
        }
    }

    /// Takes the next entry and its stored hash.
    ///
    /// # Errors
    /// The first thing that is wrong. A verifier that found something is of no further use.
    pub fn take(&mut self, link: Link<'_>, stored: &str) -> Result<(), Broken> {
        let expected = self.number.saturating_add(1);
        if link.number != expected {
            let found = link.number;
            return Err(Broken::Number { expected, found });
        }
        let hash = hash(self.tenant_id, &self.hash, link).to_string();
        if hash != stored {
            let number = link.number;
            return Err(Broken::Hash { number });
        }
        (self.number, self.hash) = (expected, hash);
        let is_replaced =
            |anchor: &Anchor| anchor.entries == self.number && anchor.hash != self.hash;
        if self.anchors.iter().any(is_replaced) {
            let number = self.number;
            return Err(Broken::Replaced { number });
        }
        Ok(())
    }

    /// After the last entry: the chain's anchor.
    ///
    /// # Errors
    /// When an anchor knows entries that are not there.
    pub fn end(self) -> Result<Anchor, Broken> {
        let most = self.anchors.iter().map(|anchor| anchor.entries).max();
        match most {
            Some(expected) if expected > self.number => Err(Broken::CutOff {
                expected,
                found: self.number,
            }),
            _ => Ok(Anchor {
                entries: self.number,
                hash: self.hash,
            }),
        }
    }
}

#[cfg(test)]
mod tests;

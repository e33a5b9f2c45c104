//! Document numbers, packed so that comparing two of them takes a few instructions.
//!
//! The normal form is that of the duplicate rule: upper case, everything that is not a letter or
//! digit dropped, leading zeros of each run of digits dropped, and a leading `INVOICE`, `INV` or
//! `NO` dropped as well (`Inv. #0045` becomes `45`). Each character takes one lane of six bits, so
//! a number of up to 21 characters fits in a `u128` and keeps its order and its length.

use super::radix::mix;

/// Bits of one character.
const LANE: u32 = 6;
/// Longest number that is packed character by character.
const LONGEST: u32 = 21;
/// Set for numbers too long to pack: the rest is a digest, good for equality only.
const OPAQUE: u128 = 1 << 127;

/// A document number in its normal form. Zero means that there is none.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(crate) struct Number {
    // Two words rather than one, so that a row needs no padding.
    high: u64,
    low: u64,
}

/// How two document numbers relate.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum NumberEvidence {
    /// The same number in its normal form.
    Same,
    /// The same digits; one side carries a prefix of letters that the other leaves out.
    SameCore,
    /// One is the other with a suffix, as in a revision or a part payment.
    Suffixed,
    /// One typing error apart: a character changed, added, lost, or two neighbours swapped.
    OneEdit,
    /// Only the last digit differs: a typing error, or the next number of the series.
    LastDigit,
    /// At least one side has no number.
    Missing,
    /// Two different numbers.
    Different,
}

/// The lane value of a character: digits 1 to 10, letters 11 to 36, others 37 to 62, 0 to skip.
const CODES: [u8; 256] = codes();

const fn codes() -> [u8; 256] {
    let mut table = [0_u8; 256];
    let mut byte = 0;
    while byte < 256 {
        let value = byte as u8;
        table[byte] = match value {
            b'0'..=b'9' => value - b'0' + 1,
            b'A'..=b'Z' => value - b'A' + 11,
            b'a'..=b'z' => value - b'a' + 11,
            // Letters of other scripts: their bytes are kept apart, not dropped.
            0x80.. => 37 + value % 26,
            _ => 0,
        };
        byte += 1;
    }
    table
}

/// Prefixes that say "this is a number", in lanes, longest first.
const PREFIXES: [(u128, u32); 3] = [packed(b"INVOICE"), packed(b"INV"), packed(b"NO")];

const fn packed(text: &[u8]) -> (u128, u32) {
    let mut lanes = 0;
    let mut at = 0;
    while at < text.len() {
        lanes = (lanes << LANE) | CODES[text[at] as usize] as u128;
        at += 1;
    }
    (lanes, text.len() as u32)
}

impl Number {
    /// Normalises and packs a number as it was typed.
    pub(crate) fn pack(text: &str) -> Self {
        let mut lanes: u128 = 0;
        let mut length: u32 = 0;
        let mut in_digits = false;
        let mut digest: u64 = 0;
        let mut pending_zero = false;
        for &byte in text.as_bytes() {
            let code = CODES[usize::from(byte)];
            if code == 0 {
                continue;
            }
            let digit = code <= 10;
            if code == 1 && !in_digits {
                // A leading zero counts only when no other digit follows in its run.
                pending_zero = true;
                continue;
            }
            if pending_zero && !digit {
                lanes = (lanes << LANE) | 1;
                length += 1;
            }
            pending_zero = false;
            in_digits = digit;
            lanes = (lanes << LANE) | u128::from(code);
            length += 1;
            digest = (digest ^ u64::from(code))
                .wrapping_mul(0x9E37_79B9_7F4A_7C15)
                .rotate_left(23);
        }
        if pending_zero {
            lanes = (lanes << LANE) | 1;
            length += 1;
        }
        if length > LONGEST {
            let opaque = OPAQUE | (u128::from(digest) << 8) | u128::from(length & 0xFF);
            return Self::from_lanes(opaque);
        }
        Self::from_lanes(Self::bare(lanes, length))
    }

    /// Drops the words that only announce a number, as long as something remains.
    fn bare(mut lanes: u128, mut length: u32) -> u128 {
        loop {
            let stripped = PREFIXES.iter().find(|(prefix, size)| {
                length > *size && lanes >> ((length - size) * LANE) == *prefix
            });
            let Some((_, size)) = stripped else {
                return lanes;
            };
            length -= size;
            lanes &= (1_u128 << (length * LANE)) - 1;
        }
    }

    fn from_lanes(lanes: u128) -> Self {
        Self {
            high: (lanes >> 64) as u64,
            low: lanes as u64,
        }
    }

    fn lanes(self) -> u128 {
        u128::from(self.high) << 64 | u128::from(self.low)
    }

    /// A digest for grouping equal numbers.
    pub(crate) fn digest(self) -> u64 {
        mix(self.low, self.high)
    }

    pub(crate) fn is_missing(self) -> bool {
        self.lanes() == 0
    }

    fn is_opaque(self) -> bool {
        self.lanes() & OPAQUE != 0
    }

    /// Characters of the normal form.
    pub(crate) fn length(self) -> u32 {
        (128 - self.lanes().leading_zeros()).div_ceil(LANE)
    }

    /// The number without its last `count` characters; missing when nothing remains.
    pub(crate) fn without_last(self, count: u32) -> Self {
        if self.is_opaque() || count >= self.length() {
            Self::default()
        } else {
            Self::from_lanes(self.lanes() >> (count * LANE))
        }
    }

    fn lane(self, from_right: u32) -> u128 {
        (self.lanes() >> (from_right * LANE)) & 63
    }

    /// How this number relates to another one.
    pub(crate) fn compare(self, other: Self) -> NumberEvidence {
        if self.is_missing() || other.is_missing() {
            return NumberEvidence::Missing;
        }
        if self == other {
            return NumberEvidence::Same;
        }
        if self.is_opaque() || other.is_opaque() {
            return NumberEvidence::Different;
        }
        let (long, short) = if self.length() >= other.length() {
            (self, other)
        } else {
            (other, self)
        };
        let (long_length, short_length) = (long.length(), short.length());
        let extra = long_length - short_length;
        let suffix = ((long.lanes() ^ short.lanes()).trailing_zeros() / LANE).min(short_length);
        let prefix = (((long.lanes() >> (extra * LANE)) ^ short.lanes()).leading_zeros())
            .saturating_sub(128 - short_length * LANE)
            / LANE;
        if extra > 0 && suffix == short_length && short_length >= 3 && long.lane(short_length) > 10
        {
            return NumberEvidence::SameCore;
        }
        if extra > 0 && extra <= 3 && prefix == short_length && short_length >= 3 {
            return NumberEvidence::Suffixed;
        }
        if short_length < 3 {
            return NumberEvidence::Different;
        }
        if extra == 0 && prefix + 1 == short_length {
            return NumberEvidence::LastDigit;
        }
        let one_edit = match extra {
            0 if prefix + suffix + 1 >= short_length => true,
            0 if prefix + suffix + 2 == short_length => {
                let (left, right) = (suffix + 1, suffix);
                long.lane(left) == short.lane(right) && long.lane(right) == short.lane(left)
            }
            1 => prefix + suffix >= short_length,
            _ => false,
        };
        if one_edit {
            return NumberEvidence::OneEdit;
        }
        if extra >= 2 && suffix == short_length && short_length >= 4 {
            return NumberEvidence::SameCore;
        }
        NumberEvidence::Different
    }
}

#[cfg(test)]
mod tests {
    use super::{Number, NumberEvidence};

    fn relation(left: &str, right: &str) -> NumberEvidence {
        let forward = Number::pack(left).compare(Number::pack(right));
        assert_eq!(
            forward,
            Number::pack(right).compare(Number::pack(left)),
            "{left} {right}"
        );
        forward
    }

    #[test]
    fn the_ways_people_write_one_number_are_one_number() {
        for other in [
            "Inv. #0045",
            "INV45",
            "invoice no. 45",
            "000045",
            "INV-45",
            "4-5",
        ] {
            assert_eq!(relation("45", other), NumberEvidence::Same, "{other}");
        }
        assert_eq!(Number::pack("INV"), Number::pack("inv"));
        assert!(!Number::pack("INV").is_missing());
        assert!(Number::pack(" -# ").is_missing());
        assert_eq!(Number::pack("A0").length(), 2);
        assert_eq!(Number::pack("0").length(), 1);
    }

    #[test]
    fn a_zero_inside_a_number_is_kept() {
        assert_eq!(relation("1001", "101"), NumberEvidence::OneEdit);
        assert_eq!(relation("A0B", "AB"), NumberEvidence::Different);
        assert_eq!(relation("10", "1"), NumberEvidence::Different);
    }

    #[test]
    fn typing_errors_and_variants_are_told_apart() {
        assert_eq!(relation("10234", "10243"), NumberEvidence::OneEdit);
        assert_eq!(relation("10234", "1234"), NumberEvidence::OneEdit);
        assert_eq!(relation("10234", "10934"), NumberEvidence::OneEdit);
        assert_eq!(relation("10234", "10235"), NumberEvidence::LastDigit);
        assert_eq!(relation("10234", "GLX-10234"), NumberEvidence::SameCore);
        assert_eq!(relation("10234", "10234-R1"), NumberEvidence::Suffixed);
        assert_eq!(relation("10234", "10324-7"), NumberEvidence::Different);
        assert_eq!(relation("10234", "20431"), NumberEvidence::Different);
        assert_eq!(relation("", "20431"), NumberEvidence::Missing);
    }

    #[test]
    fn numbers_too_long_to_pack_are_still_told_apart() {
        let long = "PROJECT-2025-PAYAPP-000017-REV";
        assert_eq!(
            relation(long, "project 2025 payapp 17 rev"),
            NumberEvidence::Same
        );
        assert_eq!(
            relation(long, "PROJECT-2025-PAYAPP-000018-REV"),
            NumberEvidence::Different
        );
    }
}

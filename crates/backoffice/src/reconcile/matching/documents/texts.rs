//! Texts side by side in one piece of memory, and distinct texts numbered as they appear.

use super::radix::mix;

/// Texts one after the other; a position stands for a text.
///
/// Ids of one export are mostly of one length. As long as all texts are, a position says where a
/// text is, and nothing else has to be kept or looked up.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    bytes: String,
    count: usize,
    /// The length of every text, until two differ.
    length: u32,
    /// Where each text ends, once two lengths differ; empty before.
    ends: Vec<u32>,
}

impl Texts {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self {
            bytes: String::with_capacity(bytes),
            ..Self::default()
        }
    }

    pub(crate) fn push(&mut self, text: &str) {
        if self.count == 0 {
            self.length = text.len() as u32;
        } else if self.ends.is_empty() && text.len() != self.length as usize {
            self.ends = (1..=self.count as u32)
                .map(|count| count * self.length)
                .collect();
        }
        self.bytes.push_str(text);
        assert!(
            self.bytes.len() < u32::MAX as usize,
            "more text than a table can hold"
        );
        if !self.ends.is_empty() {
            self.ends.push(self.bytes.len() as u32);
        }
        self.count += 1;
    }

    pub(crate) fn get(&self, at: u32) -> &str {
        let (start, end) = if self.ends.is_empty() {
            (at * self.length, (at + 1) * self.length)
        } else {
            let start = if at == 0 {
                0
            } else {
                self.ends[at as usize - 1]
            };
            (start, self.ends[at as usize])
        };
        &self.bytes[start as usize..end as usize]
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// All texts, one after the other.
    pub(crate) fn joined(&self) -> &str {
        &self.bytes
    }
}

/// Distinct texts, numbered from zero in the order in which they first appear.
#[derive(Debug, Default)]
pub struct Interner {
    texts: Texts,
    /// Open addressing: half a digest and a number counted from one; zero when free.
    slots: Vec<u64>,
}

impl Interner {
    /// The number of a text; a new one if the text has not been seen.
    ///
    /// # Panics
    /// When the texts exceed four thousand million bytes.
    pub fn number(&mut self, text: &str) -> u32 {
        if self.texts.len() * 2 >= self.slots.len() {
            self.grow();
        }
        let digest = digest(text.as_bytes());
        let mask = self.slots.len() - 1;
        let mut at = digest as usize & mask;
        loop {
            let slot = self.slots[at];
            if slot == 0 {
                self.texts.push(text);
                let number = self.texts.len() as u32;
                self.slots[at] = digest & (u64::MAX << 32) | u64::from(number);
                return number - 1;
            }
            let number = slot as u32 - 1;
            if slot >> 32 == digest >> 32 && self.texts.get(number) == text {
                return number;
            }
            at = (at + 1) & mask;
        }
    }

    /// The text of a number.
    pub fn text(&self, number: u32) -> &str {
        self.texts.get(number)
    }

    /// How many distinct texts there are.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(1_024);
        self.slots.clear();
        self.slots.resize(size, 0);
        for number in 0..self.texts.len() as u32 {
            let digest = digest(self.texts.get(number).as_bytes());
            let mut at = digest as usize & (size - 1);
            while self.slots[at] != 0 {
                at = (at + 1) & (size - 1);
            }
            self.slots[at] = digest & (u64::MAX << 32) | u64::from(number + 1);
        }
    }
}

/// A digest of some bytes, spread over both halves: sixteen bytes at a time, the last sixteen
/// overlapping those before them.
fn digest(bytes: &[u8]) -> u64 {
    let word = |from: usize| {
        let mut word = [0; 8];
        word.copy_from_slice(&bytes[from..from + 8]);
        u64::from_le_bytes(word)
    };
    let length = bytes.len();
    let mut digest = length as u64;
    if length < 8 {
        let tail = bytes
            .iter()
            .fold(0_u64, |tail, byte| tail << 8 | u64::from(*byte));
        return mix(tail, digest);
    }
    let mut at = 0;
    while at + 16 < length {
        digest = mix(word(at) ^ digest, word(at + 8));
        at += 16;
    }
    let last = length.saturating_sub(16);
    mix(word(last) ^ digest, word(length - 8))
}

#[cfg(test)]
mod tests {
    use super::{Interner, Texts};

    #[test]
    fn texts_of_one_length_and_of_several_are_found_again() {
        let mut texts = Texts::default();
        for (count, text) in ["b1", "b2", "b3", "b10", "", "b11"].into_iter().enumerate() {
            texts.push(text);
            assert_eq!(texts.get(count as u32), text);
        }
        assert_eq!(
            (0..6).map(|at| texts.get(at)).collect::<Vec<_>>().concat(),
            texts.joined()
        );
        assert_eq!(texts.get(1), "b2");
    }

    #[test]
    fn equal_texts_have_one_number_and_different_texts_have_different_ones() {
        let mut interner = Interner::default();
        let texts: Vec<String> = (0..5_000)
            .map(|at| format!("text {}", at % 3_000))
            .collect();
        let numbers: Vec<u32> = texts.iter().map(|text| interner.number(text)).collect();
        assert_eq!(interner.len(), 3_000);
        assert_eq!(numbers[..3_000], (0..3_000).collect::<Vec<u32>>());
        assert_eq!(numbers[3_000..], numbers[..2_000]);
        assert_eq!(interner.text(7), "text 7");
        assert_eq!(interner.number(""), 3_000);
    }
}

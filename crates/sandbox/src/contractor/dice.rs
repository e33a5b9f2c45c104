//! Chance, from a seed and from nothing else.
//!
//! Every draw is plain arithmetic on the raw stream, so that a new version of the random number
//! crates or another machine cannot change a world. It knows nothing about construction.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// A seeded source of draws.
pub(crate) struct Dice {
    stream: ChaCha8Rng,
}

impl Dice {
    /// Independent dice for one part of the simulation, so that a change in one part does not
    /// reshuffle the others.
    pub(crate) fn new(seed: u64, part: u64) -> Self {
        let mut stream = ChaCha8Rng::seed_from_u64(seed);
        stream.set_stream(part);
        Self { stream }
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn range(&mut self, low: i64, high: i64) -> i64 {
        let width = high.abs_diff(low) + 1;
        low + i64::try_from(self.stream.next_u64() % width).unwrap_or(0)
    }

    /// An index below `len`; zero when there is nothing to choose from.
    pub(crate) fn index(&mut self, len: usize) -> usize {
        let len = len.max(1) as u64;
        usize::try_from(self.stream.next_u64() % len).unwrap_or(0)
    }

    /// True in `percent` of a hundred cases.
    pub(crate) fn chance(&mut self, percent: i64) -> bool {
        self.range(1, 100) <= percent
    }

    /// One of the choices.
    pub(crate) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.index(choices.len())]
    }
}

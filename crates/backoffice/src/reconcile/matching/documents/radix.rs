//! Bringing equal keys together without comparing: two counting passes over the high bits of
//! hashed keys, then an insertion sort of what is left to do, which is next to nothing.

/// A hashed key, and what the pass that groups it needs at hand.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Entry {
    /// The digest of the key.
    pub(crate) key: u64,
    /// The amount in cents.
    pub(crate) amount: i64,
    /// The row, with the side in its highest bit.
    pub(crate) row: u32,
    /// The day of the document.
    pub(crate) day: i32,
}

/// Set in `Entry::row` for rows of the right side.
pub(crate) const RIGHT: u32 = 1 << 31;

impl Entry {
    pub(crate) fn is_right(&self) -> bool {
        self.row & RIGHT != 0
    }

    pub(crate) fn index(&self) -> u32 {
        self.row & !RIGHT
    }
}

const HIGH_BITS: u32 = 11;
const LOW_BITS: u32 = 10;
/// Below this a comparison sort is faster than two passes.
const SMALL: usize = 4_096;

/// Sorts entries by key, and by row within a key.
pub(crate) fn sort(mut entries: Vec<Entry>) -> Vec<Entry> {
    if entries.len() < SMALL {
        entries.sort_unstable_by_key(|entry| (entry.key, entry.row));
        return entries;
    }
    let mut scattered = vec![Entry::default(); entries.len()];
    let starts = scatter::<HIGH_BITS>(&entries, &mut scattered, 64 - HIGH_BITS);
    for pair in starts.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        scatter::<LOW_BITS>(
            &scattered[from..to],
            &mut entries[from..to],
            64 - HIGH_BITS - LOW_BITS,
        );
    }
    insertion_sort(&mut entries);
    entries
}

/// Moves entries to where the bits above `shift` put them; returns where each bucket starts.
fn scatter<const BITS: u32>(from: &[Entry], to: &mut [Entry], shift: u32) -> Vec<usize> {
    let buckets = 1_usize << BITS;
    let bucket = |entry: &Entry| (entry.key >> shift) as usize & (buckets - 1);
    let mut starts = vec![0_usize; buckets + 1];
    for entry in from {
        starts[bucket(entry) + 1] += 1;
    }
    for at in 0..buckets {
        starts[at + 1] += starts[at];
    }
    let mut next = starts.clone();
    for entry in from {
        let slot = &mut next[bucket(entry)];
        to[*slot] = *entry;
        *slot += 1;
    }
    starts
}

/// Finishes entries that are nearly sorted. A long run of equal keys stays linear, because the
/// passes before kept the order of rows.
fn insertion_sort(entries: &mut [Entry]) {
    for at in 1..entries.len() {
        let entry = entries[at];
        let mut hole = at;
        while hole > 0 && (entries[hole - 1].key, entries[hole - 1].row) > (entry.key, entry.row) {
            entries[hole] = entries[hole - 1];
            hole -= 1;
        }
        entries[hole] = entry;
    }
}

/// Mixes two words into a digest with well spread high bits.
pub(crate) fn mix(left: u64, right: u64) -> u64 {
    let product =
        u128::from(left ^ 0x2D35_8DCC_AA6C_78A5) * u128::from(right ^ 0x8BB8_4B93_962E_ACC9);
    let folded = (product as u64) ^ ((product >> 64) as u64);
    folded.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (folded >> 29)
}

#[cfg(test)]
mod tests {
    use super::{Entry, mix, sort};

    #[test]
    fn sorting_by_passes_agrees_with_a_comparison_sort() {
        let entries: Vec<Entry> = (0..20_000_u32)
            .map(|row| Entry {
                key: mix(u64::from(row % 7_001), 3),
                row,
                ..Entry::default()
            })
            .collect();
        let mut expected: Vec<(u64, u32)> =
            entries.iter().map(|entry| (entry.key, entry.row)).collect();
        expected.sort_unstable();
        let sorted: Vec<(u64, u32)> = sort(entries)
            .iter()
            .map(|entry| (entry.key, entry.row))
            .collect();
        assert_eq!(sorted, expected);
    }
}

//! Bringing equal keys together without comparing: one counting pass over the high bits of hashed
//! keys, then another within each bucket, while it is in the nearest cache.

/// A hashed key and the row it belongs to.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Entry {
    /// The digest of the key.
    pub(crate) key: u64,
    /// The row, with the side in its highest bit.
    pub(crate) row: u32,
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
const LOW_BITS: u32 = 9;
/// Buckets below this size are sorted by insertion at once.
const SMALL: usize = 48;

/// Sorts entries by key, and by row within a key. The entries are gone through twice, which is
/// cheaper than keeping them a second time.
pub(crate) fn sort(entries: impl Iterator<Item = Entry> + Clone) -> Vec<Entry> {
    let high = |entry: &Entry| (entry.key >> (64 - HIGH_BITS)) as usize;
    let mut starts = vec![0_usize; (1 << HIGH_BITS) + 1];
    let mut count = 0;
    for entry in entries.clone() {
        starts[high(&entry) + 1] += 1;
        count += 1;
    }
    for at in 1..starts.len() {
        starts[at] += starts[at - 1];
    }
    let mut next = starts.clone();
    let mut sorted = vec![Entry::default(); count];
    for entry in entries {
        let slot = &mut next[high(&entry)];
        sorted[*slot] = entry;
        *slot += 1;
    }
    let mut scratch = Vec::new();
    for pair in starts.windows(2) {
        sort_bucket(&mut sorted[pair[0]..pair[1]], &mut scratch);
    }
    sorted
}

/// Sorts entries that share their high bits.
fn sort_bucket(bucket: &mut [Entry], scratch: &mut Vec<Entry>) {
    if bucket.len() >= SMALL {
        let low = |entry: &Entry| {
            (entry.key >> (64 - HIGH_BITS - LOW_BITS)) as usize & ((1 << LOW_BITS) - 1)
        };
        let mut next = [0_u32; (1 << LOW_BITS) + 1];
        for entry in bucket.iter() {
            next[low(entry) + 1] += 1;
        }
        for at in 1..next.len() {
            next[at] += next[at - 1];
        }
        scratch.clear();
        scratch.extend_from_slice(bucket);
        for entry in scratch.iter() {
            let slot = &mut next[low(entry)];
            bucket[*slot as usize] = *entry;
            *slot += 1;
        }
    }
    insertion_sort(bucket);
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
        for count in [10, 3_000, 300_000_u32] {
            let entries: Vec<Entry> = (0..count)
                .map(|row| Entry {
                    key: mix(u64::from(row % 70_001), 3),
                    row,
                })
                .collect();
            let mut expected = entries.clone();
            expected.sort_unstable_by_key(|entry| (entry.key, entry.row));
            let sorted = sort(entries.iter().copied());
            let plain = |entries: &[Entry]| {
                entries
                    .iter()
                    .map(|entry| (entry.key, entry.row))
                    .collect::<Vec<_>>()
            };
            assert_eq!(plain(&sorted), plain(&expected));
        }
    }
}

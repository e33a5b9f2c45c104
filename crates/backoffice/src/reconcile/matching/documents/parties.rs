//! Which names are one party: names equal in their normal form, and rare spellings next to a
//! frequent one. Names are ranked by content, so that nothing depends on the order of rows.

use std::collections::BTreeMap;

use super::document::UNKNOWN;
use super::names;
use super::radix::{self, Entry, mix};
use super::table::{Row, Table};

/// The names of both sides in their normal form.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// Sorted; the position is the rank. The empty name, if present, is the first.
    normal: Vec<String>,
    /// Parties from here on were resolved by the caller.
    resolved_from: u32,
}

impl Names {
    pub(crate) fn is_resolved(&self, party: u32) -> bool {
        party >= self.resolved_from
    }

    /// Whether two names may be one company.
    pub(crate) fn alike(&self, left: u32, right: u32) -> bool {
        left == right || names::alike(&self.normal[left as usize], &self.normal[right as usize])
    }
}

/// Most names that may share one key; commoner keys tell nothing.
const COMMON: usize = 24;
/// Shorter names are not taken for a mistyped other one.
const SHORTEST: usize = 6;

/// Ranks the names and parties of both sides, writes the ranks into the rows, and returns the names.
pub(crate) fn resolve(left: &mut Table, right: &mut Table) -> Names {
    let mut written: Vec<(String, u32, u32)> =
        Vec::with_capacity(left.names.len() + right.names.len());
    for table in [&*left, &*right] {
        for (name, count) in (0..).zip(&table.name_counts) {
            let normal = names::normalise(table.names.text(name));
            written.push((normal, *count, written.len() as u32));
        }
    }
    written.sort_unstable();
    let mut ranks = vec![0_u32; written.len()];
    let mut normal: Vec<String> = Vec::with_capacity(written.len());
    let mut counts: Vec<u32> = Vec::with_capacity(written.len());
    for (name, count, place) in written {
        if normal.last() != Some(&name) {
            normal.push(name);
            counts.push(0);
        }
        let rank = normal.len() - 1;
        counts[rank] = counts[rank].saturating_add(count);
        ranks[place as usize] = rank as u32;
    }
    let leaders = leaders(&normal, &counts);
    let (left_ranks, right_ranks) = ranks.split_at(left.names.len());
    rewrite(
        [(&mut left.rows, left_ranks), (&mut right.rows, right_ranks)],
        normal,
        &leaders,
    )
}

/// Writes name ranks and party ranks into the rows.
fn rewrite(sides: [(&mut Vec<Row>, &[u32]); 2], normal: Vec<String>, leaders: &[u32]) -> Names {
    let resolved_from = normal.len() as u32;
    // The parties that the caller resolved, by the name they go by.
    let mut resolved: BTreeMap<u32, u32> = BTreeMap::new();
    let mut party_of_leader: BTreeMap<u32, u32> = BTreeMap::new();
    for (rows, ranks) in &sides {
        for row in rows.iter().filter(|row| row.party != UNKNOWN) {
            resolved.insert(row.party, 0);
            let leader = leaders[ranks[row.name as usize] as usize];
            let party = party_of_leader.entry(leader).or_insert(row.party);
            if *party != row.party {
                *party = UNKNOWN;
            }
        }
    }
    for (rank, place) in resolved.values_mut().enumerate() {
        *place = resolved_from + rank as u32;
    }
    let nameless = normal.first().is_some_and(String::is_empty);
    for (rows, ranks) in sides {
        for row in rows {
            row.name = ranks[row.name as usize];
            let leader = leaders[row.name as usize];
            row.party = if row.party != UNKNOWN {
                resolved[&row.party]
            } else if nameless && row.name == 0 {
                UNKNOWN
            } else {
                match party_of_leader.get(&leader) {
                    Some(party) if *party != UNKNOWN => resolved[party],
                    _ => leader,
                }
            };
        }
    }
    Names {
        normal,
        resolved_from,
    }
}

/// For each name the one it is taken for: itself, or a more frequent name that it is a mistyped
/// or shortened form of.
fn leaders(normal: &[String], counts: &[u32]) -> Vec<u32> {
    let mut leaders: Vec<u32> = (0..normal.len() as u32).collect();
    let weight = |name: u32| (counts[name as usize], std::cmp::Reverse(name));
    let entries = radix::sort(keys(normal).iter().copied());
    for group in entries.chunk_by(|a, b| a.key == b.key) {
        if group.len() < 2 || group.len() > COMMON {
            continue;
        }
        for first in group {
            for second in group.iter().filter(|second| second.row != first.row) {
                let leads = weight(second.row) > weight(leaders[first.row as usize])
                    && weight(second.row) > weight(first.row);
                if leads && may_be(&normal[first.row as usize], &normal[second.row as usize]) {
                    leaders[first.row as usize] = second.row;
                }
            }
        }
    }
    // A mistyped name follows its leader's leader, one step only: chains would join strangers.
    let direct = leaders.clone();
    for leader in &mut leaders {
        *leader = direct[*leader as usize];
    }
    leaders
}

fn may_be(name: &str, leader: &str) -> bool {
    let digits = |text: &str| {
        text.bytes()
            .filter(u8::is_ascii_digit)
            .fold(0_u64, |all, byte| {
                all.wrapping_mul(16).wrapping_add(u64::from(byte))
            })
    };
    digits(name) == digits(leader) && names::alike(name, leader)
}

/// Keys under which mistyped and shortened forms of a name meet: the name with each character
/// left out, and with each word left out.
fn keys(normal: &[String]) -> Vec<Entry> {
    let total: usize = normal.iter().map(|name| name.len() + 4).sum();
    let mut entries = Vec::with_capacity(total);
    let mut prefixes: Vec<u64> = Vec::new();
    for (row, name) in normal.iter().enumerate() {
        let bytes = name.as_bytes();
        if bytes.len() < SHORTEST {
            continue;
        }
        let entry = |key: u64| Entry {
            key: mix(key, 1),
            row: row as u32,
        };
        const BASE: u64 = 0x9E37_79B9_7F4A_7C55;
        prefixes.clear();
        prefixes.push(0);
        let mut digest = 0_u64;
        for byte in bytes {
            digest = digest.wrapping_mul(BASE).wrapping_add(u64::from(*byte) + 1);
            prefixes.push(digest);
        }
        entries.push(entry(digest));
        // From the right: the digest of everything behind, and its power of the base.
        let (mut behind, mut power) = (0_u64, 1_u64);
        for at in (0..bytes.len()).rev() {
            let repeats = at + 1 < bytes.len() && bytes[at] == bytes[at + 1];
            if !repeats {
                entries.push(entry(prefixes[at].wrapping_mul(power).wrapping_add(behind)));
            }
            behind = (u64::from(bytes[at]) + 1)
                .wrapping_mul(power)
                .wrapping_add(behind);
            power = power.wrapping_mul(BASE);
        }
        shortened(name, |digest| entries.push(entry(digest)), BASE);
    }
    entries
}

/// The digests of a name of three words or more with its last, or its second, word left out.
fn shortened(name: &str, mut emit: impl FnMut(u64), base: u64) {
    let words = name.split(' ').count();
    if words < 3 {
        return;
    }
    for left_out in [1, words - 1] {
        let mut digest = 0_u64;
        let mut first = true;
        for (_, word) in name
            .split(' ')
            .enumerate()
            .filter(|(at, _)| *at != left_out)
        {
            if !first {
                digest = digest.wrapping_mul(base).wrapping_add(u64::from(b' ') + 1);
            }
            first = false;
            for byte in word.bytes() {
                digest = digest.wrapping_mul(base).wrapping_add(u64::from(byte) + 1);
            }
        }
        emit(digest);
    }
}

#[cfg(test)]
mod tests {
    use super::leaders;

    #[test]
    fn rare_spellings_follow_a_frequent_one_and_companies_stay_apart() {
        let mut normal: Vec<String> = [
            "ACME PAVING",
            "ACME PAVNIG",
            "HILL COUNTRY CONCRETE",
            "HILL COUNTRY CONCRETE TEXAS",
            "HILL COUNTRY ROOFING",
            "UNIT 41 STEEL",
            "UNIT 42 STEEL",
        ]
        .map(String::from)
        .to_vec();
        normal.sort();
        assert_eq!(
            leaders(&normal, &[9, 1, 8, 2, 7, 5, 3]),
            [0, 0, 2, 2, 4, 5, 6]
        );
    }
}

//! The third step: of all candidates, the set of pairs with the greatest total weight.
//!
//! First come, first served lets a row take its neighbour's partner. So rows that share candidates,
//! directly or through others, are solved together: each connected component is an assignment
//! problem, solved exactly by shortest augmenting paths. A component too large for that is solved
//! greedily, which keeps the time bounded and the result independent of the order of rows.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::candidates::{Edge, best_first};

/// Components with more candidates than this are solved greedily.
const LARGEST_EXACT: usize = 20_000;

/// Chooses edges, at most one per row, whose points above `base` have the greatest sum.
/// Edges are given by left rank, best first; only those above `base` take part.
pub(crate) fn choose(edges: &[Edge], sides: (usize, usize), base: i32) -> Vec<Edge> {
    let eligible: Vec<Edge> = edges
        .iter()
        .filter(|edge| edge.points >= base)
        .copied()
        .collect();
    let mut roots = Roots::new(sides.0 + sides.1);
    for edge in &eligible {
        roots.join(edge.left, edge.right + sides.0 as u32);
    }
    let mut placed: Vec<(u32, u32)> = eligible
        .iter()
        .zip(0_u32..)
        .map(|(edge, at)| (roots.root(edge.left), at))
        .collect();
    placed.sort_unstable();
    let mut chosen = Vec::with_capacity(eligible.len());
    let mut component = Vec::new();
    for of_root in placed.chunk_by(|a, b| a.0 == b.0) {
        component.clear();
        component.extend(of_root.iter().map(|(_, at)| eligible[*at as usize]));
        match component.as_slice() {
            [only] => chosen.push(*only),
            _ if component.len() <= LARGEST_EXACT => exact(&component, base, &mut chosen),
            _ => greedy(&mut component, &mut chosen),
        }
    }
    chosen.sort_unstable_by_key(|edge| edge.left);
    chosen
}

/// Disjoint sets, with the least member as the root.
struct Roots(Vec<u32>);

impl Roots {
    fn new(members: usize) -> Self {
        Self((0..members as u32).collect())
    }

    fn root(&mut self, mut member: u32) -> u32 {
        while self.0[member as usize] != member {
            let above = self.0[self.0[member as usize] as usize];
            self.0[member as usize] = above;
            member = above;
        }
        member
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b) as usize] = a.min(b);
    }
}

fn greedy(component: &mut [Edge], chosen: &mut Vec<Edge>) {
    component.sort_unstable_by(best_first);
    let mut lefts = rustc_hash::FxHashSet::default();
    let mut rights = rustc_hash::FxHashSet::default();
    for edge in component {
        if !lefts.contains(&edge.left) && !rights.contains(&edge.right) {
            lefts.insert(edge.left);
            rights.insert(edge.right);
            chosen.push(*edge);
        }
    }
}

const NOBODY: usize = usize::MAX;
const FAR: i64 = i64::MAX / 4;

/// One component as a sparse assignment problem.
struct Problem<'a> {
    edges: &'a [Edge],
    /// Where the edges of each left row start; edges are sorted by left row.
    starts: Vec<usize>,
    /// The right row of each edge, numbered within the component.
    right_of: Vec<usize>,
    /// The edge chosen for each left and each right row.
    left_edge: Vec<usize>,
    right_edge: Vec<usize>,
    /// Prices that keep every reduced cost at or above zero.
    left_price: Vec<i64>,
    right_price: Vec<i64>,
}

/// Chooses the edges of one component with the greatest sum of points above `base`, exactly: rows
/// are added one at a time, each along the shortest augmenting path by Dijkstra on reduced costs.
/// Staying without a partner costs nothing, so a row whose best path is no gain stays alone.
fn exact(component: &[Edge], base: i32, chosen: &mut Vec<Edge>) {
    let mut rights: Vec<u32> = component.iter().map(|edge| edge.right).collect();
    rights.sort_unstable();
    rights.dedup();
    let mut starts = vec![0];
    for (at, pair) in component.windows(2).enumerate() {
        if pair[0].left != pair[1].left {
            starts.push(at + 1);
        }
    }
    starts.push(component.len());
    let lefts = starts.len() - 1;
    let right_of = component
        .iter()
        .map(|edge| rights.partition_point(|r| *r < edge.right))
        .collect();
    let mut problem = Problem {
        edges: component,
        starts,
        right_of,
        left_edge: vec![NOBODY; lefts],
        right_edge: vec![NOBODY; rights.len()],
        left_price: vec![0; lefts],
        right_price: vec![0; rights.len()],
    };
    for left in 0..lefts {
        problem.add(left, base);
    }
    chosen.extend(
        problem
            .left_edge
            .iter()
            .filter(|at| **at != NOBODY)
            .map(|at| component[*at]),
    );
}

impl Problem<'_> {
    /// What an edge costs: the less, the more it weighs. Staying alone costs zero.
    fn cost(&self, edge: usize, base: i32) -> i64 {
        // One more than the base, so that a pair is better than none even at the threshold.
        -i64::from(self.edges[edge].points - base + 1)
    }

    fn left_of(&self, edge: usize) -> usize {
        self.starts.partition_point(|start| *start <= edge) - 1
    }

    /// Gives `source` its place in the best assignment of all rows added so far.
    ///
    /// Each left row may also be parked alone at no cost, which is one private right row per left
    /// row; its price is zero, since only its owner ever uses it.
    fn add(&mut self, source: usize, base: i32) {
        let mut left_distance = vec![FAR; self.left_edge.len()];
        let mut right_distance = vec![FAR; self.right_edge.len()];
        let mut through = vec![NOBODY; self.right_edge.len()];
        let mut done = vec![false; self.right_edge.len()];
        let mut heap = BinaryHeap::new();
        // The best place to end: parked left row, or free right row.
        let (mut best, mut best_end) = (FAR, End::Parked(source));
        let mut settled = Vec::new();
        // A new row starts at the price that makes its cheapest way cost nothing.
        let cheapest = (self.starts[source]..self.starts[source + 1])
            .map(|edge| self.cost(edge, base) - self.right_price[self.right_of[edge]])
            .min()
            .unwrap_or(0)
            .min(0);
        self.left_price[source] = cheapest;
        let mut next = Some((source, 0_i64));
        while let Some((left, distance)) = next.take() {
            left_distance[left] = distance;
            settled.push(left);
            let parked = distance - self.left_price[left];
            if parked < best {
                (best, best_end) = (parked, End::Parked(left));
            }
            for edge in self.starts[left]..self.starts[left + 1] {
                let right = self.right_of[edge];
                let reduced =
                    self.cost(edge, base) - self.left_price[left] - self.right_price[right];
                let reached = distance + reduced;
                if !done[right] && reached < right_distance[right] {
                    right_distance[right] = reached;
                    through[right] = edge;
                    heap.push(Reverse((reached, right)));
                }
            }
            while let Some(Reverse((reached, right))) = heap.pop() {
                if done[right] || reached > right_distance[right] {
                    continue;
                }
                if reached >= best {
                    break;
                }
                done[right] = true;
                if self.right_edge[right] == NOBODY {
                    (best, best_end) = (reached, End::Free(right));
                    break;
                }
                next = Some((self.left_of(self.right_edge[right]), reached));
                break;
            }
        }
        for left in settled {
            self.left_price[left] += best - left_distance[left].min(best);
        }
        for (right, distance) in right_distance.iter().enumerate() {
            if done[right] {
                self.right_price[right] -= best - (*distance).min(best);
            }
        }
        self.augment(source, best_end, &through);
    }

    /// Moves every row along the path that ends at `end` by one place.
    fn augment(&mut self, source: usize, end: End, through: &[usize]) {
        let mut right = match end {
            End::Free(right) => right,
            End::Parked(left) if left == source => return,
            End::Parked(left) => {
                let freed = self.right_of[self.left_edge[left]];
                self.left_edge[left] = NOBODY;
                freed
            }
        };
        loop {
            let edge = through[right];
            let left = self.left_of(edge);
            let before = self.left_edge[left];
            self.left_edge[left] = edge;
            self.right_edge[right] = edge;
            if left == source || before == NOBODY {
                return;
            }
            right = self.right_of[before];
        }
    }
}

/// Where an augmenting path ends.
#[derive(Clone, Copy)]
enum End {
    /// At a left row that stays without a partner.
    Parked(usize),
    /// At a right row that was without a partner.
    Free(usize),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::amount::AmountEvidence;
    use super::super::evidence::{Evidence, JobEvidence, PartyEvidence};
    use super::super::number::NumberEvidence;
    use super::{Edge, best_first, choose, greedy};

    const SIDE: u32 = 6;
    const BASE: i32 = 200;

    fn edge((left, right, points): (u32, u32, i32)) -> Edge {
        let evidence = Evidence {
            number: NumberEvidence::Missing,
            number_length: 0,
            amount: AmountEvidence::Equal,
            party: PartyEvidence::Same,
            job: JobEvidence::Unknown,
            days_apart: None,
            parts: 1,
        };
        Edge {
            left,
            right,
            points,
            evidence,
        }
    }

    /// What a pair is worth: its points above the base, and one for being a pair at all.
    fn worth(edges: &[Edge]) -> i32 {
        edges.iter().map(|edge| edge.points - BASE + 1).sum()
    }

    /// The greatest worth of all sets of edges that share no row, by trying each of them.
    fn greatest(edges: &[Edge], lefts: u32, rights: u32) -> i32 {
        let Some((first, rest)) = edges.split_first() else {
            return 0;
        };
        let without = greatest(rest, lefts, rights);
        let (left, right) = (1 << first.left, 1 << first.right);
        if first.points < BASE || lefts & left != 0 || rights & right != 0 {
            return without;
        }
        without.max(worth(&[*first]) + greatest(rest, lefts | left, rights | right))
    }

    fn candidates() -> impl Strategy<Value = Vec<Edge>> {
        let one = (0..SIDE, 0..SIDE, 150..300_i32);
        prop::collection::btree_map((0..SIDE, 0..SIDE), one, 0..16).prop_map(|found| {
            found
                .into_iter()
                .map(|((l, r), (_, _, points))| edge((l, r, points)))
                .collect()
        })
    }

    #[test]
    fn two_middling_pairs_are_better_than_one_good_pair_and_a_row_left_over() {
        let edges = [(0, 0, 300), (0, 1, 280), (1, 0, 270)].map(edge);
        let chosen = choose(&edges, (2, 2), BASE);
        assert_eq!(
            chosen.iter().map(|edge| edge.right).collect::<Vec<_>>(),
            [1, 0]
        );
        let mut taken = Vec::new();
        greedy(&mut edges.to_vec(), &mut taken);
        assert_eq!(taken.len(), 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn the_choice_is_the_best_of_all_choices(mut edges in candidates()) {
            edges.sort_by(|a, b| a.left.cmp(&b.left).then(best_first(a, b)));
            let chosen = choose(&edges, (SIDE as usize, SIDE as usize), BASE);
            for (at, one) in chosen.iter().enumerate() {
                prop_assert!(one.points >= BASE);
                let shares = |other: &Edge| other.left == one.left || other.right == one.right;
                prop_assert!(!chosen[..at].iter().any(shares));
            }
            prop_assert_eq!(worth(&chosen), greatest(&edges, 0, 0));
        }
    }
}

//! Splitting an amount so that the parts sum to the whole (domain rule I2).

use alloc::vec;
use alloc::vec::Vec;

use crate::Money;

/// Splits `whole` in proportion to `weights`: each share is floored in cents and the cents left
/// over go to the largest fractions, ties to the earlier weight.
///
/// A negative whole is split as the mirror of its positive. Weights may be negative as long as
/// they do not sum to zero; a negative weight gets a negative share.
///
/// ```
/// use figures::{Money, allocation::allocate};
/// let shares = allocate(Money::from_cents(10), &[1, 1, 1]);
/// assert_eq!(shares, Some(vec![4, 3, 3].into_iter().map(Money::from_cents).collect()));
/// assert_eq!(allocate(Money::from_cents(10), &[0, 0]), None);
/// ```
///
/// Returns nothing when the weights sum to zero: there is no honest split then.
#[must_use]
pub fn allocate(whole: Money, weights: &[i64]) -> Option<Vec<Money>> {
    let total: i128 = weights.iter().map(|&weight| i128::from(weight)).sum();
    if total == 0 {
        return None;
    }
    let direction = if whole.cents() < 0 { -1 } else { 1 };
    let magnitude = i128::from(whole.cents().unsigned_abs());
    let (total, flip) = if total < 0 { (-total, -1) } else { (total, 1) };

    let mut shares = vec![0_i128; weights.len()];
    let mut fractions: Vec<(i128, usize)> = Vec::with_capacity(weights.len());
    for (place, &weight) in weights.iter().enumerate() {
        let exact = magnitude * i128::from(weight) * flip;
        shares[place] = exact.div_euclid(total);
        fractions.push((exact.rem_euclid(total), place));
    }
    let left_over = magnitude - shares.iter().sum::<i128>();
    fractions.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(&other.1)));
    for &(_, place) in fractions
        .iter()
        .take(usize::try_from(left_over).unwrap_or(0))
    {
        shares[place] += 1;
    }
    let cents = |share: i128| Money::from_cents(i64::try_from(share * direction).unwrap_or(0));
    Some(shares.into_iter().map(cents).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_negative_amount_is_the_mirror_of_its_positive() {
        let shares = allocate(Money::from_cents(-10), &[1, 1, 1]);
        assert_eq!(shares, Some([-4, -3, -3].map(Money::from_cents).to_vec()));
    }

    #[test]
    fn a_retainage_line_with_its_sign_takes_a_negative_share() {
        let shares = allocate(Money::from_cents(9_000), &[10_000, -1_000]);
        assert_eq!(
            shares,
            Some([10_000, -1_000].map(Money::from_cents).to_vec())
        );
    }

    proptest! {
        #[test]
        fn the_parts_sum_to_the_whole(
            cents in -1_000_000_000_i64..1_000_000_000,
            weights in prop::collection::vec(-1_000_000_i64..1_000_000, 1..12),
        ) {
            let whole = Money::from_cents(cents);
            match allocate(whole, &weights) {
                Some(shares) => prop_assert_eq!(shares.into_iter().sum::<Money>(), whole),
                None => prop_assert_eq!(weights.iter().sum::<i64>(), 0),
            }
        }
    }
}

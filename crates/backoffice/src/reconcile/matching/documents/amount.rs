//! How two amounts of what may be one document relate: equal, net of retainage, with tax added,
//! or mistyped. Whole cents only; rates are integers per hundred thousand.

/// How the amounts of two documents relate.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum AmountEvidence {
    /// Equal to the cent, and not nothing.
    Equal,
    /// One is the other less retainage at a usual rate.
    NetOfRetainage,
    /// One is the other with sales tax at a rate that exists, to the cent.
    TaxAdded,
    /// A few cents apart: rounding, or freight of no weight.
    Cents,
    /// The same digits with two neighbours swapped.
    Transposed,
    /// One digit differs, or one is missing.
    OneDigit,
    /// The same amount with the opposite sign.
    SignReversed,
    /// One is the other with tax, at a rate that is possible but not usual to the cent.
    PossibleTax,
    /// Within two percent.
    Near,
    /// Both are nothing, which says nothing.
    Zero,
    /// Unrelated.
    Different,
}

impl AmountEvidence {
    /// Whether the relation holds to the cent by a rule of the trade, so that it hardly happens
    /// by chance.
    pub(crate) fn is_exact(self) -> bool {
        matches!(self, Self::Equal | Self::NetOfRetainage | Self::TaxAdded)
    }
}

/// Usual retainage rates, per hundred thousand.
pub(crate) const RETAINAGE_RATES: [i64; 3] = [5_000, 7_500, 10_000];
/// Per hundred thousand: rates are stated with up to three decimals of a percent.
const WHOLE: i64 = 100_000;
/// Combined sales-tax rates lie between these, per hundred thousand.
const TAX_RANGE: (i64, i64) = (2_900, 11_500);
/// Stated tax rates are multiples of an eighth or a twentieth of a percent.
const TAX_STEPS: [i64; 2] = [125, 50];
/// Below this a tax rate cannot be told from chance, because few cents span many rates.
const TAX_TELLS_FROM: i64 = 20_000;

/// `amount * rate`, to the nearest cent.
pub(crate) fn share(amount: i64, rate: i64) -> i64 {
    let product = i128::from(amount) * i128::from(rate);
    let half = i128::from(WHOLE / 2);
    let rounded = (product + half).div_euclid(i128::from(WHOLE));
    i64::try_from(rounded).unwrap_or(i64::MAX)
}

/// The amount that leaves `net` after retainage at a rate, to the nearest cent.
pub(crate) fn before_retainage(net: i64, rate: i64) -> i64 {
    let left = i128::from(WHOLE - rate);
    let gross = (i128::from(net) * i128::from(WHOLE) + left / 2).div_euclid(left);
    i64::try_from(gross).unwrap_or(i64::MAX)
}

/// How two amounts in cents relate; the order of the two does not matter.
pub(crate) fn compare(left: i64, right: i64) -> AmountEvidence {
    if left == right {
        return if left == 0 {
            AmountEvidence::Zero
        } else {
            AmountEvidence::Equal
        };
    }
    let (left_size, right_size) = (left.unsigned_abs(), right.unsigned_abs());
    if (left < 0) != (right < 0) {
        return if left_size == right_size {
            AmountEvidence::SignReversed
        } else {
            AmountEvidence::Different
        };
    }
    let limit = i64::MAX.unsigned_abs() / 1_000_000;
    if left_size > limit || right_size > limit {
        return AmountEvidence::Different;
    }
    let large = left_size.max(right_size).cast_signed();
    let small = left_size.min(right_size).cast_signed();
    let difference = large - small;
    if difference <= 3 && large >= 1_000 {
        return AmountEvidence::Cents;
    }
    // Everything below but mistyped digits lies within these bounds.
    if small * 8 > large * 7 {
        let from_large = difference * WHOLE;
        for rate in RETAINAGE_RATES {
            if (from_large - large * rate).abs() <= WHOLE + WHOLE / 2 {
                return AmountEvidence::NetOfRetainage;
            }
        }
        if let Some(tax) = tax_added(small, difference) {
            return tax;
        }
    }
    if let Some(mistyped) = mistyped(large, small, difference) {
        return mistyped;
    }
    if difference * 50 <= large {
        AmountEvidence::Near
    } else {
        AmountEvidence::Different
    }
}

/// Whether the difference is tax on the smaller amount.
fn tax_added(net: i64, tax: i64) -> Option<AmountEvidence> {
    let scaled = tax * WHOLE;
    if scaled < net * TAX_RANGE.0 || scaled > net * TAX_RANGE.1 {
        return None;
    }
    if net >= TAX_TELLS_FROM {
        for step in TAX_STEPS {
            let nearest = (scaled + net * step / 2) / (net * step) * step;
            if (net * nearest - scaled).abs() <= WHOLE * 6 / 10 {
                return Some(AmountEvidence::TaxAdded);
            }
        }
    }
    Some(AmountEvidence::PossibleTax)
}

/// Whether one typing error explains the difference of two unequal positive amounts.
fn mistyped(large: i64, small: i64, difference: i64) -> Option<AmountEvidence> {
    // One digit changed or two neighbours swapped: the difference has one or two leading digits
    // followed by zeros.
    let mut unit = 1;
    let mut lead = difference;
    while lead % 10 == 0 {
        lead /= 10;
        unit *= 10;
    }
    if lead <= 9 && small >= 1_000 {
        let changed = large / unit % 10 - small / unit % 10 == lead;
        if changed {
            return Some(AmountEvidence::OneDigit);
        }
    }
    if lead <= 81 && lead % 9 == 0 {
        let (of_large, of_small) = (large / unit % 100, small / unit % 100);
        if of_large / 10 == of_small % 10 && of_large % 10 == of_small / 10 {
            return Some(AmountEvidence::Transposed);
        }
    }
    dropped_digit(large, small).then_some(AmountEvidence::OneDigit)
}

/// Whether leaving out one digit of the larger amount gives the smaller one.
fn dropped_digit(large: i64, small: i64) -> bool {
    if small < 1_000 || large / 20 > small || large / 5 < small {
        return false;
    }
    let mut unit = 1;
    while unit <= large {
        if large / unit / 10 * unit + large % unit == small {
            return true;
        }
        unit *= 10;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::{AmountEvidence, before_retainage, compare, share};

    fn relation(left: i64, right: i64) -> AmountEvidence {
        let forward = compare(left, right);
        assert_eq!(forward, compare(right, left), "{left} {right}");
        assert_eq!(forward, compare(-left, -right), "-{left} -{right}");
        forward
    }

    #[test]
    fn equal_amounts_are_equal_and_nothing_is_no_evidence() {
        assert_eq!(relation(125_000, 125_000), AmountEvidence::Equal);
        assert_eq!(relation(0, 0), AmountEvidence::Zero);
        assert_eq!(relation(125_000, -125_000), AmountEvidence::SignReversed);
        assert_eq!(relation(0, 125_000), AmountEvidence::Different);
    }

    #[test]
    fn retainage_at_usual_rates_is_recognised_to_the_cent() {
        for rate in [5_000, 7_500, 10_000] {
            let net = 1_234_567 - share(1_234_567, rate);
            assert_eq!(relation(1_234_567, net), AmountEvidence::NetOfRetainage);
            assert!(before_retainage(net, rate).abs_diff(1_234_567) <= 1);
        }
        assert_ne!(
            relation(1_234_567, 1_111_300),
            AmountEvidence::NetOfRetainage
        );
    }

    #[test]
    fn tax_at_stated_rates_is_recognised_to_the_cent() {
        for rate in [6_250, 8_250, 7_000, 8_875, 10_250] {
            let gross = 1_234_567 + share(1_234_567, rate);
            assert_eq!(
                relation(1_234_567, gross),
                AmountEvidence::TaxAdded,
                "{rate}"
            );
        }
        assert_eq!(relation(1_000_000, 1_081_111), AmountEvidence::PossibleTax);
    }

    #[test]
    fn typing_errors_in_amounts_are_recognised() {
        assert_eq!(relation(1_234_567, 1_243_567), AmountEvidence::Transposed);
        assert_eq!(relation(1_234_567, 1_788_888), AmountEvidence::Different);
        assert_eq!(relation(1_234_567, 1_734_567), AmountEvidence::OneDigit);
        assert_eq!(relation(1_234_567, 123_567), AmountEvidence::OneDigit);
        assert_eq!(relation(1_234_567, 1_234_568), AmountEvidence::Cents);
        assert_eq!(relation(1_234_567, 1_240_000), AmountEvidence::Near);
    }

    #[test]
    fn absurd_amounts_are_compared_without_overflow() {
        assert_eq!(
            relation(i64::MAX, i64::MAX - 9_000),
            AmountEvidence::Different
        );
        assert_eq!(compare(i64::MIN, i64::MAX), AmountEvidence::Different);
    }
}

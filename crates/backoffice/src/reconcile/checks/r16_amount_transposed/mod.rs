//! # Digits transposed
//!
//! **What.** The amounts of a document differ by swapped digits.
//!
//! **Why it happens.** A slip of the key.
//!
//! **What to do.** Correct the amount.

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::{Case, Relation};
use crate::reconcile::units::Family;

use figures::Money;

pub(super) const CHECK: Check = Check {
    id: "R16_amount_transposed",
    weight: Weight::Margin,
    why: "Two digits were swapped when the amount was typed.",
    next: "Correct the amount in QuickBooks.",
    rule: Rule::Claim(claim),
};

/// Whether two amounts have the same digits in another order.
fn transposed(one: Money, other: Money) -> bool {
    let digits = |amount: Money| {
        let mut digits: Vec<u8> = amount.cents().unsigned_abs().to_string().into_bytes();
        digits.sort_unstable();
        digits
    };
    let difference = one.cents() - other.cents();
    let same_sign = (one.cents() < 0) == (other.cents() < 0);
    difference != 0 && difference % 9 == 0 && same_sign && {
        let (mut one, mut other) = (digits(one), digits(other));
        // A leading zero is lost in writing: 0190 for 1090.
        let length = one.len().max(other.len());
        while one.len() < length {
            one.insert(0, b'0');
        }
        while other.len() < length {
            other.insert(0, b'0');
        }
        one.sort_unstable();
        other.sort_unstable();
        one == other
    }
}

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    // What two commitments differ by is R33, whatever its digits (domain rule H1).
    let commitment = case.family == Family::Commitment;
    if case.relation != Relation::Paired || case.residual.is_empty() || commitment {
        return None;
    }
    let pairs = [
        (case.project_gross(), case.ledger_gross()),
        (case.project_net(), case.ledger_net()),
    ];
    // A document entered net is compared with the net amount alone.
    let entered_net =
        case.ledger_gross() == case.ledger_net() && case.project_gross() != case.project_net();
    let (one, other) = pairs
        .into_iter()
        .skip(usize::from(entered_net))
        .find(|(one, other)| transposed(*one, *other))?;
    let what = format!(
        "{} is {one} in Procore; {} is {other} in QuickBooks: the same digits in another order",
        context.name_project(case.project.first()?),
        context.name_ledger(case.ledger.first()?),
    );
    Some(Claim::new(one - other, what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swapped_digits_are_told_from_other_differences() {
        let cents = Money::from_cents;
        assert!(transposed(cents(145_025), cents(154_025)));
        assert!(transposed(cents(109_000), cents(19_000)));
        assert!(!transposed(cents(145_025), cents(145_034)));
        assert!(!transposed(cents(100), cents(100)));
    }
}

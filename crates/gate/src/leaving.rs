//! Having a company erased: who may ask for it, and how long everybody has to take that back.

use figures::Date;
use jiff::{SignedDuration, Timestamp};

use crate::alone::SHORTEST_REASON;
use crate::changes::{Refusal, demand};
use crate::roles::{Action, Grants};

/// A company is erased so long after an owner asked for it, and not earlier.
pub const DELAY: SignedDuration = SignedDuration::from_hours(24);

/// When a company is erased whose owner asks for it now.
#[must_use]
pub fn due_at(now: Timestamp) -> Timestamp {
    // Past the end of the calendar it never is.
    now.checked_add(DELAY).unwrap_or(Timestamp::MAX)
}

/// Whether somebody with these grants may have the company erased, or take that back.
///
/// # Errors
/// Why not.
pub fn permit(actor: &Grants, on: Date) -> Result<(), Refusal> {
    demand(actor, Action::EraseCompany, on)
}

/// Whether somebody with these grants may have the company erased for this reason.
///
/// # Errors
/// Why not.
pub fn permit_asking(actor: &Grants, reason: &str, on: Date) -> Result<(), Refusal> {
    permit(actor, on)?;
    if reason.trim().chars().count() < SHORTEST_REASON {
        return Err(Refusal::Reason);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roles::{Grant, Role};

    #[test]
    fn an_owner_asks_with_a_reason_and_nobody_else_does() {
        let on: Date = "2026-11-23".parse().unwrap();
        for role in Role::all() {
            let grants = Grants::new(vec![Grant::standing(role)]);
            let is_owner = role == Role::Owner;
            let asked = permit_asking(&grants, "The business was sold.", on);
            assert_eq!(asked.is_ok(), is_owner, "{role:?}");
            assert_eq!(permit(&grants, on).is_ok(), is_owner, "{role:?}");
            if is_owner {
                assert_eq!(permit_asking(&grants, "  sold  ", on), Err(Refusal::Reason));
            }
        }
    }

    #[test]
    fn a_day_passes_before_anything_is_gone() {
        let now: Timestamp = "2026-11-23T15:00:00Z".parse().unwrap();
        assert_eq!(due_at(now).to_string(), "2026-11-24T15:00:00Z");
        assert_eq!(due_at(Timestamp::MAX), Timestamp::MAX);
    }
}

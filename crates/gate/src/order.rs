//! What may be sent now. A connector that writes asks for an [`Order`] and for nothing else, so
//! there is no way from anywhere to a vendor's data that does not come through here.

use crate::draft::Step;
use crate::proposal::{Proposal, State};
use crate::switches::WriteGrant;

/// One request of a proposal that was begun, which takes an
/// [`Approved`](crate::approval::Approved), while the switches are on. Nobody else makes one:
///
/// ```compile_fail
/// fn forged(step: &gate::draft::Step) -> gate::order::Order<'_> {
///     gate::order::Order { step, proposal_id: "prp_1" }
/// }
/// ```
#[derive(Debug)]
pub struct Order<'a> {
    step: &'a Step,
    proposal_id: &'a str,
}

impl<'a> Order<'a> {
    /// The order to send a step, counted from 0; nothing when the proposal was not begun or has no
    /// such step. A grant is good for one order, because a switch can be turned off in between.
    #[must_use]
    pub fn of(proposal: &'a Proposal, step: usize, grant: WriteGrant) -> Option<Self> {
        let WriteGrant { .. } = grant;
        let is_begun = matches!(
            proposal.state,
            State::Executing { .. } | State::OutcomeUnknown { .. }
        );
        let step = proposal.newest().draft.steps.get(step)?;
        is_begun.then_some(Self {
            step,
            proposal_id: &proposal.id,
        })
    }

    /// What is sent.
    #[must_use]
    pub fn step(&self) -> &Step {
        self.step
    }

    /// Whose step it is.
    #[must_use]
    pub fn proposal_id(&self) -> &str {
        self.proposal_id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::Kind;
    use crate::proposal::tests::{at, proposal};
    use crate::switches::tests::all_on;

    #[test]
    fn only_what_was_begun_is_sent() {
        let mut one = proposal(Kind::PostBill);
        let grant = || all_on("financial").grant(Some("financial")).unwrap();
        let sendable = [
            State::Executing { since: at(1) },
            State::OutcomeUnknown { since: at(1) },
        ];
        let closed = [
            State::Proposed(Vec::new()),
            State::Approved {
                by: Vec::new(),
                until: at(9),
            },
            State::Executed { at: at(1) },
            State::Undone { at: at(1) },
            State::Cleared { at: at(1) },
            State::Expired { at: at(1) },
        ];
        for state in closed {
            one.state = state;
            assert!(Order::of(&one, 0, grant()).is_none(), "{:?}", one.state);
        }
        for state in sendable {
            one.state = state;
            let order = Order::of(&one, 0, grant()).unwrap();
            assert_eq!(order.step(), &one.newest().draft.steps[0]);
            assert!(Order::of(&one, 1, grant()).is_none(), "there is one step");
        }
    }
}

//! What may be sent now. A connector that writes asks for an [`Order`] and for nothing else, so
//! there is no way from anywhere to a vendor's data that does not come through here.

use crate::draft::{Document, Request};
use crate::proposal::{Proposal, State};
use crate::switches::WriteGrant;

/// The request of a proposal that was begun, which takes an
/// [`Approved`](crate::approval::Approved), while the switches are on. Nobody else makes one:
///
/// ```compile_fail
/// fn forged(request: &gate::draft::Request) -> gate::order::Order<'_> {
///     gate::order::Order { request, document: None }
/// }
/// ```
#[derive(Debug)]
pub struct Order<'a> {
    request: &'a Request,
    document: Option<&'a Document>,
}

impl<'a> Order<'a> {
    /// The order to send what a proposal says; nothing when it was not begun or a person does it. A
    /// grant is good for one order, because a switch can be turned off in between.
    #[must_use]
    pub fn of(proposal: &'a Proposal, grant: WriteGrant) -> Option<Self> {
        let WriteGrant { .. } = grant;
        let is_begun = matches!(
            proposal.state,
            State::Executing { .. } | State::OutcomeUnknown { .. }
        );
        let draft = &proposal.newest().draft;
        let (request, document) = (draft.request.as_ref()?, draft.document.as_ref());
        is_begun.then_some(Self { request, document })
    }

    /// What is sent.
    #[must_use]
    pub fn to_send(&self) -> &Request {
        self.request
    }

    /// The document that goes with it.
    #[must_use]
    pub fn document(&self) -> Option<&Document> {
        self.document
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
            assert!(Order::of(&one, grant()).is_none(), "{:?}", one.state);
        }
        let mut by_hand = proposal(Kind::Instruct);
        by_hand.state = State::Executing { since: at(1) };
        assert!(
            Order::of(&by_hand, grant()).is_none(),
            "there is nothing to send"
        );
        for state in sendable {
            one.state = state;
            let order = Order::of(&one, grant()).unwrap();
            assert_eq!(Some(order.to_send()), one.newest().draft.request.as_ref());
        }
    }
}

//! How what was done is taken back, request by request.
//!
//! The way back is a draft like any other: it is proposed, approved and sent through the same gate,
//! and it rests on the records being as the way there left them. Where somebody was there in
//! between it is refused, and where only another document can take the effect back it says so.

use figures::SmolStr;

use crate::action::Undo;
use crate::draft::{PreImage, Request, Verb};

/// A request that was carried out, with what is needed to take it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// The request.
    pub request: Request,
    /// The record that it made or changed.
    pub id: SmolStr,
    /// The content that the record had before, as it can be written; nothing for a new one.
    pub before: Option<String>,
    /// Every record that it touched or named, as it is after it.
    pub after: Vec<PreImage>,
}

/// The request that takes it back, and how exactly. A record that was taken away or voided comes
/// back as another one with the same content.
///
/// Nothing when the content from before is not known.
#[must_use]
pub fn inverse(done: &Done) -> Option<(Undo, Request)> {
    let (undo, verb, id, body) = match done.request.verb {
        Verb::Create => (Undo::Exact, Verb::Delete, Some(&done.id), None),
        Verb::Update => (
            Undo::Exact,
            Verb::Update,
            Some(&done.id),
            Some(done.before.clone()?),
        ),
        Verb::Void | Verb::Delete => (
            Undo::Compensable,
            Verb::Create,
            None,
            Some(done.before.clone()?),
        ),
    };
    let request = Request {
        verb,
        entity: done.request.entity.clone(),
        id: id.cloned(),
        body: body.unwrap_or_else(|| "{}".to_owned()),
        before: done.after.clone(),
    };
    Some((undo, request))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::Kind;
    use crate::draft::tests::draft;

    #[test]
    fn what_was_made_is_deleted_what_was_changed_is_changed_back_what_is_gone_is_made_again() {
        let request = draft(Kind::PostBill).request.unwrap();
        let done = |verb, before: Option<&str>| Done {
            request: Request {
                verb,
                ..request.clone()
            },
            id: "145".into(),
            before: before.map(str::to_owned),
            after: request.before.clone(),
        };
        let back = |verb, before| {
            inverse(&done(verb, before)).map(|(undo, back)| (undo, back.verb, back.id, back.body))
        };
        let id = || Some(SmolStr::new("145"));
        let was = || "{\"was\":1}".to_owned();
        assert_eq!(
            back(Verb::Create, None),
            Some((Undo::Exact, Verb::Delete, id(), "{}".to_owned()))
        );
        assert_eq!(
            back(Verb::Update, Some("{\"was\":1}")),
            Some((Undo::Exact, Verb::Update, id(), was()))
        );
        for verb in [Verb::Void, Verb::Delete] {
            assert_eq!(
                back(verb, Some("{\"was\":1}")),
                Some((Undo::Compensable, Verb::Create, None, was()))
            );
            assert_eq!(back(verb, None), None);
        }
        assert_eq!(back(Verb::Update, None), None);
    }
}

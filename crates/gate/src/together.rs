//! Approving several proposals at once: only what is alike, can be undone exactly, and comes to no
//! more than the tenant lays down.
//!
//! It spares a lead pages, not questions: each proposal is approved for itself, under the digest of
//! what was shown, and one that changed meanwhile is left out without the others.

use figures::Money;

use crate::action::{Effect, Kind, Undo};
use crate::digest::{Digest, Fields};
use crate::draft::Draft;
use crate::proposal::Proposal;
use crate::roles::Department;

/// So many proposals at most are approved at once.
pub const MOST: usize = 50;

/// Why proposals are not approved at once. The texts are shown to people as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotTogether {
    /// There are fewer than two.
    Alone,
    /// There are more than [`MOST`].
    TooMany,
    /// One of them is another version than was shown, or none that ever was.
    Unknown,
    /// They are not of one kind and one department.
    NotAlike,
    /// They cannot be undone exactly.
    NotReversible,
    /// The tenant lays down no sum up to which money is approved at once.
    NoLimit,
    /// They come to more than that sum.
    Above(Money),
}

impl std::fmt::Display for NotTogether {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Alone => out.write_str("Choose two proposals at least."),
            Self::TooMany => write!(out, "Choose {MOST} proposals at most."),
            Self::Unknown => out.write_str(
                "One of these proposals is not there any more. Open the list again and choose anew.",
            ),
            Self::NotAlike => out.write_str(
                "These are not alike. Choose proposals of one kind and one department, and look at \
                 the others one by one.",
            ),
            Self::NotReversible => out.write_str(
                "These cannot be undone exactly, so each is looked at and approved for itself.",
            ),
            Self::NoLimit => out.write_str(
                "Money is approved one by one here. An owner can set a sum up to which alike \
                 proposals are approved together, under Settings.",
            ),
            Self::Above(limit) => write!(
                out,
                "Together these come to more than ${limit}, which is the most that is approved at \
                 once. Choose fewer."
            ),
        }
    }
}

impl std::error::Error for NotTogether {}

/// Proposals as they were shown together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// What they all do.
    pub kind: Kind,
    /// Whose lead approves them.
    pub department: Department,
    /// How many.
    pub count: usize,
    /// What they move in all.
    pub total: Money,
    /// Covers every one of them, as it was shown, and the total.
    pub digest: Digest,
}

/// Whether proposals of a kind can be approved with others, where this is the sum up to which money is.
///
/// # Errors
/// [`NotTogether::NotReversible`] or [`NotTogether::NoLimit`].
pub fn permit(kind: Kind, limit: Option<Money>) -> Result<(), NotTogether> {
    if kind.undo() != Undo::Exact {
        return Err(NotTogether::NotReversible);
    }
    if kind.effect() != Effect::Neither && limit.is_none() {
        return Err(NotTogether::NoLimit);
    }
    Ok(())
}

/// These proposals, each in the version whose digest was shown, as one batch. A version that is not
/// the newest any more is part of what was shown; approving it is refused for itself.
///
/// # Errors
/// [`NotTogether`] with the reason.
pub fn together(shown: &[(&Proposal, Digest)], limit: Option<Money>) -> Result<Batch, NotTogether> {
    match shown.len() {
        0 | 1 => return Err(NotTogether::Alone),
        2..=MOST => {}
        _ => return Err(NotTogether::TooMany),
    }
    let drafts: Option<Vec<&Draft>> = shown
        .iter()
        .map(|(proposal, digest)| proposal.version_with(*digest).map(|it| &it.draft))
        .collect();
    let drafts = drafts.ok_or(NotTogether::Unknown)?;
    let (kind, department) = match drafts.first() {
        Some(first) => (first.kind, first.department),
        None => return Err(NotTogether::Alone),
    };
    if drafts
        .iter()
        .any(|one| (one.kind, one.department) != (kind, department))
    {
        return Err(NotTogether::NotAlike);
    }
    permit(kind, limit)?;
    let total: Money = drafts.iter().map(|one| one.money).sum();
    let is_above = |limit: &Money| kind.effect() != Effect::Neither && total > *limit;
    if let Some(limit) = limit.filter(is_above) {
        return Err(NotTogether::Above(limit));
    }
    let digest = Fields::of("plumbline.together.v1")
        .text(kind.name())
        .text(department.name())
        .number(total.cents())
        .list(shown, |fields, (proposal, digest)| {
            fields.text(&proposal.id).text(&digest.to_string())
        })
        .digest();
    Ok(Batch {
        kind,
        department,
        count: drafts.len(),
        total,
        digest,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proposal::Version;
    use crate::proposal::tests::{at, person, proposal};

    fn named(id: &str, kind: Kind, department: Department) -> Proposal {
        let mut draft = proposal(kind).newest().draft.clone();
        draft.department = department;
        let first = Version {
            draft,
            by: person("psn_maker"),
            at: at(0),
        };
        Proposal::try_new("ten_1".into(), id.into(), first).unwrap()
    }

    fn shown(all: &[Proposal]) -> Vec<(&Proposal, Digest)> {
        all.iter().map(|one| (one, one.digest())).collect()
    }

    /// Every kind in each of its departments beside every other, with no limit, one below, at and above
    /// what both move: the rule is said a second time here.
    #[test]
    fn only_what_is_alike_reversible_and_within_the_limit_goes_together() {
        let cells = || {
            let kinds = Kind::ALL.into_iter();
            kinds.flat_map(|kind| kind.departments().iter().map(move |it| (kind, *it)))
        };
        let (mut asked, mut together_at_all) = (0, 0);
        for (kind, department) in cells() {
            for (other, its) in cells() {
                let two = [named("prp_1", kind, department), named("prp_2", other, its)];
                let moved = two[0].newest().draft.money + two[1].newest().draft.money;
                for limit in [None, Some(-1), Some(0), Some(1)] {
                    let limit = limit.map(|more| moved + Money::from_cents(more));
                    let found = together(&shown(&two), limit);
                    let is_alike = (kind, department) == (other, its);
                    let is_exact = !matches!(kind, Kind::RemoveDuplicate | Kind::Instruct);
                    let is_within = limit.is_some_and(|limit| limit >= moved);
                    let expected =
                        is_alike && is_exact && (is_within || kind == Kind::AttachDocument);
                    assert_eq!(
                        found.is_ok(),
                        expected,
                        "{kind:?} {other:?} {limit:?}: {found:?}"
                    );
                    asked += 1;
                    let Ok(batch) = found else { continue };
                    assert_eq!((batch.count, batch.total), (2, moved));
                    together_at_all += 1;
                }
            }
        }
        assert_eq!((asked, together_at_all), (900, 26));
    }

    #[test]
    fn the_digest_covers_each_version_as_it_was_shown_and_their_order() {
        let mut two = [
            named("prp_1", Kind::PostBill, Department::Payables),
            named("prp_2", Kind::PostBill, Department::Payables),
        ];
        let limit = Some(Money::from_cents(100_000_000));
        let then: Vec<Digest> = two.iter().map(Proposal::digest).collect();
        let batch = |two: &[Proposal; 2], digests: &[Digest]| {
            let all: Vec<_> = two.iter().zip(digests.iter().copied()).collect();
            together(&all, limit)
        };
        let first = batch(&two, &then).unwrap();
        let swapped = [(&two[1], then[1]), (&two[0], then[0])];
        assert_ne!(together(&swapped, limit).unwrap().digest, first.digest);
        let mut draft = two[0].newest().draft.clone();
        draft.money = Money::from_cents(1);
        let edit = Version {
            draft,
            by: person("psn_b"),
            at: at(1),
        };
        two[0].edit(edit).unwrap();
        // What was shown is still the same batch; the one that changed is refused for itself.
        assert_eq!(batch(&two, &then), Ok(first));
        let now: Vec<Digest> = two.iter().map(Proposal::digest).collect();
        let second = batch(&two, &now).unwrap();
        assert_ne!((second.digest, second.total), (first.digest, first.total));
        let never = [then[0], Digest::of(b"never shown")];
        assert_eq!(batch(&two, &never), Err(NotTogether::Unknown));
    }

    #[test]
    fn it_takes_two_and_no_more_than_fifty() {
        let many: Vec<Proposal> = (0..=MOST)
            .map(|at| {
                named(
                    &format!("prp_{at}"),
                    Kind::AttachDocument,
                    Department::Payables,
                )
            })
            .collect();
        assert_eq!(together(&shown(&many[..1]), None), Err(NotTogether::Alone));
        assert_eq!(together(&[], None), Err(NotTogether::Alone));
        assert!(together(&shown(&many[..MOST]), None).is_ok());
        assert_eq!(together(&shown(&many), None), Err(NotTogether::TooMany));
    }
}

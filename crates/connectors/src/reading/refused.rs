//! The log of refused records, bounded in memory.

use std::collections::BTreeMap;

use figures::SmolStr;
use figures::source::{Rejection, SourceRef, System};

/// How many refusals of one kind are kept one by one.
pub(crate) const KEPT_PER_KIND: u64 = 10_000;

/// Refused records in reading order; beyond [`KEPT_PER_KIND`] of one kind only their number.
#[derive(Debug, Default)]
pub(crate) struct Refused {
    kept: Vec<Rejection>,
    counts: BTreeMap<(System, SmolStr), u64>,
}

impl Refused {
    /// Logs one.
    pub(crate) fn push(&mut self, rejection: Rejection) {
        let kind = (rejection.record.system, rejection.record.kind.clone());
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        if *count <= KEPT_PER_KIND {
            self.kept.push(rejection);
        }
    }

    /// Appends what was refused after this.
    pub(crate) fn absorb(&mut self, later: Self) {
        if later.counts.is_empty() {
            return;
        }
        let mut beyond = later.counts;
        for rejection in later.kept {
            let kind = (rejection.record.system, rejection.record.kind.clone());
            if let Some(count) = beyond.get_mut(&kind) {
                *count -= 1;
            }
            self.push(rejection);
        }
        for (kind, count) in beyond {
            *self.counts.entry(kind).or_default() += count;
        }
    }

    /// All of them by record, with one that stands for those beyond the limit of each kind.
    pub(crate) fn finish(self) -> Vec<Rejection> {
        let mut all = self.kept;
        for ((system, kind), count) in self.counts {
            if count > KEPT_PER_KIND {
                let more = count - KEPT_PER_KIND;
                all.push(Rejection {
                    record: SourceRef {
                        system,
                        kind: kind.clone(),
                        id: SmolStr::default(),
                    },
                    place: None,
                    reason: format!(
                        "{more} more records of the kind {kind} could not be used; correct those \
                         that are listed and read again to see the rest"
                    ),
                });
            }
        }
        all.sort_unstable();
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rejection(id: u64) -> Rejection {
        Rejection {
            record: SourceRef::quickbooks("Bill", &id.to_string()),
            place: None,
            reason: "it has no TxnDate".to_owned(),
        }
    }

    #[test]
    fn ten_thousand_refusals_of_a_kind_are_listed_and_the_rest_counted() {
        let mut first = Refused::default();
        let mut second = Refused::default();
        (0..9_000).for_each(|id| first.push(rejection(id)));
        (9_000..20_005).for_each(|id| second.push(rejection(id)));
        first.absorb(second);
        let all = first.finish();
        assert_eq!(all.len(), 10_001);
        assert!(
            all[0].reason.starts_with("10005 more records"),
            "{}",
            all[0].reason
        );
    }
}

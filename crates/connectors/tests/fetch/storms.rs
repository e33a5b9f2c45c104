//! Seeded storms over both sandboxes: many faults at once, and still no part looks whole that is not.

use std::collections::BTreeMap;

use connectors::fetch::Completeness;
use connectors::procore::fetch::Plan;
use sandbox::procore::{Books, FaultKind as Trouble};
use sandbox::quickbooks::{FaultKind, FaultRule};

use crate::support::{Kept, Rights, office};
use crate::{procore_faults, quickbooks_faults};

#[tokio::test]
async fn whatever_goes_wrong_with_procore_what_is_called_whole_is_whole() {
    let world = procore_faults::world();
    // One project at a time, so that the dice fall the same way in every run.
    let plan = Plan {
        at_once: 1,
        ..procore_faults::plan(&world)
    };
    let office = office(Books::from(&world), Rights::ServiceAccount).await;
    let (undisturbed, _) = procore_faults::read(&office, &plan).await;
    let kinds = [
        Trouble::DropConnection,
        Trouble::TruncatedBody,
        Trouble::Status {
            status: 503,
            retry_after: None,
        },
        Trouble::RateLimited {
            retry_after: Some(2),
        },
        Trouble::HtmlSuccess,
        Trouble::DuplicateRows,
        Trouble::OutOfOrderRows,
        Trouble::Status {
            status: 403,
            retry_after: None,
        },
    ];
    let (mut clean, mut named, mut refused) = (0, 0, 0);
    for round in 0..24 {
        let chance = [5, 40, 250][round % 3];
        let script = kinds.iter().map(|kind| sandbox::procore::Fault {
            per_mille: Some(chance),
            ..procore_faults::fault("/rest/**", None, kind.clone())
        });
        office.server.set_faults(script.collect());
        let (kept, outcome) = procore_faults::read(&office, &plan).await;
        match outcome {
            Ok(summary) if summary.incomplete.is_empty() && summary.blind_spots.is_empty() => {
                clean += 1;
                assert!(
                    procore_faults::bodies(&kept) == procore_faults::bodies(&undisturbed),
                    "round {round}"
                );
            }
            Ok(_) => named += 1,
            Err(error) => {
                refused += 1;
                assert!(error.to_string().starts_with("Procore "), "{error}");
            }
        }
        for ((resource, project), verdict) in &kept.verdicts {
            let Completeness::Whole { .. } = verdict else {
                continue;
            };
            let of = |kept: &Kept| -> Vec<String> {
                let mine = kept
                    .records
                    .iter()
                    .filter(|((r, p, _), _)| r == resource && p == project);
                mine.map(|(_, record)| record.body.clone()).collect()
            };
            assert_eq!(
                of(&kept),
                of(&undisturbed),
                "round {round}: {resource} of {project:?}"
            );
        }
    }
    assert!(
        clean > 0 && named > 0 && refused > 0,
        "{clean} {named} {refused}"
    );
}

#[tokio::test]
async fn whatever_goes_wrong_with_quickbooks_what_is_called_whole_is_whole() {
    let ledger = quickbooks_faults::company().await;
    let (undisturbed, _) = quickbooks_faults::read(&ledger).await;
    let undisturbed = quickbooks_faults::bodies(&undisturbed);
    let kinds = [
        FaultKind::DropBefore,
        FaultKind::CutConnection,
        FaultKind::TruncatedBody,
        FaultKind::Throttled {
            retry_after: Some(2),
        },
        FaultKind::ServerError { status: 500 },
        FaultKind::Html { status: 200 },
        FaultKind::FaultInSuccess,
        FaultKind::DuplicateRows,
        FaultKind::ShuffledRows,
    ];
    let (mut clean, mut refused) = (0, 0);
    for round in 0..60 {
        let chance = [0.01, 0.05, 0.2][round % 3];
        let script = kinds.iter().map(|kind| FaultRule {
            probability: Some(chance),
            // Other dice in every round: a rule's seed follows from its place in the script.
            ..quickbooks_faults::rule(None, kind.clone())
        });
        let idle = FaultRule {
            times: Some(0),
            ..quickbooks_faults::rule(None, FaultKind::DropBefore)
        };
        let idle = std::iter::repeat_n(idle, round * kinds.len());
        ledger.server.set_faults(idle.chain(script).collect());
        let (kept, outcome) = quickbooks_faults::read(&ledger).await;
        match outcome {
            Ok(summary) if summary.incomplete.is_empty() => {
                clean += 1;
                assert_eq!(
                    quickbooks_faults::bodies(&kept),
                    undisturbed,
                    "round {round}"
                );
            }
            Ok(_) => refused += 1,
            Err(error) => {
                refused += 1;
                assert!(error.to_string().starts_with("QuickBooks "), "{error}");
            }
        }
        for entity in ["Account", "Customer", "Vendor"] {
            if let Some(Completeness::Whole { records }) = kept.verdict(entity) {
                let whole: BTreeMap<_, _> = undisturbed
                    .iter()
                    .filter(|((of, _), _)| of == entity)
                    .collect();
                let came = quickbooks_faults::bodies(&kept);
                let came: BTreeMap<_, _> =
                    came.iter().filter(|((of, _), _)| of == entity).collect();
                assert_eq!(came, whole, "round {round}");
                assert_eq!(*records, whole.len() as u64);
            }
        }
    }
    assert!(clean > 0 && refused > 0, "{clean} clean, {refused} refused");
}

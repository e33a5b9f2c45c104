//! A whole small world, read from both sandboxes through OAuth and HTTP, compared with the world.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::{Kept, Rights, ledger, office};
use connectors::fetch::Completeness;
use connectors::{procore, quickbooks};
use figures::source::RawRecord;
use jiff::{SignedDuration, Timestamp};
use sandbox::world::World;
use serde_json::Value;

fn world() -> World {
    sandbox::contractor::generate(&sandbox::contractor::Plan::small(7))
}

fn plan(world: &World) -> procore::fetch::Plan {
    let from = world
        .as_of
        .checked_sub(jiff::Span::new().months(30))
        .unwrap();
    procore::fetch::Plan::new(world.as_of, from)
}

/// Differences between what came and what the world holds, at most a few, for the message.
fn differences(
    resource: &str,
    came: &BTreeMap<String, &RawRecord>,
    held: &BTreeMap<String, Value>,
    ignored: &[&str],
) -> Vec<String> {
    let mut found = Vec::new();
    for (id, record) in came {
        let body: Value = serde_json::from_str(&record.body).unwrap();
        match held.get(id) {
            None => found.push(format!("{resource} {id} came and is not in the world")),
            Some(held) => {
                for (key, value) in held.as_object().unwrap() {
                    if !ignored.contains(&key.as_str()) && body.get(key) != Some(value) {
                        found.push(format!(
                            "{resource} {id}: {key} is {:?} and not {value}",
                            body.get(key).map(ToString::to_string)
                        ));
                    }
                }
            }
        }
    }
    let missing = held.keys().filter(|id| !came.contains_key(*id));
    found.extend(missing.map(|id| format!("{resource} {id} did not come")));
    found
}

#[tokio::test]
async fn everything_that_quickbooks_holds_comes_whole() {
    let world = world();
    let ledger = ledger(Some(sandbox::quickbooks::Books::from(&world))).await;
    let mut kept = Kept::default();
    let plan = quickbooks::fetch::Plan {
        page_rows: 50,
        ..quickbooks::fetch::Plan::default()
    };
    let summary = quickbooks::fetch::all(&ledger.client, &plan, &mut kept)
        .await
        .unwrap();
    assert_eq!(
        (
            summary.incomplete.as_slice(),
            summary.blind_spots.as_slice()
        ),
        (&[][..], &[][..])
    );
    assert!(summary.cursor >= ledger.start);

    let mut found = Vec::new();
    for entity in &plan.entities {
        let held = world
            .quickbooks
            .get(entity.as_str())
            .cloned()
            .unwrap_or_default();
        let id = |body: &Value| match entity.as_str() {
            "CompanyInfo" | "Preferences" => "1".to_owned(),
            _ => body["Id"].as_str().unwrap().to_owned(),
        };
        // QuickBooks itself forgets its tombstones after 30 days.
        let forgotten = |body: &Value| {
            body["status"] == "Deleted"
                && body["MetaData"]["LastUpdatedTime"]
                    .as_str()
                    .unwrap()
                    .parse::<Timestamp>()
                    .unwrap()
                    < ledger.start - SignedDuration::from_hours(29 * 24)
        };
        let held: BTreeMap<String, Value> = held
            .into_iter()
            .filter(|body| !forgotten(body))
            .map(|body| (id(&body), body))
            .collect();
        let came: BTreeMap<String, &RawRecord> = kept
            .records
            .values()
            .filter(|record| record.resource == *entity)
            .map(|record| (record.external_id.to_string(), record))
            .collect();
        // Balances are the sandbox's own: it derives them from postings.
        let derived = [
            "Balance",
            "BalanceWithJobs",
            "CurrentBalance",
            "CurrentBalanceWithSubAccounts",
        ];
        if entity != "CompanyInfo" && entity != "Preferences" {
            found.extend(differences(entity, &came, &held, &derived));
        }
        assert!(
            matches!(kept.verdict(entity), Some(Completeness::Whole { .. })),
            "{entity}"
        );
    }
    assert!(
        found.is_empty(),
        "{} differences, such as {:#?}",
        found.len(),
        &found[..found.len().min(12)]
    );
    let used = ledger.client.meter().reading().quickbooks_core_plus;
    // The sandbox also counted the look at the company while connecting.
    assert_eq!(ledger.server.meter().core_plus, used + 1);
}

#[tokio::test]
async fn everything_that_procore_holds_comes_whole_by_either_kind_of_account() {
    let world = world();
    for rights in [Rights::ServiceAccount, Rights::Person] {
        let office = office(sandbox::procore::Books::from(&world), rights).await;
        let mut kept = Kept::default();
        let summary = procore::fetch::all(&office.client, &plan(&world), &mut kept)
            .await
            .unwrap();
        assert_eq!(summary.incomplete, []);
        assert_eq!(summary.blind_spots, []);

        let fetched: BTreeSet<String> = kept
            .verdicts
            .keys()
            .map(|(resource, _)| resource.clone())
            .collect();
        let mut found = Vec::new();
        for resource in &fetched {
            let rows = world.procore.get(resource).map_or(&[][..], Vec::as_slice);
            let key = |project: Option<i64>, parent: Option<i64>, id: &str| {
                format!("{project:?}/{parent:?}/{id}")
            };
            let held: BTreeMap<String, Value> = rows
                .iter()
                .map(|row| {
                    let id = row.body["id"].to_string();
                    (key(row.project_id, row.parent_id, &id), row.body.clone())
                })
                .collect();
            let came: BTreeMap<String, &RawRecord> = kept
                .records
                .values()
                .filter(|record| record.resource == *resource)
                .map(|record| {
                    (
                        key(record.project_id, record.parent_id, &record.external_id),
                        record,
                    )
                })
                .collect();
            // The sandbox writes percentages in the vendor's own style.
            found.extend(differences(resource, &came, &held, &["percentage_paid"]));
        }
        assert!(
            found.is_empty(),
            "{} differences, such as {:#?}",
            found.len(),
            &found[..found.len().min(12)]
        );
    }
}

#[tokio::test]
async fn the_order_of_delivery_does_not_depend_on_the_network() {
    let world = world();
    let mut orders = Vec::new();
    for at_once in [1, 3] {
        let office = office(
            sandbox::procore::Books::from(&world),
            Rights::ServiceAccount,
        )
        .await;
        let mut kept = Kept::default();
        let plan = procore::fetch::Plan {
            at_once,
            ..plan(&world)
        };
        procore::fetch::all(&office.client, &plan, &mut kept)
            .await
            .unwrap();
        orders.push(kept.order);
    }
    assert_eq!(orders[0], orders[1]);
}

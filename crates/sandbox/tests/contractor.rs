//! The simulated contractor is consistent with itself.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use sandbox::contractor::totals::cents;
use sandbox::contractor::{CLASSES, Plan, generate};
use sandbox::world::World;
use serde_json::Value;

fn assert_explained(plan: &Plan) {
    let world = generate(plan);
    for bridge in &world.truth.bridges {
        let explained: i64 = world
            .truth
            .findings
            .iter()
            .flat_map(|finding| &finding.effects)
            .filter(|effect| {
                effect.project_id == bridge.project_id && effect.measure == bridge.measure
            })
            .map(|effect| effect.amount_cents)
            .sum();
        assert_eq!(
            bridge.procore_cents - bridge.quickbooks_cents,
            explained,
            "seed {} project {} {}: {bridge:?}",
            plan.seed,
            bridge.project_id,
            bridge.measure,
        );
    }
}

#[test]
fn without_plantings_both_systems_agree_to_the_cent() {
    for seed in 0..10 {
        assert_explained(&Plan::small(seed).clean());
    }
    assert_explained(&Plan::medium(7).clean());
}

#[test]
fn every_bridge_difference_is_the_sum_of_the_planted_effects() {
    for seed in 0..12 {
        assert_explained(&Plan::small(seed));
    }
    for seed in 0..4 {
        assert_explained(&Plan::medium(seed));
    }
    assert_explained(&Plan::demo());
}

#[test]
fn a_medium_world_plants_every_class() {
    for seed in [0, 3, 6] {
        let world = generate(&Plan::medium(seed));
        for code in CLASSES {
            assert!(
                world
                    .truth
                    .findings
                    .iter()
                    .any(|finding| finding.code == code),
                "seed {seed} has no {code}"
            );
        }
    }
}

#[test]
fn no_look_alike_is_evidence_of_a_planted_finding() {
    for seed in 0..6 {
        let world = generate(&Plan::medium(seed));
        let alike: BTreeSet<_> = world
            .truth
            .look_alikes
            .iter()
            .flat_map(|alike| &alike.records)
            .collect();
        assert!(alike.len() > 60, "only {} look-alike records", alike.len());
        for finding in &world.truth.findings {
            for record in &finding.records {
                assert!(
                    !alike.contains(record),
                    "seed {seed}: {record:?} is in {finding:?}"
                );
            }
        }
    }
}

#[test]
fn no_two_findings_start_from_the_same_record() {
    for seed in 0..6 {
        let world = generate(&Plan::medium(seed));
        let mut seen = BTreeSet::new();
        for finding in &world.truth.findings {
            assert!(seen.insert(&finding.records[0]), "seed {seed}: {finding:?}");
        }
    }
}

fn bytes(world: &World) -> String {
    let procore = serde_json::to_string(&world.procore).expect("a world serialises");
    let quickbooks = serde_json::to_string(&world.quickbooks).expect("a world serialises");
    let truth = serde_json::to_string(&world.truth).expect("a world serialises");
    procore + &quickbooks + &truth
}

#[test]
fn the_same_plan_gives_the_same_bytes_and_another_seed_gives_others() {
    let first = bytes(&generate(&Plan::small(11)));
    assert_eq!(first, bytes(&generate(&Plan::small(11))));
    assert_ne!(first, bytes(&generate(&Plan::small(12))));
}

fn sum_of(rows: &Value, key: &str) -> i64 {
    rows.as_array()
        .into_iter()
        .flatten()
        .map(|row| cents(&row[key]))
        .sum()
}

#[test]
fn every_billing_keeps_the_g702_and_g703_identities() {
    for seed in 2..5 {
        let world = generate(&Plan::medium(seed));
        for (name, summary, rows) in [
            ("payment_applications", "g702", "g703"),
            ("requisitions", "summary", "items"),
        ] {
            for record in &world.procore[name] {
                let (totals, lines) = (&record.body[summary], &record.body[rows]);
                let total = |key: &str| cents(&totals[key]);
                let earned = total("total_earned_less_retainage");
                assert_eq!(
                    total("contract_sum_to_date"),
                    total("original_contract_sum") + total("net_change_by_change_orders")
                );
                assert_eq!(
                    earned,
                    total("total_completed_and_stored_to_date") - total("total_retainage")
                );
                assert_eq!(
                    total("total_retainage"),
                    total("completed_work_retainage_amount")
                        + total("stored_materials_retainage_amount")
                );
                assert_eq!(
                    total("current_payment_due"),
                    earned - total("less_previous_certificates_for_payment")
                        + total("tax_applicable_to_this_payment")
                );
                assert_eq!(
                    total("balance_to_finish_including_retainage"),
                    total("contract_sum_to_date") - earned
                );
                assert_eq!(
                    sum_of(lines, "scheduled_value"),
                    total("contract_sum_to_date")
                );
                assert_eq!(
                    sum_of(lines, "total_completed_and_stored_to_date"),
                    total("total_completed_and_stored_to_date")
                );
                assert_eq!(
                    sum_of(lines, "total_retainage_currently_retained"),
                    total("total_retainage")
                );
                for line in lines.as_array().into_iter().flatten() {
                    let value = |key: &str| cents(&line[key]);
                    assert_eq!(
                        value("total_completed_and_stored_to_date"),
                        value("work_completed_from_previous_application")
                            + value("work_completed_this_period")
                            + value("materials_presently_stored")
                    );
                }
            }
        }
    }
}

#[test]
fn every_billing_starts_where_the_one_before_ended() {
    let world = generate(&Plan::medium(2));
    for name in ["payment_applications", "requisitions"] {
        let summary = if name == "requisitions" {
            "summary"
        } else {
            "g702"
        };
        let mut earned: BTreeMap<(Option<i64>, i64), i64> = BTreeMap::new();
        for record in &world.procore[name] {
            let number = record.body["number"].as_i64().expect("a number");
            let before = earned
                .get(&(record.parent_id, number - 1))
                .copied()
                .unwrap_or(0);
            let totals = &record.body[summary];
            assert_eq!(
                cents(&totals["less_previous_certificates_for_payment"]),
                before
            );
            earned.insert(
                (record.parent_id, number),
                cents(&totals["total_earned_less_retainage"]),
            );
        }
    }
}

#[test]
fn contracts_keep_procores_identities() {
    let world = generate(&Plan::medium(1));
    for (name, revised, rest) in [
        (
            "prime_contracts",
            "revised_contract_amount",
            "outstanding_balance",
        ),
        (
            "work_order_contracts",
            "revised_contract",
            "remaining_balance_outstanding",
        ),
    ] {
        for record in &world.procore[name] {
            let value = |key: &str| cents(&record.body[key]);
            assert_eq!(
                value(revised),
                value("grand_total") + value("approved_change_orders")
            );
            assert_eq!(value(rest), value(revised) - value("total_payments"));
        }
    }
}

#[test]
fn quickbooks_totals_balances_and_links_agree_with_the_lines() {
    for seed in 2..4 {
        let world = generate(&Plan::medium(seed));
        let mut applied: BTreeMap<(String, String), i64> = BTreeMap::new();
        for name in ["Payment", "BillPayment"] {
            for payment in &world.quickbooks[name] {
                for line in payment["Line"].as_array().into_iter().flatten() {
                    let link = &line["LinkedTxn"][0];
                    let key = (text(&link["TxnType"]), text(&link["TxnId"]));
                    *applied.entry(key).or_default() += cents(&line["Amount"]);
                }
            }
        }
        for name in ["Invoice", "Bill", "VendorCredit", "CreditMemo"] {
            for txn in live(&world, name) {
                let key = (name.to_string(), text(&txn["Id"]));
                let paid = applied.get(&key).copied().unwrap_or(0);
                let voided = text(&txn["PrivateNote"]).starts_with("Voided");
                let total = cents(&txn["TotalAmt"]);
                assert_eq!(
                    cents(&txn["Balance"]),
                    if voided { 0 } else { total - paid },
                    "{txn}"
                );
                assert!(
                    cents(&txn["Balance"]) >= 0,
                    "{name} paid beyond its total: {txn}"
                );
                let tax = cents(&txn["TxnTaxDetail"]["TotalTax"]);
                let discount: i64 = txn["Line"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter(|line| line["DetailType"] == "DiscountLineDetail")
                    .map(|line| 2 * cents(&line["Amount"]))
                    .sum();
                assert_eq!(
                    total,
                    sum_of(&txn["Line"], "Amount") + if voided { 0 } else { tax } - discount
                );
            }
        }
        for entry in live(&world, "JournalEntry") {
            let balance: i64 = entry["Line"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|line| {
                    let debit = line["JournalEntryLineDetail"]["PostingType"] == "Debit";
                    if debit {
                        cents(&line["Amount"])
                    } else {
                        -cents(&line["Amount"])
                    }
                })
                .sum();
            assert_eq!(balance, 0, "{entry}");
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or("").to_string()
}

fn live<'a>(world: &'a World, name: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    world
        .quickbooks
        .get(name)
        .into_iter()
        .flatten()
        .filter(|txn| txn["status"] != "Deleted")
}

#[test]
fn clean_books_hold_no_second_bill_of_one_vendor_and_number_or_amount() {
    for seed in 0..5 {
        let mut plan = Plan::medium(seed).clean();
        plan.look_alikes = 0;
        let world = generate(&plan);
        let mut numbers = BTreeSet::new();
        let mut amounts: BTreeMap<(String, i64), Vec<Date>> = BTreeMap::new();
        for bill in live(&world, "Bill") {
            let vendor = text(&bill["VendorRef"]["value"]);
            let date: Date = text(&bill["TxnDate"]).parse().expect("a date");
            let number = text(&bill["DocNumber"]);
            assert!(
                number.is_empty() || numbers.insert((vendor.clone(), number)),
                "{bill}"
            );
            let dates = amounts
                .entry((vendor, cents(&bill["TotalAmt"])))
                .or_default();
            assert!(
                dates
                    .iter()
                    .all(|other| (date - *other).get_days().abs() > 14),
                "seed {seed}: equal bills within two weeks: {bill}"
            );
            dates.push(date);
        }
    }
}

#[test]
fn every_truth_names_records_that_the_world_holds() {
    for seed in [1, 3] {
        let world = generate(&Plan::medium(seed));
        let mut known = BTreeSet::new();
        for (name, records) in &world.procore {
            let kind = if name == "people" {
                "person".to_string()
            } else {
                singular(name)
            };
            for record in records {
                known.insert((kind.clone(), record.body["id"].to_string()));
            }
        }
        for (entity, records) in &world.quickbooks {
            for record in records {
                known.insert((entity.clone(), text(&record["Id"])));
            }
        }
        let truth = &world.truth;
        let evidence = truth.findings.iter().flat_map(|finding| &finding.records);
        let alike = truth.look_alikes.iter().flat_map(|alike| &alike.records);
        for record in evidence.chain(alike) {
            assert!(
                known.contains(&(record.kind.clone(), record.id.clone())),
                "{record:?}"
            );
        }
        let sides = truth
            .pairs
            .iter()
            .flat_map(|pair| pair.procore.iter().chain(&pair.quickbooks));
        for side in sides {
            assert!(
                known.contains(&(side.kind.clone(), side.id.clone())),
                "{side:?}"
            );
        }
        assert!(truth.pairs.len() > 500);
    }
}

fn singular(name: &str) -> String {
    name.strip_suffix('s').unwrap_or(name).to_string()
}

#[test]
fn a_world_of_thousands_of_records_stays_explained() {
    assert_explained(&Plan::records(5, 10_000));
}

#[test]
fn the_inactive_job_of_the_look_alikes_owes_and_is_owed_nothing() {
    let mut seen = 0;
    for seed in 0..6 {
        let world = generate(&Plan::medium(seed));
        let Some(alike) = world
            .truth
            .look_alikes
            .iter()
            .find(|alike| alike.kind == "inactive_job_without_balance")
        else {
            continue;
        };
        seen += 1;
        let customer = &alike.records[1].id;
        let owed: Vec<&Value> = live(&world, "Invoice")
            .filter(|txn| text(&txn["CustomerRef"]["value"]) == *customer)
            .chain(live(&world, "Bill").filter(|bill| {
                text(&bill["Line"][0]["ItemBasedExpenseLineDetail"]["CustomerRef"]["value"])
                    == *customer
            }))
            .filter(|txn| cents(&txn["Balance"]) != 0)
            .collect();
        assert!(owed.is_empty(), "seed {seed}: {owed:?}");
        let project = alike.records[0].id.parse().ok();
        assert!(
            world
                .truth
                .findings
                .iter()
                .all(|finding| finding.project_id != project)
        );
    }
    assert!(seen >= 4, "only {seen} worlds have one");
}

#[test]
fn nothing_was_entered_after_the_snapshot_was_taken() {
    let world = generate(&Plan::medium(0));
    let last = format!("{}T23:59:59", world.as_of);
    for (entity, records) in &world.quickbooks {
        for record in records {
            let changed = text(&record["MetaData"]["LastUpdatedTime"]);
            assert!(changed <= last, "{entity} {record}");
        }
    }
    for (name, records) in &world.procore {
        for record in records {
            assert!(
                text(&record.body["created_at"]) <= last,
                "{name} {:?}",
                record.body
            );
        }
    }
}

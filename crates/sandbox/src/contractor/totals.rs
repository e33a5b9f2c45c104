//! Both totals of every bridge, read from the final vendor records by the rules of measures.md.
//!
//! It knows nothing of plantings or of the books behind the records: it is the check on them.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::Value;

use crate::world::{TrueBridge, World};

/// The eight measures in the order of measures.md.
pub const MEASURES: [&str; 8] = [
    "contract",
    "billed",
    "retainage",
    "received",
    "committed",
    "cost",
    "retainage_payable",
    "paid",
];

/// Cents by project and measure.
type Sums = BTreeMap<(i64, &'static str), i64>;

/// Computes every bridge. `jobs` maps QuickBooks customer ids to Procore projects.
#[must_use]
pub fn bridges(world: &World, jobs: &BTreeMap<String, i64>, gross: bool) -> Vec<TrueBridge> {
    let procore = procore_totals(world, gross);
    let quickbooks = Ledger::new(world, jobs).totals();
    let mut all = Vec::new();
    for record in rows(world, "projects") {
        let project_id = integer(&record.body["id"]);
        for measure in MEASURES {
            if !gross && measure.starts_with("retainage") {
                continue;
            }
            let key = (project_id, measure);
            all.push(TrueBridge {
                project_id,
                measure: measure.to_string(),
                procore_cents: procore.get(&key).copied().unwrap_or(0),
                quickbooks_cents: quickbooks.get(&key).copied().unwrap_or(0),
            });
        }
    }
    all
}

fn rows<'a>(world: &'a World, name: &str) -> &'a [crate::world::ProcoreRecord] {
    world.procore.get(name).map_or(&[], Vec::as_slice)
}

fn entities<'a>(world: &'a World, name: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    world
        .quickbooks
        .get(name)
        .into_iter()
        .flatten()
        .filter(|value| value["status"] != "Deleted")
}

/// Cents of an amount written as a number or a string.
///
/// # Panics
/// When a generated record holds something that is not an amount of at most two decimals.
#[must_use]
pub fn cents(value: &Value) -> i64 {
    let text = match value {
        Value::Null => return 0,
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let (sign, digits) = text
        .strip_prefix('-')
        .map_or((1, text.as_str()), |rest| (-1, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    assert!(
        fraction.len() <= 2,
        "an amount has at most two decimals: {text}"
    );
    let fraction = format!("{fraction:0<2}");
    let parse = |part: &str| {
        part.parse::<i64>()
            .expect("a generated amount is made of digits")
    };
    sign * (parse(whole) * 100 + parse(&fraction))
}

fn integer(value: &Value) -> i64 {
    value.as_i64().unwrap_or(0)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}

fn on_or_before(value: &Value, as_of: Date) -> bool {
    text(value).parse::<Date>().is_ok_and(|date| date <= as_of)
}

fn procore_totals(world: &World, gross: bool) -> Sums {
    let mut sums = Sums::new();
    let live = |body: &Value| body["deleted_at"].is_null();
    let mut primes: BTreeMap<i64, bool> = BTreeMap::new();
    for record in rows(world, "prime_contracts") {
        let counts =
            live(&record.body) && matches!(text(&record.body["status"]), "Approved" | "Complete");
        primes.insert(integer(&record.body["id"]), counts);
        if counts {
            add(
                &mut sums,
                record.project_id,
                "contract",
                cents(&record.body["grand_total"]),
            );
        }
    }
    change_orders(world, &primes, &mut sums);
    latest(world, "payment_applications", &["approved"], |record| {
        let g702 = &record.body["g702"];
        add(
            &mut sums,
            record.project_id,
            "billed",
            cents(&g702["total_earned_less_retainage"]),
        );
        add(
            &mut sums,
            record.project_id,
            "retainage",
            cents(&g702["total_retainage"]),
        );
    });
    latest(
        world,
        "requisitions",
        &["approved", "approved_as_noted"],
        |record| {
            let summary = &record.body["summary"];
            let key = if gross {
                "total_completed_and_stored_to_date"
            } else {
                "total_earned_less_retainage"
            };
            add(&mut sums, record.project_id, "cost", cents(&summary[key]));
            add(
                &mut sums,
                record.project_id,
                "retainage_payable",
                cents(&summary["total_retainage"]),
            );
        },
    );
    for (name, statuses) in [
        ("work_order_contracts", &["Approved", "Complete"][..]),
        (
            "purchase_order_contracts",
            &["Approved", "Closed", "Partially Received", "Received"][..],
        ),
    ] {
        for record in rows(world, name) {
            if live(&record.body) && statuses.contains(&text(&record.body["status"])) {
                add(
                    &mut sums,
                    record.project_id,
                    "committed",
                    cents(&record.body["revised_contract"]),
                );
            }
        }
    }
    for record in rows(world, "contract_payments") {
        if on_or_before(&record.body["date"], world.as_of) {
            let prime = primes.contains_key(&record.parent_id.unwrap_or(0));
            let measure = if prime { "received" } else { "paid" };
            add(
                &mut sums,
                record.project_id,
                measure,
                cents(&record.body["amount"]),
            );
        }
    }
    for record in rows(world, "direct_costs") {
        let body = &record.body;
        if body["status"] != "approved" || !live(body) {
            continue;
        }
        if on_or_before(&body["direct_cost_date"], world.as_of) {
            add(&mut sums, record.project_id, "cost", cents(&body["amount"]));
        }
        if body["direct_cost_type"] == "invoice" && on_or_before(&body["payment_date"], world.as_of)
        {
            add(&mut sums, record.project_id, "paid", cents(&body["amount"]));
        }
    }
    sums
}

fn change_orders(world: &World, primes: &BTreeMap<i64, bool>, sums: &mut Sums) {
    // A project whose modern list is empty, for either tier, lives on packages.
    let modern: std::collections::BTreeSet<i64> = rows(world, "prime_change_orders")
        .iter()
        .filter_map(|record| record.project_id)
        .collect();
    for (name, is_modern) in [
        ("prime_change_orders", true),
        ("change_order_packages", false),
    ] {
        for record in rows(world, name) {
            let contract = integer(&record.body["contract_id"]);
            let project_is_modern = modern.contains(&record.project_id.unwrap_or(0));
            if primes.get(&contract) == Some(&true)
                && record.body["status"] == "approved"
                && is_modern == project_is_modern
                && record.body["deleted_at"].is_null()
            {
                add(
                    sums,
                    record.project_id,
                    "contract",
                    cents(&record.body["grand_total"]),
                );
            }
        }
    }
}

/// Calls back with the highest-numbered approved billing of every contract.
fn latest(
    world: &World,
    name: &str,
    statuses: &[&str],
    mut each: impl FnMut(&crate::world::ProcoreRecord),
) {
    let mut best: BTreeMap<i64, (i64, usize)> = BTreeMap::new();
    for (at, record) in rows(world, name).iter().enumerate() {
        let body = &record.body;
        if !statuses.contains(&text(&body["status"]))
            || !on_or_before(&body["billing_date"], world.as_of)
        {
            continue;
        }
        let candidate = (integer(&body["number"]), at);
        let slot = best
            .entry(record.parent_id.unwrap_or(0))
            .or_insert(candidate);
        *slot = candidate.max(*slot);
    }
    for (_, at) in best.into_values() {
        each(&rows(world, name)[at]);
    }
}

fn add(sums: &mut Sums, project: Option<i64>, measure: &'static str, amount: i64) {
    if let Some(project) = project {
        *sums.entry((project, measure)).or_default() += amount;
    }
}

/// QuickBooks' side: what each account is, and which project a customer means.
struct Ledger<'a> {
    world: &'a World,
    jobs: BTreeMap<&'a str, i64>,
    cost: Vec<&'a str>,
    receivable: Vec<&'a str>,
    payable: Vec<&'a str>,
    income_of: BTreeMap<&'a str, &'a str>,
    expense_of: BTreeMap<&'a str, &'a str>,
}

impl<'a> Ledger<'a> {
    fn new(world: &'a World, mapped: &'a BTreeMap<String, i64>) -> Self {
        let mut ledger = Self {
            world,
            jobs: mapped
                .iter()
                .map(|(id, project)| (id.as_str(), *project))
                .collect(),
            cost: Vec::new(),
            receivable: Vec::new(),
            payable: Vec::new(),
            income_of: BTreeMap::new(),
            expense_of: BTreeMap::new(),
        };
        for account in entities(world, "Account") {
            let id = text(&account["Id"]);
            let name = text(&account["Name"]).to_lowercase();
            let retainage = account["AccountSubType"] == "Retainage"
                || name.contains("retain")
                || name.contains("retention");
            match (
                text(&account["AccountType"]),
                text(&account["Classification"]),
            ) {
                ("Cost of Goods Sold", _) => ledger.cost.push(id),
                (_, "Asset") if retainage => ledger.receivable.push(id),
                (_, "Liability") if retainage => ledger.payable.push(id),
                _ => {}
            }
        }
        for item in entities(world, "Item") {
            let id = text(&item["Id"]);
            ledger
                .income_of
                .insert(id, text(&item["IncomeAccountRef"]["value"]));
            ledger
                .expense_of
                .insert(id, text(&item["ExpenseAccountRef"]["value"]));
        }
        ledger
    }

    fn project(&self, customer: &Value) -> Option<i64> {
        self.jobs.get(text(customer)).copied()
    }

    fn totals(&self) -> Sums {
        let mut sums = Sums::new();
        let as_of = self.world.as_of;
        for estimate in entities(self.world, "Estimate") {
            if matches!(text(&estimate["TxnStatus"]), "Accepted" | "Closed") {
                let amount =
                    cents(&estimate["TotalAmt"]) - cents(&estimate["TxnTaxDetail"]["TotalTax"]);
                add(
                    &mut sums,
                    self.project(&estimate["CustomerRef"]["value"]),
                    "contract",
                    amount,
                );
            }
        }
        for order in entities(self.world, "PurchaseOrder") {
            for (detail, amount) in expense_lines(order) {
                add(
                    &mut sums,
                    self.project(&detail["CustomerRef"]["value"]),
                    "committed",
                    amount,
                );
            }
        }
        let dated = |name: &'static str| {
            entities(self.world, name).filter(move |txn| on_or_before(&txn["TxnDate"], as_of))
        };
        for (name, sign) in [("Invoice", 1), ("CreditMemo", -1)] {
            dated(name).for_each(|txn| self.sale(txn, sign, &mut sums));
        }
        for (name, sign) in [("Bill", 1), ("Purchase", 1), ("VendorCredit", -1)] {
            dated(name).for_each(|txn| {
                let sign = if txn["Credit"] == true { -sign } else { sign };
                self.purchase(txn, sign, &mut sums);
            });
        }
        dated("JournalEntry").for_each(|txn| self.journal(txn, &mut sums));
        self.payments(&mut sums);
        sums
    }

    fn sale(&self, txn: &Value, sign: i64, sums: &mut Sums) {
        let project = self.project(&txn["CustomerRef"]["value"]);
        let net = cents(&txn["TotalAmt"]) - cents(&txn["TxnTaxDetail"]["TotalTax"]);
        add(sums, project, "billed", sign * net);
        for line in txn["Line"].as_array().into_iter().flatten() {
            let detail = &line["SalesItemLineDetail"];
            let account = match text(&detail["ItemAccountRef"]["value"]) {
                "" => self
                    .income_of
                    .get(text(&detail["ItemRef"]["value"]))
                    .copied()
                    .unwrap_or(""),
                account => account,
            };
            if self.receivable.contains(&account) {
                add(sums, project, "retainage", -sign * cents(&line["Amount"]));
            }
        }
    }

    fn purchase(&self, txn: &Value, sign: i64, sums: &mut Sums) {
        for (detail, amount) in expense_lines(txn) {
            let account = match text(&detail["AccountRef"]["value"]) {
                "" => self
                    .expense_of
                    .get(text(&detail["ItemRef"]["value"]))
                    .copied()
                    .unwrap_or(""),
                account => account,
            };
            let project = self.project(&detail["CustomerRef"]["value"]);
            if self.cost.contains(&account) {
                add(sums, project, "cost", sign * amount);
            } else if self.payable.contains(&account) {
                add(sums, project, "retainage_payable", -sign * amount);
            }
        }
    }

    fn journal(&self, txn: &Value, sums: &mut Sums) {
        for line in txn["Line"].as_array().into_iter().flatten() {
            let detail = &line["JournalEntryLineDetail"];
            let entity = &detail["Entity"];
            if entity["Type"] != "Customer" {
                continue;
            }
            let project = self.project(&entity["EntityRef"]["value"]);
            let debit = if detail["PostingType"] == "Debit" {
                1
            } else {
                -1
            } * cents(&line["Amount"]);
            let account = text(&detail["AccountRef"]["value"]);
            if self.cost.contains(&account) {
                add(sums, project, "cost", debit);
            } else if self.receivable.contains(&account) {
                add(sums, project, "retainage", debit);
            } else if self.payable.contains(&account) {
                add(sums, project, "retainage_payable", -debit);
            }
        }
    }

    fn payments(&self, sums: &mut Sums) {
        let as_of = self.world.as_of;
        let by_id = |name: &str| -> BTreeMap<&'a str, &'a Value> {
            entities(self.world, name)
                .map(|txn| (text(&txn["Id"]), txn))
                .collect()
        };
        let (invoices, bills) = (by_id("Invoice"), by_id("Bill"));
        for (name, target, documents) in [
            ("Payment", "Invoice", &invoices),
            ("BillPayment", "Bill", &bills),
        ] {
            for txn in entities(self.world, name).filter(|txn| on_or_before(&txn["TxnDate"], as_of))
            {
                for line in txn["Line"].as_array().into_iter().flatten() {
                    for link in line["LinkedTxn"].as_array().into_iter().flatten() {
                        let Some(document) = documents.get(text(&link["TxnId"])) else {
                            continue;
                        };
                        if link["TxnType"] != target {
                            continue;
                        }
                        let amount = cents(&line["Amount"]);
                        if target == "Invoice" {
                            let project = self.project(&document["CustomerRef"]["value"]);
                            add(sums, project, "received", amount);
                        } else {
                            for (customer, part) in shares(document, amount) {
                                add(sums, self.project(&customer), "paid", part);
                            }
                        }
                    }
                }
            }
        }
    }
}

fn expense_lines(txn: &Value) -> impl Iterator<Item = (&Value, i64)> {
    txn["Line"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|line| {
            let detail = match text(&line["DetailType"]) {
                "AccountBasedExpenseLineDetail" => &line["AccountBasedExpenseLineDetail"],
                "ItemBasedExpenseLineDetail" => &line["ItemBasedExpenseLineDetail"],
                _ => return None,
            };
            Some((detail, cents(&line["Amount"])))
        })
}

/// A payment's amount over the customers of the bill's lines: largest remainder, first one first.
fn shares(bill: &Value, amount: i64) -> Vec<(Value, i64)> {
    let mut weights: Vec<(Value, i64)> = Vec::new();
    for (detail, line) in expense_lines(bill) {
        let customer = detail["CustomerRef"]["value"].clone();
        match weights.iter_mut().find(|(other, _)| *other == customer) {
            Some((_, weight)) => *weight += line,
            None => weights.push((customer, line)),
        }
    }
    let sum: i128 = weights.iter().map(|(_, weight)| i128::from(*weight)).sum();
    if sum == 0 {
        return Vec::new();
    }
    let exact = |weight: i64| i128::from(amount) * i128::from(weight);
    let mut parts: Vec<i128> = weights
        .iter()
        .map(|(_, weight)| exact(*weight).div_euclid(sum))
        .collect();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|&at| std::cmp::Reverse(exact(weights[at].1).rem_euclid(sum)));
    let missing = i128::from(amount) - parts.iter().sum::<i128>();
    for &at in order.iter().take(usize::try_from(missing).unwrap_or(0)) {
        parts[at] += 1;
    }
    let cents = parts
        .into_iter()
        .map(|part| i64::try_from(part).unwrap_or(0));
    weights
        .into_iter()
        .map(|(customer, _)| customer)
        .zip(cents)
        .collect()
}

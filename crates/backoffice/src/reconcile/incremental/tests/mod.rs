//! Documents come, go and change: after each step the result is the one from scratch.

mod edits;
mod payments;
mod random;

use figures::model::{LedgerDocument, ProjectBooks};
use figures::{Date, Money, SmolStr};

use super::{Change, ProjectRecords, Reach, Reconciler};
use crate::reconcile::policy::Policy;
use crate::reconcile::reconcile;
use crate::reconcile::result::{Finding, Reconciliation};
use crate::reconcile::scenario::reader::World;
use crate::reconcile::scenario::split;

const BOOKED: &str =
    include_str!("../../checks/r09_retainage_net_vs_gross/scenarios/silent_booked_by_entry.txt");

/// The books of a scenario, kept up to date and as they are.
struct Both {
    text: String,
    /// What has happened to them.
    history: Vec<String>,
    world: World,
    standing: Reconciler,
    /// How far the last change reached.
    reach: Reach,
}

impl Both {
    fn new(text: &str) -> Self {
        let world = World::read(text).unwrap_or_else(|why| panic!("{why}"));
        let (as_of, policy) = (world.as_of, Policy::default());
        let (books, decisions) = (world.books.clone(), world.decisions.clone());
        let standing = Reconciler::new(books, as_of, policy, decisions, Vec::new());
        let standing = standing.expect("the books are kept");
        let reach = Reach::Everything;
        Self {
            text: text.to_owned(),
            history: Vec::new(),
            world,
            standing,
            reach,
        }
    }

    fn booked() -> Self {
        Self::new(split(BOOKED).0)
    }

    fn documents(&mut self) -> &mut Vec<LedgerDocument> {
        let ledger = self.world.books.ledger.as_mut();
        &mut ledger.expect("the ledger is there").documents
    }

    fn project(&mut self) -> &mut ProjectBooks {
        self.world.books.project.as_mut().expect("Procore is there")
    }

    fn document(&mut self, id: &str) -> LedgerDocument {
        let found = self.documents().iter().find(|one| one.id == id);
        found.expect("the books have it").clone()
    }

    /// Puts a document in the place of the one of its id, or takes that one out.
    fn put(&mut self, id: &str, now: Option<LedgerDocument>) -> Reconciliation {
        self.history.push(match &now {
            Some(now) => format!("{id} is {now:?}"),
            None => format!("{id} is gone"),
        });
        let documents = self.documents();
        let at = documents.iter().position(|one| one.id == *id);
        let was = at.map(|at| documents.remove(at));
        documents.extend(now.clone());
        let change = match now {
            Some(now) => Change::Document(Box::new(now)),
            None => Change::Gone(was.expect("it was there").kind, SmolStr::new(id), None),
        };
        self.follow(change)
    }

    /// Puts Procore's records of a job, changed before, in the place of those of the standing books.
    fn put_project(&mut self, job: i64, what: &str) -> Reconciliation {
        self.history.push(format!("in Procore {what}"));
        let records = ProjectRecords::of(self.project(), job);
        self.follow(Change::Project(job, Box::new(records)))
    }

    /// Takes a change in, and compares from scratch.
    fn follow(&mut self, change: Change) -> Reconciliation {
        let difference = self.standing.apply(vec![change]);
        self.reach = difference.expect("each id is once").reach;
        let (books, policy) = (&self.world.books, Policy::default());
        let (as_of, decisions) = (self.world.as_of, &self.world.decisions);
        let scratch = reconcile(books, as_of, &policy, decisions, Vec::new());
        let kept = self.standing.outcome();
        let bytes =
            |one: &Reconciliation| serde_json::to_vec(one).expect("a result can be written");
        if bytes(&kept) != bytes(&scratch) {
            let Self { text, history, .. } = self;
            let (more, less) = (only_in(&kept, &scratch), only_in(&scratch, &kept));
            panic!("{text}\nafter {history:#?}\nkept {more}\nfrom scratch {less}");
        }
        scratch
    }
}

/// The finding of a check.
fn told<'r>(result: &'r Reconciliation, check: &str) -> &'r Finding {
    let found = result.findings.iter().find(|one| one.check == check);
    found.unwrap_or_else(|| panic!("{check} is not told: {:#?}", result.findings))
}

/// What one result says and the other does not, a line each.
fn only_in(one: &Reconciliation, other: &Reconciliation) -> String {
    let [one, other] = [one, other].map(|it| serde_json::to_value(it).expect("it can be written"));
    let mut text = String::new();
    for (name, value) in one.as_object().into_iter().flatten() {
        let all = |value: &serde_json::Value| match value.as_array() {
            Some(list) => list.clone(),
            None => vec![value.clone()],
        };
        let others = other.get(name).map(all).unwrap_or_default();
        for item in all(value).iter().filter(|item| !others.contains(item)) {
            text += &format!("\n{name}: {item}");
        }
    }
    text
}

/// What may happen to a document; nothing when it goes.
fn versions(document: &LedgerDocument) -> Vec<Option<LedgerDocument>> {
    let changed = |change: fn(&mut LedgerDocument)| {
        let mut one = document.clone();
        change(&mut one);
        Some(one)
    };
    vec![
        None,
        changed(|one| one.number = SmolStr::new("HC-1")),
        changed(|one| one.number = SmolStr::default()),
        changed(|one| one.note = SmolStr::new("Retainage on BE-2217 and BE-2301")),
        changed(|one| one.voided = true),
        changed(|one| one.date = one.date.tomorrow().unwrap_or(one.date)),
        changed(|one| one.lines[0].amount = Money::from_cents(100)),
        changed(|one| one.lines[0].customer = Some(SmolStr::new("900"))),
    ]
}

#[test]
fn an_entry_joins_and_leaves_its_document_as_in_a_comparison_from_scratch() {
    let ids = ["231", "234", "235", "651", "652", "653"];
    let mut both = Both::booked();
    let found = |outcome: &Reconciliation| outcome.findings.len();
    let mut left = 0;
    for id in ids {
        let document = both.document(id);
        for version in versions(&document) {
            left += usize::from(found(&both.put(id, version)) > 0);
            assert_eq!(
                found(&both.put(id, Some(document.clone()))),
                0,
                "{id} is back"
            );
        }
        assert!(left > 1, "{id}: {left}");
        left = 0;
    }
}

#[test]
fn what_happens_to_both_at_once_comes_to_the_same() {
    let mut both = Both::booked();
    for (id, entry) in [("231", "651"), ("234", "652"), ("235", "653")] {
        let (document, booked) = (both.document(id), both.document(entry));
        for one in versions(&document).into_iter().step_by(2) {
            for other in versions(&booked).into_iter().step_by(2) {
                both.put(id, one.clone());
                both.put(entry, other);
                both.put(id, Some(document.clone()));
                both.put(entry, Some(booked.clone()));
            }
        }
    }
}

/// Two jobs of one vendor: on the second, a bill and the credit that takes it back.
const TAKEN_BACK: &str = "job 1 \"Harbor Clinic\" 1042 = 61\n\
    job 2 \"Mill Street Lofts\" 1043 = 62\n\
    vendor 7 \"Brightline Electric LLC\" = 77\n\
    P cost 31 job 1 vendor 7 \"N-1\" 2026-09-03 1,000.00\n\
    Q bill 201 vendor 77 \"N-1\" 2026-09-03 job 1 cost 5,000.00\n\
    Q bill 202 vendor 77 \"N-2\" 2026-09-05 job 2 cost 1,000.00\n\
    Q vendor_credit 203 vendor 77 \"N-3\" 2026-09-06 job 2 cost 1,000.00\n";

#[test]
fn a_bill_of_another_job_stays_taken_back() {
    let mut both = Both::new(TAKEN_BACK);
    let mut bill = both.document("201");
    // Now it shares its amount with the bill of the other job.
    (bill.total, bill.lines[0].amount) = (Money::from_cents(100_000), Money::from_cents(100_000));
    let scratch = both.put("201", Some(bill));
    assert!(scratch.findings.is_empty(), "{:?}", scratch.findings);
}

/// A cost of the second job with its bill, and a bill of both jobs that could be of it as well.
const OF_BOTH_JOBS: &str = "job 1 \"Harbor Clinic\" 1042 = 61\n\
    job 2 \"Mill Street Lofts\" 1043 = 62\n\
    vendor 7 \"Brightline Electric LLC\" = 77\n\
    P cost 31 job 2 vendor 7 \"N-1\" 2026-09-03 1,000.00\n\
    Q bill 201 vendor 77 \"N-1\" 2026-09-03 job 2 cost 1,000.00\n\
    Q bill 202 vendor 77 2026-09-03 job 1 cost 700.00 job 2 cost 1,000.00\n";

#[test]
fn what_is_left_of_a_bill_of_two_jobs_is_told_once() {
    let mut both = Both::new(OF_BOTH_JOBS);
    let bill = both.document("201");
    let told = |outcome: &Reconciliation| -> Vec<Option<i64>> {
        outcome.findings.iter().map(|one| one.project_id).collect()
    };
    let alone = both.put("201", None);
    assert_eq!(told(&alone), [Some(1)], "{:#?}", alone.findings);
    assert_eq!(
        alone.findings[0].effects.len(),
        1,
        "the other part is paired"
    );
    let left = both.put("201", Some(bill));
    assert_eq!(told(&left), [Some(1)]);
    assert_eq!(
        left.findings[0].effects.len(),
        2,
        "both parts are left over"
    );
}

/// One check for the bills of three jobs, more than they ask for.
const CHECK_RUN: &str = "job 1 \"Harbor Clinic\" 1042 = 61\n\
    job 2 \"Mill Street Lofts\" 1043 = 62\n\
    job 3 \"Quay House\" 1044 = 63\n\
    vendor 7 \"Brightline Electric LLC\" = 77\n\
    P cost 31 job 1 vendor 7 \"N-1\" 2026-09-03 1,000.00 paid 2026-09-20\n\
    P cost 32 job 2 vendor 7 \"N-2\" 2026-09-03 2,000.00 paid 2026-09-20\n\
    P cost 33 job 3 vendor 7 \"N-3\" 2026-09-03 3,000.00 paid 2026-09-20\n\
    Q bill 201 vendor 77 \"N-1\" 2026-09-03 job 1 cost 1,000.00\n\
    Q bill 202 vendor 77 \"N-2\" 2026-09-03 job 2 cost 2,000.00\n\
    Q bill 203 vendor 77 \"N-3\" 2026-09-03 job 3 cost 3,000.00\n\
    Q bill_payment 401 vendor 77 \"1051\" 2026-09-20 pays 201 1,000.00 pays 202 2,000.00 \
    pays 203 3,000.00\n";

#[test]
fn a_bill_of_a_check_run_leaves_the_jobs_of_the_others_alone() {
    let mut both = Both::new(CHECK_RUN);
    for (id, jobs) in [("201", 2), ("202", 1), ("203", 1)] {
        let bill = both.document(id);
        let mut voided = bill.clone();
        voided.voided = true;
        for amount in [&mut voided.total, &mut voided.balance] {
            *amount = Money::ZERO;
        }
        for line in &mut voided.lines {
            line.amount = Money::ZERO;
        }
        let mut shared = bill.clone();
        let mut line = bill.lines[0].clone();
        line.customer = Some(SmolStr::new(if id == "203" { "61" } else { "63" }));
        shared.lines.push(line);
        for (version, most) in [(Some(voided), jobs), (None, jobs), (Some(shared), 2)] {
            both.put(id, version);
            assert!(both.reach <= Reach::Jobs(most), "{id}: {:?}", both.reach);
            both.put(id, Some(bill.clone()));
            assert!(both.reach <= Reach::Jobs(most), "{id}: {:?}", both.reach);
        }
    }
}

const BOTH_JOBS: &str = "office none\n\
    job 1 \"Harbor Clinic\" 1042 = 61\n\
    job 2 \"Mill Street Lofts\" 1043 = 62\n\
    vendor 7 \"Brightline Electric LLC\" = 77\n\
    vendor 8 \"Summit Concrete Co\" = 78\n\
    P subcontract 17 job 1 vendor 7 90,000.00\n\
    P subcontract 18 job 1 vendor 8 90,000.00\n";

#[test]
fn labor_may_be_in_a_payroll_of_another_job() {
    let world = "P cost 106 job 1 payroll 2026-09-21 1,000.00\n\
        Q journal 104 2026-09-28 note \"Payroll\" job 2 debit labor 1,000.00 job none credit \
        payroll 1,000.00\n\
        Q journal 106 2026-09-21 note \"Payroll\" job 1 debit labor 1,000.00 job none credit \
        payroll 1,000.00\n";
    let mut both = Both::new(&format!("{BOTH_JOBS}{world}"));
    let mut payroll = both.document("106");
    payroll.lines[0].amount = Money::from_cents(900_000);
    let scratch = both.put("106", Some(payroll));
    let paired = scratch.pairs.iter().flat_map(|pair| &pair.quickbooks);
    assert!(
        paired
            .clone()
            .any(|side| side.kind == "JournalEntry" && side.id == "104")
    );
}

#[test]
fn an_entry_of_an_office_that_enters_net_joins_its_document_again() {
    let world = "P requisition 104 on 17 no 4 \"N-704\" 2026-10-13 gross 1,000.00 retainage 100.00\n\
        Q journal 2004 2026-10-20 \"N-704-RET\" job 1 debit cost 100.00 credit retainage_payable \
        100.00\n\
        Q bill 104 vendor 77 \"N-704\" 2026-10-13 job 1 cost 900.00\n\
        P requisition 105 on 18 no 1 \"N-705\" 2026-10-13 gross 1,000.00 retainage 100.00\n\
        Q bill 105 vendor 78 \"N-705\" 2026-10-13 job 1 cost 900.00\n\
        P requisition 106 on 18 no 2 \"N-706\" 2026-10-14 gross 2,000.00 retainage 200.00\n\
        Q bill 106 vendor 78 \"N-706\" 2026-10-14 job 1 cost 1,800.00\n";
    let mut both = Both::new(&format!("{BOTH_JOBS}{world}"));
    let bill = both.document("104");
    let scratch = both.put("104", Some(bill));
    assert_eq!(scratch.retainage_convention, Some("net"));
    let mut paired = scratch.pairs.iter().flat_map(|pair| &pair.quickbooks);
    assert!(paired.any(|side| side.kind == "JournalEntry"));
}

#[test]
fn labor_that_slept_is_paired_once_a_journal_of_its_day_is_left_over() {
    let world = "P cost 100 job 1 payroll 2026-09-01 1,000.00\n\
        Q journal 100 2026-09-01 note \"Payroll\" job 1 debit labor 1,000.00 job none credit \
        payroll 1,000.00\n\
        P cost 101 job 2 payroll 2026-09-01 400.00\n\
        P cost 102 job 2 payroll 2026-09-01 600.00\n";
    let mut both = Both::new(&format!("{BOTH_JOBS}{world}"));
    both.project().direct_costs[0].deleted = true;
    let scratch = both.put_project(1, "cost 100 is deleted");
    let mut pairs = scratch.pairs.iter();
    let payroll = pairs.find(|pair| pair.quickbooks[0].kind == "JournalEntry");
    let labor = payroll.expect("the journal is paired").procore.iter();
    let labor: Vec<&str> = labor.map(|side| side.id.as_str()).collect();
    assert_eq!(labor, ["101", "102"]);
}

#[test]
fn an_estimate_that_slept_is_paired_once_a_contract_is_left_over() {
    let world = "P contract 1 job 1 \"MC-10017\" 50,000.00 2026-09-01\n\
        P contract 2 job 2 \"MC-10018\" 300,000.00 2026-09-01\n\
        Q estimate 11 job 1 2026-09-01 50,000.00\n\
        Q estimate 12 job 2 \"MC-10018\" 2026-09-01 300,000.00\n\
        Q estimate 13 job 2 \"MC-10017\" 2026-09-01 50,000.00\n";
    let mut both = Both::new(&format!("{BOTH_JOBS}{world}"));
    let scratch = both.put("11", None);
    let mut pairs = scratch.pairs.iter();
    let pair = pairs.find(|pair| {
        let mut contracts = pair.procore.iter();
        contracts.any(|side| side.kind == "prime_contract" && side.id == "1")
    });
    assert_eq!(pair.expect("the contract is paired").quickbooks[0].id, "13");
}

#[test]
fn what_a_person_confirmed_is_found_again_in_another_job() {
    let world = "P cost 106 job 2 payroll 2026-09-07 500.00\n\
        Q journal 106 2026-09-07 note \"Payroll\" job 1 debit labor 700.00 job none credit payroll \
        700.00\n\
        confirmed direct_cost 106 = JournalEntry 106\n";
    let mut both = Both::new(&format!("{BOTH_JOBS}{world}"));
    let journal = both.document("106");
    both.put("106", None);
    let scratch = both.put("106", Some(journal));
    let mut pairs = scratch.pairs.iter();
    assert!(pairs.any(|pair| pair.quickbooks[0].kind == "JournalEntry"));
}

#[test]
fn two_commitments_that_are_linked_to_one_order_are_told_apart_again() {
    let world = "P subcontract 27 job 2 vendor 7 90,000.00\n\
        P order 103 job 1 vendor 7 1,000.00 2026-09-01\n\
        Q order 103 vendor 77 2026-09-01 job 2 cost 1,000.00\n";
    let mut both = Both::new(&format!("{BOTH_JOBS}{world}"));
    for id in [27, 103] {
        let commitments = &mut both.project().commitments;
        let one = commitments.iter_mut().find(|one| one.id == id);
        let one = one.expect("Procore has it");
        one.origin_id = SmolStr::new("QBO-PURCHASEORDER-103");
        let job = one.project_id;
        both.put_project(job, &format!("commitment {id} is linked to the order"));
    }
}

#[test]
fn retainage_left_in_another_job_is_told_with_the_work_once_both_are_left_over() {
    let world = "P requisition 103 on 17 no 3 2026-10-01 gross 1,000.00 retainage 100.00\n\
        Q bill 103 vendor 77 2026-10-01 job 2 cost 1,000.00 retainage 100.00\n";
    let mut both = Both::new(&format!(
        "{}{world}",
        BOTH_JOBS.replace("office none\n", "")
    ));
    let mut bill = both.document("103");
    bill.lines[0].customer = None;
    let scratch = both.put("103", Some(bill));
    assert_eq!(
        told(&scratch, "R35_retainage_released_one_side").project_id,
        Some(2)
    );
    both.project().subcontractor_invoices[0].billing_date = Some(Date::constant(2026, 10, 22));
    let scratch = both.put_project(1, "the requisition is later");
    assert_eq!(
        told(&scratch, "R25_cost_not_in_procore").project_id,
        Some(2)
    );
}

#[test]
fn commitments_of_two_jobs_that_are_linked_to_one_order_share_its_parts_after_any_change() {
    let world = "P subcontract 27 job 2 vendor 7 90,000.00\n\
        Q estimate 11 job 1 500,000.00\n\
        Q order 101 vendor 78 2026-09-01 job 1 cost 500.00 job 2 cost 500.00\n";
    let mut both = Both::new(&format!("{BOTH_JOBS}{world}"));
    for (id, link) in [
        (27, "QBO-PURCHASEORDER-101"),
        (17, "QBO-PURCHASEORDER-101"),
        (17, ""),
    ] {
        let commitments = &mut both.project().commitments;
        let one = commitments.iter_mut().find(|one| one.id == id);
        let one = one.expect("Procore has it");
        one.origin_id = SmolStr::new(link);
        let job = one.project_id;
        both.put_project(job, &format!("commitment {id} is linked to {link:?}"));
        let estimate = both.document("11");
        both.put("11", Some(estimate));
    }
}

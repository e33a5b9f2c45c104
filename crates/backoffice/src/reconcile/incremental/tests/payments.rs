//! Payments and what explains them, after a change.

use figures::{Measure, Money, SmolStr};

use super::{BOTH_JOBS, Both, told};
use crate::reconcile::result::Reconciliation;

#[test]
fn a_payment_of_nothing_known_is_weighed_against_its_equal() {
    let world = "P requisition 102 on 17 no 2 2026-09-01 gross 1,000.00 retainage 0.00\n\
        P payment 104 on 17 1,000.00 2026-09-01 pays 102\n\
        Q bill_payment 104 vendor 77 2026-09-01 pays 102 1,000.00\n\
        Q bill_payment 1004 vendor 77 2026-09-01 pays 102 1,000.00\n";
    let mut both = Both::new(&format!("{BOTH_JOBS}{world}"));
    let payment = both.document("104");
    let scratch = both.put("104", Some(payment));
    let paired = scratch.pairs.iter().flat_map(|pair| &pair.quickbooks);
    assert_eq!(paired.filter(|side| side.kind == "BillPayment").count(), 0);
}

#[test]
fn a_payment_stays_explained_by_what_it_pays_itself() {
    let world = "P cost 100 job 1 vendor 8 2026-10-27 1,000.00\n\
        Q charge 100 vendor 78 2026-10-27 job 1 materials 1,000.00 voided\n\
        P requisition 101 on 18 no 1 2026-10-24 gross 1,000.00 retainage 0.00\n\
        Q bill 101 vendor 78 2026-10-24 job 1 cost 1,000.00\n\
        P payment 102 on 17 1,000.00 2026-09-01 pays 101\n\
        Q bill_payment 102 vendor 77 2026-09-01 pays 101 999.99\n\
        Q bill 103 vendor 77 2026-09-01 job 2 cost 1,000.00\n";
    let mut both = Both::new(&format!("{BOTH_JOBS}{world}"));
    let bill = both.document("103");
    let scratch = both.put("103", Some(bill));
    assert!(
        scratch
            .findings
            .iter()
            .any(|one| one.check == "R39_rounding"),
        "{:#?}",
        scratch.findings
    );
}

#[test]
fn a_payment_goes_under_what_it_pays_once_nothing_else_explains_it() {
    let world = "P subcontract 28 job 2 vendor 8 90,000.00\n\
        P requisition 100 on 17 no 1 2026-09-01 gross 1,000.00 retainage 0.00 draft\n\
        Q bill 100 vendor 77 2026-09-01 job 1 cost 1,000.00\n\
        P payment 101 on 28 25,000.00 2026-09-01\n\
        Q bill_payment 101 vendor 78 2026-09-01 pays 100 25,000.00\n\
        P requisition 102 on 28 no 2 2026-09-01 gross 25,000.00 retainage 0.00\n\
        Q vendor_credit 102 vendor 78 2026-09-01 job 2 cost 25,000.00\n";
    let mut both = Both::new(&format!("{BOTH_JOBS}{world}"));
    let mut bill = both.document("100");
    bill.lines[0].customer = None;
    let scratch = both.put("100", Some(bill));
    let reversed = told(&scratch, "R17_sign_reversed");
    assert_eq!(reversed.effects.len(), 2, "{reversed:#?}");
}

#[test]
fn what_was_paid_on_a_bill_of_no_job_is_added_up_again() {
    let world = "Q bill 102 vendor 77 2026-09-01 job none cost 1,000.00\n\
        Q bill_payment 105 vendor 77 2026-09-01 pays 102 500.00\n\
        P payment 107 on 17 1,000.00 2026-09-05 \"N-9\"\n\
        Q bill_payment 107 vendor 77 \"N-9\" 2026-09-05 pays 102 1,000.00\n";
    let mut both = Both::new(&format!("{BOTH_JOBS}{world}"));
    let mut payment = both.document("105");
    payment.total = Money::from_cents(60_000);
    payment.lines[0].amount = payment.total;
    let scratch = both.put("105", Some(payment));
    let said = |one: &str| one.contains("1,600.00 is paid on 1,000.00");
    assert!(
        scratch.findings.iter().any(|one| said(&one.what)),
        "{:#?}",
        scratch.findings
    );
}

#[test]
fn payments_of_a_bill_of_no_job_change_places() {
    let world = "Q bill 102 vendor 77 2026-09-01 job none cost 1,000.00\n\
        Q bill_payment 105 vendor 77 2026-09-01 pays 102 1,000.00\n\
        P requisition 106 on 17 no 6 2026-09-05 gross 1,000.00 retainage 0.00\n\
        P payment 107 on 17 1,000.00 2026-09-05\n\
        Q bill_payment 107 vendor 77 2026-09-05 pays 102 1,000.00\n";
    let mut both = Both::new(&format!("{BOTH_JOBS}{world}"));
    let mut payment = both.document("105");
    for cents in [1, 2, 100_000] {
        payment.total = Money::from_cents(cents);
        payment.lines[0].amount = payment.total;
        both.put("105", Some(payment.clone()));
    }
}

#[test]
fn payments_of_a_bill_of_no_job_call_it_by_its_new_number() {
    let world = "P requisition 100 on 17 no 1 2026-09-01 gross 1,000.00 retainage 0.00 draft\n\
        Q bill 100 vendor 77 2026-09-01 job none cost 1,000.00\n\
        P payment 108 on 17 1,000.00 2026-09-01 \"N-708\" pays 100\n\
        Q bill_payment 108 vendor 77 \"N-708\" 2026-09-01 pays 100 1,000.00\n\
        Q bill_payment 1008 vendor 77 \"N-708\" 2026-09-01 pays 100 1,000.00\n";
    let mut both = Both::new(&format!("{BOTH_JOBS}{world}"));
    let mut bill = both.document("100");
    bill.number = SmolStr::new("N-709");
    let scratch = both.put("100", Some(bill));
    let twice = told(&scratch, "R30_overpayment");
    assert!(twice.what.contains("N-709"), "{}", twice.what);
}

#[test]
fn a_payment_stays_explained_by_the_credit_that_it_uses() {
    let world = "Q check 100 vendor 77 2026-09-01 payable 1,000.00\n\
        P cost 101 job 1 vendor 7 \"N-701\" 2026-09-01 1,000.00\n\
        Q vendor_credit 101 vendor 77 \"N-701\" 2026-09-01 job 1 cost 1,000.00\n\
        Q bill 103 vendor 77 2026-09-01 job 2 cost 1,000.00\n\
        P payment 110 on 17 1,000.00 2026-09-01 \"N-710\" pays 103\n\
        Q bill_payment 110 vendor 77 \"N-710\" 2026-09-01 pays 103 1,000.01 uses 101 1,000.00\n";
    let mut both = Both::new(&format!("{BOTH_JOBS}{world}"));
    let check = both.document("100");
    let scratch = both.put("100", Some(check));
    let reversed = told(&scratch, "R17_sign_reversed");
    let about = |id: &str| reversed.records.iter().any(|record| record.id == id);
    assert!(about("101") && about("110"), "{reversed:#?}");
}

#[test]
fn a_payment_in_another_job_goes_under_the_bill_of_both() {
    let world = "P subcontract 28 job 2 vendor 8 90,000.00\n\
        P cost 100 job 1 vendor 8 2026-09-01 500.00\n\
        P cost 300 job 2 vendor 8 2026-09-01 500.00\n\
        Q bill 100 vendor 78 2026-09-01 job 1 cost 500.00 job 2 cost 500.00\n\
        Q bill_payment 101 vendor 78 2026-09-01 pays 100 1,000.00\n";
    let mut both = Both::new(&format!("{BOTH_JOBS}{world}"));
    both.project().direct_costs[0].deleted = true;
    let scratch = both.put_project(1, "cost 100 is deleted");
    let told = |check: &str| scratch.findings.iter().any(|one| one.check == check);
    assert!(told("R21_deleted_one_side"), "{:#?}", scratch.findings);
    assert!(!told("R27_paid_one_side"), "{:#?}", scratch.findings);
}

#[test]
fn a_payment_of_a_bill_on_the_wrong_job_takes_its_place_again() {
    let world = "P subcontract 27 job 2 vendor 7 90,000.00\n\
        P requisition 100 on 27 no 1 2026-09-01 gross 25,000.00 retainage 0.00\n\
        Q bill 100 vendor 77 2026-09-01 job 1 cost 25,000.00\n\
        P requisition 105 on 27 no 2 2026-09-01 gross 1,000.00 retainage 0.00\n\
        Q bill 105 vendor 77 2026-09-01 job 2 cost 1,000.00\n\
        P payment 108 on 27 1,450.25 2026-09-01 pays 100\n\
        Q bill_payment 108 vendor 77 2026-09-01 pays 100 1,450.25\n\
        Q bill_payment 113 vendor 77 2026-09-01 pays 105 1,450.25\n";
    let mut both = Both::new(&format!("{BOTH_JOBS}{world}"));
    let payment = both.document("108");
    let partner = |one: &Reconciliation| {
        let mut pairs = one.pairs.iter();
        let pair = pairs.find(|pair| pair.procore[0].kind == "contract_payment");
        pair.map(|pair| pair.quickbooks[0].id.clone())
    };
    assert_eq!(partner(&both.put("108", None)).as_deref(), Some("113"));
    let scratch = both.put("108", Some(payment));
    assert_eq!(partner(&scratch).as_deref(), Some("108"));
}

#[test]
fn a_payment_goes_under_its_bill_once_the_credit_that_it_used_is_gone() {
    let world = "P subcontract 27 job 2 vendor 7 90,000.00\n\
        P requisition 100 on 27 no 1 2026-09-01 gross 1,450.25 retainage 0.00\n\
        Q vendor_credit 100 vendor 77 2026-09-01 job 2 cost 1,450.25\n\
        Q bill 101 vendor 77 2026-09-01 job 1 cost 1,000.00\n\
        Q bill_payment 105 vendor 77 2026-09-01 pays 101 1,000.00 uses 100 1,000.00\n";
    let mut both = Both::new(&format!("{BOTH_JOBS}{world}"));
    let scratch = both.put("100", None);
    let mut bridges = scratch.bridges.iter();
    assert!(bridges.all(|bridge| bridge.unexplained.is_zero()));
}

#[test]
fn a_payment_stays_under_its_credit_when_another_of_its_bill_is_asked_about() {
    let world = "P subcontract 27 job 2 vendor 7 90,000.00\n\
        P subcontract 28 job 2 vendor 8 90,000.00\n\
        P requisition 101 on 27 no 1 2026-09-01 gross 1,000.00 retainage 0.00 draft\n\
        Q bill 101 vendor 77 2026-09-01 job 2 cost 1,000.00\n\
        P requisition 102 on 17 no 2 2026-09-05 gross 1,000.00 retainage 0.00\n\
        Q vendor_credit 102 vendor 77 2026-09-05 job 1 cost 1,000.00\n\
        P payment 103 on 28 1,000.00 2026-09-01 pays 101\n\
        Q check 103 vendor 78 2026-09-01 payee \"Graybar Supply\" payable 1,000.00\n\
        Q bill_payment 104 vendor 77 2026-09-05 pays 101 1,000.00 uses 102 1,000.00\n";
    let mut both = Both::new(&format!("{BOTH_JOBS}{world}"));
    let check = both.document("103");
    let scratch = both.put("103", Some(check));
    let credit = told(&scratch, "R17_sign_reversed");
    assert!(credit.records.iter().any(|record| record.id == "104"));
}

#[test]
fn what_a_check_run_pays_in_another_job_is_told_apart_once_it_has_a_part_in_none() {
    let world = "P subcontract 28 job 2 vendor 8 90,000.00\n\
        P requisition 100 on 17 no 0 2026-09-01 gross 1,000.00 retainage 0.00\n\
        Q bill 100 vendor 77 2026-09-01 job 1 cost 1,000.00 voided\n\
        P requisition 101 on 28 no 1 2026-09-03 gross 1,450.25 retainage 0.00\n\
        Q bill 101 vendor 78 2026-09-03 job 2 cost 725.13 job 1 cost 725.12\n\
        P payment 102 on 17 1,000.00 2026-09-01 pays 100\n\
        Q bill_payment 102 vendor 77 2026-09-01 pays 100 1,000.00\n\
        P requisition 103 on 18 no 3 2026-09-01 gross 1,000.00 retainage 0.00\n\
        Q bill 103 vendor 78 2026-09-01 job 1 cost 1,000.00\n\
        refused requisition 103 = Bill 103\n\
        P requisition 104 on 28 no 4 2026-09-01 gross 1,000.00 retainage 0.00\n\
        Q bill 104 vendor 78 2026-09-01 job 2 cost 1,000.00\n\
        Q bill 1004 vendor 78 2026-09-01 job 2 cost 1,000.00\n\
        Q bill_payment 105 vendor 77 2026-09-03 pays 100 1,000.00 pays 101 1,450.25 \
        pays 103 1,000.00 pays 104 1,000.00\n";
    let mut both = Both::new(&format!("{BOTH_JOBS}{world}"));
    let scratch = both.put("103", None);
    let mut bridges = scratch.bridges.iter();
    let paid = bridges.find(|one| (one.project_id, one.measure) == (2, Measure::Paid));
    assert!(paid.is_some_and(|bridge| bridge.unexplained.is_zero()));
}

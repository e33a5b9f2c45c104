//! An instruction ends with the promise that the next reading no longer shows the finding. Here a
//! person has done what it says.

use super::{look, read};
use crate::reconcile::policy::Policy;
use crate::remedy::remedies;
use gate::action::Kind;

const JOB: &str = "job 1 \"Harbor Clinic\" 1042 = 61\n\
                   vendor 7 \"Brightline Electric LLC\" = 72\n\
                   P contract 5 job 1 500,000.00 2026-01-15\n";
const BILLED: &str = "P application 31 on 5 no 1 \"HC-1\" 2026-09-05 gross 100,000.00 retainage \
                      10,000.00\n\
                      P payment 41 on 5 90,000.00 2026-10-02 \"CHK 88\"\n\
                      Q invoice 231 job 1 \"HC-1\" 2026-09-05 income 100,000.00 retainage 10,000.00\n";
const BOUGHT: &str = "P subcontract 11 job 1 vendor 7 50,000.00 2026-02-01\n\
                      P requisition 21 on 11 no 1 \"BE-2217\" 2026-10-05 gross 25,000.00 retainage \
                      2,500.00\n";
const BILL: &str = "Q bill 234 vendor 72 \"BE-2217\" 2026-10-06 job 1 cost 25,000.00 retainage \
                    2,500.00\n";
const COST: &str = "P cost 61 job 1 vendor 7 \"BE-301\" 2026-10-05 1,450.25\n";

/// What the books share, the class, and the ledger before and after.
#[track_caller]
fn followed(shared: &[&str], code: &str, before: &str, after: &str) {
    let shared = [&[JOB], shared].concat().concat();
    let world = read(&format!("{shared}{before}"));
    let outcome = look(&world, &world.books);
    let finding = outcome.findings.iter().find(|one| one.code() == code);
    let finding = finding.unwrap_or_else(|| panic!("{code}: {:#?}", outcome.findings));
    let found = remedies(&world.books, &outcome, &Policy::default());
    let remedy = found.iter().find(|one| one.finding == finding.id);
    let remedy = remedy.unwrap_or_else(|| panic!("nothing is told about {code}"));
    assert_eq!(remedy.correction.kind(), Kind::Instruct, "{remedy:#?}");
    let world = read(&format!("{shared}{after}"));
    let left = look(&world, &world.books).findings;
    assert!(left.is_empty(), "{remedy:#?}\nleaves {left:#?}");
}

#[test]
fn a_deposit_that_is_put_right_shows_no_more() {
    let received = "Q payment 301 job 1 2026-10-03 pays 231 90,000.00 in undeposited\n\
                    Q deposit 601 2026-10-03 deposits 301 90,000.00\n";
    for (code, account) in [("R02", "income"), ("R03", "receivable")] {
        let before = format!("Q deposit 601 2026-10-03 job 1 {account} 90,000.00\n");
        followed(&[BILLED], code, &before, received);
    }
    let waiting = "Q payment 301 job 1 \"CHK 88\" 2026-10-03 pays 231 90,000.00 in undeposited\n";
    let before = format!("{waiting}Q deposit 601 2026-10-04 job 1 income 90,000.00\n");
    let after = format!("{waiting}Q deposit 601 2026-10-04 deposits 301 90,000.00\n");
    followed(&[BILLED], "R40", &before, &after);
}

#[test]
fn an_entry_straight_to_receivables_that_is_put_right_shows_no_more() {
    followed(
        &[BILLED],
        "R03",
        "Q journal 651 2026-10-03 debit bank 90,000.00 job 1 credit receivable 90,000.00\n",
        "Q payment 301 job 1 2026-10-03 pays 231 90,000.00 in undeposited\n\
         Q journal 651 2026-10-03 debit bank 90,000.00 job 1 credit undeposited 90,000.00\n",
    );
}

#[test]
fn a_payment_that_is_entered_shows_no_more() {
    let settled =
        "P payment 41 on 11 pays 21 22,500.00 2026-10-20 bank \"ACH-7\" settled 2026-10-20\n";
    let paid = "Q bill_payment 401 vendor 72 \"ACH-7\" 2026-10-20 pays 234 22,500.00\n";
    followed(&[BOUGHT, BILL, settled], "R46", "", paid);
    let issued = "P payment 41 on 11 pays 21 22,500.00 2026-10-20 \"1051\"\n";
    let check = "Q check 701 vendor 72 \"1051\" 2026-10-20 payee \"Brightline Electric LLC and \
                 Graybar Supply\" payable 22,500.00\n";
    followed(
        &[BOUGHT, BILL, issued],
        "R28",
        check,
        &paid.replace("ACH-7", "1051"),
    );
}

#[test]
fn a_document_whose_lines_are_put_right_shows_no_more() {
    let gross = BILLED.replace(" retainage 10,000.00\nQ", "\nQ");
    let (shared, invoice) = gross.split_at(gross.find("Q invoice").unwrap_or_default());
    let shared = shared.replace("P payment 41 on 5 90,000.00 2026-10-02 \"CHK 88\"\n", "");
    let asks_all = invoice.replace(" retainage 10,000.00", "");
    followed(&[&shared], "R09", &asks_all, invoice);
    let unnumbered = |bill: &str| bill.replace("\"BE-2217\" ", "");
    let bill = unnumbered(&BILL.replace(" retainage 2,500.00", ""));
    followed(&[BOUGHT], "R09", &bill, &unnumbered(BILL));
    let swapped = "Q bill 234 vendor 72 \"BE-301\" 2026-10-05 job 1 materials 1,540.25\n";
    followed(
        &[COST],
        "R16",
        swapped,
        &swapped.replace("1,540.25", "1,450.25"),
    );
    let credit = "Q vendor_credit 234 vendor 72 \"BE-301\" 2026-10-05 job 1 materials 1,450.25\n";
    followed(
        &[COST],
        "R17",
        credit,
        &credit.replace("vendor_credit", "bill"),
    );
}

#[test]
fn a_release_that_is_moved_to_retainage_shows_no_more() {
    let release = "P application 31 on 5 no 1 \"HC-1\" 2026-08-05 gross 100,000.00 retainage 10,000.00\n\
                   P application 32 on 5 no 2 \"HC-R\" 2026-10-05 gross 0.00 retainage -10,000.00\n\
                   Q invoice 231 job 1 \"HC-1\" 2026-08-05 income 100,000.00 retainage 10,000.00\n";
    let keyed = "Q invoice 232 job 1 \"HC-R\" 2026-10-05 income 10,000.00\n";
    followed(
        &[release],
        "R35",
        keyed,
        &keyed.replace("income", "release"),
    );
}

#[test]
fn an_estimate_or_order_that_is_changed_shows_no_more() {
    let change = "P change 51 on 5 \"CO-1\" 12,000.00 2026-09-10\n";
    let estimate = "Q estimate 11 job 1 2026-01-15 500,000.00\n";
    followed(
        &[change],
        "R10",
        estimate,
        &estimate.replace("500,000.00", "512,000.00"),
    );
    let commitment = "P subcontract 11 job 1 vendor 7 \"SC-1\" 50,000.00 2026-02-01\n";
    let order = "Q order 901 vendor 72 \"SC-1\" 2026-02-01 job 1 cost 40,000.00\n";
    followed(
        &[commitment],
        "R33",
        order,
        &order.replace("40,000.00", "50,000.00"),
    );
    let closed = "P order 11 job 1 vendor 7 \"PO-1\" 50,000.00 2026-02-01 closed\n";
    let order = "Q order 901 vendor 72 \"PO-1\" 2026-02-01 job 1 cost 50,000.00\n";
    let done = format!("{} closed\n", order.trim_end());
    followed(&[closed], "R32", order, &done);
}

#[test]
fn a_document_that_is_entered_by_hand_shows_no_more() {
    followed(&[BOUGHT], "R04", "", BILL);
    let linked = BOUGHT.replace("2,500.00\n", "2,500.00 link QBO-BILL-230\n");
    let world = [JOB, &linked, "Q deleted Bill 230\n"].concat();
    let outcome = look(&read(&world), &read(&world).books);
    assert!(outcome.findings.iter().any(|one| one.code() == "R21"));
    // The bill alone does not settle it: the link has to name it.
    let alone = [&world, BILL].concat();
    let alone = look(&read(&alone), &read(&alone).books);
    assert!(alone.findings.iter().any(|one| one.code() == "R21"));
    let both = [&world.replace("QBO-BILL-230", "QBO-BILL-234"), BILL].concat();
    let both = look(&read(&both), &read(&both).books);
    assert!(both.findings.is_empty(), "{:#?}", both.findings);
}

#[test]
fn a_vendor_that_is_reactivated_shows_no_more() {
    let cost = "P cost 61 job 1 vendor 8 \"SC-9\" 2026-10-05 1,450.25\n\
                Q bill 234 vendor 78 \"SC-9\" 2026-10-05 job 1 materials 1,450.25\n";
    let before = format!(
        "vendor 8 \"Summit Concrete Co\"\nQ vendor 78 \"Summit Concrete Co\" inactive\n{cost}"
    );
    followed(&[], "R45", &before, &before.replace(" inactive", ""));
}

//! Entries that book the retainage of a document, to the line.

use figures::SmolStr;
use figures::model::Posting::{Credit, Debit};
use gate::action::Kind;
use gate::correction::{Correction, Entity, NewJournal};

use super::refusals::{BILLED, EARLIER, JOB, books, corrected, money, refused};
use super::{look, read};

const REQUISITION: &str = "P requisition 21 on 11 no 2 \"BE-2217\" 2026-09-25 gross 25,000.00 \
                           retainage 2,500.00\n";
const NET: &str = "Q bill 234 vendor 72 \"BE-2217\" 2026-09-26 job 1 cost 22,500.00\n";
const GROSS: &str = "Q bill 234 vendor 72 \"BE-2217\" 2026-09-26 job 1 cost 25,000.00\n";

fn bought(bill: &str) -> String {
    books(&[JOB, EARLIER, REQUISITION, bill])
}

/// Two applications of which the second was invoiced on these lines.
fn billed(second: &str) -> String {
    let line = "Q invoice 232 job 1 \"HC-2\" 2026-10-05";
    let pay = "P application 32 on 5 no 2 \"HC-2\" 2026-10-05 gross 50,000.00 retainage 5,000.00\n";
    books(&[JOB, BILLED, pay, &format!("{line} {second}\n")])
}

#[track_caller]
fn entry(text: &str) -> NewJournal {
    match corrected(text, "R09", Kind::PostJournal).correction {
        Correction::PostJournal(journal) => journal,
        other => panic!("{other:?}"),
    }
}

/// Number and day, and the accounts that are debited and credited with whose they are.
#[track_caller]
fn check(text: &str, number: &str, day: &str, sides: [(&str, Entity); 2], amount: &str) {
    let journal = entry(text);
    assert_eq!(
        (journal.number.as_str(), journal.date.to_string().as_str()),
        (number, day)
    );
    let found: Vec<_> = journal
        .lines
        .iter()
        .map(|line| (line.posting, line.account.as_str(), line.entity.clone()))
        .collect();
    let [(debit, from), (credit, to)] = sides;
    assert_eq!(
        found,
        [(Debit, debit, Some(from)), (Credit, credit, Some(to))]
    );
    assert!(
        journal
            .lines
            .iter()
            .all(|line| line.amount == money(amount))
    );
}

fn job() -> Entity {
    Entity::Customer(SmolStr::new("61"))
}

const RECEIVABLE: &str = "4";
const PAYABLE: &str = "8";

#[test]
fn what_was_entered_net_is_short_by_the_retainage_on_its_own_account() {
    let sides = [(RECEIVABLE, job()), ("10", job())];
    check(
        &billed("income 45,000.00"),
        "HC-2-RET",
        "2026-10-05",
        sides,
        "5000.00",
    );
    let sides = [("13", job()), (PAYABLE, job())];
    check(&bought(NET), "BE-2217-RET", "2026-09-26", sides, "2500.00");
}

#[test]
fn a_bill_that_was_entered_gross_owes_the_vendor_less() {
    let sides = || [("7", Entity::Vendor(SmolStr::new("72"))), (PAYABLE, job())];
    check(
        &bought(GROSS),
        "BE-2217-RET",
        "2026-09-26",
        sides(),
        "2500.00",
    );
    let paid = |amount: &str| {
        let payment = format!(
            "P payment 41 on 11 pays 21 {amount} 2026-10-15 \"1051\"\n\
             Q bill_payment 401 vendor 72 \"1051\" 2026-10-15 pays 234 {amount}\n"
        );
        bought(GROSS) + &payment
    };
    check(
        &paid("22,500.00"),
        "BE-2217-RET",
        "2026-09-26",
        sides(),
        "2500.00",
    );
    refused(
        &paid("24,000.00"),
        "R09",
        "less than the retainage is open on it",
    );
    let check = GROSS.replace("Q bill", "Q check");
    refused(&bought(&check), "R09", "it was paid at once");
}

#[test]
fn an_invoice_that_asks_for_the_retainage_is_put_right_itself() {
    let why = "it asks for the retainage as well";
    refused(&billed("income 50,000.00"), "R09", why);
}

#[test]
fn an_entry_for_a_closed_period_is_dated_the_first_open_day() {
    let closed = |day: &str| format!("closing {day}\n{}", bought(NET));
    assert_eq!(entry(&closed("2026-09-25")).date.to_string(), "2026-09-26");
    assert_eq!(entry(&closed("2026-09-30")).date.to_string(), "2026-10-01");
    refused(&closed("2026-10-31"), "R09", "is closed in QuickBooks");
}

#[test]
fn an_entry_is_posted_only_where_it_names_one_document() {
    refused(
        &bought(&NET.replace("\"BE-2217\" ", "")),
        "R09",
        "it has no number",
    );
    let long = "B-2217-0000000000-0007";
    let text = bought(NET).replace("BE-2217", long);
    refused(&text, "R09", "its number is too long");
    let twin = "Q bill 300 vendor 72 \"BE 2217\" 2026-03-03 job 1 cost 77.00\n";
    refused(
        &(bought(NET) + twin),
        "R09",
        "an entry would name bill BE 2217",
    );
    let elsewhere = twin.replace("job 1", "job 2");
    entry(&(bought(NET) + &elsewhere));
    let there = "Q journal 651 \"BE-2217-RET\" 2026-10-01 debit office 9.00 credit bank 9.00\n";
    refused(
        &(bought(NET) + there),
        "R09",
        "an entry BE-2217-RET is there already",
    );
    // A second entry would book the retainage twice, and neither would be taken for its part.
    let wrong = "Q journal 652 \"BE-2217\" 2026-10-01 job 1 debit cost 2,400.00 credit \
                 retainage_payable 2,400.00\n";
    refused(
        &(bought(NET) + wrong),
        "R09",
        "journal entry BE-2217 over 2,400.00, dated 2026-10-01 books other retainage of it",
    );
}

#[test]
fn accounts_and_places_that_nothing_shows_are_not_chosen() {
    let again = EARLIER.replace("requisition 20 on 11 no 1", "requisition 19 on 11 no 0");
    let again = again
        .replace("2101", "2003")
        .replace("bill 230", "bill 229")
        .replace("08-0", "07-0");
    let net = "P application 32 on 5 no 2 \"HC-2\" 2026-10-05 gross 50,000.00 retainage 5,000.00\n\
               Q invoice 232 job 1 \"HC-2\" 2026-10-05 income 45,000.00\n";
    let unseen = books(&["office none\n", JOB, &again, EARLIER, net]);
    refused(
        &unseen,
        "R09",
        "no earlier invoice shows the account of retainage",
    );
    let two = NET.replace("cost 22,500.00", "cost 20,000.00 materials 2,500.00");
    refused(&bought(&two), "R09", "its lines are on several accounts");
    let far = NET.replace("job 1", "location \"9\" job 1");
    refused(&bought(&far), "R09", "it is at a location");
}

#[test]
fn what_an_entry_belongs_to_is_not_coded_otherwise_or_taken_out_without_it() {
    let entry = "Q journal 651 \"BE-2217-RET\" 2026-10-01 job 1 debit cost 2,500.00 credit \
                 retainage_payable 2,500.00\n";
    let gone = bought(NET) + entry;
    let outcome = look(&read(&gone), &read(&gone).books);
    assert!(outcome.findings.is_empty(), "{:#?}", outcome.findings);
    let mut text = gone.replace("09-26 job 1", "09-26 class South job 1");
    for place in 1..=5 {
        text += &format!(
            "P cost 6{place} job 1 vendor 7 \"BE-30{place}\" 2026-08-0{place} {place}50.25\n\
             Q bill 24{place} vendor 72 \"BE-30{place}\" 2026-08-0{place} class North job 1 \
             materials {place}50.25\n"
        );
    }
    refused(
        &text,
        "R14",
        "an entry that books its retainage would be left",
    );
}

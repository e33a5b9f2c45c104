//! Where the books do not say without doubt what is right, a person is told what to do. Each of
//! these stands beside books that differ in one thing and are corrected.

use figures::source::SourceRef;
use figures::{Money, SmolStr};
use gate::action::Kind;
use gate::correction::{BillLine, Coding, Correction, Recoding};

use super::{look, read};
use crate::reconcile::checks::CHECKS;
use crate::reconcile::policy::Policy;
use crate::reconcile::result::{PairKind, Question};
use crate::reconcile::scenario::reader::World;
use crate::remedy::{Remedy, remedies};

/// What is to be done about the first finding of a class; nothing when nothing is.
pub(super) fn of_world(world: &World, code: &str) -> Option<Remedy> {
    let outcome = look(world, &world.books);
    let finding = outcome.findings.iter().find(|one| one.code() == code);
    let id = finding.map(|one| one.id.clone());
    let id = id.unwrap_or_else(|| panic!("{code} is not found: {:#?}", outcome.findings));
    let all = remedies(&world.books, &outcome, &Policy::default());
    all.into_iter().find(|one| one.finding == id)
}

pub(super) fn remedy(text: &str, code: &str) -> Remedy {
    of_world(&read(text), code).unwrap_or_else(|| panic!("nothing is to be done about {code}"))
}

#[track_caller]
pub(super) fn corrected(text: &str, code: &str, kind: Kind) -> Remedy {
    let found = remedy(text, code);
    assert_eq!(found.correction.kind(), kind, "{found:#?}");
    found
}

/// A person is told what to do, and why in these words.
#[track_caller]
pub(super) fn refused(text: &str, code: &str, why: &str) {
    told(&remedy(text, code), why);
}

#[track_caller]
pub(super) fn told(found: &Remedy, why: &str) {
    let Correction::Instruct(steps) = &found.correction else {
        panic!("{found:#?}");
    };
    assert!(found.sentence.contains(why), "{}", found.sentence);
    assert!(
        steps.iter().any(|step| step.contains("QuickBooks")),
        "{steps:#?}"
    );
    assert!(
        steps
            .last()
            .is_some_and(|step| step.contains("next reading")),
        "{steps:#?}"
    );
}

pub(super) const JOB: &str = "job 1 \"Harbor Clinic\" 1042 = 61\n\
                   job 2 \"Mill Street Lofts\" 1043 = 62\n\
                   vendor 7 \"Brightline Electric LLC\" = 72\n\
                   P contract 5 job 1 500,000.00 2026-01-15\n\
                   P subcontract 11 job 1 vendor 7 90,000.00 2026-02-01\n";
pub(super) const EARLIER: &str = "P requisition 20 on 11 no 1 \"BE-2101\" 2026-08-05 gross 20,000.00 retainage \
                       2,000.00\n\
                       Q bill 230 vendor 72 \"BE-2101\" 2026-08-06 job 1 cost 20,000.00 retainage \
                       2,000.00\n";
const MISSING: &str = "P requisition 21 on 11 no 2 \"BE-2217\" 2026-10-05 gross 25,000.00 retainage \
                       2,500.00\n";

fn on(line: &BillLine) -> &str {
    match &line.on {
        Coding::Account(id) | Coding::Item(id) => id,
    }
}

pub(super) fn books(parts: &[&str]) -> String {
    parts.concat()
}

pub(super) fn money(text: &str) -> Money {
    Money::parse(text).expect("an amount")
}

#[test]
fn a_bill_is_entered_as_the_last_one_of_its_commitment_was() {
    let found = corrected(&books(&[JOB, EARLIER, MISSING]), "R04", Kind::PostBill);
    let Correction::PostBill(bill) = &found.correction else {
        panic!("{found:#?}");
    };
    assert_eq!(
        (bill.vendor.as_str(), bill.number.as_str()),
        ("72", "BE-2217")
    );
    assert_eq!(bill.date.to_string(), "2026-10-05");
    let lines: Vec<(Money, &str, Option<&str>)> = bill
        .lines
        .iter()
        .map(|line| (line.amount, on(line), line.customer.as_deref()))
        .collect();
    let wanted = [
        (money("25000.00"), "13", Some("61")),
        (money("-2500.00"), "8", Some("61")),
    ];
    assert_eq!(lines, wanted);
    assert_eq!(found.party.as_deref(), Some("72"));
    assert_eq!(
        found.sentence,
        "Bill BE-2217 of Brightline Electric LLC over 22,500.00, dated 2026-10-05, is entered for \
         Harbor Clinic: 25,000.00 on Subcontractors, with -2,500.00 on Retainage Payable."
    );
}

#[test]
fn a_bill_is_at_the_location_of_the_ones_before_where_they_agree() {
    let earlier = |number: u32, location: &str| {
        format!(
            "P requisition 2{number} on 11 no {number} \"BE-210{number}\" 2026-0{number}-05 gross \
             20,000.00 retainage 2,000.00\n\
             Q bill 23{number} vendor 72 \"BE-210{number}\" 2026-0{number}-06 job 1 cost 20,000.00 \
             retainage 2,000.00{location}\n"
        )
    };
    let missing = MISSING.replace("requisition 21 on 11 no 2", "requisition 40 on 11 no 9");
    let text = |one: &str, two: &str| books(&[JOB, &earlier(3, one), &earlier(4, two), &missing]);
    let location = |text: &str| match corrected(text, "R04", Kind::PostBill).correction {
        Correction::PostBill(bill) => bill.location,
        other => panic!("{other:?}"),
    };
    let here = " location \"9\"";
    assert_eq!(location(&text("", "")), None);
    assert_eq!(location(&text(here, here)).as_deref(), Some("9"));
    let why = "earlier bills are in several locations";
    refused(&text(here, ""), "R04", why);
    refused(&text(here, " location \"8\""), "R04", why);
}

#[test]
fn an_office_that_enters_net_gets_one_net_line() {
    let earlier = "P requisition 20 on 11 no 1 \"BE-2101\" 2026-08-05 gross 20,000.00 retainage \
                   2,000.00\n\
                   Q bill 230 vendor 72 \"BE-2101\" 2026-08-06 job 1 cost 18,000.00\n";
    let text = books(&["office none\n", JOB, earlier, MISSING]);
    let found = corrected(&text, "R04", Kind::PostBill);
    let Correction::PostBill(bill) = &found.correction else {
        panic!("{found:#?}");
    };
    let amounts: Vec<Money> = bill.lines.iter().map(|line| line.amount).collect();
    assert_eq!(amounts, [money("22500.00")]);
}

#[test]
fn nothing_is_entered_into_a_closed_period() {
    let before = books(&["closing 2026-10-04\n", JOB, EARLIER, MISSING]);
    corrected(&before, "R04", Kind::PostBill);
    let text = books(&["closing 2026-10-05\n", JOB, EARLIER, MISSING]);
    refused(&text, "R04", "the period up to 2026-10-05 is closed");
}

#[test]
fn nothing_is_changed_or_removed_in_a_closed_period() {
    let wrong_job = "P requisition 21 on 11 no 2 \"BE-2217\" 2026-10-05 gross 25,000.00 retainage \
                     2,500.00\n\
                     Q bill 234 vendor 72 \"BE-2217\" 2026-10-05 job 2 cost 25,000.00 retainage \
                     2,500.00\n";
    let text = books(&[JOB, EARLIER, wrong_job]);
    let found = corrected(&text, "R13", Kind::Recode);
    let to = Recoding::Customer {
        from: SmolStr::new("62"),
        to: SmolStr::new("61"),
    };
    let document = SourceRef::quickbooks("Bill", "234");
    assert_eq!(
        found.correction,
        Correction::Recode {
            document,
            change: to
        }
    );
    refused(&books(&["closing 2026-10-31\n", &text]), "R13", "is closed");
    let twice = books(&[JOB, EARLIER, TWICE]);
    refused(
        &books(&["closing 2026-10-31\n", &twice]),
        "R05",
        "is closed",
    );
}

#[test]
fn no_account_is_chosen_without_an_earlier_bill() {
    let text = books(&[JOB, MISSING]);
    refused(
        &text,
        "R04",
        "no earlier bill of this vendor or job shows which account",
    );
}

#[test]
fn no_account_is_chosen_where_earlier_bills_disagree() {
    let other = "P requisition 19 on 11 no 0 \"BE-2003\" 2026-07-05 gross 10,000.00 retainage \
                 1,000.00\n\
                 Q bill 229 vendor 72 \"BE-2003\" 2026-07-05 job 1 materials 10,000.00 retainage \
                 1,000.00\n";
    let text = books(&[JOB, other, EARLIER, MISSING]);
    refused(&text, "R04", "earlier bills go to several accounts");
}

#[test]
fn no_bill_is_entered_without_a_number_or_with_one_that_is_taken() {
    let text = books(&[JOB, EARLIER, &MISSING.replace("\"BE-2217\" ", "")]);
    refused(&text, "R04", "no number of the vendor's invoice");
    let taken = "Q bill 240 vendor 72 \"BE 2217\" 2026-03-01 job 2 cost 111.00\n";
    refused(
        &books(&[JOB, EARLIER, MISSING, taken]),
        "R04",
        "has the same number",
    );
}

#[test]
fn no_bill_is_entered_beside_one_that_may_be_it() {
    let alike = "Q bill 240 vendor 72 \"X-9\" 2026-10-12 job 1 cost 4,711.00\n";
    refused(
        &books(&[JOB, EARLIER, MISSING, alike]),
        "R04",
        "may be the same",
    );
    let far = alike.replace("2026-10-12", "2026-07-12");
    corrected(
        &books(&[JOB, EARLIER, MISSING, &far]),
        "R04",
        Kind::PostBill,
    );
}

#[test]
fn no_bill_is_entered_while_its_payment_is_missing_too() {
    let paid = "P payment 41 on 11 pays 21 22,500.00 2026-10-15 \"1051\"\n";
    let text = books(&[JOB, EARLIER, MISSING, paid]);
    refused(&text, "R04", "its payment is missing in QuickBooks as well");
}

#[test]
fn no_bill_is_entered_while_a_question_about_it_is_open() {
    let world = read(&books(&[JOB, EARLIER, MISSING]));
    let mut outcome = look(&world, &world.books);
    let about = SourceRef::procore("requisition", 21);
    outcome.questions.push(Question {
        id: SmolStr::new("qst_requisition_21"),
        kind: PairKind::Document,
        about,
        candidates: vec![crate::reconcile::result::Candidate {
            record: SourceRef::quickbooks("Bill", "230"),
            score: crate::reconcile::result::Score(6_000),
            evidence: String::new(),
        }],
        text: String::new(),
    });
    let found = remedies(&world.books, &outcome, &Policy::default());
    told(&found[0], "a question is open first");
}

#[test]
fn what_was_paid_already_is_no_bill() {
    let earlier = "P cost 60 job 1 vendor 7 \"BE-300\" 2026-09-05 900.00\n\
                   Q bill 233 vendor 72 \"BE-300\" 2026-09-05 job 1 materials 900.00\n";
    let missing = "P cost 61 job 1 vendor 7 \"BE-301\" 2026-10-05 1,450.25\n";
    corrected(&books(&[JOB, earlier, missing]), "R26", Kind::PostBill);
    let expense = missing.replace("1,450.25", "1,450.25 expense");
    refused(
        &books(&[JOB, earlier, &expense]),
        "R26",
        "Procore has it as expense",
    );
    let charged = earlier.replace("Q bill", "Q charge");
    refused(
        &books(&[JOB, &charged, missing]),
        "R26",
        "was paid by check or card",
    );
}

#[test]
fn a_link_that_names_what_is_gone_is_a_persons_to_set_anew() {
    let linked = MISSING.replace(
        "2,500.00\n",
        "2,500.00 link QBO-BILL-234\nQ deleted Bill 234\n",
    );
    let found = remedy(&books(&[JOB, EARLIER, &linked]), "R21");
    let Correction::Instruct(steps) = &found.correction else {
        panic!("{found:#?}");
    };
    assert!(
        steps
            .iter()
            .any(|step| step.contains("link names Bill 234, which is gone")),
        "{steps:#?}"
    );
    let bill = "Q bill 234 vendor 72 \"BE-2217\" 2026-10-05 job 1 cost 25,000.00 voided\n";
    let text = books(&[JOB, EARLIER, MISSING, bill]);
    corrected(&text, "R22", Kind::PostBill);
    let linked = text.replace(
        "2,500.00\nQ bill 234",
        "2,500.00 link QBO-BILL-234\nQ bill 234",
    );
    refused(&linked, "R22", "link names the one that was voided");
}

const TWICE: &str = "P requisition 21 on 11 no 2 \"BE-2217\" 2026-10-05 gross 25,000.00 retainage \
                     2,500.00\n\
                     Q bill 234 vendor 72 \"BE-2217\" 2026-10-06 job 1 cost 25,000.00 retainage \
                     2,500.00\n\
                     Q bill 239 vendor 72 \"BE-2217\" 2026-10-12 job 1 cost 25,000.00 retainage \
                     2,500.00\n";

#[test]
fn of_two_bills_the_one_goes_that_nothing_is_paid_on() {
    let removed = |text: &str| match corrected(text, "R05", Kind::RemoveDuplicate).correction {
        Correction::Remove { document } => document.id,
        other => panic!("{other:?}"),
    };
    let text = books(&[JOB, EARLIER, TWICE]);
    assert_eq!(removed(&text), "239");
    let paid = "P payment 41 on 11 pays 21 22,500.00 2026-10-15 \"1051\"\n\
                Q bill_payment 401 vendor 72 \"1051\" 2026-10-15 pays 239 22,500.00\n";
    let of_second = remedy(&books(&[&text, paid]), "R05");
    let both = "Q bill_payment 402 vendor 72 \"1077\" 2026-10-22 pays 234 22,500.00\n";
    refused(&books(&[&text, paid, both]), "R05", "something is paid on");
    // The other one goes only where the one that is paid will do for Procore's document.
    match of_second.correction {
        Correction::Remove { document } => assert_eq!(document.id, "234"),
        Correction::Instruct(_) => {
            assert!(
                of_second.sentence.contains("something is paid"),
                "{}",
                of_second.sentence
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_check_that_repeats_a_bill_may_be_its_payment() {
    let cost = "P cost 61 job 1 vendor 7 \"BE-301\" 2026-10-05 1,450.25\n\
                Q bill 234 vendor 72 \"BE-301\" 2026-10-05 job 1 materials 1,450.25\n";
    let again = "Q bill 239 vendor 72 \"BE-301\" 2026-10-08 job 1 materials 1,450.25\n";
    corrected(&books(&[JOB, cost, again]), "R05", Kind::RemoveDuplicate);
    let check = again.replace("Q bill", "Q check");
    refused(
        &books(&[JOB, cost, &check]),
        "R05",
        "one may be the payment of the other",
    );
}

pub(super) const BILLED: &str = "P application 31 on 5 no 1 \"HC-1\" 2026-09-05 gross 100,000.00 retainage \
                      10,000.00\n\
                      Q invoice 231 job 1 \"HC-1\" 2026-09-05 income 100,000.00 retainage 10,000.00\n";
const RECEIVED: &str = "P payment 41 on 5 90,000.00 2026-10-02 \"CHK 88\"\n";
const UNAPPLIED: &str =
    "Q payment 301 job 1 \"CHK 88\" 2026-10-02 unapplied 90,000.00 in undeposited\n";

#[test]
fn a_payment_is_applied_to_the_invoice_that_it_pays_exactly() {
    let found = corrected(
        &books(&[JOB, BILLED, RECEIVED, UNAPPLIED]),
        "R01",
        Kind::ApplyPayment,
    );
    let wanted = Correction::ApplyPayment {
        payment: SmolStr::new("301"),
        to: vec![(SmolStr::new("231"), money("90000.00"))],
    };
    assert_eq!(found.correction, wanted);
    assert_eq!(found.party.as_deref(), Some("61"));
}

#[test]
fn a_payment_in_a_deposit_is_applied_by_hand() {
    let deposit = "Q deposit 601 2026-10-04 deposits 301 90,000.00\n";
    let text = books(&[JOB, BILLED, RECEIVED, UNAPPLIED, deposit]);
    refused(&text, "R01", "it lies in a bank deposit");
}

#[test]
fn a_payment_that_procore_does_not_know_is_applied_by_hand() {
    refused(
        &books(&[JOB, BILLED, UNAPPLIED]),
        "R01",
        "Procore has no receipt of it yet",
    );
}

#[test]
fn a_payment_of_a_closed_period_is_applied_by_hand() {
    let text = books(&["closing 2026-10-02\n", JOB, BILLED, RECEIVED, UNAPPLIED]);
    refused(&text, "R01", "is closed");
}

#[test]
fn a_payment_that_may_be_of_several_invoices_or_of_none_is_applied_by_hand() {
    let second = BILLED
        .replace("31 on 5 no 1", "32 on 5 no 2")
        .replace("231", "232")
        .replace("HC-1", "HC-2");
    let two = books(&[JOB, BILLED, &second, RECEIVED, UNAPPLIED]);
    refused(&two, "R01", "several open invoices are over 90,000.00");
    let named = RECEIVED.replace("\"CHK 88\"", "\"CHK 88\" for \"HC-2\"");
    let found = corrected(
        &books(&[JOB, BILLED, &second, &named, UNAPPLIED]),
        "R01",
        Kind::ApplyPayment,
    );
    let Correction::ApplyPayment { to, .. } = &found.correction else {
        panic!("{found:#?}");
    };
    assert_eq!(to, &[(SmolStr::new("232"), money("90000.00"))]);
    let part = [RECEIVED, UNAPPLIED]
        .concat()
        .replace("90,000.00", "70,000.00");
    refused(
        &books(&[JOB, BILLED, &part]),
        "R01",
        "no open invoice is over exactly 70,000.00",
    );
}

#[test]
fn an_invoice_is_entered_as_the_last_one_of_its_contract_was() {
    let missing = "P application 32 on 5 no 2 \"HC-2\" 2026-10-05 gross 50,000.00 retainage \
                   5,000.00\n";
    let found = corrected(&books(&[JOB, BILLED, missing]), "R07", Kind::EnterInvoice);
    let Correction::EnterInvoice(invoice) = &found.correction else {
        panic!("{found:#?}");
    };
    let lines: Vec<(Money, &str)> = invoice
        .lines
        .iter()
        .map(|line| (line.amount, line.item.as_str()))
        .collect();
    assert_eq!(lines, [(money("50000.00"), "1"), (money("-5000.00"), "2")]);
    refused(
        &books(&[JOB, missing]),
        "R07",
        "no earlier invoice of this job shows which item",
    );
}

#[test]
fn a_release_is_entered_on_the_item_of_retainage_alone() {
    let release =
        "P application 32 on 5 no 2 \"HC-R\" 2026-10-05 gross 0.00 retainage -10,000.00\n";
    let found = corrected(&books(&[JOB, BILLED, release]), "R35", Kind::EnterInvoice);
    let Correction::EnterInvoice(invoice) = &found.correction else {
        panic!("{found:#?}");
    };
    let lines: Vec<(Money, &str)> = invoice
        .lines
        .iter()
        .map(|line| (line.amount, line.item.as_str()))
        .collect();
    assert_eq!(lines, [(money("10000.00"), "2")]);
    let keyed = "Q invoice 232 job 1 \"HC-R\" 2026-10-05 income 10,000.00\n";
    refused(
        &books(&[JOB, BILLED, release, keyed]),
        "R35",
        "from new work to retainage by hand",
    );
}

#[test]
fn a_wrong_job_beside_another_error_is_settled_by_hand() {
    let cost = "P cost 61 job 1 vendor 7 \"BE-301\" 2026-10-01 1,450.25\n";
    let charge = |rest: &str| {
        let line = format!("Q charge 701 vendor 72 \"BE-301\" {rest} 1,450.25\n");
        books(&[JOB, cost, &line])
    };
    corrected(&charge("2026-10-01 job 2 materials"), "R13", Kind::Recode);
    refused(
        &charge("2026-10-01 materials"),
        "R13",
        "its lines name no customer",
    );
    refused(
        &charge("2026-10-12 job 2 materials"),
        "R13",
        "its date differs",
    );
}

#[test]
fn a_class_in_the_header_is_changed_by_hand() {
    let mut text = JOB.to_owned();
    for place in 1..=5 {
        let class = if place == 5 { "South" } else { "North" };
        text += &format!(
            "P cost 6{place} job 1 vendor 7 \"BE-30{place}\" 2026-09-0{place} {place}50.25\n"
        );
        text += &format!(
            "Q bill 23{place} vendor 72 \"BE-30{place}\" 2026-09-0{place} class {class} job 1 \
             materials {place}50.25\n"
        );
    }
    let found = corrected(&text, "R14", Kind::Recode);
    let Correction::Recode { change, .. } = &found.correction else {
        panic!("{found:#?}");
    };
    let from = Some(SmolStr::new("South"));
    assert_eq!(
        change,
        &Recoding::Class {
            from,
            to: SmolStr::new("North")
        }
    );
    let in_header = World::read(&text).unwrap_or_else(|why| panic!("{why}"));
    let found = of_world(&in_header, "R14").unwrap_or_else(|| panic!("nothing is told"));
    told(&found, "its class stands in the header");
}

#[test]
fn labor_moves_by_an_entry_and_only_where_the_amounts_are_equal() {
    let labor = "P cost 61 job 1 payroll 2026-10-09 5,600.00\n\
                 Q journal 651 2026-10-09 note \"Payroll\" job 2 debit labor 5,600.00 job none \
                 credit payroll 5,600.00\n";
    corrected(&books(&[JOB, labor]), "R31", Kind::PostJournal);
    let confirmed = "confirmed direct_cost 61 = JournalEntry 651\n";
    refused(
        &books(&[JOB, labor, confirmed]),
        "R31",
        "a person confirmed",
    );
    let less = labor
        .replace("job 2 debit labor", "job 1 debit labor")
        .replace("payroll 2026-10-09 5,600.00", "payroll 2026-10-09 5,000.00");
    assert_eq!(of_world(&read(&books(&[JOB, &less])), "R31"), None);
}

#[test]
fn what_procore_has_to_mirror_and_what_clears_by_itself_gets_no_remedy() {
    let only_ledger = "Q bill 234 vendor 72 \"BE-301\" 2026-10-05 job 1 materials 1,450.25\n";
    assert_eq!(of_world(&read(&books(&[JOB, only_ledger])), "R25"), None);
    let young = MISSING.replace("2026-10-05", "2026-10-29");
    assert_eq!(
        of_world(&read(&books(&[JOB, EARLIER, &young])), "T01"),
        None
    );
}

#[test]
fn the_table_names_every_class_of_the_catalogue() {
    let table = include_str!("../mod.rs");
    for check in CHECKS {
        let code = check.id.split('_').next().unwrap_or_default();
        let row = |line: &&str| {
            line.starts_with("//! |")
                && line
                    .split('|')
                    .nth(1)
                    .is_some_and(|first| first.contains(code))
        };
        let named = table.lines().filter(row).count();
        assert!(
            named == 1 || code.starts_with('T'),
            "{code} is named {named} times"
        );
    }
}

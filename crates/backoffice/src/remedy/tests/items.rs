//! Lines that are entered by item: what they are coded to is taken over from earlier documents, as
//! accounts are.

use figures::SmolStr;
use figures::source::SourceRef;
use gate::action::Kind;
use gate::correction::{Correction, Recoding};

use super::refusals::{JOB, corrected, money, refused};

/// An office that enters direct costs by item: four on an item, and a fifth on `wrong`.
fn by_item(item: &str, wrong: &str) -> String {
    let mut text = format!(
        "{JOB}P code 3 job 1 \"05-120\" \"Structural Steel\"\n\
         P code 4 job 1 \"01-540\" \"Equipment\"\n"
    );
    for place in 1..=5 {
        let on = if place == 5 { wrong } else { item };
        text += &format!(
            "P cost 6{place} job 1 vendor 7 \"BE-30{place}\" 2026-09-0{place} {place}50.25 code 3\n\
             Q bill 23{place} vendor 72 \"BE-30{place}\" 2026-09-0{place} job 1 {on} {place}50.25\n"
        );
    }
    text
}

#[test]
fn a_line_by_item_gets_the_item_that_documents_of_its_cost_code_have() {
    // Named for the cost code, and on its account without being named for it.
    for item in ["5", "7"] {
        let text = by_item(&format!("item {item}"), "item 6");
        let found = corrected(&text, "R15", Kind::Recode);
        let change = Recoding::Item {
            from: SmolStr::new("6"),
            to: SmolStr::new(item),
        };
        let document = SourceRef::quickbooks("Bill", "235");
        assert_eq!(found.correction, Correction::Recode { document, change });
        assert_eq!(found.money, money("550.25"));
    }
}

#[test]
fn no_item_is_chosen_that_no_document_has_and_none_where_they_disagree() {
    let unseen = by_item("materials", "item 6");
    refused(
        &unseen,
        "R15",
        "no earlier document shows the item of cost code 05-120",
    );
    let two = by_item("item 5", "item 6").replacen("item 5", "item 8", 2);
    refused(
        &two,
        "R15",
        "documents of cost code 05-120 have several items",
    );
    let mixed = by_item("item 5", "item 6 100.00 equipment")
        .replace("equipment 550.25", "equipment 450.25");
    refused(&mixed, "R15", "only some of its lines are entered by item");
    refused(&by_item("item 9", "item 4"), "R15", "is kept in stock");
    // An earlier one that is wrong as well shows nothing.
    let wrong = by_item("item 5", "item 6").replacen("item 5", "item 6", 1);
    let found = corrected(&wrong, "R15", Kind::Recode);
    assert!(
        found.sentence.contains("to 05-120 Structural Steel"),
        "{}",
        found.sentence
    );
}

#[test]
fn lines_by_item_move_to_another_job_or_class_unless_their_item_is_wrong_too() {
    let moved = |wrong: &str| by_item("item 5", wrong).replace("09-05 job 1", "09-05 job 2");
    corrected(&moved("item 5"), "R13", Kind::Recode);
    refused(
        &moved("item 6"),
        "R13",
        "01-540 Equipment is not where cost code 05-120 goes",
    );
    let classed = |wrong: &str| {
        let text = by_item("item 5", wrong).replace(" job 1 item", " class North job 1 item");
        text.replace("09-05 class North", "09-05 class South")
    };
    corrected(&classed("item 5"), "R14", Kind::Recode);
    refused(
        &classed("item 6"),
        "R15",
        "class South is not the usual one of the job",
    );
}

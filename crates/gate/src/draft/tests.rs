use super::*;

/// A draft of a kind with nothing wrong.
pub(crate) fn draft(kind: Kind) -> Draft {
    let is_instruction = kind == Kind::Instruct;
    let bill = SourceRef::quickbooks("Bill", "145");
    let request = Request {
        verb: Verb::Update,
        entity: "Bill".into(),
        id: Some("145".into()),
        body: "{\"Id\":\"145\"}".to_owned(),
        before: vec![PreImage {
            record: bill.clone(),
            content: Digest::of(b"as it was"),
            standing: Some(Digest::of(b"open")),
        }],
    };
    let money = match kind.effect() {
        Effect::Money | Effect::Legal => Money::from_cents(120_000),
        Effect::Neither => Money::ZERO,
    };
    Draft {
        kind,
        department: kind.departments()[0],
        company: "9130".into(),
        sentence: "Bill CRM-88121 of Copper Ridge is entered.".to_owned(),
        money,
        party: Some("72".into()),
        request: (!is_instruction).then_some(request),
        instructions: if is_instruction {
            vec!["Open the deposit.".to_owned()]
        } else {
            Vec::new()
        },
        figures: vec![Shown {
            id: "bridge.cost.procore:1".into(),
            definition: "bridge.cost@1".into(),
            value: "1,200.00".to_owned(),
        }],
        evidence: vec![bill],
        finding: Some("fnd_1".into()),
        undoes: None,
        document: (kind == Kind::AttachDocument).then(document),
    }
}

pub(crate) fn document() -> Document {
    Document {
        id: "doc_1".into(),
        name: "CRM-88121.pdf".to_owned(),
        media_type: "application/pdf".into(),
        bytes: 4,
        digest: Digest::of(b"%PDF"),
    }
}

fn request(draft: &mut Draft) -> &mut Request {
    draft.request.as_mut().unwrap()
}

#[test]
fn every_kind_can_be_proposed_by_each_of_its_departments_and_by_no_other() {
    for kind in Kind::ALL {
        assert_eq!(Kind::from_name(kind.name()), Some(kind));
        for department in Department::ALL {
            let one = Draft {
                department,
                ..draft(kind)
            };
            let fits = kind.departments().contains(&department);
            let expected = if fits {
                Ok(())
            } else {
                Err(Flaw::OtherDepartment)
            };
            assert_eq!(one.check(), expected, "{kind:?} of {department:?}");
        }
    }
}

#[test]
fn what_is_no_draft_is_named() {
    let change = |kind, change: fn(&mut Draft)| {
        let mut one = draft(kind);
        change(&mut one);
        one.check()
    };
    let bill = Kind::PostBill;
    let flaws = [
        (
            change(bill, |it| it.sentence = " ".to_owned()),
            Flaw::NoSentence,
        ),
        (change(bill, |it| it.request = None), Flaw::NothingToDo),
        (
            change(bill, |it| it.instructions.push("Do it.".to_owned())),
            Flaw::BothWays,
        ),
        (
            change(Kind::Instruct, |it| {
                it.request = draft(Kind::PostBill).request
            }),
            Flaw::BothWays,
        ),
        (
            change(bill, |it| it.money = Money::from_cents(-1)),
            Flaw::NegativeMoney,
        ),
        (
            change(Kind::AttachDocument, |it| it.money = Money::from_cents(1)),
            Flaw::UnexpectedMoney,
        ),
        (
            change(bill, |it| request(it).before.clear()),
            Flaw::NoPreImage,
        ),
        (
            change(bill, |it| request(it).before[0].standing = None),
            Flaw::NoPreImage,
        ),
        (
            change(bill, |it| request(it).before[0].record.id = "146".into()),
            Flaw::NoPreImage,
        ),
        (change(bill, |it| request(it).id = None), Flaw::WrongRecord),
        (
            change(bill, |it| request(it).verb = Verb::Create),
            Flaw::WrongRecord,
        ),
        (
            change(Kind::AttachDocument, |it| it.document = None),
            Flaw::WrongDocument,
        ),
        (
            change(Kind::Recode, |it| it.document = Some(document())),
            Flaw::WrongDocument,
        ),
    ];
    for (found, expected) in flaws {
        assert_eq!(found, Err(expected));
    }
}

#[test]
fn whatever_is_changed_about_a_draft_changes_its_digest() {
    let whole = draft(Kind::PostBill);
    let digest = |draft: &Draft| draft.digest("ten_1", "prp_1", 1);
    let mut seen = vec![digest(&whole)];
    let changes: [fn(&mut Draft); 23] = [
        |it| it.kind = Kind::Recode,
        |it| it.department = Department::Financial,
        |it| it.company = "9131".into(),
        |it| it.sentence.push('.'),
        |it| it.money = Money::from_cents(120_001),
        |it| it.party = None,
        |it| it.party = Some("73".into()),
        |it| request(it).verb = Verb::Void,
        |it| request(it).entity = "Purchase".into(),
        |it| request(it).id = Some("146".into()),
        |it| request(it).body.push(' '),
        |it| request(it).before[0].content = Digest::of(b"as it is"),
        |it| request(it).before[0].standing = None,
        |it| request(it).before[0].record.id = "146".into(),
        |it| it.request = None,
        |it| it.instructions.push(String::new()),
        |it| it.figures[0].value = "1,200.01".to_owned(),
        |it| it.figures[0].definition = "bridge.cost@2".into(),
        |it| it.figures.clear(),
        |it| it.evidence[0].kind = "Purchase".into(),
        |it| it.evidence.clear(),
        |it| it.finding = None,
        |it| it.undoes = Some("prp_0".into()),
    ];
    for change in changes {
        let mut one = whole.clone();
        change(&mut one);
        seen.push(digest(&one));
    }
    let of_documents: [fn(&mut Document); 6] = [
        |_| {},
        |it| it.id = "doc_2".into(),
        |it| it.name.push('x'),
        |it| it.media_type = "image/png".into(),
        |it| it.bytes = 5,
        |it| it.digest = Digest::of(b"%PDG"),
    ];
    for change in of_documents {
        let (mut one, mut with) = (whole.clone(), document());
        change(&mut with);
        one.document = Some(with);
        seen.push(digest(&one));
    }
    seen.push(whole.digest("ten_2", "prp_1", 1));
    seen.push(whole.digest("ten_1", "prp_2", 1));
    seen.push(whole.digest("ten_1", "prp_1", 2));
    let count = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), count, "two different drafts have one digest");
    assert_eq!(digest(&whole), digest(&whole.clone()));
}

#[test]
fn a_draft_that_was_kept_with_a_list_of_one_request_is_the_same_draft() {
    let one = Draft {
        document: None,
        ..draft(Kind::PostBill)
    };
    let mut kept = serde_json::to_value(&one).unwrap();
    assert_eq!(serde_json::from_value::<Draft>(kept.clone()).unwrap(), one);
    let members = kept.as_object_mut().unwrap();
    members.remove("document");
    let request = members.remove("request").unwrap();
    members.insert("steps".to_owned(), serde_json::json!([request]));
    assert_eq!(serde_json::from_value::<Draft>(kept.clone()).unwrap(), one);
    let by_hand = draft(Kind::Instruct);
    let mut kept = serde_json::to_value(&by_hand).unwrap();
    let members = kept.as_object_mut().unwrap();
    members.remove("request");
    members.insert("steps".to_owned(), serde_json::json!([]));
    assert_eq!(serde_json::from_value::<Draft>(kept).unwrap(), by_hand);
}

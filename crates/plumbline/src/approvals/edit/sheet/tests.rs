use super::*;

fn names() -> Names {
    let mut names = Names::default();
    let mut add = |kind, id: &str, name: &str, active: bool| {
        let body = format!("{{\"FullyQualifiedName\":\"{name}\",\"Active\":{active}}}");
        names.add(kind, id.into(), &body);
    };
    add("Account", "80", "Job costs:Subcontractors", true);
    add("Account", "81", "Job costs:Materials", true);
    add("Account", "82", "Old costs", false);
    add("Item", "3", "Framing", true);
    add("Customer", "5", "Foothills:Elm Street", true);
    add("Customer", "6", "Mesa", true);
    add("Customer", "7", "mesa", true);
    add("Customer", "8", "Copper Ridge", true);
    add("Vendor", "72", "Copper Ridge Masonry", true);
    add("Vendor", "73", "Copper Ridge", true);
    add("Class", "9", "Commercial", true);
    names
}

fn bill() -> Correction {
    let line = |cents, on, customer: Option<&str>| BillLine {
        amount: Money::from_cents(cents),
        on,
        customer: customer.map(Into::into),
        class: Some("9".into()),
        description: "Framing".into(),
    };
    Correction::PostBill(NewBill {
        vendor: "72".into(),
        number: "88121".into(),
        date: "2026-11-20".parse().unwrap(),
        due: Some("2026-12-20".parse().unwrap()),
        location: Some("2".into()),
        lines: vec![
            line(123_450, Coding::Account("80".into()), Some("5")),
            line(-23_450, Coding::Item("3".into()), None),
        ],
    })
}

fn invoice() -> Correction {
    Correction::EnterInvoice(NewInvoice {
        customer: "5".into(),
        number: "1087".into(),
        date: "2026-11-20".parse().unwrap(),
        due: None,
        location: None,
        lines: vec![InvoiceLine {
            amount: Money::from_cents(700),
            item: "3".into(),
            class: None,
            description: "Work".into(),
        }],
    })
}

fn entry() -> Correction {
    let line = |posting, entity| JournalLine {
        posting,
        amount: Money::from_cents(5_000),
        account: "80".into(),
        entity,
        class: None,
        description: "Labor".into(),
    };
    Correction::PostJournal(NewJournal {
        number: "J-1".into(),
        date: "2026-11-20".parse().unwrap(),
        lines: vec![
            line(Posting::Debit, Some(Entity::Customer("5".into()))),
            line(Posting::Credit, Some(Entity::Vendor("72".into()))),
        ],
    })
}

#[test]
fn a_sheet_that_nobody_changed_is_what_it_was_made_of() {
    let names = names();
    for was in [bill(), invoice(), entry()] {
        let mut sheet = Sheet::of(&was, &names);
        assert_eq!(sheet.correction(&was, &names).as_ref(), Ok(&was));
        // A line to be filled in says nothing until it has an amount.
        let another = sheet.another();
        sheet.lines.push(another);
        assert_eq!(sheet.correction(&was, &names).as_ref(), Ok(&was));
    }
}

#[test]
fn what_is_written_is_what_is_entered_and_who_is_paid_stays() {
    let names = names();
    let mut sheet = Sheet::of(&bill(), &names);
    sheet.number = " 88121-A ".to_owned();
    sheet.date = "2026-11-21".to_owned();
    sheet.due = Some(String::new());
    sheet.lines[0].amount = "$2,000.10".to_owned();
    sheet.lines[0].on = "job costs:materials".to_owned();
    sheet.lines[0].class = String::new();
    sheet.lines[1].amount = String::new();
    let made = sheet.correction(&bill(), &names).unwrap();
    let Correction::PostBill(made) = made else {
        panic!("{made:?}");
    };
    let Correction::PostBill(was) = bill() else {
        unreachable!()
    };
    assert_eq!((made.vendor, made.location), (was.vendor, was.location));
    assert_eq!((made.number.as_str(), made.due), ("88121-A", None));
    assert_eq!(made.lines.len(), 1, "a line without an amount is left out");
    assert_eq!(made.lines[0].amount, Money::from_cents(200_010));
    assert_eq!(made.lines[0].on, Coding::Account("81".into()));
    assert_eq!(made.lines[0].class, None);
}

/// Each mistake alone is refused, with the line in which it is.
#[test]
fn every_mistake_is_told_with_its_line() {
    let names = names();
    type Spoil = fn(&mut Sheet);
    let cases: [(&str, Option<usize>, Spoil); 11] = [
        ("number", None, |it| it.number = " ".to_owned()),
        ("21 characters", None, |it| it.number = "9".repeat(22)),
        ("The date", None, |it| it.date = "tomorrow".to_owned()),
        ("is due", None, |it| it.due = Some("32".to_owned())),
        ("one line", None, |it| it.lines.clear()),
        ("below zero", None, |it| {
            it.lines[0].amount = "1.00".to_owned()
        }),
        ("no amount", Some(1), |it| {
            it.lines[0].amount = "0.005".to_owned()
        }),
        ("an amount, or nothing", Some(2), |it| {
            it.lines[1].amount = "0".to_owned()
        }),
        ("one active account", Some(1), |it| {
            it.lines[0].on = "Old costs".to_owned()
        }),
        ("one active customer", Some(1), |it| {
            it.lines[0].job = Some("MESA".to_owned())
        }),
        ("one active class", Some(2), |it| {
            it.lines[1].class = "Residential".to_owned()
        }),
    ];
    for (told, line, spoil) in cases {
        let mut sheet = Sheet::of(&bill(), &names);
        spoil(&mut sheet);
        let flaws = sheet.correction(&bill(), &names).unwrap_err();
        assert_eq!(flaws.len(), 1, "{told}: {flaws:?}");
        assert!(flaws[0].text.contains(told), "{told}: {flaws:?}");
        assert_eq!(flaws[0].line, line, "{told}");
    }
}

#[test]
fn an_entry_balances_and_each_of_its_lines_is_of_one_party() {
    let names = names();
    let refused = |spoil: fn(&mut Sheet)| {
        let mut sheet = Sheet::of(&entry(), &names);
        spoil(&mut sheet);
        let flaws = sheet.correction(&entry(), &names).unwrap_err();
        flaws
            .into_iter()
            .map(|it| it.text)
            .collect::<Vec<_>>()
            .join(" ")
    };
    let unequal = refused(|it| it.lines[0].amount = "50.01".to_owned());
    assert!(
        unequal.contains("50.01") && unequal.contains("50.00"),
        "{unequal}"
    );
    let one_sided = refused(|it| it.lines[1].side = Some("Debit".to_owned()));
    assert!(
        one_sided.contains("100.00") && one_sided.contains("0.00"),
        "{one_sided}"
    );
    let negative = refused(|it| it.lines[0].amount = "-50".to_owned());
    assert!(negative.contains("above zero"), "{negative}");
    let both = refused(|it| it.lines[0].job = Some("Copper Ridge".to_owned()));
    assert!(both.contains("A customer and a vendor"), "{both}");
}

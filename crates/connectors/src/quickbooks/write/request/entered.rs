//! What a request enters, in the words of the trade, so that a person can say it otherwise.

use figures::model::Posting;
use figures::{Date, SmolStr};
use gate::correction::{
    BillLine, Coding, Correction, Entity, InvoiceLine, JournalLine, NewBill, NewInvoice, NewJournal,
};
use gate::draft::{Request, Verb};
use serde_json::Value;

use super::amount_of;

/// The bill, invoice or entry that a request makes, for one that was made of a correction; nothing for
/// any other.
#[must_use]
pub fn entered(request: &Request) -> Option<Correction> {
    if request.verb != Verb::Create {
        return None;
    }
    let body: Value = serde_json::from_str(&request.body).ok()?;
    let lines = body.get("Line")?.as_array()?;
    match request.entity.as_str() {
        "Bill" => Some(Correction::PostBill(NewBill {
            vendor: id(&body, "VendorRef")?,
            number: text(&body, "DocNumber")?,
            date: day(&body, "TxnDate")?,
            due: day(&body, "DueDate"),
            location: id(&body, "DepartmentRef"),
            lines: lines.iter().map(bill_line).collect::<Option<_>>()?,
        })),
        "Invoice" => Some(Correction::EnterInvoice(NewInvoice {
            customer: id(&body, "CustomerRef")?,
            number: text(&body, "DocNumber")?,
            date: day(&body, "TxnDate")?,
            due: day(&body, "DueDate"),
            location: id(&body, "DepartmentRef"),
            lines: lines.iter().map(invoice_line).collect::<Option<_>>()?,
        })),
        "JournalEntry" => Some(Correction::PostJournal(NewJournal {
            number: text(&body, "DocNumber")?,
            date: day(&body, "TxnDate")?,
            lines: lines.iter().map(journal_line).collect::<Option<_>>()?,
        })),
        _ => None,
    }
}

fn text(value: &Value, name: &str) -> Option<SmolStr> {
    value.get(name)?.as_str().map(SmolStr::new)
}

fn id(value: &Value, name: &str) -> Option<SmolStr> {
    text(value.get(name)?, "value")
}

fn day(value: &Value, name: &str) -> Option<Date> {
    value.get(name)?.as_str()?.parse().ok()
}

fn description(line: &Value) -> SmolStr {
    text(line, "Description").unwrap_or_default()
}

fn detail(line: &Value) -> Option<&Value> {
    line.get(line.get("DetailType")?.as_str()?)
}

fn bill_line(line: &Value) -> Option<BillLine> {
    let detail = detail(line)?;
    let account = id(detail, "AccountRef").map(Coding::Account);
    Some(BillLine {
        amount: amount_of(line)?,
        on: account.or_else(|| id(detail, "ItemRef").map(Coding::Item))?,
        customer: id(detail, "CustomerRef"),
        class: id(detail, "ClassRef"),
        description: description(line),
    })
}

fn invoice_line(line: &Value) -> Option<InvoiceLine> {
    let detail = detail(line)?;
    Some(InvoiceLine {
        amount: amount_of(line)?,
        item: id(detail, "ItemRef")?,
        class: id(detail, "ClassRef"),
        description: description(line),
    })
}

fn journal_line(line: &Value) -> Option<JournalLine> {
    let detail = detail(line)?;
    let entity = match detail.get("Entity") {
        None => None,
        Some(entity) => {
            let its = id(entity, "EntityRef")?;
            match entity.get("Type")?.as_str()? {
                "Customer" => Some(Entity::Customer(its)),
                "Vendor" => Some(Entity::Vendor(its)),
                _ => return None,
            }
        }
    };
    Some(JournalLine {
        posting: match detail.get("PostingType")?.as_str()? {
            "Debit" => Posting::Debit,
            "Credit" => Posting::Credit,
            _ => return None,
        },
        amount: amount_of(line)?,
        account: id(detail, "AccountRef")?,
        entity,
        class: id(detail, "ClassRef"),
        description: description(line),
    })
}

#[cfg(test)]
mod tests {
    use super::super::request;
    use super::super::tests::lookup;
    use super::*;
    use figures::Money;

    fn some(id: &str, is: bool) -> Option<SmolStr> {
        is.then(|| id.into())
    }

    /// Each kind with and without everything that may be missing.
    fn corrections() -> Vec<Correction> {
        let date: Date = "2026-11-20".parse().unwrap();
        let mut all = Vec::new();
        for is in [true, false] {
            let due = is.then_some(date);
            let bill_line = |on, cents| BillLine {
                amount: Money::from_cents(cents),
                on,
                customer: some("5", is),
                class: some("9", !is),
                description: if is {
                    "Framing".into()
                } else {
                    SmolStr::default()
                },
            };
            all.push(Correction::PostBill(NewBill {
                vendor: "72".into(),
                number: "CRM-88121".into(),
                date,
                due,
                location: some("2", is),
                lines: vec![
                    bill_line(Coding::Account("80".into()), 1_000_005),
                    bill_line(Coding::Item("3".into()), -1),
                ],
            }));
            all.push(Correction::EnterInvoice(NewInvoice {
                customer: "5".into(),
                number: "1087".into(),
                date,
                due,
                location: some("2", !is),
                lines: vec![InvoiceLine {
                    amount: Money::from_cents(7),
                    item: "3".into(),
                    class: some("9", is),
                    description: "Work".into(),
                }],
            }));
            let entry_line = |posting, entity| JournalLine {
                posting,
                amount: Money::from_cents(12_345),
                account: "80".into(),
                entity,
                class: some("9", is),
                description: "Labor".into(),
            };
            let customer = is.then(|| Entity::Customer("5".into()));
            all.push(Correction::PostJournal(NewJournal {
                number: "J-1".into(),
                date,
                lines: vec![
                    entry_line(Posting::Debit, customer),
                    entry_line(Posting::Credit, Some(Entity::Vendor("72".into()))),
                ],
            }));
        }
        all
    }

    #[test]
    fn what_a_request_enters_is_what_it_was_made_of() {
        for correction in corrections() {
            let made = request(&correction, "prp_1", &lookup).unwrap();
            assert_eq!(entered(&made).as_ref(), Some(&correction));
            let changed = Request {
                verb: Verb::Update,
                ..made
            };
            assert_eq!(entered(&changed), None);
        }
    }
}

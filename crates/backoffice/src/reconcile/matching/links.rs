//! Ids of QuickBooks that an integration left in Procore's `origin_id`.

use figures::model::DocumentKind;

/// What an `origin_id` says: the QuickBooks id, and the kinds of entity it may belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OriginLink<'a> {
    /// The id in QuickBooks.
    pub(crate) id: &'a str,
    /// The kind, when the text names one.
    pub(crate) kind: Option<DocumentKind>,
    /// The text says that it is QuickBooks', so that a missing partner is a broken link.
    pub(crate) certain: bool,
}

/// Words in front of the id and the entity they stand for, the longer first.
const WORDS: [(&str, DocumentKind); 17] = [
    ("BILLPAYMENT", DocumentKind::BillPayment),
    ("BILLPMT", DocumentKind::BillPayment),
    ("VENDORCREDIT", DocumentKind::VendorCredit),
    ("PURCHASEORDER", DocumentKind::PurchaseOrder),
    ("JOURNALENTRY", DocumentKind::JournalEntry),
    ("CREDITMEMO", DocumentKind::CreditMemo),
    ("ESTIMATE", DocumentKind::Estimate),
    ("PURCHASE", DocumentKind::Purchase),
    ("INVOICE", DocumentKind::Invoice),
    ("PAYMENT", DocumentKind::Payment),
    ("EXPENSE", DocumentKind::Purchase),
    ("CHECK", DocumentKind::Purchase),
    ("BILL", DocumentKind::Bill),
    ("EST", DocumentKind::Estimate),
    ("INV", DocumentKind::Invoice),
    ("PO", DocumentKind::PurchaseOrder),
    ("JE", DocumentKind::JournalEntry),
];

/// Reads `QBO-BILL-9931`, `qbo:310`, `Bill/234` or a plain id; anything else is another system's.
pub(crate) fn parse(origin_id: &str) -> Option<OriginLink<'_>> {
    let digits = origin_id
        .bytes()
        .rev()
        .take_while(u8::is_ascii_digit)
        .count();
    let (prefix, id) = origin_id.split_at(origin_id.len() - digits);
    if id.is_empty() {
        return None;
    }
    let words: String = prefix
        .chars()
        .filter(char::is_ascii_alphabetic)
        .map(|letter| letter.to_ascii_uppercase())
        .collect();
    if words.is_empty() {
        let plain = prefix.is_empty();
        return plain.then_some(OriginLink {
            id,
            kind: None,
            certain: false,
        });
    }
    let ours = ["QBO", "QB", "QUICKBOOKS", "INTUIT"]
        .iter()
        .find_map(|name| {
            words
                .strip_prefix(name)
                .map(|rest| rest.trim_start_matches("ONLINE"))
        });
    let rest = ours.unwrap_or(&words);
    let kind = WORDS
        .iter()
        .find(|(word, _)| *word == rest)
        .map(|(_, kind)| *kind);
    (ours.is_some() || kind.is_some()).then_some(OriginLink {
        id,
        kind,
        certain: true,
    })
}

/// The id in a link of a project, vendor or cost code, whatever word stands before it.
pub(crate) fn parse_plain(origin_id: &str) -> Option<&str> {
    let digits = origin_id
        .bytes()
        .rev()
        .take_while(u8::is_ascii_digit)
        .count();
    let (prefix, id) = origin_id.split_at(origin_id.len() - digits);
    let words: String = prefix
        .chars()
        .filter(char::is_ascii_alphabetic)
        .flat_map(char::to_uppercase)
        .collect();
    let known = [
        "QBO",
        "QB",
        "QUICKBOOKS",
        "CUST",
        "VEND",
        "ITEM",
        "ACCOUNT",
        "CLASS",
        "PROJ",
        "JOB",
    ];
    let ours = prefix.is_empty() || known.iter().any(|word| words.contains(word));
    (ours && !id.is_empty()).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ways_integrations_write_an_id_are_read() {
        let bill = Some(DocumentKind::Bill);
        for text in [
            "QBO-BILL-9931",
            "qbo:bill:9931",
            "Bill/9931",
            "QuickBooks Bill 9931",
        ] {
            let link = parse(text).map(|link| (link.id, link.kind, link.certain));
            assert_eq!(link, Some(("9931", bill, true)), "{text}");
        }
        assert_eq!(
            parse("310").map(|link| (link.id, link.certain)),
            Some(("310", false))
        );
        assert_eq!(
            parse("QBO-310").map(|link| (link.id, link.kind)),
            Some(("310", None))
        );
    }

    #[test]
    fn an_id_of_another_system_is_no_link() {
        for text in ["SAGE-771", "", "VISTA:JC/12", "abc", "12-34"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}

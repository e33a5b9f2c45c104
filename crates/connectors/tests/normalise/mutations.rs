//! Damaged records: whatever happens to a line, it becomes a record or a rejection, never a panic
//! and never silence.

use std::path::Path;

use connectors::snapshot;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

const PROCORE: [(&str, &str); 6] = [
    (
        "projects",
        r#"{"id":882301,"name":"Harbor","project_number":"1042","active":true,"updated_at":"2026-06-30T21:15:40Z"}"#,
    ),
    (
        "work_order_contracts",
        r#"{"id":430118,"number":"SC-3","status":"Approved","retainage_percent":"10.0","grand_total":"214000.0","approved_change_orders":"9800.0","revised_contract":"223800.0","vendor":{"id":60212,"company":"Brightline"},"contract_date":"2026-02-10","currency_configuration":{"currency_iso_code":null}}"#,
    ),
    (
        "requisitions",
        r#"{"id":1280646,"number":4,"status":"approved","billing_date":"2026-06-25","summary":{"total_completed_and_stored_to_date":"132000.00","total_retainage":"13200.00","total_earned_less_retainage":"118800.00","less_previous_certificates_for_payment":"96300.00","current_payment_due":"22500.00"},"items":[{"item_type":"contract_item","cost_code_id":311,"total_completed_and_stored_to_date":"1.00"}]}"#,
    ),
    (
        "contract_payments",
        r#"{"id":88120,"amount":"540000.0","date":"2026-06-05","check_number":"20418","payment_number":2}"#,
    ),
    (
        "timecard_entries",
        r#"{"id":3301177,"date":"2026-06-29","hours":"9.5","party":{"id":771204,"name":"Luis \u00e9"},"cost_code":{"id":311}}"#,
    ),
    (
        "vendors",
        r#"{"id":60212,"name":"Brightline 🏗 של","is_active":true}"#,
    ),
];

const QUICKBOOKS: [(&str, &str); 6] = [
    (
        "Bill",
        r#"{"Id":"234","SyncToken":"0","VendorRef":{"value":"72","name":"Cascade"},"TxnDate":"2026-11-12","Line":[{"Id":"1","Amount":6000.5,"DetailType":"AccountBasedExpenseLineDetail","AccountBasedExpenseLineDetail":{"AccountRef":{"value":"51"},"CustomerRef":{"value":"61"}}}],"TotalAmt":6000.5,"Balance":0,"LinkedTxn":[{"TxnId":"330","TxnType":"BillPaymentCheck"}]}"#,
    ),
    (
        "JournalEntry",
        r#"{"Id":"300","TxnDate":"2026-10-31","Line":[{"Amount":18250,"DetailType":"JournalEntryLineDetail","JournalEntryLineDetail":{"PostingType":"Debit","AccountRef":{"value":"95"},"Entity":{"Type":"Customer","EntityRef":{"value":"61"}}}}]}"#,
    ),
    (
        "Customer",
        r#"{"Id":"61","DisplayName":"Harbor","Job":true,"ParentRef":{"value":"58"},"Balance":90000}"#,
    ),
    (
        "Account",
        r#"{"Id":"91","Name":"Retainage","Classification":"Asset","AccountType":"Other Current Asset"}"#,
    ),
    (
        "Preferences",
        r#"{"Id":"1","SyncToken":"14","AccountingInfoPrefs":{"BookCloseDate":"2026-09-30"},"CurrencyPrefs":{"HomeCurrency":{"value":"USD"}}}"#,
    ),
    (
        "Term",
        r#"{"Id":"3","Name":"Net 30","DiscountPercent":2,"DiscountDays":10}"#,
    ),
];

/// What happens to a line: a byte put in, taken out, replaced, or a piece cut or repeated.
#[derive(Debug, Clone)]
enum Damage {
    Put(prop::sample::Index, u8),
    Take(prop::sample::Index),
    Replace(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Repeat(prop::sample::Index, prop::sample::Index),
    Value(prop::sample::Index, &'static str),
}

fn damage() -> impl Strategy<Value = Damage> {
    let place = any::<prop::sample::Index>;
    let telling = prop::sample::select(b"{}[]\",:\\0129eE.-+tfn \xff\xf0\x00".to_vec());
    let values = prop::sample::select(vec![
        "null",
        "true",
        "{}",
        "[]",
        "[[]]",
        "\"\"",
        "-1",
        "1e3",
        "1e999",
        "\"1e3\"",
        "0.001",
        "99999999999999999999",
        "\"٣\"",
        "\"\\ud800\"",
        "\"2026-02-30\"",
        "{\"id\":null}",
        "{\"value\":{}}",
        "\"x\"",
    ]);
    prop_oneof![
        (place(), telling.clone()).prop_map(|(at, byte)| Damage::Put(at, byte)),
        place().prop_map(Damage::Take),
        (place(), telling).prop_map(|(at, byte)| Damage::Replace(at, byte)),
        place().prop_map(Damage::Cut),
        (place(), place()).prop_map(|(from, to)| Damage::Repeat(from, to)),
        (place(), values).prop_map(|(at, value)| Damage::Value(at, value)),
    ]
}

fn damaged(line: &str, damages: &[Damage]) -> Vec<u8> {
    let mut bytes = line.as_bytes().to_vec();
    for damage in damages {
        if bytes.is_empty() {
            break;
        }
        match damage {
            Damage::Put(at, byte) => bytes.insert(at.index(bytes.len()), *byte),
            Damage::Take(at) => {
                bytes.remove(at.index(bytes.len()));
            }
            Damage::Replace(at, byte) => {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            Damage::Cut(at) => bytes.truncate(at.index(bytes.len())),
            Damage::Repeat(from, to) => {
                let (from, to) = (from.index(bytes.len()), to.index(bytes.len()));
                let piece = bytes[from.min(to)..from.max(to)].to_vec();
                bytes.splice(from..from, piece);
            }
            Damage::Value(at, value) => replace_value(&mut bytes, at, value),
        }
    }
    // A line end would make two lines of one.
    bytes.retain(|byte| !matches!(byte, b'\n' | b'\r'));
    bytes
}

/// Replaces what stands after one of the colons by another JSON value.
fn replace_value(bytes: &mut Vec<u8>, at: &prop::sample::Index, value: &str) {
    let colons: Vec<usize> = (0..bytes.len())
        .filter(|place| bytes[*place] == b':')
        .collect();
    if colons.is_empty() {
        return;
    }
    let start = colons[at.index(colons.len())] + 1;
    let length = bytes[start..]
        .iter()
        .position(|byte| matches!(byte, b',' | b'}' | b']'))
        .unwrap_or(bytes.len() - start);
    bytes.splice(start..start + length, value.bytes());
}

fn write_folder(dir: &Path, system: &str, file: &str, lines: &[Vec<u8>]) {
    let head = r#"{"format":1,"as_of":"2026-10-31","time_zone":"UTC","procore":{"company_id":1},"quickbooks":{"realm_id":"1"}}"#;
    std::fs::write(dir.join("snapshot.json"), head).unwrap();
    std::fs::create_dir(dir.join(system)).unwrap();
    std::fs::write(
        dir.join(system).join(format!("{file}.ndjson")),
        lines.join(&b"\n"[..]),
    )
    .unwrap();
}

/// How many records and rejections a folder gives.
fn outcome(dir: &Path) -> (usize, usize) {
    let snapshot = snapshot::read(dir).unwrap();
    let project = snapshot.books.project.unwrap();
    let ledger = snapshot.books.ledger.unwrap();
    let records = project.projects.len()
        + project.commitments.len()
        + project.subcontractor_invoices.len()
        + project.contract_payments.len()
        + project.time_entries.len()
        + project.parties.len()
        + ledger.documents.len()
        + ledger.tombstones.len()
        + ledger.customers.len()
        + ledger.accounts.len()
        + usize::from(ledger.closing_date.is_some())
        + ledger.terms.len();
    (records, snapshot.rejections.len())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 800,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(20_261_031),
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_damaged_line_becomes_a_record_or_a_rejection(
        which in 0..12_usize,
        damages in prop::collection::vec(damage(), 0..4),
    ) {
        let (system, file, line) = match which.checked_sub(6) {
            None => {
                let (file, body) = PROCORE[which];
                ("procore", file, format!(r#"{{"project_id": 7, "parent_id": 70, "body": {body}}}"#))
            }
            Some(which) => ("quickbooks", QUICKBOOKS[which].0, QUICKBOOKS[which].1.to_owned()),
        };
        let bytes = damaged(&line, &damages);
        let dir = tempfile::tempdir().unwrap();
        write_folder(dir.path(), system, file, std::slice::from_ref(&bytes));
        let (records, rejections) = outcome(dir.path());
        let is_blank = std::str::from_utf8(&bytes)
            .is_ok_and(|text| text.trim().trim_start_matches('\u{feff}').is_empty());
        // Settings without a closing date and projects that are demonstrations leave no trace.
        let may_be_silent = is_blank || matches!(file, "Preferences" | "projects");
        prop_assert!(records + rejections >= 1 || may_be_silent, "{}", String::from_utf8_lossy(&bytes));
        prop_assert!(records <= 1 && rejections <= 1);
        if damages.is_empty() {
            prop_assert_eq!((records, rejections), (1, 0));
        }
    }

    #[test]
    fn the_order_of_the_lines_does_not_change_the_books(
        seed in prop::collection::vec(any::<prop::sample::Index>(), 40),
    ) {
        let mut lines: Vec<Vec<u8>> = (0..40)
            .map(|id: u32| {
                let version = id % 3;
                format!(r#"{{"Id":"{}","SyncToken":"{version}","TxnDate":"2026-01-20","TotalAmt":{id}}}"#, id / 3).into_bytes()
            })
            .collect();
        let ordered = tempfile::tempdir().unwrap();
        write_folder(ordered.path(), "quickbooks", "Bill", &lines);
        for (place, other) in seed.iter().enumerate() {
            lines.swap(place, other.index(40));
        }
        let shuffled = tempfile::tempdir().unwrap();
        write_folder(shuffled.path(), "quickbooks", "Bill", &lines);
        let books = |dir: &Path| {
            let snapshot = snapshot::read(dir).unwrap();
            format!("{:?} {:?}", snapshot.books.ledger, snapshot.rejections)
        };
        prop_assert_eq!(books(ordered.path()), books(shuffled.path()));
    }
}

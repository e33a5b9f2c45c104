use super::*;
use crate::contract::at;

fn entry(hour: i64, tenant: &str, what: What) -> Entry {
    Entry::new(
        at(hour),
        tenant,
        what,
        ("psn_dana", "The business was sold."),
    )
}

/// A ledger with an erasure from its beginning to its end, and another one that began.
fn filled(folder: &Path) -> (Ledger, Vec<Entry>) {
    let ledger = Ledger::of_folder(folder);
    let entries = vec![
        entry(1, "tnt_a", What::Begun),
        entry(2, "tnt_a", What::Done),
        entry(3, "tnt_b", What::Begun),
    ];
    for entry in &entries {
        ledger.append(std::slice::from_ref(entry)).unwrap();
    }
    (ledger, entries)
}

#[test]
fn what_was_written_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, entries) = filled(folder.path());
    assert_eq!(ledger.entries().unwrap(), entries);
    ledger.make().unwrap();
    assert_eq!(ledger.entries().unwrap(), entries, "making it emptied it");
}

#[test]
fn a_ledger_that_is_not_there_is_no_empty_one() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::of_folder(folder.path());
    assert!(ledger.entries().is_err());
    assert!(Known::of(std::slice::from_ref(&ledger)).is_err());
    ledger.make().unwrap();
    assert!(Known::of(&[ledger]).unwrap().entries().is_empty());
}

#[test]
fn a_line_that_was_changed_taken_out_or_put_elsewhere_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, _) = filled(folder.path());
    let text = std::fs::read_to_string(folder.path().join(LEDGER)).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let changed = lines[0].replace("tnt_a", "tnt_c");
    for other in [
        vec![changed.as_str(), lines[1], lines[2]],
        vec![lines[1], lines[2]],
        vec![lines[0], lines[2]],
        vec![lines[1], lines[0], lines[2]],
        vec![lines[0], lines[1], lines[1], lines[2]],
        vec![lines[0], "{}", lines[2]],
    ] {
        std::fs::write(folder.path().join(LEDGER), other.join("\n") + "\n").unwrap();
        let read = ledger.entries();
        assert!(matches!(read, Err(StoreError::Ledger { .. })), "{other:?}");
        assert!(ledger.append(&[entry(9, "tnt_d", What::Begun)]).is_err());
    }
}

#[test]
fn half_a_line_of_a_process_that_was_killed_does_not_count_and_is_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, mut entries) = filled(folder.path());
    let whole = std::fs::read(folder.path().join(LEDGER)).unwrap();
    let cut = whole.len() - 5;
    std::fs::write(folder.path().join(LEDGER), &whole[..cut]).unwrap();
    entries.pop();
    assert_eq!(ledger.entries().unwrap(), entries);
    let next = entry(9, "tnt_d", What::Begun);
    ledger.append(std::slice::from_ref(&next)).unwrap();
    entries.push(next);
    assert_eq!(ledger.entries().unwrap(), entries);
}

#[test]
fn a_tenant_is_erased_from_the_first_line_on_until_it_is_brought_back() {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, _) = filled(folder.path());
    let is_erased = |id: &str| {
        let known = Known::of(std::slice::from_ref(&ledger)).unwrap();
        known.erasure_of(id).is_some()
    };
    assert!(is_erased("tnt_a") && is_erased("tnt_b") && !is_erased("tnt_c"));
    ledger
        .append(&[entry(4, "tnt_a", What::BroughtBack)])
        .unwrap();
    assert!(!is_erased("tnt_a") && is_erased("tnt_b"));
    ledger.append(&[entry(5, "tnt_a", What::Begun)]).unwrap();
    assert!(is_erased("tnt_a"));
}

#[test]
fn ledgers_know_together_what_each_of_them_knows_once() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (first, mut entries) = filled(one.path());
    let (second, _) = filled(two.path());
    let later = entry(7, "tnt_e", What::Begun);
    second.append(std::slice::from_ref(&later)).unwrap();
    entries.push(later);
    let known = Known::of(&[first.clone(), second]).unwrap();
    assert_eq!(known.entries(), entries);
    first
        .replace(&known, &[entry(8, "tnt_e", What::Again)])
        .unwrap();
    entries.push(entry(8, "tnt_e", What::Again));
    assert_eq!(first.entries().unwrap(), entries);
    let nothing = Known::nothing("The disk with it burned.", at(9));
    assert_eq!(nothing.entries()[0].reason, "The disk with it burned.");
}

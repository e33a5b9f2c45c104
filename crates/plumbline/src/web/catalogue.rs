//! What the checks are called and mean, for people: read from the catalogue that is generated
//! from the checks themselves.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// One check, as its documentation tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// `Unapplied payment`.
    pub title: String,
    /// What it is.
    pub what: String,
    /// Why it happens.
    pub why: String,
    /// What to do.
    pub next: String,
}

const TEXT: &str = include_str!("../../../../docs/reference/checks.md");

static ENTRIES: LazyLock<BTreeMap<String, Entry>> = LazyLock::new(|| parse(TEXT));

/// The entry of a code such as `R01`; a code that is retired is called by itself.
#[must_use]
pub fn entry(code: &str) -> Entry {
    ENTRIES.get(code).cloned().unwrap_or_else(|| Entry {
        title: code.to_owned(),
        ..Entry::default()
    })
}

/// The title of a code.
#[must_use]
pub fn title(code: &str) -> String {
    entry(code).title
}

fn parse(text: &str) -> BTreeMap<String, Entry> {
    let mut found = BTreeMap::new();
    let mut current: Option<(String, Entry)> = None;
    for paragraph in text.split("\n\n") {
        let paragraph = paragraph.trim().replace('\n', " ");
        if let Some(heading) = paragraph.strip_prefix("## ") {
            found.extend(current.take());
            current = heading.split_once(' ').map(|(code, title)| {
                let title = title.to_owned();
                (
                    code.to_owned(),
                    Entry {
                        title,
                        ..Entry::default()
                    },
                )
            });
            continue;
        }
        let Some((_, entry)) = &mut current else {
            continue;
        };
        for (mark, field) in [
            ("**What.** ", &mut entry.what),
            ("**Why it happens.** ", &mut entry.why),
            ("**What to do.** ", &mut entry.next),
        ] {
            if let Some(text) = paragraph.strip_prefix(mark) {
                text.clone_into(field);
            }
        }
    }
    found.extend(current);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use backoffice::reconcile::checks::CHECKS;

    #[test]
    fn every_check_has_its_words() {
        for check in CHECKS {
            let code = check.id.split('_').next().unwrap();
            let entry = entry(code);
            assert!(entry.title.len() > 3, "{code}");
            assert!(!entry.what.is_empty() && !entry.next.is_empty(), "{code}");
        }
    }

    #[test]
    fn a_retired_code_is_called_by_itself() {
        assert_eq!(title("R99"), "R99");
    }
}

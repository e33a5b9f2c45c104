//! What a person asked the worklist for. All of it is in the address, so it can be sent on.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::web::tenant_view::{BooksView, Item};

/// The query of an address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Asking {
    /// `timing`, `unproven` or `done`; what is to be decided otherwise.
    pub tab: String,
    /// A job's id.
    pub job: String,
    /// A catalogue code.
    pub class: String,
    /// `job` or `class`.
    pub group: String,
    /// Words to find.
    pub find: String,
    /// The page, from 1.
    pub page: String,
    /// The number of the decision that was just made.
    pub done: Option<i64>,
}

/// Which items are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// What asks for something.
    Decide,
    /// What clears by itself.
    Timing,
    /// What the newest comparison could neither find nor prove gone.
    Unproven,
    /// What is gone.
    Done,
}

impl Tab {
    /// All of them, in order.
    pub const ALL: [Self; 4] = [Self::Decide, Self::Timing, Self::Unproven, Self::Done];

    /// Its name in addresses; empty for the first.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Decide => "",
            Self::Timing => "timing",
            Self::Unproven => "unproven",
            Self::Done => "done",
        }
    }

    /// Its words.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Decide => "To decide",
            Self::Timing => "Timing",
            Self::Unproven => "Not proven",
            Self::Done => "Cleared",
        }
    }

    fn holds(self, item: &Item) -> bool {
        match self {
            Self::Decide => !item.is_timing(),
            Self::Timing => item.is_timing(),
            Self::Unproven => !item.is_proven,
            Self::Done => true,
        }
    }

    /// The items of this tab.
    fn items(self, books: &BooksView) -> impl Iterator<Item = &Item> {
        let all = match self {
            Self::Done => &books.cleared,
            Self::Decide | Self::Timing | Self::Unproven => &books.open,
        };
        all.iter().filter(move |item| self.holds(item))
    }
}

/// How many items a tab holds: counted once for each result, because pages say it often.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// All of them.
    pub count: usize,
    /// By the name and the id of the job.
    pub by_job: BTreeMap<(String, i64), usize>,
    /// By the code and the title of the class.
    pub by_class: BTreeMap<(String, String), usize>,
}

impl Tally {
    /// The tallies of all tabs, in their order.
    #[must_use]
    pub fn of(open: &[Item], cleared: &[Item]) -> [Self; 4] {
        Tab::ALL.map(|tab| {
            let items = if tab == Tab::Done { cleared } else { open };
            let mut tally = Self::default();
            for item in items.iter().filter(|item| tab.holds(item)) {
                tally.count += 1;
                if let Some(id) = item.project_id {
                    *tally.by_job.entry((item.job.clone(), id)).or_default() += 1;
                }
                let class = (item.code.clone(), item.title.clone());
                *tally.by_class.entry(class).or_default() += 1;
            }
            tally
        })
    }
}

impl Asking {
    /// The tab that is asked for.
    #[must_use]
    pub fn tab(&self) -> Tab {
        Tab::ALL
            .into_iter()
            .find(|tab| tab.name() == self.tab)
            .unwrap_or(Tab::Decide)
    }

    /// The page, from 0.
    #[must_use]
    pub fn page(&self) -> usize {
        self.page.parse::<usize>().unwrap_or(1).saturating_sub(1)
    }

    /// Whether anything narrows the list.
    #[must_use]
    pub fn narrows(&self) -> bool {
        !(self.job.is_empty() && self.class.is_empty() && self.find.trim().is_empty())
    }

    /// The items that are asked for, in the order in which they are shown.
    #[must_use]
    pub fn chosen<'a>(&self, books: &'a BooksView) -> Vec<&'a Item> {
        let job: Option<i64> = self.job.parse().ok();
        let words = self.find.to_lowercase();
        let words: Vec<&str> = words.split_whitespace().collect();
        let narrowed = self.tab().items(books).filter(|item| {
            job.is_none_or(|job| touches(item, job))
                && (self.class.is_empty() || item.code == self.class)
                && words.iter().all(|word| item.haystack.contains(word))
        });
        let mut items: Vec<&Item> = narrowed.collect();
        // The sort keeps the order of severity within a group.
        match self.group.as_str() {
            "job" => items.sort_by_key(|item| item.job_rank),
            "class" => items.sort_by_key(|item| item.code.as_str()),
            _ => {}
        }
        items
    }

    /// The query of an address with these changes, with its question mark; empty without any.
    #[must_use]
    pub fn with(&self, changes: &[(&str, &str)]) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let kept = [
            ("tab", self.tab.as_str()),
            ("job", self.job.as_str()),
            ("class", self.class.as_str()),
            ("group", self.group.as_str()),
            ("find", self.find.as_str()),
            ("page", self.page.as_str()),
        ];
        let mut is_empty = true;
        for (name, value) in kept {
            let changed = changes.iter().find(|(changed, _)| *changed == name);
            let value = changed.map_or(value, |(_, value)| value);
            if !value.is_empty() {
                query.append_pair(name, value);
                is_empty = false;
            }
        }
        if is_empty {
            String::new()
        } else {
            format!("?{}", query.finish())
        }
    }
}

fn touches(item: &Item, job: i64) -> bool {
    item.project_id == Some(job) || item.effects.iter().any(|effect| effect.project_id == job)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_what_was_asked_and_changes_what_is_named() {
        let asking = Asking {
            job: "7".to_owned(),
            find: "a b&c".to_owned(),
            page: "3".to_owned(),
            ..Asking::default()
        };
        assert_eq!(asking.with(&[("page", "")]), "?job=7&find=a+b%26c");
        assert_eq!(Asking::default().with(&[]), "");
        assert_eq!(Asking::default().with(&[("tab", "done")]), "?tab=done");
    }

    #[test]
    fn a_page_that_is_no_number_is_the_first() {
        let asking = |page: &str| Asking {
            page: page.to_owned(),
            ..Asking::default()
        };
        assert_eq!(asking("x").page(), 0);
        assert_eq!(asking("0").page(), 0);
        assert_eq!(asking("3").page(), 2);
    }
}

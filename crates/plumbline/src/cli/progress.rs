//! Progress on the standard error: a bar per resource in a terminal, plain lines elsewhere.

use std::collections::BTreeMap;
use std::io::IsTerminal;

use connectors::fetch::Progress;
use figures::SmolStr;
use figures::source::System;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::reading::Watch;

/// What a person sees while waiting.
pub(super) enum Screen {
    /// Bars.
    Bars {
        /// All of them.
        all: MultiProgress,
        /// By system and resource.
        by_resource: BTreeMap<(System, SmolStr), ProgressBar>,
    },
    /// Lines: what the resources came to is said at the end of a step, in the order in which
    /// they began.
    Lines {
        /// Resources with their counts.
        counts: Vec<(System, SmolStr, u64)>,
    },
}

impl Screen {
    /// Bars in a terminal, lines elsewhere.
    pub(super) fn new() -> Self {
        if std::io::stderr().is_terminal() {
            Self::Bars {
                all: MultiProgress::new(),
                by_resource: BTreeMap::new(),
            }
        } else {
            Self::Lines { counts: Vec::new() }
        }
    }

    fn end_of_step(&mut self) {
        match self {
            Self::Bars { by_resource, .. } => {
                for bar in by_resource.values().filter(|bar| !bar.is_finished()) {
                    bar.finish();
                }
            }
            Self::Lines { counts } => {
                for (system, resource, records) in counts.drain(..) {
                    eprintln!("  {system} {resource}: {records}");
                }
            }
        }
    }
}

fn style(total: Option<u64>) -> ProgressStyle {
    let template = match total {
        Some(_) => "  {prefix:34} {bar:24} {pos}/{len}",
        None => "  {prefix:34} {spinner} {pos}",
    };
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

impl Watch for Screen {
    fn step(&mut self, step: &Progress) {
        let (system, resource) = (step.key.system, step.key.resource.clone());
        match self {
            Self::Bars { all, by_resource } => {
                let bar = by_resource
                    .entry((system, resource.clone()))
                    .or_insert_with(|| {
                        let bar = all.add(ProgressBar::new(step.total.unwrap_or(0)));
                        bar.set_style(style(step.total));
                        bar.set_prefix(format!("{system} {resource}"));
                        bar
                    });
                if let Some(total) = step.total {
                    bar.set_length(total);
                }
                bar.set_position(step.records);
            }
            Self::Lines { counts } => {
                let known = counts
                    .iter_mut()
                    .find(|one| one.0 == system && one.1 == resource);
                match known {
                    Some(known) => known.2 = step.records,
                    None => counts.push((system, resource, step.records)),
                }
            }
        }
    }

    fn note(&mut self, text: &str) {
        self.end_of_step();
        match self {
            Self::Bars { all, .. } => {
                // A terminal that is gone needs no notes.
                drop(all.println(text));
            }
            Self::Lines { .. } => eprintln!("{text}"),
        }
    }
}

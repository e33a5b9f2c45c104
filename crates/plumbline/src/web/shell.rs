//! What stands around every page: the rail, the top bar, banners and the message of what was
//! just done.

use std::sync::Arc;

use figures::source::System;
use jiff::Timestamp;
use store::decisions::{self, Verdict};

use super::access::Action;
use super::assets;
use super::error::AppError;
use super::format;
use super::house::{House, Tenant};
use super::notices;
use super::states::{Banner, banners};
use super::tenant_view::TenantView;
use super::visitor::Visitor;
use super::worklist::Tab;
use crate::desk::Desk;

/// A part of the application that the rail leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Today.
    Today,
    /// Worklist.
    Worklist,
    /// Approvals.
    Approvals,
    /// Reconciliation.
    Jobs,
    /// Matches.
    Matches,
    /// Connections.
    Connections,
    /// People and roles.
    People,
    /// Who did what.
    Audit,
    /// Settings.
    Settings,
    /// None of them.
    Elsewhere,
}

/// One link of the rail.
#[derive(Debug, Clone)]
pub struct RailLink {
    /// Where it leads.
    pub href: &'static str,
    /// Its word.
    pub label: &'static str,
    /// Open items, when there are any.
    pub count: Option<String>,
    /// Whether the count is filled.
    pub is_hot: bool,
    /// Whether the page is in this part.
    pub is_here: bool,
}

/// A group of the rail; the first has no name.
#[derive(Debug, Clone)]
pub struct RailGroup {
    /// Its name.
    pub name: &'static str,
    /// Its links.
    pub links: Vec<RailLink>,
}

/// When a system was last read.
#[derive(Debug, Clone)]
pub struct ReadMark {
    /// Procore's mark, else QuickBooks'.
    pub is_procore: bool,
    /// `Procore read 6:02 am`.
    pub text: String,
}

/// A message about what was just done, with the way back.
#[derive(Debug, Clone)]
pub struct Toast {
    /// What was done.
    pub text: String,
    /// What to post to undo it.
    pub undo: Option<Undo>,
}

/// The form that takes a decision back.
#[derive(Debug, Clone)]
pub struct Undo {
    /// Kind of the pair.
    pub kind: String,
    /// Procore's records.
    pub procore: String,
    /// QuickBooks' records.
    pub quickbooks: String,
}

/// What every page shows around itself.
#[derive(Debug, Clone)]
pub struct Shell {
    /// Title of the browser's tab.
    pub title: String,
    /// Folder of style and script.
    pub assets: &'static str,
    /// The rail.
    pub rail: Vec<RailGroup>,
    /// The company.
    pub tenant: String,
    /// When each system was read.
    pub reads: Vec<ReadMark>,
    /// The person's name.
    pub person: String,
    /// The person's initials.
    pub initials: String,
    /// `As of Mon, Nov 23, 2026`, where there are books.
    pub as_of: Option<String>,
    /// The tenant's time zone.
    pub zone: String,
    /// Sentences above the page.
    pub banners: Vec<Banner>,
    /// What was just done.
    pub toast: Option<Toast>,
    /// What forms must send back.
    pub csrf: String,
    /// What the finder was asked.
    pub find: String,
    /// A simulated company: links lead to vendors that do not know it.
    pub is_simulated: bool,
    /// Whether this person may connect a system.
    pub may_connect: bool,
    /// Whether anything is written to QuickBooks at the moment.
    pub writes: bool,
}

impl Shell {
    /// Whether the page is in the part with this address.
    #[must_use]
    pub fn is_at(&self, href: &str) -> bool {
        let mut links = self.rail.iter().flat_map(|group| &group.links);
        links.any(|link| link.is_here && link.href == href)
    }

    /// The count beside a part.
    #[must_use]
    pub fn count_at(&self, href: &str) -> Option<&String> {
        let mut links = self.rail.iter().flat_map(|group| &group.links);
        links
            .find(|link| link.href == href)
            .and_then(|link| link.count.as_ref())
    }

    /// An example for tests.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            title: "Worklist".to_owned(),
            assets: assets::FOLDER.as_str(),
            rail: rail(Place::Worklist, Some(9), Some(3), Some(2)),
            tenant: "Ridgeline Builders LLC".to_owned(),
            reads: vec![ReadMark {
                is_procore: true,
                text: "Procore read 6:02 am".to_owned(),
            }],
            person: "Dana Whitfield".to_owned(),
            initials: "DW".to_owned(),
            as_of: Some("Mon, Nov 23, 2026".to_owned()),
            zone: "America/Denver".to_owned(),
            banners: vec![Banner {
                kind: "bad",
                mark: "✕",
                what: "QuickBooks signed us out on Nov 22, 4:10 pm.".to_owned(),
                then: "What is shown below is from before that.".to_owned(),
                action: Some(("/connections", "Reconnect QuickBooks".to_owned())),
            }],
            toast: Some(Toast {
                text: "Bill 4471 and direct cost 118 are the same.".to_owned(),
                undo: Some(Undo {
                    kind: "document".to_owned(),
                    procore: "direct_cost:118".to_owned(),
                    quickbooks: "Bill:4471".to_owned(),
                }),
            }),
            csrf: "token".to_owned(),
            find: String::new(),
            is_simulated: false,
            may_connect: true,
            writes: true,
        }
    }
}

/// What a handler works with: who asks, their tenant, what its screens read, the moment.
pub struct Asked {
    /// The person.
    pub visitor: Visitor,
    /// The tenant.
    pub tenant: Arc<Tenant>,
    /// What its screens read.
    pub view: Arc<TenantView>,
    /// The moment of the request.
    pub now: Timestamp,
    /// What everybody of the company is told above every page.
    pub notices: Vec<Banner>,
}

impl Asked {
    /// Gathers it.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for a tenant that is not here; when the store cannot be read.
    pub async fn gather(house: &House, visitor: Visitor) -> Result<Self, AppError> {
        let tenant = house.tenant(&visitor.scope).await?;
        let (view, now) = (tenant.view().await?, house.now());
        Ok(Self {
            notices: notices::banners(house, &visitor, (&view.zone, now)).await?,
            view,
            tenant,
            now,
            visitor,
        })
    }

    /// What stands around a page of this place.
    #[must_use]
    pub fn shell(&self, place: Place, title: &str) -> Shell {
        let view = &self.view;
        let books = view.books.as_ref();
        let some = |count: usize| (count > 0).then_some(count);
        let decide = books.and_then(|books| some(books.tally(Tab::Decide).count));
        let differ = books.and_then(|books| some(books.jobs_that_differ()));
        let questions = books.and_then(|books| some(books.questions.len()));
        let may_read = self.visitor.may(Action::ReadBooks);
        let reads = view.systems.iter().filter_map(|system| {
            let at = format::moment(system.read_at?, self.now, &view.zone);
            Some(ReadMark {
                is_procore: system.system == System::Procore,
                text: format!("{} read {at}", system.system.label()),
            })
        });
        // A part that this person may not read is absent, not grey.
        let mut rail = rail(place, decide, differ, questions);
        for group in &mut rail {
            group
                .links
                .retain(|link| self.visitor.may(needed(link.href)));
        }
        Shell {
            title: title.to_owned(),
            assets: assets::FOLDER.as_str(),
            rail,
            tenant: view.name.clone(),
            reads: reads.collect(),
            person: self.visitor.name.clone(),
            initials: self.visitor.initials(),
            as_of: books.map(|books| format::weekday(books.as_of)),
            zone: view.zone.iana_name().unwrap_or("UTC").replace('_', " "),
            banners: {
                let mut all = self.notices.clone();
                if may_read {
                    all.extend(banners(view, self.now));
                }
                all
            },
            toast: None,
            csrf: self.visitor.csrf.clone(),
            find: String::new(),
            is_simulated: view.is_simulated,
            may_connect: self.visitor.may(Action::ManageConnections),
            writes: view.writes,
        }
    }

    /// A desk at which the visitor works: what is done there is done by them.
    ///
    /// # Errors
    /// When the settings cannot be read.
    pub async fn desk(&self) -> anyhow::Result<Desk> {
        let mut desk = self.tenant.desk().await?;
        desk.scope = self.visitor.scope.clone();
        Ok(desk)
    }

    /// The message after a decision that the address names by its number.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn decided(&self, number: Option<i64>) -> Result<Option<Toast>, AppError> {
        let (Some(books), Some(number)) = (&self.view.books, number) else {
            return Ok(None);
        };
        let (store, scope) = (self.tenant.store(), self.tenant.scope());
        let decided = decisions::history(store, scope).await?;
        let Some(decision) = decided.into_iter().find(|one| one.number == number) else {
            return Ok(None);
        };
        let pair = &decision.pair;
        let (procore, quickbooks) = (
            books.record_names(&pair.procore),
            books.record_names(&pair.quickbooks),
        );
        let text = match decision.verdict {
            Verdict::Confirmed => format!("{procore} and {quickbooks} are the same."),
            Verdict::Refused => format!("{procore} and {quickbooks} are not the same."),
            Verdict::Withdrawn => {
                format!("Undone. The matcher decides again about {procore} and {quickbooks}.")
            }
        };
        let undo = (decision.verdict != Verdict::Withdrawn
            && self.visitor.may(Action::DecideMatches))
        .then(|| Undo {
            kind: pair.kind.clone(),
            procore: refs(&pair.procore),
            quickbooks: refs(&pair.quickbooks),
        });
        Ok(Some(Toast {
            text: format::sentence(&text, |_| None),
            undo,
        }))
    }
}

/// Records as a form sends them: `Bill:145,Bill:146`.
#[must_use]
pub fn refs(records: &[figures::source::SourceRef]) -> String {
    let texts: Vec<String> = records
        .iter()
        .map(|one| format!("{}:{}", one.kind, one.id))
        .collect();
    texts.join(",")
}

/// What a part of the rail needs.
fn needed(href: &str) -> Action {
    match href {
        "/connections" => Action::ReadConnections,
        "/people" => Action::ReadPeople,
        "/settings" => Action::ReadSettings,
        "/audit" => Action::ReadAudit,
        _ => Action::ReadBooks,
    }
}

fn rail(
    here: Place,
    decide: Option<usize>,
    differ: Option<usize>,
    questions: Option<usize>,
) -> Vec<RailGroup> {
    let link = |place: Place, href, label, count: Option<usize>| RailLink {
        href,
        label,
        count: count.map(|count| format::count(u64::try_from(count).unwrap_or(u64::MAX))),
        is_hot: place == Place::Worklist,
        is_here: place == here,
    };
    vec![
        RailGroup {
            name: "",
            links: vec![
                link(Place::Today, "/", "Today", None),
                link(Place::Worklist, "/worklist", "Worklist", decide),
                link(Place::Approvals, "/approvals", "Approvals", None),
            ],
        },
        RailGroup {
            name: "Money",
            links: vec![
                link(Place::Jobs, "/jobs", "Reconciliation", differ),
                link(Place::Matches, "/matches", "Matches", questions),
            ],
        },
        RailGroup {
            name: "Control",
            links: vec![
                link(Place::Connections, "/connections", "Connections", None),
                link(Place::People, "/people", "People and roles", None),
                link(Place::Audit, "/audit", "Audit", None),
                link(Place::Settings, "/settings", "Settings", None),
            ],
        },
    ]
}

//! Reads the records of a scenario into books.

use std::collections::{BTreeMap, BTreeSet};

use figures::model::{Books, Customer, LedgerBooks, Party, Project, ProjectBooks, Vendor};
use figures::source::SourceRef;
use figures::{Date, Money, SmolStr};

use super::words::{Word, Words};
use crate::reconcile::matching::decisions::{Decision, Decisions};
use crate::reconcile::result::PairKind;

/// The job on which both books agree.
const OFFICE: &str = include_str!("office.txt");

/// Both sets of books, what people decided, and the day looked at.
pub(crate) struct World {
    pub(crate) as_of: Date,
    pub(crate) books: Books,
    pub(crate) decisions: Decisions,
}

/// Books in the making.
pub(super) struct Reader {
    pub(super) as_of: Date,
    pub(super) project: ProjectBooks,
    pub(super) ledger: LedgerBooks,
    /// Main customer of each job.
    pub(super) customer_of: BTreeMap<i64, SmolStr>,
    /// Documents whose open balance is stated.
    pub(super) stated: BTreeSet<SmolStr>,
    decisions: Decisions,
}

/// The office's lines for a scenario. It keeps estimates and purchase orders only where the
/// scenario has some.
fn office_beside(text: &str) -> impl Iterator<Item = &'static str> + use<> {
    let says = |start: &str| text.lines().any(|line| line.trim().starts_with(start));
    let (away, estimates, orders) = (says("office none"), says("Q estimate"), says("Q order"));
    OFFICE.lines().filter(move |line| {
        !away
            && (estimates || !line.starts_with("Q estimate"))
            && (orders || !line.starts_with("Q order"))
    })
}

impl World {
    /// Reads the lines above the report.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let mut reader = Reader {
            as_of: Date::constant(2026, 10, 31),
            project: ProjectBooks {
                company_id: 1,
                ..ProjectBooks::default()
            },
            ledger: LedgerBooks {
                realm_id: SmolStr::new("1"),
                ..LedgerBooks::default()
            },
            customer_of: BTreeMap::new(),
            stated: BTreeSet::new(),
            decisions: Decisions::default(),
        };
        super::chart::chart(&mut reader.ledger);
        for line in office_beside(text) {
            reader.line(line)?;
        }
        for line in text.lines() {
            reader.line(line)?;
        }
        super::settle::settle(&mut reader);
        let books = Books {
            project: Some(reader.project),
            ledger: Some(reader.ledger),
            incomplete: Vec::new(),
        };
        Ok(Self {
            as_of: reader.as_of,
            books,
            decisions: reader.decisions,
        })
    }
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), String> {
        let mut words = Words::of(line);
        let Some(Word::Bare(first)) = words.next() else {
            return Ok(());
        };
        match first.as_str() {
            "as_of" => self.as_of = words.date()?,
            "closing" => self.ledger.closing_date = Some(words.date()?),
            "office" => {}
            "job" => self.job(&mut words)?,
            "vendor" => self.vendor(&mut words)?,
            "confirmed" | "refused" => self.decision(first == "confirmed", &mut words)?,
            "P" => super::procore::record(self, &mut words)?,
            "Q" => super::quickbooks::record(self, &mut words)?,
            other => return Err(words.wrong(format!("{other} begins no line"))),
        }
        Ok(())
    }

    /// `job 1 "Harbor Clinic" 1042 = 61 [unlinked] [archived]`.
    fn job(&mut self, words: &mut Words) -> Result<(), String> {
        let id: i64 = words.number()?;
        let name = words.text()?;
        let mut project = Project {
            id,
            name: name.clone(),
            number: SmolStr::default(),
            accounting_number: SmolStr::default(),
            origin_id: SmolStr::default(),
            active: true,
            deleted: false,
        };
        while let Some(word) = words.next() {
            match word {
                Word::Bare(word) if word == "=" => {
                    let customer = words.text()?;
                    project.origin_id = SmolStr::new(format!("QBO-{customer}"));
                    self.customer_of.insert(id, customer.clone());
                    self.customer(&customer, &name);
                }
                Word::Bare(word) if word == "unlinked" => project.origin_id = SmolStr::default(),
                Word::Bare(word) if word == "archived" => project.active = false,
                Word::Bare(word) | Word::Quoted(word) => project.number = SmolStr::new(word),
            }
        }
        self.project.projects.push(project);
        Ok(())
    }

    /// Makes the customer unless a line of its own did.
    fn customer(&mut self, id: &SmolStr, name: &SmolStr) {
        if self.ledger.customers.iter().any(|one| one.id == *id) {
            return;
        }
        self.ledger.customers.push(Customer {
            id: id.clone(),
            name: name.clone(),
            full_name: name.clone(),
            company_name: SmolStr::default(),
            parent: None,
            is_job: false,
            active: true,
            balance: Money::ZERO,
        });
    }

    /// `vendor 7 "Brightline Electric LLC" = 72 ["Brightline Electric"] [unlinked] [inactive]`.
    fn vendor(&mut self, words: &mut Words) -> Result<(), String> {
        let id: i64 = words.number()?;
        let name = words.text()?;
        let mut party = Party {
            id,
            name: name.clone(),
            legal_name: SmolStr::default(),
            trade_name: SmolStr::default(),
            origin_id: SmolStr::default(),
            active: true,
        };
        let mut vendor: Option<(SmolStr, SmolStr)> = None;
        while let Some(word) = words.next() {
            match word {
                Word::Bare(word) if word == "=" => {
                    let id = words.text()?;
                    party.origin_id = SmolStr::new(format!("QBO-{id}"));
                    vendor = Some((id, name.clone()));
                }
                Word::Bare(word) if word == "unlinked" => party.origin_id = SmolStr::default(),
                Word::Bare(word) if word == "inactive" => party.active = false,
                Word::Bare(word) => return Err(words.wrong(format!("{word} says nothing here"))),
                Word::Quoted(name) => {
                    if let Some((_, own)) = &mut vendor {
                        *own = SmolStr::new(name);
                    }
                }
            }
        }
        self.project.parties.push(party);
        if let Some((id, name)) = vendor {
            self.add_vendor(id, name);
        }
        Ok(())
    }

    pub(super) fn add_vendor(&mut self, id: SmolStr, name: SmolStr) {
        self.ledger.vendors.push(Vendor {
            id,
            check_name: name.clone(),
            name,
            company_name: SmolStr::default(),
            active: true,
            balance: Money::ZERO,
        });
    }

    /// `confirmed requisition 21 = Bill 234`: what a person said about two documents.
    fn decision(&mut self, confirmed: bool, words: &mut Words) -> Result<(), String> {
        let procore = SourceRef::procore(&words.text()?, words.number()?);
        words.text()?;
        let quickbooks = SourceRef::quickbooks(&words.text()?, &words.text()?);
        let kind = match procore.kind.as_str() {
            "project" => PairKind::Job,
            "vendor" => PairKind::Party,
            _ => PairKind::Document,
        };
        let decision = Decision {
            kind,
            procore,
            quickbooks,
        };
        let list = if confirmed {
            &mut self.decisions.confirmed
        } else {
            &mut self.decisions.refused
        };
        list.insert(decision);
        Ok(())
    }
}

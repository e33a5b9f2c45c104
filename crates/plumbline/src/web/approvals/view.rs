//! What the screens of approvals show, as text.

use std::collections::BTreeMap;

use askama::Template;
use gate::action::{Effect, Kind, Undo};
use gate::proposal::{Event, State};
use gate::switches::Switches;
use store::proposals::{Shown, Stored};

use super::changes::{Change, Changed};
use super::paper;
use crate::approvals::{DOCUMENTS, made, takes_document};
use crate::settings::Settings;
use crate::web::format;
use crate::web::shell::{Asked, Shell};
use crate::web::signin::view::{Field, Form};
use crate::web::worklist::{Comparison, Other, compare};

/// A proposal of a list.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its page.
    pub href: String,
    /// What will happen.
    pub sentence: String,
    /// What it moves.
    pub amount: String,
    /// Whose lead approves it.
    pub lead: &'static str,
    /// Where it stands.
    pub state: String,
    /// Since when.
    pub when: String,
}

/// All proposals that wait, or that are over.
#[derive(Debug, Template)]
#[template(path = "approvals/list.html")]
pub struct ListPage {
    /// What stands around it.
    pub shell: Shell,
    /// What the list says in one sentence.
    pub sentence: String,
    /// Why nothing is written at the moment, if so.
    pub off: Option<String>,
    /// Whether those that are over are listed.
    pub is_over: bool,
    /// Those that this person can decide about, and those of other leads; or all that are over.
    pub groups: Vec<(&'static str, Vec<Row>)>,
}

impl ListPage {
    pub(super) fn new(
        shell: Shell,
        asked: &Asked,
        found: &[Shown],
        is_over: bool,
        switches: &Switches,
    ) -> Self {
        let visitor = &asked.visitor;
        let leads = |one: &&Shown| is_over || visitor.leads(one.department);
        let row = |one: &Shown| Row {
            href: format!("/approvals/{}", one.id),
            sentence: format::sentence(&one.sentence, |_| None),
            amount: if one.money.is_zero() {
                String::new()
            } else {
                format::dollars(one.money)
            },
            lead: one.department.lead_title(),
            state: state_in_words(&one.state).to_owned(),
            when: format::moment(one.changed_at, asked.now, &asked.view.zone),
        };
        let (mine, others): (Vec<&Shown>, Vec<&Shown>) = found.iter().partition(leads);
        let (mine, others): (Vec<Row>, Vec<Row>) = (
            mine.into_iter().map(row).collect(),
            others.into_iter().map(row).collect(),
        );
        let sentence = match (is_over, mine.len(), others.len()) {
            (true, 0, 0) => "Nothing was decided yet.".to_owned(),
            (true, ..) => "What was done can be taken back from its page.".to_owned(),
            (false, 0, 0) => "Nothing waits for a decision.".to_owned(),
            (false, mine, others) => format!(
                "{} for you, {} for other leads.",
                format::of(mine, "proposal waits", "proposals wait"),
                others
            ),
        };
        let first = if is_over { "Done and over" } else { "For you" };
        let groups = [(first, mine), ("For other leads", others)];
        let groups = groups.into_iter().filter(|(_, rows)| !rows.is_empty());
        Self {
            shell,
            sentence,
            off: off(switches),
            is_over,
            groups: groups.collect(),
        }
    }

    /// An example for tests.
    #[must_use]
    pub fn sample() -> Self {
        let row = || Row {
            href: "/approvals/prp_1".to_owned(),
            sentence: "Payment 5521 is applied to invoice 1087.".to_owned(),
            amount: "$86,450.00".to_owned(),
            lead: "A/R lead",
            state: "Waits for a decision".to_owned(),
            when: "6:04 am".to_owned(),
        };
        Self {
            shell: Shell::sample(),
            sentence: "1 proposal waits for you, 1 for other leads.".to_owned(),
            off: Some("Writing is switched off.".to_owned()),
            is_over: false,
            groups: vec![("For you", vec![row()]), ("For other leads", vec![row()])],
        }
    }
}

/// Why nothing is written, whoever proposed it; nothing when it would be.
fn off(switches: &Switches) -> Option<String> {
    switches.grant(None).err().map(|off| off.to_string())
}

/// Where a proposal stands, in words for people.
pub fn state_in_words(state: &str) -> &'static str {
    match state {
        "proposed" => "Waits for a decision",
        "approved" => "Approved, to be written",
        "executing" => "Being written",
        "executed" => "Done",
        "failed" => "QuickBooks refused",
        "unknown" => "Not known yet whether it was done",
        "undone" => "Taken back",
        "rejected" => "Declined",
        "cleared" => "Over: the finding is gone",
        "expired" => "Over: nobody decided in time",
        _ => "Of another version",
    }
}

/// Something that happened to it.
#[derive(Debug, Clone)]
pub struct HistoryLine {
    /// What, by whom.
    pub what: String,
    /// When.
    pub when: String,
}

/// A tag.
#[derive(Debug, Clone)]
pub struct Tag {
    /// Its words.
    pub text: &'static str,
    /// Its style.
    pub kind: &'static str,
}

/// One proposal with everything that an approval is bound to.
#[derive(Debug, Template)]
#[template(path = "approvals/proposal.html")]
pub struct ProposalPage {
    /// What stands around it.
    pub shell: Shell,
    /// Its tags.
    pub tags: Vec<Tag>,
    /// What will happen.
    pub sentence: String,
    /// Where it stands.
    pub state: &'static str,
    /// What the finding says, and its page.
    pub why: Option<(String, String)>,
    /// The proposal whose effect it takes back.
    pub undoes: Option<String>,
    /// Whether it was sent, or was about to be.
    pub was_sent: bool,
    /// What becomes different.
    pub changed: Option<Changed>,
    /// The document that goes with it: what it is called, how long it is, and where it is.
    pub document: Option<(String, String, String)>,
    /// What becomes of the document, in a sentence.
    pub document_then: &'static str,
    /// To add a document.
    pub add: Option<Form>,
    /// What a person does where no interface can.
    pub instructions: Vec<String>,
    /// The records that show why.
    pub comparison: Option<Comparison>,
    /// Further records.
    pub others: Vec<Other>,
    /// Who approves.
    pub who: String,
    /// How it can be undone.
    pub undo: String,
    /// What approving covers, so that it can be compared.
    pub digest: String,
    /// Why nothing is written at the moment, if so.
    pub off: Option<String>,
    /// To approve.
    pub approve: Option<Form>,
    /// To say no.
    pub decline: Option<Form>,
    /// To take it back.
    pub take_back: Option<Form>,
    /// Why this person cannot decide.
    pub cannot: Option<String>,
    /// Its history, the newest first.
    pub history: Vec<HistoryLine>,
}

impl ProposalPage {
    pub(super) fn new(
        shell: Shell,
        asked: &Asked,
        stored: &Stored,
        names: &BTreeMap<String, String>,
        settings: &Settings,
        changed: Option<Changed>,
    ) -> Self {
        let (proposal, visitor) = (&stored.proposal, &asked.visitor);
        let draft = &proposal.newest().draft;
        let books = asked.view.books.as_ref();
        let item = draft
            .finding
            .as_deref()
            .zip(books)
            .and_then(|(id, books)| books.item(id));
        let (comparison, others) = match books {
            Some(books) if !draft.evidence.is_empty() => compare(
                &draft.evidence,
                item.and_then(|item| item.project_id),
                books,
            ),
            _ => (None, Vec::new()),
        };
        let path = |what: &str| format!("/approvals/{}/{what}", proposal.id);
        let digest = proposal.digest().to_string();
        let is_instruction = !draft.instructions.is_empty();
        let off = off(&settings.switches);
        let is_lead = visitor.leads(draft.department);
        let has_hand = proposal.preparers().contains(visitor.person_id.as_str());
        let waits = matches!(proposal.state, State::Proposed(_));
        let decides = is_lead && waits;
        let form = |form: Form| form.of_session(&visitor.csrf);
        let approve = (decides && !has_hand && !is_instruction && off.is_none()).then(|| {
            let form = form(Form::new(
                &path("approve"),
                Vec::new(),
                "Approve and write to QuickBooks",
            ));
            form.hiding("digest", &digest)
        });
        let decline = (is_lead && proposal.state.is_open()).then(|| {
            let reasons = [
                "Wrong match",
                "Not ours",
                "Already handled",
                "Not now",
                "Other",
            ];
            let reasons = reasons
                .iter()
                .map(|it| ((*it).to_owned(), (*it).to_owned()))
                .collect();
            let fields = vec![
                Field::choice("reason", "Why", reasons),
                Field::text("other", "In your own words", "").optional(),
            ];
            form(Form::new(&path("decline"), fields, "Decline")).one_of_many("decline-")
        });
        let is_done = matches!(proposal.state, State::Executed { .. });
        let take_back = (is_done && visitor.may(crate::web::access::Action::Prepare)).then(|| {
            form(Form::new(
                &path("take-back"),
                Vec::new(),
                "Propose to take it back",
            ))
            .one_of_many("back-")
        });
        let takes_document = match proposal.state {
            State::Executed { .. } => made(stored).is_some() && draft.undoes.is_none(),
            _ => proposal.state.is_open() && takes_document(proposal),
        };
        let may_add = takes_document && visitor.may(crate::web::access::Action::Prepare);
        let add = may_add.then(|| {
            let hint = if is_done {
                "PDF, PNG or JPEG, up to 10 MB. A lead approves that it is attached."
            } else {
                "PDF, PNG or JPEG, up to 10 MB. It becomes part of what is approved, so whoever adds \
                 it does not approve."
            };
            let field = Field::file(paper::FIELD, "File", hint);
            form(Form::new(&path("document"), vec![field], "Add document")).one_of_many("paper-")
        });
        let cannot = match (waits, is_lead, has_hand) {
            (true, false, _) => Some(format!(
                "Only the {} decides about this.",
                draft.department.lead_title()
            )),
            (true, true, true) => {
                Some("You made or edited this draft, so somebody else approves it.".to_owned())
            }
            _ => None,
        };
        Self {
            shell,
            tags: tags(draft.kind),
            sentence: format::sentence(&draft.sentence, |_| None),
            state: state_in_words(proposal.state.name()),
            why: item.map(|item| (item.what.clone(), format!("/worklist/{}", item.id))),
            was_sent: stored.sent.is_some(),
            undoes: draft.undoes.as_ref().map(|id| format!("/approvals/{id}")),
            changed,
            document: draft.document.as_ref().map(|one| {
                let href = format!("/documents/{}", one.id);
                (one.name.clone(), paper::size(one.bytes), href)
            }),
            document_then: match (draft.kind, is_done) {
                (Kind::AttachDocument, _) => "",
                (_, false) => {
                    "It is attached once this is in QuickBooks, by a proposal of its own."
                }
                (_, true) => "To attach it is a proposal of its own.",
            },
            add,
            instructions: {
                let lines = draft.instructions.iter();
                lines.map(|line| format::sentence(line, |_| None)).collect()
            },
            comparison,
            others,
            who: format!(
                "The {}, who had no hand in the draft. {}",
                draft.department.lead_title(),
                if draft.kind.effect() == Effect::Neither
                    && settings.switches.let_by.contains_key(DOCUMENTS)
                {
                    "It runs on its own where that lead lets it."
                } else {
                    "It never runs on its own."
                }
            ),
            undo: format::sentence(&format!("It {}.", draft.kind.undo()), |_| None),
            digest,
            off,
            approve,
            decline,
            take_back,
            cannot,
            history: history(stored, names, asked),
        }
    }

    /// An example for tests.
    #[must_use]
    pub fn sample() -> Self {
        let form = |to: &str, button, prefix: &str| {
            Form::new(to, Vec::new(), button)
                .of_session("token")
                .one_of_many(prefix)
        };
        Self {
            shell: Shell::sample(),
            tags: tags(gate::action::Kind::ApplyPayment),
            sentence: "Payment 5521 is applied to invoice 1087.".to_owned(),
            state: "Waits for a decision",
            why: Some((
                "Payment 5521 leaves 86,450.00 unapplied.".to_owned(),
                "/worklist/fnd_1".to_owned(),
            )),
            was_sent: false,
            undoes: Some("/approvals/prp_0".to_owned()),
            changed: Some(Changed {
                title: "Change of Payment 5521".to_owned(),
                changes: vec![Change {
                    what: "Line 1, applied to".to_owned(),
                    now: String::new(),
                    after: "Invoice 1087".to_owned(),
                }],
                request: "{\"Id\":\"5521\"}".to_owned(),
            }),
            document: Some((
                "CRM-88121.pdf".to_owned(),
                "48 kB".to_owned(),
                "/documents/doc_1".to_owned(),
            )),
            document_then: "It is attached once this is in QuickBooks, by a proposal of its own.",
            add: Some(
                Form::new(
                    "/approvals/prp_1/document",
                    vec![Field::file(paper::FIELD, "File", "PDF, PNG or JPEG.")],
                    "Add document",
                )
                .of_session("token")
                .one_of_many("paper-"),
            ),
            instructions: vec!["Open the deposit of November 18.".to_owned()],
            comparison: Some(Comparison::sample()),
            others: Vec::new(),
            who: "The A/R lead, who had no hand in the draft.".to_owned(),
            undo: "It can be undone exactly.".to_owned(),
            digest: "9f3c".repeat(16),
            off: Some("Writing is switched off.".to_owned()),
            approve: Some(form(
                "/approvals/prp_1/approve",
                "Approve and write to QuickBooks",
                "a-",
            )),
            decline: Some(form("/approvals/prp_1/decline", "Decline", "d-")),
            take_back: Some(form(
                "/approvals/prp_1/take-back",
                "Propose to take it back",
                "t-",
            )),
            cannot: Some("Only the A/R lead decides about this.".to_owned()),
            history: vec![HistoryLine {
                what: "Proposed by Plumbline".to_owned(),
                when: "6:04 am".to_owned(),
            }],
        }
    }
}

fn tags(kind: gate::action::Kind) -> Vec<Tag> {
    let need = match kind.effect() {
        Effect::Money => Tag {
            text: "Money: a lead must approve",
            kind: "info",
        },
        Effect::Legal => Tag {
            text: "Legal: a lead must approve",
            kind: "info",
        },
        Effect::Neither => Tag {
            text: "Neither money nor legal",
            kind: "",
        },
    };
    let undo = match kind.undo() {
        Undo::Exact => Tag {
            text: "↺ Can be undone",
            kind: "good",
        },
        Undo::Compensable => Tag {
            text: "! Can be corrected, not undone",
            kind: "warn",
        },
        Undo::Never => Tag {
            text: "! Done by hand, cannot be undone here",
            kind: "warn",
        },
    };
    vec![need, undo]
}

fn history(stored: &Stored, names: &BTreeMap<String, String>, asked: &Asked) -> Vec<HistoryLine> {
    let when = |at| format::moment(at, asked.now, &asked.view.zone);
    let name = |id: &str| names.get(id).cloned().unwrap_or_else(|| id.to_owned());
    let versions = stored.proposal.versions().enumerate().map(|(at, version)| {
        let by = match &version.by {
            gate::proposal::Maker::Person(id) => name(id),
            gate::proposal::Maker::Agent(_) => "Plumbline".to_owned(),
        };
        let what = if at == 0 { "Proposed by" } else { "Changed by" };
        (version.at, format!("{what} {by}"))
    });
    let events = stored.events.iter().map(|one| {
        let by = one
            .actor
            .as_deref()
            .map_or_else(|| "Plumbline".to_owned(), name);
        let reason = match &one.event {
            Event::Reject { reason, .. } | Event::Fail { reason } => Some(reason.as_str()),
            _ => one.reason.as_deref(),
        };
        let reason = reason.map_or_else(String::new, |reason| format!(" {reason}"));
        (
            one.at,
            format!("{}{reason}", event_in_words(&one.event, &by)),
        )
    });
    let mut all: Vec<_> = versions.chain(events).collect();
    all.sort_by_key(|(at, _)| *at);
    let lines = all.into_iter().rev();
    lines
        .map(|(at, what)| HistoryLine {
            what,
            when: when(at),
        })
        .collect()
}

fn event_in_words(event: &Event, by: &str) -> String {
    match event {
        Event::FirstApproval(_) => format!("Approved by {by}, as the first of two."),
        Event::Approve(_) => format!("Approved by {by}."),
        Event::Reject { .. } => format!("Declined by {by}."),
        Event::Void => "Approvals became void.".to_owned(),
        Event::Clear => "The finding is gone.".to_owned(),
        Event::Expire => "Nobody decided in time.".to_owned(),
        Event::Begin => "Began to write to QuickBooks.".to_owned(),
        Event::Done => "Done.".to_owned(),
        Event::Fail { .. } => "QuickBooks refused; nothing was changed.".to_owned(),
        Event::LoseSight => "Not known whether it was done; Plumbline looks again.".to_owned(),
        Event::Undone => "Taken back".to_owned(),
    }
}

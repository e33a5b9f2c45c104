//! One proposal, as it is decided about.

use std::collections::BTreeMap;

use askama::Template;
use gate::action::{Effect, Kind, Undo};
use gate::proposal::{Event, Proposal, State};
use store::proposals::Stored;

use super::changes::{Change, Changed};
use super::list::{off, state_in_words};
use super::{edit, paper};
use crate::approvals::{DOCUMENTS, StandsIn, made, takes_document};
use crate::settings::Settings;
use crate::web::access::Action;
use crate::web::format;
use crate::web::shell::{Asked, Shell};
use crate::web::signin::view::{Field, Form};
use crate::web::worklist::{Comparison, Other, compare};

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
    /// From when it counts, where one person approved it alone.
    pub waits: Option<String>,
    /// What the finding says, and its page.
    pub why: Option<(String, String)>,
    /// The proposal whose effect it takes back.
    pub undoes: Option<String>,
    /// Whether it was sent, or was about to be.
    pub was_sent: bool,
    /// What becomes different.
    pub changed: Option<Changed>,
    /// Where its draft can be changed.
    pub edit: Option<String>,
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

/// What a page needs to know beside the proposal.
pub(super) struct Around<'a> {
    /// Who asks.
    pub asked: &'a Asked,
    /// The names of people.
    pub names: &'a BTreeMap<String, String>,
    /// The settings of the tenant.
    pub settings: &'a Settings,
    /// Where this person stands in for a lead.
    pub stands_in: &'a StandsIn,
}

impl ProposalPage {
    pub(super) fn new(
        shell: Shell,
        around: &Around<'_>,
        stored: &Stored,
        changed: Option<Changed>,
    ) -> Self {
        let (proposal, asked) = (&stored.proposal, around.asked);
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
        let is_done = matches!(proposal.state, State::Executed { .. });
        let may_prepare = asked.visitor.may(Action::Prepare);
        Self {
            shell,
            tags: tags(draft.kind),
            sentence: format::sentence(&draft.sentence, |_| None),
            state: state_in_words(proposal.state.name()),
            waits: waits(proposal, asked),
            why: item.map(|item| (item.what.clone(), format!("/worklist/{}", item.id))),
            was_sent: stored.sent.is_some(),
            undoes: draft.undoes.as_ref().map(|id| format!("/approvals/{id}")),
            changed,
            edit: (may_prepare && edit::is_editable(proposal))
                .then(|| format!("/approvals/{}/edit", proposal.id)),
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
            add: add(stored, asked),
            instructions: {
                let lines = draft.instructions.iter();
                lines.map(|line| format::sentence(line, |_| None)).collect()
            },
            comparison,
            others,
            who: who(proposal, around),
            undo: format::sentence(&format!("It {}.", draft.kind.undo()), |_| None),
            digest: proposal.digest().to_string(),
            off: off(&around.settings.switches),
            approve: approve(proposal, around),
            decline: decline(proposal, around),
            take_back: (is_done && may_prepare).then(|| {
                let to = format!("/approvals/{}/take-back", proposal.id);
                Form::new(&to, Vec::new(), "Propose to take it back")
                    .of_session(&asked.visitor.csrf)
                    .one_of_many("back-")
            }),
            cannot: cannot(proposal, around),
            history: history(stored, around.names, asked),
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
            waits: Some("It is written from Nov 24, 6:04 am on.".to_owned()),
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
            edit: Some("/approvals/prp_1/edit".to_owned()),
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

/// Whether this person decides about the proposal's department: its lead, or who stands in for one.
fn decides(proposal: &Proposal, around: &Around<'_>) -> bool {
    let department = proposal.newest().draft.department;
    around.asked.visitor.leads(department) || around.stands_in.contains_key(&department)
}

/// Whether this person had a hand in it and another lead is to be asked.
fn has_hand(proposal: &Proposal, around: &Around<'_>) -> bool {
    let department = proposal.newest().draft.department;
    let is_alone = around.stands_in.contains_key(&department);
    let who = around.asked.visitor.person_id.as_str();
    !is_alone && proposal.preparers().contains(who)
}

/// From when it counts, where one person approved it alone.
fn waits(proposal: &Proposal, asked: &Asked) -> Option<String> {
    let State::Approved { by, .. } = &proposal.state else {
        return None;
    };
    let until = by.iter().filter_map(|one| one.waits_until).max()?;
    let from = format::moment(until, asked.now, &asked.view.zone);
    Some(format!(
        "One person approved it alone, so it is written from {from} on, unless it is declined before."
    ))
}

fn who(proposal: &Proposal, around: &Around<'_>) -> String {
    let draft = &proposal.newest().draft;
    let title = draft.department.lead_title();
    if let Some(delay) = around.stands_in.get(&draft.department) {
        return format!(
            "There is no {title}, so you decide alone. It counts {} hours later, and everybody with a \
             role is told.",
            delay.hours()
        );
    }
    let is_let = around.settings.switches.let_by.contains_key(DOCUMENTS);
    let alone = if draft.kind.effect() == Effect::Neither && is_let {
        "It runs on its own where that lead lets it."
    } else {
        "It never runs on its own."
    };
    format!("The {title}, who had no hand in the draft. {alone}")
}

fn approve(proposal: &Proposal, around: &Around<'_>) -> Option<Form> {
    let draft = &proposal.newest().draft;
    let waits = matches!(proposal.state, State::Proposed(_));
    let is_off = around.settings.switches.grant(None).is_err();
    let may = waits && !is_off && draft.instructions.is_empty();
    if !may || !decides(proposal, around) || has_hand(proposal, around) {
        return None;
    }
    let button = if around.stands_in.contains_key(&draft.department) {
        "Approve alone, to be written after the delay"
    } else {
        "Approve and write to QuickBooks"
    };
    let to = format!("/approvals/{}/approve", proposal.id);
    let form = Form::new(&to, Vec::new(), button).of_session(&around.asked.visitor.csrf);
    Some(form.hiding("digest", &proposal.digest().to_string()))
}

fn decline(proposal: &Proposal, around: &Around<'_>) -> Option<Form> {
    if !proposal.state.is_open() || !decides(proposal, around) {
        return None;
    }
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
    let to = format!("/approvals/{}/decline", proposal.id);
    let form = Form::new(&to, fields, "Decline").of_session(&around.asked.visitor.csrf);
    Some(form.one_of_many("decline-"))
}

/// To add a document.
fn add(stored: &Stored, asked: &Asked) -> Option<Form> {
    let proposal = &stored.proposal;
    let is_done = matches!(proposal.state, State::Executed { .. });
    let takes = if is_done {
        made(stored).is_some() && proposal.newest().draft.undoes.is_none()
    } else {
        proposal.state.is_open() && takes_document(proposal)
    };
    if !takes || !asked.visitor.may(Action::Prepare) {
        return None;
    }
    let hint = if is_done {
        "PDF, PNG or JPEG, up to 10 MB. A lead approves that it is attached."
    } else {
        "PDF, PNG or JPEG, up to 10 MB. It becomes part of what is approved, so whoever adds it does \
         not approve."
    };
    let field = Field::file(paper::FIELD, "File", hint);
    let to = format!("/approvals/{}/document", proposal.id);
    let form = Form::new(&to, vec![field], "Add document").of_session(&asked.visitor.csrf);
    Some(form.one_of_many("paper-"))
}

/// Why this person cannot decide.
fn cannot(proposal: &Proposal, around: &Around<'_>) -> Option<String> {
    if !matches!(proposal.state, State::Proposed(_)) {
        return None;
    }
    if !decides(proposal, around) {
        let title = proposal.newest().draft.department.lead_title();
        return Some(format!("Only the {title} decides about this."));
    }
    has_hand(proposal, around)
        .then(|| "You made or edited this draft, so somebody else approves it.".to_owned())
}

pub(super) fn tags(kind: gate::action::Kind) -> Vec<Tag> {
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

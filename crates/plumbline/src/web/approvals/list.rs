//! The list of what waits for a decision, and of what is over.

use askama::Template;
use gate::action::Kind;
use gate::switches::Switches;
use gate::together;
use store::proposals::Shown;

use crate::approvals::StandsIn;
use crate::settings::Settings;
use crate::web::format;
use crate::web::shell::{Asked, Shell};

/// A proposal of a list.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its id, where it can be approved with others.
    pub choose: Option<String>,
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
    /// Whether some can be approved together.
    pub can_choose: bool,
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
        (settings, stands_in): (&Settings, &StandsIn),
    ) -> Self {
        let visitor = &asked.visitor;
        let decides =
            |one: &Shown| visitor.leads(one.department) || stands_in.contains_key(&one.department);
        let leads = |one: &&Shown| is_over || decides(one);
        let chosen = choosable(found, settings, decides);
        let row = |one: &Shown| Row {
            choose: chosen.contains(&one.id.as_str()).then(|| one.id.clone()),
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
            off: off(&settings.switches),
            can_choose: !chosen.is_empty(),
            is_over,
            groups: groups.collect(),
        }
    }

    /// An example for tests.
    #[must_use]
    pub fn sample() -> Self {
        let row = |choose: Option<&str>| Row {
            choose: choose.map(str::to_owned),
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
            can_choose: true,
            is_over: false,
            groups: vec![
                ("For you", vec![row(Some("prp_1"))]),
                ("For other leads", vec![row(None)]),
            ],
        }
    }
}

/// Those that this person can approve with others; none as long as there are not two.
fn choosable<'a>(
    found: &'a [Shown],
    settings: &Settings,
    decides: impl Fn(&Shown) -> bool,
) -> Vec<&'a str> {
    let is_fit = |one: &Shown| {
        let kind = Kind::from_name(&one.kind);
        kind.is_some_and(|kind| together::permit(kind, settings.together_up_to).is_ok())
    };
    let is_on = settings.switches.grant(None).is_ok();
    let fit = found
        .iter()
        .filter(|one| is_on && one.state == "proposed" && decides(one) && is_fit(one));
    let fit: Vec<&str> = fit.map(|one| one.id.as_str()).collect();
    if fit.len() < 2 { Vec::new() } else { fit }
}

/// Why nothing is written, whoever proposed it; nothing when it would be.
pub(super) fn off(switches: &Switches) -> Option<String> {
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

//! Switching more on, on both engines.

use figures::Money;
use gate::switches::Level;
use gate::switching::{Limit, Step, in_words};

use super::raises::switching::{self, Asked, Confirming, Switching};
use super::*;
use crate::control::notices::notices;

fn steps() -> Vec<Step> {
    vec![
        Step::Writes(true),
        Step::Limit {
            limit: Limit::SecondApprovalAbove,
            from: Some(Money::from_cents(2_500_000)),
            to: None,
        },
    ]
}

/// What stands where nothing of [`steps`] was made yet.
fn standing() -> Powers {
    let mut powers = Powers::default();
    let amount = Money::from_cents(2_500_000);
    powers.limits.insert(Limit::SecondApprovalAbove, amount);
    powers
}

impl Company<'_> {
    async fn ask(&self, by: &str, steps: Vec<Step>) -> Result<Asked, StoreError> {
        let (by, on) = (self.id(by), today());
        let switching = Switching { by, steps, on };
        switching::ask(self.installation.control(), &self.scope, switching, at(1)).await
    }

    /// What must have been proposed.
    async fn asked(&self, by: &str) -> Proposal {
        match self.ask(by, steps()).await {
            Ok(Asked::Proposed(proposal)) => proposal,
            other => panic!("not proposed: {other:?}"),
        }
    }

    async fn confirmed(
        &self,
        number: i64,
        by: &str,
        standing: Powers,
    ) -> Result<Option<Vec<Step>>, StoreError> {
        let confirming = Confirming {
            number,
            by: self.id(by),
            on: today(),
            standing,
        };
        switching::confirm(self.installation.control(), &self.scope, confirming, at(2)).await
    }
}

async fn another_owner_confirms_exactly_what_was_proposed(installation: &Installation) {
    let office = Company::of(installation, "sa", &["dana", "tom"]).await;
    for who in ["priya", "vic", "nobody"] {
        let tried = why(office.ask(who, steps()).await);
        assert!(matches!(tried, Why::NotPermitted(_)), "{who}");
    }
    let proposal = office.asked("dana").await;
    let about = About::Switching { steps: steps() };
    assert_eq!((&proposal.about, proposal.ripe_at), (&about, None));
    let control = installation.control();
    let waiting = raises::pending(control, &office.scope, at(2))
        .await
        .unwrap();
    assert_eq!(waiting, [proposal]);
    let twice = office.ask("tom", steps()).await;
    assert_eq!(refused(twice), Refusal::AlreadyProposed);
    assert_eq!(
        why(office.confirmed(1, "dana", standing()).await),
        Why::OwnProposal
    );
    for who in ["priya", "vic", "nobody"] {
        let tried = why(office.confirmed(1, who, standing()).await);
        assert!(matches!(tried, Why::NotPermitted(_)), "{who}");
    }
    // The way in which proposals about people are confirmed does not carry this one out.
    let otherwise = office.confirm(1, "tom", at(2)).await;
    assert_eq!(refused(otherwise), Refusal::NoSuchProposal);
    let confirmed = office.confirmed(1, "tom", standing()).await;
    assert_eq!(confirmed.unwrap(), Some(steps()));
    let again = office.confirmed(1, "tom", standing()).await;
    assert_eq!(refused(again), Refusal::NoSuchProposal, "it counts once");
    let all = history(control, &office.scope, at(-1_000), 1_000).await;
    let told: Vec<String> = all
        .unwrap()
        .into_iter()
        .filter(|one| one.what.name().starts_with("switching."))
        .map(|one| one.about)
        .collect();
    assert_eq!(told, [in_words(&steps()), in_words(&steps())]);
    assert_eq!(
        office.told().await,
        [Happening::SwitchingProposed, Happening::SwitchingConfirmed]
    );
    // Lowering waits for nobody, and is not written down here.
    let lowering = office.ask("dana", vec![Step::Writes(false)]).await;
    assert_eq!(lowering.unwrap(), Asked::AtOnce);
}

async fn what_is_not_true_any_more_is_void(installation: &Installation) {
    let office = Company::of(installation, "sb", &["dana", "tom"]).await;
    let control = installation.control();
    let mut lowered = standing();
    let amount = Money::from_cents(1_000_000);
    lowered.limits.insert(Limit::SecondApprovalAbove, amount);
    office.asked("dana").await;
    let confirmed = office.confirmed(1, "tom", lowered.clone()).await;
    assert_eq!(confirmed.unwrap(), None);
    let again = office.confirmed(1, "tom", standing()).await;
    assert_eq!(refused(again), Refusal::NoSuchProposal, "it is void");

    office.asked("dana").await;
    // What it says nothing about may change.
    let mut elsewhere = standing();
    elsewhere
        .switches
        .agents
        .insert("documents".into(), Level::Propose);
    for (now_standing, ended) in [(standing(), 0), (elsewhere, 0), (lowered.clone(), 1)] {
        let by = office.id("tom");
        let voided = switching::void_untrue(control, &office.scope, now_standing, &by, at(2));
        assert_eq!(voided.await.unwrap(), ended);
    }
    office.asked("dana").await;
    assert_eq!(office.settle_with(lowered, at(3)).await, Settled::default());
    assert_eq!(office.pending(at(3)).await, [0; 0]);
    let mut told = office.told().await;
    told.retain(|what| *what == Happening::SwitchingVoided);
    assert_eq!(told.len(), 3);
}

async fn it_is_refused_withdrawn_lapses_and_ends_with_its_owner(installation: &Installation) {
    let office = Company::of(installation, "sc", &["dana", "tom", "olga"]).await;
    let theirs = Company::of(installation, "sd", &["otto", "ida"]).await;
    let (control, scope) = (installation.control(), &office.scope);
    office.asked("dana").await;
    let foreign = theirs.confirmed(1, "otto", standing()).await;
    assert_eq!(refused(foreign), Refusal::NoSuchProposal);
    let (dana, tom) = (office.id("dana"), office.id("tom"));
    let refusing = raises::refuse(control, scope, 1, &tom, at(2));
    refusing.await.unwrap();
    office.asked("dana").await;
    let withdrawing = raises::withdraw(control, scope, 2, &dana, at(2));
    withdrawing.await.unwrap();
    office.asked("dana").await;
    let over = at(1 + 14 * 24);
    assert_eq!(office.pending(over).await, [0; 0]);
    assert_eq!(
        office.settle_with(standing(), over).await,
        Settled::default()
    );
    office.asked("dana").await;
    let take = Change::Take(Grant::standing(Role::Owner));
    office.change("tom", "dana", take).await.unwrap();
    for number in [1, 2, 3, 4] {
        let late = office.confirmed(number, "olga", standing()).await;
        assert_eq!(refused(late), Refusal::NoSuchProposal, "{number}");
    }
    let mut told = office.told().await;
    told.retain(|what| *what != Happening::SwitchingProposed);
    told.sort();
    assert_eq!(
        told,
        [
            Happening::SwitchingRefused,
            Happening::SwitchingWithdrawn,
            Happening::SwitchingLapsed,
            Happening::SwitchingVoided,
        ]
    );
}

async fn alone_it_waits_for_the_delay_and_is_handed_over_once(installation: &Installation) {
    let office = Company::of(installation, "se", &["dana"]).await;
    assert_eq!(why(office.ask("dana", steps()).await), Why::NobodyConfirms);
    assert_eq!(office.pending(at(1)).await, [0; 0]);
    office.switch_on("dana", 48).await.unwrap();
    let proposal = office.asked("dana").await;
    assert_eq!(proposal.ripe_at, Some(at(49)));
    let control = installation.control();
    let told = notices(control, &office.scope, at(2)).await.unwrap();
    assert_eq!(told.ripening, [proposal]);
    assert_eq!(
        why(office.confirmed(1, "dana", standing()).await),
        Why::OwnProposal
    );
    // What begins where another one has changed something is not made.
    let other = office.ask("dana", vec![Step::Writes(true)]).await;
    assert!(matches!(other, Ok(Asked::Proposed(_))), "{other:?}");
    let waits = office.settle_with(standing(), at(48)).await;
    let quiet = Settled {
        next_at: Some(at(49)),
        ..Settled::default()
    };
    assert_eq!(waits, quiet);
    let made = office.settle_with(standing(), at(49)).await;
    let by = office.id("dana");
    let ripened = raises::Ripened { by, steps: steps() };
    assert_eq!((made.made, made.switched), (1, vec![ripened]));
    let after = standing().after(&steps());
    assert_eq!(office.settle_with(after, at(50)).await, Settled::default());
    let told = office.told().await;
    let count = |what| told.iter().filter(|it| **it == what).count();
    assert_eq!(count(Happening::SwitchingProposed), 2);
    assert_eq!(count(Happening::SwitchingRipened), 1);
    assert_eq!(count(Happening::SwitchingVoided), 1);
}

async fn with_a_second_owner_it_waits_for_them(installation: &Installation) {
    let office = Company::of(installation, "sf", &["dana"]).await;
    office.switch_on("dana", 24).await.unwrap();
    office.asked("dana").await;
    office.add("tom", Role::Owner).await;
    let waits = office.settle_with(standing(), at(30)).await;
    assert_eq!(waits, Settled::default());
    let confirmed = office.confirmed(1, "tom", standing()).await;
    assert_eq!(confirmed.unwrap(), Some(steps()));
}

pub(super) async fn everything(installation: &Installation) {
    another_owner_confirms_exactly_what_was_proposed(installation).await;
    what_is_not_true_any_more_is_void(installation).await;
    it_is_refused_withdrawn_lapses_and_ends_with_its_owner(installation).await;
    alone_it_waits_for_the_delay_and_is_handed_over_once(installation).await;
    with_a_second_owner_it_waits_for_them(installation).await;
}

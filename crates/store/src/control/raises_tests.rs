//! What takes two people, on both engines.

mod switching;

use gate::alone::CoolingOff;
use gate::changes::{Change, Refusal as Why};
use gate::roles::{Department, Grant, Grants, Role, Term};
use gate::switching::Powers;
use jiff::Timestamp;

use super::alone::{self, Switching};
use super::changes::{self, ChangeRequest, Changed};
use super::history::{Happening, history};
use super::invitations::{self, Accepting, Invited, NewInvitation};
use super::people;
use super::people_tests::{person, refused, secret, standing, today};
use super::raises::{self, About, Confirmed, Confirming, Proposal, Settled};
use crate::contract::{Kept, at, day};
use crate::postgres::cluster::Cluster;
use crate::{Installation, Refusal, StoreError, TenantScope};

const PAYABLES: Role = Role::Lead(Department::Payables);

/// A company with these owners, a preparer and a viewer.
struct Company<'a> {
    installation: &'a Installation,
    scope: TenantScope,
    mark: String,
}

impl<'a> Company<'a> {
    async fn of(installation: &'a Installation, mark: &str, owners: &[&str]) -> Self {
        let tenant = installation
            .create_tenant("Ridgeline", at(0))
            .await
            .unwrap();
        let company = Self {
            installation,
            scope: TenantScope::new(tenant.id),
            mark: mark.to_owned(),
        };
        for owner in owners {
            company.add(owner, Role::Owner).await;
        }
        company.add("priya", Role::Preparer).await;
        company.add("vic", Role::Viewer).await;
        company
    }

    async fn add(&self, name: &str, role: Role) {
        let (control, tenant) = (self.installation.control(), self.scope.tenant_id());
        let person = person(&format!("{name}{}", self.mark));
        let added = people::add(control, tenant, person, standing(&[role]), at(0));
        added.await.unwrap();
    }

    fn id(&self, name: &str) -> String {
        format!("psn_{name}{}", self.mark)
    }

    async fn change(
        &self,
        actor: &str,
        subject: &str,
        change: Change,
    ) -> Result<Changed, StoreError> {
        let request = ChangeRequest {
            actor: self.id(actor),
            subject: self.id(subject),
            change,
            on: today(),
        };
        changes::change(self.installation.control(), &self.scope, request, at(1)).await
    }

    /// What must have been proposed.
    async fn proposed(&self, actor: &str, subject: &str, grant: Grant) -> Proposal {
        match self.change(actor, subject, Change::Give(grant)).await {
            Ok(Changed::Proposed(proposal)) => proposal,
            other => panic!("not proposed: {other:?}"),
        }
    }

    async fn confirm(
        &self,
        number: i64,
        by: &str,
        now: Timestamp,
    ) -> Result<Confirmed, StoreError> {
        let confirming = Confirming {
            number,
            by: self.id(by),
            on: today(),
            invitation_id: format!("inv_{number}{}", self.mark),
            token: secret(&format!("link {number}{}", self.mark)),
            expires_at: at(400),
        };
        raises::confirm(self.installation.control(), &self.scope, confirming, now).await
    }

    async fn grants(&self, name: &str) -> Grants {
        let all = people::colleagues(self.installation.control(), &self.scope).await;
        let id = self.id(name);
        let found = all.unwrap().into_iter().find(|one| one.id == id);
        found.unwrap().grants
    }

    async fn pending(&self, now: Timestamp) -> Vec<i64> {
        let found = raises::pending(self.installation.control(), &self.scope, now).await;
        found.unwrap().iter().map(|one| one.number).collect()
    }

    async fn settle(&self, now: Timestamp) -> Settled {
        self.settle_with(Powers::default(), now).await
    }

    async fn settle_with(&self, standing: Powers, now: Timestamp) -> Settled {
        let control = self.installation.control();
        raises::settle(control, &self.scope, standing, (today(), now))
            .await
            .unwrap()
    }

    async fn switch_on(&self, by: &str, hours: i64) -> Result<(), StoreError> {
        let switching = Switching {
            by: self.id(by),
            reason: "Nobody else works in this office.".to_owned(),
            cooling_off: CoolingOff::try_from_hours(hours).unwrap(),
            on: today(),
        };
        alone::begin(self.installation.control(), &self.scope, switching, at(1)).await
    }

    /// What the audit tells about raises and the mode, the oldest first.
    async fn told(&self) -> Vec<Happening> {
        let control = self.installation.control();
        let all = history(control, &self.scope, at(-1_000), 1_000)
            .await
            .unwrap();
        let all = all.into_iter().rev().map(|one| one.what);
        all.filter(|what| {
            let kind = what.name().split('.').next();
            matches!(kind, Some("raise" | "switching" | "alone"))
        })
        .collect()
    }
}

fn why<T: std::fmt::Debug>(result: Result<T, StoreError>) -> Why {
    match refused(result) {
        Refusal::Change(why) => why,
        other => panic!("{other:?}"),
    }
}

fn preparer() -> Grant {
    Grant::standing(Role::Preparer)
}

async fn another_owner_confirms_and_nobody_else(installation: &Installation) {
    let office = Company::of(installation, "a", &["dana", "tom"]).await;
    let proposal = office.proposed("dana", "vic", preparer()).await;
    assert_eq!(
        (proposal.number, proposal.ripe_at, proposal.lapses_at),
        (1, None, at(1 + 14 * 24))
    );
    assert_eq!(office.grants("vic").await, standing(&[Role::Viewer]));
    assert_eq!(
        why(office.confirm(1, "dana", at(2)).await),
        Why::OwnProposal
    );
    for other in ["priya", "vic", "nobody"] {
        let tried = why(office.confirm(1, other, at(2)).await);
        assert!(matches!(tried, Why::NotPermitted(_)), "{other}");
    }
    assert_eq!(office.grants("vic").await, standing(&[Role::Viewer]));
    let confirmed = office.confirm(1, "tom", at(2)).await.unwrap();
    let person_id = office.id("vic");
    assert_eq!(confirmed, Confirmed::Given { person_id });
    let both = standing(&[Role::Viewer, Role::Preparer]);
    assert_eq!(office.grants("vic").await, both);
    assert_eq!(
        refused(office.confirm(1, "tom", at(2)).await),
        Refusal::NoSuchProposal,
        "it counts once"
    );
    assert_eq!(
        office.told().await,
        [Happening::RaiseProposed, Happening::RaiseConfirmed]
    );
}

async fn a_raise_of_another_company_does_not_exist(installation: &Installation) {
    let ours = Company::of(installation, "b", &["dana", "tom"]).await;
    let theirs = Company::of(installation, "c", &["olga", "otto"]).await;
    ours.proposed("dana", "vic", preparer()).await;
    let control = installation.control();
    let foreign = theirs.confirm(1, "olga", at(2)).await;
    assert_eq!(refused(foreign), Refusal::NoSuchProposal);
    for by in ["olga", "otto"] {
        let id = theirs.id(by);
        let refusing = raises::refuse(control, &theirs.scope, 1, &id, at(2)).await;
        assert_eq!(refused(refusing), Refusal::NoSuchProposal);
        let withdrawing = raises::withdraw(control, &theirs.scope, 1, &id, at(2)).await;
        assert_eq!(refused(withdrawing), Refusal::NoSuchProposal);
    }
    assert_eq!(theirs.pending(at(2)).await, [0; 0]);
    assert_eq!(ours.pending(at(2)).await, [1]);
    // Nor does an owner of another company count as one of ours.
    let confirming = Confirming {
        number: 1,
        by: theirs.id("olga"),
        on: today(),
        invitation_id: "inv".to_owned(),
        token: secret("link"),
        expires_at: at(400),
    };
    let strange = raises::confirm(control, &ours.scope, confirming, at(2)).await;
    assert!(matches!(why(strange), Why::NotPermitted(_)));
}

async fn a_proposal_is_refused_withdrawn_and_lapses(installation: &Installation) {
    let office = Company::of(installation, "d", &["dana", "tom"]).await;
    let control = installation.control();
    for (dana_withdraws, number) in [(true, 1), (false, 2)] {
        office.proposed("dana", "vic", preparer()).await;
        let twice = office.change("dana", "vic", Change::Give(preparer())).await;
        assert_eq!(refused(twice), Refusal::AlreadyProposed);
        let (dana, tom) = (office.id("dana"), office.id("tom"));
        let not_hers = raises::refuse(control, &office.scope, number, &dana, at(2)).await;
        assert_eq!(refused(not_hers), Refusal::NoSuchProposal);
        let not_his = raises::withdraw(control, &office.scope, number, &tom, at(2)).await;
        assert_eq!(refused(not_his), Refusal::NoSuchProposal);
        if dana_withdraws {
            let done = raises::withdraw(control, &office.scope, number, &dana, at(2)).await;
            done.unwrap();
        } else {
            let done = raises::refuse(control, &office.scope, number, &tom, at(2)).await;
            done.unwrap();
        }
        let late = office.confirm(number, "tom", at(2)).await;
        assert_eq!(refused(late), Refusal::NoSuchProposal);
    }
    office.proposed("dana", "vic", preparer()).await;
    let over = at(1 + 14 * 24);
    assert_eq!(office.pending(over).await, [0; 0]);
    let late = office.confirm(3, "tom", over).await;
    assert_eq!(refused(late), Refusal::NoSuchProposal);
    assert_eq!(office.settle(over).await, Settled::default());
    assert_eq!(
        office.told().await,
        [
            Happening::RaiseProposed,
            Happening::RaiseProposed,
            Happening::RaiseProposed,
            Happening::RaiseWithdrawn,
            Happening::RaiseRefused,
            Happening::RaiseLapsed,
        ]
    );
    assert_eq!(office.grants("vic").await, standing(&[Role::Viewer]));
}

async fn whoever_may_no_longer_propose_has_proposed_nothing(installation: &Installation) {
    let office = Company::of(installation, "e", &["dana", "tom", "olga"]).await;
    office.proposed("dana", "vic", preparer()).await;
    let take = Change::Take(Grant::standing(Role::Owner));
    office.change("tom", "dana", take).await.unwrap();
    assert_eq!(
        refused(office.confirm(1, "olga", at(2)).await),
        Refusal::NoSuchProposal
    );
    office.proposed("tom", "vic", preparer()).await;
    office.change("olga", "vic", Change::Disable).await.unwrap();
    assert_eq!(
        refused(office.confirm(2, "olga", at(2)).await),
        Refusal::NoSuchProposal
    );
    let mut told = office.told().await;
    told.retain(|what| *what == Happening::RaiseVoided);
    assert_eq!(told.len(), 2);
}

async fn an_invitation_of_a_lead_counts_once_it_is_confirmed(installation: &Installation) {
    let office = Company::of(installation, "f", &["dana", "tom"]).await;
    let control = installation.control();
    let invitation = |roles: &[Role]| NewInvitation {
        id: "inv_first".to_owned(),
        token: secret("first link"),
        mail: "Noor@Ridgeline.example".to_owned(),
        name: "Noor".to_owned(),
        roles: roles.to_vec(),
        invited_by: office.id("dana"),
        expires_at: at(170),
    };
    let asked = invitations::invite(
        control,
        &office.scope,
        invitation(&[PAYABLES]),
        today(),
        at(1),
    );
    let Invited::Proposed(proposal) = asked.await.unwrap() else {
        panic!("a lead was invited by one person");
    };
    assert_eq!(
        proposal.about,
        About::Invitation {
            mail: "noor@ridgeline.example".to_owned(),
            name: "Noor".to_owned(),
            roles: vec![PAYABLES],
        }
    );
    let unproven = invitations::open(control, &secret("first link"), at(2)).await;
    assert_eq!(refused(unproven), Refusal::NoSuchInvitation);
    assert_eq!(
        why(office.confirm(1, "dana", at(2)).await),
        Why::OwnProposal
    );
    let confirmed = office.confirm(1, "tom", at(2)).await.unwrap();
    assert!(matches!(confirmed, Confirmed::Invited { name, .. } if name == "Noor"));
    let accepting = Accepting::New(person("noor"));
    let link = secret("link 1f");
    invitations::accept(control, &link, accepting, today(), at(3))
        .await
        .unwrap();
    let all = people::colleagues(control, &office.scope).await.unwrap();
    let noor = all.into_iter().find(|one| one.name == "noor").unwrap();
    assert_eq!(noor.grants, standing(&[PAYABLES]));
}

async fn a_single_owner_waits_for_the_delay_of_the_mode(installation: &Installation) {
    let office = Company::of(installation, "g", &["dana"]).await;
    let give = Change::Give(preparer());
    assert_eq!(
        why(office.change("dana", "vic", give).await),
        Why::NobodyConfirms
    );
    office.switch_on("dana", 48).await.unwrap();
    let proposal = office.proposed("dana", "vic", preparer()).await;
    assert_eq!(proposal.ripe_at, Some(at(49)));
    // A shorter delay from now on does not shorten what everybody was told.
    office.switch_on("dana", 24).await.unwrap();
    let quiet = Settled {
        next_at: Some(at(49)),
        ..Settled::default()
    };
    assert_eq!(office.settle(at(48)).await, quiet);
    assert_eq!(
        why(office.confirm(1, "dana", at(48)).await),
        Why::OwnProposal
    );
    assert_eq!(office.grants("vic").await, standing(&[Role::Viewer]));
    assert_eq!(office.settle(at(49)).await.made, 1);
    let both = standing(&[Role::Viewer, Role::Preparer]);
    assert_eq!(office.grants("vic").await, both);
    assert_eq!(office.settle(at(50)).await, Settled::default());
    assert_eq!(
        office.told().await,
        [
            Happening::RaiseProposed,
            Happening::AloneEnded,
            Happening::AloneBegun,
            Happening::AloneBegun,
            Happening::RaiseRipened,
        ]
    );
}

async fn the_mode_switched_off_ends_what_waited_for_its_delay(installation: &Installation) {
    let office = Company::of(installation, "h", &["dana"]).await;
    let control = installation.control();
    let off = alone::end(control, &office.scope, &office.id("dana"), at(2)).await;
    assert_eq!(refused(off), Refusal::NotSwitchedOn);
    office.switch_on("dana", 24).await.unwrap();
    office.proposed("dana", "vic", preparer()).await;
    let off = alone::end(control, &office.scope, &office.id("dana"), at(2)).await;
    off.unwrap();
    office.switch_on("dana", 24).await.unwrap();
    assert_eq!(office.settle(at(30)).await, Settled::default());
    assert_eq!(office.grants("vic").await, standing(&[Role::Viewer]));
}

async fn with_a_second_owner_nothing_ripens_any_more(installation: &Installation) {
    let office = Company::of(installation, "i", &["dana"]).await;
    office.switch_on("dana", 24).await.unwrap();
    office.proposed("dana", "vic", preparer()).await;
    office.add("tom", Role::Owner).await;
    assert_eq!(office.settle(at(30)).await.made, 0);
    assert_eq!(
        why(office.confirm(1, "dana", at(30)).await),
        Why::OwnProposal
    );
    assert_eq!(why(office.switch_on("dana", 24).await), Why::NotAlone);
    office.confirm(1, "tom", at(30)).await.unwrap();
    assert_eq!(office.pending(at(30)).await, [0; 0]);
}

async fn cover_that_waited_into_its_days_still_counts(installation: &Installation) {
    let office = Company::of(installation, "j", &["dana", "tom"]).await;
    let term = Term::Cover {
        from: today(),
        until: day("2026-11-06"),
    };
    let grant = Grant {
        role: PAYABLES,
        term,
    };
    office.proposed("dana", "priya", grant).await;
    let control = installation.control();
    let confirming = |on| Confirming {
        number: 1,
        by: office.id("tom"),
        on,
        invitation_id: String::new(),
        token: secret(""),
        expires_at: at(0),
    };
    let over = confirming(day("2026-11-07"));
    let late = raises::confirm(control, &office.scope, over, at(150)).await;
    assert_eq!(why(late), Why::CoverDates);
    let within = confirming(day("2026-11-06"));
    raises::confirm(control, &office.scope, within, at(130))
        .await
        .unwrap();
    assert!(
        office
            .grants("priya")
            .await
            .all()
            .any(|held| *held == grant)
    );
}

/// All of them, on an installation of either engine.
async fn everything(installation: &Installation) {
    another_owner_confirms_and_nobody_else(installation).await;
    a_raise_of_another_company_does_not_exist(installation).await;
    a_proposal_is_refused_withdrawn_and_lapses(installation).await;
    whoever_may_no_longer_propose_has_proposed_nothing(installation).await;
    an_invitation_of_a_lead_counts_once_it_is_confirmed(installation).await;
    a_single_owner_waits_for_the_delay_of_the_mode(installation).await;
    the_mode_switched_off_ends_what_waited_for_its_delay(installation).await;
    with_a_second_owner_nothing_ripens_any_more(installation).await;
    cover_that_waited_into_its_days_still_counts(installation).await;
    switching::everything(installation).await;
}

#[tokio::test]
async fn giving_more_takes_two_people_in_a_folder() {
    let kept = Kept::open(tempfile::tempdir().unwrap()).await;
    everything(&kept.installation).await;
    kept.close().await;
}

#[tokio::test]
async fn giving_more_takes_two_people_on_a_server() {
    let cluster = Cluster::start().await;
    let installation = cluster.installation().await;
    everything(&installation).await;
    installation.close().await;
}

#[tokio::test]
async fn the_first_owner_staffs_a_new_company_until_there_was_a_second_one() {
    let kept = Kept::open(tempfile::tempdir().unwrap()).await;
    let (installation, control) = (&kept.installation, kept.installation.control());
    let tenant = installation
        .create_tenant("Ridgeline", at(0))
        .await
        .unwrap();
    let scope = TenantScope::new(tenant.id);
    people::first_owner(control, scope.tenant_id(), person("dana"), at(0))
        .await
        .unwrap();
    let invite = async |name: &str, now: Timestamp| {
        let invitation = NewInvitation {
            id: format!("inv_{name}"),
            token: secret(name),
            mail: format!("{name}@ridgeline.example"),
            name: name.to_owned(),
            roles: vec![Role::Owner],
            invited_by: "psn_dana".to_owned(),
            expires_at: at(400),
        };
        invitations::invite(control, &scope, invitation, today(), now).await
    };
    assert_eq!(invite("tom", at(1)).await.unwrap(), Invited::Sent);
    assert_eq!(why(invite("late", at(7 * 24)).await), Why::NobodyConfirms);
    let accepting = Accepting::New(person("tom"));
    invitations::accept(control, &secret("tom"), accepting, today(), at(2))
        .await
        .unwrap();
    let now_two = invite("olga", at(3)).await.unwrap();
    assert!(matches!(now_two, Invited::Proposed(_)));
    // That there was a second one is not forgotten when they leave.
    let request = ChangeRequest {
        actor: "psn_dana".to_owned(),
        subject: "psn_tom".to_owned(),
        change: Change::Disable,
        on: today(),
    };
    changes::change(control, &scope, request, at(4))
        .await
        .unwrap();
    assert_eq!(why(invite("eve", at(5)).await), Why::NobodyConfirms);
    kept.close().await;
}

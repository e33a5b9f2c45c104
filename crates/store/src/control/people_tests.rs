//! People, sessions, invitations and tokens, over both engines' one text on the embedded file.

use figures::Date;
use gate::changes::Change;
use gate::roles::{Action, Department, Grant, Grants, Role, Term, may};
use jiff::{SignedDuration, Timestamp};

use super::Control;
use super::api_tokens::{self, NewApiToken};
use super::changes::{self, ChangeRequest, Changed};
use super::invitations::{self, Accepting, Invited, NewInvitation};
use super::people::{self, NewPerson};
use super::sessions::{self, NewSession};
use crate::contract::{Kept, at, day};
use crate::{Refusal, Secret, StoreError, TenantScope};

pub(super) struct Office {
    kept: Kept,
    pub(super) ours: String,
    pub(super) theirs: String,
}

pub(super) fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

pub(super) fn person(name: &str) -> NewPerson {
    NewPerson {
        id: format!("psn_{name}"),
        mail: format!("{name}@ridgeline.example"),
        name: name.to_owned(),
        password_hash: secret("$argon2id$"),
    }
}

pub(super) fn standing(roles: &[Role]) -> Grants {
    Grants::new(roles.iter().copied().map(Grant::standing).collect())
}

/// Two companies: ours with two owners, a preparer and an A/P lead, theirs with an owner.
pub(super) async fn office() -> Office {
    let kept = Kept::open(tempfile::tempdir().unwrap()).await;
    let ours = kept
        .installation
        .create_tenant("Ridgeline", at(0))
        .await
        .unwrap()
        .id;
    let theirs = kept
        .installation
        .create_tenant("Copper Basin", at(0))
        .await
        .unwrap()
        .id;
    let control = kept.installation.control();
    people::first_owner(control, &ours, person("dana"), at(0))
        .await
        .unwrap();
    for (tenant, name, role) in [
        (&ours, "tom", Role::Owner),
        (&ours, "priya", Role::Preparer),
        (&ours, "marcus", Role::Lead(Department::Payables)),
        (&theirs, "olga", Role::Owner),
    ] {
        people::add(control, tenant, person(name), standing(&[role]), at(0))
            .await
            .unwrap();
    }
    Office { kept, ours, theirs }
}

impl Office {
    pub(super) fn control(&self) -> &Control {
        self.kept.installation.control()
    }

    pub(super) async fn close(self) {
        self.kept.close().await;
    }

    pub(super) async fn sign_in(
        &self,
        name: &str,
        token: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let session = NewSession {
            id: format!("ses_{token}"),
            token: secret(token),
            person_id: format!("psn_{name}"),
            tenant_id: None,
            factor_at: None,
            user_agent: "Firefox".to_owned(),
            address: "203.0.113.7".to_owned(),
        };
        sessions::begin(self.control(), session, now).await
    }

    pub(super) async fn is_in(&self, token: &str, now: Timestamp) -> bool {
        sessions::seen(self.control(), &secret(token), now)
            .await
            .unwrap()
            .is_some()
    }

    async fn change(
        &self,
        actor: &str,
        subject: &str,
        change: Change,
    ) -> Result<Grants, StoreError> {
        let request = ChangeRequest {
            actor: format!("psn_{actor}"),
            subject: format!("psn_{subject}"),
            change,
            on: today(),
        };
        let ours = TenantScope::new(self.ours.clone());
        match changes::change(self.control(), &ours, request, at(2)).await? {
            Changed::Made(grants) => Ok(grants),
            Changed::Proposed(proposal) => panic!("it waits: {proposal:?}"),
        }
    }
}

pub(super) fn today() -> Date {
    day("2026-11-01")
}

pub(super) fn refused<T: std::fmt::Debug>(result: Result<T, StoreError>) -> Refusal {
    match result {
        Err(StoreError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

pub(super) fn minutes(count: i64) -> Timestamp {
    at(1) + SignedDuration::from_mins(count)
}

#[tokio::test]
async fn the_first_owner_is_made_once() {
    let office = office().await;
    assert!(!people::nobody_yet(office.control()).await.unwrap());
    let again = people::first_owner(office.control(), &office.ours, person("eve"), at(1)).await;
    assert_eq!(refused(again), Refusal::NotTheFirst);
    office.close().await;
}

#[tokio::test]
async fn a_session_tells_who_asks_in_which_company_and_ends_by_itself() {
    let office = office().await;
    office.sign_in("dana", "one", at(1)).await.unwrap();
    let seen = sessions::seen(office.control(), &secret("one"), at(1))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (seen.name.as_str(), seen.scope.tenant_id()),
        ("dana", office.ours.as_str())
    );
    assert!(may(&seen.grants, Action::ManagePeople, today()).is_permitted());
    assert!(!office.is_in("two", at(1)).await);
    assert!(office.is_in("one", minutes(59)).await);
    assert!(office.is_in("one", minutes(118)).await);
    assert!(
        !office.is_in("one", minutes(118 + 60)).await,
        "idle for an hour"
    );
    office.sign_in("dana", "long", at(1)).await.unwrap();
    for minute in (0..720).step_by(50) {
        assert!(office.is_in("long", minutes(minute)).await, "{minute}");
    }
    assert!(
        !office.is_in("long", minutes(720)).await,
        "after twelve hours"
    );
    office.close().await;
}

#[tokio::test]
async fn a_shown_factor_gives_the_session_another_token() {
    let office = office().await;
    office.sign_in("dana", "before", at(1)).await.unwrap();
    sessions::raise(office.control(), "ses_before", &secret("after"), at(1))
        .await
        .unwrap();
    assert!(!office.is_in("before", at(1)).await);
    let seen = sessions::seen(office.control(), &secret("after"), at(1))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(seen.factor_at, Some(at(1)));
    office.close().await;
}

#[tokio::test]
async fn changed_roles_and_a_new_password_end_sessions() {
    let office = office().await;
    for token in ["a", "b"] {
        office.sign_in("priya", token, at(1)).await.unwrap();
    }
    office
        .change("dana", "priya", Change::Give(Grant::standing(Role::Viewer)))
        .await
        .unwrap();
    assert!(!office.is_in("a", at(2)).await);
    for token in ["c", "d"] {
        office.sign_in("priya", token, at(2)).await.unwrap();
    }
    let kept = Some("ses_d");
    people::set_password(office.control(), "psn_priya", secret("$new"), kept, at(2))
        .await
        .unwrap();
    assert!(!office.is_in("c", at(2)).await && office.is_in("d", at(2)).await);
    sessions::end(office.control(), "psn_priya", "ses_d", at(2))
        .await
        .unwrap();
    assert!(!office.is_in("d", at(2)).await);
    office.close().await;
}

#[tokio::test]
async fn a_session_of_somebody_else_is_as_unknown_as_none() {
    let office = office().await;
    office.sign_in("dana", "hers", at(1)).await.unwrap();
    for session in ["ses_hers", "ses_none"] {
        let ended = sessions::end(office.control(), "psn_olga", session, at(1)).await;
        assert_eq!(refused(ended), Refusal::NoSuchSession);
    }
    assert!(office.is_in("hers", at(1)).await);
    office.close().await;
}

#[tokio::test]
async fn whoever_is_disabled_is_out_at_once_with_tokens_and_invitations() {
    let office = office().await;
    let ours = TenantScope::new(office.ours.clone());
    office.sign_in("tom", "his", at(1)).await.unwrap();
    let token = NewApiToken {
        id: "tok_1".to_owned(),
        token: secret("api"),
        name: "Reports".to_owned(),
        expires_at: at(100),
    };
    api_tokens::create(office.control(), &ours, "psn_tom", token, at(1))
        .await
        .unwrap();
    invite(&office, "tom", "new", &[Role::Preparer])
        .await
        .unwrap();
    assert!(
        api_tokens::caller(office.control(), &secret("api"), at(1))
            .await
            .unwrap()
            .is_some()
    );
    office.change("dana", "tom", Change::Disable).await.unwrap();
    assert!(!office.is_in("his", at(2)).await);
    assert!(
        api_tokens::caller(office.control(), &secret("api"), at(2))
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        invitations::pending(office.control(), &ours, at(2))
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        refused(office.sign_in("tom", "again", at(2)).await),
        Refusal::NoCompany
    );
    let names: Vec<String> = people::colleagues(office.control(), &ours)
        .await
        .unwrap()
        .into_iter()
        .map(|colleague| colleague.name)
        .collect();
    assert_eq!(names, ["dana", "marcus", "priya"]);
    office.close().await;
}

#[tokio::test]
async fn what_gate_refuses_is_not_stored_and_other_companies_do_not_exist() {
    let office = office().await;
    let own = office.change("dana", "dana", Change::Disable).await;
    assert_eq!(
        refused(own),
        Refusal::Change(gate::changes::Refusal::OwnRole)
    );
    for subject in ["olga", "nobody"] {
        let foreign = office.change("dana", subject, Change::Disable).await;
        assert_eq!(
            refused(foreign),
            Refusal::Change(gate::changes::Refusal::NoSuchPerson)
        );
    }
    let foreign_actor = office.change("olga", "priya", Change::Disable).await;
    assert!(matches!(refused(foreign_actor), Refusal::Change(_)));
    office.close().await;
}

#[tokio::test]
async fn cover_is_kept_with_its_days_and_can_be_taken_back() {
    let office = office().await;
    let term = Term::Cover {
        from: day("2026-11-02"),
        until: day("2026-11-06"),
    };
    let grant = Grant {
        role: Role::Lead(Department::Payables),
        term,
    };
    office
        .change("marcus", "priya", Change::Give(grant))
        .await
        .unwrap();
    let ours = TenantScope::new(office.ours.clone());
    let held = |colleagues: Vec<people::Colleague>| {
        colleagues
            .into_iter()
            .find(|it| it.name == "priya")
            .unwrap()
            .grants
    };
    let grants = held(people::colleagues(office.control(), &ours).await.unwrap());
    assert!(grants.all().any(|held| *held == grant));
    let after = office
        .change("marcus", "priya", Change::Take(grant))
        .await
        .unwrap();
    assert_eq!(
        after,
        held(people::colleagues(office.control(), &ours).await.unwrap())
    );
    assert_eq!(after, standing(&[Role::Preparer]));
    office.close().await;
}

async fn invite(office: &Office, by: &str, name: &str, roles: &[Role]) -> Result<(), StoreError> {
    let invitation = NewInvitation {
        id: format!("inv_{name}"),
        token: secret(name),
        mail: format!(" {}@Ridgeline.example", name.to_uppercase()),
        name: name.to_owned(),
        roles: roles.to_vec(),
        invited_by: format!("psn_{by}"),
        expires_at: at(72),
    };
    let ours = TenantScope::new(office.ours.clone());
    let invited = invitations::invite(office.control(), &ours, invitation, today(), at(1)).await?;
    assert_eq!(invited, Invited::Sent);
    Ok(())
}

async fn accept(
    office: &Office,
    token: &str,
    accepting: Accepting,
    now: Timestamp,
) -> Result<(), StoreError> {
    invitations::accept(office.control(), &secret(token), accepting, today(), now).await
}

#[tokio::test]
async fn an_invitation_counts_once_and_only_for_its_address() {
    let office = office().await;
    invite(&office, "dana", "noor", &[Role::Preparer])
        .await
        .unwrap();
    let open = invitations::open(office.control(), &secret("noor"), at(2))
        .await
        .unwrap();
    assert_eq!(
        (open.mail.as_str(), open.is_known),
        ("noor@ridgeline.example", false)
    );
    let stranger = Accepting::Known("psn_olga".to_owned());
    assert_eq!(
        refused(accept(&office, "noor", stranger, at(2)).await),
        Refusal::InvitationOfAnother
    );
    let sly = NewPerson {
        mail: "somebody@else.example".to_owned(),
        ..person("noor")
    };
    accept(&office, "noor", Accepting::New(sly), at(2))
        .await
        .unwrap();
    let account = people::account(office.control(), "Noor@ridgeline.example")
        .await
        .unwrap();
    assert_eq!(account.unwrap().person_id, "psn_noor");
    let again = accept(&office, "noor", Accepting::New(person("x")), at(3)).await;
    assert_eq!(refused(again), Refusal::NoSuchInvitation);
    office.sign_in("noor", "t", at(3)).await.unwrap();
    let seen = sessions::seen(office.control(), &secret("t"), at(3))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(seen.grants, standing(&[Role::Preparer]));
    office.close().await;
}

#[tokio::test]
async fn an_invitation_needs_the_right_when_given_and_when_accepted() {
    let office = office().await;
    assert!(matches!(
        refused(invite(&office, "marcus", "a", &[Role::Viewer]).await),
        Refusal::Change(_)
    ));
    assert!(matches!(
        refused(invite(&office, "olga", "a", &[Role::Viewer]).await),
        Refusal::Change(_)
    ));
    assert_eq!(
        refused(invite(&office, "dana", "priya", &[Role::Viewer]).await),
        Refusal::AlreadyMember
    );
    invite(&office, "tom", "late", &[Role::Viewer])
        .await
        .unwrap();
    let late = accept(&office, "late", Accepting::New(person("late")), at(73)).await;
    assert_eq!(refused(late), Refusal::NoSuchInvitation);
    office
        .change("dana", "tom", Change::Take(Grant::standing(Role::Owner)))
        .await
        .unwrap();
    let powerless = accept(&office, "late", Accepting::New(person("late")), at(2)).await;
    assert!(matches!(refused(powerless), Refusal::Change(_)));
    office.close().await;
}

#[tokio::test]
async fn somebody_known_joins_a_second_company_and_chooses_where_to_be() {
    let office = office().await;
    let ours = TenantScope::new(office.ours.clone());
    let invitation = NewInvitation {
        id: "inv_olga".to_owned(),
        token: secret("olga"),
        mail: "olga@ridgeline.example".to_owned(),
        name: "olga".to_owned(),
        roles: vec![Role::Auditor],
        invited_by: "psn_dana".to_owned(),
        expires_at: at(72),
    };
    invitations::invite(office.control(), &ours, invitation, today(), at(1))
        .await
        .unwrap();
    let as_new = accept(
        &office,
        "olga",
        Accepting::New(NewPerson {
            id: "psn_2".to_owned(),
            ..person("olga")
        }),
        at(2),
    )
    .await;
    assert_eq!(refused(as_new), Refusal::MailInUse);
    accept(
        &office,
        "olga",
        Accepting::Known("psn_olga".to_owned()),
        at(2),
    )
    .await
    .unwrap();
    let companies = sessions::companies(office.control(), "psn_olga")
        .await
        .unwrap();
    let names: Vec<&str> = companies.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(names, ["Copper Basin", "Ridgeline"]);
    office.sign_in("olga", "o", at(2)).await.unwrap();
    let seen = sessions::seen(office.control(), &secret("o"), at(2))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(seen.scope.tenant_id(), office.theirs);
    assert_eq!(
        seen.grants,
        standing(&[Role::Owner]),
        "not the auditor that she is with us"
    );
    office.close().await;
}

#[tokio::test]
async fn a_suspended_company_lets_nobody_in() {
    let office = office().await;
    office.sign_in("dana", "d", at(1)).await.unwrap();
    office
        .kept
        .installation
        .suspend_tenant(&office.ours, at(1))
        .await
        .unwrap();
    assert!(!office.is_in("d", at(1)).await);
    assert_eq!(
        refused(office.sign_in("dana", "e", at(1)).await),
        Refusal::NoCompany
    );
    office.close().await;
}

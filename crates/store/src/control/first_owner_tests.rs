//! The first owner of a further company, on both engines.

use gate::changes::Refusal as Why;
use gate::roles::Role;
use jiff::Timestamp;

use super::first_owner::{self, FirstOwner};
use super::invitations::{self, Accepting, Invited, NewInvitation};
use super::people_tests::{person, refused, secret, standing, today};
use super::sessions::{self, NewSession};
use crate::contract::{Kept, at};
use crate::postgres::cluster::Cluster;
use crate::{Installation, Refusal, StoreError, TenantScope};

async fn invite(installation: &Installation, id: &str, name: &str) -> Result<(), StoreError> {
    let first = FirstOwner {
        id: format!("inv_{name}_{id}"),
        token: secret(&format!("{name} of {id}")),
        mail: format!("{name}@ridgeline.example"),
        name: name.to_owned(),
        expires_at: at(72),
    };
    first_owner::invite(installation.control(), id, first, at(1)).await
}

async fn accept(
    installation: &Installation,
    (id, name): (&str, &str),
    accepting: Accepting,
    now: Timestamp,
) -> Result<(), StoreError> {
    let token = secret(&format!("{name} of {id}"));
    invitations::accept(installation.control(), &token, accepting, today(), now).await
}

/// Whether a person is an owner of a company and nothing else.
async fn owns(installation: &Installation, id: &str, name: &str) -> bool {
    let token = secret(&format!("session of {name} in {id}"));
    let session = NewSession {
        id: format!("ses_{name}_{id}"),
        token: token.clone(),
        person_id: format!("psn_{name}"),
        tenant_id: Some(id.to_owned()),
        factor_at: None,
        user_agent: String::new(),
        address: String::new(),
    };
    let control = installation.control();
    sessions::begin(control, session, at(3)).await.unwrap();
    let seen = sessions::seen(control, &token, at(3)).await.unwrap();
    seen.unwrap().grants == standing(&[Role::Owner])
}

async fn is_invited_where_there_is_no_owner(installation: &Installation) {
    let mut ids = Vec::new();
    for name in ["Ridgeline", "Copper Basin"] {
        let tenant = installation.create_tenant(name, at(0)).await.unwrap();
        ids.push(tenant.id);
    }
    let (ours, theirs) = (ids[0].as_str(), ids[1].as_str());
    let unknown = invite(installation, "tnt_0", "dana").await;
    assert!(matches!(unknown, Err(StoreError::UnknownTenant)));
    installation.suspend_tenant(ours, at(1)).await.unwrap();
    let closed = invite(installation, ours, "dana").await;
    assert!(matches!(closed, Err(StoreError::UnknownTenant)));
    installation.resume_tenant(ours, at(1)).await.unwrap();

    for name in ["dana", "tom"] {
        invite(installation, ours, name).await.unwrap();
    }
    let new = |name| Accepting::New(person(name));
    let late = accept(installation, (ours, "dana"), new("dana"), at(72)).await;
    assert_eq!(refused(late), Refusal::NoSuchInvitation);
    accept(installation, (ours, "dana"), new("dana"), at(2))
        .await
        .unwrap();
    assert!(owns(installation, ours, "dana").await);
    let twice = accept(installation, (ours, "dana"), new("eve"), at(2)).await;
    assert_eq!(refused(twice), Refusal::NoSuchInvitation);
    // The operator makes a first owner, and nobody else.
    let second = accept(installation, (ours, "tom"), new("tom"), at(2)).await;
    assert_eq!(refused(second), Refusal::Change(Why::HasOwner));
    let again = invite(installation, ours, "eve").await;
    assert_eq!(refused(again), Refusal::Change(Why::HasOwner));

    // Somebody who is known here already comes in with the account that they have.
    invite(installation, theirs, "dana").await.unwrap();
    let known = Accepting::Known("psn_dana".to_owned());
    accept(installation, (theirs, "dana"), known, at(2))
        .await
        .unwrap();
    assert!(owns(installation, theirs, "dana").await);

    // An office begins like the first one did: its owner brings the others in at once.
    let other_owner = NewInvitation {
        id: "inv_other".to_owned(),
        token: secret("other"),
        mail: "priya@ridgeline.example".to_owned(),
        name: "priya".to_owned(),
        roles: vec![Role::Owner],
        invited_by: "psn_dana".to_owned(),
        expires_at: at(72),
    };
    let scope = TenantScope::new(ours.to_owned());
    let invited = invitations::invite(installation.control(), &scope, other_owner, today(), at(3));
    assert_eq!(invited.await.unwrap(), Invited::Sent);
}

#[tokio::test]
async fn the_first_owner_of_a_folders_company_is_invited_by_the_operator() {
    let kept = Kept::open(tempfile::tempdir().unwrap()).await;
    is_invited_where_there_is_no_owner(&kept.installation).await;
    kept.close().await;
}

#[tokio::test]
async fn the_first_owner_of_a_servers_company_is_invited_by_the_operator() {
    let cluster = Cluster::start().await;
    let installation = cluster.installation().await;
    is_invited_where_there_is_no_owner(&installation).await;
    installation.close().await;
}

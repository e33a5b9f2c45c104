use super::*;
use crate::roles::Department;

const PAYROLL: Role = Role::Lead(Department::Payroll);
const PAYABLES: Role = Role::Lead(Department::Payables);

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn member_with(person_id: &str, roles: &[Role]) -> Member {
    Member {
        person_id: person_id.into(),
        grants: Grants::new(roles.iter().copied().map(Grant::standing).collect()),
    }
}

fn office() -> Vec<Member> {
    vec![
        member_with("dana", &[Role::Owner]),
        member_with("tom", &[Role::Owner]),
        member_with("marcus", &[PAYABLES]),
        member_with("lee", &[PAYROLL]),
        member_with("priya", &[Role::Preparer]),
        member_with("vic", &[Role::Viewer]),
        member_with("audrey", &[Role::Auditor]),
    ]
}

fn attempt(actor: &str, subject: &str, change: Change) -> Result<Grants, Refusal> {
    let on = day("2026-11-23");
    permit(Changing { actor, subject, on }, change, &office())
}

fn give(role: Role) -> Change {
    Change::Give(Grant::standing(role))
}

fn cover(role: Role, from: &str, until: &str) -> Change {
    let term = Term::Cover {
        from: day(from),
        until: day(until),
    };
    Change::Give(Grant { role, term })
}

#[test]
fn nobody_raises_or_changes_themselves_whatever_they_are() {
    for member in office() {
        let person = member.person_id.as_str();
        for role in Role::all() {
            for change in [
                give(role),
                Change::Take(Grant::standing(role)),
                Change::Disable,
            ] {
                assert!(
                    attempt(person, person, change).is_err(),
                    "{person} {change:?}"
                );
            }
            let change = cover(role, "2026-11-24", "2026-11-27");
            assert!(
                attempt(person, person, change).is_err(),
                "{person} {change:?}"
            );
        }
    }
    assert_eq!(
        attempt("dana", "dana", Change::Disable),
        Err(Refusal::OwnRole)
    );
}

#[test]
fn only_an_owner_gives_roles_takes_them_and_disables() {
    for member in office() {
        let actor = member.person_id.as_str();
        let is_owner = member.grants.hold_standing(Role::Owner);
        for change in [
            give(PAYROLL),
            Change::Take(Grant::standing(Role::Preparer)),
            Change::Disable,
        ] {
            if actor != "priya" {
                assert_eq!(
                    attempt(actor, "priya", change).is_ok(),
                    is_owner,
                    "{actor} {change:?}"
                );
            }
        }
    }
    assert!(attempt("stranger", "priya", Change::Disable).is_err());
}

#[test]
fn the_last_owner_cannot_be_removed() {
    let members: Vec<Member> = office()
        .into_iter()
        .filter(|it| it.person_id != "tom")
        .collect();
    for change in [Change::Disable, Change::Take(Grant::standing(Role::Owner))] {
        let changing = Changing {
            actor: "dana",
            subject: "dana",
            on: day("2026-11-23"),
        };
        assert_eq!(permit(changing, change, &members), Err(Refusal::LastOwner));
        assert!(attempt("dana", "tom", change).is_ok());
    }
}

#[test]
fn an_auditor_is_nothing_else_and_an_owner_is_no_lead() {
    assert_eq!(
        attempt("dana", "audrey", give(Role::Viewer)),
        Err(Refusal::AuditorIsNothingElse)
    );
    assert_eq!(
        attempt("dana", "vic", give(Role::Auditor)),
        Err(Refusal::AuditorIsNothingElse)
    );
    assert_eq!(
        attempt("dana", "tom", give(PAYROLL)),
        Err(Refusal::OwnerIsNoLead)
    );
    assert_eq!(
        attempt("dana", "lee", give(Role::Owner)),
        Err(Refusal::OwnerIsNoLead)
    );
    assert!(attempt("dana", "lee", give(PAYABLES)).is_ok());
}

#[test]
fn a_lead_hands_on_their_own_department_for_days_and_nothing_else() {
    let own = cover(PAYABLES, "2026-11-24", "2026-11-27");
    let after = attempt("marcus", "priya", own).unwrap();
    assert!(may(&after, Action::Delegate, day("2026-11-25")) != Decision::Permitted);
    assert_eq!(
        attempt("marcus", "lee", cover(PAYROLL, "2026-11-24", "2026-11-27")),
        Err(Refusal::OtherDepartment)
    );
    assert!(matches!(
        attempt("marcus", "priya", give(PAYABLES)),
        Err(Refusal::NotPermitted(_))
    ));
    assert!(attempt("dana", "priya", own).is_ok());
}

#[test]
fn cover_cannot_be_handed_on() {
    let mut members = office();
    let term = Term::Cover {
        from: day("2026-11-20"),
        until: day("2026-11-30"),
    };
    members[4].grants = Grants::new(vec![
        Grant::standing(Role::Preparer),
        Grant {
            role: PAYABLES,
            term,
        },
    ]);
    let changing = Changing {
        actor: "priya",
        subject: "lee",
        on: day("2026-11-23"),
    };
    let handed_on = cover(PAYABLES, "2026-11-24", "2026-11-25");
    assert!(matches!(
        permit(changing, handed_on, &members),
        Err(Refusal::NotPermitted(_))
    ));
}

#[test]
fn cover_is_for_leads_has_an_end_and_goes_to_somebody_who_prepares() {
    for (change, subject, refusal) in [
        (
            cover(Role::Owner, "2026-11-24", "2026-11-25"),
            "priya",
            Refusal::OnlyLeadsAreCovered,
        ),
        (
            cover(PAYROLL, "2026-11-22", "2026-11-25"),
            "priya",
            Refusal::CoverDates,
        ),
        (
            cover(PAYROLL, "2026-11-25", "2026-11-24"),
            "priya",
            Refusal::CoverDates,
        ),
        (
            cover(PAYROLL, "2026-11-24", "2027-02-24"),
            "priya",
            Refusal::CoverDates,
        ),
        (
            cover(PAYROLL, "2026-11-24", "2026-11-25"),
            "vic",
            Refusal::CannotCover,
        ),
        (
            cover(PAYROLL, "2026-11-24", "2026-11-25"),
            "nobody",
            Refusal::NoSuchPerson,
        ),
    ] {
        assert_eq!(attempt("dana", subject, change), Err(refusal), "{change:?}");
    }
    let longest = cover(PAYROLL, "2026-11-24", "2027-02-23");
    assert!(attempt("dana", "priya", longest).is_ok());
}

#[test]
fn giving_twice_and_taking_what_is_not_held_are_refused() {
    assert_eq!(
        attempt("dana", "priya", give(Role::Preparer)),
        Err(Refusal::AlreadyHeld)
    );
    let take = Change::Take(Grant::standing(Role::Viewer));
    assert_eq!(attempt("dana", "priya", take), Err(Refusal::NotHeld));
}

#[test]
fn the_operator_makes_a_first_owner_and_no_second_one() {
    let member = |role| Member {
        person_id: "psn_1".into(),
        grants: Grants::new(vec![Grant::standing(role)]),
    };
    let owner = permit_first_owner(&[]).unwrap();
    assert!(owner.hold_standing(Role::Owner));
    assert!(permit_first_owner(&[member(Role::Preparer)]).is_ok());
    let refused = permit_first_owner(&[member(Role::Preparer), member(Role::Owner)]);
    assert_eq!(refused, Err(Refusal::HasOwner));
}

#[test]
fn an_invitation_needs_an_owner_and_a_role_that_fits() {
    let on = day("2026-11-23");
    let owner = Grants::new(vec![Grant::standing(Role::Owner)]);
    let lead = Grants::new(vec![Grant::standing(PAYABLES)]);
    assert!(permit_invitation(&owner, &[PAYROLL, Role::Preparer], on).is_ok());
    assert_eq!(permit_invitation(&owner, &[], on), Err(Refusal::NoRole));
    assert_eq!(
        permit_invitation(&owner, &[Role::Auditor, Role::Preparer], on),
        Err(Refusal::AuditorIsNothingElse)
    );
    assert!(matches!(
        permit_invitation(&lead, &[Role::Viewer], on),
        Err(Refusal::NotPermitted(_))
    ));
    assert!(permit_invitation(&Grants::default(), &[Role::Viewer], on).is_err());
}

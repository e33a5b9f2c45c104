use super::*;

/// Who may do what, written by hand: `y` may, `-` may not. A lead is the same in each department;
/// the last row holds a lead's role as cover.
const TABLE: &str = "
             read.books matches cycle prepare approve read.conn manage.conn read.set change.set read.people people delegate audit everything erase
none         -          -       -     -       -       -         -           -        -          -           -      -      -     -          -
viewer       y          -       -     -       -       y         -           -        -          -           -      -      -     -          -
preparer     y          y       y     y       -       y         -           -        -          -           -      -      -     -          -
lead         y          y       y     y       y       y         -           y        -          y           -      y      -     -          -
owner        y          y       y     y       y       y         y           y        y          y           y      y      y     y          y
auditor      y          -       -     -       -       y         -           y        -          y           -      -      y     -          -
cover        y          y       y     y       y       y         -           y        -          y           -      -      -     -          -
";

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn generated() -> String {
    let today = day("2026-11-23");
    let cover = Term::Cover {
        from: today,
        until: today,
    };
    let mut rows: Vec<(String, Grants)> = vec![("none".to_owned(), Grants::default())];
    let mut order: Vec<Role> = Role::all().collect();
    order.sort_by_key(|role| match role {
        Role::Viewer => 0,
        Role::Preparer => 1,
        Role::Lead(_) => 2,
        Role::Owner => 3,
        Role::Auditor => 4,
    });
    for role in order {
        rows.push((
            role.name().split('.').next().unwrap().to_owned(),
            Grants::new(vec![Grant::standing(role)]),
        ));
    }
    for department in Department::ALL {
        let role = Role::Lead(department);
        rows.push((
            "cover".to_owned(),
            Grants::new(vec![Grant { role, term: cover }]),
        ));
    }
    let mut lines: Vec<String> = rows
        .iter()
        .map(|(name, grants)| {
            let cells: Vec<&str> = Action::ALL
                .into_iter()
                .map(|action| match may(grants, action, today) {
                    Decision::Permitted => "y",
                    Decision::Denied(_) => "-",
                })
                .collect();
            format!("{name} {}", cells.join(" "))
        })
        .collect();
    // Departments that agree are one row; one that differs stands out as a row of its own.
    lines.dedup();
    lines.join("\n")
}

#[test]
fn everybody_may_do_exactly_what_the_table_says() {
    let written: Vec<String> = TABLE
        .trim()
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(generated(), written.join("\n"));
}

#[test]
fn every_action_has_a_column_in_the_table() {
    let header = TABLE.trim().lines().next().unwrap();
    assert_eq!(header.split_whitespace().count(), Action::ALL.len());
    for (position, action) in Action::ALL.iter().enumerate() {
        assert_eq!(
            Action::ALL.iter().position(|it| it == action),
            Some(position)
        );
    }
}

#[test]
fn no_role_denies_and_says_who_gives_one() {
    for action in Action::ALL {
        let answer = may(&Grants::default(), action, day("2026-11-23"));
        assert_eq!(answer, Decision::Denied(Denial::NoRole));
    }
    assert!(Denial::NoRole.to_string().contains("Ask an owner"));
}

#[test]
fn cover_counts_on_its_days_and_on_no_other() {
    let role = Role::Lead(Department::Payroll);
    let term = Term::Cover {
        from: day("2026-11-23"),
        until: day("2026-11-27"),
    };
    let grants = Grants::new(vec![Grant { role, term }]);
    for (on, permitted) in [
        ("2026-11-22", false),
        ("2026-11-23", true),
        ("2026-11-27", true),
        ("2026-11-28", false),
    ] {
        let answer = may(&grants, Action::DecideMatches, day(on));
        assert_eq!(answer.is_permitted(), permitted, "{on}");
    }
    assert!(grants.need_two_factors());
}

#[test]
fn roles_add_up_and_the_refusal_names_the_right_people() {
    let today = day("2026-11-23");
    let viewer = Grants::new(vec![Grant::standing(Role::Viewer)]);
    let Decision::Denied(denial) = may(&viewer, Action::DecideMatches, today) else {
        panic!("a viewer decided");
    };
    assert!(denial.to_string().contains("preparers, leads and owners"));
    let both = Grants::new(vec![
        Grant::standing(Role::Viewer),
        Grant::standing(Role::Preparer),
    ]);
    assert!(may(&both, Action::DecideMatches, today).is_permitted());
}

#[test]
fn two_factors_are_for_those_who_decide() {
    let needing: Vec<String> = Role::all()
        .filter(|role| role.needs_two_factors())
        .map(|role| role.name().split('.').next().unwrap().to_owned())
        .collect();
    assert_eq!(needing.iter().filter(|name| *name == "lead").count(), 7);
    assert_eq!(needing.iter().filter(|name| *name == "owner").count(), 1);
    assert_eq!(needing.len(), 8);
}

#[test]
fn names_of_roles_are_read_back() {
    for role in Role::all() {
        assert_eq!(Role::from_name(&role.name()), Some(role));
    }
    assert_eq!(Role::from_name("lead"), None);
    assert_eq!(Role::from_name("operator"), None);
}

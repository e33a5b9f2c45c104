//! The people of the demo contractor, with the password that is printed for them.
//!
//! They are made for the demo's own data folder and by no other command.

use gate::roles::{Department, Grant, Grants, Role};
use store::control::people;
use store::{Secret, TenantScope};

use super::table::{Cell, Table};
use crate::web::signin::door::Door;

/// The same for everybody, printed in the terminal, for simulated books.
const PASSWORD: &str = "plumb bob and chalk line";

/// Who they are: what they do there, their address, their name, their roles.
const PEOPLE: [(&str, &str, &str, &[Role]); 7] = [
    ("owner", "dana", "Dana Whitfield", &[Role::Owner]),
    (
        "controller",
        "tom",
        "Tom Hale",
        &[Role::Lead(Department::Financial), Role::Preparer],
    ),
    (
        "A/R lead",
        "priya",
        "Priya Raman",
        &[Role::Lead(Department::Collections)],
    ),
    (
        "A/P lead",
        "marcus",
        "Marcus Bell",
        &[Role::Lead(Department::Payables)],
    ),
    (
        "payroll lead",
        "luisa",
        "Luisa Ortega",
        &[Role::Lead(Department::Payroll)],
    ),
    (
        "dispatcher",
        "ray",
        "Ray Kowalski",
        &[Role::Lead(Department::Dispatch)],
    ),
    ("viewer", "vic", "Vic Sanders", &[Role::Viewer]),
];

/// Makes those who are not known yet; returns the table of sign-ins.
pub(super) async fn invited(door: &Door, scope: &TenantScope) -> anyhow::Result<String> {
    let mut table = Table::new(&["who", "name", "mail address", "password"]);
    for (what, mail, name, roles) in PEOPLE {
        let mail = format!("{mail}@demo.plumbline.example");
        if people::account(door.control(), &mail).await?.is_none() {
            let (tenant, password) = (scope.tenant_id(), Secret::new(PASSWORD.to_owned()));
            if roles == [Role::Owner] && people::nobody_yet(door.control()).await? {
                // They open the company, so in its first week they staff it and switch alone.
                door.add_first_owner(tenant, &mail, name, password).await?;
            } else {
                let grants = Grants::new(roles.iter().copied().map(Grant::standing).collect());
                door.add_person(tenant, &mail, name, password, grants)
                    .await?;
            }
        }
        table.push(vec![
            Cell::text(what),
            Cell::text(name),
            Cell::text(mail),
            Cell::text(PASSWORD),
        ]);
    }
    Ok(format!(
        "Sign in as one of them. The demo asks for a second factor only of those who set one up \
         under My account.\n\n{}",
        table.aligned()
    ))
}

//! Simulated worlds in the QuickBooks sandbox: they load whole, and say what follows.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails where its helper finds nothing"
)]

use sandbox::contractor::{Plan, generate};
use sandbox::quickbooks::{Behaviour, Books, Company, Kind};

fn load(plan: &Plan) -> Company {
    let mut world = generate(plan);
    let now = "2026-11-01T06:00:00Z".parse().unwrap();
    Company::load(Books::take_from(&mut world), Behaviour::default(), now).unwrap()
}

#[test]
fn balances_of_a_simulated_world_follow_from_its_postings() {
    for seed in [1, 2, 3] {
        let company = load(&Plan::small(seed));
        // The simulation states what a name owes from its invoices and bills alone; money that
        // sits on a control account without a document is the server's to add.
        let names = ["Customer", "Vendor", "Account"];
        let found: Vec<_> = company
            .inconsistencies()
            .iter()
            .filter(|one| !names.contains(&one.entity.as_str()))
            .collect();
        let shown: Vec<String> = found
            .iter()
            .take(12)
            .map(|one| {
                let (entity, id, member) = (&one.entity, &one.id, &one.member);
                format!("{entity} {id} {member}: {} is {}", one.stated, one.computed)
            })
            .collect();
        assert!(
            found.is_empty(),
            "seed {seed}: {} such as {shown:#?}",
            found.len()
        );
        assert!(company.is_balanced());
        assert!(company.count(Kind::Invoice) > 0 && company.count(Kind::Bill) > 0);
        assert_eq!(
            company.customers_total_cents(),
            company.account_type_cents("Accounts Receivable")
        );
        assert_eq!(
            company.vendors_total_cents(),
            -company.account_type_cents("Accounts Payable")
        );
    }
}

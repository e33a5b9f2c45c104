use super::answer;
use crate::quickbooks::company::{Behaviour, Company};
use crate::quickbooks::config::Config;
use crate::quickbooks::starter;

fn company() -> Company {
    let now = "2026-11-20T17:00:00Z".parse().unwrap();
    let books = starter::books(&Config::default(), now).unwrap();
    Company::load(books, Behaviour::default(), now).unwrap()
}

/// Ids of the rows, the count, or the fault code.
fn check(statement: &str, expected: &str) {
    let company = company();
    let got = match answer(&company, statement) {
        Err(fault) => fault.code.to_owned(),
        Ok(response) => match response.get("totalCount") {
            Some(count) => format!("count {count}"),
            None => {
                let rows = response
                    .as_object()
                    .unwrap()
                    .values()
                    .find_map(|v| v.as_array());
                let ids = rows
                    .into_iter()
                    .flatten()
                    .map(|row| row["Id"].as_str().unwrap());
                ids.collect::<Vec<_>>().join(" ")
            }
        },
    };
    assert_eq!(got, expected, "{statement}");
}

#[test]
fn statements_select_filter_order_and_page() {
    check("select * from vendor", "73 72");
    check("SELECT *, Sku FROM Item ORDERBY Id", "11 12 13 15");
    check("select * from Item order by Id desc maxresults 2", "15 13");
    check(
        "select * from Item orderby Id startposition 2 maxresults 2",
        "12 13",
    );
    check("select * from Item MAXRESULTS 2 STARTPOSITION 2", "13 12");
    check(
        "select * from Item where Id > '9' orderby Id maxresults 2",
        "11 12",
    );
    check(
        "select * from Account where Id > '9' and Id <= '35' orderby Id",
        "33 34 35",
    );
    check("SELECT COUNT(*) FROM Customer ", "count 2");
    check("select * from Customer where ParentRef = '58'", "61");
    check(
        "select * from Customer where Job = true and Active in (true,false)",
        "61",
    );
    check("select * from Vendor where DisplayName like '%fork%'", "73");
    check("select * from Vendor where DisplayName = 'o\\'hara'", "");
    check("select * from Account where AccountType = 'Bank'", "35");
    check(
        "select * from Vendor where MetaData.LastUpdatedTime > '2026-11-20'",
        "73 72",
    );
    check(
        "select * from Vendor where Metadata.LastUpdatedTime > '2026-11-21'",
        "",
    );
    check("select * from Invoice", "");
    check(
        "select * from Invoice where Balance > '0' and TotalAmt < 5.5",
        "",
    );
}

#[test]
fn bad_statements_get_the_codes_of_parser_and_validator() {
    check("select from Vendor where", "4000");
    check("select * from Vendor where Id != '3'", "4000");
    check("select * from Vendor where Id = '3' or Id = '4'", "4000");
    check("select * from Vendor where DisplayName = 'open", "4000");
    check("select * from Bill where PrivateNote = 'x'", "4001");
    check("select * from Payment where UnappliedAmt > '0'", "4001");
    check("select * from Vendor startposition 0", "4001");
    check("select * from Nothing", "4001");
}

//! One order of records, whatever order they arrive in.
//!
//! Records that are alike in everything but their place are told apart by their place, so the
//! place must not depend on the reading. Readers hand the books over in order; books that are not
//! are put in order here.

use std::borrow::Cow;

use figures::SmolStr;
use figures::model::{Books, LedgerBooks, ProjectBooks};

use super::incremental::ProjectRecords;
use super::records::Records;

/// The books with every list by id, documents by kind first.
pub(crate) fn in_order(books: &Books) -> Cow<'_, Books> {
    let project = books.project.as_ref().is_none_or(project_is_in_order);
    let ledger = books.ledger.as_ref().is_none_or(ledger_is_in_order);
    if project && ledger {
        return Cow::Borrowed(books);
    }
    let mut books = books.clone();
    put_in_order(&mut books);
    Cow::Owned(books)
}

/// Puts every list in order.
pub(crate) fn put_in_order(books: &mut Books) {
    if let Some(project) = &mut books.project {
        order_project(project);
    }
    if let Some(ledger) = &mut books.ledger {
        order_ledger(ledger);
    }
}

/// QuickBooks' ids are numbers written as text: the shorter is the smaller.
fn by_number(id: &SmolStr) -> (usize, &str) {
    (id.len(), id)
}

/// Says of a list of books, once for looking and once for sorting, what its order is.
macro_rules! orders {
    ($is:ident, $order:ident, $books:ty: $($list:ident by |$one:ident| $key:expr;)*) => {
        fn $is(books: &$books) -> bool {
            $(books.$list.is_sorted_by(|a, b| {
                let left = { let $one = a; $key };
                let right = { let $one = b; $key };
                left <= right
            }))&&*
        }

        sorts! { fn $order, $books: $($list by |$one| $key;)* }
    };
}

macro_rules! sorts {
    ($vis:vis fn $order:ident, $books:ty: $($list:ident by |$one:ident| $key:expr;)*) => {
        $vis fn $order(books: &mut $books) {
            $(books.$list.sort_by(|a, b| {
                let left = { let $one = a; $key };
                let right = { let $one = b; $key };
                left.cmp(&right)
            });)*
        }
    };
}

fn project_is_in_order(books: &ProjectBooks) -> bool {
    company_is_in_order(books) && records_are_in_order(books)
}

fn order_project(books: &mut ProjectBooks) {
    order_company(books);
    order_records(books);
}

// Lists of the company as a whole, or that no unit is made of.
orders! { company_is_in_order, order_company, ProjectBooks:
    projects by |one| one.id;
    parties by |one| one.id;
    insurances by |one| one.id;
    cost_codes by |one| one.id;
    budget_rows by |one| (one.id, one.project_id, one.cost_code_id);
    schedule_lines by |one| (one.id, one.holder_id);
    time_entries by |one| one.id;
}

/// Says of the records of single projects what their order is.
macro_rules! of_records {
    ($with:ident! $($what:tt)*) => {
        $with! { $($what)*
            prime_contracts by |one| one.id;
            commitments by |one| (one.id, one.kind);
            change_orders by |one| (one.id, one.kind);
            pay_applications by |one| one.id;
            subcontractor_invoices by |one| one.id;
            contract_payments by |one| (one.id, one.contract_id);
            direct_costs by |one| one.id;
            billing_periods by |one| one.id;
        }
    };
}

pub(crate) use of_records;

of_records! { orders! records_are_in_order, order_records, ProjectBooks: }
of_records! { sorts! pub(crate) fn put_records_in_order, Records<'_>: }
of_records! { sorts! pub(crate) fn put_project_in_order, ProjectRecords: }

orders! { ledger_is_in_order, order_ledger, LedgerBooks:
    accounts by |one| by_number(&one.id);
    customers by |one| by_number(&one.id);
    vendors by |one| by_number(&one.id);
    items by |one| by_number(&one.id);
    classes by |one| by_number(&one.id);
    departments by |one| by_number(&one.id);
    terms by |one| by_number(&one.id);
    documents by |one| (one.kind, by_number(&one.id));
    tombstones by |one| (&one.entity, by_number(&one.id));
    budgets by |one| by_number(&one.id);
}

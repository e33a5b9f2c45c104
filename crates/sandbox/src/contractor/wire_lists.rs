//! QuickBooks' lists and settings: accounts, items, names, preferences, budgets.

use serde_json::Value;

use super::books::Books;
use super::calendar::{month_end, plus};
use super::chart::{
    ACCOUNTS, BAD_DEBT, BAD_DEBT_ITEM, CLASS_NAMES, CODES, COST_CHILDREN, DEPARTMENT_NAMES,
    FIRST_CLASS, INCOME, PROGRESS_ITEM, RETAINAGE_ITEM, RETAINAGE_PAYABLE, RETAINAGE_RECEIVABLE,
    account_name, account_of, item_of,
};
use super::json::{day, number, object, put, reference};
use super::wire_quickbooks::{Balances, Out, frame, push};

/// Writes every list and singleton.
pub(crate) fn write(books: &Books, balances: &Balances, out: &mut Out) {
    settings(books, out);
    accounts(books, out);
    items(books, out);
    names(books, balances, out);
    if books.plan.budgets {
        budgets(books, out);
    }
}

fn settings(books: &Books, out: &mut Out) {
    let start = plus(books.first_month, -900);
    let company = object([
        ("CompanyName", books.plan.company.as_str().into()),
        ("LegalName", books.plan.company.as_str().into()),
        ("CompanyStartDate", day(start)),
        ("FiscalYearStartMonth", "January".into()),
        ("Country", "US".into()),
        ("DefaultTimeZone", "America/Denver".into()),
    ]);
    push(out, "CompanyInfo", frame(company, 1, 7, start));
    let preferences = object([
        (
            "AccountingInfoPrefs",
            object([
                ("UseAccountNumbers", true.into()),
                ("TrackDepartments", true.into()),
                ("DepartmentTerminology", "Location".into()),
                ("ClassTrackingPerTxn", false.into()),
                ("ClassTrackingPerTxnLine", true.into()),
                ("FirstMonthOfFiscalYear", "January".into()),
                ("BookCloseDate", day(books.close)),
            ]),
        ),
        (
            "SalesFormsPrefs",
            object([
                ("CustomTxnNumbers", true.into()),
                ("AllowDeposit", true.into()),
                ("UsingProgressInvoicing", false.into()),
                ("AutoApplyCredit", false.into()),
                ("AutoApplyPayments", false.into()),
            ]),
        ),
        (
            "VendorAndPurchasesPrefs",
            object([
                ("TrackingByCustomer", true.into()),
                ("BillableExpenseTracking", true.into()),
            ]),
        ),
        (
            "CurrencyPrefs",
            object([
                ("MultiCurrencyEnabled", false.into()),
                ("HomeCurrency", object([("value", "USD".into())])),
            ]),
        ),
        (
            "ReportPrefs",
            object([
                ("ReportBasis", "Accrual".into()),
                ("CalcAgingReportFromTxnDate", false.into()),
            ]),
        ),
        (
            "OtherPrefs",
            object([(
                "NameValue",
                vec![object([
                    ("Name", "ProjectsEnabled".into()),
                    ("Value", "true".into()),
                ])]
                .into(),
            )]),
        ),
    ]);
    push(out, "Preferences", frame(preferences, 1, 14, start));
    for (id, name, days) in [
        (1, "Due on receipt", 0),
        (3, "Net 30", 30),
        (4, "Net 45", 45),
    ] {
        let term = object([
            ("Name", name.into()),
            ("Type", "STANDARD".into()),
            ("DueDays", days.into()),
            ("Active", true.into()),
        ]);
        push(out, "Term", frame(term, id, 0, start));
    }
    for (id, name) in [(2, "TAX"), (3, "NON")] {
        let code = object([
            ("Name", name.into()),
            ("Active", true.into()),
            ("Taxable", (name == "TAX").into()),
        ]);
        push(out, "TaxCode", frame(code, id, 0, start));
    }
    let rate = object([
        ("Name", "Colorado combined".into()),
        ("RateValue", number(super::chart::TAX_BASIS_POINTS)),
        ("Active", true.into()),
    ]);
    push(out, "TaxRate", frame(rate, 1, 0, start));
    for (n, name) in CLASS_NAMES.iter().enumerate() {
        let class = object([
            ("Name", (*name).into()),
            ("SubClass", false.into()),
            ("FullyQualifiedName", (*name).into()),
            ("Active", true.into()),
        ]);
        push(out, "Class", frame(class, class_id(n), 0, start));
    }
    for (n, name) in DEPARTMENT_NAMES.iter().enumerate() {
        let department = object([
            ("Name", (*name).into()),
            ("SubDepartment", false.into()),
            ("FullyQualifiedName", (*name).into()),
            ("Active", true.into()),
        ]);
        push(out, "Department", frame(department, n as i64 + 1, 0, start));
    }
}

/// QuickBooks id of a class.
pub(crate) fn class_id(class: usize) -> i64 {
    FIRST_CLASS + class as i64
}

fn accounts(books: &Books, out: &mut Out) {
    let start = plus(books.first_month, -900);
    for (id, code, name, kind, subtype, classification) in ACCOUNTS {
        if !books.gross() && (id == RETAINAGE_RECEIVABLE || id == RETAINAGE_PAYABLE) {
            continue;
        }
        let child = COST_CHILDREN.contains(&id);
        let mut account = object([
            ("Name", name.into()),
            ("AcctNum", code.into()),
            ("SubAccount", child.into()),
            ("FullyQualifiedName", account_name(id).into()),
            ("Active", true.into()),
            ("Classification", classification.into()),
            ("AccountType", kind.into()),
            ("AccountSubType", subtype.into()),
            ("CurrencyRef", object([("value", "USD".into())])),
        ]);
        if child {
            put(
                &mut account,
                "ParentRef",
                reference(50, "Cost of Construction"),
            );
        }
        push(out, "Account", frame(account, id, 0, start));
    }
}

fn items(books: &Books, out: &mut Out) {
    let start = plus(books.first_month, -900);
    let item = |name: String, income: i64, expense: Option<i64>| {
        let mut item = object([
            ("Name", name.as_str().into()),
            ("FullyQualifiedName", name.as_str().into()),
            ("Type", "Service".into()),
            ("Active", true.into()),
            ("UnitPrice", 0.into()),
            ("IncomeAccountRef", reference(income, &account_name(income))),
        ]);
        if let Some(expense) = expense {
            put(
                &mut item,
                "ExpenseAccountRef",
                reference(expense, &account_name(expense)),
            );
        }
        item
    };
    push(
        out,
        "Item",
        frame(
            item("Progress Billing".to_string(), INCOME, None),
            PROGRESS_ITEM,
            0,
            start,
        ),
    );
    if books.gross() {
        let retainage = item(
            "Retainage Withheld".to_string(),
            RETAINAGE_RECEIVABLE,
            Some(RETAINAGE_PAYABLE),
        );
        push(out, "Item", frame(retainage, RETAINAGE_ITEM, 0, start));
    }
    push(
        out,
        "Item",
        frame(
            item("Bad Debt".to_string(), BAD_DEBT, None),
            BAD_DEBT_ITEM,
            0,
            start,
        ),
    );
    for n in 0..CODES.len() {
        let body = item(item_name(n), INCOME, Some(account_of(n)));
        push(out, "Item", frame(body, item_of(n), 0, start));
    }
}

/// An item's name: the cost code's number and name.
pub(crate) fn item_name(code: usize) -> String {
    format!("{} {}", CODES[code].code, CODES[code].name)
}

fn names(books: &Books, balances: &Balances, out: &mut Out) {
    let start = plus(books.first_month, -800);
    for owner in &books.owners {
        let body = object([
            ("DisplayName", owner.qname.as_str().into()),
            ("CompanyName", owner.qname.as_str().into()),
            ("FullyQualifiedName", owner.qname.as_str().into()),
            ("Active", true.into()),
            ("Job", false.into()),
            ("IsProject", false.into()),
            ("Level", 0.into()),
            ("BillWithParent", false.into()),
            ("Balance", number(balances.customer(owner.qid))),
        ]);
        push(out, "Customer", frame(body, owner.qid, 2, start));
    }
    for job in &books.jobs {
        let parent = &books.owners[job.owner];
        let main = (job.qid, job.qname.clone());
        for (id, name) in std::iter::once(main).chain(job.extra.clone()) {
            let body = object([
                ("DisplayName", name.as_str().into()),
                (
                    "FullyQualifiedName",
                    format!("{}:{name}", parent.qname).into(),
                ),
                ("Active", (!job.archived).into()),
                ("Job", true.into()),
                ("IsProject", job.is_project.into()),
                ("ParentRef", reference(parent.qid, &parent.qname)),
                ("Level", 1.into()),
                ("BillWithParent", true.into()),
                ("Balance", number(balances.customer(id))),
            ]);
            push(out, "Customer", frame(body, id, 3, plus(job.start, -20)));
        }
    }
    for vendor in &books.vendors {
        let body = object([
            ("DisplayName", vendor.qname.as_str().into()),
            ("CompanyName", vendor.qname.as_str().into()),
            ("PrintOnCheckName", vendor.qname.as_str().into()),
            ("Active", vendor.active_in_quickbooks.into()),
            ("Vendor1099", false.into()),
            ("TermRef", reference(3, "Net 30")),
            ("Balance", number(balances.vendor(vendor.qid))),
        ]);
        push(out, "Vendor", frame(body, vendor.qid, 1, start));
    }
    for (id, name) in &books.joint_payees {
        let body = object([
            ("DisplayName", name.as_str().into()),
            ("PrintOnCheckName", name.as_str().into()),
            ("Active", true.into()),
            ("Vendor1099", false.into()),
            ("Balance", number(0)),
        ]);
        push(out, "Vendor", frame(body, *id, 0, start));
    }
    for (n, employee) in books.employees.iter().enumerate() {
        let name = format!("{} {}", employee.given, employee.family);
        let body = object([
            ("GivenName", employee.given.as_str().into()),
            ("FamilyName", employee.family.as_str().into()),
            ("DisplayName", name.into()),
            ("EmployeeNumber", format!("E-{:03}", n + 1).into()),
            ("BillableTime", true.into()),
            ("CostRate", number(employee.rate)),
            ("Active", true.into()),
        ]);
        push(out, "Employee", frame(body, employee.qid, 1, start));
    }
}

fn budgets(books: &Books, out: &mut Out) {
    for (n, job) in books.jobs.iter().enumerate() {
        let detail: Vec<Value> = (51..=55)
            .filter_map(|account| {
                let amount: i64 = job
                    .budget
                    .iter()
                    .filter(|row| account_of(row.code) == account)
                    .map(|row| row.quickbooks)
                    .sum();
                (amount != 0).then(|| {
                    object([
                        ("BudgetDate", day(job.start)),
                        ("Amount", number(amount)),
                        ("AccountRef", reference(account, &account_name(account))),
                        ("CustomerRef", reference(job.qid, &job.qname)),
                    ])
                })
            })
            .collect();
        let body = object([
            ("Name", format!("Job budget {}", job.number).into()),
            ("StartDate", day(job.start)),
            ("EndDate", day(month_end(job.end))),
            ("BudgetType", "ProfitAndLoss".into()),
            ("BudgetEntryType", "Monthly".into()),
            ("Active", true.into()),
            ("BudgetDetail", detail.into()),
        ]);
        push(out, "Budget", frame(body, n as i64 + 1, 0, job.start));
    }
}

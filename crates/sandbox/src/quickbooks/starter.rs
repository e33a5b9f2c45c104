//! The books of a new company: settings, a contractor's chart of accounts and a few names.

use std::collections::BTreeMap;

use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Value, json};

use super::clock;
use super::config::{Books, Config};
use super::kind::Kind;

/// `CompanyInfo` and `Preferences` of a company.
pub(super) fn singletons(name: &str, zone: &TimeZone, now: Timestamp) -> [(Kind, Value); 2] {
    let stamp = clock::stamp(now, zone);
    let meta = json!({"CreateTime": stamp, "LastUpdatedTime": stamp});
    let info = json!({
        "CompanyName": name, "LegalName": name, "CompanyStartDate": "2019-03-01",
        "FiscalYearStartMonth": "January", "Country": "US", "SupportedLanguages": "en",
        "DefaultTimeZone": zone.iana_name().unwrap_or("UTC"),
        "CompanyAddr": {"Id": "1", "Line1": "410 Quarry Rd", "City": "Bend",
            "CountrySubDivisionCode": "OR", "PostalCode": "97701", "Country": "USA"},
        "NameValue": [
            {"Name": "OfferingSku", "Value": "QuickBooks Online Plus"},
            {"Name": "SubscriptionStatus", "Value": "PAID"},
            {"Name": "IndustryType", "Value": "Construction"}],
        "domain": "QBO", "sparse": false, "Id": "1", "SyncToken": "0", "MetaData": meta,
    });
    let preferences = json!({
        "AccountingInfoPrefs": {"UseAccountNumbers": true, "TrackDepartments": true,
            "DepartmentTerminology": "Location", "ClassTrackingPerTxn": false,
            "ClassTrackingPerTxnLine": true, "FirstMonthOfFiscalYear": "January",
            "CustomerTerminology": "Customers"},
        "SalesFormsPrefs": {"CustomTxnNumbers": true, "AllowDeposit": true, "AllowEstimates": true,
            "UsingProgressInvoicing": true, "AutoApplyCredit": false, "AutoApplyPayments": false},
        "VendorAndPurchasesPrefs": {"TrackingByCustomer": true, "BillableExpenseTracking": true},
        "TimeTrackingPrefs": {"UseServices": true, "BillCustomers": true,
            "WorkWeekStartDate": "Monday"},
        "TaxPrefs": {"UsingSalesTax": false},
        "CurrencyPrefs": {"MultiCurrencyEnabled": false, "HomeCurrency": {"value": "USD"}},
        "ReportPrefs": {"ReportBasis": "Accrual", "CalcAgingReportFromTxnDate": false},
        "OtherPrefs": {"NameValue": [{"Name": "ProjectsEnabled", "Value": "true"}]},
        "domain": "QBO", "sparse": false, "Id": "1", "SyncToken": "0", "MetaData": meta,
    });
    [(Kind::CompanyInfo, info), (Kind::Preferences, preferences)]
}

/// Accounts as `(id, name, type, sub-type, parent)`.
const ACCOUNTS: &[(u64, &str, &str, &str, Option<u64>)] = &[
    (
        4,
        "Undeposited Funds",
        "Other Current Asset",
        "UndepositedFunds",
        None,
    ),
    (
        33,
        "Accounts Payable (A/P)",
        "Accounts Payable",
        "AccountsPayable",
        None,
    ),
    (
        34,
        "Opening Balance Equity",
        "Equity",
        "OpeningBalanceEquity",
        None,
    ),
    (35, "Checking", "Bank", "Checking", None),
    (41, "Company Card", "Credit Card", "CreditCard", None),
    (
        50,
        "Cost of Construction",
        "Cost of Goods Sold",
        "SuppliesMaterialsCogs",
        None,
    ),
    (
        51,
        "Materials",
        "Cost of Goods Sold",
        "SuppliesMaterialsCogs",
        Some(50),
    ),
    (
        52,
        "Subcontractors",
        "Cost of Goods Sold",
        "OtherCostsOfServiceCos",
        Some(50),
    ),
    (
        53,
        "Job Labor",
        "Cost of Goods Sold",
        "CostOfLaborCos",
        Some(50),
    ),
    (
        54,
        "Equipment Rental",
        "Cost of Goods Sold",
        "EquipmentRentalCos",
        Some(50),
    ),
    (60, "Yard Rent", "Expense", "RentOrLeaseOfBuildings", None),
    (
        79,
        "Construction Income",
        "Income",
        "ServiceFeeIncome",
        None,
    ),
    (
        84,
        "Accounts Receivable (A/R)",
        "Accounts Receivable",
        "AccountsReceivable",
        None,
    ),
    (90, "Retained Earnings", "Equity", "RetainedEarnings", None),
    (
        91,
        "Retainage Receivable",
        "Other Current Asset",
        "Retainage",
        None,
    ),
    (
        92,
        "Retainage Payable",
        "Other Current Liability",
        "OtherCurrentLiabilities",
        None,
    ),
    (
        95,
        "Costs in Excess of Billings",
        "Other Current Asset",
        "OtherCurrentAssets",
        None,
    ),
];

/// The books of a new company.
pub(super) fn books(config: &Config, now: Timestamp) -> anyhow::Result<Books> {
    let zone = TimeZone::get(&config.time_zone)?;
    let stamp = clock::stamp(now, &zone);
    let common = |id: u64, mut body: Value| {
        if let Value::Object(map) = &mut body {
            map.insert("Active".to_owned(), json!(true));
            map.insert("domain".to_owned(), json!("QBO"));
            map.insert("sparse".to_owned(), json!(false));
            map.insert("Id".to_owned(), json!(id.to_string()));
            map.insert("SyncToken".to_owned(), json!("0"));
            map.insert(
                "MetaData".to_owned(),
                json!({"CreateTime": stamp, "LastUpdatedTime": stamp}),
            );
        }
        body
    };
    let mut entities: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (kind, body) in singletons(&config.company_name, &zone, now) {
        entities.insert(kind.name().to_owned(), vec![body]);
    }
    let accounts = ACCOUNTS
        .iter()
        .map(|(id, name, account_type, sub_type, parent)| {
            let above = parent.and_then(|parent| ACCOUNTS.iter().find(|row| row.0 == parent));
            let full = above.map_or((*name).to_owned(), |above| format!("{}:{name}", above.1));
            let mut body = json!({
                "Name": name, "SubAccount": parent.is_some(), "FullyQualifiedName": full,
                "Classification": super::company::classification(account_type),
                "AccountType": account_type, "AccountSubType": sub_type,
                "CurrentBalance": 0, "CurrentBalanceWithSubAccounts": 0,
                "CurrencyRef": {"value": "USD", "name": "United States Dollar"},
            });
            if let (Some(above), Value::Object(map)) = (above, &mut body) {
                let parent = json!({"value": above.0.to_string(), "name": above.1});
                map.insert("ParentRef".to_owned(), parent);
            }
            common(*id, body)
        });
    entities.insert("Account".to_owned(), accounts.collect());
    let owner = common(
        58,
        json!({"DisplayName": "Harbor Point Owner LLC",
        "FullyQualifiedName": "Harbor Point Owner LLC", "Job": false, "BillWithParent": false,
        "Level": 0, "Balance": 0, "BalanceWithJobs": 0}),
    );
    let job = common(
        61,
        json!({"DisplayName": "Harbor Point Phase 2",
        "FullyQualifiedName": "Harbor Point Owner LLC:Harbor Point Phase 2", "Job": true,
        "IsProject": true, "ParentRef": {"value": "58", "name": "Harbor Point Owner LLC"},
        "Level": 1, "BillWithParent": true, "Balance": 0, "BalanceWithJobs": 0}),
    );
    entities.insert("Customer".to_owned(), vec![owner, job]);
    let vendor = |id: u64, name: &str| {
        common(
            id,
            json!({"DisplayName": name, "CompanyName": name, "PrintOnCheckName": name,
            "Vendor1099": false, "Balance": 0}),
        )
    };
    entities.insert(
        "Vendor".to_owned(),
        vec![
            vendor(72, "Cascade Ready Mix"),
            vendor(73, "Northfork Electric"),
        ],
    );
    let employee = common(
        80,
        json!({"GivenName": "Dana", "FamilyName": "Ortiz",
        "DisplayName": "Dana Ortiz", "EmployeeNumber": "E-014", "BillableTime": true}),
    );
    entities.insert("Employee".to_owned(), vec![employee]);
    let item = |id: u64, name: &str, income: u64, expense: u64| {
        common(
            id,
            json!({"Name": name, "FullyQualifiedName": name, "Type": "Service",
            "IncomeAccountRef": {"value": income.to_string()},
            "ExpenseAccountRef": {"value": expense.to_string()}, "TrackQtyOnHand": false}),
        )
    };
    entities.insert(
        "Item".to_owned(),
        vec![
            item(11, "Progress Billing", 79, 52),
            item(12, "Retainage Withheld", 91, 92),
            item(13, "Concrete 4000psi", 79, 51),
            item(15, "Field Labor", 79, 53),
        ],
    );
    let class = common(
        5_000_000_000_000_000_301,
        json!({"Name": "Concrete",
        "FullyQualifiedName": "Concrete", "SubClass": false}),
    );
    entities.insert("Class".to_owned(), vec![class]);
    let department = common(
        2,
        json!({"Name": "North Yard", "FullyQualifiedName": "North Yard",
        "SubDepartment": false}),
    );
    entities.insert("Department".to_owned(), vec![department]);
    let term = common(
        3,
        json!({"Name": "Net 30", "Type": "STANDARD", "DueDays": 30}),
    );
    entities.insert("Term".to_owned(), vec![term]);
    let check = common(2, json!({"Name": "Check", "Type": "NON_CREDIT_CARD"}));
    entities.insert("PaymentMethod".to_owned(), vec![check]);
    Ok(Books {
        realm_id: config.realm_id.clone(),
        time_zone: config.time_zone.clone(),
        as_of: None,
        entities,
    })
}

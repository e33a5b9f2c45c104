//! What of a sent body counts: read-only members fall away, unset members are told apart.

use serde_json::{Map, Value};

use super::values::{flag, text};
use crate::quickbooks::fault::Fault;
use crate::quickbooks::kind::Kind;
use crate::quickbooks::money;

/// Members that only the server sets.
const READ_ONLY: &[&str] = &[
    "Id",
    "SyncToken",
    "MetaData",
    "domain",
    "sparse",
    "time",
    "status",
    "Balance",
    "BalanceWithJobs",
    "UnappliedAmt",
    "RemainingCredit",
    "HomeBalance",
    "HomeTotalAmt",
    "FullyQualifiedName",
    "Classification",
    "CurrentBalance",
    "CurrentBalanceWithSubAccounts",
    "IsProject",
    "Level",
    "LineEx",
    "InvoiceLink",
    "invoiceStatus",
];

/// Members whose values are amounts, rates or quantities; clients also send them as text.
const NUMERIC: &[&str] = &[
    "Amount",
    "TotalAmt",
    "Qty",
    "UnitPrice",
    "Deposit",
    "TotalTax",
    "DiscountPercent",
    "DiscountRate",
    "DiscountAmt",
    "ExchangeRate",
    "HourlyRate",
    "CostRate",
    "BillRate",
    "PurchaseCost",
    "QtyOnHand",
    "Hours",
    "Minutes",
    "BreakHours",
    "BreakMinutes",
    "DueDays",
    "DiscountDays",
    "DayOfMonthDue",
    "DueNextMonthDays",
    "Quantity",
    "TaxPercent",
    "NetAmountTaxable",
    "LineNum",
];

/// A body without what the server owns.
pub(super) struct Sent {
    pub(super) members: Map<String, Value>,
    /// Members that were sent as null or empty text: a sparse update clears them.
    pub(super) cleared: Vec<String>,
}

/// Separates the writable members of a sent body.
pub(super) fn sent(kind: Kind, body: &Value) -> Sent {
    let mut members = Map::new();
    let mut cleared = Vec::new();
    for (name, value) in body.as_object().into_iter().flatten() {
        if READ_ONLY.contains(&name.as_str()) || (name == "TotalAmt" && !kind.total_is_input()) {
            continue;
        }
        match pruned(name, value) {
            Some(value) => {
                members.insert(name.clone(), value);
            }
            None => cleared.push(name.clone()),
        }
    }
    Sent { members, cleared }
}

/// The value without nulls, empty texts and empty references; numbers sent as text as numbers.
fn pruned(name: &str, value: &Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        Value::String(text) if NUMERIC.contains(&name) => {
            money::decimal(value)?;
            text.trim().parse().ok().map(Value::Number)
        }
        Value::Object(map) => {
            let inner: Map<String, Value> = map
                .iter()
                .filter(|(name, _)| *name != "LineEx")
                .filter_map(|(name, value)| Some((name.clone(), pruned(name, value)?)))
                .collect();
            let empty = inner.is_empty() && !name.ends_with("LineDetail");
            if empty {
                None
            } else {
                Some(Value::Object(inner))
            }
        }
        Value::Array(items) => {
            let items = items.iter().filter_map(|item| pruned("", item)).collect();
            Some(Value::Array(items))
        }
        other => Some(other.clone()),
    }
}

/// What must be there on create and on a full update.
pub(super) fn check_required(kind: Kind, body: &Value) -> Result<(), Fault> {
    let needed: &[&str] = match kind {
        Kind::Account | Kind::Item | Kind::Class | Kind::Department | Kind::Term => &["Name"],
        Kind::PaymentMethod => &["Name"],
        Kind::Invoice | Kind::CreditMemo | Kind::Estimate => &["CustomerRef", "Line"],
        Kind::SalesReceipt => &["Line"],
        Kind::RefundReceipt => &["Line", "DepositToAccountRef"],
        Kind::Payment => &["CustomerRef", "TotalAmt"],
        Kind::Deposit => &["DepositToAccountRef", "Line"],
        Kind::Bill | Kind::VendorCredit | Kind::PurchaseOrder => &["VendorRef", "Line"],
        Kind::BillPayment => &["VendorRef", "TotalAmt", "PayType", "Line"],
        Kind::Purchase => &["PaymentType", "AccountRef", "Line"],
        Kind::TimeActivity => &["NameOf"],
        Kind::Transfer => &["FromAccountRef", "ToAccountRef", "Amount"],
        Kind::CreditCardPayment => &["CreditCardAccountRef", "BankAccountRef", "Amount"],
        _ => &[],
    };
    for member in needed {
        if body.get(*member).is_none() {
            return Err(Fault::required(member));
        }
    }
    match kind {
        Kind::Account
            if ["AccountType", "AccountSubType"]
                .iter()
                .all(|member| text(body, member).is_empty()) =>
        {
            let message = "Account Type or Account SubType is required";
            return Err(Fault::validation("6010", message, message));
        }
        Kind::Customer | Kind::Vendor | Kind::Employee => check_party_name(kind, body)?,
        Kind::TimeActivity => {
            let member = if text(body, "NameOf") == "Vendor" {
                "VendorRef"
            } else {
                "EmployeeRef"
            };
            if body.get(member).is_none() {
                return Err(Fault::required(member));
            }
        }
        Kind::BillPayment => {
            let (part, member) = match text(body, "PayType") {
                "Check" => ("CheckPayment", "BankAccountRef"),
                "CreditCard" => ("CreditCardPayment", "CCAccountRef"),
                other => {
                    let detail = format!("PayType {other} is not one of Check, CreditCard");
                    return Err(Fault::validation("2170", "Invalid Enumeration", detail));
                }
            };
            if body.get(part).and_then(|part| part.get(member)).is_none() {
                return Err(Fault::required(member));
            }
        }
        Kind::Purchase if !matches!(text(body, "PaymentType"), "Cash" | "Check" | "CreditCard") => {
            let detail = "PaymentType is not one of Cash, Check, CreditCard";
            return Err(Fault::validation("2170", "Invalid Enumeration", detail));
        }
        _ => {}
    }
    Ok(())
}

/// Even a sparse update must repeat these.
pub(super) fn check_required_when_sparse(kind: Kind, sent: &Value) -> Result<(), Fault> {
    let member = match kind {
        Kind::Purchase => "PaymentType",
        Kind::Bill | Kind::VendorCredit | Kind::BillPayment => "VendorRef",
        _ => return Ok(()),
    };
    if sent.get(member).is_none() {
        Err(Fault::required(member))
    } else {
        Ok(())
    }
}

fn check_party_name(kind: Kind, body: &Value) -> Result<(), Fault> {
    let parts: &[&str] = match kind {
        Kind::Employee => &["GivenName", "FamilyName"],
        _ => &[
            "DisplayName",
            "Title",
            "GivenName",
            "MiddleName",
            "FamilyName",
            "Suffix",
        ],
    };
    if parts.iter().all(|member| text(body, member).is_empty()) {
        let detail = "At least one of the name members is needed";
        return Err(Fault::validation("6080", "Name value is required", detail));
    }
    let name = text(body, "DisplayName");
    if name.contains([':', '\t', '\n']) {
        return Err(Fault::validation(
            "2040",
            "Invalid characters",
            "DisplayName",
        ));
    }
    if name.chars().count() > 500 {
        return Err(Fault::validation(
            "2050",
            "Invalid String. The string is too long",
            "DisplayName",
        ));
    }
    Ok(())
}

/// The members of name-list entries that follow from others.
pub(super) fn derive_name_members(kind: Kind, body: &mut Value, parent: Option<(String, i64)>) {
    let inactive = flag(body, "Active") == Some(false);
    let member = if kind.is_party() {
        "DisplayName"
    } else {
        "Name"
    };
    let mut name = text(body, member).to_owned();
    if name.is_empty() {
        let parts = ["Title", "GivenName", "MiddleName", "FamilyName", "Suffix"];
        let given: Vec<&str> = parts
            .into_iter()
            .map(|part| text(body, part))
            .filter(|part| !part.is_empty())
            .collect();
        name = given.join(" ");
    }
    // Deactivation renames; taking an entry back into use restores the name.
    let plain = name.trim_end_matches(" (deleted)").to_owned();
    let name = if inactive {
        format!("{plain} (deleted)")
    } else {
        plain
    };
    let full = match &parent {
        Some((parent_name, _)) => format!("{parent_name}:{name}"),
        None => name.clone(),
    };
    let map = super::values::members(body);
    map.insert(member.to_owned(), Value::String(name));
    map.entry("Active").or_insert(Value::Bool(true));
    if !matches!(
        kind,
        Kind::Vendor | Kind::Employee | Kind::Term | Kind::PaymentMethod
    ) {
        map.insert("FullyQualifiedName".to_owned(), Value::String(full));
    }
    let level = parent.as_ref().map_or(0, |parent| parent.1 + 1);
    match kind {
        Kind::Customer => {
            map.insert("Job".to_owned(), Value::Bool(parent.is_some()));
            map.insert("Level".to_owned(), Value::from(level));
        }
        Kind::Account => {
            map.insert("SubAccount".to_owned(), Value::Bool(parent.is_some()));
        }
        Kind::Class => {
            map.insert("SubClass".to_owned(), Value::Bool(parent.is_some()));
        }
        Kind::Department => {
            map.insert("SubDepartment".to_owned(), Value::Bool(parent.is_some()));
        }
        _ => {}
    }
    if kind == Kind::Account {
        let account_type = match text(body, "AccountType") {
            "" => super::rules::type_of_sub_type(text(body, "AccountSubType")),
            given => given,
        }
        .to_owned();
        let class = super::rules::classification(&account_type);
        let map = super::values::members(body);
        map.insert("Classification".to_owned(), Value::String(class.to_owned()));
        map.insert("AccountType".to_owned(), Value::String(account_type));
    }
}

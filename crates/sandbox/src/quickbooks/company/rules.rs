//! Rules on references, names, numbers, periods and settlement.

use jiff::civil::Date;
use serde_json::Value;

use super::Company;
use super::ledger::{Entry, Link, Side, control_party};
use super::values::{date, flag, id_of, members, text};
use crate::quickbooks::fault::Fault;
use crate::quickbooks::kind::{Key, Kind};

/// The classification that an `AccountType` belongs to.
pub(crate) fn classification(account_type: &str) -> &'static str {
    match account_type {
        "Bank" | "Accounts Receivable" | "Other Current Asset" | "Fixed Asset" | "Other Asset" => {
            "Asset"
        }
        "Accounts Payable" | "Credit Card" | "Other Current Liability" | "Long Term Liability" => {
            "Liability"
        }
        "Equity" => "Equity",
        "Income" | "Other Income" => "Revenue",
        "Cost of Goods Sold" | "Expense" | "Other Expense" => "Expense",
        _ => "",
    }
}

/// The type of the sub-types that contractors use, for accounts created by sub-type alone.
pub(super) fn type_of_sub_type(sub_type: &str) -> &'static str {
    match sub_type {
        "Checking" | "Savings" | "CashOnHand" | "TrustAccounts" | "MoneyMarket" => "Bank",
        "AccountsReceivable" => "Accounts Receivable",
        "UndepositedFunds"
        | "Retainage"
        | "OtherCurrentAssets"
        | "PrepaidExpenses"
        | "Inventory"
        | "EmployeeCashAdvances"
        | "AllowanceForBadDebts" => "Other Current Asset",
        "MachineryAndEquipment" | "Vehicles" | "AccumulatedDepreciation" => "Fixed Asset",
        "AccountsPayable" => "Accounts Payable",
        "CreditCard" => "Credit Card",
        "NotesPayable" | "OtherLongTermLiabilities" => "Long Term Liability",
        "LineOfCredit"
        | "PayrollClearing"
        | "PayrollTaxPayable"
        | "SalesTaxPayable"
        | "OtherCurrentLiabilities"
        | "DeferredRevenue" => "Other Current Liability",
        "OpeningBalanceEquity" | "RetainedEarnings" => "Equity",
        "ServiceFeeIncome"
        | "SalesOfProductIncome"
        | "DiscountsRefundsGiven"
        | "OtherPrimaryIncome"
        | "UnappliedCashPaymentIncome" => "Income",
        "SuppliesMaterialsCogs"
        | "CostOfLaborCos"
        | "EquipmentRentalCos"
        | "OtherCostsOfServiceCos"
        | "ShippingFreightDeliveryCos" => "Cost of Goods Sold",
        _ => "Expense",
    }
}

/// The entity type that a reference member points at.
fn referenced(member: &str, own: Kind, reference: &Value, holder: &Value) -> Option<Kind> {
    Some(match member {
        "CustomerRef" => Kind::Customer,
        "VendorRef" => Kind::Vendor,
        "EmployeeRef" => Kind::Employee,
        "ItemRef" | "GroupItemRef" => Kind::Item,
        "ClassRef" => Kind::Class,
        "DepartmentRef" => Kind::Department,
        "SalesTermRef" | "TermRef" => Kind::Term,
        "PaymentMethodRef" => Kind::PaymentMethod,
        "ParentRef" => own,
        "Entity" | "EntityRef" if own != Kind::Attachable => {
            let by_reference = text(reference, "type");
            let name = if by_reference.is_empty() {
                text(holder, "Type")
            } else {
                by_reference
            };
            Kind::parse(name).filter(|kind| kind.is_party())?
        }
        "DepositToAccountRef" | "ARAccountRef" | "APAccountRef" => Kind::Account,
        name if name.ends_with("AccountRef") => Kind::Account,
        _ => return None,
    })
}

impl Company {
    /// Every reference must point at a living, active entry; its display name is filled in.
    pub(super) fn resolve_references(&self, own: Kind, body: &mut Value) -> Result<(), Fault> {
        let holder = match body.get("Type") {
            Some(kind) => serde_json::json!({"Type": kind}),
            None => Value::Null,
        };
        match body {
            Value::Array(items) => items
                .iter_mut()
                .try_for_each(|item| self.resolve_references(own, item)),
            Value::Object(map) => map.iter_mut().try_for_each(|(member, value)| {
                let target = referenced(member, own, value, &holder);
                match (target, value.get("value").and_then(id_of)) {
                    (Some(kind), Some(id)) => self.resolve(kind, id, member, value),
                    (Some(_), None) if value.get("value").is_some() => Err(
                        Fault::invalid_reference(format!("{member} is not a number")),
                    ),
                    _ => self.resolve_references(own, value),
                }
            }),
            _ => Ok(()),
        }
    }

    fn resolve(&self, kind: Kind, id: u64, member: &str, value: &mut Value) -> Result<(), Fault> {
        // A company file that lists no terms or payment methods cannot check them.
        if matches!(kind, Kind::Term | Kind::PaymentMethod) && self.count(kind) == 0 {
            return Ok(());
        }
        let Some(found) = self.get(kind, id) else {
            let detail = format!("Invalid Reference Id : {member} {id} not found");
            return Err(Fault::invalid_reference(detail));
        };
        if flag(found, "Active") == Some(false) {
            let detail = format!("Invalid Reference Id : {member} {id} has been made inactive");
            return Err(Fault::invalid_reference(detail));
        }
        let map = members(value);
        map.insert("value".to_owned(), Value::String(id.to_string()));
        if let Some(name) = self.name_of(kind, id) {
            map.insert("name".to_owned(), Value::String(name));
        }
        Ok(())
    }

    /// Names are unique across customers, vendors and employees, and within each other list.
    pub(super) fn check_unique_name(&self, key: Key, body: &Value) -> Result<(), Fault> {
        let taken = if key.0.is_party() {
            let name = text(body, "DisplayName").to_lowercase();
            self.names
                .get(&name)
                .into_iter()
                .flatten()
                .any(|other| *other != key)
        } else {
            let member = if body.get("FullyQualifiedName").is_some() {
                "FullyQualifiedName"
            } else {
                "Name"
            };
            let name = text(body, member).to_lowercase();
            self.rows(key.0)
                .any(|(id, other)| id != key.1 && text(other, member).to_lowercase() == name)
        };
        if taken {
            let detail = "The name supplied already exists. : Another customer, vendor, employee or list entry is already using this name.";
            return Err(Fault::validation(
                "6240",
                "Duplicate Name Exists Error",
                detail,
            ));
        }
        Ok(())
    }

    /// Length and uniqueness of a document number.
    pub(super) fn check_number(
        &self,
        key: Key,
        body: &Value,
        allow_duplicate: bool,
    ) -> Result<(), Fault> {
        let number = text(body, "DocNumber");
        if number.chars().count() > 21 || text(body, "PaymentRefNum").chars().count() > 21 {
            let detail = "Min:0 Max:21 supplied: more : DocNumber";
            return Err(Fault::validation(
                "2050",
                "String length is either shorter or longer than supported by specification",
                detail,
            ));
        }
        let unchanged = self
            .get(key.0, key.1)
            .is_some_and(|old| text(old, "DocNumber") == number);
        if number.is_empty() || allow_duplicate || unchanged || key.0 == Kind::BillPayment {
            return Ok(());
        }
        let same = self.numbers.get(&(key.0, number.to_owned()));
        let vendor = super::values::ref_id(body, "VendorRef");
        let taken = same
            .into_iter()
            .flatten()
            .filter(|id| **id != key.1)
            .any(|id| match key.0 {
                Kind::Bill | Kind::VendorCredit => {
                    self.behaviour.refuse_duplicate_bill_numbers
                        && self.get(key.0, *id).is_some_and(|other| {
                            super::values::ref_id(other, "VendorRef") == vendor
                        })
                }
                _ => true,
            });
        if taken {
            let detail = format!(
                "Duplicate Document Number Error : You must specify a different number. This number has already been used. DocNumber={number}"
            );
            return Err(Fault::validation(
                "6140",
                "Duplicate Document Number Error",
                detail,
            ));
        }
        Ok(())
    }

    /// The closing date, if the books are closed.
    pub(crate) fn closing_date(&self) -> Option<Date> {
        date(
            self.preferences().get("AccountingInfoPrefs")?,
            "BookCloseDate",
        )
    }

    /// Neither the stored nor the new date may lie in the closed period.
    pub(super) fn check_period(&self, kind: Kind, bodies: &[&Value]) -> Result<(), Fault> {
        let posts = !matches!(
            kind,
            Kind::PurchaseOrder | Kind::Estimate | Kind::TimeActivity
        );
        let Some(closed) = self.closing_date().filter(|_| posts) else {
            return Ok(());
        };
        let inside = bodies
            .iter()
            .filter_map(|body| date(body, "TxnDate"))
            .any(|txn_date| txn_date <= closed);
        if !inside {
            return Ok(());
        }
        let detail = format!("The account period has closed on {closed}");
        Err(if self.behaviour.closed_period_as_stale {
            Fault::validation("5010", "Account Period Closed", detail)
        } else if self.behaviour.closing_password {
            let message = "Account period closed, password required";
            Fault::validation("6210", message, detail)
        } else {
            Fault::validation("6200", "Account period closed", detail)
        })
    }

    /// Control accounts need to know whose balance moves.
    pub(super) fn check_control_parties(&self, entry: Option<&Entry>) -> Result<(), Fault> {
        for posting in entry.into_iter().flat_map(|entry| &entry.postings) {
            let Some(side) = self.ledger.side_of(posting.account) else {
                continue;
            };
            if control_party(side, posting).is_none() {
                return Err(Fault::business(match side {
                    Side::Receivable => {
                        "When you use Accounts Receivable, you must choose a customer in the Name field."
                    }
                    Side::Payable => {
                        "When you use Accounts Payable, you must choose a vendor in the Name field."
                    }
                }));
            }
        }
        Ok(())
    }

    /// Links must point at living transactions of a kind that can be linked.
    pub(super) fn check_links(&self, kind: Kind, links: &[Link]) -> Result<(), Fault> {
        for link in links {
            let target = link.target();
            let linkable = match kind {
                Kind::Payment => matches!(
                    target.0,
                    Kind::Invoice
                        | Kind::CreditMemo
                        | Kind::JournalEntry
                        | Kind::Purchase
                        | Kind::Deposit
                ),
                Kind::BillPayment => {
                    matches!(
                        target.0,
                        Kind::Bill | Kind::VendorCredit | Kind::JournalEntry
                    )
                }
                Kind::Deposit => matches!(
                    target.0,
                    Kind::Payment
                        | Kind::SalesReceipt
                        | Kind::RefundReceipt
                        | Kind::Transfer
                        | Kind::JournalEntry
                ),
                _ => true,
            };
            if !linkable || self.get(target.0, target.1).is_none() {
                let detail = format!(
                    "Transaction {} {} cannot be linked",
                    target.0.name(),
                    target.1
                );
                return Err(Fault::validation("620", "Txn ID cannot be linked", detail));
            }
        }
        Ok(())
    }

    /// After posting: nothing may be settled beyond what was open.
    pub(super) fn check_settlement(&self, around: &[Key]) -> Result<(), Fault> {
        for key in around {
            for side in [Side::Receivable, Side::Payable] {
                let original = self.ledger.original_total(*key, side);
                let open = self.ledger.open(*key, side);
                if open != 0 && (original.signum() != open.signum() || open.abs() > original.abs())
                {
                    let detail = format!(
                        "The amount applied is more than what is open on {} {}",
                        key.0.name(),
                        key.1
                    );
                    return Err(Fault::business(detail));
                }
            }
        }
        Ok(())
    }

    /// The deposit that holds this payment, if any.
    pub(super) fn deposit_of(&self, key: Key) -> Option<Key> {
        self.ledger
            .incoming(key)
            .into_iter()
            .find(|source| source.0 == Kind::Deposit)
    }
}

/// The refusal for payments inside a deposit.
pub(super) fn deposited() -> Fault {
    let message = "Deposited Transaction cannot be changed";
    Fault::validation(
        "6540",
        message,
        "If you want to change it, delete it from the deposit first",
    )
}

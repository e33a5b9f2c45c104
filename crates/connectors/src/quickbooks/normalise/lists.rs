//! Name lists and budgets.

use figures::model::{
    Account, Classification, Customer, Item, LedgerBudget, LedgerBudgetLine, NamedEntity, Term,
    Vendor,
};
use figures::{Money, SmolStr};

use super::{Key, LedgerTables, currency, is_deleted, reference, wire};
use crate::reading::raw::{Read, object, shown};
use crate::reading::{RawLine, Refusal};

impl LedgerTables {
    /// Reads an entry of a name list, or the tombstone of one.
    pub(super) fn read_name(&mut self, line: &RawLine<'_>) -> Result<(), Refusal> {
        let wire: wire::Name<'_> = object(line.body).map_err(Refusal::nameless)?;
        let key = Key::read(wire.id, wire.sync_token)?;
        if is_deleted(wire.life) {
            self.bury(line.resource, key.id, wire.meta_data.as_ref());
            return Ok(());
        }
        self.sort_name(line, &key, &wire)
            .map_err(|reason| key.refusal(reason))
    }

    fn sort_name(&mut self, line: &RawLine<'_>, key: &Key, wire: &wire::Name<'_>) -> Read<()> {
        let id = key.id.clone();
        match line.resource {
            "Account" => self.accounts.push(key.stamp(account(id, wire)?, line)),
            "Customer" => {
                let mut stamped = key.stamp(customer(id, wire)?, line);
                stamped.currency = currency(wire.currency_ref.as_ref())?;
                self.customers.push(stamped);
            }
            "Vendor" => {
                let mut stamped = key.stamp(vendor(id, wire)?, line);
                stamped.currency = currency(wire.currency_ref.as_ref())?;
                self.vendors.push(stamped);
            }
            "Item" => self.items.push(key.stamp(item(id, wire)?, line)),
            "Class" => self.classes.push(key.stamp(named(id, wire)?, line)),
            "Department" => self.departments.push(key.stamp(named(id, wire)?, line)),
            _ => self.terms.push(key.stamp(term(id, wire)?, line)),
        }
        Ok(())
    }

    /// Reads a budget, or the tombstone of one.
    pub(super) fn read_budget(&mut self, line: &RawLine<'_>) -> Result<(), Refusal> {
        let wire: wire::Budget<'_> = object(line.body).map_err(Refusal::nameless)?;
        let key = Key::read(wire.id, wire.sync_token)?;
        if is_deleted(wire.life) {
            self.bury(line.resource, key.id, wire.meta_data.as_ref());
            return Ok(());
        }
        let record = budget(key.id.clone(), &wire).map_err(|reason| key.refusal(reason))?;
        self.budgets.push(key.stamp(record, line));
        Ok(())
    }
}

fn account(id: SmolStr, wire: &wire::Name<'_>) -> Read<Account> {
    let name = wire.name.words("Name")?;
    Ok(Account {
        id,
        full_name: full_name(wire, &name)?,
        name,
        account_type: wire.account_type.words("AccountType")?,
        sub_type: wire.account_sub_type.words("AccountSubType")?,
        classification: classification(wire)?,
        active: active(wire)?,
    })
}

/// `Classification`, else what the account type says.
fn classification(wire: &wire::Name<'_>) -> Read<Option<Classification>> {
    let stated = wire.classification.words("Classification")?;
    Ok(match stated.to_ascii_lowercase().as_str() {
        "asset" => Some(Classification::Asset),
        "liability" => Some(Classification::Liability),
        "equity" => Some(Classification::Equity),
        "revenue" => Some(Classification::Revenue),
        "expense" => Some(Classification::Expense),
        "" => of_account_type(&wire.account_type.words("AccountType")?),
        _ => {
            return Err(format!(
                "Classification is {}, which is not known",
                shown(&stated)
            ));
        }
    })
}

fn of_account_type(account_type: &str) -> Option<Classification> {
    match account_type {
        "Bank" | "Accounts Receivable" | "Other Current Asset" | "Fixed Asset" | "Other Asset" => {
            Some(Classification::Asset)
        }
        "Accounts Payable" | "Credit Card" | "Other Current Liability" | "Long Term Liability" => {
            Some(Classification::Liability)
        }
        "Equity" => Some(Classification::Equity),
        "Income" | "Other Income" => Some(Classification::Revenue),
        "Cost of Goods Sold" | "Expense" | "Other Expense" => Some(Classification::Expense),
        _ => None,
    }
}

fn customer(id: SmolStr, wire: &wire::Name<'_>) -> Read<Customer> {
    let name = wire.display_name.or(wire.name).words("DisplayName")?;
    let parent = reference("ParentRef", wire.parent_ref.as_ref())?;
    Ok(Customer {
        id,
        full_name: full_name(wire, &name)?,
        name,
        company_name: wire.company_name.words("CompanyName")?,
        is_job: wire.job.flag("Job")?.unwrap_or(parent.is_some()),
        parent,
        active: active(wire)?,
        balance: wire.balance.money_or_zero("Balance")?,
    })
}

fn vendor(id: SmolStr, wire: &wire::Name<'_>) -> Read<Vendor> {
    Ok(Vendor {
        id,
        name: wire.display_name.or(wire.name).words("DisplayName")?,
        company_name: wire.company_name.words("CompanyName")?,
        check_name: wire.print_on_check_name.words("PrintOnCheckName")?,
        active: active(wire)?,
        balance: wire.balance.money_or_zero("Balance")?,
    })
}

fn item(id: SmolStr, wire: &wire::Name<'_>) -> Read<Item> {
    Ok(Item {
        id,
        name: wire.name.words("Name")?,
        kind: wire.kind.words("Type")?,
        income_account: reference("IncomeAccountRef", wire.income_account_ref.as_ref())?,
        expense_account: reference("ExpenseAccountRef", wire.expense_account_ref.as_ref())?,
        asset_account: reference("AssetAccountRef", wire.asset_account_ref.as_ref())?,
    })
}

fn named(id: SmolStr, wire: &wire::Name<'_>) -> Read<NamedEntity> {
    Ok(NamedEntity {
        id,
        name: wire.name.words("Name")?,
        active: active(wire)?,
    })
}

fn term(id: SmolStr, wire: &wire::Name<'_>) -> Read<Term> {
    let days = wire.discount_days.integer("DiscountDays")?;
    Ok(Term {
        id,
        name: wire.name.words("Name")?,
        discount_percent: wire.discount_percent.decimal("DiscountPercent")?,
        discount_days: days
            .map(u16::try_from)
            .transpose()
            .map_err(|_| "DiscountDays is not a number of days".to_owned())?,
    })
}

fn budget(id: SmolStr, wire: &wire::Budget<'_>) -> Read<LedgerBudget> {
    let details = wire.budget_detail.as_deref().unwrap_or_default();
    let mut lines = Vec::with_capacity(details.len());
    for (index, detail) in details.iter().enumerate() {
        let line = budget_line(detail)
            .map_err(|reason| format!("in budget detail {}: {reason}", index + 1))?;
        lines.push(line);
    }
    Ok(LedgerBudget {
        id,
        name: wire.name.words("Name")?,
        active: wire.active.flag("Active")?.unwrap_or(true),
        lines,
    })
}

fn budget_line(detail: &wire::BudgetDetail<'_>) -> Read<LedgerBudgetLine> {
    Ok(LedgerBudgetLine {
        account: reference("AccountRef", detail.account_ref.as_ref())?,
        customer: reference("CustomerRef", detail.customer_ref.as_ref())?,
        date: detail.budget_date.date("BudgetDate")?,
        amount: detail.amount.money("Amount")?.unwrap_or(Money::ZERO),
    })
}

fn full_name(wire: &wire::Name<'_>, name: &SmolStr) -> Read<SmolStr> {
    let full = wire.fully_qualified_name.words("FullyQualifiedName")?;
    Ok(if full.is_empty() { name.clone() } else { full })
}

fn active(wire: &wire::Name<'_>) -> Read<bool> {
    Ok(wire.active.flag("Active")?.unwrap_or(true))
}

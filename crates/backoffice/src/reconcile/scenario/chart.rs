//! What every company of a scenario has: a chart of accounts, items and payment terms.

use figures::SmolStr;
use figures::model::{Account, Classification, Item, LedgerBooks, Term};

/// The chart of accounts: the word of a scenario, name, type, sub-type and classification. The
/// place in the list is the id, from 1.
const CHART: [(&str, &str, &str, &str, Classification); 20] = {
    use Classification::{Asset, Expense, Liability, Revenue};
    [
        ("bank", "Checking", "Bank", "Checking", Asset),
        (
            "undeposited",
            "Undeposited Funds",
            "Other Current Asset",
            "UndepositedFunds",
            Asset,
        ),
        (
            "receivable",
            "Accounts Receivable",
            "Accounts Receivable",
            "AccountsReceivable",
            Asset,
        ),
        (
            "retainage_receivable",
            "Retainage Receivable",
            "Other Current Asset",
            "Retainage",
            Asset,
        ),
        (
            "inventory",
            "Inventory Asset",
            "Other Current Asset",
            "Inventory",
            Asset,
        ),
        ("card", "Visa Card", "Credit Card", "CreditCard", Liability),
        (
            "payable",
            "Accounts Payable",
            "Accounts Payable",
            "AccountsPayable",
            Liability,
        ),
        (
            "retainage_payable",
            "Retainage Payable",
            "Other Current Liability",
            "OtherCurrentLiabilities",
            Liability,
        ),
        (
            "payroll",
            "Payroll Liabilities",
            "Other Current Liability",
            "PayrollClearing",
            Liability,
        ),
        (
            "income",
            "Construction Income",
            "Income",
            "ServiceFeeIncome",
            Revenue,
        ),
        (
            "service",
            "Service Income",
            "Income",
            "ServiceFeeIncome",
            Revenue,
        ),
        (
            "materials",
            "Job Materials",
            "Cost of Goods Sold",
            "SuppliesMaterialsCogs",
            Expense,
        ),
        (
            "cost",
            "Subcontractors",
            "Cost of Goods Sold",
            "OtherCostsOfServiceCos",
            Expense,
        ),
        (
            "labor",
            "Job Labor",
            "Cost of Goods Sold",
            "CostOfLaborCos",
            Expense,
        ),
        (
            "burden",
            "Payroll Taxes and Burden",
            "Cost of Goods Sold",
            "OtherCostsOfServiceCos",
            Expense,
        ),
        (
            "equipment",
            "Equipment Rental",
            "Cost of Goods Sold",
            "EquipmentRentalCos",
            Expense,
        ),
        ("bad_debt", "Bad Debts", "Expense", "BadDebts", Expense),
        (
            "discount",
            "Purchase Discounts",
            "Other Income",
            "OtherMiscellaneousIncome",
            Revenue,
        ),
        (
            "allowance",
            "Sales Allowances",
            "Income",
            "DiscountsRefundsGiven",
            Revenue,
        ),
        (
            "office",
            "Office Expense",
            "Expense",
            "OfficeGeneralAdministrativeExpenses",
            Expense,
        ),
    ]
};

/// Id of the account with this word.
pub(super) fn account(word: &str) -> Option<SmolStr> {
    let place = CHART.iter().position(|(known, ..)| *known == word)?;
    Some(SmolStr::new((place + 1).to_string()))
}

/// An item: sales post through items, like in most offices.
struct Sold {
    id: &'static str,
    name: &'static str,
    kind: &'static str,
    /// Words of the accounts.
    income: Option<&'static str>,
    expense: Option<&'static str>,
}

const fn sold(id: &'static str, name: &'static str, income: &'static str) -> Sold {
    Sold {
        id,
        name,
        kind: "Service",
        income: Some(income),
        expense: None,
    }
}

const fn bought(id: &'static str, name: &'static str, expense: &'static str) -> Sold {
    Sold {
        id,
        name,
        kind: "NonInventory",
        income: None,
        expense: Some(expense),
    }
}

const ITEMS: [Sold; 9] = [
    sold("1", "Contract Work", "income"),
    sold("2", "Retainage Withheld", "retainage_receivable"),
    sold("3", "Uncollectible", "bad_debt"),
    Sold {
        id: "4",
        name: "Stored Materials",
        kind: "Inventory",
        income: None,
        expense: Some("materials"),
    },
    bought("5", "05-120 Structural Steel", "materials"),
    bought("6", "01-540 Equipment", "equipment"),
    bought("7", "Steel Delivered", "materials"),
    bought("8", "05-120 Steel Freight", "materials"),
    bought("9", "Small Tools", "equipment"),
];

/// Fills in the accounts, items and terms of every scenario.
pub(super) fn chart(ledger: &mut LedgerBooks) {
    for (place, (_, name, kind, sub_type, classification)) in CHART.into_iter().enumerate() {
        ledger.accounts.push(Account {
            id: SmolStr::new((place + 1).to_string()),
            name: SmolStr::new(name),
            full_name: SmolStr::new(name),
            account_type: SmolStr::new(kind),
            sub_type: SmolStr::new(sub_type),
            classification: Some(classification),
            active: true,
        });
    }
    for Sold {
        id,
        name,
        kind,
        income,
        expense,
    } in ITEMS
    {
        ledger.items.push(Item {
            id: SmolStr::new(id),
            name: SmolStr::new(name),
            kind: SmolStr::new(kind),
            income_account: income.and_then(account),
            expense_account: expense.and_then(account),
            asset_account: (kind == "Inventory")
                .then(|| account("inventory"))
                .flatten(),
        });
    }
    ledger.terms.push(Term {
        id: SmolStr::new("1"),
        name: SmolStr::new("2% 10 Net 30"),
        discount_percent: Some(rust_decimal::Decimal::TWO),
        discount_days: Some(10),
    });
}

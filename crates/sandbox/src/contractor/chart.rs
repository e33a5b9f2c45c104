//! The contractor's chart of accounts, items, classes and cost codes, and how they map.
//!
//! Fixed numbers, so that a reader of a failed test can recognise an account by its id.

/// Chequing account.
pub(crate) const CHECKING: i64 = 35;
/// Undeposited funds.
pub(crate) const UNDEPOSITED: i64 = 4;
/// Accounts receivable.
pub(crate) const RECEIVABLE: i64 = 84;
/// Retainage receivable, with the gross convention only.
pub(crate) const RETAINAGE_RECEIVABLE: i64 = 91;
/// Accounts payable.
pub(crate) const PAYABLE: i64 = 33;
/// Retainage payable, with the gross convention only.
pub(crate) const RETAINAGE_PAYABLE: i64 = 92;
/// Company credit card.
pub(crate) const CARD: i64 = 41;
/// Construction income.
pub(crate) const INCOME: i64 = 79;
/// Wages payable (payroll clearing).
pub(crate) const WAGES_PAYABLE: i64 = 93;
/// Accrued liabilities.
pub(crate) const ACCRUED: i64 = 94;
/// Stored materials, an asset.
pub(crate) const STORED: i64 = 96;
/// Bad debt expense.
pub(crate) const BAD_DEBT: i64 = 66;
/// Purchase discounts taken.
pub(crate) const DISCOUNTS: i64 = 80;
/// Office rent.
pub(crate) const RENT: i64 = 60;
/// Office expense.
pub(crate) const OFFICE: i64 = 61;
/// Depreciation expense.
pub(crate) const DEPRECIATION: i64 = 62;
/// Accumulated depreciation.
pub(crate) const ACCUMULATED: i64 = 70;

/// Item on which progress is billed.
pub(crate) const PROGRESS_ITEM: i64 = 11;
/// Item of withheld and released retainage.
pub(crate) const RETAINAGE_ITEM: i64 = 12;
/// Item that writes a receivable off.
pub(crate) const BAD_DEBT_ITEM: i64 = 20;
/// First of the items that stand for cost codes.
pub(crate) const FIRST_CODE_ITEM: i64 = 101;

/// Sales tax of the home state, in hundredths of a percent.
pub(crate) const TAX_BASIS_POINTS: i64 = 825;

/// One account: id, number, name, type, subtype, classification.
pub(crate) type AccountRow = (
    i64,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

/// The chart of accounts.
pub(crate) const ACCOUNTS: [AccountRow; 27] = [
    (CHECKING, "1010", "Checking", "Bank", "Checking", "Asset"),
    (
        UNDEPOSITED,
        "1090",
        "Undeposited Funds",
        "Other Current Asset",
        "UndepositedFunds",
        "Asset",
    ),
    (
        RECEIVABLE,
        "1200",
        "Accounts Receivable (A/R)",
        "Accounts Receivable",
        "AccountsReceivable",
        "Asset",
    ),
    (
        RETAINAGE_RECEIVABLE,
        "1250",
        "Retainage Receivable",
        "Other Current Asset",
        "Retainage",
        "Asset",
    ),
    (
        STORED,
        "1300",
        "Inventory - Stored Materials",
        "Other Current Asset",
        "Inventory",
        "Asset",
    ),
    (
        95,
        "1310",
        "Costs in Excess of Billings",
        "Other Current Asset",
        "OtherCurrentAssets",
        "Asset",
    ),
    (
        71,
        "1500",
        "Machinery and Equipment",
        "Fixed Asset",
        "MachineryAndEquipment",
        "Asset",
    ),
    (
        ACCUMULATED,
        "1590",
        "Accumulated Depreciation",
        "Fixed Asset",
        "AccumulatedDepreciation",
        "Asset",
    ),
    (
        PAYABLE,
        "2000",
        "Accounts Payable (A/P)",
        "Accounts Payable",
        "AccountsPayable",
        "Liability",
    ),
    (
        CARD,
        "2050",
        "Company Card",
        "Credit Card",
        "CreditCard",
        "Liability",
    ),
    (
        WAGES_PAYABLE,
        "2100",
        "Payroll Clearing",
        "Other Current Liability",
        "PayrollClearing",
        "Liability",
    ),
    (
        ACCRUED,
        "2200",
        "Accrued Liabilities",
        "Other Current Liability",
        "OtherCurrentLiabilities",
        "Liability",
    ),
    (
        RETAINAGE_PAYABLE,
        "2250",
        "Retainage Payable",
        "Other Current Liability",
        "OtherCurrentLiabilities",
        "Liability",
    ),
    (
        97,
        "2300",
        "Sales Tax Payable",
        "Other Current Liability",
        "SalesTaxPayable",
        "Liability",
    ),
    (
        98,
        "3900",
        "Retained Earnings",
        "Equity",
        "RetainedEarnings",
        "Equity",
    ),
    (
        INCOME,
        "4000",
        "Construction Income",
        "Income",
        "ServiceFeeIncome",
        "Revenue",
    ),
    (
        DISCOUNTS,
        "4900",
        "Purchase Discounts",
        "Other Income",
        "OtherMiscellaneousIncome",
        "Revenue",
    ),
    (
        50,
        "5000",
        "Cost of Construction",
        "Cost of Goods Sold",
        "OtherCostsOfServiceCos",
        "Expense",
    ),
    (
        51,
        "5100",
        "Materials",
        "Cost of Goods Sold",
        "SuppliesMaterialsCogs",
        "Expense",
    ),
    (
        52,
        "5200",
        "Subcontractors",
        "Cost of Goods Sold",
        "OtherCostsOfServiceCos",
        "Expense",
    ),
    (
        53,
        "5300",
        "Job Labor",
        "Cost of Goods Sold",
        "CostOfLaborCos",
        "Expense",
    ),
    (
        54,
        "5400",
        "Equipment Rental",
        "Cost of Goods Sold",
        "EquipmentRentalCos",
        "Expense",
    ),
    (
        55,
        "5500",
        "Other Job Costs",
        "Cost of Goods Sold",
        "OtherCostsOfServiceCos",
        "Expense",
    ),
    (
        RENT,
        "6100",
        "Rent Expense",
        "Expense",
        "RentOrLeaseOfBuildings",
        "Expense",
    ),
    (
        OFFICE,
        "6200",
        "Office Expense",
        "Expense",
        "OfficeGeneralAdministrativeExpenses",
        "Expense",
    ),
    (
        DEPRECIATION,
        "6300",
        "Depreciation Expense",
        "Expense",
        "OtherMiscellaneousServiceCost",
        "Expense",
    ),
    (
        BAD_DEBT,
        "6600",
        "Bad Debt Expense",
        "Expense",
        "BadDebts",
        "Expense",
    ),
];

/// Children of account 50, Cost of Construction.
pub(crate) const COST_CHILDREN: std::ops::RangeInclusive<i64> = 51..=55;

/// A cost code of the company list.
pub(crate) struct Code {
    /// Procore's `full_code`.
    pub(crate) code: &'static str,
    /// Its name in both systems.
    pub(crate) name: &'static str,
    /// Cost type: L, M, E, S or O.
    pub(crate) kind: char,
}

const fn code(code: &'static str, name: &'static str, kind: char) -> Code {
    Code { code, name, kind }
}

/// The company's cost codes. Subcontracted trades come first.
pub(crate) const CODES: [Code; 18] = [
    code("02-410", "Demolition", 'S'),
    code("03-300", "Concrete", 'S'),
    code("05-120", "Structural Steel", 'S'),
    code("07-500", "Roofing", 'S'),
    code("08-800", "Glazing", 'S'),
    code("09-250", "Drywall", 'S'),
    code("09-900", "Painting", 'S'),
    code("21-100", "Fire Sprinklers", 'S'),
    code("22-050", "Plumbing", 'S'),
    code("23-050", "Mechanical", 'S'),
    code("26-050", "Electrical", 'S'),
    code("31-200", "Earthwork", 'S'),
    code("06-100", "Lumber", 'M'),
    code("03-050", "Ready Mix", 'M'),
    code("01-520", "Consumables", 'M'),
    code("01-540", "Equipment Rental", 'E'),
    code("01-500", "Temporary Facilities", 'O'),
    code("01-310", "Field Labor", 'L'),
];

/// How many of the codes are subcontracted trades.
pub(crate) const TRADES: usize = 12;
/// Index of the first code bought from suppliers.
pub(crate) const FIRST_SUPPLY: usize = 12;
/// How many codes are bought from suppliers without a subcontract.
pub(crate) const SUPPLIES: usize = 5;
/// Index of the labour code.
pub(crate) const LABOR: usize = 17;

/// The cost account of a cost code.
pub(crate) fn account_of(code: usize) -> i64 {
    match CODES[code].kind {
        'M' => 51,
        'S' => 52,
        'L' => 53,
        'E' => 54,
        _ => 55,
    }
}

/// The item that stands for a cost code.
pub(crate) fn item_of(code: usize) -> i64 {
    FIRST_CODE_ITEM + i64::try_from(code).unwrap_or(0)
}

/// Procore's cost type of a cost code: id, letter, name.
pub(crate) fn cost_type(code: usize) -> (i64, &'static str, &'static str) {
    match CODES[code].kind {
        'L' => (41, "L", "Labor"),
        'S' => (42, "S", "Subcontract"),
        'M' => (43, "M", "Material"),
        'E' => (44, "E", "Equipment"),
        _ => (45, "O", "Other"),
    }
}

/// Market classes; a job has one, and every line of it carries it.
pub(crate) const CLASS_NAMES: [&str; 5] = [
    "Healthcare",
    "Education",
    "Commercial",
    "Industrial",
    "Civic",
];
/// Id of the first class.
pub(crate) const FIRST_CLASS: i64 = 5_000_000_000_000_000_301;
/// Locations; a job belongs to one.
pub(crate) const DEPARTMENT_NAMES: [&str; 3] = ["North Yard", "South Yard", "Service"];

/// The account's name as QuickBooks displays it.
pub(crate) fn account_name(id: i64) -> String {
    let name = ACCOUNTS
        .iter()
        .find(|row| row.0 == id)
        .map_or("", |row| row.2);
    if COST_CHILDREN.contains(&id) {
        format!("Cost of Construction:{name}")
    } else {
        name.to_string()
    }
}

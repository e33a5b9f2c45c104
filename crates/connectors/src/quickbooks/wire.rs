//! What QuickBooks Online sends, as far as it is read here. `MAPPINGS.md` says what becomes of
//! each member; members that are not named here are ignored, because new ones appear at any time.

use serde::Deserialize;

use crate::reading::raw::Raw;

/// A reference: `{"value": "61", "name": "Harbor Point", "type": "Customer"}`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(crate) struct Ref<'a> {
    pub(crate) value: Raw<'a>,
    pub(crate) name: Raw<'a>,
    #[serde(rename = "type")]
    pub(crate) kind: Raw<'a>,
}

/// Times of a record.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"), rename_all = "PascalCase")]
pub(crate) struct MetaData<'a> {
    pub(crate) last_updated_time: Raw<'a>,
}

/// A name list entry: account, customer, vendor, item, class, department or term.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"), rename_all = "PascalCase")]
pub(crate) struct Name<'a> {
    pub(crate) id: Raw<'a>,
    #[serde(rename = "status")]
    pub(crate) life: Raw<'a>,
    pub(crate) sync_token: Raw<'a>,
    pub(crate) meta_data: Option<MetaData<'a>>,
    pub(crate) name: Raw<'a>,
    pub(crate) display_name: Raw<'a>,
    pub(crate) fully_qualified_name: Raw<'a>,
    pub(crate) company_name: Raw<'a>,
    pub(crate) print_on_check_name: Raw<'a>,
    pub(crate) active: Raw<'a>,
    pub(crate) account_type: Raw<'a>,
    pub(crate) account_sub_type: Raw<'a>,
    pub(crate) classification: Raw<'a>,
    pub(crate) parent_ref: Option<Ref<'a>>,
    pub(crate) job: Raw<'a>,
    pub(crate) balance: Raw<'a>,
    pub(crate) currency_ref: Option<Ref<'a>>,
    #[serde(rename = "Type")]
    pub(crate) kind: Raw<'a>,
    pub(crate) income_account_ref: Option<Ref<'a>>,
    pub(crate) expense_account_ref: Option<Ref<'a>>,
    pub(crate) asset_account_ref: Option<Ref<'a>>,
    pub(crate) discount_percent: Raw<'a>,
    pub(crate) discount_days: Raw<'a>,
}

/// A link to another transaction.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"), rename_all = "PascalCase")]
pub(crate) struct LinkedTxn<'a> {
    pub(crate) txn_id: Raw<'a>,
    pub(crate) txn_type: Raw<'a>,
}

/// Who a deposit or journal line is for: a reference with a type on deposits, a type beside a
/// reference on journal lines.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(crate) struct Entity<'a> {
    pub(crate) value: Raw<'a>,
    #[serde(rename = "type", alias = "Type")]
    pub(crate) kind: Raw<'a>,
    #[serde(rename = "EntityRef")]
    pub(crate) entity_ref: Option<Ref<'a>>,
}

/// The detail object of a line, whatever its kind.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"), rename_all = "PascalCase")]
pub(crate) struct Detail<'a> {
    pub(crate) account_ref: Option<Ref<'a>>,
    pub(crate) item_account_ref: Option<Ref<'a>>,
    pub(crate) discount_account_ref: Option<Ref<'a>>,
    pub(crate) item_ref: Option<Ref<'a>>,
    pub(crate) customer_ref: Option<Ref<'a>>,
    pub(crate) class_ref: Option<Ref<'a>>,
    pub(crate) entity: Option<Entity<'a>>,
    pub(crate) posting_type: Raw<'a>,
    pub(crate) line: Option<Vec<Line<'a>>>,
}

/// A line of a transaction.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"), rename_all = "PascalCase")]
pub(crate) struct Line<'a> {
    pub(crate) amount: Raw<'a>,
    pub(crate) description: Raw<'a>,
    pub(crate) detail_type: Raw<'a>,
    pub(crate) linked_txn: Option<Vec<LinkedTxn<'a>>>,
    #[serde(
        alias = "SalesItemLineDetail",
        alias = "DiscountLineDetail",
        alias = "AccountBasedExpenseLineDetail",
        alias = "ItemBasedExpenseLineDetail",
        alias = "DepositLineDetail",
        alias = "JournalEntryLineDetail",
        alias = "GroupLineDetail"
    )]
    pub(crate) detail: Option<Detail<'a>>,
}

/// Sales tax of a transaction.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"), rename_all = "PascalCase")]
pub(crate) struct TxnTaxDetail<'a> {
    pub(crate) total_tax: Raw<'a>,
}

/// How a bill payment was made.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(crate) struct PaidFrom<'a> {
    #[serde(rename = "BankAccountRef", alias = "CCAccountRef")]
    pub(crate) account_ref: Option<Ref<'a>>,
}

/// A transaction of any kind.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"), rename_all = "PascalCase")]
pub(crate) struct Document<'a> {
    pub(crate) id: Raw<'a>,
    #[serde(rename = "status")]
    pub(crate) life: Raw<'a>,
    pub(crate) sync_token: Raw<'a>,
    pub(crate) meta_data: Option<MetaData<'a>>,
    pub(crate) doc_number: Raw<'a>,
    pub(crate) payment_ref_num: Raw<'a>,
    pub(crate) txn_date: Raw<'a>,
    pub(crate) due_date: Raw<'a>,
    pub(crate) customer_ref: Option<Ref<'a>>,
    pub(crate) vendor_ref: Option<Ref<'a>>,
    pub(crate) entity_ref: Option<Ref<'a>>,
    pub(crate) department_ref: Option<Ref<'a>>,
    pub(crate) class_ref: Option<Ref<'a>>,
    pub(crate) sales_term_ref: Option<Ref<'a>>,
    pub(crate) total_amt: Raw<'a>,
    pub(crate) amount: Raw<'a>,
    pub(crate) txn_tax_detail: Option<TxnTaxDetail<'a>>,
    pub(crate) balance: Raw<'a>,
    pub(crate) remaining_credit: Raw<'a>,
    pub(crate) unapplied_amt: Raw<'a>,
    pub(crate) txn_status: Raw<'a>,
    #[serde(rename = "POStatus")]
    pub(crate) po_status: Raw<'a>,
    pub(crate) credit: Raw<'a>,
    pub(crate) deposit_to_account_ref: Option<Ref<'a>>,
    pub(crate) account_ref: Option<Ref<'a>>,
    pub(crate) from_account_ref: Option<Ref<'a>>,
    pub(crate) to_account_ref: Option<Ref<'a>>,
    pub(crate) check_payment: Option<PaidFrom<'a>>,
    pub(crate) credit_card_payment: Option<PaidFrom<'a>>,
    pub(crate) private_note: Raw<'a>,
    pub(crate) currency_ref: Option<Ref<'a>>,
    pub(crate) linked_txn: Option<Vec<LinkedTxn<'a>>>,
    pub(crate) line: Option<Vec<Line<'a>>>,
}

/// The company's settings.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"), rename_all = "PascalCase")]
pub(crate) struct Preferences<'a> {
    pub(crate) id: Raw<'a>,
    pub(crate) sync_token: Raw<'a>,
    pub(crate) accounting_info_prefs: Option<AccountingInfoPrefs<'a>>,
    pub(crate) currency_prefs: Option<CurrencyPrefs<'a>>,
}

/// Settings of the books.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"), rename_all = "PascalCase")]
pub(crate) struct AccountingInfoPrefs<'a> {
    pub(crate) book_close_date: Raw<'a>,
}

/// Settings of currencies.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"), rename_all = "PascalCase")]
pub(crate) struct CurrencyPrefs<'a> {
    pub(crate) home_currency: Option<Ref<'a>>,
}

/// A budget.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"), rename_all = "PascalCase")]
pub(crate) struct Budget<'a> {
    pub(crate) id: Raw<'a>,
    #[serde(rename = "status")]
    pub(crate) life: Raw<'a>,
    pub(crate) sync_token: Raw<'a>,
    pub(crate) meta_data: Option<MetaData<'a>>,
    pub(crate) name: Raw<'a>,
    pub(crate) active: Raw<'a>,
    pub(crate) budget_detail: Option<Vec<BudgetDetail<'a>>>,
}

/// A cell of a budget.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"), rename_all = "PascalCase")]
pub(crate) struct BudgetDetail<'a> {
    pub(crate) budget_date: Raw<'a>,
    pub(crate) amount: Raw<'a>,
    pub(crate) account_ref: Option<Ref<'a>>,
    pub(crate) customer_ref: Option<Ref<'a>>,
}

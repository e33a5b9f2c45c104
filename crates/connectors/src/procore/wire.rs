//! What Procore sends, as far as it is read here. `MAPPINGS.md` says what becomes of each member;
//! members that are not named here are ignored, because new ones appear at any time.

use serde::Deserialize;

use crate::reading::raw::Raw;

/// An object of which only the id matters.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(crate) struct IdOnly<'a> {
    pub(crate) id: Raw<'a>,
}

/// A company or person named inside another record; contracts say `company` for `name`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(crate) struct NamedRef<'a> {
    pub(crate) id: Raw<'a>,
    pub(crate) name: Raw<'a>,
    pub(crate) company: Raw<'a>,
}

/// The currency of a record.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(crate) struct CurrencyConfiguration<'a> {
    pub(crate) currency_iso_code: Raw<'a>,
    pub(crate) base_currency_iso_code: Raw<'a>,
}

/// A project.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(crate) struct Project<'a> {
    pub(crate) id: Raw<'a>,
    pub(crate) name: Raw<'a>,
    pub(crate) display_name: Raw<'a>,
    pub(crate) project_number: Raw<'a>,
    pub(crate) accounting_project_number: Raw<'a>,
    pub(crate) active: Raw<'a>,
    pub(crate) is_demo: Raw<'a>,
    pub(crate) template: Raw<'a>,
    pub(crate) origin_id: Raw<'a>,
    pub(crate) updated_at: Raw<'a>,
    pub(crate) deleted_at: Raw<'a>,
}

/// A company in the directory.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(crate) struct Vendor<'a> {
    pub(crate) id: Raw<'a>,
    pub(crate) name: Raw<'a>,
    pub(crate) company: Raw<'a>,
    pub(crate) legal_name: Raw<'a>,
    pub(crate) trade_name: Raw<'a>,
    pub(crate) is_active: Raw<'a>,
    pub(crate) origin_id: Raw<'a>,
    pub(crate) updated_at: Raw<'a>,
}

/// An insurance policy.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(crate) struct Insurance<'a> {
    pub(crate) id: Raw<'a>,
    pub(crate) vendor_id: Raw<'a>,
    pub(crate) insurance_type: Raw<'a>,
    pub(crate) effective_date: Raw<'a>,
    pub(crate) expiration_date: Raw<'a>,
    pub(crate) status: Raw<'a>,
    pub(crate) exempt: Raw<'a>,
    pub(crate) updated_at: Raw<'a>,
}

/// A cost code.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(crate) struct CostCode<'a> {
    pub(crate) id: Raw<'a>,
    pub(crate) name: Raw<'a>,
    pub(crate) full_code: Raw<'a>,
    pub(crate) code: Raw<'a>,
    pub(crate) biller_id: Raw<'a>,
    pub(crate) biller_type: Raw<'a>,
    pub(crate) origin_id: Raw<'a>,
    pub(crate) updated_at: Raw<'a>,
}

/// A row of a budget view.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(crate) struct BudgetRow<'a> {
    pub(crate) id: Raw<'a>,
    pub(crate) project_id: Raw<'a>,
    pub(crate) cost_code_id: Raw<'a>,
    pub(crate) original_budget_amount: Raw<'a>,
    pub(crate) budget_modifications: Raw<'a>,
    pub(crate) currency_configuration: Option<CurrencyConfiguration<'a>>,
}

/// A prime contract, work order contract or purchase order contract.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(crate) struct Contract<'a> {
    pub(crate) id: Raw<'a>,
    pub(crate) project_id: Raw<'a>,
    pub(crate) project: Raw<'a>,
    pub(crate) number: Raw<'a>,
    pub(crate) title: Raw<'a>,
    pub(crate) status: Raw<'a>,
    pub(crate) grand_total: Raw<'a>,
    pub(crate) approved_change_orders: Raw<'a>,
    pub(crate) revised_contract: Raw<'a>,
    pub(crate) vendor: Raw<'a>,
    pub(crate) retainage_percent: Raw<'a>,
    pub(crate) contract_date: Raw<'a>,
    pub(crate) created_at: Raw<'a>,
    pub(crate) origin_id: Raw<'a>,
    pub(crate) updated_at: Raw<'a>,
    pub(crate) deleted_at: Raw<'a>,
    pub(crate) currency_configuration: Option<CurrencyConfiguration<'a>>,
}

/// A line of a contract or commitment.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(crate) struct LineItem<'a> {
    pub(crate) id: Raw<'a>,
    pub(crate) project_id: Raw<'a>,
    pub(crate) project: Raw<'a>,
    pub(crate) holder: Option<IdOnly<'a>>,
    pub(crate) cost_code_id: Raw<'a>,
    pub(crate) cost_code: Option<IdOnly<'a>>,
    pub(crate) amount: Raw<'a>,
    pub(crate) total_amount: Raw<'a>,
    pub(crate) extended_amount: Raw<'a>,
    pub(crate) updated_at: Raw<'a>,
    pub(crate) currency_configuration: Option<CurrencyConfiguration<'a>>,
}

/// A change order of any tier.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(crate) struct ChangeOrder<'a> {
    pub(crate) id: Raw<'a>,
    pub(crate) project_id: Raw<'a>,
    pub(crate) project: Raw<'a>,
    pub(crate) contract_id: Raw<'a>,
    pub(crate) number: Raw<'a>,
    pub(crate) title: Raw<'a>,
    pub(crate) status: Raw<'a>,
    pub(crate) grand_total: Raw<'a>,
    pub(crate) reviewed_at: Raw<'a>,
    pub(crate) created_at: Raw<'a>,
    pub(crate) legacy_package_id: Raw<'a>,
    pub(crate) origin_id: Raw<'a>,
    pub(crate) updated_at: Raw<'a>,
    pub(crate) deleted_at: Raw<'a>,
    pub(crate) currency_configuration: Option<CurrencyConfiguration<'a>>,
}

/// The totals of an application or a subcontractor invoice.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(crate) struct Totals<'a> {
    pub(crate) total_completed_and_stored_to_date: Raw<'a>,
    pub(crate) total_retainage: Raw<'a>,
    pub(crate) total_earned_less_retainage: Raw<'a>,
    pub(crate) less_previous_certificates_for_payment: Raw<'a>,
    pub(crate) current_payment_due: Raw<'a>,
    pub(crate) tax_applicable_to_this_payment: Raw<'a>,
    pub(crate) stored_materials: Raw<'a>,
}

/// A line of an application or a subcontractor invoice.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(crate) struct BilledLine<'a> {
    pub(crate) item_type: Raw<'a>,
    pub(crate) cost_code_id: Raw<'a>,
    pub(crate) cost_code: Option<IdOnly<'a>>,
    pub(crate) total_completed_and_stored_to_date: Raw<'a>,
    pub(crate) materials_presently_stored: Raw<'a>,
}

/// A billing period inside an application.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(crate) struct Period<'a> {
    pub(crate) start_date: Raw<'a>,
    pub(crate) end_date: Raw<'a>,
}

/// A payment application or a requisition.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(crate) struct Application<'a> {
    pub(crate) id: Raw<'a>,
    pub(crate) project_id: Raw<'a>,
    pub(crate) project: Raw<'a>,
    pub(crate) contract: Option<IdOnly<'a>>,
    pub(crate) contract_id: Raw<'a>,
    pub(crate) commitment_id: Raw<'a>,
    pub(crate) vendor_id: Raw<'a>,
    pub(crate) vendor_name: Raw<'a>,
    pub(crate) number: Raw<'a>,
    pub(crate) invoice_number: Raw<'a>,
    pub(crate) status: Raw<'a>,
    pub(crate) billing_date: Raw<'a>,
    pub(crate) period_start: Raw<'a>,
    pub(crate) period_end: Raw<'a>,
    pub(crate) billing_period: Option<Period<'a>>,
    pub(crate) payment_date: Raw<'a>,
    pub(crate) total_amount_paid: Raw<'a>,
    pub(crate) g702: Option<Totals<'a>>,
    pub(crate) summary: Option<Totals<'a>>,
    pub(crate) g703: Option<Vec<BilledLine<'a>>>,
    pub(crate) items: Option<Vec<BilledLine<'a>>>,
    pub(crate) origin_id: Raw<'a>,
    pub(crate) updated_at: Raw<'a>,
    pub(crate) deleted_at: Raw<'a>,
    pub(crate) currency_configuration: Option<CurrencyConfiguration<'a>>,
}

/// A payment received or issued.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(crate) struct ContractPayment<'a> {
    pub(crate) id: Raw<'a>,
    pub(crate) project_id: Raw<'a>,
    pub(crate) project: Raw<'a>,
    pub(crate) contract_id: Raw<'a>,
    pub(crate) requisition_id: Raw<'a>,
    pub(crate) amount: Raw<'a>,
    pub(crate) date: Raw<'a>,
    pub(crate) check_number: Raw<'a>,
    pub(crate) invoice_number: Raw<'a>,
    pub(crate) payment_number: Raw<'a>,
    pub(crate) draw_request_number: Raw<'a>,
    pub(crate) date_payment_settled: Raw<'a>,
    pub(crate) external_payment_id: Raw<'a>,
    pub(crate) origin_id: Raw<'a>,
    pub(crate) updated_at: Raw<'a>,
    pub(crate) deleted_at: Raw<'a>,
    pub(crate) currency_configuration: Option<CurrencyConfiguration<'a>>,
}

/// A line of a direct cost.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(crate) struct CostLine<'a> {
    pub(crate) cost_code_id: Raw<'a>,
    pub(crate) cost_code: Option<IdOnly<'a>>,
    pub(crate) amount: Raw<'a>,
    pub(crate) total_amount: Raw<'a>,
    pub(crate) extended_amount: Raw<'a>,
}

/// A cost without commitment.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(crate) struct DirectCost<'a> {
    pub(crate) id: Raw<'a>,
    pub(crate) project_id: Raw<'a>,
    pub(crate) project: Raw<'a>,
    pub(crate) direct_cost_type: Raw<'a>,
    pub(crate) direct_cost_date: Raw<'a>,
    pub(crate) invoice_number: Raw<'a>,
    pub(crate) status: Raw<'a>,
    pub(crate) vendor: Raw<'a>,
    pub(crate) vendor_id: Raw<'a>,
    pub(crate) vendor_name: Raw<'a>,
    pub(crate) employee: Raw<'a>,
    pub(crate) description: Raw<'a>,
    pub(crate) amount: Raw<'a>,
    pub(crate) payment_date: Raw<'a>,
    pub(crate) line_items: Option<Vec<CostLine<'a>>>,
    pub(crate) origin_id: Raw<'a>,
    pub(crate) updated_at: Raw<'a>,
    pub(crate) deleted_at: Raw<'a>,
    pub(crate) currency_configuration: Option<CurrencyConfiguration<'a>>,
}

/// A billing period of a project.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(crate) struct BillingPeriod<'a> {
    pub(crate) id: Raw<'a>,
    pub(crate) project_id: Raw<'a>,
    pub(crate) start_date: Raw<'a>,
    pub(crate) end_date: Raw<'a>,
    pub(crate) status: Raw<'a>,
    pub(crate) updated_at: Raw<'a>,
}

/// Hours of one person on one day.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(crate) struct TimecardEntry<'a> {
    pub(crate) id: Raw<'a>,
    pub(crate) project_id: Raw<'a>,
    pub(crate) project: Raw<'a>,
    pub(crate) date: Raw<'a>,
    pub(crate) hours: Raw<'a>,
    pub(crate) party: Option<IdOnly<'a>>,
    pub(crate) cost_code_id: Raw<'a>,
    pub(crate) cost_code: Option<IdOnly<'a>>,
    pub(crate) updated_at: Raw<'a>,
    pub(crate) deleted_at: Raw<'a>,
}

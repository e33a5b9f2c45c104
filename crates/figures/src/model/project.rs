//! What Procore says. Statuses keep Procore's own words, in lower case with underscores
//! (`out_for_bid`, `approved_as_noted`), because new ones appear without notice.

use alloc::vec::Vec;

use jiff::civil::Date;
use rust_decimal::Decimal;
use smol_str::SmolStr;

use super::BlindSpot;
use crate::Money;

/// Everything read from Procore. Every list is sorted by id.
#[derive(Debug, Clone, Default)]
pub struct ProjectBooks {
    /// Procore's company.
    pub company_id: i64,
    /// Projects, archived ones included; demo and template projects are left out.
    pub projects: Vec<Project>,
    /// Companies in the directory: subcontractors, suppliers and owners.
    pub parties: Vec<Party>,
    /// Insurance policies of vendors.
    pub insurances: Vec<Insurance>,
    /// Cost codes of all projects.
    pub cost_codes: Vec<CostCode>,
    /// Rows of the budget.
    pub budget_rows: Vec<BudgetRow>,
    /// Prime contracts.
    pub prime_contracts: Vec<PrimeContract>,
    /// Subcontracts and purchase orders.
    pub commitments: Vec<Commitment>,
    /// Lines of prime contracts and commitments.
    pub schedule_lines: Vec<ScheduleLine>,
    /// Change orders of all tiers, upstream and downstream.
    pub change_orders: Vec<ChangeOrder>,
    /// Applications for payment to the owner.
    pub pay_applications: Vec<PayApplication>,
    /// Subcontractor invoices.
    pub subcontractor_invoices: Vec<SubcontractorInvoice>,
    /// Payments received on prime contracts and issued on commitments.
    pub contract_payments: Vec<ContractPayment>,
    /// Costs without a commitment.
    pub direct_costs: Vec<DirectCost>,
    /// Billing periods.
    pub billing_periods: Vec<BillingPeriod>,
    /// Hours from the field.
    pub time_entries: Vec<TimeEntry>,
    /// What the connection could not see.
    pub blind_spots: Vec<BlindSpot>,
    /// Records of resources that nobody here reads, by snapshot name.
    pub unread: Vec<(SmolStr, u64)>,
}

/// A construction project.
#[derive(Debug, Clone)]
pub struct Project {
    /// Procore id.
    pub id: i64,
    /// Name without the number.
    pub name: SmolStr,
    /// Project number as typed.
    pub number: SmolStr,
    /// Number in the accounting system, where somebody typed one.
    pub accounting_number: SmolStr,
    /// Id in an external system, when an integration owns the record.
    pub origin_id: SmolStr,
    /// Not archived.
    pub active: bool,
    /// Soft-deleted.
    pub deleted: bool,
}

/// A company in the directory.
#[derive(Debug, Clone)]
pub struct Party {
    /// Procore id.
    pub id: i64,
    /// Display name.
    pub name: SmolStr,
    /// Legal name, empty when absent.
    pub legal_name: SmolStr,
    /// Trade name ("doing business as"), empty when absent.
    pub trade_name: SmolStr,
    /// Id in an external system.
    pub origin_id: SmolStr,
    /// Not deactivated.
    pub active: bool,
}

/// An insurance policy of a vendor.
#[derive(Debug, Clone)]
pub struct Insurance {
    /// Procore id.
    pub id: i64,
    /// The vendor insured.
    pub vendor_id: i64,
    /// Such as `General Liability`.
    pub kind: SmolStr,
    /// First day of cover.
    pub effective: Option<Date>,
    /// Last day of cover.
    pub expiration: Option<Date>,
    /// What a person set: `compliant`, `expired`, …
    pub status: SmolStr,
    /// No certificate is required.
    pub exempt: bool,
}

/// A cost code of a project.
#[derive(Debug, Clone)]
pub struct CostCode {
    /// Procore id.
    pub id: i64,
    /// The project, when the code belongs to one.
    pub project_id: Option<i64>,
    /// Full code such as `02-410`.
    pub code: SmolStr,
    /// Name.
    pub name: SmolStr,
    /// Id in an external system (a QuickBooks item or account when an integration wrote it).
    pub origin_id: SmolStr,
}

/// One row of a budget view.
#[derive(Debug, Clone)]
pub struct BudgetRow {
    /// Budget line item id; zero for synthetic rows.
    pub id: i64,
    /// Project.
    pub project_id: i64,
    /// Cost code id.
    pub cost_code_id: Option<i64>,
    /// Original budget.
    pub original: Money,
    /// Approved budget changes.
    pub modifications: Money,
}

/// An agreement with the owner.
#[derive(Debug, Clone)]
pub struct PrimeContract {
    /// Procore id.
    pub id: i64,
    /// Project.
    pub project_id: i64,
    /// Number as typed.
    pub number: SmolStr,
    /// Title.
    pub title: SmolStr,
    /// `draft`, `out_for_bid`, `out_for_signature`, `approved`, `complete`, `terminated`.
    pub status: SmolStr,
    /// Original contract sum (`grand_total`), without change orders.
    pub original: Money,
    /// Approved change orders as the contract states them.
    pub approved_change_orders: Money,
    /// The owner, a company in the directory.
    pub owner_id: Option<i64>,
    /// The owner's name as shown on the contract.
    pub owner_name: SmolStr,
    /// Agreed retainage in percent.
    pub retainage_percent: Option<Decimal>,
    /// Date of the contract.
    pub date: Option<Date>,
    /// Id in an external system.
    pub origin_id: SmolStr,
    /// Soft-deleted.
    pub deleted: bool,
}

/// Subcontract or purchase order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CommitmentKind {
    /// Procore work order contract.
    Subcontract,
    /// Procore purchase order contract.
    PurchaseOrder,
}

impl CommitmentKind {
    /// The record kind in references.
    #[must_use]
    pub const fn record_kind(self) -> &'static str {
        match self {
            Self::Subcontract => "work_order_contract",
            Self::PurchaseOrder => "purchase_order_contract",
        }
    }
}

/// Promised cost.
#[derive(Debug, Clone)]
pub struct Commitment {
    /// Procore id.
    pub id: i64,
    /// Subcontract or purchase order.
    pub kind: CommitmentKind,
    /// Project.
    pub project_id: i64,
    /// Number as typed.
    pub number: SmolStr,
    /// Title.
    pub title: SmolStr,
    /// Subcontract: `draft`, `out_for_bid`, `out_for_signature`, `approved`, `complete`,
    /// `terminated`, `void`. Purchase order: `draft`, `processing`, `submitted`,
    /// `partially_received`, `received`, `approved`, `closed`.
    pub status: SmolStr,
    /// Original sum (`grand_total`).
    pub original: Money,
    /// Approved change orders as the commitment states them.
    pub approved_change_orders: Money,
    /// Revised value (`revised_contract`).
    pub revised: Money,
    /// The vendor.
    pub vendor_id: Option<i64>,
    /// The vendor's name as shown on the commitment.
    pub vendor_name: SmolStr,
    /// Agreed retainage in percent.
    pub retainage_percent: Option<Decimal>,
    /// Contract date, else the date the record was made.
    pub date: Option<Date>,
    /// Id in an external system.
    pub origin_id: SmolStr,
    /// Soft-deleted.
    pub deleted: bool,
}

/// A line of a prime contract or a commitment.
#[derive(Debug, Clone)]
pub struct ScheduleLine {
    /// Procore id.
    pub id: i64,
    /// The contract or commitment.
    pub holder_id: i64,
    /// Project.
    pub project_id: i64,
    /// Cost code id.
    pub cost_code_id: Option<i64>,
    /// Scheduled value.
    pub amount: Money,
}

/// Which list a change order came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeOrderKind {
    /// Modern change order to a prime contract.
    Prime,
    /// Modern change order to a commitment.
    Commitment,
    /// Legacy package of either side; a modern twin names it in `legacy_package_id`.
    Package,
    /// Potential change order, not yet agreed.
    Potential,
}

impl ChangeOrderKind {
    /// The record kind in references.
    #[must_use]
    pub const fn record_kind(self) -> &'static str {
        match self {
            Self::Prime => "prime_change_order",
            Self::Commitment => "commitment_change_order",
            Self::Package => "change_order_package",
            Self::Potential => "potential_change_order",
        }
    }
}

/// A change to a contract or a commitment.
#[derive(Debug, Clone)]
pub struct ChangeOrder {
    /// Procore id.
    pub id: i64,
    /// Which list it came from.
    pub kind: ChangeOrderKind,
    /// Project.
    pub project_id: i64,
    /// Contract or commitment changed.
    pub contract_id: i64,
    /// Number as typed.
    pub number: SmolStr,
    /// Title.
    pub title: SmolStr,
    /// `draft`, `pending`, `revised`, `approved`, `rejected`, `void`, `no_charge`, …
    pub status: SmolStr,
    /// Amount.
    pub amount: Money,
    /// Day it was reviewed, else made: the day its age counts from.
    pub date: Option<Date>,
    /// The legacy package that is the same change.
    pub legacy_package_id: Option<i64>,
    /// Id in an external system.
    pub origin_id: SmolStr,
    /// Soft-deleted.
    pub deleted: bool,
}

/// The totals of a G702 or of a subcontractor invoice, to date unless said otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CertificateTotals {
    /// Work completed and materials stored, gross.
    pub completed_and_stored: Money,
    /// Retainage held.
    pub retainage: Money,
    /// Completed and stored less retainage.
    pub earned_less_retainage: Money,
    /// Previous certificates for payment.
    pub less_previous: Money,
    /// Due on this certificate.
    pub current_due: Money,
    /// Sales tax on this certificate, outside the other totals.
    pub tax: Money,
    /// Materials presently stored, from the lines; part of completed and stored.
    pub stored_materials: Money,
}

/// An application for payment to the owner.
#[derive(Debug, Clone)]
pub struct PayApplication {
    /// Procore id.
    pub id: i64,
    /// Project.
    pub project_id: i64,
    /// Prime contract.
    pub contract_id: i64,
    /// Running number on the contract.
    pub number: i64,
    /// Invoice number as typed.
    pub invoice_number: SmolStr,
    /// `draft`, `under_review`, `revise_and_resubmit`, `approved`.
    pub status: SmolStr,
    /// The date on it.
    pub billing_date: Option<Date>,
    /// First day of the period.
    pub period_start: Option<Date>,
    /// Last day of the period.
    pub period_end: Option<Date>,
    /// Its G702.
    pub totals: CertificateTotals,
    /// Payments applied to it.
    pub paid: Option<Money>,
    /// Id in an external system.
    pub origin_id: SmolStr,
    /// Soft-deleted.
    pub deleted: bool,
}

/// A subcontractor's or supplier's invoice against a commitment (Procore requisition).
#[derive(Debug, Clone)]
pub struct SubcontractorInvoice {
    /// Procore id.
    pub id: i64,
    /// Project.
    pub project_id: i64,
    /// The commitment billed.
    pub commitment_id: i64,
    /// Vendor.
    pub vendor_id: Option<i64>,
    /// Vendor's name as shown.
    pub vendor_name: SmolStr,
    /// Running number on the commitment.
    pub number: i64,
    /// The vendor's invoice number.
    pub invoice_number: SmolStr,
    /// `draft`, `under_review`, `revise_and_resubmit`, `approved`, `approved_as_noted`,
    /// `pending_owner_approval`.
    pub status: SmolStr,
    /// The date on it.
    pub billing_date: Option<Date>,
    /// Day it was paid, where somebody typed one.
    pub payment_date: Option<Date>,
    /// Its totals.
    pub totals: CertificateTotals,
    /// Gross completed to date by cost code, where the lines were read.
    pub lines: Vec<CodedAmount>,
    /// Id in an external system.
    pub origin_id: SmolStr,
    /// Soft-deleted.
    pub deleted: bool,
}

/// An amount on a cost code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodedAmount {
    /// Cost code id.
    pub cost_code_id: Option<i64>,
    /// Amount.
    pub amount: Money,
}

/// Money received on a prime contract or paid on a commitment, as Procore records it.
#[derive(Debug, Clone)]
pub struct ContractPayment {
    /// Procore id.
    pub id: i64,
    /// Project.
    pub project_id: i64,
    /// Prime contract or commitment.
    pub contract_id: i64,
    /// The subcontractor invoice paid, if named.
    pub subcontractor_invoice_id: Option<i64>,
    /// Amount.
    pub amount: Money,
    /// Day of the payment.
    pub date: Option<Date>,
    /// Check number as typed.
    pub check_number: SmolStr,
    /// Invoice number as typed.
    pub invoice_number: SmolStr,
    /// Running payment number.
    pub payment_number: i64,
    /// Number of the pay application or invoice that it pays, where it names one.
    pub draw_request_number: Option<i64>,
    /// Day on which the bank settled it.
    pub settled: Option<Date>,
    /// Id at the bank or payment service.
    pub bank_reference: SmolStr,
    /// Id in an external system.
    pub origin_id: SmolStr,
    /// Soft-deleted.
    pub deleted: bool,
}

/// A cost without commitment.
#[derive(Debug, Clone)]
pub struct DirectCost {
    /// Procore id.
    pub id: i64,
    /// Project.
    pub project_id: i64,
    /// `invoice`, `expense`, `payroll`, `subcontractor_invoice`.
    pub kind: SmolStr,
    /// The date on it.
    pub date: Option<Date>,
    /// Invoice number as typed.
    pub invoice_number: SmolStr,
    /// `draft`, `pending`, `revise_and_resubmit`, `approved`.
    pub status: SmolStr,
    /// Vendor.
    pub vendor_id: Option<i64>,
    /// Vendor's or employee's name as shown.
    pub vendor_name: SmolStr,
    /// Description.
    pub description: SmolStr,
    /// Amount without tax.
    pub amount: Money,
    /// Day it was paid, where somebody typed one.
    pub payment_date: Option<Date>,
    /// Lines by cost code, where they were read.
    pub lines: Vec<CodedAmount>,
    /// Id in an external system.
    pub origin_id: SmolStr,
    /// Soft-deleted.
    pub deleted: bool,
}

/// A billing period of a project.
#[derive(Debug, Clone)]
pub struct BillingPeriod {
    /// Procore id.
    pub id: i64,
    /// Project.
    pub project_id: i64,
    /// First day.
    pub start: Option<Date>,
    /// Last day.
    pub end: Option<Date>,
    /// Still open.
    pub open: bool,
}

/// Hours of one person on one day.
#[derive(Debug, Clone)]
pub struct TimeEntry {
    /// Procore id.
    pub id: i64,
    /// Project.
    pub project_id: Option<i64>,
    /// Worker (party id).
    pub worker_id: Option<i64>,
    /// Day.
    pub date: Option<Date>,
    /// Hours without breaks.
    pub hours: Decimal,
    /// Cost code id.
    pub cost_code_id: Option<i64>,
    /// Soft-deleted.
    pub deleted: bool,
}

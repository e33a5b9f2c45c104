//! From Procore's JSON to [`ProjectBooks`]; the same code for live responses, the mirror and
//! snapshots.
//!
//! Pure: no network, no file, no clock. A record that cannot be read exactly becomes a
//! [`Rejection`] and everything else goes on. Field by field it is written down in `MAPPINGS.md`.

mod billing;
mod contracts;
mod costs;
mod directory;
mod members;
mod settle;

use std::collections::{BTreeMap, BTreeSet};

use figures::SmolStr;
use figures::model::{
    BillingPeriod, ChangeOrder, Commitment, ContractPayment, CostCode, DirectCost, Insurance,
    Party, PayApplication, PrimeContract, Project, ProjectBooks, ScheduleLine,
    SubcontractorInvoice, TimeEntry,
};
use figures::source::{RawRecord, Rejection, SourceRef, System};

use super::wire;
use crate::reading::raw::{Raw, Read};
use crate::reading::refused::Refused;
use crate::reading::versions::{Currencies, Currency, Stamped, digest};
use crate::reading::{RawLine, Refusal, Tables, read_all};

/// Reads a company's records into books. Blind spots are the caller's to add: a record that was
/// never read leaves no trace here.
///
/// The order of the records does not matter, except that of two contradicting versions of one
/// record the earlier stands.
#[must_use]
pub fn books(
    company_id: i64,
    records: impl IntoIterator<Item = RawRecord>,
) -> (ProjectBooks, Vec<Rejection>) {
    let mut tables = ProjectTables::default();
    read_all(&mut tables, records);
    tables.finish(company_id)
}

/// The record kind of a resource: its name in the singular, such as `payment_application`.
#[must_use]
pub fn record_kind(resource: &str) -> SmolStr {
    if resource == "people" {
        return SmolStr::new_static("person");
    }
    match (resource.strip_suffix("ies"), resource.strip_suffix('s')) {
        (Some(stem), _) => SmolStr::from_iter([stem, "y"]),
        (None, Some(singular)) => SmolStr::new(singular),
        (None, None) => SmolStr::new(resource),
    }
}

/// What has been read of one company.
#[derive(Debug, Default)]
pub(crate) struct ProjectTables {
    projects: Vec<Stamped<Project>>,
    left_out: BTreeSet<i64>,
    parties: Vec<Stamped<Party>>,
    insurances: Vec<Stamped<Insurance>>,
    cost_codes: Vec<Stamped<CostCode>>,
    budget_rows: Vec<Stamped<settle::ViewRow>>,
    prime_contracts: Vec<Stamped<PrimeContract>>,
    commitments: Vec<Stamped<Commitment>>,
    prime_lines: Vec<Stamped<ScheduleLine>>,
    commitment_lines: Vec<Stamped<ScheduleLine>>,
    change_orders: Vec<Stamped<ChangeOrder>>,
    pay_applications: Vec<Stamped<PayApplication>>,
    subcontractor_invoices: Vec<Stamped<SubcontractorInvoice>>,
    contract_payments: Vec<Stamped<ContractPayment>>,
    direct_costs: Vec<Stamped<DirectCost>>,
    billing_periods: Vec<Stamped<BillingPeriod>>,
    time_entries: Vec<Stamped<TimeEntry>>,
    base_currencies: Currencies,
    currencies: Currencies,
    unread: BTreeMap<SmolStr, u64>,
    refused: Refused,
}

impl ProjectTables {
    /// Counts records of a resource that nobody reads.
    pub(crate) fn count_unread(&mut self, resource: &str, count: u64) {
        match self.unread.get_mut(resource) {
            Some(counted) => *counted += count,
            None => {
                self.unread.insert(SmolStr::new(resource), count);
            }
        }
    }

    /// Whether records of this resource are read at all.
    pub(crate) fn is_read(resource: &str) -> bool {
        matches!(
            resource,
            "projects"
                | "vendors"
                | "insurances"
                | "cost_codes"
                | "budget_detail_rows"
                | "prime_contracts"
                | "prime_contract_line_items"
                | "prime_change_orders"
                | "commitment_change_orders"
                | "change_order_packages"
                | "potential_change_orders"
                | "payment_applications"
                | "contract_payments"
                | "work_order_contracts"
                | "purchase_order_contracts"
                | "commitment_line_items"
                | "requisitions"
                | "billing_periods"
                | "direct_costs"
                | "timecard_entries"
        )
    }

    /// Id, version and currency of a record.
    fn key(
        &mut self,
        id: Raw<'_>,
        updated_at: Raw<'_>,
        currency: Option<&wire::CurrencyConfiguration<'_>>,
    ) -> Result<Key, Refusal> {
        let id = match id.integer("id").map_err(Refusal::nameless)? {
            Some(id) if id > 0 => id,
            Some(id) => return Err(Refusal::nameless(format!("id is {id}, which is no record"))),
            None => return Err(Refusal::nameless("it has no id")),
        };
        let mut key = Key {
            id,
            version: updated_at.moment(),
            currency: Currency::default(),
        };
        if let Some(configuration) = currency {
            let codes = codes(configuration).map_err(|reason| key.refusal(reason))?;
            self.currencies.count(codes.0);
            self.base_currencies.count(codes.1);
            key.currency = codes.0;
        }
        Ok(key)
    }
}

fn codes(configuration: &wire::CurrencyConfiguration<'_>) -> Read<(Currency, Currency)> {
    let own = configuration.currency_iso_code.words("currency_iso_code")?;
    let base = configuration
        .base_currency_iso_code
        .words("base_currency_iso_code")?;
    Ok((Currency::parse(&own)?, Currency::parse(&base)?))
}

impl Tables for ProjectTables {
    fn read(&mut self, line: &RawLine<'_>) -> Result<(), Refusal> {
        match line.resource {
            "projects" => self.read_project(line),
            "vendors" => self.read_party(line),
            "insurances" => self.read_insurance(line),
            "cost_codes" => self.read_cost_code(line),
            "budget_detail_rows" => self.read_budget_row(line),
            "prime_contracts" => self.read_prime_contract(line),
            "work_order_contracts" | "purchase_order_contracts" => self.read_commitment(line),
            "prime_contract_line_items" | "commitment_line_items" => self.read_schedule_line(line),
            "prime_change_orders"
            | "commitment_change_orders"
            | "change_order_packages"
            | "potential_change_orders" => self.read_change_order(line),
            "payment_applications" => self.read_pay_application(line),
            "requisitions" => self.read_subcontractor_invoice(line),
            "contract_payments" => self.read_contract_payment(line),
            "billing_periods" => self.read_billing_period(line),
            "direct_costs" => self.read_direct_cost(line),
            "timecard_entries" => self.read_time_entry(line),
            other => {
                self.count_unread(other, 1);
                Ok(())
            }
        }
    }

    fn refused(&mut self) -> &mut Refused {
        &mut self.refused
    }

    fn source(resource: &str, id: &str) -> SourceRef {
        SourceRef {
            system: System::Procore,
            kind: record_kind(resource),
            id: SmolStr::new(id),
        }
    }

    fn absorb(&mut self, later: Self) {
        self.projects.extend(later.projects);
        self.left_out.extend(later.left_out);
        self.parties.extend(later.parties);
        self.insurances.extend(later.insurances);
        self.cost_codes.extend(later.cost_codes);
        self.budget_rows.extend(later.budget_rows);
        self.prime_contracts.extend(later.prime_contracts);
        self.commitments.extend(later.commitments);
        self.prime_lines.extend(later.prime_lines);
        self.commitment_lines.extend(later.commitment_lines);
        self.change_orders.extend(later.change_orders);
        self.pay_applications.extend(later.pay_applications);
        self.subcontractor_invoices
            .extend(later.subcontractor_invoices);
        self.contract_payments.extend(later.contract_payments);
        self.direct_costs.extend(later.direct_costs);
        self.billing_periods.extend(later.billing_periods);
        self.time_entries.extend(later.time_entries);
        self.base_currencies.absorb(later.base_currencies);
        self.currencies.absorb(later.currencies);
        for (resource, count) in later.unread {
            *self.unread.entry(resource).or_default() += count;
        }
        self.refused.absorb(later.refused);
    }
}

/// Id, version and currency of a record.
struct Key {
    id: i64,
    version: u64,
    currency: Currency,
}

impl Key {
    fn refusal(&self, reason: String) -> Refusal {
        Refusal {
            id: figures::source::SourceRef::procore("", self.id).id,
            reason,
        }
    }

    fn stamp<T>(&self, record: T, line: &RawLine<'_>) -> Stamped<T> {
        Stamped {
            record,
            version: self.version,
            digest: digest(line.body),
            line: line.line,
            currency: self.currency,
        }
    }
}

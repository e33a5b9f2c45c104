//! From everything that was read to books: one version of each record, one currency, and nothing
//! of demonstration and template projects.

use std::collections::{BTreeMap, BTreeSet};

use figures::SmolStr;
use figures::model::{
    BillingPeriod, BudgetRow, ChangeOrder, ChangeOrderKind, Commitment, CommitmentKind,
    ContractPayment, CostCode, DirectCost, Insurance, Party, PayApplication, PrimeContract,
    Project, ProjectBooks, ScheduleLine, SubcontractorInvoice, TimeEntry,
};
use figures::source::{Rejection, SourceRef, System};

use super::{ProjectTables, record_kind};
use crate::reading::place;
use crate::reading::refused::Refused;
use crate::reading::versions::{Currency, Stamped, settle, unstamped};

/// A budget row with the view it was read from: every view shows the same budget lines.
#[derive(Debug)]
pub(crate) struct ViewRow {
    pub(crate) view: i64,
    pub(crate) row: BudgetRow,
}

impl ProjectTables {
    /// The books and what could not become part of them.
    pub(crate) fn finish(mut self, company_id: i64) -> (ProjectBooks, Vec<Rejection>) {
        let mut refused = std::mem::take(&mut self.refused);
        let home = self
            .base_currencies
            .most()
            .or_else(|| self.currencies.most());
        let mut settling = Settling {
            left_out: &self.left_out,
            home: home.unwrap_or(Currency::USD),
            refused: &mut refused,
        };
        let mut schedule_lines = settling.list("prime_contract_line_items", self.prime_lines);
        schedule_lines.extend(settling.list("commitment_line_items", self.commitment_lines));
        schedule_lines.sort_by_key(|line| (line.id, line.holder_id));
        let books = ProjectBooks {
            company_id,
            projects: settling.list("projects", self.projects),
            parties: settling.list("vendors", self.parties),
            insurances: settling.list("insurances", self.insurances),
            cost_codes: settling.list("cost_codes", self.cost_codes),
            budget_rows: settling.budget(self.budget_rows),
            prime_contracts: settling.list("prime_contracts", self.prime_contracts),
            commitments: settling.list("commitments", self.commitments),
            schedule_lines,
            change_orders: settling.list("change_orders", self.change_orders),
            pay_applications: settling.list("payment_applications", self.pay_applications),
            subcontractor_invoices: settling.list("requisitions", self.subcontractor_invoices),
            contract_payments: settling.list("contract_payments", self.contract_payments),
            direct_costs: settling.list("direct_costs", self.direct_costs),
            billing_periods: settling.list("billing_periods", self.billing_periods),
            time_entries: settling.list("timecard_entries", self.time_entries),
            blind_spots: Vec::new(),
            unread: self.unread.into_iter().collect(),
        };
        (books, refused.finish())
    }
}

/// What settling a list needs.
struct Settling<'a> {
    left_out: &'a BTreeSet<i64>,
    home: Currency,
    refused: &'a mut Refused,
}

impl Settling<'_> {
    /// One version of each record, in home currency, of real projects.
    fn list<T: Row>(&mut self, resource: &'static str, mut rows: Vec<Stamped<T>>) -> Vec<T> {
        let left_out = self.left_out;
        if !left_out.is_empty() {
            rows.retain(|row| {
                row.record
                    .project()
                    .is_none_or(|id| !left_out.contains(&id))
            });
        }
        settle(
            &mut rows,
            |one, other| one.key().cmp(&other.key()),
            |row| {
                if !T::IS_SHARED {
                    let resource = row.record.resource().unwrap_or(resource);
                    self.refused.push(refusal(
                    resource,
                    row.record.key().0,
                    row.line,
                    "it is there twice with the same updated_at but different contents; the first \
                     one is used. Read Procore again to get one answer"
                        .to_owned(),
                ));
                }
            },
        );
        let home = self.home;
        rows.retain(|row| {
            let foreign = row.currency.is_foreign_to(home);
            if foreign {
                let resource = row.record.resource().unwrap_or(resource);
                let id = row.record.key().0;
                self.refused.push(refusal(
                    resource,
                    id,
                    row.line,
                    foreign_reason(row.currency, home),
                ));
            }
            !foreign
        });
        unstamped(rows)
    }

    /// Budget rows of all views without repetition: a budget line counts once, and rows without
    /// an id are taken from the first view of their project.
    fn budget(&mut self, mut rows: Vec<Stamped<ViewRow>>) -> Vec<BudgetRow> {
        let mut first_view: BTreeMap<i64, i64> = BTreeMap::new();
        for row in &rows {
            let view = first_view
                .entry(row.record.row.project_id)
                .or_insert(row.record.view);
            *view = (*view).min(row.record.view);
        }
        let (left_out, home) = (self.left_out, self.home);
        rows.sort_by_key(|row| (row.record.row.id, row.record.view, row.line));
        let mut kept: Vec<BudgetRow> = Vec::with_capacity(rows.len());
        for row in rows {
            let ViewRow { view, row: budget } = row.record;
            if left_out.contains(&budget.project_id) {
                continue;
            }
            if row.currency.is_foreign_to(home) {
                let reason = foreign_reason(row.currency, home);
                self.refused
                    .push(refusal("budget_detail_rows", budget.id, row.line, reason));
                continue;
            }
            if budget.id == 0 {
                if first_view.get(&budget.project_id) == Some(&view) {
                    kept.push(budget);
                }
                continue;
            }
            match kept.last().filter(|last| last.id == budget.id) {
                None => kept.push(budget),
                Some(last)
                    if last.original == budget.original
                        && last.modifications == budget.modifications => {}
                Some(_) => self.refused.push(refusal(
                    "budget_detail_rows",
                    budget.id,
                    row.line,
                    "another view of the budget shows other amounts for this line; the view with \
                     the lowest id is used. Read Procore again to get one answer"
                        .to_owned(),
                )),
            }
        }
        kept
    }
}

fn foreign_reason(currency: Currency, home: Currency) -> String {
    format!(
        "it is in {} and the books are in {}: it cannot be added to them and is left out of every \
         figure. Compare it by hand",
        currency.code(),
        home.code()
    )
}

fn refusal(resource: &str, id: i64, line: u64, reason: String) -> Rejection {
    let id = if id == 0 {
        SmolStr::default()
    } else {
        smol_str::format_smolstr!("{id}")
    };
    Rejection {
        record: SourceRef {
            system: System::Procore,
            kind: record_kind(resource),
            id,
        },
        place: place(System::Procore, resource, line),
        reason,
    }
}

/// A record of one list: what identifies it and to which project it belongs.
trait Row: Send {
    /// Read under several projects or endpoints, so that differing copies are no contradiction.
    const IS_SHARED: bool = false;
    /// Id, and what tells apart records of one list that may have equal ids.
    fn key(&self) -> (i64, u8);
    /// The project, if any.
    fn project(&self) -> Option<i64>;
    /// The resource, where one list holds several.
    fn resource(&self) -> Option<&'static str> {
        None
    }
}

impl Row for Project {
    fn key(&self) -> (i64, u8) {
        (self.id, 0)
    }
    fn project(&self) -> Option<i64> {
        Some(self.id)
    }
}

impl Row for Party {
    const IS_SHARED: bool = true;
    fn key(&self) -> (i64, u8) {
        (self.id, 0)
    }
    fn project(&self) -> Option<i64> {
        None
    }
}

impl Row for Insurance {
    const IS_SHARED: bool = true;
    fn key(&self) -> (i64, u8) {
        (self.id, 0)
    }
    fn project(&self) -> Option<i64> {
        None
    }
}

impl Row for CostCode {
    fn key(&self) -> (i64, u8) {
        (self.id, 0)
    }
    fn project(&self) -> Option<i64> {
        self.project_id
    }
}

impl Row for PrimeContract {
    fn key(&self) -> (i64, u8) {
        (self.id, 0)
    }
    fn project(&self) -> Option<i64> {
        Some(self.project_id)
    }
}

impl Row for Commitment {
    fn key(&self) -> (i64, u8) {
        (
            self.id,
            u8::from(self.kind == CommitmentKind::PurchaseOrder),
        )
    }
    fn project(&self) -> Option<i64> {
        Some(self.project_id)
    }
    fn resource(&self) -> Option<&'static str> {
        Some(match self.kind {
            CommitmentKind::Subcontract => "work_order_contracts",
            CommitmentKind::PurchaseOrder => "purchase_order_contracts",
        })
    }
}

impl Row for ScheduleLine {
    fn key(&self) -> (i64, u8) {
        (self.id, 0)
    }
    fn project(&self) -> Option<i64> {
        Some(self.project_id)
    }
}

impl Row for ChangeOrder {
    fn key(&self) -> (i64, u8) {
        let rank = match self.kind {
            ChangeOrderKind::Prime => 0,
            ChangeOrderKind::Commitment => 1,
            ChangeOrderKind::Package => 2,
            ChangeOrderKind::Potential => 3,
        };
        (self.id, rank)
    }
    fn project(&self) -> Option<i64> {
        Some(self.project_id)
    }
    fn resource(&self) -> Option<&'static str> {
        Some(match self.kind {
            ChangeOrderKind::Prime => "prime_change_orders",
            ChangeOrderKind::Commitment => "commitment_change_orders",
            ChangeOrderKind::Package => "change_order_packages",
            ChangeOrderKind::Potential => "potential_change_orders",
        })
    }
}

impl Row for PayApplication {
    fn key(&self) -> (i64, u8) {
        (self.id, 0)
    }
    fn project(&self) -> Option<i64> {
        Some(self.project_id)
    }
}

impl Row for SubcontractorInvoice {
    fn key(&self) -> (i64, u8) {
        (self.id, 0)
    }
    fn project(&self) -> Option<i64> {
        Some(self.project_id)
    }
}

impl Row for ContractPayment {
    fn key(&self) -> (i64, u8) {
        (self.id, 0)
    }
    fn project(&self) -> Option<i64> {
        Some(self.project_id)
    }
}

impl Row for DirectCost {
    fn key(&self) -> (i64, u8) {
        (self.id, 0)
    }
    fn project(&self) -> Option<i64> {
        Some(self.project_id)
    }
}

impl Row for BillingPeriod {
    fn key(&self) -> (i64, u8) {
        (self.id, 0)
    }
    fn project(&self) -> Option<i64> {
        Some(self.project_id)
    }
}

impl Row for TimeEntry {
    const IS_SHARED: bool = true;
    fn key(&self) -> (i64, u8) {
        (self.id, 0)
    }
    fn project(&self) -> Option<i64> {
        self.project_id
    }
}

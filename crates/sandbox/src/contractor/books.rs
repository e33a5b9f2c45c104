//! The contractor's books before they become vendor JSON: both sides as plain records.
//!
//! Simulation and plantings work on these; the wire modules derive balances, links and contract
//! totals from them, so that a planting cannot leave an identity broken. Nothing here knows a
//! JSON member.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::calendar::{days_between, month_end, month_start};
use super::chart;
use super::dice::Dice;
use super::plan::{Plan, Retainage};
use crate::world::{LookAlike, RecordRef, TrueEffect, TrueFinding};

/// A subcontractor or supplier in both systems.
#[derive(Clone)]
pub(crate) struct Vendor {
    pub(crate) pid: i64,
    pub(crate) name: String,
    pub(crate) qid: i64,
    pub(crate) qname: String,
    pub(crate) prefix: String,
    pub(crate) next_number: i64,
    pub(crate) code: usize,
    pub(crate) linked: bool,
    pub(crate) active_in_quickbooks: bool,
    pub(crate) insured_until: Option<Date>,
}

/// A client.
pub(crate) struct Owner {
    pub(crate) pid: i64,
    pub(crate) name: String,
    pub(crate) qid: i64,
    pub(crate) qname: String,
}

/// Which change-order resources a project fills.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tiers {
    Modern,
    ModernWithTwins,
    LegacyOnly,
}

/// A construction job in both systems.
pub(crate) struct Job {
    pub(crate) pid: i64,
    pub(crate) number: String,
    pub(crate) name: String,
    pub(crate) qid: i64,
    pub(crate) qname: String,
    pub(crate) owner: usize,
    pub(crate) class: usize,
    pub(crate) department: usize,
    pub(crate) start: Date,
    pub(crate) end: Date,
    pub(crate) months: i64,
    pub(crate) is_project: bool,
    pub(crate) linked: bool,
    pub(crate) tiers: Tiers,
    pub(crate) active: bool,
    pub(crate) archived: bool,
    pub(crate) extra: Option<(i64, String)>,
    pub(crate) prime: usize,
    pub(crate) budget: Vec<BudgetRow>,
}

/// One budget line: cost code, original amount, approved modifications, and QuickBooks' amount.
pub(crate) struct BudgetRow {
    pub(crate) id: i64,
    pub(crate) code: usize,
    pub(crate) original: i64,
    pub(crate) modified: i64,
    pub(crate) quickbooks: i64,
}

/// The three kinds of contract.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ContractKind {
    Prime,
    WorkOrder,
    PurchaseOrder,
}

/// A line of a schedule of values.
pub(crate) struct ContractLine {
    pub(crate) id: i64,
    pub(crate) code: usize,
    pub(crate) amount: i64,
}

/// A prime contract, subcontract or purchase order.
pub(crate) struct Contract {
    pub(crate) id: i64,
    pub(crate) job: usize,
    pub(crate) kind: ContractKind,
    pub(crate) number: String,
    pub(crate) title: String,
    pub(crate) status: &'static str,
    pub(crate) party: usize,
    pub(crate) retainage_bp: i64,
    pub(crate) lines: Vec<ContractLine>,
    pub(crate) changes: Vec<usize>,
    pub(crate) date: Date,
    pub(crate) origin: Option<String>,
}

impl Contract {
    /// The original value.
    pub(crate) fn amount(&self) -> i64 {
        self.lines.iter().map(|line| line.amount).sum()
    }
}

/// A change order of either tier; `potential` ones are PCOs.
pub(crate) struct Change {
    pub(crate) id: i64,
    pub(crate) number: String,
    pub(crate) title: String,
    pub(crate) status: &'static str,
    pub(crate) amount: i64,
    pub(crate) created: Date,
    pub(crate) reviewed: Option<Date>,
    pub(crate) package: Option<i64>,
    pub(crate) potential: bool,
    pub(crate) code: usize,
}

/// What a billing line bills.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Line(usize),
    Change(usize),
}

/// One line of a pay application or requisition, cumulative amounts.
#[derive(Clone)]
pub(crate) struct BillingLine {
    pub(crate) id: i64,
    pub(crate) source: Source,
    pub(crate) previous_work: i64,
    pub(crate) work: i64,
    pub(crate) previous_stored: i64,
    pub(crate) stored: i64,
    pub(crate) previous_work_retainage: i64,
    pub(crate) work_retainage: i64,
    pub(crate) previous_stored_retainage: i64,
    pub(crate) stored_retainage: i64,
}

/// A pay application or a requisition.
#[derive(Clone)]
pub(crate) struct Billing {
    pub(crate) id: i64,
    pub(crate) contract: usize,
    pub(crate) number: i64,
    pub(crate) invoice_number: String,
    pub(crate) status: &'static str,
    pub(crate) date: Date,
    pub(crate) lines: Vec<BillingLine>,
    pub(crate) tax: i64,
    pub(crate) origin: Option<String>,
    pub(crate) previous: Option<i64>,
    pub(crate) released: bool,
}

impl Billing {
    /// Completed and stored to date.
    pub(crate) fn total(&self) -> i64 {
        self.lines.iter().map(|line| line.work + line.stored).sum()
    }
    /// The same on the billing before.
    pub(crate) fn previous_total(&self) -> i64 {
        self.lines
            .iter()
            .map(|line| line.previous_work + line.previous_stored)
            .sum()
    }
    /// Retainage held to date.
    pub(crate) fn retainage(&self) -> i64 {
        self.lines
            .iter()
            .map(|line| line.work_retainage + line.stored_retainage)
            .sum()
    }
    /// The same on the billing before.
    pub(crate) fn previous_retainage(&self) -> i64 {
        self.lines
            .iter()
            .map(|line| line.previous_work_retainage + line.previous_stored_retainage)
            .sum()
    }
    /// Gross of this period.
    pub(crate) fn gross(&self) -> i64 {
        self.total() - self.previous_total()
    }
    /// Retainage withheld (negative: released) this period.
    pub(crate) fn withheld(&self) -> i64 {
        self.retainage() - self.previous_retainage()
    }
    /// Change of stored materials this period.
    pub(crate) fn stored_this_period(&self) -> i64 {
        self.lines
            .iter()
            .map(|line| line.stored - line.previous_stored)
            .sum()
    }
    /// Due this period, without tax.
    pub(crate) fn due(&self) -> i64 {
        self.gross() - self.withheld()
    }
}

/// A contract payment in Procore.
pub(crate) struct Payment {
    pub(crate) id: i64,
    pub(crate) contract: usize,
    pub(crate) billing: Option<usize>,
    pub(crate) invoice_number: String,
    pub(crate) amount: i64,
    pub(crate) date: Date,
    pub(crate) check: String,
    pub(crate) settled: bool,
    pub(crate) absent: bool,
    pub(crate) twins: Vec<usize>,
}

/// The kinds of direct cost.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum DirectKind {
    Invoice,
    Expense,
    Payroll,
}

/// A direct cost in Procore.
#[derive(Clone)]
pub(crate) struct Direct {
    pub(crate) id: i64,
    pub(crate) job: usize,
    pub(crate) kind: DirectKind,
    pub(crate) date: Date,
    pub(crate) number: Option<String>,
    pub(crate) status: &'static str,
    pub(crate) vendor: Option<usize>,
    pub(crate) description: String,
    pub(crate) amount: i64,
    pub(crate) code: usize,
    pub(crate) payment_date: Option<Date>,
    pub(crate) origin: Option<String>,
    pub(crate) deleted: bool,
    pub(crate) absent: bool,
}

/// QuickBooks transaction kinds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Kind {
    Invoice,
    Payment,
    CreditMemo,
    Deposit,
    Bill,
    BillPayment,
    VendorCredit,
    Purchase,
    PurchaseOrder,
    Estimate,
    JournalEntry,
}

impl Kind {
    /// The QuickBooks entity name.
    pub(crate) fn entity(self) -> &'static str {
        match self {
            Kind::Invoice => "Invoice",
            Kind::Payment => "Payment",
            Kind::CreditMemo => "CreditMemo",
            Kind::Deposit => "Deposit",
            Kind::Bill => "Bill",
            Kind::BillPayment => "BillPayment",
            Kind::VendorCredit => "VendorCredit",
            Kind::Purchase => "Purchase",
            Kind::PurchaseOrder => "PurchaseOrder",
            Kind::Estimate => "Estimate",
            Kind::JournalEntry => "JournalEntry",
        }
    }
}

/// Whether a transaction still exists.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    Live,
    Voided,
    Tombstone,
    Absent,
}

/// One line of a QuickBooks transaction. Signed amount; in journals, debit is positive.
#[derive(Clone, Default)]
pub(crate) struct Line {
    pub(crate) amount: i64,
    pub(crate) account: Option<i64>,
    pub(crate) item: Option<i64>,
    pub(crate) customer: Option<i64>,
    pub(crate) class: Option<usize>,
    pub(crate) text: String,
    pub(crate) link: Option<usize>,
    pub(crate) discount: bool,
}

/// A QuickBooks transaction.
#[derive(Clone)]
pub(crate) struct Txn {
    pub(crate) id: i64,
    pub(crate) kind: Kind,
    pub(crate) date: Date,
    pub(crate) due: Option<Date>,
    pub(crate) number: Option<String>,
    pub(crate) customer: Option<i64>,
    pub(crate) vendor: Option<i64>,
    pub(crate) lines: Vec<Line>,
    pub(crate) tax: i64,
    pub(crate) total: Option<i64>,
    pub(crate) note: Option<String>,
    pub(crate) bank: Option<i64>,
    pub(crate) status: &'static str,
    pub(crate) department: Option<usize>,
    pub(crate) presence: Presence,
}

impl Txn {
    /// `TotalAmt`: given, or the lines and the tax.
    pub(crate) fn amount(&self) -> i64 {
        self.total
            .unwrap_or_else(|| self.lines.iter().map(|line| line.amount).sum::<i64>() + self.tax)
    }
}

/// What a pair of documents is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PairKind {
    PayApplication,
    Requisition,
    DirectInvoice,
    DirectExpense,
    Wages,
    Burden,
    Commitment,
    Prime,
}

/// Documents that are the same thing on the two sides.
pub(crate) struct Pair {
    pub(crate) kind: PairKind,
    pub(crate) job: usize,
    pub(crate) procore: Vec<usize>,
    pub(crate) quickbooks: Vec<usize>,
    pub(crate) payments: Vec<usize>,
    pub(crate) paid_by: Vec<usize>,
    pub(crate) free: bool,
}

/// One person's day of work on a job.
pub(crate) struct Shift {
    pub(crate) id: i64,
    pub(crate) job: usize,
    pub(crate) employee: usize,
    pub(crate) date: Date,
    pub(crate) hours: i64,
}

/// An employee of both systems.
pub(crate) struct Employee {
    pub(crate) pid: i64,
    pub(crate) qid: i64,
    pub(crate) given: String,
    pub(crate) family: String,
    pub(crate) rate: i64,
}

/// Everything, both sides.
pub(crate) struct Books {
    pub(crate) plan: Plan,
    pub(crate) dice: Dice,
    pub(crate) first_month: Date,
    pub(crate) close: Date,
    pub(crate) next_procore: i64,
    pub(crate) next_quickbooks: i64,
    pub(crate) next_name: i64,
    pub(crate) owners: Vec<Owner>,
    pub(crate) vendors: Vec<Vendor>,
    pub(crate) joint_payees: Vec<(i64, String)>,
    pub(crate) employees: Vec<Employee>,
    pub(crate) jobs: Vec<Job>,
    pub(crate) contracts: Vec<Contract>,
    pub(crate) changes: Vec<Change>,
    pub(crate) pay_apps: Vec<Billing>,
    pub(crate) requisitions: Vec<Billing>,
    pub(crate) payments: Vec<Payment>,
    pub(crate) directs: Vec<Direct>,
    pub(crate) shifts: Vec<Shift>,
    pub(crate) txns: Vec<Txn>,
    pub(crate) pairs: Vec<Pair>,
    pub(crate) by_kind: BTreeMap<PairKind, Vec<usize>>,
    pub(crate) findings: Vec<TrueFinding>,
    pub(crate) look_alikes: Vec<LookAlike>,
}

impl Books {
    /// Empty books for a plan.
    pub(crate) fn new(plan: Plan) -> Self {
        let as_of = plan.as_of;
        let months = i64::try_from(plan.months).unwrap_or(24);
        Self {
            dice: Dice::new(plan.seed, 1),
            first_month: month_start(as_of, -months),
            close: month_end(month_start(as_of, -2)),
            plan,
            next_procore: 400_000,
            next_quickbooks: 1_000,
            next_name: 57,
            owners: Vec::new(),
            vendors: Vec::new(),
            joint_payees: Vec::new(),
            employees: Vec::new(),
            jobs: Vec::new(),
            contracts: Vec::new(),
            changes: Vec::new(),
            pay_apps: Vec::new(),
            requisitions: Vec::new(),
            payments: Vec::new(),
            directs: Vec::new(),
            shifts: Vec::new(),
            txns: Vec::new(),
            pairs: Vec::new(),
            by_kind: BTreeMap::new(),
            findings: Vec::new(),
            look_alikes: Vec::new(),
        }
    }

    pub(crate) fn gross(&self) -> bool {
        self.plan.retainage == Retainage::Gross
    }

    pub(crate) fn procore_id(&mut self) -> i64 {
        self.next_procore += 1;
        self.next_procore
    }

    /// Ids of QuickBooks' name lists (customers, vendors, employees).
    pub(crate) fn name_id(&mut self) -> i64 {
        self.next_name += 1;
        self.next_name
    }

    /// Days from a date to as-of.
    pub(crate) fn age(&self, date: Date) -> i64 {
        days_between(date, self.plan.as_of)
    }

    /// A date in QuickBooks a few days after Procore's, never after as-of.
    pub(crate) fn later(&mut self, date: Date, most: i64) -> Date {
        let days = self.dice.range(0, most);
        super::calendar::earlier(super::calendar::plus(date, days), self.plan.as_of.max(date))
    }

    /// A job that may receive a case: any but an archived one.
    pub(crate) fn any_job(&mut self) -> usize {
        let count = self.jobs.len();
        let start = self.dice.index(count);
        (0..count)
            .map(|n| (start + n) % count)
            .find(|&at| !self.jobs[at].archived)
            .unwrap_or(start)
    }

    /// Adds a transaction and gives its index.
    pub(crate) fn post(&mut self, mut txn: Txn) -> usize {
        self.next_quickbooks += 1;
        txn.id = self.next_quickbooks;
        self.txns.push(txn);
        self.txns.len() - 1
    }

    /// A blank transaction of a kind.
    pub(crate) fn blank(&self, kind: Kind, date: Date) -> Txn {
        Txn {
            id: 0,
            kind,
            date,
            due: None,
            number: None,
            customer: None,
            vendor: None,
            lines: Vec::new(),
            tax: 0,
            total: None,
            note: None,
            bank: None,
            status: "",
            department: None,
            presence: Presence::Live,
        }
    }

    /// A cost line on a job, by item.
    pub(crate) fn item_line(&self, job: usize, code: usize, amount: i64, text: &str) -> Line {
        Line {
            amount,
            item: Some(chart::item_of(code)),
            customer: Some(self.jobs[job].qid),
            class: Some(self.jobs[job].class),
            text: text.to_string(),
            ..Line::default()
        }
    }

    /// A line on a job, by account.
    pub(crate) fn account_line(&self, job: usize, account: i64, amount: i64, text: &str) -> Line {
        Line {
            amount,
            account: Some(account),
            customer: Some(self.jobs[job].qid),
            class: Some(self.jobs[job].class),
            text: text.to_string(),
            ..Line::default()
        }
    }

    /// Registers a pair and gives its index.
    pub(crate) fn pair(
        &mut self,
        kind: PairKind,
        job: usize,
        procore: Vec<usize>,
        quickbooks: Vec<usize>,
    ) -> usize {
        let at = self.pairs.len();
        self.pairs.push(Pair {
            kind,
            job,
            procore,
            quickbooks,
            payments: Vec::new(),
            paid_by: Vec::new(),
            free: true,
        });
        self.by_kind.entry(kind).or_default().push(at);
        at
    }

    /// The next invoice number of a vendor.
    pub(crate) fn vendor_number(&mut self, vendor: usize) -> String {
        let step = self.dice.range(1, 9);
        let vendor = &mut self.vendors[vendor];
        vendor.next_number += step;
        format!("{}-{}", vendor.prefix, vendor.next_number)
    }

    /// Records a planted disagreement.
    pub(crate) fn finding(
        &mut self,
        code: &str,
        job: Option<usize>,
        amount_cents: i64,
        effects: &[(usize, &str, i64)],
        records: Vec<RecordRef>,
        note: &str,
    ) {
        let effects = effects
            .iter()
            .filter(|(_, measure, cents)| {
                *cents != 0 && (self.gross() || !measure.starts_with("retainage"))
            })
            .map(|(job, measure, cents)| TrueEffect {
                project_id: self.jobs[*job].pid,
                measure: (*measure).to_string(),
                amount_cents: *cents,
            })
            .collect();
        self.findings.push(TrueFinding {
            code: code.to_string(),
            project_id: job.map(|job| self.jobs[job].pid),
            amount_cents: amount_cents.abs(),
            effects,
            records,
            note: note.to_string(),
        });
    }
}

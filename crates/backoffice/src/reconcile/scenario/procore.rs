//! Lines that begin with `P`: records of Procore.

use figures::model::{
    BillingPeriod, BudgetRow, CertificateTotals, ChangeOrder, ChangeOrderKind, CodedAmount,
    Commitment, CommitmentKind, ContractPayment, CostCode, DirectCost, Insurance, PayApplication,
    PrimeContract, SubcontractorInvoice,
};
use figures::{Date, Money, SmolStr};

use super::reader::Reader;
use super::words::{self, Word, Words};

/// Words that are a status of Procore's.
const STATUSES: [&str; 23] = [
    "draft",
    "out_for_bid",
    "out_for_signature",
    "approved",
    "complete",
    "terminated",
    "void",
    "processing",
    "submitted",
    "partially_received",
    "received",
    "closed",
    "pending",
    "revised",
    "rejected",
    "no_charge",
    "under_review",
    "revise_and_resubmit",
    "approved_as_noted",
    "pending_owner_approval",
    "compliant",
    "expired",
    "non_compliant",
];
/// Words that are a type of direct cost.
const COSTS: [&str; 4] = ["invoice", "expense", "payroll", "subcontractor_invoice"];

/// What a line may say about a record; each kind takes what it knows.
#[derive(Default)]
struct Said {
    id: i64,
    job: i64,
    vendor: Option<i64>,
    on: i64,
    number: i64,
    typed: SmolStr,
    title: SmolStr,
    amount: Money,
    date: Option<Date>,
    until: Option<Date>,
    status: Option<SmolStr>,
    kind: Option<SmolStr>,
    totals: CertificateTotals,
    pays: Option<i64>,
    for_invoice: SmolStr,
    settled: Option<Date>,
    bank: SmolStr,
    paid: Option<Date>,
    code: Option<i64>,
    package: Option<i64>,
    link: SmolStr,
    expires: Option<Date>,
    open: bool,
    deleted: bool,
    exempt: bool,
    modifications: Money,
}

impl Said {
    fn read(words: &mut Words) -> Result<Self, String> {
        let mut said = Self {
            id: words.number()?,
            ..Self::default()
        };
        while let Some(word) = words.next() {
            let word = match word {
                Word::Quoted(text) if said.typed.is_empty() => {
                    said.typed = SmolStr::new(text);
                    continue;
                }
                Word::Quoted(text) => {
                    said.title = SmolStr::new(text);
                    continue;
                }
                Word::Bare(word) => word,
            };
            match word.as_str() {
                "job" => said.job = words.number()?,
                "vendor" => said.vendor = Some(words.number()?),
                "on" => said.on = words.number()?,
                "no" => said.number = words.number()?,
                "gross" => said.totals.completed_and_stored = words.money()?,
                "retainage" => said.totals.retainage = words.money()?,
                "stored" => said.totals.stored_materials = words.money()?,
                "tax" => said.totals.tax = words.money()?,
                "pays" => said.pays = Some(words.number()?),
                "for" => said.for_invoice = words.text()?,
                "settled" => said.settled = Some(words.date()?),
                "bank" => said.bank = words.text()?,
                "paid" => said.paid = Some(words.date()?),
                "code" => said.code = Some(words.number()?),
                "twin" => said.package = Some(words.number()?),
                "link" => said.link = words.text()?,
                "expires" => said.expires = Some(words.date()?),
                "changes" => said.modifications = words.money()?,
                "open" => said.open = true,
                "deleted" => said.deleted = true,
                "exempt" => said.exempt = true,
                status if STATUSES.contains(&status) => said.status = Some(SmolStr::new(status)),
                kind if COSTS.contains(&kind) => said.kind = Some(SmolStr::new(kind)),
                other => said.amount_or_date(other).ok_or_else(|| {
                    words.wrong(format!("{other} says nothing about a record of Procore's"))
                })?,
            }
        }
        Ok(said)
    }

    fn amount_or_date(&mut self, word: &str) -> Option<()> {
        if let Some(amount) = words::money(word) {
            self.amount = amount;
        } else if self.date.is_some() {
            self.until = Some(words::date(word)?);
        } else {
            self.date = Some(words::date(word)?);
        }
        Some(())
    }

    fn status(&self, usual: &str) -> SmolStr {
        self.status.clone().unwrap_or_else(|| SmolStr::new(usual))
    }
}

/// Reads one record.
pub(super) fn record(reader: &mut Reader, words: &mut Words) -> Result<(), String> {
    let kind = words.text()?;
    let said = Said::read(words)?;
    match kind.as_str() {
        "contract" => contract(reader, said),
        "subcontract" => commitment(reader, said, CommitmentKind::Subcontract),
        "order" => commitment(reader, said, CommitmentKind::PurchaseOrder),
        "change" | "package" | "potential" => change(reader, said, &kind),
        "application" => application(reader, said),
        "requisition" => requisition(reader, said),
        "payment" => payment(reader, said),
        "cost" => cost(reader, said),
        "insurance" => insurance(reader, said),
        "code" => reader.project.cost_codes.push(CostCode {
            id: said.id,
            project_id: Some(said.job),
            code: said.typed,
            name: said.title,
            origin_id: said.link,
        }),
        "budget" => reader.project.budget_rows.push(BudgetRow {
            id: said.id,
            project_id: said.job,
            cost_code_id: said.code,
            original: said.amount,
            modifications: said.modifications,
        }),
        "period" => reader.project.billing_periods.push(BillingPeriod {
            id: said.id,
            project_id: said.job,
            start: said.date,
            end: said.until,
            open: said.open,
        }),
        other => return Err(words.wrong(format!("{other} is no record of Procore's"))),
    }
    Ok(())
}

fn contract(reader: &mut Reader, said: Said) {
    reader.project.prime_contracts.push(PrimeContract {
        id: said.id,
        project_id: said.job,
        number: said.typed.clone(),
        title: said.title.clone(),
        status: said.status("approved"),
        original: said.amount,
        approved_change_orders: Money::ZERO,
        owner_id: None,
        owner_name: SmolStr::default(),
        retainage_percent: None,
        date: said.date,
        origin_id: said.link,
        deleted: said.deleted,
    });
}

fn commitment(reader: &mut Reader, said: Said, kind: CommitmentKind) {
    reader.project.commitments.push(Commitment {
        id: said.id,
        kind,
        project_id: said.job,
        number: said.typed.clone(),
        title: said.title.clone(),
        status: said.status("approved"),
        original: said.amount,
        approved_change_orders: Money::ZERO,
        revised: said.amount,
        vendor_id: said.vendor,
        vendor_name: reader.name_of(said.vendor),
        retainage_percent: None,
        date: said.date,
        origin_id: said.link,
        deleted: said.deleted,
    });
}

fn change(reader: &mut Reader, said: Said, word: &str) {
    let prime = reader
        .project
        .prime_contracts
        .iter()
        .any(|one| one.id == said.on);
    let kind = match word {
        "package" => ChangeOrderKind::Package,
        "potential" => ChangeOrderKind::Potential,
        _ if prime => ChangeOrderKind::Prime,
        _ => ChangeOrderKind::Commitment,
    };
    let project_id = reader.job_of(said.on);
    reader.project.change_orders.push(ChangeOrder {
        id: said.id,
        kind,
        project_id,
        contract_id: said.on,
        number: said.typed.clone(),
        title: said.title.clone(),
        status: said.status("approved"),
        amount: said.amount,
        date: said.date,
        legacy_package_id: said.package,
        origin_id: said.link,
        deleted: said.deleted,
    });
}

fn application(reader: &mut Reader, said: Said) {
    let project_id = reader.job_of(said.on);
    reader.project.pay_applications.push(PayApplication {
        id: said.id,
        project_id,
        contract_id: said.on,
        number: said.number,
        invoice_number: said.typed.clone(),
        status: said.status("approved"),
        billing_date: said.date,
        period_start: None,
        period_end: said.until,
        totals: said.totals,
        paid: None,
        origin_id: said.link,
        deleted: said.deleted,
    });
}

fn requisition(reader: &mut Reader, said: Said) {
    let project_id = reader.job_of(said.on);
    let commitment = reader
        .project
        .commitments
        .iter()
        .find(|one| one.id == said.on);
    let vendor_id = said.vendor.or(commitment.and_then(|one| one.vendor_id));
    let amount = said.totals.completed_and_stored;
    let lines = said.code.map(|code| CodedAmount {
        cost_code_id: Some(code),
        amount,
    });
    reader
        .project
        .subcontractor_invoices
        .push(SubcontractorInvoice {
            id: said.id,
            project_id,
            commitment_id: said.on,
            vendor_id,
            vendor_name: reader.name_of(vendor_id),
            number: said.number,
            invoice_number: said.typed.clone(),
            status: said.status("approved"),
            billing_date: said.date,
            payment_date: said.paid,
            totals: said.totals,
            lines: lines.into_iter().collect(),
            origin_id: said.link,
            deleted: said.deleted,
        });
}

fn payment(reader: &mut Reader, said: Said) {
    let project_id = reader.job_of(said.on);
    reader.project.contract_payments.push(ContractPayment {
        id: said.id,
        project_id,
        contract_id: said.on,
        subcontractor_invoice_id: said.pays,
        amount: said.amount,
        date: said.date,
        check_number: said.typed,
        invoice_number: said.for_invoice,
        payment_number: said.number,
        draw_request_number: None,
        settled: said.settled,
        bank_reference: said.bank,
        origin_id: said.link,
        deleted: said.deleted,
    });
}

fn cost(reader: &mut Reader, said: Said) {
    let lines = said.code.map(|code| CodedAmount {
        cost_code_id: Some(code),
        amount: said.amount,
    });
    reader.project.direct_costs.push(DirectCost {
        id: said.id,
        project_id: said.job,
        kind: said.kind.clone().unwrap_or_else(|| SmolStr::new("invoice")),
        date: said.date,
        invoice_number: said.typed.clone(),
        status: said.status("approved"),
        vendor_id: said.vendor,
        vendor_name: reader.name_of(said.vendor),
        description: said.title.clone(),
        amount: said.amount,
        payment_date: said.paid,
        lines: lines.into_iter().collect(),
        origin_id: said.link,
        deleted: said.deleted,
    });
}

fn insurance(reader: &mut Reader, said: Said) {
    reader.project.insurances.push(Insurance {
        id: said.id,
        vendor_id: said.vendor.unwrap_or_default(),
        status: said.status("compliant"),
        kind: said.typed,
        effective: said.date,
        expiration: said.expires,
        exempt: said.exempt,
    });
}

impl Reader {
    /// The job of a contract or commitment.
    fn job_of(&self, contract: i64) -> i64 {
        let primes = self
            .project
            .prime_contracts
            .iter()
            .map(|one| (one.id, one.project_id));
        let commitments = self
            .project
            .commitments
            .iter()
            .map(|one| (one.id, one.project_id));
        primes
            .chain(commitments)
            .find(|(id, _)| *id == contract)
            .map_or(0, |(_, job)| job)
    }

    fn name_of(&self, vendor: Option<i64>) -> SmolStr {
        let named = self
            .project
            .parties
            .iter()
            .find(|one| Some(one.id) == vendor);
        named.map(|one| one.name.clone()).unwrap_or_default()
    }
}

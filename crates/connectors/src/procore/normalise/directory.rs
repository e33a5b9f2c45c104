//! Projects, companies, insurance, cost codes, budget rows and billing periods.

use figures::model::{BillingPeriod, BudgetRow, CostCode, Insurance, Party, Project};

use super::members::{project, project_if_any, status};
use super::settle::ViewRow;
use super::{ProjectTables, wire};
use crate::reading::raw::{Raw, Read, object};
use crate::reading::versions::{Currency, Stamped, digest};
use crate::reading::{RawLine, Refusal};

impl ProjectTables {
    pub(super) fn read_project(&mut self, line: &RawLine<'_>) -> Result<(), Refusal> {
        let wire: wire::Project<'_> = object(line.body).map_err(Refusal::nameless)?;
        let key = self.key(wire.id, wire.updated_at, None)?;
        let read = || -> Read<Option<Project>> {
            if wire.is_demo.flag("is_demo")? == Some(true)
                || wire.template.flag("template")? == Some(true)
            {
                return Ok(None);
            }
            Ok(Some(Project {
                id: key.id,
                name: wire.name.or(wire.display_name).words("name")?,
                number: wire.project_number.words("project_number")?,
                accounting_number: wire
                    .accounting_project_number
                    .words("accounting_project_number")?,
                origin_id: wire.origin_id.words("origin_id")?,
                active: wire.active.flag("active")?.unwrap_or(true),
                deleted: wire.deleted_at.is_some(),
            }))
        };
        match read().map_err(|reason| key.refusal(reason))? {
            Some(record) => self.projects.push(key.stamp(record, line)),
            None => {
                self.left_out.insert(key.id);
            }
        }
        Ok(())
    }

    pub(super) fn read_party(&mut self, line: &RawLine<'_>) -> Result<(), Refusal> {
        let wire: wire::Vendor<'_> = object(line.body).map_err(Refusal::nameless)?;
        let key = self.key(wire.id, wire.updated_at, None)?;
        let read = || -> Read<Party> {
            Ok(Party {
                id: key.id,
                name: wire.name.or(wire.company).words("name")?,
                legal_name: wire.legal_name.words("legal_name")?,
                trade_name: wire.trade_name.words("trade_name")?,
                origin_id: wire.origin_id.words("origin_id")?,
                active: wire.is_active.flag("is_active")?.unwrap_or(true),
            })
        };
        let record = read().map_err(|reason| key.refusal(reason))?;
        self.parties.push(key.stamp(record, line));
        Ok(())
    }

    pub(super) fn read_insurance(&mut self, line: &RawLine<'_>) -> Result<(), Refusal> {
        let wire: wire::Insurance<'_> = object(line.body).map_err(Refusal::nameless)?;
        let key = self.key(wire.id, wire.updated_at, None)?;
        let read = || -> Read<Insurance> {
            let vendor = match line.parent_id {
                Some(vendor) => Some(vendor),
                None => wire.vendor_id.integer("vendor_id")?,
            };
            Ok(Insurance {
                id: key.id,
                vendor_id: vendor.ok_or("it names no vendor")?,
                kind: wire.insurance_type.words("insurance_type")?,
                effective: wire.effective_date.date("effective_date")?,
                expiration: wire.expiration_date.date("expiration_date")?,
                status: status(wire.status)?,
                exempt: wire.exempt.flag("exempt")?.unwrap_or(false),
            })
        };
        let record = read().map_err(|reason| key.refusal(reason))?;
        self.insurances.push(key.stamp(record, line));
        Ok(())
    }

    pub(super) fn read_cost_code(&mut self, line: &RawLine<'_>) -> Result<(), Refusal> {
        let wire: wire::CostCode<'_> = object(line.body).map_err(Refusal::nameless)?;
        let key = self.key(wire.id, wire.updated_at, None)?;
        let read = || -> Read<CostCode> {
            let is_project = wire.biller_type.words("biller_type")? == "Project";
            let biller = if is_project {
                wire.biller_id
            } else {
                Raw::default()
            };
            Ok(CostCode {
                id: key.id,
                project_id: project_if_any(line, biller, Raw::default())?,
                code: wire.full_code.or(wire.code).words("full_code")?,
                name: wire.name.words("name")?,
                origin_id: wire.origin_id.words("origin_id")?,
            })
        };
        let record = read().map_err(|reason| key.refusal(reason))?;
        self.cost_codes.push(key.stamp(record, line));
        Ok(())
    }

    /// Rows of unbudgeted cost have no id of their own and get zero.
    pub(super) fn read_budget_row(&mut self, line: &RawLine<'_>) -> Result<(), Refusal> {
        let wire: wire::BudgetRow<'_> = object(line.body).map_err(Refusal::nameless)?;
        // A synthetic row may carry a text or a negative number where a budget line has its id.
        let id = wire
            .id
            .integer("id")
            .ok()
            .flatten()
            .filter(|id| *id > 0)
            .unwrap_or(0);
        let mut money = Currency::default();
        if let Some(configuration) = &wire.currency_configuration {
            let (own, base) = super::codes(configuration).map_err(Refusal::nameless)?;
            self.currencies.count(own);
            self.base_currencies.count(base);
            money = own;
        }
        let read = || -> Read<ViewRow> {
            let row = BudgetRow {
                id,
                project_id: project(line, wire.project_id, Raw::default())?,
                cost_code_id: wire.cost_code_id.integer("cost_code_id")?,
                original: wire
                    .original_budget_amount
                    .money_or_zero("original_budget_amount")?,
                modifications: wire
                    .budget_modifications
                    .money_or_zero("budget_modifications")?,
            };
            Ok(ViewRow {
                view: line.parent_id.unwrap_or(0),
                row,
            })
        };
        let record = read().map_err(|reason| {
            let id = if id > 0 {
                smol_str::format_smolstr!("{id}")
            } else {
                "".into()
            };
            Refusal { id, reason }
        })?;
        let digest = digest(line.body);
        self.budget_rows.push(Stamped {
            record,
            version: 0,
            digest,
            line: line.line,
            currency: money,
        });
        Ok(())
    }

    pub(super) fn read_billing_period(&mut self, line: &RawLine<'_>) -> Result<(), Refusal> {
        let wire: wire::BillingPeriod<'_> = object(line.body).map_err(Refusal::nameless)?;
        let key = self.key(wire.id, wire.updated_at, None)?;
        let read = || -> Read<BillingPeriod> {
            Ok(BillingPeriod {
                id: key.id,
                project_id: project(line, wire.project_id, Raw::default())?,
                start: wire.start_date.date("start_date")?,
                end: wire.end_date.date("end_date")?,
                open: status(wire.status)? == "open",
            })
        };
        let record = read().map_err(|reason| key.refusal(reason))?;
        self.billing_periods.push(key.stamp(record, line));
        Ok(())
    }
}

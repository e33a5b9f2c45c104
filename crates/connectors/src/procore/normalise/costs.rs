//! Costs without commitment and hours from the field.

use figures::SmolStr;
use figures::model::{CodedAmount, DirectCost, TimeEntry};

use super::contracts::line_amount;
use super::members::{amount, cost_code, named, project, project_if_any, status};
use super::{ProjectTables, wire};
use crate::reading::raw::{Read, object};
use crate::reading::{RawLine, Refusal};

impl ProjectTables {
    pub(super) fn read_direct_cost(&mut self, line: &RawLine<'_>) -> Result<(), Refusal> {
        let wire: wire::DirectCost<'_> = object(line.body).map_err(Refusal::nameless)?;
        let key = self.key(
            wire.id,
            wire.updated_at,
            wire.currency_configuration.as_ref(),
        )?;
        let record = direct_cost(key.id, line, &wire).map_err(|reason| key.refusal(reason))?;
        self.direct_costs.push(key.stamp(record, line));
        Ok(())
    }

    pub(super) fn read_time_entry(&mut self, line: &RawLine<'_>) -> Result<(), Refusal> {
        let wire: wire::TimecardEntry<'_> = object(line.body).map_err(Refusal::nameless)?;
        let key = self.key(wire.id, wire.updated_at, None)?;
        let read = || -> Read<TimeEntry> {
            let party = wire
                .party
                .as_ref()
                .map(|party| party.id)
                .unwrap_or_default();
            Ok(TimeEntry {
                id: key.id,
                project_id: project_if_any(line, wire.project_id, wire.project)?,
                worker_id: party.integer("party.id")?,
                date: wire.date.date("date")?,
                hours: wire.hours.decimal("hours")?.unwrap_or_default(),
                cost_code_id: cost_code(wire.cost_code_id, wire.cost_code.as_ref())?,
                deleted: wire.deleted_at.is_some(),
            })
        };
        let record = read().map_err(|reason| key.refusal(reason))?;
        self.time_entries.push(key.stamp(record, line));
        Ok(())
    }
}

fn direct_cost(id: i64, line: &RawLine<'_>, wire: &wire::DirectCost<'_>) -> Read<DirectCost> {
    let status = status(wire.status)?;
    let vendor = named("vendor", wire.vendor)?;
    let vendor_id = match wire.vendor_id.integer("vendor_id")? {
        Some(id) => Some(id),
        None => vendor.id,
    };
    Ok(DirectCost {
        id,
        project_id: project(line, wire.project_id, wire.project)?,
        kind: super::members::status(wire.direct_cost_type)?,
        date: wire.direct_cost_date.date("direct_cost_date")?,
        invoice_number: wire.invoice_number.words("invoice_number")?,
        vendor_id,
        vendor_name: payee_name(wire, vendor.name)?,
        description: wire.description.words("description")?,
        amount: amount(wire.amount, "amount", &status)?,
        status,
        payment_date: wire.payment_date.date("payment_date")?,
        lines: coded_lines(wire)?,
        origin_id: wire.origin_id.words("origin_id")?,
        deleted: wire.deleted_at.is_some(),
    })
}

/// The vendor's name, else the employee's.
fn payee_name(wire: &wire::DirectCost<'_>, of_vendor: SmolStr) -> Read<SmolStr> {
    let stated = wire.vendor_name.words("vendor_name")?;
    Ok(if !stated.is_empty() {
        stated
    } else if !of_vendor.is_empty() {
        of_vendor
    } else {
        named("employee", wire.employee)?.name
    })
}

fn coded_lines(wire: &wire::DirectCost<'_>) -> Read<Vec<CodedAmount>> {
    let lines = wire.line_items.as_deref().unwrap_or_default();
    lines
        .iter()
        .map(|line| {
            Ok(CodedAmount {
                cost_code_id: cost_code(line.cost_code_id, line.cost_code.as_ref())?,
                amount: line_amount(line.amount, line.total_amount, line.extended_amount)
                    .money_or_zero("line_items.amount")?,
            })
        })
        .collect()
}

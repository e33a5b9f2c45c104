//! Contracts with the owner, commitments, their lines and their change orders.

use figures::model::{
    ChangeOrder, ChangeOrderKind, Commitment, CommitmentKind, PrimeContract, ScheduleLine,
};

use super::members::{amount, cost_code, holder, named, project, status};
use super::{ProjectTables, wire};
use crate::reading::raw::{Raw, Read, object};
use crate::reading::{RawLine, Refusal};

impl ProjectTables {
    pub(super) fn read_prime_contract(&mut self, line: &RawLine<'_>) -> Result<(), Refusal> {
        let wire: wire::Contract<'_> = object(line.body).map_err(Refusal::nameless)?;
        let key = self.key(
            wire.id,
            wire.updated_at,
            wire.currency_configuration.as_ref(),
        )?;
        let record = prime_contract(key.id, line, &wire).map_err(|reason| key.refusal(reason))?;
        self.prime_contracts.push(key.stamp(record, line));
        Ok(())
    }

    pub(super) fn read_commitment(&mut self, line: &RawLine<'_>) -> Result<(), Refusal> {
        let wire: wire::Contract<'_> = object(line.body).map_err(Refusal::nameless)?;
        let key = self.key(
            wire.id,
            wire.updated_at,
            wire.currency_configuration.as_ref(),
        )?;
        let record = commitment(key.id, line, &wire).map_err(|reason| key.refusal(reason))?;
        self.commitments.push(key.stamp(record, line));
        Ok(())
    }

    pub(super) fn read_schedule_line(&mut self, line: &RawLine<'_>) -> Result<(), Refusal> {
        let wire: wire::LineItem<'_> = object(line.body).map_err(Refusal::nameless)?;
        let key = self.key(
            wire.id,
            wire.updated_at,
            wire.currency_configuration.as_ref(),
        )?;
        let named = wire
            .holder
            .as_ref()
            .map(|holder| holder.id)
            .unwrap_or_default();
        let read = || -> Read<ScheduleLine> {
            Ok(ScheduleLine {
                id: key.id,
                holder_id: holder(line, &[named])?,
                project_id: project(line, wire.project_id, wire.project)?,
                cost_code_id: cost_code(wire.cost_code_id, wire.cost_code.as_ref())?,
                amount: line_amount(wire.amount, wire.total_amount, wire.extended_amount)
                    .money_or_zero("amount")?,
            })
        };
        let record = key.stamp(read().map_err(|reason| key.refusal(reason))?, line);
        if line.resource == "prime_contract_line_items" {
            self.prime_lines.push(record);
        } else {
            self.commitment_lines.push(record);
        }
        Ok(())
    }

    pub(super) fn read_change_order(&mut self, line: &RawLine<'_>) -> Result<(), Refusal> {
        let wire: wire::ChangeOrder<'_> = object(line.body).map_err(Refusal::nameless)?;
        let key = self.key(
            wire.id,
            wire.updated_at,
            wire.currency_configuration.as_ref(),
        )?;
        let record = change_order(key.id, line, &wire).map_err(|reason| key.refusal(reason))?;
        self.change_orders.push(key.stamp(record, line));
        Ok(())
    }
}

/// The scheduled value under the name that the response has.
pub(super) fn line_amount<'a>(amount: Raw<'a>, total: Raw<'a>, extended: Raw<'a>) -> Raw<'a> {
    amount.or(total).or(extended)
}

fn prime_contract(id: i64, line: &RawLine<'_>, wire: &wire::Contract<'_>) -> Read<PrimeContract> {
    let status = status(wire.status)?;
    let owner = named("vendor", wire.vendor)?;
    Ok(PrimeContract {
        id,
        project_id: project(line, wire.project_id, wire.project)?,
        number: wire.number.words("number")?,
        title: wire.title.words("title")?,
        original: amount(wire.grand_total, "grand_total", &status)?,
        approved_change_orders: amount(
            wire.approved_change_orders,
            "approved_change_orders",
            &status,
        )?,
        status,
        owner_id: owner.id,
        owner_name: owner.name,
        retainage_percent: wire.retainage_percent.decimal("retainage_percent")?,
        date: wire.contract_date.date("contract_date")?,
        origin_id: wire.origin_id.words("origin_id")?,
        deleted: wire.deleted_at.is_some(),
    })
}

fn commitment(id: i64, line: &RawLine<'_>, wire: &wire::Contract<'_>) -> Read<Commitment> {
    let status = status(wire.status)?;
    let vendor = named("vendor", wire.vendor)?;
    Ok(Commitment {
        id,
        kind: if line.resource == "work_order_contracts" {
            CommitmentKind::Subcontract
        } else {
            CommitmentKind::PurchaseOrder
        },
        project_id: project(line, wire.project_id, wire.project)?,
        number: wire.number.words("number")?,
        title: wire.title.words("title")?,
        original: amount(wire.grand_total, "grand_total", &status)?,
        approved_change_orders: amount(
            wire.approved_change_orders,
            "approved_change_orders",
            &status,
        )?,
        revised: amount(wire.revised_contract, "revised_contract", &status)?,
        status,
        vendor_id: vendor.id,
        vendor_name: vendor.name,
        retainage_percent: wire.retainage_percent.decimal("retainage_percent")?,
        date: match wire.contract_date.date("contract_date")? {
            Some(date) => Some(date),
            None => wire.created_at.date("created_at")?,
        },
        origin_id: wire.origin_id.words("origin_id")?,
        deleted: wire.deleted_at.is_some(),
    })
}

fn change_order(id: i64, line: &RawLine<'_>, wire: &wire::ChangeOrder<'_>) -> Read<ChangeOrder> {
    let status = status(wire.status)?;
    Ok(ChangeOrder {
        id,
        kind: match line.resource {
            "prime_change_orders" => ChangeOrderKind::Prime,
            "commitment_change_orders" => ChangeOrderKind::Commitment,
            "change_order_packages" => ChangeOrderKind::Package,
            _ => ChangeOrderKind::Potential,
        },
        project_id: project(line, wire.project_id, wire.project)?,
        contract_id: holder(line, &[wire.contract_id])?,
        number: wire.number.words("number")?,
        title: wire.title.words("title")?,
        amount: amount(wire.grand_total, "grand_total", &status)?,
        status,
        date: match wire.reviewed_at.date("reviewed_at")? {
            Some(date) => Some(date),
            None => wire.created_at.date("created_at")?,
        },
        legacy_package_id: wire.legacy_package_id.integer("legacy_package_id")?,
        origin_id: wire.origin_id.words("origin_id")?,
        deleted: wire.deleted_at.is_some(),
    })
}

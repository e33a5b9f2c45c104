//! Procore's documents as units.
//!
//! Pay applications and subcontractor invoices state totals to date; a unit's share is the step
//! from the document before it on the same contract, so that the steps sum to the last total.

use std::collections::BTreeMap;

use figures::model::{CertificateTotals, CommitmentKind};
use figures::{Date, Money};

use super::{Family, ProjectKind, ProjectUnit, Share, Shown, Standing, paid};
use crate::reconcile::convention::counted_changes;
use crate::reconcile::matching::parties::PartyMap;
use crate::reconcile::view::{View, is_agreed, is_committed};

/// All units of Procore's books, by family and then by place.
pub(crate) fn project_units<'a>(view: &View<'a>, parties: &PartyMap) -> Vec<ProjectUnit<'a>> {
    let mut units = Vec::new();
    contracts(view, &mut units);
    pay_applications(view, &mut units);
    payments(view, parties, &mut units);
    commitments(view, parties, &mut units);
    subcontractor_invoices(view, parties, &mut units);
    direct_costs(view, parties, &mut units);
    paid::name_paid(view, &mut units);
    for unit in &mut units {
        unit.entered = unit.share;
    }
    units
}

fn place(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

fn contracts<'a>(view: &View<'a>, units: &mut Vec<ProjectUnit<'a>>) {
    let mut changes: BTreeMap<i64, Money> = BTreeMap::new();
    for change in counted_changes(&view.records) {
        *changes.entry(change.contract_id).or_default() += change.amount;
    }
    for (index, contract) in view.records.prime_contracts.iter().enumerate() {
        let revised = contract.original + changes.get(&contract.id).copied().unwrap_or_default();
        let weight = Share {
            main: revised,
            retainage: Money::ZERO,
        };
        let standing = match contract.status.as_str() {
            _ if contract.deleted => Standing::Deleted,
            _ if is_agreed(contract) => Standing::Counted,
            "terminated" => Standing::Void,
            _ => Standing::Draft,
        };
        units.push(ProjectUnit {
            family: Family::Contract,
            kind: ProjectKind::PrimeContract,
            place: place(index),
            id: contract.id,
            job: contract.project_id,
            contract: Some(contract.id),
            party: u32::MAX,
            party_name: &contract.owner_name,
            number: &contract.number,
            origin_id: &contract.origin_id,
            date: contract.date,
            shown: Shown::plain(revised),
            standing,
            share: if standing == Standing::Counted {
                weight
            } else {
                Share::NONE
            },
            weight,
            entered: Share::NONE,
            pays: None,
        });
    }
}

/// One certificate of a contract, with what decides its place in the sequence.
struct Certificate {
    index: usize,
    contract: i64,
    number: i64,
    id: i64,
    standing: Standing,
    totals: CertificateTotals,
}

/// What a certificate adds: what it would add after the one before it, and what it adds to the
/// total, which only certificates that count do.
#[derive(Clone, Copy)]
struct Step {
    shown: Share,
    counted: Share,
}

/// The steps of all certificates, by index.
fn steps(
    mut certificates: Vec<Certificate>,
    of: impl Fn(&CertificateTotals) -> Share,
) -> BTreeMap<usize, Step> {
    certificates.sort_by_key(|one| (one.contract, one.number, one.id));
    let mut found = BTreeMap::new();
    let mut at = None;
    let (mut issued, mut counted) = (Share::NONE, Share::NONE);
    for certificate in &certificates {
        if at != Some(certificate.contract) {
            at = Some(certificate.contract);
            (issued, counted) = (Share::NONE, Share::NONE);
        }
        let to_date = of(&certificate.totals);
        let shown = to_date - issued;
        let mut step = Step {
            shown,
            counted: Share::NONE,
        };
        if matches!(certificate.standing, Standing::Counted | Standing::Later) {
            issued = to_date;
        }
        if certificate.standing == Standing::Counted {
            step.counted = to_date - counted;
            counted = to_date;
        }
        found.insert(certificate.index, step);
    }
    found
}

/// The standing of an approved document with this date.
fn dated(view: &View<'_>, date: Option<Date>) -> Standing {
    if view.counts(date) {
        Standing::Counted
    } else {
        Standing::Later
    }
}

fn pay_applications<'a>(view: &View<'a>, units: &mut Vec<ProjectUnit<'a>>) {
    let list = &view.records.pay_applications;
    let certificates = list.iter().enumerate().map(|(index, one)| Certificate {
        index,
        contract: one.contract_id,
        number: one.number,
        id: one.id,
        standing: match one.status.as_str() {
            _ if one.deleted => Standing::Deleted,
            "approved" => dated(view, one.billing_date),
            "void" | "rejected" => Standing::Void,
            _ => Standing::Draft,
        },
        totals: one.totals,
    });
    let certificates: Vec<Certificate> = certificates.collect();
    let standings: Vec<Standing> = certificates.iter().map(|one| one.standing).collect();
    let steps = steps(certificates, |totals| Share {
        main: totals.earned_less_retainage,
        retainage: totals.retainage,
    });
    for (index, one) in list.iter().enumerate() {
        let step = steps[&index];
        let owner = view
            .prime(one.contract_id)
            .map_or("", |contract| contract.owner_name.as_str());
        units.push(ProjectUnit {
            family: Family::Billing,
            kind: ProjectKind::PayApplication,
            place: place(index),
            id: one.id,
            job: one.project_id,
            contract: Some(one.contract_id),
            party: u32::MAX,
            party_name: owner,
            number: &one.invoice_number,
            origin_id: &one.origin_id,
            date: one.billing_date,
            shown: Shown {
                gross: step.shown.main + step.shown.retainage,
                net: step.shown.main,
                tax: one.totals.tax,
            },
            standing: standings[index],
            share: step.counted,
            weight: step.shown,
            entered: Share::NONE,
            pays: None,
        });
    }
}

fn payments<'a>(view: &View<'a>, parties: &PartyMap, units: &mut Vec<ProjectUnit<'a>>) {
    for (index, payment) in view.records.contract_payments.iter().enumerate() {
        let commitment = view.commitment(payment.contract_id);
        let prime = view.prime(payment.contract_id);
        let family = match (prime, commitment) {
            (Some(_), _) => Family::Receipt,
            (None, Some(_)) => Family::Payment,
            // A payment on a contract that cannot be seen moves no total that can be shown.
            (None, None) => continue,
        };
        let standing = if payment.deleted {
            Standing::Deleted
        } else {
            dated(view, payment.date)
        };
        let weight = Share {
            main: payment.amount,
            retainage: Money::ZERO,
        };
        units.push(ProjectUnit {
            family,
            kind: ProjectKind::ContractPayment,
            place: place(index),
            id: payment.id,
            job: payment.project_id,
            contract: Some(payment.contract_id),
            party: parties.company(commitment.and_then(|one| one.vendor_id)),
            party_name: commitment
                .map(|one| one.vendor_name.as_str())
                .or(prime.map(|one| one.owner_name.as_str()))
                .unwrap_or(""),
            number: &payment.check_number,
            origin_id: &payment.origin_id,
            date: payment.date,
            shown: Shown::plain(payment.amount),
            standing,
            share: if standing == Standing::Counted {
                weight
            } else {
                Share::NONE
            },
            weight,
            entered: Share::NONE,
            pays: None,
        });
    }
}

fn commitments<'a>(view: &View<'a>, parties: &PartyMap, units: &mut Vec<ProjectUnit<'a>>) {
    for (index, one) in view.records.commitments.iter().enumerate() {
        let weight = Share {
            main: one.revised,
            retainage: Money::ZERO,
        };
        let standing = match (one.status.as_str(), one.kind) {
            _ if one.deleted => Standing::Deleted,
            _ if is_committed(one) => Standing::Counted,
            ("terminated" | "void", CommitmentKind::Subcontract) => Standing::Void,
            _ => Standing::Draft,
        };
        units.push(ProjectUnit {
            family: Family::Commitment,
            kind: ProjectKind::Commitment,
            place: place(index),
            id: one.id,
            job: one.project_id,
            contract: Some(one.id),
            party: parties.company(one.vendor_id),
            party_name: &one.vendor_name,
            number: &one.number,
            origin_id: &one.origin_id,
            date: one.date,
            shown: Shown::plain(one.revised),
            standing,
            share: if standing == Standing::Counted {
                weight
            } else {
                Share::NONE
            },
            weight,
            entered: Share::NONE,
            pays: None,
        });
    }
}

fn subcontractor_invoices<'a>(
    view: &View<'a>,
    parties: &PartyMap,
    units: &mut Vec<ProjectUnit<'a>>,
) {
    let list = &view.records.subcontractor_invoices;
    let certificates: Vec<Certificate> = list
        .iter()
        .enumerate()
        .map(|(index, one)| Certificate {
            index,
            contract: one.commitment_id,
            number: one.number,
            id: one.id,
            standing: match one.status.as_str() {
                _ if one.deleted => Standing::Deleted,
                "approved" | "approved_as_noted" => dated(view, one.billing_date),
                "void" | "rejected" => Standing::Void,
                _ => Standing::Draft,
            },
            totals: one.totals,
        })
        .collect();
    let standings: Vec<Standing> = certificates.iter().map(|one| one.standing).collect();
    let steps = steps(certificates, |totals| Share {
        main: totals.completed_and_stored,
        retainage: totals.retainage,
    });
    for (index, one) in list.iter().enumerate() {
        let step = steps[&index];
        let commitment = view.commitment(one.commitment_id);
        let vendor = one
            .vendor_id
            .or(commitment.and_then(|commitment| commitment.vendor_id));
        let own_name = if one.vendor_name.is_empty() {
            commitment.map_or("", |commitment| commitment.vendor_name.as_str())
        } else {
            one.vendor_name.as_str()
        };
        units.push(ProjectUnit {
            family: Family::Cost,
            kind: ProjectKind::SubcontractorInvoice,
            place: place(index),
            id: one.id,
            job: one.project_id,
            contract: Some(one.commitment_id),
            party: parties.company(vendor),
            party_name: vendor
                .and_then(|id| view.vendor_name(id))
                .unwrap_or(own_name),
            number: &one.invoice_number,
            origin_id: &one.origin_id,
            date: one.billing_date,
            shown: Shown {
                gross: step.shown.main,
                net: step.shown.main - step.shown.retainage,
                tax: one.totals.tax,
            },
            standing: standings[index],
            share: step.counted,
            weight: step.shown,
            entered: Share::NONE,
            pays: None,
        });
    }
}

fn direct_costs<'a>(view: &View<'a>, parties: &PartyMap, units: &mut Vec<ProjectUnit<'a>>) {
    for (index, cost) in view.records.direct_costs.iter().enumerate() {
        let approved = cost.status == "approved";
        let standing = |date| match cost.status.as_str() {
            _ if cost.deleted => Standing::Deleted,
            _ if approved => dated(view, date),
            "void" | "rejected" => Standing::Void,
            _ => Standing::Draft,
        };
        let weight = Share {
            main: cost.amount,
            retainage: Money::ZERO,
        };
        let unit = |family, date, standing| ProjectUnit {
            family,
            kind: ProjectKind::DirectCost,
            place: place(index),
            id: cost.id,
            job: cost.project_id,
            contract: None,
            party: parties.company(cost.vendor_id),
            party_name: cost
                .vendor_id
                .and_then(|id| view.vendor_name(id))
                .unwrap_or(cost.vendor_name.as_str()),
            number: &cost.invoice_number,
            origin_id: &cost.origin_id,
            date,
            shown: Shown::plain(cost.amount),
            standing,
            share: if standing == Standing::Counted {
                weight
            } else {
                Share::NONE
            },
            weight,
            entered: Share::NONE,
            pays: None,
        };
        units.push(unit(Family::Cost, cost.date, standing(cost.date)));
        if cost.kind == "invoice" && approved && !cost.deleted && cost.payment_date.is_some() {
            let standing = standing(cost.payment_date);
            units.push(unit(Family::Payment, cost.payment_date, standing));
        }
    }
}

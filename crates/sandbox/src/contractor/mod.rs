//! A US general contractor over two years, in Procore and in QuickBooks, and the truth about it.
//!
//! The simulation is the independent witness: written from the vendor references and the rules of
//! the trade alone, it must not know how the product reads, matches or detects anything. It first
//! keeps books on which both systems agree, then plants disagreements, then writes vendor JSON.
//! `totals` reads both sides of every bridge back from that JSON.

mod billing;
mod books;
mod calendar;
mod chart;
mod costs;
mod dice;
mod job;
mod json;
mod names;
mod payroll;
mod plan;
mod plant;
pub mod totals;
mod truth;
mod wire_billing;
mod wire_directory;
mod wire_lists;
mod wire_procore;
mod wire_quickbooks;

use std::collections::BTreeMap;

pub use plan::{CLASSES, Plan, Retainage};

use crate::world::{Truth, World};
use books::Books;

/// Simulates the contractor of a plan: the same plan gives the same world, byte for byte.
#[must_use]
pub fn generate(plan: &Plan) -> World {
    let mut books = Books::new(plan.clone());
    job::establish(&mut books);
    billing::bill_owners(&mut books);
    costs::incur(&mut books);
    payroll::run(&mut books);
    plant::look_alikes(&mut books);
    plant::disagreements(&mut books);
    let jobs: BTreeMap<String, i64> = books
        .jobs
        .iter()
        .flat_map(|job| {
            let extra = job.extra.iter().map(|(id, _)| *id);
            std::iter::once(job.qid)
                .chain(extra)
                .map(|id| (id.to_string(), job.pid))
        })
        .collect();
    let mut world = World {
        as_of: plan.as_of,
        time_zone: "America/Denver".to_string(),
        company_id: wire_procore::COMPANY,
        realm_id: "9341450000000001".to_string(),
        procore: wire_procore::write(&books),
        quickbooks: wire_quickbooks::write(&books),
        truth: Truth::default(),
    };
    let bridges = totals::bridges(&world, &jobs, books.gross());
    let pairs = truth::pairs(&books);
    world.truth = Truth {
        findings: books.findings,
        look_alikes: books.look_alikes,
        pairs,
        bridges,
        retainage_convention: if plan.retainage == Retainage::Gross {
            "gross"
        } else {
            "net"
        }
        .to_string(),
    };
    world
}

//! Reading a whole QuickBooks company, or what changed in it, with proof.
//!
//! Offset paging over live data loses rows, so a full read walks by id and compares what came
//! with the company's own count before and after ([`all`]). Changes come from change data
//! capture, whose limits (30 days, 1,000 objects, no tombstones for some entities) are handled
//! here ([`changes_since`]). It must not know where records are kept.

mod changes;
mod sweep;

pub use changes::{Changes, changes_since};

use figures::source::{RawRecord, System};
use jiff::{SignedDuration, Timestamp};
use smol_str::SmolStr;

use super::client::{Answer, Client, record};
use crate::fetch::{Completeness, Delivery, ResourceKey, Sink, Summary};
use crate::http::FetchError;
use sweep::Paging;

/// What to read, and how.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Entities by name, in this order. Unknown names are read like transactions.
    pub entities: Vec<SmolStr>,
    /// Rows asked for at once; QuickBooks gives 1,000 at most.
    pub page_rows: u32,
}

impl Default for Plan {
    /// Every entity of the snapshot format.
    fn default() -> Self {
        let entities = ENTITIES
            .iter()
            .map(|entity| SmolStr::new_static(entity.name))
            .collect();
        Self {
            entities,
            page_rows: 1_000,
        }
    }
}

/// How an entity is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    /// One per company.
    Singleton,
    /// A name list: inactive names must be asked for.
    Names,
    /// Everything else.
    Plain,
}

#[derive(Debug, Clone, Copy)]
struct Entity {
    name: &'static str,
    family: Family,
    /// Whether change data capture covers it.
    captured: bool,
}

const fn singleton(name: &'static str) -> Entity {
    Entity {
        name,
        family: Family::Singleton,
        captured: false,
    }
}

const fn names(name: &'static str) -> Entity {
    Entity {
        name,
        family: Family::Names,
        captured: true,
    }
}

const fn plain(name: &'static str) -> Entity {
    Entity {
        name,
        family: Family::Plain,
        captured: true,
    }
}

const fn uncaptured(name: &'static str) -> Entity {
    Entity {
        name,
        family: Family::Plain,
        captured: false,
    }
}

/// The entities of the snapshot format: those that others refer to come first.
const ENTITIES: &[Entity] = &[
    singleton("CompanyInfo"),
    singleton("Preferences"),
    names("Account"),
    names("Customer"),
    names("Vendor"),
    names("Employee"),
    names("Item"),
    names("Class"),
    names("Department"),
    names("Term"),
    uncaptured("TaxCode"),
    uncaptured("TaxRate"),
    plain("Invoice"),
    plain("Payment"),
    plain("CreditMemo"),
    plain("SalesReceipt"),
    plain("RefundReceipt"),
    plain("Deposit"),
    plain("Bill"),
    plain("BillPayment"),
    plain("VendorCredit"),
    plain("Purchase"),
    plain("PurchaseOrder"),
    plain("JournalEntry"),
    uncaptured("TimeActivity"),
    plain("Estimate"),
    plain("Transfer"),
    plain("Budget"),
    plain("Attachable"),
];

/// Changes are asked for from a little before the cursor: nobody says whether it is inclusive.
const OVERLAP: SignedDuration = SignedDuration::from_mins(5);

/// Reads everything: each entity whole, then what changed while it was being read.
///
/// # Errors
/// [`FetchError`] when nothing more can be read; a single entity that cannot be proven whole is
/// reported to the sink and in the summary instead.
pub async fn all(client: &Client, plan: &Plan, sink: &mut dyn Sink) -> Result<Summary, FetchError> {
    let company = client.company_info().await?;
    let began = company.time;
    let mut read = Read::new(client, plan, sink, began);
    for entity in read.entities() {
        match entity.name {
            "CompanyInfo" => read.one(entity, &company).await?,
            "Preferences" => read.preferences(entity).await?,
            _ => read.sweep(entity).await?,
        }
    }
    // What moved behind our back since the read began, and the tombstones that are still kept.
    let far_past = before(began, changes::MEMORY);
    read.captured(far_past, changes::Ending::OfFullRead).await?;
    let just_before = read.just_before();
    read.updated(
        changes::DELETED_UNSEEN,
        just_before,
        changes::Ending::OfFullRead,
    )
    .await?;
    Ok(read.delivery.summary(began))
}

/// One read under way.
struct Read<'a> {
    client: &'a Client,
    plan: &'a Plan,
    delivery: Delivery<'a>,
    paging: Paging,
    /// Whether a page ever came out of the order of ids.
    disorder: bool,
    /// QuickBooks' time when the read began.
    began: Timestamp,
}

impl<'a> Read<'a> {
    fn new(client: &'a Client, plan: &'a Plan, sink: &'a mut dyn Sink, began: Timestamp) -> Self {
        let delivery = Delivery::new(System::QuickBooks, sink);
        Self {
            client,
            plan,
            delivery,
            paging: Paging::ById,
            disorder: false,
            began,
        }
    }

    /// The planned entities that are known here.
    fn entities(&self) -> Vec<Entity> {
        let known = |name: &SmolStr| ENTITIES.iter().find(|entity| entity.name == name).copied();
        self.plan.entities.iter().filter_map(known).collect()
    }

    async fn preferences(&mut self, entity: Entity) -> Result<(), FetchError> {
        let client = self.client;
        match client.preferences().await {
            Ok(answer) => self.one(entity, &answer).await,
            Err(error) => self.delivery.failed(&key(entity.name), error).await,
        }
    }

    async fn one(&mut self, entity: Entity, answer: &Answer) -> Result<(), FetchError> {
        let key = key(entity.name);
        self.delivery
            .page(&key, records(entity.name, answer.rows.clone()))
            .await?;
        self.delivery
            .done(&key, Completeness::Whole { records: 1 })
            .await
    }
}

/// The predicate that selects all objects of an entity, inactive names included.
pub(crate) fn whole_predicate(entity: &str) -> &'static str {
    let known = ENTITIES.iter().find(|known| known.name == entity);
    if known.is_some_and(|known| known.family == Family::Names) {
        "Active in (true,false)"
    } else {
        ""
    }
}

fn key(entity: &str) -> ResourceKey {
    ResourceKey::company(System::QuickBooks, entity)
}

fn records(entity: &str, rows: Vec<String>) -> Vec<RawRecord> {
    rows.into_iter().map(|body| record(entity, body)).collect()
}

fn before(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_sub(by).unwrap_or(Timestamp::UNIX_EPOCH)
}

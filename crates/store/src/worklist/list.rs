//! Listing the worklist and the life of one item.

use figures::Date;
use jiff::Timestamp;

use crate::mirror::read_moment;
use crate::results::read_day;
use crate::sql::query;
use crate::{Store, StoreError, TenantScope};

/// Which items to list. Empty fields do not restrict.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only items in this state.
    pub state: Option<ItemState>,
    /// Only items listed under this job.
    pub project_id: Option<i64>,
    /// Only items of this QuickBooks customer.
    pub customer_id: Option<String>,
    /// Only items of checks whose name begins like this (`R07`).
    pub check: Option<String>,
    /// At most this many.
    pub limit: Option<u32>,
}

/// Where an item stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemState {
    /// To be worked on.
    Open,
    /// Proven gone.
    Cleared,
}

/// An item of the worklist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The finding's id.
    pub id: String,
    /// Where it stands.
    pub state: ItemState,
    /// The check, by its catalogue code and name.
    pub check: String,
    /// The job it is listed under, if any.
    pub project_id: Option<i64>,
    /// The QuickBooks customer, if any.
    pub customer_id: Option<String>,
    /// How much it is about, in cents.
    pub amount_cents: Option<i64>,
    /// Its rank; 0 is the most severe.
    pub severity: i64,
    /// The whole finding as JSON text, as last seen.
    pub body: String,
    /// The cycle in which it was opened first.
    pub opened_cycle: i64,
    /// The cycle in which it was last seen.
    pub last_seen_cycle: i64,
    /// The day for which it was last seen.
    pub last_seen_as_of: Date,
    /// Whether the newest publication found it. An open item that it did not find could not be
    /// proven gone.
    pub seen_in_newest: bool,
    /// The cycle that cleared it, while it is cleared.
    pub cleared_cycle: Option<i64>,
}

/// What happened to an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// It came onto the list.
    Opened,
    /// Its text or amount changed while it was open.
    Changed,
    /// It was proven gone.
    Cleared,
    /// It came back.
    Reopened,
}

/// One step in the life of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// In which cycle.
    pub cycle: i64,
    /// For which day.
    pub as_of: Date,
    /// When it was published.
    pub at: Timestamp,
    /// The amount from then on, in cents.
    pub amount_cents: Option<i64>,
}

impl ItemState {
    fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Cleared => "cleared",
        }
    }
}

/// The items that pass the filter: most severe first, then in the order in which they were
/// published, then by id.
///
/// # Errors
/// When the store cannot be read.
pub async fn list(
    store: &Store,
    scope: &TenantScope,
    filter: Filter,
) -> Result<Vec<Item>, StoreError> {
    fetch(store, scope, filter, None).await
}

/// One item by its id.
///
/// # Errors
/// When the store cannot be read.
pub async fn item(
    store: &Store,
    scope: &TenantScope,
    id: &str,
) -> Result<Option<Item>, StoreError> {
    let found = fetch(store, scope, Filter::default(), Some(id.to_owned())).await?;
    Ok(found.into_iter().next())
}

#[derive(sqlx::FromRow)]
struct ItemRow {
    finding_id: String,
    state: String,
    check_code: String,
    project_id: Option<i64>,
    customer_id: Option<String>,
    amount_cents: Option<i64>,
    severity: i64,
    body: String,
    opened_cycle: i64,
    seen_cycle: i64,
    seen_as_of: String,
    in_newest: bool,
    cleared_cycle: Option<i64>,
}

async fn fetch(
    store: &Store,
    scope: &TenantScope,
    filter: Filter,
    id: Option<String>,
) -> Result<Vec<Item>, StoreError> {
    store
        .read(scope, move |tx| {
            Box::pin(async move {
                let rows: Vec<ItemRow> = query(
                    "SELECT finding.finding_id, finding.state, finding.check_code,
                            finding.project_id, finding.customer_id, finding.amount_cents,
                            finding.severity, finding.body,
                            opened.cycle_no AS opened_cycle, seen.cycle_no AS seen_cycle,
                            seen.as_of AS seen_as_of,
                            finding.last_seen_in = (SELECT max(publication_no) FROM publication
                                                    WHERE tenant_id = $1) AS in_newest,
                            cleared.cycle_no AS cleared_cycle
                     FROM finding
                     JOIN publication AS opened
                       ON opened.tenant_id = finding.tenant_id
                      AND opened.publication_no = finding.opened_in
                     JOIN publication AS seen
                       ON seen.tenant_id = finding.tenant_id
                      AND seen.publication_no = finding.last_seen_in
                     LEFT JOIN publication AS cleared
                       ON cleared.tenant_id = finding.tenant_id
                      AND cleared.publication_no = finding.cleared_in
                     WHERE finding.tenant_id = $1
                       AND ($2 IS NULL OR finding.state = $2)
                       AND ($3 IS NULL OR finding.project_id = $3)
                       AND ($4 IS NULL OR finding.customer_id = $4)
                       AND ($5 IS NULL OR substr(finding.check_code, 1, length($5)) = $5)
                       AND ($6 IS NULL OR finding.finding_id = $6)
                     ORDER BY finding.severity, finding.position, finding.finding_id
                     LIMIT $7",
                )
                .bind(tx.tenant())
                .bind(filter.state.map(ItemState::name))
                .bind(filter.project_id)
                .bind(filter.customer_id)
                .bind(filter.check)
                .bind(id)
                .bind(filter.limit.map_or(i64::MAX, i64::from))
                .rows(tx.connection())
                .await?;
                rows.into_iter().map(item_from).collect()
            })
        })
        .await
}

fn item_from(row: ItemRow) -> Result<Item, StoreError> {
    let state = match row.state.as_str() {
        "open" => ItemState::Open,
        "cleared" => ItemState::Cleared,
        _ => {
            return Err(StoreError::Unreadable {
                what: "item of the worklist",
            });
        }
    };
    Ok(Item {
        id: row.finding_id,
        state,
        check: row.check_code,
        project_id: row.project_id,
        customer_id: row.customer_id,
        amount_cents: row.amount_cents,
        severity: row.severity,
        body: row.body,
        opened_cycle: row.opened_cycle,
        last_seen_cycle: row.seen_cycle,
        last_seen_as_of: read_day(&row.seen_as_of)?,
        seen_in_newest: row.in_newest,
        cleared_cycle: row.cleared_cycle,
    })
}

/// The life of an item, oldest step first; empty when there is no such item.
///
/// # Errors
/// When the store cannot be read.
pub async fn history(
    store: &Store,
    scope: &TenantScope,
    id: &str,
) -> Result<Vec<Event>, StoreError> {
    let id = id.to_owned();
    store
        .read(scope, move |tx| {
            Box::pin(async move {
                let rows: Vec<(String, i64, String, String, Option<i64>)> = query(
                    "SELECT happened.event, publication.cycle_no, publication.as_of,
                            publication.published_at, happened.amount_cents
                     FROM finding_event AS happened
                     JOIN publication
                       ON publication.tenant_id = happened.tenant_id
                      AND publication.publication_no = happened.publication_no
                     WHERE happened.tenant_id = $1 AND happened.finding_id = $2
                     ORDER BY happened.publication_no",
                )
                .bind(tx.tenant())
                .bind(id)
                .rows(tx.connection())
                .await?;
                rows.into_iter()
                    .map(|(event, cycle, as_of, at, amount_cents)| {
                        let kind = match event.as_str() {
                            "opened" => EventKind::Opened,
                            "changed" => EventKind::Changed,
                            "cleared" => EventKind::Cleared,
                            "reopened" => EventKind::Reopened,
                            _ => return Err(StoreError::Unreadable { what: "event" }),
                        };
                        let (as_of, at) = (read_day(&as_of)?, read_moment(&at)?);
                        Ok(Event {
                            kind,
                            cycle,
                            as_of,
                            at,
                            amount_cents,
                        })
                    })
                    .collect()
            })
        })
        .await
}

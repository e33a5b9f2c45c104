//! List routes: choose the rows, filter, sort, cut one page, shape it, and say how to go on.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::call::Call;
use super::clock::{day_number, parse_day};
use super::filters::filter_fields;
use super::query::matches;
use super::reply::{Refusal, Reply};
use super::route::{Parent, Route};
use super::store::{Body, Record, text_of};
use super::totals::contract_of;
use super::views;

/// Answers a list route.
pub(crate) fn list(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let parent = call.parent()?;
    if let Some(parent) = parent {
        require_parent(call, parent)?;
    }
    let rows = select(call, call.route.kind, parent)?;
    let (page, per_page) = page_of(call);
    let total = rows.len();
    let shown = rows
        .into_iter()
        .skip((page - 1).saturating_mul(per_page))
        .take(per_page)
        .map(|record| views::row(call, call.route.kind, record))
        .collect();
    Ok(paged(call, shown, page, per_page, total))
}

/// Pages rows that a handler made itself.
pub(crate) fn page_rows(call: &Call<'_>, rows: Vec<Value>) -> Reply {
    let (page, per_page) = page_of(call);
    let total = rows.len();
    let shown: Vec<Value> = rows
        .into_iter()
        .skip((page - 1).saturating_mul(per_page))
        .take(per_page)
        .collect();
    paged(call, shown, page, per_page, total)
}

/// A parent must exist here and be visible.
pub(crate) fn require_parent(call: &Call<'_>, parent: i64) -> Result<(), Refusal> {
    let store = &call.state.store;
    match call.route.parent {
        Parent::Path("vendor_id") => store
            .live("vendors", parent)
            .map(|_| ())
            .ok_or_else(Refusal::not_found),
        Parent::Path("order_id") => Ok(()),
        _ => {
            let (_, contract) =
                super::totals::find_contract(store, parent).ok_or_else(Refusal::not_found)?;
            let here = contract.project == call.project;
            if here && call.sees_contract(parent) {
                Ok(())
            } else {
                Err(Refusal::not_found())
            }
        }
    }
}

/// The rows of a collection that the caller asked for and may see, in order.
pub(crate) fn select<'c>(
    call: &'c Call<'_>,
    kind: &str,
    parent: Option<i64>,
) -> Result<Vec<&'c Record>, Refusal> {
    let Some(collection) = call.state.store.get(kind) else {
        return Ok(Vec::new());
    };
    let wanted = Wanted::read(call, kind)?;
    let keep = |record: &&Record| {
        !record.gone
            && parent.is_none_or(|parent| record.parent == Some(parent))
            && (call.route.company_wide || call.project.is_none() || record.project == call.project)
            && wanted.accepts(record)
            && call.sees(kind, record)
    };
    let by_slot = |slots: &[usize]| -> Vec<&'c Record> {
        slots
            .iter()
            .map(|slot| &collection.records[*slot])
            .filter(keep)
            .collect()
    };
    let mut rows = match (parent, call.project) {
        (Some(parent), _) => by_slot(collection.under(parent)),
        (None, Some(project)) if !call.route.company_wide => by_slot(collection.within(project)),
        _ => collection.records.iter().filter(keep).collect(),
    };
    if call
        .query
        .filter("is_last")
        .is_some_and(|asked| asked == ["true"])
    {
        keep_last(kind, &mut rows);
    }
    sort(call, kind, &mut rows);
    Ok(rows)
}

/// Keeps the highest number of each contract, for the two billing documents that offer it.
fn keep_last(kind: &str, rows: &mut Vec<&Record>) {
    if !["payment_applications", "requisitions"].contains(&kind) {
        return;
    }
    let number = |record: &Record| record.body.get("number").and_then(Value::as_i64);
    let mut last: BTreeMap<Option<i64>, Option<i64>> = BTreeMap::new();
    for record in rows.iter() {
        let highest = last.entry(contract_of(kind, record)).or_default();
        *highest = (*highest).max(number(record));
    }
    rows.retain(|record| last.get(&contract_of(kind, record)) == Some(&number(record)));
}

/// What the query asks of a row.
struct Wanted {
    deleted: Deleted,
    days: Option<(i32, i32)>,
    updated: Option<(i64, i64)>,
    filters: Vec<(&'static str, Vec<String>)>,
    /// A flag whose `false` takes a row out of the usual list.
    hidden_when_false: Option<&'static str>,
    search: Option<String>,
}

#[derive(PartialEq, Eq)]
enum Deleted {
    Without,
    With,
    Only,
}

impl Wanted {
    fn read(call: &Call<'_>, kind: &str) -> Result<Self, Refusal> {
        let query = &call.query;
        let mut filters: Vec<(&'static str, Vec<String>)> = Vec::new();
        for (name, path) in filter_fields(kind) {
            // RFIs read the status filter only in its array form.
            if *name == "status" && kind == "rfis" && !query.is_array_filter("status") {
                continue;
            }
            if let Some(values) = query.filter(name) {
                filters.push((path, translate(kind, name, values)));
            }
        }
        defaults(call, kind, &mut filters);
        let updated = filters
            .iter()
            .position(|(path, values)| *path == "updated_at" && values.len() == 1)
            .and_then(|at| {
                let (_, values) = &filters[at];
                let (from, to) = values[0].split_once("...")?;
                let bounds = (bound(from, false)?, bound(to, true)?);
                filters.remove(at);
                Some(bounds)
            });
        Ok(Self {
            deleted: deleted_mode(call, kind),
            days: day_window(call)?,
            updated,
            filters,
            hidden_when_false: hidden_when_false(call, kind),
            search: query.filter("search").and_then(|mut texts| texts.pop()),
        })
    }

    fn accepts(&self, record: &Record) -> bool {
        let deletion = match self.deleted {
            Deleted::Without => !record.deleted,
            Deleted::With => true,
            Deleted::Only => record.deleted,
        };
        deletion
            && self
                .days
                .is_none_or(|(from, to)| record.day.is_some_and(|day| from <= day && day <= to))
            && self
                .updated
                .is_none_or(|(from, to)| from <= record.updated && record.updated <= to)
            && self
                .filters
                .iter()
                .all(|(path, values)| matches(&record.body, path, values))
            && self
                .hidden_when_false
                .is_none_or(|flag| record.body.get(flag) != Some(&Value::Bool(false)))
            && self.search.as_ref().is_none_or(|text| {
                let name = text_of(&record.body, "name")
                    .unwrap_or_default()
                    .to_lowercase();
                name.contains(&text.to_lowercase())
            })
    }
}

fn hidden_when_false(call: &Call<'_>, kind: &str) -> Option<&'static str> {
    match kind {
        "projects"
            if call
                .query
                .filter("by_status")
                .is_none_or(|asked| asked == ["Active"]) =>
        {
            Some("active")
        }
        // Inactive vendors and users have lists of their own.
        "vendors" | "users" if !call.path.ends_with("/inactive") => Some("is_active"),
        _ => None,
    }
}

fn bound(text: &str, upper: bool) -> Option<i64> {
    let at = super::clock::parse_seconds(text)?;
    Some(if upper && text.len() == 10 {
        at + 86_399
    } else {
        at
    })
}

fn deleted_mode(call: &Call<'_>, kind: &str) -> Deleted {
    let keeps_deleted = [
        "prime_contracts",
        "work_order_contracts",
        "purchase_order_contracts",
        "prime_change_orders",
        "commitment_change_orders",
        "change_order_packages",
        "change_order_requests",
        "potential_change_orders",
        "change_events",
    ];
    let asked = call.query.filter("include_deleted");
    match asked
        .as_deref()
        .and_then(|values| values.first())
        .map(String::as_str)
    {
        Some("only") if keeps_deleted.contains(&kind) => Deleted::Only,
        Some("with") if keeps_deleted.contains(&kind) => Deleted::With,
        _ if call.query.filter("deleted_at").is_some() && kind == "timecard_entries" => {
            Deleted::Only
        }
        _ if kind == "documents" => Deleted::With,
        _ => Deleted::Without,
    }
}

/// Daily lists: `log_date`, `start_date` with `end_date`, else today in the project's zone.
fn day_window(call: &Call<'_>) -> Result<Option<(i32, i32)>, Refusal> {
    if !call.route.daily {
        return Ok(None);
    }
    if call.query.filter("deleted_at").is_some() && call.query.get("start_date").is_none() {
        return Ok(None);
    }
    let day = |name: &str| call.query.get(name).map(parse_day);
    let window = match (day("log_date"), day("start_date"), day("end_date")) {
        (Some(on), ..) => (on, on),
        (None, None, None) => {
            let zone = call.state.zone_of(call.project);
            let today = Some(day_number(call.state.clock.today(&zone)));
            (today, today)
        }
        (None, from, to) => (from.unwrap_or(Some(0)), to.unwrap_or(Some(i32::MAX))),
    };
    match window {
        (Some(from), Some(to)) if from <= to => Ok(Some((from, to))),
        _ => Err(Refusal::new(400, "Invalid date range")),
    }
}

fn defaults(call: &Call<'_>, kind: &str, filters: &mut Vec<(&'static str, Vec<String>)>) {
    let asked = |name: &str| {
        call.query
            .filter(name)
            .and_then(|values| values.into_iter().next())
            .unwrap_or_default()
    };
    match kind {
        "projects" => match asked("by_status").as_str() {
            "All" => {}
            "Inactive" => filters.push(("active", vec!["false".to_owned()])),
            _ => {}
        },
        "manpower_logs" => match asked("status").as_str() {
            "all" => {}
            "" => filters.push(("status", vec!["approved".to_owned()])),
            other => filters.push(("status", vec![other.to_owned()])),
        },
        _ => {}
    }
}

fn translate(kind: &str, name: &str, values: Vec<String>) -> Vec<String> {
    if kind != "observations" || name != "status" {
        return values;
    }
    let names = ["initiated", "ready_for_review", "not_accepted", "closed"];
    let name_of = |text: &String| {
        text.parse::<usize>()
            .ok()
            .and_then(|at| names.get(at))
            .map(|name| (*name).to_owned())
    };
    values
        .iter()
        .map(|value| name_of(value).unwrap_or_else(|| value.clone()))
        .collect()
}

fn sort(call: &Call<'_>, kind: &str, rows: &mut [&Record]) {
    let keys = if kind == "rfis" {
        let attribute = call.query.get("sort[attribute]").unwrap_or_default();
        let down = call.query.get("sort[direction]") == Some("desc");
        if down {
            format!("-{attribute}")
        } else {
            attribute.to_owned()
        }
    } else {
        call.query.get("sort").unwrap_or_default().to_owned()
    };
    let offered = [
        "id",
        "name",
        "number",
        "created_at",
        "updated_at",
        "date",
        "position",
    ];
    let keys: Vec<(&str, bool)> = keys
        .split(',')
        .map(|key| {
            key.strip_prefix('-')
                .map_or((key, false), |key| (key, true))
        })
        .filter(|(key, _)| offered.contains(key))
        .collect();
    if keys.is_empty() {
        return;
    }
    rows.sort_by(|left, right| {
        keys.iter().fold(Ordering::Equal, |order, (key, down)| {
            order.then_with(|| {
                let by_key = compare(left.body.get(*key), right.body.get(*key));
                if *down { by_key.reverse() } else { by_key }
            })
        })
    });
}

fn compare(left: Option<&Value>, right: Option<&Value>) -> Ordering {
    match (left, right) {
        (Some(Value::Number(left)), Some(Value::Number(right))) => {
            left.as_i64().cmp(&right.as_i64())
        }
        (Some(Value::String(left)), Some(Value::String(right))) => left.cmp(right),
        (Some(_), None) => Ordering::Greater,
        (None, Some(_)) => Ordering::Less,
        _ => Ordering::Equal,
    }
}

/// Page number and size; an unpaged list is one page without end.
pub(crate) fn page_of(call: &Call<'_>) -> (usize, usize) {
    let (default, most) = call.route.paging;
    if default == 0 {
        return (1, usize::MAX);
    }
    let positive = |name: &str| {
        call.query
            .number(name)
            .and_then(|number| usize::try_from(number).ok())
            .filter(|n| *n > 0)
    };
    (
        positive("page").unwrap_or(1),
        positive("per_page").unwrap_or(default).min(most),
    )
}

pub(crate) fn paged(
    call: &Call<'_>,
    rows: Vec<Value>,
    page: usize,
    per_page: usize,
    total: usize,
) -> Reply {
    let route: &Route = call.route;
    let body = if route.v2() || route.enveloped {
        json!({ "data": rows })
    } else {
        Value::Array(rows)
    };
    let reply = Reply::ok(body);
    if per_page == usize::MAX {
        return reply;
    }
    let reply = reply
        .with("total", total.to_string())
        .with("per-page", per_page.to_string());
    match links(call, page, per_page, total) {
        Some(links) => reply.with("link", links),
        None => reply,
    }
}

/// `first`, `prev`, `last` and `next` as far as they apply. The vendor leaves `prev` out on the
/// second page.
fn links(call: &Call<'_>, page: usize, per_page: usize, total: usize) -> Option<String> {
    let last = total.div_ceil(per_page);
    let mut relations = Vec::new();
    if page > 1 {
        relations.push((1, "first"));
    }
    if page > 2 {
        relations.push((page - 1, "prev"));
    }
    if page < last {
        relations.push((last, "last"));
        relations.push((page + 1, "next"));
    }
    let base = &call.urls.api;
    let path = &call.path;
    let parts: Vec<String> = relations
        .iter()
        .map(|(to, name)| {
            format!(
                "<{base}{path}?{}>; rel=\"{name}\"",
                call.query.with_page(*to, per_page)
            )
        })
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Whether a body passes one filter; for handlers that make their rows themselves.
pub(crate) fn filtered(call: &Call<'_>, body: &Body, name: &str, path: &str) -> bool {
    call.query
        .filter(name)
        .is_none_or(|values| matches(body, path, &values))
}

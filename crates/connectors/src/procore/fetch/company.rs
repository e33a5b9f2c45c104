//! The lists of the whole company.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use super::project::Project;
use super::reader::{Gathered, Outcome, Parent, Reader, Verdict};
use super::{Plan, Scope};
use crate::http::FetchError;
use crate::procore::client::{Client, Listing, Parameter, Row};

/// What the company's lists came to.
pub(super) struct Company {
    pub(super) outcomes: Vec<Outcome>,
    /// In the order of their ids.
    pub(super) projects: Vec<Project>,
    pub(super) server_time: Option<Timestamp>,
}

/// The page size of the project list, which has a larger maximum than the others.
const PROJECTS_PER_PAGE: u32 = 300;
/// Days asked for at once in lists by day; the umbrella list refuses more than 13 weeks.
const WINDOW_DAYS: i32 = 91;

pub(super) async fn read(
    client: &Arc<Client>,
    plan: &Plan,
    scope: Scope,
) -> Result<Company, FetchError> {
    let company = client.company_id();
    let mut reader = Reader {
        client,
        project_id: None,
        page_rows: PROJECTS_PER_PAGE,
        permissions: None,
        outcomes: Vec::new(),
    };
    let company_id = ("company_id", company.to_string());
    let by_status = ("filters[by_status]", "All".to_owned());
    // Without the list of projects there is nothing to read: its failure is the read's failure.
    let listing = reader
        .paged(
            "projects",
            "/rest/v1.1/projects",
            &[company_id.clone(), by_status],
        )
        .await?;
    let server_time = listing.server_time;
    let rows = settle_projects(&mut reader, listing);
    reader.page_rows = plan.page_rows;

    let vendors = both(
        &reader,
        "vendors",
        ("/rest/v1.0/vendors", std::slice::from_ref(&company_id)),
        &format!("/rest/v1.0/companies/{company}/vendors/inactive"),
    )
    .await;
    reader.settle_gathered("vendors", vendors, Verdict::Whole)?;
    let path = format!("/rest/v1.0/companies/{company}/insurances");
    let insurances = reader.paged("insurances", &path, &[]).await;
    reader.settle(
        "insurances",
        insurances,
        Parent::Member("vendor_id"),
        Verdict::Whole,
    )?;
    let users = both(
        &reader,
        "users",
        (&format!("/rest/v1.3/companies/{company}/users"), &[]),
        &format!("/rest/v1.0/companies/{company}/users/inactive"),
    )
    .await;
    reader.settle_gathered("users", users, Verdict::Whole)?;
    let path = format!("/rest/v1.0/companies/{company}/people");
    let people = reader.paged("people", &path, &[]).await;
    reader.settle("people", people, Parent::None, Verdict::Whole)?;
    let types = reader
        .paged(
            "line_item_types",
            "/rest/v1.0/line_item_types",
            &[company_id],
        )
        .await;
    reader.settle("line_item_types", types, Parent::None, Verdict::Whole)?;
    timecards(&mut reader, plan, scope).await?;

    let mut projects: Vec<Project> = rows.iter().filter_map(Project::read).collect();
    projects.sort_by_key(|project| project.id);
    Ok(Company {
        outcomes: reader.outcomes,
        projects,
        server_time,
    })
}

/// A project's record names itself as its project.
fn settle_projects(reader: &mut Reader<'_>, listing: Listing) -> Vec<Row> {
    let records = reader.records("projects", &listing.rows, Parent::None);
    let verdict = listing.doubt.map_or(Verdict::Whole, Verdict::Doubtful);
    reader.outcomes.push(Outcome {
        key: reader.key("projects"),
        records,
        verdict,
    });
    listing.rows
}

/// A list and its separate list of inactive entries, which not every installation has.
async fn both(
    reader: &Reader<'_>,
    resource: &'static str,
    active: (&str, &[Parameter]),
    inactive: &str,
) -> Result<Gathered, FetchError> {
    let mut gathered = Gathered::default();
    let listing = reader.paged(resource, active.0, active.1).await?;
    let mut rows = listing.rows;
    gathered.doubt = listing.doubt;
    match reader.paged(resource, inactive, &[]).await {
        Ok(more) => {
            gathered.doubt = gathered.doubt.or(more.doubt);
            let new = more
                .rows
                .into_iter()
                .filter(|row| rows.iter().all(|known| known.id != row.id));
            let new: Vec<Row> = new.collect();
            rows.extend(new);
        }
        Err(error) if error.cause.is_blind() && resource == "users" => {
            tracing::debug!("there is no list of inactive users");
        }
        Err(error) => return Err(error),
    }
    gathered.records = reader.records(resource, &rows, Parent::None);
    Ok(gathered)
}

/// Timecards of all projects, by windows of days. Each names its project in itself.
async fn timecards(reader: &mut Reader<'_>, plan: &Plan, scope: Scope) -> Result<(), FetchError> {
    let path = format!(
        "/rest/v1.0/companies/{}/timecard_entries",
        reader.client.company_id()
    );
    let mut gathered = Ok(Gathered::default());
    for (from, to) in windows(plan.days_from, plan.today) {
        let mut parameters = vec![
            ("start_date", from.to_string()),
            ("end_date", to.to_string()),
        ];
        parameters.extend(updated_since(scope, plan));
        match (
            reader.paged("timecard_entries", &path, &parameters).await,
            &mut gathered,
        ) {
            (Ok(listing), Ok(gathered)) => {
                let rows = listing.rows.iter();
                let records = rows.map(|row| {
                    let mut record = reader.record("timecard_entries", row, Parent::None);
                    record.project_id = row.number_in("project", "id");
                    record
                });
                gathered.add(records.collect(), listing.doubt);
            }
            (Err(error), _) => {
                gathered = Err(error);
                break;
            }
            (Ok(_), Err(_)) => break,
        }
    }
    let good = if scope == Scope::Everything {
        Verdict::Whole
    } else {
        Verdict::Changes
    };
    reader.settle_gathered("timecard_entries", gathered, good)
}

/// The filter for changes, both ends given as Procore wants it.
pub(super) fn updated_since(scope: Scope, plan: &Plan) -> Option<Parameter> {
    let Scope::Since(since) = scope else {
        return None;
    };
    let end = plan
        .today
        .checked_add(jiff::Span::new().days(2))
        .unwrap_or(Date::MAX);
    let since = since.strftime("%Y-%m-%dT%H:%M:%SZ");
    Some(("filters[updated_at]", format!("{since}...{end}T00:00:00Z")))
}

/// Windows of days that cover a span, the day after `to` included for other time zones.
pub(super) fn windows(from: Date, to: Date) -> Vec<(Date, Date)> {
    let end = to.tomorrow().unwrap_or(to);
    let mut windows = Vec::new();
    let mut start = from;
    while start <= end {
        let last = start
            .checked_add(jiff::Span::new().days(WINDOW_DAYS - 1))
            .unwrap_or(end)
            .min(end);
        windows.push((start, last));
        match last.tomorrow() {
            Ok(next) => start = next,
            Err(_) => break,
        }
    }
    windows
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn windows_cover_every_day_once() {
        let windows = windows(date(2024, 1, 1), date(2026, 10, 31));
        assert_eq!(windows.first().unwrap().0, date(2024, 1, 1));
        assert_eq!(windows.last().unwrap().1, date(2026, 11, 1));
        for pair in windows.windows(2) {
            assert_eq!(pair[0].1.tomorrow().unwrap(), pair[1].0);
        }
        assert!(
            windows
                .iter()
                .all(|(from, to)| (*to - *from).get_days() < WINDOW_DAYS)
        );
    }

    #[test]
    fn the_filter_for_changes_has_both_ends() {
        let plan = Plan::new(date(2026, 10, 31), date(2026, 1, 1));
        let since = "2026-10-30T11:59:59.5Z".parse().unwrap();
        let (name, value) = updated_since(Scope::Since(since), &plan).unwrap();
        assert_eq!(name, "filters[updated_at]");
        assert_eq!(value, "2026-10-30T11:59:59Z...2026-11-02T00:00:00Z");
        assert!(updated_since(Scope::Everything, &plan).is_none());
    }
}

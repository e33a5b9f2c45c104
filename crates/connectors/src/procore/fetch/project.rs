//! The resources of one project, one after the other.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use super::blind::Permissions;
use super::company::{updated_since, windows};
use super::reader::{Gathered, Outcome, Parent, Reader, Verdict};
use super::{Plan, Scope};
use crate::fetch::member;
use crate::http::FetchError;
use crate::procore::client::{Client, Parameter, Row};

/// What the reading of a project needs to know about it.
#[derive(Debug, Clone)]
pub(super) struct Project {
    pub(super) id: i64,
    /// The first day on which it can have daily logs, if it says so.
    since: Option<Date>,
}

impl Project {
    pub(super) fn read(row: &Row) -> Option<Self> {
        let day = |name: &str| row.text(name)?.get(..10)?.parse::<Date>().ok();
        let since = [day("start_date"), day("created_at")]
            .into_iter()
            .flatten()
            .min();
        Some(Self {
            id: row.number("id")?,
            since,
        })
    }
}

/// Every resource of a project, in the order in which they are read.
const RESOURCES: &[&str] = &[
    "cost_codes",
    "budget_detail_rows",
    "prime_contracts",
    "prime_contract_line_items",
    "work_order_contracts",
    "purchase_order_contracts",
    "commitment_line_items",
    "prime_change_orders",
    "commitment_change_orders",
    "change_order_packages",
    "potential_change_orders",
    "payment_applications",
    "contract_payments",
    "billing_periods",
    "requisitions",
    "direct_costs",
    "manpower_logs",
];

pub(super) async fn read(
    client: &Arc<Client>,
    plan: &Plan,
    scope: Scope,
    project: Project,
) -> Result<Vec<Outcome>, FetchError> {
    let permissions = match Permissions::read(client, project.id).await {
        Ok(permissions) => permissions,
        Err(error) if error.cause.is_blind() => {
            let mut reader = reader(client, plan, &project, None);
            for resource in RESOURCES {
                reader.blind(resource, "not_a_member");
            }
            return Ok(reader.outcomes);
        }
        Err(error) if error.cause.stops_everything() => return Err(error),
        Err(error) => {
            let mut reader = reader(client, plan, &project, None);
            for resource in RESOURCES {
                reader.refused(resource, error.clone())?;
            }
            return Ok(reader.outcomes);
        }
    };
    let mut reading = Reading {
        reader: reader(client, plan, &project, Some(&permissions)),
        plan,
        scope,
        project: &project,
    };
    reading.codes_and_budget().await?;
    let contracts = reading.contracts().await?;
    reading.change_orders(&contracts).await?;
    reading.owner_invoices().await?;
    reading.payments(&contracts).await?;
    reading.subcontractor_invoices().await?;
    reading.direct_costs().await?;
    reading.manpower().await?;
    Ok(reading.reader.outcomes)
}

fn reader<'a>(
    client: &'a Arc<Client>,
    plan: &Plan,
    project: &Project,
    permissions: Option<&'a Permissions>,
) -> Reader<'a> {
    Reader {
        client,
        project_id: Some(project.id),
        page_rows: plan.page_rows,
        permissions,
        outcomes: Vec::new(),
    }
}

/// A project that is being read.
pub(super) struct Reading<'a> {
    pub(super) reader: Reader<'a>,
    pub(super) plan: &'a Plan,
    pub(super) scope: Scope,
    pub(super) project: &'a Project,
}

impl Reading<'_> {
    pub(super) fn project_id(&self) -> Parameter {
        ("project_id", self.project.id.to_string())
    }

    pub(super) fn changes(&self) -> Verdict {
        if self.scope == Scope::Everything {
            Verdict::Whole
        } else {
            Verdict::Changes
        }
    }

    async fn codes_and_budget(&mut self) -> Result<(), FetchError> {
        let of_project = [self.project_id()];
        let listing = self
            .reader
            .paged("cost_codes", "/rest/v1.0/cost_codes", &of_project)
            .await;
        self.reader
            .settle("cost_codes", listing, Parent::None, Verdict::Whole)?;
        let budget = self.budget().await;
        self.reader
            .settle_gathered("budget_detail_rows", budget, Verdict::Whole)
    }

    async fn budget(&self) -> Result<Gathered, FetchError> {
        let name = "budget_detail_rows";
        let views = self
            .reader
            .paged(name, "/rest/v1.0/budget_views", &[self.project_id()])
            .await?;
        let mut gathered = Gathered {
            doubt: views.doubt,
            ..Gathered::default()
        };
        let mut ids: Vec<i64> = views
            .rows
            .iter()
            .filter_map(|row| row.number("id"))
            .collect();
        ids.sort_unstable();
        for view in ids {
            let path = format!("/rest/v1.0/budget_views/{view}/detail_rows");
            // Without this the rows that were never budgeted, and their cost, are hidden.
            let all = ("budget_row_type", "all".to_owned());
            let listing = self
                .reader
                .paged(name, &path, &[self.project_id(), all])
                .await?;
            let records = self
                .reader
                .records(name, &listing.rows, Parent::Given(view));
            gathered.add(records, listing.doubt);
        }
        Ok(gathered)
    }

    /// Owner invoices: the list has the totals, only the show has the lines.
    async fn owner_invoices(&mut self) -> Result<(), FetchError> {
        let name = "payment_applications";
        let path = "/rest/v1.0/payment_applications";
        let gathered = self.shown(name, path, path, &[self.project_id()]).await;
        let good = self.changes();
        self.reader.settle_gathered(name, gathered, good)
    }

    async fn direct_costs(&mut self) -> Result<(), FetchError> {
        let name = "direct_costs";
        let path = format!("/rest/v1.1/projects/{}/direct_costs", self.project.id);
        let gathered = self.shown(name, &path, &path, &[]).await;
        let good = self.changes();
        self.reader.settle_gathered(name, gathered, good)
    }

    /// A list whose records are read one by one, because only the show is complete.
    async fn shown(
        &self,
        resource: &'static str,
        list: &str,
        show: &str,
        parameters: &[Parameter],
    ) -> Result<Gathered, FetchError> {
        let listing = self.reader.paged(resource, list, parameters).await?;
        let place = self.reader.place(resource);
        let mut gathered = Gathered {
            doubt: listing.doubt,
            ..Gathered::default()
        };
        for row in listing.rows.iter().filter(|row| self.is_fresh(row)) {
            let path = format!("{show}/{}", row.id);
            let body = match self.reader.client.show(&place, &path, parameters).await {
                Ok(body) => body,
                Err(error) if error.cause.is_blind() => {
                    let doubt = format!("record {} is listed and cannot be read", row.id);
                    gathered.add(Vec::new(), Some(doubt));
                    continue;
                }
                Err(error) => return Err(error),
            };
            let shown = Row::new(&body);
            if shown.id != row.id {
                let doubt = format!("record {} was asked for and {} came", row.id, shown.id);
                gathered.add(Vec::new(), Some(doubt));
                continue;
            }
            let parent = match resource {
                "payment_applications" => Parent::Inside("contract", "id"),
                "requisitions" => Parent::Member("commitment_id"),
                _ => Parent::None,
            };
            gathered
                .records
                .push(self.reader.record(resource, &shown, parent));
        }
        Ok(gathered)
    }

    async fn subcontractor_invoices(&mut self) -> Result<(), FetchError> {
        let path = format!("/rest/v1.0/projects/{}/billing_periods", self.project.id);
        let periods = self.reader.paged("billing_periods", &path, &[]).await;
        self.reader
            .settle("billing_periods", periods, Parent::None, Verdict::Whole)?;

        let name = "requisitions";
        let path = "/rest/v1.1/requisitions";
        let view = ("view", "extended".to_owned());
        let mut parameters = vec![self.project_id(), view.clone()];
        parameters.extend(updated_since(self.scope, self.plan));
        let listing = self.reader.paged(name, path, &parameters).await;
        let good = self.changes();
        // Where the extended list leaves the items out, each invoice is read by itself.
        let thin = |row: &Row| member(&row.body, "items").is_none();
        if listing
            .as_ref()
            .is_ok_and(|listing| listing.rows.iter().any(thin))
        {
            let gathered = self
                .shown(name, path, path, &[self.project_id(), view])
                .await;
            return self.reader.settle_gathered(name, gathered, good);
        }
        self.reader
            .settle(name, listing, Parent::Member("commitment_id"), good)?;
        Ok(())
    }

    /// Manpower by windows of days; without dates Procore shows today only.
    async fn manpower(&mut self) -> Result<(), FetchError> {
        let name = "manpower_logs";
        let path = format!("/rest/v1.0/projects/{}/manpower_logs", self.project.id);
        let from = self
            .project
            .since
            .map_or(self.plan.days_from, |day| day.max(self.plan.days_from));
        let mut gathered = Gathered::default();
        for (start, end) in windows(from.min(self.plan.today), self.plan.today) {
            let parameters = [
                ("start_date", start.to_string()),
                ("end_date", end.to_string()),
                ("filters[status]", "all".to_owned()),
            ];
            match self.reader.paged(name, &path, &parameters).await {
                Ok(listing) => {
                    let records = self.reader.records(name, &listing.rows, Parent::None);
                    gathered.add(records, listing.doubt);
                }
                Err(error) => return self.reader.refused(name, error),
            }
        }
        self.reader
            .settle_gathered(name, Ok(gathered), Verdict::Whole)
    }

    /// Whether a row has to be looked at: always in a full read, otherwise when it was changed
    /// since the cursor, or does not say when it was changed.
    pub(super) fn is_fresh(&self, row: &Row) -> bool {
        let Scope::Since(since) = self.scope else {
            return true;
        };
        let Some(text) = row.text("updated_at") else {
            return true;
        };
        match text.parse::<Timestamp>() {
            Ok(at) => at >= since,
            // Some resources state the day only.
            Err(_) => match text.parse::<Date>() {
                Ok(day) => day.to_string() >= since.strftime("%Y-%m-%d").to_string(),
                Err(_) => true,
            },
        }
    }
}

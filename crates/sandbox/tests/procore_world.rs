//! The simulated contractor as the Procore server serves it: nothing is lost, nothing contradicts
//! itself, and a client that walks the vendor's routes gets the whole world.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use sandbox::contractor::{Plan, generate};
use sandbox::procore::{Books, Config, Handle, Principal, conforms, declared, start};
use sandbox::world::World;
use serde_json::Value;

struct Reader {
    http: reqwest::Client,
    server: Handle,
    token: String,
    read: BTreeMap<String, BTreeSet<String>>,
}

impl Reader {
    async fn start(world: &World) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let server = start(Config::default(), Some(Books::from(world)))
            .await
            .unwrap();
        let issued = server.issue_token(Principal::ServiceAccount);
        let token = issued["access_token"].as_str().unwrap().to_owned();
        let http = reqwest::Client::builder().build().unwrap();
        Self {
            http,
            server,
            token,
            read: BTreeMap::new(),
        }
    }

    /// Walks a list by `Link` and notes the ids that it gave.
    async fn walk(&mut self, name: &str, path: &str) -> Vec<i64> {
        let glue = if path.contains('?') { '&' } else { '?' };
        let mut next = Some(format!("{}{path}{glue}per_page=100", self.server.api_url()));
        let mut ids = Vec::new();
        while let Some(url) = next {
            let response = self
                .http
                .get(&url)
                .bearer_auth(&self.token)
                .header("Procore-Company-Id", self.server.company_id().to_string())
                .send()
                .await
                .unwrap();
            assert_eq!(response.status(), 200, "{url}");
            let link = response
                .headers()
                .get("link")
                .map(|link| link.to_str().unwrap().to_owned());
            let body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
            let rows = body.as_array().or_else(|| body["data"].as_array()).unwrap();
            let read = self.read.entry(name.to_owned()).or_default();
            for row in rows {
                check_amounts(name, row);
                let id = row["id"].to_string().trim_matches('"').to_owned();
                read.insert(format!(
                    "{id} {}",
                    if name == "budget_detail_rows" {
                        row["cost_code_id"].to_string()
                    } else {
                        String::new()
                    }
                ));
                ids.extend(id.parse::<i64>());
            }
            next = link.and_then(|links| {
                let part = links
                    .split(", ")
                    .find(|part| part.ends_with("rel=\"next\""))?
                    .to_owned();
                Some(part.split('>').next()?.trim_start_matches('<').to_owned())
            });
        }
        ids
    }

    async fn read_company(&mut self) -> Vec<i64> {
        let company = self.server.company_id();
        let base = format!("/rest/v1.0/companies/{company}");
        self.walk(
            "vendors",
            &format!("/rest/v1.0/vendors?company_id={company}"),
        )
        .await;
        self.walk("vendors", &format!("{base}/vendors/inactive"))
            .await;
        self.walk("insurances", &format!("{base}/insurances")).await;
        self.walk("users", &format!("/rest/v1.3/companies/{company}/users"))
            .await;
        self.walk("people", &format!("{base}/people")).await;
        self.walk(
            "line_item_types",
            &format!("/rest/v1.0/line_item_types?company_id={company}"),
        )
        .await;
        let days = "start_date=2000-01-01&end_date=2100-01-01";
        self.walk(
            "timecard_entries",
            &format!("{base}/timecard_entries?{days}"),
        )
        .await;
        let projects = format!("/rest/v1.1/projects?company_id={company}&filters[by_status]=All");
        self.walk("projects", &projects).await
    }

    async fn read_project(&mut self, project: i64) {
        let v1 = format!("/rest/v1.0/projects/{project}");
        let of = |path: &str| format!("/rest/v1.0/{path}?project_id={project}");
        for (name, path) in [
            ("cost_codes", of("cost_codes")),
            ("line_item_types", of("line_item_types")),
            (
                "prime_change_orders",
                format!("{v1}/prime_change_orders?filters[include_deleted]=with"),
            ),
            (
                "commitment_change_orders",
                format!("{v1}/commitment_change_orders?filters[include_deleted]=with"),
            ),
            ("change_order_packages", of("change_order_packages")),
            ("potential_change_orders", of("potential_change_orders")),
            ("payment_applications", of("payment_applications")),
            ("billing_periods", format!("{v1}/billing_periods")),
            (
                "requisitions",
                format!("/rest/v1.1/requisitions?project_id={project}&view=extended"),
            ),
            (
                "direct_costs",
                format!("/rest/v1.1/projects/{project}/direct_costs"),
            ),
            (
                "manpower_logs",
                format!(
                    "{v1}/manpower_logs?start_date=2000-01-01&end_date=2100-01-01&filters[status]=all"
                ),
            ),
            ("schedule_tasks", of("tasks")),
            ("observations", of("observations/items")),
            ("punch_items", of("punch_items")),
            ("rfis", format!("{v1}/rfis")),
            (
                "submittals",
                format!("/rest/v1.1/projects/{project}/submittals"),
            ),
            (
                "documents",
                format!("/rest/v2.0/projects/{project}/documents"),
            ),
        ] {
            self.walk(name, &path).await;
        }
        for view in self.walk("budget_views", &of("budget_views")).await {
            let path = format!(
                "/rest/v1.0/budget_views/{view}/detail_rows?project_id={project}&budget_row_type=all"
            );
            self.walk("budget_detail_rows", &path).await;
        }
        for (kind, lines) in [
            ("prime_contracts", "prime_contract_line_items"),
            ("work_order_contracts", "commitment_line_items"),
            ("purchase_order_contracts", "commitment_line_items"),
        ] {
            let list =
                format!("/rest/v1.0/{kind}?project_id={project}&filters[include_deleted]=with");
            for contract in self.walk(kind, &list).await {
                let path = format!("/rest/v1.0/{kind}/{contract}/line_items?project_id={project}");
                self.walk(lines, &path).await;
                let path = format!(
                    "/rest/v1.0/contract_payments?project_id={project}&contract_id={contract}"
                );
                self.walk("contract_payments", &path).await;
            }
        }
    }
}

/// Every amount must be written in the style declared for it.
fn check_amounts(collection: &str, body: &Value) {
    for (container, style, field) in declared(collection) {
        let holders: Vec<&Value> = match container.strip_suffix("[]") {
            Some(rows) => body[rows].as_array().into_iter().flatten().collect(),
            None if container.is_empty() => vec![body],
            None => vec![&body[container]],
        };
        for holder in holders {
            let value = &holder[field];
            assert!(
                conforms(style, value),
                "{collection} {container}.{field} is {value}, not {style:?}"
            );
        }
    }
}

/// The records that a reader must find: live ones, and deleted contracts and change orders.
fn expected(world: &World) -> BTreeMap<String, BTreeSet<String>> {
    let keeps_deleted = ["contracts", "change_orders"];
    let mut all = BTreeMap::new();
    for (name, records) in &world.procore {
        let shown = records.iter().filter(|record| {
            let deleted = record
                .body
                .get("deleted_at")
                .is_some_and(|at| !at.is_null());
            !deleted || keeps_deleted.iter().any(|kind| name.ends_with(kind))
        });
        let ids: BTreeSet<String> = shown
            .map(|record| {
                let id = record.body["id"].to_string().trim_matches('"').to_owned();
                let code = if name == "budget_detail_rows" {
                    record.body["cost_code_id"].to_string()
                } else {
                    String::new()
                };
                format!("{id} {code}")
            })
            .collect();
        if !ids.is_empty() {
            all.insert(name.clone(), ids);
        }
    }
    all
}

#[tokio::test]
async fn a_client_that_walks_the_routes_reads_the_whole_world() {
    let world = generate(&Plan::small(7));
    let mut reader = Reader::start(&world).await;
    for project in reader.read_company().await {
        reader.read_project(project).await;
    }
    for (name, ids) in expected(&world) {
        let read = reader.read.get(&name).cloned().unwrap_or_default();
        let missing: Vec<_> = ids.difference(&read).take(3).collect();
        let invented: Vec<_> = read.difference(&ids).take(3).collect();
        assert!(
            missing.is_empty() && invented.is_empty(),
            "{name}: missing {missing:?}, invented {invented:?}"
        );
    }
    reader.server.shutdown().await;
}

#[tokio::test]
async fn simulated_worlds_contradict_themselves_nowhere() {
    for plan in [
        Plan::small(1).clean(),
        Plan::small(2),
        Plan::small(3),
        Plan::demo(),
    ] {
        let seed = plan.seed;
        let server = start(Config::default(), Some(Books::from(generate(&plan))))
            .await
            .unwrap();
        let found = server.inconsistencies();
        assert!(
            found.is_empty(),
            "seed {seed}: {} of them, first {:#?}",
            found.len(),
            &found[..found.len().min(5)]
        );
        server.shutdown().await;
    }
}

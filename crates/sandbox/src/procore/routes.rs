//! Every route of the vendor's API that is served, as one flat list.
//!
//! The admin area is not in here: it is no part of the vendor's API.

use super::reply::Refusal;
use super::route::{
    Does, Params, Parent, Route, create, delete, hook, list, show, special, sync_rows, update,
};
use super::{documents, hooks, reference, totals};

const CONTRACT: Parent = Parent::Path("contract_id");

/// The path that a request asked for, without a trailing slash.
pub(crate) fn find(method: &str, path: &str) -> Result<(&'static Route, Params), Refusal> {
    let mut known_path = false;
    for route in ROUTES.iter().copied().flatten() {
        if let Some(params) = route.fit(path) {
            if route.method == method {
                return Ok((route, params));
            }
            known_path = true;
        }
    }
    if known_path {
        return Err(Refusal::new(405, "Method Not Allowed"));
    }
    Err(Refusal::not_found())
}

static ROUTES: &[&[Route]] = &[
    COMPANY,
    CODES,
    BUDGET,
    OWNER,
    COMMITMENTS,
    FIELD,
    WRITES,
    HOOKS,
];

const COMPANY: &[Route] = &[
    special("/rest/v1.0/me", "", reference::me).company().open(),
    special("/rest/v1.0/companies", "", reference::companies)
        .company()
        .open(),
    special(
        "/rest/v1.0/companies/{company_id}/me",
        "",
        reference::company_me,
    )
    .company(),
    special(
        "/rest/v1.1/companies/{company_id}/me",
        "",
        reference::company_me,
    )
    .company(),
    special(
        "/rest/v1.3/companies/{company_id}/me",
        "",
        reference::company_me,
    )
    .company(),
    special("/rest/v1.0/company_base_url", "", reference::base_url).company(),
    special(
        "/rest/v1.0/projects/{project_id}/tools",
        "",
        reference::tools,
    ),
    special(
        "/rest/v1.0/settings/permissions",
        "",
        reference::permissions,
    )
    .company(),
    list("/rest/v1.0/projects", "projects", "portfolio")
        .company()
        .paged(100, 300),
    list("/rest/v1.1/projects", "projects", "portfolio")
        .company()
        .paged(100, 300),
    show("/rest/v1.0/projects/{id}", "projects", "portfolio").company(),
    show("/rest/v1.1/projects/{id}", "projects", "portfolio").company(),
    list(
        "/rest/v1.0/companies/{company_id}/projects",
        "projects",
        "portfolio",
    )
    .company(),
    special(
        "/rest/v1.0/project_roles",
        "directory",
        reference::project_roles,
    ),
    list(
        "/rest/v1.0/companies/{company_id}/users",
        "users",
        "company_directory",
    )
    .company(),
    list(
        "/rest/v1.1/companies/{company_id}/users",
        "users",
        "company_directory",
    )
    .company(),
    list(
        "/rest/v1.3/companies/{company_id}/users",
        "users",
        "company_directory",
    )
    .company(),
    show(
        "/rest/v1.0/companies/{company_id}/users/{id}",
        "users",
        "company_directory",
    )
    .company(),
    show(
        "/rest/v1.3/companies/{company_id}/users/{id}",
        "users",
        "company_directory",
    )
    .company(),
    list(
        "/rest/v1.0/companies/{company_id}/people",
        "people",
        "company_directory",
    )
    .company(),
    special(
        "/rest/v1.0/projects/{project_id}/users",
        "directory",
        reference::project_users,
    ),
    special(
        "/rest/v1.0/projects/{project_id}/people",
        "directory",
        reference::project_people,
    ),
    list("/rest/v1.0/projects/{project_id}/crews", "crews", "crews"),
    list(
        "/rest/v1.0/companies/{company_id}/work_classifications",
        "work_classifications",
        "company_directory",
    )
    .company(),
    list("/rest/v1.0/vendors", "vendors", "company_directory").company(),
    show("/rest/v1.0/vendors/{id}", "vendors", "company_directory").company(),
    special(
        "/rest/v1.0/companies/{company_id}/vendors/inactive",
        "company_directory",
        reference::inactive_vendors,
    )
    .company(),
    special(
        "/rest/v1.1/projects/{project_id}/vendors",
        "directory",
        reference::project_vendors,
    ),
    list(
        "/rest/v1.0/companies/{company_id}/insurances",
        "insurances",
        "company_directory",
    )
    .company(),
    list(
        "/rest/v1.0/companies/{company_id}/vendors/{vendor_id}/insurances",
        "insurances",
        "company_directory",
    )
    .company()
    .under(Parent::Path("vendor_id")),
    show(
        "/rest/v1.0/companies/{company_id}/vendors/{vendor_id}/insurances/{id}",
        "insurances",
        "company_directory",
    )
    .company()
    .under(Parent::Path("vendor_id")),
    list(
        "/rest/v1.0/projects/{project_id}/insurances",
        "project_insurances",
        "directory",
    ),
    list(
        "/rest/v1.0/projects/{project_id}/lien_waivers",
        "lien_waivers",
        "commitments",
    ),
];

const CODES: &[Route] = &[
    list("/rest/v1.0/cost_codes", "cost_codes", "admin"),
    show("/rest/v1.0/cost_codes/{id}", "cost_codes", "admin"),
    special("/rest/v1.0/line_item_types", "", reference::line_item_types).company(),
    list("/rest/v1.0/sub_jobs", "sub_jobs", "admin"),
    list("/rest/v1.0/tax_codes", "tax_codes", "company_admin").company(),
    special(
        "/rest/v1.0/projects/{project_id}/work_breakdown_structure/wbs_codes",
        "admin",
        reference::wbs_codes,
    ),
    special(
        "/rest/v2.0/companies/{company_id}/projects/{project_id}/wbs/codes",
        "admin",
        reference::wbs_codes_v2,
    ),
];

const BUDGET: &[Route] = &[
    special(
        "/rest/v1.0/projects/{project_id}/budget",
        "budget",
        reference::budget,
    ),
    special("/rest/v1.0/budget_views", "budget", reference::budget_views),
    special(
        "/rest/v1.0/budget_views/{view_id}/detail_rows",
        "budget",
        reference::detail_rows,
    ),
    special(
        "/rest/v1.0/budget_line_items/{id}",
        "budget",
        reference::budget_line_item,
    ),
    list(
        "/rest/v1.0/projects/{project_id}/budget_changes",
        "budget_changes",
        "budget",
    )
    .paged(0, 0)
    .enveloped(),
    show(
        "/rest/v1.0/projects/{project_id}/budget_changes/{id}",
        "budget_changes",
        "budget",
    )
    .enveloped(),
];

const OWNER: &[Route] = &[
    list("/rest/v1.0/prime_contracts", "prime_contracts", "prime_contract"),
    show("/rest/v1.0/prime_contract/{id}", "prime_contracts", "prime_contract"),
    Route::new("GET", "/rest/v1.0/prime_contract", Does::First, "prime_contracts", "prime_contract"),
    list(
        "/rest/v1.0/prime_contracts/{contract_id}/line_items",
        "prime_contract_line_items",
        "prime_contract",
    )
    .under(CONTRACT),
    list(
        "/rest/v2.0/companies/{company_id}/projects/{project_id}/prime_contracts",
        "prime_contracts",
        "prime_contract",
    ),
    show(
        "/rest/v2.0/companies/{company_id}/projects/{project_id}/prime_contracts/{id}",
        "prime_contracts",
        "prime_contract",
    ),
    list(
        "/rest/v2.0/companies/{company_id}/projects/{project_id}/prime_contracts/{contract_id}/line_items",
        "prime_contract_line_items",
        "prime_contract",
    )
    .under(CONTRACT),
    special(
        "/rest/v2.0/companies/{company_id}/projects/{project_id}/prime_contracts/{contract_id}/summary",
        "prime_contract",
        totals::summary,
    ),
    list("/rest/v1.0/payment_applications", "payment_applications", "prime_contract")
        .paged(30, 2_000),
    list(
        "/rest/v1.0/prime_contracts/{contract_id}/payment_applications",
        "payment_applications",
        "prime_contract",
    )
    .under(CONTRACT)
    .paged(30, 2_000),
    show("/rest/v1.0/payment_applications/{id}", "payment_applications", "prime_contract"),
    list("/rest/v1.0/contract_payments", "contract_payments", "")
        .under(Parent::QueryRequired("contract_id")),
    show("/rest/v1.0/contract_payments/{id}", "contract_payments", "")
        .under(Parent::QueryRequired("contract_id")),
    list("/rest/v1.0/projects/{project_id}/prime_change_orders", "prime_change_orders", "change_orders")
        .paged(0, 0),
    show(
        "/rest/v1.0/projects/{project_id}/prime_change_orders/{id}",
        "prime_change_orders",
        "change_orders",
    ),
    list(
        "/rest/v1.0/projects/{project_id}/commitment_change_orders",
        "commitment_change_orders",
        "change_orders",
    )
    .paged(0, 0),
    show(
        "/rest/v1.0/projects/{project_id}/commitment_change_orders/{id}",
        "commitment_change_orders",
        "change_orders",
    ),
    list(
        "/rest/v2.0/companies/{company_id}/projects/{project_id}/prime_change_orders/{order_id}/line_items",
        "prime_change_order_line_items",
        "change_orders",
    )
    .under(Parent::Path("order_id")),
    list(
        "/rest/v2.0/companies/{company_id}/projects/{project_id}/commitment_change_orders/{order_id}/line_items",
        "commitment_change_order_line_items",
        "change_orders",
    )
    .under(Parent::Path("order_id")),
    list("/rest/v1.0/change_order_packages", "change_order_packages", "change_orders")
        .under(Parent::Query("contract_id")),
    show("/rest/v1.0/change_order_packages/{id}", "change_order_packages", "change_orders"),
    list("/rest/v1.0/change_order_requests", "change_order_requests", "change_orders")
        .under(Parent::Query("contract_id")),
    list("/rest/v1.0/potential_change_orders", "potential_change_orders", "change_orders")
        .under(Parent::Query("contract_id")),
    show("/rest/v1.0/potential_change_orders/{id}", "potential_change_orders", "change_orders"),
    list("/rest/v1.1/change_events", "change_events", "change_events"),
];

const COMMITMENTS: &[Route] = &[
    list("/rest/v1.0/work_order_contracts", "work_order_contracts", "commitments"),
    show("/rest/v1.0/work_order_contracts/{id}", "work_order_contracts", "commitments"),
    list(
        "/rest/v1.0/work_order_contracts/{contract_id}/line_items",
        "commitment_line_items",
        "commitments",
    )
    .under(CONTRACT),
    list("/rest/v1.0/purchase_order_contracts", "purchase_order_contracts", "commitments"),
    show("/rest/v1.0/purchase_order_contracts/{id}", "purchase_order_contracts", "commitments"),
    list(
        "/rest/v1.0/purchase_order_contracts/{contract_id}/line_items",
        "commitment_line_items",
        "commitments",
    )
    .under(CONTRACT),
    special(
        "/rest/v2.0/companies/{company_id}/projects/{project_id}/commitment_contracts",
        "commitments",
        totals::commitments_v2,
    ),
    special(
        "/rest/v2.0/companies/{company_id}/projects/{project_id}/commitment_contracts/{contract_id}",
        "commitments",
        totals::commitment_v2,
    ),
    list(
        "/rest/v2.0/companies/{company_id}/projects/{project_id}/commitment_contracts/{contract_id}/line_items",
        "commitment_line_items",
        "commitments",
    )
    .under(CONTRACT),
    special(
        "/rest/v2.0/companies/{company_id}/projects/{project_id}/commitment_contracts/{contract_id}/summary",
        "commitments",
        totals::summary,
    ),
    list("/rest/v1.0/projects/{project_id}/billing_periods", "billing_periods", "invoicing"),
    list("/rest/v1.0/requisitions", "requisitions", "commitments").paged(30, 2_000),
    list("/rest/v1.1/requisitions", "requisitions", "commitments").paged(30, 2_000),
    show("/rest/v1.0/requisitions/{id}", "requisitions", "commitments"),
    show("/rest/v1.1/requisitions/{id}", "requisitions", "commitments"),
    special(
        "/rest/v1.0/requisitions/{id}/contract_items",
        "commitments",
        totals::requisition_contract_items,
    ),
    special(
        "/rest/v1.0/requisitions/{id}/contract_detail_items",
        "commitments",
        totals::requisition_detail_items,
    ),
    special(
        "/rest/v1.0/requisitions/{id}/change_order_items",
        "commitments",
        totals::requisition_change_order_items,
    ),
    list("/rest/v1.1/projects/{project_id}/direct_costs", "direct_costs", "direct_costs"),
    special(
        "/rest/v1.0/projects/{project_id}/direct_costs/line_items",
        "direct_costs",
        totals::direct_cost_lines,
    ),
    show("/rest/v1.1/projects/{project_id}/direct_costs/{id}", "direct_costs", "direct_costs"),
];

const FIELD: &[Route] = &[
    list("/rest/v1.0/projects/{project_id}/rfis", "rfis", "rfi"),
    show("/rest/v1.0/projects/{project_id}/rfis/{id}", "rfis", "rfi"),
    list(
        "/rest/v1.1/projects/{project_id}/submittals",
        "submittals",
        "submittal_log",
    ),
    show(
        "/rest/v1.1/projects/{project_id}/submittals/{id}",
        "submittals",
        "submittal_log",
    ),
    list(
        "/rest/v2.0/projects/{project_id}/documents",
        "documents",
        "documents",
    ),
    special("/rest/v1.0/folders", "documents", documents::root),
    special("/rest/v1.0/folders/{id}", "documents", documents::folder),
    special("/rest/v1.0/files/{id}", "documents", documents::file),
    list(
        "/rest/v1.0/companies/{company_id}/timecard_entries",
        "timecard_entries",
        "company_timesheets",
    )
    .company()
    .daily(),
    list(
        "/rest/v1.0/projects/{project_id}/timecard_entries",
        "timecard_entries",
        "timecard",
    )
    .daily(),
    list(
        "/rest/v1.0/companies/{company_id}/timecard_time_types",
        "timecard_time_types",
        "company_timesheets",
    )
    .company()
    .paged(0, 0),
    list(
        "/rest/v1.0/timecard_time_types",
        "timecard_time_types",
        "company_timesheets",
    )
    .company()
    .paged(0, 0),
    list(
        "/rest/v1.0/projects/{project_id}/manpower_logs",
        "manpower_logs",
        "daily_log",
    )
    .daily(),
    list(
        "/rest/v1.0/projects/{project_id}/delay_logs",
        "delay_logs",
        "daily_log",
    )
    .daily(),
    list("/rest/v1.0/tasks", "schedule_tasks", "schedule"),
    list(
        "/rest/v1.0/observations/items",
        "observations",
        "observations",
    ),
    show(
        "/rest/v1.0/observations/items/{id}",
        "observations",
        "observations",
    ),
    list("/rest/v1.0/punch_items", "punch_items", "punch_list"),
    show("/rest/v1.0/punch_items/{id}", "punch_items", "punch_list"),
    list(
        "/rest/v1.0/coordination_issues",
        "coordination_issues",
        "coordination_issues",
    ),
];

const WRITES: &[Route] = &[
    create(
        "/rest/v1.0/vendors",
        "vendors",
        "company_directory",
        "vendor",
    )
    .company(),
    sync_rows("/rest/v1.0/vendors/sync", "vendors", "company_directory").company(),
    update(
        "/rest/v1.0/vendors/{id}",
        "vendors",
        "company_directory",
        "vendor",
    )
    .company(),
    sync_rows("/rest/v1.0/projects/sync", "projects", "portfolio").company(),
    sync_rows("/rest/v1.0/cost_codes/sync", "cost_codes", "admin"),
    sync_rows(
        "/rest/v1.0/work_order_contracts/sync",
        "work_order_contracts",
        "commitments",
    ),
    sync_rows(
        "/rest/v1.0/purchase_order_contracts/sync",
        "purchase_order_contracts",
        "commitments",
    ),
    sync_rows(
        "/rest/v1.1/projects/{project_id}/direct_costs/sync",
        "direct_costs",
        "direct_costs",
    ),
    create(
        "/rest/v1.0/projects/{project_id}/rfis",
        "rfis",
        "rfi",
        "rfi",
    ),
    update(
        "/rest/v1.0/projects/{project_id}/rfis/{id}",
        "rfis",
        "rfi",
        "rfi",
    ),
    create(
        "/rest/v1.1/projects/{project_id}/direct_costs",
        "direct_costs",
        "direct_costs",
        "direct_cost",
    ),
    update(
        "/rest/v1.1/projects/{project_id}/direct_costs/{id}",
        "direct_costs",
        "direct_costs",
        "direct_cost",
    ),
    delete(
        "/rest/v1.1/projects/{project_id}/direct_costs/{id}",
        "direct_costs",
        "direct_costs",
    ),
    create(
        "/rest/v1.0/contract_payments",
        "contract_payments",
        "commitments",
        "contract_payment",
    )
    .under(Parent::QueryRequired("contract_id")),
    update(
        "/rest/v1.0/contract_payments/{id}",
        "contract_payments",
        "commitments",
        "contract_payment",
    ),
    delete(
        "/rest/v1.0/contract_payments/{id}",
        "contract_payments",
        "commitments",
    ),
    update(
        "/rest/v1.0/work_order_contracts/{id}",
        "work_order_contracts",
        "commitments",
        "work_order_contract",
    ),
    update(
        "/rest/v1.0/purchase_order_contracts/{id}",
        "purchase_order_contracts",
        "commitments",
        "purchase_order_contract",
    ),
    update(
        "/rest/v1.1/requisitions/{id}",
        "requisitions",
        "commitments",
        "requisition",
    ),
    create(
        "/rest/v1.0/punch_items",
        "punch_items",
        "punch_list",
        "punch_item",
    ),
    update(
        "/rest/v1.0/punch_items/{id}",
        "punch_items",
        "punch_list",
        "punch_item",
    ),
    delete("/rest/v1.0/punch_items/{id}", "punch_items", "punch_list"),
    Route::new(
        "PATCH",
        "/rest/v1.0/files/{id}",
        Does::Special(documents::move_file),
        "",
        "documents",
    ),
];

const HOOKS: &[Route] = &[
    hook("GET", "/rest/v1.0/webhooks/hooks", hooks::list),
    hook("POST", "/rest/v1.0/webhooks/hooks", hooks::create),
    hook("GET", "/rest/v1.0/webhooks/hooks/{hook_id}", hooks::show),
    hook(
        "PATCH",
        "/rest/v1.0/webhooks/hooks/{hook_id}",
        hooks::update,
    ),
    hook(
        "DELETE",
        "/rest/v1.0/webhooks/hooks/{hook_id}",
        hooks::delete,
    ),
    hook(
        "GET",
        "/rest/v1.0/webhooks/hooks/{hook_id}/triggers",
        hooks::triggers,
    ),
    hook(
        "POST",
        "/rest/v1.0/webhooks/hooks/{hook_id}/triggers",
        hooks::add_trigger,
    ),
    hook(
        "POST",
        "/rest/v1.0/webhooks/hooks/{hook_id}/triggers/bulk",
        hooks::add_triggers,
    ),
    hook(
        "DELETE",
        "/rest/v1.0/webhooks/hooks/{hook_id}/triggers/{trigger_id}",
        hooks::delete_trigger,
    ),
    hook(
        "GET",
        "/rest/v1.0/webhooks/hooks/{hook_id}/deliveries",
        hooks::deliveries,
    ),
    hook(
        "GET",
        "/rest/v2.0/companies/{company_id}/webhooks/hooks",
        hooks::list,
    ),
    hook(
        "POST",
        "/rest/v2.0/companies/{company_id}/webhooks/hooks",
        hooks::create,
    ),
    hook(
        "DELETE",
        "/rest/v2.0/companies/{company_id}/webhooks/hooks/{hook_id}",
        hooks::delete,
    ),
    hook(
        "GET",
        "/rest/v2.0/companies/{company_id}/webhooks/hooks/{hook_id}/triggers",
        hooks::triggers,
    ),
    hook(
        "POST",
        "/rest/v2.0/companies/{company_id}/webhooks/hooks/{hook_id}/triggers",
        hooks::add_trigger,
    ),
    hook(
        "GET",
        "/rest/v2.0/companies/{company_id}/webhooks/hooks/{hook_id}/deliveries",
        hooks::deliveries,
    ),
    hook(
        "GET",
        "/rest/v2.0/companies/{company_id}/webhooks/resources",
        hooks::resources,
    ),
    hook(
        "GET",
        "/rest/v2.0/companies/{company_id}/projects/{project_id}/webhooks/hooks",
        hooks::list,
    ),
    hook(
        "POST",
        "/rest/v2.0/companies/{company_id}/projects/{project_id}/webhooks/hooks",
        hooks::create,
    ),
    hook(
        "GET",
        "/rest/v2.0/companies/{company_id}/projects/{project_id}/webhooks/resources",
        hooks::resources,
    ),
];

/// Every pattern served, for coverage tests and the state dump.
pub(crate) fn patterns() -> impl Iterator<Item = (&'static str, &'static str)> {
    ROUTES
        .iter()
        .copied()
        .flatten()
        .map(|route| (route.method, route.pattern))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literal_paths_win_over_parameters_that_would_swallow_them() {
        let lines = find("GET", "/rest/v1.0/projects/7/direct_costs/line_items").unwrap();
        assert!(matches!(lines.0.does, Does::Special(_)));
        let sync = find("PATCH", "/rest/v1.0/vendors/sync").unwrap();
        assert!(matches!(sync.0.does, Does::Sync));
        let show = find("GET", "/rest/v1.1/projects/7/direct_costs/9").unwrap();
        assert_eq!(
            show.1,
            [("project_id", "7".to_owned()), ("id", "9".to_owned())]
        );
        assert_eq!(find("GET", "/rest/v1.0/nothing").unwrap_err().status, 404);
        assert_eq!(find("PUT", "/rest/v1.0/vendors").unwrap_err().status, 405);
    }

    #[test]
    fn no_route_is_hidden_by_an_earlier_one() {
        for (method, pattern) in patterns() {
            let path = pattern.replace(['{', '}'], "");
            let (route, _) = find(method, &path).unwrap();
            assert_eq!((route.method, route.pattern), (method, pattern));
        }
    }
}

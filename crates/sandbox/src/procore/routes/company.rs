//! Routes of the company, its directory, codes and budgets.

use crate::procore::route::{Parent, Route, list, show, special};
use crate::procore::{derived, reference};

pub(super) const COMPANY: &[Route] = &[
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
    special(
        "/rest/v1.0/companies/{company_id}/users/inactive",
        "company_directory",
        reference::inactive_users,
    )
    .company(),
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
    special(
        "/rest/v1.0/projects/{project_id}/lien_waivers",
        "commitments",
        derived::lien_waivers,
    ),
    list(
        "/rest/v1.0/projects/{project_id}/vendors/{vendor_id}/insurances",
        "project_insurances",
        "directory",
    )
    .under(Parent::Path("vendor_id")),
];

pub(super) const CODES: &[Route] = &[
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
    list("/rest/v1.0/tax_types", "tax_types", "company_admin").company(),
    list(
        "/rest/v1.0/standard_cost_codes",
        "standard_cost_codes",
        "company_admin",
    )
    .company(),
];

pub(super) const BUDGET: &[Route] = &[
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

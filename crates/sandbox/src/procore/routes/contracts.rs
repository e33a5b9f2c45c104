//! Routes of both sides of the contract: owner, commitments, direct costs.

use crate::procore::route::{Does, Parent, Route, list, show, special};
use crate::procore::{derived, totals};

const CONTRACT: Parent = Parent::Path("contract_id");

pub(super) const OWNER: &[Route] = &[
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
    list(
        "/rest/v1.0/potential_change_orders/{order_id}/line_items",
        "potential_change_order_line_items",
        "change_orders",
    )
    .under(Parent::Path("order_id")),
    list(
        "/rest/v1.0/projects/{project_id}/prime_change_order_batches",
        "prime_change_order_batches",
        "change_orders",
    ),
    list(
        "/rest/v1.0/projects/{project_id}/commitment_change_order_batches",
        "commitment_change_order_batches",
        "change_orders",
    ),
];

pub(super) const COMMITMENTS: &[Route] = &[
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
    list(
        "/rest/v1.0/work_order_contracts/{contract_id}/line_item_contract_details",
        "line_item_contract_details",
        "commitments",
    )
    .under(CONTRACT),
    special(
        "/rest/v1.0/projects/{project_id}/work_order_contracts/{contract_id}/compliance",
        "commitments",
        derived::compliance,
    ),
    special(
        "/rest/v1.0/projects/{project_id}/purchase_order_contracts/{contract_id}/compliance",
        "commitments",
        derived::compliance,
    ),
];

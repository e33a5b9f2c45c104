//! Routes of documents, people at work, schedule and quality.

use crate::procore::route::{Route, list, show, special};
use crate::procore::{derived, documents};

pub(super) const FIELD: &[Route] = &[
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
    special(
        "/rest/v1.0/companies/{company_id}/timesheets",
        "company_timesheets",
        derived::timesheets,
    )
    .company()
    .daily(),
    list(
        "/rest/v1.0/projects/{project_id}/timesheets",
        "timesheets",
        "timecard",
    ),
    list(
        "/rest/v1.0/companies/{company_id}/gps_positions",
        "gps_positions",
        "company_timesheets",
    )
    .company(),
    list(
        "/rest/v2.0/companies/{company_id}/documents",
        "company_documents",
        "company_documents",
    )
    .company(),
];

//! What a connection to Procore can read, project by project, before anything is read.
//!
//! There are no OAuth scopes: what can be seen follows from the levels of an account in each
//! project. This asks for them, so that blind spots are known by name.

use std::collections::BTreeMap;

use figures::model::BlindSpot;
use serde::Serialize;
use smol_str::SmolStr;

use super::client::{Client, Row};
use super::fetch::Permissions;
use crate::http::{FetchError, Place};

/// What can be read of a company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Capabilities {
    /// Procore's company.
    pub company_id: i64,
    /// The projects that the connection sees, by id.
    pub projects: Vec<ProjectCapabilities>,
}

/// What can be read of a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProjectCapabilities {
    /// Procore's project.
    pub project_id: i64,
    /// Its number and name.
    pub name: String,
    /// What can be seen of each resource, by snapshot name.
    pub resources: BTreeMap<SmolStr, Sight>,
}

/// How much of a resource can be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "sight", content = "reason")]
pub enum Sight {
    /// All of it.
    Whole,
    /// Some of it; the reason says what may be hidden.
    Partial(&'static str),
    /// Nothing; the reason is that of the blind spot.
    Blind(&'static str),
}

impl Capabilities {
    /// Everything that cannot be seen whole.
    #[must_use]
    pub fn blind_spots(&self) -> Vec<BlindSpot> {
        let spots = self.projects.iter().flat_map(|project| {
            project
                .resources
                .iter()
                .filter_map(|(resource, sight)| match sight {
                    Sight::Whole => None,
                    Sight::Partial(reason) | Sight::Blind(reason) => Some(BlindSpot {
                        project_id: Some(project.project_id),
                        resource: resource.clone(),
                        reason: SmolStr::new_static(reason),
                    }),
                })
        });
        spots.collect()
    }
}

/// Asks Procore what the connection may read: two calls for each project.
///
/// # Errors
/// [`FetchError`] when the list of projects cannot be read, or nothing more can be read.
pub async fn read(client: &Client) -> Result<Capabilities, FetchError> {
    let company_id = client.company_id();
    let parameters = [
        ("company_id", company_id.to_string()),
        ("filters[by_status]", "All".to_owned()),
    ];
    let place = Place::company("projects");
    let listing = client
        .list(&place, "/rest/v1.1/projects", &parameters, Some(300))
        .await?;
    let mut projects = Vec::new();
    for row in &listing.rows {
        projects.extend(project(client, row).await?);
    }
    projects.sort_by_key(|project| project.project_id);
    Ok(Capabilities {
        company_id,
        projects,
    })
}

async fn project(client: &Client, row: &Row) -> Result<Option<ProjectCapabilities>, FetchError> {
    let Some(project_id) = row.number("id") else {
        return Ok(None);
    };
    let permissions = match Permissions::read(client, project_id).await {
        Ok(permissions) => Some(permissions),
        Err(error) if error.cause.is_blind() => None,
        Err(error) => return Err(error),
    };
    let name = row
        .text("display_name")
        .or_else(|| row.text("name"))
        .unwrap_or_default();
    let resources = Permissions::resources()
        .map(|resource| {
            let sight = permissions
                .as_ref()
                .map_or(Sight::Blind("not_a_member"), |permissions| {
                    permissions.sight(resource)
                });
            (SmolStr::new_static(resource), sight)
        })
        .collect();
    Ok(Some(ProjectCapabilities {
        project_id,
        name,
        resources,
    }))
}

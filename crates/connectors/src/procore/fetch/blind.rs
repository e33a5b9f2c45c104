//! Why something cannot be seen: tools that are off, levels that are too low, contracts that
//! Procore hides without a word.

use crate::fetch::member;
use crate::http::{FetchError, Place};
use crate::procore::capabilities::Sight;
use crate::procore::client::{Client, Row};

/// What the connection may do in one project, as Procore tells it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Permissions {
    /// Tools with their level, as in `settings/permissions`.
    pub(crate) tools: Vec<Tool>,
    /// Names of the tools that are switched off in the project.
    pub(crate) switched_off: Vec<String>,
}

/// One tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tool {
    /// Its names, reduced to lower-case letters and digits.
    pub(crate) names: Vec<String>,
    /// `none`, `read only`, `standard` or `admin`.
    pub(crate) level: String,
}

/// The tool behind a resource, by the names it is known under.
const TOOLS: &[(&[&str], &[&str])] = &[
    (
        &[
            "prime_contracts",
            "prime_contract_line_items",
            "payment_applications",
        ],
        PRIME,
    ),
    (
        &[
            "work_order_contracts",
            "purchase_order_contracts",
            "commitment_line_items",
            "requisitions",
        ],
        COMMITMENTS,
    ),
    (
        &[
            "prime_change_orders",
            "commitment_change_orders",
            "change_order_packages",
            "potential_change_orders",
        ],
        &["changeorders", "changeorder"],
    ),
    (&["budget_detail_rows"], &["budget"]),
    (&["direct_costs"], &["directcosts", "directcost"]),
    (&["billing_periods"], &["invoicing"]),
    (&["cost_codes"], &["admin"]),
    (&["manpower_logs"], &["dailylog", "dailylogs"]),
];

const PRIME: &[&str] = &["primecontracts", "primecontract"];
const COMMITMENTS: &[&str] = &["commitments", "commitment"];

/// The resources of a tool whose contracts may be private.
const PRIVATE_CONTRACTS: &[(&[&str], &[&str])] = &[
    (PRIME, &["prime_contracts"]),
    (
        COMMITMENTS,
        &["work_order_contracts", "purchase_order_contracts"],
    ),
];

impl Permissions {
    /// Asks Procore about one project; a refusal means that the project itself is out of reach.
    pub(crate) async fn read(client: &Client, project_id: i64) -> Result<Self, FetchError> {
        let place = Place::project("projects", project_id);
        let parameters = [("project_id", project_id.to_string())];
        let url = client.url("/rest/v1.0/settings/permissions", &parameters);
        let reply = client.get(&place, &url).await?;
        let text = std::str::from_utf8(&reply.body).unwrap_or_default();
        let rows = member(text, "tools")
            .and_then(|tools| crate::fetch::rows_of(tools).ok())
            .ok_or_else(|| client.unreadable(&place, "there are no tools in it".to_owned()))?;
        let tools = rows.into_iter().map(Tool::read).collect();
        let path = format!("/rest/v1.0/projects/{project_id}/tools");
        let listing = client.list(&place, &path, &[], Some(100)).await?;
        let off = |row: &Row| member(&row.body, "is_active") == Some("false");
        let switched_off = listing
            .rows
            .iter()
            .filter(|row| off(row))
            .flat_map(|row| [row.text("engine_name"), row.text("title")])
            .flatten()
            .map(|name| reduced(&name))
            .collect();
        Ok(Self {
            tools,
            switched_off,
        })
    }

    /// The reason why a resource was refused.
    pub(crate) fn reason_for(&self, resource: &str) -> &'static str {
        let names = tool_of(resource);
        if names
            .iter()
            .any(|name| self.switched_off.iter().any(|off| off == name))
        {
            "tool_disabled"
        } else {
            "permission"
        }
    }

    /// Why a list that was answered may lack rows all the same. Whoever is not an administrator
    /// of the tool sees no private contract, and is not told that there are any.
    pub(crate) fn hidden_part_of(&self, resource: &str) -> Option<&'static str> {
        let (tool, _) = PRIVATE_CONTRACTS
            .iter()
            .find(|(_, resources)| resources.contains(&resource))?;
        (self.level(tool) != Some("admin")).then_some("private_contracts")
    }

    /// Every resource whose tool is known here.
    pub(crate) fn resources() -> impl Iterator<Item = &'static str> {
        TOOLS
            .iter()
            .flat_map(|(resources, _)| resources.iter().copied())
    }

    /// How much of a resource the levels allow to see.
    pub(crate) fn sight(&self, resource: &str) -> Sight {
        let reason = self.reason_for(resource);
        let level = self.level(tool_of(resource)).unwrap_or("none");
        if reason == "tool_disabled" || level == "none" {
            return Sight::Blind(reason);
        }
        self.hidden_part_of(resource)
            .map_or(Sight::Whole, Sight::Partial)
    }

    /// The level of a tool, if Procore names the tool.
    pub(crate) fn level(&self, names: &[&str]) -> Option<&str> {
        let known = |tool: &&Tool| tool.names.iter().any(|name| names.contains(&name.as_str()));
        self.tools
            .iter()
            .find(known)
            .map(|tool| tool.level.as_str())
    }
}

impl Tool {
    fn read(body: &str) -> Self {
        let row = Row::new(body);
        let names = [row.text("name"), row.text("friendly_name")];
        let level = member(body, "user_access_level")
            .and_then(|level| member(level, "name"))
            .and_then(crate::fetch::plain_text)
            .map_or_else(|| "none".to_owned(), |name| name.to_lowercase());
        Self {
            names: names
                .into_iter()
                .flatten()
                .map(|name| reduced(&name))
                .collect(),
            level,
        }
    }
}

/// The names of the tool behind a resource, reduced.
pub(crate) fn tool_of(resource: &str) -> &'static [&'static str] {
    TOOLS
        .iter()
        .find(|(resources, _)| resources.contains(&resource))
        .map_or(&[], |(_, names)| names)
}

/// Lower-case letters and digits only: `Prime Contracts` and `prime_contract` become comparable.
fn reduced(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permissions(level: &str) -> Permissions {
        let body = format!(
            r#"{{"id":26,"name":"prime_contract","friendly_name":"Prime Contracts","user_access_level":{{"id":2,"name":"{level}"}}}}"#
        );
        Permissions {
            tools: vec![Tool::read(&body)],
            switched_off: vec!["dailylog".to_owned()],
        }
    }

    #[test]
    fn only_an_administrator_of_the_tool_sees_all_contracts() {
        assert_eq!(permissions("Admin").hidden_part_of("prime_contracts"), None);
        let hidden = permissions("Read Only").hidden_part_of("prime_contracts");
        assert_eq!(hidden, Some("private_contracts"));
        // A tool that is not named at all is no proof of anything.
        assert!(
            permissions("Admin")
                .hidden_part_of("work_order_contracts")
                .is_some()
        );
        assert_eq!(
            permissions("Read Only").hidden_part_of("direct_costs"),
            None
        );
    }

    #[test]
    fn a_tool_that_is_off_is_told_from_a_missing_permission() {
        assert_eq!(
            permissions("Admin").reason_for("manpower_logs"),
            "tool_disabled"
        );
        assert_eq!(
            permissions("Admin").reason_for("direct_costs"),
            "permission"
        );
    }
}

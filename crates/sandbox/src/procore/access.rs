//! Who may see what: installation, membership, tool levels per project, private contracts.
//!
//! Procore has no OAuth scopes. A person's token carries that person's permissions; the service
//! account has the levels of its manifest and only the permitted projects. Both are kept apart.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Permission level of a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The tool is not shown.
    None,
    /// May read.
    ReadOnly,
    /// May read and create.
    Standard,
    /// May do everything and sees private contracts.
    Admin,
}

impl Level {
    fn name(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::ReadOnly => "Read Only",
            Self::Standard => "Standard",
            Self::Admin => "Admin",
        }
    }

    fn id(self) -> i64 {
        match self {
            Self::None => 1,
            Self::ReadOnly => 2,
            Self::Standard => 3,
            Self::Admin => 4,
        }
    }
}

/// Whose token a request carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Principal {
    /// The person who consented.
    User,
    /// The service account (`client_credentials`).
    ServiceAccount,
}

pub(crate) struct Tool {
    pub(crate) name: &'static str,
    title: &'static str,
    group: &'static str,
    company: bool,
}

const fn project_tool(name: &'static str, title: &'static str, group: &'static str) -> Tool {
    Tool {
        name,
        title,
        group,
        company: false,
    }
}

const fn company_tool(name: &'static str, title: &'static str) -> Tool {
    Tool {
        name,
        title,
        group: "company",
        company: true,
    }
}

pub(crate) const TOOLS: &[Tool] = &[
    project_tool("directory", "Directory", "core"),
    project_tool("admin", "Admin", "core"),
    project_tool("budget", "Budget", "financials"),
    project_tool("prime_contract", "Prime Contracts", "financials"),
    project_tool("commitments", "Commitments", "financials"),
    project_tool("change_orders", "Change Orders", "financials"),
    project_tool("change_events", "Change Events", "financials"),
    project_tool("direct_costs", "Direct Costs", "financials"),
    project_tool("invoicing", "Invoicing", "financials"),
    project_tool("documents", "Documents", "core"),
    project_tool("rfi", "RFIs", "project_management"),
    project_tool("submittal_log", "Submittals", "project_management"),
    project_tool("emails", "Emails", "project_management"),
    project_tool("daily_log", "Daily Log", "project_management"),
    project_tool("timecard", "Timecard", "project_management"),
    project_tool("crews", "Crews", "project_management"),
    project_tool("schedule", "Schedule", "project_management"),
    project_tool("observations", "Observations", "quality"),
    project_tool("punch_list", "Punch List", "quality"),
    project_tool("coordination_issues", "Coordination Issues", "quality"),
    project_tool("webhooks", "Webhooks API", "core"),
    company_tool("company_directory", "Directory"),
    company_tool("portfolio", "Portfolio"),
    company_tool("company_timesheets", "Timesheets"),
    company_tool("company_admin", "Admin"),
    company_tool("company_documents", "Documents"),
    company_tool("company_webhooks", "Webhooks API"),
];

/// One principal's rights.
#[derive(Debug, Clone, Default)]
struct Grants {
    levels: BTreeMap<(Option<i64>, String), Level>,
    outside: BTreeSet<i64>,
    on_private_list: BTreeSet<i64>,
}

#[derive(Debug, Clone)]
pub(crate) struct Access {
    pub(crate) installed: bool,
    user: Grants,
    service_account: Grants,
    disabled: BTreeSet<(i64, String)>,
}

impl Default for Access {
    fn default() -> Self {
        Self {
            installed: true,
            user: Grants::default(),
            service_account: Grants::default(),
            disabled: BTreeSet::new(),
        }
    }
}

impl Access {
    fn grants(&self, who: Principal) -> &Grants {
        match who {
            Principal::User => &self.user,
            Principal::ServiceAccount => &self.service_account,
        }
    }

    fn grants_mut(&mut self, who: Principal) -> &mut Grants {
        match who {
            Principal::User => &mut self.user,
            Principal::ServiceAccount => &mut self.service_account,
        }
    }

    /// Sets a level for one project, or (without project) for every project or the company.
    pub(crate) fn set_level(
        &mut self,
        who: Principal,
        project: Option<i64>,
        tool: &str,
        level: Level,
    ) {
        let grants = self.grants_mut(who);
        if project.is_none() {
            grants.levels.retain(|(_, name), _| name != tool);
        }
        grants.levels.insert((project, tool.to_owned()), level);
    }

    pub(crate) fn set_member(&mut self, who: Principal, project: i64, member: bool) {
        let outside = &mut self.grants_mut(who).outside;
        if member {
            outside.remove(&project);
        } else {
            outside.insert(project);
        }
    }

    pub(crate) fn set_tool_enabled(&mut self, project: i64, tool: &str, enabled: bool) {
        let key = (project, tool.to_owned());
        if enabled {
            self.disabled.remove(&key);
        } else {
            self.disabled.insert(key);
        }
    }

    pub(crate) fn set_on_private_list(&mut self, who: Principal, contract: i64, listed: bool) {
        let list = &mut self.grants_mut(who).on_private_list;
        if listed {
            list.insert(contract);
        } else {
            list.remove(&contract);
        }
    }

    pub(crate) fn is_member(&self, who: Principal, project: i64) -> bool {
        !self.grants(who).outside.contains(&project)
    }

    pub(crate) fn is_enabled(&self, project: i64, tool: &str) -> bool {
        !self.disabled.contains(&(project, tool.to_owned()))
    }

    /// The manifest's level unless one was set: read only, and for the two contract tools the
    /// administrator level without which private contracts stay invisible.
    pub(crate) fn level(&self, who: Principal, project: Option<i64>, tool: &str) -> Level {
        let levels = &self.grants(who).levels;
        levels
            .get(&(project, tool.to_owned()))
            .or_else(|| levels.get(&(None, tool.to_owned())))
            .copied()
            .unwrap_or(match tool {
                "prime_contract" | "commitments" => Level::Admin,
                "webhooks" | "company_webhooks" => Level::Standard,
                _ => Level::ReadOnly,
            })
    }

    /// Whether a contract shows: administrators see all; others a private contract only when on
    /// its list, and a prime contract only when on its list at all.
    pub(crate) fn sees_contract(
        &self,
        who: Principal,
        project: Option<i64>,
        contract: i64,
        is_prime: bool,
        is_private: bool,
    ) -> bool {
        let tool = if is_prime {
            "prime_contract"
        } else {
            "commitments"
        };
        let level = self.level(who, project, tool);
        let listed = self.grants(who).on_private_list.contains(&contract);
        level == Level::Admin || (level > Level::None && (listed || !(is_private || is_prime)))
    }

    /// `GET projects/{id}/tools`.
    pub(crate) fn tools(&self, project: i64) -> Vec<Value> {
        TOOLS
            .iter()
            .enumerate()
            .filter(|(_, tool)| !tool.company)
            .map(|(position, tool)| {
                json!({"id": position + 10, "engine_name": tool.name, "title": tool.title,
                    "is_active": self.is_enabled(project, tool.name), "position": position,
                    "required": tool.name == "directory"})
            })
            .collect()
    }

    /// `GET settings/permissions`.
    pub(crate) fn manifest(&self, who: Principal, project: Option<i64>) -> Value {
        let rows: Vec<Value> = TOOLS
            .iter()
            .enumerate()
            .filter(|(_, tool)| tool.company == project.is_none())
            .filter(|(_, tool)| project.is_none_or(|id| self.is_enabled(id, tool.name)))
            .map(|(position, tool)| {
                let level = self.level(who, project, tool.name);
                json!({"id": position + 10, "name": tool.name, "friendly_name": tool.title,
                    "domain_id": position + 1, "tab_group": tool.group,
                    "available_for_user": level > Level::None,
                    "url": project.map(|id| format!("/{id}/project/{}", tool.name)),
                    "user_access_level": {"id": level.id(), "name": level.name()},
                    "permitted_actions": [], "create_url": null,
                    "can_create": level >= Level::Standard, "trial": false})
            })
            .collect();
        json!({ "tools": rows })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_for_one_project_wins_over_the_level_for_all() {
        let mut access = Access::default();
        access.set_level(Principal::User, None, "budget", Level::None);
        access.set_level(Principal::User, Some(7), "budget", Level::Admin);
        assert_eq!(
            access.level(Principal::User, Some(7), "budget"),
            Level::Admin
        );
        assert_eq!(
            access.level(Principal::User, Some(8), "budget"),
            Level::None
        );
        assert_eq!(
            access.level(Principal::ServiceAccount, Some(8), "budget"),
            Level::ReadOnly
        );
    }

    #[test]
    fn private_contracts_hide_from_everyone_but_administrators_and_the_listed() {
        let mut access = Access::default();
        let sees =
            |access: &Access| access.sees_contract(Principal::User, Some(7), 55, false, true);
        assert!(sees(&access));
        access.set_level(Principal::User, Some(7), "commitments", Level::ReadOnly);
        assert!(!sees(&access));
        access.set_on_private_list(Principal::User, 55, true);
        assert!(sees(&access));
    }
}

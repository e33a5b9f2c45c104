//! What cargo says about the workspace, reduced to what the walls are about.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::command::{cargo, output};

/// When a dependency is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// In the code that is shipped, or by its build script.
    Shipped,
    /// In tests only.
    Tests,
}

/// A dependency as a crate of the workspace declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) used: Use,
}

/// A crate of the workspace.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) dependencies: Vec<Dependency>,
}

/// The workspace and everything it is resolved to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Workspace {
    pub(crate) members: Vec<Member>,
    /// Every resolved package by its id.
    pub(crate) packages: BTreeMap<String, Package>,
}

/// A package in the resolved tree.
#[derive(Debug, Clone, Default)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// The native library it links, if any.
    pub(crate) links: Option<String>,
    /// Ids of what it needs when built for use rather than for its own tests.
    pub(crate) needs: Vec<String>,
}

impl Workspace {
    /// Whether a crate of this name is ours.
    pub(crate) fn is_ours(&self, name: &str) -> bool {
        self.members.iter().any(|member| member.name == name)
    }

    /// Everything that ends up in the build of the package of this name, itself included.
    pub(crate) fn closure(&self, name: &str) -> Vec<&Package> {
        let mut waiting: Vec<&str> = self
            .packages
            .iter()
            .filter(|(_, package)| package.name == name)
            .map(|(id, _)| id.as_str())
            .collect();
        let mut seen = BTreeMap::new();
        while let Some(id) = waiting.pop() {
            let Some(package) = self.packages.get(id) else {
                continue;
            };
            if seen.insert(id, package).is_none() {
                waiting.extend(package.needs.iter().map(String::as_str));
            }
        }
        seen.into_values().collect()
    }
}

/// Asks cargo, for this platform only: the others' packages would have to be fetched first.
pub(crate) fn load() -> Result<Workspace> {
    let version = output(&mut cargo(&["--version", "--verbose"]))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.context("cargo does not say for which platform it was built")?;
    let arguments = [
        "metadata",
        "--format-version",
        "1",
        "--filter-platform",
        host,
    ];
    let text = output(&mut cargo(&arguments)).context("failed to read the workspace")?;
    let value = serde_json::from_str(&text).context("failed to parse cargo metadata")?;
    Ok(parse(&value))
}

/// Where cargo builds into.
pub(crate) fn target_folder() -> Result<PathBuf> {
    let text = output(&mut cargo(&[
        "metadata",
        "--format-version",
        "1",
        "--no-deps",
    ]))?;
    let value: Value = serde_json::from_str(&text).context("failed to parse cargo metadata")?;
    let folder = value["target_directory"]
        .as_str()
        .context("cargo names no target folder")?;
    Ok(PathBuf::from(folder))
}

/// Reads the answer of `cargo metadata`.
pub(crate) fn parse(value: &Value) -> Workspace {
    let mut workspace = Workspace::default();
    let ours: Vec<&str> = list(&value["workspace_members"])
        .filter_map(Value::as_str)
        .collect();
    for package in list(&value["packages"]) {
        let id = text(&package["id"]);
        let links = package["links"].as_str().map(str::to_owned);
        let name = text(&package["name"]);
        if ours.contains(&id.as_str()) {
            let dependencies = list(&package["dependencies"]).map(dependency).collect();
            workspace.members.push(Member {
                name: name.clone(),
                dependencies,
            });
        }
        workspace.packages.insert(
            id,
            Package {
                name,
                links,
                needs: Vec::new(),
            },
        );
    }
    for node in list(&value["resolve"]["nodes"]) {
        let needs = list(&node["deps"])
            .filter(|edge| list(&edge["dep_kinds"]).any(|kind| kind["kind"] != "dev"))
            .map(|edge| text(&edge["pkg"]))
            .collect();
        if let Some(package) = workspace.packages.get_mut(&text(&node["id"])) {
            package.needs = needs;
        }
    }
    workspace
}

fn dependency(value: &Value) -> Dependency {
    let used = if value["kind"] == "dev" {
        Use::Tests
    } else {
        Use::Shipped
    };
    Dependency {
        name: text(&value["name"]),
        used,
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_kinds_and_links_are_read_from_cargo_metadata() {
        let workspace = parse(&json!({
            "workspace_members": ["a"],
            "packages": [
                {"id": "a", "name": "figures", "links": null, "dependencies": [
                    {"name": "serde", "kind": null}, {"name": "proptest", "kind": "dev"}]},
                {"id": "b", "name": "serde", "links": null, "dependencies": []},
                {"id": "c", "name": "proptest", "links": "x", "dependencies": []}],
            "resolve": {"nodes": [{"id": "a", "deps": [
                {"pkg": "b", "dep_kinds": [{"kind": null}]},
                {"pkg": "c", "dep_kinds": [{"kind": "dev"}]}]}]}
        }));
        assert!(workspace.is_ours("figures") && !workspace.is_ours("serde"));
        assert_eq!(workspace.members[0].dependencies[1].used, Use::Tests);
        let built: Vec<&str> = workspace
            .closure("figures")
            .into_iter()
            .map(|package| package.name.as_str())
            .collect();
        assert_eq!(built, ["figures", "serde"]);
        assert_eq!(workspace.packages["c"].links.as_deref(), Some("x"));
    }

    #[test]
    fn the_real_workspace_can_be_read() {
        let workspace = load().unwrap();
        assert!(workspace.is_ours("xtask") && workspace.is_ours("figures"));
        assert!(workspace.closure("plumbline").len() > 20);
        assert!(target_folder().unwrap().is_absolute());
    }
}

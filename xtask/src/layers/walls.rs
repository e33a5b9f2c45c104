//! Which crate may see which, and what may be in the tree of dependencies at all.
//!
//! The table here is the one in ARCHITECTURE.md; a new crate needs a line in both.

use crate::layers::metadata::{Member, Package, Use, Workspace};
use crate::violation::Violation;

/// What a crate of ours may use.
struct Wall {
    name: &'static str,
    /// Crates of ours that its shipped code may see.
    ours: &'static [&'static str],
    /// Crates of ours that its tests may see beside those.
    ours_in_tests: &'static [&'static str],
    /// The only other crates that its shipped code may use; none means no limit.
    others: Option<&'static [&'static str]>,
}

const WALLS: [Wall; 9] = [
    Wall {
        name: "figures",
        ours: &[],
        ours_in_tests: &[],
        others: Some(&["jiff", "rust_decimal", "serde", "smol_str"]),
    },
    Wall {
        name: "gate",
        ours: &["figures"],
        ours_in_tests: &[],
        others: Some(&["jiff", "rust_decimal", "serde", "sha2", "smol_str"]),
    },
    Wall {
        name: "backoffice",
        ours: &["figures", "gate"],
        ours_in_tests: &[],
        others: Some(&[
            "jiff",
            "rayon",
            "rust_decimal",
            "rustc-hash",
            "serde",
            "sha2",
            "smol_str",
        ]),
    },
    Wall {
        name: "connectors",
        ours: &["figures", "gate"],
        ours_in_tests: &["sandbox"],
        others: None,
    },
    Wall {
        name: "narrator",
        ours: &["figures"],
        ours_in_tests: &[],
        others: None,
    },
    Wall {
        name: "store",
        ours: &["figures", "gate", "backoffice"],
        ours_in_tests: &[],
        others: None,
    },
    Wall {
        name: "sandbox",
        ours: &[],
        ours_in_tests: &[],
        others: None,
    },
    Wall {
        name: "plumbline",
        ours: &[
            "figures",
            "gate",
            "backoffice",
            "connectors",
            "narrator",
            "store",
            "sandbox",
        ],
        ours_in_tests: &[],
        others: None,
    },
    Wall {
        name: "xtask",
        ours: &[],
        ours_in_tests: &[],
        others: None,
    },
];

/// Packages that must not be resolved at all, and why.
const BANNED: [(&str, &str); 3] = [
    (
        "native-tls",
        "TLS is rustls with ring, the same on every machine",
    ),
    ("aws-lc-sys", "the one cryptographic provider is ring"),
    ("rusqlite", "SQLite is linked once, through sqlx"),
];

/// Doors to the outside, and the only crates of ours whose shipped code may hold one.
const DOORS: [(&str, &[&str]); 3] = [
    // The database is opened, written and isolated in one place.
    ("sqlx", &["store"]),
    ("libsqlite3-sys", &["store"]),
    // The connectors' client has limits and only reads; the sandbox delivers webhooks.
    ("reqwest", &["connectors", "sandbox"]),
];

/// The one package that may link SQLite.
const SQLITE: &str = "libsqlite3-sys";

/// The ciphers of SQLCipher, which nothing else may reach.
const CIPHERS: &str = "openssl-sys";

/// Every declared dependency against the table.
pub(crate) fn between_crates(workspace: &Workspace) -> Vec<Violation> {
    let mut found = Vec::new();
    for member in &workspace.members {
        match WALLS.iter().find(|wall| wall.name == member.name) {
            Some(wall) => check_member(workspace, member, wall, &mut found),
            None => found.push(Violation::of_file(
                &manifest(&member.name),
                "a new crate needs a line in the table of walls and, in ARCHITECTURE.md, the \
                 accident that its wall makes impossible",
            )),
        }
    }
    found
}

/// Whether another crate holds the door to this.
fn is_kept_elsewhere(member: &str, dependency: &str) -> bool {
    DOORS
        .iter()
        .any(|(door, holders)| *door == dependency && !holders.contains(&member))
}

fn check_member(workspace: &Workspace, member: &Member, wall: &Wall, found: &mut Vec<Violation>) {
    for dependency in &member.dependencies {
        let name = dependency.name.as_str();
        let in_tests = dependency.used == Use::Tests;
        let is_ours = workspace.is_ours(name) || WALLS.iter().any(|wall| wall.name == name);
        let allowed = if is_ours {
            wall.ours.contains(&name) || (in_tests && wall.ours_in_tests.contains(&name))
        } else {
            in_tests
                || (wall.others.is_none_or(|others| others.contains(&name))
                    && !is_kept_elsewhere(wall.name, name))
        };
        if !allowed {
            let place = if in_tests { "the tests of " } else { "" };
            let rule = if is_ours {
                format!("{place}`{}` must not see `{name}`", wall.name)
            } else if is_kept_elsewhere(wall.name, name) {
                format!(
                    "`{}` must not open `{name}`: another crate holds that door",
                    wall.name
                )
            } else {
                format!(
                    "`{name}` is not among the few crates that pure `{}` may use",
                    wall.name
                )
            };
            found.push(Violation::of_file(&manifest(wall.name), rule));
        }
    }
}

/// What is resolved, whoever asked for it.
pub(crate) fn around_the_workspace(workspace: &Workspace) -> Vec<Violation> {
    let mut found = Vec::new();
    for package in workspace.packages.values() {
        if let Some((name, reason)) = BANNED.iter().find(|(name, _)| package.name == *name) {
            found.push(Violation::of_file(
                "Cargo.lock",
                format!("`{name}` is in use: {reason}"),
            ));
        }
        if package.name != SQLITE && needs(workspace, package, CIPHERS) {
            found.push(Violation::of_file(
                "Cargo.lock",
                format!(
                    "`{}` uses `{CIPHERS}`: TLS is rustls with ring, the same on every machine, \
                     and only `{SQLITE}` has its ciphers from there",
                    package.name
                ),
            ));
        }
        if package.links.as_deref() == Some("sqlite3") && package.name != SQLITE {
            found.push(Violation::of_file(
                "Cargo.lock",
                format!("`{}` links SQLite a second time", package.name),
            ));
        }
    }
    for package in workspace.closure("xtask") {
        if let Some(library) = &package.links
            && !is_pure_rust_guard(library)
        {
            found.push(Violation::of_file(
                &manifest("xtask"),
                format!(
                    "xtask builds on a bare machine, but `{}` links {library}",
                    package.name
                ),
            ));
        }
    }
    found
}

fn needs(workspace: &Workspace, package: &Package, name: &str) -> bool {
    package
        .needs
        .iter()
        .filter_map(|id| workspace.packages.get(id))
        .any(|needed| needed.name == name)
}

/// `links` names of packages that link nothing and only make sure that there is one of them.
fn is_pure_rust_guard(library: &str) -> bool {
    library.ends_with("-core")
}

fn manifest(name: &str) -> String {
    if name == "xtask" {
        "xtask/Cargo.toml".to_owned()
    } else {
        format!("crates/{name}/Cargo.toml")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::metadata::Dependency;

    fn workspace(edges: &[(&str, &str, Use)]) -> Workspace {
        let mut workspace = Workspace::default();
        for wall in &WALLS {
            let dependencies = edges
                .iter()
                .filter(|(from, ..)| *from == wall.name)
                .map(|(_, to, used)| Dependency {
                    name: (*to).to_owned(),
                    used: *used,
                })
                .collect();
            workspace.members.push(Member {
                name: wall.name.to_owned(),
                dependencies,
            });
        }
        workspace
    }

    fn broken(from: &str, to: &str, used: Use) -> Vec<String> {
        between_crates(&workspace(&[(from, to, used)]))
            .into_iter()
            .map(|violation| violation.message)
            .collect()
    }

    #[test]
    fn each_wall_stands_against_the_crate_it_keeps_out() {
        for (from, to) in [
            ("figures", "gate"),
            ("gate", "backoffice"),
            ("backoffice", "connectors"),
            ("backoffice", "store"),
            ("connectors", "backoffice"),
            ("connectors", "store"),
            ("connectors", "sandbox"),
            ("store", "connectors"),
            ("sandbox", "connectors"),
            ("sandbox", "figures"),
            ("narrator", "gate"),
            ("xtask", "figures"),
        ] {
            let said = broken(from, to, Use::Shipped);
            assert_eq!(said, [format!("`{from}` must not see `{to}`")]);
        }
    }

    #[test]
    fn what_the_table_allows_is_allowed() {
        for (from, to) in [
            ("gate", "figures"),
            ("store", "backoffice"),
            ("plumbline", "sandbox"),
        ] {
            assert!(broken(from, to, Use::Shipped).is_empty(), "{from} -> {to}");
        }
    }

    #[test]
    fn tests_of_the_connectors_may_meet_the_sandbox_but_never_the_reverse() {
        assert!(broken("connectors", "sandbox", Use::Tests).is_empty());
        let said = broken("sandbox", "connectors", Use::Tests);
        assert_eq!(said, ["the tests of `sandbox` must not see `connectors`"]);
    }

    #[test]
    fn a_pure_crate_may_not_take_up_another_crate_but_its_tests_may() {
        assert!(broken("figures", "tokio", Use::Shipped)[0].contains("`tokio` is not among"));
        assert!(broken("figures", "sha2", Use::Shipped)[0].contains("pure `figures`"));
        assert!(broken("gate", "rayon", Use::Shipped)[0].contains("pure `gate`"));
        assert!(broken("backoffice", "serde_json", Use::Shipped)[0].contains("pure `backoffice`"));
        assert!(broken("figures", "proptest", Use::Tests).is_empty());
        assert!(broken("store", "sqlx", Use::Shipped).is_empty());
    }

    #[test]
    fn a_door_to_the_outside_is_held_by_its_own_crate() {
        for (from, to) in [
            ("plumbline", "sqlx"),
            ("connectors", "sqlx"),
            ("plumbline", "reqwest"),
        ] {
            assert!(
                broken(from, to, Use::Shipped)[0].contains("holds that door"),
                "{from} {to}"
            );
            assert!(broken(from, to, Use::Tests).is_empty());
        }
        assert!(broken("connectors", "reqwest", Use::Shipped).is_empty());
    }

    #[test]
    fn a_crate_without_a_line_in_the_table_is_refused() {
        let mut workspace = workspace(&[]);
        workspace.members.push(Member {
            name: "extras".to_owned(),
            dependencies: Vec::new(),
        });
        let found = between_crates(&workspace);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].path, "crates/extras/Cargo.toml");
    }

    fn resolved(name: &str, links: Option<&str>) -> Workspace {
        let mut workspace = Workspace::default();
        let package = Package {
            name: name.to_owned(),
            links: links.map(str::to_owned),
            needs: Vec::new(),
        };
        workspace.packages.insert("it".to_owned(), package);
        let xtask = Package {
            name: "xtask".to_owned(),
            links: None,
            needs: vec!["it".to_owned()],
        };
        workspace.packages.insert("xtask".to_owned(), xtask);
        workspace
    }

    #[test]
    fn a_banned_package_is_found_wherever_it_comes_from() {
        let found = around_the_workspace(&resolved("native-tls", None));
        assert!(found[0].message.contains("rustls with ring"));
    }

    #[test]
    fn the_ciphers_of_sqlcipher_are_for_sqlcipher_alone() {
        for (user, said) in [("libsqlite3-sys", 0), ("some-tls", 1)] {
            let mut workspace = resolved(user, None);
            let ciphers = Package {
                name: "openssl-sys".to_owned(),
                ..Package::default()
            };
            workspace.packages.insert("ciphers".to_owned(), ciphers);
            if let Some(package) = workspace.packages.get_mut("it") {
                package.needs.push("ciphers".to_owned());
            }
            assert_eq!(around_the_workspace(&workspace).len(), said, "{user}");
        }
    }

    #[test]
    fn a_second_sqlite_is_found() {
        let found = around_the_workspace(&resolved("other-sqlite-sys", Some("sqlite3")));
        assert!(
            found
                .iter()
                .any(|it| it.message.contains("links SQLite a second time"))
        );
    }

    #[test]
    fn a_native_library_in_xtask_is_found() {
        let found = around_the_workspace(&resolved("libz-sys", Some("z")));
        assert!(found[0].message.contains("`libz-sys` links z"));
        assert!(around_the_workspace(&resolved("rayon-core", Some("rayon-core"))).is_empty());
    }
}

//! The connectors have no way to change a vendor's data but the one that takes orders of the gate.
//!
//! QuickBooks grants no read-only scope, so reading only is ours to enforce: the verbs that change
//! something may not even be named, but for the form posts of OAuth and the request of an order, each
//! in the one file that makes it. Procore has no such file, and may not name the client that writes.

use crate::rust_source::RustSource;
use crate::test_code::TestCode;
use crate::tree::SourceFile;
use crate::violation::Violation;

const CONNECTORS: &str = "crates/connectors/src/";

/// Ways to name a verb that may change something, or to leave the verb open.
const VERBS: [&str; 10] = [
    ".request(",
    "Method::from_bytes",
    ".post(",
    ".put(",
    ".patch(",
    ".delete(",
    "Method::POST",
    "Method::PUT",
    "Method::PATCH",
    "Method::DELETE",
];

/// A file that may post, how often, and what for.
struct Posts {
    path: &'static str,
    times: usize,
    what_for: &'static str,
}

/// The only ones.
const MAY_POST: [Posts; 3] = [
    // Exchange, refresh, service account and revocation: the request itself, and the two callers of
    // the function that makes it.
    Posts {
        path: "crates/connectors/src/oauth/endpoint.rs",
        times: 3,
        what_for: "for OAuth",
    },
    Posts {
        path: "crates/connectors/src/http/write.rs",
        times: 1,
        what_for: "for an order of the gate",
    },
    Posts {
        path: "crates/connectors/src/quickbooks/write/mod.rs",
        times: 1,
        what_for: "for an order of the gate",
    },
];
/// How they post.
const POSTING: [&str; 2] = [".post(", "Method::POST"];

/// Where the client that writes may not even be named: Procore is never written.
const NEVER_WRITTEN: &str = "crates/connectors/src/procore/";
const WRITERS: [&str; 2] = ["WriteClient", "gate::order"];

/// Every verb that changes something, outside the few places that need one.
pub(crate) fn connectors(files: &[SourceFile]) -> Vec<Violation> {
    let test_code = TestCode::of(files);
    files
        .iter()
        .filter(|file| file.is_rust() && file.path.starts_with(CONNECTORS))
        .filter(|file| !test_code.holds(&file.path))
        .flat_map(check_file)
        .collect()
}

fn check_file(file: &SourceFile) -> Vec<Violation> {
    let source = RustSource::scan(&file.text);
    let mut posts = 0;
    let mut found = Vec::new();
    let may_post = MAY_POST.iter().find(|one| one.path == file.path);
    for (line, code) in source.shipped_code() {
        let mut refuse = |message| found.push(Violation::at_line(&file.path, line, message));
        if file.path.starts_with(NEVER_WRITTEN) && WRITERS.iter().any(|word| code.contains(word)) {
            refuse("Procore is never written".to_owned());
        }
        for verb in VERBS.iter().filter(|verb| code.contains(**verb)) {
            match may_post.filter(|_| POSTING.contains(verb)) {
                Some(allowed) => {
                    posts += 1;
                    let Posts {
                        times, what_for, ..
                    } = allowed;
                    if posts > *times {
                        refuse(format!(
                            "`{verb}` once too often: this file posts {times} times, {what_for}"
                        ));
                    }
                }
                None => refuse(format!(
                    "`{verb}` can change a vendor's data; connectors only read"
                )),
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, text: &str) -> Vec<String> {
        let file = SourceFile {
            path: path.to_owned(),
            text: text.to_owned(),
        };
        connectors(&[file])
            .into_iter()
            .map(|violation| violation.to_string())
            .collect()
    }

    #[test]
    fn every_verb_that_changes_something_is_found() {
        for verb in VERBS {
            let text = format!("fn f() {{\n    client{verb}url);\n}}\n");
            let found = check("crates/connectors/src/procore/fetch.rs", &text);
            assert_eq!(found.len(), 1, "{verb}");
            assert!(found[0].starts_with("crates/connectors/src/procore/fetch.rs:2: "));
        }
    }

    #[test]
    fn signing_in_and_an_order_may_post_and_nothing_more() {
        let one = "fn f() { client.post(url); }\n";
        for Posts { path, times, .. } in MAY_POST {
            assert!(check(path, &one.repeat(times)).is_empty());
            let found = check(path, &one.repeat(times + 1));
            assert_eq!(found.len(), 1);
            assert!(found[0].contains("once too often"));
            assert_eq!(check(path, "fn f() { client.delete(url); }").len(), 1);
        }
        assert_eq!(check("crates/connectors/src/http/read.rs", one).len(), 1);
    }

    #[test]
    fn procore_may_not_name_what_writes() {
        for word in WRITERS {
            let text = format!("fn f(it: {word}) {{}}\n");
            assert_eq!(
                check("crates/connectors/src/procore/client/mod.rs", &text).len(),
                1
            );
            assert!(check("crates/connectors/src/quickbooks/write/mod.rs", &text).is_empty());
        }
    }

    #[test]
    fn tests_and_explanations_may_name_the_verbs() {
        let text = "/// Never `.post(`.\nfn f() {}\n#[cfg(test)]\nmod tests {\n    fn g() { a.post(x); }\n}\n";
        assert!(check("crates/connectors/src/procore/client.rs", text).is_empty());
        let whole = "fn f() { a.post(x); }\n";
        assert!(check("crates/connectors/src/procore/client/tests.rs", whole).is_empty());
    }

    #[test]
    fn other_crates_are_not_asked() {
        assert!(check("crates/sandbox/src/world.rs", "fn f() { a.post(x); }").is_empty());
    }
}

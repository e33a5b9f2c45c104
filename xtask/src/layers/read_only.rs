//! The read side of the connectors has no way to change a vendor's data.
//!
//! QuickBooks grants no read-only scope, so reading only is ours to enforce: the verbs that change
//! something may not even be named, but for the form posts of OAuth in the one file that makes them.

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

/// The one file that may post: exchange, refresh, service account and revocation of tokens.
const SIGN_IN: &str = "crates/connectors/src/oauth/endpoint.rs";
/// How it posts.
const SIGN_IN_VERBS: [&str; 2] = [".post(", "Method::POST"];
/// How often: the request itself, and the two callers of the function that makes it.
const SIGN_IN_POSTS: usize = 3;

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
    for (line, code) in source.shipped_code() {
        for verb in VERBS.iter().filter(|verb| code.contains(**verb)) {
            let message = if file.path == SIGN_IN && SIGN_IN_VERBS.contains(verb) {
                posts += 1;
                if posts <= SIGN_IN_POSTS {
                    continue;
                }
                format!("`{verb}` once too often: this file posts {SIGN_IN_POSTS} times, for OAuth")
            } else {
                format!("`{verb}` can change a vendor's data; connectors only read")
            };
            found.push(Violation::at_line(&file.path, line, message));
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
    fn signing_in_may_post_and_nothing_more() {
        let one = "fn f() { client.post(url); }\n";
        assert!(check(SIGN_IN, &one.repeat(SIGN_IN_POSTS)).is_empty());
        let found = check(SIGN_IN, &one.repeat(SIGN_IN_POSTS + 1));
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("once too often"));
        assert_eq!(check(SIGN_IN, "fn f() { client.delete(url); }").len(), 1);
        assert_eq!(check("crates/connectors/src/http/read.rs", one).len(), 1);
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

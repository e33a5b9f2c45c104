//! Scripted faults: what goes wrong, on which route, at which call.
//!
//! A fault fires on the nth matching request or by a seeded throw of dice, so that a failing run
//! can be repeated. Faults belong to the test; the rest of the server knows nothing of them.

use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::access::Principal;
use super::seeded;

/// One line of a fault script.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Path pattern: `*` or `{name}` stands for one segment, `**` at the end for the rest.
    pub route: String,
    /// HTTP method; any when absent.
    #[serde(default)]
    pub method: Option<String>,
    /// Fires from the nth matching request on, counted from 1.
    #[serde(default)]
    pub nth: Option<u64>,
    /// How often it fires at most; once when `nth` is given, without end otherwise.
    #[serde(default)]
    pub times: Option<u64>,
    /// Chance per thousand matching requests, drawn from the seed.
    #[serde(default)]
    pub per_mille: Option<u32>,
    /// What happens.
    pub fault: FaultKind,
}

/// What goes wrong.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum FaultKind {
    /// The request is carried out; the answer never comes. The connection ends after `hold_ms`.
    TimeoutAfterCommit {
        /// Real milliseconds until the connection is dropped.
        hold_ms: u64,
    },
    /// The request is carried out and the connection dropped: with `/oauth/token` this is
    /// "rotate, then lose the answer".
    DropAfterCommit,
    /// The connection is dropped before anything happens.
    DropConnection,
    /// The answer stops in the middle of the body.
    TruncatedBody,
    /// 429.
    RateLimited {
        /// Seconds in `Retry-After`; the header is left out when absent.
        #[serde(default)]
        retry_after: Option<i64>,
    },
    /// An error status with the vendor's body.
    Status {
        /// 401, 403, 404, 500, 502, 503 or any other.
        status: u16,
        /// Seconds in `Retry-After`, as with 503.
        #[serde(default)]
        retry_after: Option<i64>,
    },
    /// A gateway's HTML page.
    HtmlPage {
        /// Usually 502.
        status: u16,
    },
    /// A success status whose body is HTML, as a captive portal gives.
    HtmlSuccess,
    /// The answer comes late.
    Slow {
        /// Real milliseconds.
        ms: u64,
    },
    /// The first row of the page comes again at its end.
    DuplicateRows,
    /// The rows of the page come in reverse.
    OutOfOrderRows,
    /// Somebody edits in Procore just before this request is answered.
    EditBefore {
        /// What is changed.
        edits: Vec<Edit>,
    },
}

/// A change that a Procore user makes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum Edit {
    /// Inserts a record, or merges the given keys into the one with the same id.
    Upsert {
        /// Snapshot name.
        collection: String,
        /// Project of a new record.
        #[serde(default)]
        project_id: Option<i64>,
        /// Parent of a new record.
        #[serde(default)]
        parent_id: Option<i64>,
        /// The keys to set.
        body: Value,
    },
    /// Lets a project vanish from what a principal may see, or return.
    Member {
        /// Whose access changes.
        principal: Principal,
        /// The project.
        project_id: i64,
        /// Whether the principal is a member from now on.
        member: bool,
    },
    /// Deletes a record, softly where the vendor does.
    Delete {
        /// Snapshot name.
        collection: String,
        /// Record id.
        id: i64,
    },
}

#[derive(Debug)]
pub(crate) struct Faults {
    armed: Vec<Armed>,
    dice: ChaCha8Rng,
}

#[derive(Debug)]
struct Armed {
    fault: Fault,
    seen: u64,
    fired: u64,
}

impl Faults {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            armed: Vec::new(),
            dice: seeded::stream(seed, "faults"),
        }
    }

    pub(crate) fn set(&mut self, faults: Vec<Fault>) {
        self.armed = faults
            .into_iter()
            .map(|fault| Armed {
                fault,
                seen: 0,
                fired: 0,
            })
            .collect();
    }

    pub(crate) fn add(&mut self, fault: Fault) {
        self.armed.push(Armed {
            fault,
            seen: 0,
            fired: 0,
        });
    }

    /// The script with how often each line fired.
    pub(crate) fn list(&self) -> Vec<Value> {
        self.armed
            .iter()
            .map(|armed| {
                serde_json::json!({"fault": armed.fault, "seen": armed.seen, "fired": armed.fired})
            })
            .collect()
    }

    /// The faults that befall a request.
    pub(crate) fn strike(&mut self, method: &str, path: &str) -> Vec<FaultKind> {
        let mut kinds = Vec::new();
        for armed in &mut self.armed {
            let fault = &armed.fault;
            let other_method = fault
                .method
                .as_ref()
                .is_some_and(|wanted| !wanted.eq_ignore_ascii_case(method));
            if other_method || !fits(&fault.route, path) {
                continue;
            }
            armed.seen += 1;
            let most = fault
                .times
                .unwrap_or(if fault.nth.is_some() { 1 } else { u64::MAX });
            let due = fault.nth.is_none_or(|nth| armed.seen >= nth) && armed.fired < most;
            let lucky = fault
                .per_mille
                .is_none_or(|chance| seeded::per_mille(&mut self.dice, chance));
            if due && lucky {
                armed.fired += 1;
                kinds.push(fault.fault.clone());
            }
        }
        kinds
    }
}

/// Whether a path fits a pattern with wildcards.
pub(crate) fn fits(pattern: &str, path: &str) -> bool {
    let mut given = path.trim_end_matches('/').split('/');
    for want in pattern.trim_end_matches('/').split('/') {
        if want == "**" {
            return true;
        }
        let Some(part) = given.next() else {
            return false;
        };
        let wild = want == "*" || (want.starts_with('{') && want.ends_with('}'));
        if !wild && want != part {
            return false;
        }
    }
    given.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> Fault {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn patterns_stand_for_one_segment_or_for_the_rest() {
        assert!(fits("/rest/v1.0/vendors", "/rest/v1.0/vendors/"));
        assert!(fits(
            "/rest/v1.0/projects/{id}/rfis",
            "/rest/v1.0/projects/7/rfis"
        ));
        assert!(fits("/rest/**", "/rest/v1.1/projects"));
        assert!(!fits("/rest/*/vendors", "/rest/v1.0/vendors/7"));
    }

    #[test]
    fn a_fault_fires_on_its_nth_call_and_as_often_as_told() {
        let mut faults = Faults::new(1);
        faults.set(vec![fault(
            r#"{"route": "/a", "nth": 2, "times": 2, "fault": {"kind": "truncated_body"}}"#,
        )]);
        let fired: Vec<usize> = (0..5).map(|_| faults.strike("GET", "/a").len()).collect();
        assert_eq!(fired, [0, 1, 1, 0, 0]);
    }

    #[test]
    fn chance_is_drawn_from_the_seed() {
        let run = |seed| {
            let mut faults = Faults::new(seed);
            faults.add(fault(
                r#"{"route": "/**", "per_mille": 300, "fault": {"kind": "drop_connection"}}"#,
            ));
            (0..200)
                .map(|_| faults.strike("GET", "/a").len())
                .collect::<Vec<_>>()
        };
        assert_eq!(run(5), run(5));
        assert_ne!(run(5), run(6));
    }
}

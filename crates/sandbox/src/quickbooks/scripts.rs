//! Faults on purpose: rules matched against requests, deterministic from the seed.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::response::Call;

/// One rule of a fault script.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// `METHOD path`, where `*` stands for any text and a missing method for every method.
    pub route: String,
    /// Text that the decoded query string or the body must contain.
    #[serde(default)]
    pub contains: Option<String>,
    /// Fires at the nth matching call, counted from 1.
    #[serde(default)]
    pub nth: Option<u64>,
    /// Fires with this probability at each matching call; without it and `nth`, always.
    #[serde(default)]
    pub probability: Option<f64>,
    /// Stops after so many firings.
    #[serde(default)]
    pub times: Option<u64>,
    /// What happens.
    pub fault: FaultKind,
}

/// What a fault rule does to a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FaultKind {
    /// The call takes effect; its answer never comes (the connection closes after the wait).
    TimeoutAfterCommit {
        /// How long the connection stays open without an answer.
        milliseconds: u64,
    },
    /// The call takes effect; the connection is closed without an answer.
    DropAfterCommit,
    /// The connection is closed before the call takes effect.
    DropBefore,
    /// The call takes effect; the answer breaks off after half of its bytes.
    CutConnection,
    /// The call takes effect; the body is half the JSON though HTTP says it is whole.
    TruncatedBody,
    /// 429.
    Throttled {
        /// Seconds in `Retry-After`; absent means no header.
        #[serde(default)]
        retry_after: Option<u32>,
    },
    /// 401 with code 3200.
    Unauthorized,
    /// 403 with code 3100.
    Forbidden,
    /// A server error with a system fault.
    ServerError {
        /// 500, 502 or 503.
        status: u16,
    },
    /// A page in HTML, as proxies send.
    Html {
        /// Status it comes with; 200 occurs.
        status: u16,
    },
    /// Status 200 with a fault inside; the call has no effect.
    FaultInSuccess,
    /// A correct answer after a wait.
    Slow {
        /// The wait.
        milliseconds: u64,
    },
    /// Rows of the answer occur twice.
    DuplicateRows,
    /// Rows of the answer come in another order.
    ShuffledRows,
    /// Someone edits the books just before the call.
    EditBetween {
        /// The edits, in order.
        edits: Vec<Edit>,
    },
}

/// A change that somebody makes in the vendor's own pages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// `create`, `update` (sparse), `delete` or `void`.
    pub action: String,
    /// Entity name.
    pub entity: String,
    /// Which one; not for `create`.
    #[serde(default)]
    pub id: Option<String>,
    /// Members of the new or changed entity.
    #[serde(default)]
    pub body: Value,
}

#[derive(Debug)]
struct Armed {
    rule: FaultRule,
    random: ChaCha8Rng,
    matched: u64,
    fired: u64,
}

/// The rules in force.
#[derive(Debug, Default)]
pub(super) struct Scripts {
    rules: Vec<Armed>,
}

impl Scripts {
    /// Replaces all rules.
    pub(super) fn set(&mut self, rules: Vec<FaultRule>, seed: u64) {
        self.rules = rules
            .into_iter()
            .zip(0_u64..)
            .map(|(rule, at)| Armed {
                rule,
                random: ChaCha8Rng::seed_from_u64(seed.wrapping_mul(1_000_003).wrapping_add(at)),
                matched: 0,
                fired: 0,
            })
            .collect();
    }

    /// How often each rule has fired.
    pub(super) fn fired(&self) -> Vec<u64> {
        self.rules.iter().map(|armed| armed.fired).collect()
    }

    /// The first rule that fires for this call; every matching rule counts it.
    pub(super) fn next(&mut self, call: &Call) -> Option<FaultKind> {
        let mut chosen = None;
        for armed in &mut self.rules {
            if !armed.matches(call) {
                continue;
            }
            armed.matched += 1;
            let by_count = armed.rule.nth.is_none_or(|nth| nth == armed.matched);
            let by_chance = match armed.rule.probability {
                Some(probability) => armed.random.random_bool(probability.clamp(0.0, 1.0)),
                None => true,
            };
            let left = armed.rule.times.is_none_or(|times| armed.fired < times);
            if chosen.is_none() && by_count && by_chance && left {
                armed.fired += 1;
                chosen = Some(armed.rule.fault.clone());
            }
        }
        chosen
    }
}

impl Armed {
    fn matches(&self, call: &Call) -> bool {
        let (method, pattern) = match self.rule.route.split_once(' ') {
            Some((method, pattern)) => (Some(method), pattern),
            None => (None, self.rule.route.as_str()),
        };
        let by_method = method.is_none_or(|method| {
            method == "*" || method.eq_ignore_ascii_case(call.method.as_str())
        });
        by_method
            && glob(pattern, &call.path)
            && self.rule.contains.as_ref().is_none_or(|text| {
                call.query
                    .iter()
                    .any(|pair| pair.0.contains(text) || pair.1.contains(text))
                    || String::from_utf8_lossy(&call.body).contains(text)
            })
    }
}

fn glob(pattern: &str, path: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == path,
        Some((head, tail)) => path.strip_prefix(head).is_some_and(|rest| {
            (0..=rest.len())
                .filter(|at| rest.is_char_boundary(*at))
                .any(|at| glob(tail, &rest[at..]))
        }),
    }
}

/// Doubles or reorders the rows of a query or change-data-capture answer.
pub(super) fn disturb_rows(body: &mut Value, duplicate: bool) {
    match body {
        Value::Array(items) => {
            let are_rows = items.iter().any(|item| item.get("Id").is_some());
            if !are_rows {
                items
                    .iter_mut()
                    .for_each(|item| disturb_rows(item, duplicate));
            } else if duplicate {
                let every_third: Vec<Value> = items.iter().step_by(3).cloned().collect();
                items.extend(every_third);
            } else {
                items.reverse();
                let half = items.len() / 2;
                items.rotate_left(half);
            }
        }
        Value::Object(map) => {
            let wrappers = ["QueryResponse", "CDCResponse"];
            for (name, member) in map.iter_mut() {
                if wrappers.contains(&name.as_str()) || member.is_array() {
                    disturb_rows(member, duplicate);
                } else if let Value::Object(_) = member {
                    continue;
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, Method};

    use super::*;

    fn call(path: &str, body: &str) -> Call {
        Call {
            method: Method::GET,
            path: path.to_owned(),
            query: vec![("query".to_owned(), "select * from Bill".to_owned())],
            headers: HeaderMap::new(),
            body: body.as_bytes().to_vec(),
        }
    }

    /// Which of twelve matching calls the rule fires at.
    fn pattern(rule: &str, seed: u64) -> Vec<usize> {
        let mut scripts = Scripts::default();
        scripts.set(vec![serde_json::from_str(rule).unwrap()], seed);
        let call = call("/v3/company/1/query", "");
        (1..=12).filter(|_| scripts.next(&call).is_some()).collect()
    }

    #[test]
    fn rules_fire_by_count_by_limit_and_by_chance_of_the_seed() {
        let rule = |extra: &str| {
            format!(
                r#"{{"route": "GET /v3/company/*/query", {extra} "fault": {{"kind": "unauthorized"}}}}"#
            )
        };
        assert_eq!(pattern(&rule(r#""nth": 3,"#), 1), [3]);
        assert_eq!(pattern(&rule(r#""times": 2,"#), 1), [1, 2]);
        assert_eq!(pattern(&rule(r#""contains": "from Bill","#), 1).len(), 12);
        assert!(pattern(&rule(r#""contains": "from Invoice","#), 1).is_empty());
        let chance = rule(r#""probability": 0.5,"#);
        assert_eq!(pattern(&chance, 5), pattern(&chance, 5));
        assert_ne!(pattern(&chance, 5), pattern(&chance, 6));
    }

    #[test]
    fn routes_match_by_method_and_by_stars() {
        for (route, expected) in [
            ("/v3/company/1/query", true),
            ("GET *", true),
            ("* */query", true),
            ("POST */query", false),
            ("GET /v3/company/*/bill", false),
            ("GET /v3/*/1/q*y", true),
        ] {
            let rule = FaultRule {
                route: route.to_owned(),
                contains: None,
                nth: None,
                probability: None,
                times: None,
                fault: FaultKind::Forbidden,
            };
            let mut scripts = Scripts::default();
            scripts.set(vec![rule], 1);
            let fired = scripts.next(&call("/v3/company/1/query", "")).is_some();
            assert_eq!(fired, expected, "{route}");
        }
    }
}

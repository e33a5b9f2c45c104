//! Every route of the vendor's API that is served, as flat lists by area.
//!
//! The admin area is not in here: it is no part of the vendor's API.

mod company;
mod contracts;
mod field;
mod writes;

use super::reply::Refusal;
use super::route::{Params, Route};

static ROUTES: &[&[Route]] = &[
    company::COMPANY,
    company::CODES,
    company::BUDGET,
    contracts::OWNER,
    contracts::COMMITMENTS,
    field::FIELD,
    writes::WRITES,
    writes::HOOKS,
];

/// The path that a request asked for, without a trailing slash.
pub(crate) fn find(method: &str, path: &str) -> Result<(&'static Route, Params), Refusal> {
    let mut known_path = false;
    for route in ROUTES.iter().copied().flatten() {
        if let Some(params) = route.fit(path) {
            if route.method == method {
                return Ok((route, params));
            }
            known_path = true;
        }
    }
    if known_path {
        return Err(Refusal::new(405, "Method Not Allowed"));
    }
    Err(Refusal::not_found())
}

/// Every pattern served, for coverage tests and the state dump.
pub(crate) fn patterns() -> impl Iterator<Item = (&'static str, &'static str)> {
    ROUTES
        .iter()
        .copied()
        .flatten()
        .map(|route| (route.method, route.pattern))
}

#[cfg(test)]
mod tests {
    use super::super::route::Does;
    use super::*;

    #[test]
    fn literal_paths_win_over_parameters_that_would_swallow_them() {
        let lines = find("GET", "/rest/v1.0/projects/7/direct_costs/line_items").unwrap();
        assert!(matches!(lines.0.does, Does::Special(_)));
        let sync = find("PATCH", "/rest/v1.0/vendors/sync").unwrap();
        assert!(matches!(sync.0.does, Does::Sync));
        let show = find("GET", "/rest/v1.1/projects/7/direct_costs/9").unwrap();
        assert_eq!(
            show.1,
            [("project_id", "7".to_owned()), ("id", "9".to_owned())]
        );
        assert_eq!(find("GET", "/rest/v1.0/nothing").unwrap_err().status, 404);
        assert_eq!(find("PUT", "/rest/v1.0/vendors").unwrap_err().status, 405);
    }

    #[test]
    fn no_route_is_hidden_by_an_earlier_one() {
        for (method, pattern) in patterns() {
            let path = pattern.replace(['{', '}'], "");
            let (route, _) = find(method, &path).unwrap();
            assert_eq!((route.method, route.pattern), (method, pattern));
        }
    }
}

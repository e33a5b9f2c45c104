//! What a route is: its collection, where its project and parent come from, how it pages and
//! which tool guards it. The list of routes is in `routes`.

use super::call::Call;
use super::reply::{Refusal, Reply};

/// Path parameters by name.
pub(crate) type Params = Vec<(&'static str, String)>;

pub(crate) type Special = fn(&mut Call<'_>) -> Result<Reply, Refusal>;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Does {
    List,
    Show,
    /// The only record of a project (`/prime_contract?project_id=`).
    First,
    Create,
    Update,
    Delete,
    Sync,
    Special(Special),
}

/// Where the parent's id comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parent {
    None,
    Path(&'static str),
    Query(&'static str),
    QueryRequired(&'static str),
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Route {
    pub(crate) method: &'static str,
    pub(crate) pattern: &'static str,
    pub(crate) does: Does,
    pub(crate) kind: &'static str,
    pub(crate) tool: &'static str,
    pub(crate) parent: Parent,
    /// Default and largest page; zero means that the list is never paged.
    pub(crate) paging: (usize, usize),
    /// The project id is in the path, in the query, or there is none.
    pub(crate) company_wide: bool,
    /// Without dates the list shows today only.
    pub(crate) daily: bool,
    /// A v1 list that is wrapped in `{"data": []}` all the same.
    pub(crate) enveloped: bool,
    /// The attribute key that wraps a written body.
    pub(crate) wrapper: &'static str,
    /// Answers without `Procore-Company-Id` (to a person's token) and without installation.
    pub(crate) open: bool,
}

impl Route {
    pub(crate) const fn new(
        method: &'static str,
        pattern: &'static str,
        does: Does,
        kind: &'static str,
        tool: &'static str,
    ) -> Self {
        let paging = if is_v2(pattern) {
            (10, 100)
        } else {
            (100, 2_000)
        };
        Self {
            method,
            pattern,
            does,
            kind,
            tool,
            parent: Parent::None,
            paging,
            company_wide: false,
            daily: false,
            enveloped: false,
            wrapper: "",
            open: false,
        }
    }

    pub(crate) const fn company(mut self) -> Self {
        self.company_wide = true;
        self
    }

    pub(crate) const fn paged(mut self, default: usize, most: usize) -> Self {
        self.paging = (default, most);
        self
    }

    pub(crate) const fn under(mut self, parent: Parent) -> Self {
        self.parent = parent;
        self
    }

    pub(crate) const fn daily(mut self) -> Self {
        self.daily = true;
        self
    }

    pub(crate) const fn enveloped(mut self) -> Self {
        self.enveloped = true;
        self
    }

    pub(crate) const fn wrapped(mut self, key: &'static str) -> Self {
        self.wrapper = key;
        self
    }

    pub(crate) const fn open(mut self) -> Self {
        self.open = true;
        self
    }

    pub(crate) fn v2(&self) -> bool {
        is_v2(self.pattern)
    }

    /// Whether `company_id` must be in the query although the header names the company too.
    pub(crate) fn needs_company(&self) -> bool {
        let reads = matches!(self.does, Does::List | Does::Show);
        reads
            && matches!(self.kind, "projects" | "vendors")
            && !self.pattern.contains("{company_id}")
    }

    /// Values of the pattern's parameters when the path fits.
    pub(crate) fn fit(&self, path: &str) -> Option<Params> {
        let mut params = Vec::new();
        let mut given = path.split('/');
        for want in self.pattern.split('/') {
            let part = given.next()?;
            match want
                .strip_prefix('{')
                .and_then(|name| name.strip_suffix('}'))
            {
                Some(_) if part.is_empty() => return None,
                Some(name) => params.push((name, part.to_owned())),
                None if want == part => {}
                None => return None,
            }
        }
        given.next().is_none().then_some(params)
    }
}

const fn is_v2(pattern: &str) -> bool {
    // "/rest/v2…": the seventh byte tells the version.
    pattern.len() > 7 && pattern.as_bytes()[7] == b'2'
}

pub(crate) const fn list(pattern: &'static str, kind: &'static str, tool: &'static str) -> Route {
    Route::new("GET", pattern, Does::List, kind, tool)
}

pub(crate) const fn show(pattern: &'static str, kind: &'static str, tool: &'static str) -> Route {
    Route::new("GET", pattern, Does::Show, kind, tool)
}

pub(crate) const fn special(pattern: &'static str, tool: &'static str, does: Special) -> Route {
    Route::new("GET", pattern, Does::Special(does), "", tool)
}

pub(crate) const fn create(
    pattern: &'static str,
    kind: &'static str,
    tool: &'static str,
    wrapper: &'static str,
) -> Route {
    Route::new("POST", pattern, Does::Create, kind, tool).wrapped(wrapper)
}

pub(crate) const fn update(
    pattern: &'static str,
    kind: &'static str,
    tool: &'static str,
    wrapper: &'static str,
) -> Route {
    Route::new("PATCH", pattern, Does::Update, kind, tool).wrapped(wrapper)
}

pub(crate) const fn delete(pattern: &'static str, kind: &'static str, tool: &'static str) -> Route {
    Route::new("DELETE", pattern, Does::Delete, kind, tool)
}

pub(crate) const fn sync_rows(
    pattern: &'static str,
    kind: &'static str,
    tool: &'static str,
) -> Route {
    Route::new("PATCH", pattern, Does::Sync, kind, tool)
}

pub(crate) const fn hook(method: &'static str, pattern: &'static str, does: Special) -> Route {
    Route::new(method, pattern, Does::Special(does), "", "").company()
}

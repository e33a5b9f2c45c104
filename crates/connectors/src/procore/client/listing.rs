//! A list, read to its end and proven: pages are followed by their `next` link only, rows are
//! told apart by id, and their number is compared with the `Total` that Procore states.

use std::collections::HashSet;

use jiff::Timestamp;
use smol_str::SmolStr;
use url::Url;

use super::{Client, Parameter};
use crate::fetch::{content_id, member, plain_text};
use crate::http::{FetchError, Place, Reply};

/// What a list gave.
#[derive(Debug, Clone)]
pub(crate) struct Listing {
    /// Its rows in the order of the pages, each once.
    pub(crate) rows: Vec<Row>,
    /// Why it could not be proven whole, if it could not.
    pub(crate) doubt: Option<String>,
    /// Procore's clock when the list began.
    pub(crate) server_time: Option<Timestamp>,
}

/// One row, as text.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) id: SmolStr,
    pub(crate) body: String,
}

impl Row {
    pub(crate) fn new(body: &str) -> Self {
        let id = member(body, "id").and_then(plain_text);
        Self {
            id: id.map_or_else(|| SmolStr::new(content_id(body)), SmolStr::new),
            body: body.to_owned(),
        }
    }

    /// A whole number among its members.
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        plain_text(member(&self.body, name)?)?.parse().ok()
    }

    /// A whole number one level down: `contract.id`.
    pub(crate) fn number_in(&self, outer: &str, name: &str) -> Option<i64> {
        plain_text(member(member(&self.body, outer)?, name)?)?
            .parse()
            .ok()
    }

    /// A text among its members.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        Some(plain_text(member(&self.body, name)?)?.into_owned())
    }
}

/// A list that keeps changing while it is read is read so often.
const PASSES: u32 = 3;
/// No list has so many pages; a link that leads in circles does.
const PAGES: u32 = 100_000;

pub(super) async fn read(
    client: &Client,
    place: &Place,
    path: &str,
    parameters: &[Parameter],
    per_page: Option<u32>,
) -> Result<Listing, FetchError> {
    let mut parameters = parameters.to_vec();
    if let Some(size) = per_page {
        parameters.push(("per_page", size.to_string()));
        parameters.push(("page", "1".to_owned()));
    }
    let first = client.url(path, &parameters);
    let mut listing = pass(client, place, &first, per_page).await?;
    for _ in 1..PASSES {
        if listing.doubt.is_none() {
            break;
        }
        tracing::debug!(resource = %place.resource, "a list changed while it was read; once more");
        listing = pass(client, place, &first, per_page).await?;
    }
    Ok(listing)
}

async fn pass(
    client: &Client,
    place: &Place,
    first: &Url,
    per_page: Option<u32>,
) -> Result<Listing, FetchError> {
    let mut rows = Vec::new();
    let mut seen: HashSet<SmolStr> = HashSet::new();
    let mut totals: Vec<Option<u64>> = Vec::new();
    let mut server_time = None;
    let mut next = Some(first.clone());
    let mut last_page = 0;
    while let Some(url) = next {
        let reply = client.get(place, &url).await?;
        server_time = server_time.or_else(|| reply.server_time());
        totals.push(
            reply
                .header("total")
                .and_then(|total| total.trim().parse().ok()),
        );
        let page = client.rows(place, &reply)?;
        last_page = page.len();
        for body in page {
            let row = Row::new(body);
            if seen.insert(row.id.clone()) {
                rows.push(row);
            }
        }
        next = next_page(client, place, &reply, &url)?;
        if totals.len() as u64 > u64::from(PAGES) {
            return Err(client.unreadable(place, "its pages have no end".to_owned()));
        }
    }
    let doubt = doubt(&totals, rows.len() as u64, last_page, per_page);
    Ok(Listing {
        rows,
        doubt,
        server_time,
    })
}

/// Why the rows may not be all there are.
fn doubt(
    totals: &[Option<u64>],
    rows: u64,
    last_page: usize,
    per_page: Option<u32>,
) -> Option<String> {
    let stated: Vec<u64> = totals.iter().flatten().copied().collect();
    match (stated.first(), per_page) {
        (Some(first), _) if stated.iter().any(|total| total != first) => {
            Some("the number of rows changed while they were read".to_owned())
        }
        (Some(total), _) if *total != rows => {
            Some(format!("Procore stated {total} rows and gave {rows}"))
        }
        (Some(_), _) => None,
        // Lists without pages come whole. A paged list without a total is whole when its only
        // page is not full.
        (None, None) => None,
        (None, Some(size)) if totals.len() == 1 && (last_page as u64) < u64::from(size) => None,
        (None, Some(_)) => Some("Procore stated no number of rows".to_owned()),
    }
}

/// The address of the next page. It must stay on the same host: a token goes with it.
fn next_page(
    client: &Client,
    place: &Place,
    reply: &Reply,
    current: &Url,
) -> Result<Option<Url>, FetchError> {
    let Some(target) = reply.header("link").and_then(next_link) else {
        return Ok(None);
    };
    let url = current
        .join(target)
        .map_err(|_| client.unreadable(place, "the link to the next page is broken".to_owned()))?;
    if url.origin() != current.origin() || url.path() != current.path() || url == *current {
        return Err(client.unreadable(
            place,
            "the link to the next page leads elsewhere".to_owned(),
        ));
    }
    Ok(Some(url))
}

/// The target of `rel="next"` in a `Link` header.
fn next_link(header: &str) -> Option<&str> {
    header.split(',').find_map(|part| {
        let (target, attributes) = part.split_once(';')?;
        let next = attributes.split(';').any(|attribute| {
            let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
            name.trim().eq_ignore_ascii_case("rel") && value.trim().trim_matches('"') == "next"
        });
        let target = target.trim().strip_prefix('<')?.strip_suffix('>')?;
        next.then_some(target)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_next_link_is_followed() {
        let header = "<https://a/x?page=1&per_page=5>; rel=\"first\", <https://a/x?page=4&per_page=5>; rel=\"next\"";
        assert_eq!(next_link(header), Some("https://a/x?page=4&per_page=5"));
        assert_eq!(next_link("<https://a/x?page=1>; rel=\"first\""), None);
        assert_eq!(next_link("nonsense"), None);
    }

    #[test]
    fn a_list_is_whole_only_when_the_stated_number_came() {
        assert_eq!(doubt(&[Some(3), Some(3)], 3, 1, Some(2)), None);
        assert!(doubt(&[Some(3), Some(3)], 2, 1, Some(2)).is_some());
        assert!(doubt(&[Some(3), Some(4)], 4, 2, Some(2)).is_some());
        assert_eq!(doubt(&[None], 7, 7, None), None, "unpaged");
        assert_eq!(
            doubt(&[None], 7, 7, Some(100)),
            None,
            "a page that is not full"
        );
        assert!(
            doubt(&[None], 100, 100, Some(100)).is_some(),
            "a full page and no total"
        );
    }

    #[test]
    fn a_row_knows_its_id_and_its_parent() {
        let row = Row::new(r#"{"id":8589934592001,"contract":{"id":"55"},"commitment_id":7}"#);
        assert_eq!(row.id, "8589934592001");
        assert_eq!(
            (row.number_in("contract", "id"), row.number("commitment_id")),
            (Some(55), Some(7))
        );
        assert_eq!(row.number("missing"), None);
        assert!(Row::new(r#"{"id":null,"a":1}"#).id.starts_with("none-"));
    }
}

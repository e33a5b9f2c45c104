//! Every sealed column, for when all of them are sealed anew.

use crate::StoreError;
use crate::connections::{kept_place, row_name};
use crate::keys::{Place, sealed_with};
use crate::settings;
use crate::sql::query;
use crate::tokens::{access_place, refresh_place};
use crate::tx::Tx;
use crate::{Secret, mirror};

/// How the text in the columns is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Now {
    /// It is sealed with one of the tenant's keys.
    Sealed,
    /// It is readable, as version 0.1 kept it.
    Plain,
}

/// Seals every secret of the tenant with the newest key; returns how many.
pub(crate) async fn seal_all(tx: &mut Tx, now: Now) -> Result<u64, StoreError> {
    let mut count = 0;
    let tokens: Vec<(String, String, Option<String>)> =
        query("SELECT system, access_token, refresh_token FROM token WHERE tenant_id = $1")
            .bind(tx.tenant())
            .rows(tx.connection())
            .await?;
    for (name, access, refresh) in tokens {
        let system = mirror::system_from(&name)?;
        let access = anew(tx, now, access_place(system), Some(access), &mut count)?;
        let refresh = anew(tx, now, refresh_place(system), refresh, &mut count)?;
        query(
            "UPDATE token SET access_token = $3, refresh_token = $4
             WHERE tenant_id = $1 AND system = $2",
        )
        .bind(tx.tenant())
        .bind(name)
        .bind(access)
        .bind(refresh)
        .execute(tx.connection())
        .await?;
    }
    let pending: Vec<(Vec<u8>, Option<String>)> =
        query("SELECT state_digest, pkce_verifier FROM oauth_state WHERE tenant_id = $1")
            .bind(tx.tenant())
            .rows(tx.connection())
            .await?;
    for (digest, kept) in pending {
        let row = row_name(&digest);
        let kept = anew(tx, now, kept_place(&row), kept, &mut count)?;
        query(
            "UPDATE oauth_state SET pkce_verifier = $3
             WHERE tenant_id = $1 AND state_digest = $2",
        )
        .bind(tx.tenant())
        .bind(digest)
        .bind(kept)
        .execute(tx.connection())
        .await?;
    }
    let secrets: Vec<(String, String)> =
        query("SELECT name, sealed FROM secret WHERE tenant_id = $1")
            .bind(tx.tenant())
            .rows(tx.connection())
            .await?;
    for (name, sealed) in secrets {
        let sealed = anew(tx, now, settings::place(&name), Some(sealed), &mut count)?;
        query("UPDATE secret SET sealed = $3 WHERE tenant_id = $1 AND name = $2")
            .bind(tx.tenant())
            .bind(name)
            .bind(sealed)
            .execute(tx.connection())
            .await?;
    }
    Ok(count)
}

/// A disconnected system keeps empty columns, in which there is nothing to seal.
fn anew(
    tx: &Tx,
    now: Now,
    place: Place<'_>,
    text: Option<String>,
    count: &mut u64,
) -> Result<Option<String>, StoreError> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(text_or_empty(place));
    };
    let secret = match now {
        Now::Plain => Secret::new(text),
        Now::Sealed if sealed_with(&text) == Some(tx.keys().newest()) => return Ok(Some(text)),
        Now::Sealed => tx.unseal(place, &text)?,
    };
    *count += 1;
    Ok(Some(tx.seal(place, &secret)?))
}

/// An access token is never null.
fn text_or_empty(place: Place<'_>) -> Option<String> {
    (place.column == "access_token").then(String::new)
}

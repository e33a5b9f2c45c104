//! Style, script and type, inside the binary and named by their content.
//!
//! All of them live under one folder whose name is a digest of all of them: a browser may keep
//! them for ever, and a new version asks for new names.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use super::error::AppError;

struct Asset {
    name: &'static str,
    kind: &'static str,
    body: &'static [u8],
}

macro_rules! assets {
    ($($name:literal: $kind:literal),* $(,)?) => {
        &[$(Asset {
            name: $name,
            kind: $kind,
            body: include_bytes!(concat!("../../assets/", $name)),
        }),*]
    };
}

const ASSETS: &[Asset] = assets! {
    "tokens.css": "text/css; charset=utf-8",
    "app.css": "text/css; charset=utf-8",
    "people.css": "text/css; charset=utf-8",
    "app.js": "text/javascript; charset=utf-8",
    "htmx-4.0.1.min.js": "text/javascript; charset=utf-8",
    "archivo.woff2": "font/woff2",
    "favicon.svg": "image/svg+xml",
};

/// The folder that the pages name, such as `/assets/3f9a0c1e77b2`.
pub static FOLDER: LazyLock<String> = LazyLock::new(|| {
    let mut digest = Sha256::new();
    for asset in ASSETS {
        digest.update(asset.name.as_bytes());
        digest.update(asset.body);
    }
    let hex: String = digest
        .finalize()
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("/assets/{hex}")
});

/// Hands an asset out, for a year.
///
/// # Errors
/// [`AppError::NotFound`] for other names and for the folder of another version.
pub async fn asset(Path((folder, name)): Path<(String, String)>) -> Result<Response, AppError> {
    let asset = ASSETS.iter().find(|asset| asset.name == name);
    match asset {
        Some(asset) if FOLDER.ends_with(&folder) && folder.len() == 12 => Ok((
            [
                (CONTENT_TYPE, asset.kind),
                (CACHE_CONTROL, "public, max-age=31536000, immutable"),
            ],
            asset.body,
        )
            .into_response()),
        _ => Err(AppError::NotFound),
    }
}

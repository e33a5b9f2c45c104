//! Bringing a data folder of version 0.1 forward: its plain store and its settings.
//!
//! Each file is removed when what was in it is safely in the encrypted tenant, so a process that
//! is killed on the way is followed by one that goes on.

use std::path::Path;

use anyhow::Context;
use jiff::Timestamp;
use serde_json::Value;
use store::Installation;

use crate::settings::Settings;

const STORE: &str = "plumbline.db";
const SETTINGS: &str = "settings.json";

/// Whether a folder holds data of version 0.1.
pub(crate) fn is_in(data: &Path) -> bool {
    data.join(STORE).is_file()
}

/// Makes a tenant of the plain store and its settings, if they are there.
///
/// # Errors
/// When the store or the settings cannot be understood; they are kept then.
pub(crate) async fn bring_forward(
    installation: &Installation,
    data: &Path,
    name: &str,
    now: Timestamp,
) -> anyhow::Result<()> {
    let (plain, settings) = (data.join(STORE), data.join(SETTINGS));
    if plain.is_file() {
        installation.move_in(&plain, name, now).await?;
    }
    if settings.is_file() {
        let tenants = installation.tenants().await?;
        // Only a folder of version 0.1 has this file, and it had one tenant.
        if let [tenant] = tenants.as_slice() {
            let store = installation.store(&tenant.id).await?;
            let read = read(&settings)?;
            read.save(&store, &store.scope()).await?;
            std::fs::remove_file(&settings)
                .with_context(|| format!("failed to remove {}", settings.display()))?;
        }
    }
    Ok(())
}

/// The settings of version 0.1, whose client secrets stood among the rest.
fn read(path: &Path) -> anyhow::Result<Settings> {
    let understand = || format!("failed to understand {}", path.display());
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("failed to read {}", path.display()))?;
    let mut all: Value = serde_json::from_str(&text).with_context(understand)?;
    let mut secret_of = |system: &str| {
        let client = all.get_mut(system)?.get_mut("client")?.as_object_mut()?;
        let secret = client.remove("secret")?;
        Some(store::Secret::new(secret.as_str()?.to_owned()))
    };
    let (procore, quickbooks) = (secret_of("procore"), secret_of("quickbooks"));
    let mut settings: Settings = serde_json::from_value(all).with_context(understand)?;
    if let (Some(access), Some(secret)) = (&mut settings.procore, procore) {
        access.client.secret = secret;
    }
    if let (Some(access), Some(secret)) = (&mut settings.quickbooks, quickbooks) {
        access.client.secret = secret;
    }
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_secrets_of_the_version_before_are_taken_out_of_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(SETTINGS);
        let client = |secret: &str| serde_json::json!({"id": "app", "secret": secret, "redirect_uri": "http://localhost/c"});
        let old = serde_json::json!({
            "time_zone": "America/Denver",
            "stale_after_days": 5,
            "procore": {"login": "l", "api": "a", "company_id": 7, "rights": "person",
                        "client": client("one")},
            "quickbooks": {"environment": "sandbox", "client": client("two")},
        });
        std::fs::write(&path, old.to_string()).unwrap();
        let settings = read(&path).unwrap();
        assert_eq!(settings.stale_after_days, 5);
        let (procore, quickbooks) = (settings.procore.unwrap(), settings.quickbooks.unwrap());
        assert_eq!(procore.client.secret.expose(), "one");
        assert_eq!(quickbooks.client.secret.expose(), "two");
    }
}

//! What the keys promise: nothing opens elsewhere, with another key, or after a change.

use std::path::Path;

use super::*;
use crate::StoreError;

const PLACE: Place<'static> = Place {
    table: "token",
    column: "access_token",
    row: "quickbooks",
};

fn key_file(folder: &Path) -> (KeyFile, MasterKey) {
    let master = MasterKey::random().unwrap();
    let file = KeyFile::create(&folder.join("keys.json"), master.clone()).unwrap();
    (file, master)
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

#[test]
fn a_sealed_value_opens_only_in_its_own_place() {
    let folder = tempfile::tempdir().unwrap();
    let (mut file, _) = key_file(folder.path());
    let keys = file.add("tnt_1").unwrap();
    let sealed = keys.seal(PLACE, &secret("refresh-7f3a")).unwrap();
    assert!(!sealed.contains("7f3a"));
    assert_eq!(keys.unseal(PLACE, &sealed).unwrap(), secret("refresh-7f3a"));
    for elsewhere in [
        Place {
            table: "secret",
            ..PLACE
        },
        Place {
            column: "refresh_token",
            ..PLACE
        },
        Place {
            row: "procore",
            ..PLACE
        },
    ] {
        assert_eq!(keys.unseal(elsewhere, &sealed), Err(Unsealable));
    }
    let other = file.add("tnt_2").unwrap();
    assert_eq!(other.unseal(PLACE, &sealed), Err(Unsealable));
}

#[test]
fn a_changed_bit_is_noticed_wherever_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let keys = key_file(folder.path()).0.add("tnt_1").unwrap();
    let sealed = keys.seal(PLACE, &secret("refresh-7f3a")).unwrap();
    for position in 0..sealed.len() {
        let mut bytes = sealed.clone().into_bytes();
        bytes[position] = if bytes[position] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        assert_eq!(keys.unseal(PLACE, &changed), Err(Unsealable), "{position}");
    }
    assert_eq!(keys.unseal(PLACE, "refresh-7f3a"), Err(Unsealable));
}

#[test]
fn the_same_secret_is_never_sealed_the_same_twice() {
    let folder = tempfile::tempdir().unwrap();
    let keys = key_file(folder.path()).0.add("tnt_1").unwrap();
    let seal = || keys.seal(PLACE, &secret("refresh")).unwrap();
    assert_ne!(seal(), seal());
}

#[test]
fn a_new_key_seals_and_the_one_before_still_opens() {
    let folder = tempfile::tempdir().unwrap();
    let (mut file, master) = key_file(folder.path());
    let first = file.add("tnt_1").unwrap();
    let sealed = first.seal(PLACE, &secret("old")).unwrap();
    let both = file.add("tnt_1").unwrap();
    assert_eq!(both.newest(), 2);
    assert_eq!(both.unseal(PLACE, &sealed).unwrap(), secret("old"));
    let newer = both.seal(PLACE, &secret("new")).unwrap();
    assert_eq!(sealed_with(&newer), Some(2));
    assert_eq!(first.unseal(PLACE, &newer), Err(Unsealable));

    file.retire_before("tnt_1", 2).unwrap();
    let path = folder.path().join("keys.json");
    let kept = KeyFile::open(&path, master)
        .unwrap()
        .keys_of("tnt_1")
        .unwrap();
    assert_eq!(kept.unseal(PLACE, &sealed), Err(Unsealable));
    assert_eq!(kept.unseal(PLACE, &newer).unwrap(), secret("new"));
}

#[test]
fn another_master_key_opens_nothing_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (mut file, _) = key_file(folder.path());
    file.add("tnt_1").unwrap();
    let path = folder.path().join("keys.json");
    let before = std::fs::read(&path).unwrap();
    let refused = KeyFile::open(&path, MasterKey::random().unwrap()).unwrap_err();
    assert!(
        matches!(refused, StoreError::WrongKey { .. }),
        "{refused:?}"
    );
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn another_master_key_can_take_over_without_touching_data() {
    let folder = tempfile::tempdir().unwrap();
    let (mut file, old) = key_file(folder.path());
    let keys = file.add("tnt_1").unwrap();
    let sealed = keys.seal(PLACE, &secret("kept")).unwrap();
    let new = MasterKey::random().unwrap();
    file.rewrap(new.clone()).unwrap();
    let path = folder.path().join("keys.json");
    assert!(KeyFile::open(&path, old).is_err());
    let keys = KeyFile::open(&path, new).unwrap().keys_of("tnt_1").unwrap();
    assert_eq!(keys.unseal(PLACE, &sealed).unwrap(), secret("kept"));
}

#[test]
fn a_wrapped_key_that_is_given_to_another_owner_does_not_open() {
    let folder = tempfile::tempdir().unwrap();
    let (mut file, master) = key_file(folder.path());
    file.add("tnt_1").unwrap();
    file.add("tnt_2").unwrap();
    let path = folder.path().join("keys.json");
    let mut text: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    text["keys"]["tnt_2"] = text["keys"]["tnt_1"].clone();
    std::fs::write(&path, text.to_string()).unwrap();
    let file = KeyFile::open(&path, master).unwrap();
    assert!(file.keys_of("tnt_1").is_ok());
    assert!(matches!(
        file.keys_of("tnt_2"),
        Err(StoreError::WrongKey { .. })
    ));
}

#[test]
fn a_destroyed_key_is_gone_from_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let (mut file, _) = key_file(folder.path());
    file.add("tnt_1").unwrap();
    file.retire_before("tnt_1", Version::MAX).unwrap();
    assert!(file.keys_of("tnt_1").is_err());
    let text = std::fs::read_to_string(folder.path().join("keys.json")).unwrap();
    assert!(!text.contains("tnt_1"), "{text}");
}

#[test]
fn keys_do_not_show_in_debug() {
    let folder = tempfile::tempdir().unwrap();
    let (mut file, master) = key_file(folder.path());
    let keys = file.add("tnt_1").unwrap();
    let shown = format!("{master:?} {keys:?} {file:?}");
    let hidden = [
        master.to_text().expose().to_owned(),
        keys.of_the_file()[0].to_string(),
    ];
    for hidden in hidden {
        assert!(!shown.contains(&hidden), "{shown}");
    }
}

#[test]
fn a_master_key_comes_from_a_file_a_text_or_a_command() {
    let folder = tempfile::tempdir().unwrap();
    let master = MasterKey::random().unwrap();
    let text = master.to_text();
    let path = folder.path().join("master.key");
    master::write_private(&path, format!("{}\n", text.expose()).as_bytes()).unwrap();
    for source in [
        MasterKeySource::Text(text.clone()),
        MasterKeySource::File(path.clone()),
        MasterKeySource::Command(vec!["cat".to_owned(), path.display().to_string()]),
    ] {
        let loaded = MasterKey::load(&source, folder.path(), false).unwrap();
        assert!(loaded.to_text() == text, "{source:?}");
    }
    for source in [
        MasterKeySource::Text(secret("c2hvcnQ=")),
        MasterKeySource::File(folder.path().join("missing")),
        MasterKeySource::Command(vec!["false".to_owned()]),
        MasterKeySource::Command(Vec::new()),
        MasterKeySource::BesideTheData,
    ] {
        let refused = MasterKey::load(&source, folder.path(), false).unwrap_err();
        assert!(
            matches!(refused, StoreError::MasterKey { .. }),
            "{refused:?}"
        );
    }
}

#[cfg(unix)]
#[test]
fn a_key_file_that_others_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("master.key");
    let text = MasterKey::random().unwrap().to_text();
    master::write_private(&path, text.expose().as_bytes()).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    let refused = MasterKey::load(&MasterKeySource::File(path), folder.path(), false).unwrap_err();
    assert!(refused.to_string().contains("chmod 600"), "{refused}");
}

#[cfg(unix)]
#[test]
fn a_credential_of_systemd_is_a_private_file_although_its_group_bit_is_set() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("master-key");
    let text = MasterKey::random().unwrap().to_text();
    master::write_private(&path, text.expose().as_bytes()).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o440)).unwrap();
    let of = std::fs::metadata(&path).unwrap();
    let loaded = MasterKey::load(&MasterKeySource::File(path), folder.path(), false);
    // Only root's are credentials; anybody else's file says what its group may.
    assert_eq!(loaded.is_ok(), (of.uid(), of.gid()) == (0, 0));
}

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::Barrier,
};

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

/// A key that nobody drew, another one for each seed.
fn key(seed: u8) -> SecretString {
    let bytes: Vec<u8> = (0..32).map(|at: u8| at.wrapping_mul(7).wrapping_add(seed)).collect();
    SecretString::from(data_encoding::BASE64.encode(&bytes))
}

fn vault(current: u8, previous: &[u8]) -> Vault {
    let options = VaultOptions {
        master_key: Some(key(current)),
        previous_master_keys: previous.iter().copied().map(key).collect(),
        key_file: "/nowhere/master.key".into(),
    };
    Vault::open(&options).unwrap()
}

const PLACE: Place<'_> = Place { purpose: "one-time password", row: "person 1" };

fn opened(vault: &Vault, place: Place<'_>, sealed: &str) -> Result<Vec<u8>, UnsealError> {
    vault.unseal(place, sealed).map(|secret| secret.expose_secret().to_vec())
}

#[test]
fn what_is_sealed_opens_at_its_place() {
    let vault = vault(1, &[]);
    for secret in [&b""[..], b"x", &[0; 1000], "ключ".as_bytes()] {
        let sealed = vault.seal(PLACE, secret).unwrap();
        assert_eq!(opened(&vault, PLACE, &sealed), Ok(secret.to_vec()));
    }
}

#[test]
fn a_sealed_text_is_ascii_names_its_key_and_is_another_each_time() {
    let vault = vault(1, &[]);
    let sealed = vault.seal(PLACE, b"swordfish").unwrap();
    assert!(sealed.is_ascii() && !sealed.contains("swordfish"));
    assert!(sealed.starts_with(&format!("v1.{}.", vault.key_id())), "{sealed}");
    assert_ne!(sealed, vault.seal(PLACE, b"swordfish").unwrap());
}

#[test]
fn a_text_that_was_moved_to_another_place_does_not_open() {
    let vault = vault(1, &[]);
    let sealed = vault.seal(PLACE, b"swordfish").unwrap();
    for place in [
        Place { row: "person 2", ..PLACE },
        Place { purpose: "signing key", ..PLACE },
        Place { purpose: "one-time passwor", row: "dperson 1" },
        Place { purpose: "", row: "" },
    ] {
        assert_eq!(opened(&vault, place, &sealed), Err(UnsealError::Refused), "{place:?}");
    }
}

#[test]
fn a_text_that_was_altered_anywhere_does_not_open() {
    let vault = vault(1, &[]);
    let sealed = vault.seal(PLACE, b"swordfish").unwrap();
    for at in 0..sealed.len() {
        let mut altered = sealed.clone().into_bytes();
        altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
        let altered = String::from_utf8(altered).unwrap();
        assert!(opened(&vault, PLACE, &altered).is_err(), "{altered}");
    }
    for length in 0..sealed.len() {
        assert!(opened(&vault, PLACE, &sealed[..length]).is_err());
    }
    for text in ["", "v1", "v1.", "v1..", "v2.0.0", "swordfish", "v1.é.é"] {
        assert!(opened(&vault, PLACE, text).is_err(), "{text}");
    }
}

#[test]
fn an_older_key_still_opens_and_a_new_one_seals() {
    let before = vault(1, &[]);
    let sealed = before.seal(PLACE, b"swordfish").unwrap();
    let after = vault(2, &[3, 1]);
    assert_eq!(opened(&after, PLACE, &sealed), Ok(b"swordfish".to_vec()));
    assert!(after.is_outdated(&sealed) && !before.is_outdated(&sealed));

    let resealed = after.reseal(PLACE, &sealed).unwrap().unwrap();
    assert_eq!(opened(&vault(2, &[]), PLACE, &resealed), Ok(b"swordfish".to_vec()));
    assert_eq!(after.reseal(PLACE, &resealed), Ok(None), "it is sealed with the current key");
    let elsewhere = Place { row: "person 2", ..PLACE };
    assert_eq!(after.reseal(elsewhere, &sealed), Err(ResealError::Unseal(UnsealError::Refused)));
}

#[test]
fn a_key_that_is_not_there_is_named() {
    let before = vault(1, &[]);
    let sealed = before.seal(PLACE, b"swordfish").unwrap();
    let error = opened(&vault(2, &[]), PLACE, &sealed).unwrap_err();
    assert_eq!(error, UnsealError::UnknownKey { key: before.key_id() });
    assert!(error.to_string().contains("secrets.previous_master_keys"));
}

#[test]
fn a_signature_is_good_for_its_purpose_and_message_only_and_outlives_the_key() {
    let before = vault(1, &[]);
    let signer = before.key_for("forms");
    let signature = signer.sign(b"session 1");
    assert!(signer.verify(b"session 1", &signature));
    assert_eq!(signature, before.key_for("forms").sign(b"session 1"), "two processes sign alike");
    assert!(!signer.verify(b"session 2", &signature));
    assert!(!signer.verify(b"session 1", &signature[..31]));
    assert!(!before.key_for("links").verify(b"session 1", &signature));

    let after = vault(2, &[1]).key_for("forms");
    assert!(after.verify(b"session 1", &signature));
    assert_ne!(after.sign(b"session 1"), signature);
    assert!(!vault(2, &[]).key_for("forms").verify(b"session 1", &signature));
}

#[test]
fn nothing_of_a_key_is_shown() {
    let vault = vault(1, &[2]);
    let shown = format!("{vault:?} {:?}", vault.key_for("forms"));
    assert!(shown.contains(&vault.key_id()));
    assert!(!shown.contains(key(1).expose_secret()) && !shown.contains("[7, 14"), "{shown}");
}

#[test]
fn a_key_that_is_none_is_told_with_its_setting() {
    let options = |current: &str, previous: &str| VaultOptions {
        master_key: Some(current.into()),
        previous_master_keys: vec![previous.into()],
        key_file: "/nowhere/master.key".into(),
    };
    let problem = |options| Vault::open(&options).unwrap_err().to_string();
    assert!(problem(options("swordfish", "")).starts_with("secrets.master_key: is no key"));
    let previous = problem(options(key(1).expose_secret(), "c3dvcmRmaXNo"));
    assert!(previous.starts_with("secrets.previous_master_keys: is no key: it has 9 bytes"), "{previous}");
    assert!(!previous.contains("c3dvcmRmaXNo"));
}

proptest! {
    #[test]
    fn whatever_is_no_sealed_text_is_refused_without_a_panic(text in ".{0,200}") {
        let vault = vault(1, &[]);
        prop_assert!(vault.unseal(PLACE, &text).is_err());
        let named = format!("v1.{}.{text}", vault.key_id());
        prop_assert!(vault.unseal(PLACE, &named).is_err());
    }
}

fn in_file(folder: &Path) -> VaultOptions {
    VaultOptions { master_key: None, previous_master_keys: Vec::new(), key_file: folder.join("master.key") }
}

fn problem_in(folder: &Path) -> String {
    Vault::open(&in_file(folder)).unwrap_err().to_string()
}

fn with_file(content: &[u8], mode: u32) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("master.key");
    fs::write(&path, content).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    folder
}

#[test]
fn the_first_start_makes_a_key_that_only_its_owner_reads_and_the_next_one_finds_it() {
    let folder = tempfile::tempdir().unwrap();
    let sealed = Vault::open(&in_file(folder.path())).unwrap().seal(PLACE, b"swordfish").unwrap();
    let mode = fs::metadata(folder.path().join("master.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    let again = Vault::open(&in_file(folder.path())).unwrap();
    assert_eq!(opened(&again, PLACE, &sealed), Ok(b"swordfish".to_vec()));
    let other = tempfile::tempdir().unwrap();
    assert_ne!(again.key_id(), Vault::open(&in_file(other.path())).unwrap().key_id());
}

#[test]
fn those_who_start_at_once_end_with_the_same_key() {
    for _ in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let start = Barrier::new(8);
        let ids: Vec<String> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        start.wait();
                        Vault::open(&in_file(folder.path())).unwrap().key_id()
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "those who came late leave nothing behind");
    }
}

#[test]
fn a_key_that_is_set_needs_no_file_and_makes_none() {
    let folder = tempfile::tempdir().unwrap();
    let options = VaultOptions { master_key: Some(key(1)), ..in_file(folder.path()) };
    assert_eq!(Vault::open(&options).unwrap().key_id(), vault(1, &[]).key_id());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_file_that_others_may_read_is_refused_with_the_remedy() {
    for mode in [0o644, 0o640, 0o604, 0o660] {
        let folder = with_file(key(1).expose_secret().as_bytes(), mode);
        let problem = problem_in(folder.path());
        assert!(problem.contains(&format!("mode {mode:04o}")) && problem.contains("chmod 600"), "{problem}");
    }
    let folder = with_file(key(1).expose_secret().as_bytes(), 0o400);
    assert_eq!(Vault::open(&in_file(folder.path())).unwrap().key_id(), vault(1, &[]).key_id());
}

#[test]
fn a_file_that_is_cut_off_is_told_of_and_left_as_it_is() {
    for content in [&b""[..], b"\n", &key(1).expose_secret().as_bytes()[..20], b"\xff\xfe\x00"] {
        let folder = with_file(content, 0o600);
        let problem = problem_in(folder.path());
        assert!(problem.contains("damaged or cut off: put it back from a backup"), "{problem}");
        assert_eq!(fs::read(folder.path().join("master.key")).unwrap(), content);
    }
}

#[test]
fn a_place_that_cannot_be_written_to_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let problem = problem_in(&folder.path().join("missing"));
    assert!(problem.contains("missing/master.key: cannot be made: "), "{problem}");
    assert!(problem.contains("secrets.master_key"));
    fs::create_dir(folder.path().join("master.key")).unwrap();
    fs::set_permissions(folder.path().join("master.key"), Permissions::from_mode(0o700)).unwrap();
    assert!(problem_in(folder.path()).contains("cannot be read"));
}

#[test]
fn a_new_key_seals_at_once_everywhere_and_the_older_one_opens_until_it_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let (running, operator) =
        (Vault::open(&in_file(folder.path())).unwrap(), Vault::open(&in_file(folder.path())).unwrap());
    let before = running.seal(PLACE, b"swordfish").unwrap();
    operator.draw_key().unwrap();
    assert_eq!(operator.older_key_ids(), [running.key_id()]);
    let after = operator.seal(PLACE, b"marlin").unwrap();
    assert_eq!(opened(&running, PLACE, &after), Ok(b"marlin".to_vec()), "it looks into the file again");
    assert_eq!(running.key_id(), operator.key_id());
    assert_eq!(opened(&operator, PLACE, &before), Ok(b"swordfish".to_vec()));
    operator.forget_older_keys().unwrap();
    assert!(matches!(opened(&operator, PLACE, &before), Err(UnsealError::UnknownKey { .. })));
    let mode = fs::metadata(folder.path().join("master.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn keys_that_are_drawn_at_once_are_all_kept() {
    let folder = tempfile::tempdir().unwrap();
    Vault::open(&in_file(folder.path())).unwrap();
    let start = Barrier::new(4);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let vault = Vault::open(&in_file(folder.path())).unwrap();
                start.wait();
                vault.draw_key().unwrap();
            });
        }
    });
    assert_eq!(Vault::open(&in_file(folder.path())).unwrap().older_key_ids().len(), 4);
}

#[test]
fn a_key_that_is_a_setting_is_not_drawn_here() {
    let problem = vault(1, &[2]).draw_key().unwrap_err().to_string();
    assert!(problem.contains("secrets.previous_master_keys"), "{problem}");
}

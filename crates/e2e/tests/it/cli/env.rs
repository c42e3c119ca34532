//! `pake env init`, and what a production refuses to start with.

use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt as _};

use e2e::{house::repository_root, pake::Pake};

use super::{alone, done, refused};

/// What the settings file says, by name.
fn settings(text: &str) -> BTreeMap<&str, &str> {
    text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('=')).collect()
}

#[test]
fn it_writes_settings_and_secrets_that_nobody_else_has() {
    let pake = alone();
    let asked = ["env", "init", "--domain", "pake.example.com", "--contact", "ada@example.com"];
    done(&pake, &asked);
    let folder = pake.folder();
    let written = fs::read_to_string(folder.join(".env.production")).unwrap();
    let known = settings(&written);
    assert_eq!((known["PAKE_DOMAIN"], known["PAKE_CONTACT"]), ("pake.example.com", "ada@example.com"));
    let mode = |name: &str| fs::metadata(folder.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(".env.production"), 0o600);
    let secret = |name: &str| fs::read_to_string(folder.join("secrets").join(name)).unwrap().trim().to_owned();
    for file in fs::read_dir(folder.join("secrets")).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert_eq!(mode(&format!("secrets/{name}")) & 0o007, 0, "{name}");
        let secret = secret(&name);
        assert!(secret.is_empty() || !written.contains(&secret), "{name}: no secret stands among the settings");
    }
    assert!(secret("database_url").contains(&secret("database_password")));
    assert!(secret("redis_url").contains(secret("redis_conf").trim_start_matches("requirepass ")));
    assert_eq!(secret("database_password").len(), 64);
    // Whoever runs it a second time has lost nothing.
    assert!(refused(&pake, 1, &asked).contains("is there already"));
    assert_eq!(fs::read_to_string(folder.join(".env.production")).unwrap(), written);
    let other = alone();
    done(&other, &asked);
    assert_ne!(fs::read_to_string(other.folder().join("secrets/master_key")).unwrap().trim(), secret("master_key"));
}

#[test]
fn what_is_no_name_or_no_address_is_refused_and_nothing_written() {
    let pake = alone();
    assert!(refused(&pake, 1, &["env", "init", "--domain", "https://pake.example.com"]).contains("without https://"));
    assert!(refused(&pake, 1, &["env", "init", "--contact", "nobody"]).contains("ada@example.org"));
    assert!(refused(&pake, 1, &["env", "init", "--contact", "a@b.c\nPAKE_X=1"]).contains("ada@example.org"));
    assert!(refused(&pake, 1, &["env", "init", "nowhere"]).contains("is no folder"));
    assert_eq!(fs::read_dir(pake.folder()).unwrap().count(), 0);
    let said = pake.run(&["env", "init"]).unwrap();
    assert!(said.status == 0 && said.stderr.contains("`PAKE_DOMAIN=change-me.example.org`"), "{said}");
}

#[test]
fn every_variable_of_the_compose_file_is_in_the_example() {
    let read = |name: &str| fs::read_to_string(repository_root().join("deploy").join(name)).unwrap();
    let (compose, example) = (read("compose.yaml"), read(".env.production.example"));
    let used = compose.split("${").skip(1).map(|rest| rest.split([':', '}']).next().unwrap());
    for name in used {
        assert!(example.contains(&format!("{name}=")), "{name} is not told of in .env.production.example");
    }
    for name in settings(&example).keys() {
        assert!(compose.contains(&format!("${{{name}")) || *name == "COMPOSE_PROFILES", "nothing uses {name}");
    }
}

/// A production that lacks nothing.
fn production() -> Pake {
    let pake = alone();
    fs::write(pake.folder().join("key"), "2b7e151628aed2a6abf7158809cf4f3c762e7160f38b4da56a784d9045190cfe\n").unwrap();
    fs::set_permissions(pake.folder().join("key"), fs::Permissions::from_mode(0o640)).unwrap();
    pake.with("PAKE_SERVER__PRODUCTION", "true")
        .with("PAKE_SERVER__BASE_URL", "https://pake.example.com")
        .with("PAKE_SEARCH__CONTACT", "ada@example.com")
        .with("PAKE_SECRETS__MASTER_KEY_FILE", "key")
}

#[test]
fn a_production_that_is_not_set_up_does_not_start_and_the_doctor_says_why() {
    done(&production(), &["config", "check"]);
    let open = production();
    fs::set_permissions(open.folder().join("key"), fs::Permissions::from_mode(0o644)).unwrap();
    let cases = [
        (open, "everybody on this machine may read this secret"),
        (production().with("PAKE_SEARCH__CONTACT", ""), "search.contact"),
        (production().with("PAKE_SERVER__BASE_URL", "https://change-me.example.org"), "put that in"),
        (production().with("PAKE_DATABASE__URL", "postgres://pake:pake@localhost/pake"), "can be guessed"),
    ];
    for (pake, why) in cases {
        let said = refused(&pake, 1, &["serve", "--listen", "127.0.0.1:0"]);
        assert!(said.contains(why), "{why}: {said}");
        let doctor = pake.run(&["doctor"]).unwrap();
        assert!(doctor.status == 1 && doctor.stdout.starts_with("bad\tstart\t"), "{doctor}");
        assert!(doctor.stdout.contains(why), "{why}: {doctor}");
    }
}

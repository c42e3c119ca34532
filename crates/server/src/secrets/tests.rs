use std::path::Path;

use engine::clock::{FixedClock, SharedClock};

use super::*;
use crate::{
    app::SharedApp,
    audit::{self, Action, Deed},
    client::Client,
    db::Db,
    ids::Ids,
    signer::{ACCESS, Claims, ISSUER},
    testing::{config, now},
    vault::{Vault, VaultOptions},
};

fn vault(folder: &Path) -> Vault {
    let key_file = folder.join("master.key");
    Vault::open(&VaultOptions { master_key: None, previous_master_keys: Vec::new(), key_file }).unwrap()
}

/// An application on this database, with the key of this folder.
fn app(db: &Db, folder: &Path) -> SharedApp {
    let clock: SharedClock = FixedClock::at(now());
    App::new(config(), db.clone(), vault(folder), SharedClock::clone(&clock), Ids::counted(clock)).unwrap()
}

/// Signs in and does something that is written down: both leave a sealed key.
async fn used(app: &App) -> String {
    audit::record(app, &Client::default(), Deed::by_nobody(Action::SignIn)).await.unwrap();
    let iat = now().timestamp();
    let id = uuid::Uuid::nil();
    let claims = Claims {
        iss: ISSUER.to_owned(),
        sub: id,
        username: "ada".to_owned(),
        sid: id,
        jti: id,
        iat,
        exp: iat + 60,
        kind: ACCESS.to_owned(),
        is_admin: false,
    };
    signing_keys::sign(app, &claims).await.unwrap()
}

#[tokio::test]
async fn with_a_new_key_everything_is_sealed_anew_and_a_server_that_runs_finds_it() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open("sqlite::memory:", &config().database.options()).await.unwrap();
    let running = app(&db, folder.path());
    let token = used(&running).await;

    let operator = app(&db, folder.path());
    let old = operator.vault.key_id();
    operator.vault.draw_key().unwrap();
    assert_ne!(operator.vault.key_id(), old);
    assert_eq!(look(&operator).await.unwrap().iter().map(|sealed| sealed.outdated).sum::<u64>(), 2);
    assert_eq!(reseal(&operator).await.unwrap(), 2);
    operator.vault.forget_older_keys().unwrap();
    for sealed in look(&operator).await.unwrap() {
        assert_eq!((sealed.outdated, &sealed.unreadable), (0, &None), "{}", sealed.purpose);
    }

    // The one that was started before reads the file again when it needs to.
    signing_keys::load(&running).await.unwrap();
    assert!(running.signer.verify(&token, now()).is_ok());
    let fresh = app(&db, folder.path());
    assert_eq!(audit::verify(&fresh).await.unwrap().broken_at, None, "what was signed before is good");
}

#[tokio::test]
async fn without_its_key_a_database_is_refused_and_left_as_it_is() {
    let (own, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let db = Db::open("sqlite::memory:", &config().database.options()).await.unwrap();
    used(&app(&db, own.path())).await;
    let stranger = app(&db, other.path());
    assert!(data_keys::check(&stranger).await.unwrap().is_err());
    assert!(look(&stranger).await.unwrap().iter().all(|sealed| sealed.texts == 0 || sealed.unreadable.is_some()));
    assert_eq!(reseal(&stranger).await.unwrap(), 0);
    assert_eq!(data_keys::check(&app(&db, own.path())).await.unwrap(), Ok(()));
}

#[test]
fn every_column_that_is_said_to_be_sealed_is_in_the_table() {
    let privacy = include_str!("../../../../docs/privacy.md");
    let rows = privacy.lines().filter(|line| line.starts_with("| `") && line.contains("sealed with the master key"));
    let mut said: Vec<_> = rows.map(|line| line.split('`').nth(1).unwrap_or_default().to_owned()).collect();
    said.sort_unstable();
    let table = TABLE.map(|(column, _)| format!("{}.{}", column.table, column.column));
    assert_eq!(said, table);
}

//! Keys that outlive a master key: what they sign is kept for long. They are in the database, sealed, so that a new master
//! key changes how they are kept and not what they sign.

use ring::rand::{SecureRandom, SystemRandom};
use secrecy::ExposeSecret;

use crate::{
    app::App,
    error::{Error, Result},
    store::data_keys,
    vault::{Place, Signer, UnsealError},
};

/// What they are sealed for.
pub const PURPOSE: &str = "data key";
/// The key that signs the audit log.
const AUDIT: &str = "audit log";
/// The key that names what the replicas of this installation tell each other.
const REPLICAS: &str = "replicas";
/// Length of a key, in bytes.
const LENGTH: usize = 32;

/// Signs the audit log; the key is made when there is none.
pub async fn audit(app: &App) -> Result<&Signer> {
    app.audit_signer.get_or_try_init(|| signer(app, AUDIT)).await
}

/// Signs what only the replicas of this installation know; the key is made when there is none.
pub async fn replicas(app: &App) -> Result<Signer> {
    signer(app, REPLICAS).await
}

/// Whether the database's keys open with the master key of this process: one of another installation must not serve it.
pub async fn check(app: &App) -> Result<Result<(), UnsealError>> {
    match data_keys::get(&app.db, AUDIT).await? {
        Some(sealed) => Ok(app.vault.unseal(place(AUDIT), &sealed).map(drop)),
        None => Ok(Ok(())),
    }
}

async fn signer(app: &App, purpose: &'static str) -> Result<Signer> {
    if data_keys::get(&app.db, purpose).await?.is_none() {
        let mut key = [0; LENGTH];
        SystemRandom::new().fill(&mut key).map_err(|_| Error::internal("the system gives no random numbers"))?;
        let sealed = app.vault.seal(place(purpose), &key).map_err(Error::internal)?;
        data_keys::insert(&app.db, purpose, &sealed, app.clock.now()).await?;
    }
    // Read back: of two processes that make it at once one wins.
    let sealed = data_keys::get(&app.db, purpose).await?;
    let sealed = sealed.ok_or_else(|| Error::internal("a key that was just made is gone"))?;
    let key = app.vault.unseal(place(purpose), &sealed).map_err(Error::internal)?;
    Ok(Signer::of(key.expose_secret()))
}

const fn place(purpose: &str) -> Place<'_> {
    Place { purpose: PURPOSE, row: purpose }
}

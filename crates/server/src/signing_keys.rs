//! The keys that sign access tokens: made when there are none, renewed each month, shared by all replicas over the database.

use chrono::TimeDelta;
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::ExposeSecret;

use crate::{
    app::App,
    error::{Error, Result},
    signer::{Claims, Key, SEED_LENGTH},
    store::signing_keys,
    vault::Place,
};

/// How long a key signs.
const SIGNS: TimeDelta = TimeDelta::days(30);
/// How long a retired key still verifies: longer than any token that it signed is good.
const VERIFIES: TimeDelta = TimeDelta::days(1);
/// What the secret halves are sealed for.
pub const PURPOSE: &str = "signing key";

/// Signs, with a key that is made first when there is none.
pub async fn sign(app: &App, claims: &Claims) -> Result<String> {
    if app.signer.newest().is_none() {
        load(app).await?;
    }
    if app.signer.newest().is_none() {
        make(app).await?;
    }
    app.signer.sign(claims).ok_or_else(|| Error::internal("an access token cannot be signed"))
}

/// Takes over what the database has.
pub async fn load(app: &App) -> Result<()> {
    let mut keys = Vec::new();
    for row in signing_keys::all(&app.db).await? {
        let seed = app.vault.unseal(Place { purpose: PURPOSE, row: &row.id }, &row.secret);
        match seed.map(|seed| Key::new(seed.expose_secret(), row.created_at(), row.is_retired())) {
            Ok(Ok(key)) => keys.push(key),
            // Tokens that it signed are refused; a new one takes its place.
            Ok(Err(error)) => tracing::error!(key = row.id, %error, "a signing key cannot be used"),
            Err(error) => tracing::error!(key = row.id, %error, "a signing key cannot be used"),
        }
    }
    app.signer.use_keys(keys);
    Ok(())
}

/// Makes a new key when the one that signs is old, and forgets those that nothing good is signed with.
pub async fn renew(app: &App) -> Result<()> {
    load(app).await?;
    let now = app.clock.now();
    // Until somebody signs in there is none, and none is needed.
    if app.signer.newest().is_some_and(|made| made + SIGNS < now) {
        make(app).await?;
    }
    signing_keys::forget(&app.db, now - VERIFIES).await?;
    Ok(())
}

async fn make(app: &App) -> Result<()> {
    let mut seed = [0; SEED_LENGTH];
    SystemRandom::new().fill(&mut seed).map_err(|_| Error::internal("the system gives no random numbers"))?;
    let now = app.clock.now();
    let key = Key::new(&seed, now, false).map_err(Error::internal)?;
    let sealed = app.vault.seal(Place { purpose: PURPOSE, row: key.id() }, &seed).map_err(Error::internal)?;
    signing_keys::insert(&app.db, key.id(), key.public(), &sealed, now).await?;
    load(app).await
}

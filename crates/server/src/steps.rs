//! What of a sign-in is begun and not yet finished: whoever goes on with it shows a secret that is good once and for minutes,
//! and for this purpose alone. What is to be remembered meanwhile is sealed in the database, so that any replica goes on.

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::{
    app::App,
    bearer_token::{self, Kind},
    error::{Error, Result},
    store::steps::{self, NewStep},
    vault::Place,
};

/// What the states are sealed for.
pub const SEALED_FOR: &str = "sign-in step";

/// What is begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The password was right, and a second factor is wanted.
    SecondFactor,
    /// An authenticator is asked for a new passkey.
    NewPasskey,
    /// An authenticator is asked for a passkey.
    Passkey,
    /// Somebody was sent to a provider of single sign-on.
    SingleSignOn,
}

impl Purpose {
    /// As it is stored.
    const fn as_str(self) -> &'static str {
        match self {
            Self::SecondFactor => "second_factor",
            Self::NewPasskey => "new_passkey",
            Self::Passkey => "passkey",
            Self::SingleSignOn => "single_sign_on",
        }
    }

    /// How long it may take to go on.
    pub const fn lasts(self) -> Duration {
        match self {
            Self::SecondFactor | Self::NewPasskey | Self::Passkey => Duration::from_mins(5),
            Self::SingleSignOn => Duration::from_mins(10),
        }
    }
}

/// Begins a step, and gives the secret that goes on with it.
pub async fn begin<T: Serialize + Sync>(
    app: &App,
    purpose: Purpose,
    user: Option<Uuid>,
    state: &T,
) -> Result<SecretString> {
    let secret = bearer_token::new(Kind::Step)?;
    let hash = bearer_token::hash(&secret);
    let state = serde_json::to_vec(state).map_err(Error::internal)?;
    let state = app.vault.seal(Place { purpose: SEALED_FOR, row: &hash }, &state).map_err(Error::internal)?;
    let now = app.clock.now();
    let expires_at = now + purpose.lasts();
    let step = NewStep { hash: &hash, purpose: purpose.as_str(), user, state: &state, created_at: now, expires_at };
    steps::insert(&app.db, &step).await?;
    Ok(secret)
}

/// What is remembered of a step that can still be finished; it is not used up.
pub async fn look<T: DeserializeOwned>(app: &App, purpose: Purpose, secret: &SecretString) -> Result<Option<T>> {
    if bearer_token::kind_of(secret.expose_secret()) != Some(Kind::Step) {
        return Ok(None);
    }
    let hash = bearer_token::hash(secret);
    let Some(state) = steps::find(&app.db, &hash, purpose.as_str(), app.clock.now()).await? else { return Ok(None) };
    let state = app.vault.unseal(Place { purpose: SEALED_FOR, row: &hash }, &state).map_err(Error::internal)?;
    serde_json::from_slice(state.expose_secret()).map(Some).map_err(Error::internal)
}

/// Uses a step up. `false`: somebody else was faster.
pub async fn finish(app: &App, purpose: Purpose, secret: &SecretString) -> Result<bool> {
    Ok(steps::take(&app.db, &bearer_token::hash(secret), purpose.as_str()).await?)
}

/// Forgets all that a person has begun: what they began with is not good any more.
pub async fn forget_of(app: &App, user: Uuid) -> Result<()> {
    steps::forget_of(&app.db, user).await?;
    Ok(())
}

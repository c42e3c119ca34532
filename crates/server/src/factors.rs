//! The second factors of an account: an authenticator app, passkeys, and recovery codes for the day when they are gone. As soon as there
//! is one, a password alone lets nobody in.

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    access::Caller,
    app::App,
    audit::{self, Action, Deed},
    client::Client,
    error::{Error, Result},
    mail::texts::Notice,
    one_time::{self, Authenticator, RecoveryCodes},
    ownership, post,
    store::{
        authenticators::{self, AuthenticatorRow},
        passkeys,
    },
    vault::Place,
};

/// What the secrets of authenticator apps are sealed for; the row is the person.
pub const SEALED_FOR: &str = "one-time password";
/// How an authenticator app names the account's home, where PAKE has no address of its own.
const ISSUER: &str = "PAKE";

/// A second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// A code of an authenticator app.
    Totp,
    /// A passkey.
    Passkey,
    /// A recovery code.
    RecoveryCode,
}

impl Method {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Passkey => "passkey",
            Self::RecoveryCode => "recovery_code",
        }
    }

    /// How somebody has shown who they are who gave it after their password.
    pub const fn after_password(self) -> &'static str {
        match self {
            Self::Totp => "password+totp",
            Self::Passkey => "password+passkey",
            Self::RecoveryCode => "password+recovery_code",
        }
    }
}

/// The second factors that an account has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Factors {
    /// Since when codes of an authenticator app are wanted.
    pub totp_since: Option<DateTime<Utc>>,
    /// How many passkeys there are.
    pub passkeys: usize,
    /// How many recovery codes are left.
    pub recovery_codes: usize,
}

impl Factors {
    /// Those of which one is wanted after the password; none: the password is enough.
    pub fn methods(self) -> Vec<Method> {
        let mut methods = Vec::new();
        if self.totp_since.is_some() {
            methods.push(Method::Totp);
        }
        if self.passkeys > 0 {
            methods.push(Method::Passkey);
        }
        if !methods.is_empty() && self.recovery_codes > 0 {
            methods.push(Method::RecoveryCode);
        }
        methods
    }
}

/// The second factors of a person.
pub async fn of(app: &App, user: Uuid) -> Result<Factors> {
    let authenticator = authenticators::find(&app.db, user).await?;
    let since = authenticator.and_then(|row| row.confirmed_at).and_then(DateTime::from_timestamp_millis);
    let passkeys = passkeys::list(&app.db, user).await?.len();
    let has_any = since.is_some() || passkeys > 0;
    let recovery_codes = if has_any { authenticators::recovery_codes(&app.db, user).await?.len() } else { 0 };
    Ok(Factors { totp_since: since, passkeys, recovery_codes })
}

/// Uses a code up: six digits of the app, or a recovery code. Nothing: it is not good, or not any more.
pub async fn use_code(app: &App, user: Uuid, code: &SecretString) -> Result<Option<Method>> {
    let code = code.expose_secret();
    let row = authenticators::find(&app.db, user).await?.filter(|row| row.confirmed_at.is_some());
    let opened = row.map(|row| opened(app, user, &row)).transpose()?;
    if let Some(step) = opened.and_then(|authenticator| authenticator.accepted_step(code, app.clock.now())) {
        return Ok(authenticators::use_step(&app.db, user, step).await?.then_some(Method::Totp));
    }
    let kept = authenticators::recovery_codes(&app.db, user).await?;
    let Some(hash) = one_time::position(code, &kept).and_then(|at| kept.get(at)) else { return Ok(None) };
    let is_first = authenticators::use_recovery_code(&app.db, user, hash, app.clock.now()).await?;
    Ok(is_first.then_some(Method::RecoveryCode))
}

fn opened(app: &App, user: Uuid, row: &AuthenticatorRow) -> Result<Authenticator> {
    let secret = app.vault.unseal(Place { purpose: SEALED_FOR, row: &user.to_string() }, &row.secret);
    Authenticator::of(&secret.map_err(Error::internal)?).map_err(Error::internal)
}

/// What an authenticator app is to know.
#[derive(Debug)]
pub struct Offer {
    /// As people type it.
    pub secret: SecretString,
    /// As an app reads it from a picture: `otpauth://totp/…`.
    pub address: SecretString,
}

/// Offers the caller an authenticator app; it counts once a first code of it has come ([`confirm`]).
pub async fn offer(app: &App, caller: &Caller, password: Option<&SecretString>, client: &Client) -> Result<Offer> {
    let account = ownership::prove(app, caller, password, client).await?;
    let authenticator = Authenticator::draw(&mut rand::rng());
    let row = account.id.to_string();
    let sealed = app.vault.seal(Place { purpose: SEALED_FOR, row: &row }, authenticator.secret());
    let sealed = sealed.map_err(Error::internal)?;
    if !authenticators::offer(&app.db, account.id, &sealed, app.clock.now()).await? {
        let message = "an authenticator app is set up already; take it away first".to_owned();
        return Err(Error::Conflict { message });
    }
    let issuer = app.config.server.base_url.as_ref().and_then(|url| url.host_str());
    let issuer = issuer.map_or_else(|| ISSUER.to_owned(), |host| format!("{ISSUER} {host}"));
    let address = authenticator.address(&issuer, &account.username);
    let address = address.ok_or_else(|| Error::internal("no address can be made for an authenticator app"))?;
    Ok(Offer { secret: authenticator.typed(), address })
}

/// Confirms an authenticator app by a first code. Gives the recovery codes, which are shown this once.
pub async fn confirm(app: &App, caller: &Caller, code: &SecretString, client: &Client) -> Result<Vec<SecretString>> {
    let user = caller.scope.user;
    let row = authenticators::find(&app.db, user).await?;
    let row = row.filter(|row| row.confirmed_at.is_none()).ok_or_else(|| Error::Conflict {
        message: "there is no authenticator app to confirm; ask for one first".to_owned(),
    })?;
    let now = app.clock.now();
    let step = opened(app, user, &row)?
        .accepted_step(code.expose_secret(), now)
        .ok_or_else(|| Error::invalid("code", "is not the code that the app shows; look whether its clock is right"))?;
    // Whoever has a passkey has recovery codes already.
    let had_none = of(app, user).await?.methods().is_empty();
    let drawn = if had_none { RecoveryCodes::draw(&mut rand::rng()) } else { RecoveryCodes::default() };
    if !authenticators::confirm(&app.db, user, step, &drawn.hashes, now).await? {
        return Err(Error::Conflict { message: "it has just been confirmed".to_owned() });
    }
    added(app, caller, Method::Totp, client).await?;
    Ok(drawn.codes)
}

/// Takes the authenticator app away; with the last second factor the recovery codes go, and the password is enough.
pub async fn remove(app: &App, caller: &Caller, password: Option<&SecretString>, client: &Client) -> Result<()> {
    let account = ownership::prove(app, caller, password, client).await?;
    if !authenticators::remove(&app.db, account.id).await? {
        return Err(Error::not_found("authenticator app", account.username));
    }
    removed(app, caller, Method::Totp, client).await
}

/// The recovery codes that come with the first second factor.
pub async fn first_codes(app: &App, user: Uuid) -> Result<Vec<SecretString>> {
    let drawn = RecoveryCodes::draw(&mut rand::rng());
    authenticators::replace_recovery_codes(&app.db, user, &drawn.hashes).await?;
    Ok(drawn.codes)
}

/// The caller has a second factor more.
pub async fn added(app: &App, caller: &Caller, method: Method, client: &Client) -> Result<()> {
    tell(app, caller, Action::FactorAdded, method, client).await
}

/// The caller has a second factor less. With the last one the recovery codes go.
pub async fn removed(app: &App, caller: &Caller, method: Method, client: &Client) -> Result<()> {
    if of(app, caller.scope.user).await?.methods().is_empty() {
        authenticators::remove_recovery_codes(&app.db, caller.scope.user).await?;
    }
    tell(app, caller, Action::FactorRemoved, method, client).await
}

/// Makes new recovery codes, and gives them; the old ones are not good any more.
pub async fn renew_codes(
    app: &App,
    caller: &Caller,
    password: Option<&SecretString>,
    client: &Client,
) -> Result<Vec<SecretString>> {
    let account = ownership::prove(app, caller, password, client).await?;
    if of(app, account.id).await?.methods().is_empty() {
        let message = "there is no second factor that they could stand in for; set one up first".to_owned();
        return Err(Error::Conflict { message });
    }
    let drawn = RecoveryCodes::draw(&mut rand::rng());
    authenticators::replace_recovery_codes(&app.db, account.id, &drawn.hashes).await?;
    tell(app, caller, Action::RecoveryCodesMade, Method::RecoveryCode, client).await?;
    Ok(drawn.codes)
}

/// Writes down that a second factor was changed.
async fn tell(app: &App, caller: &Caller, action: Action, method: Method, client: &Client) -> Result<()> {
    let deed = Deed::of(caller, action).to(caller.scope.user).with(json!({ "method": method.name() }));
    audit::record(app, client, deed).await?;
    post::notify(app, caller.scope.user, Notice::SecondFactorChanged, client).await;
    Ok(())
}

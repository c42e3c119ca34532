//! Signing in: what somebody shows, in one step or in two, until a session begins.

use std::time::Duration;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;
use webauthn_rs::prelude::PublicKeyCredential;

use crate::{
    app::App,
    audit::{self, Action, Deed},
    brute_force::{self, Attempt, Welcome},
    client::Client,
    error::{Error, Result},
    factors::{self, Method},
    mail::texts::Notice,
    passkeys, post,
    sessions::{self, Issued},
    steps::{self, Purpose},
    store::accounts::{self, Account},
};

/// What somebody signs in with.
#[derive(Debug)]
pub struct Credentials {
    /// Their name or address.
    pub login: String,
    /// Their password.
    pub password: SecretString,
    /// A code of their second factor, when they give it at once.
    pub code: Option<SecretString>,
    /// Whether the session should outlive the browser.
    pub is_remembered: bool,
    /// What shows that this browser signed in before.
    pub device: Option<SecretString>,
}

/// What came of it.
#[derive(Debug)]
pub enum Outcome {
    /// A session has begun.
    SignedIn(Box<Issued>),
    /// What was shown is right, and not enough.
    MoreWanted(MoreWanted),
}

/// What is wanted beside the password.
#[derive(Debug)]
pub struct MoreWanted {
    /// Goes on with this sign-in.
    pub token: SecretString,
    /// For how long it can.
    pub lasts: Duration,
    /// One of these is wanted.
    pub methods: Vec<Method>,
}

/// What is remembered of a sign-in of which a second factor is wanted.
#[derive(Debug, Serialize, Deserialize)]
struct Half {
    user: Uuid,
    is_remembered: bool,
}

/// Signs somebody in by a password. Unknown names, wrong passwords and closed accounts look and take the same.
pub async fn by_password(app: &App, credentials: &Credentials, client: &Client) -> Result<Outcome> {
    let login = crate::accounts::folded(&credentials.login).unwrap_or_default();
    let account = accounts::by_login(&app.db, &login).await?;
    let name = account.as_ref().map_or_else(|| login.clone(), |account| account.id.to_string());
    let attempt = brute_force::before_attempt(app, &name, client, credentials.device.as_ref()).await?;
    let stored =
        account.as_ref().filter(|account| account.is_active).and_then(|account| account.password_hash.as_deref());
    let verdict = app.passwords.verify(&credentials.password, stored).await?;
    let Some(account) = account.filter(|_| verdict.matches) else {
        return Err(refused(app, &attempt, Deed::by_nobody(Action::SignIn), "password", client).await?);
    };
    if verdict.outdated {
        renew_hash(app, &account, &credentials.password).await?;
    }
    let methods = factors::of(app, account.id).await?.methods();
    let mut method = "password";
    if !methods.is_empty() {
        let Some(code) = &credentials.code else {
            brute_force::undecided(app, attempt).await?;
            return more_wanted(app, &account, credentials.is_remembered, methods).await.map(Outcome::MoreWanted);
        };
        let Some(used) = factors::use_code(app, account.id, code).await? else {
            return Err(refused(app, &attempt, Deed::by(account.id, Action::SignIn), "code", client).await?);
        };
        method = used.after_password();
    }
    begin(app, &account, attempt, method, credentials.is_remembered, client).await.map(Outcome::SignedIn)
}

/// Signs somebody in by the code of a second factor, after their password was right.
pub async fn by_code(
    app: &App,
    token: &SecretString,
    code: &SecretString,
    device: Option<&SecretString>,
    client: &Client,
) -> Result<Box<Issued>> {
    let (half, account) = half(app, token).await?;
    let attempt = brute_force::before_attempt(app, &account.id.to_string(), client, device).await?;
    let Some(method) = factors::use_code(app, account.id, code).await? else {
        return Err(refused(app, &attempt, Deed::by(account.id, Action::SignIn), "code", client).await?);
    };
    if !steps::finish(app, Purpose::SecondFactor, token).await? {
        return Err(begin_again());
    }
    begin(app, &account, attempt, method.after_password(), half.is_remembered, client).await
}

/// A passkey that is shown.
#[derive(Debug)]
pub struct Shown {
    /// Goes on with the question that it answers.
    pub token: SecretString,
    /// What the authenticator said.
    pub credential: PublicKeyCredential,
    /// Goes on with the sign-in of which it is the second factor.
    pub half: Option<SecretString>,
    /// Whether the session should outlive the browser.
    pub is_remembered: bool,
    /// What shows that this browser signed in before.
    pub device: Option<SecretString>,
}

/// Signs somebody in by a passkey, alone or after their password. There is nothing to guess, so that no attempt is counted; the
/// device and network are known from now on.
pub async fn by_passkey(app: &App, shown: &Shown, client: &Client) -> Result<Box<Issued>> {
    let half = match &shown.half {
        Some(token) => Some((token, half(app, token).await?)),
        None => None,
    };
    let owner = passkeys::owner(app, &shown.token, &shown.credential).await;
    let is_theirs = |account: &Account| half.as_ref().is_none_or(|(_, (half, _))| half.user == account.id);
    let account = match owner {
        Ok(account) if is_theirs(&account) => account,
        refused => {
            let deed = Deed::by_nobody(Action::SignIn).refused();
            audit::record(app, client, deed.with(json!({ "wrong": "passkey" }))).await?;
            let somebody_elses = || Error::Unauthenticated { message: "this passkey is somebody else's".to_owned() };
            return Err(refused.err().unwrap_or_else(somebody_elses));
        }
    };
    let (method, is_remembered) = match &half {
        Some((token, (half, _))) => {
            if !steps::finish(app, Purpose::SecondFactor, token).await? {
                return Err(begin_again());
            }
            (Method::Passkey.after_password(), half.is_remembered)
        }
        None => (Method::Passkey.name(), shown.is_remembered),
    };
    let Welcome { device, is_new } =
        brute_force::recognised(app, &account.id.to_string(), client, shown.device.as_ref()).await?;
    let issued = sessions::begin(app, &account, method, is_remembered, client).await?;
    if is_new {
        post::notify(app, account.id, Notice::NewClient, client).await;
    }
    Ok(Box::new(Issued { device, ..issued }))
}

/// The sign-in that this goes on with, and whose it is.
async fn half(app: &App, token: &SecretString) -> Result<(Half, Account)> {
    let half: Half = steps::look(app, Purpose::SecondFactor, token).await?.ok_or_else(begin_again)?;
    let account = accounts::by_id(&app.db, half.user).await?;
    let account = account.filter(|account| account.is_active).ok_or_else(begin_again)?;
    Ok((half, account))
}

fn begin_again() -> Error {
    Error::Unauthenticated { message: "this sign-in took too long or is over; begin again".to_owned() }
}

async fn more_wanted(app: &App, account: &Account, is_remembered: bool, methods: Vec<Method>) -> Result<MoreWanted> {
    let half = Half { user: account.id, is_remembered };
    let token = steps::begin(app, Purpose::SecondFactor, Some(account.id), &half).await?;
    Ok(MoreWanted { token, lasts: Purpose::SecondFactor.lasts(), methods })
}

/// The session of somebody who has shown all that is wanted.
async fn begin(
    app: &App,
    account: &Account,
    attempt: Attempt,
    method: &'static str,
    is_remembered: bool,
    client: &Client,
) -> Result<Box<Issued>> {
    let Welcome { device, is_new } = brute_force::succeeded(app, attempt).await?;
    let issued = sessions::begin(app, account, method, is_remembered, client).await?;
    if is_new {
        post::notify(app, account.id, Notice::NewClient, client).await;
    }
    Ok(Box::new(Issued { device, ..issued }))
}

/// Writes down that somebody was not let in; `what` was not right.
async fn refused(app: &App, attempt: &Attempt, deed: Deed, what: &'static str, client: &Client) -> Result<Error> {
    let locked_until = brute_force::failed(app, attempt);
    let deed = deed.refused().with(json!({ "wrong": what, "locked_until": locked_until }));
    audit::record(app, client, deed).await?;
    let message = if what == "password" { "name or password is wrong" } else { "the code is wrong or was used" };
    Ok(Error::Unauthenticated { message: message.to_owned() })
}

/// Keeps a stronger hash of a password that was right.
async fn renew_hash(app: &App, account: &Account, password: &SecretString) -> Result<()> {
    let renewed = app.passwords.hash(password).await?;
    let old = account.password_hash.as_deref().unwrap_or_default();
    accounts::renew_hash(&app.db, account.id, old, &renewed).await?;
    Ok(())
}

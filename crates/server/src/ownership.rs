//! Whoever changes how somebody signs in has to be that person, and not just somebody who found their browser open.

use chrono::TimeDelta;
use secrecy::SecretString;

use crate::{
    access::Caller,
    app::App,
    brute_force,
    client::Client,
    error::{Error, Result},
    store::{
        accounts::{self, Account},
        sessions,
    },
};

/// How long a sign-in says that somebody is the person, where they have no password.
const FRESH: TimeDelta = TimeDelta::minutes(10);

/// The caller's account, after they have shown that it is theirs: by their password, or, where they have none, by having
/// signed in just now. Passwords that are wrong are counted as attempts to sign in.
pub async fn prove(app: &App, caller: &Caller, password: Option<&SecretString>, client: &Client) -> Result<Account> {
    let account = of(app, caller).await?;
    let Some(hash) = &account.password_hash else {
        let began = match caller.session() {
            Some(session) => sessions::began_at(&app.db, session).await?,
            None => None,
        };
        if began.is_some_and(|began| app.clock.now() - began < FRESH) {
            return Ok(account);
        }
        let message = "sign in again first: this may be done within 10 minutes after that".to_owned();
        return Err(Error::Forbidden { message });
    };
    let password = password.ok_or_else(|| Error::invalid("password", "is missing; give your password"))?;
    let attempt = brute_force::before_attempt(app, &account.id.to_string(), client, None).await?;
    if !app.passwords.verify(password, Some(hash)).await?.matches {
        brute_force::failed(app, &attempt);
        return Err(Error::invalid("password", "is not your password"));
    }
    brute_force::undecided(app, attempt).await?;
    Ok(account)
}

/// The caller's account.
pub async fn of(app: &App, caller: &Caller) -> Result<Account> {
    let account = accounts::by_id(&app.db, caller.scope.user).await?;
    account.ok_or_else(|| Error::Conflict { message: "there are no accounts yet".to_owned() })
}

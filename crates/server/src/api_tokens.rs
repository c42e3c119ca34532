//! API tokens: for programs. Each is somebody's, good in one workspace, and may do at most what its owner may.

use chrono::TimeDelta;
use secrecy::SecretString;
use serde_json::json;
use uuid::Uuid;

use crate::{
    access::{Caller, Permission, Permissions, Via},
    app::App,
    audit::{self, Action, Deed},
    bearer_token::{self, Kind},
    client::Client,
    error::{Error, Result},
    mail::texts::Notice,
    post,
    store::api_tokens::{self, NewToken, TokenRow},
};

/// Longest name, in characters.
const LONGEST_NAME: usize = 100;
/// Longest life, in days.
const MOST_DAYS: u32 = 3_650;
/// Most tokens of one person in a workspace.
const MOST: usize = 100;

/// Makes a token; its secret is known only to whoever gets it now.
pub async fn make(
    app: &App,
    caller: &Caller,
    name: &str,
    permissions: Permissions,
    days: Option<u32>,
    client: &Client,
) -> Result<(Uuid, SecretString)> {
    if matches!(caller.via, Via::Token(_)) {
        return Err(Error::Forbidden { message: "an API token makes no other: sign in to make one".to_owned() });
    }
    let name = name.trim();
    if !(1..=LONGEST_NAME).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err(Error::invalid("name", format!("must be one line of 1 to {LONGEST_NAME} characters")));
    }
    if permissions == Permissions::default() {
        return Err(Error::invalid("permissions", "is empty: such a token could do nothing"));
    }
    if !permissions.are_within(caller.permissions) {
        let missing = permissions.iter().filter(|permission| !caller.permissions.has(*permission));
        let missing = missing.map(Permission::name).collect::<Vec<_>>().join(", ");
        return Err(Error::Forbidden { message: format!("you may not {missing} yourself") });
    }
    if days.is_some_and(|days| !(1..=MOST_DAYS).contains(&days)) {
        return Err(Error::invalid("expires_in_days", format!("must be 1 to {MOST_DAYS}")));
    }
    if list(app, caller).await?.len() >= MOST {
        return Err(Error::Conflict { message: format!("you have {MOST} tokens already; take one back first") });
    }
    let secret = bearer_token::new(Kind::Api)?;
    let now = app.clock.now();
    let token = NewToken {
        id: app.ids.next(),
        scope: caller.scope,
        name: name.to_owned(),
        hash: bearer_token::hash(&secret),
        permissions: permissions.names().join(" "),
        created_at: now,
        expires_at: days.map(|days| now + TimeDelta::days(days.into())),
    };
    api_tokens::insert(&app.db, &token).await?;
    let deed = Deed::of(caller, Action::TokenCreated).to(token.id);
    audit::record(app, client, deed.with(json!({ "permissions": permissions.names() }))).await?;
    post::notify(app, caller.scope.user, Notice::TokenMade, client).await;
    Ok((token.id, secret))
}

/// The caller's tokens in this workspace.
pub async fn list(app: &App, caller: &Caller) -> Result<Vec<TokenRow>> {
    Ok(api_tokens::list(&app.db, caller.scope).await?)
}

/// Takes a token of the caller's back.
pub async fn revoke(app: &App, caller: &Caller, id: Uuid, client: &Client) -> Result<()> {
    if api_tokens::revoke(&app.db, caller.scope, id, app.clock.now()).await? {
        app.departures.tell(caller.scope.user);
        return audit::record(app, client, Deed::of(caller, Action::TokenRevoked).to(id)).await;
    }
    Err(Error::not_found("token", id.to_string()))
}

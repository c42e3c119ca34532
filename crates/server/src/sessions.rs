//! Sessions: how one begins, staying in, signing out; and who it is that shows a token.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use uuid::Uuid;

use crate::{
    access::{Caller, Permissions, Role, Via},
    app::App,
    audit::{self, Action, Deed},
    bearer_token::{self, Kind},
    client::Client,
    error::{Error, Result},
    limits::OwnLimits,
    mail::texts::Notice,
    post,
    recent_callers::Shown,
    signer::{ACCESS, Claims, ISSUER, Refusal},
    signing_keys,
    store::{
        Scope, accounts,
        accounts::Account,
        api_tokens::{self, TokenBearer},
        sessions::{self, Bearer, NewSession, Refreshed, SessionRow, Which},
    },
};

/// How often the use of an API token is written down.
const USE_NOTED: TimeDelta = TimeDelta::minutes(1);
/// Longest wait for the database of somebody who was let in a moment ago.
const PATIENCE: Duration = Duration::from_secs(1);

/// What has to be known of somebody who shows a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Who they are now, however long the database takes to say it.
    Now,
    /// Who they were within the last minute will do when the database does not say it at once.
    Lately,
}

/// What somebody who has signed in goes on with.
#[derive(Debug)]
pub struct Issued {
    /// Lets them in.
    pub access: SecretString,
    /// For how long.
    pub access_lasts: Duration,
    /// The next access token.
    pub refresh: SecretString,
    /// When the session ends.
    pub expires_at: DateTime<Utc>,
    /// Whether it outlives the browser.
    pub is_remembered: bool,
    /// What shows next time that this browser signed in before; nothing when it has that already.
    pub device: Option<SecretString>,
    /// Who they are.
    pub caller: Caller,
}

/// Begins a session of somebody who has shown who they are.
pub async fn begin(
    app: &App,
    account: &Account,
    method: &'static str,
    is_remembered: bool,
    client: &Client,
) -> Result<Issued> {
    let workspace = accounts::membership(&app.db, account.id, None).await?;
    let workspace = match workspace {
        Some((workspace, _)) => workspace,
        None if account.is_super_admin => Scope::local().workspace,
        None => {
            let message = "you are in no workspace any more; ask who administers PAKE".to_owned();
            return Err(Error::Forbidden { message });
        }
    };
    let now = app.clock.now();
    let lasts = TimeDelta::from_std(app.config.accounts.session(is_remembered)).unwrap_or(TimeDelta::hours(12));
    let session = NewSession {
        id: app.ids.next(),
        scope: Scope { workspace, user: account.id },
        method,
        is_remembered,
        client,
        created_at: now,
        expires_at: now + lasts,
    };
    let is_new_device = sessions::is_new_device(&app.db, account.id, client).await?;
    let mut details = json!({ "method": method });
    if is_new_device {
        details["is_new_device"] = json!(true);
    }
    let deed = Deed::by(account.id, Action::SignIn).to(session.id).with(details);
    audit::record(app, client, deed).await?;
    let refresh = bearer_token::new(Kind::Refresh)?;
    sessions::insert(&app.db, &session, &bearer_token::hash(&refresh)).await?;
    let bearer = sessions::bearer(&app.db, session.id, now).await?;
    let bearer = bearer.ok_or_else(|| Error::internal("a session that was made is not there"))?;
    issue(app, bearer, refresh).await
}

/// The next tokens for the holder of a refresh token. One that comes a second time ends its session.
pub async fn refresh(app: &App, shown: &SecretString, client: &Client) -> Result<Issued> {
    let over = || Error::Unauthenticated { message: "this session is over; sign in again".to_owned() };
    if bearer_token::kind_of(shown.expose_secret()) != Some(Kind::Refresh) {
        return Err(over());
    }
    let next = bearer_token::new(Kind::Refresh)?;
    let now = app.clock.now();
    let outcome = sessions::refresh(&app.db, &bearer_token::hash(shown), &bearer_token::hash(&next), now).await?;
    match outcome {
        Refreshed::Fresh(bearer) => issue(app, *bearer, next).await,
        Refreshed::Reused(session, user) => {
            tracing::warn!(%session, "a refresh token came a second time: its session is ended");
            end(app, user, Which::One(session), "reuse").await?;
            audit::record(app, client, Deed::by(user, Action::RefreshReused).to(session).refused()).await?;
            post::notify(app, user, Notice::SessionStolen, client).await;
            Err(over())
        }
        Refreshed::Unknown => Err(over()),
    }
}

/// Makes the access token of a session.
async fn issue(app: &App, bearer: Bearer, refresh: SecretString) -> Result<Issued> {
    let now = app.clock.now();
    let (is_remembered, expires_at) = (bearer.is_remembered, bearer.expires_at);
    let caller = caller_of(bearer)?;
    let lasts = app.config.accounts.access();
    let claims = Claims {
        iss: ISSUER.to_owned(),
        sub: caller.scope.user,
        username: caller.username.clone(),
        sid: caller.session().unwrap_or_default(),
        jti: app.ids.next(),
        iat: now.timestamp(),
        exp: (now + lasts).timestamp(),
        kind: ACCESS.to_owned(),
        is_admin: caller.role >= Role::Admin,
    };
    let access = signing_keys::sign(app, &claims).await?.into();
    let expires_at = DateTime::from_timestamp_millis(expires_at).unwrap_or(now);
    Ok(Issued { access, access_lasts: lasts, refresh, expires_at, is_remembered, device: None, caller })
}

/// Who shows this access token.
pub async fn by_access_token(app: &App, token: &str, known: Known) -> Result<Caller> {
    let refused = |refusal: Refusal| Error::Unauthenticated { message: refusal.to_string() };
    let now = app.clock.now();
    let claims = match app.signer.verify(token, now) {
        Err(Refusal::UnknownKey) => {
            // Another replica may have made a key.
            signing_keys::load(app).await?;
            app.signer.verify(token, now)
        }
        verified => verified,
    };
    let claims = claims.map_err(refused)?;
    let caller = look_up(app, Shown::Session(claims.sid), known, async {
        sessions::bearer(&app.db, claims.sid, now).await?.map(caller_of).transpose()
    });
    let caller = caller.await?.filter(|caller| caller.scope.user == claims.sub);
    caller.ok_or_else(|| Error::Unauthenticated { message: "this session is over; sign in again".to_owned() })
}

/// Who shows this API token.
pub async fn by_api_token(app: &App, token: &str, known: Known) -> Result<Caller> {
    let (now, hash) = (app.clock.now(), bearer_token::hash(&token.into()));
    let caller = look_up(app, Shown::Token(hash.clone()), known, async {
        let Some(token) = api_tokens::bearer(&app.db, &hash, now).await? else { return Ok(None) };
        if token.used_at.is_none_or(|used| now.timestamp_millis() - used >= USE_NOTED.num_milliseconds()) {
            api_tokens::used(&app.db, token.id, now).await?;
        }
        token_caller(token).map(Some)
    });
    let unknown = || Error::Unauthenticated { message: "this API token is unknown, taken back or too old".to_owned() };
    caller.await?.ok_or_else(unknown)
}

/// Who it is that has shown this: as the database says, or as it said a moment ago when it is away.
async fn look_up(
    app: &App,
    shown: Shown,
    known: Known,
    asking: impl Future<Output = Result<Option<Caller>>>,
) -> Result<Option<Caller>> {
    let (recent, now) = (&app.recent_callers, app.clock.now());
    let departures = recent.departures();
    let remembered = if known == Known::Lately { recent.get(&shown, now) } else { None };
    let away = || Error::Unavailable { what: "the database" };
    let answer = match &remembered {
        // It did not answer a moment ago; somebody else finds out whether it does again.
        Some(_) if !recent.may_ask() => Err(away()),
        Some(_) => {
            let answer = tokio::time::timeout(PATIENCE, asking).await.unwrap_or_else(|_| Err(away()));
            recent.asked(!matches!(answer, Err(Error::Unavailable { .. })));
            answer
        }
        // There is nothing to do but to wait for it: that it is slow is no reason to refuse somebody.
        None => asking.await,
    };
    match (answer, remembered) {
        (Err(error @ Error::Unavailable { .. }), Some((at, remembered))) => {
            // Another replica may have heard of it before the database went.
            if app.replicas.has_departed(remembered.scope.user, at).await { Err(error) } else { Ok(Some(remembered)) }
        }
        (Err(error), _) => Err(error),
        (Ok(found), _) => {
            recent.asked(true);
            match &found {
                Some(caller) => recent.keep(shown, caller, departures, now),
                None => recent.forget(&shown),
            }
            Ok(found)
        }
    }
}

fn token_caller(token: TokenBearer) -> Result<Caller> {
    let role = role_of(token.is_super_admin, token.role.as_deref()).ok_or_else(|| Error::Unauthenticated {
        message: "the owner of this API token is not in its workspace any more".to_owned(),
    })?;
    let granted: Permissions = token.permissions.split(' ').filter_map(|name| name.parse().ok()).collect();
    Ok(Caller {
        scope: Scope { workspace: token.workspace_id, user: token.user_id },
        username: token.username,
        role,
        // What its owner may not any more, it may not either.
        permissions: permissions(role, &token.invites_from).and(granted),
        is_leaving: false,
        limits: own_limits(token.limits.as_deref()),
        via: Via::Token(token.id),
        is_remembered: false,
    })
}

fn caller_of(bearer: Bearer) -> Result<Caller> {
    let role = role_of(bearer.is_super_admin, bearer.role.as_deref()).ok_or_else(|| Error::Unauthenticated {
        message: "you are not in this workspace any more; sign in again".to_owned(),
    })?;
    Ok(Caller {
        scope: Scope { workspace: bearer.workspace_id, user: bearer.user_id },
        username: bearer.username,
        role,
        permissions: permissions(role, &bearer.invites_from),
        is_leaving: bearer.deletion_due_at.is_some(),
        limits: own_limits(bearer.limits.as_deref()),
        via: Via::Session(bearer.id),
        is_remembered: false,
    })
}

/// What a role may do in a workspace where this is the least role that may invite.
fn permissions(role: Role, invites_from: &str) -> Permissions {
    role.permissions_where(invites_from.parse().unwrap_or(Role::Admin))
}

/// How much the people of a workspace may ask, where it says so.
fn own_limits(stored: Option<&str>) -> Option<Arc<OwnLimits>> {
    stored.and_then(|text| serde_json::from_str(text).ok()).map(Arc::new)
}

/// What somebody is in a workspace, when they are anything.
fn role_of(is_super_admin: bool, member: Option<&str>) -> Option<Role> {
    if is_super_admin { Some(Role::SuperAdmin) } else { member.and_then(|role| role.parse().ok()) }
}

/// Ends the caller's session.
pub async fn sign_out(app: &App, caller: &Caller, client: &Client) -> Result<()> {
    let Some(session) = caller.session() else { return Ok(()) };
    end(app, caller.scope.user, Which::One(session), "sign-out").await?;
    audit::record(app, client, Deed::of(caller, Action::SignOut).to(session)).await
}

/// Ends sessions of the caller; how many there were.
pub async fn revoke(app: &App, caller: &Caller, which: Which, client: &Client) -> Result<u64> {
    let ended = end(app, caller.scope.user, which, "revoked").await?;
    if ended > 0 {
        audit::record(app, client, Deed::of(caller, Action::SessionsEnded).with(json!({ "ended": ended }))).await?;
    }
    Ok(ended)
}

/// Where the caller has signed in.
pub async fn list(app: &App, caller: &Caller) -> Result<Vec<SessionRow>> {
    Ok(sessions::list(&app.db, caller.scope.user, app.clock.now()).await?)
}

/// Ends sessions of a person; how many there were.
pub async fn end(app: &App, user: Uuid, which: Which, by: &'static str) -> Result<u64> {
    let ended = sessions::end(&app.db, user, which, by, app.clock.now()).await?;
    app.departures.tell(user);
    Ok(ended)
}

/// The caller as they are now; nothing when they may not come in any more. Who was remembered is not remembered again.
pub async fn again(app: &App, caller: &Caller) -> Result<Option<Caller>> {
    let now = app.clock.now();
    match caller.via {
        Via::Local => Ok(app.door.is_open_to_local(now).then(|| caller.clone())),
        Via::Session(id) => sessions::bearer(&app.db, id, now).await?.map(caller_of).transpose(),
        Via::Token(id) => api_tokens::bearer_by_id(&app.db, id, now).await?.map(token_caller).transpose(),
    }
}

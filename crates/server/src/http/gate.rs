//! Whoever asks has to come through here: who they are, and whether the route lets them in. The only place that decides it.

use axum::{
    extract::{FromRequestParts, MatchedPath, Request},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, header, request::Parts};
use secrecy::ExposeSecret as _;

use super::{
    client,
    cookies::{self, Kept},
    limits,
    table::{Entry, Needs, Table},
};
use crate::{
    access::{Caller, Permission, Via},
    app::App,
    bearer_token::{self, Kind},
    door::Opinion,
    error::{Error, Result},
    limits::{Asker, Decision},
    sessions::{self, Known},
    store,
    store::usage::DAY,
    usage_book::Use,
};

/// Lets a request in when nothing has to be waited for to know that: `None` says that it does.
pub(super) fn at_once(app: &App, table: &Table, request: &mut Request) -> Option<Result<()>> {
    let Entry { needs, class } = match entry(table, request) {
        Ok(Some(entry)) => entry,
        Ok(None) => return Some(Ok(())),
        Err(error) => return Some(Err(error)),
    };
    if needs == Needs::Nothing {
        return class.is_none().then_some(Ok(()));
    }
    // Put there by a program that has the application in itself; nothing that comes over a wire can.
    if let Some(caller) = request.extensions().get::<Caller>() {
        return Some(may(caller, needs));
    }
    if shows_anything(request.headers()) {
        return None;
    }
    match app.door.opinion(app.clock.now()) {
        Opinion::Look => None,
        Opinion::Closed => Some(Err(Error::sign_in())),
        Opinion::Open => Some(enter(app, Caller::local(), needs, request)),
    }
}

/// Lets a request in, and tells what is left of its limit; or tells why not.
pub(super) async fn pass(app: &App, table: &Table, request: Request) -> Result<(Request, Decision), Response> {
    let (head, body) = request.into_parts();
    let mut request = Request::from_parts(head.clone(), body);
    let passed = async {
        let Some(Entry { needs, class }) = entry(table, &request)? else { return Ok(Decision::FREE) };
        let caller = if needs == Needs::Nothing { None } else { Some(who(app, &head, enough(needs)).await?) };
        let asker = caller.as_ref().map_or(Asker::Nobody, asker);
        let counted = caller.as_ref().map(|caller| (caller.scope.workspace, via(caller)));
        let own = caller.as_ref().and_then(|caller| Some((caller.scope.workspace, caller.limits.clone()?)));
        if let Some(caller) = caller {
            enter(app, caller, needs, &mut request)?;
        }
        let Some(class) = class else { return Ok(Decision::FREE) };
        if let Some((workspace, via)) = counted {
            let day = app.clock.now().timestamp_millis() / DAY;
            app.usage_book.count(Use { workspace, day, via, class: class.name() }, 1);
        }
        if let Some((workspace, own)) = own.filter(|(_, own)| own.of(class).is_some()) {
            return Ok(app.limits.check_own(class, asker, workspace, &own).await);
        }
        let ip = client::ip(app, head.extensions.get().copied(), &head.headers);
        Ok(app.limits.check(class, ip, asker).await)
    };
    let decision = passed.await.map_err(|error: Error| error.into_response())?;
    match limits::refusal(&decision) {
        Some(refusal) => Err(refusal),
        None => Ok((request, decision)),
    }
}

/// Whose requests are counted together.
pub(super) const fn asker(caller: &Caller) -> Asker {
    match caller.via {
        Via::Local => Asker::Local,
        Via::Session(_) => Asker::Person(caller.scope.user),
        Via::Token(token) => Asker::Token { token, person: caller.scope.user },
    }
}

/// How the caller has shown who they are, in a word.
const fn via(caller: &Caller) -> &'static str {
    match caller.via {
        Via::Local => "local",
        Via::Session(_) => "session",
        Via::Token(_) => "token",
    }
}

/// Who it is that asks: by what they show, else the local person where nobody has to show anything.
pub(super) async fn who(app: &App, head: &Parts, known: Known) -> Result<Caller> {
    let headers = &head.headers;
    if let Some(token) = bearer(headers)? {
        return by_token(app, token, known).await;
    }
    let client = client::of(app, headers, &head.extensions);
    if let Some(token) = cookies::read(app, &client, headers, Kept::Access) {
        let caller = sessions::by_access_token(app, token.expose_secret(), known).await?;
        cookies::check_csrf(app, headers, &head.method, caller.session().unwrap_or_default())?;
        return Ok(caller);
    }
    without_showing(app).await
}

/// Whose token this is.
pub(super) async fn by_token(app: &App, token: &str, known: Known) -> Result<Caller> {
    match bearer_token::kind_of(token) {
        Some(Kind::Api) => sessions::by_api_token(app, token, known).await,
        _ => sessions::by_access_token(app, token, known).await,
    }
}

/// The token that is shown (RFC 6750 §2.1). Another way to show something is refused, not passed over.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>> {
    let Some(shown) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let token = shown.to_str().ok().and_then(|shown| {
        let (scheme, token) = shown.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    let refused = || Error::Unauthenticated {
        message: "send `Authorization: Bearer …` with an access token or an API token".to_owned(),
    };
    token.filter(|token| !token.is_empty()).map(Some).ok_or_else(refused)
}

/// Who asks without showing anything.
async fn without_showing(app: &App) -> Result<Caller> {
    let now = app.clock.now();
    if app.door.opinion(now) == Opinion::Look {
        match store::accounts::is_any(&app.db).await {
            Ok(is_any) => app.door.seen(is_any, now),
            // Searches go on without the database, and nobody makes an account in one that is away.
            Err(error) if error.problem.is_passing() && app.door.was_open() => return Ok(Caller::local()),
            Err(error) => return Err(error.into()),
        }
    }
    match app.door.opinion(now) {
        Opinion::Open => Ok(Caller::local()),
        Opinion::Closed | Opinion::Look => Err(Error::sign_in()),
    }
}

/// Whether there is anything that could say who asks.
fn shows_anything(headers: &HeaderMap) -> bool {
    headers.contains_key(header::AUTHORIZATION) || cookies::are_shown(headers)
}

/// What is said of the route; `None`: nothing answers there, which the router says better.
fn entry(table: &Table, request: &Request) -> Result<Option<Entry>> {
    let Some(path) = request.extensions().get::<MatchedPath>() else { return Ok(None) };
    table.of(path, request.method())
}

/// Lets the caller in, and tells the handler who it is.
fn enter(app: &App, caller: Caller, needs: Needs, request: &mut Request) -> Result<()> {
    may(&caller, needs)?;
    if matches!(needs, Needs::Permission(permission) if permission.is_administration()) {
        client::check_admin(app, client::ip(app, request.extensions().get().copied(), request.headers()))?;
    }
    request.extensions_mut().insert(caller);
    Ok(())
}

/// What has to be known of whoever asks for this.
fn enough(needs: Needs) -> Known {
    if needs == Needs::Permission(Permission::SearchRead) { Known::Lately } else { Known::Now }
}

/// Whether the caller has what the route needs.
pub(super) fn may(caller: &Caller, needs: Needs) -> Result<()> {
    match needs {
        // What is one's own (sessions, tokens, the password) is no matter of a program's permissions.
        Needs::SignIn | Needs::EvenLeaving if matches!(caller.via, Via::Token(_)) => {
            Err(Error::Forbidden { message: "no API token may do this; sign in".to_owned() })
        }
        Needs::Nothing => Ok(()),
        // Nobody can be asked whether they still are what they were.
        _ if caller.is_remembered && enough(needs) == Known::Now => Err(Error::Unavailable { what: "the database" }),
        Needs::EvenLeaving => Ok(()),
        _ if caller.is_leaving => Err(Error::Forbidden {
            message: "this account is about to be deleted: take that back first, at /api/v1/user/delete/cancel"
                .to_owned(),
        }),
        Needs::SignIn => Ok(()),
        Needs::Permission(permission) if caller.permissions.has(permission) => Ok(()),
        Needs::Permission(permission) => Err(Error::Forbidden {
            message: format!(
                "this needs the permission `{permission}`, which you do not have; ask who administers PAKE"
            ),
        }),
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let caller = parts.extensions.get::<Self>().cloned();
        caller.ok_or_else(|| Error::internal("a handler asks who calls, but its route lets everybody in"))
    }
}

#[cfg(test)]
mod tests;

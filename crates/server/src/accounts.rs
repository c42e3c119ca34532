//! Accounts: how somebody comes to have one, and changes their password.

use chrono::TimeDelta;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use unicode_normalization::UnicodeNormalization as _;
use uuid::Uuid;

use crate::{
    access::{Caller, Role},
    app::App,
    audit::{self, Action, Deed},
    bearer_token::{self, Kind},
    client::Client,
    config::Listen,
    error::{Error, Result},
    mail::texts::{self, Notice},
    ownership, passwords,
    post::{self, Letter},
    steps,
    store::{
        Scope,
        accounts::{self, Account, NewAccount},
        links::{self, Link, NewLink, Purpose},
        sessions::{self, Which},
        workspaces,
    },
};

/// Longest name and address that are taken, in characters.
const LONGEST: usize = 254;
/// How long the link to the first account is good.
const SETUP: TimeDelta = TimeDelta::hours(24);
/// How long a link to a new password is good.
pub const RESET: TimeDelta = TimeDelta::hours(1);

/// Somebody who wants an account.
#[derive(Debug)]
pub struct Person {
    /// What they sign in with.
    pub username: String,
    /// Where mail reaches them.
    pub email: Option<String>,
    /// What others see; the name for signing in without it.
    pub name: Option<String>,
    /// Their password.
    pub password: SecretString,
}

/// A name for signing in as it is compared: letters, digits and `._-@+`, whatever their case and width.
pub fn folded(name: &str) -> Result<String> {
    let name: String = name.trim().nfkc().flat_map(char::to_lowercase).nfc().collect();
    let fits = |letter: char| letter.is_alphanumeric() || "._-@+".contains(letter);
    if (1..=LONGEST).contains(&name.chars().count()) && name.chars().all(fits) {
        return Ok(name);
    }
    Err(Error::invalid("username", format!("must be 1 to {LONGEST} letters, digits or . _ - @ +")))
}

/// An address as it is compared. Whether mail reaches it only shows when one is sent.
pub fn folded_email(address: &str) -> Result<String> {
    let address =
        folded(address).map_err(|_| Error::invalid("email", "is no address; give one like ada@example.org"))?;
    match address.split_once('@') {
        Some((person, host)) if !person.is_empty() && host.contains('.') && !host.contains('@') => Ok(address),
        _ => Err(Error::invalid("email", "is no address; give one like ada@example.org")),
    }
}

/// A link to the first account, when there is none yet.
pub async fn offer_setup(app: &App) -> Result<Option<SecretString>> {
    let is_any = accounts::is_any(&app.db).await?;
    app.door.seen(is_any, app.clock.now());
    if is_any {
        return Ok(None);
    }
    let link = NewLink { workspace: Some(Scope::local().workspace), ..new_link(app, Purpose::Setup, SETUP) };
    keep(app, link).await.map(Some)
}

/// A link into the caller's workspace.
pub async fn invite(
    app: &App,
    caller: &Caller,
    role: Role,
    email: Option<&str>,
    client: &Client,
) -> Result<(Uuid, SecretString)> {
    if role > caller.role || role == Role::SuperAdmin {
        let message = format!("a {} cannot make somebody {role}", caller.role);
        return Err(Error::Forbidden { message });
    }
    let lasts = TimeDelta::from_std(app.config.accounts.invitation()).unwrap_or(SETUP);
    let link = NewLink {
        workspace: Some(caller.scope.workspace),
        role: Some(role.name()),
        email: email.map(folded_email).transpose()?,
        invited_by: Some(caller.scope.user),
        ..new_link(app, Purpose::Invitation, lasts)
    };
    let id = link.id;
    let secret = keep(app, link).await?;
    let deed = Deed::of(caller, Action::InvitationCreated).to(id);
    audit::record(app, client, deed.with(json!({ "role": role }))).await?;
    Ok((id, secret))
}

/// Has an invitation mailed to whom it is for. `false`: there is no way for mail, or it cannot be put on its way.
pub async fn mail_invitation(app: &App, caller: &Caller, email: &str, secret: &SecretString) -> Result<bool> {
    if !app.mail.is_sent() {
        return Ok(false);
    }
    let to = folded_email(email)?;
    let workspace = workspaces::get(&app.db, caller.scope.workspace).await?;
    let inviter = accounts::by_id(&app.db, caller.scope.user).await?;
    let link = link_to(app, &app.config.server.listen, Purpose::Invitation, secret).into();
    let until = app.clock.now() + TimeDelta::from_std(app.config.accounts.invitation()).unwrap_or(SETUP);
    let name = workspace.as_ref().map_or("PAKE", |workspace| workspace.name.as_str());
    let text = texts::invitation(&link, name, inviter.as_ref().map(|inviter| inviter.name.as_str()), until);
    let sent = post::send(app, &Letter::of(&to, &text), None).await;
    if let Err(error) = &sent {
        tracing::warn!(%error, "an invitation is not mailed; whoever made it has its link");
    }
    Ok(sent.is_ok())
}

/// Where somebody uses a link. The secret stands behind the #: browsers send that to nobody, so that it is in no log.
pub fn link_to(app: &App, address: &Listen, purpose: Purpose, secret: &SecretString) -> String {
    let base = app.config.address(address);
    let purpose = if purpose == Purpose::Reset { ",reset" } else { "" };
    format!("{base}/join#{}{purpose}", secret.expose_secret())
}

/// The invitations into the caller's workspace that are still good.
pub async fn invitations(app: &App, caller: &Caller) -> Result<Vec<Link>> {
    Ok(links::open(&app.db, caller.scope.workspace, app.clock.now()).await?)
}

/// Takes an invitation into the caller's workspace back.
pub async fn take_back(app: &App, caller: &Caller, id: Uuid, client: &Client) -> Result<()> {
    if links::revoke(&app.db, caller.scope.workspace, id, app.clock.now()).await? {
        return audit::record(app, client, Deed::of(caller, Action::InvitationRevoked).to(id)).await;
    }
    Err(Error::not_found("invitation", id.to_string()))
}

fn new_link(app: &App, purpose: Purpose, lasts: TimeDelta) -> NewLink {
    let now = app.clock.now();
    NewLink {
        id: app.ids.next(),
        purpose,
        hash: String::new(),
        workspace: None,
        user: None,
        role: None,
        email: None,
        invited_by: None,
        created_at: now,
        expires_at: now + lasts,
    }
}

async fn keep(app: &App, link: NewLink) -> Result<SecretString> {
    let secret = bearer_token::new(Kind::Link)?;
    links::insert(&app.db, &NewLink { hash: bearer_token::hash(&secret), ..link }).await?;
    Ok(secret)
}

/// The link with this secret, when it is still good for this.
pub async fn link(app: &App, secret: &SecretString, purposes: &[Purpose]) -> Result<Link> {
    let found = links::find(&app.db, &bearer_token::hash(secret), app.clock.now()).await?;
    let fits = |link: &Link| purposes.iter().any(|purpose| purpose.as_str() == link.purpose);
    found.filter(fits).ok_or_else(|| Error::Gone {
        message: "this link has been used, taken back or is too old; ask for a new one".to_owned(),
    })
}

/// Makes the account that a link allows.
pub async fn register(app: &App, secret: &SecretString, person: Person, client: &Client) -> Result<Account> {
    let link = link(app, secret, &[Purpose::Setup, Purpose::Invitation]).await?;
    let hash = bearer_token::hash(secret);
    let is_first = link.purpose == Purpose::Setup.as_str();
    let account = new_account(app, person, is_first).await?;
    let made = if is_first {
        accounts::create_first(&app.db, &account, Some(&hash)).await?
    } else {
        let role = link.role.as_deref().and_then(|role| role.parse().ok()).unwrap_or(Role::Viewer);
        let workspace = link.workspace_id.ok_or_else(|| Error::internal("an invitation without a workspace"))?;
        accounts::create(&app.db, &account, (workspace, role.name()), Some(&hash)).await?
    };
    made_or_taken(app, &account, made, client).await
}

/// Makes an account without a link: for whoever operates this machine. The first one is `super_admin`.
pub async fn add(app: &App, person: Person, role: Role) -> Result<Account> {
    let is_first = !accounts::is_any(&app.db).await?;
    let account = new_account(app, person, is_first || role == Role::SuperAdmin).await?;
    let made = if is_first {
        accounts::create_first(&app.db, &account, None).await?
    } else {
        let member = (Scope::local().workspace, role.min(Role::Admin).name());
        accounts::create(&app.db, &account, member, None).await?
    };
    made_or_taken(app, &account, made, &Client::default()).await
}

/// Checks what a person gives, and makes the hash of their password.
async fn new_account(app: &App, person: Person, is_super_admin: bool) -> Result<NewAccount> {
    let username = folded(&person.username)?;
    let email = person.email.as_deref().map(folded_email).transpose()?;
    let name = person.name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    if name.as_ref().is_some_and(|name| name.chars().count() > LONGEST || name.chars().any(char::is_control)) {
        return Err(Error::invalid("name", format!("must be one line of at most {LONGEST} characters")));
    }
    let about: Vec<&str> = [Some(username.as_str()), email.as_deref(), name.as_deref()].into_iter().flatten().collect();
    let password_hash = Some(hashed(app, "password", &person.password, &about).await?);
    Ok(NewAccount {
        id: app.ids.next(),
        name: name.unwrap_or_else(|| username.clone()),
        username,
        email,
        password_hash,
        is_super_admin,
        created_at: app.clock.now(),
    })
}

/// The hash of a password that follows the rule; `field` is where it was given.
async fn hashed(app: &App, field: &str, password: &SecretString, about: &[&str]) -> Result<String> {
    passwords::rule::check(password, about).map_err(|error| Error::invalid(field, error.to_string()))?;
    Ok(app.passwords.hash(password).await?)
}

async fn made_or_taken(app: &App, account: &NewAccount, made: bool, client: &Client) -> Result<Account> {
    let found = if made { accounts::by_login(&app.db, &account.username).await? } else { None };
    app.door.seen(true, app.clock.now());
    let account = found.ok_or_else(|| Error::Conflict {
        message: "somebody has this name or address already, or the link has just been used".to_owned(),
    })?;
    audit::record(app, client, Deed::by(account.id, Action::AccountCreated).to(account.id)).await?;
    Ok(account)
}

/// Sets the caller's password; they give the old one, and every other session of theirs ends.
pub async fn change_password(
    app: &App,
    caller: &Caller,
    old: &SecretString,
    new: &SecretString,
    client: &Client,
) -> Result<()> {
    let proved = ownership::prove(app, caller, Some(old), client).await;
    let account = proved.map_err(|error| match error {
        Error::InvalidParameter { message, .. } => Error::invalid("current_password", message),
        other => other,
    })?;
    let about: Vec<&str> = [Some(account.username.as_str()), account.email.as_deref()].into_iter().flatten().collect();
    let hash = hashed(app, "new_password", new, &about).await?;
    let now = app.clock.now();
    accounts::set_password(&app.db, account.id, &hash, now, None).await?;
    let others = caller.session().map_or(Which::All, Which::AllBut);
    sessions::end(&app.db, account.id, others, "password", now).await?;
    steps::forget_of(app, account.id).await?;
    app.departures.tell(account.id);
    audit::record(app, client, Deed::of(caller, Action::PasswordChanged).to(account.id)).await?;
    post::notify(app, account.id, Notice::PasswordChanged, client).await;
    Ok(())
}

/// A link that sets the password of somebody anew.
pub async fn offer_reset(app: &App, account: &Account) -> Result<SecretString> {
    let link = NewLink { user: Some(account.id), ..new_link(app, Purpose::Reset, RESET) };
    keep(app, link).await
}

/// Sets a password by a link; every session of the person ends.
pub async fn reset_password(app: &App, secret: &SecretString, new: &SecretString, client: &Client) -> Result<()> {
    let link = link(app, secret, &[Purpose::Reset]).await?;
    let account = match link.user_id {
        Some(user) => accounts::by_id(&app.db, user).await?,
        None => None,
    };
    let account = account.ok_or_else(|| Error::Gone { message: "this account is not there any more".to_owned() })?;
    let about: Vec<&str> = [Some(account.username.as_str()), account.email.as_deref()].into_iter().flatten().collect();
    let hash = hashed(app, "new_password", new, &about).await?;
    let now = app.clock.now();
    if !accounts::set_password(&app.db, account.id, &hash, now, Some(&bearer_token::hash(secret))).await? {
        return Err(Error::Gone { message: "this link has been used; ask for a new one".to_owned() });
    }
    sessions::end(&app.db, account.id, Which::All, "password", now).await?;
    steps::forget_of(app, account.id).await?;
    app.departures.tell(account.id);
    audit::record(app, client, Deed::by(account.id, Action::PasswordReset).to(account.id)).await?;
    post::notify(app, account.id, Notice::PasswordChanged, client).await;
    Ok(())
}

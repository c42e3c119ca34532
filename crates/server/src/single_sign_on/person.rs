//! Whom a provider tells of, as an account: the one that came this way before, the one that has the verified address, or a new
//! one; and what they are by their groups.

use serde_json::{Map, Value, json};

use crate::{
    access::Role,
    accounts::{folded, folded_email},
    app::App,
    audit::{self, Action, Deed},
    client::Client,
    config::OidcConfig,
    error::{Error, Result},
    store::{
        Scope,
        accounts::{self, Account, NewAccount},
        identities::{self, Identity},
        members, people,
    },
};

/// How many names are tried for a new account.
const NAMES: usize = 20;

/// An account, and what became of it.
#[derive(Debug)]
pub(super) struct Found {
    /// The account.
    pub account: Account,
    /// Whether it was made just now.
    is_new: bool,
    /// Whether the provider was not known to be one of its own before.
    is_linked: bool,
    /// What the person is from now on, where that was something else.
    role: Option<Role>,
    /// What they ought to be by their groups, and are not: nobody else would be left who governs.
    role_refused: Option<Role>,
}

/// What a provider tells of a person.
struct Told<'a> {
    subject: &'a str,
    username: Option<&'a str>,
    name: Option<&'a str>,
    /// The address, when it is verified; folded.
    email: Option<String>,
    groups: Vec<&'a str>,
}

/// Whether the claims leave something open that a decision needs.
pub(super) fn wants_more(settings: &OidcConfig, claims: &Map<String, Value>) -> bool {
    let lacks = |name: &str| claims.get(name).is_none();
    lacks("email") || lacks("preferred_username") || (!settings.roles.is_empty() && groups(settings, claims).is_empty())
}

/// The account of the person whom the claims tell of.
pub(super) async fn account_of(
    app: &App,
    provider: &str,
    settings: &OidcConfig,
    claims: &Map<String, Value>,
) -> Result<Found> {
    let told = told(settings, claims);
    check_domain(settings, told.email.as_deref())?;
    let role = role(settings, &told.groups)?;
    let identity = Identity { issuer: &settings.issuer, subject: told.subject };
    let found = match identities::user(&app.db, identity).await? {
        Some(user) => accounts::by_id(&app.db, user).await?.map(|account| (account, false)),
        None => linked(app, settings, &told, identity).await?.map(|account| (account, true)),
    };
    let Some((account, is_linked)) = found else {
        let account = created(app, provider, settings, &told, identity, role).await?;
        return Ok(Found { account, is_new: true, is_linked: true, role: None, role_refused: None });
    };
    if !account.is_active {
        return Err(Error::Forbidden { message: "this account is closed; ask who administers PAKE".to_owned() });
    }
    identities::seen(&app.db, identity, app.clock.now()).await?;
    // Where groups decide, they decide each time.
    let (role, role_refused) =
        if settings.roles.is_empty() { (None, None) } else { changed(app, settings, &account, role).await? };
    let account = accounts::by_id(&app.db, account.id).await?.unwrap_or(account);
    Ok(Found { account, is_new: false, is_linked, role, role_refused })
}

/// Writes down what became of the account.
pub(super) async fn record(app: &App, found: &Found, provider: &str, client: &Client) -> Result<()> {
    let user = found.account.id;
    let deed = |action| Deed::by(user, action).to(user);
    if found.is_new {
        let details = json!({ "provider": provider });
        audit::record(app, client, deed(Action::AccountCreated).with(details)).await?;
    } else if found.is_linked {
        audit::record(app, client, deed(Action::IdentityLinked).with(json!({ "provider": provider }))).await?;
    }
    if let Some(role) = found.role {
        let details = json!({ "provider": provider, "role": role });
        audit::record(app, client, deed(Action::RoleChanged).with(details)).await?;
    }
    if let Some(role) = found.role_refused {
        let details = json!({ "provider": provider, "role": role, "reason": "nobody else would be left who governs" });
        audit::record(app, client, deed(Action::RoleChanged).with(details).refused()).await?;
    }
    Ok(())
}

fn told<'a>(settings: &OidcConfig, claims: &'a Map<String, Value>) -> Told<'a> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    // Some providers say it as a text.
    let is_verified = matches!(claims.get("email_verified"), Some(Value::Bool(true)))
        || text("email_verified").is_some_and(|said| said == "true");
    Told {
        subject: text("sub").unwrap_or_default(),
        username: text("preferred_username"),
        name: text("name"),
        email: text("email").filter(|_| is_verified).and_then(|email| folded_email(email).ok()),
        groups: groups(settings, claims),
    }
}

/// The groups that the claims name: one text, or a list.
fn groups<'a>(settings: &OidcConfig, claims: &'a Map<String, Value>) -> Vec<&'a str> {
    let name = settings.groups_claim.as_str();
    let inner = || {
        let mut parts = name.split('.');
        let first = claims.get(parts.next()?)?;
        parts.try_fold(first, |value, part| value.get(part))
    };
    match claims.get(name).or_else(inner) {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn check_domain(settings: &OidcConfig, email: Option<&str>) -> Result<()> {
    let allowed = &settings.email_domains;
    let domain = email.and_then(|email| email.rsplit_once('@')).map(|(_, domain)| domain);
    if allowed.is_empty() || domain.is_some_and(|domain| allowed.iter().any(|each| each.eq_ignore_ascii_case(domain))) {
        return Ok(());
    }
    let message = "people come in here with a verified address of certain domains, and yours is none of them";
    Err(Error::Forbidden { message: message.to_owned() })
}

/// What a person is by their groups.
fn role(settings: &OidcConfig, groups: &[&str]) -> Result<Role> {
    let of_groups = groups.iter().filter_map(|group| settings.roles.get(*group)).max();
    of_groups.copied().or(settings.role_of_others()).ok_or_else(|| Error::Forbidden {
        message: "none of your groups may use PAKE; ask who administers it".to_owned(),
    })
}

/// The account that has the verified address, where that is enough; it is the person's own from now on.
async fn linked(app: &App, settings: &OidcConfig, told: &Told<'_>, identity: Identity<'_>) -> Result<Option<Account>> {
    let Some(email) = &told.email else { return Ok(None) };
    let Some(account) = accounts::by_email(&app.db, email).await? else { return Ok(None) };
    if !settings.link_by_verified_email {
        let message = "an account with your address is there already; sign in to it another way".to_owned();
        return Err(Error::Conflict { message });
    }
    identities::link(&app.db, identity, account.id, app.clock.now()).await?;
    Ok(Some(account))
}

/// A new account, where people get one.
async fn created(
    app: &App,
    provider: &str,
    settings: &OidcConfig,
    told: &Told<'_>,
    identity: Identity<'_>,
    role: Role,
) -> Result<Account> {
    if !settings.create_accounts {
        let message = "you have no account here yet; ask who administers PAKE for an invitation".to_owned();
        return Err(Error::Forbidden { message });
    }
    if !accounts::is_any(&app.db).await? {
        let message = "the first account is made by the link that PAKE prints at its start".to_owned();
        return Err(Error::Forbidden { message });
    }
    for username in names(provider, told).into_iter().take(NAMES) {
        let shown = told.name.map(|name| name.chars().filter(|char| !char.is_control()).take(254).collect::<String>());
        let account = NewAccount {
            id: app.ids.next(),
            name: shown.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| username.clone()),
            username,
            email: told.email.clone(),
            password_hash: None,
            is_super_admin: role == Role::SuperAdmin,
            created_at: app.clock.now(),
        };
        let member = (Scope::local().workspace, role.min(Role::Admin).name());
        if accounts::create_for(&app.db, &account, member, identity).await? {
            let made = accounts::by_id(&app.db, account.id).await?;
            return made.ok_or_else(|| Error::internal("an account is gone that was made just now"));
        }
    }
    Err(Error::Conflict { message: "somebody else has your name or your address here".to_owned() })
}

/// What a new account could be called: what the provider calls the person, their address, and that with a number.
fn names(provider: &str, told: &Told<'_>) -> Vec<String> {
    // An address that is not verified may be somebody else's: nobody is called by it.
    let chosen = told.username.and_then(|name| folded(name).ok()).filter(|name| !name.contains('@'));
    let mut names: Vec<String> = chosen.iter().cloned().chain(told.email.clone()).collect();
    let start = chosen
        .or_else(|| told.email.as_deref().and_then(|email| Some(email.split_once('@')?.0.to_owned())))
        .unwrap_or_else(|| provider.to_owned());
    names.extend((2..).map(|number| format!("{start}-{number}")).take(NAMES));
    names
}

/// Makes the person what their groups say; gives what they are then, where that is something else than before, and what they
/// ought to be and are not. Who governs all of PAKE goes on doing so, unless groups decide about that too; and neither PAKE
/// nor a workspace loses its last admin: a provider does not see who else there is.
async fn changed(
    app: &App,
    settings: &OidcConfig,
    account: &Account,
    role: Role,
) -> Result<(Option<Role>, Option<Role>)> {
    let decides = settings.roles.values().any(|role| *role == Role::SuperAdmin);
    let is_super_admin = if decides { role == Role::SuperAdmin } else { account.is_super_admin };
    let scope = Scope { workspace: Scope::local().workspace, user: account.id };
    let Some(before) = members::get(&app.db, scope).await? else { return Ok((None, None)) };
    let wanted = (is_super_admin, role.min(Role::Admin));
    let was: (bool, Role) = (before.is_super_admin, before.role.parse().unwrap_or(Role::Viewer));
    let mut now = was;
    if was.0 != wanted.0 {
        let is_done = if wanted.0 {
            people::give_installation_to(&app.db, account.id).await?
        } else {
            people::take_installation_from(&app.db, account.id).await?
        };
        now.0 = wanted.0 == is_done;
    }
    if was.1 != wanted.1 {
        let is_less = wanted.1 < was.1;
        let is_done = members::set_role(&app.db, scope, wanted.1.name(), is_less, app.clock.now()).await?;
        now.1 = if is_done { wanted.1 } else { was.1 };
    }
    if now != was {
        // Their sockets look what they may now.
        app.departures.tell(account.id);
    }
    let of = |(is_super_admin, member): (bool, Role)| if is_super_admin { Role::SuperAdmin } else { member };
    Ok(((now != was).then(|| of(now)), (now != wanted).then(|| of(wanted))))
}

//! Governing people: seen, let in, kept out, made more or less, helped to a new password, signed out.
//!
//! Who governs a workspace reaches the people in it who are less than they are; who operates the installation reaches
//! everybody. What holds everywhere (an account, a password) is left to the latter when the person is elsewhere, too.
//! Nobody closes their own account this way or makes themselves less, and somebody who operates the installation is always left.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    access::{Caller, Permission, Role},
    accounts,
    app::App,
    audit::{self, Action, Deed},
    client::Client,
    erasure,
    error::{Error, Result},
    history, members, sessions,
    store::{
        Scope,
        accounts::by_id,
        people::{self, Belongings, PeopleFilter, PersonRow, SessionFilter, TheirSession},
        sessions::Which,
        workspaces::of_person,
    },
};

/// Longest reason, in characters.
const LONGEST_REASON: usize = 500;

/// What can be done to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = UserAction)]
pub enum Act {
    /// Let them sign in again.
    Activate,
    /// Let them sign in no more; their sessions end at once.
    Deactivate,
    /// Make them admin of the workspace.
    PromoteAdmin,
    /// Make an admin a user of the workspace, or take the installation from somebody who operates it; their sessions end at once.
    DemoteAdmin,
    /// Take their password away and end their sessions; the link that is given back sets a new one.
    ResetPassword,
    /// Delete their searches, favourites too.
    ClearHistory,
    /// Delete their account at once, with all that is stored about them.
    DeleteUser,
}

/// What is to be done to somebody, and why.
#[derive(Debug)]
pub struct Wanted {
    /// What.
    pub act: Act,
    /// Why: for the audit log.
    pub reason: String,
    /// What cannot be taken back is done only when this is their name for signing in.
    pub confirm: Option<String>,
    /// In which workspace; the caller's without it.
    pub workspace: Option<Uuid>,
}

/// At most `most` people, in the order of their names for signing in, after this one.
pub async fn list(app: &App, filter: &PeopleFilter, after: Option<&str>, most: u32) -> Result<Vec<PersonRow>> {
    Ok(people::list(&app.db, filter, after, most).await?)
}

/// Somebody whom the caller sees, how much there is of them, and their sessions.
pub async fn show(app: &App, caller: &Caller, id: Uuid) -> Result<(PersonRow, Belongings, Vec<TheirSession>)> {
    let (person, workspace, now) = (seen(app, caller, id).await?, caller.within(None), app.clock.now());
    let belongings = people::belongings(&app.db, workspace, id, now).await?;
    let filter = SessionFilter { workspace, user: Some(id), id: None };
    let sessions = people::sessions(&app.db, filter, None, 100, now).await?;
    Ok((person, belongings, sessions))
}

/// What somebody is.
pub fn role_of(person: &PersonRow) -> Role {
    if person.is_super_admin {
        return Role::SuperAdmin;
    }
    person.role.as_deref().and_then(|role| role.parse().ok()).unwrap_or(Role::Viewer)
}

/// Does something to somebody. Gives the secret of a link, where that is what it is about.
pub async fn act(
    app: &App,
    caller: &Caller,
    id: Uuid,
    wanted: &Wanted,
    client: &Client,
) -> Result<Option<SecretString>> {
    let reason = wanted.reason.trim();
    if !(1..=LONGEST_REASON).contains(&reason.chars().count()) || reason.chars().any(char::is_control) {
        return Err(Error::invalid("reason", format!("say why, in one line of at most {LONGEST_REASON} characters")));
    }
    let person = seen(app, caller, id).await?;
    check(app, caller, &person, wanted).await?;
    let mut details = json!({ "reason": reason });
    let mut secret = None;
    let action = match wanted.act {
        Act::Activate => {
            if !people::activate(&app.db, id).await? {
                return Err(Error::Conflict { message: "they may sign in already".to_owned() });
            }
            Action::AccountActivated
        }
        Act::Deactivate => {
            if !people::deactivate(&app.db, id).await? {
                return Err(not_or_last("they may not sign in already"));
            }
            sessions::end(app, id, Which::All, "deactivated").await?;
            Action::AccountDeactivated
        }
        Act::PromoteAdmin | Act::DemoteAdmin => {
            return change_role(app, caller, &person, wanted, details, client).await;
        }
        Act::ResetPassword => {
            let account = by_id(&app.db, id).await?.ok_or_else(|| no_such_person(id))?;
            people::forget_password(&app.db, id).await?;
            sessions::end(app, id, Which::All, "password").await?;
            secret = Some(accounts::offer_reset(app, &account).await?);
            Action::PasswordTaken
        }
        Act::DeleteUser => {
            erasure::is_free(app, id).await?;
            audit::record(app, client, Deed::of(caller, Action::DeletionAsked).to(id).with(details)).await?;
            erasure::erase(app, id).await?;
            return Ok(None);
        }
        Act::ClearHistory => {
            details["searches"] = clear_history(app, caller, id).await?.into();
            Action::HistoryCleared
        }
    };
    audit::record(app, client, Deed::of(caller, action).to(id).with(details)).await?;
    Ok(secret)
}

/// Whether the caller may do this to somebody, and means it.
async fn check(app: &App, caller: &Caller, person: &PersonRow, wanted: &Wanted) -> Result<()> {
    let needs = match wanted.act {
        Act::ClearHistory => Permission::SearchManage,
        Act::DeleteUser => Permission::UserDelete,
        _ => Permission::UserUpdate,
    };
    if !caller.permissions.has(needs) {
        return Err(Error::Forbidden { message: format!("you may not do this; it needs {needs}") });
    }
    if matches!(wanted.act, Act::ClearHistory | Act::DeleteUser)
        && wanted.confirm.as_deref().map(str::trim) != Some(&person.username)
    {
        let message = "this cannot be taken back: repeat their name for signing in, to the letter";
        return Err(Error::invalid("confirm", message));
    }
    if person.id == caller.scope.user && matches!(wanted.act, Act::Deactivate | Act::DemoteAdmin | Act::DeleteUser) {
        return Err(Error::Conflict { message: "you cannot do this to yourself".to_owned() });
    }
    if caller.role != Role::SuperAdmin && role_of(person) >= caller.role {
        return Err(Error::Forbidden { message: format!("a {} cannot do this to a {}", caller.role, role_of(person)) });
    }
    let is_everywhere = matches!(wanted.act, Act::Activate | Act::Deactivate | Act::ResetPassword | Act::DeleteUser);
    if is_everywhere
        && let Some(workspace) = caller.within(None)
        && people::is_elsewhere(&app.db, workspace, person.id).await?
    {
        let message = "they are in other workspaces, too: ask who operates PAKE, or take them out of yours".to_owned();
        return Err(Error::Forbidden { message });
    }
    Ok(())
}

async fn change_role(
    app: &App,
    caller: &Caller,
    person: &PersonRow,
    wanted: &Wanted,
    details: Value,
    client: &Client,
) -> Result<Option<SecretString>> {
    let is_less = wanted.act == Act::DemoteAdmin;
    let deed = Deed::of(caller, Action::RoleChanged).to(person.id);
    if is_less && person.is_super_admin {
        if !people::take_installation_from(&app.db, person.id).await? {
            return Err(not_or_last("they do not operate PAKE any more"));
        }
        let mut details = details;
        details["from"] = json!(Role::SuperAdmin);
        sessions::end(app, person.id, Which::All, "demoted").await?;
        audit::record(app, client, deed.with(details)).await?;
        return Ok(None);
    }
    let workspace = wanted.workspace.unwrap_or(caller.scope.workspace);
    let role = if is_less { Role::User } else { Role::Admin };
    members::change_role(app, caller, workspace, person.id, role, client).await?;
    if is_less {
        sessions::end(app, person.id, Which::All, "demoted").await?;
    }
    // That it was done stands in the log already; this says why.
    audit::record(app, client, Deed::of(caller, Action::RoleExplained).to(person.id).with(details)).await?;
    Ok(None)
}

/// Deletes what somebody has searched for, where the caller reaches it; how many searches that were.
async fn clear_history(app: &App, caller: &Caller, user: Uuid) -> Result<u64> {
    let within = caller.within(None);
    let mut cleared = 0;
    for workspace in of_person(&app.db, user).await? {
        if within.is_none_or(|within| within == workspace.id) {
            cleared += history::delete_all(app, Scope { workspace: workspace.id, user }).await?;
        }
    }
    Ok(cleared)
}

/// At most `most` sessions, the latest first, before the one with this id.
pub async fn sessions(app: &App, filter: SessionFilter, before: Option<Uuid>, most: u32) -> Result<Vec<TheirSession>> {
    Ok(people::sessions(&app.db, filter, before, most, app.clock.now()).await?)
}

/// Ends somebody's session.
pub async fn end_session(app: &App, caller: &Caller, id: Uuid, client: &Client) -> Result<()> {
    let filter = SessionFilter { workspace: caller.within(None), user: None, id: Some(id) };
    let session = sessions(app, filter, None, 1).await?.pop();
    let session = session.ok_or_else(|| Error::not_found("session", id.to_string()))?;
    let person = seen(app, caller, session.user_id).await?;
    if caller.role != Role::SuperAdmin && person.id != caller.scope.user && role_of(&person) >= caller.role {
        return Err(Error::Forbidden {
            message: format!("a {} cannot do this to a {}", caller.role, role_of(&person)),
        });
    }
    sessions::end(app, session.user_id, Which::One(id), "ended by an admin").await?;
    let deed = Deed::of(caller, Action::SessionsEnded).to(session.user_id);
    audit::record(app, client, deed.with(json!({ "ended": 1, "session": id }))).await
}

/// Somebody whom the caller sees.
async fn seen(app: &App, caller: &Caller, id: Uuid) -> Result<PersonRow> {
    people::find(&app.db, caller.within(None), id).await?.ok_or_else(|| no_such_person(id))
}

fn no_such_person(id: Uuid) -> Error {
    Error::not_found("user", id.to_string())
}

fn not_or_last(message: &str) -> Error {
    Error::Conflict { message: format!("{message}, or nobody would be left who operates PAKE") }
}

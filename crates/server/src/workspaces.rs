//! Workspaces: made, named, set up, entered, deleted. Whoever governs one reaches that one, whoever operates the
//! installation all of them, and for anybody else the others are not there.

use std::sync::Arc;

use engine::source::SourceId;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    access::{Caller, Role, Via},
    app::App,
    audit::{self, Action, Deed},
    client::Client,
    error::{Error, Result},
    limits::{OwnLimits, Rate},
    searches,
    store::{
        Scope, sessions,
        workspaces::{self, Membership, WorkspaceRow},
    },
};

/// Longest name, in characters.
const LONGEST_NAME: usize = 100;

/// What can be set of a workspace; what is missing is as the configuration says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WorkspaceSettings {
    /// Sources that are asked when neither the question nor the person names any.
    pub default_sources: Option<Vec<String>>,
    /// How long searches are kept, in days; at most `history.retention_days` of the configuration.
    pub search_history_retention_days: Option<u32>,
    /// The least role that may invite: `manager`, `admin` or `super_admin`.
    pub invites_from: Role,
    /// How much each of its people may ask.
    pub limits: Option<OwnLimits>,
}

impl Default for WorkspaceSettings {
    fn default() -> Self {
        Self { default_sources: None, search_history_retention_days: None, invites_from: Role::Admin, limits: None }
    }
}

impl WorkspaceSettings {
    /// Those of a workspace.
    pub fn of(row: &WorkspaceRow) -> Self {
        Self {
            default_sources: row.default_sources.as_deref().and_then(|names| serde_json::from_str(names).ok()),
            search_history_retention_days: row.retention_days.and_then(|days| days.try_into().ok()),
            invites_from: row.invites_from.parse().unwrap_or(Role::Admin),
            limits: row.limits.as_deref().and_then(|limits| serde_json::from_str(limits).ok()),
        }
    }

    /// Whether all of it makes sense here.
    fn check(&self, app: &App) -> Result<()> {
        if let Some(names) = &self.default_sources {
            check_sources(app, names)?;
        }
        let most = app.config.history.retention_days;
        if self.search_history_retention_days.is_some_and(|days| days > most) {
            return Err(Error::invalid("search_history_retention_days", format!("must be 0 to {most} here")));
        }
        if self.invites_from < Role::Manager {
            return Err(Error::invalid("invites_from", "must be manager, admin or super_admin"));
        }
        let limits = self.limits.clone().unwrap_or_default();
        for rate in [limits.search, limits.read, limits.write, limits.export, limits.mail].into_iter().flatten() {
            check_rate(rate)?;
        }
        Ok(())
    }
}

/// Whether each of these is a source that there is, and none comes twice.
pub fn check_sources(app: &App, names: &[String]) -> Result<Vec<SourceId>> {
    if names.len() > SourceId::ALL.len() {
        return Err(Error::invalid("default_sources", "names more sources than there are"));
    }
    let there = app.engine().default_sources();
    let mut sources = Vec::with_capacity(names.len());
    for name in names {
        let source = name.parse().map_err(|unknown| Error::invalid("default_sources", format!("{unknown}")))?;
        if !there.contains(&source) {
            return Err(Error::invalid("default_sources", format!("{name} is not asked by this PAKE")));
        }
        if sources.contains(&source) {
            return Err(Error::invalid("default_sources", format!("names {name} twice")));
        }
        sources.push(source);
    }
    Ok(sources)
}

fn check_rate(Rate { rate, burst }: Rate) -> Result<()> {
    // A burst that takes more than a year to come back is no limit, but a lock.
    let lasts = f64::from(burst) / rate;
    if !(rate > 0.0 && rate <= 100_000.0 && (1..=10_000).contains(&burst) && lasts <= 31_536_000.0) {
        let message =
            "give `rate` above 0, at most 100000 a second, and `burst` 1 to 10000 that comes back within a year";
        return Err(Error::invalid("limits", message));
    }
    Ok(())
}

/// The caller's workspaces, in the order in which they joined.
pub async fn list(app: &App, caller: &Caller) -> Result<Vec<Membership>> {
    Ok(workspaces::of_person(&app.db, caller.scope.user).await?)
}

/// Whether the caller, who has the permission, reaches this workspace: their own, or all of them for whoever operates the
/// installation. A token reaches the one that it is bound to.
pub async fn reached(app: &App, caller: &Caller, id: Uuid) -> Result<WorkspaceRow> {
    let reaches_all = caller.role == Role::SuperAdmin && !matches!(caller.via, Via::Token(_));
    let row = if reaches_all || id == caller.scope.workspace { workspaces::get(&app.db, id).await? } else { None };
    row.ok_or_else(|| no_such_workspace(id))
}

/// Makes a workspace; the caller is its first admin.
pub async fn make(app: &App, caller: &Caller, name: &str, client: &Client) -> Result<WorkspaceRow> {
    let name = checked_name(name)?;
    let scope = Scope { workspace: app.ids.next(), user: caller.scope.user };
    workspaces::create(&app.db, scope, &name, app.clock.now()).await?;
    audit::record(app, client, Deed::of(caller, Action::WorkspaceCreated).to(scope.workspace)).await?;
    let row = workspaces::get(&app.db, scope.workspace).await?;
    row.ok_or_else(|| no_such_workspace(scope.workspace))
}

/// Calls a workspace something else.
pub async fn rename(app: &App, caller: &Caller, id: Uuid, name: &str, client: &Client) -> Result<WorkspaceRow> {
    let name = checked_name(name)?;
    let row = reached(app, caller, id).await?;
    workspaces::rename(&app.db, id, &name).await?;
    let deed = Deed::of(caller, Action::WorkspaceChanged).to(id);
    audit::record(app, client, deed.with(json!({ "changed": ["name"] }))).await?;
    Ok(WorkspaceRow { name, ..row })
}

/// Sets a workspace up; what is missing is as the configuration says again.
pub async fn set(
    app: &App,
    caller: &Caller,
    id: Uuid,
    wanted: &WorkspaceSettings,
    client: &Client,
) -> Result<WorkspaceRow> {
    wanted.check(app)?;
    let before = reached(app, caller, id).await?;
    if wanted.invites_from > caller.role {
        return Err(Error::Forbidden {
            message: format!("a {} cannot keep invitations to {}s", caller.role, wanted.invites_from),
        });
    }
    let json_of = |value: Option<serde_json::Value>| value.map(|value| value.to_string());
    let row = WorkspaceRow {
        default_sources: json_of(wanted.default_sources.as_ref().map(|names| json!(names))),
        retention_days: wanted.search_history_retention_days.map(i64::from),
        invites_from: wanted.invites_from.name().to_owned(),
        limits: json_of(wanted.limits.as_ref().map(|limits| json!(limits))),
        ..before.clone()
    };
    workspaces::set(&app.db, &row).await?;
    app.preference_book.changed();
    let changed = [
        ("default_sources", row.default_sources != before.default_sources),
        ("search_history_retention_days", row.retention_days != before.retention_days),
        ("invites_from", row.invites_from != before.invites_from),
        ("limits", row.limits != before.limits),
    ];
    let changed: Vec<_> = changed.into_iter().filter(|(_, is_changed)| *is_changed).map(|(name, _)| name).collect();
    let deed = Deed::of(caller, Action::WorkspaceChanged).to(id);
    audit::record(app, client, deed.with(json!({ "changed": changed }))).await?;
    Ok(row)
}

/// Deletes a workspace with all that is in it. `confirm` is its name, so that nobody deletes another one by mistake.
pub async fn delete(app: &App, caller: &Caller, id: Uuid, confirm: &str, client: &Client) -> Result<()> {
    let row = reached(app, caller, id).await?;
    if id == Scope::local().workspace {
        return Err(Error::Conflict {
            message: "the first workspace stays; call it something else instead".to_owned(),
        });
    }
    if confirm != row.name {
        return Err(Error::invalid("confirm", "must be the name of the workspace, to the letter"));
    }
    audit::record(app, client, Deed::of(caller, Action::WorkspaceDeleted).to(id)).await?;
    let people = workspaces::close(&app.db, id).await?;
    for person in people {
        app.departures.tell(person);
    }
    app.searches.forget_workspace(id, app.clock.now());
    // What is on its way into the history belongs to it, too. While the database is away, so is all of this.
    searches::settle(app).await;
    while workspaces::delete_searches(&app.db, id).await? > 0 {}
    workspaces::delete(&app.db, id).await?;
    Ok(())
}

/// Puts the caller's session into another of their workspaces; gives who they are there.
pub async fn enter(app: &Arc<App>, caller: &Caller, id: Uuid) -> Result<Caller> {
    let session = caller
        .session()
        .ok_or_else(|| Error::Conflict { message: "there is no session to move: sign in first".to_owned() })?;
    if !sessions::enter(&app.db, session, id, app.clock.now()).await? {
        return Err(no_such_workspace(id));
    }
    // Its sockets look where they are now.
    app.departures.tell(caller.scope.user);
    let there = crate::sessions::again(app, caller).await?;
    there.ok_or_else(|| Error::Unauthenticated { message: "this session is over; sign in again".to_owned() })
}

fn checked_name(name: &str) -> Result<String> {
    let name = engine::text::tidy(name);
    if (1..=LONGEST_NAME).contains(&name.chars().count()) {
        return Ok(name.into());
    }
    Err(Error::invalid("name", format!("must have 1 to {LONGEST_NAME} characters")))
}

/// For whoever does not reach it, it is not there.
pub fn no_such_workspace(id: Uuid) -> Error {
    Error::not_found("workspace", id.to_string())
}

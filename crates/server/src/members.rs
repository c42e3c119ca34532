//! Who is in a workspace: listed, made something else, taken out, leaving, joining with an account that they have.
//!
//! Nobody makes somebody more than they are themselves, nor changes somebody who is more. A workspace always has an admin.

use secrecy::SecretString;
use serde_json::json;
use uuid::Uuid;

use crate::{
    access::{Caller, Role},
    accounts,
    app::App,
    audit::{self, Action, Deed},
    bearer_token,
    client::Client,
    error::{Error, Result},
    store::{
        Scope,
        links::Purpose,
        members::{self, MemberRow},
        workspaces::{self, WorkspaceRow},
    },
    workspaces::{no_such_workspace, reached},
};

/// What somebody is in a workspace.
pub fn role_of(member: &MemberRow) -> Role {
    if member.is_super_admin { Role::SuperAdmin } else { member.role.parse().unwrap_or(Role::Viewer) }
}

/// The members of a workspace after this one, at most `most`, in the order in which they joined.
pub async fn list(
    app: &App,
    caller: &Caller,
    workspace: Uuid,
    after: Option<(i64, Uuid)>,
    most: u32,
) -> Result<Vec<MemberRow>> {
    reached(app, caller, workspace).await?;
    Ok(members::list(&app.db, workspace, after, most).await?)
}

/// Makes a member something else.
pub async fn change_role(
    app: &App,
    caller: &Caller,
    workspace: Uuid,
    user: Uuid,
    role: Role,
    client: &Client,
) -> Result<MemberRow> {
    reached(app, caller, workspace).await?;
    if role == Role::SuperAdmin || role > caller.role {
        return Err(Error::Forbidden { message: format!("a {} cannot make somebody {role}", caller.role) });
    }
    let member = changeable(app, caller, Scope { workspace, user }).await?;
    let before: Role = member.role.parse().unwrap_or(Role::Viewer);
    let scope = Scope { workspace, user };
    if !members::set_role(&app.db, scope, role.name(), role < before, app.clock.now()).await? {
        return Err(last_admin());
    }
    // Their sockets look what they may now.
    app.departures.tell(user);
    let deed = Deed::of(caller, Action::RoleChanged).to(user);
    let deed = deed.with(json!({ "workspace": workspace, "from": before, "to": role }));
    audit::record(app, client, deed).await?;
    Ok(MemberRow { role: role.name().to_owned(), ..member })
}

/// Takes somebody out of a workspace: their sessions and tokens there are over at once.
pub async fn remove(app: &App, caller: &Caller, workspace: Uuid, user: Uuid, client: &Client) -> Result<()> {
    reached(app, caller, workspace).await?;
    changeable(app, caller, Scope { workspace, user }).await?;
    take_out(app, Scope { workspace, user }, "removed").await?;
    let deed = Deed::of(caller, Action::MemberRemoved).to(user).with(json!({ "workspace": workspace }));
    audit::record(app, client, deed).await
}

/// The caller leaves one of their workspaces.
pub async fn leave(app: &App, caller: &Caller, workspace: Uuid, client: &Client) -> Result<()> {
    let scope = Scope { workspace, user: caller.scope.user };
    members::get(&app.db, scope).await?.ok_or_else(|| no_such_workspace(workspace))?;
    take_out(app, scope, "left").await?;
    let deed = Deed::of(caller, Action::MemberLeft).to(caller.scope.user).with(json!({ "workspace": workspace }));
    audit::record(app, client, deed).await
}

/// Makes the caller, who has an account, a member of the workspace that an invitation leads into.
pub async fn accept(app: &App, caller: &Caller, secret: &SecretString, client: &Client) -> Result<WorkspaceRow> {
    let link = accounts::link(app, secret, &[Purpose::Invitation]).await?;
    let workspace = link.workspace_id.ok_or_else(|| Error::internal("an invitation without a workspace"))?;
    let role = link.role.as_deref().and_then(|role| role.parse().ok()).unwrap_or(Role::Viewer);
    let scope = Scope { workspace, user: caller.scope.user };
    if members::get(&app.db, scope).await?.is_some() {
        // The link stays good: it was meant for somebody else.
        return Err(Error::Conflict { message: "you are a member of this workspace already".to_owned() });
    }
    if !members::join(&app.db, scope, role.name(), &bearer_token::hash(secret), app.clock.now()).await? {
        return Err(Error::Gone { message: "this link has just been used; ask for a new one".to_owned() });
    }
    let deed = Deed::of(caller, Action::MemberJoined).to(caller.scope.user);
    audit::record(app, client, deed.with(json!({ "workspace": workspace, "role": role }))).await?;
    workspaces::get(&app.db, workspace).await?.ok_or_else(|| no_such_workspace(workspace))
}

/// A member whom the caller may change: one who is no more than they are.
async fn changeable(app: &App, caller: &Caller, member: Scope) -> Result<MemberRow> {
    let found = members::get(&app.db, member).await?;
    let found = found.ok_or_else(|| Error::not_found("member", member.user.to_string()))?;
    let role = role_of(&found);
    if role > caller.role {
        return Err(Error::Forbidden { message: format!("a {} cannot change a {role}", caller.role) });
    }
    Ok(found)
}

async fn take_out(app: &App, member: Scope, by: &'static str) -> Result<()> {
    if !members::remove(&app.db, member, by, app.clock.now()).await? {
        return Err(last_admin());
    }
    app.departures.tell(member.user);
    Ok(())
}

fn last_admin() -> Error {
    Error::Conflict { message: "a workspace needs an admin: make somebody else one first".to_owned() }
}

//! `/api/v1/admin/users`: the people whom whoever governs is responsible for.

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{looked_for, sessions::TheirSessionView, workspace};
use crate::{
    access::{Caller, Role},
    accounts,
    app::SharedApp,
    client::Client,
    error::Result,
    http::{
        extract::{Json, Path, Query},
        page,
        problem::Problem,
    },
    people::{self, Act},
    store::{
        links::Purpose,
        people::{Belongings, PeopleFilter, PersonRow},
    },
};

/// Most people of one page.
const MOST: u32 = 500;

/// Which people are wanted; what is not given does not matter.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WantedPeople {
    /// With this in their name, their name for signing in or their address.
    q: Option<String>,
    /// Who are this in the workspace.
    #[param(inline)]
    role: Option<Role>,
    /// Who may sign in, or may not.
    active: Option<bool>,
    /// Members of this workspace.
    tenant_id: Option<Uuid>,
    /// Who were seen at this time or later.
    seen_since: Option<DateTime<Utc>>,
    /// The `next` of the page before.
    after: Option<String>,
    /// Most people, 1 to 500; 50 without it.
    limit: Option<u32>,
}

/// Somebody who can sign in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AdminUser)]
pub struct PersonView {
    /// The person.
    id: Uuid,
    /// What they sign in with.
    username: String,
    /// What others see.
    name: String,
    /// Where mail reaches them.
    email: Option<String>,
    /// What they are.
    role: Role,
    /// Whether they may sign in.
    is_active: bool,
    /// When the account was made.
    created_at: DateTime<Utc>,
    /// When they were last seen.
    last_seen_at: Option<DateTime<Utc>>,
}

impl From<PersonRow> for PersonView {
    fn from(row: PersonRow) -> Self {
        let time = |millis: i64| DateTime::from_timestamp_millis(millis).unwrap_or_default();
        Self {
            id: row.id,
            role: people::role_of(&row),
            username: row.username,
            name: row.name,
            email: row.email,
            is_active: row.is_active,
            created_at: time(row.created_at),
            last_seen_at: row.seen_at.map(time),
        }
    }
}

/// A page of people.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AdminUserPage)]
pub struct PeoplePage {
    /// In the order of their names for signing in.
    users: Vec<PersonView>,
    /// The `after` of the next page; nothing on the last one.
    next: Option<String>,
}

/// How somebody can show who they are.
#[derive(Debug, Serialize, ToSchema)]
pub struct FactorsView {
    /// Whether they have a password.
    has_password: bool,
    /// Whether an authenticator app is asked for.
    has_authenticator: bool,
    /// Recovery codes that are left.
    recovery_codes: i64,
    /// Passkeys.
    passkeys: i64,
    /// Accounts of single sign-on.
    identities: i64,
}

/// Somebody, and how much there is of them.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AdminUserDetail)]
pub struct PersonDetail {
    /// Who it is.
    #[serde(flatten)]
    person: PersonView,
    /// API tokens that are good.
    tokens: i64,
    /// Searches in their history.
    searches: i64,
    /// How they can show who they are.
    factors: FactorsView,
    /// Sessions that have not ended; `sessions` shows the latest of them.
    session_count: i64,
    /// Where they are signed in; the latest first, at most 100.
    sessions: Vec<TheirSessionView>,
}

/// What is to be done to somebody.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WantedAction {
    /// What.
    action: Act,
    /// Why: for the audit log; one line of at most 500 characters.
    reason: String,
    /// What cannot be taken back (`clear_history`) is done only when this is their name for signing in.
    #[serde(default)]
    confirm: Option<String>,
    /// In which workspace somebody is made admin, or is one no more; the caller's without it.
    #[serde(default)]
    tenant_id: Option<Uuid>,
}

/// What was done.
#[derive(Debug, Serialize, ToSchema)]
pub struct ActionDone {
    /// Always `true`; older clients look at it.
    success: bool,
    /// What.
    action: Act,
    /// To whom.
    user_id: Uuid,
    /// After `reset_password`: where they set a new password, within an hour. It is shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
}

/// The people
///
/// Those of the caller's workspace; for whoever operates the installation, of all of them.
#[utoipa::path(get, path = "/api/v1/admin/users", operation_id = "list_users", tag = "administration", params(WantedPeople), responses(
    (status = 200, description = "A page of people", body = PeoplePage),
    (status = "4XX", description = "A filter makes no sense", body = Problem, content_type = "application/problem+json")))]
pub async fn list(
    State(app): State<SharedApp>,
    caller: Caller,
    Query(wanted): Query<WantedPeople>,
) -> Result<Json<PeoplePage>> {
    let limit = page::within("limit", wanted.limit, 50, MOST)?;
    let after = looked_for("after", wanted.after)?;
    let filter = PeopleFilter {
        workspace: workspace(&caller, wanted.tenant_id)?,
        text: looked_for("q", wanted.q)?,
        role: wanted.role.map(Role::name),
        is_active: wanted.active,
        seen_since: wanted.seen_since,
    };
    let rows = people::list(&app, &filter, after.as_deref(), limit + 1).await?;
    let (users, next) = page::of(rows, limit, |row| row.username.clone());
    Ok(Json(PeoplePage { users, next }))
}

/// One person
#[utoipa::path(get, path = "/api/v1/admin/users/{id}", operation_id = "show_user", tag = "administration",
    params(("id" = Uuid, Path, description = "The person")), responses(
    (status = 200, description = "Who it is, and how much there is of them", body = PersonDetail),
    (status = "4XX", description = "There is nobody like that", body = Problem, content_type = "application/problem+json")))]
pub async fn show(State(app): State<SharedApp>, caller: Caller, Path(id): Path<Uuid>) -> Result<Json<PersonDetail>> {
    let (person, belongings, sessions) = people::show(&app, &caller, id).await?;
    let Belongings { tokens, searches, has_password, recovery_codes, passkeys, identities, .. } = belongings;
    let has_authenticator = belongings.authenticators > 0;
    Ok(Json(PersonDetail {
        person: person.into(),
        tokens,
        searches,
        factors: FactorsView { has_password, has_authenticator, recovery_codes, passkeys, identities },
        session_count: belongings.sessions,
        sessions: sessions.into_iter().map(Into::into).collect(),
    }))
}

/// Do something to somebody
///
/// Each is written into the audit log with its reason.
#[utoipa::path(post, path = "/api/v1/admin/users/{id}/action", operation_id = "act_on_user", tag = "administration",
    params(("id" = Uuid, Path, description = "The person")), request_body = WantedAction, responses(
    (status = 200, description = "It is done", body = ActionDone),
    (status = "4XX", description = "There is nobody like that, or it cannot be done", body = Problem, content_type = "application/problem+json")))]
pub async fn act(
    State(app): State<SharedApp>,
    client: Client,
    caller: Caller,
    Path(id): Path<Uuid>,
    Json(wanted): Json<WantedAction>,
) -> Result<Json<ActionDone>> {
    let WantedAction { action, reason, confirm, tenant_id } = wanted;
    let wanted = people::Wanted { act: action, reason, confirm, workspace: tenant_id };
    let secret = people::act(&app, &caller, id, &wanted, &client).await?;
    let link = secret.map(|secret| accounts::link_to(&app, &app.config.server.listen, Purpose::Reset, &secret));
    Ok(Json(ActionDone { success: true, action, user_id: id, link }))
}

#[cfg(test)]
mod tests;

//! `/api/v1/invitations`: links that make people members of the workspace.

use axum::extract::State;
use chrono::{DateTime, Utc};
use http::StatusCode;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    extract::{Json, Path},
    problem::Problem,
};
use crate::{
    access::{Caller, Role},
    accounts,
    app::SharedApp,
    client::Client,
    error::Result,
    store::links::{Link, Purpose},
};

/// Who is to be invited.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Invite {
    /// What they are to be; at most what the inviter is.
    role: Role,
    /// Whom it is for: the link is mailed there, where there is a way for mail.
    #[serde(default)]
    email: Option<String>,
}

/// An invitation that was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct Invited {
    /// Names it.
    id: Uuid,
    /// The secret: good once. It is shown this once.
    token: String,
    /// Where the invited person makes their account.
    link: String,
    /// Whether the link is on its way to the address.
    is_mailed: bool,
}

/// An invitation that is still good.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationView {
    /// Names it.
    id: Uuid,
    /// What they are to be.
    role: Option<String>,
    /// Whom it is for.
    email: Option<String>,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// Until when it is good.
    expires_at: DateTime<Utc>,
}

impl From<Link> for InvitationView {
    fn from(link: Link) -> Self {
        let time = |millis| DateTime::from_timestamp_millis(millis).unwrap_or_default();
        Self {
            id: link.id,
            role: link.role,
            email: link.email,
            created_at: time(link.created_at),
            expires_at: time(link.expires_at),
        }
    }
}

/// The invitations of the workspace.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationList {
    /// The latest first.
    invitations: Vec<InvitationView>,
}

/// Invite somebody
#[utoipa::path(post, path = "/api/v1/invitations", operation_id = "invite", tag = "accounts", request_body = Invite, responses(
    (status = 201, description = "The link, shown this once", body = Invited),
    (status = "4XX", description = "They cannot be invited", body = Problem, content_type = "application/problem+json")))]
pub async fn make(
    State(app): State<SharedApp>,
    client: Client,
    caller: Caller,
    Json(wanted): Json<Invite>,
) -> Result<(StatusCode, Json<Invited>)> {
    let (id, secret) = accounts::invite(&app, &caller, wanted.role, wanted.email.as_deref(), &client).await?;
    let is_mailed = match &wanted.email {
        Some(email) => accounts::mail_invitation(&app, &caller, email, &secret).await?,
        None => false,
    };
    let token = secret.expose_secret().to_owned();
    // Behind the #: browsers send that to nobody, so that it stands in no log.
    let link = accounts::link_to(&app, &app.config.server.listen, Purpose::Invitation, &secret);
    Ok((StatusCode::CREATED, Json(Invited { id, token, link, is_mailed })))
}

/// The invitations that are still good
#[utoipa::path(get, path = "/api/v1/invitations", operation_id = "list_invitations", tag = "accounts", responses(
    (status = 200, description = "The latest first", body = InvitationList),
    (status = "4XX", description = "Not allowed", body = Problem, content_type = "application/problem+json")))]
pub async fn list(State(app): State<SharedApp>, caller: Caller) -> Result<Json<InvitationList>> {
    let links = accounts::invitations(&app, &caller).await?;
    Ok(Json(InvitationList { invitations: links.into_iter().map(Into::into).collect() }))
}

/// Take an invitation back
#[utoipa::path(delete, path = "/api/v1/invitations/{id}", operation_id = "revoke_invitation", tag = "accounts",
    params(("id" = Uuid, Path, description = "The invitation")), responses(
    (status = 204, description = "Taken back"),
    (status = "4XX", description = "There is no such invitation", body = Problem, content_type = "application/problem+json")))]
pub async fn revoke(
    State(app): State<SharedApp>,
    client: Client,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<StatusCode> {
    accounts::take_back(&app, &caller, id, &client).await.map(|()| StatusCode::NO_CONTENT)
}

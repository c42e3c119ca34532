//! `/api/v1/admin/deployments`: what was deployed here, and going back.

use axum::extract::State;
use http::StatusCode;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    access::Caller,
    app::SharedApp,
    client::Client,
    deployments::{self, DeployedRelease, Deployment, RollbackAsked, RollbackRefused},
    error::Result,
    http::{extract::Json, problem::Problem},
};

/// What was deployed here.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Deployments)]
pub struct Told {
    /// Whether PAKE is told of deployments here.
    is_set_up: bool,
    /// The release that is the current one.
    current: Option<DeployedRelease>,
    /// The release that a rollback leads to.
    back_to: Option<DeployedRelease>,
    /// A rollback that was asked for and not taken up yet.
    asked: Option<RollbackAsked>,
    /// A rollback that was asked for within the last day and that the deployer refused.
    refused: Option<RollbackRefused>,
    /// The latest deployments, the newest first.
    deployments: Vec<Deployment>,
}

/// Which release is to run again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rollback {
    /// The release that is offered (`back_to`): what was looked at is what happens.
    release: Uuid,
    /// One's password. Who has none signs in again within the ten minutes before.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<SecretString>,
}

/// What was deployed here
///
/// As the deployer of the machine says it; PAKE itself deploys nothing.
#[utoipa::path(get, path = "/api/v1/admin/deployments", operation_id = "deployments", tag = "administration", responses(
    (status = 200, description = "What was deployed", body = Told),
    (status = "4XX", description = "Not allowed", body = Problem, content_type = "application/problem+json")))]
pub async fn list(State(app): State<SharedApp>) -> Result<Json<Told>> {
    let told = deployments::told(&app).await?.unwrap_or_default();
    Ok(Json(Told {
        is_set_up: deployments::is_set_up(&app),
        current: told.current,
        back_to: told.back_to,
        asked: deployments::asked(&app).await?,
        refused: deployments::refused(&app).await?,
        deployments: told.deployments,
    }))
}

/// Go back to the release before
///
/// The deployer of the machine is asked: it decides, and passes the same gates as with every deployment. Data stay as they are.
#[utoipa::path(post, path = "/api/v1/admin/deployments/rollback", operation_id = "ask_rollback", tag = "administration",
    request_body = Rollback, responses(
    (status = 202, description = "The deployer is asked", body = RollbackAsked),
    (status = "4XX", description = "The password is wrong, or it is not offered now", body = Problem, content_type = "application/problem+json")))]
pub async fn roll_back(
    State(app): State<SharedApp>,
    client: Client,
    caller: Caller,
    Json(Rollback { release, password }): Json<Rollback>,
) -> Result<(StatusCode, Json<RollbackAsked>)> {
    let asked = deployments::ask_rollback(&app, &caller, &client, release, password.as_ref()).await?;
    Ok((StatusCode::ACCEPTED, Json(asked)))
}

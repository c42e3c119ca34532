//! `/api/v1/announcements`: a word from the operator to everybody who has a socket open.

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{extract::Json, problem::Problem};
use crate::{
    app::SharedApp,
    audience::Audience,
    error::{Error, Result},
    frame::FrameType,
};

/// Longest message, in characters.
const LONGEST: usize = 2_000;

/// A word to everybody.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Announcement {
    /// What is said; 1 to 2000 characters.
    message: String,
    /// How much it matters.
    #[serde(default)]
    level: Level,
}

/// How much an announcement matters.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Good to know.
    #[default]
    Info,
    /// Something will be different.
    Warning,
    /// Act now.
    Critical,
}

/// How far an announcement went.
#[derive(Debug, Serialize, ToSchema)]
pub struct Announced {
    /// Open sockets of this replica that it was sent to; the others send it to theirs.
    sockets: usize,
}

/// Say something to everybody who has a socket open
///
/// It reaches each socket as a `system_alert` frame.
#[utoipa::path(post, path = "/api/v1/announcements", tag = "operation", request_body = Announcement,
    responses(
        (status = 202, description = "On its way", body = Announced),
        (status = "4XX", description = "The announcement cannot be made", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn announce(
    State(app): State<SharedApp>,
    Json(announcement): Json<Announcement>,
) -> Result<(StatusCode, Json<Announced>)> {
    if !(1..=LONGEST).contains(&announcement.message.chars().count()) {
        return Err(Error::invalid("message", format!("must have 1 to {LONGEST} characters")));
    }
    let sockets = app.alerts.tell_everywhere(Audience::Everybody, FrameType::SystemAlert, &announcement).await;
    Ok((StatusCode::ACCEPTED, Json(Announced { sockets })))
}

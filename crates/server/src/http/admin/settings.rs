//! `/api/v1/admin/settings`: the settings of the sources that are changed while PAKE serves.

use std::collections::BTreeMap;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    access::Caller,
    adjustments::{self, Adjustable, Origin},
    app::{App, SharedApp},
    client::Client,
    error::Result,
    http::{extract::Json, problem::Problem},
};

/// A setting that can be changed.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdjustableSetting {
    /// Its name, as in the configuration.
    setting: String,
    /// Its value; never that of a key.
    value: Option<Value>,
    /// Whether it has a value.
    is_set: bool,
    /// Whether it is a key, which nobody sees again.
    is_secret: bool,
    /// Who set it.
    origin: Origin,
}

impl From<Adjustable> for AdjustableSetting {
    fn from(Adjustable { name, value, is_set, origin }: Adjustable) -> Self {
        Self { setting: name.to_string(), value, is_set, is_secret: name.is_secret(), origin }
    }
}

/// The settings that can be changed.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdjustableSettings {
    /// All of them.
    settings: Vec<AdjustableSetting>,
}

impl AdjustableSettings {
    fn of(app: &App) -> Json<Self> {
        Json(Self { settings: adjustments::list(app).into_iter().map(Into::into).collect() })
    }
}

/// What is to change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Adjustments {
    /// A value for each setting that is to change; `null` takes a value away (as RFC 7396 has it).
    #[schema(example = json!({ "search.contact": "library@example.org", "sources.brave.key": null }))]
    settings: BTreeMap<String, Value>,
}

/// What can be changed while PAKE serves
#[utoipa::path(get, path = "/api/v1/admin/settings", operation_id = "adjustable_settings", tag = "administration", responses(
    (status = 200, description = "Each of these settings, as it is now", body = AdjustableSettings),
    (status = "4XX", description = "Not allowed", body = Problem, content_type = "application/problem+json")))]
pub async fn list(State(app): State<SharedApp>) -> Json<AdjustableSettings> {
    AdjustableSettings::of(&app)
}

/// Change settings of the sources
///
/// Either all of it holds, or nothing. Searches that begin afterwards go by it, at every process within seconds. What the configuration says is not changed
/// here. Keys are kept sealed, and nobody sees them again.
#[utoipa::path(patch, path = "/api/v1/admin/settings", operation_id = "adjust_settings", tag = "administration",
    request_body = Adjustments, responses(
    (status = 200, description = "Each of these settings, as it is now", body = AdjustableSettings),
    (status = "4XX", description = "A value makes no sense, or the configuration says otherwise", body = Problem, content_type = "application/problem+json")))]
pub async fn change(
    State(app): State<SharedApp>,
    client: Client,
    caller: Caller,
    Json(wanted): Json<Adjustments>,
) -> Result<Json<AdjustableSettings>> {
    adjustments::change(&app, &caller, &client, &wanted.settings).await?;
    Ok(AdjustableSettings::of(&app))
}

#[cfg(test)]
mod tests;

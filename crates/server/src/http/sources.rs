//! `/api/v1/sources`: which sources there are and how they are doing.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use engine::{
    search::SourceState,
    source::{SourceId, UnknownSource},
};
use http::header;
use serde::Serialize;
use utoipa::ToSchema;

use super::{document, extract::Path, problem::Problem};
use crate::{
    app::SharedApp,
    error::{Error, Result},
    json,
};

/// All sources.
#[derive(Debug, Serialize, ToSchema)]
pub struct Sources {
    /// In the order in which they are shown.
    pub sources: Vec<SourceState>,
}

/// All sources and how they are doing
///
/// Which are asked, what an operator does to have the others asked, and the state of each: circuit, limits, spend, latency.
#[utoipa::path(get, path = "/api/v1/sources", operation_id = "list_sources", tag = "sources", responses(
    (status = 200, body = Sources),
    (status = 304, description = "Nothing has changed since the answer with the tag in `If-None-Match`"),
))]
pub async fn list(State(app): State<SharedApp>) -> Result<Response> {
    tagged(&Sources { sources: app.engine().states() })
}

/// One source and how it is doing
#[utoipa::path(get, path = "/api/v1/sources/{id}", operation_id = "show_source", tag = "sources",
    params(("id" = SourceId, Path, description = "Name of the source")),
    responses(
        (status = 200, body = SourceState),
        (status = 304, description = "Nothing has changed since the answer with the tag in `If-None-Match`"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn one(State(app): State<SharedApp>, Path(id): Path<String>) -> Result<Response> {
    let unknown = |_: UnknownSource| Error::not_found("source", id.as_str());
    let id: SourceId = id.parse().map_err(unknown)?;
    let state = app.engine().states().into_iter().find(|state| state.id == id);
    tagged(&state.ok_or_else(|| Error::not_found("source", id.as_str()))?)
}

/// JSON with the tag of its bytes.
fn tagged(content: &impl Serialize) -> Result<Response> {
    let bytes = json::to_vec(content).map_err(Error::internal)?;
    let tag = document::tag(&bytes);
    let headers = [(header::CONTENT_TYPE, http::HeaderValue::from_static("application/json")), (header::ETAG, tag)];
    Ok((headers, bytes).into_response())
}

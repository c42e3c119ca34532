//! `/api/v1/admin/audit`: who did what.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{
    extract::{Json, Query},
    page,
    problem::Problem,
};
use crate::{
    app::SharedApp,
    audit,
    error::Result,
    store::audit::{AuditFilter, AuditRow},
};

/// Most rows of one page.
const MOST: u32 = 1_000;

/// Which rows are wanted; what is not given does not matter.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
pub struct Wanted {
    /// Of this person.
    actor: Option<Uuid>,
    /// This action, for example `auth.sign_in`.
    action: Option<String>,
    /// At this time or later.
    from: Option<DateTime<Utc>>,
    /// Before this time.
    until: Option<DateTime<Utc>>,
    /// The `next` of the page before.
    before: Option<i64>,
    /// Most rows, 1 to 1000; 100 without it.
    limit: Option<u32>,
}

/// Something that was done, or refused.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeedView {
    /// Its number; 1 is the first.
    seq: i64,
    /// When.
    at: DateTime<Utc>,
    /// Who did it; nothing when nobody knows.
    actor: Option<Uuid>,
    /// In which workspace.
    tenant_id: Option<Uuid>,
    /// What was done.
    action: String,
    /// `success` or `refused`.
    outcome: String,
    /// What it was done to.
    target: Option<String>,
    /// From where.
    ip_address: Option<String>,
    /// By which request.
    request_id: Option<String>,
    /// What else is to be known.
    #[schema(value_type = Object)]
    details: serde_json::Value,
    /// Signs the row together with the one before it.
    signature: String,
}

impl From<AuditRow> for DeedView {
    fn from(row: AuditRow) -> Self {
        Self {
            seq: row.seq,
            at: audit::time(&row),
            actor: row.actor,
            tenant_id: row.workspace_id,
            action: row.action,
            outcome: row.outcome,
            target: row.target,
            ip_address: row.ip,
            request_id: row.request_id,
            details: serde_json::from_str(&row.details).unwrap_or_default(),
            signature: row.signature,
        }
    }
}

/// A page of the log.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditPage {
    /// The latest first.
    entries: Vec<DeedView>,
    /// The `before` of the next page.
    next: Option<i64>,
}

/// Who did what
///
/// The latest first, page by page. With `Accept: application/x-ndjson` a line each, to be taken away.
#[utoipa::path(get, path = "/api/v1/admin/audit", operation_id = "list_audit", tag = "administration", params(Wanted), responses(
    (status = 200, description = "A page of the log", body = AuditPage),
    (status = "4XX", description = "A filter makes no sense", body = Problem, content_type = "application/problem+json")))]
pub async fn list(State(app): State<SharedApp>, headers: HeaderMap, Query(wanted): Query<Wanted>) -> Result<Response> {
    let limit = page::within("limit", wanted.limit, 100, MOST)?;
    let millis = |time: DateTime<Utc>| time.timestamp_millis();
    let filter = AuditFilter {
        actor: wanted.actor,
        action: wanted.action,
        from: wanted.from.map(millis),
        until: wanted.until.map(millis),
        ..AuditFilter::default()
    };
    let rows = audit::list(&app, &filter, wanted.before, limit + 1).await?;
    let (entries, next) = page::of(rows, limit, |row| row.seq);
    if page::wants_lines(&headers) {
        return page::lines::<DeedView>(&entries);
    }
    Ok(Json(AuditPage { entries, next }).into_response())
}

/// Whether the log is whole.
#[derive(Debug, Serialize, ToSchema)]
pub struct Verdict {
    /// Whether every row is there, and as it was written.
    is_whole: bool,
    /// Rows that are as they were written, up to the first that is not.
    rows: u64,
    /// The first row that is not as it was written, or is missing.
    broken_at: Option<i64>,
}

/// Look whether the log is whole
#[utoipa::path(get, path = "/api/v1/admin/audit/verify", operation_id = "verify_audit", tag = "administration", responses(
    (status = 200, description = "Whether it is", body = Verdict),
    (status = "4XX", description = "Not allowed", body = Problem, content_type = "application/problem+json")))]
pub async fn verify(State(app): State<SharedApp>) -> Result<Json<Verdict>> {
    let found = audit::verify(&app).await?;
    Ok(Json(Verdict { is_whole: found.broken_at.is_none(), rows: found.rows, broken_at: found.broken_at }))
}

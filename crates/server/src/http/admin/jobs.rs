//! `/api/v1/admin/jobs`: what is in the queue, and what became of it.

use axum::extract::State;
use chrono::{DateTime, Utc};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{looked_for, workspace};
use crate::{
    access::{Caller, Permission},
    app::SharedApp,
    audit::{self, Action, Deed},
    client::Client,
    error::Result,
    http::{
        extract::{Json, Path, Query},
        page,
        problem::Problem,
    },
    queue,
    store::queue::{JobFilter, JobRow},
};

/// Most jobs of one page.
const MOST: u32 = 500;

/// How far a job has come.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobStatus {
    /// It waits, for its time, for a free place, or for the next attempt.
    Waiting,
    /// It is worked on.
    Running,
    /// It is done.
    Done,
    /// It failed for good.
    Failed,
    /// Somebody wanted it to end.
    Cancelled,
}

impl JobStatus {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Rows hold nothing else.
    fn of(status: &str) -> Self {
        let all = [Self::Waiting, Self::Running, Self::Done, Self::Cancelled];
        all.into_iter().find(|each| each.as_str() == status).unwrap_or(Self::Failed)
    }
}

/// Which jobs are wanted; what is not given does not matter.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WantedJobs {
    /// That have come this far.
    #[param(inline)]
    status: Option<JobStatus>,
    /// Of this kind, for example `backup_database`.
    kind: Option<String>,
    /// For this person.
    user_id: Option<Uuid>,
    /// Of this workspace.
    tenant_id: Option<Uuid>,
    /// The `next` of the page before.
    before: Option<Uuid>,
    /// Most jobs, 1 to 500; 50 without it.
    limit: Option<u32>,
}

/// How far a job is.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobProgress {
    /// Things that are done.
    done: i64,
    /// Things that there are; nothing where that is not known.
    total: Option<i64>,
    /// What is done at the moment.
    step: Option<String>,
}

/// A job.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QueuedJob)]
pub struct JobView {
    /// Names it.
    id: Uuid,
    /// What kind of work it is.
    kind: String,
    /// How far it has come.
    status: JobStatus,
    /// Whether somebody wants it to end.
    is_cancel_wanted: bool,
    /// How far it is.
    progress: JobProgress,
    /// How often it was begun.
    attempts: i64,
    /// What exactly is to be done.
    #[schema(value_type = Object)]
    payload: Value,
    /// What came out of it.
    #[schema(value_type = Option<Object>)]
    result: Option<Value>,
    /// Why it failed, the last time.
    error: Option<String>,
    /// The person who began it, or whom it is for.
    user_id: Option<Uuid>,
    /// The workspace that it is for; nothing: the whole installation.
    tenant_id: Option<Uuid>,
    /// When it was put into the queue.
    created_at: DateTime<Utc>,
    /// While it waits: from when on it may be begun.
    run_at: Option<DateTime<Utc>>,
    /// When it was begun last.
    started_at: Option<DateTime<Utc>>,
    /// When it came to its end.
    finished_at: Option<DateTime<Utc>>,
}

impl From<JobRow> for JobView {
    fn from(row: JobRow) -> Self {
        let time = |millis: i64| DateTime::from_timestamp_millis(millis).unwrap_or_default();
        let json = |text: String| serde_json::from_str(&text).unwrap_or_default();
        Self {
            id: row.id,
            status: JobStatus::of(&row.status),
            run_at: (row.status == "waiting").then(|| time(row.due_at)),
            kind: row.kind,
            is_cancel_wanted: row.is_cancel_wanted,
            progress: JobProgress { done: row.done, total: row.total, step: row.step },
            attempts: row.attempts,
            payload: json(row.payload),
            result: row.result.map(json),
            error: row.last_error,
            user_id: row.user_id,
            tenant_id: row.workspace_id,
            created_at: time(row.created_at),
            started_at: row.started_at.map(time),
            finished_at: row.finished_at.map(time),
        }
    }
}

/// A page of jobs.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobPage {
    /// The latest first.
    jobs: Vec<JobView>,
    /// The `before` of the next page; nothing on the last one.
    next: Option<Uuid>,
}

/// Whether the caller operates the installation; by a token, too, which sees but one workspace otherwise.
fn operates(caller: &Caller) -> bool {
    caller.permissions.has(Permission::SystemManage)
}

/// The jobs that a caller sees.
fn seen_by(caller: &Caller) -> JobFilter {
    JobFilter { workspace: caller.within(None), or_installation: operates(caller), ..JobFilter::default() }
}

/// What is in the queue
///
/// The latest first, page by page; what came to its end is kept for 30 days.
#[utoipa::path(get, path = "/api/v1/admin/jobs", operation_id = "list_jobs", tag = "administration", params(WantedJobs), responses(
    (status = 200, description = "A page of jobs", body = JobPage),
    (status = "4XX", description = "A filter makes no sense", body = Problem, content_type = "application/problem+json")))]
pub async fn list(
    State(app): State<SharedApp>,
    caller: Caller,
    Query(wanted): Query<WantedJobs>,
) -> Result<Json<JobPage>> {
    let limit = page::within("limit", wanted.limit, 50, MOST)?;
    let filter = JobFilter {
        workspace: workspace(&caller, wanted.tenant_id)?,
        or_installation: operates(&caller) && wanted.tenant_id.is_none(),
        user: wanted.user_id,
        kind: looked_for("kind", wanted.kind)?,
        status: wanted.status.map(|status| status.as_str().to_owned()),
    };
    let rows = queue::list(&app, &filter, wanted.before, limit + 1).await?;
    let (jobs, next) = page::of(rows, limit, |row| row.id);
    Ok(Json(JobPage { jobs, next }))
}

/// One job
#[utoipa::path(get, path = "/api/v1/admin/jobs/{id}", operation_id = "show_job", tag = "administration",
    params(("id" = Uuid, Path, description = "The job")), responses(
    (status = 200, description = "How far it is", body = JobView),
    (status = "4XX", description = "There is no such job", body = Problem, content_type = "application/problem+json")))]
pub async fn show(State(app): State<SharedApp>, caller: Caller, Path(id): Path<Uuid>) -> Result<Json<JobView>> {
    Ok(Json(queue::find(&app, &seen_by(&caller), id).await?.into()))
}

/// End a job
///
/// One that waits ends at once; one that is worked on is told, and ends as soon as it can.
#[utoipa::path(post, path = "/api/v1/admin/jobs/{id}/cancel", operation_id = "cancel_job", tag = "administration",
    params(("id" = Uuid, Path, description = "The job")), responses(
    (status = 202, description = "It has ended, or is told to", body = JobView),
    (status = "4XX", description = "There is no such job, or it has ended", body = Problem, content_type = "application/problem+json")))]
pub async fn cancel(
    State(app): State<SharedApp>,
    client: Client,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<(StatusCode, Json<JobView>)> {
    let job = queue::cancel(&app, &seen_by(&caller), id).await?;
    audit::record(&app, &client, Deed::of(&caller, Action::JobCancelled).to(id)).await?;
    Ok((StatusCode::ACCEPTED, Json(job.into())))
}

/// Try a job again that failed or was cancelled
#[utoipa::path(post, path = "/api/v1/admin/jobs/{id}/retry", operation_id = "retry_job", tag = "administration",
    params(("id" = Uuid, Path, description = "The job")), responses(
    (status = 202, description = "It is in the queue again", body = JobView),
    (status = "4XX", description = "There is no such job, or it did not fail", body = Problem, content_type = "application/problem+json")))]
pub async fn retry(
    State(app): State<SharedApp>,
    client: Client,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<(StatusCode, Json<JobView>)> {
    let job = queue::retry(&app, &seen_by(&caller), id).await?;
    audit::record(&app, &client, Deed::of(&caller, Action::JobRetried).to(id)).await?;
    Ok((StatusCode::ACCEPTED, Json(job.into())))
}

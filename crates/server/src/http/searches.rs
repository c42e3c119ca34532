//! `/api/v1/searches`: ask, look, follow, withdraw, take away.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::State,
    response::{
        IntoResponse, Response, Sse,
        sse::{Event, KeepAlive},
    },
};
use chrono::{DateTime, Utc};
use engine::source::SourceId;
use futures_util::{StreamExt, stream};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{
    encoding::Encoding,
    extract::{Json, Path, Query},
    pieces, prefer,
    problem::Problem,
};
use crate::{
    access::Caller,
    answer::{Answer, CacheInfo},
    app::{App, SharedApp},
    error::{Error, Result},
    export::{self, Format},
    prisma::Prisma,
    register::{Origin, Search},
    searches::{self, Question, follow},
    splits,
    store::{Scope, finished::SearchStatus},
};

/// Longest wait that `Prefer: wait` may ask for.
const WAIT_MOST: Duration = Duration::from_mins(1);
/// Most sources that a question may name; there are fewer, but repeats are forgiven.
const SOURCES_MOST: usize = 64;

/// A question.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// In the query language: words, "phrases", `title: author: abstract: year:2020..2024 doi: arxiv: pmid: type: source:
    /// open:true`, AND OR NOT and parentheses.
    pub query: String,
    /// Sources to ask; without it, those that are asked by default.
    #[serde(default)]
    pub sources: Vec<String>,
    /// Records asked of each source, 1 to 100.
    pub limit: Option<usize>,
    /// Ask the sources although an answer is kept.
    #[serde(default)]
    pub refresh: bool,
    /// Leave nothing behind: no history, and nothing in the caches.
    #[serde(default)]
    pub anonymous: bool,
}

impl Ask {
    /// The question, when all of it makes sense.
    pub fn question(&self) -> Result<Question> {
        if self.sources.len() > SOURCES_MOST {
            return Err(Error::invalid(
                "sources",
                format!("names {} sources; {SOURCES_MOST} at most", self.sources.len()),
            ));
        }
        let mut sources = Vec::with_capacity(self.sources.len());
        for name in &self.sources {
            let source: SourceId = name.parse().map_err(|unknown| Error::invalid("sources", format!("{unknown}")))?;
            if !sources.contains(&source) {
                sources.push(source);
            }
        }
        if self.limit.is_some_and(|limit| !(1..=engine::search::MAX_LIMIT).contains(&limit)) {
            return Err(Error::invalid("limit", "is the number of records asked of each source: 1 to 100"));
        }
        let Self { limit, refresh, anonymous, .. } = *self;
        Ok(Question { query: self.query.clone(), sources, limit, refresh, anonymous })
    }
}

/// A search that has been accepted.
#[derive(Debug, Serialize, ToSchema)]
pub struct Accepted {
    /// Names the search.
    pub id: Uuid,
    /// How far it is.
    pub status: SearchStatus,
    /// The query as it was understood.
    pub query: String,
    /// When it was asked.
    pub started_at: DateTime<Utc>,
    /// Where its events can be followed.
    pub events: String,
}

/// An answer: what `GET /api/v1/searches/{id}` gives once the final order is there.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnswerView {
    /// Names the search.
    id: Uuid,
    /// How it ended.
    status: SearchStatus,
    /// The query as it was understood.
    query: String,
    /// When it was asked.
    started_at: DateTime<Utc>,
    /// Whether the answer was kept, and how old it is.
    cache: CacheInfo,
    /// In the final order.
    works: Vec<engine::work::Work>,
    /// How it went with each source.
    sources: Vec<engine::event::SourceReport>,
    /// The numbers.
    counts: engine::event::Counts,
    /// How long the sources took, in milliseconds.
    took_ms: u64,
}

/// Ask all sources at once
///
/// Answers 202 with an id at once; the search goes on whether or not anybody follows it. With `Prefer: wait=10` the answer
/// itself comes, if it is there within that many seconds.
#[utoipa::path(post, path = "/api/v1/searches", tag = "searches", request_body = Ask,
    params(("Prefer" = Option<String>, Header, description = "`wait=10`: wait up to that many seconds for the answer (RFC 7240)")),
    responses(
        (status = 200, description = "The answer", body = AnswerView),
        (status = 202, description = "Accepted; follow `Location`", body = Accepted),
        (status = "4XX", description = "The question cannot be answered: see the problem", body = Problem, content_type = "application/problem+json")))]
pub async fn start(
    State(app): State<SharedApp>,
    caller: Caller,
    headers: HeaderMap,
    Json(ask): Json<Ask>,
) -> Result<Response> {
    let search = searches::start(&app, caller.scope, &ask.question()?).await?;
    let Some(wait) = prefer::wait(&headers) else { return Ok(accepted(&search)) };
    // Sooner than the time limit of requests: then it is a 202 and no error.
    let wait = wait.min(WAIT_MOST).min(app.config.server.request_timeout().mul_f64(0.9));
    let mut response = match searches::wait(&search, Instant::now() + wait).await {
        Some(answer) => respond(&app, &search, &answer, &headers),
        None => accepted(&search),
    };
    response.headers_mut().insert(
        "preference-applied",
        HeaderValue::try_from(format!("wait={}", wait.as_secs())).map_err(Error::internal)?,
    );
    Ok(response)
}

/// One search: its answer, or how far it is
#[utoipa::path(get, path = "/api/v1/searches/{id}", tag = "searches", params(("id" = Uuid, Path, description = "The search")),
    responses(
        (status = 200, description = "The answer", body = AnswerView),
        (status = 202, description = "Sources are still being asked", body = Accepted),
        (status = 304, description = "It is the answer with the tag in `If-None-Match`"),
        (status = "4XX", description = "The question cannot be answered: see the problem", body = Problem, content_type = "application/problem+json")))]
pub async fn show(
    State(app): State<SharedApp>,
    caller: Caller,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
) -> Result<Response> {
    let search = searches::find(&app, caller.scope, id).await?;
    let Some(answer) = search.answer() else { return Ok(accepted(&search)) };
    let mut response = respond(&app, &search, &answer, &headers);
    // Names the answer: what differs beside it is its age, which the client can count by itself.
    let tag = format!("W/\"{}-{}\"", answer.summary.id.simple(), search.status().as_str());
    response.headers_mut().insert(header::ETAG, HeaderValue::try_from(tag).map_err(Error::internal)?);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    Ok(response)
}

/// Withdraw a search
///
/// The sources are not asked any further, unless somebody else waits for the same answer.
#[utoipa::path(delete, path = "/api/v1/searches/{id}", tag = "searches", params(("id" = Uuid, Path, description = "The search")),
    responses((status = 204, description = "Withdrawn, or it had ended already"), (status = "4XX", description = "The question cannot be answered: see the problem", body = Problem, content_type = "application/problem+json")))]
pub async fn cancel(State(app): State<SharedApp>, caller: Caller, Path(id): Path<Uuid>) -> Result<StatusCode> {
    let search = searches::find(&app, caller.scope, id).await?;
    search.withdraw(app.clock.now());
    Ok(StatusCode::NO_CONTENT)
}

/// Follow a search
///
/// Its event log as server-sent events, from the beginning or after `Last-Event-ID`. The data of each is a `ServerFrame`.
#[utoipa::path(get, path = "/api/v1/searches/{id}/events", tag = "searches",
    params(("id" = Uuid, Path, description = "The search"),
        ("Last-Event-ID" = Option<u64>, Header, description = "The last `seq` that you have")),
    responses((status = 200, description = "The log", content_type = "text/event-stream", body = String),
        (status = 204, description = "There is no more: do not come back"), (status = "4XX", description = "The question cannot be answered: see the problem", body = Problem, content_type = "application/problem+json")))]
pub async fn events(
    State(app): State<SharedApp>,
    caller: Caller,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
) -> Result<Response> {
    let search = searches::find(&app, caller.scope, id).await?;
    let after =
        match headers.get("last-event-id") {
            None => 0,
            Some(value) => value.to_str().ok().and_then(|text| text.trim().parse().ok()).ok_or_else(|| {
                Error::invalid("Last-Event-ID", "is the `id:` of the last event that you have: a number")
            })?,
        };
    let mut frames = follow(&search, after);
    // A browser comes back whenever a stream ends; this answer alone keeps it from that.
    let has_ended = !matches!(&search.origin, Origin::Job(job) if !job.has_ended());
    let first = if has_ended { frames.next().await } else { None };
    if has_ended && first.is_none() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let stopping = app.lifecycle.stopping().clone().cancelled_owned();
    let events = stream::iter(first)
        .chain(frames)
        .map(move |frame| {
            Event::default().id(frame.seq.to_string()).event(frame.kind.as_str()).data(frame.envelope(id, None))
        })
        .map(Ok::<_, Infallible>)
        .take_until(stopping);
    let mut response = Sse::new(events).keep_alive(KeepAlive::default()).into_response();
    // nginx would gather events until it has a buffer full of them; others do not know it.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

/// The format of an export.
#[derive(Debug, Deserialize, IntoParams)]
pub struct ExportQuery {
    /// `bibtex`, `ris`, `csl-json`, `csv` or `json`.
    format: String,
}

/// Take the works away, for a reference manager or a spreadsheet
#[utoipa::path(get, path = "/api/v1/searches/{id}/export", tag = "searches",
    params(("id" = Uuid, Path, description = "The search"), ExportQuery),
    responses((status = 200, description = "The works, in the final order", content(
        (String = "application/x-bibtex"), (String = "application/x-research-info-systems"),
        (String = "application/vnd.citationstyles.csl+json"), (String = "text/csv"), (String = "application/json"))),
        (status = "4XX", description = "The question cannot be answered: see the problem", body = Problem, content_type = "application/problem+json")))]
pub async fn export(
    State(app): State<SharedApp>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Query(query): Query<ExportQuery>,
) -> Result<Response> {
    let format: Format = query.format.parse().map_err(|unknown| Error::invalid("format", format!("{unknown}")))?;
    let answer = answered(&app, caller.scope, id).await?.1;
    let text = export::render(format, &answer.works());
    let name = format!("attachment; filename=\"pake-{id}.{}\"", format.extension());
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(format.content_type())),
        (header::CONTENT_DISPOSITION, HeaderValue::try_from(name).map_err(Error::internal)?),
    ];
    Ok((headers, text).into_response())
}

/// The record of a search
///
/// The exact query per source, when, how many: the numbers of a PRISMA flow diagram.
#[utoipa::path(get, path = "/api/v1/searches/{id}/record", tag = "searches", params(("id" = Uuid, Path, description = "The search")),
    responses((status = 200, body = Prisma), (status = "4XX", description = "The question cannot be answered: see the problem", body = Problem, content_type = "application/problem+json")))]
pub async fn record(State(app): State<SharedApp>, caller: Caller, Path(id): Path<Uuid>) -> Result<Json<Prisma>> {
    let (search, answer) = answered(&app, caller.scope, id).await?;
    Ok(Json(Prisma::of(&search, &answer)))
}

/// Every record of a search
///
/// As its source gave it, normalised: nothing is lost in merging.
#[utoipa::path(get, path = "/api/v1/searches/{id}/records", tag = "searches", params(("id" = Uuid, Path, description = "The search")),
    responses((status = 200, body = Vec<engine::item::Record>), (status = "4XX", description = "The question cannot be answered: see the problem", body = Problem, content_type = "application/problem+json")))]
pub async fn records(
    State(app): State<SharedApp>,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<Json<Vec<engine::work::SharedRecord>>> {
    let (search, answer) = answered(&app, caller.scope, id).await?;
    Ok(Json(searches::records(&app, &search, &answer).await?))
}

/// Records that are not the same work as the rest of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// The work's id within its search.
    pub work: String,
    /// The records to take out of it, as `source:source_id`.
    pub records: Vec<String>,
}

/// Undo a merge
///
/// The named records are another work. Holds for every later search.
#[utoipa::path(post, path = "/api/v1/searches/{id}/splits", tag = "searches", request_body = Split, params(("id" = Uuid, Path, description = "The search")),
    responses((status = 204, description = "Split; ask again to see it"), (status = "4XX", description = "The question cannot be answered: see the problem", body = Problem, content_type = "application/problem+json")))]
pub async fn split(
    State(app): State<SharedApp>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Json(split): Json<Split>,
) -> Result<StatusCode> {
    let (_, answer) = answered(&app, caller.scope, id).await?;
    let works = answer.works();
    let work =
        works.iter().find(|work| work.id == split.work).ok_or_else(|| Error::not_found("work", split.work.clone()))?;
    splits::split(&app, caller.scope, work, &split.records).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn answered(app: &Arc<App>, scope: Scope, id: Uuid) -> Result<(Arc<Search>, Arc<Answer>)> {
    let search = searches::find(app, scope, id).await?;
    let answer = search.answer().ok_or_else(|| Error::Conflict {
        message: "the sources are still being asked; follow the search or wait for its end".to_owned(),
    })?;
    Ok((search, answer))
}

fn accepted(search: &Search) -> Response {
    let at = format!("/api/v1/searches/{}", search.id);
    let body = Accepted {
        id: search.id,
        status: search.status(),
        query: search.query.clone(),
        started_at: search.started_at,
        events: format!("{at}/events"),
    };
    let location = HeaderValue::try_from(at).unwrap_or(HeaderValue::from_static("/api/v1/searches"));
    (StatusCode::ACCEPTED, [(header::LOCATION, location)], Json(body)).into_response()
}

/// The kept bytes behind this search's own head, in the form that the client takes.
pub(super) fn respond(app: &App, search: &Search, answer: &Answer, headers: &HeaderMap) -> Response {
    let hit = !matches!(search.origin, Origin::Job(_));
    let head = searches::head(search, answer.cache_info(hit, app.clock.now()));
    let zstd = Encoding::wanted(headers).filter(|wanted| *wanted == Encoding::Zstd);
    // Other encodings are made at the edge, like those of any other answer.
    let (body, is_zstd) = match zstd.and_then(|_| answer.body.with_head_zstd(&head)) {
        Some(body) => (body, true),
        None => (answer.body.with_head(head), false),
    };
    let mut response = Response::new(pieces::body(body));
    let into = response.headers_mut();
    into.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    into.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    into.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if is_zstd {
        into.insert(header::CONTENT_ENCODING, HeaderValue::from_static("zstd"));
    }
    response
}

#[cfg(test)]
mod tests;

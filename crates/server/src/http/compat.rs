//! `/search` and `/quick`: the earlier Python system's shapes (compat.md §4.1) around the same searches.

pub mod history;

use std::{sync::Arc, time::Duration};

use axum::extract::State;
use chrono::{DateTime, Utc};
use engine::{event::SourceReport, source::SourceId, work::Work};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::ToSchema;

use super::{extract::Json, problem::Problem};
use crate::{
    access::Caller,
    answer::Answer,
    app::{App, SharedApp},
    error::{Error, Result},
    searches::{self, Question},
    store::Scope,
};

/// What `web` meant: those of these that are there are asked.
const WEB: [SourceId; 4] = [SourceId::Searxng, SourceId::Brave, SourceId::Firecrawl, SourceId::Wikipedia];
/// Longest snippet, in characters.
const SNIPPET: usize = 500;
/// How much longer than the search's own deadline is waited.
const MARGIN: Duration = Duration::from_secs(2);

/// A question in the earlier system's shape.
#[derive(Debug, Deserialize, ToSchema)]
pub struct OldQuestion {
    /// 1 to 500 characters.
    query: String,
    /// `web`, `arxiv`, `pubmed`, or the name of any source; without it, the default ones.
    #[serde(default)]
    sources: Vec<String>,
    /// Most results, 1 to 50.
    #[serde(default = "ten")]
    max_results: usize,
    /// Understood for compatibility; ranking is always on.
    #[serde(default = "yes")]
    enable_ml_enhancement: bool,
    /// Understood for compatibility; nothing is summarised.
    #[serde(default)]
    enable_content_summarization: bool,
}

/// A quick question in the earlier system's shape.
#[derive(Debug, Deserialize, ToSchema)]
pub struct QuickQuestion {
    /// 1 to 500 characters.
    query: String,
}

const fn ten() -> usize {
    10
}

const fn yes() -> bool {
    true
}

/// An answer in the earlier system's shape.
#[derive(Debug, Serialize, ToSchema)]
pub struct OldAnswer {
    success: bool,
    query: String,
    results: Vec<OldResult>,
    metadata: OldMetadata,
}

/// A quick answer in the earlier system's shape.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuickAnswer {
    success: bool,
    query: String,
    results: Vec<OldResult>,
    summary: QuickSummary,
    timestamp: DateTime<Utc>,
}

/// What the earlier system told of a search.
#[derive(Debug, Serialize, ToSchema)]
pub struct OldMetadata {
    total_results: usize,
    execution_time_seconds: f64,
    sources_used: Vec<SourceId>,
    sources_successful: usize,
    timestamp: DateTime<Utc>,
    ml_enhancement_enabled: bool,
    content_summarization_enabled: bool,
}

/// What the earlier system told of a quick search.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuickSummary {
    total_results: usize,
    execution_time_seconds: f64,
    sources_processed: usize,
    performance: &'static str,
}

/// A work in the earlier system's shape.
#[derive(Debug, Serialize, ToSchema)]
pub struct OldResult {
    id: String,
    title: String,
    url: Option<String>,
    snippet: String,
    source: Option<SourceId>,
    authors: Vec<String>,
    published_date: Option<String>,
    /// 1 for the best result of the search.
    relevance_score: f64,
    /// Never computed: there for old clients.
    semantic_score: Option<f64>,
    /// Never computed: there for old clients.
    summary: Option<String>,
    /// Always empty: there for old clients.
    key_points: Vec<String>,
    /// Always empty: there for old clients.
    entities: Vec<String>,
}

/// Search, as the earlier system did it: waits for the whole answer
#[utoipa::path(post, path = "/search", tag = "compat", request_body = OldQuestion,
    responses((status = 200, body = OldAnswer), (status = "4XX", description = "The question cannot be answered: see the problem", body = Problem, content_type = "application/problem+json"), (status = "5XX", description = "Our fault, or something is away: see the problem", body = Problem, content_type = "application/problem+json")))]
pub async fn search(
    State(app): State<SharedApp>,
    caller: Caller,
    Json(old): Json<OldQuestion>,
) -> Result<Json<OldAnswer>> {
    let sources = sources(&app, &old.sources)?;
    let answer = answer(&app, caller.scope, &old.query, sources, old.max_results).await?;
    let results = results(&answer, old.max_results);
    let reports = &answer.summary.sources;
    Ok(Json(OldAnswer {
        success: true,
        query: old.query,
        metadata: OldMetadata {
            total_results: results.len(),
            execution_time_seconds: seconds(&answer),
            sources_used: reports.iter().map(|report| report.source).collect(),
            sources_successful: successful(reports),
            timestamp: app.clock.now(),
            ml_enhancement_enabled: old.enable_ml_enhancement,
            content_summarization_enabled: old.enable_content_summarization,
        },
        results,
    }))
}

/// Quick search, as the earlier system did it: the five best works
#[utoipa::path(post, path = "/quick", tag = "compat", request_body = QuickQuestion,
    responses((status = 200, body = QuickAnswer), (status = "4XX", description = "The question cannot be answered: see the problem", body = Problem, content_type = "application/problem+json"), (status = "5XX", description = "Our fault, or something is away: see the problem", body = Problem, content_type = "application/problem+json")))]
pub async fn quick(
    State(app): State<SharedApp>,
    caller: Caller,
    Json(old): Json<QuickQuestion>,
) -> Result<Json<QuickAnswer>> {
    let answer = answer(&app, caller.scope, &old.query, Vec::new(), 5).await?;
    let results = results(&answer, 5);
    Ok(Json(QuickAnswer {
        success: true,
        query: old.query,
        summary: QuickSummary {
            total_results: results.len(),
            execution_time_seconds: seconds(&answer),
            sources_processed: successful(&answer.summary.sources),
            performance: if answer.summary.took_ms < 1_000 { "fast" } else { "normal" },
        },
        results,
        timestamp: app.clock.now(),
    }))
}

async fn answer(app: &Arc<App>, scope: Scope, query: &str, sources: Vec<SourceId>, most: usize) -> Result<Arc<Answer>> {
    if !(1..=500).contains(&query.chars().count()) {
        return Err(Error::invalid("query", "must have 1 to 500 characters"));
    }
    if !(1..=50).contains(&most) {
        return Err(Error::invalid("max_results", "must be 1 to 50"));
    }
    let question = Question { query: query.to_owned(), sources, limit: None, refresh: false, anonymous: false };
    let search = searches::start(app, scope, &question).await?;
    let patience = Duration::from_secs_f64(app.config.search.deadline) + MARGIN;
    let answer = searches::wait(&search, Instant::now() + patience).await;
    answer.ok_or(Error::AnswerTimeout { after: patience })
}

fn sources(app: &App, names: &[String]) -> Result<Vec<SourceId>> {
    let there = app.engine().default_sources();
    let mut sources = Vec::new();
    for name in names.iter().take(64) {
        if name == "web" {
            sources.extend(WEB.into_iter().filter(|source| there.contains(source)));
        } else {
            sources.push(name.parse().map_err(|unknown| Error::invalid("sources", format!("{unknown}, and `web`")))?);
        }
    }
    if sources.is_empty() && !names.is_empty() {
        return Err(Error::invalid(
            "sources",
            "no web source is configured; set sources.searxng.base_url or sources.brave.key",
        ));
    }
    Ok(sources)
}

fn results(answer: &Answer, most: usize) -> Vec<OldResult> {
    let works = answer.works();
    let best = works.first().map_or(1.0, |work| work.score).max(f64::EPSILON);
    works.into_iter().take(most).map(|work| result(work, best)).collect()
}

fn result(work: Work, best: f64) -> OldResult {
    OldResult {
        snippet: work.abstract_text.unwrap_or_default().chars().take(SNIPPET).collect(),
        source: work.sources.first().copied(),
        authors: work.authors.iter().map(|author| author.name.to_string()).collect(),
        published_date: work.date.map(|date| date.to_string()),
        relevance_score: (work.score / best).clamp(0.0, 1.0),
        id: work.id,
        title: work.title,
        url: work.url,
        semantic_score: None,
        summary: None,
        key_points: Vec::new(),
        entities: Vec::new(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of a search are far below 2^52")]
fn seconds(answer: &Answer) -> f64 {
    answer.summary.took_ms as f64 / 1_000.0
}

fn successful(reports: &[SourceReport]) -> usize {
    reports.iter().filter(|report| report.state.has_records()).count()
}

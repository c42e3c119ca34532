//! How a source is doing: what `GET /api/v1/sources` shows.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whether a source is asked at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LaneState {
    /// It is asked.
    Closed,
    /// It failed too often or refused us, and is left alone until `next_attempt`.
    Open,
    /// It was left alone; one request finds out whether it is well again.
    HalfOpen,
    /// It asked us to wait, or its daily budget is spent.
    Limited,
}

/// How a source is doing, since this process started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// Whether it is asked.
    pub state: LaneState,
    /// Why it is not asked, or which of its hosts is not.
    pub reason: Option<String>,
    /// When it is asked again.
    pub next_attempt: Option<DateTime<Utc>>,
    /// Requests sent, retries and hedges included.
    pub requests: u64,
    /// Requests that failed: no answer, cut or unreadable answer, 401, 402, 403, 429, 5xx.
    pub failures: u64,
    /// Calls waiting for their turn.
    pub waiting: u64,
    /// Median time from sending to the last byte, in milliseconds, over the last 256 answers.
    pub latency_p50_ms: Option<f64>,
    /// The time that 95 % of those answers stayed below, in milliseconds.
    pub latency_p95_ms: Option<f64>,
    /// Requests a second in force now, from the source's headers or the configuration; `None` when our limiter is off.
    pub rate_limit: Option<f64>,
    /// Requests under way at once in force now; `None` for any number.
    pub concurrency_limit: Option<u64>,
    /// Money spent today (UTC), in US dollars.
    pub spent_today_usd: f64,
    /// Most money spent a day, in US dollars; `None` where asking is free.
    pub daily_budget_usd: Option<f64>,
}

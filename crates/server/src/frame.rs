//! What a search says to its readers: the envelope of compat.md §4.3 with PAKE's `seq` and `search_id`.

use std::sync::OnceLock;

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use engine::{
    event::{Counts, Results, SourceReport, SourceStarted},
    source::SourceId,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::json;

/// The names of frames, in both directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FrameType {
    /// A search began, or an answer that was kept is about to be replayed.
    SearchStarted,
    /// Something happened in a search: see [`Progress`].
    SearchProgress,
    /// The final order.
    SearchCompleted,
    /// The search could not be run or was cancelled.
    SearchFailed,
    /// The history has a new or changed entry.
    SearchHistoryUpdated,
    /// Somebody prefers something else now.
    PreferencesUpdated,
    /// A word from the operator to everybody.
    SystemAlert,
    /// Something that may matter for safety; for whoever governs.
    SecurityAlert,
    /// What goes on in the installation; for whoever operates it and has asked for it.
    SystemMetrics,
    /// Who is signed in.
    AuthSuccess,
    /// The client has not shown who it is; the socket closes.
    AuthFailed,
    /// Answer to `ping`.
    Pong,
    /// The server is about to go; connect again after `after_ms`.
    Reconnect,
    /// A frame of the client could not be understood or carried out.
    Error,
}

impl FrameType {
    /// The name as it is written in `type` and in an SSE `event:` line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SearchStarted => "search_started",
            Self::SearchProgress => "search_progress",
            Self::SearchCompleted => "search_completed",
            Self::SearchFailed => "search_failed",
            Self::SearchHistoryUpdated => "search_history_updated",
            Self::PreferencesUpdated => "preferences_updated",
            Self::SystemAlert => "system_alert",
            Self::SecurityAlert => "security_alert",
            Self::SystemMetrics => "system_metrics",
            Self::AuthSuccess => "auth_success",
            Self::AuthFailed => "auth_failed",
            Self::Pong => "pong",
            Self::Reconnect => "reconnect",
            Self::Error => "error",
        }
    }
}

/// The data of `search_started`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Started {
    /// The query as it was understood.
    pub query: String,
    /// The sources that will be asked.
    pub sources: Vec<SourceId>,
    /// Records asked of each source.
    pub limit: usize,
}

/// The data of `search_progress`; `kind` says what happened.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Progress {
    /// A source is being asked.
    SearchSourceStarted(SourceStarted),
    /// A source's records arrived and changed the works.
    SearchSourceResults(Results),
    /// A source is done: it answered, or a kept answer stood in, or it was skipped.
    SearchSourceFinished(SourceReport),
    /// A source failed, or is late.
    SearchSourceFailed(SourceReport),
    /// Late sources came in after `search_completed`: the answer as it is now.
    SearchRevised(Box<Revision>),
}

/// What changed after the answer was announced.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Revision {
    /// The numbers as they are now.
    pub counts: Counts,
    /// The ids of the works in their order as it is now.
    pub order: Vec<String>,
}

/// The data of `search_failed`.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct Failed {
    /// Why: `cancelled`, or `lost` when servers died while they ran it.
    pub error: &'static str,
}

/// The data of `auth_success`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Welcome {
    /// Who they are.
    pub user_id: Uuid,
    /// What they sign in with.
    pub username: String,
    /// The session, when they have signed in.
    pub session_id: Option<Uuid>,
}

/// The data of `auth_failed`.
#[derive(Debug, Serialize, ToSchema)]
pub struct TurnedAway {
    /// Why, in words.
    pub error: String,
    /// Why, for programs.
    pub code: &'static str,
}

/// The data of `reconnect`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reconnect {
    /// When to come back, in milliseconds: each client at another time.
    pub after_ms: u64,
}

/// The data of `error`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Complaint {
    /// What kind of problem it is: a name of `x-problems`, or `bad_frame`.
    pub code: &'static str,
    /// What is wrong, in words.
    pub error: String,
    /// What is known beside.
    #[serde(skip_serializing_if = "Value::is_null")]
    #[schema(required = false)]
    pub details: Value,
    /// The `message_id` of the frame.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Value, required = false)]
    pub in_reply_to: Option<Value>,
}

/// One entry of a search's event log. What is the same for all readers is serialised once, by the first who reads it.
#[derive(Debug)]
pub struct Frame {
    /// Its place in the log, from 1.
    pub seq: u64,
    /// Its name.
    pub kind: FrameType,
    /// When it was logged.
    pub at: DateTime<Utc>,
    /// Names it.
    pub message_id: Uuid,
    data: Data,
    json: OnceLock<Bytes>,
}

/// What a frame carries, serialised only when somebody reads it.
#[derive(Debug, Clone)]
pub enum Data {
    /// Data of `search_started`.
    Started(Started),
    /// Data of `search_progress`.
    Progress(Progress),
    /// A JSON object without its opening brace: the answer, which is kept like that.
    Members(Bytes),
    /// Data of `search_failed`.
    Failed(Failed),
}

impl Frame {
    /// An entry of the log.
    pub fn new(seq: u64, kind: FrameType, at: DateTime<Utc>, message_id: Uuid, data: Data) -> Self {
        Self { seq, kind, at, message_id, data, json: OnceLock::new() }
    }

    /// The same at another place of a log.
    #[must_use]
    pub fn at_place(&self, seq: u64) -> Self {
        Self { seq, json: OnceLock::new(), data: self.data.clone(), ..*self }
    }

    /// What it carries, as a JSON object without its opening brace.
    pub fn members(&self) -> Bytes {
        let json = self.json();
        if matches!(self.data, Data::Members(_)) { json.clone() } else { json.slice(1..) }
    }

    fn json(&self) -> &Bytes {
        self.json.get_or_init(|| match &self.data {
            Data::Started(started) => to_json(started),
            Data::Progress(progress) => to_json(progress),
            Data::Members(json) => json.clone(),
            Data::Failed(failed) => to_json(failed),
        })
    }

    /// The frame for a reader who knows the search as `search_id` and asked with a `message_id`, given as JSON.
    pub fn envelope(&self, search_id: Uuid, in_reply_to: Option<&str>) -> String {
        let data = self.json();
        let opening = if matches!(self.data, Data::Members(_)) { "{" } else { "" };
        let head = Head {
            kind: self.kind,
            at: self.at,
            message_id: self.message_id,
            seq: Some(self.seq),
            search_id: Some(search_id),
            in_reply_to,
        };
        head.around(opening, data)
    }
}

/// A frame that belongs to no log: answers to the client, broadcasts.
pub fn loose<T: Serialize>(
    kind: FrameType,
    at: DateTime<Utc>,
    message_id: Uuid,
    search_id: Option<Uuid>,
    data: &T,
) -> String {
    Head { kind, at, message_id, seq: None, search_id, in_reply_to: None }.around("", &to_json(data))
}

struct Head<'a> {
    kind: FrameType,
    at: DateTime<Utc>,
    message_id: Uuid,
    seq: Option<u64>,
    search_id: Option<Uuid>,
    in_reply_to: Option<&'a str>,
}

impl Head<'_> {
    /// Written by hand around bytes that are JSON already: serialising them anew would cost more than all the rest.
    /// `opening` is what is missing at the beginning of `data`.
    fn around(&self, opening: &str, data: &[u8]) -> String {
        use std::fmt::Write;
        let mut out = String::with_capacity(data.len() + 220);
        let _ = write!(
            out,
            r#"{{"type":"{}","timestamp":"{}","message_id":"{}""#,
            self.kind.as_str(),
            self.at.to_rfc3339_opts(SecondsFormat::Millis, true),
            self.message_id
        );
        if let Some(seq) = self.seq {
            let _ = write!(out, r#","seq":{seq}"#);
        }
        if let Some(search_id) = self.search_id {
            let _ = write!(out, r#","search_id":"{search_id}""#);
        }
        if let Some(in_reply_to) = self.in_reply_to {
            let _ = write!(out, r#","in_reply_to":{in_reply_to}"#);
        }
        out.push_str(r#","data":"#);
        out.push_str(opening);
        out.push_str(&String::from_utf8_lossy(data));
        out.push('}');
        out
    }
}

fn to_json<T: Serialize>(value: &T) -> Bytes {
    // None of our types can fail: no maps with keys that are not strings, no fallible Serialize.
    json::to_vec(value).map_or_else(|_| Bytes::from_static(b"null"), Bytes::from)
}

//! What the tier shared by replicas must do.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use serde::Serialize;
use utoipa::ToSchema;

/// The tier did not do what was asked, in time or at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the shared cache is away: {0}")]
pub struct RemoteError(pub String);

/// How the tier is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RemoteState {
    /// None is configured.
    Off,
    /// It answers.
    Up,
    /// It did not answer the last time; searches go on without it.
    Down,
}

/// The tier shared by replicas.
pub trait Remote: Send + Sync + std::fmt::Debug {
    /// How it is, as far as the last operation knows.
    fn state(&self) -> RemoteState;

    /// Whether it is worth asking now.
    fn is_there(&self) -> bool {
        self.state() == RemoteState::Up
    }

    /// Asks whether it answers, and remembers it.
    fn ping(&self) -> BoxFuture<'_, RemoteState>;

    /// What it runs on, for each of its servers.
    fn versions(&self) -> BoxFuture<'_, Result<Vec<String>, RemoteError>>;

    /// The values of these names, in their order.
    fn get<'a>(&'a self, names: &'a [String]) -> BoxFuture<'a, Result<Vec<Option<Bytes>>, RemoteError>>;

    /// Keeps a value for at most `life`.
    fn put(&self, name: String, value: Bytes, life: Duration) -> BoxFuture<'_, Result<(), RemoteError>>;

    /// Forgets every answer and page; how many there were.
    fn clear(&self) -> BoxFuture<'_, Result<u64, RemoteError>>;

    /// Forgets the values of these names.
    fn forget<'a>(&'a self, names: &'a [String]) -> BoxFuture<'a, Result<(), RemoteError>>;

    /// Tries to be the one who does the work called `name`: `true` for the first who asks within `life`.
    fn claim<'a>(&'a self, name: &'a str, owner: &'a str, life: Duration) -> BoxFuture<'a, Result<bool, RemoteError>>;

    /// Gives a claim back, if `owner` still holds it.
    fn release<'a>(&'a self, name: &'a str, owner: &'a str) -> BoxFuture<'a, Result<(), RemoteError>>;
}

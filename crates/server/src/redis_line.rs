//! A way to Redis: one multiplexed connection that reconnects by itself, and is left alone for a moment after a failure.

use std::{
    sync::atomic::{AtomicU8, Ordering},
    time::Duration,
};

use engine::search::SetupError;
use redis::RedisResult;
use tokio::{sync::Mutex, time::Instant};

mod connection;
mod source;

pub use self::{
    connection::{Patience, Place, RedisConnection},
    source::RedisSource,
};

/// Longest wait for one operation: what is shared helps only when it is fast.
const RESPONSE: Duration = Duration::from_millis(250);
/// Longest wait for a connection.
pub const CONNECT: Duration = Duration::from_millis(500);
/// How long Redis is left alone after a failure.
const PAUSE: Duration = Duration::from_secs(1);

const UP: u8 = 0;
const DOWN: u8 = 1;

/// Redis did not do what was asked, in time or at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("redis is away: {0}")]
pub struct Away(pub String);

/// A way to Redis.
pub struct RedisLine {
    connection: RedisConnection,
    state: AtomicU8,
    retry_at: Mutex<Option<Instant>>,
    /// What goes on how without it, for the log.
    without: &'static str,
}

impl std::fmt::Debug for RedisLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisLine").field("is_up", &self.is_up()).finish_non_exhaustive()
    }
}

impl RedisLine {
    /// Connects when first used. `without` tells the log how it goes on while Redis is away.
    pub fn new(source: RedisSource, without: &'static str) -> Result<Self, SetupError> {
        let connection = RedisConnection::new(source, Patience { response: RESPONSE, connection: CONNECT })?;
        Ok(Self { connection, state: AtomicU8::new(UP), retry_at: Mutex::new(None), without })
    }

    /// The connection, for one operation.
    pub fn connection(&self) -> RedisConnection {
        self.connection.clone()
    }

    /// Whether it answered the last time.
    pub fn is_up(&self) -> bool {
        self.state.load(Ordering::Acquire) == UP
    }

    /// Runs one operation unless Redis failed just now; remembers how it went.
    pub async fn run<T>(&self, operation: impl Future<Output = RedisResult<T>>) -> Result<T, Away> {
        if self.retry_at.lock().await.is_some_and(|at| at > Instant::now()) {
            return Err(Away("it failed a moment ago".to_owned()));
        }
        let result = match tokio::time::timeout(RESPONSE + CONNECT, operation).await {
            Ok(result) => result.map_err(|error| Away(error.to_string())),
            Err(_) => Err(Away("no answer in time".to_owned())),
        };
        self.remember(result.as_ref().err()).await;
        result
    }

    async fn remember(&self, error: Option<&Away>) {
        let now = if error.is_some() { DOWN } else { UP };
        let before = self.state.swap(now, Ordering::AcqRel);
        *self.retry_at.lock().await = error.map(|_| Instant::now() + PAUSE);
        match error {
            Some(error) if before == UP => tracing::warn!(%error, "redis is away; {}", self.without),
            None if before == DOWN => tracing::info!("redis is back"),
            _ => {}
        }
    }
}

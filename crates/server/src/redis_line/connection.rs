//! A connection to Redis that comes back by itself, and goes to another one when its sentinels say so.

use std::sync::{Arc, PoisonError, RwLock};

use engine::search::SetupError;
use redis::{
    Client, Cmd, Pipeline, RedisError, RedisFuture, RedisResult, Value,
    aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig},
};

use super::source::{RedisSource, wrong};

/// A connection; cheap to clone.
#[derive(Clone)]
pub struct RedisConnection {
    source: RedisSource,
    config: ConnectionManagerConfig,
    /// To the one that is written to; nothing while that has to be found out.
    current: Arc<RwLock<Option<ConnectionManager>>>,
}

impl RedisConnection {
    /// Connects when first used.
    pub fn new(source: RedisSource, config: ConnectionManagerConfig) -> Result<Self, SetupError> {
        let current = match &source {
            RedisSource::At(client) => {
                let lazy = ConnectionManager::new_lazy_with_config(Client::clone(client), config.clone());
                Some(lazy.map_err(|error| wrong(&error))?)
            }
            RedisSource::Named(_) => None,
        };
        Ok(Self { source, config, current: Arc::new(RwLock::new(current)) })
    }

    async fn current(&self) -> RedisResult<ConnectionManager> {
        let known = self.current.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = known {
            return Ok(known);
        }
        let found = ConnectionManager::new_lazy_with_config(self.source.client().await?, self.config.clone())?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(found.clone());
        Ok(found)
    }

    /// When it is gone, or is not written to any more, another one may be.
    fn learn<T>(&self, answer: &RedisResult<T>) {
        let is_gone = |error: &RedisError| {
            error.is_io_error()
                || error.is_connection_dropped()
                || error.is_timeout()
                || error.code() == Some("READONLY")
        };
        if matches!(self.source, RedisSource::Named(_)) && answer.as_ref().is_err_and(is_gone) {
            *self.current.write().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }
}

impl ConnectionLike for RedisConnection {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        Box::pin(async move {
            let answer = self.current().await?.req_packed_command(cmd).await;
            self.learn(&answer);
            answer
        })
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        Box::pin(async move {
            let answer = self.current().await?.req_packed_commands(pipeline, offset, count).await;
            self.learn(&answer);
            answer
        })
    }

    fn get_db(&self) -> i64 {
        0
    }
}

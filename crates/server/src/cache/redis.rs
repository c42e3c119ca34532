//! The tier shared by replicas, in Redis or Valkey.

use std::{
    sync::atomic::{AtomicU8, Ordering},
    time::Duration,
};

use bytes::Bytes;
use engine::search::SetupError;
use futures_util::future::BoxFuture;
use redis::{
    AsyncCommands, Client, ExistenceCheck, RedisResult, Script, SetExpiry, SetOptions,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use secrecy::{ExposeSecret, SecretString};
use tokio::{sync::Mutex, time::Instant};

use super::{Remote, RemoteError, RemoteState};

/// Longest wait for one operation: a shared cache that is slower than this is no help.
const RESPONSE: Duration = Duration::from_millis(250);
/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_millis(500);
/// How long Redis is left alone after a failure.
const PAUSE: Duration = Duration::from_secs(1);

/// Names that one step of clearing looks at.
const SCANNED: u32 = 1_000;

const UP: u8 = 0;
const DOWN: u8 = 1;

/// Redis, through one multiplexed connection that reconnects by itself.
pub(super) struct Redis {
    connection: ConnectionManager,
    state: AtomicU8,
    retry_at: Mutex<Option<Instant>>,
}

impl std::fmt::Debug for Redis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redis").field("state", &self.state()).finish_non_exhaustive()
    }
}

impl Redis {
    /// Reads the address; connects when first used.
    pub(super) fn new(url: &SecretString) -> Result<Self, SetupError> {
        let wrong = |error: redis::RedisError| {
            let message = format!("{error}; write redis://[user:password@]host:port/[database]");
            SetupError { setting: "redis.url".to_owned(), message }
        };
        let client = Client::open(url.expose_secret()).map_err(wrong)?;
        let config = ConnectionManagerConfig::new()
            .set_response_timeout(Some(RESPONSE))
            .set_connection_timeout(Some(CONNECT))
            .set_number_of_retries(1)
            .set_max_delay(PAUSE);
        let connection = ConnectionManager::new_lazy_with_config(client, config).map_err(wrong)?;
        Ok(Self { connection, state: AtomicU8::new(UP), retry_at: Mutex::new(None) })
    }

    /// Runs one operation unless Redis failed just now; remembers how it went.
    async fn run<T>(&self, operation: impl Future<Output = RedisResult<T>>) -> Result<T, RemoteError> {
        if self.retry_at.lock().await.is_some_and(|at| at > Instant::now()) {
            return Err(RemoteError("it failed a moment ago".to_owned()));
        }
        let result = match tokio::time::timeout(RESPONSE + CONNECT, operation).await {
            Ok(result) => result.map_err(|error| RemoteError(error.to_string())),
            Err(_) => Err(RemoteError("no answer in time".to_owned())),
        };
        self.remember(result.as_ref().err()).await;
        result
    }

    async fn remember(&self, error: Option<&RemoteError>) {
        let now = if error.is_some() { DOWN } else { UP };
        let before = self.state.swap(now, Ordering::AcqRel);
        *self.retry_at.lock().await = error.map(|_| Instant::now() + PAUSE);
        match error {
            Some(error) if before == UP => tracing::warn!(%error, "redis is away; searches go on without it"),
            None if before == DOWN => tracing::info!("redis is back"),
            _ => {}
        }
    }
}

impl Remote for Redis {
    fn state(&self) -> RemoteState {
        if self.state.load(Ordering::Acquire) == UP { RemoteState::Up } else { RemoteState::Down }
    }

    fn is_there(&self) -> bool {
        // Asked even while down: `run` answers at once within the pause, and finds out after it.
        true
    }

    fn ping(&self) -> BoxFuture<'_, RemoteState> {
        Box::pin(async {
            let mut connection = self.connection.clone();
            let _ = self.run(async move { redis::cmd("PING").query_async::<String>(&mut connection).await }).await;
            self.state()
        })
    }

    fn get<'a>(&'a self, names: &'a [String]) -> BoxFuture<'a, Result<Vec<Option<Bytes>>, RemoteError>> {
        Box::pin(async move {
            let mut connection = self.connection.clone();
            let found: Vec<Option<Vec<u8>>> =
                self.run(async move { redis::cmd("MGET").arg(names).query_async(&mut connection).await }).await?;
            Ok(found.into_iter().map(|value| value.map(Bytes::from)).collect())
        })
    }

    fn put(&self, name: String, value: Bytes, life: Duration) -> BoxFuture<'_, Result<(), RemoteError>> {
        Box::pin(async move {
            let mut connection = self.connection.clone();
            let seconds = life.as_secs().max(1);
            self.run(async move { connection.set_ex(name, &value[..], seconds).await }).await
        })
    }

    fn clear(&self) -> BoxFuture<'_, Result<u64, RemoteError>> {
        Box::pin(async {
            let (mut place, mut cleared) = (0_u64, 0_u64);
            loop {
                let mut connection = self.connection.clone();
                let (next, names): (u64, Vec<String>) = self
                    .run(async move {
                        let mut scan = redis::cmd("SCAN");
                        scan.arg(place).arg("MATCH").arg("pake:l2:*").arg("COUNT").arg(SCANNED);
                        scan.query_async(&mut connection).await
                    })
                    .await?;
                if !names.is_empty() {
                    let mut connection = self.connection.clone();
                    cleared += self.run::<u64>(async move { connection.unlink(names).await }).await?;
                }
                if next == 0 {
                    return Ok(cleared);
                }
                place = next;
            }
        })
    }

    fn forget<'a>(&'a self, names: &'a [String]) -> BoxFuture<'a, Result<(), RemoteError>> {
        Box::pin(async move {
            let mut connection = self.connection.clone();
            // Not `DEL`: freeing much memory must not hold up others.
            self.run(async move { redis::cmd("UNLINK").arg(names).query_async::<i64>(&mut connection).await }).await?;
            Ok(())
        })
    }

    fn claim<'a>(&'a self, name: &'a str, owner: &'a str, life: Duration) -> BoxFuture<'a, Result<bool, RemoteError>> {
        Box::pin(async move {
            let mut connection = self.connection.clone();
            let options = SetOptions::default()
                .conditional_set(ExistenceCheck::NX)
                .with_expiration(SetExpiry::PX(u64::try_from(life.as_millis()).unwrap_or(u64::MAX)));
            let set: Option<String> =
                self.run(async move { connection.set_options(name, owner, options).await }).await?;
            Ok(set.is_some())
        })
    }

    fn release<'a>(&'a self, name: &'a str, owner: &'a str) -> BoxFuture<'a, Result<(), RemoteError>> {
        Box::pin(async move {
            let mut connection = self.connection.clone();
            // Only the owner's claim: another replica may hold it by now.
            let script = Script::new(
                "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end",
            );
            let _: i64 =
                self.run(async move { script.key(name).arg(owner).invoke_async(&mut connection).await }).await?;
            Ok(())
        })
    }
}

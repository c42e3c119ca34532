//! The tier shared by replicas, in Redis or Valkey.

use std::time::Duration;

use bytes::Bytes;
use engine::search::SetupError;
use futures_util::future::BoxFuture;
use redis::{AsyncCommands, ExistenceCheck, RedisResult, Script, SetExpiry, SetOptions};

use super::{Remote, RemoteError, RemoteState};
use crate::redis_line::{Place, RedisConnection, RedisLine, RedisSource};

/// Names that one step of clearing looks at.
const SCANNED: u32 = 1_000;

/// Redis, left alone for a moment after a failure.
#[derive(Debug)]
pub(super) struct Redis {
    line: RedisLine,
}

impl Redis {
    /// Connects when first used.
    pub(super) fn new(source: RedisSource) -> Result<Self, SetupError> {
        Ok(Self { line: RedisLine::new(source, "searches go on without it")? })
    }

    async fn run<T>(&self, operation: impl Future<Output = RedisResult<T>>) -> Result<T, RemoteError> {
        self.line.run(operation).await.map_err(|away| RemoteError(away.0))
    }

    /// Forgets what one server has; how much that was.
    async fn clear_at(&self, connection: &RedisConnection, place: &Place) -> Result<u64, RemoteError> {
        let (mut cursor, mut cleared) = (0_u64, 0_u64);
        loop {
            let mut scan = redis::cmd("SCAN");
            scan.arg(cursor).arg("MATCH").arg("pake:l2:*").arg("COUNT").arg(SCANNED);
            let (next, names): (u64, Vec<String>) = self.run(connection.ask(place, scan)).await?;
            if !names.is_empty() {
                let mut connection = connection.clone();
                cleared += self.run::<u64>(async move { connection.unlink(names).await }).await?;
            }
            if next == 0 {
                return Ok(cleared);
            }
            cursor = next;
        }
    }
}

/// What a server calls itself in its answer to `INFO server`.
fn version(info: &str) -> Option<String> {
    let value = |name: &str| info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim);
    // Valkey goes on calling itself the Redis that it began as.
    let valkey = value("valkey_version").map(|version| format!("Valkey {version}"));
    valkey.or_else(|| Some(format!("Redis {}", value("redis_version")?)))
}

impl Remote for Redis {
    fn state(&self) -> RemoteState {
        if self.line.is_up() { RemoteState::Up } else { RemoteState::Down }
    }

    fn is_there(&self) -> bool {
        // Asked even while down: `run` answers at once within the pause, and finds out after it.
        true
    }

    fn ping(&self) -> BoxFuture<'_, RemoteState> {
        Box::pin(async {
            let mut connection = self.line.connection();
            let _ = self.run(async move { redis::cmd("PING").query_async::<String>(&mut connection).await }).await;
            self.state()
        })
    }

    fn versions(&self) -> BoxFuture<'_, Result<Vec<String>, RemoteError>> {
        Box::pin(async {
            let connection = self.line.connection();
            let mut versions = Vec::new();
            for place in self.run(connection.places()).await? {
                let mut info = redis::cmd("INFO");
                info.arg("server");
                versions.extend(version(&self.run(connection.ask::<String>(&place, info)).await?));
            }
            Ok(versions)
        })
    }

    fn get<'a>(&'a self, names: &'a [String]) -> BoxFuture<'a, Result<Vec<Option<Bytes>>, RemoteError>> {
        Box::pin(async move {
            let mut connection = self.line.connection();
            let found: Vec<Option<Vec<u8>>> =
                self.run(async move { redis::cmd("MGET").arg(names).query_async(&mut connection).await }).await?;
            Ok(found.into_iter().map(|value| value.map(Bytes::from)).collect())
        })
    }

    fn put(&self, name: String, value: Bytes, life: Duration) -> BoxFuture<'_, Result<(), RemoteError>> {
        Box::pin(async move {
            let mut connection = self.line.connection();
            let seconds = life.as_secs().max(1);
            self.run(async move { connection.set_ex(name, &value[..], seconds).await }).await
        })
    }

    fn clear(&self) -> BoxFuture<'_, Result<u64, RemoteError>> {
        Box::pin(async {
            let connection = self.line.connection();
            let mut cleared = 0;
            // Names are known to the server that has them alone.
            for place in self.run(connection.places()).await? {
                cleared += self.clear_at(&connection, &place).await?;
            }
            Ok(cleared)
        })
    }

    fn forget<'a>(&'a self, names: &'a [String]) -> BoxFuture<'a, Result<(), RemoteError>> {
        Box::pin(async move {
            let mut connection = self.line.connection();
            // Not `DEL`: freeing much memory must not hold up others.
            self.run(async move { redis::cmd("UNLINK").arg(names).query_async::<i64>(&mut connection).await }).await?;
            Ok(())
        })
    }

    fn claim<'a>(&'a self, name: &'a str, owner: &'a str, life: Duration) -> BoxFuture<'a, Result<bool, RemoteError>> {
        Box::pin(async move {
            let mut connection = self.line.connection();
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
            let mut connection = self.line.connection();
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

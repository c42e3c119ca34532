//! What is left of a limit over all replicas: the same algorithm as one script in Redis, by Redis's own clock.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use engine::search::SetupError;
use redis::{RedisResult, Script};
use tokio::time::Instant;

use super::{
    Key, Left, Quota,
    hand::{Hand, Hands},
};
use crate::redis_line::{Patience, RedisConnection, RedisSource};

/// Longest wait for Redis: every request waits for it.
const RESPONSE: Duration = Duration::from_millis(50);
/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_millis(200);
/// How long Redis is left alone after a failure.
const PAUSE: Duration = Duration::from_secs(1);

/// A twentieth of a burst is taken ahead: then one request in so many asks Redis.
const AHEAD: u32 = 20;

/// GCRA. KEYS: for whom is counted. ARGV: the interval in microseconds, the burst, how many are wanted and, for tests, the
/// time. Gives how many are allowed (what there is, if it is less), how many more are at once, and after how many
/// microseconds one more will be. What was written by a clock that went back since counts no longer than a whole quota takes
/// to come back.
const SCRIPT: &str = r"
local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local wanted, now = tonumber(ARGV[3]), tonumber(ARGV[4])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000000 + tonumber(time[2])
end
local whole = interval * burst
local function keep(time)
  redis.call('SET', KEYS[1], string.format('%.0f', time), 'PX', math.ceil((time - now) / 1000))
end
local full_at = tonumber(redis.call('GET', KEYS[1]) or now)
if full_at > now + whole then
  full_at = now + whole
  keep(full_at)
end
local earliest = full_at - (whole - interval)
if now < earliest then
  return {0, 0, earliest - now}
end
local from = math.max(full_at, now)
local there = math.floor((now + whole - from) / interval)
local taken = math.min(wanted, there)
keep(from + taken * interval)
return {taken, there - taken, interval}
";

/// Redis, through one multiplexed connection that reconnects by itself. Not the cache's: a limit does not queue behind
/// answers.
pub(super) struct Shared {
    connection: RedisConnection,
    script: Script,
    hands: Hands,
    started: Instant,
    /// When it may be asked again, in milliseconds since the start; 0 while it answers.
    pub(super) retry_at: AtomicU64,
    /// How long it is left alone after a failure.
    pub(super) pause: Duration,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("retry_at", &self.retry_at).finish_non_exhaustive()
    }
}

impl Shared {
    /// Connects when first used.
    pub(super) fn new(source: RedisSource) -> Result<Self, SetupError> {
        let connection = RedisConnection::new(source, Patience { response: RESPONSE, connection: CONNECT })?;
        let script = Script::new(SCRIPT);
        let hands = Hands::default();
        Ok(Self { connection, script, hands, started: Instant::now(), retry_at: AtomicU64::new(0), pause: PAUSE })
    }

    /// Counts one request; nothing when Redis does not answer.
    pub(super) async fn take(&self, key: &Key, quota: Quota) -> Option<Left> {
        if let Some(remaining) = self.hands.take(key) {
            return Some(Left { is_allowed: true, remaining, wait: quota.interval });
        }
        let wanted = (quota.burst / AHEAD).max(1);
        let (taken, beyond, wait) = self.ask(&key.name(), quota, wanted, None).await?;
        let here = taken.saturating_sub(1);
        if here > 0 {
            // As long as the whole quota takes to come back: what is lost by then is a twentieth of it.
            let until = Instant::now() + quota.interval.saturating_mul(quota.burst);
            self.hands.keep(key, Hand { here, beyond, until });
        }
        Some(Left { is_allowed: taken > 0, remaining: beyond.saturating_add(here), wait })
    }

    /// How many of these are allowed, how many are left beyond them, and how long one more takes. A test gives the time, in
    /// microseconds.
    pub(super) async fn ask(
        &self,
        name: &str,
        quota: Quota,
        wanted: u32,
        now: Option<u64>,
    ) -> Option<(u32, u32, Duration)> {
        if !self.may_ask() {
            return None;
        }
        let mut connection = self.connection.clone();
        let mut call = self.script.key(name);
        call.arg(micros_up(quota.interval)).arg(quota.burst).arg(wanted);
        if let Some(now) = now {
            call.arg(now);
        }
        let answer: RedisResult<(u32, u32, u64)> =
            match tokio::time::timeout(RESPONSE + CONNECT, call.invoke_async(&mut connection)).await {
                Ok(answer) => answer,
                Err(_) => Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()),
            };
        match answer {
            Ok((taken, beyond, wait)) => {
                if self.retry_at.swap(0, Ordering::AcqRel) != 0 {
                    tracing::info!("limits are counted in redis again");
                }
                Some((taken, beyond, Duration::from_micros(wait)))
            }
            Err(error) => {
                if self.retry_at.swap(self.after_a_pause(), Ordering::AcqRel) == 0 {
                    tracing::warn!(%error, "redis is away; each process counts limits by itself");
                }
                None
            }
        }
    }

    /// Whether it is worth asking. After a failure and a pause, one request finds out for all.
    fn may_ask(&self) -> bool {
        let retry_at = self.retry_at.load(Ordering::Acquire);
        let claim = |at| self.retry_at.compare_exchange(at, self.after_a_pause(), Ordering::AcqRel, Ordering::Acquire);
        retry_at == 0 || (retry_at <= self.now() && claim(retry_at).is_ok())
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn after_a_pause(&self) -> u64 {
        (self.now() + u64::try_from(self.pause.as_millis()).unwrap_or(1_000)).max(1)
    }
}

fn micros_up(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1_000)).unwrap_or(u64::MAX)
}

//! Turns at hosts that let few requests through, over all replicas: one number in Redis for each host, by Redis's clock.

use std::{sync::Arc, time::Duration};

use engine::{others::Agreed, source::SourceId};
use futures_util::future::BoxFuture;
use redis::Script;

use super::{Letter, Replicas, To};

/// Takes the next turn, unless it is too far away; gives how far it is. KEYS: when the host is free. ARGV: the interval and the longest
/// wait, in milliseconds.
const TURN: &str = r"
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local at = math.max(now, tonumber(redis.call('GET', KEYS[1]) or 0))
if at - now <= tonumber(ARGV[2]) then
  local free = at + tonumber(ARGV[1])
  redis.call('SET', KEYS[1], string.format('%.0f', free), 'PX', free - now)
end
return at - now
";

/// Lets nobody have a turn for so many milliseconds (ARGV).
const REST: &str = r"
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local free = math.max(now + tonumber(ARGV[1]), tonumber(redis.call('GET', KEYS[1]) or 0))
redis.call('SET', KEYS[1], string.format('%.0f', free), 'PX', free - now)
return 0
";

/// The turns of all replicas.
#[derive(Debug)]
pub struct Turns(pub Arc<Replicas>);

impl Agreed for Turns {
    fn turn<'a>(&'a self, host: &'a str, interval: Duration, most: Duration) -> BoxFuture<'a, Option<Duration>> {
        Box::pin(async move {
            let (way, name) = self.0.way()?;
            let (mut connection, script) = (way.line.connection(), Script::new(TURN));
            let mut call = script.key(key(name, host));
            call.arg(millis(interval)).arg(millis(most));
            let wait: u64 = way.line.run(async move { call.invoke_async(&mut connection).await }).await.ok()?;
            Some(Duration::from_millis(wait))
        })
    }

    fn rests(&self, source: SourceId, host: &str, rest: Duration) {
        let (replicas, host) = (Arc::clone(&self.0), host.to_owned());
        // Nobody waits for it: who does not hear it asks once, and is told the same.
        tokio::spawn(async move {
            let Some((way, name)) = replicas.way() else { return };
            let (mut connection, script) = (way.line.connection(), Script::new(REST));
            let mut call = script.key(key(name, &host));
            call.arg(millis(rest));
            let noted: Result<i64, _> = way.line.run(async move { call.invoke_async(&mut connection).await }).await;
            drop(noted);
            replicas.tell(To::All, &Letter::Rests { source, host, millis: millis(rest) }, b"").await;
        });
    }
}

fn key(name: &str, host: &str) -> String {
    format!("pake:{name}:turn:{host}")
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

//! Which searches run where: written into Redis while they run, so that any replica finds them, and so that those of a
//! replica that died are run again by another.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError, atomic::Ordering},
    time::Duration,
};

use chrono::{DateTime, Utc};
use engine::source::SourceId;
use redis::{Script, pipe};
use serde::{Deserialize, Serialize};
use tokio::{sync::Notify, time::interval};
use uuid::Uuid;

use super::{Letter, Replicas, To, Way};
use crate::{redis_line::Away, store::Scope};

/// How often a replica says that it lives, to Redis and to itself.
pub(super) const BEAT: Duration = Duration::from_secs(1);
/// Who has not said it for so long is dead; its searches are the others'.
const LEASE: Duration = Duration::from_secs(4);
/// After so long without any replica everything here is forgotten.
const FORGOTTEN: Duration = Duration::from_hours(1);
/// Length of an id in text: what a search is written with begins with who runs it.
const ID: usize = 36;

/// Says that this replica lives; takes over what the dead ran. Gives how many replicas live, and what was taken over. KEYS: when
/// each is dead, what each search is. ARGV: this replica, the lease and the time after which all is forgotten in milliseconds, and whether it inherits (0: no, it is
/// about to stop).
const SCRIPT: &str = r"
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
local dead = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)
local alive = redis.call('ZCARD', KEYS[1]) - #dead
if #dead == 0 or ARGV[4] == '0' then return {alive, {}} end
local is_dead, left = {}, {}
for _, replica in ipairs(dead) do
  is_dead[replica] = true
  redis.call('ZREM', KEYS[1], replica)
end
local searches = redis.call('HGETALL', KEYS[2])
for at = 1, #searches, 2 do
  local id, search = searches[at], searches[at + 1]
  if is_dead[string.sub(search, 1, 36)] then
    redis.call('HSET', KEYS[2], id, ARGV[1] .. string.sub(search, 37))
    left[#left + 1] = id
    left[#left + 1] = string.sub(search, 37)
  end
end
return {alive, left}
";

/// What is written down of a search that runs: enough to find it, and to run it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// Whose it is.
    pub scope: Scope,
    /// What was asked, as it was understood.
    pub query: String,
    /// Of whom; empty: of those that are asked by default.
    pub sources: Vec<SourceId>,
    /// Records asked of each source.
    pub limit: usize,
    /// Ask the sources although an answer is kept.
    pub refresh: bool,
    /// Whether it goes into the history.
    pub is_recorded: bool,
    /// When it was asked.
    pub started_at: DateTime<Utc>,
    /// How many replicas died while they ran it.
    pub deaths: u32,
}

/// The searches that run here.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    inner: Mutex<Inner>,
    bell: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    /// All that run here, as they are written.
    running: HashMap<Uuid, String>,
    /// Those that are not written yet.
    new: Vec<Uuid>,
    /// Those that ended since the last beat. What comes of them is in the database before they are crossed out.
    ended: Vec<Uuid>,
    /// Those that ended before it.
    over: Vec<Uuid>,
}

impl Ledger {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Replicas {
    /// A search runs here from now on.
    pub fn runs(&self, id: Uuid, running: &Running) {
        let Some(text) = self.way().and_then(|_| serde_json::to_string(running).ok()) else { return };
        let mut ledger = self.ledger.lock();
        ledger.running.insert(id, format!("{}{text}", self.id));
        ledger.new.push(id);
        drop(ledger);
        self.ledger.bell.notify_one();
    }

    /// It has come to its end.
    pub fn ended(&self, id: Uuid) {
        let mut ledger = self.ledger.lock();
        if ledger.running.remove(&id).is_some() {
            ledger.ended.push(id);
        }
    }

    /// Crosses out what has come to its end here, so that nobody runs it again when this replica is gone. To be called when what came
    /// of it is in the database.
    pub async fn leave(&self) {
        let Some((way, name)) = self.way() else { return };
        let over = {
            let mut ledger = self.ledger.lock();
            [std::mem::take(&mut ledger.over), std::mem::take(&mut ledger.ended)].concat()
        };
        if over.is_empty() {
            return;
        }
        let mut connection = way.line.connection();
        let key = searches(name);
        let names: Vec<_> = over.iter().map(Uuid::to_string).collect();
        let cross_out = async move { redis::cmd("HDEL").arg(key).arg(names).query_async(&mut connection).await };
        let crossed_out: Result<(), _> = way.line.run(cross_out).await;
        // Whoever runs them again finds in the database what came of them.
        drop(crossed_out);
    }

    /// Who runs a search, and what it is; nothing when nobody does.
    pub async fn runner_of(&self, id: Uuid) -> Result<Option<(Uuid, Running)>, Away> {
        let Some((way, name)) = self.way() else { return Ok(None) };
        let mut connection = way.line.connection();
        let key = searches(name);
        let find = async move { redis::cmd("HGET").arg(key).arg(id.to_string()).query_async(&mut connection).await };
        let found: Option<String> = way.line.run(find).await?;
        Ok(found.and_then(|found| {
            let (owner, text) = found.split_at_checked(ID)?;
            Some((owner.parse().ok()?, serde_json::from_str(text).ok()?))
        }))
    }

    /// Keeps in Redis what is written down here, says that this replica lives, and as long as it may inherit hands what the dead ran to
    /// `inherit`; until it is dropped.
    pub async fn keep_ledger(&self, may_inherit: impl Fn() -> bool, inherit: impl Fn(Uuid, Running)) {
        let Some((way, name)) = self.way() else { return };
        let mut beat = interval(BEAT);
        let mut is_written = true;
        loop {
            let is_beat = tokio::select! {
                () = self.ledger.bell.notified() => false,
                _ = beat.tick() => true,
            };
            // What was written before Redis went may be gone with it.
            if self.write(way, name, !is_written, is_beat).await.is_err() {
                is_written = false;
                continue;
            }
            is_written = true;
            if is_beat {
                self.tell(To::One(self.id), &Letter::Beat, b"").await;
                for (id, running) in self.live(way, name, may_inherit()).await.unwrap_or_default() {
                    inherit(id, running);
                }
            }
        }
    }

    /// Writes what began, or all of it, and crosses out what is over.
    async fn write(&self, way: &Way, name: &str, all: bool, is_beat: bool) -> Result<(), Away> {
        let mut pipe = pipe();
        let key = searches(name);
        {
            let mut ledger = self.ledger.lock();
            let new = std::mem::take(&mut ledger.new);
            let new = if all { ledger.running.keys().copied().collect() } else { new };
            for id in &new {
                if let Some(text) = ledger.running.get(id) {
                    pipe.hset(&key, id.to_string(), text).ignore();
                }
            }
            if is_beat {
                let ended = std::mem::take(&mut ledger.ended);
                for id in std::mem::replace(&mut ledger.over, ended) {
                    pipe.hdel(&key, id.to_string()).ignore();
                }
            }
        }
        if pipe.is_empty() {
            return Ok(());
        }
        let mut connection = way.line.connection();
        way.line.run(async move { pipe.query_async(&mut connection).await }).await
    }

    /// Says that this replica lives; gives what it inherits, if it may.
    async fn live(&self, way: &Way, name: &str, may_inherit: bool) -> Result<Vec<(Uuid, Running)>, Away> {
        let mut connection = way.line.connection();
        let script = Script::new(SCRIPT);
        let mut call = script.key(format!("pake:{{{name}}}:replicas"));
        call.key(searches(name)).arg(self.id.to_string());
        call.arg(millis(LEASE)).arg(millis(FORGOTTEN)).arg(u8::from(may_inherit));
        let (alive, left): (usize, Vec<(String, String)>) =
            way.line.run(async move { call.invoke_async(&mut connection).await }).await?;
        self.has_others.store(alive > 1, Ordering::Relaxed);
        let read = |(id, text): (String, String)| Some((id.parse().ok()?, serde_json::from_str(&text).ok()?));
        Ok(left.into_iter().filter_map(read).collect())
    }
}

/// Within braces stands what a cluster goes by: a script may only look at names that are at one server.
fn searches(name: &str) -> String {
    format!("pake:{{{name}}}:searches")
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

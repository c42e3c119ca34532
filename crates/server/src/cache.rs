//! What is kept so that nobody is asked twice: whole answers and the pages of single sources.
//!
//! L1 is memory, bounded in bytes; L2 is Redis, shared by all replicas, or nothing. Losing L2 costs time, never an
//! answer: each of its operations has a short time limit, and after a failure it is left alone for a moment.

mod memory;
mod none;
mod redis;
mod remote;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use engine::{
    connector::Page,
    search::{KnownPage, SetupError},
    source::SourceId,
    sources::entry_of,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::{
    memory::Memory,
    remote::{Remote, RemoteError, RemoteState},
};
use crate::{
    answer::{Answer, size_of},
    config::{CacheConfig, RedisConfig},
    packing::{pack, unpack},
    redis_line::RedisSource,
};

/// An empty page says little: it is believed for ten minutes at most (sources.md §3.1).
const EMPTY_FRESH: Duration = Duration::from_mins(10);
/// How much of the memory goes to pages, which take much for what they are; the rest is for answers.
const PAGES_SHARE: u64 = 4;
/// How much of the memory for answers goes to the names of questions.
const NAMES_SHARE: u64 = 16;

/// Both tiers.
#[derive(Debug)]
pub struct Cache {
    /// Answers, by the question they answer.
    pub answers: Memory<Answer>,
    /// Names of questions as they were understood, by the same as they were typed. Names and not answers: an answer that
    /// had to make room must not be held by every way of asking for it.
    typed: Memory<String>,
    /// Pages of sources, by the question to the source.
    pages: Memory<KeptPage>,
    /// The latest clearing of all caches that was heard of.
    clearing: Mutex<Option<Uuid>>,
    /// The tier shared with other replicas.
    pub remote: Box<dyn Remote>,
}

/// A page of a source and when it was fetched.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KeptPage {
    page: Arc<Page>,
    fetched_at: DateTime<Utc>,
}

impl Cache {
    /// The tiers that the configuration asks for. Redis is connected to when it is first used: a PAKE whose Redis is
    /// away starts all the same.
    pub fn new(config: &CacheConfig, redis: &RedisConfig) -> Result<Self, SetupError> {
        let bytes = if config.enabled { config.memory_mb << 20 } else { 0 };
        let remote: Box<dyn Remote> = match RedisSource::of(redis)? {
            Some(source) if config.enabled => Box::new(self::redis::Redis::new(source)?),
            _ => Box::new(none::None),
        };
        let (pages, answers) = (bytes / PAGES_SHARE, bytes - bytes / PAGES_SHARE);
        Ok(Self {
            answers: Memory::new(answers - answers / NAMES_SHARE),
            typed: Memory::new(answers / NAMES_SHARE),
            pages: Memory::new(pages),
            clearing: Mutex::default(),
            remote,
        })
    }

    /// The answer to a question as it was typed.
    pub fn answer_as_typed(&self, typed: &str) -> Option<Arc<Answer>> {
        self.answers.get(self.typed.get(typed)?.as_str())
    }

    /// Remembers for `life` that the question typed like this was understood as `key`.
    pub fn understood(&self, typed: String, key: &str, life: Duration) {
        self.typed.put(typed, Arc::new(key.to_owned()), key.len(), life);
    }

    /// Kept pages for these questions (source and key), as fresh or stale as each source's terms allow at `now`.
    pub async fn pages(&self, questions: &[(SourceId, String)], now: DateTime<Utc>) -> Vec<(SourceId, KnownPage)> {
        let mut found = Vec::new();
        let mut missing = Vec::new();
        for (source, key) in questions {
            match self.pages.get(key) {
                Some(kept) => found.extend(kept.known(*source, now).map(|known| (*source, known))),
                None if entry_of(*source).cache.store => missing.push((*source, key)),
                None => {}
            }
        }
        if missing.is_empty() || !self.remote.is_there() {
            return found;
        }
        let names: Vec<String> = missing.iter().map(|(_, key)| page_name(key)).collect();
        let Ok(answers) = self.remote.get(&names).await else { return found };
        for ((source, key), bytes) in missing.into_iter().zip(answers) {
            let Some(kept) = bytes.and_then(|bytes| unpack::<KeptPage>(&bytes)) else { continue };
            found.extend(kept.known(source, now).map(|known| (source, known)));
            self.keep_in_memory(source, key.clone(), kept);
        }
        found
    }

    /// Keeps a page as long as its source's terms allow.
    pub async fn keep_page(&self, source: SourceId, key: String, page: Arc<Page>, fetched_at: DateTime<Utc>) {
        let policy = entry_of(source).cache;
        let kept = KeptPage { page, fetched_at };
        let life = kept.life(source);
        if policy.store
            && self.remote.is_there()
            && let Some(bytes) = pack(&kept)
        {
            // A tier that is away is not an error of this search; its state says so.
            let _ = self.remote.put(page_name(&key), bytes, life).await;
        }
        self.keep_in_memory(source, key, kept);
    }

    /// Bytes held in memory, by our estimate.
    pub fn bytes(&self) -> u64 {
        self.answers.bytes() + self.typed.bytes() + self.pages.bytes()
    }

    /// The latest clearing of all caches is this one; what is in memory goes, unless that was heard before. `true`: it went.
    pub fn heard_of_clearing(&self, clearing: Option<Uuid>) -> bool {
        // Nothing: there was none, or it is forgotten by now.
        let clearing = clearing.unwrap_or(Uuid::nil());
        let mut known = self.clearing.lock().unwrap_or_else(PoisonError::into_inner);
        // The first one that is heard of was before this process had anything.
        let is_news = known.is_some_and(|known| known < clearing);
        *known = (*known).max(Some(clearing));
        drop(known);
        if is_news {
            self.clear();
        }
        is_news
    }

    /// Forgets everything in memory.
    pub fn clear(&self) {
        self.answers.clear();
        self.typed.clear();
        self.pages.clear();
    }

    fn keep_in_memory(&self, source: SourceId, key: String, kept: KeptPage) {
        let life = kept.life(source);
        let size = kept.size();
        self.pages.put(key, Arc::new(kept), size, life);
    }
}

impl KeptPage {
    /// How long it is worth keeping at all.
    fn life(&self, source: SourceId) -> Duration {
        let policy = entry_of(source).cache;
        if self.page.records.is_empty() { EMPTY_FRESH } else { policy.fresh.max(policy.stale_ok) }
    }

    fn known(&self, source: SourceId, now: DateTime<Utc>) -> Option<KnownPage> {
        let policy = entry_of(source).cache;
        // A clock that jumped back makes a page look young; it is no reason to throw it away.
        let age = (now - self.fetched_at).to_std().unwrap_or_default();
        let fresh_for = if self.page.records.is_empty() { EMPTY_FRESH.min(policy.fresh) } else { policy.fresh };
        if age >= self.life(source) {
            return None;
        }
        Some(KnownPage { page: Arc::clone(&self.page), fetched_at: self.fetched_at, fresh: age < fresh_for })
    }

    /// A fair estimate of the memory it takes.
    fn size(&self) -> usize {
        self.page.records.iter().map(|record| size_of(record)).sum::<usize>() + 200
    }
}

fn page_name(key: &str) -> String {
    format!("pake:l2:page:{key}")
}

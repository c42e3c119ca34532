//! The tier in this process's memory, bounded in bytes; each entry has its own life.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use moka::{Expiry, policy::EvictionPolicy, sync};

/// For what is at least so large, room is made at once.
const LARGE: usize = 16 << 10;

/// Values by key, at most so many bytes of them; what nobody has wanted for longest goes first. (By how often each is wanted,
/// as moka has it, an answer just made would not be kept once the room is full: whoever asks the same would ask the sources.)
#[derive(Debug)]
pub struct Memory<V: Send + Sync + 'static>(sync::Cache<String, Kept<V>>);

#[derive(Debug)]
struct Kept<V> {
    value: Arc<V>,
    size: u32,
    life: Duration,
}

impl<V> Clone for Kept<V> {
    fn clone(&self) -> Self {
        Self { value: Arc::clone(&self.value), size: self.size, life: self.life }
    }
}

struct OwnLife;

impl<V> Expiry<String, Kept<V>> for OwnLife {
    fn expire_after_create(&self, _key: &String, kept: &Kept<V>, _now: Instant) -> Option<Duration> {
        Some(kept.life)
    }

    fn expire_after_update(
        &self,
        _key: &String,
        kept: &Kept<V>,
        _now: Instant,
        _left: Option<Duration>,
    ) -> Option<Duration> {
        Some(kept.life)
    }
}

impl<V: Send + Sync + 'static> Memory<V> {
    /// A tier of at most `bytes`; 0 keeps nothing.
    pub fn new(bytes: u64) -> Self {
        let cache = sync::Cache::builder()
            .max_capacity(bytes)
            .eviction_policy(EvictionPolicy::lru())
            .weigher(|key: &String, kept: &Kept<V>| {
                u32::try_from(key.len() + 200).unwrap_or(u32::MAX).saturating_add(kept.size)
            })
            .expire_after(OwnLife)
            .build();
        Self(cache)
    }

    /// The value kept under `key`.
    pub fn get(&self, key: &str) -> Option<Arc<V>> {
        self.0.get(key).map(|kept| kept.value)
    }

    /// Keeps `value` of about `size` bytes for at most `life`.
    pub fn put(&self, key: String, value: Arc<V>, size: usize, life: Duration) {
        if life.is_zero() {
            return;
        }
        self.0.insert(key, Kept { value, size: u32::try_from(size).unwrap_or(u32::MAX), life });
        if size >= LARGE {
            // Room is made for many at a time otherwise: too much to hold meanwhile.
            self.0.run_pending_tasks();
        }
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.0.invalidate_all();
    }

    /// Bytes held, by our estimate.
    pub fn bytes(&self) -> u64 {
        self.0.weighted_size()
    }
}

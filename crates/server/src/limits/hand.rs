//! What was taken from Redis ahead, so that not every request asks there. It counts there already: at worst a little of a
//! quota is lost at each replica.

use std::{
    array,
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::time::Instant;

use super::Key;

/// Parts of the table; each has a lock of its own.
const PARTS: usize = 16;
/// Most keys in a part; then it begins anew.
const MOST_KEYS: usize = 2048;

/// What is in hand for each key.
#[derive(Debug)]
pub(super) struct Hands {
    hasher: RandomState,
    parts: [Mutex<HashMap<Key, Hand>>; PARTS],
}

/// What is in hand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hand {
    /// So many requests.
    pub(super) here: u32,
    /// So many more were left in Redis.
    pub(super) beyond: u32,
    /// When what is in hand is worth nothing any more.
    pub(super) until: Instant,
}

impl Default for Hands {
    fn default() -> Self {
        Self { hasher: RandomState::new(), parts: array::from_fn(|_| Mutex::default()) }
    }
}

impl Hands {
    /// Uses one of those in hand; gives how many are left, here and in Redis.
    pub(super) fn take(&self, key: &Key) -> Option<u32> {
        let mut part = self.part(key);
        let hand = part.get_mut(key)?;
        if hand.here == 0 || hand.until <= Instant::now() {
            part.remove(key);
            return None;
        }
        hand.here -= 1;
        Some(hand.here.saturating_add(hand.beyond))
    }

    /// Keeps what was taken ahead.
    pub(super) fn keep(&self, key: &Key, hand: Hand) {
        let mut part = self.part(key);
        if part.len() >= MOST_KEYS {
            part.clear();
        }
        part.insert(*key, hand);
    }

    fn part(&self, key: &Key) -> MutexGuard<'_, HashMap<Key, Hand>> {
        let hash = self.hasher.hash_one(key);
        self.parts[(hash >> 48) as usize % PARTS].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! What is left of a limit in this process: `governor`'s GCRA over a table that cannot grow without bound.

use std::{
    collections::HashMap,
    hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState},
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
};

use governor::{RateLimiter, clock::Clock, middleware::StateInformationMiddleware, nanos::Nanos, state::StateStore};
use tokio::time::Instant;

use super::{Key, Left, Quota};

/// Parts of the table; each has a lock of its own.
const PARTS: usize = 64;
/// Most keys in a part: 64 K in all, which take 2 MiB.
const MOST_KEYS: usize = 1024;

/// A limit in this process.
#[derive(Debug)]
pub(super) struct Local {
    quota: Quota,
    table: Arc<Table>,
    limiter: RateLimiter<u64, Shelf, SinceStart, StateInformationMiddleware>,
}

impl Local {
    /// A limit of this quota; what is left of it is kept in `table`.
    pub(super) fn new(quota: Quota, table: &Arc<Table>) -> Self {
        let burst = NonZeroU32::new(quota.burst).unwrap_or(NonZeroU32::MIN);
        let rate = governor::Quota::with_period(quota.interval).unwrap_or(governor::Quota::per_second(NonZeroU32::MAX));
        let shelf = Shelf(Arc::clone(table));
        let limiter = RateLimiter::new(rate.allow_burst(burst), shelf, SinceStart(Instant::now()));
        Self { quota, table: Arc::clone(table), limiter }
    }

    /// Counts one request.
    pub(super) fn take(&self, key: &Key) -> Left {
        match self.limiter.check_key(&self.table.hash(key)) {
            Ok(state) => Left {
                is_allowed: true,
                remaining: state.remaining_burst_capacity(),
                // At the latest: what is under way comes earlier.
                wait: self.quota.interval,
            },
            Err(until) => {
                Left { is_allowed: false, remaining: 0, wait: until.wait_time_from(self.limiter.clock().now()) }
            }
        }
    }
}

/// Durations since the limit was made.
#[derive(Debug)]
struct SinceStart(Instant);

impl Clock for SinceStart {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        self.0.elapsed().into()
    }
}

/// The time at which each key will have its whole quota again (GCRA's theoretical arrival time), in nanoseconds since the
/// start. Shared by all limits, whose starts are nearly the same.
#[derive(Debug)]
pub(super) struct Table {
    /// Chosen by chance, so that nobody can choose keys that fall together.
    hasher: RandomState,
    parts: [Mutex<Part>; PARTS],
}

type Part = HashMap<u64, u64, BuildHasherDefault<AsItIs>>;

impl Default for Table {
    fn default() -> Self {
        Self { hasher: RandomState::new(), parts: std::array::from_fn(|_| Mutex::default()) }
    }
}

impl Table {
    fn hash(&self, key: &Key) -> u64 {
        self.hasher.hash_one(key)
    }

    fn part(&self, hash: u64) -> &Mutex<Part> {
        // Neither the lowest nor the highest bits: the map goes by those.
        &self.parts[(hash >> 32) as usize % PARTS]
    }

    /// How many keys there are.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.parts.iter().map(|part| part.lock().unwrap().len()).sum()
    }
}

/// The table, as one of the limits uses it.
#[derive(Debug)]
struct Shelf(Arc<Table>);

impl StateStore for Shelf {
    type Key = u64;

    fn measure_and_replace<T, F, E>(&self, hash: &u64, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut part = self.0.part(*hash).lock().unwrap_or_else(PoisonError::into_inner);
        let (outcome, full_at) = measure(part.get(hash).copied().map(Nanos::from))?;
        if part.insert(*hash, full_at.as_u64()).is_none() && part.len() > MOST_KEYS {
            forget_half(&mut part);
        }
        Ok(outcome)
    }
}

/// Forgets the keys that have their quota back soonest. Whoever has used theirs up cannot be pushed out by many that ask
/// once each.
fn forget_half(part: &mut Part) {
    let mut times: Vec<u64> = part.values().copied().collect();
    let middle = times.len() / 2;
    let (_, median, _) = times.select_nth_unstable(middle);
    let median = *median;
    part.retain(|_, time| *time > median);
}

/// The keys are hashes already.
#[derive(Debug, Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

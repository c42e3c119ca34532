//! Names for what comes and goes. Time and chance are passed in, so that a test decides them.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use engine::clock::SharedClock;
use uuid::Uuid;

/// Makes ids.
#[derive(Debug)]
pub struct Ids {
    clock: SharedClock,
    chance: Chance,
    process: u64,
    requests: AtomicU64,
}

/// Where the random part of an id comes from.
#[derive(Debug)]
enum Chance {
    /// The system's random numbers.
    System,
    /// 1, 2, 3 …: for tests.
    Counted(AtomicU64),
}

impl Ids {
    /// Ids that cannot be guessed.
    pub fn random(clock: SharedClock) -> Self {
        let process = Uuid::new_v4().as_u64_pair().1;
        Self { clock, chance: Chance::System, process, requests: AtomicU64::new(0) }
    }

    /// Ids that are the same in each run: for tests.
    pub const fn counted(clock: SharedClock) -> Self {
        Self { clock, chance: Chance::Counted(AtomicU64::new(1)), process: 0, requests: AtomicU64::new(1) }
    }

    /// The next id of a thing that lasts (a search, an entry of the history): a UUID of version 7, which sorts by time.
    pub fn next(&self) -> Uuid {
        let millis = u64::try_from(self.clock.now().timestamp_millis()).unwrap_or(0);
        let chance = match &self.chance {
            Chance::System => Uuid::new_v4().as_u128(),
            Chance::Counted(next) => u128::from(next.fetch_add(1, Ordering::Relaxed)),
        };
        // The ten last bytes are the random part; version and variant are put over some of its bits.
        let mut random = [0; 10];
        random.copy_from_slice(&chance.to_be_bytes()[6..]);
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }

    /// A time of up to so much, by chance.
    pub fn up_to(&self, most: Duration) -> Duration {
        match self.chance {
            Chance::System => most / 1_000 * u32::try_from(Uuid::new_v4().as_u128() % 1_001).unwrap_or(0),
            Chance::Counted(_) => most,
        }
    }

    /// The next id of a request, unique within and across processes: 24 hexadecimal digits, made without a system call.
    pub fn request(&self) -> [u8; 24] {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let mut id = [0; 24];
        write_hex(&mut id[..16], self.process);
        write_hex(&mut id[16..], number);
        id
    }
}

/// Writes the last digits of `value`, as many as there is room for.
fn write_hex(room: &mut [u8], mut value: u64) {
    for digit in room.iter_mut().rev() {
        *digit = b"0123456789abcdef"[(value & 15) as usize];
        value >>= 4;
    }
}

#[cfg(test)]
mod tests {
    use chrono::{Duration, TimeZone, Utc};
    use engine::clock::FixedClock;

    use super::*;

    #[test]
    fn ids_of_things_sort_by_time_and_never_repeat() {
        let clock = FixedClock::at(Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap());
        for ids in [Ids::random(clock.clone()), Ids::counted(clock.clone())] {
            let first = ids.next();
            assert_ne!(first, ids.next());
            assert_eq!(first.get_version_num(), 7);
            clock.advance(Duration::milliseconds(1));
            assert!(ids.next() > first);
        }
    }

    #[test]
    fn counted_ids_are_the_same_in_each_run() {
        let ids = Ids::counted(FixedClock::at(Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap()));
        assert_eq!(ids.next().to_string(), "019b76da-a800-7000-8000-000000000001");
        assert_eq!(&ids.request(), b"000000000000000000000001");
        assert_eq!(&ids.request(), b"000000000000000000000002");
    }

    #[test]
    fn two_processes_have_different_ids() {
        let clock = FixedClock::at(Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap());
        assert_ne!(Ids::random(clock.clone()).request(), Ids::random(clock).request());
    }
}

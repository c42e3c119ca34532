//! How many attempts may be made, and how long the next one has to wait. Pure: what the time is comes from outside.

use std::time::Duration;

use crate::store::sign_in_attempts::Attempts;

/// The first wait, and the first lock; each next one is twice as long.
const FIRST_WAIT: i64 = 1_000;
const FIRST_LOCK: i64 = minutes(15);
/// The longest of them.
const LONGEST_WAIT: i64 = minutes(15);
const LONGEST_LOCK: i64 = minutes(60);
/// After so long without an attempt earlier locks are forgotten.
pub(super) const MEMORY: i64 = minutes(24 * 60);
/// How far the clocks of replicas may be apart. What was written later than that was written by a clock that went back.
const APART: i64 = minutes(1);

const fn minutes(minutes: i64) -> i64 {
    minutes * 60_000
}

/// How many attempts may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rule {
    /// For how long an attempt counts.
    window: i64,
    /// So many without waiting; then each wait is twice as long.
    free: usize,
    /// So many altogether; then none for a while.
    most: usize,
}

impl Rule {
    /// For one account: four, after a second a fifth, and that is all for a quarter of an hour.
    pub(super) const ACCOUNT: Self = Self { window: minutes(15), free: 4, most: 5 };
    /// For one address, whatever the accounts. Many people may share it: it is slowed down, and never locked.
    pub(super) const ADDRESS: Self = Self { window: minutes(60), free: 20, most: usize::MAX };

    /// Counts an attempt at `now`, as long as it may be made; else how long it has to wait.
    pub(super) fn count(self, attempts: &mut Attempts, now: i64) -> Result<(), Duration> {
        if attempts.changed_at > now + APART {
            *attempts = Attempts::default();
        }
        let wait = attempts.free_at - now;
        if wait > 0 {
            return Err(Duration::from_millis(wait.unsigned_abs()));
        }
        if now - attempts.changed_at > MEMORY {
            attempts.locks = 0;
        }
        attempts.times.retain(|time| now - time < self.window);
        attempts.times.push(now);
        attempts.changed_at = now;
        attempts.free_at = if self.is_locked(attempts) {
            attempts.locks += 1;
            now + doubled(FIRST_LOCK, attempts.locks as usize - 1, LONGEST_LOCK)
        } else {
            now + self.wait(attempts.times.len())
        };
        Ok(())
    }

    /// Whether no further attempt may be made for a while.
    pub(super) fn is_locked(self, attempts: &Attempts) -> bool {
        attempts.times.len() >= self.most
    }

    /// Takes back the attempt that was counted at `at`: it succeeded.
    pub(super) fn take_back(self, attempts: &mut Attempts, at: i64, now: i64) {
        let Some(place) = attempts.times.iter().position(|time| *time == at) else { return };
        if self.is_locked(attempts) {
            attempts.locks = attempts.locks.saturating_sub(1);
        }
        attempts.times.remove(place);
        let last = attempts.times.last().copied().unwrap_or(at);
        attempts.free_at = attempts.free_at.min(last + self.wait(attempts.times.len()));
        attempts.changed_at = now;
    }

    /// How long the next attempt has to wait after so many.
    fn wait(self, made: usize) -> i64 {
        match made.checked_sub(self.free) {
            None => 0,
            Some(beyond) => doubled(FIRST_WAIT, beyond, LONGEST_WAIT),
        }
    }
}

/// `first`, doubled so many times, but at most `longest`.
fn doubled(first: i64, times: usize, longest: i64) -> i64 {
    // Twenty times are more than a week.
    (first << times.min(20)).min(longest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Some moment.
    const NOW: i64 = 1_790_000_000_000;

    /// How long each attempt has to wait that is made as soon as it may, in seconds.
    fn waits(rule: Rule, attempts: &mut Attempts, count: usize) -> Vec<i64> {
        let mut now = NOW.max(attempts.changed_at);
        let mut waits = Vec::new();
        for _ in 0..count {
            let wait = (attempts.free_at - now).max(0);
            waits.push(wait / 1_000);
            now += wait;
            assert_eq!(rule.count(attempts, now), Ok(()));
        }
        waits
    }

    #[test]
    fn an_account_is_locked_after_five_in_a_quarter_of_an_hour_for_longer_each_time() {
        let mut attempts = Attempts::default();
        let quarter = 15 * 60;
        assert_eq!(waits(Rule::ACCOUNT, &mut attempts, 5), [0, 0, 0, 0, 1]);
        assert!(Rule::ACCOUNT.is_locked(&attempts));
        assert_eq!(waits(Rule::ACCOUNT, &mut attempts, 5), [quarter, 0, 0, 0, 1]);
        assert_eq!(waits(Rule::ACCOUNT, &mut attempts, 10), [2 * quarter, 0, 0, 0, 1, 4 * quarter, 0, 0, 0, 1]);
        assert_eq!(waits(Rule::ACCOUNT, &mut attempts, 1), [4 * quarter], "never longer than an hour");
        let mut later = attempts.clone();
        let next_day = attempts.changed_at + MEMORY + 1;
        for attempt in 0..5 {
            Rule::ACCOUNT.count(&mut later, next_day + 2_000 * attempt).unwrap();
        }
        assert_eq!(later.locks, 1, "after a day without an attempt it begins anew");
    }

    #[test]
    fn five_that_are_further_apart_lock_nothing() {
        let mut attempts = Attempts::default();
        for attempt in 0..20 {
            Rule::ACCOUNT.count(&mut attempts, NOW + attempt * minutes(4)).unwrap();
            assert!(!Rule::ACCOUNT.is_locked(&attempts));
        }
    }

    #[test]
    fn an_address_waits_longer_and_longer_and_is_never_locked() {
        let mut attempts = Attempts::default();
        let waits = waits(Rule::ADDRESS, &mut attempts, 33);
        assert_eq!(waits[..20], [0; 20]);
        assert_eq!(waits[20..], [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
        assert_eq!(attempts.locks, 0);
    }

    #[test]
    fn an_attempt_that_succeeded_leaves_nothing_behind() {
        for before in 0..5 {
            let mut attempts = Attempts::default();
            for attempt in 0..before {
                Rule::ACCOUNT.count(&mut attempts, NOW + 2_000 * attempt).unwrap();
            }
            let at = NOW + 2_000 * before;
            let untouched = attempts.clone();
            Rule::ACCOUNT.count(&mut attempts, at).unwrap();
            Rule::ACCOUNT.take_back(&mut attempts, at, at + 300);
            assert_eq!((&attempts.times, attempts.locks), (&untouched.times, untouched.locks));
            assert!(attempts.free_at <= untouched.free_at.max(at), "{before}");
        }
        let mut attempts = Attempts::default();
        Rule::ACCOUNT.take_back(&mut attempts, NOW, NOW);
        assert_eq!(attempts, Attempts::default(), "somebody else has cleared it");
    }

    #[test]
    fn a_clock_that_goes_back_locks_nobody_for_longer_than_before() {
        let mut locked = Attempts::default();
        waits(Rule::ACCOUNT, &mut locked, 5);
        let now = locked.changed_at;
        for back in [minutes(2), minutes(60 * 24 * 365), now] {
            let mut attempts = locked.clone();
            assert_eq!(Rule::ACCOUNT.count(&mut attempts, now - back), Ok(()));
            assert_eq!(attempts.times, [now - back]);
        }
        let wait = Rule::ACCOUNT.count(&mut locked.clone(), now - minutes(1)).unwrap_err();
        assert_eq!(wait, Duration::from_mins(16), "that much the clocks of replicas may be apart");
    }

    proptest! {
        #[test]
        fn never_more_than_five_in_a_quarter_of_an_hour_and_never_locked_for_more_than_an_hour(
            pauses in proptest::collection::vec(prop_oneof![0_i64..3_000, 0_i64..2_000_000], 1..200),
        ) {
            let (mut attempts, mut now, mut made) = (Attempts::default(), NOW, Vec::new());
            for pause in pauses {
                now += pause;
                match Rule::ACCOUNT.count(&mut attempts, now) {
                    Ok(()) => made.push(now),
                    Err(wait) => prop_assert!(wait <= Duration::from_hours(1)),
                }
                prop_assert!(made.iter().filter(|time| now - **time < Rule::ACCOUNT.window).count() <= 5);
                prop_assert!(attempts.times.len() <= 5);
            }
        }
    }
}

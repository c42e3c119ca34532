//! Who was let in lately. While the database is away they may go on asking and reading searches for a minute, as what they
//! were then; whatever administers or writes needs the database anyway.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;
use uuid::Uuid;

use crate::access::Caller;

/// How long whoever was let in is believed to be who they were: they may have been signed out since.
pub const BELIEVED: TimeDelta = TimeDelta::seconds(60);
/// Who was looked up so lately need not be written down anew.
const NEW: TimeDelta = TimeDelta::seconds(5);
/// Most that are remembered.
const MOST: usize = 10_000;
/// How long the database is left alone after it did not answer, by those who can do without.
const PAUSE: Duration = Duration::from_secs(1);

/// What somebody has shown.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Shown {
    /// An access token of this session, which was signed as it should be.
    Session(Uuid),
    /// The API token with this hash.
    Token(String),
}

/// Who was let in lately.
#[derive(Debug)]
pub struct RecentCallers {
    known: Mutex<HashMap<Shown, (DateTime<Utc>, Caller)>>,
    /// Counts the departures: what was looked up before one may be wrong after it.
    departures: AtomicU64,
    started: Instant,
    /// When the database may be asked again, in milliseconds since the start; 0 while it answers.
    retry_at: AtomicU64,
}

impl Default for RecentCallers {
    fn default() -> Self {
        Self {
            known: Mutex::default(),
            departures: AtomicU64::new(0),
            started: Instant::now(),
            retry_at: AtomicU64::new(0),
        }
    }
}

impl RecentCallers {
    /// When they were let in and who this was then, unless that is too long ago. They are marked as remembered.
    pub fn get(&self, shown: &Shown, now: DateTime<Utc>) -> Option<(DateTime<Utc>, Caller)> {
        let known = self.lock();
        let (at, caller) = known.get(shown).filter(|(at, _)| is_within(*at, now, BELIEVED))?;
        Some((*at, Caller { is_remembered: true, ..caller.clone() }))
    }

    /// What a look-up that begins now has to be kept with.
    pub fn departures(&self) -> u64 {
        self.departures.load(Ordering::Acquire)
    }

    /// They were looked up and let in, when there had been so many departures.
    pub fn keep(&self, shown: Shown, caller: &Caller, departures: u64, now: DateTime<Utc>) {
        let mut known = self.lock();
        // Whoever left meanwhile is not let in again.
        if self.departures() != departures {
            return;
        }
        let is_known = |(at, known): &(DateTime<Utc>, Caller)| known == caller && is_within(*at, now, NEW);
        if known.get(&shown).is_some_and(is_known) {
            return;
        }
        if known.len() >= MOST {
            known.retain(|_, (at, _)| is_within(*at, now, BELIEVED));
        }
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(shown, (now, caller.clone()));
    }

    /// They were looked up, and are nobody.
    pub fn forget(&self, shown: &Shown) {
        self.lock().remove(shown);
    }

    /// A session of this person has ended, or they may less than before.
    pub fn depart(&self, person: Uuid) {
        let mut known = self.lock();
        self.departures.fetch_add(1, Ordering::AcqRel);
        known.retain(|_, (_, caller)| caller.scope.user != person);
    }

    /// Whether the database is worth asking. After a failure and a pause, one finds out for all.
    pub fn may_ask(&self) -> bool {
        let retry_at = self.retry_at.load(Ordering::Acquire);
        let claim = |at| self.retry_at.compare_exchange(at, self.after_a_pause(), Ordering::AcqRel, Ordering::Acquire);
        retry_at == 0 || (retry_at <= self.now() && claim(retry_at).is_ok())
    }

    /// How the database answered.
    pub fn asked(&self, has_answered: bool) {
        self.retry_at.store(if has_answered { 0 } else { self.after_a_pause() }, Ordering::Release);
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn after_a_pause(&self) -> u64 {
        self.now().saturating_add(u64::try_from(PAUSE.as_millis()).unwrap_or(1_000)).max(1)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Shown, (DateTime<Utc>, Caller)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether it was so lately. A clock that went back says nothing.
fn is_within(at: DateTime<Utc>, now: DateTime<Utc>, most: TimeDelta) -> bool {
    at <= now && now - at < most
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::now;

    fn session(number: usize) -> Shown {
        Shown::Session(Uuid::from_u128(number as u128))
    }

    #[test]
    fn they_are_remembered_for_a_minute_and_marked() {
        let recent = RecentCallers::default();
        recent.keep(session(1), &Caller::local(), 0, now());
        let (_, found) = recent.get(&session(1), now() + TimeDelta::seconds(59)).unwrap();
        assert_eq!((found.is_remembered, found.scope), (true, Caller::local().scope));
        assert!(recent.get(&session(1), now() + BELIEVED).is_none());
        assert!(recent.get(&session(1), now() - TimeDelta::seconds(1)).is_none(), "the clock went back");
        assert!(recent.get(&session(2), now()).is_none());
        assert!(recent.get(&Shown::Token(String::new()), now()).is_none());
    }

    #[test]
    fn whoever_left_is_not_remembered_even_when_they_were_looked_up_just_before() {
        let recent = RecentCallers::default();
        let other =
            Caller { scope: crate::store::Scope { user: Uuid::nil(), ..Caller::local().scope }, ..Caller::local() };
        recent.keep(session(1), &Caller::local(), 0, now());
        recent.keep(session(2), &other, 0, now());
        let looked_up = recent.departures();
        recent.depart(Caller::local().scope.user);
        recent.keep(session(1), &Caller::local(), looked_up, now());
        assert!(recent.get(&session(1), now()).is_none());
        assert!(recent.get(&session(2), now()).is_some(), "others are");
        recent.forget(&session(2));
        assert!(recent.get(&session(2), now()).is_none());
    }

    #[test]
    fn there_are_never_too_many_and_those_of_long_ago_go_first() {
        let recent = RecentCallers::default();
        for number in 0..MOST {
            recent.keep(session(number), &Caller::local(), 0, now());
        }
        let later = now() + BELIEVED;
        recent.keep(session(MOST), &Caller::local(), 0, later);
        assert_eq!(recent.lock().len(), 1);
        for number in 0..2 * MOST {
            recent.keep(session(number), &Caller::local(), 0, later);
        }
        assert!(recent.lock().len() <= MOST);
    }

    #[tokio::test(start_paused = true)]
    async fn a_database_that_is_away_is_asked_by_one_a_second() {
        let recent = RecentCallers::default();
        assert!(recent.may_ask() && recent.may_ask());
        recent.asked(false);
        assert!(!recent.may_ask());
        tokio::time::advance(PAUSE).await;
        assert!(recent.may_ask() && !recent.may_ask());
        recent.asked(true);
        assert!(recent.may_ask() && recent.may_ask());
    }
}

//! How much money a source may cost a day.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};

use crate::source::SourceId;

/// What was spent at a source on a day (UTC) and is not written down yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spend {
    /// The source.
    pub source: SourceId,
    /// The day.
    pub day: NaiveDate,
    /// Millionths of a US dollar; negative where more was given back than spent.
    pub micros: i64,
}

/// The daily budget of one source, in millionths of a US dollar. Days are UTC days.
#[derive(Debug)]
pub(super) struct Budget {
    limit: Option<u64>,
    spent: Mutex<Spent>,
}

#[derive(Debug, Default)]
struct Spent {
    day: NaiveDate,
    micros: u64,
    /// What is not written down yet, by day: two of them around midnight.
    unsaved: BTreeMap<NaiveDate, i64>,
}

impl Budget {
    /// At most `limit` a day; `None` counts only.
    pub fn new(limit: Option<u64>) -> Self {
        Self { limit, spent: Mutex::default() }
    }

    /// Takes `cost` from today's budget, or says when the next day begins. What costs nothing is always granted.
    pub fn reserve(&self, cost: u64, now: DateTime<Utc>) -> Result<(), DateTime<Utc>> {
        if cost == 0 {
            return Ok(());
        }
        self.today(now, |spent| {
            let after = spent.micros.saturating_add(cost);
            if self.limit.is_some_and(|limit| after > limit) {
                return Err(next_midnight(spent.day));
            }
            spent.change_to(after);
            Ok(())
        })
    }

    /// Gives `cost` back: the request never reached the source.
    pub fn refund(&self, cost: u64, now: DateTime<Utc>) {
        if cost > 0 {
            self.today(now, |spent| spent.change_to(spent.micros.saturating_sub(cost)));
        }
    }

    /// What was spent today.
    pub fn spent(&self, now: DateTime<Utc>) -> u64 {
        self.today(now, |spent| spent.micros)
    }

    /// The most that may be spent a day.
    pub fn limit(&self) -> Option<u64> {
        self.limit
    }

    /// When the next day begins, where nothing is left of today.
    pub fn used_up(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.today(now, |spent| (spent.micros >= self.limit?).then(|| next_midnight(spent.day)))
    }

    /// What is not written down yet, by day; whoever takes it writes it down or puts it back.
    pub fn take_unsaved(&self) -> BTreeMap<NaiveDate, i64> {
        std::mem::take(&mut self.lock().unsaved)
    }

    /// Could not be written down.
    pub fn put_back(&self, day: NaiveDate, micros: i64) {
        self.lock().note(day, micros);
    }

    /// What is written down for a day, by all processes together: with what is not yet, it is what was spent.
    pub fn learn(&self, day: NaiveDate, written: u64, now: DateTime<Utc>) {
        self.today(now, |spent| {
            if day == spent.day {
                spent.micros = written.saturating_add_signed(spent.unsaved.get(&day).copied().unwrap_or(0));
            }
        });
    }

    /// A new day starts only when the date is later than the last one seen: a clock that jumps back gives no second budget.
    fn today<T>(&self, now: DateTime<Utc>, act: impl FnOnce(&mut Spent) -> T) -> T {
        let mut spent = self.lock();
        if now.date_naive() > spent.day {
            spent.day = now.date_naive();
            spent.micros = 0;
        }
        act(&mut spent)
    }

    fn lock(&self) -> MutexGuard<'_, Spent> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Spent {
    fn change_to(&mut self, micros: u64) {
        let change = i128::from(micros) - i128::from(self.micros);
        self.micros = micros;
        self.note(self.day, i64::try_from(change).unwrap_or(i64::MAX));
    }

    fn note(&mut self, day: NaiveDate, micros: i64) {
        let unsaved = self.unsaved.entry(day).or_default();
        *unsaved = unsaved.saturating_add(micros);
        if *unsaved == 0 {
            self.unsaved.remove(&day);
        }
    }
}

fn next_midnight(day: NaiveDate) -> DateTime<Utc> {
    day.checked_add_days(Days::new(1)).unwrap_or(day).and_time(NaiveTime::MIN).and_utc()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn noon() -> DateTime<Utc> {
        "2026-09-01T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn what_is_spent_is_spent_until_midnight_utc() {
        let budget = Budget::new(Some(2500));
        let midnight = "2026-09-02T00:00:00Z".parse().unwrap();
        assert_eq!(budget.reserve(1000, noon()), Ok(()));
        assert_eq!(budget.reserve(1000, noon()), Ok(()));
        assert_eq!(budget.reserve(1000, noon()), Err(midnight));
        assert_eq!(budget.reserve(500, noon()), Ok(()));
        assert_eq!(budget.used_up(noon()), Some(midnight));
        assert_eq!(budget.spent(noon()), 2500);
        assert_eq!(budget.reserve(1000, midnight), Ok(()));
        assert_eq!(budget.spent(midnight), 1000);
    }

    #[test]
    fn a_clock_that_jumps_back_gives_no_second_budget() {
        let budget = Budget::new(Some(1000));
        assert_eq!(budget.reserve(1000, noon()), Ok(()));
        assert!(budget.reserve(1, noon() - TimeDelta::days(3)).is_err());
        assert_eq!(budget.reserve(1, noon() + TimeDelta::days(1)), Ok(()));
    }

    #[test]
    fn what_costs_nothing_is_granted_even_when_all_is_spent() {
        let budget = Budget::new(Some(0));
        assert_eq!(budget.reserve(0, noon()), Ok(()));
        assert!(budget.reserve(1, noon()).is_err());
    }

    #[test]
    fn a_request_that_never_left_costs_nothing() {
        let budget = Budget::new(Some(1000));
        assert_eq!(budget.reserve(1000, noon()), Ok(()));
        budget.refund(1000, noon());
        assert_eq!(budget.spent(noon()), 0);
        budget.refund(u64::MAX, noon());
        assert_eq!(budget.reserve(1000, noon()), Ok(()));
    }

    #[test]
    fn what_is_spent_is_handed_over_once_by_day_and_can_be_put_back() {
        let budget = Budget::new(None);
        let (today, tomorrow) = (noon().date_naive(), noon().date_naive() + Days::new(1));
        assert_eq!(budget.reserve(1000, noon()), Ok(()));
        assert_eq!(budget.reserve(500, noon()), Ok(()));
        budget.refund(500, noon());
        assert_eq!(budget.reserve(7, noon() + TimeDelta::days(1)), Ok(()));
        let unsaved = budget.take_unsaved();
        assert_eq!(unsaved.into_iter().collect::<Vec<_>>(), [(today, 1000), (tomorrow, 7)]);
        assert!(budget.take_unsaved().is_empty());
        budget.put_back(today, 1000);
        assert_eq!(budget.take_unsaved().into_iter().collect::<Vec<_>>(), [(today, 1000)]);
    }

    #[test]
    fn what_other_processes_spent_counts_against_the_same_budget() {
        let budget = Budget::new(Some(1000));
        let today = noon().date_naive();
        assert_eq!(budget.reserve(100, noon()), Ok(()));
        budget.learn(today - Days::new(1), 5000, noon());
        assert_eq!(budget.spent(noon()), 100, "yesterday does not count");
        budget.learn(today, 700, noon());
        assert_eq!(budget.spent(noon()), 800, "what is written down and what is not yet");
        assert!(budget.reserve(300, noon()).is_err());
        budget.take_unsaved();
        budget.learn(today, 800, noon());
        assert_eq!(budget.spent(noon()), 800);
        budget.refund(100, noon());
        assert_eq!(budget.take_unsaved().into_iter().collect::<Vec<_>>(), [(today, -100)]);
    }

    #[test]
    fn without_a_limit_spending_is_only_counted() {
        let budget = Budget::new(None);
        assert_eq!(budget.reserve(u64::MAX, noon()), Ok(()));
        assert_eq!(budget.reserve(1, noon()), Ok(()));
        assert_eq!(budget.used_up(noon()), None);
    }
}

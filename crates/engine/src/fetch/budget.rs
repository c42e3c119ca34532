//! How much money a source may cost a day.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};

/// The daily budget of one source, in millionths of a US dollar. Days are UTC days.
#[derive(Debug)]
pub(super) struct Budget {
    limit: Option<u64>,
    spent: Mutex<Spent>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Spent {
    day: NaiveDate,
    micros: u64,
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
            spent.micros = after;
            Ok(())
        })
    }

    /// Gives `cost` back: the request never reached the source.
    pub fn refund(&self, cost: u64, now: DateTime<Utc>) {
        if cost > 0 {
            self.today(now, |spent| spent.micros = spent.micros.saturating_sub(cost));
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

    /// A new day starts only when the date is later than the last one seen: a clock that jumps back gives no second budget.
    fn today<T>(&self, now: DateTime<Utc>, act: impl FnOnce(&mut Spent) -> T) -> T {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        if now.date_naive() > spent.day {
            *spent = Spent { day: now.date_naive(), micros: 0 };
        }
        act(&mut spent)
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
    fn without_a_limit_spending_is_only_counted() {
        let budget = Budget::new(None);
        assert_eq!(budget.reserve(u64::MAX, noon()), Ok(()));
        assert_eq!(budget.reserve(1, noon()), Ok(()));
        assert_eq!(budget.used_up(noon()), None);
    }
}

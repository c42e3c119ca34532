//! What is remembered of one source: its hosts, its money, its speed.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use tokio::{sync::Semaphore, time::Instant};
use url::{Position, Url};

use super::{
    budget::Budget,
    circuit::Circuit,
    health::{Health, LaneState},
    latency::Window,
    limiter::Limiter,
    settings::LaneSettings,
};
use crate::source::SourceId;

/// How many hosts of one source are remembered. Only feeds and other addresses of users have more than one or two.
const HOSTS: usize = 256;

/// One source.
#[derive(Debug)]
pub(super) struct Lane {
    pub source: SourceId,
    pub settings: LaneSettings,
    pub budget: Budget,
    /// Single requests that were answered: for retries and hedges.
    pub requests_took: Window,
    /// Whole answers as the search saw them: for its deadline.
    pub answers_took: Window,
    pub requests: AtomicU64,
    pub failures: AtomicU64,
    pub hedges: HedgeCredit,
    routes: Mutex<HashMap<String, Arc<Route>>>,
}

/// One host of a source.
#[derive(Debug)]
pub(super) struct Route {
    pub limiter: Limiter,
    pub circuit: Circuit,
    /// Times in a row that we were told we ask too often.
    pub throttled: AtomicU32,
    /// Whose turn it is to read an answer that is large: one at a time.
    pub large: Semaphore,
}

impl Lane {
    /// Nothing known yet.
    pub fn new(source: SourceId, settings: LaneSettings) -> Self {
        Self {
            source,
            budget: Budget::new(settings.daily_budget_micros),
            settings,
            requests_took: Window::new(),
            answers_took: Window::new(),
            requests: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            hedges: HedgeCredit(AtomicU32::new(0)),
            routes: Mutex::new(HashMap::new()),
        }
    }

    /// The host (with port) of `url`.
    pub fn route(&self, url: &Url) -> Arc<Route> {
        self.route_to(host_of(url))
    }

    /// This host (with port).
    pub fn route_to(&self, host: &str) -> Arc<Route> {
        let mut routes = self.routes();
        if let Some(route) = routes.get(host) {
            return Arc::clone(route);
        }
        if routes.len() >= HOSTS {
            routes.retain(|_, route| Arc::strong_count(route) > 1 || !route.is_forgettable());
        }
        if routes.len() >= HOSTS {
            routes.retain(|_, route| Arc::strong_count(route) > 1);
        }
        let route = Arc::new(Route {
            limiter: Limiter::new(self.settings.rate, self.settings.concurrency),
            circuit: Circuit::new(self.source),
            throttled: AtomicU32::new(0),
            large: Semaphore::new(1),
        });
        routes.insert(host.to_owned(), Arc::clone(&route));
        route
    }

    /// How long a search should wait for this source, its turn included.
    pub fn learnt_deadline(&self) -> Option<Duration> {
        let learnt = self.answers_took.quantiles()?.deadline();
        let turn = self.routes().values().map(|route| route.limiter.expected_wait()).max().unwrap_or_default();
        Some(learnt.saturating_add(turn))
    }

    /// How this source is doing.
    pub fn health(&self, now: DateTime<Utc>) -> Health {
        let routes: Vec<(String, Arc<Route>)> =
            self.routes().iter().map(|(host, route)| (host.clone(), Arc::clone(route))).collect();
        let (state, reason, next_attempt) = self.state(&routes, now);
        let known = self.requests_took.quantiles();
        let first = routes.first().map(|(_, route)| &route.limiter);
        let untouched = Limiter::new(self.settings.rate, self.settings.concurrency);
        let limiter = first.unwrap_or(&untouched);
        Health {
            state,
            reason,
            next_attempt,
            requests: self.requests.load(Ordering::Relaxed),
            failures: self.failures.load(Ordering::Relaxed),
            waiting: routes.iter().map(|(_, route)| route.limiter.waiting() as u64).sum(),
            latency_p50_ms: known.map(|known| known.p50.as_secs_f64() * 1e3),
            latency_p95_ms: known.map(|known| known.p95.as_secs_f64() * 1e3),
            // Kept as the pause between two requests: a third of a second is no exact number.
            rate_limit: limiter.rate().map(|rate| (rate * 1e3).round() / 1e3),
            concurrency_limit: limiter.concurrency().map(|limit| limit as u64),
            spent_today_usd: usd(self.budget.spent(now)),
            daily_budget_usd: self.budget.limit().map(usd),
        }
    }

    /// A source with several hosts (feeds) is as well as its healthiest one, and the reason names one that is not.
    fn state(
        &self,
        routes: &[(String, Arc<Route>)],
        now: DateTime<Utc>,
    ) -> (LaneState, Option<String>, Option<DateTime<Utc>>) {
        if let Some(tomorrow) = self.budget.used_up(now) {
            return (LaneState::Limited, Some("the daily budget is spent".to_owned()), Some(tomorrow));
        }
        let states: Vec<_> = routes.iter().map(|(host, route)| (host, route.state())).collect();
        let Some((_, (state, reason, until))) = states.iter().min_by_key(|(_, (state, ..))| severity(*state)) else {
            return (LaneState::Closed, None, None);
        };
        let reason = if *state == LaneState::Closed {
            let ill = states.iter().find(|(_, (state, ..))| *state != LaneState::Closed);
            ill.map(|(host, (_, reason, _))| format!("{host}: {}", reason.as_deref().unwrap_or("is probed")))
        } else {
            reason.clone()
        };
        (*state, reason, until.map(|until| time_of_day(until, now)))
    }

    fn routes(&self) -> MutexGuard<'_, HashMap<String, Arc<Route>>> {
        self.routes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Route {
    fn state(&self) -> (LaneState, Option<String>, Option<Instant>) {
        if let Some(refusal) = self.circuit.refusal() {
            let state = if refusal.probing { LaneState::HalfOpen } else { LaneState::Open };
            return (state, Some(refusal.reason), Some(refusal.until));
        }
        if let Some(until) = self.limiter.paused_until() {
            return (LaneState::Limited, Some("it asked us to wait".to_owned()), Some(until));
        }
        let state = if self.circuit.is_half_open() { LaneState::HalfOpen } else { LaneState::Closed };
        (state, None, None)
    }

    fn is_forgettable(&self) -> bool {
        self.circuit.is_well() && self.limiter.is_idle() && self.throttled.load(Ordering::Relaxed) == 0
    }
}

/// The host of an address, with its port.
pub(super) fn host_of(url: &Url) -> &str {
    &url[Position::BeforeHost..Position::AfterPort]
}

fn severity(state: LaneState) -> u8 {
    match state {
        LaneState::Closed => 0,
        LaneState::HalfOpen => 1,
        LaneState::Limited => 2,
        LaneState::Open => 3,
    }
}

/// The time of day at `instant`, when it is `now`: the whole second after it, so that the same instant is always told in
/// the same words, and whoever comes then does not come too early.
pub(super) fn time_of_day(instant: Instant, now: DateTime<Utc>) -> DateTime<Utc> {
    let wait = TimeDelta::from_std(instant.saturating_duration_since(Instant::now())).unwrap_or(TimeDelta::MAX);
    let Some(at) = now.checked_add_signed(wait) else { return DateTime::<Utc>::MAX_UTC };
    let whole = at.trunc_subsecs(0);
    if whole < at { whole.checked_add_signed(TimeDelta::seconds(1)).unwrap_or(at) } else { whole }
}

#[expect(clippy::cast_precision_loss, reason = "2^52 millionths are four billion dollars")]
fn usd(micros: u64) -> f64 {
    micros as f64 / 1e6
}

/// Lets at most every fifth call be hedged over time, so that a source that gets slow as a whole is not asked twice as much.
#[derive(Debug)]
pub(super) struct HedgeCredit(AtomicU32);

impl HedgeCredit {
    const A_CALL: u32 = 20;
    const A_HEDGE: u32 = 100;
    const MOST: u32 = 10 * Self::A_HEDGE;

    /// A call was made.
    pub fn earn(&self) {
        let _ = self.0.try_update(Ordering::Relaxed, Ordering::Relaxed, |credit| {
            (credit < Self::MOST).then(|| credit + Self::A_CALL)
        });
    }

    /// Whether one may be hedged now.
    pub fn spend(&self) -> bool {
        let spent = self.0.try_update(Ordering::Relaxed, Ordering::Relaxed, |credit| credit.checked_sub(Self::A_HEDGE));
        spent.is_ok()
    }
}

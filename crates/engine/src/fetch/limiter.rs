//! Lets requests to one host through at the speed that the host allows.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep_until, timeout_at},
};

use super::pace::{Pace, Rate};

/// "Any number" of requests under way at once.
const ANY_NUMBER: usize = 1 << 20;

/// A host's own windows need not start with ours, and packets overtake each other: we leave this much more time.
const MARGIN: f64 = 1.1;

/// The limiter of one host of one source, shared by all searches of the process.
///
/// At most so many requests start in any window of time (a log of the last starts, not a bucket: a bucket lets twice its
/// size through at the seam), and at most so many are under way at once. Who comes first is served first; who gives up
/// leaves the queue at once, and his turn goes to the next.
#[derive(Debug)]
pub(super) struct Limiter {
    /// Whether there is a limit of ours at all; a pause that the host asked for is kept in any case.
    on: bool,
    state: Mutex<State>,
    /// Held by the first of the queue while he waits for his turn. Fair, like all of tokio's locks.
    turn: tokio::sync::Mutex<()>,
    under_way: Arc<Semaphore>,
    waiting: AtomicUsize,
}

#[derive(Debug)]
struct State {
    rate: Option<Rate>,
    /// When the last requests started; no more than the rate's number.
    started: VecDeque<Instant>,
    paused_until: Option<Instant>,
    concurrency: usize,
    /// Requests under way that are more than `concurrency` now allows: their permits vanish when they end.
    surplus: usize,
}

/// A request under way. Dropping it lets the next one go.
#[derive(Debug)]
pub(super) struct Permit<'a> {
    limiter: &'a Limiter,
    permit: Option<OwnedSemaphorePermit>,
}

impl Limiter {
    /// `rate` requests a second (0: no limit of ours) and `concurrency` under way at once (0: any number).
    pub fn new(rate: f64, concurrency: usize) -> Self {
        let concurrency = if concurrency == 0 { ANY_NUMBER } else { concurrency.min(ANY_NUMBER) };
        let rate = Rate::per_second(rate);
        Self {
            on: rate.is_some(),
            state: Mutex::new(State { rate, started: VecDeque::new(), paused_until: None, concurrency, surplus: 0 }),
            turn: tokio::sync::Mutex::new(()),
            under_way: Arc::new(Semaphore::new(concurrency)),
            waiting: AtomicUsize::new(0),
        }
    }

    /// Whether there is a limit of ours at all.
    pub fn is_on(&self) -> bool {
        self.on
    }

    /// Waits for a turn, but not beyond `deadline`: then it says, as soon as it can, when there would have been one.
    pub async fn turn(&self, deadline: Instant) -> Result<Permit<'_>, Instant> {
        let queued = Queued::enter(&self.waiting);
        let at = self.lock().turn_of(queued.ahead, Instant::now());
        if at > deadline {
            return Err(at);
        }
        let too_late = || self.lock().turn_of(queued.ahead, Instant::now()).max(deadline);
        let permit = match timeout_at(deadline, Arc::clone(&self.under_way).acquire_owned()).await {
            Ok(permit) => permit.ok(),
            Err(_) => return Err(too_late()),
        };
        let permit = Permit { limiter: self, permit };
        // Without a limit of ours there is no queue: all go as soon as a pause is over.
        let _first =
            if self.on { Some(timeout_at(deadline, self.turn.lock()).await.map_err(|_| too_late())?) } else { None };
        loop {
            let at = self.lock().start(Instant::now());
            match at {
                None => return Ok(permit),
                Some(at) if at > deadline => return Err(at),
                Some(at) => sleep_until(at).await,
            }
        }
    }

    /// A turn, if there is one this moment and nobody waits for it.
    pub fn turn_now(&self) -> Option<Permit<'_>> {
        if self.waiting.load(Ordering::Relaxed) > 0 {
            return None;
        }
        let permit = Arc::clone(&self.under_way).try_acquire_owned().ok()?;
        let permit = Permit { limiter: self, permit: Some(permit) };
        let _first = self.turn.try_lock().ok()?;
        // Not in one expression with what follows: dropping the permit takes the same lock.
        let wait = self.lock().start(Instant::now());
        if wait.is_none() { Some(permit) } else { None }
    }

    /// Takes over what an answer's headers say.
    pub fn obey(&self, pace: Pace) {
        if !self.on {
            return;
        }
        if let Some(pause) = pace.pause {
            self.pause(pause);
        }
        if pace.rate.is_none() && pace.concurrency.is_none() {
            return;
        }
        let mut state = self.lock();
        if let Some(rate) = pace.rate {
            state.rate = Some(Rate { window: rate.window.mul_f64(MARGIN), ..rate });
        }
        if let Some(concurrency) = pace.concurrency {
            self.allow_under_way(&mut state, concurrency.min(ANY_NUMBER));
        }
    }

    /// Lets nobody through for `pause`.
    pub fn pause(&self, pause: Duration) {
        let until = Instant::now() + pause;
        let mut state = self.lock();
        state.paused_until = state.paused_until.max(Some(until));
    }

    /// Until when the host asked us to wait, if that is still to come.
    pub fn paused_until(&self) -> Option<Instant> {
        self.lock().paused_until.filter(|&until| until > Instant::now())
    }

    /// How far apart requests are, where the host lets at most one a second through.
    pub fn slow_interval(&self) -> Option<Duration> {
        let rate = self.lock().rate.filter(|rate| rate.average() <= 1.0)?;
        Some(rate.window / rate.requests)
    }

    /// How long one who comes now would wait for his turn.
    pub fn expected_wait(&self) -> Duration {
        let now = Instant::now();
        self.lock().turn_of(self.waiting(), now).saturating_duration_since(now)
    }

    /// How many wait for their turn.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Requests a second in force; `None` for no limit of ours.
    pub fn rate(&self) -> Option<f64> {
        self.lock().rate.map(Rate::average)
    }

    /// Requests under way at once in force; `None` for any number.
    pub fn concurrency(&self) -> Option<usize> {
        Some(self.lock().concurrency).filter(|&concurrency| concurrency < ANY_NUMBER)
    }

    /// Whether nothing would be lost by forgetting it.
    pub fn is_idle(&self) -> bool {
        let now = Instant::now();
        self.waiting() == 0 && self.lock().turn_of(0, now) <= now
    }

    fn allow_under_way(&self, state: &mut State, concurrency: usize) {
        if concurrency > state.concurrency {
            let more = concurrency - state.concurrency;
            let kept = more.min(state.surplus);
            state.surplus -= kept;
            self.under_way.add_permits(more - kept);
        } else {
            let fewer = state.concurrency - concurrency;
            state.surplus += fewer - self.under_way.forget_permits(fewer);
        }
        state.concurrency = concurrency;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// When a request may start that has `ahead` others before it, as things stand.
    fn turn_of(&self, ahead: usize, now: Instant) -> Instant {
        let free = self.paused_until.map_or(now, |until| until.max(now));
        let Some(rate) = self.rate else { return free };
        let size = rate.requests as usize;
        // The request `size` places before this one must have started a window ago. Where that one waits itself, it is
        // whole windows behind one that has started, or that may start now.
        let rounds = u32::try_from(ahead / size).unwrap_or(u32::MAX);
        let place = self.started.len() + ahead % size;
        let base = match place.checked_sub(size).and_then(|index| self.started.get(index)) {
            Some(&started) => free.max(started + rate.window),
            None => free,
        };
        base.checked_add(rate.window.saturating_mul(rounds)).unwrap_or(base)
    }

    /// Notes the start of a request now, or says when it may start.
    fn start(&mut self, now: Instant) -> Option<Instant> {
        if let Some(until) = self.paused_until {
            if until > now {
                return Some(until);
            }
            self.paused_until = None;
        }
        let rate = self.rate?;
        while self.started.len() > rate.requests as usize {
            self.started.pop_front();
        }
        if self.started.len() == rate.requests as usize
            && let Some(&oldest) = self.started.front()
        {
            let at = oldest + rate.window;
            if at > now {
                return Some(at);
            }
            self.started.pop_front();
        }
        self.started.push_back(now);
        None
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut state = self.limiter.lock();
        if state.surplus > 0
            && let Some(permit) = self.permit.take()
        {
            state.surplus -= 1;
            permit.forget();
        }
    }
}

/// A place in the queue.
struct Queued<'a> {
    waiting: &'a AtomicUsize,
    ahead: usize,
}

impl<'a> Queued<'a> {
    fn enter(waiting: &'a AtomicUsize) -> Self {
        Self { waiting, ahead: waiting.fetch_add(1, Ordering::Relaxed) }
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;

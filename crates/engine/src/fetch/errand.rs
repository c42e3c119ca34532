//! One call on its way to an answer: admission, attempts, pauses.

use std::{sync::atomic::Ordering, time::Duration};

use chrono::{DateTime, Utc};
use tokio::time::{Instant, sleep, timeout_at};

use super::{
    Call, Reply,
    circuit::{Pass, Refusal},
    hedge::hedged,
    lane::{Lane, Route, host_of, time_of_day},
    pace::pace,
    retry_after::retry_after,
    verdict::{Verdict, verdict},
    wire::{Trouble, Wire},
};
use crate::{clock::Clock, observer::Observer, others::Others, source::SourceError};

/// A wait that the source asks for is waited out within a search when it is at most this long and the search has the time.
const SHORT: Duration = Duration::from_secs(5);
/// Who asks to be left alone for longer than this is not waited for: the circuit opens until then.
const LONG: Duration = Duration::from_hours(1);
/// All who were told to wait come back at the same moment, but for up to this much.
const SPREAD: Duration = Duration::from_millis(250);
/// Who had this long and did not answer has failed; less says nothing about him.
const LONG_ENOUGH: Duration = Duration::from_secs(2);

/// One call on its way.
pub(super) struct Errand<'a> {
    pub wire: &'a Wire,
    pub clock: &'a dyn Clock,
    pub observer: &'a Observer,
    pub others: &'a Others,
    pub lane: &'a Lane,
    pub route: &'a Route,
    pub call: &'a Call,
    pub deadline: Instant,
}

/// Why an attempt gave no answer, and what may be done about it.
struct Fault {
    error: SourceError,
    next: Next,
}

enum Next {
    /// Nothing: asking again cannot help.
    Stop,
    /// Nothing was sent this time; what went wrong before says more.
    NotAsked,
    /// Ask again after a while, but not before so long.
    Again { at_least: Duration },
    /// Ask once more after so long: we asked too often.
    Wait(Duration),
}

impl<'a> Errand<'a> {
    /// Since when its search is under way, as near as can be told from here: sooner where the search may take less time
    /// than the source.
    pub fn began(&self) -> Instant {
        self.deadline.checked_sub(self.lane.settings.timeout).unwrap_or(self.deadline)
    }

    /// Attempts until one answer can be read, or none can be hoped for before the deadline.
    pub async fn run<T>(&self, parse: impl Fn(Reply) -> Result<T, SourceError>) -> Result<T, SourceError> {
        let started = Instant::now();
        let (mut attempts, mut waited, mut before) = (0, false, None);
        loop {
            let fault = match self.attempt(started).await {
                Ok((reply, pass)) => {
                    let last = attempts + 1 >= self.lane.settings.attempts;
                    match self.read(reply, pass, last, &parse) {
                        Ok(value) => return Ok(value),
                        Err(fault) => fault,
                    }
                }
                Err(fault) => fault,
            };
            let pause = match fault.next {
                Next::NotAsked => return Err(before.unwrap_or(fault.error)),
                Next::Stop => return Err(fault.error),
                Next::Again { at_least } => {
                    attempts += 1;
                    if attempts >= self.lane.settings.attempts {
                        return Err(fault.error);
                    }
                    self.backoff(attempts).max(at_least)
                }
                Next::Wait(_) if waited || self.lane.settings.attempts < 2 => return Err(fault.error),
                Next::Wait(pause) => {
                    waited = true;
                    pause + SPREAD.mul_f64(rand::random())
                }
            };
            let usual = self.lane.requests_took.quantiles().map_or(Duration::ZERO, |known| known.p50);
            if Instant::now() + pause + usual >= self.deadline {
                return Err(fault.error);
            }
            before = Some(fault.error);
            sleep(pause).await;
        }
    }

    /// One attempt: past the circuit, the limiter and the budget, and to an answer that the connector may read.
    async fn attempt(&self, started: Instant) -> Result<(Reply, Pass<'a>), Fault> {
        if Instant::now() >= self.deadline {
            return Err(not_asked(timeout(started)));
        }
        if let Some(refusal) = self.route.circuit.refusal() {
            return Err(not_asked(self.open(refusal)));
        }
        let turn = self.route.limiter.turn(self.deadline).await;
        let permit =
            turn.map_err(|at| not_asked(SourceError::RateLimited { retry_at: time_of_day(at, self.now()) }))?;
        self.turn_among_others().await?;
        let pass = self.route.circuit.enter().map_err(|refusal| not_asked(self.open(refusal)))?;
        let reserved = self.lane.budget.reserve(self.call.cost_micros, self.now());
        reserved.map_err(|resets_at| not_asked(SourceError::BudgetSpent { resets_at }))?;

        let sent = Instant::now();
        let until = self.deadline.min(sent + self.lane.settings.timeout);
        let answer = timeout_at(until, hedged(self)).await;
        drop(permit);
        match answer {
            Ok(Ok(reply)) => self.judge(reply, pass),
            Ok(Err(trouble)) => Err(self.failed(trouble, pass)),
            Err(_) => {
                self.count_failure();
                if sent.elapsed() >= LONG_ENOUGH.min(self.lane.settings.timeout / 2) {
                    pass.failed("no answer in time");
                    self.tell_others_if_open();
                }
                Err(Fault { error: timeout(started), next: Next::Stop })
            }
        }
    }

    /// Waits for a turn among all processes, where the host lets few requests through.
    async fn turn_among_others(&self) -> Result<(), Fault> {
        let Some(interval) = self.route.limiter.slow_interval() else { return Ok(()) };
        let most = self.deadline.saturating_duration_since(Instant::now());
        match self.others.turn(host_of(&self.call.url), interval, most).await {
            Some(wait) if wait > most => {
                let retry_at = time_of_day(Instant::now() + wait, self.now());
                Err(not_asked(SourceError::RateLimited { retry_at }))
            }
            Some(wait) => {
                sleep(wait).await;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Tells the other processes that this host is to be left alone for so long.
    fn tell_others(&self, rest: Duration) {
        self.others.tell(self.lane.source, host_of(&self.call.url), rest);
    }

    /// Tells them when it failed too often just now.
    fn tell_others_if_open(&self) {
        if let Some(refusal) = self.route.circuit.refusal().filter(|refusal| !refusal.probing) {
            self.tell_others(refusal.until.saturating_duration_since(Instant::now()));
        }
    }

    /// What the status and the headers of an answer ask for.
    fn judge(&self, reply: Reply, pass: Pass<'a>) -> Result<(Reply, Pass<'a>), Fault> {
        self.observer.tell(self.call.url.host_str().unwrap_or_default(), reply.took);
        let pace = pace(&reply.headers, self.now());
        if self.lane.settings.obey_rate_headers {
            self.route.limiter.obey(pace);
        }
        let status = reply.status.as_u16();
        let asked = || retry_after(&reply.headers, self.now());
        let fault = match verdict(&reply) {
            Verdict::Read => {
                self.lane.requests_took.record(reply.took);
                self.route.throttled.store(0, Ordering::Relaxed);
                return Ok((reply, pass));
            }
            Verdict::Throttled => self.throttled(asked().or(pace.pause), pass),
            Verdict::Ill { passing } => self.ill(status, asked(), passing, pass),
            Verdict::Refused => self.refused(&reply, pass),
            Verdict::Odd => {
                let message = format!("unexpected status {status}");
                pass.failed(&message);
                Fault { error: SourceError::Malformed { message }, next: Next::Stop }
            }
        };
        self.count_failure();
        Err(fault)
    }

    /// Has the connector read an answer. Only an answer that nobody can read speaks against the source, and only once a
    /// call: one query whose answer is always broken must not take the source from all others.
    fn read<T>(
        &self,
        reply: Reply,
        pass: Pass<'a>,
        last: bool,
        parse: impl Fn(Reply) -> Result<T, SourceError>,
    ) -> Result<T, Fault> {
        let error = match parse(reply) {
            Ok(value) => {
                pass.succeeded();
                return Ok(value);
            }
            Err(error) => error,
        };
        match error {
            SourceError::Malformed { .. } | SourceError::Unavailable { .. } | SourceError::Network { .. } => {
                self.count_failure();
                if last {
                    pass.failed(&error.to_string());
                }
                Err(Fault { error, next: Next::Again { at_least: Duration::ZERO } })
            }
            // Said in the body of a 200 (NCBI).
            SourceError::RateLimited { retry_at } => {
                self.count_failure();
                if self.route.limiter.is_on() {
                    self.route.limiter.pause((retry_at - self.now()).to_std().unwrap_or_default().min(LONG));
                }
                Err(Fault { error, next: Next::Stop })
            }
            // Said with another status than 401 to 403 (Brave says 422 to a wrong key).
            SourceError::Refused { .. } => {
                self.count_failure();
                if self.call.guarded || self.call.key_is_optional {
                    pass.succeeded();
                } else {
                    pass.refused(&error.to_string());
                }
                Err(Fault { error, next: Next::Stop })
            }
            _ => {
                pass.succeeded();
                Err(Fault { error, next: Next::Stop })
            }
        }
    }

    /// No answer at all.
    fn failed(&self, trouble: Trouble, pass: Pass<'a>) -> Fault {
        self.count_failure();
        if !trouble.sent {
            self.lane.budget.refund(self.call.cost_micros, self.now());
        }
        let next = match &trouble.error {
            SourceError::Network { .. } => {
                pass.failed(&trouble.error.to_string());
                self.tell_others_if_open();
                Next::Again { at_least: Duration::ZERO }
            }
            // Bytes that cannot be decompressed: as with an answer that cannot be read.
            SourceError::Malformed { .. } => Next::Again { at_least: Duration::ZERO },
            SourceError::Timeout { .. } => {
                pass.failed("no answer in time");
                Next::Stop
            }
            _ => Next::Stop,
        };
        Fault { error: trouble.error, next }
    }

    /// 429: we asked too often. With a limit of ours, nobody asks until the wait is over. Without one (an operator switched
    /// it off), the first 429 makes only its own call wait, so that one stray 429 does not suspend the source.
    fn throttled(&self, asked: Option<Duration>, pass: Pass<'a>) -> Fault {
        let limiter = &self.route.limiter;
        // Those under way together are told together: that counts as once.
        let before = match limiter.paused_until() {
            Some(_) => self.route.throttled.load(Ordering::Relaxed).saturating_sub(1),
            None => self.route.throttled.fetch_add(1, Ordering::Relaxed),
        };
        let settings = &self.lane.settings;
        let doubled = || settings.cool_down.saturating_mul(1 << before.min(16)).min(settings.longest_cool_down);
        let wait = asked.unwrap_or_else(doubled);
        let retry_at = time_of_day(Instant::now() + wait, self.now());
        if wait > LONG {
            pass.sent_away("it asked us to stay away", wait);
            self.tell_others(wait);
        } else if limiter.is_on() || before > 0 || wait > SHORT {
            limiter.pause(wait);
            self.tell_others(wait);
        }
        let next = if wait <= SHORT { Next::Wait(wait) } else { Next::Stop };
        Fault { error: SourceError::RateLimited { retry_at }, next }
    }

    /// 5xx: the source is ill; `asked` is how long it wants to be left alone.
    fn ill(&self, status: u16, asked: Option<Duration>, passing: bool, pass: Pass<'a>) -> Fault {
        let wait = asked.unwrap_or_default();
        let reason = format!("status {status}");
        if wait > LONG {
            pass.sent_away(&reason, wait);
        } else {
            pass.failed(&reason);
            self.tell_others_if_open();
            if wait > SHORT || (self.route.limiter.is_on() && !wait.is_zero()) {
                self.route.limiter.pause(wait);
            }
        }
        let next = if passing && wait <= SHORT { Next::Again { at_least: wait } } else { Next::Stop };
        Fault { error: SourceError::Unavailable { status }, next }
    }

    /// 401, 402, 403: what it said and what to do.
    fn refused(&self, reply: &Reply, pass: Pass<'a>) -> Fault {
        let status = reply.status.as_u16();
        let advice = self.call.forbidden.filter(|_| status == 403);
        if self.call.guarded || self.call.key_is_optional {
            // The address of a user may be refused to us; that says nothing about other addresses at the same host.
            // Nor does a key that is refused say anything about the source without it.
            pass.succeeded();
        } else {
            pass.refused(&match advice {
                Some(advice) => format!("refused with status {status}: {advice}"),
                None => format!("refused with status {status}"),
            });
        }
        if let Some(advice) = advice {
            return Fault { error: SourceError::Refused { status, message: advice.to_owned() }, next: Next::Stop };
        }
        let section = self.lane.source;
        let advice = match status {
            401 => format!("check sources.{section}.key"),
            402 => "its credit is used up".to_owned(),
            _ => format!("a key is missing or wrong (sources.{section}.key), or this address is blocked there"),
        };
        let said = reply.excerpt();
        let message = if said.is_empty() { advice } else { format!("{said} ({advice})") };
        Fault { error: SourceError::Refused { status, message }, next: Next::Stop }
    }

    /// Full jitter: anything up to the base doubled with each attempt. A source that is fast gets a fast first retry.
    fn backoff(&self, attempts: u32) -> Duration {
        let longest = self.lane.settings.backoff;
        let base = self.lane.requests_took.quantiles().map_or(longest, |known| longest.min(2 * known.p50));
        base.saturating_mul(1 << (attempts - 1).min(16)).mul_f64(rand::random())
    }

    fn open(&self, refusal: Refusal) -> SourceError {
        SourceError::CircuitOpen { reason: refusal.reason, retry_at: time_of_day(refusal.until, self.now()) }
    }

    fn count_failure(&self) {
        self.lane.failures.fetch_add(1, Ordering::Relaxed);
    }

    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }
}

fn not_asked(error: SourceError) -> Fault {
    Fault { error, next: Next::NotAsked }
}

fn timeout(started: Instant) -> SourceError {
    SourceError::Timeout { after_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX) }
}

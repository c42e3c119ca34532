//! Leaves a source alone that keeps failing, and finds out carefully whether it is well again.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::source::SourceId;

/// So many failures in a row open the circuit: one bad answer never does, nor does one call with its retries.
const FAILURES: u32 = 5;
/// Failures further apart than this are not in a row.
const IN_A_ROW: Duration = Duration::from_mins(1);
/// The first pause after failures; doubles up to `LONGEST_PAUSE`.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// The longest pause after failures.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);
/// The first pause after a refusal (401, 402, 403); doubles up to `LONGEST_REFUSAL`.
const FIRST_REFUSAL: Duration = Duration::from_mins(5);
/// The longest pause after refusals.
const LONGEST_REFUSAL: Duration = Duration::from_hours(1);
/// What is told to those who come while the probe is under way.
const SOON: Duration = Duration::from_secs(1);

/// The circuit breaker of one host of one source. Closed: requests pass. Open: none does, until the pause is over. Then one
/// request passes as a probe: its success closes the circuit, its failure opens it for twice as long.
#[derive(Debug)]
pub(super) struct Circuit {
    source: SourceId,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// Failures in a row while closed.
    failures: u32,
    failed_at: Option<Instant>,
    /// The last pause; nothing after a success.
    pause: Duration,
    reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Closed,
    Open { until: Instant },
    Probing,
}

/// Why a request does not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// What the source failed with.
    pub reason: String,
    /// When it is tried again.
    pub until: Instant,
    /// Whether a probe is under way.
    pub probing: bool,
}

/// A request that may pass. Tell it how it went; dropped untold (cancelled, or it says nothing about the source's health),
/// it changes nothing.
#[derive(Debug)]
pub(super) struct Pass<'a> {
    circuit: &'a Circuit,
    probe: bool,
    told: bool,
}

impl Circuit {
    /// A closed circuit of `source`.
    pub fn new(source: SourceId) -> Self {
        let state =
            State { phase: Phase::Closed, failures: 0, failed_at: None, pause: Duration::ZERO, reason: String::new() };
        Self { source, state: Mutex::new(state) }
    }

    /// Why a request would not pass now; does not start a probe.
    pub fn refusal(&self) -> Option<Refusal> {
        self.lock().refusal(Instant::now())
    }

    /// Lets a request pass, as the probe when the pause is over.
    pub fn enter(&self) -> Result<Pass<'_>, Refusal> {
        let mut state = self.lock();
        if let Some(refusal) = state.refusal(Instant::now()) {
            return Err(refusal);
        }
        let probe = state.phase != Phase::Closed;
        if probe {
            state.phase = Phase::Probing;
        }
        Ok(Pass { circuit: self, probe, told: false })
    }

    /// Whether there is nothing to remember.
    pub fn is_well(&self) -> bool {
        let state = self.lock();
        state.phase == Phase::Closed && state.failures == 0
    }

    /// Whether the pause is over and nobody has probed yet, or the probe is under way.
    pub fn is_half_open(&self) -> bool {
        match self.lock().phase {
            Phase::Closed => false,
            Phase::Open { until } => until <= Instant::now(),
            Phase::Probing => true,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass<'_> {
    /// The source answered as it should (that it did not like a query counts as such).
    pub fn succeeded(mut self) {
        self.told = true;
        let mut state = self.circuit.lock();
        if state.phase != Phase::Closed {
            tracing::info!(source = %self.circuit.source, reason = state.reason, "source is well again");
        }
        state.phase = Phase::Closed;
        state.failures = 0;
        state.failed_at = None;
        state.pause = Duration::ZERO;
        state.reason.clear();
    }

    /// The source failed. Opens the circuit when it is the fifth time in a row, or when this was the probe.
    pub fn failed(mut self, reason: &str) {
        self.told = true;
        let now = Instant::now();
        let mut state = self.circuit.lock();
        if state.phase == Phase::Closed {
            let in_a_row = state.failed_at.is_some_and(|at| now - at <= IN_A_ROW);
            state.failures = if in_a_row { state.failures + 1 } else { 1 };
            state.failed_at = Some(now);
        }
        // A failure of a request that was sent before the circuit opened says nothing new.
        if self.probe || (state.phase == Phase::Closed && state.failures >= FAILURES) {
            state.open(self.circuit.source, reason, FIRST_PAUSE, LONGEST_PAUSE);
        }
    }

    /// The source will not serve us (401, 402, 403): opens at once.
    pub fn refused(mut self, reason: &str) {
        self.told = true;
        let mut state = self.circuit.lock();
        // Of many refusals at once only the first lengthens the pause.
        if self.probe || state.phase == Phase::Closed {
            state.open(self.circuit.source, reason, FIRST_REFUSAL, LONGEST_REFUSAL);
        }
    }

    /// The source asked to be left alone for `pause`: opens at once.
    pub fn sent_away(mut self, reason: &str, pause: Duration) {
        self.told = true;
        let mut state = self.circuit.lock();
        state.pause = Duration::ZERO;
        state.open(self.circuit.source, reason, pause, pause);
        state.pause = Duration::ZERO;
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.probe && !self.told {
            self.circuit.lock().phase = Phase::Open { until: Instant::now() };
        }
    }
}

impl State {
    fn refusal(&self, now: Instant) -> Option<Refusal> {
        let (until, probing) = match self.phase {
            Phase::Open { until } if until > now => (until, false),
            Phase::Probing => (now + SOON, true),
            Phase::Closed | Phase::Open { .. } => return None,
        };
        Some(Refusal { reason: self.reason.clone(), until, probing })
    }

    fn open(&mut self, source: SourceId, reason: &str, first: Duration, longest: Duration) {
        self.pause = (self.pause * 2).clamp(first, longest);
        self.phase = Phase::Open { until: Instant::now() + self.pause };
        self.failures = 0;
        self.failed_at = None;
        reason.clone_into(&mut self.reason);
        tracing::warn!(%source, reason, pause_seconds = self.pause.as_secs(), "source is left alone for a while");
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn fail(circuit: &Circuit, times: u32) {
        for _ in 0..times {
            circuit.enter().unwrap().failed("status 503");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn five_failures_in_a_row_open_it_and_four_do_not() {
        let circuit = Circuit::new(SourceId::Arxiv);
        fail(&circuit, 4);
        assert_eq!(circuit.refusal(), None);
        fail(&circuit, 1);
        let refusal = circuit.refusal().unwrap();
        assert_eq!(refusal.reason, "status 503");
        assert_eq!(refusal.until - Instant::now(), FIRST_PAUSE);
        assert!(circuit.enter().is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_success_or_a_long_quiet_time_between_starts_the_count_anew() {
        let circuit = Circuit::new(SourceId::Arxiv);
        fail(&circuit, 4);
        circuit.enter().unwrap().succeeded();
        fail(&circuit, 4);
        advance(IN_A_ROW + Duration::from_secs(1)).await;
        fail(&circuit, 4);
        assert_eq!(circuit.refusal(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn after_the_pause_one_request_probes_and_its_success_closes() {
        let circuit = Circuit::new(SourceId::Arxiv);
        fail(&circuit, 5);
        advance(FIRST_PAUSE).await;
        assert!(circuit.is_half_open());
        let probe = circuit.enter().unwrap();
        let refusal = circuit.enter().unwrap_err();
        assert!(refusal.probing);
        probe.succeeded();
        assert!(circuit.is_well());
        assert!(circuit.enter().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn each_failed_probe_doubles_the_pause_up_to_five_minutes() {
        let circuit = Circuit::new(SourceId::Arxiv);
        fail(&circuit, 5);
        let mut pauses = Vec::new();
        for _ in 0..8 {
            let pause = circuit.refusal().unwrap().until - Instant::now();
            pauses.push(pause.as_secs());
            advance(pause).await;
            circuit.enter().unwrap().failed("status 503");
        }
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 300, 300]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_cancelled_probe_leaves_room_for_the_next() {
        let circuit = Circuit::new(SourceId::Arxiv);
        fail(&circuit, 5);
        advance(FIRST_PAUSE).await;
        drop(circuit.enter().unwrap());
        assert!(circuit.enter().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn failures_of_requests_sent_before_it_opened_do_not_lengthen_the_pause() {
        let circuit = Circuit::new(SourceId::Arxiv);
        let under_way: Vec<_> = (0..50).map(|_| circuit.enter().unwrap()).collect();
        for pass in under_way {
            pass.failed("connection refused");
        }
        assert_eq!(circuit.refusal().unwrap().until - Instant::now(), FIRST_PAUSE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_opens_at_once_and_for_minutes() {
        let circuit = Circuit::new(SourceId::Arxiv);
        let under_way: Vec<_> = (0..3).map(|_| circuit.enter().unwrap()).collect();
        for pass in under_way {
            pass.refused("refused with status 401");
        }
        assert_eq!(circuit.refusal().unwrap().until - Instant::now(), FIRST_REFUSAL);
        advance(FIRST_REFUSAL).await;
        circuit.enter().unwrap().refused("refused with status 401");
        assert_eq!(circuit.refusal().unwrap().until - Instant::now(), 2 * FIRST_REFUSAL);
    }

    #[tokio::test(start_paused = true)]
    async fn sent_away_means_until_then() {
        let circuit = Circuit::new(SourceId::Arxiv);
        let day = Duration::from_hours(24);
        circuit.enter().unwrap().sent_away("asked to come back tomorrow", day);
        assert_eq!(circuit.refusal().unwrap().until - Instant::now(), day);
        advance(day).await;
        circuit.enter().unwrap().failed("status 503");
        assert_eq!(circuit.refusal().unwrap().until - Instant::now(), FIRST_PAUSE);
    }
}

//! How long a source's last answers took, and what follows from it.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How many answers are remembered: enough for a steady 95th percentile, few enough to forget a bad hour in minutes.
const REMEMBERED: usize = 256;

/// With fewer answers than this nothing is said.
const ENOUGH: usize = 20;

/// Quantiles are computed anew after so many answers; with few answers, after each.
const STALE_AFTER: usize = 16;

/// No answer is called late before this: below it waiting costs nobody anything, and a busy machine alone can take as long.
const SHORTEST_DEADLINE: Duration = Duration::from_millis(500);

/// The usual and the slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quantiles {
    /// Half of the answers took less.
    pub p50: Duration,
    /// 95 % of the answers took less.
    pub p95: Duration,
}

impl Quantiles {
    /// How long to wait before an answer is called late.
    ///
    /// Answers of these services are spread like a lognormal distribution, whose z-quantile is `p50 × (p95/p50)^(z/1.645)`.
    /// The exponent 1.75 is z = 2.88: of answers that do come, 2 in 1,000 come later, whatever the spread (a fixed
    /// multiple of p95 would cut 1 in 100 of a wide spread and wait needlessly for a narrow one). For a median of 200 ms
    /// and σ = 0.5 that is 0.84 s, so that a source which hangs on every tenth call stretches a search's 95th percentile to
    /// about that, and not to its time-out. Only answers that came are remembered: a hung call teaches nothing.
    pub fn deadline(self) -> Duration {
        let spread = self.p95.as_secs_f64() / self.p50.as_secs_f64().max(1e-6);
        let slow = self.p50.as_secs_f64() * spread.max(1.0).powf(1.75);
        Duration::try_from_secs_f64(slow).unwrap_or(Duration::MAX).max(self.p95.mul_f64(1.25)).max(SHORTEST_DEADLINE)
    }
}

/// The last answers of one source.
#[derive(Debug)]
pub(super) struct Window(Mutex<Ring>);

#[derive(Debug)]
struct Ring {
    micros: [u32; REMEMBERED],
    length: usize,
    next: usize,
    since_computed: usize,
    computed: Option<Quantiles>,
}

impl Window {
    /// Nothing known yet.
    pub fn new() -> Self {
        Self(Mutex::new(Ring { micros: [0; REMEMBERED], length: 0, next: 0, since_computed: 0, computed: None }))
    }

    /// Remembers an answer that took this long.
    pub fn record(&self, took: Duration) {
        let mut ring = self.lock();
        let at = ring.next;
        ring.micros[at] = u32::try_from(took.as_micros()).unwrap_or(u32::MAX);
        ring.next = (at + 1) % REMEMBERED;
        ring.length = (ring.length + 1).min(REMEMBERED);
        ring.since_computed += 1;
    }

    /// The usual and the slow; `None` before there are 20 answers.
    pub fn quantiles(&self) -> Option<Quantiles> {
        let mut ring = self.lock();
        if ring.length < ENOUGH {
            return None;
        }
        let stale = ring.since_computed >= STALE_AFTER || (ring.length < REMEMBERED / 4 && ring.since_computed > 0);
        if stale || ring.computed.is_none() {
            ring.computed = Some(ring.compute());
            ring.since_computed = 0;
        }
        ring.computed
    }

    fn lock(&self) -> MutexGuard<'_, Ring> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ring {
    fn compute(&self) -> Quantiles {
        let mut micros = self.micros;
        let known = &mut micros[..self.length];
        let (below, slow, _) = known.select_nth_unstable(self.length * 95 / 100);
        let p95 = *slow;
        let middle = self.length / 2;
        let p50 = if below.len() > middle { *below.select_nth_unstable(middle).1 } else { p95 };
        Quantiles { p50: Duration::from_micros(p50.into()), p95: Duration::from_micros(p95.into()) }
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng, rngs::StdRng};

    use super::*;

    /// Lognormal around `median` (Box and Muller's transform).
    fn lognormal(random: &mut StdRng, median: f64, sigma: f64) -> Duration {
        let (one, two): (f64, f64) = (random.random_range(1e-12..1.0), random.random());
        let normal = (-2.0 * one.ln()).sqrt() * (std::f64::consts::TAU * two).cos();
        Duration::from_secs_f64(median * (sigma * normal).exp())
    }

    #[test]
    fn nothing_is_said_before_there_is_enough_to_learn_from() {
        let window = Window::new();
        for _ in 0..ENOUGH - 1 {
            window.record(Duration::from_millis(10));
        }
        assert_eq!(window.quantiles(), None);
        window.record(Duration::from_millis(10));
        let ten = Duration::from_millis(10);
        assert_eq!(window.quantiles(), Some(Quantiles { p50: ten, p95: ten }));
    }

    #[test]
    fn quantiles_are_those_of_the_last_answers() {
        let window = Window::new();
        for millis in 0..100 {
            window.record(Duration::from_millis(millis));
        }
        let known = window.quantiles().unwrap();
        assert_eq!((known.p50, known.p95), (Duration::from_millis(50), Duration::from_millis(95)));
        for _ in 0..REMEMBERED {
            window.record(Duration::from_millis(7));
        }
        assert_eq!(window.quantiles().unwrap().p95, Duration::from_millis(7));
    }

    #[test]
    fn a_learnt_deadline_hardly_ever_cuts_an_answer_that_comes() {
        for (median, sigma) in [(0.2, 0.5), (0.45, 0.7), (0.6, 0.3), (0.2, 1.0)] {
            let mut random = StdRng::seed_from_u64(7);
            let window = Window::new();
            let (mut late, mut asked) = (0, 0);
            for _ in 0..20_000 {
                let took = lognormal(&mut random, median, sigma);
                if let Some(known) = window.quantiles() {
                    asked += 1;
                    late += u32::from(took > known.deadline());
                }
                window.record(took);
            }
            assert!(asked > 19_000);
            assert!(late * 1000 <= asked * 6, "{late} of {asked} at σ {sigma}");
        }
    }

    #[test]
    fn a_learnt_deadline_is_near_the_slowest_usual_answer() {
        let mut random = StdRng::seed_from_u64(11);
        let window = Window::new();
        for _ in 0..REMEMBERED {
            window.record(lognormal(&mut random, 0.2, 0.5));
        }
        let deadline = window.quantiles().unwrap().deadline();
        assert!((Duration::from_millis(600)..Duration::from_millis(1150)).contains(&deadline), "{deadline:?}");
    }

    #[test]
    fn a_fast_source_is_not_called_late_for_a_moments_delay() {
        let window = Window::new();
        for _ in 0..REMEMBERED {
            window.record(Duration::from_micros(300));
        }
        assert_eq!(window.quantiles().unwrap().deadline(), SHORTEST_DEADLINE);
    }

    #[test]
    fn absurd_times_do_no_harm() {
        let window = Window::new();
        for _ in 0..ENOUGH {
            window.record(Duration::ZERO);
        }
        for _ in 0..3 {
            window.record(Duration::MAX);
        }
        assert!(window.quantiles().unwrap().deadline() >= SHORTEST_DEADLINE);
    }
}

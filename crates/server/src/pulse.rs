//! The pulse of this process: what went on in the last minute, for those who watch it live. It is taken while somebody
//! watches and only then.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::metrics::Traffic;

/// How far back rates look.
const WINDOW: Duration = Duration::from_mins(1);
/// Several who watch do not make the beats come closer than this.
const CLOSEST: Duration = Duration::from_secs(1);

/// What was counted at a time.
#[derive(Debug, Clone)]
pub struct Beat {
    /// When.
    pub at: Instant,
    /// What had been counted until then.
    pub traffic: Traffic,
    /// Seconds of processor time until then.
    pub cpu_seconds: Option<f64>,
}

/// What went on in a span of time.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Rates {
    /// How long that was, in seconds.
    pub seconds: f64,
    /// Requests a second.
    pub requests_per_second: Option<f64>,
    /// Seconds within which 95 of 100 requests were answered.
    pub p95_seconds: Option<f64>,
    /// Share of requests that failed for our own fault.
    pub error_rate: Option<f64>,
    /// Share of questions that were answered from the cache.
    pub cache_hit_rate: Option<f64>,
    /// Processors in use.
    pub processors: Option<f64>,
}

/// Beats of the last minute.
#[derive(Debug, Default)]
pub struct Pulse {
    beats: Mutex<VecDeque<Beat>>,
}

impl Pulse {
    /// Takes the pulse: what went on since the oldest beat of the last minute. Nothing is known at the first beat.
    pub fn take(&self, now: Beat) -> Rates {
        let mut beats = self.beats.lock().unwrap_or_else(PoisonError::into_inner);
        while beats.front().is_some_and(|beat| now.at - beat.at > WINDOW) {
            beats.pop_front();
        }
        let rates = beats.front().map(|first| rates(first, &now)).unwrap_or_default();
        if beats.back().is_none_or(|last| now.at - last.at >= CLOSEST) {
            beats.push_back(now);
        }
        rates
    }
}

fn rates(first: &Beat, now: &Beat) -> Rates {
    let seconds = (now.at - first.at).as_secs_f64();
    if seconds <= 0.0 {
        return Rates::default();
    }
    let traffic = now.traffic.since(&first.traffic);
    Rates {
        seconds,
        requests_per_second: Some(traffic.requests() / seconds),
        p95_seconds: traffic.quantile(0.95),
        error_rate: traffic.error_rate(),
        cache_hit_rate: traffic.cache_hit_rate(),
        processors: now.cpu_seconds.zip(first.cpu_seconds).map(|(now, first)| (now - first).max(0.0) / seconds),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{HttpLabels, Metrics, Route};

    fn beat(metrics: &Metrics, at: Instant) -> Beat {
        Beat { at, traffic: metrics.traffic(), cpu_seconds: Some(1.0) }
    }

    fn answer(metrics: &Metrics, status: u16, seconds: f64) {
        let labels =
            HttpLabels { http_request_method: "GET", http_route: Route::Other, http_response_status_code: status };
        metrics.http_requests.get_or_create(&labels).observe(seconds);
    }

    #[tokio::test]
    async fn rates_are_of_the_last_minute_and_unknown_at_first() {
        let (metrics, pulse, start) = (Metrics::new("1"), Pulse::default(), Instant::now());
        answer(&metrics, 500, 9.0);
        assert_eq!(pulse.take(beat(&metrics, start)), Rates::default());
        for _ in 0..19 {
            answer(&metrics, 200, 0.02);
        }
        answer(&metrics, 503, 4.0);
        let rates = pulse.take(beat(&metrics, start + Duration::from_secs(10)));
        assert_eq!((rates.seconds, rates.requests_per_second, rates.error_rate), (10.0, Some(2.0), Some(0.05)));
        assert_eq!((rates.p95_seconds, rates.cache_hit_rate, rates.processors), (Some(0.025), None, Some(0.0)));
        let quiet = pulse.take(beat(&metrics, start + Duration::from_secs(69)));
        assert_eq!((quiet.requests_per_second, quiet.p95_seconds, quiet.error_rate), (Some(0.0), None, None));
    }

    #[tokio::test]
    async fn many_who_watch_do_not_shorten_the_minute() {
        let (metrics, pulse, start) = (Metrics::new("1"), Pulse::default(), Instant::now());
        for tenth in 0..600 {
            pulse.take(beat(&metrics, start + Duration::from_millis(100 * tenth)));
        }
        assert_eq!(pulse.beats.lock().unwrap().len(), 60);
        assert!(pulse.take(beat(&metrics, start + Duration::from_mins(1))).seconds > 58.0);
    }
}

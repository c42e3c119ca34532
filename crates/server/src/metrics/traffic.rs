//! What was counted since the start, for those who look at it without a monitoring system.

use super::Metrics;

/// Requests and look-ups in the cache since the start.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Traffic {
    /// Requests and sockets that are under way.
    pub active: i64,
    /// Sockets of them.
    pub sockets: i64,
    requests: f64,
    seconds: f64,
    failed: f64,
    hits: f64,
    misses: f64,
    /// How many requests took at most so many seconds, by that.
    within: Vec<(f64, f64)>,
}

impl Metrics {
    /// What was counted since the start.
    pub fn traffic(&self) -> Traffic {
        let traffic = Traffic::read(&self.render());
        let sockets = self.ws_connections.get();
        Traffic { active: self.http_active.get() + sockets, sockets, ..traffic }
    }
}

impl Traffic {
    /// Reads a scrape: the families do not give their sums away otherwise.
    fn read(scrape: &str) -> Self {
        let mut traffic = Self::default();
        for line in scrape.lines().filter(|line| !line.starts_with('#')) {
            let Some((series, value)) = line.rsplit_once(' ') else { continue };
            let Ok(value) = value.parse::<f64>() else { continue };
            let (name, labels) = series.split_once('{').unwrap_or((series, ""));
            match name {
                "http_server_request_duration_seconds_bucket" => traffic.add_within(labels, value),
                "http_server_request_duration_seconds_sum" => traffic.seconds += value,
                "http_server_request_duration_seconds_count" => {
                    traffic.requests += value;
                    if labels.contains("http_response_status_code=\"5") {
                        traffic.failed += value;
                    }
                }
                "pake_cache_requests_total" if labels.contains("result=\"hit\"") => traffic.hits += value,
                "pake_cache_requests_total" => traffic.misses += value,
                _ => {}
            }
        }
        traffic
    }

    /// Adds to how many requests took at most what the labels say.
    fn add_within(&mut self, labels: &str, count: f64) {
        let bound = labels.split_once("le=\"").and_then(|(_, rest)| rest.split('"').next());
        let Some(bound) = bound.and_then(|bound| bound.parse::<f64>().ok()) else { return };
        match self.within.iter_mut().find(|(known, _)| known.total_cmp(&bound).is_eq()) {
            Some((_, sum)) => *sum += count,
            None => self.within.push((bound, count)),
        }
    }

    /// What was counted after `before`.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        let had = |bound: f64| before.within.iter().find(|(known, _)| known.total_cmp(&bound).is_eq());
        Self {
            active: self.active,
            sockets: self.sockets,
            requests: self.requests - before.requests,
            seconds: self.seconds - before.seconds,
            failed: self.failed - before.failed,
            hits: self.hits - before.hits,
            misses: self.misses - before.misses,
            within: self
                .within
                .iter()
                .map(|(bound, count)| (*bound, count - had(*bound).map_or(0.0, |(_, count)| *count)))
                .collect(),
        }
    }

    /// Requests.
    pub const fn requests(&self) -> f64 {
        self.requests
    }

    /// Seconds within which this share of requests was answered: the bound of the histogram that holds it. Beyond the
    /// last one, that one.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let mut within = self.within.clone();
        within.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        let wanted = share * self.requests;
        let last = within.iter().rev().map(|(bound, _)| *bound).find(|bound| bound.is_finite());
        let found = within.iter().find(|(_, count)| *count >= wanted).map(|(bound, _)| *bound);
        (self.requests > 0.0).then(|| found.filter(|bound| bound.is_finite()).or(last)).flatten()
    }

    /// Share of questions that were answered from the cache.
    pub fn cache_hit_rate(&self) -> Option<f64> {
        share(self.hits, self.hits + self.misses)
    }

    /// Seconds of a request, on average.
    pub fn mean_seconds(&self) -> Option<f64> {
        share(self.seconds, self.requests)
    }

    /// Share of requests that failed for our own fault.
    pub fn error_rate(&self) -> Option<f64> {
        share(self.failed, self.requests)
    }
}

fn share(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scrape_is_summed_up() {
        let traffic = Traffic::read(
            "# TYPE http_server_request_duration_seconds histogram\n\
             http_server_request_duration_seconds_sum{http_response_status_code=\"200\"} 1.5\n\
             http_server_request_duration_seconds_count{http_response_status_code=\"200\"} 3\n\
             http_server_request_duration_seconds_sum{http_response_status_code=\"500\"} 0.5\n\
             http_server_request_duration_seconds_count{http_response_status_code=\"500\"} 1\n\
             pake_cache_requests_total{tier=\"memory\",result=\"hit\"} 3\n\
             pake_cache_requests_total{tier=\"none\",result=\"miss\"} 1\n# EOF\n",
        );
        assert_eq!(traffic.mean_seconds(), Some(0.5));
        assert_eq!((traffic.error_rate(), traffic.cache_hit_rate()), (Some(0.25), Some(0.75)));
        assert_eq!(Traffic::read("").error_rate(), None);
    }
}

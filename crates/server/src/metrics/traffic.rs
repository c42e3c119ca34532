//! What was counted since the start, for those who look at it without a monitoring system.

use super::Metrics;

/// Requests and look-ups in the cache since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Traffic {
    /// Requests and sockets that are under way.
    pub active: i64,
    requests: f64,
    seconds: f64,
    failed: f64,
    hits: f64,
    misses: f64,
}

impl Metrics {
    /// What was counted since the start.
    pub fn traffic(&self) -> Traffic {
        let traffic = Traffic::read(&self.render());
        Traffic { active: self.http_active.get() + self.ws_connections.get(), ..traffic }
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

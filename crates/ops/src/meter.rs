//! What a release did for everybody, out of its own metrics: how many requests, how many failed, how long they took.

/// The histogram of requests.
const HISTOGRAM: &str = "http_server_request_duration_seconds";

/// Requests that say nothing of how a release does: what deployers, monitors and health checks ask, and what stays open for long.
const NOT_COUNTED: [&str; 7] = ["/health", "/health/live", "/health/ready", "/healthz", "/readyz", "/metrics", "/ws"];

/// Requests since a release was started, or since another reading.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Meter {
    /// All of them.
    pub requests: f64,
    /// Those that failed through PAKE's own fault (5xx).
    pub failures: f64,
    /// Upper bounds in seconds, rising, with how many took at most so long.
    pub buckets: Vec<(f64, f64)>,
}

impl Meter {
    /// Reads metrics in the text form of Prometheus or OpenMetrics. What cannot be read is left out.
    pub fn read(text: &str) -> Self {
        let mut meter = Self::default();
        for line in text.lines() {
            let Some(sample) = Sample::read(line) else { continue };
            match sample.name {
                "_count" => {
                    meter.requests += sample.value;
                    if sample.label("http_response_status_code").is_some_and(|status| status.starts_with('5')) {
                        meter.failures += sample.value;
                    }
                }
                "_bucket" => {
                    if let Some(bound) = sample.label("le").and_then(|bound| bound.parse().ok()) {
                        meter.add(bound, sample.value);
                    }
                }
                _ => {}
            }
        }
        meter
    }

    fn add(&mut self, bound: f64, count: f64) {
        match self.buckets.binary_search_by(|(known, _)| known.total_cmp(&bound)) {
            Ok(at) => self.buckets[at].1 += count,
            Err(at) => self.buckets.insert(at, (bound, count)),
        }
    }

    /// What came since an earlier reading of the same process.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let before = |bound: f64| earlier.buckets.iter().find(|(known, _)| known.total_cmp(&bound).is_eq());
        let bucket =
            |(bound, count): &(f64, f64)| (*bound, (count - before(*bound).map_or(0.0, |(_, it)| *it)).max(0.0));
        Self {
            requests: (self.requests - earlier.requests).max(0.0),
            failures: (self.failures - earlier.failures).max(0.0),
            buckets: self.buckets.iter().map(bucket).collect(),
        }
    }

    /// Which part of the requests failed.
    pub fn failing(&self) -> f64 {
        if self.requests > 0.0 { self.failures / self.requests } else { 0.0 }
    }

    /// In how many seconds 95 of 100 were answered, as near as the buckets tell; none without requests.
    pub fn p95(&self) -> Option<f64> {
        let all = self.buckets.last().map(|(_, count)| *count).filter(|all| *all > 0.0)?;
        let wanted = all * 0.95;
        let at = self.buckets.iter().position(|(_, count)| *count >= wanted)?;
        let (bound, count) = self.buckets[at];
        let (from, before) = at.checked_sub(1).map_or((0.0, 0.0), |below| self.buckets[below]);
        if bound.is_infinite() {
            return Some(from);
        }
        let part = if count > before { (wanted - before) / (count - before) } else { 1.0 };
        Some((bound - from).mul_add(part, from))
    }
}

/// A line of the histogram that counts.
struct Sample<'a> {
    /// Its name behind that of the histogram.
    name: &'a str,
    labels: &'a str,
    value: f64,
}

impl<'a> Sample<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let (name, rest) = line.strip_prefix(HISTOGRAM)?.split_once('{')?;
        // Routes are templates and hold braces, so the last one closes.
        let (labels, value) = rest.rsplit_once('}')?;
        let value = value.split_whitespace().next()?.parse().ok()?;
        let sample = Self { name, labels, value };
        let route = sample.label("http_route").unwrap_or_default();
        let is_counted = !NOT_COUNTED.contains(&route) && !route.ends_with("/events");
        is_counted.then_some(sample)
    }

    fn label(&self, name: &str) -> Option<&'a str> {
        let mut rest = self.labels;
        while let Some((label, after)) = rest.split_once("=\"") {
            let (value, after) = after.split_once('"')?;
            if label.trim_start_matches([',', ' ']) == name {
                return Some(value);
            }
            rest = after;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str, route: &str, status: u16, more: &str, value: u32) -> String {
        format!(
            "{HISTOGRAM}{name}{{http_request_method=\"GET\",http_route=\"{route}\",http_response_status_code=\"{status}\"{more}}} {value}\n"
        )
    }

    #[test]
    fn what_a_release_did_is_read_from_its_metrics() {
        let text = [
            format!("# HELP {HISTOGRAM} Seconds.\n# TYPE {HISTOGRAM} histogram\n"),
            line("_count", "/api/v1/searches/{id}", 200, "", 90),
            line("_count", "/", 503, "", 10),
            line("_count", "/readyz", 503, "", 1_000),
            line("_count", "/api/v1/searches/{id}/events", 200, "", 1_000),
            line("_bucket", "/", 503, ",le=\"0.1\"", 10),
            line("_bucket", "/", 503, ",le=\"+Inf\"", 10),
            line("_bucket", "/api/v1/searches/{id}", 200, ",le=\"0.1\"", 80),
            line("_bucket", "/api/v1/searches/{id}", 200, ",le=\"0.2\"", 90),
            line("_bucket", "/api/v1/searches/{id}", 200, ",le=\"+Inf\"", 90),
            "pake_searches_total 12\n".to_owned(),
        ];
        let meter = Meter::read(&text.concat());
        assert_eq!((meter.requests, meter.failures, meter.failing()), (100.0, 10.0, 0.1));
        assert_eq!(meter.buckets, [(0.1, 90.0), (0.2, 90.0), (f64::INFINITY, 100.0)]);
    }

    #[test]
    fn ninety_five_of_a_hundred_are_found_between_the_bounds() {
        let meter = |buckets: &[(f64, f64)]| Meter { buckets: buckets.to_vec(), ..Meter::default() };
        let near = |found: Option<f64>, wanted: f64| found.is_some_and(|found| (found - wanted).abs() < 1e-9);
        assert!(near(meter(&[(0.1, 90.0), (0.2, 100.0)]).p95(), 0.15));
        assert!(near(meter(&[(0.1, 100.0), (0.2, 100.0)]).p95(), 0.095));
        assert!(near(meter(&[(0.1, 10.0), (f64::INFINITY, 100.0)]).p95(), 0.1), "the last bound that is one");
        assert_eq!(meter(&[(0.1, 0.0)]).p95(), None);
        assert_eq!(Meter::default().p95(), None);
    }

    #[test]
    fn only_what_came_since_counts() {
        let earlier = Meter { requests: 10.0, failures: 5.0, buckets: vec![(0.1, 10.0)] };
        let later = Meter { requests: 30.0, failures: 5.0, buckets: vec![(0.1, 25.0), (0.2, 30.0)] };
        let since = later.since(&earlier);
        assert_eq!(since, Meter { requests: 20.0, failures: 0.0, buckets: vec![(0.1, 15.0), (0.2, 30.0)] });
        assert!(earlier.since(&later).requests <= 0.0, "another process, which counts from zero");
    }

    #[test]
    fn what_is_no_metric_is_nothing() {
        for text in ["", "<html>", &format!("{HISTOGRAM}_count{{"), &format!("{HISTOGRAM}_count{{a=\"}} x")] {
            assert_eq!(Meter::read(text), Meter::default(), "{text}");
        }
    }
}

//! THE METRICS: one struct; the doc comment of a field is its HELP text. Names: docs/reference/metrics.md (generated).
//!
//! OpenTelemetry's semantic conventions in their Prometheus spelling for what every service has, `pake_` for the domain.
//! Labels are few and bounded: route templates, names of sources, outcomes. Never users, never queries.

use std::{fmt::Write as _, sync::atomic::AtomicU64, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use engine::{event::SourceReport, observer::Observer, source::SourceId};
use prometheus_client::{
    encoding::text,
    metrics::{MetricType, TypedMetric, counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

mod labels;
mod process;
mod traffic;

pub use self::labels::{
    AttemptLabels, AttemptResult, BuildLabels, CacheLabels, CacheResult, CacheTier, ClientLabels, DbLabels, Dependency,
    DependencyLabels, DeployLabels, DeployOutcome, HttpLabels, JobLabels, JobResult, JobTimeLabels, LimitLabels,
    MailLabels, MailResult, QueueLabels, QueueResult, QueueTimeLabels, ReadFrom, ReadLabels, ReleaseLabels, Route,
    SearchLabels, SearchResult, SecurityLabels, SourceLabels, SourceTimeLabels,
};
pub use self::{
    process::{Use, process_use},
    traffic::Traffic,
};

/// Of a metric that is there only where it means something: a plain one would be 0 where it means nothing.
type Unlabelled = [(&'static str, &'static str); 0];

/// A gauge of parts of seconds.
type Seconds = Gauge<f64, AtomicU64>;

/// A histogram for each set of labels.
pub type Histograms<L> = Family<L, Histogram, fn() -> Histogram>;

/// What the OpenTelemetry conventions advise for the duration of HTTP requests, in seconds.
const HTTP_BUCKETS: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];
/// From an answer out of memory to the longest deadline, in seconds.
const SEARCH_BUCKETS: [f64; 14] = [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0, 15.0, 30.0];

/// From a look into the cache to a backup, in seconds.
const QUEUE_BUCKETS: [f64; 9] = [0.01, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1_800.0];

/// What the OpenTelemetry conventions advise for the duration of database operations, in seconds.
const DB_BUCKETS: [f64; 9] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0];

fn db_histogram() -> Histogram {
    Histogram::new(DB_BUCKETS)
}

/// A histogram for each kind of database operation.
pub fn db_operations() -> Histograms<DbLabels> {
    Family::new_with_constructor(db_histogram as fn() -> Histogram)
}

fn http_histogram() -> Histogram {
    Histogram::new(HTTP_BUCKETS)
}

fn queue_histogram() -> Histogram {
    Histogram::new(QUEUE_BUCKETS)
}

fn search_histogram() -> Histogram {
    Histogram::new(SEARCH_BUCKETS)
}

/// What is told of a family of metrics.
#[derive(Debug, Clone, Copy)]
struct Described {
    name: &'static str,
    kind: MetricType,
    labels: &'static [&'static str],
    help: &'static [&'static str],
}

macro_rules! metrics {
    ($( $(#[doc = $help:literal])+ $field:ident: $kind:ty = $make:expr, $name:literal [$($label:literal),*]; )+) => {
        /// Everything that is counted and timed.
        #[derive(Debug)]
        pub struct Metrics {
            registry: Registry,
            $( $(#[doc = $help])+ pub $field: $kind, )+
        }

        impl Metrics {
            fn registered() -> Self {
                let mut registry = Registry::default();
                $(
                    let $field: $kind = $make;
                    registry.register(without_total($name), help(&[$($help),+]), $field.clone());
                )+
                registry.register_collector(Box::new(process::Process));
                Self { registry, $($field),+ }
            }
        }

        /// The families, in the order of a scrape.
        const FAMILIES: &[Described] = &[$(
            Described { name: $name, kind: <$kind as TypedMetric>::TYPE, labels: &[$($label),*], help: &[$($help),+] },
        )+];
    };
}

metrics! {
    /// Seconds from the head of a request to the head of its answer.
    http_requests: Histograms<HttpLabels> = Family::new_with_constructor(http_histogram as fn() -> Histogram),
        "http_server_request_duration_seconds" ["http_request_method", "http_route", "http_response_status_code"];
    /// Requests under way.
    http_active: Gauge = Gauge::default(),
        "http_server_active_requests" [];
    /// Seconds of one request to a source, from sending to the last byte.
    http_client_requests: Histograms<ClientLabels> = Family::new_with_constructor(http_histogram as fn() -> Histogram),
        "http_client_request_duration_seconds" ["server_address"];
    /// Seconds of one operation on the database; a batch is one transaction.
    db_operations: Histograms<DbLabels> = db_operations(),
        "db_client_operation_duration_seconds" ["db_system_name", "db_operation_name"];
    /// Lists and numbers, by where in the database they were read; counted where there is a replica.
    database_reads: Family<ReadLabels, Counter> = Family::default(),
        "pake_database_reads_total" ["server"];
    /// How many seconds the replica of the database is behind; missing while that is not known.
    database_replica_lag: Family<Unlabelled, Seconds> = Family::default(),
        "pake_database_replica_lag_seconds" [];
    /// Seconds from a question to its final answer.
    searches: Histograms<SearchLabels> = Family::new_with_constructor(search_histogram as fn() -> Histogram),
        "pake_search_duration_seconds" ["result"];
    /// How it went with a source in a search.
    source_requests: Family<SourceLabels, Counter> = Family::default(),
        "pake_source_requests_total" ["source", "outcome"];
    /// Seconds from asking a source to its records being read.
    source_durations: Histograms<SourceTimeLabels> = Family::new_with_constructor(search_histogram as fn() -> Histogram),
        "pake_source_duration_seconds" ["source"];
    /// Questions for which a kept answer was looked for; each counts once.
    cache_requests: Family<CacheLabels, Counter> = Family::default(),
        "pake_cache_requests_total" ["tier", "result"];
    /// Attempts to sign in.
    auth_attempts: Family<AttemptLabels, Counter> = Family::default(),
        "pake_auth_attempts_total" ["result"];
    /// What happened that may matter for safety.
    security_events: Family<SecurityLabels, Counter> = Family::default(),
        "pake_security_events_total" ["event_type", "severity"];
    /// Requests that a limit refused, by the class of their route.
    limited_requests: Family<LimitLabels, Counter> = Family::default(),
        "pake_limited_requests_total" ["class"];
    /// How often a limit was counted in this process alone, since Redis did not answer.
    limit_fallbacks: Counter = Counter::default(),
        "pake_limit_fallbacks_total" [];
    /// Mails.
    mails: Family<MailLabels, Counter> = Family::default(),
        "pake_mails_total" ["result"];
    /// Open WebSockets.
    ws_connections: Gauge = Gauge::default(),
        "pake_ws_connections" [];
    /// Whether something PAKE depends on can be reached (1) or not (0).
    dependencies: Family<DependencyLabels, Gauge> = Family::default(),
        "pake_dependency_up" ["dependency"];
    /// Runs of background jobs.
    job_runs: Family<JobLabels, Counter> = Family::default(),
        "pake_job_runs_total" ["job", "result"];
    /// When a background job came to a good end last, in seconds since 1970.
    job_successes: Family<JobTimeLabels, Gauge> = Family::default(),
        "pake_job_last_success_timestamp_seconds" ["job"];
    /// Jobs out of the queue that were worked on.
    queue_jobs: Family<QueueLabels, Counter> = Family::default(),
        "pake_queue_jobs_total" ["kind", "result"];
    /// Seconds that a job out of the queue took.
    queue_durations: Histograms<QueueTimeLabels> = Family::new_with_constructor(queue_histogram as fn() -> Histogram),
        "pake_queue_job_duration_seconds" ["kind"];
    /// Jobs that wait in the queue, those for later included.
    queue_waiting: Gauge = Gauge::default(),
        "pake_queue_waiting" [];
    /// Jobs out of the queue that are worked on, by all processes together.
    queue_running: Gauge = Gauge::default(),
        "pake_queue_running" [];
    /// For how many seconds the job waits that is due longest; 0 when none is due.
    queue_lateness: Gauge = Gauge::default(),
        "pake_queue_lateness_seconds" [];
    /// When the certificate with which PAKE ends TLS itself begins to be good, in seconds since 1970.
    certificate_not_before: Family<Unlabelled, Gauge> = Family::default(),
        "pake_tls_cert_not_before_timestamp_seconds" [];
    /// Until when the certificate with which PAKE ends TLS itself is good, in seconds since 1970.
    certificate_not_after: Family<Unlabelled, Gauge> = Family::default(),
        "pake_tls_cert_not_after_timestamp_seconds" [];
    /// Deployments of this installation by how they ended, as its deployer says; every process tells the same.
    deploys: Family<DeployLabels, Counter> = Family::default(),
        "pake_deploys_total" ["outcome"];
    /// When a deployment came to a good end last, in seconds since 1970.
    deploy_last_success: Family<Unlabelled, Gauge> = Family::default(),
        "pake_deploy_last_success_timestamp_seconds" [];
    /// Seconds that the last deployment took that is over.
    deploy_last_duration: Family<Unlabelled, Gauge> = Family::default(),
        "pake_deploy_last_duration_seconds" [];
    /// When the deployment began that is under way or stands still, in seconds since 1970; 0 when there is none.
    deploy_unfinished: Family<Unlabelled, Gauge> = Family::default(),
        "pake_deploy_unfinished_since_timestamp_seconds" [];
    /// The release that is the current one; always 1.
    release: Family<ReleaseLabels, Gauge> = Family::default(),
        "pake_release_info" ["release", "image_digest"];
    /// The running build; always 1.
    build: Family<BuildLabels, Gauge> = Family::default(),
        "pake_build_info" ["version"];
}

impl Metrics {
    /// All families, nothing counted yet.
    pub fn new(version: &'static str) -> Self {
        let metrics = Self::registered();
        metrics.build.get_or_create(&BuildLabels { version }).set(1);
        // Ratios need a zero before the first event.
        for tier in [CacheTier::Memory, CacheTier::Redis] {
            metrics.cache_requests.get_or_create(&CacheLabels { tier, result: CacheResult::Hit }).inc_by(0);
        }
        for result in AttemptResult::ALL {
            metrics.auth_attempts.get_or_create(&AttemptLabels { result }).inc_by(0);
        }
        metrics
            .cache_requests
            .get_or_create(&CacheLabels { tier: CacheTier::None, result: CacheResult::Miss })
            .inc_by(0);
        metrics
    }

    /// What is told of the replica of the database.
    pub fn replica_gauges(&self) -> ReplicaGauges {
        ReplicaGauges { reads: self.database_reads.clone(), lag: self.database_replica_lag.clone() }
    }

    /// All families in the OpenMetrics text format (`application/openmetrics-text; version=1.0.0`).
    pub fn render(&self) -> String {
        let mut text = String::with_capacity(16 << 10);
        // Writing to a String does not fail; a metric that cannot be encoded leaves the text without its end mark, which
        // the reader refuses.
        if let Err(error) = text::encode(&mut text, &self.registry) {
            tracing::error!(%error, "metrics cannot be encoded");
        }
        text
    }

    /// Times the requests to sources.
    pub fn requests_to_sources(&self) -> Observer {
        let requests = self.http_client_requests.clone();
        Observer::new(move |host, took| {
            requests.get_or_create(&ClientLabels { server_address: host.to_owned() }).observe(took.as_secs_f64());
        })
    }

    /// A search ended.
    pub fn search_ended(&self, result: SearchResult, took: Duration) {
        self.searches.get_or_create(&SearchLabels { result }).observe(took.as_secs_f64());
    }

    /// It ended with a source. Only what was really asked is timed.
    pub fn source_ended(&self, report: &SourceReport) {
        let outcome = labels::outcome(report);
        self.source_requests.get_or_create(&SourceLabels { source: report.source.as_str(), outcome }).inc();
        if matches!(report.state, engine::event::SourceOutcome::Answered | engine::event::SourceOutcome::Failed) {
            self.source_durations
                .get_or_create(&SourceTimeLabels { source: report.source.as_str() })
                .observe(Duration::from_millis(report.took_ms).as_secs_f64());
        }
    }

    /// A kept answer was found.
    pub fn cache_hit(&self, tier: CacheTier) {
        self.cache_requests.get_or_create(&CacheLabels { tier, result: CacheResult::Hit }).inc();
    }

    /// No kept answer was found.
    pub fn cache_miss(&self) {
        self.cache_requests.get_or_create(&CacheLabels { tier: CacheTier::None, result: CacheResult::Miss }).inc();
    }

    /// A background job that was begun at `ran_at` came to its end.
    pub fn job_ran(&self, job: &'static str, result: JobResult, ran_at: DateTime<Utc>) {
        self.job_runs.get_or_create(&JobLabels { job, result }).inc();
        if result == JobResult::Done {
            self.job_successes.get_or_create(&JobTimeLabels { job }).set(ran_at.timestamp());
        }
    }

    /// A job out of the queue was worked on for so long.
    pub fn job_worked_on(&self, kind: &'static str, result: QueueResult, took: Duration) {
        self.queue_jobs.get_or_create(&QueueLabels { kind, result }).inc();
        self.queue_durations.get_or_create(&QueueTimeLabels { kind }).observe(took.as_secs_f64());
    }

    /// So many jobs wait, so many are worked on; the one that is due longest waits for so long.
    pub fn queue_measured(&self, waiting: i64, running: i64, late: TimeDelta) {
        self.queue_waiting.set(waiting);
        self.queue_running.set(running);
        self.queue_lateness.set(late.num_seconds().max(0));
    }

    /// The certificate in use is good in this period. Without one there are no such families: nothing is about to run out.
    pub fn certificate(&self, not_before: DateTime<Utc>, not_after: DateTime<Utc>) {
        self.certificate_not_before.get_or_create(&[]).set(not_before.timestamp());
        self.certificate_not_after.get_or_create(&[]).set(not_after.timestamp());
    }

    /// A dependency was tried.
    pub fn dependency_tried(&self, dependency: Dependency, up: bool) {
        self.dependencies.get_or_create(&DependencyLabels { dependency }).set(i64::from(up));
    }
}

/// What is told of the replica of the database.
#[derive(Debug, Clone, Default)]
pub struct ReplicaGauges {
    reads: Family<ReadLabels, Counter>,
    lag: Family<Unlabelled, Seconds>,
}

impl ReplicaGauges {
    /// Something was read there.
    pub fn read(&self, server: ReadFrom) {
        self.reads.get_or_create(&ReadLabels { server }).inc();
    }

    /// It is so far behind, as far as is known.
    pub fn lag(&self, lag: Option<Duration>) {
        match lag {
            Some(lag) => {
                self.lag.get_or_create(&[]).set(lag.as_secs_f64());
            }
            None => self.lag.clear(),
        }
    }
}

/// Counts one more as long as it lives.
#[derive(Debug)]
pub struct Counted(Gauge);

impl Counted {
    /// Counts one more in `gauge` until this is dropped.
    pub fn in_gauge(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// The name as the registry wants it: it adds `_total` to counters by itself.
fn without_total(name: &str) -> &str {
    name.strip_suffix("_total").unwrap_or(name)
}

/// The doc comment as HELP: the registry adds the full stop.
fn help(lines: &[&str]) -> String {
    let text = lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
    text.trim_end_matches('.').to_owned()
}

/// `docs/reference/metrics.md`: every family with its labels.
pub fn reference() -> String {
    let mut text = String::from(
        "# Metrics\n\n\
         Generated by `make gen` from `crates/server/src/metrics.rs`; do not edit. \
         `GET /metrics` answers in the OpenMetrics text format.\n\n\
         | name | type | labels | what it tells |\n|---|---|---|---|\n",
    );
    for family in FAMILIES.iter().chain(process::FAMILIES) {
        let labels = family.labels.iter().map(|label| format!("`{label}`")).collect::<Vec<_>>().join(", ");
        let help = family.help.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
        // Writing to a String does not fail.
        let _ = writeln!(text, "| `{}` | {} | {labels} | {help} |", family.name, family.kind.as_str());
    }
    let _ = write!(
        text,
        "\nValues of the labels: `source` one of {}; `outcome` one of {}; `result` of searches one of {}; \
         `tier` one of {}; `result` of the cache one of {}; `dependency` one of {}; `server` of the database one of {}; `result` of jobs one of {}; `result` of jobs out of the queue one of {}; `result` of mails one of {}; `outcome` of deployments one of {}; \
         `result` of attempts to sign in one of {}; \
         `http_route` is the template of the route, `_OTHER` for addresses that do not exist; `http_request_method` is `_OTHER` for unusual methods.\n",
        list(SourceId::ALL.map(SourceId::as_str)),
        list(labels::OUTCOMES),
        list(SearchResult::ALL.map(SearchResult::as_str)),
        list(CacheTier::ALL.map(CacheTier::as_str)),
        list(CacheResult::ALL.map(CacheResult::as_str)),
        list(Dependency::ALL.map(Dependency::as_str)),
        list(ReadFrom::ALL.map(ReadFrom::as_str)),
        list(JobResult::ALL.map(JobResult::as_str)),
        list(QueueResult::ALL.map(QueueResult::as_str)),
        list(MailResult::ALL.map(MailResult::as_str)),
        list(DeployOutcome::ALL.map(DeployOutcome::as_str)),
        list(AttemptResult::ALL.map(AttemptResult::as_str)),
    );
    text
}

fn list<const N: usize>(names: [&str; N]) -> String {
    names.map(|name| format!("`{name}`")).join(", ")
}

#[cfg(test)]
mod tests;

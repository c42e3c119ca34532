use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use engine::{
    event::{SourceOutcome, SourceReport},
    source::SourceError,
};

use super::*;

fn report(state: SourceOutcome, error: Option<SourceError>) -> SourceReport {
    SourceReport {
        source: SourceId::Arxiv,
        state,
        query: String::new(),
        filters: Vec::new(),
        asked_at: DateTime::<Utc>::UNIX_EPOCH,
        reported: None,
        retrieved: 0,
        filtered: 0,
        malformed: 0,
        warnings: Vec::new(),
        error,
        took_ms: 250,
        cached_at: None,
    }
}

/// Metrics in which each family has been used.
fn used() -> Metrics {
    let metrics = Metrics::new("1.2.3");
    metrics
        .http_requests
        .get_or_create(&HttpLabels {
            http_request_method: "GET",
            http_route: Route::Other,
            http_response_status_code: 404,
        })
        .observe(0.001);
    metrics
        .http_client_requests
        .get_or_create(&ClientLabels { server_address: "api.crossref.org".into() })
        .observe(0.2);
    metrics
        .db_operations
        .get_or_create(&DbLabels { db_system_name: "sqlite", db_operation_name: "SELECT" })
        .observe(0.001);
    metrics.search_ended(SearchResult::Complete, Duration::from_millis(300));
    metrics.source_ended(&report(SourceOutcome::Answered, None));
    let event = SecurityLabels { event_type: "role_changed", severity: "medium" };
    metrics.security_events.get_or_create(&event).inc();
    metrics.limited_requests.get_or_create(&LimitLabels { class: "search" }).inc();
    metrics.mails.get_or_create(&MailLabels { result: MailResult::Sent }).inc();
    metrics.dependency_tried(Dependency::Database, true);
    metrics.replica_gauges().read(ReadFrom::Replica);
    metrics.replica_gauges().lag(Some(Duration::from_millis(3)));
    metrics.job_ran("write_spend", JobResult::Done, DateTime::<Utc>::UNIX_EPOCH);
    metrics.job_worked_on("clear_cache", QueueResult::Done, Duration::from_millis(20));
    metrics.deploys.get_or_create(&DeployLabels { outcome: DeployOutcome::Committed }).inc();
    for gauge in [&metrics.deploy_last_success, &metrics.deploy_last_duration, &metrics.deploy_unfinished] {
        gauge.get_or_create(&[]).set(1);
    }
    metrics.release.get_or_create(&ReleaseLabels { release: "r".to_owned(), image_digest: "d".to_owned() }).set(1);
    metrics.certificate(DateTime::<Utc>::UNIX_EPOCH, DateTime::<Utc>::UNIX_EPOCH);
    metrics
}

/// `TYPE` and `HELP` lines and, for each family, the names of its labels.
fn families(text: &str) -> Vec<String> {
    let mut families = Vec::new();
    let mut labels = BTreeSet::new();
    for line in text.lines().rev() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            families.push(format!("{name} {:?}: {help}", std::mem::take(&mut labels)));
        } else if let Some((_, rest)) = line.split_once('{').filter(|_| !line.starts_with('#')) {
            let names = rest.split("=\"").filter_map(|part| part.rsplit([',', '"']).next());
            labels.extend(
                names.filter(|name| !name.is_empty() && !name.contains('}') && *name != "le").map(str::to_owned),
            );
        }
    }
    families.reverse();
    families
}

#[test]
fn a_scrape_has_every_family_with_its_labels() {
    insta::assert_snapshot!(families(&used().render()).join("\n"), @r#"
    http_server_request_duration_seconds {"http_request_method", "http_response_status_code", "http_route"}: Seconds from the head of a request to the head of its answer.
    http_server_active_requests {}: Requests under way.
    http_client_request_duration_seconds {"server_address"}: Seconds of one request to a source, from sending to the last byte.
    db_client_operation_duration_seconds {"db_operation_name", "db_system_name"}: Seconds of one operation on the database; a batch is one transaction.
    pake_database_reads {"server"}: Lists and numbers, by where in the database they were read; counted where there is a replica.
    pake_database_replica_lag_seconds {}: How many seconds the replica of the database is behind; missing while that is not known.
    pake_search_duration_seconds {"result"}: Seconds from a question to its final answer.
    pake_source_requests {"outcome", "source"}: How it went with a source in a search.
    pake_source_duration_seconds {"source"}: Seconds from asking a source to its records being read.
    pake_cache_requests {"result", "tier"}: Questions for which a kept answer was looked for; each counts once.
    pake_auth_attempts {"result"}: Attempts to sign in.
    pake_security_events {"event_type", "severity"}: What happened that may matter for safety.
    pake_limited_requests {"class"}: Requests that a limit refused, by the class of their route.
    pake_limit_fallbacks {}: How often a limit was counted in this process alone, since Redis did not answer.
    pake_mails {"result"}: Mails.
    pake_ws_connections {}: Open WebSockets.
    pake_dependency_up {"dependency"}: Whether something PAKE depends on can be reached (1) or not (0).
    pake_job_runs {"job", "result"}: Runs of background jobs.
    pake_job_last_success_timestamp_seconds {"job"}: When a background job came to a good end last, in seconds since 1970.
    pake_queue_jobs {"kind", "result"}: Jobs out of the queue that were worked on.
    pake_queue_job_duration_seconds {"kind"}: Seconds that a job out of the queue took.
    pake_queue_waiting {}: Jobs that wait in the queue, those for later included.
    pake_queue_running {}: Jobs out of the queue that are worked on, by all processes together.
    pake_queue_lateness_seconds {}: For how many seconds the job waits that is due longest; 0 when none is due.
    pake_tls_cert_not_before_timestamp_seconds {}: When the certificate with which PAKE ends TLS itself begins to be good, in seconds since 1970.
    pake_tls_cert_not_after_timestamp_seconds {}: Until when the certificate with which PAKE ends TLS itself is good, in seconds since 1970.
    pake_deploys {"outcome"}: Deployments of this installation by how they ended, as its deployer says; every process tells the same.
    pake_deploy_last_success_timestamp_seconds {}: When a deployment came to a good end last, in seconds since 1970.
    pake_deploy_last_duration_seconds {}: Seconds that the last deployment took that is over.
    pake_deploy_unfinished_since_timestamp_seconds {}: When the deployment began that is under way or stands still, in seconds since 1970; 0 when there is none.
    pake_release_info {"image_digest", "release"}: The release that is the current one; always 1.
    pake_build_info {"version"}: The running build; always 1.
    process_cpu_seconds {}: Seconds of processor time, user and system.
    process_resident_memory_bytes {}: Memory in use, in bytes.
    process_virtual_memory_bytes {}: Address space in use, in bytes.
    process_open_fds {}: Open files and sockets.
    process_max_fds {}: Most files and sockets that may be open at once.
    process_threads {}: Threads.
    process_start_time_seconds {}: When the process started, in seconds since 1970.
    "#);
}

#[test]
fn the_reference_names_what_a_scrape_has() {
    let text = used().render();
    for family in FAMILIES.iter().chain(process::FAMILIES) {
        let kind = family.kind.as_str();
        assert!(text.contains(&format!("# TYPE {} {kind}\n", without_total(family.name))), "{}", family.name);
        let line =
            families(&text).into_iter().find(|line| line.starts_with(&format!("{} ", without_total(family.name))));
        for label in family.labels {
            assert!(line.as_ref().is_some_and(|line| line.contains(&format!("\"{label}\""))), "{label} of {line:?}");
        }
    }
    assert_eq!(text.matches("# TYPE ").count(), FAMILIES.len() + process::FAMILIES.len());
    assert!(text.ends_with("# EOF\n"));
}

#[test]
fn a_failed_source_is_counted_under_its_error() {
    let metrics = Metrics::new("1.2.3");
    metrics.source_ended(&report(SourceOutcome::Failed, Some(SourceError::Unavailable { status: 503 })));
    metrics.source_ended(&report(SourceOutcome::Cached, None));
    let text = metrics.render();
    assert!(text.contains("pake_source_requests_total{source=\"arxiv\",outcome=\"unavailable\"} 1\n"), "{text}");
    assert!(text.contains("pake_source_requests_total{source=\"arxiv\",outcome=\"cached\"} 1\n"));
    // A kept answer says nothing of how long the source takes.
    assert!(text.contains("pake_source_duration_seconds_count{source=\"arxiv\"} 1\n"));
}

#[test]
fn every_error_of_a_source_is_a_known_outcome() {
    let errors = [
        SourceError::Timeout { after_ms: 1 },
        SourceError::RateLimited { retry_at: DateTime::<Utc>::UNIX_EPOCH },
        SourceError::CircuitOpen { reason: String::new(), retry_at: DateTime::<Utc>::UNIX_EPOCH },
        SourceError::BudgetSpent { resets_at: DateTime::<Utc>::UNIX_EPOCH },
        SourceError::Refused { status: 401, message: String::new() },
        SourceError::BadQuery { message: String::new() },
        SourceError::Unavailable { status: 500 },
        SourceError::Network { message: String::new() },
        SourceError::Malformed { message: String::new() },
        SourceError::TooLarge { limit_bytes: 1 },
        SourceError::Blocked { message: String::new() },
        SourceError::Unsupported { reason: String::new() },
        SourceError::Cancelled,
    ];
    for error in errors {
        let outcome = labels::outcome(&report(SourceOutcome::Failed, Some(error)));
        assert!(labels::OUTCOMES.contains(&outcome), "{outcome}");
    }
}

#[test]
fn ratios_have_a_zero_before_the_first_event() {
    let metrics = Metrics::new("1.2.3");
    assert!(metrics.render().contains("pake_cache_requests_total{tier=\"memory\",result=\"hit\"} 0\n"));
    metrics.cache_hit(CacheTier::Memory);
    metrics.cache_miss();
    let text = metrics.render();
    assert!(text.contains("pake_cache_requests_total{tier=\"memory\",result=\"hit\"} 1\n"));
    assert!(text.contains("pake_cache_requests_total{tier=\"none\",result=\"miss\"} 1\n"));
}

#[test]
fn what_is_counted_while_it_lives_is_counted_down_when_dropped() {
    let metrics = Metrics::new("1.2.3");
    let first = Counted::in_gauge(&metrics.ws_connections);
    let second = Counted::in_gauge(&metrics.ws_connections);
    assert_eq!(metrics.ws_connections.get(), 2);
    drop(first);
    drop(second);
    assert_eq!(metrics.ws_connections.get(), 0);
}

use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::{
    config::Config,
    testing::{app_with, certificate::Files, config, now},
};

/// A PAKE that gets its certificate by itself from nobody: there is no such authority.
fn ordering(folder: &std::path::Path) -> Config {
    let mut config = config();
    folder.clone_into(&mut config.server.data_dir);
    config.server.base_url = Some("https://localhost/".parse().unwrap());
    config.tls.acme = true;
    config.tls.acme_directory = Some("https://127.0.0.1:1/directory".parse().unwrap());
    config
}

#[test]
fn who_fails_waits_longer_each_time_but_never_for_most_of_a_life() {
    let year = TimeDelta::days(365);
    let refused = |count| Failure { at: now(), count, away: 0, said: String::new() };
    let minutes = |failures, life| pause(&refused(failures), life).num_minutes();
    assert_eq!([1, 2, 3, 4, 9, u32::MAX].map(|failures| minutes(failures, year)), [5, 10, 20, 40, 360, 360]);
    // Let's Encrypt lets five an hour fail.
    assert!(minutes(1, year) + minutes(2, year) + minutes(3, year) + minutes(4, year) > 60);
    assert_eq!(minutes(9, TimeDelta::minutes(60)), 6);
    // What it cannot count: it was not there.
    let away = |away| pause(&Failure { away, ..refused(3) }, year).num_seconds();
    assert_eq!([1, 2, 3, 9, u32::MAX].map(away), [10, 20, 40, 600, 600]);
}

#[test]
fn the_shorter_its_life_the_oftener_it_is_looked_at() {
    let lasting = |seconds| Period { not_before: now(), not_after: now() + TimeDelta::seconds(seconds) };
    for (life, look) in [(90 * 86_400, 600), (600, 30), (20, 1), (0, 1), (-5, 1)] {
        assert_eq!(between_looks(lasting(life)), Duration::from_secs(look), "{life}");
    }
}

#[tokio::test]
async fn a_certificate_is_due_when_it_is_missing_is_of_another_name_or_a_third_of_its_life_is_left() {
    let files = Files::lasting(now() + TimeDelta::days(30));
    let app = app_with(files.config(config())).await;
    let certificates = app.certificates.clone().unwrap();
    let Period { not_before, not_after } = certificates.period();
    let third = (not_after - not_before) / 3;
    for (name, at, due) in [
        ("LOCALHOST", not_after - third - TimeDelta::seconds(1), false),
        ("other.test", not_after - third - TimeDelta::seconds(1), true),
        ("localhost", not_after - third - TimeDelta::seconds(1), false),
        ("localhost", not_after - third, true),
        ("localhost", not_after + TimeDelta::days(1), true),
    ] {
        assert_eq!(is_due(&certificates, name, at), due, "{name} {at}");
    }
    let folder = tempfile::tempdir().unwrap();
    let app = app_with(ordering(folder.path())).await;
    let certificates = app.certificates.clone().unwrap();
    assert!(certificates.is_provisional() && is_due(&certificates, "localhost", now()));
    assert_eq!(until_next_look(&certificates), Duration::from_secs(1), "however long its own one lasts");
}

#[tokio::test]
async fn an_authority_that_is_away_is_told_everywhere_and_asked_again_later() {
    let folder = tempfile::tempdir().unwrap();
    let app = app_with(ordering(folder.path())).await;
    jobs::run(&app, &JOB).await;
    let error = app.job_book.states()["order_certificate"].error.clone().unwrap();
    assert!(error.starts_with("the authority cannot be reached: ") && error.contains("refused"), "{error}");
    jobs::run(&app, &JOB).await;
    let again = app.job_book.states()["order_certificate"].error.clone().unwrap();
    assert!(again.starts_with(&error) && again.ends_with("tried again at 12:00:10 UTC"), "{again}");
    let health = serde_json::to_value(crate::health::of(&app).await).unwrap();
    let told = &health["components"]["certificate"];
    assert_eq!(told["status"], "degraded", "{health}");
    assert!(told["detail"].as_str().unwrap().contains("no authority has given one yet"), "{told}");
    assert!(health["components"]["jobs"]["detail"].as_str().unwrap().contains("order_certificate"), "{health}");
    assert!(app.metrics.render().contains("pake_job_runs_total{job=\"order_certificate\",result=\"failed\"} 2\n"));
    // One process at a time; who starts anew tries at once.
    let kept = Folder::of(folder.path()).unwrap();
    let turn = kept.take_turn().unwrap().unwrap();
    assert!(kept.take_turn().unwrap().is_none());
    let other = app_with(ordering(folder.path())).await;
    let told = keep(&other).await.unwrap_err().to_string();
    assert_eq!(told, error, "another process is at it, and until that has ended it is as it was");
    assert!(!other.certificates.as_ref().unwrap().has_ordered());
    drop(turn);
    assert_eq!(keep(&other).await.unwrap_err().to_string(), error);
    let failure = kept.failure().unwrap();
    assert_eq!((failure.count, failure.away), (0, 2));
    // What it has refused stays counted while it is away, and it is there again when it refuses.
    let mut seen = Vec::new();
    for is_away in [false, true, false] {
        kept.note_failure(now(), "no", is_away);
        seen.extend(kept.failure().map(|failure| (failure.count, failure.away)));
    }
    assert_eq!(seen, [(1, 0), (1, 1), (2, 0)]);
}

#[test]
fn nobody_else_reads_what_is_in_the_folder() {
    let data = tempfile::tempdir().unwrap();
    let folder = Folder::of(data.path()).unwrap();
    let shown = folder.show("proof").unwrap();
    folder.keep_certificate("key and certificate").unwrap();
    folder.note_failure(now(), "away", true);
    let mode = |path: &str| std::fs::metadata(data.path().join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("acme"), 0o700);
    for name in ["acme/challenge.pem", "acme/certificate.pem", "acme/failure.json"] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
    drop(shown);
    assert!(!data.path().join("acme/challenge.pem").exists(), "it is shown no longer than is needed");
    folder.forget_failure();
    assert!(folder.failure().is_none());
    std::fs::write(data.path().join("acme/account.json"), b"{}").unwrap();
    assert!(folder.account("https://authority.test/").is_none(), "what is damaged is made anew");
}

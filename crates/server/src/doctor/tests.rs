use super::*;
use crate::testing::{app_with, config, now};

async fn found(change: impl FnOnce(&mut crate::config::Config)) -> Vec<Finding> {
    let mut config = config();
    config.passwords.memory_kib = 64;
    config.passwords.iterations = 1;
    let folder = tempfile::tempdir().unwrap();
    folder.path().clone_into(&mut config.server.data_dir);
    change(&mut config);
    let app = app_with(config).await;
    examine(&app).await
}

fn of<'a>(found: &'a [Finding], what: &str) -> &'a Finding {
    found.iter().find(|finding| finding.what == what).unwrap()
}

/// What was seen and what to do about it.
fn told(found: &[Finding], what: &str) -> String {
    let Finding { said, remedy, .. } = of(found, what);
    format!("{said}: {}", remedy.as_deref().unwrap_or_default())
}

#[tokio::test]
async fn what_could_be_better_is_said_with_the_setting() {
    let seen = found(|config| {
        config.server.listen = Listen::Tcp(([0, 0, 0, 0], 0).into());
        config.accounts.sign_in = SignIn::Off;
    })
    .await;
    for (what, setting) in [("accounts", "accounts.sign_in"), ("network", "server.base_url"), ("mail", "mail.kind")] {
        assert_eq!(of(&seen, what).result, Verdict::Advice, "{what}");
        assert!(told(&seen, what).contains(setting), "{}", told(&seen, what));
    }
    assert_eq!(of(&seen, "sources").result, Verdict::Bad, "all are switched off");
    for what in ["database", "redis", "audit log", "master key", "passwords"] {
        assert_eq!(of(&seen, what).result, Verdict::Good, "{what}: {}", of(&seen, what).said);
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_named_and_a_way_without_tls_are_told_of() {
    let behind = |url: &'static str| found(move |config| config.server.base_url = Some(url.parse().unwrap()));
    assert!(told(&behind("https://localhost").await, "network").contains("server.trusted_proxies"));
    assert!(told(&behind("http://localhost").await, "network").contains("without TLS"));
}

#[tokio::test]
async fn a_certificate_that_runs_out_is_told_of_before_it_does() {
    let with = async |days: i64| {
        let files = crate::testing::certificate::Files::lasting(now() + chrono::TimeDelta::days(days));
        let seen = found(|config| config.tls = files.settings()).await;
        let certificate = of(&seen, "certificate");
        (certificate.result, certificate.said.clone())
    };
    for (days, expected) in [(60, Verdict::Good), (20, Verdict::Advice), (-1, Verdict::Bad)] {
        let (result, said) = with(days).await;
        assert_eq!(result, expected, "{said}");
        assert!(said.contains(&(now() + chrono::TimeDelta::days(days)).format("%-d %B %Y").to_string()), "{said}");
    }
    assert!(found(|_| {}).await.iter().all(|finding| finding.what != "certificate"));
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_bad() {
    let seen = found(|config| config.server.data_dir = "/nowhere/at/all".into()).await;
    let folder = of(&seen, "data folder");
    assert_eq!(folder.result, Verdict::Bad);
    assert!(folder.said.contains("/nowhere/at/all"), "{}", folder.said);
}

#[tokio::test]
async fn the_machine_is_looked_at_too() {
    let seen = found(|config| config.server.base_url = Some("https://localhost".parse().unwrap())).await;
    for what in ["files on disk", "memory", "waiting connections", "clock", "address", "name", "production"] {
        let finding = of(&seen, what);
        assert!(!finding.said.is_empty(), "{what}");
    }
    assert!(of(&seen, "name").said.starts_with("localhost leads to "), "{}", of(&seen, "name").said);
    assert!(told(&seen, "production").contains("server.production = true"));
}

#[tokio::test]
async fn each_finding_that_is_not_good_says_what_to_do_in_a_field_of_its_own() {
    let ill = found(|config| {
        config.server.listen = Listen::Tcp(([203, 0, 113, 9], 0).into());
        config.server.base_url = Some("https://localhost".parse().unwrap());
        config.server.data_dir = "/nowhere/at/all".into();
        config.accounts.sign_in = SignIn::Off;
        config.redis.url = Some("redis://127.0.0.1:1".into());
    })
    .await;
    for (what, result) in [("data folder", Verdict::Bad), ("address", Verdict::Bad), ("redis", Verdict::Bad)] {
        assert_eq!(of(&ill, what).result, result, "{what}");
    }
    let shown = serde_json::to_value(&ill).unwrap();
    for finding in shown.as_array().unwrap() {
        let remedy = finding.get("remedy").map(|remedy| remedy.as_str().unwrap().to_owned());
        assert_eq!(remedy.is_some_and(|remedy| !remedy.is_empty()), finding["result"] != "good", "{finding}");
    }
}

#[tokio::test]
async fn a_database_that_is_away_is_told_of_with_where_to_look() {
    let app = app_with(config()).await;
    app.db.close().await;
    let seen = examine(&app).await;
    for what in ["database", "master key", "audit log", "accounts"] {
        assert_eq!(of(&seen, what).result, Verdict::Bad, "{what}");
        assert!(told(&seen, what).contains("database.url"), "{}", told(&seen, what));
    }
}

#[tokio::test]
async fn an_address_that_is_taken_or_cannot_be_had_is_told() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = Listen::Tcp(taken.local_addr().unwrap());
    assert!(machine::listen(&address).await.said.contains("`pake health`"));
    drop(taken);
    assert!(machine::listen(&address).await.said.ends_with("is free"));
    let nowhere = machine::listen(&Listen::Unix("/nowhere/at/all/pake.sock".into())).await;
    assert_eq!(nowhere.result, Verdict::Bad);
    assert!(nowhere.said.contains("/nowhere/at/all"), "{}", nowhere.said);
    let disk = machine::inodes(std::path::Path::new("/nowhere/at/all"));
    assert_eq!(disk.result, Verdict::Bad);
}

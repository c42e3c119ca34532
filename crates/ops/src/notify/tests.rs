//! Notices go to real receivers on this machine: some that do as they should, and some that do not.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

use super::*;
use crate::{
    deploy_id::DeployId,
    plan::{Kind, Live, Migrations, Policy, Survey},
    progress::Ending,
    release::{Content, Settings},
    step::Step,
    world::Colour,
};

mod receivers;

use self::receivers::{MailServer, Manners, Web};

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn plan() -> Plan {
    let content = |name: &str| Content {
        image: format!("pake:{name}"),
        digest: format!("sha256:{name}"),
        settings: Settings::new(),
    };
    let survey = Survey {
        active: Some(Colour::Blue),
        live: Some(Live { deploy: None, content: content("old") }),
        target: content("new"),
        migrations: Migrations::default(),
    };
    let deploy: DeployId = "0198f2c4-6000-7a10-9c51-2b6f0c1d7e42".parse().unwrap();
    Plan::new(deploy, now(), survey, Policy::DEPLOY)
}

fn herald() -> Herald {
    Herald {
        by: "ada".to_owned(),
        host: "web1".to_owned(),
        destination: Some("production".to_owned()),
        runbooks: "https://wiki.example.org/pake/".to_owned(),
    }
}

fn notifier(receivers: Vec<Receiver>) -> Notifier {
    Notifier::begin(herald(), Occasion::ALL.to_vec(), receivers, Arc::new(now))
}

fn webhook(web: &Web) -> Receiver {
    Receiver::webhook(post::Post::to(&web.url()).unwrap(), Some(SECRET.into()))
}

/// What happens when the new release does not become ready.
fn hear_a_failure(notifier: &Notifier, why: &str) {
    let plan = plan();
    for event in [
        Event::Begun(&plan),
        Event::Doing(Step::Preflight),
        Event::Done { step: Step::Preflight, took: Duration::from_secs(1) },
        Event::Failed { step: Step::Ready, why, log: &["a line of the log".to_owned()] },
        Event::TurnedBack(why),
        Event::Over(Ending::RolledBack),
    ] {
        notifier.hear(&event);
    }
}

const WHY: &str = "green was not ready 5 times in a row within 60 s; the last answer: 503 {\"database\":\"down\"}";

#[tokio::test]
async fn a_webhook_gets_everything_and_can_tell_that_it_is_from_us() {
    let mut web = Web::with(Manners::Good).await;
    let notifier = notifier(vec![webhook(&web)]);
    hear_a_failure(&notifier, WHY);
    assert_eq!(notifier.end().await, Vec::<String>::new());
    let mut occasions = Vec::new();
    for _ in 0..3 {
        let request = web.request().await;
        let signed = signature(SECRET.as_bytes(), now(), request.body.as_bytes());
        assert_eq!(request.header("pake-signature"), signed);
        let told: Value = serde_json::from_str(&request.body).unwrap();
        assert_eq!(request.header("pake-delivery"), told["id"]);
        assert_eq!(request.header("pake-event"), format!("deployment.{}", told["occasion"].as_str().unwrap()));
        occasions.push(told);
    }
    let named: Vec<_> = occasions.iter().map(|told| told["occasion"].as_str().unwrap()).collect();
    assert_eq!(named, ["start", "failure", "rollback"]);
    let failure = &occasions[1];
    for (name, value) in [
        ("deploy", "0198f2c4-6000-7a10-9c51-2b6f0c1d7e42"),
        ("kind", "deploy"),
        ("image", "pake:new"),
        ("from", "sha256:old"),
        ("to", "sha256:new"),
        ("by", "ada"),
        ("host", "web1"),
        ("destination", "production"),
        ("step", "ready"),
        ("reason", WHY),
        ("runbook", "https://wiki.example.org/pake/failed-deploy.md"),
    ] {
        assert_eq!(failure[name], value, "{name}");
    }
    assert_eq!(
        failure["text"],
        format!(
            "PAKE production on web1: the deployment failed and goes back\n\
             release: 0198f2c4-6000-7a10-9c51-2b6f0c1d7e42\nimage: pake:new\ndigest: sha256:old → sha256:new\n\
             by: ada on web1\nfailed: waiting for the new release to be ready\nwhy: {WHY}\n\
             to do: what was live serves on: see why in what it says and in the log, mend it and deploy again\n\
             runbook: https://wiki.example.org/pake/failed-deploy.md"
        )
    );
    assert!(!failure.to_string().contains("a line of the log"), "what people did may stand in a log");
}

#[tokio::test]
async fn in_a_slack_message_nothing_calls_everybody() {
    let mut web = Web::with(Manners::Good).await;
    let notifier = notifier(vec![Receiver::slack(post::Post::to(&web.url()).unwrap())]);
    hear_a_failure(&notifier, "the last answer: 502 <!channel> & <https://evil.example|here>");
    assert_eq!(notifier.end().await, Vec::<String>::new());
    web.request().await;
    let told: Value = serde_json::from_str(&web.request().await.body).unwrap();
    assert_eq!(told.as_object().unwrap().len(), 1);
    let text = told["text"].as_str().unwrap();
    assert!(text.contains("502 &lt;!channel&gt; &amp; &lt;https://evil.example|here&gt;"), "{text}");
}

#[tokio::test]
async fn success_rollback_halt_and_a_deployer_that_breaks_off_are_told() {
    let mut web = Web::with(Manners::Good).await;
    let plan = plan();
    let rollback = Plan { kind: Kind::Rollback, ..plan.clone() };
    let notifier = notifier(vec![webhook(&web)]);
    notifier.broke_off(&anyhow::anyhow!("another deployer is at work"));
    notifier.hear(&Event::Begun(&plan));
    notifier.hear(&Event::Failed { step: Step::Pruned, why: "an image is in use", log: &[] });
    notifier.hear(&Event::Over(Ending::Committed));
    notifier.hear(&Event::Begun(&rollback));
    notifier.hear(&Event::Over(Ending::Committed));
    notifier.hear(&Event::Halted("both are ill"));
    notifier.hear(&Event::Over(Ending::Halted));
    notifier.broke_off(&anyhow::anyhow!("the engine is gone").context("looking"));
    assert_eq!(notifier.end().await, Vec::<String>::new());
    let mut told = Vec::new();
    for _ in 0..6 {
        let notice: Value = serde_json::from_str(&web.request().await.body).unwrap();
        told.push((notice["occasion"].clone(), notice["text"].as_str().unwrap().to_owned()));
    }
    let occasions: Vec<_> = told.iter().map(|(occasion, _)| occasion.as_str().unwrap()).collect();
    assert_eq!(occasions, ["start", "success", "start", "rollback", "halt", "failure"], "and nothing before it begins");
    assert!(told[1].1.contains("warning: removing what no release needs: an image is in use"), "{}", told[1].1);
    assert!(!told[1].1.contains("runbook"), "{}", told[1].1);
    assert!(told[4].1.contains("why: both are ill") && told[4].1.contains("halted-deploy.md"), "{}", told[4].1);
    assert!(told[5].1.contains("looking: the engine is gone") && told[5].1.contains("--resume"), "{}", told[5].1);
}

#[tokio::test]
async fn what_is_not_wanted_is_not_told() {
    let mut web = Web::with(Manners::Good).await;
    let notifier = Notifier::begin(herald(), vec![Occasion::Failure], vec![webhook(&web)], Arc::new(now));
    hear_a_failure(&notifier, WHY);
    assert_eq!(notifier.end().await, Vec::<String>::new());
    assert_eq!(web.request().await.header("pake-event"), "deployment.failure");
    assert!(web.has_no_more());
}

#[tokio::test]
async fn a_broken_receiver_is_told_of_without_its_address() {
    let elsewhere = Web::with(Manners::Good).await;
    let cases = [
        (Manners::Status("500 Internal Server Error"), "it answered 500", 3),
        (Manners::Status("404 Not Found"), "it answered 404", 1),
        (Manners::Redirect(elsewhere.url()), "it is not followed", 1),
        (Manners::Drop, "attempts", 3),
        (Manners::Noise, "attempts", 3),
    ];
    join_all(cases.map(|(manners, why, times)| async move {
        let mut web = Web::with(manners.clone()).await;
        let notifier = notifier(vec![webhook(&web)]);
        notifier.hear(&Event::Begun(&plan()));
        let failures = notifier.end().await;
        assert_eq!(failures.len(), 1, "{manners:?}: {failures:?}");
        let line = &failures[0];
        assert!(line.starts_with("webhook (127.0.0.1): start was not told: ") && line.contains(why), "{line}");
        assert!(!line.contains("T0K3N") && !line.contains(SECRET), "{line}");
        for _ in 0..times {
            web.visit().await;
        }
        assert!(web.has_no_more(), "{manners:?}");
    }))
    .await;
    assert!({ elsewhere }.has_no_more());
}

#[tokio::test]
async fn nobody_listens() {
    let url = {
        let gone = Web::with(Manners::Good).await;
        gone.url()
    };
    let receiver = Receiver::slack(post::Post::to(&url).unwrap());
    assert!(!format!("{receiver:?}").contains("T0K3N"), "{receiver:?}");
    let notifier = notifier(vec![receiver]);
    notifier.hear(&Event::Begun(&plan()));
    let failures = notifier.end().await;
    assert!(failures.len() == 1 && !failures[0].contains("T0K3N"), "{failures:?}");
}

#[tokio::test(start_paused = true)]
async fn one_that_never_answers_is_waited_for_ten_seconds_and_keeps_nobody_else() {
    let silent = [Web::with(Manners::Hang).await, Web::with(Manners::Drip).await];
    let began = tokio::time::Instant::now();
    let notifier = notifier(silent.iter().map(webhook).collect());
    hear_a_failure(&notifier, WHY);
    assert_eq!(began.elapsed(), Duration::ZERO, "who deploys waits for nobody");
    let failures = notifier.end().await;
    assert!(began.elapsed() <= AT_THE_END + Duration::from_millis(100), "{:?}", began.elapsed());
    assert_eq!(failures.len(), 2, "{failures:?}");
    assert!(failures.iter().all(|line| line.ends_with("not all was told within 10 s")), "{failures:?}");
}

#[tokio::test]
async fn mail_goes_to_all_and_nothing_in_it_becomes_a_header() {
    let mut server = MailServer::with(true).await;
    let settings = NotifySettings {
        mail: Some(MailSettings {
            host: "localhost".to_owned(),
            port: Some(server.port),
            tls: MailTls::None,
            from: "PAKE <pake@example.org>".to_owned(),
            to: vec!["ada@example.org".to_owned(), "Grace <grace@example.org>".to_owned()],
            ..MailSettings::default()
        }),
        ..NotifySettings::default()
    };
    let places = Places { folder: std::path::Path::new("/"), variable: &|_| None };
    let (receivers, problems) = settings.receivers(&places);
    assert_eq!(problems, Vec::<String>::new());
    let herald = Herald { host: "web1\r\nBcc: eve@example.net".to_owned(), ..herald() };
    let notifier = Notifier::begin(herald, vec![Occasion::Failure], receivers, Arc::new(now));
    hear_a_failure(&notifier, "the last answer: 500 \r\n.\r\nRCPT TO:<eve@example.net>");
    assert_eq!(notifier.end().await, Vec::<String>::new());
    let visit = server.visit().await;
    let recipients: Vec<_> = visit.commands.iter().filter(|said| said.starts_with("RCPT")).collect();
    assert_eq!(recipients, ["RCPT TO:<ada@example.org>", "RCPT TO:<grace@example.org>"]);
    let (head, _) = visit.message.split_once("\r\n\r\n").unwrap();
    assert!(!head.lines().any(|line| line.starts_with("Bcc")), "{head}");
    for part in ["From: PAKE <pake@example.org>", "Auto-Submitted: auto-generated", "Date: Fri, 15 Jan 2027"] {
        assert!(head.contains(part), "{part} in {head}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_mail_server_is_not_waited_for_for_ever() {
    let server = MailServer::with(false).await;
    let mail = MailSettings {
        host: "127.0.0.1".to_owned(),
        port: Some(server.port),
        tls: MailTls::None,
        from: "pake@example.org".to_owned(),
        to: vec!["ada@example.org".to_owned()],
        ..MailSettings::default()
    };
    let settings = NotifySettings { mail: Some(mail), ..NotifySettings::default() };
    let (receivers, _) = settings.receivers(&Places { folder: std::path::Path::new("/"), variable: &|_| None });
    let notifier = notifier(receivers);
    notifier.hear(&Event::Begun(&plan()));
    assert_eq!(notifier.end().await.len(), 1);
}

#[test]
fn what_is_set_up_wrongly_is_told_and_the_others_hear_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str, mode: u32| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    file("good", "https://hooks.example.org/T0K3N\n", 0o640);
    file("open", "https://hooks.example.org/T0K3N", 0o644);
    file("plain", "http://hooks.example.org/T0K3N", 0o600);
    file("empty", "\n", 0o600);
    file("nonsense", "hooks T0K3N", 0o600);
    file("short", "swordfish", 0o600);
    let variable = |name: &str| (name == "HOOK").then(|| "https://hooks.example.org/T0K3N".to_owned());
    let places = Places { folder: folder.path(), variable: &variable };
    let said = |settings: Value| -> Result<Vec<String>, String> {
        let settings: NotifySettings = serde_json::from_value(settings).map_err(|error| error.to_string())?;
        let (receivers, problems) = settings.receivers(&places);
        let names = receivers.iter().map(|receiver| receiver.name().to_owned());
        Ok(names.chain(problems).collect())
    };
    let good = serde_json::json!({ "url_file": "good" });
    let slack = "slack (hooks.example.org)".to_owned();
    assert_eq!(said(serde_json::json!({ "slack": good })), Ok(vec![slack.clone()]));
    assert_eq!(said(serde_json::json!({ "slack": { "url_variable": "HOOK" } })), Ok(vec![slack.clone()]));
    assert_eq!(said(serde_json::json!({})), Ok(Vec::new()));
    for (webhook, part) in [
        (serde_json::json!({ "url_file": "open" }), "everybody may read"),
        (serde_json::json!({ "url_file": "plain" }), "must be an https address"),
        (serde_json::json!({ "url_file": "empty" }), "is empty or not set"),
        (serde_json::json!({ "url_file": "nonsense" }), "is no address"),
        (serde_json::json!({ "url_file": "gone" }), "gone: No such file"),
        (serde_json::json!({ "url_variable": "GONE" }), "$GONE is empty or not set"),
        (serde_json::json!({ "url_file": "good", "url_variable": "HOOK" }), "not both"),
        (serde_json::json!({}), "`url_file` or `url_variable` is missing"),
        (serde_json::json!({ "url_file": "good", "secret_file": "short" }), "shorter than 16"),
    ] {
        let all = said(serde_json::json!({ "slack": good, "webhook": webhook })).unwrap();
        assert!(all.len() == 2 && all[0] == slack && all[1].starts_with("notify.webhook: "), "{all:?}");
        assert!(all[1].contains(part) && !all[1].contains("T0K3N"), "{part} in {}", all[1]);
    }
    let mail = serde_json::json!({
        "host": "mail.example.org", "tls": "none", "username": "pake", "password_file": "short",
        "from": "pake@example.org", "to": ["ada@example.org"],
    });
    assert!(said(serde_json::json!({ "mail": mail })).unwrap()[0].contains("without TLS"));
    assert!(said(serde_json::json!({ "slack": { "url": "https://hooks.example.org" } })).is_err(), "it is a secret");
}

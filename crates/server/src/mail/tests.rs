use std::{fmt::Write as _, os::unix::fs::PermissionsExt as _};

use secrecy::SecretString;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::{
    client::Client,
    mail::texts::{Notice, invitation, password_reset, security_notice},
    testing::{
        mail_server::{CERTIFICATE, MailServer, Manners},
        now,
    },
};

/// Mail with these settings.
fn mail(settings: &Value) -> Mail {
    let config: Config = serde_json::from_value(json!({ "mail": settings })).unwrap();
    config.validate().unwrap();
    Mail::new(&config, &Metrics::new("test")).unwrap()
}

/// Mail by a mail server, with these settings beside.
fn smtp(server: &MailServer, settings: &Value) -> Mail {
    let mut all = json!({
        "kind": "smtp", "host": "localhost", "port": server.port, "from": "PAKE <pake@example.org>", "tls": "none",
    });
    all.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    mail(&all)
}

fn link() -> SecretString {
    "https://pake.example.org/join?token=pake_ln_S3CR3T&x=%22".into()
}

fn text() -> Text {
    invitation(&link(), "Lamps & Co", Some("Ada Lovelace"), now())
}

async fn send(mail: &Mail, to: &str) -> Result<(), MailError> {
    mail.send(to, &text(), Uuid::from_u128(7), now()).await
}

/// A text as quoted-printable or not, in one piece.
fn decoded(message: &str) -> String {
    message.replace("=\r\n", "").replace("=3D", "=").replace("=22", "\"").replace("\r\n", "\n")
}

#[tokio::test]
async fn a_mail_server_gets_the_message_and_nobody_else() {
    let mut server = MailServer::with(Manners::default()).await;
    let mail = smtp(&server, &json!({}));
    send(&mail, "grace@example.net").await.unwrap();
    assert_eq!(mail.mails.get_or_create(&MailLabels { result: MailResult::Sent }).get(), 1);
    let visit = server.visit().await;
    let said: Vec<_> = visit.commands.iter().map(|said| said.split(" BODY=").next().unwrap()).collect();
    assert_eq!(
        said,
        ["EHLO example.org", "MAIL FROM:<pake@example.org>", "RCPT TO:<grace@example.net>", "DATA", "QUIT"]
    );
    let message = decoded(&visit.message);
    for part in [
        "From: PAKE <pake@example.org>\n",
        "To: grace@example.net\n",
        "Date: Sun, 01 Mar 2026 12:00:00 +0000\n",
        "Message-ID: <00000000-0000-0000-0000-000000000007@example.org>\n",
        "Auto-Submitted: auto-generated\n",
        "Content-Type: multipart/alternative;",
        "Content-Type: text/plain; charset=utf-8\n",
        "Content-Type: text/html; charset=utf-8\n",
        "\nhttps://pake.example.org/join?token=pake_ln_S3CR3T&x=%22\n",
        "<a href=\"https://pake.example.org/join?token=pake_ln_S3CR3T&amp;x=%22\">",
    ] {
        assert!(message.contains(part), "{part} in {message}");
    }
}

#[tokio::test]
async fn with_tls_nothing_is_said_in_the_clear_and_the_password_is_shown_only_then() {
    for (manners, tls, in_the_clear) in [
        (Manners { offers_tls: true, ..Manners::default() }, "starttls", 2),
        (Manners { wraps: true, ..Manners::default() }, "wrapper", 0),
    ] {
        let mut server = MailServer::with(manners).await;
        let directory = TempDir::new().unwrap();
        let ca_file = directory.path().join("ca.pem");
        std::fs::write(&ca_file, CERTIFICATE).unwrap();
        let account = json!({ "tls": tls, "ca_file": ca_file, "username": "pake", "password": "swordfish" });
        send(&smtp(&server, &account), "grace@example.net").await.unwrap();
        let visit = server.visit().await;
        assert_eq!(visit.in_the_clear.len(), in_the_clear, "{:?}", visit.in_the_clear);
        assert!(visit.commands.iter().any(|said| said == "AUTH PLAIN AHBha2UAc3dvcmRmaXNo"), "{:?}", visit.commands);
        assert!(visit.message.contains("Lamps"));
    }
}

#[tokio::test]
async fn without_the_tls_that_is_wanted_nothing_is_sent() {
    let account = |tls: &str| json!({ "tls": tls, "username": "pake", "password": "swordfish" });
    // One that does not offer it, one whose certificate nobody vouches for, one that speaks in the clear.
    for (manners, tls) in [
        (Manners::default(), "starttls"),
        (Manners { offers_tls: true, ..Manners::default() }, "starttls"),
        (Manners { wraps: true, ..Manners::default() }, "wrapper"),
    ] {
        let mut server = MailServer::with(manners).await;
        let error = send(&smtp(&server, &account(tls)), "grace@example.net").await.unwrap_err();
        assert!(!error.to_string().contains("swordfish"), "{error}");
        let visit = server.visit().await;
        assert!(!visit.commands.iter().any(|said| said.starts_with("AUTH") || said.starts_with("MAIL")), "{visit:?}");
    }
}

#[tokio::test]
async fn what_the_mail_server_says_is_told_and_told_apart() {
    let mut server = MailServer::with(Manners { to_recipient: "550 no such box", ..Manners::default() }).await;
    let error = send(&smtp(&server, &json!({})), "grace@example.net").await.unwrap_err();
    assert!(matches!(&error, MailError::Refused(said) if said.contains("no such box")), "{error:?}");
    assert_eq!(server.visit().await.message, "");
    let server = MailServer::with(Manners { to_recipient: "451 later", ..Manners::default() }).await;
    let error = send(&smtp(&server, &json!({})), "grace@example.net").await.unwrap_err();
    assert!(matches!(&error, MailError::Away(said) if said.contains("later")), "{error:?}");
    let port = server.port;
    drop(server);
    let gone = mail(&json!({ "kind": "smtp", "host": "localhost", "port": port, "tls": "none" }));
    // Nobody listens there any more, once the task is gone.
    let error = loop {
        match send(&gone, "grace@example.net").await {
            Err(MailError::Away(said)) if !said.contains("later") => break said,
            _ => tokio::task::yield_now().await,
        }
    };
    assert!(!error.is_empty());
}

#[tokio::test]
async fn a_silent_mail_server_is_not_waited_for_for_ever() {
    let server = MailServer::with(Manners { is_silent: true, ..Manners::default() }).await;
    let began = std::time::Instant::now();
    let error = send(&smtp(&server, &json!({ "timeout": 1 })), "grace@example.net").await.unwrap_err();
    assert!(matches!(error, MailError::Away(_)), "{error:?}");
    assert!(began.elapsed().as_secs() < 10);
}

#[tokio::test]
async fn nothing_that_somebody_chose_becomes_a_header_or_a_recipient() {
    let mut server = MailServer::with(Manners::default()).await;
    let mail = smtp(&server, &json!({}));
    for to in [
        "",
        "grace",
        "grace@example.net\r\nBcc: eve@example.net",
        "grace@example.net, eve@example.net",
        "grace@example.net>\r\nRCPT TO:<eve@example.net",
        "<grace@example.net>",
        "Grace <grace@example.net>",
        "grace@exa mple.net",
        "@example.net",
    ] {
        assert!(matches!(send(&mail, to).await, Err(MailError::Address(_))), "{to}");
    }
    let evil = "x\r\nBcc: eve@example.net\r\n\r\n<script>alert(1)</script> https://evil.example \u{202e}";
    let invited = invitation(&link(), evil, Some(evil), now());
    mail.send("grace@example.net", &invited, Uuid::nil(), now()).await.unwrap();
    let mut subject = text();
    subject.subject = format!("hello{evil}");
    mail.send("grace@example.net", &subject, Uuid::nil(), now()).await.unwrap();
    for _ in 0..2 {
        let visit = server.visit().await;
        assert_eq!(visit.commands.iter().filter(|said| said.starts_with("RCPT")).count(), 1, "{:?}", visit.commands);
        let message = decoded(&visit.message);
        let (head, body) = message.split_once("\n\n").unwrap();
        assert!(!head.lines().any(|line| line.starts_with("Bcc") || line.starts_with("<script")), "{head}");
        let (plain, html) = body.split_once("Content-Type: text/html").unwrap();
        assert!(
            !html.contains("<script") && !html.contains("https://evil") && !plain.contains("https://evil"),
            "{body}"
        );
        assert!(!body.contains("=E2=80=AE") && !body.contains('\u{202e}'), "{body}");
    }
}

#[tokio::test]
async fn a_folder_gets_one_file_a_message_that_nobody_else_reads() {
    let directory = TempDir::new().unwrap();
    let folder = directory.path().join("deep/mail");
    let mail = mail(&json!({ "kind": "file", "folder": folder }));
    assert!(mail.is_sent());
    for id in [2, 1] {
        mail.send("grace@example.net", &text(), Uuid::from_u128(id), now()).await.unwrap();
    }
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let names: Vec<_> = files.iter().map(|file| file.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(
        names,
        ["00000000-0000-0000-0000-000000000001-invitation.eml", "00000000-0000-0000-0000-000000000002-invitation.eml"]
    );
    assert_eq!(std::fs::metadata(&files[0]).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    let message = decoded(&std::fs::read_to_string(&files[0]).unwrap());
    assert!(message.contains("To: grace@example.net\n") && message.contains("token=pake_ln_S3CR3T"), "{message}");
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700)).unwrap();
    let nowhere = self::mail(&json!({ "kind": "file", "folder": files[0].join("below") }));
    let error = send(&nowhere, "grace@example.net").await.unwrap_err();
    assert!(matches!(&error, MailError::Away(said) if said.contains("below")), "{error:?}");
}

/// What is logged while this runs.
fn logged(run: impl FnOnce()) -> String {
    #[derive(Clone, Default)]
    struct Lines(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);
    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, run);
    let bytes = lines.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn the_log_says_that_there_would_be_a_message_and_nothing_of_what_is_in_it() {
    let mail = mail(&json!({}));
    assert!(!mail.is_sent());
    let log = logged(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(send(&mail, "grace@example.net")).unwrap();
    });
    assert!(log.contains("kind=\"invitation\"") && log.contains("example.net"), "{log}");
    assert!(!log.contains("S3CR3T") && !log.contains("grace") && !log.contains("Lamps"), "{log}");
    assert!(!format!("{:?}", text()).contains("S3CR3T"));
}

#[test]
fn texts_say_what_why_and_until_when() {
    let client =
        Client { ip: Some([203, 0, 113, 7].into()), user_agent: Some("Fire<fox> 150".to_owned()), ..Client::default() };
    let mut all = String::new();
    for text in [
        text(),
        invitation(&link(), "Lamps", None, now()),
        password_reset(&link(), now()),
        security_notice(Notice::NewClient, now(), &client),
        security_notice(Notice::TooManyAttempts, now(), &Client::default()),
    ] {
        let _ = write!(all, "== {}: {}\n{}", text.kind, text.subject, text.plain.expose_secret());
    }
    insta::assert_snapshot!(all, @r"
    == invitation: Invitation to “Lamps & Co” on PAKE
    Hello,

    Ada Lovelace has invited you to the workspace “Lamps & Co” on PAKE.

    Make your account here:

    https://pake.example.org/join?token=pake_ln_S3CR3T&x=%22

    The link is good once, until 1 March 2026, 12:00 UTC. If you do not expect it, leave it alone.
    == invitation: Invitation to “Lamps” on PAKE
    Hello,

    You are invited to the workspace “Lamps” on PAKE.

    Make your account here:

    https://pake.example.org/join?token=pake_ln_S3CR3T&x=%22

    The link is good once, until 1 March 2026, 12:00 UTC. If you do not expect it, leave it alone.
    == password-reset: Set your PAKE password anew
    Hello,

    Somebody, probably you, asked to set the password of your PAKE account anew. You can do so here:

    https://pake.example.org/join?token=pake_ln_S3CR3T&x=%22

    The link is good once, until 1 March 2026, 12:00 UTC.

    If it was not you, leave it alone: your password stays as it is.
    == security-notice: New sign-in to your PAKE account
    Hello,

    Somebody signed in to your account from a device or network that was not seen before.

    When: 1 March 2026, 12:00 UTC
    From: 203.0.113.7, with Fire<fox> 150

    If this was you, there is nothing to do. If it was not, change your password, end all sessions and tell whoever runs PAKE.
    == security-notice: Somebody tries to sign in to your PAKE account
    Hello,

    Somebody tried too many passwords for your account. It is closed for a while to devices and networks that it does not know. Yours go on.

    When: 1 March 2026, 12:00 UTC
    From: an unknown address

    There is nothing you have to do, as long as your password is yours alone.
    ");
    let html = security_notice(Notice::NewClient, now(), &client).html;
    insta::assert_snapshot!(html.expose_secret(), @r#"
    <!doctype html>
    <html lang="en">
    <head><meta charset="utf-8"><title>New sign-in to your PAKE account</title></head>
    <body>
    <p>Hello,</p>
    <p>Somebody signed in to your account from a device or network that was not seen before.</p>
    <p>When: 1 March 2026, 12:00 UTC<br>From: 203.0.113.7, with Fire&lt;fox&gt; 150</p>
    <p>If this was you, there is nothing to do. If it was not, change your password, end all sessions and tell whoever runs PAKE.</p>
    </body>
    </html>
    "#);
}

#[test]
fn settings_that_would_send_nothing_or_show_the_password_are_refused() {
    let problems = |settings: &Value| -> Vec<String> {
        let config: Config = serde_json::from_value(json!({ "mail": settings })).unwrap();
        config
            .validate()
            .err()
            .map_or_else(Vec::new, |problems| problems.0)
            .into_iter()
            .map(|each| each.setting)
            .collect()
    };
    let none: Vec<String> = Vec::new();
    assert_eq!(problems(&json!({ "kind": "smtp" })), ["mail.host"]);
    assert_eq!(problems(&json!({ "from": "PAKE" })), ["mail.from"]);
    assert_eq!(problems(&json!({ "username": "pake" })), ["mail.username"]);
    assert_eq!(problems(&json!({ "port": 0 })), ["mail.port"]);
    let account = |host: &str| json!({ "kind": "smtp", "host": host, "tls": "none", "username": "pake", "password": "swordfish" });
    assert_eq!(problems(&account("mail.example.org")), ["mail.tls"]);
    assert_eq!(problems(&account("127.0.0.1")), none);
    let config: Config = serde_json::from_value(json!({ "mail": account("localhost") })).unwrap();
    assert!(!format!("{config:?}").contains("swordfish"));
    assert!(!format!("{:?}", Mail::new(&config, &Metrics::new("test")).unwrap()).contains("swordfish"));
    let config: Config = serde_json::from_value(
        json!({ "mail": { "kind": "smtp", "host": "localhost", "ca_file": "/nowhere/ca.pem" } }),
    )
    .unwrap();
    let error = Mail::new(&config, &Metrics::new("test")).unwrap_err().to_string();
    assert!(error.starts_with("mail.ca_file: /nowhere/ca.pem: "), "{error}");
}

use std::path::Path;

use chrono::TimeDelta;
use http::StatusCode;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    config::{Config, MailKind},
    testing::{
        Answer,
        place::{PASSWORD, Place, text},
    },
    workers,
};

/// A server whose mail goes into a folder, and Ada with an address.
async fn place(folder: &TempDir) -> Place {
    let path = folder.path().join("mail");
    let place = Place::with(|config: &mut Config| {
        config.mail.kind = MailKind::File;
        config.mail.folder = Some(path);
        config.server.base_url = Some("https://pake.example.org".parse().unwrap());
        config.limits.mail_burst = 1_000;
    })
    .await;
    place.set_up().await;
    place
}

/// Has what waits sent, and gives all mails that there are: decoded, the oldest first.
async fn mails(place: &Place, folder: &TempDir) -> Vec<String> {
    workers::run_due(&place.app, workers::TABLE).await.unwrap();
    read(&folder.path().join("mail"))
}

fn read(folder: &Path) -> Vec<String> {
    let Ok(files) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    let decoded = |file| std::fs::read_to_string(file).unwrap().replace("=\r\n", "").replace("=3D", "=");
    files.iter().map(decoded).collect()
}

/// The secret of the link in a mail.
fn secret(mail: &str) -> &str {
    let (_, rest) = mail.split_once("https://pake.example.org/join#").unwrap_or_else(|| panic!("no link in {mail}"));
    rest.split([',', '\r', '"']).next().unwrap()
}

/// Somebody with an account and an address.
async fn grace(place: &Place) -> Value {
    let ada = place.login("ada", PASSWORD).await.json();
    let invited = place.act("/api/v1/invitations", text(&ada, "access_token"), json!({ "role": "user" })).await.json();
    let body =
        json!({ "token": invited["token"], "username": "grace", "email": "grace@example.org", "password": PASSWORD });
    let made = place.post("/auth/register", body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    made.json()
}

async fn forgot(place: &Place, login: &str) -> Answer {
    place.post("/api/v1/auth/password/forgot", json!({ "username": login })).await
}

#[tokio::test]
async fn a_forgotten_password_is_set_by_a_link_that_is_good_once() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(&folder).await;
    grace(&place).await;
    let before = mails(&place, &folder).await.len();
    assert_eq!(forgot(&place, "Grace@Example.org").await.status, StatusCode::ACCEPTED);
    let mails = mails(&place, &folder).await;
    assert_eq!(mails.len(), before + 1);
    let mail = mails.last().unwrap();
    assert!(mail.contains("To: grace@example.org") && mail.contains("good once"), "{mail}");
    let body = json!({ "token": secret(mail), "new_password": "another long enough phrase" });
    assert_eq!(place.post("/auth/password/reset", body.clone()).await.status, StatusCode::NO_CONTENT);
    assert_eq!(place.post("/auth/password/reset", body).await.status, StatusCode::GONE);
    assert_eq!(place.login("grace", "another long enough phrase").await.status, StatusCode::OK);
}

#[tokio::test]
async fn nobody_learns_from_the_answer_whether_a_name_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(&folder).await;
    grace(&place).await;
    let before = mails(&place, &folder).await.len();
    let known = forgot(&place, "grace").await;
    for unknown in ["nobody", "nobody@example.org", "ada", "no name at all \u{202e}", ""] {
        let answer = forgot(&place, unknown).await;
        assert_eq!((answer.status, answer.json()), (known.status, known.json()), "{unknown}");
    }
    assert_eq!(mails(&place, &folder).await.len(), before + 1, "Ada has no address, and the others are nobody");
}

#[tokio::test]
async fn who_asks_again_and_again_fills_nobodys_letter_box() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(&folder).await;
    grace(&place).await;
    let before = mails(&place, &folder).await.len();
    for _ in 0..10 {
        forgot(&place, "grace").await;
    }
    assert_eq!(mails(&place, &folder).await.len(), before + 3);
    place.clock.advance(TimeDelta::hours(1));
    forgot(&place, "grace").await;
    assert_eq!(mails(&place, &folder).await.len(), before + 4, "the first links are over");
}

#[tokio::test]
async fn an_invitation_with_an_address_is_mailed() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(&folder).await;
    let ada = place.login("ada", PASSWORD).await.json();
    let body = json!({ "role": "viewer", "email": "Vera@Example.org" });
    let invited = place.act("/api/v1/invitations", text(&ada, "access_token"), body).await.json();
    assert_eq!(invited["is_mailed"], true);
    let mails = mails(&place, &folder).await;
    let mail = mails.last().unwrap();
    assert!(mail.contains("To: vera@example.org") && mail.contains("Subject: Invitation"), "{mail}");
    let body = json!({ "token": secret(mail), "username": "vera", "password": PASSWORD });
    assert_eq!(place.post("/auth/register", body).await.status, StatusCode::CREATED);
    let quiet = place.act("/api/v1/invitations", text(&ada, "access_token"), json!({ "role": "viewer" })).await.json();
    assert_eq!(quiet["is_mailed"], false);
}

#[tokio::test]
async fn people_are_told_what_happens_to_their_account() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(&folder).await;
    let token = text(&grace(&place).await, "access_token").to_owned();
    let mut seen = mails(&place, &folder).await.len();
    let mut subject = async |expected: Option<&str>| {
        let mails = mails(&place, &folder).await;
        let new: Vec<_> = mails[seen..].to_vec();
        seen = mails.len();
        assert_eq!(new.len(), usize::from(expected.is_some()), "{expected:?}: {new:?}");
        if let Some(expected) = expected {
            assert!(new[0].contains(&format!("Subject: {expected}")), "{}", new[0]);
            assert!(!new[0].contains(PASSWORD));
        }
    };
    // The first time nothing is known that could be strange.
    place.login("grace", PASSWORD).await;
    subject(None).await;
    place.login("grace", PASSWORD).await;
    subject(Some("New sign-in to your PAKE account")).await;
    let offered = place.act("/auth/mfa/totp", &token, json!({ "password": PASSWORD })).await.json();
    let totp = totp_rs::Totp::from_url(text(&offered, "otpauth_url")).unwrap();
    let code = totp.generate(crate::testing::now().timestamp().unsigned_abs()).to_string();
    place.act("/auth/mfa/totp/confirm", &token, json!({ "code": code })).await;
    subject(Some("The second factor of your PAKE account was changed")).await;
    place.act("/auth/mfa/disable", &token, json!({ "password": PASSWORD })).await;
    subject(Some("The second factor of your PAKE account was changed")).await;
    let wanted = json!({ "name": "laptop", "permissions": ["search:read"] });
    place.act("/auth/tokens", &token, wanted).await;
    subject(Some("A new API token of your PAKE account")).await;
    let body = json!({ "current_password": PASSWORD, "new_password": "another long enough phrase" });
    place.send("PUT", "/auth/password", &[("authorization", &format!("Bearer {token}"))], body).await;
    subject(Some("Your PAKE password was changed")).await;
}

#[tokio::test]
async fn a_mail_outlives_the_process_and_is_nowhere_once_it_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(&folder).await;
    grace(&place).await;
    mails(&place, &folder).await;
    // The folder cannot be written to: it is tried again later.
    let path = folder.path().join("mail");
    std::fs::write(&path, "in the way").unwrap();
    forgot(&place, "grace").await;
    workers::run_due(&place.app, workers::TABLE).await.unwrap();
    let ada = place.login("ada", PASSWORD).await.json();
    let jobs = place.get("/api/v1/admin/jobs", text(&ada, "access_token")).await;
    assert!(!jobs.text().contains("grace") && !jobs.text().contains("pake_ln_"), "{}", jobs.text());
    std::fs::remove_file(&path).unwrap();
    place.clock.advance(TimeDelta::minutes(1));
    let sent = mails(&place, &folder).await;
    assert_eq!(sent.len(), 1);
    let body = json!({ "token": secret(&sent[0]), "new_password": "another long enough phrase" });
    assert_eq!(place.post("/auth/password/reset", body).await.status, StatusCode::NO_CONTENT);
    // Nothing is left, and everything that was kept was sealed.
    assert_eq!(
        crate::store::outgoing_mails::forget_before(&place.app.db, place.app.clock.now() + TimeDelta::days(1))
            .await
            .unwrap(),
        1,
        "what the new password tells"
    );
}

#[tokio::test]
async fn without_a_way_for_mail_there_is_no_mail_and_no_trouble() {
    let place = Place::new().await;
    place.set_up().await;
    grace(&place).await;
    assert_eq!(forgot(&place, "grace").await.status, StatusCode::ACCEPTED);
    workers::run_due(&place.app, workers::TABLE).await.unwrap();
    let ada = place.login("ada", PASSWORD).await.json();
    let body = json!({ "role": "viewer", "email": "vera@example.org" });
    let invited = place.act("/api/v1/invitations", text(&ada, "access_token"), body).await.json();
    assert_eq!(invited["is_mailed"], false);
}

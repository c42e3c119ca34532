//! Whoever hears of a deployment, and how it is told.

use std::fmt;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use super::{
    mail::Mail,
    notice::Notice,
    post::Post,
    signature::{SIGNATURE, signature},
};

/// Whoever hears of a deployment.
pub struct Receiver {
    /// What it is called where something is said of it: never by an address, which may be a secret.
    name: String,
    way: Way,
}

/// How it is told.
enum Way {
    /// A webhook as Slack, Mattermost, Rocket.Chat and Discord have it: a JSON object with a text.
    Slack(Post),
    /// The whole notice as JSON, signed where there is a secret.
    Webhook(Post, Option<SecretString>),
    /// Mail.
    Mail(Box<Mail>),
}

/// Why a notice was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It will not be taken, however often it is tried.
    Never(String),
    /// It may be taken later.
    NotNow(String),
}

impl Receiver {
    pub(super) fn slack(post: Post) -> Self {
        Self { name: format!("slack ({})", post.host()), way: Way::Slack(post) }
    }

    pub(super) fn webhook(post: Post, secret: Option<SecretString>) -> Self {
        Self { name: format!("webhook ({})", post.host()), way: Way::Webhook(post, secret) }
    }

    pub(super) fn mail(mail: Mail) -> Self {
        Self { name: format!("mail ({})", mail.host), way: Way::Mail(Box::new(mail)) }
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Tries once.
    pub(super) async fn tell(&self, notice: &Notice, now: DateTime<Utc>) -> Result<(), Refusal> {
        match &self.way {
            Way::Slack(post) => {
                let body = json!({ "text": escaped(&notice.to_string()) });
                post.send(body.to_string().into_bytes(), &[]).await
            }
            Way::Webhook(post, secret) => {
                let body = body(notice)?;
                let mut headers = vec![
                    ("pake-event", format!("deployment.{}", notice.occasion)),
                    ("pake-delivery", notice.id.to_string()),
                ];
                if let Some(secret) = secret {
                    headers.push((SIGNATURE, signature(secret.expose_secret().as_bytes(), now, &body)));
                }
                post.send(body, &headers).await
            }
            Way::Mail(mail) => mail.send(notice).await,
        }
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Receiver").field(&self.name).finish()
    }
}

/// The notice for programs, with its text for those that only pass it on.
fn body(notice: &Notice) -> Result<Vec<u8>, Refusal> {
    let written = serde_json::to_value(notice).and_then(|mut value| {
        value["text"] = json!(notice.to_string());
        serde_json::to_vec(&value)
    });
    written.map_err(|error| Refusal::Never(error.to_string()))
}

/// Slack takes three characters for the beginning of something: a text with `<!channel>` in it would call everybody.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

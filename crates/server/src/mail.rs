//! Mail: invitations, passwords set anew, notices. What is written in them: `mail/texts.rs`; how they get there: one file for
//! each way.

use std::fmt;

use chrono::{DateTime, Utc};
use engine::search::SetupError;
use futures_util::future::BoxFuture;
use lettre::{
    Address, Message,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
};
use prometheus_client::metrics::{counter::Counter, family::Family};
use secrecy::ExposeSecret;
use uuid::Uuid;

mod file;
mod log;
mod smtp;
#[cfg(test)]
mod tests;
pub mod texts;

use self::texts::Text;
use crate::{
    config::{Config, MailKind},
    metrics::{MailLabels, MailResult, Metrics},
};

/// Says that a program wrote it: nobody's absence is to be answered to it (RFC 3834).
const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

/// Why a message was not sent.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// Nothing can be sent there.
    #[error("`{0}` is no address that mail can be sent to")]
    Address(String),
    /// The mail server does not want it, now or ever.
    #[error("the mail server refused the message: {0}")]
    Refused(String),
    /// The mail server cannot be reached, or not now.
    #[error("mail cannot be sent at the moment: {0}")]
    Away(String),
}

/// A message that is ready to go.
#[derive(Debug)]
pub struct Outgoing {
    /// Names it.
    pub id: Uuid,
    /// What kind of message it is, for the log.
    pub kind: &'static str,
    /// The message itself.
    pub message: Message,
}

/// A way for messages to get out.
pub trait Mailer: Send + Sync + fmt::Debug {
    /// Sends a message.
    fn send<'a>(&'a self, mail: &'a Outgoing) -> BoxFuture<'a, Result<(), MailError>>;
}

/// Sends mail.
#[derive(Debug)]
pub struct Mail {
    from: Mailbox,
    mailer: Box<dyn Mailer>,
    is_sent: bool,
    mails: Family<MailLabels, Counter>,
}

impl Mail {
    /// Mail as it is set. A mail server is connected to when there is something to send.
    pub fn new(config: &Config, metrics: &Metrics) -> Result<Self, SetupError> {
        let mail = &config.mail;
        let wrong = |setting: &str, message: String| SetupError { setting: format!("mail.{setting}"), message };
        let from: Mailbox =
            mail.from.parse().map_err(|error| wrong("from", format!("`{}` is no address: {error}", mail.from)))?;
        let mailer: Box<dyn Mailer> = match mail.kind {
            MailKind::Log => Box::new(log::Log),
            MailKind::File => Box::new(file::Folder::new(mail.folder(&config.server.data_dir))),
            MailKind::Smtp => {
                let smtp = smtp::Smtp::new(mail, from.email.domain());
                Box::new(smtp.map_err(|(setting, message)| wrong(setting, message))?)
            }
        };
        Ok(Self { from, mailer, is_sent: mail.kind != MailKind::Log, mails: metrics.mails.clone() })
    }

    /// Whether messages get anywhere; else whoever makes a link has to pass it on.
    pub const fn is_sent(&self) -> bool {
        self.is_sent
    }

    /// Sends a text to an address. `id` names the message; `now` is its date.
    pub async fn send(&self, to: &str, text: &Text, id: Uuid, now: DateTime<Utc>) -> Result<(), MailError> {
        let message = self.message(to, text, id, now)?;
        let sent = self.mailer.send(&Outgoing { id, kind: text.kind, message }).await;
        if self.is_sent {
            let result = if sent.is_ok() { MailResult::Sent } else { MailResult::Failed };
            self.mails.get_or_create(&MailLabels { result }).inc();
        }
        sent
    }

    /// The message. Whatever the parts hold, they become no further headers and no further recipients.
    fn message(&self, to: &str, text: &Text, id: Uuid, now: DateTime<Utc>) -> Result<Message, MailError> {
        let address: Address = to.parse().map_err(|_| MailError::Address(to.chars().take(100).collect()))?;
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, address))
            .subject(one_line(&text.subject))
            .date(now.into())
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            .raw_header(HeaderValue::new(AUTO_SUBMITTED, "auto-generated".to_owned()))
            .multipart(MultiPart::alternative_plain_html(
                text.plain.expose_secret().to_owned(),
                text.html.expose_secret().to_owned(),
            ))
            .map_err(|error| MailError::Refused(error.to_string()))
    }
}

/// A text without line breaks and other control characters.
fn one_line(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
}

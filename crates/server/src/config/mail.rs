//! `[mail]`: how mail is sent.

use std::path::{Path, PathBuf};

use lettre::message::Mailbox;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::{Check, seconds};

/// Settings of mail; the section `[mail]`. Without any, nothing is sent: links are shown to whoever makes them.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MailConfig {
    /// `smtp` sends, `file` writes each message into a folder, `log` only says in the log that there would be one.
    pub kind: MailKind,
    /// Name of the mail server (SMTP).
    pub host: Option<String>,
    /// Port of the mail server. Default: 587, with `tls = "wrapper"` 465, with `tls = "none"` 25.
    #[schemars(range(min = 1, max = 65535))]
    pub port: Option<u16>,
    /// How the connection is protected: `starttls` (from the second step on, or nothing is sent), `wrapper` (from the
    /// beginning) or `none`.
    pub tls: MailTls,
    /// File of certificates (PEM) that are trusted beside the system's.
    pub ca_file: Option<PathBuf>,
    /// Name to sign in with at the mail server.
    pub username: Option<String>,
    /// Password to sign in with at the mail server.
    #[schemars(with = "Option<String>")]
    pub password: Option<SecretString>,
    /// File that holds the password (for secrets mounted as files); `password` wins.
    pub password_file: Option<PathBuf>,
    /// Whom mail comes from: an address, or a name and an address as in `PAKE <pake@example.org>`.
    pub from: String,
    /// Folder for `kind = "file"`. Default: `mail` in `server.data_dir`.
    pub folder: Option<PathBuf>,
    /// Longest time that the mail server may take for a message, in seconds; 1 to 300.
    #[schemars(range(min = 1.0, max = 300.0))]
    pub timeout: f64,
}

/// How mail is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MailKind {
    /// Not at all: the log says that there would be a message.
    #[default]
    Log,
    /// Into a folder, one file a message.
    File,
    /// By a mail server.
    Smtp,
}

/// How a connection to a mail server is protected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MailTls {
    /// Begins in the clear and goes on in TLS, or not at all.
    #[default]
    Starttls,
    /// TLS from the beginning.
    Wrapper,
    /// None.
    None,
}

impl Default for MailConfig {
    fn default() -> Self {
        Self {
            kind: MailKind::default(),
            host: None,
            port: None,
            tls: MailTls::default(),
            ca_file: None,
            username: None,
            password: None,
            password_file: None,
            from: "PAKE <pake@localhost>".to_owned(),
            folder: None,
            timeout: 30.0,
        }
    }
}

impl MailConfig {
    /// Port of the mail server.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.tls {
            MailTls::Starttls => 587,
            MailTls::Wrapper => 465,
            MailTls::None => 25,
        })
    }

    /// Longest time that the mail server may take for a message.
    pub fn timeout(&self) -> std::time::Duration {
        seconds(self.timeout)
    }

    /// Folder for messages in files.
    pub fn folder(&self, data_dir: &Path) -> PathBuf {
        self.folder.clone().unwrap_or_else(|| data_dir.join("mail"))
    }

    pub(super) fn check(&self, check: &mut Check) {
        check.within("mail.timeout", self.timeout, 1.0..=300.0, "seconds");
        if self.port == Some(0) {
            check.wrong("mail.port", "0 is no port; leave it out for the usual one");
        }
        if let Err(error) = self.from.parse::<Mailbox>() {
            let message = format!("`{}` is no address ({error}); give one like `PAKE <pake@example.org>`", self.from);
            check.wrong("mail.from", message);
        }
        let host = self.host.as_deref().unwrap_or_default();
        if self.kind == MailKind::Smtp && host.is_empty() {
            check.wrong("mail.host", "is missing; give the name of the mail server, or another `mail.kind`");
        }
        if self.username.is_some() != self.password.is_some() {
            check.wrong("mail.username", "goes with mail.password; give both or none");
        }
        if self.password.is_some() && self.tls == MailTls::None && !is_this_machine(host) {
            check.wrong("mail.tls", "without TLS anybody on the way reads the password; give `starttls` or `wrapper`");
        }
    }
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

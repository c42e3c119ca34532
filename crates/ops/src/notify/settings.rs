//! Who is to hear, as it stands in a file of settings. Secrets stand in files of their own or in the environment.

use std::{
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use schemars::JsonSchema;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use url::Url;

use super::{
    mail::{Mail, MailTls, Server},
    notice::Occasion,
    post::Post,
    receiver::Receiver,
};
use crate::runbook::Runbook;

/// Shortest secret that a signature is made with, in characters.
const SHORTEST: usize = 16;

/// Who hears of a deployment; the section `[notify]`. Nobody does until somebody is named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NotifySettings {
    /// On which occasions. Default: on all of them.
    pub on: Vec<Occasion>,
    /// Where the runbooks are that messages lead to. Default: those of PAKE's own repository.
    #[schemars(with = "Option<String>")]
    pub runbooks: Option<Url>,
    /// A webhook as Slack, Mattermost, Rocket.Chat and Discord have it.
    pub slack: Option<SlackSettings>,
    /// A webhook that gets everything as JSON, signed.
    pub webhook: Option<WebhookSettings>,
    /// Mail.
    pub mail: Option<MailSettings>,
}

/// A webhook as Slack has it. Its address lets in whoever has it: it is a secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SlackSettings {
    /// File that holds the address.
    pub url_file: Option<PathBuf>,
    /// Variable of the environment that holds the address.
    pub url_variable: Option<String>,
}

/// A webhook that gets everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WebhookSettings {
    /// File that holds the address.
    pub url_file: Option<PathBuf>,
    /// Variable of the environment that holds the address.
    pub url_variable: Option<String>,
    /// File that holds the secret that is signed with.
    pub secret_file: Option<PathBuf>,
    /// Variable of the environment that holds the secret that is signed with.
    pub secret_variable: Option<String>,
}

/// Mail.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MailSettings {
    /// Name of the mail server (SMTP).
    pub host: String,
    /// Port of the mail server. Default: 587, with `tls = "wrapper"` 465, with `tls = "none"` 25.
    #[schemars(range(min = 1, max = 65535))]
    pub port: Option<u16>,
    /// How the connection is protected: `starttls` (from the second step on, or nothing is sent), `wrapper` (from the
    /// beginning) or `none`.
    pub tls: MailTls,
    /// Name to sign in with at the mail server.
    pub username: Option<String>,
    /// File that holds the password.
    pub password_file: Option<PathBuf>,
    /// Variable of the environment that holds the password.
    pub password_variable: Option<String>,
    /// Whom mail comes from: an address, or a name and an address as in `PAKE <pake@example.org>`.
    pub from: String,
    /// Whom it is for.
    pub to: Vec<String>,
}

/// Where files and variables are found.
pub struct Places<'a> {
    /// What the names of files are seen from.
    pub folder: &'a Path,
    /// What a variable is set to.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
}

impl NotifySettings {
    /// On which occasions there is something to tell.
    pub fn occasions(&self) -> Vec<Occasion> {
        if self.on.is_empty() { Occasion::ALL.to_vec() } else { self.on.clone() }
    }

    /// Where the runbooks are.
    pub fn runbooks(&self) -> String {
        self.runbooks.as_ref().map_or_else(|| Runbook::PLACE.to_owned(), ToString::to_string)
    }

    /// Everybody who can be told, and of everybody else why not: a receiver that is set up wrongly keeps nobody from deploying.
    pub fn receivers(&self, places: &Places<'_>) -> (Vec<Receiver>, Vec<String>) {
        let mut all = Vec::new();
        all.extend(self.slack.as_ref().map(|it| ("slack", it.receiver(places))));
        all.extend(self.webhook.as_ref().map(|it| ("webhook", it.receiver(places))));
        all.extend(self.mail.as_ref().map(|it| ("mail", it.receiver(places))));
        let (mut receivers, mut problems) = (Vec::new(), Vec::new());
        for (name, receiver) in all {
            match receiver {
                Ok(receiver) => receivers.push(receiver),
                Err(why) => problems.push(format!("notify.{name}: nobody is told this way: {why}")),
            }
        }
        (receivers, problems)
    }
}

impl SlackSettings {
    fn receiver(&self, places: &Places<'_>) -> Result<Receiver, String> {
        let url = places.needed("url", self.url_file.as_deref(), self.url_variable.as_deref())?;
        Ok(Receiver::slack(Post::to(url.expose_secret())?))
    }
}

impl WebhookSettings {
    fn receiver(&self, places: &Places<'_>) -> Result<Receiver, String> {
        let url = places.needed("url", self.url_file.as_deref(), self.url_variable.as_deref())?;
        let secret = places.secret("secret", self.secret_file.as_deref(), self.secret_variable.as_deref())?;
        if secret.as_ref().is_some_and(|secret| secret.expose_secret().chars().count() < SHORTEST) {
            return Err(format!("its secret is shorter than {SHORTEST} characters; `openssl rand -hex 32` makes one"));
        }
        Ok(Receiver::webhook(Post::to(url.expose_secret())?, secret))
    }
}

impl MailSettings {
    fn receiver(&self, places: &Places<'_>) -> Result<Receiver, String> {
        let password = places.secret("password", self.password_file.as_deref(), self.password_variable.as_deref())?;
        let account = match (&self.username, password) {
            (Some(name), Some(password)) => Some((name.clone(), password)),
            (None, None) => None,
            _ => return Err("`username` and a password go together: give both or none".to_owned()),
        };
        if self.host.is_empty() {
            return Err("`host` is missing".to_owned());
        }
        let server = Server { host: self.host.clone(), port: self.port, tls: self.tls, account };
        Mail::by(server, &self.from, &self.to).map(Receiver::mail)
    }
}

impl Places<'_> {
    /// A secret that must be there.
    fn needed(&self, name: &str, file: Option<&Path>, variable: Option<&str>) -> Result<SecretString, String> {
        let secret = self.secret(name, file, variable)?;
        secret.ok_or_else(|| format!("`{name}_file` or `{name}_variable` is missing"))
    }

    /// A secret, from a file or a variable. One that is named and is not there is an error.
    fn secret(&self, name: &str, file: Option<&Path>, variable: Option<&str>) -> Result<Option<SecretString>, String> {
        let (text, from) = match (file, variable) {
            (None, None) => return Ok(None),
            (Some(_), Some(_)) => return Err(format!("give `{name}_file` or `{name}_variable`, not both")),
            (None, Some(variable)) => ((self.variable)(variable).unwrap_or_default(), format!("${variable}")),
            (Some(path), None) => {
                let path = self.folder.join(path);
                let told = |error: std::io::Error| format!("{}: {error}", path.display());
                let mode = std::fs::metadata(&path).map_err(told)?.permissions().mode();
                if mode & 0o007 != 0 {
                    return Err(format!("everybody may read {0}: `chmod o= {0}`", path.display()));
                }
                (std::fs::read_to_string(&path).map_err(told)?, path.display().to_string())
            }
        };
        let text = text.trim();
        if text.is_empty() { Err(format!("{from} is empty or not set")) } else { Ok(Some(text.into())) }
    }
}

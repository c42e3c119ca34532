//! Mail on its way: sealed in the database, sent by a job of the queue (`workers/send_mail.rs`), and gone from the database as
//! soon as it is sent. Nobody waits for a mail server, and a mail outlives the process.

use chrono::TimeDelta;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use crate::{
    app::App,
    client::Client,
    error::{Error, Result},
    mail::texts::{self, Notice, Text},
    queue::{self, NewJob},
    store::{
        accounts::{self, Account},
        outgoing_mails,
    },
    vault::Place,
};

/// The kind of the job that sends a mail.
pub const SEND: &str = "send_mail";
/// What letters are sealed for; the row is the mail's.
pub const SEALED_FOR: &str = "mail";
/// How long a mail is kept that could not be sent.
pub const KEPT: TimeDelta = TimeDelta::days(7);

/// What is kept of a mail until it is sent.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Letter {
    /// A text to somebody.
    Text {
        /// The address.
        to: String,
        /// What kind of message it is.
        kind: String,
        /// Subject.
        subject: String,
        /// As plain text.
        plain: String,
        /// As HTML.
        html: String,
    },
    /// Somebody says that they have forgotten their password. Whether anybody has this name is looked at when it is sent: so
    /// that the one who asks cannot tell from how long it took.
    Forgotten {
        /// Name or address, as it was typed.
        login: String,
    },
}

impl Letter {
    /// A text to this address.
    pub fn of(to: &str, text: &Text) -> Self {
        Self::Text {
            to: to.to_owned(),
            kind: text.kind.to_owned(),
            subject: text.subject.clone(),
            plain: text.plain.expose_secret().to_owned(),
            html: text.html.expose_secret().to_owned(),
        }
    }
}

/// The payload of the job.
#[derive(Debug, Serialize, Deserialize)]
pub struct Errand {
    /// The mail.
    pub mail: Uuid,
}

/// Has a letter sent.
pub async fn send(app: &App, letter: &Letter, user: Option<Uuid>) -> Result<()> {
    let id = app.ids.next();
    let sealed = sealed(app, id, letter)?;
    outgoing_mails::insert(&app.db, id, user, &sealed, app.clock.now()).await?;
    queue::enqueue(app, NewJob::new(SEND, json!(Errand { mail: id }))).await?;
    Ok(())
}

/// Tells somebody what happened to their account, where they have an address. That it cannot be told stops nothing.
pub async fn notify(app: &App, user: Uuid, notice: Notice, client: &Client) {
    if !app.mail.is_sent() {
        return;
    }
    let told = async {
        let Some(Account { email: Some(to), .. }) = accounts::by_id(&app.db, user).await? else { return Ok(()) };
        let text = texts::security_notice(notice, app.clock.now(), client);
        send(app, &Letter::of(&to, &text), Some(user)).await
    };
    if let Err(error) = told.await {
        tracing::warn!(%error, %user, ?notice, "somebody is not told what happened to their account");
    }
}

/// A letter that is not sent yet.
pub async fn letter(app: &App, id: Uuid) -> Result<Option<Letter>> {
    let Some(sealed) = outgoing_mails::find(&app.db, id).await? else { return Ok(None) };
    let row = id.to_string();
    let letter = app.vault.unseal(Place { purpose: SEALED_FOR, row: &row }, &sealed).map_err(Error::internal)?;
    serde_json::from_slice(letter.expose_secret()).map(Some).map_err(Error::internal)
}

/// Puts another letter in the place of one that is not sent yet.
pub async fn replace(app: &App, id: Uuid, user: Uuid, letter: &Letter) -> Result<()> {
    Ok(outgoing_mails::replace(&app.db, id, user, &sealed(app, id, letter)?).await?)
}

/// Forgets a letter: it is sent, or never will be.
pub async fn erase(app: &App, id: Uuid) -> Result<()> {
    Ok(outgoing_mails::remove(&app.db, id).await?)
}

fn sealed(app: &App, id: Uuid, letter: &Letter) -> Result<String> {
    let letter = SecretString::from(serde_json::to_string(letter).map_err(Error::internal)?);
    let place = Place { purpose: SEALED_FOR, row: &id.to_string() };
    app.vault.seal(place, letter.expose_secret().as_bytes()).map_err(Error::internal)
}

#[cfg(test)]
mod tests;

//! Sends a mail, and forgets it.

use secrecy::SecretString;
use serde_json::json;
use uuid::Uuid;

use crate::{
    accounts,
    app::App,
    error::Result,
    mail::{
        MailError,
        texts::{self, Text},
    },
    post::{self, Errand, Letter},
    queue::{Failure, Outcome, Work},
    store::{
        accounts::{Account, by_login},
        links::{self, Purpose},
    },
};

/// How often it is tried.
pub(super) const ATTEMPTS: i64 = 10;
/// Links to a new password that one person may have at once.
const MOST_LINKS: i64 = 3;

pub(super) async fn run(work: &Work) -> Outcome {
    let (app, Errand { mail }) = (work.app(), work.payload()?);
    let Some(letter) = post::letter(app, mail).await? else { return Ok(json!({ "sent": false })) };
    let letter = match letter {
        Letter::Forgotten { login } => {
            let Some(letter) = answer(app, mail, &login).await? else {
                post::erase(app, mail).await?;
                // The same for everybody who looks at the queue.
                return Ok(json!({ "sent": true }));
            };
            letter
        }
        text @ Letter::Text { .. } => text,
    };
    let Letter::Text { to, kind, subject, plain, html } = letter else {
        return Err(Failure::Final("a letter without a text".to_owned()));
    };
    let kind = texts::KINDS.into_iter().find(|known| *known == kind).unwrap_or("letter");
    let text = Text { kind, subject, plain: SecretString::from(plain), html: SecretString::from(html) };
    match app.mail.send(&to, &text, mail, work.created_at()).await {
        Ok(()) => {
            post::erase(app, mail).await?;
            Ok(json!({ "sent": true }))
        }
        Err(error @ MailError::Away(_)) if work.attempt() < ATTEMPTS => Err(Failure::Again(error.to_string())),
        Err(error) => {
            post::erase(app, mail).await?;
            // Who it is for is nobody else's business.
            let why = if matches!(error, MailError::Address(_)) {
                "its address is none".to_owned()
            } else {
                error.to_string()
            };
            Err(Failure::Final(why))
        }
    }
}

/// What whoever has forgotten their password gets: nothing where nobody has that name, a password and an address. Made once:
/// another attempt finds the text in the place of what was asked.
async fn answer(app: &App, mail: Uuid, login: &str) -> Result<Option<Letter>> {
    let Ok(login) = accounts::folded(login) else { return Ok(None) };
    let account = by_login(&app.db, &login).await?;
    let account = account.filter(|account| account.is_active && account.password_hash.is_some());
    let Some(Account { id, email: Some(to), .. }) = &account else { return Ok(None) };
    let Some(account) = &account else { return Ok(None) };
    if links::open_of(&app.db, *id, app.clock.now()).await? >= MOST_LINKS {
        return Ok(None);
    }
    let secret = accounts::offer_reset(app, account).await?;
    let link = accounts::link_to(app, &app.config.server.listen, Purpose::Reset, &secret);
    let text = texts::password_reset(&link.into(), app.clock.now() + accounts::RESET);
    let letter = Letter::of(to, &text);
    post::replace(app, mail, *id, &letter).await?;
    Ok(Some(letter))
}

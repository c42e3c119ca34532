//! What PAKE writes: plain text, and the same as simple HTML. Links in them let in whoever has them: they are secrets.

use std::{fmt::Write as _, net::IpAddr};

use chrono::{DateTime, Utc};
use html_escape::encode_double_quoted_attribute as escaped;
use secrecy::{ExposeSecret, SecretString};

use crate::client::{Client, moves_text};

/// Longest name that is shown, in characters.
const LONGEST_NAME: usize = 80;

/// The kinds of messages.
pub const KINDS: [&str; 3] = ["invitation", "password-reset", "security-notice"];

/// What is in a message.
#[derive(Debug, Clone)]
pub struct Text {
    /// What kind of message it is, for the log and names of files.
    pub kind: &'static str,
    /// Subject.
    pub subject: String,
    /// As plain text.
    pub plain: SecretString,
    /// As HTML.
    pub html: SecretString,
}

/// Something that happened to an account and that its person should know of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// Somebody signed in from a device or network for the first time.
    NewClient,
    /// The password was changed.
    PasswordChanged,
    /// The second factor was switched on or off, or got new recovery codes.
    SecondFactorChanged,
    /// An API token was made.
    TokenMade,
    /// Somebody tried too many passwords.
    TooManyAttempts,
    /// Somebody used what only the session itself should have; it was ended.
    SessionStolen,
}

impl Notice {
    const fn subject(self) -> &'static str {
        match self {
            Self::NewClient => "New sign-in to your PAKE account",
            Self::PasswordChanged => "Your PAKE password was changed",
            Self::SecondFactorChanged => "The second factor of your PAKE account was changed",
            Self::TokenMade => "A new API token of your PAKE account",
            Self::TooManyAttempts => "Somebody tries to sign in to your PAKE account",
            Self::SessionStolen => "A session of your PAKE account was ended",
        }
    }

    const fn what(self) -> &'static str {
        match self {
            Self::NewClient => "Somebody signed in to your account from a device or network that was not seen before.",
            Self::PasswordChanged => "The password of your account was changed, and all other sessions have ended.",
            Self::SecondFactorChanged => "The second factor of your account was changed.",
            Self::TokenMade => "An API token was made, with which a program can use your account.",
            Self::TooManyAttempts => {
                "Somebody tried too many passwords for your account. It is closed for a while to devices and networks \
                 that it does not know. Yours go on."
            }
            Self::SessionStolen => {
                "A refresh token of your account was used twice, so somebody may have copied it. Its session was ended."
            }
        }
    }

    const fn advice(self) -> &'static str {
        match self {
            Self::TooManyAttempts => "There is nothing you have to do, as long as your password is yours alone.",
            _ => {
                "If this was you, there is nothing to do. If it was not, change your password, end all sessions and \
                 tell whoever runs PAKE."
            }
        }
    }
}

/// An invitation into a workspace.
pub fn invitation(link: &SecretString, workspace: &str, inviter: Option<&str>, until: DateTime<Utc>) -> Text {
    let workspace = name(workspace);
    let who = inviter.map_or_else(|| "You are".to_owned(), |inviter| format!("{} has", name(inviter)));
    let invited = if inviter.is_some() { "invited you" } else { "invited" };
    Letter::new("invitation", format!("Invitation to \u{201c}{workspace}\u{201d} on PAKE"))
        .says(format!("{who} {invited} to the workspace \u{201c}{workspace}\u{201d} on PAKE."))
        .says("Make your account here:")
        .links(link)
        .says(format!("The link is good once, until {}. If you do not expect it, leave it alone.", shown(until)))
        .text()
}

/// A link with which a forgotten password is set anew.
pub fn password_reset(link: &SecretString, until: DateTime<Utc>) -> Text {
    Letter::new("password-reset", "Set your PAKE password anew")
        .says("Somebody, probably you, asked to set the password of your PAKE account anew. You can do so here:")
        .links(link)
        .says(format!("The link is good once, until {}.", shown(until)))
        .says("If it was not you, leave it alone: your password stays as it is.")
        .text()
}

/// What happened to an account, when, and from where.
pub fn security_notice(notice: Notice, when: DateTime<Utc>, client: &Client) -> Text {
    let from = client.ip.map_or_else(|| "an unknown address".to_owned(), |ip: IpAddr| ip.to_string());
    let with = client.user_agent.as_deref().map(|agent| format!(", with {}", name(agent))).unwrap_or_default();
    Letter::new("security-notice", notice.subject())
        .says(notice.what())
        .says(format!("When: {}\nFrom: {from}{with}", shown(when)))
        .says(notice.advice())
        .text()
}

/// A name that somebody chose: short, one line, and no address that a mail program would make a link of.
fn name(chosen: &str) -> String {
    let one_line = super::one_line(&chosen.replace("://", " "));
    let words: Vec<_> = one_line.split_whitespace().collect();
    words.join(" ").chars().filter(|char| !moves_text(*char)).take(LONGEST_NAME).collect()
}

/// A time as people read it.
fn shown(time: DateTime<Utc>) -> String {
    time.format("%-d %B %Y, %H:%M UTC").to_string()
}

/// A message while it is written.
struct Letter {
    kind: &'static str,
    subject: String,
    plain: String,
    html: String,
}

impl Letter {
    fn new(kind: &'static str, subject: impl Into<String>) -> Self {
        Self { kind, subject: subject.into(), plain: "Hello,\n".to_owned(), html: "<p>Hello,</p>\n".to_owned() }
    }

    /// A paragraph.
    fn says(mut self, paragraph: impl AsRef<str>) -> Self {
        let paragraph = paragraph.as_ref();
        // Writing to a String does not fail.
        let _ = writeln!(self.plain, "\n{paragraph}");
        let _ = writeln!(self.html, "<p>{}</p>", escaped(paragraph).replace('\n', "<br>"));
        self
    }

    /// A link, on a line of its own: it must not be broken.
    fn links(mut self, link: &SecretString) -> Self {
        let link = link.expose_secret();
        let _ = writeln!(self.plain, "\n{link}");
        let _ = writeln!(self.html, "<p><a href=\"{0}\">{0}</a></p>", escaped(link));
        self
    }

    fn text(self) -> Text {
        let Self { kind, subject, plain, html } = self;
        let html = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{}</title></head>\n\
             <body>\n{html}</body>\n</html>\n",
            escaped(&subject)
        );
        Text { kind, subject, plain: plain.into(), html: html.into() }
    }
}

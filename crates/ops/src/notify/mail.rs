//! A notice is sent by mail.

use std::error::Error as _;

use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{
        Mailbox,
        header::{ContentType, HeaderName, HeaderValue},
    },
    transport::smtp::{
        authentication::Credentials,
        client::{Tls, TlsParameters},
        extension::ClientId,
    },
};
use schemars::JsonSchema;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::{PATIENCE, notice::Notice, receiver::Refusal};

/// Says that a program wrote it: nobody's absence is to be answered to it (RFC 3834).
const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

/// How the connection to a mail server is protected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
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

/// A mail server, and whom to write to.
pub(super) struct Mail {
    pub(super) host: String,
    from: Mailbox,
    to: Vec<Mailbox>,
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

/// What a mail server is reached with.
pub(super) struct Server {
    pub(super) host: String,
    pub(super) port: Option<u16>,
    pub(super) tls: MailTls,
    pub(super) account: Option<(String, SecretString)>,
}

impl Mail {
    /// Mail by a server. Else what is wrong with the settings.
    pub(super) fn by(server: Server, from: &str, to: &[String]) -> Result<Self, String> {
        let mailbox = |text: &str| text.parse::<Mailbox>().map_err(|error| format!("`{text}` is no address: {error}"));
        let from = mailbox(from)?;
        let to = to.iter().map(|to| mailbox(to)).collect::<Result<Vec<_>, _>>()?;
        if to.is_empty() {
            return Err("`to` names nobody".to_owned());
        }
        let Server { host, port, tls, account } = server;
        let is_here = host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
        if account.is_some() && tls == MailTls::None && !is_here {
            return Err("without TLS anybody on the way reads the password: give `starttls` or `wrapper`".to_owned());
        }
        let parameters = || TlsParameters::new(host.clone()).map_err(|error| error.to_string());
        let (usual, tls) = match tls {
            MailTls::Starttls => (587, Tls::Required(parameters()?)),
            MailTls::Wrapper => (465, Tls::Wrapper(parameters()?)),
            MailTls::None => (25, Tls::None),
        };
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host.clone())
            .port(port.unwrap_or(usual))
            .tls(tls)
            .timeout(Some(PATIENCE))
            .hello_name(ClientId::Domain(from.email.domain().to_owned()));
        if let Some((name, password)) = account {
            transport = transport.credentials(Credentials::new(name, password.expose_secret().to_owned()));
        }
        Ok(Self { host, from, to, transport: transport.build() })
    }

    pub(super) async fn send(&self, notice: &Notice) -> Result<(), Refusal> {
        let message = self.message(notice).map_err(|error| Refusal::Never(error.to_string()))?;
        self.transport.send(message).await.map(|_| ()).map_err(|error| {
            let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
            let said = if error.to_string().ends_with(&cause) { error.to_string() } else { format!("{error}{cause}") };
            if error.is_permanent() { Refusal::Never(said) } else { Refusal::NotNow(said) }
        })
    }

    /// The message. Whatever the notice holds, it becomes no further header and no further recipient.
    fn message(&self, notice: &Notice) -> Result<Message, lettre::error::Error> {
        let subject: String = notice.title.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
        let mut message = Message::builder().from(self.from.clone()).subject(subject).date(notice.at.into());
        for to in &self.to {
            message = message.to(to.clone());
        }
        message
            .message_id(Some(format!("<{}@{}>", notice.id, self.from.email.domain())))
            .raw_header(HeaderValue::new(AUTO_SUBMITTED, "auto-generated".to_owned()))
            .header(ContentType::TEXT_PLAIN)
            .body(format!("{notice}\n"))
    }
}

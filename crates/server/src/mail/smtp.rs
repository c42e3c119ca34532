//! Mail by a mail server.

use std::{error::Error as _, time::Duration};

use futures_util::future::BoxFuture;
use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor,
    transport::smtp::{
        authentication::Credentials,
        client::{Certificate, Tls, TlsParameters},
        extension::ClientId,
    },
};
use secrecy::ExposeSecret;

use super::{MailError, Mailer, Outgoing};
use crate::config::{MailConfig, MailTls};

/// A mail server. Each message has a connection of its own: there are few.
#[derive(Debug)]
pub(super) struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    /// Longest time for a whole message.
    longest: Duration,
}

impl Smtp {
    /// Reads the settings; `domain` is what PAKE calls itself. Else: the setting that is wrong, and what is.
    pub(super) fn new(config: &MailConfig, domain: &str) -> Result<Self, (&'static str, String)> {
        let host = config.host.clone().unwrap_or_default();
        let tls = match config.tls {
            MailTls::Starttls => Tls::Required(parameters(config, host.clone())?),
            MailTls::Wrapper => Tls::Wrapper(parameters(config, host.clone())?),
            MailTls::None => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(config.port())
            .tls(tls)
            .timeout(Some(config.timeout()))
            .hello_name(ClientId::Domain(domain.to_owned()));
        if let (Some(username), Some(password)) = (&config.username, &config.password) {
            builder = builder.credentials(Credentials::new(username.clone(), password.expose_secret().to_owned()));
        }
        Ok(Self { transport: builder.build(), longest: config.timeout() })
    }
}

fn parameters(config: &MailConfig, host: String) -> Result<TlsParameters, (&'static str, String)> {
    let mut builder = TlsParameters::builder(host);
    if let Some(path) = &config.ca_file {
        let wrong = |message: String| ("ca_file", format!("{}: {message}", path.display()));
        let pem = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
        let certificate = Certificate::from_pem(&pem).map_err(|error| wrong(error.to_string()))?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build_rustls().map_err(|error| ("tls", error.to_string()))
}

impl Mailer for Smtp {
    fn send<'a>(&'a self, mail: &'a Outgoing) -> BoxFuture<'a, Result<(), MailError>> {
        Box::pin(async move {
            let sent = tokio::time::timeout(self.longest, self.transport.send(mail.message.clone())).await;
            let sent = sent.map_err(|_| MailError::Away("the mail server takes too long".to_owned()))?;
            sent.map_err(|error| failure(&error))?;
            tracing::debug!(kind = mail.kind, "a mail is sent");
            Ok(())
        })
    }
}

/// What the mail server said, or why it said nothing.
fn failure(error: &lettre::transport::smtp::Error) -> MailError {
    let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
    let said = format!("{error}{}", if error.to_string().ends_with(&cause) { "" } else { &cause });
    if error.is_permanent() { MailError::Refused(said) } else { MailError::Away(said) }
}

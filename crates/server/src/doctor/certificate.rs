//! The certificate that people are shown: PAKE's own where it ends TLS, else that of whoever stands before it.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use rustls::{
    ClientConfig, DigitallySignedStruct, Error, SignatureScheme,
    client::{
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::ParsedCertificate,
};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::Url;

use super::Finding;
use crate::{
    app::App,
    certificates::{Period, period_of},
};

const WHAT: &str = "certificate";
/// A certificate that is good for less than this is told of, or for less than three tenths of its life, where that is less: whoever
/// renews by themselves does it when a third is left, and the shortest lives of today are 45 days.
const SOON: TimeDelta = TimeDelta::days(30);
/// Longest wait for whoever stands before PAKE.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is shown, and until when it is good; nothing where people reach PAKE without TLS.
pub(super) async fn examine(app: &App) -> Option<Finding> {
    let now = app.clock.now();
    let Some(own) = &app.certificates else {
        let url = app.config.server.base_url.as_ref().filter(|url| url.scheme() == "https")?;
        return Some(at_the_edge(url, now).await);
    };
    if own.is_provisional() {
        let seen = "there is none yet: `pake serve` orders it as soon as it runs";
        return Some(Finding::advice(WHAT, seen, "start `pake serve`; its log says what came of it"));
    }
    let remedy = if app.config.tls.acme {
        "`pake serve` renews it by itself: its log says why it did not"
    } else {
        "renew it: its files are read anew within a minute"
    };
    Some(judge(own.period(), now, remedy))
}

/// The one that whoever stands before PAKE shows to everybody.
async fn at_the_edge(url: &Url, now: DateTime<Utc>) -> Finding {
    const REMEDY: &str = "renew it where TLS ends before PAKE (docs/runbooks/certificate-expired.md)";
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let port = url.port_or_known_default().unwrap_or(443);
    let shown = tokio::time::timeout(PATIENCE, shown(host, port)).await;
    let certificate = match shown.unwrap_or_else(|_| Err("no answer in time".into())) {
        Ok(certificate) => certificate,
        Err(error) => {
            let seen = format!("{host}:{port} shows none to this machine: {error}");
            let remedy =
                format!("look from elsewhere: `openssl s_client -connect {host}:{port} -servername {host} </dev/null`");
            return Finding::advice(WHAT, seen, remedy);
        }
    };
    let is_for_it = ParsedCertificate::try_from(&certificate)
        .and_then(|parsed| verify_server_name(&parsed, &name(host).map_err(|_| Error::UnsupportedNameType)?));
    match (is_for_it, period_of(&certificate)) {
        (Err(error), _) => {
            // Names may lead elsewhere from here than from where people are.
            let remedy = "give whoever ends TLS before PAKE one for the name in server.base_url";
            Finding::advice(WHAT, format!("what {host}:{port} shows is not for that name: {error}"), remedy)
        }
        (Ok(()), None) => Finding::bad(WHAT, format!("what {host}:{port} shows cannot be read"), REMEDY),
        (Ok(()), Some(period)) => judge(period, now, REMEDY),
    }
}

fn judge(period: Period, now: DateTime<Utc>, remedy: &str) -> Finding {
    let Period { not_before, not_after } = period;
    let until = not_after.format("%-d %B %Y, %H:%M UTC");
    if now >= not_after {
        Finding::bad(WHAT, format!("was good until {until}"), remedy)
    } else if now < not_before {
        Finding::bad(WHAT, format!("is good from {not_before} on only"), "set the clock of this machine right")
    } else if not_after - now < SOON.min((not_after - not_before) * 3 / 10) {
        Finding::advice(WHAT, format!("is good until {until} only"), remedy)
    } else {
        Finding::good(WHAT, format!("is good until {until}"))
    }
}

/// The certificate that is shown there. Who vouches for it is not looked at: whom browsers believe this machine need not.
async fn shown(host: &str, port: u16) -> Result<CertificateDer<'static>, Box<dyn std::error::Error + Send + Sync>> {
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    let config = config.dangerous().with_custom_certificate_verifier(Arc::new(Anybody(provider))).with_no_client_auth();
    let stream = TcpStream::connect((host, port)).await?;
    let stream = TlsConnector::from(Arc::new(config)).connect(name(host)?, stream).await?;
    let (_, connection) = stream.get_ref();
    let first = connection.peer_certificates().and_then(<[_]>::first).ok_or("it shows no certificate")?;
    Ok(first.clone().into_owned())
}

fn name(host: &str) -> Result<ServerName<'static>, rustls::pki_types::InvalidDnsNameError> {
    ServerName::try_from(host.to_owned())
}

/// Takes everybody for who they say they are: nothing is said to them, and nothing of what they say is believed.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use tokio_rustls::TlsAcceptor;

    use super::{super::Verdict, *};
    use crate::{
        certificates::Certificates,
        testing::{certificate::Files, config, now},
    };

    /// Whoever stands before PAKE, at this port.
    async fn edge(files: &Files) -> u16 {
        let certificates = Arc::new(Certificates::open(&files.config(config())).unwrap().unwrap());
        let acceptor = TlsAcceptor::from(certificates.acceptor().unwrap());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // Whoever asked has gone as soon as it has seen the certificate.
                let _ = acceptor.accept(stream).await;
            }
        });
        port
    }

    async fn seen(host: &str, port: u16) -> Finding {
        at_the_edge(&format!("https://{host}:{port}").parse().unwrap(), now()).await
    }

    #[tokio::test]
    async fn what_stands_before_pake_is_told_of_as_its_own_certificate_is() {
        for (days, result) in [(60, Verdict::Good), (20, Verdict::Advice), (-1, Verdict::Bad)] {
            let until = now() + TimeDelta::days(days);
            let found = seen("localhost", edge(&Files::lasting(until)).await).await;
            assert_eq!(found.result, result, "{found:?}");
            assert!(found.said.contains(&until.format("%-d %B %Y").to_string()), "{found:?}");
        }
    }

    #[tokio::test]
    async fn a_certificate_for_another_name_and_none_at_all_are_told_of() {
        let other = seen("127.0.0.1", edge(&Files::new()).await).await;
        assert!(other.result == Verdict::Advice && other.said.contains("not for that name"), "{other:?}");
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let none = seen("localhost", free).await;
        assert_eq!(none.result, Verdict::Advice, "{none:?}");
        assert!(none.remedy.unwrap().contains(&format!("-connect localhost:{free}")));
    }

    #[test]
    fn of_a_short_life_three_tenths_are_soon() {
        let judged = |life: i64, left: i64| {
            let not_after = now() + TimeDelta::days(left);
            judge(Period { not_before: not_after - TimeDelta::days(life), not_after }, now(), "renew it")
        };
        for (life, left, result) in [
            (45, 14, Verdict::Good),
            (45, 13, Verdict::Advice),
            (90, 28, Verdict::Good),
            (90, 26, Verdict::Advice),
            (365, 31, Verdict::Good),
            (365, 29, Verdict::Advice),
            (90, 0, Verdict::Bad),
            (90, 91, Verdict::Bad),
        ] {
            let found = judged(life, left);
            assert_eq!(found.result, result, "{life}, {left}: {found:?}");
            assert_eq!(found.remedy.is_some(), result != Verdict::Good, "{found:?}");
        }
    }
}

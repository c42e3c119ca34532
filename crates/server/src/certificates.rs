//! The certificate with which PAKE ends TLS itself: read at the start, and anew when its files change. What is wrong with the
//! new one is told, and the old one stays.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::SystemTime,
};

use chrono::{DateTime, Utc};
use engine::search::SetupError;
use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject as _},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::config::TlsConfig;

/// When a certificate is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// From then on.
    pub not_before: DateTime<Utc>,
    /// Until then.
    pub not_after: DateTime<Utc>,
}

/// The certificate in use.
#[derive(Debug)]
pub struct Certificates {
    certificate_file: PathBuf,
    key_file: PathBuf,
    provider: CryptoProvider,
    kept: RwLock<Kept>,
}

#[derive(Debug)]
struct Kept {
    key: Arc<CertifiedKey>,
    period: Period,
    files: [Stamp; 2],
}

/// What tells one content of a file from the next without reading it.
type Stamp = Option<(SystemTime, u64)>;

impl Certificates {
    /// The certificate that the settings name; nothing where PAKE does not end TLS.
    pub fn open(config: &TlsConfig) -> Result<Option<Self>, SetupError> {
        let (Some(certificate_file), Some(key_file)) = (&config.certificate_file, &config.key_file) else {
            return Ok(None);
        };
        let provider = ring::default_provider();
        let kept = RwLock::new(read(&provider, certificate_file, key_file)?);
        Ok(Some(Self { certificate_file: certificate_file.clone(), key_file: key_file.clone(), provider, kept }))
    }

    /// Reads the files anew if they have changed; `true`: there is another certificate now.
    pub fn renew(&self) -> Result<bool, SetupError> {
        let files = [stamp(&self.certificate_file), stamp(&self.key_file)];
        if files == self.kept.read().unwrap_or_else(PoisonError::into_inner).files {
            return Ok(false);
        }
        let new = read(&self.provider, &self.certificate_file, &self.key_file)?;
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        let is_other = kept.key.cert != new.key.cert;
        *kept = new;
        Ok(is_other)
    }

    /// When the certificate in use is good.
    pub fn period(&self) -> Period {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).period
    }

    /// What rustls needs to end TLS with it: TLS 1.2 and 1.3, the suites that rustls takes for safe, HTTP/2 and HTTP/1.1.
    pub fn acceptor(self: &Arc<Self>) -> Result<Arc<ServerConfig>, rustls::Error> {
        let builder = ServerConfig::builder_with_provider(Arc::new(self.provider.clone()));
        let builder = builder.with_safe_default_protocol_versions()?.with_no_client_auth();
        let mut config = builder.with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.kept.read().unwrap_or_else(PoisonError::into_inner).key))
    }
}

fn stamp(path: &Path) -> Stamp {
    let file = fs::metadata(path).ok()?;
    Some((file.modified().ok()?, file.len()))
}

fn read(provider: &CryptoProvider, certificate_file: &Path, key_file: &Path) -> Result<Kept, SetupError> {
    const CERTIFICATE: &str = "tls.certificate_file";
    const KEY: &str = "tls.key_file";
    // Before they are read: what changes meanwhile is read once more.
    let files = [stamp(certificate_file), stamp(key_file)];
    let problem = |setting: &str, path: &Path, said: String| SetupError {
        setting: setting.to_owned(),
        message: format!("{} {said}", path.display()),
    };
    let unreadable = |setting, path: &Path, error| {
        let said = match error {
            pem::Error::Io(error) => format!("cannot be read: {error}; give a file that this user may read"),
            pem::Error::NoItemsFound => "holds none in PEM form (`-----BEGIN …`)".to_owned(),
            other => format!("is no PEM file: {other}"),
        };
        problem(setting, path, said)
    };
    let chain = CertificateDer::pem_file_iter(certificate_file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unreadable(CERTIFICATE, certificate_file, error))?;
    let first = chain.first().ok_or_else(|| unreadable(CERTIFICATE, certificate_file, pem::Error::NoItemsFound))?;
    let period = period(first)
        .ok_or_else(|| problem(CERTIFICATE, certificate_file, "does not begin with an X.509 certificate".to_owned()))?;
    let key = PrivateKeyDer::from_pem_file(key_file).map_err(|error| unreadable(KEY, key_file, error))?;
    let key = CertifiedKey::from_der(chain, key, provider)
        .map_err(|error| problem(KEY, key_file, format!("is not the key of the certificate: {error}")))?;
    Ok(Kept { key: Arc::new(key), period, files })
}

fn period(certificate: &[u8]) -> Option<Period> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    let time = |time: x509_parser::time::ASN1Time| DateTime::from_timestamp(time.timestamp(), 0);
    let validity = certificate.validity();
    Some(Period { not_before: time(validity.not_before)?, not_after: time(validity.not_after)? })
}

#[cfg(test)]
mod tests;

//! The certificate with which PAKE ends TLS itself: read at the start, and anew when its files change. What is wrong with the
//! new one is told, and the old one stays. Where PAKE gets it by itself (`acme.rs`), it begins with one of its own.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::SystemTime,
};

use chrono::{DateTime, Utc};
use engine::search::SetupError;
use rcgen::{CertificateParams, CustomExtension, KeyPair};
use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject as _},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use url::Url;
use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate};

use crate::config::Config;

/// The folder in `server.data_dir` of what an authority gave.
pub const FOLDER: &str = "acme";
/// The certificate in there, its key before it.
pub const CERTIFICATE: &str = "certificate.pem";
/// What an authority is shown that looks whether PAKE has the name (RFC 8737).
pub const CHALLENGE: &str = "challenge.pem";
/// What is spoken with it.
pub const CHALLENGE_PROTOCOL: &[u8] = b"acme-tls/1";

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
    /// Where PAKE gets the certificate by itself.
    challenge_file: Option<PathBuf>,
    /// Whether this process has ordered one.
    has_ordered: AtomicBool,
    provider: CryptoProvider,
    kept: RwLock<Kept>,
}

#[derive(Debug)]
struct Kept {
    key: Arc<CertifiedKey>,
    period: Period,
    /// For which names it is.
    names: Vec<String>,
    files: [Stamp; 2],
    /// Nobody vouches for it: it is there until an authority has given one.
    is_provisional: bool,
}

/// What tells one content of a file from the next without reading it.
type Stamp = Option<(SystemTime, u64)>;

impl Certificates {
    /// The certificate that the settings name; nothing where PAKE does not end TLS.
    pub fn open(config: &Config) -> Result<Option<Self>, SetupError> {
        let provider = ring::default_provider();
        if config.tls.acme {
            let folder = config.server.data_dir.join(FOLDER);
            let (file, challenge_file) = (folder.join(CERTIFICATE), Some(folder.join(CHALLENGE)));
            let kept = if file.exists() { read(&provider, &file, &file)? } else { provisional(&provider, config)? };
            return Ok(Some(Self::of([file.clone(), file], challenge_file, provider, kept)));
        }
        let (Some(certificate_file), Some(key_file)) = (&config.tls.certificate_file, &config.tls.key_file) else {
            return Ok(None);
        };
        let kept = read(&provider, certificate_file, key_file)?;
        Ok(Some(Self::of([certificate_file.clone(), key_file.clone()], None, provider, kept)))
    }

    fn of(
        [certificate_file, key_file]: [PathBuf; 2],
        challenge_file: Option<PathBuf>,
        provider: CryptoProvider,
        kept: Kept,
    ) -> Self {
        let (has_ordered, kept) = (AtomicBool::new(false), RwLock::new(kept));
        Self { certificate_file, key_file, challenge_file, has_ordered, provider, kept }
    }

    /// Reads the files anew if they have changed; `true`: there is another certificate now.
    pub fn renew(&self) -> Result<bool, SetupError> {
        let files = [stamp(&self.certificate_file), stamp(&self.key_file)];
        let is_there_yet = self.challenge_file.is_none() || files[0].is_some();
        if !is_there_yet || files == self.kept.read().unwrap_or_else(PoisonError::into_inner).files {
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

    /// This process orders one.
    pub fn orders(&self) {
        self.has_ordered.store(true, Ordering::Relaxed);
    }

    /// Whether it has before.
    pub fn has_ordered(&self) -> bool {
        self.has_ordered.load(Ordering::Relaxed)
    }

    /// Whether the one in use is there only until an authority has given one.
    pub fn is_provisional(&self) -> bool {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).is_provisional
    }

    /// Whether somebody vouches for this name.
    pub fn names(&self, name: &str) -> bool {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        !kept.is_provisional && kept.names.iter().any(|known| known.eq_ignore_ascii_case(name))
    }

    /// What rustls needs to end TLS with it: TLS 1.2 and 1.3, the suites that rustls takes for safe, HTTP/2 and HTTP/1.1.
    pub fn acceptor(self: &Arc<Self>) -> Result<Arc<ServerConfig>, rustls::Error> {
        let builder = ServerConfig::builder_with_provider(Arc::new(self.provider.clone()));
        let builder = builder.with_safe_default_protocol_versions()?.with_no_client_auth();
        let mut config = builder.with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        if self.challenge_file.is_some() {
            config.alpn_protocols.push(CHALLENGE_PROTOCOL.to_vec());
        }
        Ok(Arc::new(config))
    }

    /// What an authority is shown, while it is asked to look.
    fn challenge(&self) -> Option<Arc<CertifiedKey>> {
        let file = self.challenge_file.as_ref()?;
        let chain = CertificateDer::pem_file_iter(file).ok()?.collect::<Result<Vec<_>, _>>().ok()?;
        let key = PrivateKeyDer::from_pem_file(file).ok()?;
        // Not looked at closer: it has what nobody else understands, and says so (a critical extension).
        Some(Arc::new(CertifiedKey::new(chain, self.provider.key_provider.load_private_key(key).ok()?)))
    }
}

/// What an authority wants to see that looks whether PAKE has this name: a certificate with this digest, and its key (PEM).
pub fn proof(name: &str, digest: &[u8]) -> Result<String, rcgen::Error> {
    let mut wanted = CertificateParams::new([name.to_owned()])?;
    wanted.custom_extensions.push(CustomExtension::new_acme_identifier(digest));
    let key = KeyPair::generate()?;
    Ok(format!("{}{}", key.serialize_pem(), wanted.self_signed(&key)?.pem()))
}

/// One of our own, for as long as no authority has given one.
fn provisional(provider: &CryptoProvider, config: &Config) -> Result<Kept, SetupError> {
    let wrong = |said: String| SetupError { setting: "tls.acme".to_owned(), message: said };
    let name = config.server.base_url.as_ref().and_then(Url::host_str).unwrap_or("localhost").to_owned();
    let made = rcgen::generate_simple_self_signed([name.clone()]).map_err(|error| wrong(error.to_string()))?;
    let chain = vec![made.cert.der().clone()];
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).map_err(|error| wrong(error.to_owned()))?;
    let period = period_of(&chain[0]).ok_or_else(|| wrong("a certificate of our own cannot be read".to_owned()))?;
    let key = CertifiedKey::from_der(chain, key, provider).map_err(|error| wrong(error.to_string()))?;
    Ok(Kept { key: Arc::new(key), period, names: vec![name], files: [None, None], is_provisional: true })
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        if hello.alpn().is_some_and(|mut spoken| spoken.any(|protocol| protocol == CHALLENGE_PROTOCOL)) {
            return self.challenge();
        }
        Some(Arc::clone(&self.kept.read().unwrap_or_else(PoisonError::into_inner).key))
    }
}

fn stamp(path: &Path) -> Stamp {
    let file = fs::metadata(path).ok()?;
    Some((file.modified().ok()?, file.len()))
}

fn read(provider: &CryptoProvider, certificate_file: &Path, key_file: &Path) -> Result<Kept, SetupError> {
    const CHAIN: &str = "tls.certificate_file";
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
        .map_err(|error| unreadable(CHAIN, certificate_file, error))?;
    let first = chain.first().ok_or_else(|| unreadable(CHAIN, certificate_file, pem::Error::NoItemsFound))?;
    let (period, names) = looked_at(first)
        .ok_or_else(|| problem(CHAIN, certificate_file, "does not begin with an X.509 certificate".to_owned()))?;
    let key = PrivateKeyDer::from_pem_file(key_file).map_err(|error| unreadable(KEY, key_file, error))?;
    let key = CertifiedKey::from_der(chain, key, provider)
        .map_err(|error| problem(KEY, key_file, format!("is not the key of the certificate: {error}")))?;
    Ok(Kept { key: Arc::new(key), period, names, files, is_provisional: false })
}

/// When a certificate is good.
pub fn period_of(certificate: &[u8]) -> Option<Period> {
    looked_at(certificate).map(|(period, _)| period)
}

/// When a certificate is good, and for which names.
fn looked_at(certificate: &[u8]) -> Option<(Period, Vec<String>)> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    let time = |time: x509_parser::time::ASN1Time| DateTime::from_timestamp(time.timestamp(), 0);
    let validity = certificate.validity();
    let period = Period { not_before: time(validity.not_before)?, not_after: time(validity.not_after)? };
    let known = certificate.subject_alternative_name().ok().flatten();
    let name = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        _ => None,
    };
    Some((period, known.map(|known| known.value.general_names.iter().filter_map(name).collect()).unwrap_or_default()))
}

#[cfg(test)]
mod tests;

//! Certificates of a server called `localhost`, for tests of TLS, and clients that believe them.

use std::{path::PathBuf, sync::Arc};

use chrono::{DateTime, Datelike as _, Utc};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::CertificateDer};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::config::{Config, TlsConfig};

/// A certificate and its key, in files.
pub struct Files {
    folder: tempfile::TempDir,
    until: DateTime<Utc>,
    /// The certificate that is in the file now.
    pub certificate: CertificateDer<'static>,
}

impl Files {
    /// New ones, good for ever.
    pub fn new() -> Self {
        Self::lasting(DateTime::from_timestamp(64_000_000_000, 0).unwrap())
    }

    /// New ones, good until then.
    pub fn lasting(until: DateTime<Utc>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut files = Self { folder, until, certificate: CertificateDer::from(Vec::new()) };
        files.renew();
        files
    }

    /// Another certificate, in the same files.
    pub fn renew(&mut self) {
        let key = KeyPair::generate().unwrap();
        let small = |number: u32| u8::try_from(number).unwrap();
        let mut wanted = CertificateParams::new(["localhost".to_owned()]).unwrap();
        wanted.not_after = date_time_ymd(self.until.year(), small(self.until.month()), small(self.until.day()));
        let made = wanted.self_signed(&key).unwrap();
        std::fs::write(self.certificate_file(), made.pem()).unwrap();
        std::fs::write(self.key_file(), key.serialize_pem()).unwrap();
        self.certificate = made.der().clone();
    }

    pub fn certificate_file(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }

    pub fn key_file(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }

    /// Settings that name them.
    pub fn settings(&self) -> TlsConfig {
        let (certificate_file, key_file) = (Some(self.certificate_file()), Some(self.key_file()));
        TlsConfig { certificate_file, key_file, ..TlsConfig::default() }
    }

    /// These settings, with TLS.
    pub fn config(&self, config: Config) -> Config {
        Config { tls: self.settings(), ..config }
    }

    /// A connection over TLS to whoever believes this certificate alone, which speaks one of these protocols.
    pub async fn connect(&self, port: u16, protocols: &[&[u8]]) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots);
        let mut config = builder.with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        TlsConnector::from(Arc::new(config)).connect("localhost".try_into().unwrap(), stream).await
    }
}

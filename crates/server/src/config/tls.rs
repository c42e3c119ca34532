//! `[tls]`: TLS that PAKE ends itself, without a proxy before it.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;
use url::{Host, Url};

use super::{Check, Listen, ServerConfig};

/// The authority that is asked where none is named: Let's Encrypt.
const DIRECTORY: &str = "https://acme-v02.api.letsencrypt.org/directory";

/// Settings of TLS; the section `[tls]`. Without any, PAKE speaks plain HTTP, for a proxy that ends TLS or for this machine alone.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TlsConfig {
    /// File with the certificate of this server, and after it those that vouch for it (PEM). Read anew within a minute after it has changed.
    pub certificate_file: Option<PathBuf>,
    /// File with the private key of the certificate (PEM).
    pub key_file: Option<PathBuf>,
    /// Get the certificate by itself, and renew it, from an authority that speaks ACME (RFC 8555), of which the terms of service are
    /// agreed to hereby. The name is that of `server.base_url`; the authority looks for PAKE at its port 443.
    pub acme: bool,
    /// Address of the directory of the authority. Default: Let's Encrypt, `https://acme-v02.api.letsencrypt.org/directory`.
    #[schemars(with = "Option<String>")]
    pub acme_directory: Option<Url>,
    /// To whom the authority may write when a certificate runs out: an address of mail.
    pub acme_contact: Option<String>,
    /// Certificate (PEM) of whoever vouches for the authority itself, where that is one of your own. Default: those of the system.
    pub acme_ca_file: Option<PathBuf>,
    /// Where plain HTTP is listened at too, only to send browsers to `server.base_url`: `0.0.0.0:80`.
    pub redirect_from: Option<Listen>,
}

impl TlsConfig {
    /// Whether PAKE ends TLS itself.
    pub const fn is_on(&self) -> bool {
        self.certificate_file.is_some() || self.acme
    }

    /// Where the authority is.
    pub fn directory(&self) -> &str {
        self.acme_directory.as_ref().map_or(DIRECTORY, Url::as_str)
    }

    pub(super) fn check(&self, server: &ServerConfig, check: &mut Check) {
        match (&self.certificate_file, &self.key_file) {
            (Some(_), None) => check.wrong("tls.key_file", "is needed beside tls.certificate_file"),
            (None, Some(_)) => check.wrong("tls.certificate_file", "is needed beside tls.key_file"),
            _ => {}
        }
        let setting = if self.acme { "tls.acme" } else { "tls.certificate_file" };
        if self.is_on() && matches!(server.listen, Listen::Unix(_)) {
            check.wrong(setting, "makes no sense where server.listen is a socket in the file system");
        }
        self.check_acme(server, check);
        if self.redirect_from.is_some() && !(self.is_on() && server.is_behind_tls()) {
            check.wrong(
                "tls.redirect_from",
                "needs tls.certificate_file or tls.acme, and the address to lead to: server.base_url = \"https://…\"",
            );
        }
    }

    fn check_acme(&self, server: &ServerConfig, check: &mut Check) {
        if !self.acme {
            return;
        }
        if self.certificate_file.is_some() {
            check.wrong("tls.acme", "and tls.certificate_file are two ways to a certificate: set one of them");
        }
        let has_name = matches!(server.base_url.as_ref().and_then(Url::host), Some(Host::Domain(_)));
        if !server.is_behind_tls() || !has_name {
            check.wrong(
                "tls.acme",
                "needs the name to get a certificate for: server.base_url = \"https://pake.example.org\"",
            );
        }
        if self.acme_directory.as_ref().is_some_and(|url| url.scheme() != "https") {
            check.wrong("tls.acme_directory", "must be an https address: an authority is reached over TLS");
        }
        if self.acme_contact.as_ref().is_some_and(|contact| !contact.contains('@') || contact.contains([' ', ','])) {
            check.wrong("tls.acme_contact", "must be one address of mail, as `you@example.org`");
        }
    }
}

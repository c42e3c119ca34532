//! `[tls]`: TLS that PAKE ends itself, without a proxy before it.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Check, Listen, ServerConfig};

/// Settings of TLS; the section `[tls]`. Without any, PAKE speaks plain HTTP, for a proxy that ends TLS or for this machine alone.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TlsConfig {
    /// File with the certificate of this server, and after it those that vouch for it (PEM). Read anew within a minute after it has changed.
    pub certificate_file: Option<PathBuf>,
    /// File with the private key of the certificate (PEM).
    pub key_file: Option<PathBuf>,
    /// Where plain HTTP is listened at too, only to send browsers to `server.base_url`: `0.0.0.0:80`.
    pub redirect_from: Option<Listen>,
}

impl TlsConfig {
    /// Whether PAKE ends TLS itself.
    pub const fn is_on(&self) -> bool {
        self.certificate_file.is_some()
    }

    pub(super) fn check(&self, server: &ServerConfig, check: &mut Check) {
        match (&self.certificate_file, &self.key_file) {
            (Some(_), None) => check.wrong("tls.key_file", "is needed beside tls.certificate_file"),
            (None, Some(_)) => check.wrong("tls.certificate_file", "is needed beside tls.key_file"),
            _ => {}
        }
        if self.is_on() && matches!(server.listen, Listen::Unix(_)) {
            check.wrong("tls.certificate_file", "makes no sense where server.listen is a socket in the file system");
        }
        if self.redirect_from.is_some() && !(self.is_on() && server.is_behind_tls()) {
            check.wrong(
                "tls.redirect_from",
                "needs tls.certificate_file, and the address to lead to: server.base_url = \"https://…\"",
            );
        }
    }
}

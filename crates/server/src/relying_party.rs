//! What authenticators take PAKE for: the name under which people reach it, which passkeys are bound to.

use url::{Host, Url};
use webauthn_rs::prelude::{Webauthn, WebauthnBuilder};

use crate::config::{Config, Listen, is_safe};

/// What authenticators take PAKE for; nothing where they take it for nothing.
#[derive(Debug)]
pub struct RelyingParty(Option<Webauthn>);

impl RelyingParty {
    /// Passkeys are bound to a name: that of `server.base_url`, or `localhost` where PAKE is reached from this machine only.
    /// Browsers use none over plain HTTP from elsewhere, and none at a bare address.
    pub fn new(config: &Config) -> Self {
        let address = config.accounts.passkeys.then(|| address(config)).flatten();
        let made = address.filter(is_safe).and_then(|address| {
            let name = match address.host() {
                Some(Host::Domain(name)) => name.to_owned(),
                _ => return None,
            };
            let builder = WebauthnBuilder::new(&name, &address).ok()?;
            builder.rp_name("PAKE").allow_any_port(name == "localhost").build().ok()
        });
        Self(made)
    }

    /// The ceremonies; nothing where there are no passkeys.
    pub const fn ceremonies(&self) -> Option<&Webauthn> {
        self.0.as_ref()
    }
}

fn address(config: &Config) -> Option<Url> {
    let listen = &config.server.listen;
    let is_local = matches!(listen, Listen::Tcp(address) if address.ip().is_loopback());
    (config.server.base_url.is_some() || is_local).then(|| config.address(listen).parse().ok())?
}

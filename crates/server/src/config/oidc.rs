//! `[oidc.<name>]`: providers of single sign-on (OpenID Connect).

use std::{collections::BTreeMap, path::PathBuf};

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;
use url::{Host, Url};

use super::Check;
use crate::access::Role;

/// Settings of one provider of single sign-on; the section `[oidc.<name>]`. The name stands in the address to which the
/// provider sends people back: `https://pake.example.org/api/v1/auth/oidc/<name>/callback`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OidcConfig {
    /// What people see. Default: the name of the section.
    pub label: Option<String>,
    /// Who the provider is, exactly as it says itself: `https://login.example.org/realms/staff`. What else is to be known is
    /// found below it (`/.well-known/openid-configuration`).
    pub issuer: String,
    /// What PAKE is called there.
    pub client_id: String,
    /// What PAKE proves there that it is itself with. Without it PAKE is a public client.
    #[schemars(with = "Option<String>")]
    pub client_secret: Option<SecretString>,
    /// File that holds the secret (for secrets mounted as files); `client_secret` wins.
    pub client_secret_file: Option<PathBuf>,
    /// What PAKE asks to be told; `openid` is always among it.
    pub scopes: Vec<String>,
    /// The claim that names the groups of a person; a dot leads into a claim that holds others (`realm_access.roles`).
    pub groups_claim: String,
    /// What the people of a group are: `{ "pake-admins" = "admin", "staff" = "user" }`. Of several the highest counts, at
    /// each sign-in. Where none is set, roles are given in PAKE itself.
    pub roles: BTreeMap<String, Role>,
    /// What people are of whom no group is named in `roles`. Default: `user` where `roles` is empty, else they may not come in.
    pub default_role: Option<Role>,
    /// Domains of addresses from which people may come, as `example.org`; the provider must have verified the address.
    /// Empty: all.
    pub email_domains: Vec<String>,
    /// Whether somebody who comes for the first time gets an account.
    pub create_accounts: bool,
    /// Whether somebody who comes for the first time takes over the account that has their address, as long as the provider
    /// says that it has verified it. Only for providers who cannot be talked into somebody else's address.
    pub link_by_verified_email: bool,
}

impl Default for OidcConfig {
    fn default() -> Self {
        Self {
            label: None,
            issuer: String::new(),
            client_id: String::new(),
            client_secret: None,
            client_secret_file: None,
            scopes: ["openid", "profile", "email"].map(str::to_owned).into(),
            groups_claim: "groups".to_owned(),
            roles: BTreeMap::new(),
            default_role: None,
            email_domains: Vec::new(),
            create_accounts: true,
            link_by_verified_email: false,
        }
    }
}

impl OidcConfig {
    /// What people are of whom no group has a role; nothing: they may not come in.
    pub fn role_of_others(&self) -> Option<Role> {
        self.default_role.or(self.roles.is_empty().then_some(Role::User))
    }

    pub(super) fn check(&self, name: &str, check: &mut Check) {
        let fits =
            |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-' || letter == '_';
        if name.is_empty() || name.len() > 64 || !name.chars().all(fits) {
            check.wrong(&format!("oidc.{name}"), "is no name for a provider; give lower-case letters, digits, - and _");
        }
        if !is_issuer(&self.issuer) {
            check.wrong(
                &format!("oidc.{name}.issuer"),
                format!("`{}` is no issuer; give an address like `https://login.example.org`", self.issuer),
            );
        }
        if self.client_id.is_empty() {
            check
                .wrong(&format!("oidc.{name}.client_id"), "is missing; the provider gives one when PAKE is registered");
        }
    }
}

/// Over HTTPS, except on this machine; without a query and a fragment (OpenID Connect Discovery §3).
fn is_issuer(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| url.query().is_none() && url.fragment().is_none() && is_safe(&url))
}

/// Whether nobody on the way can read or change what goes there.
pub fn is_safe(url: &Url) -> bool {
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => return false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && is_here)
}

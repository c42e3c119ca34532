//! `[accounts]`: who has to sign in, and for how long that is good.

use std::time::Duration;

use http::HeaderName;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Check;
use crate::access::Role;

/// Settings of accounts; the section `[accounts]`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AccountsConfig {
    /// Who has to sign in. `auto`: everybody, once there is an account or PAKE can be reached from other machines.
    /// `required`: everybody, always. `off`: nobody; whoever reaches PAKE may do everything.
    pub sign_in: SignIn,
    /// How long an access token is good, in seconds; 60 to 3600.
    #[schemars(range(min = 60, max = 3600))]
    pub access_seconds: u32,
    /// How long a session lasts, in hours; 1 to 720.
    #[schemars(range(min = 1, max = 720))]
    pub session_hours: u32,
    /// How long a session lasts when the person asked to be remembered, in days; 1 to 365.
    #[schemars(range(min = 1, max = 365))]
    pub remembered_days: u32,
    /// How long an invitation is good, in hours; 1 to 720.
    #[schemars(range(min = 1, max = 720))]
    pub invitation_hours: u32,
    /// How long an account stays after its person asked for its deletion, in days; 0 to 90. Until then they can take it back.
    #[schemars(range(min = 0, max = 90))]
    pub deletion_grace_days: u32,
    /// How long the audit log keeps the addresses that people came from, in days; 1 to 3650.
    #[schemars(range(min = 1, max = 3650))]
    pub addresses_days: u32,
    /// Whether people may use passkeys. They are bound to the name in `server.base_url`, which must be https; without it they work
    /// on this machine, at `localhost`.
    pub passkeys: bool,
    /// Header in which a proxy says who has signed in there, as `Remote-User`; only `server.trusted_proxies` are believed, and
    /// must not let it through from others. Default: no proxy is asked.
    pub proxy_header: Option<String>,
    /// Whether somebody whom a proxy names gets an account when they come for the first time.
    pub proxy_creates_accounts: bool,
    /// What somebody is who gets an account that way; at most `admin`.
    pub proxy_role: Role,
}

/// Who has to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignIn {
    /// Everybody, once there is an account or PAKE can be reached from other machines.
    #[default]
    Auto,
    /// Everybody, always.
    Required,
    /// Nobody: whoever reaches PAKE may do everything.
    Off,
}

impl Default for AccountsConfig {
    fn default() -> Self {
        Self {
            sign_in: SignIn::Auto,
            access_seconds: 900,
            session_hours: 12,
            remembered_days: 30,
            invitation_hours: 72,
            deletion_grace_days: 14,
            addresses_days: 90,
            passkeys: true,
            proxy_header: None,
            proxy_creates_accounts: false,
            proxy_role: Role::User,
        }
    }
}

impl AccountsConfig {
    /// How long an access token is good.
    pub const fn access(&self) -> Duration {
        Duration::from_secs(self.access_seconds as u64)
    }

    /// How long a session lasts.
    pub const fn session(&self, is_remembered: bool) -> Duration {
        let hours = if is_remembered { self.remembered_days * 24 } else { self.session_hours };
        Duration::from_secs(hours as u64 * 3_600)
    }

    /// How long an invitation is good.
    pub const fn invitation(&self) -> Duration {
        Duration::from_secs(self.invitation_hours as u64 * 3_600)
    }

    pub(super) fn check(&self, check: &mut Check) {
        check.within("accounts.access_seconds", self.access_seconds, 60..=3600, "seconds");
        check.within("accounts.session_hours", self.session_hours, 1..=720, "hours");
        check.within("accounts.remembered_days", self.remembered_days, 1..=365, "days");
        check.within("accounts.deletion_grace_days", self.deletion_grace_days, 0..=90, "days");
        check.within("accounts.addresses_days", self.addresses_days, 1..=3650, "days");
        check.within("accounts.invitation_hours", self.invitation_hours, 1..=720, "hours");
        if self.proxy_header.as_ref().is_some_and(|name| name.parse::<HeaderName>().is_err()) {
            check.wrong("accounts.proxy_header", "is no name of a header; give one like `Remote-User`");
        }
    }
}

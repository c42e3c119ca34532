//! Whether PAKE may be used without signing in. It may while nobody has an account and it can be reached from this
//! machine only: then whoever asks is the one person that there is.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};

use crate::config::{Config, Listen, SignIn};

/// How long it is believed that there are no accounts, in milliseconds: another process may make the first one.
const BELIEVED: i64 = 1_000;
/// There are accounts, and there always will be.
const CLOSED: i64 = i64::MAX;
/// Nobody has looked yet.
const UNKNOWN: i64 = i64::MIN;

/// Whether PAKE may be used without signing in.
#[derive(Debug)]
pub struct Door {
    rule: SignIn,
    is_local: bool,
    /// When it was last seen that there are no accounts, in milliseconds; or [`CLOSED`], or [`UNKNOWN`].
    empty_at: AtomicI64,
}

/// What the door says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opinion {
    /// Come in as the local person.
    Open,
    /// Sign in.
    Closed,
    /// Somebody has to look whether there are accounts.
    Look,
}

impl Door {
    /// The door of a server that is set up like this.
    pub fn new(config: &Config) -> Self {
        let server = &config.server;
        // Behind an address of its own a proxy stands, and before that anybody.
        let is_local = server.base_url.as_ref().is_none_or(is_this_machine)
            && matches!(&server.listen, Listen::Tcp(address) if address.ip().is_loopback());
        Self { rule: config.accounts.sign_in, is_local, empty_at: AtomicI64::new(UNKNOWN) }
    }

    /// Whether somebody who shows nothing may come in.
    pub fn opinion(&self, now: DateTime<Utc>) -> Opinion {
        match self.rule {
            SignIn::Off => Opinion::Open,
            SignIn::Required => Opinion::Closed,
            SignIn::Auto if !self.is_local => Opinion::Closed,
            SignIn::Auto => match self.empty_at.load(Ordering::Relaxed) {
                CLOSED => Opinion::Closed,
                UNKNOWN => Opinion::Look,
                // A clock that went back says nothing.
                seen if (0..BELIEVED).contains(&(now.timestamp_millis().saturating_sub(seen))) => Opinion::Open,
                _ => Opinion::Look,
            },
        }
    }

    /// Whether the local person may stay, as far as is known. Once there is an account they may not.
    pub fn is_open_to_local(&self, now: DateTime<Utc>) -> bool {
        self.opinion(now) != Opinion::Closed
    }

    /// Whether there were no accounts when somebody last looked.
    pub fn was_open(&self) -> bool {
        !matches!(self.empty_at.load(Ordering::Relaxed), CLOSED | UNKNOWN)
    }

    /// Tells it whether there are accounts.
    pub fn seen(&self, is_any: bool, now: DateTime<Utc>) {
        let seen = if is_any { CLOSED } else { now.timestamp_millis() };
        // Whoever looked earlier and found nothing does not open it again.
        self.empty_at.fetch_max(seen, Ordering::Relaxed);
        if !is_any && self.empty_at.load(Ordering::Relaxed) != CLOSED {
            self.empty_at.store(seen, Ordering::Relaxed);
        }
    }
}

/// Whether an address names this machine.
fn is_this_machine(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use chrono::{Duration, TimeZone};

    use super::*;

    fn door(rule: SignIn, listen: &str, base: Option<&str>) -> Door {
        let mut config = Config::default();
        config.accounts.sign_in = rule;
        config.server.listen = listen.parse().unwrap();
        config.server.base_url = base.map(|base| base.parse().unwrap());
        Door::new(&config)
    }

    fn noon() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 1, 1, 12, 0, 0).unwrap()
    }

    #[test]
    fn on_this_machine_it_is_open_until_there_is_an_account() {
        let door = door(SignIn::Auto, "127.0.0.1:8000", None);
        assert_eq!(door.opinion(noon()), Opinion::Look);
        assert!(!door.was_open(), "nobody has looked yet");
        door.seen(false, noon());
        assert!(door.was_open());
        assert_eq!(door.opinion(noon()), Opinion::Open);
        // Another process may have made an account meanwhile.
        assert_eq!(door.opinion(noon() + Duration::seconds(1)), Opinion::Look);
        assert_eq!(door.opinion(noon() - Duration::seconds(1)), Opinion::Look);
        door.seen(true, noon());
        door.seen(false, noon() + Duration::seconds(5));
        assert_eq!(door.opinion(noon()), Opinion::Closed);
    }

    #[test]
    fn where_others_can_reach_it_it_is_closed_from_the_start() {
        for (listen, base) in [
            ("0.0.0.0:8000", None),
            ("[::]:8000", None),
            ("192.0.2.1:8000", None),
            ("unix:/run/pake.sock", None),
            ("127.0.0.1:8000", Some("https://pake.example.org")),
        ] {
            assert_eq!(door(SignIn::Auto, listen, base).opinion(noon()), Opinion::Closed, "{listen} {base:?}");
        }
        let here = door(SignIn::Auto, "[::1]:8000", Some("http://localhost:8000"));
        assert_eq!(here.opinion(noon()), Opinion::Look);
    }

    #[test]
    fn it_can_be_closed_or_open_whatever_there_is() {
        assert_eq!(door(SignIn::Required, "127.0.0.1:8000", None).opinion(noon()), Opinion::Closed);
        let open = door(SignIn::Off, "0.0.0.0:8000", None);
        open.seen(true, noon());
        assert_eq!(open.opinion(noon()), Opinion::Open);
    }
}

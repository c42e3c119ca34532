//! Who may speak to us through somebody's browser. A page from elsewhere must neither open our WebSocket (browsers do not
//! stop it from trying) nor reach us under a name of its own that it lets point at this machine (DNS rebinding).

use std::net::IpAddr;

use http::{HeaderMap, Uri, header};

use crate::{
    app::App,
    config::Listen,
    error::{Error, Result},
};

/// Refuses a WebSocket that another site's page opens. Clients that are not browsers send no `Origin`.
pub fn check(app: &App, headers: &HeaderMap) -> Result<()> {
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let allowed = origin.to_str().ok().and_then(authority).is_some_and(|origin| {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        host.is_some_and(|host| host.eq_ignore_ascii_case(&origin)) || is_base(app, &origin)
    });
    if allowed {
        return Ok(());
    }
    Err(Error::Forbidden {
        message: "this page is not PAKE's own; set server.base_url to the address at which people reach PAKE"
            .to_owned(),
    })
}

/// Refuses a request under a foreign name, where PAKE listens on this machine only and has no address of its own.
pub fn check_host(app: &App, host: Option<&str>) -> Result<()> {
    let local_only = matches!(&app.config.server.listen, Listen::Tcp(address) if address.ip().is_loopback());
    let Some(host) = host.filter(|_| local_only) else { return Ok(()) };
    if is_this_machine(host) || is_base(app, host) {
        return Ok(());
    }
    Err(Error::Forbidden {
        message: format!(
            "`{host}` is not a name of this PAKE; set server.base_url to the address at which people reach it"
        ),
    })
}

fn is_base(app: &App, host: &str) -> bool {
    let Some(base) = &app.config.server.base_url else { return false };
    let Some(name) = base.host_str() else { return false };
    let with_port = base.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"));
    host.eq_ignore_ascii_case(&with_port) || host.eq_ignore_ascii_case(name)
}

fn is_this_machine(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The host and port of an origin, as a `Host` header would name it.
fn authority(origin: &str) -> Option<String> {
    let uri: Uri = origin.parse().ok()?;
    uri.scheme()?;
    uri.authority().map(|authority| authority.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_this_machine_are_known_with_and_without_port() {
        for host in ["localhost", "LocalHost:8000", "127.0.0.1:8000", "127.9.9.9", "[::1]:8000", "[::1]"] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example:8000", "10.0.0.1:8000", "[2001:db8::1]:80", ""] {
            assert!(!is_this_machine(host), "{host}");
        }
    }

    #[test]
    fn the_null_origin_of_a_sandboxed_page_has_no_authority() {
        assert_eq!(authority("null"), None);
        assert_eq!(authority("https://pake.example:8443"), Some("pake.example:8443".to_owned()));
    }
}

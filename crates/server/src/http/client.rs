//! Who a request comes from, for handlers: `serve.rs` puts the peer into the request's extensions, trusted proxies say
//! for whom they ask.

use std::{convert::Infallible, net::IpAddr};

use axum::extract::FromRequestParts;
use http::{Extensions, HeaderMap, header, request::Parts};

use super::forwarded::{Origin, origin};
use crate::{
    app::{App, SharedApp},
    client::{Client, Peer, user_agent},
    config::Listen,
    error::{Error, Result},
};

/// Who a request with these headers, and these extensions, comes from.
pub fn of(app: &App, headers: &HeaderMap, extensions: &Extensions) -> Client {
    let Origin { ip, is_https } = origin_of(app, extensions.get().copied(), headers);
    let said = headers.get(header::USER_AGENT);
    // Put there by `http/passage.rs`, where the client had none.
    let request_id = headers.get(super::REQUEST_ID).and_then(|id| id.to_str().ok()).map(str::to_owned);
    Client { ip, is_https, user_agent: said.and_then(|said| user_agent(said.as_bytes())), request_id }
}

/// The address alone that a request comes from.
pub fn ip(app: &App, peer: Option<Peer>, headers: &HeaderMap) -> Option<IpAddr> {
    origin_of(app, peer, headers).ip
}

/// Whether the request came over TLS, as far as PAKE can believe it.
pub fn is_https(app: &App, headers: &HeaderMap, extensions: &Extensions) -> bool {
    app.config.server.is_behind_tls() || origin_of(app, extensions.get().copied(), headers).is_https
}

/// Refuses an address from which PAKE may not be administered (`server.admin_networks`).
pub fn check_admin(app: &App, ip: Option<IpAddr>) -> Result<()> {
    let networks = &app.config.server.admin_networks;
    if networks.is_empty() || ip.is_some_and(|ip| networks.iter().any(|network| network.contains(ip))) {
        return Ok(());
    }
    let message = "PAKE may not be administered from your address; an operator sets server.admin_networks".to_owned();
    Err(Error::Forbidden { message })
}

/// Hides from strangers how PAKE is doing inside (`server.monitoring_networks`): for them there is nothing at such an address.
pub fn check_monitoring(app: &App, client: &Client) -> Result<()> {
    let (networks, server) = (&app.config.server.monitoring_networks, &app.config.server);
    let is_open = networks.is_empty() && !app.config.tls.is_on();
    let is_here = |ip: IpAddr| {
        let own = matches!(&server.listen, Listen::Tcp(address) if address.ip().to_canonical() == ip);
        own || ip.is_loopback()
    };
    // Who has no address comes over a socket in the file system, or from this very process.
    let may = client.ip.is_none_or(|ip| {
        let ip = ip.to_canonical();
        is_here(ip) || networks.iter().any(|network| network.contains(ip))
    });
    if is_open || may { Ok(()) } else { Err(Error::NoSuchRoute) }
}

/// A request without a peer is made within this process: nobody is believed.
fn origin_of(app: &App, peer: Option<Peer>, headers: &HeaderMap) -> Origin {
    let server = &app.config.server;
    peer.map_or_else(Origin::default, |peer| origin(headers, peer, &server.trusted_proxies, server.proxy_header))
}

impl FromRequestParts<SharedApp> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(head: &mut Parts, app: &SharedApp) -> Result<Self, Infallible> {
        Ok(of(app, &head.headers, &head.extensions))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{app_with, certificate::Files, config};

    #[tokio::test]
    async fn the_inside_is_seen_from_this_machine_and_from_where_it_is_said() {
        let files = Files::new();
        let named = |mut config: crate::config::Config| {
            config.server.monitoring_networks = vec!["10.1.0.0/16".parse().unwrap()];
            config
        };
        let mut public = files.config(config());
        public.server.listen = Listen::Tcp(([192, 0, 2, 1], 443).into());
        let behind_a_proxy = app_with(config()).await;
        let named_behind_a_proxy = app_with(named(config())).await;
        let (alone, named) = (app_with(public.clone()).await, app_with(named(public)).await);
        for (ip, may, may_where_named) in [
            (None, true, true),
            (Some("127.0.0.1"), true, true),
            (Some("::1"), true, true),
            (Some("::ffff:192.0.2.1"), true, true),
            (Some("10.1.2.3"), false, true),
            (Some("::ffff:10.1.2.3"), false, true),
            (Some("192.0.2.2"), false, false),
            (Some("10.2.0.0"), false, false),
        ] {
            let client = Client { ip: ip.map(|ip| ip.parse().unwrap()), ..Client::default() };
            assert!(check_monitoring(&behind_a_proxy, &client).is_ok(), "who stands before it sees to that");
            assert_eq!(check_monitoring(&alone, &client).is_ok(), may, "{ip:?}");
            assert_eq!(check_monitoring(&named, &client).is_ok(), may_where_named, "{ip:?}");
            let is_own_address = ip == Some("::ffff:192.0.2.1");
            assert_eq!(check_monitoring(&named_behind_a_proxy, &client).is_ok(), may_where_named && !is_own_address);
        }
    }

    #[tokio::test]
    async fn where_networks_are_named_only_they_administer() {
        let mut config = config();
        let everywhere = app_with(config.clone()).await;
        config.server.admin_networks = vec!["10.1.0.0/16".parse().unwrap(), "::1".parse().unwrap()];
        let somewhere = app_with(config).await;
        for (ip, may) in [
            (Some("10.1.2.3"), true),
            (Some("::ffff:10.1.2.3"), true),
            (Some("::1"), true),
            (Some("10.2.0.0"), false),
            (Some("127.0.0.1"), false),
            (None, false),
        ] {
            let ip = ip.map(|ip| ip.parse().unwrap());
            assert!(check_admin(&everywhere, ip).is_ok());
            assert_eq!(check_admin(&somewhere, ip).is_ok(), may, "{ip:?}");
        }
    }
}

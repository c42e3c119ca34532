//! Who a request comes from, for handlers: `serve.rs` puts the peer into the request's extensions, trusted proxies say
//! for whom they ask.

use std::{convert::Infallible, net::IpAddr};

use axum::extract::FromRequestParts;
use http::{HeaderMap, header, request::Parts};

use super::forwarded::{Origin, origin};
use crate::{
    app::{App, SharedApp},
    client::{Client, Peer, user_agent},
};

/// Who a request with this head comes from.
pub fn of(app: &App, head: &Parts) -> Client {
    let Origin { ip, is_https } = origin_of(app, head.extensions.get().copied(), &head.headers);
    let said = head.headers.get(header::USER_AGENT);
    Client { ip, is_https, user_agent: said.and_then(|said| user_agent(said.as_bytes())) }
}

/// The address alone that a request comes from.
pub fn ip(app: &App, peer: Option<Peer>, headers: &HeaderMap) -> Option<IpAddr> {
    origin_of(app, peer, headers).ip
}

/// A request without a peer is made within this process: nobody is believed.
fn origin_of(app: &App, peer: Option<Peer>, headers: &HeaderMap) -> Origin {
    let server = &app.config.server;
    peer.map_or_else(Origin::default, |peer| origin(headers, peer, &server.trusted_proxies, server.proxy_header))
}

impl FromRequestParts<SharedApp> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(head: &mut Parts, app: &SharedApp) -> Result<Self, Infallible> {
        Ok(of(app, head))
    }
}

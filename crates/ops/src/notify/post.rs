//! A notice is sent over HTTP.
#![expect(
    clippy::disallowed_methods,
    reason = "tells an operator's receiver, asks no source: nothing of engine/src/fetch.rs is wanted here"
)]

use std::{fmt, time::Duration};

use reqwest::{Client, StatusCode, redirect::Policy};
use url::{Host, Url};

use super::receiver::Refusal;

/// Longest wait for a connection.
const CONNECTED_IN: Duration = Duration::from_secs(3);

/// Where to, without what only the receiver and we know: the path and all behind it.
pub(super) struct Post {
    client: Client,
    url: Url,
}

impl fmt::Debug for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Post").field("host", &self.host()).finish_non_exhaustive()
    }
}

impl Post {
    /// The way to an address. What is wrong with the address is told without the address.
    pub(super) fn to(url: &str) -> Result<Self, String> {
        let url: Url = url.trim().parse().map_err(|error| format!("is no address: {error}"))?;
        let is_here = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => return Err("is no address: it names no host".to_owned()),
        };
        if !(url.scheme() == "https" || (url.scheme() == "http" && is_here)) {
            return Err("must be an https address: whoever reads it on the way could send what they like".to_owned());
        }
        // Fails when a provider is there already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // What is told is for this receiver and not for where it points.
        let client = Client::builder().redirect(Policy::none()).connect_timeout(CONNECTED_IN);
        let client = if is_here { client.no_proxy() } else { client };
        let client = client.user_agent(concat!("pake-deploy/", env!("CARGO_PKG_VERSION")));
        Ok(Self { client: client.build().map_err(|error| error.without_url().to_string())?, url })
    }

    /// The host, for people.
    pub(super) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// Sends a JSON text with these headers. Of the answer only the status is looked at.
    pub(super) async fn send(&self, body: Vec<u8>, headers: &[(&'static str, String)]) -> Result<(), Refusal> {
        let mut request = self.client.post(self.url.clone()).header("content-type", "application/json").body(body);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let answer = request.send().await.map_err(|error| Refusal::NotNow(innermost(&error)))?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            status if status.is_redirection() => {
                Err(Refusal::Never(format!("it answered {status}: it is not followed")))
            }
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
                Err(Refusal::NotNow(format!("it answered {}", answer.status())))
            }
            status if status.is_client_error() => Err(Refusal::Never(format!("it answered {status}"))),
            status => Err(Refusal::NotNow(format!("it answered {status}"))),
        }
    }
}

/// What is wrong, as the innermost cause says it: the outer ones name the address.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    // Where there is no deeper cause, the address would be told.
    if cause.downcast_ref::<reqwest::Error>().is_some() { "it cannot be reached".to_owned() } else { cause.to_string() }
}

//! PAKE is asked: through the socket of a colour, or through the edge as everybody comes in.
#![expect(
    clippy::disallowed_methods,
    reason = "asks a PAKE server, no source: nothing of engine/src/fetch.rs is wanted here"
)]

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, ensure};
use reqwest::{Certificate, Client, ClientBuilder, redirect::Policy};
use url::{Host, Url};

use crate::machine::Answer;

/// Which release answers.
const RELEASE: &str = "pake-release";

/// What a deployer is called.
const DEPLOYER: &str = concat!("pake-deploy/", env!("CARGO_PKG_VERSION"));

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// So much of an answer is kept; metrics are kept whole.
const BODY: usize = 300;

/// As whom the edge is asked: by the name and the address of whoever asks it decides which slot they are in.
#[derive(Debug, Clone, Copy)]
pub enum Name {
    /// As the deployer.
    Deployer,
    /// As one of many.
    Person(u16),
}

/// How the edge is reached.
#[derive(Debug, Clone)]
pub struct Edge {
    /// By which name, and at which port.
    pub url: Url,
    /// Where it is; without, on this machine.
    pub address: Option<IpAddr>,
    /// The authority that vouches for it, where it is none that everybody knows.
    pub authority: Option<PathBuf>,
}

/// Asks at a socket.
pub async fn at_socket(socket: &Path, path: &str) -> anyhow::Result<Answer> {
    // Nothing goes over a network, so there is no certificate to look at.
    let client = client().no_proxy().tls_danger_accept_invalid_certs(true).unix_socket(socket.to_owned());
    asked(client.build()?, &format!("http://localhost{path}"), path).await
}

/// Asks the edge.
pub async fn at_edge(edge: &Edge, path: &str, name: Name) -> anyhow::Result<Answer> {
    let mut client = client().no_proxy();
    if let Name::Person(number) = name {
        client = client.user_agent(format!("{DEPLOYER} ({number})"));
    }
    if let Some(Host::Domain(name)) = edge.url.host() {
        let address = edge.address.unwrap_or(Ipv4Addr::LOCALHOST.into());
        let port = edge.url.port_or_known_default().unwrap_or(443);
        client = client.resolve(name, SocketAddr::from((address, port)));
    }
    if let Some(path) = &edge.authority {
        let read = || anyhow::Ok(Certificate::from_pem_bundle(&std::fs::read(path)?)?);
        let certificates = read().with_context(|| format!("cannot read the authority in {}", path.display()))?;
        client = client.tls_certs_only(certificates);
    }
    let url = edge.url.join(path).with_context(|| format!("{} leads to no {path}", edge.url))?;
    asked(client.build()?, url.as_str(), path).await
}

fn client() -> ClientBuilder {
    // Fails when a provider is there already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder().timeout(PATIENCE).redirect(Policy::none());
    // Each question over a connection of its own: the edge looks anew where its link leads.
    client.pool_max_idle_per_host(0).user_agent(DEPLOYER)
}

async fn asked(client: Client, url: &str, path: &str) -> anyhow::Result<Answer> {
    let response = client.get(url).send().await.map_err(|error| unanswered(&error))?;
    let status = response.status().as_u16();
    let release = response.headers().get(RELEASE).and_then(|release| release.to_str().ok()?.parse().ok());
    let body = response.text().await.map_err(|error| unanswered(&error))?;
    ensure!(status != 421, "the edge knows no such name");
    let body = if path == "/metrics" { body } else { body.chars().take(BODY).collect() };
    Ok(Answer { status, release, body })
}

/// What is wrong, as the innermost cause says it.
fn unanswered(error: &reqwest::Error) -> anyhow::Error {
    if error.is_timeout() {
        return anyhow::anyhow!("no answer within {} s", PATIENCE.as_secs());
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    anyhow::anyhow!("{cause}")
}

//! `pake health`: does a running server take requests? Asked over the network or its socket, so that health checks of
//! containers need no shell and no other program.
#![expect(
    clippy::disallowed_methods,
    reason = "asks a PAKE server, no source: nothing of engine/src/fetch.rs is wanted here"
)]

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use http::StatusCode;
use serde::Serialize;
use server::config::{Config, Listen};
use url::Url;

use super::Context;
use crate::{api::Problem, cli::Health, printer::plain};

/// Which waits make sense, in seconds.
const WAITS: std::ops::RangeInclusive<f64> = 0.1..=60.0;

/// A server that is asked.
#[derive(Debug)]
struct Asked {
    /// The address of the question.
    url: Url,
    /// The socket over which it goes, where that is one in the file system.
    socket: Option<PathBuf>,
    /// It runs on this machine: its certificate has another name, and no proxy leads there.
    is_here: bool,
    /// As it is shown.
    shown: String,
}

/// What was found.
#[derive(Debug, Serialize)]
struct Found {
    /// Whether it takes requests.
    ready: bool,
    /// Where it was asked.
    at: String,
    /// How long it took to answer, in milliseconds.
    took_ms: f64,
    /// Why it does not take any.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Runs `pake health`. A server that is not ready is an error.
pub async fn run(mut context: Context, arguments: Health) -> anyhow::Result<()> {
    if !WAITS.contains(&arguments.timeout) {
        anyhow::bail!("--timeout: {} is out of range; give {} to {} seconds", arguments.timeout, 0.1, 60);
    }
    let asked = if let Some(base) = arguments.server.server {
        Asked::elsewhere(&base)?
    } else {
        context.places.flags.extend(arguments.listen.map(|listen| ("server.listen", "--listen", listen)));
        Asked::here(&context.load()?.config)?
    };
    let began = Instant::now();
    let answer = ask(&asked, Duration::from_secs_f64(arguments.timeout)).await;
    let took_ms = (began.elapsed().as_secs_f64() * 10_000.0).round() / 10.0;
    let reason = answer.err().map(|error| format!("{error:#}"));
    let found = Found { ready: reason.is_none(), at: asked.shown, took_ms, reason };
    if arguments.json {
        context.printer.data(serde_json::to_string(&found)?)?;
    }
    match &found.reason {
        Some(reason) => anyhow::bail!("{} is not ready: {reason}", found.at),
        None if arguments.json => Ok(()),
        None => Ok(context.printer.data(format_args!("{} is ready", found.at))?),
    }
}

impl Asked {
    fn elsewhere(base: &Url) -> anyhow::Result<Self> {
        if !matches!(base.scheme(), "http" | "https") || base.host().is_none() {
            anyhow::bail!("`{base}` is not the address of a server; give one like https://pake.example.org");
        }
        let shown = base.as_str().trim_end_matches('/').to_owned();
        Ok(Self { url: question(&shown)?, socket: None, is_here: false, shown })
    }

    /// The server of this configuration.
    fn here(config: &Config) -> anyhow::Result<Self> {
        let listen = &config.server.listen;
        let shown = listen.to_string();
        let (url, socket) = match listen {
            Listen::Unix(path) => (question("http://localhost")?, Some(path.clone())),
            Listen::Tcp(address) if address.port() == 0 => {
                anyhow::bail!("server.listen takes any free port; say with --listen which one it took")
            }
            Listen::Tcp(address) => (question(&format!("{}://{}", config.scheme(), reachable(*address)))?, None),
        };
        Ok(Self { url, socket, is_here: true, shown })
    }
}

fn question(base: &str) -> anyhow::Result<Url> {
    format!("{base}/health/ready").parse().with_context(|| format!("`{base}` is no address"))
}

/// Where a server is found that listens at every address of this machine.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}

async fn ask(asked: &Asked, patience: Duration) -> anyhow::Result<()> {
    // Fails when a provider is there already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut client = reqwest::Client::builder()
        .timeout(patience)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("pake-health/", env!("CARGO_PKG_VERSION")));
    if asked.is_here {
        // The certificate is for the name that people use, and nothing that is secret is said or believed here.
        client = client.no_proxy().tls_danger_accept_invalid_certs(true);
    }
    if let Some(path) = &asked.socket {
        client = client.unix_socket(path.clone());
    }
    let client = client.build().context("cannot start an HTTP client")?;
    let response = client.get(asked.url.clone()).send().await.map_err(|error| unanswered(&error))?;
    let status = response.status();
    if status == StatusCode::NO_CONTENT {
        return Ok(());
    }
    // A problem says why; what is no problem comes from something else than PAKE.
    let body = response.bytes().await.unwrap_or_default();
    match serde_json::from_slice::<Problem>(&body) {
        Ok(problem) => Err(anyhow::anyhow!("{}", plain(&problem.to_string()))),
        Err(_) => Err(anyhow::anyhow!("the answer is not PAKE's (HTTP {})", status.as_u16())),
    }
}

/// What is wrong, as the innermost cause says it.
fn unanswered(error: &reqwest::Error) -> anyhow::Error {
    if error.is_timeout() {
        return anyhow::anyhow!("it does not answer in time");
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    anyhow::anyhow!("{cause}; is `pake serve` running there?")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_listens_everywhere_is_found_on_this_machine() {
        let found = |text: &str| reachable(text.parse().unwrap()).to_string();
        assert_eq!(found("0.0.0.0:8000"), "127.0.0.1:8000");
        assert_eq!(found("[::]:8000"), "[::1]:8000");
        assert_eq!(found("192.0.2.7:80"), "192.0.2.7:80");
    }
}

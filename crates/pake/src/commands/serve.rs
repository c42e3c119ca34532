//! `pake serve`: the web service, until it is told to stop.

use std::io::IsTerminal as _;

use anyhow::Context as _;
use engine::clock::SystemClock;
use server::config::{Config, Listen};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::{Context, explained};
use crate::cli::Serve;

/// Serves until SIGINT or SIGTERM; a second one ends it at once.
pub async fn run(mut context: Context, arguments: Serve) -> anyhow::Result<()> {
    let flags =
        [("server.listen", "--listen", arguments.listen), ("server.data_dir", "--data-dir", arguments.data_dir)];
    let given = flags.into_iter().filter_map(|(path, flag, value)| Some((path, flag, value?)));
    context.places.flags.extend(given);
    let loaded = context.load()?;
    server::telemetry::start(&loaded.config.log)?;
    // Signals are caught before anything is opened: one that comes early must not cut a migration.
    let shutdown = until_told()?;
    let clock = std::sync::Arc::new(SystemClock);
    let server = match server::build(loaded.config.clone(), clock).await {
        Ok(server) => server,
        Err(error) => return Err(explained(&loaded, error.into())),
    };
    // It was not set before: the server is new.
    let _ = server.app().settings.set(super::config::effective(&loaded));
    context.printer.say(format_args!("PAKE {} is at {}", server::VERSION, shown(&loaded.config, server.address())));
    offer_setup(&context, &server).await?;
    server.take_up().await;
    let drained = server.run(shutdown).await;
    match drained.cut {
        0 => context.printer.say("stopped"),
        cut => context.printer.warn(format_args!("stopped; {cut} connections or searches were cut after the grace")),
    }
    Ok(())
}

/// Says how the first account is made, while there is none.
async fn offer_setup(context: &Context, server: &server::Server) -> anyhow::Result<()> {
    let Some(link) = server.setup_link().await? else { return Ok(()) };
    // To the terminal alone: the secret must not stand in a log.
    if std::io::stderr().is_terminal() {
        context
            .printer
            .say(format_args!("nobody has an account yet; the first one is made here, within a day:\n  {link}"));
    } else {
        context.printer.say("nobody has an account yet; make the first one with `pake user add NAME`");
    }
    Ok(())
}

/// Is cancelled by the first SIGINT or SIGTERM; the second ends the process.
fn until_told() -> anyhow::Result<CancellationToken> {
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot catch SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot catch SIGTERM")?;
    let told = CancellationToken::new();
    let token = told.clone();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if token.is_cancelled() {
                std::process::exit(i32::from(super::WORLD));
            }
            token.cancel();
        }
    });
    Ok(told)
}

/// The address as a person types it into a browser.
fn shown(config: &Config, listen: &Listen) -> String {
    let scheme = config.scheme();
    match listen {
        Listen::Tcp(address) if address.ip().is_loopback() => format!("{scheme}://localhost:{}", address.port()),
        Listen::Tcp(address) if address.ip().is_unspecified() => {
            format!("{scheme}://localhost:{} (and every other address of this machine)", address.port())
        }
        other => format!("{scheme}://{other}"),
    }
}

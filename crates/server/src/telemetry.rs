//! The log: pretty for people or JSON for machines, on standard error.
//!
//! Every line within a request or a search carries `request_id` or `search_id`. What people ask for is never logged at
//! `info` or above: addresses are logged as route templates, without their query strings.

use std::{io::IsTerminal, panic::PanicHookInfo};

use tracing_subscriber::{Layer, Registry, fmt, layer::SubscriberExt, registry::LookupSpan, util::SubscriberInitExt};

use crate::config::{LogConfig, LogFormat};

/// Why logging could not be started.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// `log.level` cannot be understood.
    #[error("log.level: {0}")]
    Level(String),
    /// Somebody else logs already.
    #[error("logging has been started already")]
    Twice,
}

/// Starts logging for the whole process, panics included.
pub fn start(config: &LogConfig) -> Result<(), TelemetryError> {
    let targets = config.targets().map_err(TelemetryError::Level)?;
    let lines = match config.format {
        LogFormat::Pretty => pretty(std::io::stderr).with_filter(targets).boxed(),
        LogFormat::Json => json(std::io::stderr).with_filter(targets).boxed(),
    };
    Registry::default().with(lines).try_init().map_err(|_| TelemetryError::Twice)?;
    std::panic::set_hook(Box::new(log_panic));
    Ok(())
}

/// One line an event, for people.
fn pretty<S, W>(writer: W) -> impl Layer<S> + Send + Sync
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> fmt::MakeWriter<'a> + Send + Sync + 'static,
{
    fmt::layer().compact().with_ansi(std::io::stderr().is_terminal()).with_target(false).with_writer(writer)
}

/// One object a line: `timestamp`, `level`, `target`, `message`, the event's fields, and `spans` with their ids.
fn json<S, W>(writer: W) -> impl Layer<S> + Send + Sync
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> fmt::MakeWriter<'a> + Send + Sync + 'static,
{
    fmt::layer().json().flatten_event(true).with_current_span(false).with_span_list(true).with_writer(writer)
}

/// A panic is an error of ours: logged once, where it happened.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let message = panic.payload_as_str().unwrap_or("no message");
    let place = panic.location().map(ToString::to_string);
    tracing::error!(place, "panicked: {message}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::lines::Lines;

    #[test]
    fn a_line_of_json_carries_the_ids_of_request_and_search() {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = Registry::default().with(json(move || writer.clone()));
        tracing::subscriber::with_default(subscriber, || {
            let request = tracing::info_span!("request", request_id = "r1").entered();
            let search = tracing::info_span!(parent: &request, "search", search_id = "s1").entered();
            tracing::warn!(source = "arxiv", "failed");
            drop(search);
        });
        let line: serde_json::Value = serde_json::from_str(lines.text().trim()).unwrap();
        assert_eq!(line["level"], "WARN");
        assert_eq!(line["message"], "failed");
        assert_eq!(line["source"], "arxiv");
        assert_eq!(line["spans"][0]["request_id"], "r1");
        assert_eq!(line["spans"][1]["search_id"], "s1");
    }

    #[test]
    fn a_line_for_people_carries_the_ids_too() {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = Registry::default().with(pretty(move || writer.clone()));
        tracing::subscriber::with_default(subscriber, || {
            let _request = tracing::info_span!("request", request_id = "r1").entered();
            tracing::info!(source = "arxiv", "answered");
        });
        let text = lines.text();
        assert_eq!(text.lines().count(), 1);
        assert!(text.contains("INFO") && text.contains("answered") && text.contains("request_id=\"r1\""), "{text}");
    }
}

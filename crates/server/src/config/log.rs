//! `[log]`: what is logged and how.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracing_subscriber::filter::{LevelFilter, Targets};

use super::Check;

/// Settings of the log; the section `[log]`. It goes to standard error.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// `pretty` for people, `json` for machines: one object a line.
    pub format: LogFormat,
    /// `error`, `warn`, `info`, `debug`, `trace` or `off`; with exceptions for parts: `info,sqlx=warn`.
    /// `info,server::http=debug` logs every request.
    pub level: String,
}

/// The crate that reads and writes the frames of WebSockets.
const SOCKETS: &str = "tungstenite";

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Pretty,
    /// For machines: one object a line.
    Json,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::default(), level: "info".to_owned() }
    }
}

impl LogConfig {
    /// Which events are logged. A part without a level (`info,sqlx`) is refused: it would mean everything of it.
    pub fn targets(&self) -> Result<Targets, String> {
        let mut targets = Targets::new();
        for part in self.level.split(',').map(str::trim) {
            let (target, level) = part.split_once('=').map_or((None, part), |(target, level)| (Some(target), level));
            let level = level.trim();
            // A number or nothing would parse too, and mean what nobody expects.
            let level: Option<LevelFilter> = level.parse().ok().filter(|_| level.starts_with(char::is_alphabetic));
            let level = level.ok_or_else(|| {
                format!(
                    "`{part}` cannot be understood; give error, warn, info, debug, trace or off, with exceptions like \
                     `info,sqlx=warn`"
                )
            })?;
            targets = match target {
                Some(target) if target.trim().is_empty() => return Err(format!("`{part}` names no part before `=`")),
                Some(target) => targets.with_target(target.trim(), level),
                None => targets.with_default(level),
            };
        }
        // At this level it logs every frame, and with it what people ask for: it has to be asked for by its name.
        let is_loud = targets.default_level() == Some(LevelFilter::TRACE) && !self.level.contains(SOCKETS);
        Ok(if is_loud { targets.with_target(SOCKETS, LevelFilter::DEBUG) } else { targets })
    }

    pub(super) fn check(&self, check: &mut Check) {
        if let Err(message) = self.targets() {
            check.wrong("log.level", message);
        }
    }
}

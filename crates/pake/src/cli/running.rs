//! `pake status` and its kin: what runs in a production, read, stopped and started.

use clap::{Args, ValueEnum};

use super::deploy::{Place, Watching};

/// `pake status`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  pake status                           what runs, which colour is live, what is under way
  pake status --watch
  pake status --json | jq -r .live.release

Exit status: 0 the edge answers and nothing waits for a person · 1 it does not")]
pub struct ProductionStatus {
    /// Write JSON
    #[arg(long)]
    pub json: bool,
    /// Look again every two seconds, until it is interrupted
    #[arg(long, short)]
    pub watch: bool,
    /// Which production.
    #[command(flatten)]
    pub place: Place,
}

/// `pake logs`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  pake logs                             the last 200 lines of the PAKE that is live
  pake logs nginx -f
  pake logs --level warn --since 2h
  pake logs --request-id 6f1c2a…        all that belongs to one request
  pake logs --json | jq .message

Lines of JSON are shown as time, level, message and fields; other lines as they are.")]
pub struct Logs {
    /// Which service: pake (the live one), blue, green, nginx, postgres, redis and so on
    #[arg(value_name = "SERVICE", default_value = "pake")]
    pub service: String,
    /// Go on with what comes
    #[arg(long, short)]
    pub follow: bool,
    /// From so long ago on: 90s, 15m, 2h, 1d
    #[arg(long, value_name = "TIME", value_parser = ago)]
    pub since: Option<chrono::TimeDelta>,
    /// So many lines at most of those that there are [default: 200; all with a filter or --since]
    #[arg(long, short = 'n', value_name = "NUMBER")]
    pub lines: Option<u32>,
    /// Only lines with this text in them, in capitals or not
    #[arg(long, value_name = "TEXT")]
    pub grep: Option<String>,
    /// Only lines of this level or a graver one
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub level: Option<Level>,
    /// Only lines of this request
    #[arg(long, value_name = "ID")]
    pub request_id: Option<String>,
    /// Write the lines as they are
    #[arg(long)]
    pub json: bool,
    /// Which production.
    #[command(flatten)]
    pub place: Place,
}

/// How grave a line of a log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Level {
    /// For whoever looks for a fault
    Trace,
    /// For whoever looks for a fault
    Debug,
    /// What happens
    Info,
    /// What should not be
    Warn,
    /// What went wrong
    Error,
}

/// `pake restart`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  pake restart                          PAKE, with today's settings, beside the old one: nobody notices
  pake restart nginx                    one service, which is away meanwhile")]
pub struct Restart {
    /// Which service [default: PAKE itself, without anybody noticing]
    #[arg(value_name = "SERVICE")]
    pub service: Option<String>,
    /// How it is watched.
    #[command(flatten)]
    pub watching: Watching,
    /// Which production.
    #[command(flatten)]
    pub place: Place,
}

/// `pake stop` and `pake start`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  pake stop                             lets nobody in, ends what is under way, stops what PAKE needs
  pake start                            the other way round")]
pub struct Power {
    /// Wait so many seconds for another deployer to end
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub wait: u64,
    /// Which production.
    #[command(flatten)]
    pub place: Place,
}

/// `pake smoke`.
#[derive(Debug, Args)]
pub struct Smoke {
    /// Where the PAKE listens that is tried out
    #[arg(long, value_name = "ADDRESS")]
    pub listen: String,
}

/// A length of time as people write it.
fn ago(text: &str) -> Result<chrono::TimeDelta, String> {
    let wrong = || format!("`{text}` is no length of time; give one like 90s, 15m, 2h or 1d");
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let number: i64 = text[..text.len() - unit.len_utf8()].parse().map_err(|_| wrong())?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let all = number.checked_mul(seconds).filter(|all| (0..=315_360_000).contains(all));
    all.map(chrono::TimeDelta::seconds).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_as_people_write_them() {
        for (text, seconds) in [("90s", 90), ("15m", 900), ("2h", 7_200), ("1d", 86_400), ("0s", 0)] {
            assert_eq!(ago(text).unwrap().num_seconds(), seconds, "{text}");
        }
        for text in ["", "s", "5", "-1s", "1w", "1.5h", "ä", "99999999999999999999d", "9999999d"] {
            assert!(ago(text).unwrap_err().contains("15m"), "{text}");
        }
    }
}

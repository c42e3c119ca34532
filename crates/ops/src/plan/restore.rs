//! Going back with the data of before: which, and what would be lost.

use std::fmt;

use anyhow::{bail, ensure};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// The data of before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Restore {
    /// The backup, as the release calls it that took it.
    pub file: String,
    /// When it was taken: what was written later is lost.
    pub taken_at: DateTime<Utc>,
    /// What was written since.
    pub lost: Lost,
    /// Whether nobody was let in before either: then it stays so.
    pub was_shut: bool,
}

/// What was written since a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// Searches in anybody's history.
    pub searches: u64,
    /// Accounts.
    pub accounts: u64,
    /// Lines of the audit log.
    pub audit: u64,
}

/// What a person says may be other than the moment of the backup by this much: nobody writes milliseconds.
const ABOUT: TimeDelta = TimeDelta::minutes(1);

impl Restore {
    /// Whether a person has said that this is lost, and nothing else.
    pub fn accepted(&self, since: Option<DateTime<Utc>>) -> anyhow::Result<()> {
        let taken_at = self.taken_at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let way = format!("nothing was done. If that is wanted: --restore-db --yes-lose-data-since {taken_at}");
        let Some(since) = since else { bail!("lost would be {self}; {way}") };
        ensure!(since - self.taken_at < ABOUT, "more would be lost than since {since}: {self}; {way}");
        ensure!(
            self.taken_at - since < ABOUT,
            "the backup is of another moment than {since}: lost would be {self}; {way}"
        );
        Ok(())
    }
}

impl fmt::Display for Restore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Lost { searches, accounts, audit } = self.lost;
        let since = self.taken_at.format("%Y-%m-%d %H:%M:%S UTC");
        write!(
            f,
            "what was written since {since}: {searches} searches, {accounts} accounts, {audit} lines of the audit log"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_says_since_when_has_it() {
        let taken_at: DateTime<Utc> = "2026-11-26T20:14:03.123Z".parse().unwrap();
        let lost = Lost { searches: 12, accounts: 1, audit: 40 };
        let restore = Restore { file: "backups/pake-1.zip".to_owned(), taken_at, lost, was_shut: false };
        let said = |since: Option<&str>| restore.accepted(since.map(|text| text.parse().unwrap()));
        for good in ["2026-11-26T20:14:03Z", "2026-11-26T20:14:00Z", "2026-11-26T21:14:04+01:00"] {
            said(Some(good)).unwrap();
        }
        for (bad, why) in [
            (None, "lost would be what was written since 2026-11-26 20:14:03 UTC: 12 searches, 1 accounts, 40 lines"),
            (Some("2026-11-26T20:16:00Z"), "more would be lost than since"),
            (Some("2026-11-25T20:14:03Z"), "the backup is of another moment"),
            (Some("1970-01-01T00:00:00Z"), "the backup is of another moment"),
        ] {
            let error = said(bad).unwrap_err().to_string();
            assert!(error.contains(why) && error.ends_with("--yes-lose-data-since 2026-11-26T20:14:03Z"), "{error}");
        }
    }
}

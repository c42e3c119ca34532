//! The name of a deployment: later ones are greater, also on a clock that was put back.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The name of a deployment, and of the release that it makes. It stands in file names, in labels of containers and in what a
/// release says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeployId(Uuid);

impl DeployId {
    /// A new one, after all that were before.
    pub fn after(last: Option<Self>, now: DateTime<Utc>) -> Self {
        let now = u64::try_from(now.timestamp_millis()).unwrap_or(0);
        let millis = last.map_or(now, |last| now.max(last.millis() + 1));
        let [chance @ .., _, _, _, _, _, _] = *Uuid::new_v4().as_bytes();
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &chance).into_uuid())
    }

    /// The time in it.
    fn millis(self) -> u64 {
        self.0.get_timestamp().map_or(0, |at| {
            let (seconds, nanos) = at.to_unix();
            seconds * 1000 + u64::from(nanos) / 1_000_000
        })
    }
}

impl fmt::Display for DeployId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for DeployId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_ones_are_greater_also_on_a_clock_that_was_put_back() {
        let at = |second| DateTime::from_timestamp(second, 0).unwrap();
        let first = DeployId::after(None, at(1_800_000_000));
        let second = DeployId::after(Some(first), at(1_700_000_000));
        let third = DeployId::after(Some(second), at(1_800_000_060));
        assert!(first < second && second < third, "{first} {second} {third}");
        assert!(first.to_string() < second.to_string() && second.to_string() < third.to_string());
        assert_eq!(second.to_string().parse(), Ok(second));
    }
}

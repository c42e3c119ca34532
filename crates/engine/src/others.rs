//! Other processes that ask the same hosts from the same address: a host that lets few requests through does not care which of
//! them asks. Of how they reach each other the engine knows nothing.

use std::{fmt, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;

use crate::source::SourceId;

/// What processes that ask the same hosts agree on.
pub trait Agreed: Send + Sync {
    /// Takes the next turn at a host that lets one request through in each `interval`, unless it is further away than `most`. Gives how
    /// far away it is; nothing when nobody can be asked.
    fn turn<'a>(&'a self, host: &'a str, interval: Duration, most: Duration) -> BoxFuture<'a, Option<Duration>>;

    /// A host wants to be left alone for so long. Must not block.
    fn rests(&self, source: SourceId, host: &str, rest: Duration);
}

/// The other processes; nobody, until it is said who.
#[derive(Clone, Default)]
pub struct Others(Option<Arc<dyn Agreed>>);

impl Others {
    /// These.
    pub fn new(agreed: Arc<dyn Agreed>) -> Self {
        Self(Some(agreed))
    }

    /// How far away the next turn is; nothing when there are no others.
    pub(crate) async fn turn(&self, host: &str, interval: Duration, most: Duration) -> Option<Duration> {
        self.0.as_ref()?.turn(host, interval, most).await
    }

    /// A host wants to be left alone.
    pub(crate) fn tell(&self, source: SourceId, host: &str, rest: Duration) {
        if let Some(agreed) = &self.0 {
            agreed.rests(source, host, rest);
        }
    }
}

impl fmt::Debug for Others {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Others").field(&self.0.is_some()).finish()
    }
}

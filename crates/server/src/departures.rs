//! Whose sessions have ended: their sockets look whether they may stay. On other servers they do so every half minute.

use tokio::sync::broadcast;
use uuid::Uuid;

/// How many a slow socket may miss before it is left to its next look.
const ROOM: usize = 64;

/// Whose sessions have ended.
#[derive(Debug)]
pub struct Departures(broadcast::Sender<Uuid>);

impl Default for Departures {
    fn default() -> Self {
        Self(broadcast::Sender::new(ROOM))
    }
}

impl Departures {
    /// A session of this person has ended, or they may less than before.
    pub fn tell(&self, person: Uuid) {
        // Fails when no socket is open.
        let _ = self.0.send(person);
    }

    /// From now on.
    pub fn watch(&self) -> broadcast::Receiver<Uuid> {
        self.0.subscribe()
    }
}

//! Whose sessions have ended: their sockets look whether they may stay. Other replicas are told over Redis; without it they look
//! every half minute.

use std::sync::Arc;

use tokio::sync::broadcast;
use uuid::Uuid;

use crate::recent_callers::RecentCallers;

/// How many a slow socket may miss before it is left to its next look.
const ROOM: usize = 64;

/// Whose sessions have ended.
#[derive(Debug)]
pub struct Departures {
    sender: broadcast::Sender<Uuid>,
    /// Those of this process alone, for the other replicas.
    own: broadcast::Sender<Uuid>,
    recent: Arc<RecentCallers>,
}

impl Departures {
    /// Nobody has left yet. Whoever does is not remembered among the recent callers.
    pub fn new(recent: Arc<RecentCallers>) -> Self {
        Self { sender: broadcast::Sender::new(ROOM), own: broadcast::Sender::new(ROOM), recent }
    }

    /// A session of this person has ended, or they may less than before.
    pub fn tell(&self, person: Uuid) {
        self.hear(person);
        // Fails when there are no other replicas.
        let _ = self.own.send(person);
    }

    /// The same, at another replica.
    pub fn hear(&self, person: Uuid) {
        self.recent.depart(person);
        // Fails when no socket is open.
        let _ = self.sender.send(person);
    }

    /// Those of this process alone, from now on.
    pub fn watch_own(&self) -> broadcast::Receiver<Uuid> {
        self.own.subscribe()
    }

    /// From now on.
    pub fn watch(&self) -> broadcast::Receiver<Uuid> {
        self.sender.subscribe()
    }
}

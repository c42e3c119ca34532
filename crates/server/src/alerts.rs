//! Words to people who have a socket open, beside the searches that they follow.
//!
//! That the history changed is told in few frames however much happens: changes gather for a moment, and each person
//! gets one frame for each kind of change, at every replica, once the database has it for good. Nothing is gathered while nobody
//! listens.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::extract::ws::Utf8Bytes;
use engine::clock::SharedClock;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    audience::Audience,
    frame::{FrameType, loose},
    recorder::Recorder,
    replicas::{Letter, Replicas, To},
    store::Scope,
};

/// Words that a slow socket may lag behind before it misses some.
const KEPT: usize = 64;
/// How long changes of the history gather.
const GATHERED: Duration = Duration::from_millis(200);
/// Most words that are remembered to have been told.
const REMEMBERED: usize = 1_000;
/// Most ids in one frame.
const IDS_MOST: usize = 100;

/// A word to somebody.
#[derive(Debug, Clone)]
pub struct Alert {
    /// Whom it is for.
    pub to: Audience,
    /// The frame, ready to send: the sockets share its bytes.
    pub frame: Utf8Bytes,
}

/// What happened to the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HistoryAction {
    /// Searches were added, or their late sources came in.
    Recorded,
    /// Favourite or tags of searches changed.
    Changed,
    /// Searches were deleted.
    Deleted,
    /// All searches were deleted.
    Cleared,
}

/// The data of `search_history_updated`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HistoryUpdate {
    /// What happened.
    pub action: HistoryAction,
    /// To how many searches; 0 where it was all of them.
    pub count: usize,
    /// To which; at most 100 of them.
    pub search_ids: Vec<Uuid>,
}

/// Tells people what happened.
#[derive(Debug, Clone)]
pub struct Alerts {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    sender: broadcast::Sender<Alert>,
    clock: SharedClock,
    recorder: Recorder,
    /// Where the other sockets are.
    replicas: Arc<Replicas>,
    /// What must not be told twice.
    told: Mutex<BTreeSet<Uuid>>,
    gathered: Mutex<BTreeMap<(Scope, HistoryAction), HistoryUpdate>>,
}

impl Alerts {
    /// Nobody listens yet. What is told of the history is what `recorder` has written.
    pub fn new(clock: SharedClock, recorder: Recorder, replicas: Arc<Replicas>) -> Self {
        let sender = broadcast::Sender::new(KEPT);
        let (told, gathered) = (Mutex::default(), Mutex::default());
        Self { shared: Arc::new(Shared { sender, clock, recorder, replicas, told, gathered }) }
    }

    /// Hears every word from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Alert> {
        self.shared.sender.subscribe()
    }

    /// Says something to these at every replica; gives how many sockets of this one look whether it is for them.
    pub async fn tell_everywhere<T: Serialize>(&self, to: Audience, kind: FrameType, data: &T) -> usize {
        self.shared.tell_everywhere(to, kind, data).await
    }

    /// Says something to these here; gives how many sockets look whether it is for them.
    pub fn tell<T: Serialize>(&self, to: Audience, kind: FrameType, data: &T) -> usize {
        self.shared.tell(to, kind, data)
    }

    /// Says what is called `id`, which other processes may have us say too, once.
    pub fn tell_once<T: Serialize>(&self, id: Uuid, to: Audience, kind: FrameType, data: &T) -> bool {
        let mut told = self.shared.told.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = told.insert(id);
        while told.len() > REMEMBERED {
            // The oldest: ids are in the order of time.
            told.pop_first();
        }
        drop(told);
        if is_new {
            self.shared.tell(to, kind, data);
        }
        is_new
    }

    /// Whether anybody listens.
    pub fn is_heard(&self) -> bool {
        self.shared.sender.receiver_count() > 0
    }

    /// Something happened to a person's history; to this search, or to all.
    pub fn history_changed(&self, scope: Scope, action: HistoryAction, search: Option<Uuid>) {
        if self.shared.sender.receiver_count() == 0 && !self.shared.replicas.are_there_others() {
            return;
        }
        let mut gathered = self.shared.gathered.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = gathered.is_empty();
        let update =
            gathered.entry((scope, action)).or_insert(HistoryUpdate { action, count: 0, search_ids: Vec::new() });
        if let Some(search) = search.filter(|search| !update.search_ids.contains(search)) {
            update.count += 1;
            if update.search_ids.len() < IDS_MOST {
                update.search_ids.push(search);
            }
        }
        drop(gathered);
        if is_first {
            let shared = Arc::clone(&self.shared);
            // Nobody waits for it: what is not told when the server stops is seen by whoever looks.
            tokio::spawn(async move {
                tokio::time::sleep(GATHERED).await;
                shared.tell_gathered().await;
            });
        }
    }
}

impl Shared {
    fn tell<T: Serialize>(&self, to: Audience, kind: FrameType, data: &T) -> usize {
        let frame = loose(kind, self.clock.now(), Uuid::new_v4(), None, data).into();
        self.sender.send(Alert { to, frame }).unwrap_or(0)
    }

    async fn tell_everywhere<T: Serialize>(&self, to: Audience, frame: FrameType, data: &T) -> usize {
        let sockets = self.tell(to, frame, data);
        let data = serde_json::to_value(data).unwrap_or_default();
        self.replicas.tell(To::All, &Letter::Word { once: None, to, frame, data }, b"").await;
        sockets
    }

    async fn tell_gathered(&self) {
        let gathered = std::mem::take(&mut *self.gathered.lock().unwrap_or_else(PoisonError::into_inner));
        // While the database is away this waits: what it does not have yet did not happen yet.
        if self.recorder.flush().await.is_err() {
            return;
        }
        for ((scope, _), update) in gathered {
            self.tell_everywhere(Audience::Person(scope), FrameType::SearchHistoryUpdated, &update).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use engine::clock::FixedClock;
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        config::RedisConfig,
        db::{Db, DbOptions, Pool},
        recorder::RecorderOptions,
        store::testing,
        testing::now,
    };

    fn said(alert: &Alert) -> (Value, Value) {
        let frame: Value = serde_json::from_str(alert.frame.as_str()).unwrap();
        (frame["type"].clone(), frame["data"].clone())
    }

    /// Alerts of a recorder on a database in memory. Time may only be paused after that.
    async fn alerts() -> (Alerts, Db) {
        let db = Db::open("sqlite::memory:", &DbOptions::default()).await.unwrap();
        let recorder = Recorder::start(db.clone(), FixedClock::at(now()), RecorderOptions::default());
        let alone = Arc::new(Replicas::new(&RedisConfig::default()).unwrap());
        (Alerts::new(FixedClock::at(now()), recorder, alone), db)
    }

    #[tokio::test]
    async fn a_search_is_told_of_once_the_database_has_it() {
        let (alerts, db) = alerts().await;
        let Pool::Sqlite(pool) = &db.write else { panic!("SQLite") };
        let taken = pool.acquire().await.unwrap();
        tokio::time::pause();
        alerts.shared.recorder.record(testing::search(1, "lamps")).await.unwrap();
        let mut heard = alerts.subscribe();
        alerts.history_changed(Scope::local(), HistoryAction::Recorded, Some(Uuid::from_u128(1)));
        tokio::time::sleep(10 * GATHERED).await;
        assert!(heard.try_recv().is_err(), "nothing is written while somebody else has the only connection");
        drop(taken);
        let (_, data) = said(&heard.recv().await.unwrap());
        assert_eq!(data["action"], "recorded");
        assert_eq!(alerts.shared.recorder.state().written, 1);
    }

    #[tokio::test]
    async fn changes_of_the_history_gather_into_one_frame_each_for_whom_they_concern() {
        let (alerts, _db) = alerts().await;
        tokio::time::pause();
        let other = Scope { user: Uuid::nil(), ..Scope::local() };
        alerts.history_changed(other, HistoryAction::Recorded, None);
        let mut heard = alerts.subscribe();
        let ids: Vec<_> = (1..=150_u128).map(Uuid::from_u128).collect();
        for id in ids.iter().chain(&ids[..10]) {
            alerts.history_changed(Scope::local(), HistoryAction::Recorded, Some(*id));
        }
        alerts.history_changed(Scope::local(), HistoryAction::Cleared, None);
        let first = heard.recv().await.unwrap();
        assert_eq!(first.to, Audience::Person(Scope::local()));
        let (kind, data) = said(&first);
        assert_eq!(
            (kind, &data["action"], &data["count"]),
            (json!("search_history_updated"), &json!("recorded"), &json!(150))
        );
        assert_eq!(data["search_ids"].as_array().unwrap().len(), IDS_MOST);
        let (_, data) = said(&heard.recv().await.unwrap());
        assert_eq!(data, json!({ "action": "cleared", "count": 0, "search_ids": [] }));
        alerts.history_changed(Scope::local(), HistoryAction::Deleted, Some(ids[0]));
        let (_, data) = said(&heard.recv().await.unwrap());
        assert_eq!(data, json!({ "action": "deleted", "count": 1, "search_ids": [ids[0]] }));
        assert!(heard.try_recv().is_err(), "nothing that nobody heard comes later");
    }

    #[tokio::test]
    async fn a_word_to_everybody_is_counted() {
        let (alerts, _db) = alerts().await;
        let tell = async |data: Value| alerts.tell_everywhere(Audience::Everybody, FrameType::SystemAlert, &data).await;
        assert_eq!(tell(json!({})).await, 0);
        let mut heard = alerts.subscribe();
        assert_eq!(tell(json!({ "message": "x" })).await, 1);
        let alert = heard.recv().await.unwrap();
        assert_eq!((alert.to, said(&alert).0), (Audience::Everybody, json!("system_alert")));
    }
}

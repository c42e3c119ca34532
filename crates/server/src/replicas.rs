//! What the replicas of one installation tell each other, over Redis: that somebody's session has ended, a word to
//! everybody, what happens in a search. A letter that is lost costs time, never an answer: nothing is told here only.

use std::{
    collections::HashMap,
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use engine::{search::SetupError, source::SourceId};
use redis::{AsyncCommands, SetExpiry, SetOptions};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    audience::Audience,
    config::RedisConfig,
    frame::FrameType,
    redis_line::{RedisLine, RedisSource},
    store::Scope,
};

mod ear;
mod ledger;
#[cfg(test)]
mod tests;
mod turns;

use self::ledger::Ledger;
pub use self::{ledger::Running, turns::Turns};

/// How long is remembered that somebody's session has ended: longer than anybody is believed without a look.
const DEPARTED: Duration = Duration::from_mins(5);
/// The clocks of two replicas may be so far apart.
const APART: TimeDelta = TimeDelta::seconds(5);

const SILENT: u8 = 0;
const HEARING: u8 = 1;
const DEAF: u8 = 2;

/// The other replicas, as far as Redis leads to them.
#[derive(Debug)]
pub struct Replicas {
    /// Names this process among them.
    pub id: Uuid,
    way: Option<Way>,
    /// What only the replicas of this installation know: several may share a Redis.
    name: OnceLock<String>,
    hearing: AtomicU8,
    /// Whether there were others a moment ago.
    has_others: AtomicBool,
    /// What runs here, for the others to know.
    ledger: Ledger,
    /// Held by who looks for a search that runs elsewhere.
    pub finding: tokio::sync::Mutex<()>,
    /// Who hears what is told of the searches that run elsewhere.
    followed: Mutex<HashMap<Uuid, UnboundedSender<(Letter, Bytes)>>>,
    /// Which searches that run here are told to whom.
    told: Mutex<HashMap<(Uuid, Uuid), CancellationToken>>,
}

/// The way to them.
#[derive(Debug)]
struct Way {
    line: RedisLine,
    source: RedisSource,
}

/// What one tells the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "letter", rename_all = "snake_case")]
pub enum Letter {
    /// To oneself: whoever does not hear it does not hear the others either.
    Beat,
    /// A session of this person has ended, or they may less than before.
    Departed {
        /// Who.
        person: Uuid,
    },
    /// A word to whoever has a socket open.
    Word {
        /// What it is called, when it may come in more than one way.
        once: Option<Uuid>,
        /// Whom it is for.
        to: Audience,
        /// Its frame.
        frame: FrameType,
        /// What the frame says.
        data: Value,
    },
    /// A host of a source wants to be left alone.
    Rests {
        /// The source.
        source: SourceId,
        /// The host.
        host: String,
        /// For how long.
        millis: u64,
    },
    /// Tell me what is logged of a search after this entry.
    Follow {
        /// Which.
        search: Uuid,
        /// Whose.
        scope: Scope,
        /// The number of the last entry that is known.
        after: u64,
    },
    /// The answer of a search is enclosed.
    Answer {
        /// Which.
        search: Uuid,
    },
    /// An entry of the log of a search; what it says is enclosed, but for the answer.
    Entry {
        /// Which.
        search: Uuid,
        /// The number of the entry before it.
        before: u64,
        /// Its number.
        seq: u64,
        /// What kind it is.
        frame: FrameType,
        /// When it was logged.
        at: DateTime<Utc>,
        /// Names it.
        message_id: Uuid,
    },
    /// Nothing more is logged of a search.
    LogEnded {
        /// Which.
        search: Uuid,
        /// The number of the last entry.
        last: u64,
    },
    /// The search does not run here.
    Unknown {
        /// Which.
        search: Uuid,
    },
    /// Whoever asked does not want the answer any more.
    Withdraw {
        /// Which.
        search: Uuid,
        /// Whose.
        scope: Scope,
    },
}

/// Whom a letter is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To {
    /// All of them.
    All,
    /// This one.
    One(Uuid),
}

/// A letter that came.
#[derive(Debug, Clone)]
pub struct Heard {
    /// Who wrote it.
    pub from: Uuid,
    /// What it says.
    pub letter: Letter,
    /// What is enclosed.
    pub enclosed: Bytes,
}

/// The first line of a letter on its way.
#[derive(Debug, Serialize, Deserialize)]
struct Envelope<L> {
    from: Uuid,
    #[serde(flatten)]
    letter: L,
}

impl Replicas {
    /// Reads the address; connects when first used.
    pub fn new(redis: &RedisConfig) -> Result<Self, SetupError> {
        let way = |source: RedisSource| {
            let line = RedisLine::new(source.clone(), "replicas do not hear each other")?;
            Ok::<_, SetupError>(Way { line, source })
        };
        let way = RedisSource::of(redis)?.map(way).transpose()?;
        Ok(Self {
            id: Uuid::new_v4(),
            way,
            name: OnceLock::new(),
            hearing: AtomicU8::new(SILENT),
            has_others: AtomicBool::new(false),
            ledger: Ledger::default(),
            finding: tokio::sync::Mutex::default(),
            followed: Mutex::default(),
            told: Mutex::default(),
        })
    }

    /// Whether there is a way to others.
    pub const fn are_reachable(&self) -> bool {
        self.way.is_some()
    }

    /// What only the replicas of this installation know.
    pub fn named(&self, name: String) {
        // Once, at the start.
        let _ = self.name.set(name);
    }

    /// Whether what others tell is heard; nothing where nobody listens yet, or there is no way.
    pub fn are_heard(&self) -> Option<bool> {
        match self.hearing.load(Ordering::Acquire) {
            SILENT => None,
            state => Some(state == HEARING),
        }
    }

    /// Whether there are others, as far as that was known a moment ago: nothing has to be got ready for nobody.
    pub fn are_there_others(&self) -> bool {
        self.has_others.load(Ordering::Relaxed)
    }

    /// Tells others something; how many heard it, where Redis can tell. While it is away nobody does.
    pub async fn tell(&self, to: To, letter: &Letter, enclosed: &[u8]) -> Option<usize> {
        let Some((way, name)) = self.way() else { return Some(0) };
        let Ok(mut text) = serde_json::to_vec(&Envelope { from: self.id, letter }) else { return Some(0) };
        text.push(b'\n');
        text.extend_from_slice(enclosed);
        let mut connection = way.line.connection();
        let channel = channel(name, to);
        match way.line.run(async move { connection.publish(channel, text).await }).await {
            Ok(hearers) => way.source.counts_hearers().then_some(hearers),
            Err(_) => Some(0),
        }
    }

    /// Notes for the others that a session of this person has ended, or that they may less than before.
    pub async fn note_departure(&self, person: Uuid, now: DateTime<Utc>) {
        let Some((way, name)) = self.way() else { return };
        let mut connection = way.line.connection();
        let key = departure(name, person);
        let options = SetOptions::default().with_expiration(SetExpiry::EX(DEPARTED.as_secs()));
        let noted: Result<(), _> =
            way.line.run(async move { connection.set_options(key, now.timestamp_millis(), options).await }).await;
        // Those that hear it know it, and the database says it to the rest.
        drop(noted);
    }

    /// Whether it was noted that a session of this person has ended since then. Nobody knows while Redis is away.
    pub async fn has_departed(&self, person: Uuid, since: DateTime<Utc>) -> bool {
        let Some((way, name)) = self.way() else { return false };
        let mut connection = way.line.connection();
        let key = departure(name, person);
        let at: Option<i64> = way.line.run(async move { connection.get(key).await }).await.unwrap_or_default();
        at.is_some_and(|at| at >= (since - APART).timestamp_millis())
    }

    /// What is told of a search from now on.
    pub fn follow(&self, search: Uuid) -> UnboundedReceiver<(Letter, Bytes)> {
        let (sender, receiver) = unbounded_channel();
        lock(&self.followed).insert(search, sender);
        receiver
    }

    /// Nobody wants to hear of it any more.
    pub fn unfollow(&self, search: Uuid) {
        lock(&self.followed).remove(&search);
    }

    /// Something is told of a search.
    pub fn hear(&self, search: Uuid, letter: Letter, enclosed: Bytes) {
        if let Some(sender) = lock(&self.followed).get(&search) {
            // Fails when nobody wants to hear it any more.
            let _ = sender.send((letter, enclosed));
        }
    }

    /// A search is told to a replica from now on; whoever told it before stops.
    pub fn told_anew(&self, search: Uuid, reader: Uuid) -> CancellationToken {
        let token = CancellationToken::new();
        if let Some(before) = lock(&self.told).insert((search, reader), token.clone()) {
            before.cancel();
        }
        token
    }

    /// All of it was told.
    pub fn told(&self, search: Uuid, reader: Uuid) {
        lock(&self.told).remove(&(search, reader));
    }

    fn way(&self) -> Option<(&Way, &str)> {
        Some((self.way.as_ref()?, self.name.get()?))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn channel(name: &str, to: To) -> String {
    match to {
        To::All => format!("pake:{name}:all"),
        To::One(id) => format!("pake:{name}:{id}"),
    }
}

fn departure(name: &str, person: Uuid) -> String {
    format!("pake:{name}:departed:{person}")
}

/// Reads a letter; nothing when it is of a version that writes others.
fn read(text: &Bytes) -> Option<Heard> {
    let end = text.iter().position(|byte| *byte == b'\n')?;
    let Envelope { from, letter } = serde_json::from_slice(&text[..end]).ok()?;
    Some(Heard { from, letter, enclosed: text.slice(end + 1..) })
}

//! What each person has split, read from the database once and then kept.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use engine::work::Splits;
use uuid::Uuid;

use crate::{
    db::{Db, DbError},
    store::{self, Scope},
};

/// The splits of each person, read once and then kept.
#[derive(Debug, Default)]
pub struct SplitBook {
    known: Mutex<HashMap<Scope, Known>>,
}

#[derive(Debug, Clone, Default)]
struct Known {
    splits: Option<Arc<Splits>>,
    revision: u64,
}

impl SplitBook {
    /// Counts the changes in this process: part of the name of every kept answer.
    pub fn revision(&self, scope: Scope) -> u64 {
        self.lock().get(&scope).map_or(0, |known| known.revision)
    }

    /// What this person has split.
    pub async fn of(&self, db: &Db, scope: Scope) -> Result<Arc<Splits>, DbError> {
        if let Some(splits) = self.lock().get(&scope).and_then(|known| known.splits.clone()) {
            return Ok(splits);
        }
        let splits = Arc::new(store::splits::all(db, scope).await?);
        self.lock().entry(scope).or_default().splits = Some(Arc::clone(&splits));
        Ok(splits)
    }

    /// Whose splits are kept here, and at which revision.
    pub fn known(&self) -> Vec<(Scope, u64)> {
        let known = self.lock();
        known
            .iter()
            .filter(|(_, known)| known.splits.is_some())
            .map(|(scope, known)| (*scope, known.revision))
            .collect()
    }

    /// Takes over what the database has, as it was read at this revision; whether that is news. When something was changed
    /// here in the meantime, what was read may be older than that.
    pub fn learn(&self, scope: Scope, revision: u64, splits: Arc<Splits>) -> bool {
        let mut book = self.lock();
        let Some(known) = book.get_mut(&scope).filter(|known| known.revision == revision) else { return false };
        if known.splits.as_ref().is_none_or(|known| **known == *splits) {
            return false;
        }
        known.splits = Some(splits);
        known.revision += 1;
        true
    }

    /// Something was split or taken back.
    pub fn changed(&self, scope: Scope) {
        let mut known = self.lock();
        let known = known.entry(scope).or_default();
        known.splits = None;
        known.revision += 1;
    }

    /// Forgets what a person who is deleted has split.
    pub fn forget_person(&self, user: Uuid) {
        self.lock().retain(|scope, _| scope.user != user);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Scope, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! What decides how the searches of each person go, read from the database now and then.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use engine::source::SourceId;

use crate::{
    db::{Db, DbError},
    store::{self, Scope, preferences::Deciding},
};

/// How long what was read is believed: another process may have changed it.
const BELIEVED: TimeDelta = TimeDelta::seconds(5);
/// Most people that are remembered.
const MOST: usize = 50_000;

/// What decides how a search goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decided {
    /// Asked when a question names none; empty: the configuration's.
    pub sources: Vec<SourceId>,
    /// Whether nothing goes into the history.
    pub is_unrecorded: bool,
}

impl Decided {
    fn of(deciding: &Deciding, days: u32) -> Self {
        let names = deciding.own_sources.as_deref().or(deciding.their_sources.as_deref());
        let names: Vec<String> = names.and_then(|names| serde_json::from_str(names).ok()).unwrap_or_default();
        let kept = kept_for(deciding.own_days, deciding.their_days, deciding.retention_opt_out, days);
        Self {
            // One that is not there any more is left out.
            sources: names.iter().filter_map(|name| name.parse().ok()).collect(),
            is_unrecorded: kept == 0 || deciding.auto_save_searches == Some(false),
        }
    }
}

/// How many days searches are kept: as the person wishes, at most as the workspace lets them, at most as the operator does.
pub fn kept_for(own: Option<i64>, theirs: Option<i64>, opt_out: Option<bool>, most: u32) -> u32 {
    if opt_out == Some(true) {
        return 0;
    }
    [own, theirs].into_iter().flatten().fold(most, |days, limit| days.min(u32::try_from(limit).unwrap_or(0)))
}

/// What decides how the searches of each person go.
#[derive(Debug, Default)]
pub struct PreferenceBook {
    known: Mutex<Known>,
}

/// What was read of each person, and when.
type Known = HashMap<Scope, (DateTime<Utc>, Arc<Decided>)>;

impl PreferenceBook {
    /// What decides how a search of this person goes now. `days` is how long the operator has searches kept. While the database is
    /// away it is as it was last known.
    pub async fn of(&self, db: &Db, scope: Scope, days: u32, now: DateTime<Utc>) -> Result<Arc<Decided>, DbError> {
        let known = self.lock().get(&scope).cloned();
        // A clock that went back says nothing.
        let is_new = |at: DateTime<Utc>| at <= now && now - at < BELIEVED;
        if let Some((_, decided)) = known.as_ref().filter(|(at, _)| is_new(*at)) {
            return Ok(Arc::clone(decided));
        }
        match store::preferences::deciding(db, scope).await {
            Ok(deciding) => {
                let decided = Arc::new(deciding.map(|deciding| Decided::of(&deciding, days)).unwrap_or_default());
                self.keep(scope, now, &decided);
                Ok(decided)
            }
            Err(error) if error.problem.is_passing() => {
                let decided = known.map(|(_, decided)| decided).unwrap_or_default();
                // Believed for a while too: not each search waits for it.
                self.keep(scope, now, &decided);
                Ok(decided)
            }
            Err(error) => Err(error),
        }
    }

    fn keep(&self, scope: Scope, now: DateTime<Utc>, decided: &Arc<Decided>) {
        let mut book = self.lock();
        if book.len() >= MOST {
            book.clear();
        }
        book.insert(scope, (now, Arc::clone(decided)));
    }

    /// Something was changed here: it is read anew.
    pub fn changed(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_keeps_longer_than_the_workspace_and_no_workspace_longer_than_the_operator() {
        for (own, theirs, opt_out, days) in [
            (None, None, None, 365),
            (Some(30), None, Some(false), 30),
            (Some(30), Some(90), None, 30),
            (Some(300), Some(90), None, 90),
            (Some(9_999), Some(9_999), None, 365),
            (Some(30), Some(90), Some(true), 0),
            (Some(-1), None, None, 0),
        ] {
            assert_eq!(kept_for(own, theirs, opt_out, 365), days, "{own:?} {theirs:?} {opt_out:?}");
        }
    }
}

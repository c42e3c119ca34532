//! Requests that were counted and not written down yet.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use uuid::Uuid;

/// What requests have in common that are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Use {
    /// Where they belong.
    pub workspace: Uuid,
    /// The day, since 1970-01-01 UTC.
    pub day: i64,
    /// `session`, `token` or `local`.
    pub via: &'static str,
    /// The class of their route.
    pub class: &'static str,
}

/// Counts requests until somebody writes them down.
#[derive(Debug, Default)]
pub struct UsageBook(Mutex<HashMap<Use, i64>>);

impl UsageBook {
    /// So many more of these.
    pub fn count(&self, what: Use, requests: i64) {
        *self.lock().entry(what).or_default() += requests;
    }

    /// What was counted since the last time.
    pub fn take(&self) -> Vec<(Use, i64)> {
        self.lock().drain().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Use, i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

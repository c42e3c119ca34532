//! Kept answers: what they are called, where they are found, how long they are kept, and how they are sent.

use std::{sync::Arc, time::Duration};

use chrono::SecondsFormat;
use engine::{search::Prepared, source::SourceId, work::Splits};

use crate::{
    answer::{Answer, CacheInfo, may_be_stored},
    app::App,
    metrics::CacheTier,
    register::Search,
    store::Scope,
};

/// How long an answer that is not kept is there for processes that wait for it at this moment.
const HANDED_OVER: Duration = Duration::from_secs(5);

/// The beginning of every answer: what differs from search to search.
pub fn head(search: &Search, cache: CacheInfo) -> String {
    let query = serde_json::to_string(&search.query).unwrap_or_else(|_| "\"\"".to_owned());
    format!(
        r#"{{"id":"{}","status":"{}","query":{query},"started_at":"{}","cache":{{"hit":{},"age_seconds":{},"stale":{}}}"#,
        search.id,
        search.status().as_str(),
        search.started_at.to_rfc3339_opts(SecondsFormat::Millis, true),
        cache.hit,
        cache.age_seconds,
        cache.stale,
    )
}

/// Names the question as it was typed: found again without parsing anything.
pub fn front_key(scope: Scope, query: &str, asked: &[SourceId], limit: usize, splits_revision: u64) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(scope.workspace.as_bytes());
    hasher.update(scope.user.as_bytes());
    hasher.update(&splits_revision.to_le_bytes());
    hasher.update(&limit.to_le_bytes());
    let mut sources = 0_u64;
    for source in asked {
        sources |= 1 << (*source as u8);
    }
    hasher.update(&sources.to_le_bytes());
    hasher.update(query.as_bytes());
    format!("front:{}", &hasher.finalize().to_hex()[..32])
}

/// Names the question as it was understood: what each source is asked, and what is done with it here.
pub fn key(prepared: &Prepared, scope: Scope, splits: &Splits) -> String {
    let mut hasher = blake3::Hasher::new();
    for ask in &prepared.asks {
        hasher.update(ask.key.as_bytes());
    }
    for (source, _) in &prepared.skipped {
        hasher.update(source.as_str().as_bytes());
    }
    // The words decide the ranking and the local conditions; what a workspace has split is its own.
    hasher.update(prepared.query.text.as_bytes());
    if !splits.is_empty() {
        hasher.update(scope.workspace.as_bytes());
        hasher.update(format!("{splits:?}").as_bytes());
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

/// A kept answer to `key`, in memory or in the shared tier.
pub async fn find(app: &App, key: &str) -> Option<(Arc<Answer>, CacheTier)> {
    let now = app.clock.now();
    if let Some(kept) = app.cache.answers.get(key).filter(|kept| kept.is_fresh(now)) {
        return Some((kept, CacheTier::Memory));
    }
    if !app.cache.remote.is_there() {
        return None;
    }
    let found = app.cache.remote.get(&[shared_name(key)]).await.ok()?.pop()??;
    let kept = Arc::new(Answer::from_bytes(&found).filter(|kept| kept.is_fresh(now))?);
    app.cache.answers.put(key.to_owned(), Arc::clone(&kept), kept.memory(), kept.life(now));
    Some((kept, CacheTier::Redis))
}

/// Keeps an answer in this process as long as it is fresh.
pub fn keep(app: &App, key: &str, front: &str, answer: &Arc<Answer>) {
    let life = answer.life(app.clock.now());
    if !life.is_zero() {
        app.cache.answers.put(key.to_owned(), Arc::clone(answer), answer.memory(), life);
        app.cache.understood(front.to_owned(), key, life);
    }
}

/// Keeps it where other processes find it too.
pub async fn share(app: &App, key: &str, answer: &Answer) {
    let life = answer.life(app.clock.now());
    if !life.is_zero()
        && app.cache.remote.is_there()
        && may_be_stored(&answer.summary.sources)
        && let Some(bytes) = answer.to_bytes(false)
    {
        // A tier that is away is not an error of this search; its state says so.
        let _ = app.cache.remote.put(shared_name(key), bytes, life).await;
    }
}

/// Hands an answer to other processes that wait for it, though it is not worth keeping: a part of it failed, or is old.
pub async fn hand_over(app: &App, key: &str, answer: &Answer) {
    let is_kept = !answer.life(app.clock.now()).is_zero();
    if !is_kept
        && app.cache.remote.is_there()
        && may_be_stored(&answer.summary.sources)
        && let Some(bytes) = answer.to_bytes(false)
    {
        let _ = app.cache.remote.put(handed_over_name(key), bytes, HANDED_OVER).await;
    }
}

/// The answer that another process is making, as soon as it is there.
pub async fn find_made_elsewhere(app: &App, key: &str) -> Option<Arc<Answer>> {
    if let Some((kept, _)) = find(app, key).await {
        return Some(kept);
    }
    let found = app.cache.remote.get(&[handed_over_name(key)]).await.ok()?.pop()??;
    Answer::from_bytes(&found).map(Arc::new)
}

/// Forgets answers in the shared tier. What of them goes on is gone when their life is over.
pub async fn forget(app: &App, keys: &[String]) {
    let names: Vec<_> = keys.iter().flat_map(|key| [shared_name(key), handed_over_name(key)]).collect();
    if !names.is_empty() && app.cache.remote.is_there() {
        // A tier that is away comes back empty, or lets them go by themselves.
        let _ = app.cache.remote.forget(&names).await;
    }
}

fn handed_over_name(key: &str) -> String {
    format!("pake:l2:handed-over:{key}")
}

fn shared_name(key: &str) -> String {
    format!("pake:l2:answer:{key}")
}

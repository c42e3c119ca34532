//! Searches that run here, told to other replicas whose readers follow them.

use std::sync::Arc;

use futures_util::StreamExt;
use uuid::Uuid;

use super::follow::follow;
use crate::{
    answer::Answer,
    app::App,
    frame::FrameType,
    register::Search,
    replicas::{Letter, To},
    store::Scope,
};

/// Tells a replica what is logged after `after`, as it comes, in place of what it was told of the same search before.
pub fn tell(app: &Arc<App>, reader: Uuid, scope: Scope, id: Uuid, after: u64) {
    let search = app.searches.get(scope, id);
    let turn = app.replicas.told_anew(id, reader);
    let task = Arc::clone(app);
    app.lifecycle.spawn(async move {
        let telling = async {
            match search {
                Some(search) => tell_all(&task, reader, &search, after).await,
                None => _ = task.replicas.tell(To::One(reader), &Letter::Unknown { search: id }, b"").await,
            }
        };
        if turn.run_until_cancelled(telling).await.is_some() {
            task.replicas.told(id, reader);
        }
    });
}

async fn tell_all(app: &App, reader: Uuid, search: &Arc<Search>, after: u64) {
    let (to, id) = (To::One(reader), search.id);
    let (mut before, mut told): (u64, Option<Arc<Answer>>) = (after, None);
    let mut frames = follow(search, after);
    while let Some(frame) = frames.next().await {
        if let Some(answer) =
            search.answer().filter(|answer| !told.as_ref().is_some_and(|told| Arc::ptr_eq(told, answer)))
        {
            let Some(bytes) = answer.to_bytes(false) else { return };
            app.replicas.tell(to, &Letter::Answer { search: id }, &bytes).await;
            told = Some(answer);
        }
        let letter = Letter::Entry {
            search: id,
            before,
            seq: frame.seq,
            frame: frame.kind,
            at: frame.at,
            message_id: frame.message_id,
        };
        // The answer was told already.
        let members = if frame.kind == FrameType::SearchCompleted { bytes::Bytes::new() } else { frame.members() };
        if app.replicas.tell(to, &letter, &members).await == Some(0) {
            // Nobody is there, or Redis is away: who misses it asks again.
            return;
        }
        before = frame.seq;
    }
    app.replicas.tell(to, &Letter::LogEnded { search: id, last: before }, b"").await;
}

/// Somebody has withdrawn a search at another replica.
pub fn withdraw(app: &App, scope: Scope, id: Uuid) {
    if let Some(search) = app.searches.get(scope, id) {
        search.withdraw(app.clock.now());
    }
}

//! What a process that died here has left (it was killed, or the database was away when it had to stop): searches that had
//! ended go into the history, those under way are run again under their ids.

use std::{
    collections::{HashMap, hash_map::Entry},
    io,
    sync::Arc,
};

use uuid::Uuid;

use super::inherit;
use crate::{
    app::App,
    recorder::{Ahead, FinishedSearch, Left},
    store::{self, finished::AnswerRef},
};

/// Takes it up, and from now on writes down what would be left. Where that cannot be written, PAKE serves all the same.
pub async fn take_up(app: &Arc<App>) {
    let data_dir = app.config.server.data_dir.clone();
    let opened = tokio::task::spawn_blocking(move || Ahead::open(&data_dir)).await;
    let (ahead, mut estate) = match opened.map_err(io::Error::from).flatten() {
        Ok(opened) => opened,
        Err(error) => {
            return tracing::warn!(%error, "what is not in the database yet cannot be written beside it: a process that is killed takes it along");
        }
    };
    app.recorder.writes_ahead(ahead);
    let mut answers = HashMap::new();
    for left in std::mem::take(&mut estate.left) {
        match left {
            // Where Redis has it, a replica takes it over: this one or another.
            Left::Begun(id, _) if matches!(app.replicas.runner_of(id).await, Ok(Some(_))) => {}
            Left::Begun(id, running) => inherit(app, id, running),
            Left::Ended(search, answer) => record(app, search, answer, &mut answers).await,
        }
    }
    estate.taken();
}

/// Puts it into the history. Of an answer that it was served with, only the name was written down: it is in the database, or
/// among what was left.
async fn record(
    app: &App,
    mut search: FinishedSearch,
    answer: Option<Uuid>,
    answers: &mut HashMap<Uuid, Option<AnswerRef>>,
) {
    if let Some(id) = answer {
        search.answer = match answers.entry(id) {
            Entry::Occupied(known) => known.get().clone(),
            Entry::Vacant(unknown) => {
                let head = store::answers::head(&app.db, search.scope.workspace, id).await.ok().flatten();
                unknown.insert(head.map(|head| AnswerRef { id, source: Arc::new(head) })).clone()
            }
        };
    } else if let Some(answer) = &search.answer {
        answers.insert(answer.id, Some(answer.clone()));
    }
    let id = search.id;
    match app.recorder.record(search).await {
        Ok(()) => tracing::info!(search_id = %id, "a search that a killed process had answered is in the history"),
        Err(error) => tracing::warn!(search_id = %id, %error, "a search is not in the history"),
    }
}

//! Searches that run at another replica: found by what is written down of them, followed by what it tells.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use engine::query::Query;
use tokio::{
    sync::mpsc::UnboundedReceiver,
    time::{Instant, sleep, timeout},
};
use tracing::Instrument as _;
use uuid::Uuid;

use super::follow::{CANCELLED, LOST};
use crate::{
    answer::Answer,
    app::App,
    frame::{Data, Failed, Frame, FrameType},
    job::Job,
    register::{Origin, Search},
    replicas::{Letter, To},
    store::{self, Scope},
};

/// After so long without a word it is asked again, and looked whether it is still there.
const SILENCE: Duration = Duration::from_secs(2);
/// How long is waited for an answer that has to be in the database at any moment.
const ON_THE_WAY: Duration = Duration::from_secs(3);
/// How often is looked for it.
const LOOK: Duration = Duration::from_millis(100);
/// Longest time that a search is followed.
const LONGEST: Duration = Duration::from_mins(5);

/// A search that another replica runs; what it tells is logged here from now on.
pub(super) async fn find(app: &Arc<App>, scope: Scope, id: Uuid) -> Option<Arc<Search>> {
    if !app.replicas.are_reachable() {
        return None;
    }
    // One after the other, so that nobody follows the same one twice.
    let _turn = app.replicas.finding.lock().await;
    if let Some(search) = app.searches.get(scope, id) {
        return Some(search);
    }
    let (owner, running) = app.replicas.runner_of(id).await.ok()??;
    if running.scope != scope || owner == app.replicas.id {
        return None;
    }
    let text = Query::parse(&running.query).map_or(running.query, |query| query.text);
    let job = Job::new();
    let search = Search::new(id, scope, text, running.started_at, Origin::Job(Arc::clone(&job)));
    // It is recorded where it runs.
    let search = app.searches.remember(search.unrecorded());
    let mirror =
        Mirror { app: Arc::clone(app), search: Arc::clone(&search), job, is_withdrawn: false, is_inherited: false };
    let letters = app.replicas.follow(id);
    let span = tracing::info_span!("search", search_id = %id);
    app.lifecycle.spawn(mirror.run(owner, letters).instrument(span));
    Some(search)
}

/// The log of a search that runs elsewhere, as it is known here.
struct Mirror {
    app: Arc<App>,
    search: Arc<Search>,
    job: Arc<Job>,
    is_withdrawn: bool,
    /// This replica runs it now, on the same log.
    is_inherited: bool,
}

/// Ends the log whatever happens to the task: a reader never waits for ever.
impl Drop for Mirror {
    fn drop(&mut self) {
        self.app.replicas.unfollow(self.search.id);
        if !self.is_inherited {
            self.job.end();
            self.app.searches.ended(&self.search);
        }
    }
}

/// Why there is nothing more to hear.
enum End {
    /// Its log has ended.
    Told,
    /// This replica runs it now.
    Inherited,
    /// Nobody runs it any more.
    Gone,
}

impl Mirror {
    async fn run(mut self, owner: Uuid, mut letters: UnboundedReceiver<(Letter, Bytes)>) {
        match timeout(LONGEST, self.listen(owner, &mut letters)).await.unwrap_or(End::Gone) {
            End::Inherited => self.is_inherited = true,
            End::Told => {}
            End::Gone => self.conclude().await,
        }
    }

    async fn listen(&mut self, mut owner: Uuid, letters: &mut UnboundedReceiver<(Letter, Bytes)>) -> End {
        self.ask(owner).await;
        loop {
            let cancel = self.job.cancel.clone();
            let heard = tokio::select! {
                heard = timeout(SILENCE, letters.recv()) => heard,
                () = cancel.cancelled(), if !self.is_withdrawn => {
                    self.is_withdrawn = true;
                    let letter = Letter::Withdraw { search: self.search.id, scope: self.search.scope };
                    self.app.replicas.tell(To::One(owner), &letter, b"").await;
                    continue;
                }
            };
            let is_missing = match heard {
                Ok(Some((letter, enclosed))) => match self.hear(&letter, enclosed) {
                    Ok(Some(end)) => return end,
                    Ok(None) => continue,
                    Err(Missing) => true,
                },
                Ok(None) => return End::Gone,
                Err(_) => false,
            };
            if !is_missing {
                match self.app.replicas.runner_of(self.search.id).await {
                    Ok(Some((runner, _))) if runner == self.app.replicas.id => return End::Inherited,
                    Ok(Some((runner, _))) => owner = runner,
                    Ok(None) => return End::Gone,
                    // Redis is away: nobody knows.
                    Err(_) => {}
                }
            }
            self.ask(owner).await;
        }
    }

    /// Asks for what comes after the last entry that is known here.
    async fn ask(&self, owner: Uuid) {
        let letter = Letter::Follow { search: self.search.id, scope: self.search.scope, after: self.job.last_seq() };
        self.app.replicas.tell(To::One(owner), &letter, b"").await;
    }

    fn hear(&self, letter: &Letter, enclosed: Bytes) -> Result<Option<End>, Missing> {
        match letter {
            Letter::Answer { .. } => {
                self.job.answered(Arc::new(Answer::from_bytes(&enclosed).ok_or(Missing)?));
                Ok(None)
            }
            &Letter::Entry { before, seq, frame, at, message_id, .. } => {
                let last = self.job.last_seq();
                if seq <= last {
                    return Ok(None);
                }
                if before > last {
                    return Err(Missing);
                }
                let members = match frame {
                    FrameType::SearchCompleted => self.job.answer().ok_or(Missing)?.body.plain().clone(),
                    _ => enclosed,
                };
                self.job.take_over(Frame::new(seq, frame, at, message_id, Data::Members(members)));
                Ok(None)
            }
            &Letter::LogEnded { last, .. } if last > self.job.last_seq() => Err(Missing),
            Letter::LogEnded { .. } => Ok(Some(End::Told)),
            Letter::Unknown { .. } => Ok(Some(End::Gone)),
            _ => Ok(None),
        }
    }

    /// Nobody tells more: what came of it is in the database, or nothing came of it.
    async fn conclude(&self) {
        let (app, search) = (&self.app, &self.search);
        let until = Instant::now() + ON_THE_WAY;
        while self.job.answer().is_none() && !self.is_withdrawn && Instant::now() < until {
            match store::answers::of_search(&app.db, search.scope, search.id, app.clock.now()).await {
                Ok(Some(stored)) if let Some(answer) = Answer::from_bytes(&stored.body) => {
                    self.job.answered(Arc::new(answer));
                }
                _ => sleep(LOOK).await,
            }
        }
        match self.job.answer() {
            Some(answer) => self.log(FrameType::SearchCompleted, Data::Members(answer.body.plain().clone())),
            None if self.is_withdrawn => self.fail(CANCELLED),
            None => self.fail(LOST),
        }
    }

    fn fail(&self, why: Failed) {
        self.log(FrameType::SearchFailed, Data::Failed(why));
    }

    fn log(&self, kind: FrameType, data: Data) {
        let at = self.app.clock.now();
        self.job.append(|seq| Frame::new(seq, kind, at, Uuid::new_v4(), data));
    }
}

/// Something that was told did not come.
struct Missing;

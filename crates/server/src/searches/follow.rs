//! Follows a search: every entry of its log after the one that the reader has, as they come, until the end.

use std::{collections::VecDeque, sync::Arc};

use futures_util::{Stream, stream};
use tokio::sync::watch;

use crate::{
    frame::Frame,
    job::{Job, JobState},
    register::{Origin, Search},
};

/// The entries after `seq` (0: from the beginning). The stream waits for its reader: nothing piles up for a slow one, the
/// log is kept once for all.
pub fn follow(search: &Search, seq: u64) -> impl Stream<Item = Arc<Frame>> + Send + Unpin + use<> {
    let reader = match &search.origin {
        Origin::Kept(answer) => {
            let from = usize::try_from(seq).unwrap_or(usize::MAX);
            Reader { ready: answer.replay().iter().skip(from).cloned().collect(), job: None, seq }
        }
        Origin::Job(job) => Reader { ready: VecDeque::new(), job: Some((Arc::clone(job), job.watch())), seq },
    };
    Box::pin(stream::unfold(reader, |mut reader| async move {
        let frame = reader.next().await?;
        Some((frame, reader))
    }))
}

struct Reader {
    ready: VecDeque<Arc<Frame>>,
    job: Option<(Arc<Job>, watch::Receiver<JobState>)>,
    seq: u64,
}

impl Reader {
    async fn next(&mut self) -> Option<Arc<Frame>> {
        loop {
            if let Some(frame) = self.ready.pop_front() {
                self.seq = frame.seq;
                return Some(frame);
            }
            let (job, state) = self.job.as_mut()?;
            // Looked at before the log: what is logged in between is seen by the next turn.
            let ended = state.borrow_and_update().ended;
            self.ready.extend(job.after(self.seq));
            if self.ready.is_empty() && (ended || state.changed().await.is_err()) {
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use futures_util::{FutureExt, StreamExt};
    use uuid::Uuid;

    use super::*;
    use crate::{
        frame::{Data, FrameType},
        store::Scope,
    };

    fn log(job: &Job) {
        job.append(|seq| {
            Frame::new(seq, FrameType::SearchProgress, DateTime::UNIX_EPOCH, Uuid::nil(), Data::Json("{}".into()))
        });
    }

    fn search(job: &Arc<Job>) -> Search {
        Search::new(Uuid::nil(), Scope::local(), String::new(), DateTime::UNIX_EPOCH, Origin::Job(Arc::clone(job)))
    }

    #[tokio::test]
    async fn a_reader_sees_what_was_logged_before_and_after_it_came_and_then_the_end() {
        let job = Job::new();
        log(&job);
        let mut reader = follow(&search(&job), 0);
        assert_eq!(reader.next().await.unwrap().seq, 1);
        assert!(reader.next().now_or_never().is_none(), "it waits for more");
        log(&job);
        log(&job);
        assert_eq!(reader.next().await.unwrap().seq, 2);
        assert_eq!(reader.next().await.unwrap().seq, 3);
        log(&job);
        job.end();
        assert_eq!(reader.next().await.unwrap().seq, 4, "nothing is lost at the end");
        assert!(reader.next().await.is_none());
    }

    #[tokio::test]
    async fn a_reader_that_comes_back_gets_what_it_lacks_and_nothing_twice() {
        let job = Job::new();
        for _ in 0..5 {
            log(&job);
        }
        job.end();
        let seqs: Vec<_> = follow(&search(&job), 3).map(|frame| frame.seq).collect().await;
        assert_eq!(seqs, [4, 5]);
        assert!(follow(&search(&job), 5).next().await.is_none());
        assert!(follow(&search(&job), 99).next().await.is_none(), "more than there is");
    }

    #[tokio::test]
    async fn each_reader_has_its_own_pace() {
        let job = Job::new();
        let (mut fast, slow) = (follow(&search(&job), 0), follow(&search(&job), 0));
        for _ in 0..100 {
            log(&job);
            assert!(fast.next().await.is_some());
        }
        job.end();
        assert_eq!(slow.count().await, 100);
    }
}

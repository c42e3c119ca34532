//! Follows a search: every entry of its log after the one that the reader has, as they come, until the end.

use std::{collections::VecDeque, sync::Arc};

use futures_util::{Stream, stream};
use tokio::sync::watch;
use uuid::Uuid;

use crate::{
    frame::{Data, Failed, Frame, FrameType},
    job::Job,
    register::{Origin, Search},
};

/// The data of `search_failed` for a search that was withdrawn.
pub(super) const CANCELLED: Failed = Failed { error: "cancelled" };
/// The data of `search_failed` for a search that nobody runs any more.
pub(super) const LOST: Failed = Failed { error: "lost" };

/// The entries after `seq` (0: from the beginning). The stream waits for its reader: nothing piles up for a slow one, the
/// log is kept once for all.
pub fn follow(search: &Arc<Search>, seq: u64) -> impl Stream<Item = Arc<Frame>> + Send + Unpin + use<> {
    let reader = match &search.origin {
        Origin::Kept(answer) => Reader { ready: replayed(answer.replay(), seq), job: None, seq },
        Origin::Stored(answer) => Reader { ready: told_again(answer.replay(), seq), job: None, seq },
        Origin::Job(job) => Reader { ready: VecDeque::new(), job: Some((Arc::clone(job), job.watch_log())), seq },
    };
    let (search, withdrawn) = (Arc::clone(search), search.goes_on_without().clone());
    Box::pin(stream::unfold(Some(reader), move |reader| {
        let (search, withdrawn) = (Arc::clone(&search), withdrawn.clone());
        async move {
            let mut reader = reader?;
            tokio::select! {
                biased;
                frame = reader.next() => frame.map(|frame| (frame, Some(reader))),
                // The log goes on for others; this reader's search is over.
                () = withdrawn.cancelled() => Some((Arc::new(farewell(&search, reader.seq + 1)), None)),
            }
        }
    }))
}

/// The frames of a kept answer after `seq`. A `seq` beyond the last one is of the log that the answer was made in, before
/// it was forgotten here: whoever had it has all but the end.
fn replayed(frames: &[Arc<Frame>], seq: u64) -> VecDeque<Arc<Frame>> {
    let from = usize::try_from(seq).unwrap_or(usize::MAX);
    if from > frames.len() {
        return frames.last().map(|last| Arc::new(last.at_place(seq.saturating_add(1)))).into_iter().collect();
    }
    frames.iter().skip(from).cloned().collect()
}

/// What a reader lacks of a log that is not known any more, of which it had entries up to `seq`. The frames of the answer are other ones and fewer,
/// so their numbers say nothing about that: all are told but the beginning, after what it has.
fn told_again(frames: &[Arc<Frame>], seq: u64) -> VecDeque<Arc<Frame>> {
    if seq == 0 {
        return frames.iter().cloned().collect();
    }
    let renumbered = |(place, frame): (u64, &Arc<Frame>)| Arc::new(frame.at_place(seq.saturating_add(place)));
    (1..).zip(frames.iter().skip(1)).map(renumbered).collect()
}

/// The last frame of a search that was withdrawn while its job goes on.
fn farewell(search: &Search, seq: u64) -> Frame {
    let at = search.withdrawn_at().unwrap_or(search.started_at);
    Frame::new(seq, FrameType::SearchFailed, at, Uuid::new_v4(), Data::Failed(CANCELLED))
}

struct Reader {
    ready: VecDeque<Arc<Frame>>,
    job: Option<(Arc<Job>, watch::Receiver<usize>)>,
    seq: u64,
}

impl Reader {
    async fn next(&mut self) -> Option<Arc<Frame>> {
        loop {
            if let Some(frame) = self.ready.pop_front() {
                self.seq = frame.seq;
                return Some(frame);
            }
            let (job, length) = self.job.as_mut()?;
            // Looked at before the log: what is logged in between is seen by the next turn.
            length.mark_unchanged();
            let ended = job.has_ended();
            self.ready.extend(job.after(self.seq));
            if self.ready.is_empty() && (ended || length.changed().await.is_err()) {
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::DateTime;
    use futures_util::{FutureExt, StreamExt};
    use tokio::time::timeout;

    use super::*;
    use crate::store::Scope;

    fn log(job: &Job) {
        job.append(|seq| {
            Frame::new(seq, FrameType::SearchProgress, DateTime::UNIX_EPOCH, Uuid::nil(), Data::Members("}".into()))
        });
    }

    fn search(job: &Arc<Job>) -> Arc<Search> {
        let origin = Origin::Job(Arc::clone(job));
        Arc::new(Search::new(Uuid::nil(), Scope::local(), String::new(), DateTime::UNIX_EPOCH, origin))
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

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_waits_is_told_of_an_entry_and_of_the_end() {
        let job = Job::new();
        let mut reader = follow(&search(&job), 0);
        // The reader comes first: it waits when the other acts. Time that stands still passes when all wait.
        let wait = Duration::from_secs(1);
        let (first, ()) = tokio::join!(biased; timeout(wait, reader.next()), async { log(&job) });
        assert_eq!(first.unwrap().unwrap().seq, 1);
        let (end, ()) = tokio::join!(biased; timeout(wait, reader.next()), async { job.end() });
        assert!(end.unwrap().is_none());
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
    async fn a_reader_whose_search_is_withdrawn_is_told_though_the_job_goes_on() {
        let job = Job::new();
        assert!(job.join(), "somebody else waits too");
        log(&job);
        let (withdrawn, other) = (search(&job), search(&job));
        let mut reader = follow(&withdrawn, 0);
        assert_eq!(reader.next().await.unwrap().seq, 1);
        withdrawn.withdraw(DateTime::UNIX_EPOCH);
        let last = reader.next().await.unwrap();
        assert_eq!((last.seq, last.kind), (2, FrameType::SearchFailed));
        assert!(reader.next().await.is_none());
        log(&job);
        job.end();
        assert_eq!(follow(&other, 0).count().await, 2, "the others see all of it");
    }

    #[test]
    fn a_place_beyond_a_kept_answer_gets_its_end() {
        let frame = |seq| {
            let data = Data::Members("}".into());
            Arc::new(Frame::new(seq, FrameType::SearchCompleted, DateTime::UNIX_EPOCH, Uuid::nil(), data))
        };
        let frames: Vec<_> = (1..=4).map(frame).collect();
        let seqs = |seq| replayed(&frames, seq).iter().map(|frame| frame.seq).collect::<Vec<_>>();
        assert_eq!(seqs(0), [1, 2, 3, 4]);
        assert_eq!(seqs(3), [4]);
        assert_eq!(seqs(4), [0; 0]);
        assert_eq!(seqs(40), [41]);
        assert_eq!(seqs(u64::MAX), [u64::MAX]);
    }

    #[test]
    fn whoever_had_a_part_of_a_log_that_is_forgotten_gets_the_end_whatever_its_number() {
        let frame =
            |seq, kind| Arc::new(Frame::new(seq, kind, DateTime::UNIX_EPOCH, Uuid::nil(), Data::Members("}".into())));
        let frames = [
            frame(1, FrameType::SearchStarted),
            frame(2, FrameType::SearchProgress),
            frame(3, FrameType::SearchProgress),
            frame(4, FrameType::SearchCompleted),
        ];
        let seqs = |seq| told_again(&frames, seq).iter().map(|frame| frame.seq).collect::<Vec<_>>();
        assert_eq!(seqs(0), [1, 2, 3, 4]);
        for seq in [1, 2, 4, 5, 40] {
            assert_eq!(seqs(seq), [seq + 1, seq + 2, seq + 3]);
            assert_eq!(told_again(&frames, seq).back().unwrap().kind, FrameType::SearchCompleted);
        }
        assert_eq!(seqs(u64::MAX), [u64::MAX; 3]);
        assert!(told_again(&[], 3).is_empty());
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

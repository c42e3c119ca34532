//! A search is a job on the server with an append-only event log. WebSocket, SSE and polling are readers of that log:
//! a connection that drops loses nothing, and the job outlives it.

use std::sync::{
    Arc, RwLock,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{answer::Answer, frame::Frame};

/// One run of the engine, which one question or several identical ones at the same time are waiting for.
#[derive(Debug)]
pub struct Job {
    log: RwLock<Vec<Arc<Frame>>>,
    /// The entries are numbered from behind this one.
    before: u64,
    /// Entries in the log. Apart from the state: who waits for the answer alone is not woken for each of them.
    length: watch::Sender<usize>,
    state: watch::Sender<JobState>,
    askers: AtomicUsize,
    /// Cancels the work at the sources.
    pub cancel: CancellationToken,
}

/// How far a job is.
#[derive(Debug, Clone, Default)]
pub struct JobState {
    /// The answer, from the moment the final order is announced.
    pub answer: Option<Arc<Answer>>,
    /// Nothing more will be logged.
    pub ended: bool,
}

impl Job {
    /// A job with one asker and an empty log.
    pub fn new() -> Arc<Self> {
        Self::numbered_after(0)
    }

    /// The same, whose entries are numbered from behind `before`.
    pub fn numbered_after(before: u64) -> Arc<Self> {
        Arc::new(Self {
            log: RwLock::default(),
            before,
            length: watch::Sender::new(0),
            state: watch::Sender::new(JobState::default()),
            askers: AtomicUsize::new(1),
            cancel: CancellationToken::new(),
        })
    }

    /// Appends what `make` makes of the next `seq`.
    pub fn append(&self, make: impl FnOnce(u64) -> Frame) {
        let length = {
            let mut log = self.log.write().unwrap_or_else(std::sync::PoisonError::into_inner);
            let seq = log.last().map_or(self.before, |last| last.seq) + 1;
            log.push(Arc::new(make(seq)));
            log.len()
        };
        self.length.send_replace(length);
    }

    /// Appends an entry of another log with its number, unless there is one with that or a higher number.
    pub fn take_over(&self, entry: Frame) {
        let length = {
            let mut log = self.log.write().unwrap_or_else(std::sync::PoisonError::into_inner);
            if log.last().is_none_or(|last| last.seq < entry.seq) {
                log.push(Arc::new(entry));
            }
            log.len()
        };
        self.length.send_replace(length);
    }

    /// The number of the last entry, or of the one that the first will come after.
    pub fn last_seq(&self) -> u64 {
        let log = self.log.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        log.last().map_or(self.before, |last| last.seq)
    }

    /// The answer is there (or there anew).
    pub fn answered(&self, answer: Arc<Answer>) {
        self.state.send_modify(|state| state.answer = Some(answer));
    }

    /// Nothing more will come.
    pub fn end(&self) {
        self.state.send_modify(|state| state.ended = true);
        // Whoever reads the log sees that this is its end.
        self.length.send_modify(|_| {});
    }

    /// The answer, when it is there.
    pub fn answer(&self) -> Option<Arc<Answer>> {
        self.state.borrow().answer.clone()
    }

    /// Whether nothing more will be logged.
    pub fn has_ended(&self) -> bool {
        self.state.borrow().ended
    }

    /// How far it is, now and whenever there is an answer or the end.
    pub fn watch(&self) -> watch::Receiver<JobState> {
        self.state.subscribe()
    }

    /// How many entries the log has, now and whenever there is one more or the end.
    pub fn watch_log(&self) -> watch::Receiver<usize> {
        self.length.subscribe()
    }

    /// The entries after `seq`, oldest first.
    pub fn after(&self, seq: u64) -> Vec<Arc<Frame>> {
        let log = self.log.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let from = log.partition_point(|entry| entry.seq <= seq);
        log[from..].to_vec()
    }

    /// One more question is answered by this job, unless it was given up already.
    pub fn join(&self) -> bool {
        self.askers.try_update(Ordering::AcqRel, Ordering::Acquire, |askers| (askers > 0).then_some(askers + 1)).is_ok()
    }

    /// One question is withdrawn; with the last one (`true`), the work at the sources is cancelled.
    pub fn leave(&self) -> bool {
        let before = self.askers.try_update(Ordering::AcqRel, Ordering::Acquire, |askers| askers.checked_sub(1));
        let was_last = before == Ok(1);
        if was_last {
            self.cancel.cancel();
        }
        was_last
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;
    use crate::frame::{Data, FrameType};

    fn log(job: &Job, text: &'static str) {
        job.append(|seq| {
            Frame::new(seq, FrameType::SearchProgress, DateTime::UNIX_EPOCH, Uuid::nil(), Data::Members(text.into()))
        });
    }

    #[test]
    fn entries_are_numbered_from_one_and_found_after_a_number() {
        let job = Job::new();
        for text in ["1", "2", "3"] {
            log(&job, text);
        }
        let seqs = |after| job.after(after).iter().map(|frame| frame.seq).collect::<Vec<_>>();
        assert_eq!(seqs(0), [1, 2, 3]);
        assert_eq!(seqs(2), [3]);
        assert!(seqs(3).is_empty());
        assert!(seqs(u64::MAX).is_empty(), "a number that was never given");
    }

    #[test]
    fn who_waits_for_the_answer_is_not_woken_by_entries() {
        let job = Job::new();
        let (state, length) = (job.watch(), job.watch_log());
        log(&job, "}");
        assert!(!state.has_changed().unwrap());
        assert!(length.has_changed().unwrap());
        job.end();
        assert!(state.has_changed().unwrap());
    }

    #[test]
    fn a_log_of_another_process_is_taken_over_with_its_numbers() {
        let job = Job::numbered_after(1_000);
        assert_eq!(job.last_seq(), 1_000);
        let frame = |seq| {
            Frame::new(seq, FrameType::SearchProgress, DateTime::UNIX_EPOCH, Uuid::nil(), Data::Members("}".into()))
        };
        for seq in [1_001, 1_002, 1_002, 5_000, 3] {
            job.take_over(frame(seq));
        }
        log(&job, "}");
        let seqs = |after| job.after(after).iter().map(|frame| frame.seq).collect::<Vec<_>>();
        assert_eq!(seqs(0), [1_001, 1_002, 5_000, 5_001]);
        assert_eq!((seqs(1_002), seqs(4_000), job.last_seq()), (vec![5_000, 5_001], vec![5_000, 5_001], 5_001));
    }

    #[test]
    fn the_work_is_cancelled_when_the_last_who_asked_leaves() {
        let job = Job::new();
        assert!(job.join());
        job.leave();
        assert!(!job.cancel.is_cancelled(), "somebody still waits");
        job.leave();
        assert!(job.cancel.is_cancelled());
        assert!(!job.join(), "what was given up is not joined");
        job.leave();
    }
}

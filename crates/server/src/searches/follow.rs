//! Follows a search: every entry of its log after the one that the reader has, as they come, until the end.

use std::{collections::VecDeque, sync::Arc};

use futures_util::{Stream, stream};
use tokio::sync::watch;

use super::{Origin, Search};
use crate::{
    frame::Frame,
    job::{Job, JobState},
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

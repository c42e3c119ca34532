//! The events of a search under way.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use tokio::sync::mpsc;

use crate::event::Event;

/// The events of a search. The search goes on while they are waited for, in the task that does: each of its events would wake
/// that task, and often another thread, if it had one of its own. Dropped, it asks the sources no further.
pub struct Events {
    told: mpsc::UnboundedReceiver<Event>,
    /// Until it has ended.
    search: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl std::fmt::Debug for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Events").field("ended", &self.search.is_none()).finish_non_exhaustive()
    }
}

impl Events {
    /// Those that a search tells. There are few: at most four a source, and two at the end.
    pub(super) fn of<F>(search: impl FnOnce(mpsc::UnboundedSender<Event>) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (teller, told) = mpsc::unbounded_channel();
        Self { told, search: Some(Box::pin(search(teller))) }
    }

    /// The next one; `None` when there are no more.
    pub async fn recv(&mut self) -> Option<Event> {
        std::future::poll_fn(|context| self.poll_recv(context)).await
    }

    fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Option<Event>> {
        loop {
            // Never waited for: only the search below can tell anything.
            if let Ok(event) = self.told.try_recv() {
                return Poll::Ready(Some(event));
            }
            let Some(search) = &mut self.search else { return Poll::Ready(None) };
            if search.as_mut().poll(context).is_ready() {
                self.search = None;
            } else if self.told.is_empty() {
                return Poll::Pending;
            }
        }
    }
}

/// Ends when the events told before it are taken; there must be one at least.
pub(super) async fn taken() {
    let mut is_first = true;
    // Not woken: whoever takes an event asks for the next.
    std::future::poll_fn(|_| if std::mem::take(&mut is_first) { Poll::Pending } else { Poll::Ready(()) }).await;
}

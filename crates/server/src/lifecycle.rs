//! From running to stopped: who has to be told, and who is waited for.

use std::future::Future;

use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Tells connections, sockets and background work that the server stops, and waits for them.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle {
    stopping: CancellationToken,
    tasks: TaskTracker,
}

impl Lifecycle {
    /// Whether the server is about to stop: it is not ready any more, and what is under way comes to its end.
    pub fn is_stopping(&self) -> bool {
        self.stopping.is_cancelled()
    }

    /// Is cancelled when the server is about to stop. Sockets tell their clients then, and close.
    pub const fn stopping(&self) -> &CancellationToken {
        &self.stopping
    }

    /// Runs `task`; the server waits for it (up to `server.shutdown_grace`) before it stops. For everything that outlives
    /// its request: sockets, event streams, searches, the recorder.
    pub fn spawn<F>(&self, task: F) -> tokio::task::JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.tasks.spawn(task)
    }

    /// How many tasks are under way.
    pub fn under_way(&self) -> usize {
        self.tasks.len()
    }

    /// Says that the server stops.
    pub fn stop(&self) {
        self.stopping.cancel();
        self.tasks.close();
    }

    /// Ends when the server was told to stop and every task has ended.
    pub async fn ended(&self) {
        self.tasks.wait().await;
    }
}

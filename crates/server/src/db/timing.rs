//! How long the database takes, for the metrics.

use tokio::time::Instant;

use crate::metrics::{DbLabels, Histograms};

/// Times one operation until it is dropped, whatever comes of it.
#[derive(Debug)]
pub struct Timed<'a> {
    operations: &'a Histograms<DbLabels>,
    labels: DbLabels,
    started: Instant,
}

impl<'a> Timed<'a> {
    pub(super) fn new(operations: &'a Histograms<DbLabels>, labels: DbLabels) -> Self {
        Self { operations, labels, started: Instant::now() }
    }
}

impl Drop for Timed<'_> {
    fn drop(&mut self) {
        self.operations.get_or_create(&self.labels).observe(self.started.elapsed().as_secs_f64());
    }
}

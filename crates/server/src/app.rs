//! The application: everything that a use case may need, built once.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use engine::{
    clock::SharedClock,
    search::{Engine, SetupError},
};

use crate::{config::Config, ids::Ids, lifecycle::Lifecycle, metrics::Metrics};

/// Everything that a use case may need.
#[derive(Debug)]
pub struct App {
    /// What is set; checked.
    pub config: Config,
    /// The sources and the client that asks them.
    pub engine: Engine,
    /// What is counted and timed.
    pub metrics: Metrics,
    /// The time of day.
    pub clock: SharedClock,
    /// Makes ids.
    pub ids: Ids,
    /// When the application was built.
    pub started_at: DateTime<Utc>,
    /// Version of PAKE.
    pub version: &'static str,
    /// Tells everything to stop, and waits for it.
    pub lifecycle: Lifecycle,
}

/// The application, shared by all requests.
pub type SharedApp = Arc<App>;

impl App {
    /// The application with this configuration. Opens no connection.
    pub fn new(config: Config, clock: SharedClock, ids: Ids) -> Result<SharedApp, SetupError> {
        Ok(Arc::new(Self {
            engine: Engine::new(&config.engine(), crate::VERSION, Arc::clone(&clock))?,
            config,
            metrics: Metrics::new(crate::VERSION),
            started_at: clock.now(),
            clock,
            ids,
            version: crate::VERSION,
            lifecycle: Lifecycle::default(),
        }))
    }
}

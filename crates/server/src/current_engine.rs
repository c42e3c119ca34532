//! The engine that answers now, and what it was made from: the configuration, and what an operator set where that says nothing
//! (`adjustments.rs`).

use std::{
    collections::BTreeMap,
    sync::{PoisonError, RwLock},
};

use engine::{
    clock::SharedClock,
    config::{EngineConfig, SetupError},
    search::Engine,
};
use serde_json::Value;

mod name;

pub use self::name::Name;

/// Values by name.
pub type Adjustments = BTreeMap<Name, Value>;

/// The engine. It is made anew when its settings change; searches under way keep the one that they began with.
#[derive(Debug)]
pub struct CurrentEngine {
    /// What the configuration says.
    configured: EngineConfig,
    now: RwLock<Now>,
}

/// An engine, and the adjustments that it was made with.
#[derive(Debug)]
pub struct Now {
    /// Counts the changes.
    pub version: i64,
    /// What an operator set.
    pub adjusted: Adjustments,
    /// Made from it.
    pub engine: Engine,
}

impl CurrentEngine {
    /// As the configuration says.
    pub fn new(configured: EngineConfig, clock: SharedClock) -> Result<Self, SetupError> {
        let engine = Engine::new(&configured, crate::VERSION, clock)?;
        Ok(Self { configured, now: RwLock::new(Now { version: 0, adjusted: Adjustments::new(), engine }) })
    }

    /// The engine.
    pub fn get(&self) -> Engine {
        self.now.read().unwrap_or_else(PoisonError::into_inner).engine.clone()
    }

    /// Its settings, as the configuration says.
    pub const fn configured(&self) -> &EngineConfig {
        &self.configured
    }

    /// Its settings, as the configuration and the adjustments say.
    pub fn config(&self) -> EngineConfig {
        self.config_with(&self.adjusted())
    }

    /// Its settings, if these were the adjustments: the configuration, with them where it says nothing.
    pub fn config_with(&self, adjusted: &Adjustments) -> EngineConfig {
        let mut config = self.configured.clone();
        for (name, value) in adjusted {
            if !name.is_given(&self.configured) {
                name.set(&mut config, value);
            }
        }
        config
    }

    /// What an operator set.
    pub fn adjusted(&self) -> Adjustments {
        self.now.read().unwrap_or_else(PoisonError::into_inner).adjusted.clone()
    }

    /// Counts the changes; 0 before the first.
    pub fn version(&self) -> i64 {
        self.now.read().unwrap_or_else(PoisonError::into_inner).version
    }

    /// Puts another one in its place.
    pub fn set(&self, now: Now) {
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = now;
    }
}

//! Who wants to know how long single requests take: metrics, of which the engine knows nothing.

use std::{fmt, sync::Arc, time::Duration};

/// Is told of every answer that came over the wire.
#[derive(Clone, Default)]
pub struct Observer(Option<Arc<Told>>);

/// The host that answered, and how long it took from sending to the last byte.
type Told = dyn Fn(&str, Duration) + Send + Sync;

impl Observer {
    /// Calls `told` with the host and the time of every answer; it must not block.
    pub fn new(told: impl Fn(&str, Duration) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(told)))
    }

    pub(crate) fn tell(&self, host: &str, took: Duration) {
        if let Some(told) = &self.0 {
            told(host, took);
        }
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Observer").field(&self.0.is_some()).finish()
    }
}

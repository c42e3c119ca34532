//! The operator's key, and whether the source still takes it: keys that nobody used for two months are taken away.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

/// How long a key that was refused is left out before it is tried again.
const REST: Duration = Duration::from_hours(6);

/// A key that can be found invalid.
pub(super) struct Key {
    header: Option<HeaderValue>,
    refused_at: Mutex<Option<Instant>>,
}

impl Key {
    /// The key of the settings, if there is one.
    pub(super) fn new(key: Option<&SecretString>) -> Self {
        let header = key.and_then(|key| {
            let mut value = HeaderValue::from_str(key.expose_secret()).ok()?;
            value.set_sensitive(true);
            Some(value)
        });
        Self { header, refused_at: Mutex::new(None) }
    }

    /// The key, unless it was refused not long ago.
    pub(super) fn usable(&self) -> Option<HeaderValue> {
        if self.rests() { None } else { self.header.clone() }
    }

    /// Remembers that the source refuses it.
    pub(super) fn refused(&self) {
        tracing::warn!("Semantic Scholar refuses the key of sources.semantic_scholar; it is asked without one");
        *self.refused_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// What readers of an answer are told while the key is left out.
    pub(super) fn warning(&self) -> Option<String> {
        self.rests()
            .then(|| "it refused the key and was asked without one: see sources.semantic_scholar.key".to_owned())
    }

    fn rests(&self) -> bool {
        let refused_at = *self.refused_at.lock().unwrap_or_else(PoisonError::into_inner);
        refused_at.is_some_and(|at| at.elapsed() < REST)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_refused_key_is_left_out_for_hours_and_then_tried_again() {
        let key = Key::new(Some(&"secret".into()));
        assert!(key.usable().unwrap().is_sensitive());
        assert_eq!(key.warning(), None);
        key.refused();
        assert_eq!(key.usable(), None);
        assert!(key.warning().unwrap().contains("sources.semantic_scholar.key"));
        advance(REST).await;
        assert_eq!(key.usable().unwrap(), "secret");
        assert_eq!(key.warning(), None);
    }

    #[test]
    fn what_no_header_can_hold_is_no_key() {
        assert_eq!(Key::new(Some(&"bad\nkey".into())).usable(), None);
        assert_eq!(Key::new(None).usable(), None);
    }
}

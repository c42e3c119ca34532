//! What is known of the providers of single sign-on: where they are asked what, and with which keys they sign.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};
use jsonwebtoken::jwk::Jwk;
use serde::Deserialize;
use url::Url;

/// What a provider says of itself (OpenID Connect Discovery §3), as far as it matters here.
#[derive(Debug, Clone, Deserialize)]
pub struct Metadata {
    /// Who it is.
    pub issuer: String,
    /// Where people sign in.
    pub authorization_endpoint: Url,
    /// Where a code is exchanged for tokens.
    pub token_endpoint: Url,
    /// Where its keys are.
    pub jwks_uri: Url,
    /// Where more is told of a person.
    pub userinfo_endpoint: Option<Url>,
    /// How PAKE may prove who it is.
    #[serde(default)]
    pub token_endpoint_auth_methods_supported: Vec<String>,
    /// Whether it names itself in its answers (RFC 9207).
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
}

/// What is known of one provider.
#[derive(Debug, Clone)]
pub struct Known {
    /// What it says of itself.
    pub metadata: Arc<Metadata>,
    /// When it said so.
    pub asked_at: DateTime<Utc>,
    /// The keys with which it signs.
    pub keys: Arc<[Jwk]>,
    /// When it gave them.
    pub keys_at: DateTime<Utc>,
}

/// What is known of all of them, by the names of their sections.
#[derive(Debug, Default)]
pub struct IssuerBook(Mutex<HashMap<String, Known>>);

impl IssuerBook {
    /// What is known of one.
    pub fn of(&self, provider: &str) -> Option<Known> {
        self.lock().get(provider).cloned()
    }

    /// Keeps what is known of one.
    pub fn keep(&self, provider: &str, known: Known) {
        self.lock().insert(provider.to_owned(), known);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

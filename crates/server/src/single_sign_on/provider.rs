//! A provider of single sign-on, asked over HTTP: what it says of itself, its keys, tokens for a code, more of a person.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use chrono::TimeDelta;
use data_encoding::BASE64;
use engine::fetch::{Call, Reply};
use http::{HeaderValue, Method, header};
use jsonwebtoken::jwk::Jwk;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use tokio::time::Instant;
use url::{Url, form_urlencoded};

use super::{BELIEVED, not_believed};
use crate::{
    app::App,
    config::{OidcConfig, is_safe},
    error::{Error, Result},
    issuer_book::{Known, Metadata},
};

/// Longest wait for an answer.
const WAIT: Duration = Duration::from_secs(10);
/// Most bytes of an answer.
const MOST: usize = 1 << 20;
/// How soon the keys may be asked for again, whatever tokens name.
const KEYS_AGAIN: TimeDelta = TimeDelta::seconds(10);

/// What the provider gives for a code.
#[derive(Debug, Deserialize)]
pub(super) struct Tokens {
    /// Says who has signed in.
    pub id_token: SecretString,
    access_token: Option<SecretString>,
}

#[derive(Debug, Deserialize)]
struct Keys {
    keys: Vec<Value>,
}

/// What is known of a provider; it is asked when that is nothing, or old.
pub(super) async fn known(app: &App, name: &str, settings: &OidcConfig) -> Result<Known> {
    let now = app.clock.now();
    if let Some(known) = app.issuers.of(name).filter(|known| now - known.asked_at < BELIEVED) {
        return Ok(known);
    }
    let address = format!("{}/.well-known/openid-configuration", settings.issuer.trim_end_matches('/'));
    let address: Url = address.parse().map_err(Error::internal)?;
    let metadata: Metadata = json_of(app, &Call { body_limit: MOST, ..Call::get(address) }).await?;
    if metadata.issuer != settings.issuer {
        tracing::error!(
            provider = name,
            said = metadata.issuer,
            "a provider of single sign-on says that it is another one"
        );
        return Err(away());
    }
    let endpoints = [&metadata.authorization_endpoint, &metadata.token_endpoint, &metadata.jwks_uri];
    if !endpoints.into_iter().chain(&metadata.userinfo_endpoint).all(is_safe) {
        tracing::error!(provider = name, "a provider of single sign-on wants to be asked without TLS");
        return Err(away());
    }
    let keys = keys(app, &metadata).await?;
    let known = Known { metadata: Arc::new(metadata), asked_at: now, keys, keys_at: now };
    app.issuers.keep(name, known.clone());
    Ok(known)
}

/// The same, with the keys that the provider has now.
pub(super) async fn known_anew(app: &App, name: &str, settings: &OidcConfig) -> Result<Known> {
    let known = known(app, name, settings).await?;
    let now = app.clock.now();
    if now - known.keys_at < KEYS_AGAIN && app.issuers.of(name).is_some_and(|kept| kept.keys_at != kept.asked_at) {
        return Ok(known);
    }
    let keys = keys(app, &known.metadata).await?;
    // Later than what came with the metadata, even where the clock has stood still.
    let known = Known { keys, keys_at: now + TimeDelta::milliseconds(1), ..known };
    app.issuers.keep(name, known.clone());
    Ok(known)
}

/// The keys of a provider; those of a kind that is not known are left out.
async fn keys(app: &App, metadata: &Metadata) -> Result<Arc<[Jwk]>> {
    let call = Call { body_limit: MOST, ..Call::get(metadata.jwks_uri.clone()) };
    let Keys { keys } = json_of(app, &call).await?;
    Ok(keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect())
}

/// Exchanges a code for tokens (RFC 6749 §4.1.3, RFC 7636 §4.5).
pub(super) async fn tokens(
    app: &App,
    settings: &OidcConfig,
    metadata: &Metadata,
    code: &SecretString,
    verifier: &SecretString,
    redirect: &Url,
) -> Result<Tokens> {
    let mut fields = vec![
        ("grant_type", "authorization_code"),
        ("code", code.expose_secret()),
        ("redirect_uri", redirect.as_str()),
        ("code_verifier", verifier.expose_secret()),
    ];
    let mut headers = Vec::new();
    let supported = &metadata.token_endpoint_auth_methods_supported;
    let knows = |method: &str| supported.iter().any(|supported| supported == method);
    match &settings.client_secret {
        // What is said of nothing is `client_secret_basic` (Discovery §3).
        Some(secret) if supported.is_empty() || knows("client_secret_basic") || !knows("client_secret_post") => {
            headers.push((header::AUTHORIZATION, basic(&settings.client_id, secret)?));
        }
        Some(secret) => {
            fields.extend([("client_id", settings.client_id.as_str()), ("client_secret", secret.expose_secret())]);
        }
        None => fields.push(("client_id", &settings.client_id)),
    }
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let call = Call {
        method: Method::POST,
        headers,
        body: Some((Bytes::from(form), "application/x-www-form-urlencoded")),
        body_limit: MOST,
        ..Call::get(metadata.token_endpoint.clone())
    };
    let reply = sent(app, &call).await?;
    if reply.status.is_client_error() {
        tracing::warn!(status = reply.status.as_u16(), said = reply.excerpt(), "a provider gives no tokens for a code");
        return Err(not_believed("the provider does not know this sign-in"));
    }
    read(&reply)
}

/// The client's name and secret (RFC 6749 §2.3.1).
fn basic(client_id: &str, secret: &SecretString) -> Result<HeaderValue> {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let both = format!("{}:{}", encoded(client_id), encoded(secret.expose_secret()));
    let mut value =
        HeaderValue::try_from(format!("Basic {}", BASE64.encode(both.as_bytes()))).map_err(Error::internal)?;
    value.set_sensitive(true);
    Ok(value)
}

/// Adds what the provider tells of the person beside the ID token. What the token says stays as it is.
pub(super) async fn add_userinfo(
    app: &App,
    metadata: &Metadata,
    tokens: &Tokens,
    claims: &mut Map<String, Value>,
) -> Result<()> {
    let (Some(address), Some(token)) = (&metadata.userinfo_endpoint, &tokens.access_token) else { return Ok(()) };
    let bearer = format!("Bearer {}", token.expose_secret());
    let mut bearer = HeaderValue::try_from(bearer).map_err(Error::internal)?;
    bearer.set_sensitive(true);
    let headers = vec![(header::AUTHORIZATION, bearer)];
    let told: Map<String, Value> =
        json_of(app, &Call { headers, body_limit: MOST, ..Call::get(address.clone()) }).await?;
    if told.get("sub") != claims.get("sub") {
        return Err(not_believed("the provider tells of somebody else"));
    }
    for (name, value) in told {
        claims.entry(name).or_insert(value);
    }
    Ok(())
}

async fn json_of<T: DeserializeOwned>(app: &App, call: &Call) -> Result<T> {
    read(&sent(app, call).await?)
}

async fn sent(app: &App, call: &Call) -> Result<Reply> {
    let reply = app.engine().fetcher().exchange(call, Instant::now() + WAIT).await;
    reply.map_err(|error| {
        tracing::warn!(%error, host = call.url.host_str(), "a provider of single sign-on does not answer");
        away()
    })
}

fn read<T: DeserializeOwned>(reply: &Reply) -> Result<T> {
    if !reply.status.is_success() {
        tracing::warn!(status = reply.status.as_u16(), "a provider of single sign-on refuses");
        return Err(away());
    }
    serde_json::from_slice(&reply.body).map_err(|error| {
        tracing::warn!(%error, "an answer of a provider of single sign-on cannot be read");
        away()
    })
}

fn away() -> Error {
    Error::Unavailable { what: "the provider of single sign-on" }
}

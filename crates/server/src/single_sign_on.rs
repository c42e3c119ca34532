//! Single sign-on (OpenID Connect Core 1.0): somebody is sent to a provider and comes back with a code, which only the browser
//! that was sent can use (state), only PAKE can exchange (PKCE), and which leads to an ID token made for this one sign-in
//! (nonce). What the provider says of a person becomes an account and a role in `person.rs`.

use chrono::TimeDelta;
use data_encoding::BASE64URL_NOPAD;
use ring::digest::{SHA256, digest};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;

mod id_token;
mod person;
mod provider;
#[cfg(test)]
mod tests;

use crate::{
    app::App,
    audit::{self, Action, Deed},
    bearer_token::{self, Kind},
    client::Client,
    config::OidcConfig,
    error::{Error, Result},
    sessions::{self, Issued},
    steps::{self, Purpose},
};

/// How long what a provider says of itself is believed.
const BELIEVED: TimeDelta = TimeDelta::hours(1);
/// Longest path to which somebody is led after signing in.
const LONGEST_PATH: usize = 2_048;

/// What is remembered of somebody who was sent to a provider.
#[derive(Debug, Serialize, Deserialize)]
struct Errand {
    provider: String,
    nonce: String,
    verifier: String,
    /// Hash of what the browser keeps that was sent.
    browser: String,
    return_to: String,
}

/// Where to send somebody.
#[derive(Debug)]
pub struct Departure {
    /// There.
    pub address: Url,
    /// What their browser is to keep meanwhile, and to show when it comes back.
    pub browser: SecretString,
}

/// What a browser brings back from a provider.
#[derive(Debug)]
pub struct Arrival {
    /// Good once at the provider, for tokens.
    pub code: Option<SecretString>,
    /// What the provider was given to hand back.
    pub state: SecretString,
    /// Who the provider says that it is.
    pub issuer: Option<String>,
    /// What the provider says went wrong.
    pub error: Option<String>,
    /// What the browser kept.
    pub browser: Option<SecretString>,
}

/// Begins a sign-in at a provider. `browser` is what the browser kept of one begun before; it goes on being good.
pub async fn start(app: &App, name: &str, return_to: Option<&str>, browser: Option<SecretString>) -> Result<Departure> {
    let settings = settings(app, name)?;
    let return_to = return_to.unwrap_or("/");
    if !is_own_path(return_to) {
        return Err(Error::invalid("return_to", "must be a path of PAKE itself, as `/history`"));
    }
    let known = provider::known(app, name, settings).await?;
    let browser = match browser.filter(|kept| bearer_token::kind_of(kept.expose_secret()) == Some(Kind::Step)) {
        Some(kept) => kept,
        None => bearer_token::new(Kind::Step)?,
    };
    let [nonce, verifier] = [bearer_token::new(Kind::Step)?, bearer_token::new(Kind::Step)?];
    let errand = Errand {
        provider: name.to_owned(),
        nonce: nonce.expose_secret().to_owned(),
        verifier: verifier.expose_secret().to_owned(),
        browser: bearer_token::hash(&browser),
        return_to: return_to.to_owned(),
    };
    let state = steps::begin(app, Purpose::SingleSignOn, None, &errand).await?;
    let mut scopes: Vec<&str> = settings.scopes.iter().map(String::as_str).collect();
    if !scopes.contains(&"openid") {
        scopes.insert(0, "openid");
    }
    let challenge = BASE64URL_NOPAD.encode(digest(&SHA256, verifier.expose_secret().as_bytes()).as_ref());
    let mut address = known.metadata.authorization_endpoint.clone();
    address
        .query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", &settings.client_id)
        .append_pair("redirect_uri", callback(app, name)?.as_str())
        .append_pair("scope", &scopes.join(" "))
        .append_pair("state", state.expose_secret())
        .append_pair("nonce", nonce.expose_secret())
        .append_pair("code_challenge", &challenge)
        .append_pair("code_challenge_method", "S256");
    Ok(Departure { address, browser })
}

/// Finishes a sign-in: gives the session, and where the person wanted to go.
pub async fn finish(app: &App, name: &str, arrival: Arrival, client: &Client) -> Result<(Issued, String)> {
    let settings = settings(app, name)?;
    let errand = errand(app, name, &arrival).await?;
    let found = account(app, name, settings, &errand, &arrival).await;
    let account = match found {
        Ok(account) => account,
        Err(error) => {
            let wrong = if matches!(error, Error::Unavailable { .. }) { "provider" } else { "proof" };
            let details = json!({ "method": "oidc", "provider": name, "wrong": wrong });
            audit::record(app, client, Deed::by_nobody(Action::SignIn).refused().with(details)).await?;
            return Err(error);
        }
    };
    person::record(app, &account, name, client).await?;
    let issued = sessions::begin(app, &account.account, "oidc", false, client).await?;
    Ok((issued, errand.return_to))
}

/// What was remembered of the one who comes back. It is used up, whatever comes of it; not by a browser that was never sent.
async fn errand(app: &App, name: &str, arrival: &Arrival) -> Result<Errand> {
    let begin_again = || Error::Unauthenticated {
        message: "this sign-in took too long, was used or was begun in another browser; begin again".to_owned(),
    };
    let purpose = Purpose::SingleSignOn;
    let errand: Errand = steps::look(app, purpose, &arrival.state).await?.ok_or_else(begin_again)?;
    let is_same = |browser: &SecretString| bearer_token::hash(browser) == errand.browser;
    if !arrival.browser.as_ref().is_some_and(is_same) || errand.provider != name {
        return Err(begin_again());
    }
    if steps::finish(app, purpose, &arrival.state).await? { Ok(errand) } else { Err(begin_again()) }
}

/// The account of whom the provider says that they are.
async fn account(
    app: &App,
    name: &str,
    settings: &OidcConfig,
    errand: &Errand,
    arrival: &Arrival,
) -> Result<person::Found> {
    let known = provider::known(app, name, settings).await?;
    // RFC 9207: an answer of one provider must not be taken for one of another.
    let names_another = arrival.issuer.as_ref().is_some_and(|issuer| *issuer != settings.issuer);
    let names_none = arrival.issuer.is_none() && known.metadata.authorization_response_iss_parameter_supported;
    if names_another || names_none {
        return Err(not_believed("the answer is none of this provider"));
    }
    if let Some(error) = &arrival.error {
        let said: String = error.chars().filter(char::is_ascii_graphic).take(80).collect();
        return Err(not_believed(&format!("the provider says `{said}`")));
    }
    let code = arrival.code.as_ref().ok_or_else(|| Error::invalid("code", "is missing"))?;
    let verifier = SecretString::from(errand.verifier.as_str());
    let tokens = provider::tokens(app, settings, &known.metadata, code, &verifier, &callback(app, name)?).await?;
    let expected = id_token::Expected {
        issuer: &settings.issuer,
        client_id: &settings.client_id,
        nonce: &errand.nonce,
        now: app.clock.now(),
    };
    let mut claims = match id_token::verify(tokens.id_token.expose_secret(), &known.keys, &expected) {
        Err(id_token::Refusal::UnknownKey) => {
            // It may have made a new one since it was asked.
            let known = provider::known_anew(app, name, settings).await?;
            id_token::verify(tokens.id_token.expose_secret(), &known.keys, &expected)
        }
        verified => verified,
    }
    .map_err(|refusal| not_believed(&refusal.to_string()))?;
    if person::wants_more(settings, &claims) {
        provider::add_userinfo(app, &known.metadata, &tokens, &mut claims).await?;
    }
    person::account_of(app, name, settings, &claims).await
}

fn not_believed(why: &str) -> Error {
    tracing::warn!(why, "a single sign-on is refused");
    Error::Unauthenticated { message: format!("the sign-in is not believed: {why}; begin again") }
}

/// The settings of a provider.
fn settings<'a>(app: &'a App, name: &str) -> Result<&'a OidcConfig> {
    app.config.oidc.get(name).ok_or_else(|| Error::not_found("provider", name.chars().take(64).collect::<String>()))
}

/// Where a provider sends people back to.
fn callback(app: &App, name: &str) -> Result<Url> {
    let base = app.config.server.base_url.as_ref();
    let base = base.ok_or_else(|| Error::internal("single sign-on without server.base_url"))?;
    let base = base.as_str().trim_end_matches('/');
    format!("{base}/api/v1/auth/oidc/{name}/callback").parse().map_err(Error::internal)
}

/// Whether this leads to a page of ours: a path, and nothing that a browser takes for another host.
fn is_own_path(path: &str) -> bool {
    path.len() <= LONGEST_PATH
        && path.starts_with('/')
        && !path.starts_with("//")
        && !path.chars().any(|char| char.is_control() || char == '\\' || char.is_whitespace())
        && Url::parse("https://pake.invalid/")
            .and_then(|base| base.join(path))
            .is_ok_and(|url| url.host_str() == Some("pake.invalid") && url.scheme() == "https")
}

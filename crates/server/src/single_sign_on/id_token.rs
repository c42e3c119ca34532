//! ID tokens (OpenID Connect Core §3.1.3.7): whether one was made by this provider, for PAKE, for this one sign-in, and is still
//! good. Pure: keys and time are passed in.

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation,
    jwk::{Jwk, PublicKeyUse},
};
use serde_json::{Map, Value};

/// How far the clock of a provider may be apart from ours.
const LEEWAY: TimeDelta = TimeDelta::seconds(60);
/// Longest token that is looked at, in bytes.
const LONGEST: usize = 64 << 10;
/// The signatures that are believed: those of keys of which PAKE knows only the public half. `none` is not among them, and
/// neither is one whose key is the client's secret.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// What a token has to say.
#[derive(Debug)]
pub(super) struct Expected<'a> {
    /// Who made it.
    pub issuer: &'a str,
    /// For whom.
    pub client_id: &'a str,
    /// For which sign-in.
    pub nonce: &'a str,
    /// When it is looked at.
    pub now: DateTime<Utc>,
}

/// Why a token is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    /// It is no token, or of a kind that is not believed.
    #[error("the ID token is none")]
    Malformed,
    /// It was signed with a key that is not known (yet).
    #[error("the ID token is signed with an unknown key")]
    UnknownKey,
    /// The signature is not that of the key.
    #[error("the ID token is not signed by the provider")]
    Signature,
    /// It was made by somebody else, or for somebody else.
    #[error("the ID token is not meant for PAKE")]
    NotForUs,
    /// It was made for another sign-in.
    #[error("the ID token is of another sign-in")]
    OtherSignIn,
    /// It is over, or not good yet.
    #[error("the ID token is too old or not good yet")]
    Time,
}

/// What a token says, when it is to be believed.
pub(super) fn verify(token: &str, keys: &[Jwk], expected: &Expected<'_>) -> Result<Map<String, Value>, Refusal> {
    if token.len() > LONGEST {
        return Err(Refusal::Malformed);
    }
    let header = jsonwebtoken::decode_header(token).map_err(|_| Refusal::Malformed)?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(Refusal::Malformed);
    }
    let key = key_of(keys, header.kid.as_deref(), header.alg)?;
    let key = DecodingKey::from_jwk(key).map_err(|_| Refusal::UnknownKey)?;
    let mut validation = Validation::new(header.alg);
    // What the claims say is looked at below: time is passed in.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let claims = jsonwebtoken::decode::<Map<String, Value>>(token, &key, &validation);
    let claims = claims.map_err(|_| Refusal::Signature)?.claims;
    check(&claims, expected)?;
    Ok(claims)
}

/// The key that a token names; where it names none, the only one that fits.
fn key_of<'a>(keys: &'a [Jwk], id: Option<&str>, algorithm: Algorithm) -> Result<&'a Jwk, Refusal> {
    let fits = |key: &&Jwk| {
        let is_for_signatures = !matches!(key.common.public_key_use, Some(PublicKeyUse::Encryption));
        let is_for_this = key.common.key_algorithm.is_none_or(|of_key| of_key.to_string() == format!("{algorithm:?}"));
        is_for_signatures && is_for_this && id.is_none_or(|id| key.common.key_id.as_deref() == Some(id))
    };
    let mut fitting = keys.iter().filter(fits);
    match (fitting.next(), fitting.next(), id) {
        (Some(key), None, _) | (Some(key), _, Some(_)) => Ok(key),
        _ => Err(Refusal::UnknownKey),
    }
}

fn check(claims: &Map<String, Value>, expected: &Expected<'_>) -> Result<(), Refusal> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("iss") != Some(expected.issuer) {
        return Err(Refusal::NotForUs);
    }
    let audience: Vec<&str> = match claims.get("aud") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    // Of a token for several, the one who asked for it must be named.
    let asked = text("azp").or((audience.len() == 1).then_some(expected.client_id));
    if !audience.contains(&expected.client_id) || asked != Some(expected.client_id) {
        return Err(Refusal::NotForUs);
    }
    if text("nonce") != Some(expected.nonce) {
        return Err(Refusal::OtherSignIn);
    }
    // Parts of a second do not matter.
    let whole = |value: &Value| value.as_number()?.to_string().split('.').next()?.parse::<i64>().ok();
    let at = |name: &str| claims.get(name).and_then(whole);
    let (now, leeway) = (expected.now.timestamp(), LEEWAY.num_seconds());
    let is_good = at("exp").is_some_and(|exp| exp > now - leeway)
        && at("iat").is_some_and(|iat| iat < now + leeway)
        && at("nbf").is_none_or(|nbf| nbf < now + leeway);
    if !is_good {
        return Err(Refusal::Time);
    }
    match text("sub") {
        Some(subject) if !subject.is_empty() && subject.len() <= 255 => Ok(()),
        _ => Err(Refusal::Malformed),
    }
}

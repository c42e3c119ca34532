//! A small provider of single sign-on on loopback, which signs whatever a test wants.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use data_encoding::BASE64URL_NOPAD;
use http::{StatusCode, header};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use ring::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{Ed25519KeyPair, KeyPair as _},
};
use serde_json::{Map, Value, json};
use tokio::{net::TcpListener, task::JoinHandle};
use url::Url;

/// What PAKE is called at the provider, and what it proves that it is itself with.
pub const CLIENT: (&str, &str) = ("pake & co", "s3cr:et/+");

/// A key that signs.
pub struct SigningKey {
    id: String,
    sign: EncodingKey,
    public: String,
}

impl SigningKey {
    /// A new one, called so.
    pub fn new(id: &str) -> Self {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
        Self {
            id: id.to_owned(),
            sign: EncodingKey::from_ed_der(pkcs8.as_ref()),
            public: BASE64URL_NOPAD.encode(pair.public_key().as_ref()),
        }
    }

    fn jwk(&self) -> Value {
        json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": self.id, "x": self.public })
    }

    /// A token with these claims.
    pub fn sign(&self, claims: &Value) -> String {
        let header = Header { kid: Some(self.id.clone()), ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&header, claims, &self.sign).unwrap()
    }
}

/// What the provider knows of a code that it gave.
struct Given {
    nonce: String,
    challenge: String,
    redirect: String,
}

type Forge = Box<dyn Fn(&SigningKey, &Value) -> String + Send>;

struct Inner {
    address: String,
    key: SigningKey,
    /// The keys that it shows.
    shown: Vec<Value>,
    person: Map<String, Value>,
    userinfo: Map<String, Value>,
    codes: HashMap<String, Given>,
    forge: Option<Forge>,
    is_away: bool,
    metadata: Map<String, Value>,
    asked: HashMap<String, usize>,
}

/// The provider; gone when it is dropped.
pub struct Issuer {
    inner: Arc<Mutex<Inner>>,
    server: JoinHandle<()>,
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn locked(inner: &Mutex<Inner>) -> MutexGuard<'_, Inner> {
    inner.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Issuer {
    /// One at which Grace has signed in.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let key = SigningKey::new("first");
        let shown = vec![key.jwk(), json!({ "kty": "strange", "kid": "of the future" })];
        let person = json!({ "sub": "u-1", "preferred_username": "Grace", "name": "Grace Hopper",
            "email": "Grace@Example.org", "email_verified": true });
        let inner = Arc::new(Mutex::new(Inner {
            address,
            key,
            shown,
            person: person.as_object().unwrap().clone(),
            userinfo: Map::new(),
            codes: HashMap::new(),
            forge: None,
            is_away: false,
            metadata: Map::new(),
            asked: HashMap::new(),
        }));
        let router = Router::new().fallback(answer).with_state(Arc::clone(&inner));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { inner, server }
    }

    /// Who it is.
    pub fn name(&self) -> String {
        locked(&self.inner).address.clone()
    }

    /// What it says of the person.
    pub fn says(&self, claim: &str, value: Value) {
        locked(&self.inner).person.insert(claim.to_owned(), value);
    }

    /// What it says of the person when it is asked again.
    pub fn adds(&self, claim: &str, value: Value) {
        let mut inner = locked(&self.inner);
        let value = inner.person.remove(claim).filter(|_| value.is_null()).unwrap_or(value);
        inner.userinfo.insert(claim.to_owned(), value);
    }

    /// What it says of itself.
    pub fn claims_to_be(&self, name: &str, value: Value) {
        locked(&self.inner).metadata.insert(name.to_owned(), value);
    }

    /// Makes ID tokens like this from now on.
    pub fn forges(&self, forge: impl Fn(&SigningKey, &Value) -> String + Send + 'static) {
        locked(&self.inner).forge = Some(Box::new(forge));
    }

    /// Signs with another key from now on; `is_shown` says whether it also shows it.
    pub fn takes_key(&self, key: SigningKey, is_shown: bool) {
        let mut inner = locked(&self.inner);
        if is_shown {
            inner.shown = vec![key.jwk()];
        }
        inner.key = key;
    }

    /// Whether it answers.
    pub fn goes_away(&self, is_away: bool) {
        locked(&self.inner).is_away = is_away;
    }

    /// How often a path was asked.
    pub fn asked(&self, path: &str) -> usize {
        locked(&self.inner).asked.get(path).copied().unwrap_or(0)
    }

    /// Does what a person does who was sent here: signs in, and is sent back. Gives the address.
    pub fn sends_back(&self, sent: &Url) -> Url {
        let asked: HashMap<String, String> = sent.query_pairs().into_owned().collect();
        assert_eq!((asked["response_type"].as_str(), asked["code_challenge_method"].as_str()), ("code", "S256"));
        assert_eq!(asked["client_id"], CLIENT.0);
        let mut inner = locked(&self.inner);
        let code = format!("code-{}", inner.codes.len());
        let (nonce, challenge) = (asked["nonce"].clone(), asked["code_challenge"].clone());
        inner.codes.insert(code.clone(), Given { nonce, challenge, redirect: asked["redirect_uri"].clone() });
        let mut back: Url = asked["redirect_uri"].parse().unwrap();
        back.query_pairs_mut().append_pair("code", &code).append_pair("state", &asked["state"]);
        back
    }
}

async fn answer(State(inner): State<Arc<Mutex<Inner>>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let mut inner = locked(&inner);
    *inner.asked.entry(head.uri.path().to_owned()).or_default() += 1;
    if inner.is_away {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    match head.uri.path() {
        "/.well-known/openid-configuration" => axum::Json(metadata(&inner)).into_response(),
        "/keys" => axum::Json(json!({ "keys": inner.shown })).into_response(),
        "/userinfo" => {
            assert_eq!(head.headers[header::AUTHORIZATION], "Bearer of-the-provider");
            let mut told = inner.userinfo.clone();
            told.entry("sub").or_insert_with(|| inner.person["sub"].clone());
            axum::Json(Value::Object(told)).into_response()
        }
        "/token" => {
            let fields: HashMap<String, String> = url::form_urlencoded::parse(&body).into_owned().collect();
            let authorization = head.headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap());
            tokens(&mut inner, &fields, authorization)
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn metadata(inner: &Inner) -> Value {
    let at = |path: &str| format!("{}{path}", inner.address);
    let mut metadata = json!({
        "issuer": inner.address,
        "authorization_endpoint": at("/authorize?tenant=1"),
        "token_endpoint": at("/token"),
        "jwks_uri": at("/keys"),
        "userinfo_endpoint": at("/userinfo"),
    });
    metadata.as_object_mut().unwrap().extend(inner.metadata.clone());
    metadata
}

fn tokens(inner: &mut Inner, fields: &HashMap<String, String>, authorization: Option<&str>) -> Response {
    let refused = || (StatusCode::BAD_REQUEST, axum::Json(json!({ "error": "invalid_grant" }))).into_response();
    // "pake & co" and "s3cr:et/+", each encoded as a form has it.
    let basic = format!("Basic {}", data_encoding::BASE64.encode(b"pake+%26+co:s3cr%3Aet%2F%2B"));
    if authorization != Some(basic.as_str()) {
        return (StatusCode::UNAUTHORIZED, axum::Json(json!({ "error": "invalid_client" }))).into_response();
    }
    let Some(given) = fields.get("code").and_then(|code| inner.codes.remove(code)) else { return refused() };
    let verified = BASE64URL_NOPAD.encode(digest(&SHA256, fields["code_verifier"].as_bytes()).as_ref());
    if verified != given.challenge || fields["redirect_uri"] != given.redirect {
        return refused();
    }
    let now = super::now().timestamp();
    let mut claims = inner.person.clone();
    let own = json!({ "iss": inner.address, "aud": CLIENT.0, "nonce": given.nonce, "iat": now, "exp": now + 300 });
    claims.extend(own.as_object().unwrap().clone());
    let claims = Value::Object(claims);
    let token = match &inner.forge {
        Some(forge) => forge(&inner.key, &claims),
        None => inner.key.sign(&claims),
    };
    axum::Json(json!({ "token_type": "Bearer", "access_token": "of-the-provider", "id_token": token })).into_response()
}

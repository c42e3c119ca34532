//! What handlers take in: like axum's extractors, but what cannot be read becomes an [`Error`] that says where and why.

use axum::{
    body::Body,
    extract::{FromRequest, FromRequestParts, Request},
};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, header, request::Parts};
use http_body_util::BodyExt;
use serde::{Serialize, de::DeserializeOwned};

use super::passage::Arriving;
use crate::{
    app::SharedApp,
    error::{Error, Result},
    json,
};

/// A body that is too large is read to its end and thrown away up to this many bytes, so that the client comes to read
/// the answer instead of a broken connection.
const MOST_DISCARDED: usize = 64 << 20;

/// A body of JSON, read whole (at most `server.body_limit`) and nested at most 128 deep; or an answer in JSON.
#[derive(Debug, Clone, Copy, Default)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<SharedApp> for Json<T> {
    type Rejection = Error;

    async fn from_request(request: Request, app: &SharedApp) -> Result<Self> {
        if !is_json(request.headers()) {
            return Err(Error::UnsupportedMediaType);
        }
        parse(&body_of(request, app).await?).map(Self)
    }
}

/// The body of a request, read whole.
async fn body_of(request: Request, app: &SharedApp) -> Result<Bytes> {
    let arriving = request.extensions().get::<Arriving>().cloned();
    if let Some(arriving) = &arriving {
        arriving.set(true);
    }
    let bytes = read_whole(request.into_body(), app.config.server.body_limit).await?;
    if let Some(arriving) = &arriving {
        arriving.set(false);
    }
    Ok(bytes)
}

/// A body of fields, as forms of HTML and OAuth 2 send them. A field without a value is none, one that is unknown is passed
/// over, and one that comes twice is refused (RFC 6749 §3.2).
#[derive(Debug, Clone, Copy, Default)]
pub struct Form<T>(pub T);

impl<T: DeserializeOwned> FromRequest<SharedApp> for Form<T> {
    type Rejection = Error;

    async fn from_request(request: Request, app: &SharedApp) -> Result<Self> {
        let invalid = |message: String| Error::InvalidBody { message, line: 0, column: 0 };
        if !is_form(request.headers()) {
            return Err(invalid("send the body as `application/x-www-form-urlencoded`".to_owned()));
        }
        let bytes = body_of(request, app).await?;
        let mut fields = serde_json::Map::new();
        for (name, value) in url::form_urlencoded::parse(&bytes).filter(|(_, value)| !value.is_empty()) {
            if fields.insert(name.to_string(), value.into_owned().into()).is_some() {
                return Err(invalid("a field comes twice".to_owned()));
            }
        }
        serde_json::from_value(fields.into()).map(Self).map_err(|error| invalid(error.to_string()))
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}

impl<T: Serialize> axum::response::IntoResponse for Json<T> {
    fn into_response(self) -> axum::response::Response {
        match json::to_vec(&self.0) {
            Ok(text) => ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], text).into_response(),
            Err(error) => Error::internal(error).into_response(),
        }
    }
}

/// `application/json`, or a type that is written in it (`application/…+json`).
fn is_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
        || kind.rsplit_once('+').is_some_and(|(start, end)| {
            end.eq_ignore_ascii_case("json") && start.to_ascii_lowercase().starts_with("application/")
        })
}

/// The whole body. What is announced as too large is not kept at all.
async fn read_whole(mut body: Body, limit: usize) -> Result<Bytes> {
    let announced = http_body::Body::size_hint(&body).lower();
    let mut whole = BytesMut::new();
    let mut too_large = announced > limit as u64;
    let mut seen = 0_usize;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Error::InvalidBody {
            message: format!("the body broke off: {error}"),
            line: 0,
            column: 0,
        })?;
        let Ok(data) = frame.into_data() else { continue };
        seen = seen.saturating_add(data.len());
        if too_large || seen > limit {
            too_large = true;
            whole = BytesMut::new();
            if seen > MOST_DISCARDED {
                break;
            }
        } else {
            whole.extend_from_slice(&data);
        }
    }
    if too_large { Err(Error::BodyTooLarge { limit_bytes: limit }) } else { Ok(whole.freeze()) }
}

/// Reads JSON and says where it cannot.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    if bytes.is_empty() {
        return Err(Error::InvalidBody { message: "the body is empty; send JSON".to_owned(), line: 0, column: 0 });
    }
    serde_json::from_slice(bytes).map_err(|error| Error::InvalidBody {
        message: error.to_string(),
        line: error.line(),
        column: error.column(),
    })
}

/// The query string.
#[derive(Debug, Clone, Copy, Default)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        axum::extract::Query::try_from_uri(&parts.uri)
            .map(|axum::extract::Query(value)| Self(value))
            .map_err(|error| Error::invalid("query string", error.body_text()))
    }
}

/// The parameters in the path.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(error) => Err(Error::invalid("path", error.body_text())),
        }
    }
}

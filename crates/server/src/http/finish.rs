//! The last touch to every answer: `304 Not Modified`, compression, headers.

use axum::{body::Body, response::Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use http_body::Body as _;

use super::{
    encoding::Encoding,
    passage::{Passage, REQUEST_ID},
};

/// Smaller answers are not worth compressing, in bytes.
const LEAST_COMPRESSED: u64 = 1024;
/// Larger answers are sent as they are, in bytes: they would hold too much memory twice.
const MOST_COMPRESSED: u64 = 32 << 20;
/// Larger answers are compressed on a thread of their own, in bytes: others do not wait more than about 1 ms.
const MOST_IN_PLACE: usize = 128 << 10;

/// What an HTML page may do when its handler says nothing else: only what comes from here, no inline scripts or styles.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// What a page may use of the machine it is shown on: nothing.
const PAGE_PERMISSIONS: HeaderValue = HeaderValue::from_static(
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), magnetometer=(), \
     microphone=(), midi=(), payment=(), serial=(), usb=(), xr-spatial-tracking=()",
);

/// How long an answer may be kept when its handler says nothing else.
const NOT_KEPT: HeaderValue = HeaderValue::from_static("no-store");
const ASKED_ABOUT: HeaderValue = HeaderValue::from_static("private, no-cache");

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");

/// Browsers come over TLS only, from now on and for a year (RFC 6797).
const TLS_ONLY: HeaderValue = HeaderValue::from_static("max-age=31536000; includeSubDomains");

/// Makes an answer ready to be sent.
pub(super) async fn finish(passage: &Passage, mut response: Response) -> Response {
    if is_known_to_client(passage, &response) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Body::empty();
        response.headers_mut().remove(header::CONTENT_LENGTH);
        response.headers_mut().remove(header::CONTENT_ENCODING);
    } else if may_be_compressed(&response) {
        varies(response.headers_mut());
        if let Some(encoding) = passage.encoding {
            response = compressed(response, encoding).await;
        }
    }
    let is_page = starts_with(response.headers(), &header::CONTENT_TYPE, "text/html");
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, passage.request_id.clone());
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    // What nobody has thought about is somebody's own: it stays out of every cache, or is asked about each time.
    let kept = if headers.contains_key(header::ETAG) { ASKED_ABOUT } else { NOT_KEPT };
    headers.entry(header::CACHE_CONTROL).or_insert(kept);
    // Pages from elsewhere get none of it, not even as a picture.
    headers.entry(RESOURCE_POLICY).or_insert(SAME_ORIGIN);
    if passage.is_https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, TLS_ONLY);
    }
    if is_page {
        headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(PAGE_POLICY);
        headers.insert(PERMISSIONS_POLICY, PAGE_PERMISSIONS);
        headers.insert(OPENER_POLICY, SAME_ORIGIN);
    }
    response
}

/// Says that another client gets the same content in other bytes, where the handler has not said so already.
fn varies(headers: &mut HeaderMap) {
    if !headers.get_all(header::VARY).iter().any(|vary| vary == "accept-encoding") {
        headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
}

/// Whether the client has this very answer (RFC 9110 §13.1.2, weak comparison).
fn is_known_to_client(passage: &Passage, response: &Response) -> bool {
    let Some(known) = passage.none_match.as_ref().and_then(|value| value.to_str().ok()) else { return false };
    let Some(tag) = response.headers().get(header::ETAG).and_then(|value| value.to_str().ok()) else { return false };
    response.status() == StatusCode::OK
        && matches!(passage.method, Method::GET | Method::HEAD)
        && known.split(',').map(str::trim).any(|each| each == "*" || opaque(each) == opaque(tag))
}

/// A tag without the mark of weakness.
fn opaque(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

/// Whether the answer is whole, worth compressing and not compressed yet. Streams are not: they are sent as they come.
fn may_be_compressed(response: &Response) -> bool {
    let headers = response.headers();
    response.body().size_hint().exact().is_some_and(|size| (LEAST_COMPRESSED..=MOST_COMPRESSED).contains(&size))
        && !headers.contains_key(header::CONTENT_ENCODING)
        && !headers.contains_key(header::CONTENT_RANGE)
        && is_text(headers)
}

/// Whether the content is of a kind that compresses well.
fn is_text(headers: &HeaderMap) -> bool {
    const KINDS: [&str; 10] = [
        "application/json",
        "application/problem+json",
        "application/manifest+json",
        "text/",
        "image/svg+xml",
        "application/openmetrics-text",
        "application/x-ndjson",
        "application/x-bibtex",
        "application/x-research-info-systems",
        "application/vnd.citationstyles.csl+json",
    ];
    KINDS.into_iter().any(|kind| starts_with(headers, &header::CONTENT_TYPE, kind))
}

fn starts_with(headers: &HeaderMap, name: &HeaderName, start: &str) -> bool {
    headers.get(name).is_some_and(|value| value.as_bytes().starts_with(start.as_bytes()))
}

/// The answer in this encoding; as it was when that fails or makes it larger.
async fn compressed(response: Response, encoding: Encoding) -> Response {
    let (mut parts, body) = response.into_parts();
    let plain = match axum::body::to_bytes(body, usize::MAX).await {
        Ok(plain) => plain,
        Err(error) => {
            // A body of known size is in memory: reading it does not fail. If it ever does, the client sees it end early.
            return Response::from_parts(
                parts,
                Body::from_stream(futures_util::stream::iter([Err::<String, _>(error)])),
            );
        }
    };
    let packed = if plain.len() > MOST_IN_PLACE {
        let plain = plain.clone();
        tokio::task::spawn_blocking(move || encoding.compress(&plain)).await.map_err(std::io::Error::other).flatten()
    } else {
        encoding.compress(&plain)
    };
    match packed {
        Ok(packed) if packed.len() < plain.len() => {
            parts.headers.insert(header::CONTENT_ENCODING, encoding.header());
            parts.headers.remove(header::CONTENT_LENGTH);
            weaken_tag(&mut parts.headers);
            Response::from_parts(parts, Body::from(packed))
        }
        Ok(_) => Response::from_parts(parts, Body::from(plain)),
        Err(error) => {
            tracing::error!(%error, encoding = encoding.as_str(), "an answer could not be compressed");
            Response::from_parts(parts, Body::from(plain))
        }
    }
}

/// A strong tag promises the same bytes; compressed they are others.
fn weaken_tag(headers: &mut HeaderMap) {
    if let Some(tag) = headers.get(header::ETAG)
        && !tag.as_bytes().starts_with(b"W/")
        && let Ok(weak) = HeaderValue::from_bytes(&[b"W/", tag.as_bytes()].concat())
    {
        headers.insert(header::ETAG, weak);
    }
}

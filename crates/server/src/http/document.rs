//! Answers that are the same for everybody as long as the process lives: made once, compressed once, with a tag.

use std::sync::OnceLock;

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};

use super::encoding::Encoding;

/// A document with its compressed forms.
#[derive(Debug)]
pub struct Document {
    content_type: &'static str,
    tag: HeaderValue,
    plain: Bytes,
    packed: [OnceLock<Option<Bytes>>; 3],
}

impl Document {
    /// A document of this type.
    pub fn new(content_type: &'static str, plain: impl Into<Bytes>) -> Self {
        let plain = plain.into();
        Self { content_type, tag: tag(&plain), plain, packed: [const { OnceLock::new() }; 3] }
    }

    /// The document as the client wants it.
    pub fn answer(&self, headers: &HeaderMap) -> Response {
        let packed = Encoding::wanted(headers).and_then(|encoding| Some((encoding, self.packed(encoding)?)));
        let mut response = Body::from(packed.map_or(&self.plain, |(_, packed)| packed).clone()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        headers.insert(header::ETAG, self.tag.clone());
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if let Some((encoding, _)) = packed {
            headers.insert(header::CONTENT_ENCODING, encoding.header());
        }
        response
    }

    /// The document in this encoding; `None` when that could not be made.
    fn packed(&self, encoding: Encoding) -> Option<&Bytes> {
        self.packed[encoding as usize].get_or_init(|| encoding.compress(&self.plain).ok()).as_ref()
    }
}

/// The tag of these bytes: weak, since it holds for every encoding of them.
pub fn tag(bytes: &[u8]) -> HeaderValue {
    let hash = blake3::hash(bytes).to_hex();
    let text = format!("W/\"{}\"", &hash[..24]);
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("W/\"\""))
}

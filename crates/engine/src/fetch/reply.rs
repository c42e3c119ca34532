//! A whole answer, and the ways to read it.

use std::{borrow::Cow, fmt, time::Duration};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use encoding_rs::{Encoding, UTF_8};
use http::{HeaderMap, StatusCode, header::CONTENT_TYPE};
use serde::de::DeserializeOwned;
use url::{Position, Url};

use super::retry_after::retry_after;
use crate::{source::SourceError, text};

/// How much of an answer an error message quotes, in characters.
const EXCERPT: usize = 200;

/// Parameters of query strings that hold what must not be shown (OpenAlex, NCBI, Unpaywall, Crossref and their like).
const SECRETS: [&str; 7] = ["api_key", "apikey", "key", "token", "access_token", "email", "mailto"];

/// A whole answer. Statuses that the fetcher handles itself (401, 402, 403, 408, 429, 5xx and redirects) do not come out
/// here; 2xx, 304 and the other 4xx do.
#[derive(Clone)]
pub struct Reply {
    /// HTTP status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body, decompressed. Of an answer that is no success only the first 64 KiB are kept.
    pub body: Bytes,
    /// Where it came from after redirects.
    pub url: Url,
    /// How long it took, from sending to the last byte.
    pub took: Duration,
}

/// Without the query string, which may hold keys.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.status)
            .field("url", &&self.url[..Position::AfterPath])
            .field("bytes", &self.body.len())
            .field("took", &self.took)
            .finish_non_exhaustive()
    }
}

impl Reply {
    /// Reads the body as JSON, which is always UTF-8 (RFC 8259 §8.1); a byte order mark before it is skipped.
    /// What cannot be read is `SourceError::Malformed`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, SourceError> {
        let body = self.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.body);
        serde_json::from_slice(body).map_err(|error| {
            let message = match body.trim_ascii_start().first() {
                None => "an empty answer instead of JSON".to_owned(),
                Some(b'<') => "an HTML page instead of JSON".to_owned(),
                Some(_) => text::shortened(&text::tidy(&format!("JSON: {error}")), EXCERPT),
            };
            SourceError::Malformed { message }
        })
    }

    /// The body as text: by its byte order mark, else by the charset of its Content-Type, else by that of an XML
    /// declaration, else as UTF-8. What is no text in that charset becomes U+FFFD.
    pub fn text(&self) -> Cow<'_, str> {
        let declared = || self.charset_of_header().or_else(|| charset_of_declaration(&self.body)).unwrap_or(UTF_8);
        let encoding = Encoding::for_bom(&self.body).map_or_else(declared, |(encoding, _)| encoding);
        encoding.decode(&self.body).0
    }

    /// How long the answer's `Retry-After` asks us to wait, at most a day. For errors that come with status 200: all other
    /// answers that ask for a pause are the fetcher's.
    pub fn retry_after(&self, now: DateTime<Utc>) -> Option<Duration> {
        retry_after(&self.headers, now)
    }

    /// What the answer says, shortened to 200 characters on one line: for messages of errors. Of a JSON object its
    /// `message`, `error`, `detail` or `title` when one of them is a text, or the same of an object in their place; of an
    /// HTML page only that it is one. A key or
    /// address that was sent in the query string and is repeated in the answer is left out.
    pub fn excerpt(&self) -> String {
        // Tidied first: a key must not come together only when what parts it is left out.
        let mut said = text::tidy(&self.said()).into_owned();
        for (name, value) in self.url.query_pairs() {
            let value = text::tidy(&value);
            if SECRETS.contains(&&*name) && value.len() >= 4 && said.contains(&*value) {
                said = said.replace(&*value, "…");
            }
        }
        text::shortened(&said, EXCERPT)
    }

    /// As much of the answer as can matter for an excerpt.
    fn said(&self) -> String {
        let body = self.body.trim_ascii_start();
        if body.first() == Some(&b'{')
            && let Ok(answer) = serde_json::from_slice::<serde_json::Value>(body)
            && let Some(text) = message_in(&answer)
        {
            return text.to_owned();
        }
        let start = body.get(..9).unwrap_or(body).to_ascii_lowercase();
        if start.starts_with(b"<!doctype") || start.starts_with(b"<html") {
            return "an HTML page".to_owned();
        }
        self.text().chars().take(8 * EXCERPT).collect()
    }

    fn charset_of_header(&self) -> Option<&'static Encoding> {
        let kind = self.headers.get(CONTENT_TYPE)?.to_str().ok()?;
        let label = kind.split(';').skip(1).find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches(['"', '\'']))
        })?;
        Encoding::for_label(label.as_bytes())
    }
}

/// The message in an object, or in an object that stands where the message is expected.
fn message_in(answer: &serde_json::Value) -> Option<&str> {
    let values = || ["message", "error", "detail", "title"].iter().filter_map(|key| answer.get(*key));
    values().find_map(serde_json::Value::as_str).or_else(|| values().find_map(message_in))
}

/// The encoding that an XML declaration in the first 200 bytes names. UTF-16 cannot be declared in ASCII: it means UTF-8
/// then, as the Encoding Standard does it for HTML.
fn charset_of_declaration(body: &[u8]) -> Option<&'static Encoding> {
    let head = body.get(..body.len().min(200))?.strip_prefix(b"<?xml")?;
    let declaration = head.get(..head.iter().position(|&byte| byte == b'>')?)?;
    let declaration = std::str::from_utf8(declaration).ok()?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|&quote| quote == '"' || quote == '\'')?;
    let label = value.get(1..)?.split(quote).next()?;
    Encoding::for_label(label.as_bytes()).map(|encoding| if encoding.is_ascii_compatible() { encoding } else { UTF_8 })
}

#[cfg(test)]
mod tests;

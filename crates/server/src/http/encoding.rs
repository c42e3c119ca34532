//! Content encodings: which one a client wants (RFC 9110 §12.5.3), and compressing.

use std::io::Write;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};

/// A content encoding, best first: at equal wish zstd is cheapest for its size (docs/performance.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Zstandard (RFC 8878).
    Zstd,
    /// Brotli (RFC 7932).
    Brotli,
    /// gzip (RFC 1952).
    Gzip,
}

impl Encoding {
    /// All of them, best first.
    pub const ALL: [Self; 3] = [Self::Zstd, Self::Brotli, Self::Gzip];

    /// Its name in headers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Zstd => "zstd",
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    /// The value of `Content-Encoding`.
    pub const fn header(self) -> HeaderValue {
        HeaderValue::from_static(self.as_str())
    }

    /// What the client wants most of what we can; `None`: as it is. Allocates nothing.
    pub fn wanted(headers: &HeaderMap) -> Option<Self> {
        Self::wanted_of(headers, &Self::ALL)
    }

    /// What the client wants most of these, of which the first is best.
    pub fn wanted_of(headers: &HeaderMap, there: &[Self]) -> Option<Self> {
        let mut wishes = Wishes::default();
        for value in headers.get_all(header::ACCEPT_ENCODING) {
            for part in value.to_str().unwrap_or_default().split(',') {
                wishes.hear(part);
            }
        }
        wishes.best(there)
    }

    /// Compresses with what is worth it for an answer made once and sent once.
    pub fn compress(self, plain: &[u8]) -> std::io::Result<Bytes> {
        let packed = match self {
            Self::Zstd => zstd::bulk::compress(plain, 3)?,
            Self::Brotli => {
                let mut packed = Vec::with_capacity(plain.len() / 3);
                let mut writer = brotli::CompressorWriter::new(&mut packed, 4096, 4, 20);
                writer.write_all(plain)?;
                writer.flush()?;
                drop(writer);
                packed
            }
            Self::Gzip => {
                let room = Vec::with_capacity(plain.len() / 3);
                let mut writer = flate2::write::GzEncoder::new(room, flate2::Compression::new(5));
                writer.write_all(plain)?;
                writer.finish()?
            }
        };
        Ok(Bytes::from(packed))
    }
}

/// How much a client wants what, in thousandths; `None` where it says nothing.
#[derive(Debug, Default)]
struct Wishes {
    named: [Option<u16>; 3],
    identity: Option<u16>,
    any: Option<u16>,
}

impl Wishes {
    /// Reads one part of the header: `br;q=0.8`.
    fn hear(&mut self, part: &str) {
        let mut parameters = part.split(';');
        let name = parameters.next().unwrap_or_default().trim();
        let quality = parameters
            .find_map(|parameter| {
                let (key, value) = parameter.split_once('=')?;
                key.trim().eq_ignore_ascii_case("q").then(|| quality(value.trim()))
            })
            .unwrap_or(1000);
        if name == "*" {
            self.any = Some(quality);
        } else if name.eq_ignore_ascii_case("identity") {
            self.identity = Some(quality);
        } else if name.eq_ignore_ascii_case("x-gzip") {
            self.named[Encoding::Gzip as usize] = Some(quality);
        } else if let Some(encoding) = Encoding::ALL.into_iter().find(|each| name.eq_ignore_ascii_case(each.as_str())) {
            self.named[encoding as usize] = Some(quality);
        }
    }

    fn best(&self, there: &[Encoding]) -> Option<Encoding> {
        let wish = |encoding: Encoding| self.named[encoding as usize].or(self.any).unwrap_or(0);
        // Of equal wishes the first one wins.
        let best = there.iter().copied().rev().max_by_key(|encoding| wish(*encoding))?;
        (wish(best) > 0 && wish(best) >= self.identity.unwrap_or(0)).then_some(best)
    }
}

/// `0` to `1` with up to three digits, as thousandths; what cannot be read counts as not wanted.
fn quality(text: &str) -> u16 {
    match text.parse::<f32>() {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1000")]
        Ok(value) if (0.0..=1.0).contains(&value) => (value * 1000.0).round() as u16,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn wanted(value: &str) -> Option<&'static str> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_str(value).unwrap());
        Encoding::wanted(&headers).map(Encoding::as_str)
    }

    #[test]
    fn the_client_chooses_and_at_equal_wish_we_do() {
        assert_eq!(wanted("gzip, deflate, br, zstd"), Some("zstd"));
        assert_eq!(wanted("gzip, deflate, br"), Some("br"));
        assert_eq!(wanted("gzip;q=1.0, br;q=0.5"), Some("gzip"));
        assert_eq!(wanted("GZIP ; Q=0.3"), Some("gzip"));
        assert_eq!(wanted("x-gzip"), Some("gzip"));
        assert_eq!(wanted("*"), Some("zstd"));
        assert_eq!(wanted("*;q=0.5, zstd;q=0"), Some("br"));
    }

    #[test]
    fn what_is_not_wanted_is_not_sent() {
        assert_eq!(Encoding::wanted(&HeaderMap::new()), None);
        assert_eq!(wanted(""), None);
        assert_eq!(wanted("deflate, compress"), None);
        assert_eq!(wanted("gzip;q=0"), None);
        assert_eq!(wanted("gzip;q=nan, br;q=2, zstd;q=-1"), None);
        assert_eq!(wanted("identity, gzip;q=0.5"), None);
        assert_eq!(wanted("identity;q=0.5, gzip"), Some("gzip"));
        assert_eq!(wanted(";;;,,q=1"), None);
    }

    #[test]
    fn what_was_compressed_can_be_unpacked() {
        let plain = "one question, every source, live. ".repeat(400);
        let unpacked = |encoding: Encoding| {
            let packed = encoding.compress(plain.as_bytes()).unwrap();
            assert!(packed.len() * 4 < plain.len(), "{encoding:?} made {} bytes", packed.len());
            let mut text = String::new();
            match encoding {
                Encoding::Zstd => text = String::from_utf8(zstd::decode_all(&packed[..]).unwrap()).unwrap(),
                Encoding::Brotli => {
                    brotli::Decompressor::new(&packed[..], 4096).read_to_string(&mut text).unwrap();
                }
                Encoding::Gzip => {
                    flate2::read::GzDecoder::new(&packed[..]).read_to_string(&mut text).unwrap();
                }
            }
            text
        };
        for encoding in Encoding::ALL {
            assert_eq!(unpacked(encoding), plain);
            assert!(!encoding.compress(b"").unwrap().is_empty());
        }
    }
}

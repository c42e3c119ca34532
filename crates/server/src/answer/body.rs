//! An answer, kept ready to send: serialised once, compressed once, and served many times under different heads.
//!
//! What differs from one request to the next (the id of the search, the age of the answer) stands at the beginning of the
//! document, so that the rest can be kept as bytes. For a client that takes zstd the head is put in front of the kept
//! blocks as one raw block: RFC 8878 §3.1.1 makes a frame a header and any number of blocks, and a block that holds
//! literal bytes changes nothing for those after it. See docs/decisions/0005-spliced-answers.md.

use std::{
    io::Read,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
};

use bytes::{BufMut, Bytes, BytesMut};
use serde::{Deserialize, Serialize};
use zstd::zstd_safe::CParameter;

use crate::packing;

/// Length of the header of a frame made by [`Body::new`]: magic number, descriptor, window descriptor.
const FRAME_HEADER: usize = 6;
/// Most bytes in one block (RFC 8878 §3.1.1.2.3); also the smallest window that we accept.
const BLOCK_MAX: usize = 128 << 10;
/// The window of every frame, as a power of two, and its descriptor (RFC 8878 §3.1.1.1.2: exponent from 10, in bits 3 to 7).
const WINDOW_LOG: u8 = 17;
const WINDOW_DESCRIPTOR: u8 = (WINDOW_LOG - 10) << 3;
/// Longest answer that is taken from a cache or the database, in bytes.
const MAX_PLAIN: u64 = 64 << 20;

/// What is known of a body that is kept elsewhere: written beside it by whoever compressed it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Seal {
    /// Of the plain form, in bytes.
    length: usize,
    /// CRC-32 (IEEE 802.3, as in gzip) of the compressed form.
    pub(super) crc32: u32,
}

/// The part of an answer that is the same for everybody: a JSON object without its opening brace. Each of its two forms
/// is made when it is first wanted: most answers are sent in one form only.
#[derive(Debug)]
pub struct Body {
    /// `"works":[…],…}`; none when it was let go: the other form says the same in a quarter of the room.
    plain: Mutex<Option<Bytes>>,
    /// The same as one zstd frame without content size and checksum, and its CRC-32; empty when compression failed.
    compressed: OnceLock<(Bytes, u32)>,
    length: usize,
}

impl Body {
    /// Keeps the JSON object `document`. Its opening brace is dropped; it must have at least one member.
    pub fn new(document: Vec<u8>) -> Self {
        debug_assert!(document.starts_with(b"{\""), "an answer is a JSON object with members");
        let plain = Bytes::from(document).slice(1..);
        Self { length: plain.len(), plain: Mutex::new(Some(plain)), compressed: OnceLock::new() }
    }

    /// The body whose [`Body::compressed`] form was kept elsewhere; `None` when it is not such a frame. With its seal it is
    /// taken as it is: to unpack it takes as long as all the rest of a hit from Redis. Without, it is read whole once.
    pub fn from_compressed(frame: Bytes, seal: Option<Seal>) -> Option<Self> {
        if frame.get(4) != Some(&0) {
            return None;
        }
        let crc32 = crc32fast::hash(&frame);
        let length = match seal {
            Some(seal) => Some(seal.length).filter(|_| crc32 == seal.crc32)?,
            None => Some(decompress(&frame)?).filter(|plain| plain.ends_with(b"}"))?.len(),
        };
        Some(Self { length, plain: Mutex::new(None), compressed: (frame, crc32).into() })
    }

    /// What tells that [`Body::compressed`] has come back as it was.
    pub fn seal(&self) -> Seal {
        Seal { length: self.length, crc32: self.frame().1 }
    }

    /// What was given, without its opening brace. From then on it is kept until [`Body::let_go`].
    pub fn plain(&self) -> Bytes {
        // What this process has compressed or read itself can be read.
        let read = || decompress(self.compressed.get().map_or(&[][..], |(frame, _)| frame)).unwrap_or_default().into();
        self.lock().get_or_insert_with(read).clone()
    }

    /// Its length, in bytes.
    pub const fn length(&self) -> usize {
        self.length
    }

    /// Lets the plain form go, where the other is there. It comes back when it is wanted.
    pub fn let_go(&self) {
        if self.compressed.get().is_some_and(|(frame, _)| !frame.is_empty()) {
            *self.lock() = None;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Bytes>> {
        self.plain.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same as one zstd frame whose header is six bytes long; empty when compression failed.
    pub fn compressed(&self) -> &Bytes {
        &self.frame().0
    }

    fn frame(&self) -> &(Bytes, u32) {
        self.compressed.get_or_init(|| {
            let frame = compress(&self.plain()).unwrap_or_default();
            let crc32 = crc32fast::hash(&frame);
            (frame.into(), crc32)
        })
    }

    /// Most bytes that it holds in memory.
    pub fn size(&self) -> usize {
        self.length * 4 / 3
    }

    /// The document with `head` (an object without its closing brace, at least one member) in front, in two pieces: what is
    /// kept is not copied for each who gets it.
    pub fn with_head(&self, head: String) -> [Bytes; 2] {
        let mut front = head.into_bytes();
        front.push(b',');
        [front.into(), self.plain()]
    }

    /// The same as one zstd frame; `None` when it has to be sent plain.
    pub fn with_head_zstd(&self, head: &str) -> Option<[Bytes; 2]> {
        let length = head.len() + 1;
        let frame = self.compressed();
        if frame.len() < FRAME_HEADER || length > BLOCK_MAX {
            return None;
        }
        let mut front = BytesMut::with_capacity(FRAME_HEADER + 3 + length);
        front.put_slice(&frame[..FRAME_HEADER]);
        // Block_Header: Last_Block = 0, Block_Type = 0 (raw), Block_Size from bit 3; three bytes, little endian.
        front.put_uint_le((length as u64) << 3, 3);
        front.put_slice(head.as_bytes());
        front.put_u8(b',');
        Some([front.freeze(), frame.slice(FRAME_HEADER..)])
    }
}

/// What is in a frame, up to a limit.
fn decompress(frame: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::with_capacity(frame.len() * 4);
    zstd::stream::Decoder::new(frame).ok()?.take(MAX_PLAIN).read_to_end(&mut plain).ok()?;
    plain.shrink_to_fit();
    Some(plain)
}

/// Compresses to a frame with a six-byte header: neither content size nor checksum, both of which a new head would break.
fn compress(document: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut frame = packing::compress(
        document,
        &[
            CParameter::ChecksumFlag(false),
            CParameter::ContentSizeFlag(false),
            CParameter::WindowLog(WINDOW_LOG.into()),
        ],
    )?;
    // Frame_Header_Descriptor: no content size, no single segment, no checksum, no dictionary.
    let Some([0, window]) = frame.get_mut(4..FRAME_HEADER) else {
        return Err(std::io::Error::other("unexpected zstd frame header"));
    };
    // Window_Descriptor: what is short gets a small window; with a head in front it may need all of a block.
    *window = (*window).max(WINDOW_DESCRIPTOR);
    Ok(frame)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(works: usize) -> Vec<u8> {
        let works: Vec<_> =
            (0..works).map(|n| serde_json::json!({"id": format!("w{n}"), "title": "A study of things"})).collect();
        serde_json::to_vec(&serde_json::json!({"counts": {"works": works.len()}, "works": works})).unwrap()
    }

    #[test]
    fn a_spliced_frame_decompresses_to_the_plain_document() {
        for works in [0, 1, 60, 5_000] {
            let body = Body::new(document(works));
            for head in [r#"{"id":"a""#.to_owned(), format!(r#"{{"id":"{}""#, "é".repeat(30_000))] {
                let frame = body.with_head_zstd(&head).unwrap().concat();
                let plain = body.with_head(head).concat();
                assert_eq!(zstd::stream::decode_all(&frame[..]).unwrap(), plain, "{works} works");
                let value: serde_json::Value = serde_json::from_slice(&plain).unwrap();
                assert_eq!(value["works"].as_array().unwrap().len(), works);
            }
        }
    }

    #[test]
    fn what_was_let_go_comes_back_as_it_was() {
        let body = Body::new(document(60));
        let before = body.plain();
        body.let_go();
        assert_eq!(body.plain().as_ptr(), before.as_ptr(), "nothing else says the same yet");
        let (frame, seal) = (body.compressed().clone(), body.seal());
        body.let_go();
        assert_ne!(body.plain().as_ptr(), before.as_ptr());
        assert_eq!((body.plain(), body.length()), (before.clone(), before.len()));
        for seal in [Some(seal), None] {
            let read = Body::from_compressed(frame.clone(), seal).unwrap();
            assert_eq!((read.length(), read.plain()), (before.len(), before.clone()));
        }
    }

    #[test]
    fn what_was_altered_on_the_way_is_refused() {
        let body = Body::new(document(60));
        let frame = body.compressed().to_vec();
        for place in [0, 4, 5, 10, frame.len() - 1] {
            let mut altered = frame.clone();
            altered[place] ^= 0x55;
            assert!(Body::from_compressed(altered.into(), Some(body.seal())).is_none(), "{place}");
        }
        assert!(Body::from_compressed(body.compressed().slice(..frame.len() - 1), Some(body.seal())).is_none());
        assert!(Body::from_compressed(Bytes::from_static(b"no frame"), None).is_none());
    }

    #[test]
    fn a_head_too_long_for_one_block_is_sent_plain() {
        let body = Body::new(document(1));
        assert!(body.with_head_zstd(&"x".repeat(BLOCK_MAX)).is_none());
    }
}

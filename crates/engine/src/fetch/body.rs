//! Collects a body as it comes, unpacked where it is packed, within its limit.

use std::io::{self, Write};

use bytes::{Bytes, BytesMut};
use flate2::write::MultiGzDecoder;

/// What is collected in one piece. The usual page of a source fits; what is larger is put together at the end.
const PIECE: usize = 256 << 10;
/// First room for a body of which the length is not known.
const FIRST: usize = 16 << 10;

/// A body on its way. Chunks are copied as they come: a chunk holds the whole buffer that it was read into, which is
/// several times as large, and would keep the connection from using it again. What is kept is never more than the limit.
#[derive(Debug)]
pub(super) struct Body {
    limit: usize,
    length: usize,
    full: Vec<Bytes>,
    tail: BytesMut,
}

/// The body is larger than its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("larger than its limit")]
pub(super) struct TooLarge;

/// A body as it is sent: as it is, or packed with gzip (RFC 1952).
#[derive(Debug)]
pub(super) enum Coming {
    Plain(Body),
    Packed(Box<MultiGzDecoder<Body>>),
}

impl Coming {
    /// Nothing yet. The limit is that of what is unpacked.
    pub fn new(limit: usize, announced: Option<u64>, is_packed: bool) -> Self {
        if is_packed {
            Self::Packed(Box::new(MultiGzDecoder::new(Body::new(limit, None))))
        } else {
            Self::Plain(Body::new(limit, announced))
        }
    }

    /// Bytes so far, unpacked.
    pub fn length(&self) -> usize {
        match self {
            Self::Plain(body) => body.length(),
            Self::Packed(decoder) => decoder.get_ref().length(),
        }
    }

    /// Takes the next bytes; an error is [`TooLarge`], or says why they cannot be unpacked.
    pub fn push(&mut self, chunk: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(body) => body.write_all(chunk),
            Self::Packed(decoder) => decoder.write_all(chunk),
        }
    }

    /// All of it; an error says why it cannot be unpacked.
    pub fn finish(self) -> io::Result<Bytes> {
        match self {
            Self::Plain(body) => Ok(body.finish()),
            Self::Packed(decoder) => Ok(decoder.finish()?.finish()),
        }
    }

    /// What there is of it, though it is cut or cannot be read to its end.
    pub fn so_far(self) -> Bytes {
        match self {
            Self::Plain(body) => body.finish(),
            Self::Packed(mut decoder) => std::mem::replace(decoder.get_mut(), Body::new(0, None)).finish(),
        }
    }
}

impl Write for Body {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.push(bytes).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Body {
    /// Nothing yet, of at most `limit` bytes, and of `announced` ones when that is said.
    pub fn new(limit: usize, announced: Option<u64>) -> Self {
        let announced = announced.map_or(FIRST, |length| usize::try_from(length).unwrap_or(PIECE));
        Self { limit, length: 0, full: Vec::new(), tail: BytesMut::with_capacity(announced.min(PIECE).min(limit)) }
    }

    /// Bytes so far.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Takes the next bytes; on an error what was collected is worth nothing.
    fn push(&mut self, mut chunk: &[u8]) -> Result<(), TooLarge> {
        if chunk.len() > self.limit - self.length {
            return Err(TooLarge);
        }
        self.length += chunk.len();
        while !chunk.is_empty() {
            if self.tail.len() == PIECE {
                self.full.push(std::mem::take(&mut self.tail).freeze());
            }
            let (now, later) = chunk.split_at(chunk.len().min(PIECE - self.tail.len()));
            self.tail.extend_from_slice(now);
            chunk = later;
        }
        Ok(())
    }

    /// All of it in one piece.
    pub fn finish(self) -> Bytes {
        if self.full.is_empty() {
            return self.tail.freeze();
        }
        let mut whole = BytesMut::with_capacity(self.length);
        for piece in self.full {
            whole.extend_from_slice(&piece);
        }
        whole.extend_from_slice(&self.tail);
        whole.freeze()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_body_of_the_announced_length_is_never_moved() {
        let mut body = Body::new(1 << 20, Some(10_000));
        body.push(&[7; 5_000]).unwrap();
        let place = body.tail.as_ptr();
        body.push(&[7; 5_000]).unwrap();
        assert_eq!(body.finish().as_ptr(), place);
    }

    #[test]
    fn one_byte_too_many_is_too_much() {
        let mut body = Body::new(3, None);
        assert_eq!(body.push(b"abc"), Ok(()));
        assert_eq!(body.push(b"d"), Err(TooLarge));
        assert_eq!(Body::new(0, None).push(b""), Ok(()));
    }

    #[test]
    fn an_announcement_alone_takes_little_room() {
        assert!(Body::new(usize::MAX, Some(u64::MAX)).tail.capacity() <= PIECE);
        assert!(Body::new(10, Some(u64::MAX)).tail.capacity() <= 64);
    }

    #[test]
    fn a_drip_of_single_bytes_is_kept_in_few_pieces() {
        let mut body = Body::new(1 << 20, None);
        for _ in 0..1 << 20 {
            body.push(b"x").unwrap();
        }
        assert!(body.full.len() <= 4, "{}", body.full.len());
        assert_eq!(body.finish().len(), 1 << 20);
    }

    proptest! {
        #[test]
        fn what_came_is_what_is_there(
            lengths in proptest::collection::vec(0_usize..90_000, 0..40),
            announced in proptest::option::of(any::<u64>()),
        ) {
            let mut body = Body::new(usize::MAX, announced);
            let mut whole = Vec::new();
            for (number, length) in lengths.into_iter().enumerate() {
                let chunk = vec![u8::try_from(number).unwrap(); length];
                whole.extend_from_slice(&chunk);
                body.push(&chunk).unwrap();
            }
            prop_assert_eq!(body.finish(), whole);
        }
    }
}

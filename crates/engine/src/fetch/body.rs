//! Collects a body as it comes, within its limit.

use bytes::{Bytes, BytesMut};

/// Chunks smaller than this are copied together: each chunk kept by itself costs its own bookkeeping, which a sender of
/// single bytes could turn into many times the limit.
const SMALL: usize = 4096;

/// A body on its way. What is kept is never more than the limit and a few kilobytes.
#[derive(Debug)]
pub(super) struct Body {
    limit: usize,
    length: usize,
    chunks: Vec<Bytes>,
    tail: BytesMut,
}

/// The body is larger than its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLarge;

impl Body {
    /// Nothing yet, of at most `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self { limit, length: 0, chunks: Vec::new(), tail: BytesMut::new() }
    }

    /// Takes the next bytes; on an error what was collected is worth nothing.
    pub fn push(&mut self, chunk: Bytes) -> Result<(), TooLarge> {
        if chunk.len() > self.limit - self.length {
            return Err(TooLarge);
        }
        self.length += chunk.len();
        if chunk.len() >= SMALL {
            self.keep_tail();
            self.chunks.push(chunk);
        } else {
            if self.tail.len() + chunk.len() > 4 * SMALL {
                self.keep_tail();
            }
            self.tail.extend_from_slice(&chunk);
        }
        Ok(())
    }

    /// All of it in one piece; copies only when it came in several.
    pub fn finish(mut self) -> Bytes {
        self.keep_tail();
        if self.chunks.len() == 1 {
            return self.chunks.swap_remove(0);
        }
        let mut whole = BytesMut::with_capacity(self.length);
        for chunk in self.chunks {
            whole.extend_from_slice(&chunk);
        }
        whole.freeze()
    }

    fn keep_tail(&mut self) {
        if !self.tail.is_empty() {
            self.chunks.push(self.tail.split().freeze());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_chunk_is_not_copied() {
        let chunk = Bytes::from(vec![7; 10_000]);
        let mut body = Body::new(10_000);
        body.push(chunk.clone()).unwrap();
        assert_eq!(body.finish().as_ptr(), chunk.as_ptr());
    }

    #[test]
    fn one_byte_too_many_is_too_much() {
        let mut body = Body::new(3);
        assert_eq!(body.push(Bytes::from_static(b"abc")), Ok(()));
        assert_eq!(body.push(Bytes::from_static(b"d")), Err(TooLarge));
        assert_eq!(Body::new(0).push(Bytes::new()), Ok(()));
    }

    #[test]
    fn a_drip_of_single_bytes_is_kept_in_few_pieces() {
        let mut body = Body::new(1 << 20);
        for _ in 0..1 << 20 {
            body.push(Bytes::from_static(b"x")).unwrap();
        }
        assert!(body.chunks.len() <= 64, "{}", body.chunks.len());
        assert_eq!(body.finish().len(), 1 << 20);
    }

    proptest! {
        #[test]
        fn what_came_is_what_is_there(lengths in proptest::collection::vec(0_usize..9000, 0..40)) {
            let mut body = Body::new(usize::MAX);
            let mut whole = Vec::new();
            for (number, length) in lengths.into_iter().enumerate() {
                let chunk = vec![u8::try_from(number).unwrap(); length];
                whole.extend_from_slice(&chunk);
                body.push(chunk.into()).unwrap();
            }
            prop_assert_eq!(body.finish(), whole);
        }
    }
}

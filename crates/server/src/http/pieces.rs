//! A body of two pieces, sent one behind the other without being copied together.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Frame, SizeHint};

/// What is left of them, in reverse.
struct Pieces(Vec<Bytes>);

/// The body of an answer that is these two pieces.
pub(super) fn body([first, second]: [Bytes; 2]) -> Body {
    let mut pieces = vec![second, first];
    pieces.retain(|piece| !piece.is_empty());
    Body::new(Pieces(pieces))
}

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop().map(Frame::data).map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.iter().map(|piece| piece.len() as u64).sum())
    }
}

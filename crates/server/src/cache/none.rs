//! No shared tier: the null object, so that nobody asks whether there is one.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;

use super::{Remote, RemoteError, RemoteState};

/// Keeps nothing and lets everybody work.
#[derive(Debug)]
pub(super) struct None;

impl Remote for None {
    fn state(&self) -> RemoteState {
        RemoteState::Off
    }

    fn ping(&self) -> BoxFuture<'_, RemoteState> {
        Box::pin(async { RemoteState::Off })
    }

    fn versions(&self) -> BoxFuture<'_, Result<Vec<String>, RemoteError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn get<'a>(&'a self, names: &'a [String]) -> BoxFuture<'a, Result<Vec<Option<Bytes>>, RemoteError>> {
        Box::pin(async { Ok(vec![Option::None; names.len()]) })
    }

    fn put(&self, _name: String, _value: Bytes, _life: Duration) -> BoxFuture<'_, Result<(), RemoteError>> {
        Box::pin(async { Ok(()) })
    }

    fn clear(&self) -> BoxFuture<'_, Result<u64, RemoteError>> {
        Box::pin(async { Ok(0) })
    }

    fn forget<'a>(&'a self, _: &'a [String]) -> BoxFuture<'a, Result<(), RemoteError>> {
        Box::pin(async { Ok(()) })
    }

    fn claim<'a>(&'a self, _: &'a str, _: &'a str, _: Duration) -> BoxFuture<'a, Result<bool, RemoteError>> {
        Box::pin(async { Ok(true) })
    }

    fn release<'a>(&'a self, _: &'a str, _: &'a str) -> BoxFuture<'a, Result<(), RemoteError>> {
        Box::pin(async { Ok(()) })
    }
}

//! Values as bytes: for the shared cache and the database.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// JSON, zstd.
pub fn pack<T: Serialize>(value: &T) -> Option<Bytes> {
    let json = serde_json::to_vec(value).ok()?;
    zstd::bulk::compress(&json, 1).ok().map(Bytes::from)
}

/// The reverse of [`pack`]; `None` for anything that is not what it should be.
pub fn unpack<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Option<T> {
    let decoder = zstd::stream::Decoder::new(bytes).ok()?;
    serde_json::from_reader(std::io::BufReader::new(std::io::Read::take(decoder, 64 << 20))).ok()
}

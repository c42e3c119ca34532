//! Values as bytes: for the shared cache and the database.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use zstd::zstd_safe::CParameter;

/// Most bytes that a value is read from, unpacked.
const MOST: u64 = 64 << 20;
/// How far back what is alike may stand, as a power of two: over an answer of a hundred works and its records.
const WINDOW: u32 = 21;

/// JSON, zstd.
pub fn pack<T: Serialize>(value: &T) -> Option<Bytes> {
    let json = serde_json::to_vec(value).ok()?;
    zstd::bulk::compress(&json, 1).ok().map(Bytes::from)
}

/// The reverse of [`pack`]; `None` for anything that is not what it should be.
pub fn unpack<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Option<T> {
    let decoder = zstd::stream::Decoder::new(bytes).ok()?;
    serde_json::from_reader(std::io::BufReader::new(std::io::Read::take(decoder, MOST))).ok()
}

/// JSON, zstd, for a value that says much of what stands in `beside` already: only what is new takes room and time.
pub fn pack_beside<T: Serialize>(value: &T, beside: &[u8]) -> Option<Bytes> {
    let mut json = Vec::with_capacity(2 * beside.len());
    serde_json::to_writer(&mut json, value).ok()?;
    // In one step: as a stream it would be copied into a window of its own first.
    let mut compressor = zstd::bulk::Compressor::new(1).ok()?;
    compressor.set_parameter(CParameter::WindowLog(WINDOW)).ok()?;
    // Beside anything else it must not be read as something else.
    compressor.set_parameter(CParameter::ChecksumFlag(true)).ok()?;
    compressor.context_mut().ref_prefix(beside).ok()?;
    // It is kept for long, and was given room for the worst.
    compressor.compress(&json).ok().map(|packed| Bytes::from(packed.into_boxed_slice()))
}

/// The reverse of [`pack_beside`], with the same `beside`.
pub fn unpack_beside<T: for<'de> Deserialize<'de>>(bytes: &[u8], beside: &[u8]) -> Option<T> {
    let mut decoder = zstd::stream::Decoder::with_ref_prefix(bytes, beside).ok()?;
    decoder.window_log_max(WINDOW).ok()?;
    serde_json::from_reader(std::io::BufReader::new(std::io::Read::take(decoder, MOST))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_beside_it_already_takes_no_room() {
        let texts: Vec<String> = (0..200_u32).map(|n| blake3::hash(&n.to_le_bytes()).to_hex().repeat(3)).collect();
        let beside = serde_json::to_vec(&texts).unwrap();
        let value: Vec<&String> = texts.iter().rev().collect();
        let packed = pack_beside(&value, &beside).unwrap();
        assert!(packed.len() * 4 < pack(&value).unwrap().len(), "{} bytes", packed.len());
        assert_eq!(
            unpack_beside::<Vec<String>>(&packed, &beside).unwrap(),
            value.into_iter().cloned().collect::<Vec<_>>()
        );
    }

    #[test]
    fn bytes_beside_something_else_are_no_value() {
        let text = "All lamps give light; some lamps learn. ".repeat(3);
        let packed = pack_beside(&vec![&text], text.as_bytes()).unwrap();
        assert_eq!(unpack_beside::<Vec<String>>(&packed, text.as_bytes()).unwrap(), [text.as_str()]);
        let other = text.replace("lamps", "moons");
        assert_eq!(unpack_beside::<Vec<String>>(&packed, other.as_bytes()), None);
        assert_eq!(unpack_beside::<Vec<String>>(&packed, b""), None);
        assert_eq!(unpack_beside::<Vec<String>>(b"nonsense", b""), None);
    }
}

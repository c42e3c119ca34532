//! Values as bytes: for the shared cache and the database.

use std::{cell::RefCell, io};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use zstd::{
    bulk::Compressor,
    zstd_safe::{CParameter, ResetDirective, compress_bound, get_error_name},
};

use crate::json;

/// The fastest level: answers are compressed on the way out of an uncached search, where each 0.1 ms counts.
const LEVEL: i32 = 1;
/// What level 1 chooses for texts of this size, but for alike pieces that are a byte or two longer and remembered in more room: as
/// small, in 6 % less time (60 answers of 104 KB).
const TUNED: [CParameter; 2] = [CParameter::MinMatch(7), CParameter::HashLog(14)];
/// Most bytes that a value is read from, unpacked.
const MOST: u64 = 64 << 20;
/// How far back what is alike may stand, as a power of two: over an answer of a hundred works and its records.
const WINDOW: u32 = 21;

/// Room for what was compressed last that a thread keeps: the usual answer fits.
const KEPT: usize = 256 << 10;

/// Bytes that what is packed usually takes before: it is not moved again and again while it grows.
const USUAL: usize = 48 << 10;

thread_local! {
    /// A compressor and where it puts what it makes. To make them anew each time costs as much as a tenth of the compressing.
    static COMPRESSOR: RefCell<Option<(Compressor<'static>, Vec<u8>)>> = const { RefCell::new(None) };
}

/// `plain` as one zstd frame, at the fastest level.
pub fn compress(plain: &[u8], parameters: &[CParameter]) -> io::Result<Vec<u8>> {
    COMPRESSOR.with_borrow_mut(|kept| {
        let (mut compressor, mut out) = match kept.take() {
            Some(kept) => kept,
            None => (Compressor::new(LEVEL)?, Vec::new()),
        };
        // Whoever had it before may have wanted it otherwise.
        compressor.context_mut().reset(ResetDirective::SessionAndParameters).map_err(failed)?;
        compressor.set_compression_level(LEVEL)?;
        for parameter in TUNED.iter().chain(parameters) {
            compressor.set_parameter(*parameter)?;
        }
        out.clear();
        out.reserve(compress_bound(plain.len()));
        compressor.compress_to_buffer(plain, &mut out)?;
        let frame = out.as_slice().to_vec();
        if out.capacity() <= KEPT {
            *kept = Some((compressor, out));
        }
        Ok(frame)
    })
}

fn failed(code: usize) -> io::Error {
    io::Error::other(get_error_name(code))
}

/// JSON, zstd.
pub fn pack<T: Serialize>(value: &T) -> Option<Bytes> {
    let mut text = Vec::with_capacity(USUAL);
    json::write(&mut text, value).ok()?;
    // What was cut or altered on the way must not be read as something else.
    compress(&text, &[CParameter::ChecksumFlag(true)]).ok().map(Bytes::from)
}

/// The reverse of [`pack`]; `None` for anything that is not what it should be.
pub fn unpack<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Option<T> {
    let decoder = zstd::stream::Decoder::new(bytes).ok()?;
    serde_json::from_reader(std::io::BufReader::new(std::io::Read::take(decoder, MOST))).ok()
}

/// Reads what was packed beside something that says much of the same: the first form of an answer's records.
pub fn unpack_beside<T: for<'de> Deserialize<'de>>(bytes: &[u8], beside: &[u8]) -> Option<T> {
    let mut decoder = zstd::stream::Decoder::with_ref_prefix(bytes, beside).ok()?;
    decoder.window_log_max(WINDOW).ok()?;
    serde_json::from_reader(std::io::BufReader::new(std::io::Read::take(decoder, MOST))).ok()
}

/// How answers' records were packed at first.
#[cfg(test)]
pub fn pack_beside<T: Serialize>(value: &T, beside: &[u8]) -> Option<Bytes> {
    let mut json = Vec::with_capacity(2 * beside.len());
    serde_json::to_writer(&mut json, value).ok()?;
    // In one step: as a stream it would be copied into a window of its own first.
    let mut compressor = Compressor::new(1).ok()?;
    compressor.set_parameter(CParameter::WindowLog(WINDOW)).ok()?;
    // Beside anything else it must not be read as something else.
    compressor.set_parameter(CParameter::ChecksumFlag(true)).ok()?;
    compressor.context_mut().ref_prefix(beside).ok()?;
    // It is kept for long, and was given room for the worst.
    compressor.compress(&json).ok().map(|packed| Bytes::from(packed.into_boxed_slice()))
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

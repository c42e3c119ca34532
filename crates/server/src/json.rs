//! JSON, the same bytes as [`serde_json`] writes: for whatever is sent or kept. Nearly all of an answer is text, at which `serde_json` looks
//! byte by byte for what must be escaped; here it is sixteen bytes at a time, and names of fields are taken as they are.

use std::fmt::{self, Display, Write as _};

use serde::{
    Serialize, Serializer,
    ser::{
        Error as _, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
        SerializeTupleStruct, SerializeTupleVariant,
    },
};
use serde_json::Error;
use wide::u8x16;

/// [`write`] into bytes of their own.
pub fn to_vec<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    write(&mut out, value).map(|()| out)
}

/// Writes `value` behind what is there. Fails as `serde_json` does: for keys that are no strings, numbers or booleans, and
/// when the value itself refuses. Not for [`serde_json::value::RawValue`], which only `serde_json` knows to write.
pub fn write<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) -> Result<(), Error> {
    value.serialize(Writer { out })
}

struct Writer<'o> {
    out: &'o mut Vec<u8>,
}

impl<'o> Writer<'o> {
    /// What is not text is left to `serde_json`.
    fn scalar<T: Serialize>(self, value: T) -> Result<(), Error> {
        serde_json::to_writer(self.out, &value)
    }

    fn text(self, text: &str) -> Result<(), Error> {
        if must_escape(text.as_bytes()) {
            return self.scalar(text);
        }
        quoted(self.out, text);
        Ok(())
    }

    /// `{"name":`
    fn variant(&mut self, name: &'static str) {
        self.out.push(b'{');
        field(self.out, name);
    }

    /// What begins and ends with these, and holds values with commas between them.
    fn members(self, begin: u8, end: &'static str) -> Members<'o> {
        self.out.push(begin);
        Members { out: self.out, is_first: true, end }
    }
}

fn quoted(out: &mut Vec<u8>, text: &str) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

/// `"name":`
fn field(out: &mut Vec<u8>, name: &'static str) {
    debug_assert!(!must_escape(name.as_bytes()), "a field's name is a plain word");
    out.reserve(name.len() + 3);
    out.push(b'"');
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

/// Whether a string of JSON may not hold these bytes as they are (RFC 8259 §7): quotation marks, backslashes, control
/// characters.
fn must_escape(bytes: &[u8]) -> bool {
    let any_of = |sixteen: [u8; 16]| {
        let bytes = u8x16::new(sixteen);
        let control = bytes.min(u8x16::splat(0x1f)).simd_eq(bytes);
        let marks = bytes.simd_eq(u8x16::splat(b'"')) | bytes.simd_eq(u8x16::splat(b'\\'));
        (control | marks).to_bitmask() != 0
    };
    if let Some(last) = bytes.last_chunk() {
        return bytes.as_chunks().0.iter().any(|sixteen| any_of(*sixteen)) || any_of(*last);
    }
    let mut all = [b'x'; 16];
    if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        all[..8].copy_from_slice(first);
        all[8..].copy_from_slice(last);
    } else if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        all[..4].copy_from_slice(first);
        all[4..8].copy_from_slice(last);
    } else {
        all.iter_mut().zip(bytes).for_each(|(place, byte)| *place = *byte);
    }
    any_of(all)
}

/// What is displayed, letter by letter.
struct Displayed<'o>(&'o mut Vec<u8>);

impl fmt::Write for Displayed<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// Numbers and their kin, which `serde_json` writes.
macro_rules! scalars {
    ($($name:ident: $type:ty,)*) => {
        $(fn $name(self, value: $type) -> Result<(), Error> {
            self.scalar(value)
        })*
    };
}

impl<'o> Serializer for Writer<'o> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Members<'o>;
    type SerializeTuple = Members<'o>;
    type SerializeTupleStruct = Members<'o>;
    type SerializeTupleVariant = Members<'o>;
    type SerializeMap = Members<'o>;
    type SerializeStruct = Members<'o>;
    type SerializeStructVariant = Members<'o>;

    scalars! {
        serialize_bool: bool,
        serialize_i8: i8,
        serialize_i16: i16,
        serialize_i32: i32,
        serialize_i64: i64,
        serialize_i128: i128,
        serialize_u8: u8,
        serialize_u16: u16,
        serialize_u32: u32,
        serialize_u64: u64,
        serialize_u128: u128,
        serialize_f32: f32,
        serialize_f64: f64,
        serialize_char: char,
        serialize_bytes: &[u8],
    }

    fn serialize_str(self, text: &str) -> Result<(), Error> {
        self.text(text)
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), Error> {
        let start = self.out.len();
        self.out.push(b'"');
        write!(Displayed(self.out), "{value}").map_err(Error::custom)?;
        if must_escape(&self.out[start + 1..]) {
            let text = String::from_utf8_lossy(&self.out.split_off(start)[1..]).into_owned();
            return self.scalar(text);
        }
        self.out.push(b'"');
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.out.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Error> {
        self.text(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        mut self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.variant(variant);
        write(self.out, value)?;
        self.out.push(b'}');
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Members<'o>, Error> {
        Ok(self.members(b'[', "]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Members<'o>, Error> {
        Ok(self.members(b'[', "]"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Members<'o>, Error> {
        Ok(self.members(b'[', "]"))
    }

    fn serialize_tuple_variant(
        mut self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Members<'o>, Error> {
        self.variant(variant);
        Ok(self.members(b'[', "]}"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Members<'o>, Error> {
        Ok(self.members(b'{', "}"))
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Members<'o>, Error> {
        debug_assert!(!name.starts_with("$serde_json"), "only serde_json knows to write it");
        Ok(self.members(b'{', "}"))
    }

    fn serialize_struct_variant(
        mut self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Members<'o>, Error> {
        self.variant(variant);
        Ok(self.members(b'{', "}}"))
    }
}

/// A list or an object under way.
struct Members<'o> {
    out: &'o mut Vec<u8>,
    is_first: bool,
    end: &'static str,
}

impl Members<'_> {
    fn separate(&mut self) {
        if !std::mem::take(&mut self.is_first) {
            self.out.push(b',');
        }
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.separate();
        write(self.out, value)
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        self.separate();
        field(self.out, name);
        write(self.out, value)
    }

    fn finish(self) {
        self.out.extend_from_slice(self.end.as_bytes());
    }
}

impl SerializeMap for Members<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.separate();
        let start = self.out.len();
        write(self.out, key)?;
        match self.out.get(start) {
            Some(b'"') => {}
            Some(b'-' | b'0'..=b'9' | b't' | b'f') => {
                self.out.insert(start, b'"');
                self.out.push(b'"');
            }
            _ => return Err(Error::custom("key must be a string")),
        }
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.out.push(b':');
        write(self.out, value)
    }

    fn end(self) -> Result<(), Error> {
        self.finish();
        Ok(())
    }
}

/// The kinds of lists and of objects, which are written alike.
macro_rules! kinds {
    ($($kind:ident: $method:ident($($name:ident)?) = $how:ident,)*) => {
        $(impl $kind for Members<'_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, $($name: &'static str,)? value: &T) -> Result<(), Error> {
                self.$how($($name,)? value)
            }

            fn end(self) -> Result<(), Error> {
                self.finish();
                Ok(())
            }
        })*
    };
}

kinds! {
    SerializeSeq: serialize_element() = element,
    SerializeTuple: serialize_element() = element,
    SerializeTupleStruct: serialize_field() = element,
    SerializeTupleVariant: serialize_field() = element,
    SerializeStruct: serialize_field(name) = field,
    SerializeStructVariant: serialize_field(name) = field,
}

#[cfg(test)]
mod tests;

//! Values as JSON, in the very bytes that `serde_json` writes. It looks at each byte of a text by itself; here a text that
//! needs no escapes, as nearly all of them, is looked at in pieces: of what a new answer takes this was a tenth.

use serde::{
    Serialize,
    ser::{
        Error as _, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
        SerializeTupleStruct, SerializeTupleVariant, Serializer,
    },
};
use serde_json::Error;

/// Bytes that are looked at at once.
const PIECE: usize = 16;

/// `value` as JSON, in room for about so many bytes. Other than with `serde_json`, JSON that is ready already
/// (`RawValue`) must not be in it.
pub fn to_vec<T: Serialize + ?Sized>(value: &T, about: usize) -> Result<Vec<u8>, Error> {
    let mut writer = Writer(Vec::with_capacity(about));
    value.serialize(&mut writer)?;
    Ok(writer.0)
}

struct Writer(Vec<u8>);

impl Writer {
    /// What has neither parts nor text.
    fn scalar<T: Serialize>(&mut self, value: T) -> Result<(), Error> {
        value.serialize(&mut serde_json::Serializer::new(&mut self.0))
    }

    fn text(&mut self, text: &str) {
        let mut rest = text.as_bytes();
        self.0.reserve(rest.len() + 2);
        self.0.push(b'"');
        loop {
            let (plain, behind) = rest.split_at(plain_length(rest));
            self.0.extend_from_slice(plain);
            let Some((&byte, behind)) = behind.split_first() else { break };
            self.escape(byte);
            rest = behind;
        }
        self.0.push(b'"');
    }

    fn escape(&mut self, byte: u8) {
        let short = match byte {
            b'"' | b'\\' => byte,
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0x08 => b'b',
            0x0c => b'f',
            _ => {
                let digit = |four: u8| if four < 10 { b'0' + four } else { b'a' + four - 10 };
                self.0.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]);
                return;
            }
        };
        self.0.extend_from_slice(&[b'\\', short]);
    }

    /// A map has only texts as keys; numbers become texts.
    fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        let begin = self.0.len();
        key.serialize(&mut *self)?;
        match self.0.get(begin) {
            Some(b'"') => {}
            Some(b'0'..=b'9' | b'-' | b't' | b'f') => {
                self.0.insert(begin, b'"');
                self.0.push(b'"');
            }
            _ => return Err(Error::custom("key must be a string")),
        }
        Ok(())
    }

    fn parts(&mut self, begin: u8, end: &'static [u8]) -> Parts<'_> {
        self.0.push(begin);
        Parts { writer: self, is_first: true, end }
    }

    fn variant(&mut self, name: &str) {
        self.0.push(b'{');
        self.text(name);
        self.0.push(b':');
    }
}

/// How many bytes come before the first one that must not stand in a text as it is.
fn plain_length(bytes: &[u8]) -> usize {
    let is_odd = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\';
    let (pieces, _) = bytes.as_chunks::<PIECE>();
    // In each without a way out before the end, so that all of it is looked at at once.
    let plain = pieces.iter().position(|piece| piece.iter().fold(false, |odd, &byte| odd | is_odd(byte)));
    let looked_at = plain.unwrap_or(pieces.len()) * PIECE;
    let rest = bytes.get(looked_at..).unwrap_or_default();
    looked_at + rest.iter().position(|&byte| is_odd(byte)).unwrap_or(rest.len())
}

/// A list or an object under way.
struct Parts<'w> {
    writer: &'w mut Writer,
    is_first: bool,
    end: &'static [u8],
}

impl Parts<'_> {
    fn next(&mut self) {
        if !self.is_first {
            self.writer.0.push(b',');
        }
        self.is_first = false;
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.next();
        value.serialize(&mut *self.writer)
    }

    fn member<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Error> {
        self.next();
        self.writer.text(name);
        self.writer.0.push(b':');
        value.serialize(&mut *self.writer)
    }

    fn close(self) {
        self.writer.0.extend_from_slice(self.end);
    }
}

/// Numbers and the like, which `serde_json` writes.
macro_rules! scalars {
    ($($method:ident($kind:ty))*) => {
        $(fn $method(self, value: $kind) -> Result<(), Error> {
            self.scalar(value)
        })*
    };
}

impl<'w> Serializer for &'w mut Writer {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Parts<'w>;
    type SerializeTuple = Parts<'w>;
    type SerializeTupleStruct = Parts<'w>;
    type SerializeTupleVariant = Parts<'w>;
    type SerializeMap = Parts<'w>;
    type SerializeStruct = Parts<'w>;
    type SerializeStructVariant = Parts<'w>;

    scalars! {
        serialize_bool(bool)
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64) serialize_i128(i128)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64) serialize_u128(u128)
        serialize_f32(f32) serialize_f64(f64)
        serialize_bytes(&[u8])
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), Error> {
        self.text(value);
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.0.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.variant(variant);
        value.serialize(&mut *self)?;
        self.0.push(b'}');
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Parts<'w>, Error> {
        Ok(self.parts(b'[', b"]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Parts<'w>, Error> {
        Ok(self.parts(b'[', b"]"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Parts<'w>, Error> {
        Ok(self.parts(b'[', b"]"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Parts<'w>, Error> {
        self.variant(variant);
        Ok(self.parts(b'[', b"]}"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Parts<'w>, Error> {
        Ok(self.parts(b'{', b"}"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Parts<'w>, Error> {
        Ok(self.parts(b'{', b"}"))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Parts<'w>, Error> {
        self.variant(variant);
        Ok(self.parts(b'{', b"}}"))
    }
}

/// The ways in which serde names the parts of a list and of an object.
macro_rules! parts {
    (lists { $($list:ident.$element:ident)* } objects { $($object:ident)* }) => {
        $(impl $list for Parts<'_> {
            type Ok = ();
            type Error = Error;

            fn $element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.element(value)
            }

            fn end(self) -> Result<(), Error> {
                self.close();
                Ok(())
            }
        })*
        $(impl $object for Parts<'_> {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
                self.member(name, value)
            }

            fn end(self) -> Result<(), Error> {
                self.close();
                Ok(())
            }
        })*
    };
}

parts! {
    lists {
        SerializeSeq.serialize_element
        SerializeTuple.serialize_element
        SerializeTupleStruct.serialize_field
        SerializeTupleVariant.serialize_field
    }
    objects { SerializeStruct SerializeStructVariant }
}

impl SerializeMap for Parts<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.next();
        self.writer.key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.writer.0.push(b':');
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// Whatever serde knows.
    #[derive(Debug, Clone, Serialize)]
    enum Thing {
        Nothing,
        One(f64),
        Pair(String, char),
        Parts {
            number: i64,
            #[serde(skip_serializing_if = "Option::is_none")]
            small: Option<f32>,
            flag: bool,
            bytes: (u8, Vec<u8>),
            unit: (),
        },
        Numbered(BTreeMap<i32, u64>),
        Flat(Flat),
        Many(Vec<Thing>),
    }

    #[derive(Debug, Clone, Serialize)]
    struct Flat {
        first: Wrapped,
        #[serde(flatten)]
        more: BTreeMap<String, bool>,
    }

    #[derive(Debug, Clone, Serialize)]
    struct Wrapped(Option<String>);

    fn text() -> impl Strategy<Value = String> {
        let pieces = prop::sample::select(vec![
            "\"",
            "\\",
            "\n",
            "\r",
            "\t",
            "\u{8}",
            "\u{c}",
            "\0",
            "\u{1f}",
            "\u{7f}",
            "é",
            "\u{2028}",
            "𝛼",
            "a plain piece of text",
        ]);
        prop::collection::vec(pieces, 0..8).prop_map(|pieces| pieces.concat())
    }

    fn thing() -> impl Strategy<Value = Thing> {
        let leaf = prop_oneof![
            Just(Thing::Nothing),
            any::<f64>().prop_map(Thing::One),
            (text(), any::<char>()).prop_map(|(text, letter)| Thing::Pair(text, letter)),
            (any::<i64>(), any::<Option<f32>>(), any::<bool>(), any::<(u8, Vec<u8>)>())
                .prop_map(|(number, small, flag, bytes)| Thing::Parts { number, small, flag, bytes, unit: () }),
            prop::collection::btree_map(any::<i32>(), any::<u64>(), 0..4).prop_map(Thing::Numbered),
            (prop::option::of(text()), prop::collection::btree_map(text(), any::<bool>(), 0..4))
                .prop_map(|(first, more)| Thing::Flat(Flat { first: Wrapped(first), more })),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| prop::collection::vec(inner, 0..4).prop_map(Thing::Many))
    }

    proptest! {
        #[test]
        fn it_is_what_serde_json_writes(thing in thing()) {
            prop_assert_eq!(
                String::from_utf8(to_vec(&thing, 0).unwrap()).unwrap(),
                serde_json::to_string(&thing).unwrap()
            );
        }
    }

    #[test]
    fn a_text_is_escaped_wherever_in_it_that_is_needed() {
        for length in 0..40 {
            for odd in ["\"", "\\", "\u{1f}", "\n", " ", "\u{7f}", "é"] {
                for at in 0..=length {
                    let text = format!("{}{odd}{}", "x".repeat(at), "x".repeat(length - at));
                    assert_eq!(to_vec(&text, 0).unwrap(), serde_json::to_vec(&text).unwrap(), "{text:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        assert!(to_vec(&BTreeMap::from([((), 1)]), 0).is_err());
        assert!(to_vec(&BTreeMap::from([(vec![1], 1)]), 0).is_err());
        assert_eq!(to_vec(&BTreeMap::from([(true, 1)]), 0).unwrap(), br#"{"true":1}"#);
    }
}

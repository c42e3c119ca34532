//! JSON as sources really send it: any field may be null, missing or of another type, and none of that spoils a record.
//!
//! Text is borrowed from the answer, values of a wrong type count as absent, and nothing is read twice.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{
        Error, IgnoredAny, IntoDeserializer, MapAccess, SeqAccess, Visitor,
        value::{BorrowedStrDeserializer, MapAccessDeserializer},
    },
};
use serde_json::value::RawValue;

use crate::text;

/// Most records that are read of one answer; no source is asked for more.
const MAX_RECORDS: usize = 1_000;

/// Most elements that are read of a list within a record; authors of one paper go into the thousands.
const MAX_ELEMENTS: usize = 10_000;

/// Numbers beyond this are no ids, volumes or pages. Six bytes such as `1e308` would become hundreds.
const MAX_NUMBER: f64 = 1e15;

/// A text, or a number written as one; absent when it is anything else.
#[derive(Debug, Default)]
pub struct Text<'a>(pub Option<Cow<'a, str>>);

impl Text<'_> {
    /// The text as it is, when there is any.
    pub fn get(&self) -> Option<&str> {
        self.0.as_deref().filter(|text| !text.trim().is_empty())
    }

    /// Tidied ([`text::tidy`]), when something is left.
    pub fn tidy(&self) -> Option<String> {
        self.0.as_deref().and_then(text::tidy_some)
    }

    /// Without markup ([`text::plain`]), when something is left.
    pub fn plain(&self) -> Option<String> {
        self.as_plain().map(Cow::into_owned)
    }

    /// The same without a copy, where it holds no markup.
    pub fn as_plain(&self) -> Option<Cow<'_, str>> {
        self.0.as_deref().map(text::plain).filter(|text| !text.is_empty())
    }
}

/// A number, or a text that is one; absent when it is anything else.
#[derive(Debug, Default, Clone, Copy)]
pub struct Number(pub Option<f64>);

impl Number {
    /// A count: not negative, cut to what fits.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts from f64 saturate")]
    pub fn count(self) -> Option<u32> {
        self.0.filter(|number| *number >= 0.0).map(|number| number as u32)
    }

    /// A large count.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts from f64 saturate")]
    pub fn total(self) -> Option<u64> {
        self.0.filter(|number| *number >= 0.0).map(|number| number as u64)
    }

    /// A small whole number such as a year or a month.
    #[expect(clippy::cast_possible_truncation, reason = "within the range of i32, and without a fraction")]
    pub fn whole(self) -> Option<i32> {
        self.0.filter(|number| number.abs() < 1e9 && number.fract() == 0.0).map(|number| number as i32)
    }
}

/// Yes or no: a boolean, or `Y`, `N`, `true`, `false` as text; absent when it is anything else.
#[derive(Debug, Default, Clone, Copy)]
pub struct Flag(pub Option<bool>);

impl Flag {
    /// Whether it is there and says yes.
    pub fn is_set(self) -> bool {
        self.0 == Some(true)
    }
}

/// An object; absent when it is anything else.
#[derive(Debug)]
pub struct Object<T>(pub Option<T>);

impl<T> Default for Object<T> {
    fn default() -> Self {
        Self(None)
    }
}

/// A list; empty when it is null. A single value stands for a list of one.
#[derive(Debug)]
pub struct List<T>(pub Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> List<Object<T>> {
    /// The elements that are objects.
    pub fn objects(&self) -> impl Iterator<Item = &T> {
        self.0.iter().filter_map(|element| element.0.as_ref())
    }
}

impl List<Text<'_>> {
    /// The elements that are text, tidied.
    pub fn tidy(&self) -> impl Iterator<Item = String> {
        self.0.iter().filter_map(Text::tidy)
    }

    /// The first element that is text, without markup.
    pub fn first_plain(&self) -> Option<String> {
        self.0.iter().find_map(Text::plain)
    }
}

/// The records of an answer as they came, at most 1,000.
#[derive(Debug, Default)]
pub struct Records<'a>(pub Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Records<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Frame<'a>(PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for Frame<'a> {
            type Value = Records<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of records")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Records<'a>, A::Error> {
                elements(list, MAX_RECORDS).map(Records)
            }
        }
        deserializer.deserialize_seq(Frame(PhantomData))
    }
}

/// Reads one record; `None` when it is no object.
pub fn record<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Option<T> {
    serde_json::from_str(raw.get()).ok()
}

/// At most `most` elements of a list; the others are passed over.
fn elements<'de, T: Deserialize<'de>, A: SeqAccess<'de>>(mut list: A, most: usize) -> Result<Vec<T>, A::Error> {
    let mut kept = Vec::new();
    while kept.len() < most {
        match list.next_element()? {
            Some(element) => kept.push(element),
            None => return Ok(kept),
        }
    }
    while list.next_element::<IgnoredAny>()?.is_some() {}
    Ok(kept)
}

/// A value without parts.
enum Scalar<'a> {
    Absent,
    Bool(bool),
    Number(f64),
    Text(Cow<'a, str>),
}

struct ScalarVisitor<'a>(PhantomData<&'a ()>);

impl<'de: 'a, 'a> Visitor<'de> for ScalarVisitor<'a> {
    type Value = Scalar<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Scalar<'a>, E> {
        Ok(Scalar::Absent)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Scalar<'a>, E> {
        Ok(Scalar::Bool(value))
    }

    #[expect(clippy::cast_precision_loss, reason = "counts and ids stay far below 2^53")]
    fn visit_u64<E>(self, value: u64) -> Result<Scalar<'a>, E> {
        Ok(Scalar::Number(value as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "counts and ids stay far below 2^53")]
    fn visit_i64<E>(self, value: i64) -> Result<Scalar<'a>, E> {
        Ok(Scalar::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Scalar<'a>, E> {
        Ok(Scalar::Number(value))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Scalar<'a>, E> {
        Ok(Scalar::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Scalar<'a>, E> {
        Ok(Scalar::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Scalar<'a>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Absent)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar<'a>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Absent)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor(PhantomData))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Scalar::deserialize(deserializer)? {
            Scalar::Text(text) => Some(text),
            Scalar::Number(number) if number == 0.0 || (1e-9..MAX_NUMBER).contains(&number.abs()) => {
                Some(Cow::Owned(number.to_string()))
            }
            Scalar::Number(_) | Scalar::Absent | Scalar::Bool(_) => None,
        }))
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Scalar::deserialize(deserializer)? {
            Scalar::Number(number) => Some(number),
            Scalar::Text(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
            Scalar::Absent | Scalar::Bool(_) => None,
        }))
    }
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Scalar::deserialize(deserializer)? {
            Scalar::Bool(value) => Some(value),
            Scalar::Text(text) => match text.as_ref() {
                "Y" | "y" | "true" => Some(true),
                "N" | "n" | "false" => Some(false),
                _ => None,
            },
            Scalar::Absent | Scalar::Number(_) => None,
        }))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E: Error>(self) -> Result<Object<T>, E> {
        Ok(Object(None))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Object<T>, E> {
        Ok(Object(None))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Object<T>, E> {
        Ok(Object(None))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Object<T>, E> {
        Ok(Object(None))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Object<T>, E> {
        Ok(Object(None))
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Object<T>, E> {
        Ok(Object(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Object<T>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Object(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(|value| Object(Some(value)))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ObjectVisitor(PhantomData))
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
    type Value = List<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E: Error>(self) -> Result<List<T>, E> {
        Ok(List(Vec::new()))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<List<T>, E> {
        only(value.into_deserializer())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<List<T>, E> {
        only(value.into_deserializer())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<List<T>, E> {
        only(value.into_deserializer())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<List<T>, E> {
        only(value.into_deserializer())
    }

    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<List<T>, E> {
        only(BorrowedStrDeserializer::new(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<List<T>, E> {
        only(value.into_deserializer())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<List<T>, A::Error> {
        elements(list, MAX_ELEMENTS).map(List)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<List<T>, A::Error> {
        only(MapAccessDeserializer::new(map))
    }
}

/// A list of one.
fn only<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<List<T>, D::Error> {
    T::deserialize(deserializer).map(|only| List(vec![only]))
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListVisitor(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Thing<'a> {
        #[serde(borrow)]
        text: Text<'a>,
        number: Number,
        flag: Flag,
        #[serde(borrow)]
        list: List<Text<'a>>,
        #[serde(borrow)]
        inner: Object<Box<Thing<'a>>>,
        #[serde(borrow)]
        many: List<Object<Thing<'a>>>,
    }

    fn thing(json: &str) -> Thing<'_> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn every_field_of_every_wrong_type_is_absent() {
        for wrong in ["null", "{}", "[]", "true", "\"x\"", "1.5", "-1", "[[null]]", "{\"a\":[1,{}]}"] {
            let json = format!(
                "{{\"text\":{wrong},\"number\":{wrong},\"flag\":{wrong},\"list\":{wrong},\"inner\":{wrong},\"many\":{wrong}}}"
            );
            let read = thing(&json);
            assert!(read.many.objects().all(|inner| inner.text.get().is_none()), "{wrong}");
            assert!(read.inner.0.is_none_or(|inner| inner.text.get().is_none()), "{wrong}");
        }
        assert_eq!(thing("{}").text.get(), None);
    }

    #[test]
    fn text_is_borrowed_and_numbers_are_text_too() {
        assert!(matches!(thing("{\"text\":\"abc\"}").text.0, Some(Cow::Borrowed("abc"))));
        assert_eq!(thing("{\"text\":\"a\\u00e9\"}").text.get(), Some("aé"));
        assert_eq!(thing("{\"text\":12}").text.get(), Some("12"));
        assert_eq!(thing("{\"text\":\"0\"}").text.tidy().as_deref(), Some("0"));
        assert_eq!(thing("{\"text\":0}").text.get(), Some("0"));
        for large in ["1e308", "-1e15", "5e-324"] {
            assert_eq!(thing(&format!("{{\"text\":{large}}}")).text.get(), None, "a few bytes do not become hundreds");
        }
        assert_eq!(thing("{\"text\":\" \"}").text.get(), None);
        assert_eq!(thing("{\"text\":\"<i>a</i>\"}").text.plain().as_deref(), Some("a"));
    }

    #[test]
    fn numbers_come_as_text_too_and_stay_within_their_range() {
        assert_eq!(thing("{\"number\":\"17\"}").number.count(), Some(17));
        assert_eq!(thing("{\"number\":-1}").number.count(), None);
        assert_eq!(thing("{\"number\":1e30}").number.count(), Some(u32::MAX));
        assert_eq!(thing("{\"number\":1e30}").number.whole(), None);
        assert_eq!(thing("{\"number\":2024.5}").number.whole(), None);
        assert_eq!(thing("{\"number\":\"inf\"}").number.total(), None);
        assert_eq!(thing("{\"number\":5000000000}").number.total(), Some(5_000_000_000));
    }

    #[test]
    fn flags_come_as_letters_too() {
        assert!(thing("{\"flag\":\"Y\"}").flag.is_set());
        assert!(thing("{\"flag\":true}").flag.is_set());
        assert!(!thing("{\"flag\":\"N\"}").flag.is_set());
        assert_eq!(thing("{\"flag\":\"maybe\"}").flag.0, None);
    }

    #[test]
    fn lists_keep_what_can_be_read() {
        assert_eq!(thing("{\"list\":[null,\"a\",1,{}]}").list.tidy().collect::<Vec<_>>(), ["a", "1"]);
        assert_eq!(thing("{\"list\":[null,\"\",\"<b>a</b>\"]}").list.first_plain().as_deref(), Some("a"));
        assert_eq!(thing("{\"many\":[null,{\"text\":\"a\"},7]}").many.objects().count(), 1);
        assert_eq!(thing("{\"many\":{\"text\":\"a\"}}").many.objects().count(), 1, "one object for a list of one");
        assert_eq!(thing("{\"list\":\"a\"}").list.tidy().collect::<Vec<_>>(), ["a"]);
        assert_eq!(thing("{\"list\":\"\\u00e9\"}").list.tidy().collect::<Vec<_>>(), ["é"]);
        assert_eq!(thing("{\"list\":7}").list.tidy().collect::<Vec<_>>(), ["7"]);
    }

    #[test]
    fn a_list_of_millions_costs_no_memory() {
        let long = format!("[{}0]", "0,".repeat(50_000));
        assert_eq!(serde_json::from_str::<Records<'_>>(&long).unwrap().0.len(), MAX_RECORDS);
        let json = format!("{{\"list\":{long}}}");
        assert_eq!(thing(&json).list.0.len(), MAX_ELEMENTS);
        assert!(serde_json::from_str::<Records<'_>>("{}").is_err());
    }

    #[test]
    fn deep_json_is_an_error_and_no_overflow() {
        let deep = format!("{{\"inner\":{}", "{\"inner\":".repeat(100_000));
        assert!(serde_json::from_str::<Thing<'_>>(&deep).is_err());
        let deep = format!("{{\"text\":{}", "[".repeat(100_000));
        assert!(serde_json::from_str::<Thing<'_>>(&deep).is_err());
    }
}

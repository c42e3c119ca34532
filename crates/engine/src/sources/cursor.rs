//! Walks through an answer in JSON and reads each record once, where it stands.
//!
//! [`super::lenient::Records`] finds the ends of all records before any of them is read: that bears whatever a source sends,
//! and passes over every byte twice. This is the quick way for answers that are as they should be. Every step gives `None`
//! for what is not as expected; whoever walks then begins anew the other way, which says what is wrong.

use serde::{Deserialize, de::IgnoredAny};

/// A place in an answer.
#[derive(Debug)]
pub struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// At the beginning of `body`; `None` when it is no text.
    pub fn new(body: &'a [u8]) -> Option<Self> {
        Some(Self { text: simdutf8::basic::from_utf8(body).ok()?, at: 0 })
    }

    /// Reads an object: `member` is told each name and reads or passes over its value.
    pub fn object(&mut self, mut member: impl FnMut(&str, &mut Self) -> Option<()>) -> Option<()> {
        self.past(b'{')?;
        if self.past(b'}').is_some() {
            return Some(());
        }
        loop {
            let name = self.value::<&str>()?;
            self.past(b':')?;
            member(name, self)?;
            if self.past(b',').is_none() {
                return self.past(b'}');
            }
        }
    }

    /// Reads a list: `element` reads each of its values.
    pub fn list(&mut self, mut element: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.past(b'[')?;
        if self.past(b']').is_some() {
            return Some(());
        }
        loop {
            element(self)?;
            if self.past(b',').is_none() {
                return self.past(b']');
            }
        }
    }

    /// Reads a value.
    pub fn value<T: Deserialize<'a>>(&mut self) -> Option<T> {
        self.raw_value().map(|(_, value)| value)
    }

    /// Reads a value; with what it was read from.
    pub fn raw_value<T: Deserialize<'a>>(&mut self) -> Option<(&'a str, T)> {
        self.pass_white_space();
        let rest = self.text.get(self.at..)?;
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<T>();
        let value = values.next()?.ok()?;
        let raw = rest.get(..values.byte_offset())?;
        self.at += raw.len();
        Some((raw, value))
    }

    /// Passes over a value.
    pub fn skip(&mut self) -> Option<()> {
        self.value::<IgnoredAny>().map(drop)
    }

    /// Nothing comes any more.
    pub fn end(mut self) -> Option<()> {
        self.pass_white_space();
        (self.at == self.text.len()).then_some(())
    }

    fn past(&mut self, byte: u8) -> Option<()> {
        self.pass_white_space();
        (self.text.as_bytes().get(self.at) == Some(&byte)).then(|| self.at += 1)
    }

    fn pass_white_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.text.as_bytes().get(self.at) {
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The raw values of `"a"`, and how many other members there are.
    fn walk(text: &str) -> Option<(Vec<&str>, u32)> {
        let (mut found, mut others) = (Vec::new(), 0);
        let mut cursor = Cursor::new(text.as_bytes())?;
        cursor.object(|name, cursor| {
            if name == "a" {
                return cursor.list(|cursor| cursor.raw_value::<IgnoredAny>().map(|(raw, _)| found.push(raw)));
            }
            others += 1;
            cursor.skip()
        })?;
        cursor.end()?;
        Some((found, others))
    }

    #[test]
    fn each_value_comes_as_it_stands() {
        let text = " {\"x\":{\"a\":[0]},\n\"a\" : [ {\"b\":\"]}\\\"\"} ,[1, 2],\"é\",-1.5e3,null ],\"y\":true} ";
        let (found, others) = walk(text).unwrap();
        assert_eq!((found, others), (vec![r#"{"b":"]}\""}"#, "[1, 2]", "\"é\"", "-1.5e3", "null"], 2));
        assert_eq!(walk("{}"), Some((vec![], 0)));
        assert_eq!(walk(r#"{"a":[]}"#), Some((vec![], 0)));
    }

    #[test]
    fn what_is_not_as_expected_is_none() {
        for text in [
            "",
            "[]",
            "{",
            "{}x",
            "{\"a\":[1}",
            "{\"a\":[1,]}",
            "{\"a\":[1 2]}",
            "{\"a\":{}}",
            "{\"a\":[1]",
            "{a:[1]}",
            "{\"x\":1,}",
            "{\"a\":[tru]}",
            "{\"x\" 1}",
        ] {
            assert_eq!(walk(text), None, "{text}");
        }
        assert!(Cursor::new(b"{\"a\":[\"\xff\"]}").is_none());
    }
}

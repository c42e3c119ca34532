//! Reads XML by name, in one pass and without a tree: the caller walks down, this walks past what the caller does not want.
//!
//! Entities are never expanded here (the raw text goes to [`crate::text`], which knows the predefined and HTML's ones), document
//! types are passed over, and depth is limited.

use std::borrow::Cow;

use quick_xml::events::BytesStart;

use crate::{source::SourceError, text};
use token::{Token, Tokens};

mod token;

/// Deepest nesting that is read.
const MAX_DEPTH: usize = 128;

/// Longest message, in characters: it quotes names out of the document.
const MAX_MESSAGE: usize = 200;

/// A document under reading.
#[derive(Debug)]
pub struct Xml<'a> {
    tokens: Tokens<'a>,
}

/// The start of an element. What is in it must be read, or skipped, before the next one.
#[derive(Debug)]
pub struct Element<'a>(BytesStart<'a>);

impl Element<'_> {
    /// Its name without namespace prefix.
    pub fn name(&self) -> &str {
        self.0.local_name().into_inner()
    }

    /// Its name as it is written: `dc:creator`. Which prefix stands for which vocabulary is convention here.
    pub fn written_name(&self) -> &str {
        self.0.name().into_inner()
    }

    /// The raw value of an attribute, by its name with prefix.
    pub fn attribute(&self, name: &str) -> Option<Cow<'_, str>> {
        self.0.try_get_attribute(name).ok().flatten().map(|attribute| attribute.value)
    }

    /// The names of its attributes, without prefixes and without declarations of namespaces.
    pub fn attributes(&self) -> impl Iterator<Item = &str> {
        let names = self.0.attributes().filter_map(|attribute| Some(attribute.ok()?.key.0));
        names.filter(|name| !name.starts_with("xmlns")).map(|name| name.rsplit(':').next().unwrap_or(name))
    }

    /// Whether an attribute has this very value.
    pub fn has(&self, name: &str, value: &str) -> bool {
        self.attribute(name).is_some_and(|found| found == value)
    }
}

/// What comes next, for a reader that takes everything in.
#[derive(Debug)]
pub enum Step<'a> {
    /// An element begins.
    Enter(Element<'a>),
    /// Text that is more than white space.
    Text,
    /// The element that was entered last ends.
    Leave,
}

impl<'a> Xml<'a> {
    /// Begins to read `text`.
    pub fn new(text: &'a str) -> Self {
        Self { tokens: Tokens::new(text.trim_start_matches('\u{feff}')) }
    }

    /// The root element. What is no XML at all is `SourceError::Malformed`, as everything here.
    pub fn root(&mut self) -> Result<Element<'a>, SourceError> {
        loop {
            match self.next()? {
                Token::Start(tag) => return Ok(Element(tag)),
                Token::Over => return Err(malformed("an empty answer where XML was expected")),
                Token::Text(text) if !is_blank(text) => return Err(malformed("text where XML was expected")),
                _ => {}
            }
        }
    }

    /// The next element inside the one that was entered last, or `None` at its end. Text between elements is passed over.
    pub fn child(&mut self) -> Result<Option<Element<'a>>, SourceError> {
        loop {
            match self.next()? {
                Token::Start(tag) => return Ok(Some(Element(tag))),
                Token::End => return Ok(None),
                Token::Over if self.tokens.depth() == 0 => return Ok(None),
                Token::Over => return Err(malformed("the answer is cut short")),
                Token::Text(_) | Token::Raw | Token::Aside => {}
            }
        }
    }

    /// What comes next behind the root's start, up to its end. An end of the document before that is malformed.
    pub fn step(&mut self) -> Result<Step<'a>, SourceError> {
        loop {
            match self.next()? {
                Token::Start(tag) => return Ok(Step::Enter(Element(tag))),
                Token::End => return Ok(Step::Leave),
                Token::Over => return Err(malformed("the answer is cut short")),
                Token::Text(text) if is_blank(text) => {}
                Token::Text(_) | Token::Raw => return Ok(Step::Text),
                Token::Aside => {}
            }
        }
    }

    /// Passes over the rest of the element that was entered last.
    pub fn skip(&mut self) -> Result<(), SourceError> {
        self.inner().map(drop)
    }

    /// The raw inside of the element that was entered last, markup and entities included.
    pub fn inner(&mut self) -> Result<&'a str, SourceError> {
        let begin = self.tokens.rest();
        let outside = self.tokens.depth().saturating_sub(1);
        loop {
            let before = self.tokens.rest().len();
            match self.next()? {
                Token::End if self.tokens.depth() == outside => {
                    return Ok(begin.get(..begin.len() - before).unwrap_or_default());
                }
                Token::Over => return Err(malformed("the answer is cut short")),
                _ => {}
            }
        }
    }

    /// What is not read yet: with [`Self::since`] the raw text of a stretch.
    pub fn rest(&self) -> &'a [u8] {
        self.tokens.rest().as_bytes()
    }

    /// What was read since `mark`, an earlier [`Self::rest`].
    pub fn since(&self, mark: &'a [u8]) -> &'a [u8] {
        mark.get(..mark.len().saturating_sub(self.rest().len())).unwrap_or_default()
    }

    fn next(&mut self) -> Result<Token<'a>, SourceError> {
        let token = self.tokens.next().map_err(|error| broken(&error))?;
        match token {
            Token::Start(_) if self.tokens.depth() > MAX_DEPTH => Err(malformed("XML nested too deeply")),
            token => Ok(token),
        }
    }
}

fn is_blank(text: &str) -> bool {
    text.trim_ascii().is_empty()
}

fn malformed(message: &str) -> SourceError {
    SourceError::Malformed { message: message.to_owned() }
}

fn broken(error: &dyn std::fmt::Display) -> SourceError {
    malformed(&text::shortened(&text::tidy(&format!("XML: {error}")), MAX_MESSAGE))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(text: &str) -> Result<Vec<String>, SourceError> {
        let mut xml = Xml::new(text);
        xml.root()?;
        let mut names = Vec::new();
        while let Some(element) = xml.child()? {
            let name = element.name().to_owned();
            names.push(format!("{name}={}", xml.inner()?));
        }
        Ok(names)
    }

    #[test]
    fn children_come_by_local_name_with_their_raw_inside() {
        let text = "\u{feff}<?xml version='1.0'?><!DOCTYPE r><r>t<x:a>1 &amp; <b>2</b></x:a><!-- c --><d/><e></e>t</r>";
        assert_eq!(names(text).unwrap(), ["a=1 &amp; <b>2</b>", "d=", "e="]);
    }

    #[test]
    fn what_was_read_since_a_mark_is_the_whole_element() {
        let mut xml = Xml::new("<r><a>1</a><b/></r>");
        xml.root().unwrap();
        let mark = xml.rest();
        xml.child().unwrap().unwrap();
        xml.skip().unwrap();
        assert_eq!(xml.since(mark), b"<a>1</a>");
    }

    #[test]
    fn a_name_can_be_had_with_its_prefix() {
        let mut xml = Xml::new("<rdf:RDF><dc:title/><title/></rdf:RDF>");
        let root = xml.root().unwrap();
        assert_eq!((root.name(), root.written_name()), ("RDF", "rdf:RDF"));
        let child = xml.child().unwrap().unwrap();
        assert_eq!((child.name(), child.written_name()), ("title", "dc:title"));
    }

    #[test]
    fn everything_can_be_read_step_by_step() {
        let steps = |text| {
            let mut xml = Xml::new(text);
            let mut steps = vec![xml.root().unwrap().attributes().collect::<Vec<_>>().join(",")];
            loop {
                match xml.step() {
                    Ok(Step::Enter(element)) => {
                        steps.push(format!(
                            "{}({})",
                            element.name(),
                            element.attributes().collect::<Vec<_>>().join(",")
                        ));
                    }
                    Ok(Step::Text) => steps.push("text".to_owned()),
                    Ok(Step::Leave) => steps.push("end".to_owned()),
                    Err(error) => return (steps.join(" "), error.to_string()),
                }
            }
        };
        let (seen, end) = steps("<r xmlns='u' xmlns:x='v' x:a='1'> <b c='2' d='3'/> t <![CDATA[u]]><e>&amp;</e></r>");
        assert_eq!(seen, "a b(c,d) end text text e() text end end");
        assert!(end.ends_with("cut short"), "{end}");
    }

    #[test]
    fn attributes_are_found_by_name() {
        let mut xml = Xml::new("<r a='1' b=\"x\"/>");
        let root = xml.root().unwrap();
        assert!(root.has("b", "x"));
        assert!(!root.has("c", "x"));
        assert_eq!(root.attribute("a").as_deref(), Some("1"));
    }

    #[test]
    fn what_is_no_whole_xml_is_malformed() {
        for text in ["", " ", "Rate exceeded.", "<r>", "<r><a></r>", "<r><a", "<r><a>1", "{}", "<r></a></r>"] {
            assert_eq!(names(text).map_err(|error| error.code()), Err("malformed"), "{text}");
        }
    }

    #[test]
    fn messages_are_short_and_readable_whatever_the_names_in_the_document() {
        for name in ["a\u{202e}\0b".to_owned(), "a".repeat(10_000)] {
            let error = names(&format!("<r><{name}></r>")).unwrap_err().to_string();
            assert!(!error.contains(char::is_control) && !error.contains('\u{202e}'), "{error:?}");
            assert!(error.chars().count() < 250, "{error}");
        }
    }

    #[test]
    fn entities_are_not_expanded() {
        let bomb = "<!DOCTYPE r [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\"><!ENTITY f SYSTEM \"file:///etc/passwd\">]>\
                    <r><x>&b;&f;</x></r>";
        assert_eq!(names(bomb).unwrap(), ["x=&b;&f;"]);
    }

    #[test]
    fn deep_nesting_is_refused() {
        let deep = format!("<r>{}{}</r>", "<a>".repeat(100_000), "</a>".repeat(100_000));
        let error = names(&deep).unwrap_err().to_string();
        assert!(error.contains("nested too deeply"), "{error}");
    }

    #[test]
    fn a_lone_ampersand_is_text() {
        assert_eq!(names("<r><a>A & B</a></r>").unwrap(), ["a=A & B"]);
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(pieces in prop::collection::vec(
            prop::sample::select(vec!["<a>", "</a>", "<a", "b='1'", ">", "&", ";", "<!--", "-->", "<![CDATA[", "]]>", "<?", "é", "/>"]),
            0..40,
        )) {
            let _ = names(&pieces.concat());
        }
    }
}

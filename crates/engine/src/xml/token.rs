//! Cuts XML into tags and text, in one pass. Quick because it does little: names of attributes and their values are looked at
//! only when somebody asks ([`BytesStart`]), text stays as it is written, and nothing is kept but the names of open elements.

use memchr::{memchr, memchr3, memmem};
use quick_xml::events::BytesStart;

/// What comes next.
#[derive(Debug)]
pub(super) enum Token<'a> {
    /// An element begins; an empty one ends with the next token.
    Start(BytesStart<'a>),
    /// The element that began last and has not ended ends.
    End,
    /// Text as it is written, entities included.
    Text(&'a str),
    /// What is in a `<![CDATA[…]]>`.
    Raw,
    /// Comments, declarations, instructions.
    Aside,
    /// Nothing.
    Over,
}

/// Text on its way to tokens.
#[derive(Debug)]
pub(super) struct Tokens<'a> {
    rest: &'a str,
    open: Vec<&'a str>,
    /// The element that began last was an empty one: its end is the next token.
    ends: bool,
}

impl<'a> Tokens<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { rest: text, open: Vec::with_capacity(16), ends: false }
    }

    /// What is not read yet.
    pub fn rest(&self) -> &'a str {
        self.rest
    }

    /// How many elements are open, an empty one until its end was told.
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// The next token, or what is wrong with it.
    pub fn next(&mut self) -> Result<Token<'a>, String> {
        if std::mem::take(&mut self.ends) {
            self.open.pop();
            return Ok(Token::End);
        }
        match memchr(b'<', self.rest.as_bytes()) {
            Some(0) => self.markup(),
            Some(length) => Ok(Token::Text(self.take(length))),
            None if self.rest.is_empty() => Ok(Token::Over),
            None => Ok(Token::Text(self.take(self.rest.len()))),
        }
    }

    fn markup(&mut self) -> Result<Token<'a>, String> {
        match self.rest.as_bytes().get(1) {
            Some(b'/') => self.end(),
            Some(b'?') => self.past("?>").map(|()| Token::Aside),
            Some(b'!') if self.rest.starts_with("<!--") => self.past("-->").map(|()| Token::Aside),
            Some(b'!') if self.rest.starts_with("<![CDATA[") => self.past("]]>").map(|()| Token::Raw),
            Some(b'!') => self.declaration(),
            _ => self.start(),
        }
    }

    fn start(&mut self) -> Result<Token<'a>, String> {
        let inside = self.rest.get(1..).unwrap_or_default();
        let length = tag_length(inside.as_bytes()).ok_or("a tag does not end")?;
        let content = inside.get(..length).unwrap_or_default();
        self.take(length + 2);
        let (content, is_empty) = content.strip_suffix('/').map_or((content, false), |content| (content, true));
        let name_end = content.bytes().position(|byte| byte.is_ascii_whitespace()).unwrap_or(content.len());
        let name = content.get(..name_end).unwrap_or_default();
        if name.is_empty() {
            return Err("a tag without a name".to_owned());
        }
        self.ends = is_empty;
        self.open.push(name);
        Ok(Token::Start(BytesStart::from_content(content, name.len())))
    }

    fn end(&mut self) -> Result<Token<'a>, String> {
        let inside = self.rest.get(2..).unwrap_or_default();
        let length = memchr(b'>', inside.as_bytes()).ok_or("a tag does not end")?;
        let name = inside.get(..length).unwrap_or_default().trim_ascii_end();
        self.take(length + 3);
        match self.open.pop() {
            Some(open) if open == name => Ok(Token::End),
            Some(open) => Err(format!("</{name}> where </{open}> was expected")),
            None => Err(format!("</{name}> without its beginning")),
        }
    }

    /// `<!DOCTYPE …>` and its kin, with what is declared inside.
    fn declaration(&mut self) -> Result<Token<'a>, String> {
        let mut depth = 0_usize;
        for (at, byte) in self.rest.bytes().enumerate() {
            match byte {
                b'<' => depth += 1,
                b'>' if depth == 1 => {
                    self.take(at + 1);
                    return Ok(Token::Aside);
                }
                b'>' => depth -= 1,
                _ => {}
            }
        }
        Err("a declaration does not end".to_owned())
    }

    fn past(&mut self, end: &str) -> Result<(), String> {
        let at = memmem::find(self.rest.as_bytes(), end.as_bytes()).ok_or_else(|| format!("`{end}` is missing"))?;
        self.take(at + end.len());
        Ok(())
    }

    fn take(&mut self, length: usize) -> &'a str {
        // Cut at ASCII characters or at the end: always a boundary.
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }
}

/// Bytes up to the `>` that ends a tag; one in quotes does not.
fn tag_length(inside: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr3(b'>', b'"', b'\'', inside.get(at..)?)?;
        let byte = *inside.get(at)?;
        if byte == b'>' {
            return Some(at);
        }
        at += 1 + memchr(byte, inside.get(at + 1..)?)? + 1;
    }
}

//! Splits a query into tokens.

use super::{
    QueryError,
    chars::{self, Placed},
};

/// A token and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// Column of its first character, from 1.
    pub(super) column: usize,
    /// Whether white space (or nothing at all) stands before it.
    pub(super) spaced: bool,
    /// Whether marks that belong to no word (`–`, `?`) stand before it.
    pub(super) marked: bool,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A word as typed, without the marks before it.
    Word(String),
    /// The text between quotation marks, white space collapsed; it has something to search for.
    Phrase(String),
    /// Letters before a colon.
    Prefix(String),
    Open,
    Close,
    And,
    Or,
    /// `NOT`, or `-` right before a term.
    Not,
}

/// Splits the characters into tokens. Punctuation that stands alone is no token: nothing can be searched for it.
pub(super) fn tokens(chars: &[Placed]) -> Result<Vec<Token>, QueryError> {
    let mut lexer = Lexer { chars, at: 0, tokens: Vec::new(), spaced: true, marked: false };
    while let Some(char) = lexer.peek(0) {
        lexer.step(char)?;
    }
    Ok(lexer.tokens)
}

struct Lexer<'a> {
    chars: &'a [Placed],
    at: usize,
    tokens: Vec<Token>,
    spaced: bool,
    marked: bool,
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).map(|placed| placed.char)
    }

    fn column(&self) -> usize {
        self.chars.get(self.at).map_or(1, |placed| placed.column)
    }

    fn push(&mut self, kind: Kind, column: usize) {
        self.tokens.push(Token { kind, column, spaced: self.spaced, marked: self.marked });
        (self.spaced, self.marked) = (false, false);
    }

    /// Reads one token, one space or one mark that belongs to nothing.
    fn step(&mut self, char: char) -> Result<(), QueryError> {
        let column = self.column();
        match char {
            ' ' => {
                (self.spaced, self.marked) = (true, false);
                self.at += 1;
            }
            '(' if !self.word_begins_with_parentheses() => {
                self.at += 1;
                self.push(Kind::Open, column);
            }
            ')' => {
                self.at += 1;
                self.push(Kind::Close, column);
            }
            '-' if self.minus_negates() => {
                self.at += 1;
                self.push(Kind::Not, column);
            }
            quote if chars::is_quote(quote) => self.phrase(column)?,
            mark if chars::is_leading_mark(mark) => {
                self.marked = true;
                self.at += 1;
            }
            _ if self.prefix_length().is_some() => self.prefix(column),
            _ => self.word(column),
        }
        Ok(())
    }

    /// A minus negates when it begins a term: not within `a-b`, not after `)` as in `(+)-catechin`, not alone, not as a
    /// part of an arrow.
    fn minus_negates(&self) -> bool {
        let last = self.tokens.last().map(|token| &token.kind);
        let begins = self.spaced || matches!(last, Some(Kind::Open | Kind::Not | Kind::Prefix(_)));
        let next_is_term = self
            .peek(1)
            .is_some_and(|next| !matches!(next, ' ' | ')' | '>' | '<' | '=' | '|') && !chars::is_leading_mark(next));
        begins && next_is_term
    }

    fn phrase(&mut self, column: usize) -> Result<(), QueryError> {
        let rest = self.chars.get(self.at + 1..).unwrap_or_default();
        let Some(length) = rest.iter().position(|placed| chars::is_quote(placed.char)) else {
            return Err(QueryError::new(
                column,
                "this quotation is not closed",
                "put a \" after the last word of the phrase, or remove this one",
            ));
        };
        let inner = rest.get(..length).unwrap_or_default();
        if inner.iter().all(|placed| chars::is_punctuation(placed.char)) {
            return Err(QueryError::new(
                column,
                "there is nothing to search for between these quotation marks",
                "write words between them, or remove both",
            ));
        }
        self.at += length + 2;
        self.push(Kind::Phrase(chars::collapse(inner.iter().map(|placed| placed.char))), column);
        Ok(())
    }

    /// Length of the letters before a colon, when that is what stands here. An address (`https://…`) is a word.
    fn prefix_length(&self) -> Option<usize> {
        let rest = self.chars.get(self.at..).unwrap_or_default();
        let name: String =
            rest.iter().map(|placed| placed.char).take_while(|char| char.is_alphabetic() || *char == '_').collect();
        let length = name.chars().count();
        let is_colon = rest.get(length).is_some_and(|placed| placed.char == ':');
        let is_name = name.starts_with(char::is_alphabetic) && !is_operator(&name);
        (is_colon && is_name && !self.is_address()).then_some(length)
    }

    fn is_address(&self) -> bool {
        ["https://", "http://"].iter().any(|scheme| {
            scheme
                .chars()
                .enumerate()
                .all(|(index, char)| self.peek(index).is_some_and(|c| c.eq_ignore_ascii_case(&char)))
        })
    }

    fn prefix(&mut self, column: usize) {
        let length = self.prefix_length().unwrap_or_default();
        let name = self.chars.iter().skip(self.at).take(length).map(|placed| placed.char).collect();
        self.at += length + 1;
        self.push(Kind::Prefix(name), column);
    }

    fn word(&mut self, column: usize) {
        let mut text = String::new();
        while let Some(char) = self.peek(0) {
            if char == ' ' || char == ')' || chars::is_quote(char) {
                break;
            }
            if char == '(' {
                let Some(length) = self.tight_parentheses().filter(|_| !is_operator(&text)) else { break };
                text.extend(self.chars.iter().skip(self.at).take(length).map(|placed| placed.char));
                self.at += length;
            } else {
                text.push(char);
                self.at += 1;
            }
        }
        if text.chars().all(chars::is_punctuation) {
            return;
        }
        let kind = match text.trim_end_matches(chars::is_trailing_mark) {
            "AND" => Kind::And,
            "OR" => Kind::Or,
            "NOT" => Kind::Not,
            _ => Kind::Word(text),
        };
        self.push(kind, column);
    }

    /// Length of balanced parentheses that open here and hold neither white space nor quotation marks: in `CD4(+)`,
    /// `Cu(NH3)4` and `10.1016/S0140-6736(20)30183-5` they are part of the word.
    fn tight_parentheses(&self) -> Option<usize> {
        let mut depth = 0_usize;
        for (index, placed) in self.chars.iter().skip(self.at).enumerate() {
            match placed.char {
                '(' => depth += 1,
                ')' if depth == 1 => return Some(index + 1),
                ')' => depth = depth.checked_sub(1)?,
                ' ' => return None,
                quote if chars::is_quote(quote) => return None,
                _ => {}
            }
        }
        None
    }

    /// `(+)-catechin` and `(2R,3S)-butanediol` are words.
    fn word_begins_with_parentheses(&self) -> bool {
        self.tight_parentheses().is_some_and(|length| {
            self.peek(length) == Some('-') && self.peek(length + 1).is_some_and(char::is_alphanumeric)
        })
    }
}

fn is_operator(text: &str) -> bool {
    matches!(text, "AND" | "OR" | "NOT")
}

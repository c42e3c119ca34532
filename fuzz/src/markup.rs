//! Mutations of XML that leave its tags in pairs: whole elements are taken out, doubled, put elsewhere and renamed, and
//! the texts and values in them changed.

use std::ops::Range;

use libfuzzer_sys::fuzzer_mutate;

use crate::dice::{self, Dice, ODD};

/// Mutates the first `size` bytes of `data` in place; gives the new size. For `fuzz_mutator!`.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let mut dice = Dice::new(seed);
    if dice.one_in(4) {
        return fuzzer_mutate(data, size, max_size);
    }
    let mut text = String::from_utf8_lossy(&data[..size]).into_owned();
    for _ in 0..=dice.below(3) {
        edit(&mut text, &mut dice);
    }
    if text.len() > max_size.min(data.len()) {
        return fuzzer_mutate(data, size, max_size);
    }
    data[..text.len()].copy_from_slice(text.as_bytes());
    text.len()
}

fn edit(document: &mut String, dice: &mut Dice) {
    let Some(element) = element(document, dice) else { return };
    match dice.below(6) {
        0 => document.replace_range(element.whole(), ""),
        1 => {
            let double = document[element.whole()].repeat(1 + dice.below(20));
            document.insert_str(element.start, &double);
        }
        2 => {
            let moved = document[element.whole()].to_owned();
            if let Some(place) = self::element(document, dice) {
                document.insert_str(place.start, &moved);
            }
        }
        3 => {
            let Some(other) = self::element(document, dice) else { return };
            let name = document[other.name()].to_owned();
            rename(document, &element, &name);
        }
        4 => change_value(document, &element, dice),
        _ => change_text(document, &element, dice),
    }
}

/// Where an element stands: its `<`, the `>` of its start tag, the `<` of its end tag and what is behind it.
#[derive(Debug)]
struct Element {
    start: usize,
    name_end: usize,
    inside: Range<usize>,
    end: usize,
}

impl Element {
    fn whole(&self) -> Range<usize> {
        self.start..self.end
    }

    fn name(&self) -> Range<usize> {
        self.start + 1..self.name_end
    }
}

/// Some element of the document.
fn element(document: &str, dice: &mut Dice) -> Option<Element> {
    let starts = document.match_indices('<').map(|(at, _)| at);
    let starts: Vec<usize> = starts.filter(|&at| is_name(document.as_bytes().get(at + 1))).collect();
    let start = *starts.get(dice.below(starts.len()))?;
    let length = document[start..].find('>')?;
    let name = document[start + 1..].find(|c: char| c.is_whitespace() || matches!(c, '>' | '/'))?;
    let open = start + length + 1;
    let name_end = start + 1 + name;
    if document[start..open].ends_with("/>") {
        return Some(Element { start, name_end, inside: open..open, end: open });
    }
    let mut depth = 1_usize;
    let mut at = open;
    while let Some(next) = document[at..].find('<') {
        let tag = at + next;
        let behind = tag + document[tag..].find('>')? + 1;
        if document[tag..].starts_with("</") {
            depth -= 1;
            if depth == 0 {
                return Some(Element { start, name_end, inside: open..tag, end: behind });
            }
        } else if is_name(document.as_bytes().get(tag + 1)) && !document[tag..behind].ends_with("/>") {
            depth += 1;
        }
        at = behind;
    }
    None
}

fn is_name(byte: Option<&u8>) -> bool {
    byte.is_some_and(u8::is_ascii_alphabetic)
}

fn rename(document: &mut String, element: &Element, name: &str) {
    let old = document[element.name()].to_owned();
    if document[element.inside.end..].starts_with(&format!("</{old}")) {
        let at = element.inside.end + 2;
        document.replace_range(at..at + old.len(), name);
    }
    document.replace_range(element.name(), name);
}

/// Changes the value of an attribute, or adds one.
fn change_value(document: &mut String, element: &Element, dice: &mut Dice) {
    let tag = element.name_end..document[element.start..].find('>').map_or(element.name_end, |at| element.start + at);
    let quotes: Vec<usize> = document[tag.clone()].match_indices('"').map(|(at, _)| tag.start + at).collect();
    let Some(pair) = quotes.chunks_exact(2).nth(dice.below(quotes.len() / 2)) else {
        document.insert_str(element.name_end, &format!(" a=\"{}\"", harmless(dice.pick(&ODD))));
        return;
    };
    let value = pair[0] + 1..pair[1];
    let changed = harmless(&dice::text(&document[value.clone()], dice));
    document.replace_range(value, &changed);
}

/// Changes the text inside, when it holds no elements; else puts some text in.
fn change_text(document: &mut String, element: &Element, dice: &mut Dice) {
    let inside = &document[element.inside.clone()];
    if inside.contains('<') || dice.one_in(8) {
        document.insert_str(element.inside.start, dice.pick(&ODD));
        return;
    }
    let changed = harmless(&dice::text(inside, dice));
    document.replace_range(element.inside.clone(), &changed);
}

fn harmless(text: &str) -> String {
    text.replace(['<', '>', '"'], "")
}

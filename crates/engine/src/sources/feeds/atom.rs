//! Atom 1.0 (RFC 4287), and what of 0.3 is spelled alike.

use super::{
    super::language,
    document::{Reading, own_name},
    entry::{Draft, html, unescaped},
    vocabulary::{self, first},
};
use crate::{
    source::SourceError,
    xml::{Element, Xml},
};

/// Reads the inside of the root.
pub(super) fn read(xml: &mut Xml<'_>, root: &Element<'_>, reading: &mut Reading<'_>) -> Result<(), SourceError> {
    let prefix = root.written_name().strip_suffix("feed").unwrap_or_default();
    reading.language = root.attribute("xml:lang").and_then(|code| language::short(&code));
    loop {
        let mark = xml.rest();
        let Some(child) = xml.child()? else { return Ok(()) };
        match own_name(&child, prefix) {
            "entry" => {
                let draft = entry(xml, &child, prefix)?;
                reading.take(xml.since(mark), draft);
            }
            "title" => first(&mut reading.title, text_of(&child, xml.inner()?)),
            _ => xml.skip()?,
        }
    }
}

fn entry(xml: &mut Xml<'_>, element: &Element<'_>, prefix: &str) -> Result<Draft, SourceError> {
    let language = element.attribute("xml:lang").and_then(|code| language::short(&code));
    let mut draft = Draft { language, ..Draft::default() };
    while let Some(child) = xml.child()? {
        match own_name(&child, prefix) {
            "id" => draft.id = unescaped(xml.inner()?),
            "title" => first(&mut draft.title, text_of(&child, xml.inner()?)),
            "summary" => first(&mut draft.summary, text_of(&child, xml.inner()?)),
            "content" => first(&mut draft.content, content(&child, xml.inner()?)),
            "published" | "issued" | "created" => first(&mut draft.published, unescaped(xml.inner()?)),
            "updated" | "modified" => first(&mut draft.updated, unescaped(xml.inner()?)),
            "author" => draft.names.extend(name(xml, prefix)?),
            "category" => {
                draft.topics.extend(child.attribute("term").and_then(|term| unescaped(&term)));
                xml.skip()?;
            }
            "link" => {
                if child.attribute("rel").is_none_or(|rel| rel == "alternate") {
                    first(&mut draft.link, child.attribute("href").and_then(|href| unescaped(&href)));
                }
                xml.skip()?;
            }
            other => vocabulary::take(&mut draft, other, xml)?,
        }
    }
    Ok(draft)
}

/// A text construct: plain text, or markup that is escaped (`html`) or stands there (`xhtml`).
fn text_of(element: &Element<'_>, raw: &str) -> Option<String> {
    match element.attribute("type").as_deref() {
        None | Some("text" | "text/plain") => unescaped(raw),
        Some(_) => html(raw),
    }
}

/// Content may be anything: only text is taken.
fn content(element: &Element<'_>, raw: &str) -> Option<String> {
    let is_text = element
        .attribute("type")
        .is_none_or(|kind| matches!(&*kind, "text" | "html" | "xhtml") || kind.starts_with("text/"));
    if is_text { text_of(element, raw) } else { None }
}

fn name(xml: &mut Xml<'_>, prefix: &str) -> Result<Option<String>, SourceError> {
    let mut name = None;
    while let Some(child) = xml.child()? {
        match own_name(&child, prefix) {
            "name" => first(&mut name, unescaped(xml.inner()?)),
            _ => xml.skip()?,
        }
    }
    Ok(name)
}

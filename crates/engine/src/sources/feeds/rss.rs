//! RSS 2.0 and what came before it, and RSS 1.0, whose entries stand beside the channel and not in it.

use super::{
    super::language,
    document::Reading,
    entry::{Draft, html, unescaped},
    vocabulary::{self, first},
};
use crate::{
    source::SourceError,
    xml::{Element, Xml},
};

/// Reads the inside of the root, or of a channel.
pub(super) fn read(xml: &mut Xml<'_>, reading: &mut Reading<'_>) -> Result<(), SourceError> {
    loop {
        let mark = xml.rest();
        let Some(child) = xml.child()? else { return Ok(()) };
        match child.written_name() {
            "channel" => read(xml, reading)?,
            "item" => {
                let draft = item(xml, &child)?;
                reading.take(xml.since(mark), draft);
            }
            "title" => first(&mut reading.title, html(xml.inner()?)),
            "language" | "dc:language" => first(&mut reading.language, language::short(xml.inner()?)),
            "ttl" => reading.document.ttl = xml.inner()?.trim().parse().ok(),
            "skipHours" => skip_hours(xml, &mut reading.document.skip_hours)?,
            _ => xml.skip()?,
        }
    }
}

fn skip_hours(xml: &mut Xml<'_>, hours: &mut Vec<u32>) -> Result<(), SourceError> {
    while xml.child()?.is_some() {
        // Midnight is written as 24 here and there.
        let hour = xml.inner()?.trim().parse::<u32>().ok().filter(|hour| *hour <= 24).map(|hour| hour % 24);
        if hours.len() < 24 {
            hours.extend(hour);
        }
    }
    Ok(())
}

fn item(xml: &mut Xml<'_>, element: &Element<'_>) -> Result<Draft, SourceError> {
    let about = element.attribute("rdf:about").and_then(|about| unescaped(&about));
    let mut draft = Draft::default();
    while let Some(child) = xml.child()? {
        match child.written_name() {
            "title" => first(&mut draft.title, html(xml.inner()?)),
            "link" => first(&mut draft.link, unescaped(xml.inner()?)),
            "description" => first(&mut draft.summary, html(xml.inner()?)),
            "pubDate" => first(&mut draft.published, unescaped(xml.inner()?)),
            "author" => draft.names.extend(html(xml.inner()?)),
            "category" => draft.topics.extend(html(xml.inner()?)),
            "guid" => {
                let is_link = !child.has("isPermaLink", "false");
                draft.id = unescaped(xml.inner()?);
                if is_link && draft.id.as_deref().is_some_and(|id| id.starts_with("http")) {
                    first(&mut draft.link, draft.id.clone());
                }
            }
            other => vocabulary::take(&mut draft, other, xml)?,
        }
    }
    first(&mut draft.id, about);
    draft.language = draft.language.as_deref().and_then(language::short);
    Ok(draft)
}

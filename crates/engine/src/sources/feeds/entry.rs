//! One entry of a feed, whatever its form, and the record that it becomes.

use chrono::{DateTime, Utc};
use url::Url;

use crate::{
    dates, identifier,
    item::{Author, DateKind, Identifier, OaStatus, PartialDate, Record, Relation, RelationKind, WorkType},
    names,
    source::SourceId,
    text,
};

/// Longest id that is kept as it is, in bytes.
const MAX_ID: usize = 300;
/// Longest text that is shown, and longest that is looked through beyond that, in characters.
const MAX_SHOWN: usize = 4_000;
const MAX_BEYOND: usize = 40_000;
/// How much of its text stands for the title of an entry that has none.
const MAX_TITLE: usize = 100;

/// An entry, read.
#[derive(Debug)]
pub(super) struct Entry {
    pub record: Record,
    /// Text that is looked through and not shown: feeds may carry whole articles.
    pub beyond: String,
}

/// What is known of an entry, in whatever form it came.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// `guid` or `id`, as it is written.
    pub id: Option<String>,
    pub link: Option<String>,
    pub title: Option<String>,
    pub summary: Option<String>,
    pub content: Option<String>,
    /// Names as they are written; one may hold several.
    pub names: Vec<String>,
    /// Dates in the order in which they are believed.
    pub issued: Option<String>,
    pub published: Option<String>,
    pub updated: Option<String>,
    pub topics: Vec<String>,
    pub identifiers: Vec<Identifier>,
    pub venue: Option<String>,
    pub volume: Option<String>,
    pub issue: Option<String>,
    pub first_page: Option<String>,
    pub last_page: Option<String>,
    pub issn: Vec<String>,
    pub language: Option<String>,
    /// What arXiv announces it as: `new`, `cross`, `replace`, `replace-cross`.
    pub announced: Option<String>,
}

impl Draft {
    /// Whether arXiv only says that there is a new version.
    pub fn is_repeated(&self) -> bool {
        self.announced.as_deref().is_some_and(|kind| kind.trim().to_ascii_lowercase().starts_with("replace"))
    }

    /// The entry; `None` when there is nothing to call it by. `raw` is what it was read from, `base` where that came from.
    pub fn entry(mut self, raw: &[u8], base: Option<&Url>, now: Option<DateTime<Utc>>) -> Option<Entry> {
        let link = self.link.take().and_then(|link| web_address(&link, base));
        let mut ids = std::mem::take(&mut self.identifiers);
        ids.extend(link.as_ref().and_then(|link| identifier::from_url(link.as_str())));
        let arxiv_id = ids.iter().find_map(|id| if let Identifier::Arxiv(id) = id { Some(id.clone()) } else { None });
        let doi = ids.iter().find_map(|id| if let Identifier::Doi(id) = id { Some(id.clone()) } else { None });
        let pmid = ids.iter().find_map(|id| if let Identifier::Pmid(id) = id { Some(id.clone()) } else { None });
        let kind = match (&arxiv_id, &doi, &pmid) {
            (Some(_), ..) => WorkType::Preprint,
            (None, None, None) => WorkType::News,
            _ => WorkType::Article,
        };
        if kind == WorkType::Preprint {
            self.mend_arxiv();
        }
        let date = self.date(kind, now);
        let (shown, beyond) = self.texts(kind);
        let title = self.title.take().or_else(|| Some(text::shortened(shown.as_deref()?, MAX_TITLE)))?;
        let published = doi.clone().filter(|_| arxiv_id.is_some()).map(Identifier::Doi);
        let record = Record {
            source: SourceId::Feeds,
            source_id: self.name(link.as_ref(), base, &title, date.as_ref()),
            authors: self.names.iter().flat_map(|names| authors(names, kind)).collect(),
            abstract_text: shown.map(Into::into),
            date,
            pages: pages(self.first_page, self.last_page),
            language: self.language,
            url: link.map(String::from),
            oa_status: arxiv_id.as_ref().map(|_| OaStatus::Green),
            version_of: published
                .map(|target| Relation { kind: RelationKind::PreprintOf, target })
                .into_iter()
                .collect(),
            raw_hash: text::raw_hash(raw),
            venue: self.venue,
            volume: self.volume,
            issue: self.issue,
            issn: self.issn,
            topics: self.topics,
            doi,
            arxiv_id,
            pmid,
            kind,
            title,
            ..Record::default()
        };
        Some(Entry { record, beyond })
    }

    /// By its id where it has one, else by its link, else by what it says. Short ids such as `17` are numbers within one feed.
    fn name(&self, link: Option<&Url>, base: Option<&Url>, title: &str, date: Option<&PartialDate>) -> String {
        let hashed = |parts: &[&str]| text::digest(parts.join("\0").as_bytes());
        let feed = base.map_or("", Url::as_str);
        match (self.id.as_deref().map(str::trim).filter(|id| !id.is_empty()), link) {
            (Some(id), _) if id.len() > MAX_ID => hashed(&[feed, id]),
            (Some(id), _) if id.contains(':') => id.to_owned(),
            (Some(id), _) => format!("{}:{id}", hashed(&[feed])),
            (None, Some(link)) if link.as_str().len() <= MAX_ID => link.to_string(),
            (None, Some(link)) => hashed(&[link.as_str()]),
            (None, None) => hashed(&[title, &date.map(ToString::to_string).unwrap_or_default()]),
        }
    }

    fn date(&self, kind: WorkType, now: Option<DateTime<Utc>>) -> Option<PartialDate> {
        let kind = if kind == WorkType::Preprint { DateKind::Preprint } else { DateKind::Published };
        let mut written = [&self.issued, &self.published, &self.updated].into_iter().flatten();
        let date = written.find_map(|date| dates::any_form(date, kind))?;
        Some(match now {
            Some(now) => dates::not_after(date, now),
            None => date,
        })
    }

    /// The text that is shown, and the text beyond it. Of a work both are its abstract, written twice: the longer one is
    /// shown. Of anything else the content may be a whole article.
    fn texts(&mut self, kind: WorkType) -> (Option<String>, String) {
        let (summary, content) = (self.summary.take(), self.content.take());
        let (shown, beyond) = match (summary, content) {
            (Some(summary), Some(content)) if kind == WorkType::News => (Some(summary), content),
            (Some(summary), Some(content)) => {
                (Some(if content.len() > summary.len() { content } else { summary }), String::new())
            }
            (summary, content) => (summary.or(content), String::new()),
        };
        let (short, long) = match shown {
            // What is cut off is still looked through.
            Some(text) if text.chars().nth(MAX_SHOWN).is_some() => (Some(text::shortened(&text, MAX_SHOWN)), text),
            other => (other, String::new()),
        };
        let beyond = if beyond.is_empty() { long } else { beyond };
        (short, text::shortened(&beyond, MAX_BEYOND))
    }

    /// arXiv writes `arXiv:2401.01234v1 Announce Type: new Abstract: …` before the abstract, and used to write its id behind
    /// the title.
    fn mend_arxiv(&mut self) {
        if let Some(summary) = &self.summary
            && summary.starts_with("arXiv:")
            && let Some((_, rest)) = summary.split_once("Abstract: ")
        {
            self.summary = Some(rest.to_owned());
        }
        if let Some(title) = &self.title
            && title.ends_with(')')
            && let Some((rest, _)) = title.rsplit_once(" (arXiv:")
        {
            self.title = Some(rest.trim_end_matches('.').to_owned());
        }
        self.venue = self.venue.take().or_else(|| Some("arXiv".to_owned()));
    }
}

/// Markup as feeds carry it: escaped, or in CDATA sections.
pub(super) fn html(raw: &str) -> Option<String> {
    if raw.contains("<![CDATA[") {
        return text::plain_some(&raw.replace("<![CDATA[", "").replace("]]>", ""));
    }
    text::plain_some(raw)
}

/// Text that holds no markup.
pub(super) fn unescaped(raw: &str) -> Option<String> {
    Some(text::unescaped(raw)).filter(|text| !text.is_empty()).map(Into::into)
}

/// An address of the web, relative to where the feed came from.
fn web_address(link: &str, base: Option<&Url>) -> Option<Url> {
    let link = link.trim();
    let url = base.map_or_else(|| Url::parse(link), |base| base.join(link)).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

/// The authors in one name element: feeds write `Doe, Jane`, `Jane Doe and John Roe`, `Jane Doe, John Roe`, and mail
/// addresses with the name in parentheses.
fn authors(written: &str, kind: WorkType) -> Vec<Author> {
    let written = match written.split_once('(') {
        Some((address, name)) if address.contains('@') => name.trim_end().trim_end_matches(')'),
        _ if written.contains('@') => return Vec::new(),
        _ => written,
    };
    // The comma of a turned name has one word before it; a list has whole names.
    let is_list = kind == WorkType::Preprint || written.split(',').all(|part| part.trim().contains(' '));
    let parts = written.split(';').flat_map(|part| part.split(" and "));
    let parts = parts.flat_map(|part| if is_list { part.split(',').collect() } else { vec![part] });
    parts.filter_map(names::displayed).collect()
}

fn pages(first: Option<String>, last: Option<String>) -> Option<String> {
    match (first, last) {
        (Some(first), Some(last)) if first != last => Some(format!("{first}-{last}")),
        (first, last) => first.or(last),
    }
}

//! Makes the work that is shown out of the records that tell of it. Nothing is lost: the records stay; every field
//! shows whom it comes from.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use super::{
    authority::{self, Authority},
    doi,
    facts::{Facts, Stage},
    version,
};
use crate::{
    item::{Author, OaStatus, PartialDate, Record, WorkType},
    source::SourceId,
    text,
    work::{CitationCount, JoinedBy, RecordRef, SharedRecord, Version, Work},
};

/// Topics shown at most.
const MOST_TOPICS: usize = 32;
/// Longest topic shown, in bytes.
const LONGEST_TOPIC: usize = 120;
/// Abstracts outside of these lengths, in bytes, are snippets or whole texts.
const SANE_ABSTRACT: std::ops::RangeInclusive<usize> = 80..=20_000;

/// The work that these records tell of. `members` come in an order that does not depend on arrival.
pub(super) fn work(id: String, members: &[u32], records: &[SharedRecord], facts: &[Arc<Facts>]) -> Work {
    let groups = version::group(members, records, facts);
    let mut tellers = Vec::with_capacity(members.len());
    for (at, group) in groups.iter().enumerate() {
        tellers.extend(group.iter().map(|&record| Teller { record: &records[record as usize], version: at }));
    }
    let mut composer = Composer { tellers, provenance: Vec::with_capacity(20) };
    let versions = versions(&groups, records, facts);
    let mut work = composer.fields(id);
    work.provenance = composer.provenance.iter().map(|&(field, source)| (Cow::Borrowed(field), source)).collect();
    work.versions = versions;
    work
}

/// A record that tells of the work.
#[derive(Debug, Clone, Copy)]
struct Teller<'a> {
    record: &'a Record,
    /// Which version it tells of, from 0, the best.
    version: usize,
}

struct Composer<'a> {
    tellers: Vec<Teller<'a>>,
    provenance: Vec<(&'static str, SourceId)>,
}

impl<'a> Composer<'a> {
    fn fields(&mut self, id: String) -> Work {
        let kind = self.kind();
        let place = self.place();
        Work {
            id,
            title: self.title(),
            authors: self.authors(),
            abstract_text: self.abstract_text(),
            date: self.date(),
            venue: self.text("venue", authority::PLACE, |record| record.venue.as_deref()),
            volume: self.placed("volume", place, |record| record.volume.as_deref()),
            issue: self.placed("issue", place, |record| record.issue.as_deref()),
            pages: self.placed("pages", place, |record| record.pages.as_deref()),
            kind,
            language: self.text("language", authority::PLACE, |record| record.language.as_deref()),
            doi: self.doi(),
            arxiv_id: self.text("arxiv_id", authority::RECORD, |record| record.arxiv_id.as_deref()),
            pmid: self.text("pmid", authority::RECORD, |record| record.pmid.as_deref()),
            pmcid: self.text("pmcid", authority::RECORD, |record| record.pmcid.as_deref()),
            url: self.text("url", authority::ADDRESS, |record| record.url.as_deref()),
            pdf_url: self.text("pdf_url", authority::OPEN_COPY, open_copy),
            oa_status: self.oa_status(),
            licence: self.licence(),
            citations: self.citations(),
            topics: self.topics(),
            is_retracted: self.is_retracted(),
            retraction_notice_doi: self
                .text("retraction_notice_doi", authority::RECORD, |record| record.retraction_notice_doi.as_deref()),
            provenance: BTreeMap::new(),
            sources: self.sources(),
            versions: Vec::new(),
            score: 0.0,
            why: None,
        }
    }

    /// The best of those who say something: first by version, then by `penalty`, then by authority.
    fn best<T>(
        &self,
        authority: Authority,
        get: impl Fn(&'a Record) -> Option<T>,
        penalty: impl Fn(&'a Record) -> u32,
    ) -> Option<(T, SourceId)> {
        let best = self.tellers.iter().filter_map(|teller| Some((get(teller.record)?, teller))).min_by_key(
            |(_, teller)| (teller.version, penalty(teller.record), authority::rank(authority, teller.record.source)),
        )?;
        Some((best.0, best.1.record.source))
    }

    fn text(
        &mut self,
        field: &'static str,
        authority: Authority,
        get: impl Fn(&'a Record) -> Option<&'a str>,
    ) -> Option<String> {
        let (value, source) = self.best(authority, |record| get(record).filter(|text| !text.is_empty()), |_| 0)?;
        self.provenance.push((field, source));
        Some(value.to_owned())
    }

    /// The title of the best version; one in capitals only if there is no other.
    fn title(&mut self) -> String {
        let shouts = |record: &Record| u32::from(is_capitals(&record.title));
        let best = self.best(authority::RECORD, |record| Some(record.title.as_str()), shouts);
        let Some((title, source)) = best else { return String::new() };
        self.provenance.push(("title", source));
        title.to_owned()
    }

    /// The DOI of the best version; arXiv's own only if nobody knows another.
    fn doi(&mut self) -> Option<String> {
        let get = |record: &'a Record| record.doi.as_deref().filter(|doi| !doi.is_empty());
        let alias = |record: &Record| u32::from(record.doi.as_deref().is_some_and(|doi| doi::arxiv_id(doi).is_some()));
        let (value, source) = self.best(authority::RECORD, get, alias)?;
        self.provenance.push(("doi", source));
        Some(value.to_owned())
    }

    /// The byline of the best version. A list that is much shorter than another one of the same version is cut off.
    fn authors(&mut self) -> Arc<[Author]> {
        let mut longest = [0_usize; 4];
        for teller in &self.tellers {
            if let Some(longest) = longest.get_mut(teller.version) {
                *longest = teller.record.authors.len().max(*longest);
            }
        }
        let longest = longest.into_iter().find(|&length| length > 0).unwrap_or(0);
        let get = |record: &'a Record| (!record.authors.is_empty()).then_some(&record.authors);
        let cut = |record: &Record| u32::from(record.authors.len() * 10 < longest * 9);
        let Some((authors, source)) = self.best(authority::RECORD, get, cut) else { return Arc::default() };
        self.provenance.push(("authors", source));
        Arc::clone(authors)
    }

    /// The longest abstract that may be republished, when it is not a stub; else the longest of all.
    fn abstract_text(&mut self) -> Option<Arc<str>> {
        let longest = |admit: &dyn Fn(&Record, usize) -> bool| {
            let mut best: Option<(usize, &'a Record)> = None;
            for teller in &self.tellers {
                let length = teller.record.abstract_text.as_ref().map_or(0, |text| text.len());
                if length > best.map_or(0, |(length, _)| length) && admit(teller.record, length) {
                    best = Some((length, teller.record));
                }
            }
            best
        };
        let free = longest(&|record, length| record.abstract_licence_ok && SANE_ABSTRACT.contains(&length));
        let any = longest(&|_, length| SANE_ABSTRACT.contains(&length))
            .or_else(|| longest(&|_, length| length <= *SANE_ABSTRACT.end()));
        let (_, record) = match (free, any) {
            (Some(free), Some(any)) if free.0 * 2 >= any.0 => free,
            (_, any) => any?,
        };
        self.provenance.push(("abstract", record.source));
        record.abstract_text.clone()
    }

    /// The date of the best version; the day on which a record was made counts only when there is no other.
    fn date(&mut self) -> Option<PartialDate> {
        let weak = |record: &Record| {
            u32::from(record.date.as_ref().is_some_and(|date| date.kind == crate::item::DateKind::Created))
        };
        let (date, source) = self.best(authority::DATE, |record| record.date.as_ref(), weak)?;
        self.provenance.push(("date", source));
        Some(date.clone())
    }

    /// The record whose volume, issue and pages are shown: they only make sense together.
    fn place(&self) -> Option<&'a Record> {
        let get = |record: &'a Record| (record.volume.is_some() || record.pages.is_some()).then_some(record);
        let partial = |record: &Record| u32::from(record.volume.is_none()) + u32::from(record.pages.is_none());
        self.best(authority::PLACE, get, partial).map(|(record, _)| record)
    }

    fn placed(
        &mut self,
        field: &'static str,
        place: Option<&'a Record>,
        get: impl Fn(&'a Record) -> Option<&'a str>,
    ) -> Option<String> {
        let record = place?;
        let value = get(record).filter(|text| !text.is_empty())?;
        self.provenance.push((field, record.source));
        Some(value.to_owned())
    }

    fn kind(&mut self) -> WorkType {
        let vague = |record: &Record| match record.kind {
            WorkType::Notice => 0,
            WorkType::Other => 3,
            WorkType::Web => 2,
            _ => 1,
        };
        let Some((kind, source)) = self.best(authority::KIND, |record| Some(record.kind), vague) else {
            return WorkType::Other;
        };
        self.provenance.push(("type", source));
        kind
    }

    fn oa_status(&mut self) -> Option<OaStatus> {
        let known = self.tellers.iter().filter_map(|teller| Some((teller.record.oa_status?, teller.record.source)));
        let (status, source) =
            known.min_by_key(|&(status, source)| (openness(status), authority::rank(authority::OPEN_COPY, source)))?;
        self.provenance.push(("oa_status", source));
        Some(status)
    }

    /// A licence that lets people use the text, from whatever version; else what is said of the best version.
    fn licence(&mut self) -> Option<String> {
        let get = |record: &'a Record| record.licence.as_deref().filter(|licence| !licence.is_empty());
        let open = self
            .tellers
            .iter()
            .filter_map(|teller| {
                Some((get(teller.record).filter(|licence| is_open_licence(licence))?, teller.record.source))
            })
            .min_by_key(|&(_, source)| authority::rank(authority::LICENCE, source));
        let (licence, source) = open.or_else(|| self.best(authority::LICENCE, get, |_| 0))?;
        self.provenance.push(("licence", source));
        Some(licence.to_owned())
    }

    /// One count for each source; where a source counts several versions, the highest. Never a sum.
    fn citations(&self) -> Vec<CitationCount> {
        let mut counts: Vec<CitationCount> = Vec::new();
        for teller in &self.tellers {
            let Some(count) = teller.record.citations else { continue };
            match counts.iter_mut().find(|known| known.source == teller.record.source) {
                Some(known) => known.count = known.count.max(count),
                None => counts.push(CitationCount { source: teller.record.source, count }),
            }
        }
        counts.sort_unstable_by_key(|count| count.source);
        counts
    }

    /// All topics once, whatever their capitals.
    fn topics(&self) -> Vec<String> {
        let mut topics: Vec<String> = Vec::new();
        for topic in self.tellers.iter().flat_map(|teller| &teller.record.topics) {
            if topics.len() == MOST_TOPICS {
                break;
            }
            let topic = topic.trim();
            let is_known = |topics: &[String]| topics.iter().any(|known| text::same_but_case(known, topic));
            if !topic.is_empty() && topic.len() <= LONGEST_TOPIC && !is_known(&topics) {
                topics.push(topic.to_owned());
            }
        }
        topics
    }

    fn is_retracted(&mut self) -> bool {
        let teller = self.tellers.iter().find(|teller| teller.record.is_retracted);
        if let Some(teller) = teller {
            self.provenance.push(("is_retracted", teller.record.source));
        }
        teller.is_some()
    }

    fn sources(&self) -> Vec<SourceId> {
        let mut sources: Vec<SourceId> = self.tellers.iter().map(|teller| teller.record.source).collect();
        sources.sort_unstable();
        sources.dedup();
        sources
    }
}

/// The versions with their records, and why each belongs.
fn versions(groups: &[Vec<u32>], records: &[SharedRecord], facts: &[Arc<Facts>]) -> Vec<Version> {
    let mut earlier: Vec<u32> = Vec::new();
    let mut versions = Vec::with_capacity(groups.len());
    for group in groups {
        let joined_by = group
            .iter()
            .map(|&record| version::reason(record, &earlier, facts))
            .min()
            .filter(|_| !earlier.is_empty())
            .unwrap_or(JoinedBy::First);
        versions.push(version_of(group, joined_by, records, facts));
        earlier.extend(group);
    }
    versions
}

fn version_of(group: &[u32], joined_by: JoinedBy, records: &[SharedRecord], facts: &[Arc<Facts>]) -> Version {
    let tellers = || group.iter().map(|&record| (&records[record as usize], &facts[record as usize]));
    let kind = tellers()
        .map(|(record, _)| {
            (
                matches!(record.kind, WorkType::Other | WorkType::Web),
                authority::rank(authority::KIND, record.source),
                record.kind,
            )
        })
        .min()
        .map_or(WorkType::Other, |(_, _, kind)| kind);
    let refs = group.iter().enumerate().map(|(at, &member)| {
        let record = &records[member as usize];
        RecordRef {
            source: record.source,
            source_id: record.source_id.clone(),
            rank: record.rank_native,
            url: record.url.clone(),
            joined_by: version::reason(member, &group[..at], facts),
        }
    });
    Version {
        kind,
        doi: tellers().find_map(|(record, facts)| {
            record.doi.clone().filter(|_| facts.own_doi().is_some() || facts.keys.doi.is_none())
        }),
        arxiv_id: tellers().find_map(|(_, facts)| {
            facts.keys.arxiv.as_deref().filter(|_| facts.stage == Stage::Draft).map(|key| key[1..].to_owned())
        }),
        pmid: tellers().find_map(|(record, _)| record.pmid.clone()),
        joined_by,
        records: refs.collect(),
    }
}

fn open_copy(record: &Record) -> Option<&str> {
    let is_open = match record.oa_status {
        Some(status) => status.is_open(),
        // Crossref's links are for text mining, mostly behind a wall.
        None => record.source != SourceId::Crossref,
    };
    record.pdf_url.as_deref().filter(|_| is_open)
}

const fn openness(status: OaStatus) -> u8 {
    match status {
        OaStatus::Diamond => 0,
        OaStatus::Gold => 1,
        OaStatus::Hybrid => 2,
        OaStatus::Green => 3,
        OaStatus::Bronze => 4,
        OaStatus::Open => 5,
        OaStatus::Closed => 6,
    }
}

fn is_open_licence(licence: &str) -> bool {
    let licence = licence.to_ascii_lowercase();
    ["creativecommons.org", "cc-", "cc0", "cc by", "public-domain", "publicdomain"]
        .iter()
        .any(|mark| licence.contains(mark))
}

fn is_capitals(title: &str) -> bool {
    let mut letters = title.chars().filter(|letter| letter.is_alphabetic());
    title.len() > 10 && letters.clone().next().is_some() && letters.all(|letter| !letter.is_lowercase())
}

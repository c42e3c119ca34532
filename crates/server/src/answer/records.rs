//! The records of an answer as bytes. Most of a record is text that its work says in the same words: what is kept of it then
//! is where that work stands, and what is the record's own.

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;
use engine::{
    item::Record,
    source::SourceId,
    work::{SharedRecord, Work},
};
use serde::{Deserialize, Serialize, Serializer, ser::SerializeMap};

use super::body::Body;
use crate::packing;

/// The first byte of records in this form; a zstd frame begins with another one.
const FORM: u8 = b't';
/// The form before: four fields are left out at most, and said in words.
const EARLIER_FORM: u8 = b's';
/// The form before that: the checksum is that of the body's plain form.
const EARLIEST_FORM: u8 = b'r';
/// Form and checksum of the body in which the works stand.
const HEAD: usize = 5;

/// What of a record stands in a work already: the work's place in the answer, and a bit for each of the [`Fields`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct InWork(u32, u32);

/// The fields that records and works have in common, each with its bit. Bits are kept in databases: new fields get new ones.
macro_rules! common {
    ($($field:ident = $bit:literal,)*) => {
        /// Which of these fields a record lacks.
        #[derive(Default)]
        struct Fields { $($field: bool,)* }

        impl InWork {
            /// What `record` says in the same words as the work at this place.
            fn of(record: &Record, work: &Work, place: u32) -> Self {
                Self(place, $((u32::from(record.$field == work.$field) << $bit))|*)
            }

            const fn fields(self) -> Fields {
                Fields { $($field: self.1 & (1 << $bit) != 0,)* }
            }

            /// Puts back what was left out.
            fn complete(self, record: &mut Record, work: &Work) {
                let lacks = self.fields();
                $(if lacks.$field { record.$field.clone_from(&work.$field); })*
            }
        }
    };
}

common! {
    title = 0,
    authors = 1,
    abstract_text = 2,
    topics = 3,
    kind = 4,
    date = 5,
    doi = 6,
    arxiv_id = 7,
    pmid = 8,
    pmcid = 9,
    venue = 10,
    volume = 11,
    issue = 12,
    pages = 13,
    language = 14,
    url = 15,
    pdf_url = 16,
    licence = 17,
    oa_status = 18,
    retraction_notice_doi = 19,
}

/// A record in one of the earlier forms.
#[derive(Deserialize)]
struct Earlier {
    lacks: Option<EarlierInWork>,
    record: Record,
}

#[derive(Deserialize)]
struct EarlierInWork {
    work: u32,
    title: bool,
    authors: bool,
    abstract_text: bool,
    topics: bool,
}

impl From<EarlierInWork> for InWork {
    fn from(EarlierInWork { work, title, authors, abstract_text, topics }: EarlierInWork) -> Self {
        let bits = [title, authors, abstract_text, topics].into_iter().enumerate();
        Self(work, bits.fold(0, |all, (bit, is_set)| all | u32::from(is_set) << bit))
    }
}

/// What of each record its work says in the same words.
pub(super) fn compare(records: &[SharedRecord], works: &[Work]) -> Vec<Option<InWork>> {
    let mut places: HashMap<(SourceId, &str), usize> = HashMap::with_capacity(records.len());
    for (place, work) in works.iter().enumerate() {
        for record in work.versions.iter().flat_map(|version| &version.records) {
            places.insert((record.source, &record.source_id), place);
        }
    }
    let find = |record: &SharedRecord| {
        let place = *places.get(&(record.source, record.source_id.as_str()))?;
        Some(InWork::of(record, works.get(place)?, u32::try_from(place).ok()?))
    };
    records.iter().map(find).collect()
}

/// The records without what stands in the works of `body`.
pub(super) fn pack(records: &[SharedRecord], in_works: &[Option<InWork>], body: &Body) -> Option<Bytes> {
    let own: Vec<_> = records
        .iter()
        .zip(in_works)
        .map(|(record, in_work)| (in_work, OwnPart(record, in_work.unwrap_or_default().fields())))
        .collect();
    let packed = packing::pack(&own)?;
    let mut bytes = Vec::with_capacity(HEAD + packed.len());
    bytes.push(FORM);
    bytes.extend_from_slice(&body.seal().crc32.to_le_bytes());
    bytes.extend_from_slice(&packed);
    Some(bytes.into())
}

/// The reverse of [`pack`]; `None` when they were packed beside another body. `read` gives the works.
pub(super) fn unpack(bytes: &[u8], body: &Body, read: impl FnOnce() -> Vec<Work>) -> Option<Vec<SharedRecord>> {
    let (head, packed) = bytes.split_at_checked(HEAD)?;
    let checksum = match head[0] {
        FORM | EARLIER_FORM => body.seal().crc32,
        EARLIEST_FORM => crc32fast::hash(&body.plain()),
        // As they were kept at first.
        _ => return packing::unpack_beside(bytes, &body.plain()),
    };
    if head[1..] != checksum.to_le_bytes() {
        return None;
    }
    let own: Vec<(Option<InWork>, Record)> = if head[0] == FORM {
        packing::unpack(packed)?
    } else {
        let earlier = packing::unpack::<Vec<Earlier>>(packed)?.into_iter();
        earlier.map(|Earlier { lacks, record }| (lacks.map(InWork::from), record)).collect()
    };
    let works = read();
    let whole = |(in_work, mut record): (Option<InWork>, Record)| {
        if let Some(in_work) = in_work {
            in_work.complete(&mut record, works.get(in_work.0 as usize)?);
        }
        Some(Arc::new(record))
    };
    own.into_iter().map(whole).collect()
}

/// A record without what its work says, written field by field: to copy it first would be most of the work.
struct OwnPart<'a>(&'a Record, Fields);

impl Serialize for OwnPart<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(record, lacks) = self;
        let mut fields = serializer.serialize_map(None)?;
        fields.serialize_entry("source", &record.source)?;
        fields.serialize_entry("source_id", &record.source_id)?;
        for (is_left_out, name, text) in [
            (lacks.doi, "doi", &record.doi),
            (lacks.arxiv_id, "arxiv_id", &record.arxiv_id),
            (lacks.pmid, "pmid", &record.pmid),
            (lacks.pmcid, "pmcid", &record.pmcid),
            (false, "openalex_id", &record.openalex_id),
            (false, "s2_id", &record.s2_id),
            (lacks.venue, "venue", &record.venue),
            (lacks.volume, "volume", &record.volume),
            (lacks.issue, "issue", &record.issue),
            (lacks.pages, "pages", &record.pages),
            (lacks.language, "language", &record.language),
            (lacks.url, "url", &record.url),
            (lacks.pdf_url, "pdf_url", &record.pdf_url),
            (lacks.licence, "licence", &record.licence),
            (lacks.retraction_notice_doi, "retraction_notice_doi", &record.retraction_notice_doi),
            (false, "via", &record.via),
        ] {
            unless(&mut fields, is_left_out || text.is_none(), name, text)?;
        }
        unless(&mut fields, lacks.title, "title", &record.title)?;
        unless(&mut fields, lacks.authors || record.authors.is_empty(), "authors", &record.authors)?;
        unless(&mut fields, lacks.abstract_text || record.abstract_text.is_none(), "abstract", &record.abstract_text)?;
        unless(&mut fields, lacks.topics || record.topics.is_empty(), "topics", &record.topics)?;
        unless(&mut fields, lacks.kind, "type", &record.kind)?;
        unless(&mut fields, lacks.date || record.date.is_none(), "date", &record.date)?;
        unless(&mut fields, lacks.oa_status || record.oa_status.is_none(), "oa_status", &record.oa_status)?;
        fields.serialize_entry("abstract_licence_ok", &record.abstract_licence_ok)?;
        fields.serialize_entry("rank_native", &record.rank_native)?;
        unless(&mut fields, record.citations.is_none(), "citations", &record.citations)?;
        unless(&mut fields, record.references_count.is_none(), "references_count", &record.references_count)?;
        unless(&mut fields, record.score_native.is_none(), "score_native", &record.score_native)?;
        unless(&mut fields, record.fetched_at.is_none(), "fetched_at", &record.fetched_at)?;
        unless(&mut fields, record.issn.is_empty(), "issn", &record.issn)?;
        unless(&mut fields, record.isbn.is_empty(), "isbn", &record.isbn)?;
        unless(&mut fields, record.version_of.is_empty(), "version_of", &record.version_of)?;
        unless(&mut fields, !record.is_retracted, "is_retracted", &record.is_retracted)?;
        unless(&mut fields, record.raw_hash.is_empty(), "raw_hash", &record.raw_hash)?;
        fields.end()
    }
}

fn unless<M: SerializeMap, T: Serialize>(
    fields: &mut M,
    is_left_out: bool,
    name: &str,
    value: &T,
) -> Result<(), M::Error> {
    if is_left_out { Ok(()) } else { fields.serialize_entry(name, value) }
}

#[cfg(test)]
mod tests {
    use engine::{
        item::{Author, DateKind, Identifier, OaStatus, PartialDate, Relation, RelationKind, WorkType},
        merge::Merger,
        work::Splits,
    };

    use super::*;

    fn record(source: SourceId, id: &str, title: &str, abstract_text: Option<&str>) -> SharedRecord {
        Arc::new(Record {
            source,
            source_id: id.to_owned(),
            doi: Some("10.5555/lamps".to_owned()),
            title: title.to_owned(),
            authors: [Author { name: "Ada Lichtmann".into(), ..Author::default() }].into(),
            abstract_text: abstract_text.map(Into::into),
            topics: vec![id.to_owned()],
            ..Record::default()
        })
    }

    fn body(works: &[Work]) -> Body {
        Body::new(serde_json::to_vec(&serde_json::json!({ "works": works })).unwrap())
    }

    /// A record that says all there is to say: whoever adds a field to records is asked for it here.
    fn full() -> Record {
        let text = || Some("x".to_owned());
        Record {
            source: SourceId::Crossref,
            source_id: "x".to_owned(),
            title: "Lamps".to_owned(),
            authors: [Author { name: "Ada Lichtmann".into(), ..Author::default() }].into(),
            abstract_text: Some("Light.".into()),
            kind: WorkType::Article,
            topics: text().into_iter().collect(),
            doi: text(),
            arxiv_id: text(),
            pmid: text(),
            pmcid: text(),
            openalex_id: text(),
            s2_id: text(),
            abstract_licence_ok: true,
            date: Some(PartialDate { year: 2020, month: Some(1), day: None, kind: DateKind::Published }),
            venue: text(),
            volume: text(),
            issue: text(),
            pages: text(),
            issn: text().into_iter().collect(),
            isbn: text().into_iter().collect(),
            language: text(),
            url: text(),
            pdf_url: text(),
            oa_status: Some(OaStatus::Gold),
            licence: text(),
            citations: Some(1),
            references_count: Some(2),
            is_retracted: true,
            retraction_notice_doi: text(),
            version_of: vec![Relation { kind: RelationKind::VersionOf, target: Identifier::Doi("x".to_owned()) }],
            score_native: Some(0.5),
            rank_native: 3,
            fetched_at: Some(chrono::DateTime::UNIX_EPOCH),
            via: text(),
            raw_hash: "x".to_owned(),
        }
    }

    /// Records of one work that say different things, one of another, and one that is in none.
    fn example() -> (Vec<SharedRecord>, Vec<Work>) {
        let long = "All lamps give light; some lamps learn. ".repeat(20);
        let mut records = vec![
            record(SourceId::Crossref, "a", "Lamps that learn", None),
            record(SourceId::Pubmed, "b", "Lamps that learn.", Some(&long)),
            Arc::new(Record { doi: None, ..(*record(SourceId::Arxiv, "c", "Moons", Some("Short."))).clone() }),
        ];
        let mut merger = Merger::new(Arc::new(Splits::default()));
        merger.add(&records);
        records.push(record(SourceId::Openalex, "d", "Nowhere", Some(&long)));
        (records, merger.works())
    }

    #[test]
    fn records_come_back_as_they_were_and_what_the_works_say_takes_no_room() {
        let (records, works) = example();
        assert_eq!(works.len(), 2);
        let in_works = compare(&records, &works);
        assert_eq!(in_works[3], None);
        assert!(in_works[1].unwrap().fields().abstract_text && !in_works[0].unwrap().fields().abstract_text);
        let body = body(&works);
        let packed = pack(&records, &in_works, &body).unwrap();
        assert!(packed.len() * 2 < packing::pack(&records).unwrap().len() * 3);
        assert_eq!(unpack(&packed, &body, || works).unwrap(), records);
    }

    #[test]
    fn what_a_work_shows_of_all_that_a_record_says_is_left_out() {
        let records = vec![Arc::new(full())];
        let mut merger = Merger::new(Arc::new(Splits::default()));
        merger.add(&records);
        let works = merger.works();
        let in_works = compare(&records, &works);
        let written = serde_json::to_value(OwnPart(&records[0], in_works[0].unwrap().fields())).unwrap();
        let own: Vec<_> = written.as_object().unwrap().keys().map(String::as_str).collect();
        let ids = ["source", "source_id", "openalex_id", "s2_id"];
        let more = ["abstract_licence_ok", "citations", "fetched_at", "is_retracted", "isbn", "issn"];
        let last = ["rank_native", "raw_hash", "references_count", "score_native", "version_of", "via"];
        let mut expected = [&ids[..], &more, &last].concat();
        expected.sort_unstable();
        assert_eq!(own, expected);
        let body = body(&works);
        let packed = pack(&records, &in_works, &body).unwrap();
        assert_eq!(unpack(&packed, &body, || works).unwrap(), records);
    }

    #[test]
    fn records_beside_other_works_are_none() {
        let (records, works) = example();
        let (body, other) = (body(&works), body(&[]));
        let packed = pack(&records, &compare(&records, &works), &body).unwrap();
        assert_eq!(unpack(&packed, &other, || works.clone()), None);
        assert_eq!(unpack(&packed, &body, Vec::new), None, "the works cannot be read");
        for cut in 0..packed.len() {
            assert_eq!(unpack(&packed[..cut], &body, || works.clone()), None, "{cut}");
        }
    }

    #[test]
    fn records_of_earlier_forms_are_read_too() {
        let (records, works) = example();
        let (body, other) = (body(&works), body(&[]));
        let packed = packing::pack_beside(&records, &body.plain()).unwrap();
        assert_eq!(unpack(&packed, &body, Vec::new).unwrap(), records);

        // As `b's'` was written: what two records of the example lack, in words.
        let own: Vec<_> = records
            .iter()
            .zip(compare(&records, &works))
            .map(|(record, in_work)| {
                let mut own = (**record).clone();
                let lacks = in_work.map(|InWork(work, _)| {
                    let said = &works[work as usize];
                    let (title, authors) = (own.title == said.title, own.authors == said.authors);
                    let (abstract_text, topics) =
                        (own.abstract_text == said.abstract_text, own.topics == said.topics);
                    if title {
                        own.title.clear();
                    }
                    if abstract_text {
                        own.abstract_text = None;
                    }
                    serde_json::json!({ "work": work, "title": title, "authors": authors, "abstract_text": abstract_text, "topics": topics })
                });
                serde_json::json!({ "lacks": lacks, "record": own })
            })
            .collect();
        let packed = packing::pack(&own).unwrap();
        let beside = |form: u8, checksum: u32| [&[form][..], &checksum.to_le_bytes(), &packed].concat();
        let (plain, sealed) = (crc32fast::hash(&body.plain()), body.seal().crc32);
        for (bytes, wrong) in [
            (beside(EARLIEST_FORM, plain), beside(EARLIEST_FORM, sealed)),
            (beside(EARLIER_FORM, sealed), beside(EARLIER_FORM, plain)),
        ] {
            assert_eq!(unpack(&bytes, &body, || works.clone()).unwrap(), records);
            assert_eq!(unpack(&bytes, &other, || works.clone()), None);
            assert_eq!(unpack(&wrong, &body, || works.clone()), None, "the checksum of the other form");
        }
    }

    #[test]
    fn a_record_that_lacks_nothing_is_written_as_it_is() {
        let (records, _) = example();
        let same = |record: &Record| {
            let written = serde_json::to_value(OwnPart(record, Fields::default())).unwrap();
            assert_eq!(written, serde_json::to_value(record).unwrap());
        };
        same(&records[1]);
        same(&Record::default());
        same(&full());
    }
}

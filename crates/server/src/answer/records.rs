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
const FORM: u8 = b's';
/// The form before: the checksum is that of the body's plain form.
const EARLIER_FORM: u8 = b'r';
/// Form and checksum of the body in which the works stand.
const HEAD: usize = 5;

/// What of a record stands in a work already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct InWork {
    /// The work's place in the answer.
    work: u32,
    title: bool,
    authors: bool,
    abstract_text: bool,
    topics: bool,
}

/// A record, and what it lacks.
#[derive(Serialize, Deserialize)]
struct Lacking<R> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lacks: Option<InWork>,
    record: R,
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
        let work = works.get(place)?;
        Some(InWork {
            work: u32::try_from(place).ok()?,
            title: record.title == work.title,
            authors: record.authors == work.authors,
            abstract_text: record.abstract_text == work.abstract_text,
            topics: record.topics == work.topics,
        })
    };
    records.iter().map(find).collect()
}

/// The records without what stands in the works of `body`.
pub(super) fn pack(records: &[SharedRecord], in_works: &[Option<InWork>], body: &Body) -> Option<Bytes> {
    let lacking: Vec<_> = records
        .iter()
        .zip(in_works)
        .map(|(record, lacks)| Lacking { lacks: *lacks, record: OwnPart(record, lacks.unwrap_or_default()) })
        .collect();
    let packed = packing::pack(&lacking)?;
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
        FORM => body.seal().crc32,
        EARLIER_FORM => crc32fast::hash(&body.plain()),
        // As they were kept at first.
        _ => return packing::unpack_beside(bytes, &body.plain()),
    };
    if head[1..] != checksum.to_le_bytes() {
        return None;
    }
    let (lacking, works) = (packing::unpack::<Vec<Lacking<Record>>>(packed)?, read());
    let whole = |Lacking { lacks, mut record }: Lacking<Record>| {
        if let Some(lacks) = lacks {
            complete(&mut record, lacks, works.get(lacks.work as usize)?);
        }
        Some(Arc::new(record))
    };
    lacking.into_iter().map(whole).collect()
}

/// Puts back what was left out.
fn complete(record: &mut Record, lacks: InWork, work: &Work) {
    if lacks.title {
        record.title.clone_from(&work.title);
    }
    if lacks.authors {
        record.authors.clone_from(&work.authors);
    }
    if lacks.abstract_text {
        record.abstract_text.clone_from(&work.abstract_text);
    }
    if lacks.topics {
        record.topics.clone_from(&work.topics);
    }
}

/// A record without what its work says, written field by field: to copy it first would be most of the work.
struct OwnPart<'a>(&'a Record, InWork);

impl Serialize for OwnPart<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(record, lacks) = self;
        let mut fields = serializer.serialize_map(None)?;
        fields.serialize_entry("source", &record.source)?;
        fields.serialize_entry("source_id", &record.source_id)?;
        for (name, text) in [
            ("doi", &record.doi),
            ("arxiv_id", &record.arxiv_id),
            ("pmid", &record.pmid),
            ("pmcid", &record.pmcid),
            ("openalex_id", &record.openalex_id),
            ("s2_id", &record.s2_id),
            ("venue", &record.venue),
            ("volume", &record.volume),
            ("issue", &record.issue),
            ("pages", &record.pages),
            ("language", &record.language),
            ("url", &record.url),
            ("pdf_url", &record.pdf_url),
            ("licence", &record.licence),
            ("retraction_notice_doi", &record.retraction_notice_doi),
            ("via", &record.via),
        ] {
            some(&mut fields, name, text.as_ref())?;
        }
        unless(&mut fields, lacks.title, "title", &record.title)?;
        unless(&mut fields, lacks.authors || record.authors.is_empty(), "authors", &record.authors)?;
        unless(&mut fields, lacks.abstract_text || record.abstract_text.is_none(), "abstract", &record.abstract_text)?;
        unless(&mut fields, lacks.topics || record.topics.is_empty(), "topics", &record.topics)?;
        fields.serialize_entry("abstract_licence_ok", &record.abstract_licence_ok)?;
        fields.serialize_entry("type", &record.kind)?;
        fields.serialize_entry("rank_native", &record.rank_native)?;
        some(&mut fields, "date", record.date.as_ref())?;
        some(&mut fields, "oa_status", record.oa_status.as_ref())?;
        some(&mut fields, "citations", record.citations.as_ref())?;
        some(&mut fields, "references_count", record.references_count.as_ref())?;
        some(&mut fields, "score_native", record.score_native.as_ref())?;
        some(&mut fields, "fetched_at", record.fetched_at.as_ref())?;
        unless(&mut fields, record.issn.is_empty(), "issn", &record.issn)?;
        unless(&mut fields, record.isbn.is_empty(), "isbn", &record.isbn)?;
        unless(&mut fields, record.version_of.is_empty(), "version_of", &record.version_of)?;
        unless(&mut fields, !record.is_retracted, "is_retracted", &record.is_retracted)?;
        unless(&mut fields, record.raw_hash.is_empty(), "raw_hash", &record.raw_hash)?;
        fields.end()
    }
}

fn some<M: SerializeMap, T: Serialize>(fields: &mut M, name: &str, value: Option<&T>) -> Result<(), M::Error> {
    unless(fields, value.is_none(), name, &value)
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
        assert!(in_works[1].unwrap().abstract_text && !in_works[0].unwrap().abstract_text);
        let body = body(&works);
        let packed = pack(&records, &in_works, &body).unwrap();
        assert!(packed.len() * 2 < packing::pack(&records).unwrap().len() * 3);
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

        let mut earlier = pack(&records, &compare(&records, &works), &body).unwrap().to_vec();
        earlier[0] = EARLIER_FORM;
        assert_eq!(unpack(&earlier, &body, || works.clone()), None, "the checksum of the other form");
        earlier[1..HEAD].copy_from_slice(&crc32fast::hash(&body.plain()).to_le_bytes());
        assert_eq!(unpack(&earlier, &other, || works.clone()), None);
        assert_eq!(unpack(&earlier, &body, || works.clone()).unwrap(), records);
    }

    #[test]
    fn a_record_that_lacks_nothing_is_written_as_it_is() {
        let (records, _) = example();
        let same = |record: &Record| {
            let written = serde_json::to_value(OwnPart(record, InWork::default())).unwrap();
            assert_eq!(written, serde_json::to_value(record).unwrap());
        };
        same(&records[1]);
        same(&Record::default());
        same(&full());
    }
}

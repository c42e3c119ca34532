//! The records of an answer as bytes. Most of a record is text that its work says in the same words: what is kept of it then
//! is where that work stands, and what is the record's own.

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;
use engine::{
    item::Record,
    source::SourceId,
    work::{SharedRecord, Work},
};
use serde::{Deserialize, Serialize};

use crate::packing;

/// The first byte of records in this form; a zstd frame begins with another one.
const FORM: u8 = b'r';
/// Form and checksum of the works.
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
struct Lacking {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lacks: Option<InWork>,
    record: Record,
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

/// The records without what stands in `works`, the JSON of which the works can be read back.
pub(super) fn pack(records: &[SharedRecord], in_works: &[Option<InWork>], works: &[u8]) -> Option<Bytes> {
    let lacking: Vec<Lacking> = records
        .iter()
        .zip(in_works)
        .map(|(record, lacks)| Lacking { lacks: *lacks, record: own_part(record, lacks.unwrap_or_default()) })
        .collect();
    let packed = packing::pack(&lacking)?;
    let mut bytes = Vec::with_capacity(HEAD + packed.len());
    bytes.push(FORM);
    bytes.extend_from_slice(&crc32fast::hash(works).to_le_bytes());
    bytes.extend_from_slice(&packed);
    Some(bytes.into())
}

/// The reverse of [`pack`]; `None` when they were packed beside other works. `read` gives the works.
pub(super) fn unpack(bytes: &[u8], works: &[u8], read: impl FnOnce() -> Vec<Work>) -> Option<Vec<SharedRecord>> {
    let (head, packed) = bytes.split_at_checked(HEAD)?;
    if head[0] != FORM {
        // As they were kept before.
        return packing::unpack_beside(bytes, works);
    }
    if head[1..] != crc32fast::hash(works).to_le_bytes() {
        return None;
    }
    let (lacking, works) = (packing::unpack::<Vec<Lacking>>(packed)?, read());
    let whole = |Lacking { lacks, mut record }: Lacking| {
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

/// A record without what its work says; by hand, because to copy all of it would be most of the work.
fn own_part(record: &Record, lacks: InWork) -> Record {
    Record {
        source: record.source,
        source_id: record.source_id.clone(),
        doi: record.doi.clone(),
        arxiv_id: record.arxiv_id.clone(),
        pmid: record.pmid.clone(),
        pmcid: record.pmcid.clone(),
        openalex_id: record.openalex_id.clone(),
        s2_id: record.s2_id.clone(),
        title: if lacks.title { String::new() } else { record.title.clone() },
        authors: if lacks.authors { Arc::default() } else { Arc::clone(&record.authors) },
        abstract_text: if lacks.abstract_text { None } else { record.abstract_text.clone() },
        abstract_licence_ok: record.abstract_licence_ok,
        date: record.date.clone(),
        venue: record.venue.clone(),
        volume: record.volume.clone(),
        issue: record.issue.clone(),
        pages: record.pages.clone(),
        issn: record.issn.clone(),
        isbn: record.isbn.clone(),
        kind: record.kind,
        language: record.language.clone(),
        url: record.url.clone(),
        pdf_url: record.pdf_url.clone(),
        oa_status: record.oa_status,
        licence: record.licence.clone(),
        citations: record.citations,
        references_count: record.references_count,
        topics: if lacks.topics { Vec::new() } else { record.topics.clone() },
        is_retracted: record.is_retracted,
        retraction_notice_doi: record.retraction_notice_doi.clone(),
        version_of: record.version_of.clone(),
        score_native: record.score_native,
        rank_native: record.rank_native,
        fetched_at: record.fetched_at,
        via: record.via.clone(),
        raw_hash: record.raw_hash.clone(),
    }
}

#[cfg(test)]
mod tests {
    use engine::{item::Author, merge::Merger, work::Splits};

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
        let json = serde_json::to_vec(&works).unwrap();
        let in_works = compare(&records, &works);
        assert_eq!(in_works[3], None);
        assert!(in_works[1].unwrap().abstract_text && !in_works[0].unwrap().abstract_text);
        let packed = pack(&records, &in_works, &json).unwrap();
        assert!(packed.len() * 2 < packing::pack(&records).unwrap().len() * 3);
        assert_eq!(unpack(&packed, &json, || works).unwrap(), records);
    }

    #[test]
    fn records_beside_other_works_are_none() {
        let (records, works) = example();
        let json = serde_json::to_vec(&works).unwrap();
        let packed = pack(&records, &compare(&records, &works), &json).unwrap();
        assert_eq!(unpack(&packed, b"[]", Vec::new), None);
        assert_eq!(unpack(&packed, &json, Vec::new), None, "the works cannot be read");
        for cut in 0..packed.len() {
            assert_eq!(unpack(&packed[..cut], &json, || works.clone()), None, "{cut}");
        }
    }

    #[test]
    fn records_of_the_first_form_are_read_too() {
        let (records, works) = example();
        let json = serde_json::to_vec(&works).unwrap();
        let packed = packing::pack_beside(&records, &json).unwrap();
        assert_eq!(unpack(&packed, &json, Vec::new).unwrap(), records);
    }
}

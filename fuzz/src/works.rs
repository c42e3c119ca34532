//! Records from bytes, so alike that they are joined in every way: few identifiers, few titles, few authors.

use std::sync::Arc;

use engine::{
    item::{Author, DateKind, Identifier, OaStatus, PartialDate, Record, Relation, RelationKind, WorkType},
    source::SourceId,
    text,
    work::SharedRecord,
};
use libfuzzer_sys::arbitrary::{Result, Unstructured};

const TITLES: [&str; 20] = [
    "Programmable editing of a target base in genomic DNA",
    "Programmable editing of a target base in genomic DNA.",
    "PROGRAMMABLE EDITING OF A TARGET BASE IN GENOMIC DNA",
    "Programmable editing of a target base in the genomic DNA of mice",
    "Retraction: Programmable editing of a target base in genomic DNA",
    "Erratum",
    "Editorial",
    "Attention is all you need",
    "Attention is all they need",
    "[2101.00001] Attention is all you need (preprint)",
    "Observation of a new particle, part I",
    "Observation of a new particle, part II",
    "Observation of a new particle, part 2",
    "Tumour growth with $\\alpha$-synuclein & H<sub>2</sub>O",
    "Tumor growth with α-synuclein and H2O",
    "0",
    "量子コンピュータ",
    "Über die spezielle und die allgemeine Relativitätstheorie",
    "Uber die spezielle und die allgemeine Relativitatstheorie",
    "A b c",
];
const DOIS: [&str; 16] = [
    "10.1038/nature17946",
    "10.1038/nature17947",
    "10.1126/science.1",
    "10.1101/2020.03.22.20040758",
    "10.1101/2020.03.22.20040758v2",
    "10.1101/gr.1239303",
    "10.48550/arxiv.2101.00001",
    "10.48550/arxiv.2101.00001v3",
    "10.48550/arxiv.2101.00002",
    "10.21203/rs.3.rs-37287/v1",
    "10.21203/rs.3.rs-37287/v2",
    "10.12688/f1000research.7678.1",
    "10.7554/elife.00471",
    "10.7554/elife.00471.003",
    "10.2139/ssrn.3557504",
    "10.2307/1",
];
const ARXIV: [&str; 3] = ["2101.00001", "2101.00002", "hep-th/9901001"];
const NUMBERS: [&str; 3] = ["1", "23", "456"];
const NAMES: [&str; 8] =
    ["Ada Lovelace", "Lovelace, A.", "A Lovelace", "Ada King", "王小明", "ATLAS Collaboration", "van der Berg JA", "-"];
const ADDRESSES: [&str; 6] = [
    "https://www.example.org/a?utm_source=x",
    "http://example.org/a/",
    "https://example.org/b#!/c",
    "https://en.m.wikipedia.org/wiki/CRISPR",
    "https://en.wikipedia.org/wiki/CRISPR",
    "https://doi.org/10.1038/nature17946",
];
const ABSTRACTS: [&str; 3] = [
    "We show that a target base in genomic DNA can be edited without a break of both strands, and how well it does so in mice.",
    "We show that a target base in genomic DNA can be edited without a break of both strands, and how badly it does so in man.",
    "Short.",
];
const KINDS: [DateKind; 5] =
    [DateKind::Published, DateKind::Online, DateKind::Print, DateKind::Preprint, DateKind::Created];

/// A record. Its hash is that of all that it says, as a connector's is.
pub fn record(bytes: &mut Unstructured<'_>) -> Result<SharedRecord> {
    let mut record = Record {
        source: *bytes.choose(&SourceId::ALL)?,
        source_id: bytes.int_in_range(0..=11_u8)?.to_string(),
        title: title(bytes)?,
        rank_native: bytes.int_in_range(1..=30)?,
        authors: authors(bytes)?,
        date: date(bytes)?,
        kind: *bytes.choose(&WorkType::ALL)?,
        ..Record::default()
    };
    record.doi = one_of(bytes, &DOIS)?;
    record.arxiv_id = one_of(bytes, &ARXIV)?;
    record.pmid = one_of(bytes, &NUMBERS)?;
    record.url = one_of(bytes, &ADDRESSES)?;
    if bytes.arbitrary()? {
        more(&mut record, bytes)?;
    }
    record.raw_hash = text::raw_hash(format!("{record:?}").as_bytes());
    Ok(Arc::new(record))
}

/// What only some records tell.
fn more(record: &mut Record, bytes: &mut Unstructured<'_>) -> Result<()> {
    record.pmcid = one_of(bytes, &NUMBERS)?.map(|number| format!("PMC{number}"));
    record.openalex_id = one_of(bytes, &NUMBERS)?.map(|number| format!("W{number}"));
    record.s2_id = one_of(bytes, &NUMBERS)?;
    record.abstract_text = one_of(bytes, &ABSTRACTS)?.map(Into::into);
    record.abstract_licence_ok = bytes.arbitrary()?;
    record.volume = one_of(bytes, &NUMBERS)?;
    record.issue = one_of(bytes, &NUMBERS)?;
    record.pages = one_of(bytes, &["1-9", "1–10", "p. 1", "e12"])?;
    record.venue = one_of(bytes, &["Nature", "Cell", "arXiv"])?;
    record.licence = one_of(bytes, &["cc-by", "https://publisher.example/tdm"])?;
    record.pdf_url = one_of(bytes, &ADDRESSES)?;
    record.oa_status = *bytes.choose(&[None, Some(OaStatus::Closed), Some(OaStatus::Green), Some(OaStatus::Gold)])?;
    record.citations = bytes.arbitrary()?;
    record.is_retracted = bytes.arbitrary()?;
    record.topics = one_of(bytes, &["Genetics", "genetics"])?.into_iter().collect();
    if bytes.arbitrary()? {
        let target = match bytes.int_in_range(0..=2)? {
            0 => Identifier::Doi((*bytes.choose(&DOIS)?).to_owned()),
            1 => Identifier::Arxiv((*bytes.choose(&ARXIV)?).to_owned()),
            _ => Identifier::Pmid((*bytes.choose(&NUMBERS)?).to_owned()),
        };
        let kinds = [RelationKind::PreprintOf, RelationKind::HasPreprint, RelationKind::VersionOf];
        record.version_of = vec![Relation { kind: *bytes.choose(&kinds)?, target }];
    }
    Ok(())
}

fn title(bytes: &mut Unstructured<'_>) -> Result<String> {
    let title = *bytes.choose(&TITLES)?;
    if bytes.ratio(7_u8, 8_u8)? {
        return Ok(title.to_owned());
    }
    Ok(text::plain_some(&format!("{title}{}", bytes.arbitrary::<&str>()?)).unwrap_or_else(|| title.to_owned()))
}

fn authors(bytes: &mut Unstructured<'_>) -> Result<Arc<[Author]>> {
    (0..bytes.int_in_range(0..=3_u8)?)
        .map(|_| Ok(engine::names::displayed(bytes.choose(&NAMES)?).unwrap_or_default()))
        .collect()
}

fn date(bytes: &mut Unstructured<'_>) -> Result<Option<PartialDate>> {
    let year = bytes.int_in_range(2015..=2020)?;
    let kind = *bytes.choose(&KINDS)?;
    Ok(if year == 2015 { None } else { engine::dates::from_parts(year, Some(5), None, kind) })
}

/// One of these, or none, as often as each of them.
fn one_of(bytes: &mut Unstructured<'_>, all: &[&str]) -> Result<Option<String>> {
    let at = bytes.int_in_range(0..=all.len())?;
    Ok(all.get(at).map(|&one| one.to_owned()))
}

use std::collections::{BTreeMap, BTreeSet};

use engine::{
    item::{Author, DateKind, OaStatus, PartialDate, WorkType},
    source::SourceId,
    text::tidy,
    work::{CitationCount, Work},
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// What sources have sent, or might.
const HOSTILE: [&str; 12] = [
    "two\r\nlines\nER  - \r\nTY  - JOUR",
    "{unbalanced",
    "unbalanced}, author = {Mallory}",
    "100 % of $5 & #1_a ~ ^ \\input{/etc/passwd}",
    "=HYPERLINK(\"http://evil.example\",\"x\")",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "nul\0byte and bell\x07",
    "\u{202e}right to left \u{5e9}\u{5dc}\u{5d5}\u{5dd}\u{2069}",
    "line\u{2028}separator\u{85}next\x1dgroup",
    "\"quoted\", and; separated",
    "\\",
];

fn author(given: Option<&str>, family: Option<&str>, name: &str) -> Author {
    Author { given: given.map(Into::into), family: family.map(Into::into), name: name.into(), ..Author::default() }
}

fn work(title: &str) -> Work {
    Work {
        id: "w1".to_owned(),
        title: title.to_owned(),
        authors: [].into(),
        abstract_text: None,
        date: None,
        venue: None,
        volume: None,
        issue: None,
        pages: None,
        kind: WorkType::Article,
        language: None,
        doi: None,
        arxiv_id: None,
        pmid: None,
        pmcid: None,
        url: None,
        pdf_url: None,
        oa_status: None,
        licence: None,
        citations: Vec::new(),
        topics: Vec::new(),
        is_retracted: false,
        retraction_notice_doi: None,
        provenance: BTreeMap::new(),
        sources: vec![SourceId::Crossref],
        versions: Vec::new(),
        score: 0.5,
        why: None,
    }
}

fn article() -> Work {
    let some = |text: &str| Some(text.to_owned());
    Work {
        authors: [
            author(Some("Jennifer A."), Some("Doudna"), "Jennifer A. Doudna"),
            author(Some("Ludwig"), Some("van Beethoven"), "Ludwig van Beethoven"),
            author(None, None, "CRISPR and Friends Consortium"),
        ]
        .into(),
        abstract_text: Some("We edit 50 % of bases.".into()),
        date: Some(PartialDate { year: 2014, month: Some(11), day: Some(28), kind: DateKind::Published }),
        venue: some("Science & Nature"),
        volume: some("346"),
        issue: some("6213"),
        pages: some("1077–1086"),
        language: some("en"),
        doi: some("10.1126/science.1258096"),
        arxiv_id: some("2101.00001"),
        pmid: some("25430774"),
        pmcid: some("PMC4022601"),
        url: some("https://doi.org/10.1126/science.1258096"),
        pdf_url: some("https://example.org/a.pdf"),
        oa_status: Some(OaStatus::Green),
        licence: some("cc-by-4.0"),
        citations: vec![CitationCount { source: SourceId::Crossref, count: 12 }],
        topics: vec!["Genome editing".to_owned(), "Cas9".to_owned()],
        is_retracted: true,
        retraction_notice_doi: some("10.1126/notice"),
        ..work("The new frontier of genome engineering with CRISPR-Cas9")
    }
}

fn preprint() -> Work {
    Work {
        kind: WorkType::Preprint,
        authors: [author(None, Some("Plato"), "Plato")].into(),
        arxiv_id: Some("hep-th/9901001".to_owned()),
        date: Some(PartialDate { year: 1999, month: Some(1), day: None, kind: DateKind::Preprint }),
        venue: Some("arXiv".to_owned()),
        ..work("On caves")
    }
}

/// A work with this in every field of text.
fn filled(text: &str, kind: WorkType) -> Work {
    let some = Some(text.to_owned());
    let authors = vec![author(Some(text), Some(text), text), author(None, Some(text), text), author(None, None, text)];
    let fields = [(); 11].map(|()| some.clone());
    let [venue, volume, issue, pages, doi, arxiv_id, pmid, pmcid, url, pdf_url, licence] = fields;
    Work {
        authors: authors.into(),
        abstract_text: Some(text.into()),
        venue,
        volume,
        issue,
        pages,
        doi,
        arxiv_id,
        pmid,
        pmcid,
        url,
        pdf_url,
        licence,
        kind,
        language: some.clone(),
        topics: vec![text.to_owned(), text.to_owned()],
        is_retracted: true,
        retraction_notice_doi: some,
        ..work(text)
    }
}

/// Reads RIS strictly: references as lists of tag and value.
fn read_ris(text: &str) -> Vec<Vec<(String, String)>> {
    let mut references = Vec::new();
    let mut open: Option<Vec<(String, String)>> = None;
    for line in text.split_terminator("\r\n") {
        assert!(!line.contains(char::is_control), "{line:?}");
        if line.is_empty() {
            assert!(open.is_none(), "an empty line within a reference");
            continue;
        }
        let (tag, value) = line.split_once("  - ").unwrap_or_else(|| panic!("no tag: {line:?}"));
        let is_tag = tag.len() == 2 && tag.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        assert!(is_tag, "{line:?}");
        match (tag, &mut open) {
            ("TY", None) => open = Some(vec![(tag.to_owned(), value.to_owned())]),
            ("ER", Some(_)) => references.extend(open.take()),
            (_, Some(reference)) if tag != "TY" => reference.push((tag.to_owned(), value.to_owned())),
            _ => panic!("{tag} out of place"),
        }
    }
    assert!(open.is_none(), "the last reference does not end");
    references
}

/// An entry of BibTeX.
#[derive(Debug)]
struct Entry {
    kind: String,
    key: String,
    fields: BTreeMap<String, String>,
}

/// Reads BibTeX as BibTeX does: braces count, whatever stands before them.
fn read_bibtex(text: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (kind, after) = rest.strip_prefix('@').expect("an entry").split_once('{').expect("a brace");
        let (key, mut after) = after.split_once(",\n").expect("a key");
        let mut fields = BTreeMap::new();
        loop {
            after = after.trim_start();
            if let Some(end) = after.strip_prefix("}\n") {
                rest = end.trim_start();
                break;
            }
            let (name, value) = after.split_once(" = ").expect("a field");
            let length = if value.starts_with('{') { balanced(value) } else { value.find(',').expect("a comma") };
            let before = fields.insert(name.to_owned(), value[..length].to_owned());
            assert!(before.is_none(), "{name} twice");
            after = value[length..].strip_prefix(",\n").expect("the end of a field");
        }
        entries.push(Entry { kind: kind.to_owned(), key: key.to_owned(), fields });
    }
    entries
}

/// The length of the group in braces at the beginning.
fn balanced(value: &str) -> usize {
    let mut depth = 0;
    for (at, c) in value.char_indices() {
        assert!(!c.is_control(), "{value:?}");
        depth += i32::from(c == '{') - i32::from(c == '}');
        if depth == 0 {
            return at + 1;
        }
    }
    panic!("braces do not balance: {value:?}")
}

/// What LaTeX prints.
fn printed(value: &str) -> String {
    let commands = [
        ("\\textbraceleft{}", "\u{e000}"),
        ("\\textbraceright{}", "\u{e001}"),
        ("\\textasciitilde{}", "~"),
        ("\\textasciicircum{}", "^"),
        ("\\textless{}", "<"),
        ("\\textgreater{}", ">"),
        ("\\$", "$"),
        ("\\&", "&"),
        ("\\#", "#"),
        ("\\_", "_"),
        ("\\%", "%"),
        ("\\textbackslash{}", "\u{e002}"),
    ];
    let text = commands.iter().fold(value.to_owned(), |text, (command, letter)| text.replace(command, letter));
    let text = text.replace(['{', '}'], "");
    assert!(!text.contains('\\'), "a command that is not ours: {value:?}");
    text.replace('\u{e000}', "{").replace('\u{e001}', "}").replace('\u{e002}', "\\")
}

/// The cells of a CSV file.
fn read_csv(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(text.as_bytes());
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

#[test]
fn formats_are_known_by_their_names_only() {
    for format in Format::ALL {
        assert_eq!(format.as_str().parse(), Ok(format));
    }
    let error = "xlsx".parse::<Format>().unwrap_err().to_string();
    assert_eq!(error, "unknown format `xlsx`; the formats are: bibtex, ris, csl-json, csv, json");
}

#[test]
fn an_article_and_a_preprint_in_bibtex() {
    insta::assert_snapshot!(render(Format::Bibtex, &[article(), preprint()]));
}

#[test]
fn an_article_and_a_preprint_in_ris() {
    insta::assert_snapshot!(render(Format::Ris, &[article(), preprint()]).replace("\r\n", "¶\n"));
}

#[test]
fn an_article_and_a_preprint_in_csl_json() {
    let items: Value = serde_json::from_str(&render(Format::CslJson, &[article(), preprint()])).unwrap();
    insta::assert_json_snapshot!(items);
}

#[test]
fn an_article_and_a_preprint_in_csv() {
    insta::assert_snapshot!(render(Format::Csv, &[article(), preprint()]).replace("\r\n", "¶\n"));
}

#[test]
fn json_is_what_the_api_gives() {
    let works = vec![article(), preprint()];
    let read: Vec<Work> = serde_json::from_str(&render(Format::Json, &works)).unwrap();
    assert_eq!(read, works);
}

#[test]
fn no_works_are_a_whole_file_too() {
    assert_eq!(render(Format::Bibtex, &[]), "");
    assert_eq!(render(Format::Ris, &[]), "");
    assert_eq!(render(Format::CslJson, &[]), "[]");
    assert_eq!(read_csv(&render(Format::Csv, &[])), []);
    assert_eq!(render(Format::Json, &[]), "[]");
}

#[test]
fn every_type_of_work_has_its_type_in_every_format() {
    let works: Vec<_> = WorkType::ALL.into_iter().map(|kind| Work { kind, ..article() }).collect();
    let entries = read_bibtex(&render(Format::Bibtex, &works));
    let references = read_ris(&render(Format::Ris, &works));
    let items: Vec<Value> = serde_json::from_str(&render(Format::CslJson, &works)).unwrap();
    let types: Vec<_> = (0..works.len())
        .map(|at| {
            let csl = items[at]["type"].as_str().unwrap();
            format!("{} {} {} {csl}", works[at].kind.as_str(), entries[at].kind, references[at][0].1)
        })
        .collect();
    insta::assert_snapshot!(types.join("\n"));
}

#[test]
fn works_that_would_share_a_key_are_told_apart_by_a_letter_whatever_their_order() {
    let first = Work { doi: Some("10.1/a".to_owned()), ..article() };
    let second = Work { doi: Some("10.1/b".to_owned()), ..article() };
    let other = preprint();
    let key_of = |works: &[Work]| -> BTreeMap<Option<String>, String> {
        works.iter().map(|work| work.doi.clone()).zip(keys::of(works)).collect()
    };
    let keys = key_of(&[first.clone(), second.clone(), other.clone()]);
    assert_eq!(keys.values().collect::<Vec<_>>(), ["plato1999caves", "doudna2014new-a", "doudna2014new-b"]);
    assert_eq!(key_of(&[other, second, first]), keys);
}

#[test]
fn an_author_is_family_name_first_and_a_group_stays_whole() {
    let names = |authors: Vec<Author>| {
        let works = [Work { authors: authors.into(), ..work("x") }];
        let bibtex = read_bibtex(&render(Format::Bibtex, &works)).remove(0).fields.remove("author");
        let ris = read_ris(&render(Format::Ris, &works)).remove(0);
        let ris: Vec<_> = ris.into_iter().filter(|(tag, _)| tag == "AU").map(|(_, name)| name).collect();
        let csl: Value = serde_json::from_str(&render(Format::CslJson, &works)).unwrap();
        (bibtex.unwrap_or_default(), ris.join("; "), csl[0]["author"].clone())
    };
    let (bibtex, ris, csl) =
        names(vec![author(Some("A, Jr."), Some("Brown and Sons"), "x"), author(None, None, "others")]);
    assert_eq!(bibtex, "{{Brown and Sons}, {A, Jr.} and {others}}");
    assert_eq!(ris, "Brown and Sons, A Jr.; others");
    assert_eq!(csl, json!([{ "family": "Brown and Sons", "given": "A, Jr." }, { "literal": "others" }]));
    assert_eq!(names(vec![author(None, Some("\0"), "\u{200b}")]), (String::new(), String::new(), Value::Null));
}

#[test]
fn hostile_text_breaks_no_format() {
    for text in HOSTILE {
        for kind in WorkType::ALL {
            holds(&[article(), filled(text, kind), filled(text, kind), preprint()]);
        }
    }
}

#[test]
fn no_cell_is_a_formula() {
    for text in ["=1+1", "+1", "-1", "@x", "\t=1", " =1", "\r\n=1", "\u{200b}=1", "＝1"] {
        let rows = read_csv(&render(Format::Csv, &[work(text)]));
        assert!(rows[0]["title"].starts_with('\''), "{text:?}: {:?}", rows[0]["title"]);
    }
}

/// Whatever the works hold, every format can be read again and says the same.
fn holds(works: &[Work]) {
    let keys: BTreeSet<_> = keys::of(works).into_iter().collect();
    assert_eq!(keys.len(), works.len(), "keys are unique");
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    assert!(keys.iter().all(|key| !key.is_empty() && key.chars().all(is_plain)), "{keys:?}");

    let entries = read_bibtex(&render(Format::Bibtex, works));
    let references = read_ris(&render(Format::Ris, works));
    let items: Vec<Value> = serde_json::from_str(&render(Format::CslJson, works)).unwrap();
    let rows = read_csv(&render(Format::Csv, works));
    let same: Vec<Work> = serde_json::from_str(&render(Format::Json, works)).unwrap();
    assert_eq!(same, works);
    let lengths = [entries.len(), references.len(), items.len(), rows.len()];
    assert_eq!(lengths, [works.len(); 4]);
    for (at, work) in works.iter().enumerate() {
        let title = tidy(&work.title);
        let field = |name: &str| entries[at].fields.get(name).map(|value| printed(value)).unwrap_or_default();
        assert_eq!(field("title"), title);
        assert_eq!(field("abstract"), tidy(work.abstract_text.as_deref().unwrap_or_default()));
        assert!(keys.contains(&entries[at].key));
        let tag = |name: &str| references[at].iter().find(|(tag, _)| tag == name).map(|(_, value)| value.as_str());
        assert_eq!(tag("TI").unwrap_or_default(), title);
        assert_eq!(items[at]["title"], *title);
        assert_eq!(items[at]["id"], entries[at].key.as_str());
        let cell = &rows[at]["title"];
        assert_eq!(cell.strip_prefix('\'').filter(|text| *text == title).unwrap_or(cell), title);
        for (name, cell) in &rows[at] {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{name}: {cell:?}");
            assert!(!cell.contains(char::is_control), "{name}: {cell:?}");
        }
    }
}

/// Text as it comes, or of what is most likely to break something.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[{}\\\\%$&#_~^<>@=+\\-\",;'\r\n\t\0a-zA \u{202e}\u{2028}]{0,30}"]
}

proptest! {
    #[test]
    fn whatever_the_works_hold_every_format_can_be_read_again(
        texts in proptest::collection::vec(text(), 1..4),
        kind in proptest::sample::select(WorkType::ALL.as_slice()),
        year in 1000..3000_i32,
        month in proptest::option::of(1..=12_u8),
    ) {
        let works: Vec<_> = texts.iter().map(|text| Work {
            date: Some(PartialDate { year, month, day: None, kind: DateKind::Created }),
            ..filled(text, kind)
        }).collect();
        holds(&works);
    }
}

//! The carried stand-in for arXiv, PubMed, Crossref and OpenAlex: made-up papers in the four formats, and faults on demand
//! by the words that `../shared/upstream` understands. It knows no queries: each finds papers by a hash of its words, and
//! the sources overlap, so that there is something to merge.

use std::{
    convert::Infallible,
    fmt::Write,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use anyhow::Result;
use axum::{
    Router,
    body::Body,
    extract::{RawQuery, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use bytes::Bytes;
use futures_util::stream;
use serde_json::json;

use crate::{
    floor,
    vocabulary::{Dice, Paper, paper},
};

/// In the order of the settings.
const SOURCES: [&str; 4] = ["arxiv", "pubmed", "crossref", "openalex"];

/// How one source answers.
#[derive(Debug, Clone, Copy, Default)]
struct Settings {
    /// Median and spread of a lognormal distribution, in milliseconds.
    latency: (f64, f64),
    hang: f64,
    error: f64,
    p429: f64,
    malformed: f64,
    truncate: f64,
    huge: f64,
}

#[derive(Default)]
struct Sources {
    settings: Mutex<[Settings; 4]>,
    asked: AtomicU64,
}

/// Serves until the process ends.
pub async fn run(address: &str) -> Result<()> {
    let router = Router::new()
        .route("/api/query", get(async |state, query| answer(state, 0, query, arxiv).await))
        .route("/entrez/eutils/esearch.fcgi", any(async |state, query| answer(state, 1, query, esearch).await))
        .route("/entrez/eutils/efetch.fcgi", any(async |state, query| answer(state, 1, query, efetch).await))
        .route("/crossref/works", get(async |state, query| answer(state, 2, query, crossref).await))
        .route("/openalex/works", get(async |state, query| answer(state, 3, query, openalex).await))
        .route("/__ctl", post(set))
        .with_state(Arc::new(Sources::default()));
    floor::serve(address, router).await
}

async fn set(State(sources): State<Arc<Sources>>, words: String) -> (StatusCode, String) {
    let mut settings = sources.settings.lock().unwrap_or_else(PoisonError::into_inner);
    for word in words.split_whitespace() {
        if word == "reset" {
            *settings = Default::default();
        } else if apply(&mut settings, word).is_none() {
            return (StatusCode::BAD_REQUEST, format!("not understood: {word}"));
        }
    }
    (StatusCode::OK, "ok".to_owned())
}

/// `source.setting=value`.
fn apply(settings: &mut [Settings; 4], word: &str) -> Option<()> {
    let ((source, name), value) = word.split_once('=').and_then(|(key, value)| Some((key.split_once('.')?, value)))?;
    for (known, settings) in SOURCES.into_iter().zip(settings) {
        if source != "all" && source != known {
            continue;
        }
        if name == "latency" {
            let mut numbers = value.split(':').filter_map(|part| part.parse().ok());
            settings.latency = (numbers.next()?, numbers.next().unwrap_or(0.0));
            continue;
        }
        let place = match name {
            "hang" => &mut settings.hang,
            "error" => &mut settings.error,
            "p429" => &mut settings.p429,
            "malformed" => &mut settings.malformed,
            "truncate" => &mut settings.truncate,
            "huge" => &mut settings.huge,
            // Retry-After is always 3.
            "retry_after" => continue,
            _ => return None,
        };
        *place = value.parse().ok()?;
    }
    Some(())
}

/// Answers as the source does, or fails as it was told.
async fn answer(
    State(sources): State<Arc<Sources>>,
    source: usize,
    RawQuery(query): RawQuery,
    make: fn(&str) -> String,
) -> Response {
    let settings = sources.settings.lock().unwrap_or_else(PoisonError::into_inner)[source];
    let mut dice = Dice(sources.asked.fetch_add(1, Relaxed).wrapping_mul(0x9E37) ^ source as u64);
    if dice.part() < settings.hang {
        std::future::pending::<()>().await;
    }
    let (median, spread) = settings.latency;
    if median > 0.0 {
        let normal = (-2.0 * dice.part().max(1e-12).ln()).sqrt() * (std::f64::consts::TAU * dice.part()).cos();
        tokio::time::sleep(Duration::from_secs_f64(median * (spread * normal).exp() / 1e3)).await;
    }
    if dice.part() < settings.p429 {
        return (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "3")]).into_response();
    }
    if dice.part() < settings.error {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    let text = make(&query.unwrap_or_default());
    let length = text.len();
    if dice.part() < settings.malformed {
        return text.into_bytes()[..length / 2].to_vec().into_response();
    }
    if dice.part() < settings.truncate {
        let half = Bytes::from(text).slice(..length / 2);
        let cut = stream::iter([Ok(half), Err(std::io::Error::other("cut on purpose"))]);
        return ([(header::CONTENT_LENGTH, length.to_string())], Body::from_stream(cut)).into_response();
    }
    if dice.part() < settings.huge {
        let space = Bytes::from(vec![b' '; 1 << 20]);
        let chunks = std::iter::repeat_n(space, 64).chain([Bytes::from(text)]).map(Ok::<_, Infallible>);
        return Body::from_stream(stream::iter(chunks)).into_response();
    }
    text.into_response()
}

/// The value of a parameter, still percent-encoded.
fn parameter<'a>(query: &'a str, name: &str) -> &'a str {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.into_iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value)
}

/// The papers that a source has for these words: two thirds of them are the same at every source.
fn papers(words: &str, count: &str, source: u64) -> Vec<Paper> {
    let seed = words
        .bytes()
        .filter(u8::is_ascii_alphanumeric)
        .fold(7_u64, |seed, byte| seed.wrapping_mul(31) + u64::from(byte));
    let first = Dice(seed).next() % 20_000;
    let count = count.parse().unwrap_or(10_u64).min(100);
    (0..count).map(|place| paper(first + place + if place % 3 == 2 { 20_000 * source } else { 0 } + 1)).collect()
}

/// The nonsense word of a query, which every source spells in its own way: the same papers are found by it.
fn word(text: &str) -> &str {
    text.find("zq")
        .map_or(text, |at| text[at..].split(|letter: char| !letter.is_ascii_alphanumeric()).next().unwrap_or(text))
}

fn arxiv(query: &str) -> String {
    let mut text = String::from(
        "<?xml version='1.0' encoding='UTF-8'?>\n<feed xmlns:opensearch=\"http://a9.com/-/spec/opensearch/1.1/\" \
         xmlns:arxiv=\"http://arxiv.org/schemas/atom\" xmlns=\"http://www.w3.org/2005/Atom\"><title>arXiv Query</title>\
         <opensearch:totalResults>1234</opensearch:totalResults>",
    );
    for Paper { number, title, summary, authors, year } in
        papers(word(parameter(query, "search_query")), parameter(query, "max_results"), 1)
    {
        let _ = write!(
            text,
            "<entry><id>http://arxiv.org/abs/{}v1</id><title>{title}</title><summary>{summary}</summary>\
             <published>{year}-01-03T18:30:01Z</published><category term=\"cs.LG\"/><arxiv:doi>10.5555/pake.{number}</arxiv:doi>\
             <link href=\"https://arxiv.org/abs/{0}v1\" rel=\"alternate\" type=\"text/html\"/>",
            arxiv_id(number)
        );
        for (given, family) in authors {
            let _ = write!(text, "<author><name>{given} {family}</name></author>");
        }
        text.push_str("</entry>");
    }
    text + "</feed>"
}

/// Two digits of a month would end the number: it stands behind the point, filled up with zeros.
fn arxiv_id(number: u64) -> String {
    format!("2401.{number:05}")
}

fn pmid(number: u64) -> u64 {
    number
}

fn esearch(query: &str) -> String {
    let found = papers(word(parameter(query, "term")), parameter(query, "retmax"), 2);
    let ids: Vec<_> = found.iter().map(|paper| pmid(paper.number).to_string()).collect();
    json!({"header": {"type": "esearch"}, "esearchresult": {"count": "4321", "retmax": ids.len().to_string(), "retstart": "0", "idlist": ids}}).to_string()
}

fn efetch(query: &str) -> String {
    let mut text = String::from("<?xml version=\"1.0\" ?><PubmedArticleSet>");
    let ids = parameter(query, "id").replace("%2C", ",");
    for Paper { number, title, summary, authors, year } in ids.split(',').filter_map(|id| id.parse().ok()).map(paper) {
        let _ = write!(
            text,
            "<PubmedArticle><MedlineCitation><PMID Version=\"1\">{number}</PMID><Article><Journal><ISSN>1234-567X</ISSN>\
             <JournalIssue><Volume>12</Volume><PubDate><Year>{year}</Year></PubDate></JournalIssue><Title>Journal of lamps</Title>\
             </Journal><ArticleTitle>{title}.</ArticleTitle><Abstract><AbstractText>{summary}</AbstractText></Abstract><AuthorList>"
        );
        for (given, family) in authors {
            let _ = write!(
                text,
                "<Author ValidYN=\"Y\"><LastName>{family}</LastName><ForeName>{given}</ForeName><AffiliationInfo>\
                 <Affiliation>Institute of Lamps, Graz, Austria.</Affiliation></AffiliationInfo></Author>"
            );
        }
        let _ = write!(
            text,
            "</AuthorList><Language>eng</Language><PublicationTypeList><PublicationType>Journal Article</PublicationType>\
             </PublicationTypeList></Article></MedlineCitation><PubmedData><ArticleIdList>\
             <ArticleId IdType=\"pubmed\">{number}</ArticleId><ArticleId IdType=\"doi\">10.5555/pake.{number}</ArticleId>\
             </ArticleIdList></PubmedData></PubmedArticle>"
        );
    }
    text + "</PubmedArticleSet>"
}

fn crossref(query: &str) -> String {
    let query_of = ["query.bibliographic", "query"].map(|name| parameter(query, name));
    let words = query_of.into_iter().find(|words| !words.is_empty()).unwrap_or(query);
    let items: Vec<_> = papers(word(words), parameter(query, "rows"), 3)
        .into_iter()
        .map(|paper| {
            let authors: Vec<_> = paper.authors.iter().map(|(given, family)| json!({"given": given, "family": family, "affiliation": []})).collect();
            json!({"DOI": format!("10.5555/pake.{}", paper.number), "title": [paper.title], "author": authors,
                "abstract": format!("<jats:p>{}</jats:p>", paper.summary), "container-title": ["Journal of lamps"], "type": "journal-article",
                "issued": {"date-parts": [[paper.year, 5]]}, "published": {"date-parts": [[paper.year, 5]]}, "is-referenced-by-count": 17,
                "references-count": 42, "volume": "7", "page": "1-12", "ISSN": ["1234-567X"], "score": 17.5})
        })
        .collect();
    json!({"status": "ok", "message-type": "work-list", "message": {"total-results": 98765, "items": items}})
        .to_string()
}

fn openalex(query: &str) -> String {
    let count = [parameter(query, "per-page"), parameter(query, "per_page")].concat();
    let results: Vec<_> = papers(word(parameter(query, "search")), &count, 4).iter().map(openalex_work).collect();
    json!({"meta": {"count": 4321, "page": 1, "per_page": results.len()}, "results": results}).to_string()
}

fn openalex_work(paper: &Paper) -> serde_json::Value {
    let mut places: std::collections::BTreeMap<&str, Vec<usize>> = std::collections::BTreeMap::new();
    for (place, word) in paper.summary.split(' ').enumerate() {
        places.entry(word).or_default().push(place);
    }
    let doi = format!("https://doi.org/10.5555/pake.{}", paper.number);
    let authorships: Vec<_> = paper
        .authors
        .iter()
        .map(|(given, family)| {
            let name = format!("{given} {family}");
            json!({"author": {"id": "https://openalex.org/A1", "display_name": name, "orcid": null}, "raw_author_name": name,
                "institutions": [{"id": "https://openalex.org/I1", "display_name": "Institute of Lamps", "type": "facility"}]})
        })
        .collect();
    json!({"id": format!("https://openalex.org/W{}", paper.number), "doi": doi, "ids": {"doi": doi}, "title": paper.title,
        "authorships": authorships, "abstract_inverted_index": places, "publication_date": format!("{}-05-08", paper.year),
        "publication_year": paper.year, "type": "article", "language": "en", "cited_by_count": 17, "referenced_works_count": 42,
        "primary_location": {"landing_page_url": doi, "source": {"display_name": "Journal of lamps", "issn": ["1234-567X"], "type": "journal"}},
        "open_access": {"is_oa": true, "oa_status": "green"}, "biblio": {"volume": "7", "first_page": "1", "last_page": "12"},
        "is_retracted": false, "relevance_score": 17.5, "topics": [{"display_name": "Lighting", "score": 0.99}]})
}

use std::{sync::Mutex, time::Duration};

use chrono::TimeDelta;
use proptest::prelude::*;
use url::Url;

use super::*;
use crate::{
    clock::FixedClock,
    config::{EngineConfig, SourceConfig},
    event::Event,
    fetch::{
        FetchSettings, LaneSettings,
        tests::server::{Act, Server, answer},
    },
    item::{DateKind, Identifier, RelationKind},
    plan::AppliedBy,
    query::Query,
    search::{Engine, RunOptions},
    sources::testing::{mutated, settings},
};

mod pauses;

const RSS: &[u8] = include_bytes!("../../../recordings/feeds/rss.xml");
const RDF: &[u8] = include_bytes!("../../../recordings/feeds/rdf.xml");
const ARXIV: &[u8] = include_bytes!("../../../recordings/feeds/arxiv.xml");
const ATOM: &[u8] = include_bytes!("../../../recordings/feeds/atom.xml");
const JSON: &[u8] = include_bytes!("../../../recordings/feeds/feed.json");
const EMPTY: &[u8] = include_bytes!("../../../recordings/feeds/empty.xml");
const BOMB: &[u8] = include_bytes!("../../../recordings/feeds/bomb.xml");
const LATIN1: &[u8] = include_bytes!("../../../recordings/feeds/latin1.xml");
const BROKEN: &[u8] = include_bytes!("../../../recordings/feeds/broken.xml");
const PAGE: &[u8] = include_bytes!("../../../recordings/feeds/page.html");
const NOT_A_FEED: &[u8] = include_bytes!("../../../recordings/feeds/not_a_feed.json");

fn now() -> DateTime<Utc> {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn read(body: &[u8]) -> Document {
    let base = Url::parse("https://lamps.example/feed/index.xml").unwrap();
    Document::read(std::str::from_utf8(body).unwrap(), Some(&base), Some(now())).unwrap()
}

fn date(record: &Record) -> String {
    record.date.as_ref().map(ToString::to_string).unwrap_or_default()
}

fn names(record: &Record) -> Vec<&str> {
    record.authors.iter().map(|author| author.name.as_str()).collect()
}

#[test]
fn an_entry_of_rss_is_read_with_what_other_vocabularies_say_of_it() {
    let document = read(RSS);
    let Entry { record, beyond } = &document.entries[0];
    assert_eq!((record.source, record.source_id.as_str()), (SourceId::Feeds, "https://lamps.example/?p=101"));
    assert_eq!(record.title, "CRISPR lamps: a first look");
    assert_eq!(record.url.as_deref(), Some("https://lamps.example/2026/01/crispr-lamps/?utm_source=rss"));
    assert_eq!(names(record), ["Ada Lichtmann", "José van den Lux", "Tom Wick"]);
    assert_eq!(date(record), "2026-01-06");
    assert_eq!(record.abstract_text.as_deref(), Some("A lamp made by CRISPR — 5 < 6."), "no script, no image");
    assert_eq!(beyond, "Deep inside: Of quaggas nobody speaks in the summary.");
    assert_eq!(record.topics, ["Gene editing", "Lamps"]);
    assert_eq!((record.kind, record.venue.as_deref()), (WorkType::News, Some("The Lamp & Light Blog")));
    assert_eq!(record.language.as_deref(), Some("en"));
    assert!(!record.abstract_licence_ok);
}

#[test]
fn dates_in_the_future_become_today_and_short_ids_belong_to_their_feed() {
    let document = read(RSS);
    let record = &document.entries[1].record;
    assert_eq!((record.title.as_str(), date(record).as_str()), ("Tomorrow’s lamp", "2026-03-01"));
    assert_eq!(record.url.as_deref(), Some("https://lamps.example/2026/tomorrow"), "relative to the feed");
    assert_eq!(names(record), ["Tom Wick"]);
    let other = Url::parse("https://other.example/").unwrap();
    let other = Document::read(std::str::from_utf8(RSS).unwrap(), Some(&other), None).unwrap();
    assert!(record.source_id.ends_with(":17") && record.source_id != other.entries[1].record.source_id);
}

#[test]
fn an_entry_without_title_and_id_is_called_by_what_it_says() {
    let document = read(RSS);
    let note = &document.entries[2].record;
    assert!(note.title.starts_with("A note without a title") && note.title.ends_with('…'), "{}", note.title);
    assert_eq!((note.source_id.len(), &note.url, &note.date), (16, &None, &None));
    assert!(note.authors.is_empty(), "a mail address is no name");
    assert_eq!(note.source_id, read(RSS).entries[2].record.source_id);
    let zero = &document.entries[3].record;
    assert_eq!((zero.title.as_str(), zero.url.as_deref()), ("0", Some("https://lamps.example/zero")));
    assert_eq!(document.malformed, 1, "one without a word");
    assert_eq!((document.ttl, document.skip_hours.as_slice()), (Some(90), &[3, 0][..]));
}

#[test]
fn a_journals_entry_is_an_article_with_its_doi_and_its_own_date() {
    let document = read(RDF);
    let article = &document.entries[0].record;
    assert_eq!((article.kind, article.doi.as_deref()), (WorkType::Article, Some("10.5555/lamps.2024.7")));
    assert_eq!(article.source_id, "https://journal.example/articles/s1");
    assert_eq!(article.title, "Effect of CO2 on lamps");
    assert_eq!(date(article), "2024-05-07", "the day of publication, not that of the feed");
    assert_eq!(article.venue.as_deref(), Some("J. Lamps"));
    assert_eq!((article.volume.as_deref(), article.issue.as_deref()), (Some("7"), Some("2")));
    assert_eq!((article.pages.as_deref(), article.issn.as_slice()), (Some("12-19"), &["1234-567X".to_owned()][..]));
    assert_eq!(names(article), ["Ada Lichtmann", "José van den Lux"]);
    assert!(article.abstract_text.as_ref().unwrap().ends_with("We lit lamps in CO2."), "the longer of two abstracts");
    assert_eq!(document.entries[0].beyond, "");
    let pubmed = &document.entries[1].record;
    assert_eq!((pubmed.pmid.as_deref(), pubmed.venue.as_deref()), (Some("31000001"), Some("Journal of Lamps")));
    assert_eq!((names(pubmed), date(pubmed).as_str()), (vec!["Ada Lichtmann"], "2023-12"), "a turned name is one");
}

#[test]
fn arxiv_announces_new_papers_and_replacements_are_passed_over() {
    let document = read(ARXIV);
    assert_eq!((document.entries.len(), document.malformed), (2, 0));
    let paper = &document.entries[0].record;
    assert_eq!((paper.kind, paper.arxiv_id.as_deref()), (WorkType::Preprint, Some("2401.01234")));
    assert_eq!(paper.abstract_text.as_deref(), Some("We study lamps & wicks."));
    assert_eq!(names(paper), ["Ada Lichtmann", "Wick"], "a list, although one has no given name");
    assert_eq!(paper.date.as_ref().map(|date| date.kind), Some(DateKind::Preprint));
    assert_eq!(paper.version_of[0].kind, RelationKind::PreprintOf);
    assert_eq!(paper.version_of[0].target, Identifier::Doi("10.5555/lamps.2024.9".into()));
    let cross = &document.entries[1].record;
    assert_eq!((cross.title.as_str(), cross.arxiv_id.as_deref()), ("A cross lamp", Some("2401.05678")));
    assert_eq!(cross.source_id, "http://arxiv.org/abs/2401.05678", "by its link");
}

#[test]
fn an_entry_of_atom_is_read_whatever_prefix_its_vocabulary_has() {
    let document = read(ATOM);
    let Entry { record, beyond } = &document.entries[0];
    assert_eq!((record.title.as_str(), record.source_id.as_str()), ("Is 1 <b> 2?", "tag:lampen.example,2026:1"));
    assert_eq!(record.url.as_deref(), Some("https://lamps.example/feed/eins?a=1&b=2"));
    assert_eq!((record.abstract_text.as_deref(), beyond.as_str()), (Some("Ein Satz."), "Von Quaggas"));
    assert_eq!((names(record), date(record).as_str()), (vec!["Ada Lichtmann", "LAMP Study Group"], "2026-01-04"));
    assert_eq!((record.language.as_deref(), record.venue.as_deref()), (Some("de"), Some("Lampen & Licht")));
    assert_eq!(record.topics, ["Lampen"]);
    let english = &document.entries[1].record;
    assert_eq!((english.title.as_str(), english.language.as_deref()), ("An English entry", Some("en")));
    assert_eq!((&english.url, &english.abstract_text), (&None, &None), "no script for a link, no picture for a text");
    assert_eq!(date(english), "2026-01-03");
    assert_eq!(document.malformed, 1);
}

#[test]
fn an_entry_of_json_feed_is_read_and_every_null_is_survived() {
    let document = read(JSON);
    let Entry { record, beyond } = &document.entries[0];
    assert_eq!((record.title.as_str(), record.abstract_text.as_deref()), ("A note on wicks", Some("On wicks.")));
    assert_eq!(beyond, "Wicks burn & glow; quaggas do not.");
    assert_eq!((names(record), record.topics.len(), date(record).as_str()), (vec!["Ada Lichtmann"], 2, "2026-01-02"));
    assert_eq!((record.language.as_deref(), record.venue.as_deref()), (Some("de"), Some("Lamp notes")));
    let note = &document.entries[1].record;
    assert_eq!((note.title.as_str(), note.kind), ("No title, but a number: 1 < 2 & so on.", WorkType::Article));
    assert_eq!((note.doi.as_deref(), names(note)), (Some("10.5555/lamps.2024.8"), vec!["Tom Wick"]));
    assert!(note.source_id.ends_with(":42"));
    assert_eq!(document.malformed, 3);
}

#[test]
fn entities_are_dead_text_and_nothing_is_fetched_for_them() {
    let document = read(BOMB);
    let record = &document.entries[0].record;
    assert_eq!(record.title, "Bomb &lol9;");
    assert_eq!(record.abstract_text.as_deref(), Some("&file;&net; & text"));
    assert_eq!(record.venue.as_deref(), Some("&lol9;"));
}

#[test]
fn an_empty_feed_is_an_answer_and_a_torn_one_is_read_as_far_as_it_goes() {
    assert_eq!(parse(EMPTY, Some(now())).unwrap(), Page::default());
    let document = read(BROKEN);
    assert_eq!(document.entries[0].record.title, "A whole entry & a lone ampersand");
    assert_eq!(document.entries.len(), 1);
    assert!(document.broken.is_some());
}

#[test]
fn what_is_no_feed_is_malformed() {
    let deep = format!("<rss>{}", "<channel>".repeat(100_000));
    let no_items = br#"{"version":"https://jsonfeed.org/version/1.1"}"#;
    let all_bad = b"<rss><channel><item/><item/></channel></rss>";
    for body in [PAGE, NOT_A_FEED, no_items, b"", b"Not found", b"{", b"[]", deep.as_bytes(), all_bad, &RSS[..900]] {
        assert_eq!(parse(body, None).unwrap_err().code(), "malformed", "{}", String::from_utf8_lossy(body));
    }
}

#[test]
fn a_feed_of_millions_of_entries_is_cut() {
    let many = format!("<rss><channel>{}</channel></rss>", "<item><title>x</title></item>".repeat(5_000));
    assert_eq!(read(many.as_bytes()).entries.len(), 1_000);
}

#[test]
fn what_is_looked_up_is_shown_with_the_feeds_it_is_looked_up_in() {
    let urls = ["https://a.example/feed?key=secret", "https://a.example/feed?key=secret", "https://b.example/x.xml"];
    let urls = urls.map(|url| Url::parse(url).unwrap()).to_vec();
    let feeds = build(Settings { urls, ..settings("http://feeds.invalid", None, None) });
    let plan = plan::plan(&Query::parse("crispr (a OR title:b) -c year:2024").unwrap(), feeds.capabilities()).unwrap();
    assert_eq!(feeds.translate(&plan), "crispr (a OR title:b) -c year:2024 in a.example/feed, b.example/x.xml");
    let urls = (0..23).map(|number| Url::parse(&format!("https://{number}.example/")).unwrap()).collect();
    let feeds = build(Settings { urls, ..settings("http://feeds.invalid", None, None) });
    assert!(feeds.translate(&plan).ends_with(", 19.example/ and 3 more"));
}

/// The connector with its fetcher, and a time that the test sets.
struct Desk {
    feeds: Box<dyn Source>,
    fetcher: Fetcher,
    now: Mutex<DateTime<Utc>>,
}

impl Desk {
    fn of(urls: Vec<Url>, allow: &[&str]) -> Self {
        let lane = LaneSettings { rate: 0.0, concurrency: 0, attempts: 1, ..LaneSettings::default() };
        let settings = FetchSettings {
            allow_networks: allow.iter().map(ToString::to_string).collect(),
            lanes: [(SourceId::Feeds, lane)].into(),
            ..FetchSettings::default()
        };
        let fetcher = Fetcher::new(settings, FixedClock::at(now())).unwrap();
        let feeds = build(Settings { urls, ..super::super::testing::settings("http://feeds.invalid", None, None) });
        Self { feeds, fetcher, now: Mutex::new(now()) }
    }

    /// With the feeds at these paths of a server on this machine.
    fn at(server: &Server, paths: &[&str]) -> Self {
        Self::of(paths.iter().map(|path| server.url(path)).collect(), &["127.0.0.1"])
    }

    fn later(&self, minutes: i64) {
        *self.now.lock().unwrap() += TimeDelta::minutes(minutes);
    }

    async fn ask(&self, query: &str) -> Result<Page, SourceError> {
        self.ask_within(query, Duration::from_secs(20), 25).await
    }

    async fn ask_within(&self, query: &str, patience: Duration, limit: usize) -> Result<Page, SourceError> {
        let plan = plan::plan(&Query::parse(query).unwrap(), self.feeds.capabilities()).unwrap();
        let now = *self.now.lock().unwrap();
        let request = SourceRequest { plan: &plan, limit, deadline: Instant::now() + patience, now };
        self.feeds.search(&request, &self.fetcher).await
    }

    /// The titles that are found, and how many warnings come with them.
    async fn titles(&self, query: &str) -> (Vec<String>, usize) {
        let page = self.ask(query).await.unwrap();
        (page.records.iter().map(|record| record.title.clone()).collect(), page.warnings.len())
    }
}

fn xml(body: &[u8]) -> Act {
    answer(200, &[("content-type", "application/xml")], body)
}

fn path(request: &str) -> &str {
    request.split(' ').nth(1).unwrap()
}

async fn library() -> Server {
    Server::start(|_, request| match path(request) {
        "/rss" => xml(RSS),
        "/rdf" => xml(RDF),
        "/arxiv" => xml(ARXIV),
        "/atom" => xml(ATOM),
        "/json" => answer(200, &[("content-type", "application/feed+json")], JSON),
        "/latin1" => xml(LATIN1),
        "/declared" => answer(200, &[("content-type", "text/xml; charset=windows-1252")], LATIN1),
        "/broken" => xml(BROKEN),
        "/html" => answer(200, &[("content-type", "text/html")], PAGE),
        "/gone" => answer(410, &[], ""),
        "/ill" => answer(503, &[], ""),
        "/hangs" => Act::Hang,
        _ => answer(404, &[], "no such feed"),
    })
    .await
}

const ALL: [&str; 5] = ["/rss", "/rdf", "/arxiv", "/atom", "/json"];

#[tokio::test]
async fn entries_of_all_feeds_are_looked_through_and_the_newest_come_first() {
    let server = library().await;
    let desk = Desk::at(&server, &ALL);
    let page = desk.ask("lamps").await.unwrap();
    let found: Vec<_> = page.records.iter().map(|record| (date(record), record.rank_native)).collect();
    assert!(found.windows(2).all(|pair| pair[0].0 >= pair[1].0 && pair[0].1 + 1 == pair[1].1), "{found:?}");
    assert_eq!(page.records[0].title, "Tomorrow’s lamp");
    assert_eq!(page.reported, Some(page.records.len() as u64));
    assert_eq!(page.malformed, 5);
    assert!(page.warnings.is_empty());
    let via = page.records[0].via.as_deref().unwrap();
    assert!(via.starts_with("http://127.0.0.1:") && via.ends_with("/rss"), "{via}");
    assert_eq!(page.records[0].fetched_at, Some(now()));
}

#[tokio::test]
async fn every_condition_is_applied_also_to_what_is_not_shown() {
    let server = library().await;
    let desk = Desk::at(&server, &ALL);
    let found = async |query: &str| desk.titles(query).await.0;
    assert_eq!(found("quaggas").await, ["CRISPR lamps: a first look", "Is 1 <b> 2?", "A note on wicks"]);
    assert_eq!(found("quaggas -crispr author:lichtmann").await, ["Is 1 <b> 2?", "A note on wicks"]);
    assert!(found("zebra").await.is_empty(), "what nobody says does not hold");
    assert_eq!(found("title:\"first look\"").await, ["CRISPR lamps: a first look"]);
    assert_eq!(found("year:2023").await, ["From PubMed"]);
    assert_eq!(found("doi:10.5555/lamps.2024.7").await, ["Effect of CO2 on lamps"]);
    assert_eq!(found("type:preprint").await, ["Lamps that learn", "A cross lamp"]);
    assert_eq!(server.count(), 5, "each feed once");
}

#[tokio::test]
async fn the_page_is_cut_after_the_conditions_are_applied() {
    let server = library().await;
    let desk = Desk::at(&server, &ALL);
    let page = desk.ask_within("type:preprint", Duration::from_secs(20), 1).await.unwrap();
    assert_eq!((page.records.len(), page.reported), (1, Some(2)));
}

#[tokio::test]
async fn an_entry_that_two_feeds_have_comes_once() {
    let server = library().await;
    let desk = Desk::at(&server, &["/arxiv", "/arxiv?again"]);
    assert_eq!(desk.titles("lamps").await.0, ["Lamps that learn", "A cross lamp"]);
    let server = Server::start(|_, _| xml(ARXIV)).await;
    let desk = Desk::at(&server, &["/one", "/two"]);
    assert_eq!(desk.titles("lamps").await.0, ["Lamps that learn", "A cross lamp"]);
}

#[tokio::test]
async fn charsets_are_honoured() {
    let server = library().await;
    for at in ["/latin1", "/declared"] {
        let page = Desk::at(&server, &[at]).ask("lämpchen").await.unwrap();
        assert_eq!((page.records[0].title.as_str(), page.records[0].venue.as_deref()), ("Lämpchen", Some("Café")));
    }
}

#[tokio::test]
async fn one_broken_feed_is_a_warning_and_the_others_go_on() {
    let server = library().await;
    let desk = Desk::at(&server, &["/html", "/rss", "/missing", "/ill", "/gone", "/broken"]);
    let page = desk.ask("lamps OR entry").await.unwrap();
    assert!(page.records.len() > 1);
    let said = page.warnings.join("\n");
    for wanted in [
        "/html: answer cannot be read: <html> where a feed was expected",
        "/missing: refused with status 404: no such feed",
        "/ill: unavailable (status 503)",
        "/gone is gone for good; take it out of sources.feeds.urls",
        "/broken: only its first entries could be read",
    ] {
        assert!(said.contains(wanted), "{wanted} in {said}");
    }
    assert_eq!(page.warnings.len(), 5);
}

#[tokio::test]
async fn all_feeds_broken_is_an_error() {
    let server = library().await;
    let error = Desk::at(&server, &["/missing", "/gone"]).ask("lamps").await.unwrap_err();
    assert_eq!(error, SourceError::Refused { status: 404, message: "no such feed".into() });
}

#[tokio::test]
async fn a_feed_that_hangs_does_not_hold_the_others() {
    let server = library().await;
    let desk = Desk::at(&server, &["/hangs", "/rss"]);
    let page = desk.ask_within("crispr", Duration::from_millis(400), 25).await.unwrap();
    assert_eq!((page.records.len(), page.warnings.len()), (1, 1));
    assert!(page.warnings[0].contains("/hangs: no answer within"), "{:?}", page.warnings);
}

#[tokio::test]
async fn a_private_address_is_refused_unless_the_operator_allows_it() {
    let server = library().await;
    let desk = Desk::of(vec![server.url("/rss")], &[]);
    let error = desk.ask("crispr").await.unwrap_err();
    assert_eq!(error.code(), "blocked");
    assert!(error.to_string().contains("search.allow_networks"), "{error}");
    assert_eq!(server.count(), 0);
    assert_eq!(Desk::at(&server, &["/rss"]).titles("crispr").await.0.len(), 1);
    let away = Server::start(|_, _| answer(302, &[("location", "http://169.254.169.254/latest/meta-data/")], "")).await;
    assert_eq!(Desk::at(&away, &["/rss"]).ask("crispr").await.unwrap_err().code(), "blocked");
}

#[tokio::test]
async fn a_search_shows_that_every_condition_was_applied_here() {
    let server = library().await;
    let mut config = EngineConfig::default();
    config.search.allow_networks = vec!["127.0.0.1".to_owned()];
    let urls = vec![server.url("/rss"), server.url("/missing")];
    config.sources.insert(SourceId::Feeds, SourceConfig { urls, ..SourceConfig::default() });
    let engine = Engine::new(&config, "0", FixedClock::at(now())).unwrap();
    let query = Query::parse("quaggas -zebra source:feeds").unwrap();
    let mut events = engine.run(engine.prepare(query, &[], 25), RunOptions::default());
    let mut outcome = None;
    while let Some(event) = events.recv().await {
        if let Event::Completed(completed) = event {
            outcome = Some(completed);
        }
    }
    let outcome = outcome.unwrap();
    assert_eq!((outcome.works.len(), outcome.records.len(), outcome.sources.len()), (1, 1, 1));
    let report = &outcome.sources[0];
    assert!(report.filters.len() == 2 && report.filters.iter().all(|filter| filter.applied == AppliedBy::Local));
    assert_eq!((report.retrieved, report.filtered, report.warnings.len()), (1, 0, 1));
    assert!(report.query.starts_with("quaggas -zebra in 127.0.0.1:"), "{}", report.query);
}

proptest! {
    #[test]
    fn no_mutation_of_a_feed_makes_the_parser_panic(
        body in prop_oneof![mutated(RSS), mutated(RDF), mutated(ARXIV), mutated(ATOM), mutated(JSON), mutated(BOMB)],
    ) {
        if let Ok(page) = parse(&body, Some(now())) {
            prop_assert!(page.records.iter().all(|record| !record.title.is_empty() && !record.source_id.is_empty()));
            prop_assert!(page.records.iter().all(|record| record.date.as_ref().is_none_or(|date| date.year <= 2026)));
        }
    }
}

//! A page of the history on PostgreSQL with 1,000,000 searches, by every filter.

use std::{fmt::Write, fs::File, path::Path, time::Instant};

use anyhow::{Context, Result, ensure};
use e2e::postgres::Postgres;
use serde_json::Value;

use crate::{
    Bench,
    load::Took,
    report::{Findings, eprintln, short},
    serving::{Pake, Recipe},
    wire::{self, Connection},
};

/// Who has searched for what; the test of plans looks at the same history.
const MILLION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../server/src/store/tests/million.sql");
/// What a database that runs by itself does after so many new rows.
const VACUUM: &str = "VACUUM (ANALYZE)";
/// How often each page is asked for.
const TIMES: usize = 60;
/// Milliseconds that a page may take.
const LIMIT: f64 = 50.0;

/// What is asked for: by the words of a question, by what few searches meet, many, and none.
const FILTERS: [(&str, &str); 22] = [
    ("everything", ""),
    ("a word of 2 % of the questions", "q=crispr"),
    ("a word of nearly all questions", "q=neural"),
    ("two words, one half written", "q=crispr+edit"),
    ("a word of few questions", "q=c4ca42"),
    ("one letter", "q=c"),
    ("a word of no question", "q=thermodynamics"),
    ("within a word of few questions", "q=4ca42"),
    ("within a word of 2 %", "q=rispr"),
    ("within a word of nearly all, which none begins with", "q=eura"),
    ("within no word", "q=hermodynami"),
    ("a source of 2 %", "source=pubmed"),
    ("a source of nearly all", "source=arxiv"),
    ("a source of none", "source=openalex"),
    ("failed, 7 %", "status=failed"),
    ("completed", "status=completed"),
    ("cancelled, none", "status=cancelled"),
    ("favourites", "favorites=true"),
    ("a tag", "tag=thesis"),
    ("a tag that is on none", "tag=nothing"),
    ("judged well", "min_quality=0.97"),
    ("a week", "from=2024-06-01&until=2024-06-08"),
];

/// Asks for the first two pages of each filter in both orders. Nothing of it is asked of anybody but PAKE and PostgreSQL.
pub async fn measure(bench: &Bench, found: &mut Findings) -> Result<()> {
    let Some(postgres) = Postgres::start()? else {
        eprintln("no PostgreSQL is installed: its part is left out");
        return Ok(());
    };
    let more = [("PAKE_DATABASE__URL", postgres.url()), ("PAKE_LIMITS__ENABLED", "false".to_owned())];
    let recipe = Recipe { more: more.to_vec(), ..bench.recipe.clone() };
    recipe.run("history", &["migrate", "expand"])?;
    postgres.psql(File::open(Path::new(MILLION)).context(MILLION)?)?;
    postgres.psql(File::open(written(bench, VACUUM)?)?)?;
    let pake = recipe.start("history")?;
    let mut rows = Vec::new();
    for (view, order) in [("recent", "the latest first"), ("popular", "the most asked first")] {
        for (name, filter) in FILTERS {
            let took = pages(bench, &pake, &format!("/api/v1/history?view={view}&{filter}")).await?;
            rows.push((format!("{name}, {order}"), took));
        }
    }
    judge(&rows, found);
    Ok(())
}

/// A file with this text.
fn written(bench: &Bench, text: &str) -> Result<std::path::PathBuf> {
    let path = bench.folder.join("history.sql");
    std::fs::write(&path, text)?;
    Ok(path)
}

/// The first page and the one after it, so many times; the first time of each is not counted.
async fn pages(bench: &Bench, pake: &Pake, path: &str) -> Result<Took> {
    let mut connection = Connection::open(&pake.process.address).await?;
    let mut path = path.trim_end_matches('&').to_owned();
    let mut took = Vec::new();
    for _ in 0..2 {
        let request = wire::request(&path, &[("Accept-Encoding", "identity")], None);
        let mut next = None;
        for time in 0..=bench.count(TIMES) {
            let began = Instant::now();
            let answer = connection.exchange(&request).await?;
            let millis = began.elapsed().as_secs_f64() * 1e3;
            ensure!(answer.status == 200, "{path}: status {}", answer.status);
            if time > 0 {
                took.push(millis);
                continue;
            }
            let page: Value = serde_json::from_slice(answer.body)?;
            next = page["next"].as_str().map(str::to_owned);
        }
        let Some(next) = next else { break };
        let _ = write!(path, "&after={next}");
    }
    Ok(Took::of(took))
}

fn judge(rows: &[(String, Took)], found: &mut Findings) {
    let worst = rows.iter().max_by(|(_, one), (_, other)| one.at(0.95).total_cmp(&other.at(0.95)));
    let (name, p95) = worst.map_or(("", 0.0), |(name, took)| (name.as_str(), took.at(0.95)));
    found.at_most("history page p95 at 1,000,000 rows on PostgreSQL, the slowest filter", p95, LIMIT, "ms");
    let mut text = format!(
        "## History\n\nA history of 1,000,000 searches of 991 people on PostgreSQL as it comes; the person who asks has made 50,000 of them. 20 entries a \
         page, the first two pages of each filter, one after the other. The slowest: {name}.\n\n| filter, order | p50 / p95 / p99 ms |\n| --- | --- |\n"
    );
    for (name, took) in rows {
        let _ = writeln!(
            text,
            "| {name} | {} / {} / {} |",
            short(took.at(0.5)),
            short(took.at(0.95)),
            short(took.at(0.99))
        );
    }
    found.section(text);
}

//! Sources that hang, fail, cut, garble and flood.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::Value;

use crate::{
    Bench,
    load::{self, Cell, Load},
    report::{Findings, eprintln, short, table},
    serving::{self, WHOLE},
    wire::{self, Connection},
};

const CLIENTS: usize = 8;
/// `search.deadline` as it comes, in seconds.
const BUDGET: u64 = 15;
/// How long most faults are measured.
const USUAL_SECONDS: f64 = 14.0;
/// What the sources answer like otherwise.
const USUAL: &str = "reset all.latency=lognormal:200:0.5";

/// Measures each fault against the healthy run.
pub async fn measure(bench: &Bench, found: &mut Findings) -> Result<()> {
    let healthy = run(bench, "healthy", "", USUAL_SECONDS).await?;
    let hang = run(bench, "hang", "arxiv.hang=0.1", USUAL_SECONDS).await?;
    // Long enough for one answer in a hundred to be several.
    let mixed = "all.error=0.05 all.malformed=0.02 all.p429=0.02 all.truncate=0.01";
    let mixed = run(bench, "mixed", mixed, 3.0 * USUAL_SECONDS).await?;
    let huge = run(bench, "huge", "crossref.huge=0.1", USUAL_SECONDS).await?;
    found.at_most(
        "arXiv hangs on 10 %: p95 of the healthy run's",
        hang.cell.took.at(0.95) / healthy.cell.took.at(0.95),
        1.3,
        "×",
    );
    found.at_least(
        "arXiv hangs on 10 %: answers a second of the healthy run's",
        hang.cell.rate / healthy.cell.rate * 100.0,
        90.0,
        "%",
    );
    found.at_least(
        "5 % errors, 2 % malformed, 2 % 429, 1 % cut a source: whole within the query's budget",
        mixed.in_the_end,
        99.0,
        "%",
    );
    found.at_most(
        "Crossref sends 64 MB on 10 %: more memory than the healthy run",
        huge.cell.memory - healthy.cell.memory,
        8.0,
        "MiB",
    );
    found.at_most(
        "Crossref sends 64 MB on 10 %: p95 of the healthy run's",
        huge.cell.took.at(0.95) / healthy.cell.took.at(0.95),
        1.3,
        "×",
    );
    let note = format!(
        "{CLIENTS} clients, every source with a latency of lognormal 200 ms σ 0.5, a new PAKE for each row that has learnt from healthy \
         sources for a few seconds before the fault begins. `partial` are answers that were given without one of the sources; what comes late \
         is added to them, within the {BUDGET} s that a query has. Whole at once, and in the end: {}.",
        [("healthy", &healthy), ("arXiv hangs", &hang), ("mixed", &mixed), ("64 MB", &huge)]
            .map(|(name, run)| format!("{name} {} %, {} %", short(run.at_once()), short(run.in_the_end)))
            .join("; ")
    );
    let rows = [
        ("healthy".to_owned(), healthy.cell),
        ("arXiv hangs on 10 %".to_owned(), hang.cell),
        ("each source: 5 % errors, 2 % malformed, 2 % 429, 1 % cut".to_owned(), mixed.cell),
        ("Crossref sends 64 MB on 10 %".to_owned(), huge.cell),
    ];
    found.section(table("Faults", &note, &rows));
    bench.sources.set("reset").await
}

/// What a fault did.
struct Run {
    cell: Cell,
    /// Percent of the answers that were whole when their query's budget was over.
    in_the_end: f64,
}

impl Run {
    fn at_once(&self) -> f64 {
        percent(self.cell.answers - self.cell.partial, &self.cell)
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of seconds")]
fn percent(part: u64, cell: &Cell) -> f64 {
    part as f64 * 100.0 / (cell.answers + cell.failed) as f64
}

async fn run(bench: &Bench, name: &str, fault: &str, seconds: f64) -> Result<Run> {
    let pake = bench.recipe.start(&format!("faults-{name}"))?;
    let load = |seconds, warm| Load {
        address: &pake.process.address,
        pid: pake.process.pid(),
        requests: serving::new_questions(&bench.sources.queries),
        clients: CLIENTS,
        seconds,
        warm,
        whole: WHOLE,
    };
    bench.sources.set(USUAL).await?;
    load::run(load(4.0, 0.0)).await?;
    bench.sources.set(&format!("{USUAL} {fault}")).await?;
    let cell = load::run(load(bench.seconds(seconds), 1.0)).await?;
    let completed = completed(&pake.process.address, &cell.partial_heads).await?;
    let in_the_end = percent(cell.answers - cell.partial + completed, &cell);
    Ok(Run { cell, in_the_end })
}

/// How many of these searches become whole before their budget is over.
async fn completed(address: &str, heads: &[String]) -> Result<u64> {
    let id = |head: &String| head.split_once(r#"{"id":""#).and_then(|(_, rest)| rest.get(..36)).map(str::to_owned);
    let mut waiting: Vec<String> = heads.iter().filter_map(id).collect();
    let (all, until) = (waiting.len(), Instant::now() + Duration::from_secs(BUDGET));
    let mut connection = Connection::open(address).await?;
    while !waiting.is_empty() && Instant::now() < until {
        let mut still = Vec::new();
        for id in waiting {
            let answer = connection
                .exchange(&wire::request(&format!("/api/v1/searches/{id}"), &[("Accept-Encoding", "zstd")], None))
                .await?;
            let head = &answer.body[..answer.body.len().min(512)];
            if !head.windows(WHOLE.len()).any(|part| part == WHOLE.as_bytes()) {
                still.push(id);
            }
        }
        waiting = still;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    for id in waiting.iter().take(4) {
        let request = wire::request(&format!("/api/v1/searches/{id}"), &[("Accept-Encoding", "identity")], None);
        let answer: Value = serde_json::from_slice(connection.exchange(&request).await?.body)?;
        for source in answer["sources"].as_array().into_iter().flatten().filter(|source| !source["error"].is_null()) {
            eprintln(&format!(
                "not whole: {} {} after {} ms: {}",
                source["source"], source["state"], source["took_ms"], source["error"]
            ));
        }
    }
    Ok((all - waiting.len()) as u64)
}

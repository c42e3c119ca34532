//! Searches that nobody has asked before: four sources, five requests, parsed, merged, ranked, recorded and sent.

use std::sync::Arc;

use anyhow::Result;

use crate::{
    Bench,
    load::{self, Cell, Load, Took},
    process::{self, Process, free_address},
    report::{Findings, short, table},
    serving::{self, Pake, WHOLE},
    sockets,
    wire::{self, Connection},
};

/// PubMed is asked twice in a row, so the slowest source takes two latencies.
const SLOWEST: f64 = 200.0;
const LATENCY: f64 = 100.0;
/// How many questions are asked in turn, each time with a new word.
const QUESTIONS: usize = 400;

/// Measures and compares with the floor.
pub async fn measure(bench: &Bench, found: &mut Findings) -> Result<()> {
    let (pake, floor) = (bench.recipe.start("uncached")?, floor(bench)?);
    let mut rows = Vec::new();
    bench.sources.set("reset").await?;
    make_ready(bench, &pake, &floor).await?;
    for (latency, clients, seconds) in
        [(0.0, 1, 4.0), (0.0, 16, 5.0), (0.0, 64, 8.0), (LATENCY, 16, 8.0), (LATENCY, 64, 6.0)]
    {
        bench.sources.set(&format!("reset all.latency=const:{latency}")).await?;
        for is_pake in [false, true] {
            let seconds = bench.seconds(seconds);
            let cell = if is_pake {
                pake_cell(bench, &pake, clients, seconds).await?
            } else {
                floor_cell(bench, &floor, clients, seconds).await?
            };
            rows.push((format!("{}, sources at {latency} ms", if is_pake { "PAKE" } else { "floor" }), cell));
        }
    }
    judge(found, &rows);
    let note = "All sources answer after the same time, with pages that they have ready: each was asked for once before. The floor \
                asks the same five requests and does not read the answers. \
                `busy` is what the whole machine used of its cores, with the sources and the load; the rest of it was idle.";
    found.section(table("Uncached searches", note, &rows));
    first_results(bench, &pake, found).await?;
    bench.sources.set("reset").await
}

/// Asks each question once of both: a stand-in searches and writes a page when it is first asked for it, which takes as
/// long as the whole search and is nothing that is measured here. Connections are open afterwards, latencies learnt.
async fn make_ready(bench: &Bench, pake: &Pake, floor: &Process) -> Result<()> {
    for (address, is_pake) in [(&pake.process.address, true), (&floor.address, false)] {
        let mut connection = Connection::open(address).await?;
        for _ in questions(bench) {
            let query = serving::new_query(questions(bench));
            let request = if is_pake { serving::ask(&query, "zstd") } else { floor_request(&query) };
            connection.exchange(&request).await?;
        }
    }
    Ok(())
}

/// The questions of this part.
fn questions(bench: &Bench) -> &[String] {
    let all = &bench.sources.queries;
    &all[..all.len().min(QUESTIONS)]
}

fn judge(found: &mut Findings, rows: &[(String, Cell)]) {
    let pake = |latency: &str, clients: usize| {
        let named = format!("PAKE, sources at {latency} ms");
        rows.iter()
            .find(|(name, cell)| *name == named && cell.clients == clients)
            .map(|(_, cell)| cell.clone())
            .unwrap_or_default()
    };
    let fast = [1, 16, 64].map(|clients| pake("0", clients));
    let most = fast.iter().map(|cell| cell.cpu).fold(0.0, f64::max);
    let [one, some, many] = &fast;
    found.at_most("CPU of an uncached search (the most of 1, 16 and 64 clients)", most, 2.5, "ms");
    found.at_least("uncached searches at 64 clients, sources at 0 ms", many.rate, 300.0, "a second");
    found.at_most("their p99 over their p50", many.took.at(0.99) / many.took.at(0.5), 4.0, "×");
    let slow = pake("100", 16);
    let over = |q| slow.took.at(q) - SLOWEST;
    found.at_most("over the slowest source, p50 (16 clients, 100 ms)", over(0.5), 8.0, "ms");
    found.at_most("over the slowest source, p99", over(0.99), 25.0, "ms");
    let memory = many.memory.max(pake("100", 64).memory);
    found.at_most("memory with 64 searches under way", memory, 100.0, "MiB");
    let floor = rows.iter().filter(|(name, _)| name.starts_with("floor, sources at 0 ")).map(|(_, cell)| cell.cpu);
    let floors: Vec<_> = floor.map(short).collect();
    found.section(format!(
        "CPU of a search in ms at 1, 16 and 64 clients: {}, {}, {}; the floor: {}.\n",
        short(one.cpu),
        short(some.cpu),
        short(many.cpu),
        floors.join(", ")
    ));
}

/// How long until a socket shows the first works.
async fn first_results(bench: &Bench, pake: &Pake, found: &mut Findings) -> Result<()> {
    bench.sources.set(&format!("reset all.latency=const:{LATENCY}")).await?;
    let url = format!("ws://{}/ws", pake.process.address);
    let (first, whole) = sockets::searches(&url, questions(bench), 16, bench.seconds(6.0)).await?;
    found.at_most(
        "first works on a socket after the fastest source, p95 (16 clients)",
        first.at(0.95) - LATENCY,
        10.0,
        "ms",
    );
    let row = |took: &Took| format!("{} / {} / {}", short(took.at(0.5)), short(took.at(0.95)), short(took.at(0.99)));
    found.section(format!(
        "Over a WebSocket, sources at {LATENCY} ms, 16 clients, {} searches, p50 / p95 / p99 in ms: first works {}, the whole answer {}.\n",
        first.count(),
        row(&first),
        row(&whole)
    ));
    Ok(())
}

async fn pake_cell(bench: &Bench, pake: &Pake, clients: usize, seconds: f64) -> Result<Cell> {
    let requests = serving::new_questions(questions(bench));
    let (address, pid) = (&pake.process.address, pake.process.pid());
    load::run(Load { address, pid, requests, clients, seconds, warm: 1.0, whole: WHOLE }).await
}

async fn floor_cell(bench: &Bench, floor: &Process, clients: usize, seconds: f64) -> Result<Cell> {
    let queries = questions(bench).to_vec();
    let requests = Arc::new(move |_| floor_request(&serving::new_query(&queries)));
    load::run(Load { address: &floor.address, pid: floor.pid(), requests, clients, seconds, warm: 1.0, whole: "" })
        .await
}

fn floor_request(query: &str) -> Vec<u8> {
    wire::request(&format!("/search?q={}", encoded(query)), &[], None)
}

fn encoded(text: &str) -> String {
    let byte =
        |byte: u8| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(byte).collect()
}

/// The floor of ../shared/bench where it is, else ours.
fn floor(bench: &Bench) -> Result<Process> {
    let (address, log) = (free_address()?, bench.folder.join("floor.log"));
    let Some(shared) = &bench.shared else {
        let sources = bench.sources.url();
        let sources = sources.trim_start_matches("http://");
        return Process::start(&bench.program, &["floor-fan-out", &address, sources], &[], &address, &log);
    };
    let port = address.rsplit(':').next().unwrap_or_default();
    let arguments = ["refsrv", "fed", "--port", port, "--upstream", &bench.sources.url()];
    process::build(&shared.join("bench/run"), &["refsrv"])?;
    Process::start(&shared.join("bench/run"), &arguments, &[], &address, &log)
}

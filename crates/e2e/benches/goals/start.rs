//! From the start to the first answer, idle memory, and the size of the binary.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::{
    Bench,
    load::Took,
    process,
    report::{Findings, short},
    serving::{Pake, ask, new_query},
    wire,
};

/// Longest wait for a first answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Measures.
pub async fn measure(bench: &Bench, found: &mut Findings) -> Result<()> {
    bench.sources.set("reset").await?;
    // The database is made by the first.
    start_and_ask(bench).await?.1.process.stop()?;
    let (mut took, mut idle) = (Vec::new(), 0.0_f64);
    for round in 0..bench.count(9).max(3) {
        let (millis, pake) = start_and_ask(bench).await?;
        took.push(millis);
        if round == 0 {
            tokio::time::sleep(Duration::from_secs(3)).await;
            idle = process::memory(pake.process.pid());
        }
        pake.process.stop()?;
    }
    let took = Took::of(took);
    let silent = bench.recipe.start("start")?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let untouched = process::memory(silent.process.pid());
    #[expect(clippy::cast_precision_loss, reason = "megabytes")]
    let binary = std::fs::metadata(&bench.recipe.program)?.len() as f64 / f64::from(1 << 20);
    found.at_most("start to first search on an existing database, p50", took.at(0.5), 50.0, "ms");
    found.at_most("idle memory, after a first search", idle, 20.0, "MiB");
    found.at_most("the binary", binary, 40.0, "MiB");
    found.section(format!(
        "## Start\n\nFrom the start of the process to the answer of a search of four sources at 0 ms: {} ms (p50 of {}; {} to {}). Memory (PSS) before any \
         request {} MiB, after one search {} MiB.\n",
        short(took.at(0.5)),
        took.count(),
        short(took.at(0.0)),
        short(took.at(1.0)),
        short(untouched),
        short(idle)
    ));
    Ok(())
}

/// Starts one and asks as soon as it takes connections; milliseconds to the answer.
async fn start_and_ask(bench: &Bench) -> Result<(f64, Pake)> {
    let request = ask(&new_query(&bench.sources.queries), "zstd");
    let began = Instant::now();
    let pake = bench.recipe.spawn("start")?;
    loop {
        if let Ok((status, _)) = wire::once(&pake.process.address, &request).await {
            ensure!(status == 200, "status {status}");
            return Ok((began.elapsed().as_secs_f64() * 1e3, pake));
        }
        ensure!(began.elapsed() < PATIENCE, "no answer within {PATIENCE:?} of the start");
        tokio::time::sleep(Duration::from_micros(500)).await;
    }
}

//! Sources that hang, fail, cut, garble and flood.

use anyhow::Result;

use crate::{
    Bench,
    load::{self, Cell, Load},
    report::{Findings, short, table},
    serving::{self, WHOLE},
};

const CLIENTS: usize = 8;
/// What the sources answer like otherwise.
const USUAL: &str = "reset all.latency=lognormal:200:0.5";

/// Measures each fault against the healthy run.
pub async fn measure(bench: &Bench, found: &mut Findings) -> Result<()> {
    let healthy = cell(bench, "healthy", "").await?;
    let hang = cell(bench, "hang", "arxiv.hang=0.1").await?;
    let mixed = cell(bench, "mixed", "all.error=0.05 all.malformed=0.02 all.p429=0.02 all.truncate=0.01").await?;
    let huge = cell(bench, "huge", "crossref.huge=0.1").await?;
    found.at_most("arXiv hangs on 10 %: p95 of the healthy run's", hang.took.at(0.95) / healthy.took.at(0.95), 1.3, "×");
    found.at_least("arXiv hangs on 10 %: answers a second of the healthy run's", hang.rate / healthy.rate * 100.0, 90.0, "%");
    found.at_least("5 % errors, 2 % malformed, 2 % 429, 1 % cut a source: whole answers", whole(&mixed), 99.0, "%");
    found.at_most("Crossref sends 64 MB on 10 %: more memory than the healthy run", huge.memory - healthy.memory, 8.0, "MiB");
    found.at_most("Crossref sends 64 MB on 10 %: p95 of the healthy run's", huge.took.at(0.95) / healthy.took.at(0.95), 1.3, "×");
    let note = format!(
        "{CLIENTS} clients, every source with a latency of lognormal 200 ms σ 0.5, a new PAKE for each row that has learnt from healthy \
         sources for a few seconds before the fault begins. `partial` are answers without one of the sources. Whole answers: healthy {} %, \
         hang {} %, mixed {} %, 64 MB {} %.",
        short(whole(&healthy)),
        short(whole(&hang)),
        short(whole(&mixed)),
        short(whole(&huge))
    );
    let rows = [
        ("healthy".to_owned(), healthy),
        ("arXiv hangs on 10 %".to_owned(), hang),
        ("each source: 5 % errors, 2 % malformed, 2 % 429, 1 % cut".to_owned(), mixed),
        ("Crossref sends 64 MB on 10 %".to_owned(), huge),
    ];
    found.section(table("Faults", &note, &rows));
    bench.sources.set("reset").await
}

#[expect(clippy::cast_precision_loss, reason = "counts of seconds")]
fn whole(cell: &Cell) -> f64 {
    (cell.answers - cell.partial) as f64 * 100.0 / (cell.answers + cell.failed) as f64
}

async fn cell(bench: &Bench, name: &str, fault: &str) -> Result<Cell> {
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
    load::run(load(bench.seconds(14.0), 1.0)).await
}

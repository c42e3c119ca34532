//! How many instructions a search takes: what can be compared from one build to the next on a machine whose speed changes by the
//! hour.

use std::{fs, path::Path, time::Duration};

use anyhow::{Context, Result, ensure};

use crate::{
    Bench, process,
    report::{Findings, short},
    serving::{ask, new_query},
    wire::Connection,
};

/// Searches before those that are counted: connections are open then, latencies learnt, stores warm.
const BEFORE: usize = 150;
/// Searches that are counted.
const COUNTED: usize = 200;
/// How long it is counted behind the last answer: what a search leaves to be written is part of it.
const AFTERWARDS: Duration = Duration::from_millis(300);

/// Counts, where valgrind is installed.
pub async fn measure(bench: &Bench, found: &mut Findings) -> Result<()> {
    if process::run(Path::new("valgrind"), &["--version"], &[]).is_err() {
        found.section("## Instructions\n\nNot counted: valgrind is not installed.\n".to_owned());
        return Ok(());
    }
    bench.sources.set("reset").await?;
    let counts = bench.folder.join("counts");
    // The caches of one core as most have them: 32 KiB twice, 512 KiB behind.
    let caches = ["--cache-sim=yes", "--I1=32768,8,64", "--D1=32768,8,64", "--LL=524288,8,64"];
    let options = [&["--instr-atstart=no"], &caches[..]].concat();
    let process = bench.recipe.start_under_callgrind("instructions", &options, &counts)?;
    let mut connection = Connection::open(&process.address).await?;
    search(bench, &mut connection, BEFORE).await?;
    let pid = process.pid().to_string();
    let control = |word: &str| process::run(Path::new("callgrind_control"), &["--instr", word, &pid], &[]);
    control("on")?;
    search(bench, &mut connection, COUNTED).await?;
    tokio::time::sleep(AFTERWARDS).await;
    control("off")?;
    process.stop()?;
    let [instructions, first, second] = each(&fs::read_to_string(&counts)?).context("callgrind wrote no totals")?;
    found.section(format!(
        "## Instructions\n\nOf a search with one client, outside of the kernel (callgrind, {COUNTED} searches): {} million instructions; {} thousand times what \
         was wanted was not in 32 KiB of either first cache, {} thousand times not in the 512 KiB behind them.\n",
        short(instructions / 1e6),
        short(first / 1e3),
        short(second / 1e3)
    ));
    Ok(())
}

async fn search(bench: &Bench, connection: &mut Connection, times: usize) -> Result<()> {
    for _ in 0..times {
        let request = ask(&new_query(&bench.sources.queries), "zstd");
        let status = connection.exchange(&request).await?.status;
        ensure!(status == 200, "status {status}");
    }
    Ok(())
}

/// Of each search: instructions, misses of the first caches, misses of the one behind them.
fn each(counts: &str) -> Option<[f64; 3]> {
    let totals = counts.lines().find_map(|line| line.strip_prefix("totals: "))?;
    // Ir Dr Dw I1mr D1mr D1mw ILmr DLmr DLmw
    let totals: Vec<f64> = totals.split(' ').map_while(|number| number.parse().ok()).collect();
    let sum = |from: usize, to: usize| totals.get(from..to).map(|part| part.iter().sum::<f64>());
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    let searches = COUNTED as f64;
    Some([sum(0, 1)?, sum(3, 6)?, sum(6, 9)?].map(|total| total / searches))
}

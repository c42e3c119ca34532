//! How many instructions a search and a kept answer take: what can be compared from one build to the next on a machine whose speed changes by the
//! hour.

use std::{fmt::Write as _, fs, path::Path, time::Duration};

use anyhow::{Context, Result, ensure};

use crate::{
    Bench, process,
    report::{Findings, short},
    serving::{Recipe, ask, new_query},
    wire::Connection,
};

/// Requests before those that are counted: connections are open then, latencies learnt, stores warm.
const BEFORE: usize = 150;
/// Requests that are counted.
const COUNTED: usize = 200;
/// How long it is counted behind the last answer: what a search leaves to be written is part of it.
const AFTERWARDS: Duration = Duration::from_millis(300);

/// Counts, where valgrind is installed.
pub async fn measure(bench: &Bench, redis: Option<&str>, found: &mut Findings) -> Result<()> {
    if process::run(Path::new("valgrind"), &["--version"], &[]).is_err() {
        found.section("## Instructions\n\nNot counted: valgrind is not installed.\n".to_owned());
        return Ok(());
    }
    bench.sources.set("reset").await?;
    let questions = |count| (0..count).map(|_| ask(&new_query(&bench.sources.queries), "zstd")).collect::<Vec<_>>();
    let same = vec![ask(&new_query(&bench.sources.queries), "zstd"); BEFORE + COUNTED];
    let recipe = &bench.recipe;
    let mut rows = vec![
        ("a search", count(recipe, "counted-searches", questions(BEFORE + COUNTED)).await?),
        ("a hit in memory", count(recipe, "counted-hits", same).await?),
    ];
    if let Some(redis) = redis {
        let recipe = Recipe { redis: Some(redis.to_owned()), ..recipe.clone() };
        let (other, requests) = (recipe.start("counted-other")?, questions(BEFORE + COUNTED));
        ask_all(&other.process.address, &requests).await?;
        rows.push(("a hit in Redis", count(&recipe, "counted-redis", requests).await?));
    }
    let mut section = format!(
        "## Instructions\n\nOutside of the kernel, with one client, each of {COUNTED} (callgrind): what was executed, in thousands, and how many thousand times \
         what was wanted was not in 32 KiB of either first cache, and not in the 512 KiB behind them.\n\n\
         | what | instructions | not in the first | nor behind |\n| --- | --- | --- | --- |\n"
    );
    for (what, counts) in rows {
        let [instructions, first, second] = counts.map(|count| short(count / 1e3));
        // Writing into a string cannot fail.
        let _ = writeln!(section, "| {what} | {instructions} | {first} | {second} |");
    }
    found.section(section);
    Ok(())
}

/// Asks a PAKE of this recipe all of these, and counts the last [`COUNTED`]; what was counted of each.
async fn count(recipe: &Recipe, name: &str, requests: Vec<Vec<u8>>) -> Result<[f64; 3]> {
    let counts = recipe.folder.join(format!("{name}.out"));
    // The caches of one core as most have them: 32 KiB twice, 512 KiB behind.
    let caches = ["--cache-sim=yes", "--I1=32768,8,64", "--D1=32768,8,64", "--LL=524288,8,64"];
    let options = [&["--instr-atstart=no"], &caches[..]].concat();
    let process = recipe.start_under_callgrind(name, &options, &counts)?;
    let (before, counted) = requests.split_at(requests.len() - COUNTED);
    ask_all(&process.address, before).await?;
    let pid = process.pid().to_string();
    let control = |word: &str| process::run(Path::new("callgrind_control"), &["--instr", word, &pid], &[]);
    control("on")?;
    ask_all(&process.address, counted).await?;
    tokio::time::sleep(AFTERWARDS).await;
    control("off")?;
    process.stop()?;
    each(&fs::read_to_string(&counts)?).context("callgrind wrote no totals")
}

async fn ask_all(address: &str, requests: &[Vec<u8>]) -> Result<()> {
    let mut connection = Connection::open(address).await?;
    for request in requests {
        let status = connection.exchange(request).await?.status;
        ensure!(status == 200, "status {status}");
    }
    Ok(())
}

/// Of each request: instructions, misses of the first caches, misses of the one behind them.
fn each(counts: &str) -> Option<[f64; 3]> {
    let totals = counts.lines().find_map(|line| line.strip_prefix("totals: "))?;
    // Ir Dr Dw I1mr D1mr D1mw ILmr DLmr DLmw
    let totals: Vec<f64> = totals.split(' ').map_while(|number| number.parse().ok()).collect();
    let sum = |from: usize, to: usize| totals.get(from..to).map(|part| part.iter().sum::<f64>());
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    let requests = COUNTED as f64;
    Some([sum(0, 1)?, sum(3, 6)?, sum(6, 9)?].map(|total| total / requests))
}

//! `make bench`: measures PAKE against its goals (issue 2 §9, issue 3) and against the floor of this machine in one run, and writes
//! docs/performance.md.
//!
//!   goals measure --pake BINARY [--shared FOLDER] [--redis URL] [--out FILE] [--quick] [--only PART]... [--about TEXT]
//!   goals order BINARY MAP FILE                             the second half of what scripts/tune does
//!   goals upstream|floor-bytes|floor-fan-out ADDRESS …     what `measure` starts beside PAKE
//!
//! Load, floor and the carried stand-in are here; `../shared/upstream` and `../shared/bench` are used where they are. Only
//! loopback is used, every load ends after its seconds, and only processes started here are ended.

mod cached;
mod faults;
mod floor;
mod history;
mod instructions;
mod load;
mod order;
mod people;
mod process;
mod replicas;
mod report;
mod rows;
mod serving;
mod sockets;
mod sources;
mod start;
mod truth;
mod uncached;
mod upstream;
mod vocabulary;
mod wire;

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, Result, bail};

use report::Findings;
use serving::Recipe;
use sources::Sources;

/// What is measured, in this order.
const PARTS: [&str; 11] = [
    "start",
    "uncached",
    "instructions",
    "cached",
    "redis",
    "faults",
    "rows",
    "people",
    "history",
    "sockets",
    "replicas",
];

/// What every part needs.
struct Bench {
    recipe: Recipe,
    sources: Sources,
    /// This program.
    program: PathBuf,
    /// `../shared`, where it is.
    shared: Option<PathBuf>,
    /// For logs and data; goes away at the end.
    folder: PathBuf,
    quick: bool,
}

impl Bench {
    /// How long a load runs.
    fn seconds(&self, whole: f64) -> f64 {
        if self.quick { (whole * 0.3).max(1.5) } else { whole }
    }

    /// How many times something is done.
    fn count(&self, whole: usize) -> usize {
        if self.quick { whole.div_ceil(4) } else { whole }
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    // The load is to take no more than one core.
    let threads = if words.first() == Some(&"measure") { 1 } else { 2 };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build();
    let done = runtime.context("no runtime").and_then(|runtime| runtime.block_on(run(&words)));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::eprintln(&format!("bench: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(words: &[&str]) -> Result<()> {
    match words {
        ["measure", options @ ..] => measure(options).await,
        ["order", pake, map, out] => order::write(pake.as_ref(), map.as_ref(), out.as_ref()).await,
        ["upstream", address] => upstream::run(address).await,
        ["floor-bytes", address, file, "zstd"] => floor::ready_bytes(address, file, "zstd").await,
        ["floor-bytes", address, file, _] => floor::ready_bytes(address, file, "identity").await,
        ["floor-fan-out", address, sources] => floor::fan_out(address, sources).await,
        [] => {
            report::eprintln("bench: run `make bench`, or scripts/bench --quick");
            Ok(())
        }
        other => bail!("`{}` is not understood", other.join(" ")),
    }
}

async fn measure(options: &[&str]) -> Result<()> {
    let value =
        |name: &str| options.iter().position(|option| *option == name).and_then(|at| options.get(at + 1)).copied();
    let only: Vec<&str> = options.windows(2).filter(|two| two[0] == "--only").map(|two| two[1]).collect();
    let folder = tempfile::tempdir()?;
    let program = std::env::current_exe()?;
    let shared = value("--shared").map(PathBuf::from);
    let sources = Sources::start(shared.as_deref(), &program, &folder.path().join("sources.log"))?;
    let recipe = Recipe {
        program: PathBuf::from(value("--pake").context("--pake BINARY is missing")?),
        sources: sources.url(),
        folder: folder.path().to_owned(),
        redis: None,
        more: Vec::new(),
    };
    let bench = Bench {
        recipe,
        sources,
        program,
        shared,
        folder: folder.path().to_owned(),
        quick: options.contains(&"--quick"),
    };
    let mut found = Findings::default();
    for part in PARTS.into_iter().filter(|part| only.is_empty() || only.contains(part)) {
        report::eprintln(&format!("== {part}"));
        let done = match part {
            "start" => start::measure(&bench, &mut found).await,
            "uncached" => uncached::measure(&bench, &mut found).await,
            "instructions" => instructions::measure(&bench, value("--redis"), &mut found).await,
            "cached" => cached::measure(&bench, &mut found).await,
            "redis" => cached::measure_redis(&bench, value("--redis"), &mut found).await,
            "faults" => faults::measure(&bench, &mut found).await,
            "rows" => rows::measure(&bench, &mut found).await,
            "people" => people::measure(&bench, &mut found).await,
            "history" => history::measure(&bench, &mut found).await,
            "sockets" => sockets::measure(&bench, &mut found).await,
            _ => replicas::measure(&bench, &mut found).await,
        };
        done.with_context(|| part.to_owned())?;
    }
    let document = found.document(&introduction(&bench, value("--about").unwrap_or("")));
    if let Some(out) = value("--out") {
        let before = std::fs::read_to_string(out).unwrap_or_default();
        std::fs::write(out, document + report::deployments(&before))?;
    }
    report::eprintln(&format!("{} goals missed", found.missed()));
    Ok(())
}

/// What stands above the goals.
fn introduction(bench: &Bench, about: &str) -> String {
    let floor = if bench.shared.is_some() { "`../shared/bench/run refsrv fed`" } else { "the carried floor" };
    format!(
        "Written by `make bench`{}; {about}. Machine: {}.\n\n\
         PAKE's release build on SQLite with everything on (history, metrics, logs at `info`), four sources without limits of ours, {} records \
         asked of each: one page size holds for all sources, so the 60 records of the goals (arXiv 10, PubMed 20, Crossref 20, OpenAlex 10) are four \
         times 15 here. Sources: {}, answering over loopback, where PAKE asks for answers without compression (over a network it asks for gzip, and unpacking comes on top); \
         floor of the search: {floor}; load: `crates/e2e/benches/goals`, on the same cores. CPU is \
         read from /proc and is the steady figure; wall-clock figures carry whatever else the machine does.\n\n\
         The commands: `make bench` (all of it), `scripts/bench --quick` (about two minutes), `scripts/bench --only uncached` (one part: {}), \
         `scripts/bench --carried` (with what the repository carries, as in a clone without `../shared`).",
        if bench.quick { " --quick" } else { "" },
        process::machine(),
        serving::LIMIT,
        bench.sources.name,
        PARTS.join(", "),
    )
}

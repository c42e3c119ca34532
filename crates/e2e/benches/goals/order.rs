//! The functions that a start and a first search run through, for the linker to put side by side: `crates/pake/start.order`.

use std::{collections::BTreeSet, fs, path::Path, time::Duration};

use anyhow::{Context, Result, ensure};

use crate::{
    serving::{Recipe, ask, new_query},
    sources::Sources,
    wire,
};

/// Where valgrind loads a program that may lie anywhere: what it cannot tell the file of stands there.
const LOADED_AT: u64 = 0x10_8000;
/// Longest wait for an answer of what runs fifty times as slowly as usual.
const PATIENCE: Duration = Duration::from_mins(5);
/// How long a PAKE goes on after its first answer: what comes late (history, jobs) belongs to the start, too.
const AFTERWARDS: Duration = Duration::from_secs(20);

/// Starts `pake` on an existing database, under callgrind, asks it two questions and writes which of the functions in the
/// linker's `map` it went through.
pub async fn write(pake: &Path, map: &Path, out: &Path) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let sources = Sources::start(None, &std::env::current_exe()?, &folder.path().join("sources.log"))?;
    let recipe = Recipe {
        program: pake.to_owned(),
        sources: sources.url(),
        folder: folder.path().to_owned(),
        redis: None,
        more: Vec::new(),
    };
    recipe.start("order")?.process.stop()?;
    let counts = folder.path().join("counts");
    let options = ["--dump-instr=yes", "--compress-strings=no", "--compress-pos=no"];
    let process = recipe.start_under_callgrind("order", &options, &counts)?;
    // The second goes ways that the first one does not.
    for _ in 0..2 {
        let request = ask(&new_query(&sources.queries), "zstd");
        let (status, _) = tokio::time::timeout(PATIENCE, wire::once(&process.address, &request)).await??;
        ensure!(status == 200, "status {status}");
    }
    tokio::time::sleep(AFTERWARDS).await;
    process.stop()?;
    let map = fs::read_to_string(map).with_context(|| map.display().to_string())?;
    let names = names(&fs::read_to_string(&counts)?, pake, &places(&map));
    ensure!(names.len() > 1_000, "only {} functions were found", names.len());
    fs::write(out, names.into_iter().collect::<Vec<_>>().join("\n") + "\n")?;
    Ok(())
}

/// Where each function begins and how long it is, in order.
fn places(map: &str) -> Vec<(u64, u64, &str)> {
    let number = |text: Option<&str>| u64::from_str_radix(text?, 16).ok();
    let place = |line: &'_ str| {
        let mut words = line.split_whitespace();
        let (start, _, length) = (number(words.next())?, words.next()?, number(words.next())?);
        Some((start, length))
    };
    let named = |line| {
        let name = str::rsplit_once(line, ":(.text.")?.1.strip_suffix(')')?;
        let (start, length) = place(line)?;
        Some((start, length, name.strip_prefix("unlikely.").unwrap_or(name)))
    };
    let mut places: Vec<_> = map.lines().filter_map(named).collect();
    places.sort_unstable();
    places
}

/// The functions of which an instruction was run.
fn names<'a>(counts: &str, pake: &Path, places: &[(u64, u64, &'a str)]) -> BTreeSet<&'a str> {
    let find = |address: &u64| {
        let at = places.partition_point(|(start, _, _)| start <= address).checked_sub(1)?;
        places.get(at).filter(|(start, length, _)| *address < start + length).map(|(_, _, name)| *name)
    };
    addresses(counts, pake).iter().filter_map(find).collect()
}

/// The places in the file of the instructions of PAKE that were run.
fn addresses(counts: &str, pake: &Path) -> BTreeSet<u64> {
    let (mut begin, mut run) = (None, BTreeSet::new());
    for line in counts.lines() {
        if let Some(object) = line.strip_prefix("ob=") {
            // Without symbols only a part of the program is known to be of its file.
            begin = match object {
                "???" => Some(LOADED_AT),
                object => (Path::new(object) == pake).then_some(0),
            };
        }
        let address = line.strip_prefix("0x").and_then(|line| line.split(' ').next());
        let address = address.and_then(|text| u64::from_str_radix(text, 16).ok());
        run.extend(address.zip(begin).and_then(|(address, begin)| address.checked_sub(begin)));
    }
    run
}

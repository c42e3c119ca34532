//! The stand-in for the public services as a program of its own, for tests in a browser (`web/e2e`). Its first line of output
//! is JSON: the environment variables that lead PAKE's sources to it. Then each line of input is an order, answered with
//! a line of output: `hold arxiv`, `release arxiv`, `fail arxiv 503`, `limit arxiv 60`, `mend arxiv`, `requests arxiv`. It ends with
//! its input.

use std::{
    collections::BTreeMap,
    io::{self, BufRead, Write},
    process::ExitCode,
};

use e2e::upstream::{Fault, SOURCES, Upstream};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            _ = writeln!(io::stderr(), "stand-in: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> io::Result<()> {
    let upstream = Upstream::start()?;
    let variables: BTreeMap<_, _> = upstream.variables().into_iter().collect();
    let mut out = io::stdout();
    writeln!(out, "{}", serde_json::json!(variables))?;
    for line in io::stdin().lock().lines() {
        let answer = obey(&upstream, &line?).unwrap_or_else(|| "not understood".to_owned());
        writeln!(out, "{answer}")?;
    }
    Ok(())
}

/// Does what an order says, and gives what there is to tell.
fn obey(upstream: &Upstream, order: &str) -> Option<String> {
    let mut words = order.split_whitespace();
    let (what, source, number) = (words.next()?, words.next()?, words.next());
    let number = || number?.parse::<u32>().ok();
    if !SOURCES.contains(&source) {
        return None;
    }
    match what {
        "hold" => upstream.hold(source),
        "release" => upstream.release(source),
        "mend" => upstream.mend(source),
        "fail" => upstream.fail(source, Fault::Status(u16::try_from(number()?).ok()?)),
        "limit" => upstream.fail(source, Fault::TooMany(number()?)),
        "requests" => return Some(upstream.requests(source).to_string()),
        _ => return None,
    }
    Some("done".to_owned())
}

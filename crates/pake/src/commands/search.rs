//! `pake search`: one question, every source, live.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use engine::{
    event::{Counts, SourceOutcome, SourceReport, SourceStarted},
    query::{Query, QueryError},
    source::SourceId,
    work::Work,
};
use serde::{Deserialize, Serialize};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Context;
use crate::{
    api::{
        Api,
        events::{Event, Events},
        own::Absent,
    },
    cli::Search,
    printer::Printer,
    progress::Progress,
    works,
};

/// How often the lines of the sources are drawn anew.
const TURN: Duration = Duration::from_millis(100);
/// How much longer than `--timeout` a server may take to say so itself.
const MARGIN: Duration = Duration::from_secs(2);

/// What is asked of the API.
#[derive(Debug, Serialize)]
struct Ask {
    query: String,
    sources: Vec<SourceId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u32>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    anonymous: bool,
}

/// What the API says to a question.
#[derive(Debug, Deserialize)]
struct Accepted {
    id: String,
}

/// A frame of the event log, as far as it is looked at.
#[derive(Debug, Deserialize)]
struct Frame<'a> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(borrow)]
    data: &'a serde_json::value::RawValue,
}

/// What happens to the sources.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Step {
    SearchSourceStarted(SourceStarted),
    SearchSourceFinished(SourceReport),
    SearchSourceFailed(SourceReport),
    #[serde(other)]
    Other,
}

/// The answer.
#[derive(Debug, Deserialize)]
struct Answer {
    works: Vec<Work>,
    sources: Vec<SourceReport>,
    counts: Counts,
    took_ms: u64,
}

/// Why a search came to nothing.
#[derive(Debug, Deserialize)]
struct Failed {
    error: String,
}

/// Asks, shows how the sources do, and writes the answer.
pub async fn run(mut context: Context, arguments: Search) -> anyhow::Result<()> {
    let ask = ask(&arguments)?;
    let patience = arguments.timeout.map(patience).transpose()?;
    if arguments.server.server.is_none()
        && let Some(seconds) = arguments.timeout
    {
        context.places.flags.push(("search.deadline", "--timeout", seconds.to_string()));
    }
    let api = context.api(&arguments.server, Absent::Forgotten).await?;
    // Caught from before the question: whoever interrupts it right after must not leave it to the sources.
    let interrupt = signal(SignalKind::interrupt()).context("cannot catch SIGINT")?;
    let accepted: Accepted = api.post("/api/v1/searches", &ask).await?;
    let answer = tokio::select! {
        answer = follow(&api, &accepted.id, &context.printer, arguments.json) => answer,
        stopped = stopped(interrupt, patience) => Err(stopped),
    };
    if answer.is_err() {
        // Whatever went wrong, nobody waits for the sources any more; that this fails too would not help anyone.
        let _ = api.delete(&format!("/api/v1/searches/{}", accepted.id)).await;
    }
    let answer = answer?;
    if let Some(format) = arguments.export {
        let path = format!("/api/v1/searches/{}/export?format={}", accepted.id, format.as_str());
        context.printer.bytes(&api.get_bytes(&path).await?)?;
    } else if !arguments.json {
        works::print(&context.printer, &answer.works)?;
    }
    api.close().await;
    sum_up(&context.printer, &answer);
    if answer.sources.iter().any(|report| report.state.has_records()) {
        return Ok(());
    }
    anyhow::bail!("no source answered; `pake sources` shows how they are")
}

/// The question, with the options as conditions of the query language.
fn ask(arguments: &Search) -> anyhow::Result<Ask> {
    let typed = arguments.query.join(" ");
    let understood = Query::parse(&typed).map_err(|error| anyhow::anyhow!(pointed(&typed, &error)))?;
    let mut conditions = Vec::new();
    if let Some(years) = &arguments.year {
        conditions.push(format!("year:{years}"));
    }
    match arguments.kind.as_slice() {
        [] => {}
        [one] => conditions.push(format!("type:{}", one.as_str())),
        many => {
            let many: Vec<_> = many.iter().map(|kind| format!("type:{}", kind.as_str())).collect();
            conditions.push(format!("({})", many.join(" OR ")));
        }
    }
    if arguments.open {
        conditions.push("open:true".to_owned());
    }
    let mut query = understood.text;
    if !conditions.is_empty() {
        query = format!("({query}) {}", conditions.join(" "));
        // What was typed is right, so what is wrong came by an option.
        Query::parse(&query).map_err(|error| anyhow::anyhow!("--year: {}; {}", error.message, error.help))?;
    }
    let Search { limit, anonymous, .. } = *arguments;
    Ok(Ask { query, sources: arguments.source.clone(), limit, anonymous })
}

/// The error with the query and a mark below the column.
fn pointed(typed: &str, error: &QueryError) -> String {
    let shown: String = typed.chars().map(|char| if char.is_control() { ' ' } else { char }).take(200).collect();
    let before: String = shown.chars().take(error.column.saturating_sub(1)).collect();
    let gap = " ".repeat(unicode_width::UnicodeWidthStr::width(before.as_str()));
    format!("{error}\n  {shown}\n  {gap}^")
}

fn patience(seconds: f64) -> anyhow::Result<Duration> {
    let patience = Duration::try_from_secs_f64(seconds).ok().filter(|wait| (1..=120).contains(&wait.as_secs()));
    patience.map(|wait| wait + MARGIN).context("--timeout: give 1 to 120 seconds")
}

/// Ends when the search is interrupted, or when it has taken longer than anybody wants to wait.
async fn stopped(mut interrupt: Signal, patience: Option<Duration>) -> anyhow::Error {
    let late = async {
        match patience {
            Some(patience) => tokio::time::sleep(patience).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = interrupt.recv() => anyhow::anyhow!("interrupted"),
        () = late => anyhow::anyhow!("no answer in time"),
    }
}

/// Follows the log to the answer.
async fn follow(api: &Api, id: &str, printer: &Printer, json: bool) -> anyhow::Result<Answer> {
    let started = Instant::now();
    let mut events = Events::of(api, id);
    let quiet = printer.quiet || json;
    let mut progress = Progress::new(Printer { quiet, ..printer.clone() });
    let mut turn = tokio::time::interval(TURN);
    loop {
        let event = tokio::select! {
            event = events.next() => event?,
            _ = turn.tick() => {
                progress.turn(started.elapsed());
                continue;
            }
        };
        let Some(Event { data, .. }) = event else { anyhow::bail!("the server ended the search without an answer") };
        if json {
            printer.data(&data)?;
        }
        let frame: Frame<'_> = serde_json::from_str(&data).context("the server sent a frame that is none")?;
        match frame.kind.as_str() {
            "search_progress" => match serde_json::from_str(frame.data.get())? {
                Step::SearchSourceStarted(source) => progress.asked(&[source.source]),
                Step::SearchSourceFinished(report) | Step::SearchSourceFailed(report) => {
                    progress.done(report, started.elapsed());
                }
                Step::Other => {}
            },
            "search_completed" => return Ok(serde_json::from_str(frame.data.get())?),
            "search_failed" => {
                let failed: Failed = serde_json::from_str(frame.data.get())?;
                anyhow::bail!("the search failed: {}", crate::printer::plain(&failed.error));
            }
            _ => {}
        }
    }
}

fn sum_up(printer: &Printer, answer: &Answer) {
    let Counts { works, retrieved, filtered, duplicates, .. } = answer.counts;
    let asked = answer.sources.iter().filter(|report| report.state != SourceOutcome::Skipped).count();
    let answered = answer.sources.iter().filter(|report| report.state.has_records()).count();
    let took = Duration::from_millis(answer.took_ms).as_secs_f64();
    printer.say(format_args!(
        "{works} works from {retrieved} records ({duplicates} duplicates, {filtered} left out) of {answered} of {asked} sources in {took:.2} s"
    ));
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Command};

    fn asked(arguments: &[&str]) -> anyhow::Result<Ask> {
        let cli = Cli::try_parse_from(["pake", "search"].iter().chain(arguments)).unwrap();
        let Command::Search(search) = cli.command else { panic!("no search") };
        ask(&search)
    }

    #[test]
    fn options_become_conditions_of_the_query() {
        assert_eq!(asked(&["base", "editing"]).unwrap().query, "base editing");
        let arguments =
            ["a OR b", "--year", "2020..2024", "--type", "article,review", "--open", "-s", "arxiv,pubmed", "-n", "50"];
        let ask = asked(&arguments).unwrap();
        assert_eq!(ask.query, "(a OR b) year:2020..2024 (type:article OR type:review) open:true");
        assert_eq!((ask.sources, ask.limit), (vec![SourceId::Arxiv, SourceId::Pubmed], Some(50)));
    }

    #[test]
    fn a_wrong_query_is_shown_with_a_mark_at_the_column() {
        let error = asked(&["研究 \"base editing"]).unwrap_err().to_string();
        let lines: Vec<_> = error.lines().collect();
        assert_eq!(lines[1], "  研究 \"base editing");
        assert_eq!(lines[2], "       ^", "{error}");
        assert!(asked(&["a", "--year", "soon"]).unwrap_err().to_string().starts_with("--year: "));
    }

    #[test]
    fn a_wait_is_one_second_to_two_minutes() {
        assert!(patience(5.0).is_ok());
        for seconds in [0.0, -1.0, f64::NAN, f64::INFINITY, 121.0, 1e300] {
            assert!(patience(seconds).is_err(), "{seconds}");
        }
    }
}

//! `pake jobs`: what is done in the background, and what became of it.

use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Context;
use crate::{
    api::{Api, own::Absent},
    cli::{Jobs, JobsCommand, JobsList, OneJob, Server, Status},
    printer::{Printer, Style, plain},
    table::{Cell, Column, lines},
};

const JOBS: &str = "/api/v1/admin/jobs";
/// Pause between two looks at a job.
const LOOK: Duration = Duration::from_millis(300);

const COLUMNS: [Column; 6] = [
    Column::fixed("id"),
    Column::fixed("kind"),
    Column::fixed("status"),
    Column::fixed("begun (UTC)").only_from(100),
    Column::fixed("progress").right().only_from(80),
    Column::flexible("outcome", 1),
];

/// A job, as far as it is looked at.
#[derive(Debug, Deserialize)]
struct Job {
    id: String,
    kind: String,
    status: String,
    is_cancel_wanted: bool,
    progress: Progress,
    attempts: i64,
    result: Option<Value>,
    error: Option<String>,
    created_at: chrono::DateTime<chrono::Utc>,
    started_at: Option<chrono::DateTime<chrono::Utc>>,
    finished_at: Option<chrono::DateTime<chrono::Utc>>,
}

#[derive(Debug, Deserialize)]
struct Progress {
    done: i64,
    total: Option<i64>,
    step: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Page {
    jobs: Vec<Job>,
}

/// Runs `pake jobs`.
pub async fn run(context: &Context, arguments: Jobs) -> anyhow::Result<()> {
    let api = context.api(server_of(&arguments.command), Absent::Refused).await?;
    let done = match &arguments.command {
        JobsCommand::List(list) => self::list(&context.printer, &api, list).await,
        JobsCommand::Show(one) => match api.get::<Value>(&at(&one.id)).await {
            Ok(job) => print(&context.printer, job, one.json),
            Err(error) => Err(error),
        },
        JobsCommand::Cancel(one) => act(&context.printer, &api, one, "cancel").await,
        JobsCommand::Retry(one) => act(&context.printer, &api, one, "retry").await,
    };
    api.close().await;
    done
}

const fn server_of(command: &JobsCommand) -> &Server {
    match command {
        JobsCommand::List(list) => &list.server,
        JobsCommand::Show(one) | JobsCommand::Cancel(one) | JobsCommand::Retry(one) => &one.server,
    }
}

/// The path of one job.
fn at(id: &str) -> String {
    format!("{JOBS}/{}", utf8_percent_encode(id, NON_ALPHANUMERIC))
}

async fn list(printer: &Printer, api: &Api, list: &JobsList) -> anyhow::Result<()> {
    let mut path = format!("{JOBS}?limit={}", list.limit);
    if let Some(status) = list.status {
        path.push_str("&status=");
        path.push_str(word(status));
    }
    if let Some(kind) = &list.kind {
        path.push_str("&kind=");
        path.push_str(&utf8_percent_encode(kind, NON_ALPHANUMERIC).to_string());
    }
    if list.json {
        let page: Value = api.get(&path).await?;
        return Ok(printer.data(serde_json::to_string_pretty(&page)?)?);
    }
    let page: Page = api.get(&path).await?;
    if page.jobs.is_empty() {
        printer.say("no jobs");
        return Ok(());
    }
    let rows: Vec<Vec<Cell>> = page.jobs.iter().map(row).collect();
    lines(&COLUMNS, &rows, printer.out).iter().try_for_each(|line| printer.data(line))?;
    Ok(())
}

const fn word(status: Status) -> &'static str {
    match status {
        Status::Waiting => "waiting",
        Status::Running => "running",
        Status::Done => "done",
        Status::Failed => "failed",
        Status::Cancelled => "cancelled",
    }
}

async fn act(printer: &Printer, api: &Api, one: &OneJob, what: &str) -> anyhow::Result<()> {
    let job = api.post(&format!("{}/{what}", at(&one.id)), &json!({})).await?;
    print(printer, job, one.json)
}

/// Waits for the end of a job, and works on it when it is in a database of this machine: no server need run there.
pub async fn follow(api: &Api, id: &str) -> anyhow::Result<Value> {
    loop {
        if let Api::Own(own) = api {
            own.work().await?;
        }
        let job: Value = api.get(&at(id)).await?;
        // What failed is tried again later: the next attempt is not waited for.
        let has_failed = job["status"] == "waiting" && !job["error"].is_null();
        if !job["finished_at"].is_null() || has_failed {
            return Ok(job);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Shows a job. One that failed is an error.
pub fn print(printer: &Printer, job: Value, is_json: bool) -> anyhow::Result<()> {
    if is_json {
        printer.data(serde_json::to_string_pretty(&job)?)?;
    }
    let job: Job = serde_json::from_value(job)?;
    if let Some(error) = job.error.as_ref().filter(|_| matches!(&*job.status, "failed" | "waiting")) {
        anyhow::bail!("{} {}: {}", job.kind, job.status, plain(error));
    }
    if is_json {
        return Ok(());
    }
    printer.data(format_args!("{}  {}  {}", job.id, plain(&job.kind), job.status))?;
    let more = outcome(&job);
    if more.is_empty() { Ok(()) } else { Ok(printer.data(more)?) }
}

fn row(job: &Job) -> Vec<Cell> {
    let style = match job.status.as_str() {
        "done" => Style::Green,
        "failed" => Style::Red,
        "waiting" | "running" => Style::Yellow,
        _ => Style::Dim,
    };
    let begun = job.started_at.unwrap_or(job.created_at).format("%Y-%m-%d %H:%M").to_string();
    let progress = match job.progress.total {
        Some(total) => format!("{}/{total}", job.progress.done),
        None if job.progress.done > 0 => job.progress.done.to_string(),
        None => String::new(),
    };
    vec![
        job.id.as_str().into(),
        job.kind.as_str().into(),
        Cell::new(&job.status).styled(style),
        begun.as_str().into(),
        progress.into(),
        outcome(job).into(),
    ]
}

/// What came out of it, or what is done at the moment.
fn outcome(job: &Job) -> String {
    let text = match (&job.error, &job.result) {
        (Some(error), _) => format!("{error} (attempt {})", job.attempts),
        (None, Some(Value::Object(result))) => {
            let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            result.iter().map(|(name, value)| format!("{name}: {}", shown(value))).collect::<Vec<_>>().join(", ")
        }
        (None, Some(result)) => result.to_string(),
        (None, None) if job.finished_at.is_none() && job.is_cancel_wanted => "about to end".to_owned(),
        (None, None) => job.progress.step.clone().unwrap_or_default(),
    };
    plain(&text)
}

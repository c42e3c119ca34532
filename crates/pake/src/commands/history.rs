//! `pake history`: the searches made before.

use engine::event::{Counts, SourceReport};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Context;
use crate::{
    api::{Api, own::Absent},
    cli::{History, HistoryCommand, HistoryDelete, HistoryList, HistoryShow, Server},
    printer::{Printer, Style},
    table::{Cell, Column, lines},
    works,
};

const HISTORY: &str = "/api/v1/history";

const COLUMNS: [Column; 7] = [
    Column::fixed("id"),
    Column::fixed("when (UTC)"),
    Column::fixed(""),
    Column::flexible("query", 4),
    Column::fixed("works").right().only_from(90),
    Column::fixed("ms").right().only_from(100),
    Column::flexible("tags", 1).only_from(110),
];

/// A page of the history.
#[derive(Debug, Deserialize)]
struct Page {
    entries: Vec<Entry>,
    next: Option<String>,
}

/// One search, as far as it is looked at.
#[derive(Debug, Deserialize)]
struct Entry {
    id: String,
    query: String,
    results_count: u64,
    execution_time_ms: u64,
    cache_hit: bool,
    created_at: chrono::DateTime<chrono::Utc>,
    is_favorite: bool,
    tags: Vec<String>,
    query_metadata: Metadata,
}

#[derive(Debug, Deserialize)]
struct Metadata {
    status: String,
    counts: Counts,
    reports: Vec<SourceReport>,
    has_answer: bool,
}

/// The answer of a search, as far as it is looked at.
#[derive(Debug, Deserialize)]
struct Answer {
    works: Vec<engine::work::Work>,
}

/// Runs `pake history`.
pub async fn run(context: &Context, arguments: History) -> anyhow::Result<()> {
    let api = context.api(server_of(&arguments.command), Absent::Refused).await?;
    let done = match &arguments.command {
        HistoryCommand::List(list) => self::list(context, &api, list).await,
        HistoryCommand::Show(show) => self::show(context, &api, show).await,
        HistoryCommand::Delete(delete) => self::delete(context, &api, delete).await,
        HistoryCommand::Export(_) => export(context, &api).await,
        HistoryCommand::Favourite(favourite) => {
            api.put(&format!("{}/favorite", at(&favourite.id)), &json!({"is_favorite": !favourite.off})).await
        }
        HistoryCommand::Tag(tag) => api.put(&format!("{}/tags", at(&tag.id)), &json!({"tags": tag.tags})).await,
    };
    api.close().await;
    done
}

const fn server_of(command: &HistoryCommand) -> &Server {
    match command {
        HistoryCommand::List(list) => &list.server,
        HistoryCommand::Show(show) => &show.server,
        HistoryCommand::Delete(delete) => &delete.server,
        HistoryCommand::Export(export) => &export.server,
        HistoryCommand::Favourite(favourite) => &favourite.server,
        HistoryCommand::Tag(tag) => &tag.server,
    }
}

/// The path of one search of the history.
fn at(id: &str) -> String {
    format!("{HISTORY}/{}", escaped(id))
}

fn escaped(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// The path of a list with these conditions.
fn filtered(list: &HistoryList) -> String {
    let midnight = |day: chrono::NaiveDate| format!("{day}T00:00:00Z");
    let conditions = [
        ("q", list.text.clone()),
        ("source", list.source.map(|source| source.to_string())),
        ("tag", list.tag.clone()),
        ("favorites", list.favourites.then(|| "true".to_owned())),
        ("from", list.since.map(midnight)),
        ("until", list.until.and_then(|day| day.succ_opt()).map(midnight)),
        ("after", list.after.clone()),
        ("limit", Some(list.limit.to_string())),
    ];
    let given = conditions.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", escaped(&value?))));
    format!("{HISTORY}?{}", given.collect::<Vec<_>>().join("&"))
}

async fn list(context: &Context, api: &Api, list: &HistoryList) -> anyhow::Result<()> {
    let path = filtered(list);
    if list.json {
        let page: Value = api.get(&path).await?;
        return Ok(context.printer.data(serde_json::to_string_pretty(&page)?)?);
    }
    let page: Page = api.get(&path).await?;
    if page.entries.is_empty() {
        context.printer.say("no search in the history is like that");
        return Ok(());
    }
    let rows: Vec<Vec<Cell>> = page.entries.iter().map(row).collect();
    lines(&COLUMNS, &rows, context.printer.out).iter().try_for_each(|line| context.printer.data(line))?;
    if let Some(next) = page.next {
        context.printer.say(format_args!("there are more: --after {}", crate::printer::plain(&next)));
    }
    Ok(())
}

fn row(entry: &Entry) -> Vec<Cell> {
    vec![
        Cell::new(&entry.id).styled(Style::Dim),
        entry.created_at.format("%Y-%m-%d %H:%M").to_string().into(),
        Cell::new(if entry.is_favorite { "★" } else { "" }).styled(Style::Yellow),
        Cell::new(&entry.query),
        entry.results_count.to_string().into(),
        entry.execution_time_ms.to_string().into(),
        entry.tags.join(", ").into(),
    ]
}

async fn show(context: &Context, api: &Api, show: &HistoryShow) -> anyhow::Result<()> {
    let search = format!("/api/v1/searches/{}", escaped(&show.id));
    if let Some(format) = show.export {
        let path = format!("{search}/export?format={}", format.as_str());
        return Ok(context.printer.bytes(&api.get_bytes(&path).await?)?);
    }
    if show.json {
        let entry: Value = api.get(&at(&show.id)).await?;
        return Ok(context.printer.data(serde_json::to_string_pretty(&entry)?)?);
    }
    let entry: Entry = api.get(&at(&show.id)).await?;
    told(&context.printer, &entry)?;
    if entry.query_metadata.has_answer {
        let answer: Answer = api.get(&search).await?;
        context.printer.data("")?;
        works::print(&context.printer, &answer.works)?;
    }
    Ok(())
}

/// What is told of one search above its works.
fn told(printer: &Printer, entry: &Entry) -> anyhow::Result<()> {
    let look = printer.out;
    let Metadata { status, counts, reports, .. } = &entry.query_metadata;
    printer.data(look.paint(Style::Bold, &crate::printer::plain(&entry.query)))?;
    let kept = if entry.cache_hit { ", a kept answer" } else { "" };
    printer.data(format_args!(
        "{} · {} ms · {}{kept}",
        entry.created_at.format("%Y-%m-%d %H:%M:%S UTC"),
        entry.execution_time_ms,
        crate::printer::plain(status)
    ))?;
    printer.data(format_args!(
        "{} works from {} records: {} duplicates, {} left out; {} reported in all",
        counts.works, counts.retrieved, counts.duplicates, counts.filtered, counts.reported
    ))?;
    if !entry.tags.is_empty() {
        printer.data(format_args!("tags: {}", crate::printer::plain(&entry.tags.join(", "))))?;
    }
    for report in reports {
        printer.data(crate::progress::told(report, look))?;
    }
    Ok(())
}

async fn delete(context: &Context, api: &Api, delete: &HistoryDelete) -> anyhow::Result<()> {
    if delete.all {
        api.delete(HISTORY).await?;
        context.printer.say("the history is empty");
        return Ok(());
    }
    for id in &delete.ids {
        api.delete(&at(id)).await?;
        context.printer.say(format_args!("deleted {}", crate::printer::plain(id)));
    }
    Ok(())
}

async fn export(context: &Context, api: &Api) -> anyhow::Result<()> {
    Ok(context.printer.bytes(&api.get_bytes(&format!("{HISTORY}/export")).await?)?)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Command};

    #[test]
    fn conditions_become_a_query_string() {
        let arguments = ["pake", "history", "list", "--text", "a&b=c é", "--favourites", "--until", "2026-02-28"];
        let Command::History(History { command: HistoryCommand::List(list) }) =
            Cli::try_parse_from(arguments).unwrap().command
        else {
            panic!("no list")
        };
        assert_eq!(
            filtered(&list),
            "/api/v1/history?q=a%26b%3Dc%20%C3%A9&favorites=true&until=2026%2D03%2D01T00%3A00%3A00Z&limit=20"
        );
    }

    #[test]
    fn an_id_cannot_lead_elsewhere() {
        assert_eq!(at("../searches?x#y"), "/api/v1/history/%2E%2E%2Fsearches%3Fx%23y");
    }
}

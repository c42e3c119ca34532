//! `pake user list`: who can sign in.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    api::own::Absent,
    cli::UserList,
    commands::Context,
    printer::Style,
    table::{Cell, Column, lines},
};

const COLUMNS: [Column; 6] = [
    Column::fixed("name"),
    Column::fixed("role"),
    Column::fixed(""),
    Column::fixed("last seen (UTC)"),
    Column::flexible("address", 1),
    Column::fixed("id").only_from(120),
];

/// Somebody, as far as they are looked at.
#[derive(Debug, Deserialize)]
struct Person {
    id: String,
    username: String,
    email: Option<String>,
    role: String,
    is_active: bool,
    last_seen_at: Option<chrono::DateTime<chrono::Utc>>,
}

/// Lists them all, page by page.
pub async fn run(context: &Context, arguments: &UserList) -> anyhow::Result<()> {
    let api = context.api(&arguments.server, Absent::Refused).await?;
    let mut people = Vec::new();
    let read = async {
        let mut after = None;
        loop {
            let page: Value = api.get(&path(arguments, after.as_deref())).await?;
            people.extend(page["users"].as_array().into_iter().flatten().cloned());
            after = page["next"].as_str().map(str::to_owned);
            if after.is_none() {
                return anyhow::Ok(());
            }
        }
    };
    let read = read.await;
    api.close().await;
    read?;
    if arguments.json {
        return Ok(context.printer.data(serde_json::to_string_pretty(&json!({ "users": people }))?)?);
    }
    let people: Vec<Person> = serde_json::from_value(people.into())?;
    if people.is_empty() {
        context.printer.say("nobody");
        return Ok(());
    }
    let rows: Vec<Vec<Cell>> = people.iter().map(row).collect();
    lines(&COLUMNS, &rows, context.printer.out).iter().try_for_each(|line| context.printer.data(line))?;
    Ok(())
}

fn path(arguments: &UserList, after: Option<&str>) -> String {
    let escaped = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let mut path = "/api/v1/admin/users?limit=500".to_owned();
    let active = arguments.inactive.then(|| "false".to_owned());
    let conditions = [
        ("q", arguments.text.as_deref().map(escaped)),
        ("role", arguments.role.map(|role| role.to_string())),
        ("active", active),
        ("after", after.map(escaped)),
    ];
    for (name, value) in conditions {
        if let Some(value) = value {
            path.extend(["&", name, "=", &value]);
        }
    }
    path
}

fn row(person: &Person) -> Vec<Cell> {
    let seen = person.last_seen_at.map(|at| at.format("%Y-%m-%d %H:%M").to_string());
    let state = if person.is_active { Cell::new("") } else { Cell::new("closed").styled(Style::Red) };
    vec![
        person.username.as_str().into(),
        person.role.as_str().into(),
        state,
        seen.unwrap_or_else(|| "never".to_owned()).into(),
        person.email.clone().unwrap_or_default().into(),
        person.id.as_str().into(),
    ]
}

//! `pake config`: check, show, schema, example.

use serde::Serialize;
use serde_json::Value;
use server::config::{Config as Settings, EffectiveSetting};

use super::Context;
use crate::{
    cli::{Config, ConfigCommand, ConfigShow},
    config::{
        Loaded,
        problem::Origin,
        reference::{example, json_schema, toml_of},
        schema::{Section, Setting},
    },
    printer::Style,
};

/// Runs `pake config`.
pub fn run(context: &Context, arguments: &Config) -> anyhow::Result<()> {
    match &arguments.command {
        ConfigCommand::Check => check(context),
        ConfigCommand::Show(arguments) => show(context, arguments),
        ConfigCommand::Schema => Ok(context.printer.bytes(json_schema::<Settings>().as_bytes())?),
        ConfigCommand::Example => Ok(context.printer.bytes(example::<Settings>().as_bytes())?),
    }
}

/// Everything that `pake serve` would find wrong before it opens anything.
fn check(context: &Context) -> anyhow::Result<()> {
    let loaded = context.load()?;
    Context::engine(&loaded)?;
    let file = loaded.file.as_ref().map_or_else(|| "no file".to_owned(), |file| file.display().to_string());
    let given = loaded.values.len();
    context.printer.data(format_args!(
        "the configuration is valid: {file}, {given} {} given, the rest is default",
        if given == 1 { "setting" } else { "settings" }
    ))?;
    Ok(())
}

/// A setting that holds.
#[derive(Debug, Serialize)]
struct Held<'a> {
    setting: String,
    value: Option<Value>,
    origin: String,
    #[serde(skip)]
    description: &'a str,
}

fn show(context: &Context, arguments: &ConfigShow) -> anyhow::Result<()> {
    let loaded = context.load()?;
    let schema = Section::of::<Settings>().grown(loaded.values.keys());
    let held = schema.settings().into_iter().map(|(path, setting)| held(&loaded, path, setting));
    let held: Vec<Held<'_>> = held.filter(|held| arguments.all || held.value.is_some()).collect();
    if arguments.json {
        return Ok(context.printer.data(serde_json::to_string_pretty(&held)?)?);
    }
    let look = context.printer.out;
    let mut table = "";
    for held in &held {
        let (section, name) = held.setting.rsplit_once('.').unwrap_or(("", &held.setting));
        if section != table {
            context.printer.data(format_args!(
                "{}{}",
                if table.is_empty() { "" } else { "\n" },
                look.paint(Style::Bold, &format!("[{section}]"))
            ))?;
            table = section;
        }
        let origin = look.paint(Style::Dim, &format!("# {}", held.origin));
        match &held.value {
            Some(value) => context.printer.data(format_args!("{name} = {}  {origin}", toml_of(value)))?,
            None => context.printer.data(format_args!("# {name} is not set: {}", held.description))?,
        }
    }
    Ok(())
}

/// Every setting that has a value, for those who operate the server.
pub fn effective(loaded: &Loaded<Settings>) -> Vec<EffectiveSetting> {
    let schema = Section::of::<Settings>();
    let held = schema.settings().into_iter().map(|(path, setting)| held(loaded, path, setting));
    let held = held.filter(|held| held.value.is_some());
    held.map(|Held { setting, value, origin, .. }| EffectiveSetting { setting, value, origin }).collect()
}

fn held<'a>(loaded: &Loaded<Settings>, path: String, setting: &'a Setting) -> Held<'a> {
    let given = loaded.values.get(&path);
    let value = given.map(|given| &given.value).or(setting.default.as_ref());
    let value = value.map(|value| if setting.secret { hidden(value) } else { value.clone() });
    let origin = given.map_or_else(|| Origin::Default.to_string(), |given| given.origin.to_string());
    Held { setting: path, value, origin, description: &setting.description }
}

/// A secret, hidden; of an address all but the password is shown.
fn hidden(value: &Value) -> Value {
    let text = value.as_str().unwrap_or_default();
    match url::Url::parse(text) {
        Ok(mut url) if url.has_host() || url.scheme() == "sqlite" => {
            let has_password = url.password().is_some();
            if has_password && url.set_password(Some("********")).is_err() {
                return Value::from("********");
            }
            // A key may stand in the query string as well.
            url.set_query(None);
            Value::from(url.as_str())
        }
        _ => Value::from("********"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_and_addresses_stay_recognisable() {
        for (secret, shown) in [
            ("sk-12345", "********"),
            ("postgres://pake:secret@db.example/pake", "postgres://pake:********@db.example/pake"),
            ("redis://:secret@localhost:6379/0", "redis://:********@localhost:6379/0"),
            ("postgres://db.example/pake?password=secret", "postgres://db.example/pake"),
            ("sqlite:///var/lib/pake.db", "sqlite:///var/lib/pake.db"),
            ("mailto:secret@example.org", "********"),
        ] {
            assert_eq!(hidden(&Value::from(secret)), shown);
        }
    }
}

//! Brings what was written for a setting to the form that the setting wants, or says what it wants.

use serde_json::{Number, Value};
use toml::de::DeValue;

use super::{
    nearest::nearest,
    schema::{Kind, Setting},
};

/// Reads a value of a TOML file. The error says what was expected and what is there.
pub fn from_toml(setting: &Setting, value: &DeValue<'_>) -> Result<Value, String> {
    toml_as(&setting.kind, value)
        .ok_or_else(|| format!("must be {setting}, not {}", shown(value)))
        .and_then(|value| checked(setting, value))
}

/// Reads the text of an environment variable or a flag. The error says what was expected and what is there.
pub fn from_text(setting: &Setting, text: &str) -> Result<Value, String> {
    let expected = || format!("must be {setting}, not `{}`", shortened(text));
    text_as(&setting.kind, text).ok_or_else(expected).and_then(|value| checked(setting, value))
}

fn toml_as(kind: &Kind, value: &DeValue<'_>) -> Option<Value> {
    match (kind, value) {
        (Kind::Text | Kind::Choice(_) | Kind::Any, DeValue::String(text)) => Some(Value::from(text.as_ref())),
        (Kind::Whole | Kind::Number | Kind::Any, DeValue::Integer(number)) => {
            i64::from_str_radix(number.as_str(), number.radix()).ok().map(Value::from)
        }
        (Kind::Number | Kind::Any, DeValue::Float(number)) => finite(number.as_str()),
        (Kind::Flag | Kind::Any, DeValue::Boolean(flag)) => Some(Value::Bool(*flag)),
        (Kind::List(kind), DeValue::Array(items)) => items.iter().map(|item| toml_as(kind, item.get_ref())).collect(),
        (Kind::Any, DeValue::Array(items)) => items.iter().map(|item| toml_as(kind, item.get_ref())).collect(),
        (Kind::Any, DeValue::Table(table)) => {
            table.iter().map(|(key, item)| Some((key.get_ref().to_string(), toml_as(kind, item.get_ref())?))).collect()
        }
        _ => None,
    }
}

fn text_as(kind: &Kind, text: &str) -> Option<Value> {
    match kind {
        Kind::Text | Kind::Any => Some(Value::from(text)),
        Kind::Choice(_) => Some(Value::from(text.trim())),
        Kind::Whole => text.trim().parse::<i64>().ok().map(Value::from),
        Kind::Number => finite(text.trim()),
        Kind::Flag => match text.trim() {
            "true" | "1" => Some(Value::Bool(true)),
            "false" | "0" => Some(Value::Bool(false)),
            _ => None,
        },
        Kind::List(kind) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            items.map(|item| text_as(kind, item)).collect()
        }
    }
}

fn finite(text: &str) -> Option<Value> {
    text.parse().ok().and_then(Number::from_f64).map(Value::Number)
}

/// Checks bounds and choices, of each item where it is a list.
fn checked(setting: &Setting, value: Value) -> Result<Value, String> {
    if let Some(number) = value.as_f64() {
        let too_small = setting.minimum.is_some_and(|least| number < least);
        if too_small || setting.maximum.is_some_and(|most| number > most) {
            return Err(format!("must be {setting}, not {value}"));
        }
    }
    let (kind, items) = match (&setting.kind, value.as_array()) {
        (Kind::List(kind), Some(items)) => (kind.as_ref(), items.iter().collect()),
        (kind, _) => (kind, vec![&value]),
    };
    if let Kind::Choice(words) = kind {
        for word in items.into_iter().filter_map(Value::as_str) {
            if !words.iter().any(|known| known == word) {
                let hint = nearest(word, words.iter().map(String::as_str));
                let hint = hint.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
                return Err(format!("must be {setting}, not `{}`{hint}", shortened(word)));
            }
        }
    }
    Ok(value)
}

/// What stands in the file, for a person who looks for it.
fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("the text \"{}\"", shortened(text)),
        DeValue::Integer(number) => format!("the number {}", shortened(number.as_str())),
        DeValue::Float(number) => format!("the number {}", shortened(number.as_str())),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(date) => format!("the date {date}"),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

/// At most 40 characters, none of which moves the cursor.
pub fn shortened(text: &str) -> String {
    let clean: String = text.chars().take(40).map(|char| if char.is_control() { '\u{fffd}' } else { char }).collect();
    if text.chars().nth(40).is_some() { clean + "…" } else { clean }
}

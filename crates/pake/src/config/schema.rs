//! The settings there are, read from the JSON Schema of the configuration's type: one description for the parser, the
//! documentation, the example file and the error messages.

use std::{collections::BTreeMap, fmt};

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Map, Value};

/// A table of the configuration file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Section {
    /// What it is about.
    pub description: String,
    /// Its settings and inner tables, by name.
    pub entries: BTreeMap<String, Entry>,
    /// What inner tables are like whose names are free.
    pub named: Option<Box<Self>>,
}

/// What stands under a name in a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// An inner table.
    Section(Section),
    /// A setting.
    Setting(Setting),
}

/// One setting.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// What it does.
    pub description: String,
    /// What may be given.
    pub kind: Kind,
    /// What holds when nothing is given, where that is known without running.
    pub default: Option<Value>,
    /// Smallest number.
    pub minimum: Option<f64>,
    /// Largest number.
    pub maximum: Option<f64>,
    /// Whether its value is never shown.
    pub secret: bool,
}

/// What may be given for a setting.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Text.
    Text,
    /// A whole number.
    Whole,
    /// A number.
    Number,
    /// True or false.
    Flag,
    /// One of these words.
    Choice(Vec<String>),
    /// A list of things.
    List(Box<Kind>),
    /// Something that only the code that uses it understands.
    Any,
}

impl Section {
    /// The settings that `T` has. `T` is read without references, so it must not contain itself.
    pub fn of<T: JsonSchema>() -> Self {
        let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
        let schema = settings.into_generator().into_root_schema_for::<T>();
        match schema.as_object().map(entry) {
            Some(Entry::Section(section)) => section,
            _ => Self::default(),
        }
    }

    /// What stands under a name, or may stand there since names are free.
    pub fn inner(&self, name: &str) -> Option<&Self> {
        match self.entries.get(name) {
            Some(Entry::Section(inner)) => Some(inner),
            Some(Entry::Setting(_)) => None,
            None => self.named.as_deref(),
        }
    }

    /// The same with the inner tables that these dotted paths name.
    #[must_use]
    pub fn grown<'a>(mut self, paths: impl IntoIterator<Item = &'a String>) -> Self {
        paths.into_iter().for_each(|path| self.grow(path));
        self
    }

    fn grow(&mut self, path: &str) {
        let Some((name, rest)) = path.split_once('.') else { return };
        if let (false, Some(named)) = (self.entries.contains_key(name), &self.named) {
            self.entries.insert(name.to_owned(), Entry::Section((**named).clone()));
        }
        if let Some(Entry::Section(inner)) = self.entries.get_mut(name) {
            inner.grow(rest);
        }
    }

    /// The setting at a dotted path.
    pub fn setting(&self, path: &str) -> Option<&Setting> {
        match path.split_once('.') {
            None => match self.entries.get(path)? {
                Entry::Setting(setting) => Some(setting),
                Entry::Section(_) => None,
            },
            Some((head, rest)) => self.inner(head)?.setting(rest),
        }
    }

    /// Every setting with its dotted path, tables in alphabetical order.
    pub fn settings(&self) -> Vec<(String, &Setting)> {
        let mut found = Vec::new();
        self.collect("", &mut found);
        found
    }

    fn collect<'a>(&'a self, prefix: &str, found: &mut Vec<(String, &'a Setting)>) {
        for (name, entry) in &self.entries {
            match entry {
                Entry::Setting(setting) => found.push((join(prefix, name), setting)),
                Entry::Section(section) => section.collect(&join(prefix, name), found),
            }
        }
    }
}

/// The dotted path of `name` in the table at `prefix`.
pub fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
}

/// The environment variable that gives the setting at a dotted path.
pub fn variable(path: &str) -> String {
    format!("PAKE_{}", path.replace('.', "__").to_uppercase())
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => f.write_str("text"),
            Self::Whole => f.write_str("a whole number"),
            Self::Number => f.write_str("a number"),
            Self::Flag => f.write_str("true or false"),
            Self::Choice(words) => write!(f, "one of {}", words.join(", ")),
            Self::List(kind) if **kind == Self::Text => f.write_str("a list of texts"),
            Self::List(kind) => write!(f, "a list, each {kind}"),
            Self::Any => f.write_str("a value"),
        }
    }
}

impl fmt::Display for Setting {
    /// What may be given, with its bounds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        match (self.minimum, self.maximum) {
            (Some(low), Some(high)) => write!(f, " from {low} to {high}"),
            (Some(low), None) => write!(f, " of at least {low}"),
            (None, Some(high)) => write!(f, " of at most {high}"),
            (None, None) => Ok(()),
        }
    }
}

/// Reads one schema. What may be null is read as what it is when it is not.
fn entry(schema: &Map<String, Value>) -> Entry {
    let inner = not_null(schema);
    if let Some(properties) = inner.get("properties").and_then(Value::as_object) {
        let mut section = Section { description: description(schema, inner), ..Section::default() };
        for (name, schema) in properties {
            let mut found = schema.as_object().map_or_else(|| Entry::Setting(any()), entry);
            if let Entry::Setting(setting) = &mut found {
                setting.secret = properties.contains_key(&format!("{name}_file"));
            }
            section.entries.insert(name.clone(), found);
        }
        return Entry::Section(section);
    }
    let alike = inner.get("additionalProperties").and_then(Value::as_object).map(entry);
    if let Some(Entry::Section(alike)) = alike {
        let named = Some(Box::new(alike));
        return Entry::Section(Section { description: description(schema, inner), named, ..Section::default() });
    }
    Entry::Setting(Setting {
        description: description(schema, inner),
        kind: kind(inner),
        default: schema.get("default").filter(|value| !value.is_null()).cloned(),
        minimum: inner.get("minimum").and_then(Value::as_f64),
        maximum: inner.get("maximum").and_then(Value::as_f64).filter(|&most| most < MEANINGLESS),
        secret: false,
    })
}

/// Above this a maximum says only how wide the type is.
const MEANINGLESS: f64 = 1e15;

fn any() -> Setting {
    Setting { description: String::new(), kind: Kind::Any, default: None, minimum: None, maximum: None, secret: false }
}

fn description(outer: &Map<String, Value>, inner: &Map<String, Value>) -> String {
    let text = outer.get("description").or_else(|| inner.get("description")).and_then(Value::as_str);
    text.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn not_null(schema: &Map<String, Value>) -> &Map<String, Value> {
    let is_null = |option: &&Map<String, Value>| option.get("type").and_then(Value::as_str) != Some("null");
    let options = schema.get("anyOf").and_then(Value::as_array);
    options.and_then(|options| options.iter().filter_map(Value::as_object).find(is_null)).unwrap_or(schema)
}

fn kind(schema: &Map<String, Value>) -> Kind {
    if let Some(words) = words(schema) {
        return Kind::Choice(words);
    }
    let name = match schema.get("type") {
        Some(Value::String(name)) => Some(name.as_str()),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).find(|&name| name != "null"),
        _ => None,
    };
    match name {
        Some("string") => Kind::Text,
        Some("integer") => Kind::Whole,
        Some("number") => Kind::Number,
        Some("boolean") => Kind::Flag,
        Some("array") => {
            let items = schema.get("items").and_then(Value::as_object);
            Kind::List(Box::new(items.map_or(Kind::Any, |items| kind(not_null(items)))))
        }
        _ => Kind::Any,
    }
}

/// The words of an enumeration, documented (`oneOf` of constants) or not (`enum`).
fn words(schema: &Map<String, Value>) -> Option<Vec<String>> {
    if let Some(options) = schema.get("enum").and_then(Value::as_array) {
        return Some(options.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    }
    let mut found = Vec::new();
    for option in schema.get("oneOf")?.as_array()? {
        match (option.get("const"), option.get("enum").and_then(Value::as_array)) {
            (Some(Value::String(word)), _) => found.push(word.clone()),
            (_, Some(words)) => found.extend(words.iter().filter_map(Value::as_str).map(str::to_owned)),
            _ => return None,
        }
    }
    Some(found)
}

//! The documentation of the configuration, written from its type: reference, example file and JSON Schema.

use std::fmt::Write as _;

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::Value;

use super::schema::{Entry, Kind, Section, Setting, join, variable};

/// The settings of `T` as a page of Markdown.
pub fn markdown<T: JsonSchema>() -> String {
    let mut page = String::from(
        "# Configuration\n\n<!-- Written by `make gen` from the code; change the code instead. -->\n\n\
         PAKE needs no configuration to run. Settings come from a TOML file (`--config FILE`, else `PAKE_CONFIG`, else \
         `pake.toml` in the working directory) and from environment variables, which win. An unknown name is an error. \
         A setting `x` that has an `x_file` beside it is a secret: it is never shown, and the file may hold it instead. \
         In an environment variable a list is separated by commas, and an empty variable counts as not set.\n\n\
         `pake config check` says whether a configuration is valid, `pake config show` what holds and where each value \
         comes from, `pake config example` writes a file to start from.\n",
    );
    section_markdown(&mut page, "", &Section::of::<T>());
    page
}

fn section_markdown(page: &mut String, path: &str, section: &Section) {
    let settings = section.entries.iter().filter_map(|(name, entry)| match entry {
        Entry::Setting(setting) => Some((name, setting)),
        Entry::Section(_) => None,
    });
    let settings: Vec<_> = settings.collect();
    if !settings.is_empty() {
        let title = if path.is_empty() { "Top level".to_owned() } else { format!("`[{path}]`") };
        _ = write!(page, "\n## {title}\n\n{}\n", section.description);
        page.push_str("\n| setting | variable | value | default | what it does |\n| --- | --- | --- | --- | --- |\n");
        for (name, setting) in settings {
            let variable = variable(&join(path, name)).replace('<', "‹").replace('>', "›");
            let default = setting.default.as_ref().map_or_else(String::new, |value| format!("`{}`", toml_of(value)));
            let description = setting.description.replace('|', "\\|");
            _ = writeln!(page, "| `{name}` | `{variable}` | {setting} | {default} | {description} |");
        }
    }
    for (name, inner, _) in inner_sections(section) {
        section_markdown(page, &join(path, &name), inner);
    }
    if let Some(named) = &section.named {
        section_markdown(page, &join(path, "<name>"), named);
    }
}

/// The inner tables; many alike are given once, as `<name>`, with the names they stand for.
fn inner_sections(section: &Section) -> Vec<(String, &Section, Vec<&str>)> {
    let inner = section.entries.iter().filter_map(|(name, entry)| match entry {
        Entry::Section(inner) => Some((name.as_str(), inner)),
        Entry::Setting(_) => None,
    });
    let inner: Vec<_> = inner.collect();
    match inner.as_slice() {
        [(_, first), .., (_, last)] if first == last && inner.iter().all(|(_, each)| each == first) => {
            vec![("<id>".to_owned(), *first, inner.iter().map(|(name, _)| *name).collect())]
        }
        _ => inner.into_iter().map(|(name, section)| (name.to_owned(), section, vec![name])).collect(),
    }
}

/// A configuration file that says the defaults of `T`, all of it commented out.
pub fn example<T: JsonSchema>() -> String {
    example_of::<T>(
        "# PAKE's settings and their defaults. Copy this to pake.toml and take the `#` off what you change.\n\
         # Each setting has an environment variable too, which wins: server.listen is PAKE_SERVER__LISTEN.\n",
    )
}

/// A file with every setting of another kind, below what is said of all of them.
pub fn example_of<T: JsonSchema>(introduction: &str) -> String {
    let mut file = introduction.to_owned();
    section_example(&mut file, "", &Section::of::<T>());
    file
}

fn section_example(file: &mut String, path: &str, section: &Section) {
    let mut header = false;
    for (name, entry) in &section.entries {
        let Entry::Setting(setting) = entry else { continue };
        if !header {
            header = true;
            file.push('\n');
            comment(file, &section.description);
            if !path.is_empty() {
                _ = writeln!(file, "# [{path}]");
            }
        }
        setting_example(file, name, setting);
    }
    for (name, inner, names) in inner_sections(section) {
        if names.len() > 1 {
            file.push('\n');
            comment(file, &format!("[{}]: one table for each of {}.", join(path, &name), names.join(", ")));
        }
        section_example(file, &join(path, names.first().copied().unwrap_or(&name)), inner);
    }
    if let Some(named) = &section.named {
        section_example(file, &join(path, "example"), named);
    }
}

fn setting_example(file: &mut String, name: &str, setting: &Setting) {
    comment(file, &format!("  {} ({setting})", setting.description));
    let value = match (&setting.default, &setting.kind) {
        (Some(value), _) => toml_of(value),
        (None, Kind::List(_)) => "[]".to_owned(),
        (None, _) => "…".to_owned(),
    };
    _ = writeln!(file, "# {name} = {value}");
}

fn comment(file: &mut String, text: &str) {
    for line in text.lines() {
        _ = writeln!(file, "{}", format!("# {line}").trim_end());
    }
}

/// A value as it is written in a TOML file.
pub fn toml_of(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(toml_of).collect::<Vec<_>>().join(", ")),
        // TOML's basic strings and JSON's strings have the same escapes.
        other => other.to_string(),
    }
}

/// The JSON Schema of `T`, for editors.
pub fn json_schema<T: JsonSchema>() -> String {
    let generator: SchemaGenerator = SchemaSettings::draft2020_12().into_generator();
    let schema = generator.into_root_schema_for::<T>();
    format!("{:#}\n", schema.as_value())
}

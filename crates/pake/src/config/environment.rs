//! Settings from the environment: `PAKE_SERVER__LISTEN` gives `server.listen`.

use std::ffi::OsString;

use super::{
    Given, Values,
    file::suggestion,
    problem::{Origin, Problem},
    schema::{Entry, Section, join, variable},
    value,
};

/// Names the configuration file.
pub const CONFIG_VARIABLE: &str = "PAKE_CONFIG";

/// Puts the settings among `variables` over `values`; gives back what is wrong.
///
/// A name with two underscores in a row is meant as a setting, and an unknown one is an error. Other names that begin
/// with `PAKE_` are none of ours (Kubernetes sets `PAKE_PORT_8000_TCP` for a service called pake), except when they are
/// a setting but for a missing underscore. An empty variable is as good as none, as compose files need.
pub fn read(variables: &[(OsString, OsString)], schema: &Section, values: &mut Values) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (name, text) in variables {
        let Some(name) = name.to_str().filter(|name| name.starts_with("PAKE_") && *name != CONFIG_VARIABLE) else {
            continue;
        };
        let origin = Origin::Environment(name.to_owned());
        let Some(text) = text.to_str() else {
            problems.push(Problem::new(origin, "is not UTF-8 text"));
            continue;
        };
        if text.is_empty() || name.starts_with("PAKE_TEST_") {
            continue;
        }
        match path_of(name) {
            Some(path) => match find(schema, &path) {
                Ok(setting) => match value::from_text(setting, text) {
                    Ok(value) => {
                        values.insert(path, Given { value, origin });
                    }
                    Err(_) if setting.secret => problems.push(Problem::new(origin, format!("must be {setting}"))),
                    Err(expected) => problems.push(Problem::new(origin, expected)),
                },
                Err(message) => problems.push(Problem::new(origin, message)),
            },
            None => problems.extend(missing_underscore(schema, name).map(|message| Problem::new(origin, message))),
        }
    }
    problems
}

/// The dotted path that a variable's name means; none when it is not meant as a setting.
fn path_of(name: &str) -> Option<String> {
    let rest = name.strip_prefix("PAKE_")?;
    rest.contains("__").then(|| rest.to_lowercase().replace("__", "."))
}

fn find<'a>(schema: &'a Section, path: &str) -> Result<&'a super::schema::Setting, String> {
    let (mut section, mut at) = (schema, String::new());
    for name in path.split('.') {
        let here = join(&at, name);
        match section.entries.get(name) {
            Some(Entry::Section(inner)) => (section, at) = (inner, here),
            Some(Entry::Setting(setting)) if here == path => return Ok(setting),
            Some(Entry::Setting(_)) => return Err(format!("`{here}` is a setting and has no parts")),
            None if section.named.is_some() => {
                let Some(inner) = section.inner(name) else { break };
                (section, at) = (inner, here);
            }
            None => {
                let hint = suggestion(schema, section, &at, name);
                let hint = hint.map_or_else(String::new, |near| {
                    let rest = path.strip_prefix(&here).unwrap_or_default();
                    format!("; did you mean {}?", variable(&(near + rest)))
                });
                return Err(format!("unknown setting `{}`{hint}", value::shortened(&here)));
            }
        }
    }
    Err(format!("`{path}` is a table: name one of its settings, for example {}", example(section, path)))
}

fn example(section: &Section, path: &str) -> String {
    section.settings().first().map_or_else(String::new, |(name, _)| variable(&join(path, name)))
}

fn missing_underscore(schema: &Section, name: &str) -> Option<String> {
    let settings = schema.settings().into_iter().map(|(path, _)| variable(&path));
    let meant = settings.into_iter().find(|known| known.replace("__", "_") == name)?;
    Some(format!("is not a setting; did you mean {meant} (two underscores)?"))
}

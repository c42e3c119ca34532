//! The configuration: a TOML file, and environment variables over it. Nothing is guessed and nothing is ignored: an
//! unknown name is an error that says which name is near it, and where it was written.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
};

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use self::{
    environment::CONFIG_VARIABLE,
    problem::{ConfigError, Origin, Problem},
    schema::Section,
};

mod environment;
mod file;
pub mod nearest;
pub mod problem;
pub mod reference;
pub mod schema;
mod secrets;
mod value;

/// The file that is read when none is named and it is there.
const DEFAULT_FILE: &str = "pake.toml";

/// Where the configuration comes from.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// The file named on the command line.
    pub file: Option<PathBuf>,
    /// The environment.
    pub variables: Vec<(OsString, OsString)>,
    /// Settings given as options: dotted path, name of the option, text.
    pub flags: Vec<(&'static str, &'static str, String)>,
}

/// A value that was given, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct Given {
    /// The value, in the form that its setting wants.
    pub value: Value,
    /// Where it was given.
    pub origin: Origin,
}

/// The values that were given, by the dotted path of their setting.
pub type Values = BTreeMap<String, Given>;

/// A configuration that was read.
#[derive(Debug)]
pub struct Loaded<T> {
    /// The configuration.
    pub config: T,
    /// What was given; the rest is default.
    pub values: Values,
    /// The file that was read.
    pub file: Option<PathBuf>,
}

/// Reads the configuration. All problems that can be found are reported at once.
pub fn load<T: DeserializeOwned + JsonSchema>(places: &Places) -> Result<Loaded<T>, ConfigError> {
    let schema = Section::of::<T>();
    let mut values = Values::new();
    let mut problems = Vec::new();
    let file = file_of(places);
    if let Some(path) = &file
        && let Err(ConfigError(found)) = file::read(path, &schema, &mut values)
    {
        problems.extend(found);
    }
    problems.extend(environment::read(&places.variables, &schema, &mut values));
    problems.extend(read_flags(&places.flags, &schema, &mut values));
    let schema = schema.grown(values.keys());
    problems.extend(secrets::read(&schema, &mut values));
    if !problems.is_empty() {
        return Err(ConfigError(problems));
    }
    let config = serde_path_to_error::deserialize(document(&values)).map_err(|error| {
        let path = error.path().to_string();
        problem_at(&values, &path, &error.inner().to_string())
    })?;
    Ok(Loaded { config, values, file })
}

impl<T> Loaded<T> {
    /// The files of secrets that everybody on this machine may read.
    pub fn open_secrets(&self) -> Vec<Problem> {
        self.values.values().filter_map(|given| secrets::open_to_everybody(&given.origin)).collect()
    }

    /// The problem `message` with the setting at a dotted path, which is checked by the code that uses it.
    pub fn problem(&self, path: &str, message: &str) -> ConfigError {
        problem_at(&self.values, path, message).into()
    }
}

/// The file that is named, or the usual one where it is there.
fn file_of(places: &Places) -> Option<PathBuf> {
    let variable = || {
        let (_, path) = places.variables.iter().find(|(name, path)| name == CONFIG_VARIABLE && !path.is_empty())?;
        Some(PathBuf::from(path))
    };
    let usual = || Some(PathBuf::from(DEFAULT_FILE)).filter(|path| Path::new(path).exists());
    places.file.clone().or_else(variable).or_else(usual)
}

fn read_flags(flags: &[(&'static str, &'static str, String)], schema: &Section, values: &mut Values) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (path, flag, text) in flags {
        let read = schema
            .setting(path)
            .map_or_else(|| Err(format!("there is no setting `{path}`")), |setting| value::from_text(setting, text));
        match read {
            Ok(value) => {
                values.insert((*path).to_owned(), Given { value, origin: Origin::Flag(flag) });
            }
            Err(message) => problems.push(Problem::new(Origin::Flag(flag), message)),
        }
    }
    problems
}

/// The tables that the dotted paths stand for.
fn document(values: &Values) -> Value {
    let mut root = Map::new();
    for (path, given) in values {
        let (tables, name) = path.rsplit_once('.').map_or(("", path.as_str()), |split| split);
        let mut table = &mut root;
        for name in tables.split('.').filter(|name| !name.is_empty()) {
            let inner = table.entry(name).or_insert_with(|| Value::Object(Map::new()));
            let Value::Object(inner) = inner else { unreachable!("a setting is not a table: the schema says so") };
            table = inner;
        }
        table.insert(name.to_owned(), given.value.clone());
    }
    Value::Object(root)
}

fn problem_at(values: &Values, path: &str, message: &str) -> Problem {
    let setting = path.split('[').next().unwrap_or(path);
    let Some(given) = values.get(setting) else {
        return Problem::new(Origin::Default, format!("`{path}`: {message}"));
    };
    // An address may hold a password, and a parser's message may hold the address.
    let message = match given.value.as_str().filter(|text| text.contains('@')) {
        Some(text) => message.replace(text, "…"),
        None => message.to_owned(),
    };
    Problem::new(given.origin.clone(), format!("`{path}`: {message}"))
}

#[cfg(test)]
mod tests;

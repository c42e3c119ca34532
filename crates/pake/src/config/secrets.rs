//! Secrets from files, as Docker and Kubernetes mount them: `key_file` gives `key`. Where `key` is a list, each line is one.

use std::path::Path;

use serde_json::Value;

use super::{
    Given, Values,
    file::text_of,
    problem::{Origin, Problem},
    schema::{Kind, Section, Setting},
};

/// For every setting `x` that has a sibling `x_file` and is not given itself, reads the file. Gives back what is wrong.
pub fn read(schema: &Section, values: &mut Values) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (path, setting) in schema.settings().into_iter().filter(|(_, setting)| setting.secret) {
        let Some(named) = values.get(&format!("{path}_file")).cloned() else { continue };
        if values.contains_key(&path) {
            continue;
        }
        match secret(setting, &named) {
            Ok(given) => {
                values.insert(path, given);
            }
            Err(message) => problems.push(Problem::new(named.origin, format!("`{path}_file`: {message}"))),
        }
    }
    problems
}

fn secret(setting: &Setting, named: &Given) -> Result<Given, String> {
    let file = Path::new(named.value.as_str().unwrap_or_default());
    let text = text_of(file).map_err(|problem| problem.to_string())?;
    // Editors and `echo` end a file with a line break that is no part of the secret.
    let secret = text.trim_end_matches(['\n', '\r']);
    if secret.is_empty() {
        return Err(format!("{} is empty", file.display()));
    }
    let value = match setting.kind {
        Kind::List(_) => secret.lines().map(str::trim).filter(|line| !line.is_empty()).collect(),
        _ => Value::from(secret),
    };
    Ok(Given { value, origin: Origin::File { path: file.into(), line: 0, column: 0 } })
}

//! Secrets from files, as Docker and Kubernetes mount them: `key_file` gives `key`. Where `key` is a list, each line is one.

use std::{os::unix::fs::PermissionsExt as _, path::Path};

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

/// What is wrong with a file that was read as a whole, which only those of secrets are.
pub fn open_to_everybody(origin: &Origin) -> Option<Problem> {
    let Origin::File { path, line: 0, .. } = origin else { return None };
    let mode = std::fs::metadata(path).ok()?.permissions().mode();
    let said = "everybody on this machine may read this secret (server.production is on)";
    let remedy = format!("{said}: `chmod o-rwx {}`", path.display());
    (mode & 0o007 != 0).then(|| Problem::new(origin.clone(), remedy))
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

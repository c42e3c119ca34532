//! Reads the configuration file: TOML, checked against the settings there are, with the place of every value.

use std::{ops::Range, path::Path};

use toml::{
    Spanned,
    de::{DeString, DeTable, DeValue},
};

use super::{
    Given, Values,
    nearest::nearest,
    problem::{ConfigError, Origin, Problem},
    schema::{Entry, Section, join},
    value,
};

/// Largest file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// Reads the file at `path` into `values`; every problem in it is reported.
pub fn read(path: &Path, schema: &Section, values: &mut Values) -> Result<(), ConfigError> {
    let text = text_of(path)?;
    let file = File { path, text: &text, schema };
    let (table, errors) = DeTable::parse_recoverable(&text);
    if !errors.is_empty() {
        let problem = |error: &toml::de::Error| file.problem(error.span().unwrap_or(0..0), error.message());
        return Err(ConfigError(errors.iter().map(problem).collect()));
    }
    let mut problems = Vec::new();
    file.walk(schema, "", table.get_ref(), values, &mut problems);
    if problems.is_empty() { Ok(()) } else { Err(ConfigError(problems)) }
}

/// Reads a whole text file, with its name in the error.
pub fn text_of(path: &Path) -> Result<String, Problem> {
    let whole = |message: String| Problem::new(Origin::File { path: path.into(), line: 0, column: 0 }, message);
    let size = std::fs::metadata(path).map_err(|error| whole(format!("cannot be read: {error}")))?.len();
    if size > MAX_FILE_BYTES {
        return Err(whole(format!("is larger than {MAX_FILE_BYTES} bytes, which no configuration needs")));
    }
    let bytes = std::fs::read(path).map_err(|error| whole(format!("cannot be read: {error}")))?;
    let text = String::from_utf8(bytes).map_err(|error| whole(format!("is not UTF-8 text: {error}")))?;
    Ok(text.strip_prefix('\u{feff}').map_or_else(|| text.clone(), str::to_owned))
}

struct File<'a> {
    path: &'a Path,
    text: &'a str,
    schema: &'a Section,
}

impl File<'_> {
    fn walk(&self, section: &Section, at: &str, table: &DeTable<'_>, values: &mut Values, problems: &mut Vec<Problem>) {
        for (key, item) in table {
            let path = join(at, key.get_ref());
            match (section.entries.get(key.get_ref().as_ref()), item.get_ref()) {
                (Some(Entry::Section(inner)), DeValue::Table(table)) => {
                    self.walk(inner, &path, table, values, problems);
                }
                (Some(Entry::Section(_)), _) => problems.push(
                    self.problem(item.span(), &format!("`{path}` is a table: write `[{path}]` and its settings below")),
                ),
                (Some(Entry::Setting(setting)), found) => match value::from_toml(setting, found) {
                    Ok(value) => {
                        values.insert(path, Given { value, origin: self.origin(&item.span()) });
                    }
                    Err(_) if setting.secret => {
                        problems.push(self.problem(item.span(), &format!("`{path}` must be {setting}")));
                    }
                    Err(expected) => problems.push(self.problem(item.span(), &format!("`{path}` {expected}"))),
                },
                (None, DeValue::Table(table)) if section.named.is_some() => {
                    if let Some(inner) = section.inner(key.get_ref()) {
                        self.walk(inner, &path, table, values, problems);
                    }
                }
                (None, _) => problems.push(self.unknown(section, at, key)),
            }
        }
    }

    fn unknown(&self, section: &Section, at: &str, key: &Spanned<DeString<'_>>) -> Problem {
        let hint = suggestion(self.schema, section, at, key.get_ref());
        let hint = hint.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        let path = value::shortened(&join(at, key.get_ref()));
        self.problem(key.span(), &format!("unknown setting `{path}`{hint}"))
    }

    fn problem(&self, span: Range<usize>, message: &str) -> Problem {
        Problem::new(self.origin(&span), message.trim_end().replace('\n', " "))
    }

    fn origin(&self, span: &Range<usize>) -> Origin {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Origin::File { path: self.path.into(), line, column }
    }
}

/// What may have been meant by the unknown `name` in the table at `at`: a like name there, else that very name in another table.
pub fn suggestion(schema: &Section, section: &Section, at: &str, name: &str) -> Option<String> {
    if let Some(near) = nearest(name, section.entries.keys().map(String::as_str)) {
        return Some(join(at, near));
    }
    let elsewhere = schema.settings().into_iter().map(|(path, _)| path);
    elsewhere.filter(|path| path.rsplit('.').next() == Some(name)).min_by_key(String::len)
}

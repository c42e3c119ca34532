//! Whether a step only adds. What is not known to do so is refused: this reads statements, not the whole of SQL.

use std::{collections::HashSet, fmt};

/// A statement that an `expand` step must not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    statement: String,
    reason: &'static str,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { statement, reason } = self;
        write!(f, "`{statement}`: {reason}; an older version would fail on it, so it belongs into a `contract` step")
    }
}

/// What this step itself makes: nobody needs it to be otherwise yet.
#[derive(Default)]
struct Made {
    tables: HashSet<String>,
    columns: HashSet<(String, String)>,
}

/// Refuses a step of which a statement takes away, renames, changes or demands something that an older version knows nothing of.
pub(super) fn only_add(text: &str) -> Result<(), Refusal> {
    let mut made = Made::default();
    let words = words(text).ok_or_else(|| Refusal {
        statement: text.chars().take(40).collect(),
        reason: "a text or a comment in it has no end",
    })?;
    statements(&words).into_iter().try_for_each(|statement| {
        made.check(statement).map_err(|reason| Refusal {
            statement: statement.iter().take(6).map(String::as_str).collect::<Vec<_>>().join(" "),
            reason,
        })
    })
}

impl Made {
    fn check(&mut self, statement: &[String]) -> Result<(), &'static str> {
        let words: Vec<&str> = statement.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["create", "table", "if", ..] => Err("whether it makes the table is not known"),
            ["create", "table", table, ..] | ["create", "virtual", "table", table, ..] => {
                self.tables.insert((*table).to_owned());
                Ok(())
            }
            ["create", "index" | "trigger" | "extension" | "function", ..]
            | ["insert", "into", ..]
            | ["update", ..] => Ok(()),
            ["create", "unique", "index", rest @ ..] => self.check_unique(rest),
            ["alter", "table", "if" | "only", ..] => Err("which table it changes is not seen"),
            ["alter", "table", table, rest @ ..] => self.check_alter(table, rest),
            ["drop", ..] => Err("DROP takes something away"),
            ["delete" | "truncate", ..] => Err("it takes rows away"),
            _ => Err("it is not known to add only"),
        }
    }

    /// What older versions write may not be unique; a new table or a new column they do not write.
    fn check_unique(&self, rest: &[&str]) -> Result<(), &'static str> {
        let after = rest.iter().position(|word| *word == "on").map_or(&[][..], |at| &rest[at + 1..]);
        let table = after.first().copied().unwrap_or_default();
        let columns = || after.iter().skip(1).take_while(|word| !matches!(**word, ")" | "where"));
        let is_new = |column: &&str| self.columns.contains(&(table.to_owned(), (*column).to_owned()));
        if self.tables.contains(table) || columns().any(is_new) {
            return Ok(());
        }
        Err("what is there, and what an older version writes, may not be unique")
    }

    fn check_alter(&mut self, table: &str, rest: &[&str]) -> Result<(), &'static str> {
        if self.tables.contains(table) {
            return Ok(());
        }
        actions(rest).into_iter().try_for_each(|action| match action {
            ["add", "column", "if", ..] => Err("whether it makes the column is not known"),
            ["add", "constraint" | "check" | "unique" | "primary" | "foreign" | "exclude", ..] => {
                Err("what is there, and what an older version writes, may break the constraint")
            }
            ["add", "column", column, definition @ ..] | ["add", column, definition @ ..] => {
                self.columns.insert((table.to_owned(), (*column).to_owned()));
                check_column(definition)
            }
            // How it is stored and vacuumed; nobody's statements are different by it.
            ["set", "(", ..] => Ok(()),
            ["rename", ..] => Err("RENAME takes the old name away"),
            ["drop", ..] => Err("DROP takes something away"),
            ["alter", ..] => Err("it changes a column"),
            _ => Err("it is not known to add only"),
        })
    }
}

/// A new column has a value where an older version writes none.
fn check_column(definition: &[&str]) -> Result<(), &'static str> {
    let outside = outside_parentheses(definition);
    let has = |word: &str| outside.contains(&word);
    let is_required = outside.windows(2).any(|pair| pair == ["not", "null"]) || has("primary");
    let is_given = has("default") || has("generated");
    if is_required && !is_given {
        return Err("NOT NULL without a default refuses the rows of an older version");
    }
    if has("unique") && is_given {
        return Err("a default that has to be unique is there once only");
    }
    Ok(())
}

fn outside_parentheses<'a>(words: &[&'a str]) -> Vec<&'a str> {
    let mut depth = 0_usize;
    let is_outside = |word: &&str| {
        match *word {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => return depth == 0,
        }
        false
    };
    words.iter().copied().filter(is_outside).collect()
}

/// What an ALTER TABLE does, one after the other.
fn actions<'a, 'b>(words: &'b [&'a str]) -> Vec<&'b [&'a str]> {
    let mut depth = 0_usize;
    let is_comma = |word: &&str| {
        match *word {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        *word == "," && depth == 0
    };
    words.split(is_comma).collect()
}

/// Cuts at semicolons, except at those within the body of a trigger.
fn statements(words: &[String]) -> Vec<&[String]> {
    let mut found = Vec::new();
    let (mut from, mut open) = (0, 0_usize);
    for (at, word) in words.iter().enumerate() {
        let is_trigger = words[from..at].starts_with(&["create".to_owned(), "trigger".to_owned()]);
        match word.as_str() {
            "begin" | "case" if is_trigger => open += 1,
            "end" if is_trigger => open = open.saturating_sub(1),
            ";" if open == 0 => {
                found.push(&words[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    found.push(&words[from..]);
    found.retain(|statement| !statement.is_empty());
    found
}

/// Words in lower case, names without their quotes, and signs. A text is a word that is none; comments are left out. `None` when
/// something has no end.
fn words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_of_word = |character: char| character.is_alphanumeric() || "_.$".contains(character);
        rest = if rest.starts_with("--") {
            rest.find('\n').map_or("", |end| &rest[end..])
        } else if rest.starts_with("/*") {
            &rest[rest.find("*/")? + 2..]
        } else if first == '\'' {
            words.push("''".to_owned());
            after_quoted(rest, '\'')?.1
        } else if first == '"' || first == '`' {
            let (name, after) = after_quoted(rest, first)?;
            words.push(name.to_owned());
            after
        } else if first == '$' {
            // A body between two `$tag$`. A step has no parameters.
            let tag = rest[1..].find('$').map(|end| &rest[..end + 2]);
            let tag = tag.filter(|tag| tag[1..tag.len() - 1].chars().all(char::is_alphanumeric))?;
            words.push("''".to_owned());
            let body = &rest[tag.len()..];
            &body[body.find(tag)? + tag.len()..]
        } else if is_of_word(first) {
            let end = rest.find(|character| !is_of_word(character)).unwrap_or(rest.len());
            words.push(rest[..end].to_lowercase());
            &rest[end..]
        } else {
            if !first.is_whitespace() {
                words.push(first.to_string());
            }
            &rest[first.len_utf8()..]
        };
    }
    Some(words)
}

/// What stands between quotes, and what comes after them; a quote twice is one of it.
fn after_quoted(text: &str, quote: char) -> Option<(&str, &str)> {
    let mut at = 1;
    loop {
        at += text[at..].find(quote)?;
        if !text[at + 1..].starts_with(quote) {
            return Some((&text[1..at], &text[at + 1..]));
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::only_add;

    fn reason(text: &str) -> Option<String> {
        only_add(text).err().map(|refusal| refusal.to_string())
    }

    #[test]
    fn what_only_adds_may_stand_in_an_expand_step() {
        for text in [
            "",
            "-- pake: expand\n-- DROP TABLE users;\n/* ALTER TABLE users RENAME TO people; */",
            "CREATE TABLE a (id BIGINT NOT NULL PRIMARY KEY); CREATE UNIQUE INDEX a_by_id ON a (id); ALTER TABLE a ALTER COLUMN id SET STORAGE EXTERNAL;",
            "ALTER TABLE users ADD COLUMN nickname TEXT, ADD COLUMN shoe NUMERIC(3, 1)",
            "alter table users add nickname text not null default '; DROP TABLE users' CHECK (nickname IN ('a', 'b'))",
            "ALTER TABLE users ADD COLUMN x TEXT CHECK (x IS NOT NULL)",
            "ALTER TABLE users ADD COLUMN n TEXT; CREATE UNIQUE INDEX by_n ON users (n) WHERE n IS NOT NULL",
            "ALTER TABLE searches SET (autovacuum_vacuum_insert_scale_factor = 0.02)",
            "CREATE INDEX x ON searches USING gin (text gin_trgm_ops); CREATE EXTENSION IF NOT EXISTS pg_trgm",
            "CREATE TRIGGER t AFTER DELETE ON a BEGIN DELETE FROM b WHERE x = CASE y WHEN 1 THEN 2 END; END; INSERT INTO a VALUES (1)",
            "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $body$ DROP TABLE x; $body$; UPDATE users SET name = '' WHERE name = 'it''s'",
        ] {
            assert_eq!(reason(text), None, "{text}");
        }
    }

    #[test]
    fn what_an_older_version_would_fail_on_may_not() {
        for (text, why) in [
            ("DROP TABLE users", "DROP"),
            ("drop index x", "DROP"),
            ("/* adds */ ALTER TABLE users DROP COLUMN name", "DROP"),
            ("ALTER TABLE users ADD COLUMN a TEXT, DROP name", "DROP"),
            ("ALTER TABLE users RENAME COLUMN name TO title", "RENAME"),
            ("ALTER TABLE \"users\" RENAME TO people", "RENAME"),
            ("ALTER TABLE users ALTER COLUMN name TYPE BIGINT", "changes a column"),
            ("ALTER TABLE users ALTER name SET NOT NULL", "changes a column"),
            ("ALTER TABLE users ADD COLUMN age BIGINT NOT NULL", "NOT NULL without a default"),
            (
                "ALTER TABLE users ADD age BIGINT NOT NULL CHECK (age > 0 OR 'default' = '')",
                "NOT NULL without a default",
            ),
            ("ALTER TABLE users ADD age BIGINT PRIMARY KEY", "NOT NULL without a default"),
            ("ALTER TABLE users ADD code TEXT DEFAULT '' UNIQUE", "unique"),
            ("ALTER TABLE users ADD CONSTRAINT c CHECK (name <> '')", "constraint"),
            ("CREATE UNIQUE INDEX x ON users (name)", "may not be unique"),
            ("CREATE TABLE IF NOT EXISTS users (id BIGINT); ALTER TABLE users DROP COLUMN name", "not known"),
            ("ALTER TABLE users SET UNLOGGED", "not known"),
            ("DELETE FROM users", "rows away"),
            ("TRUNCATE users", "rows away"),
            ("DO $$ BEGIN DROP TABLE users; END $$", "not known"),
            ("CREATE OR REPLACE VIEW v AS SELECT 1", "not known"),
            ("WITH gone AS (DELETE FROM users RETURNING id) SELECT 1", "not known"),
            ("CREATE TRIGGER t AFTER DELETE ON a BEGIN SELECT 1; END; DROP TABLE a", "DROP"),
            ("INSERT INTO a VALUES ('never ends); DROP TABLE a", "no end"),
            ("CREATE TABLE a (x TEXT); /* DROP TABLE b", "no end"),
        ] {
            let reason = reason(text).unwrap_or_else(|| panic!("{text} was let through"));
            assert!(reason.contains(why) && reason.contains("contract"), "{text}: {reason}");
        }
    }
}

//! Names that say nothing, and marks of unfinished work.

use super::{Tree, Violation};

/// Names of modules that say nothing of what is in them.
const EMPTY_NAMES: [&str; 10] =
    ["util", "utils", "common", "helper", "helpers", "manager", "managers", "service", "services", "misc"];

/// Marks of unfinished work. Put together here, so that this file has none of them.
const MARKS: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

/// Files that are written by hand.
const WRITTEN: [&str; 10] = [".rs", ".ts", ".tsx", ".sh", ".sql", ".toml", ".yml", ".md", "Makefile", "Dockerfile"];

/// The modules with a name that says nothing.
pub fn modules(tree: &Tree) -> Vec<Violation> {
    let empty = |part: &&str| {
        let name = part.split('.').next().unwrap_or(part);
        name.split(['_', '-']).any(|word| EMPTY_NAMES.contains(&word))
    };
    let sources = tree.ending(&[".rs", ".ts", ".tsx"]);
    let found = sources.filter_map(|file| Some((file, file.path.split('/').find(empty)?)));
    found
        .map(|(file, part)| Violation::new(&file.path, format!("`{part}` says nothing: name it for what it holds")))
        .collect()
}

/// The lines with a mark of unfinished work.
pub fn marks(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in tree.ending(&WRITTEN) {
        for (number, line) in file.text.lines().enumerate() {
            let is_word = |at: usize, mark: &str| {
                let beside = [line[..at].chars().next_back(), line[at + mark.len()..].chars().next()];
                !beside.into_iter().flatten().any(|char| char.is_alphanumeric() || char == '_')
            };
            if let Some(mark) = MARKS.iter().find(|mark| line.match_indices(**mark).any(|(at, mark)| is_word(at, mark)))
            {
                found.push(Violation::new(
                    format!("{}:{}", file.path, number + 1),
                    format!("{mark}: do it, or file an issue"),
                ));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_say_nothing_are_found() {
        let tree = Tree::of(&[
            ("crates/a/src/utils.rs", ""),
            ("crates/a/src/search_helpers.rs", ""),
            ("crates/common/src/lib.rs", ""),
            ("web/src/lib/manager.ts", ""),
            ("crates/a/src/useful.rs", ""),
            ("scripts/with-services", ""),
        ]);
        let found: Vec<_> = modules(&tree).into_iter().map(|violation| violation.place).collect();
        assert_eq!(
            found,
            [
                "crates/a/src/utils.rs",
                "crates/a/src/search_helpers.rs",
                "crates/common/src/lib.rs",
                "web/src/lib/manager.ts"
            ]
        );
    }

    #[test]
    fn marks_of_unfinished_work_are_found_as_words() {
        let text = format!("// {}: later\nlet MASTO{}N = 1;\n// ({})\n", MARKS[0], "DO", MARKS[1]);
        let found: Vec<_> = marks(&Tree::of(&[("a.rs", &text), ("b.bin", &text)]))
            .into_iter()
            .map(|violation| violation.place)
            .collect();
        assert_eq!(found, ["a.rs:1", "a.rs:3"]);
    }
}

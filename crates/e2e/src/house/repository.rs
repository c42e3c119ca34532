//! Rules about single files of the repository.

use std::collections::BTreeSet;

use super::{Tree, Violation};

/// Most recipes of the Makefile.
const MAX_RECIPES: usize = 20;
/// Most lines of the binary's `main.rs`.
const MAX_MAIN_LINES: usize = 40;
/// Where the migrations are.
const MIGRATIONS: &str = "crates/server/migrations";

/// The migrations that stand in one of the two dialects only.
pub fn twins(tree: &Tree) -> Vec<Violation> {
    let named = |dialect: &str| -> BTreeSet<&str> {
        let folder = format!("{MIGRATIONS}/{dialect}/");
        tree.files.iter().filter_map(|file| file.path.strip_prefix(&folder)).collect()
    };
    let (sqlite, postgres) = (named("sqlite"), named("postgres"));
    let missing = |here: &str, there: &str, name: &str| {
        Violation::new(format!("{MIGRATIONS}/{here}/{name}"), format!("has no twin in {MIGRATIONS}/{there}"))
    };
    let lonely = sqlite.difference(&postgres).map(|name| missing("sqlite", "postgres", name));
    lonely.chain(postgres.difference(&sqlite).map(|name| missing("postgres", "sqlite", name))).collect()
}

/// What is wrong with the Makefile: too many recipes, logic in it, or a recipe that `make help` does not tell of.
pub fn makefile(tree: &Tree) -> Vec<Violation> {
    let Some(file) = tree.file("Makefile") else { return vec![Violation::new("Makefile", "is not there")] };
    let mut found = Vec::new();
    let mut recipes = 0;
    for (number, line) in file.text.lines().enumerate() {
        let place = || format!("Makefile:{}", number + 1);
        let is_name = |name: &str| name.chars().all(|char| char.is_alphanumeric() || matches!(char, '-' | '_'));
        if let Some((name, rest)) = line.split_once(':')
            && is_name(name)
            && !name.is_empty()
            && !rest.starts_with('=')
        {
            recipes += 1;
            if !rest.contains("## ") {
                found.push(Violation::new(place(), format!("`{name}` needs a `## description` for `make help`")));
            }
        }
        if ["ifeq", "ifneq", "ifdef", "ifndef", "$(shell", "$(foreach", "$(if", "define "]
            .iter()
            .any(|logic| line.contains(logic))
        {
            found.push(Violation::new(place(), "logic belongs into scripts/"));
        }
    }
    if recipes > MAX_RECIPES {
        found.push(Violation::new("Makefile", format!("has {recipes} recipes, {MAX_RECIPES} are allowed")));
    }
    found
}

/// Whether `main.rs` decides anything: it is too long then.
pub fn main_file(tree: &Tree) -> Vec<Violation> {
    let lines = tree.file("crates/pake/src/main.rs").map_or(0, |file| file.text.lines().count());
    let too_long =
        || Violation::new("crates/pake/src/main.rs", format!("has {lines} lines, {MAX_MAIN_LINES} are allowed"));
    (lines > MAX_MAIN_LINES).then(too_long).into_iter().collect()
}

/// The workflow steps that use an action by a name that can be moved, and the workflows with rights for every job.
pub fn workflows(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in tree.files.iter().filter(|file| file.path.starts_with(".github/workflows/")) {
        if !file.text.contains("\npermissions: {}\n") {
            found.push(Violation::new(&file.path, "must have `permissions: {}` on top"));
        }
        for (number, line) in file.text.lines().enumerate() {
            let Some((_, action)) = line.split_once("uses: ") else { continue };
            let commit = action.split_once('@').map_or("", |(_, rest)| rest.split(' ').next().unwrap_or_default());
            if commit.len() != 40 || !commit.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                let place = format!("{}:{}", file.path, number + 1);
                found.push(Violation::new(place, format!("`{action}` must be pinned by its commit")));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_migration_without_its_twin_is_found() {
        let tree = Tree::of(&[
            ("crates/server/migrations/sqlite/0001_a.sql", ""),
            ("crates/server/migrations/postgres/0001_a.sql", ""),
            ("crates/server/migrations/sqlite/0002_b.sql", ""),
            ("crates/server/migrations/postgres/0003_c.sql", ""),
        ]);
        let found: Vec<_> = twins(&tree).into_iter().map(|violation| violation.place).collect();
        assert_eq!(
            found,
            ["crates/server/migrations/sqlite/0002_b.sql", "crates/server/migrations/postgres/0003_c.sql"]
        );
    }

    #[test]
    fn a_makefile_with_logic_or_too_much_is_found() {
        let good = "VAR := x\n.PHONY: run\nrun: ## Runs it\n\tcargo run\n";
        assert_eq!(makefile(&Tree::of(&[("Makefile", good)])), []);
        let bad = format!("{}ifeq (a,b)\nendif\nlast:\n", "a: ## x\n".repeat(20));
        let found: Vec<_> =
            makefile(&Tree::of(&[("Makefile", &bad)])).into_iter().map(|violation| violation.place).collect();
        assert_eq!(found, ["Makefile:21", "Makefile:23", "Makefile"]);
        assert_eq!(makefile(&Tree::default()).len(), 1);
    }

    #[test]
    fn a_main_that_decides_is_found() {
        let tree = |lines: usize| Tree::of(&[("crates/pake/src/main.rs", &"x\n".repeat(lines))]);
        assert_eq!(main_file(&tree(40)), []);
        assert_eq!(main_file(&tree(41)).len(), 1);
    }

    #[test]
    fn an_action_that_can_be_moved_is_found() {
        let good = "on: push\npermissions: {}\njobs:\n  a:\n    steps:\n      - uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6\n";
        assert_eq!(workflows(&Tree::of(&[(".github/workflows/a.yml", good)])), []);
        let bad = "on: push\njobs:\n  a:\n    steps:\n      - uses: actions/checkout@v6\n";
        assert_eq!(workflows(&Tree::of(&[(".github/workflows/a.yml", bad)])).len(), 2);
    }
}

//! Which crate may depend on which, and where versions stand.

use serde_json::Value;

use super::{Tree, Violation};

/// What each crate of the workspace may depend on. `ops` and `server` never meet.
const ALLOWED: [(&str, &[&str]); 5] =
    [("engine", &[]), ("server", &["engine"]), ("ops", &[]), ("pake", &["server", "ops", "engine"]), ("e2e", &[])];

/// The crates of the workspace that depend where they may not. `metadata` is what `cargo metadata --no-deps` says.
pub fn direction(metadata: &Value) -> Vec<Violation> {
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let name_of = |value: &Value| value["name"].as_str().unwrap_or_default().to_owned();
    let ours: Vec<String> = packages.iter().map(name_of).collect();
    let mut found = Vec::new();
    for package in packages {
        let name = name_of(package);
        let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| *known == name) else {
            found.push(Violation::new(
                name,
                "is a crate that the house does not know; say in house/dependencies.rs what it may use",
            ));
            continue;
        };
        for dependency in package["dependencies"].as_array().map(Vec::as_slice).unwrap_or_default() {
            let other = name_of(dependency);
            let kind = dependency["kind"].as_str().unwrap_or("normal");
            let is_allowed = allowed.contains(&other.as_str()) || (name == "e2e" && kind == "dev");
            if ours.contains(&other) && other != name && !is_allowed {
                found.push(Violation::new(&name, format!("must not depend on `{other}` ({kind})")));
            }
        }
    }
    found
}

/// The crates that give a version of their own or leave the workspace's lints.
pub fn manifests(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in tree.files.iter().filter(|file| is_manifest(&file.path)) {
        if !file.text.contains("[lints]\nworkspace = true") {
            found.push(Violation::new(&file.path, "must have `[lints] workspace = true`"));
        }
        let mut in_dependencies = false;
        for line in file.text.lines().map(str::trim) {
            if line.starts_with('[') {
                in_dependencies = line.ends_with("dependencies]");
            } else if in_dependencies && line.contains('=') && !line.contains("workspace = true") {
                let message =
                    format!("`{line}`: versions stand in the workspace's Cargo.toml only; use `.workspace = true`");
                found.push(Violation::new(&file.path, message));
            }
        }
    }
    found
}

fn is_manifest(path: &str) -> bool {
    path.strip_prefix("crates/")
        .and_then(|rest| rest.strip_suffix("/Cargo.toml"))
        .is_some_and(|name| !name.contains('/'))
}

/// The dependencies of the workspace that docs/decisions/0002-dependencies.md gives no reason for, and the reasons for
/// what is none.
pub fn reasons(tree: &Tree) -> Vec<Violation> {
    const REASONS: &str = "docs/decisions/0002-dependencies.md";
    let text = |path: &str| tree.file(path).map(|file| file.text.as_str()).unwrap_or_default();
    let section = text("Cargo.toml").split("[workspace.dependencies]\n").nth(1).unwrap_or_default();
    let section = section.split("\n[").next().unwrap_or_default();
    let line =
        |line: &str| (!line.contains("path = ")).then(|| line.split_once(" = ").map(|(name, _)| name.to_owned()))?;
    let used: Vec<String> = section.lines().filter_map(line).collect();
    let row = |line: &str| Some(line.strip_prefix("| `")?.split_once('`')?.0.to_owned());
    let given: Vec<String> = text(REASONS).lines().filter_map(row).collect();
    let missing = used.iter().filter(|name| !given.contains(name)).map(|name| format!("gives no reason for `{name}`"));
    let stale =
        given.iter().filter(|name| !used.contains(name)).map(|name| format!("`{name}` is no dependency any more"));
    missing.chain(stale).map(|message| Violation::new(REASONS, message)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_dependency_that_goes_up_is_found() {
        let metadata = json!({"packages": [
            {"name": "engine", "dependencies": [{"name": "serde", "kind": null}, {"name": "server", "kind": "dev"}]},
            {"name": "server", "dependencies": [{"name": "engine", "kind": null}]},
            {"name": "pake", "dependencies": [{"name": "server", "kind": null}, {"name": "e2e", "kind": "dev"}]},
            {"name": "e2e", "dependencies": [{"name": "server", "kind": "dev"}, {"name": "engine", "kind": null}]},
            {"name": "shared", "dependencies": []},
        ]});
        let found: Vec<_> = direction(&metadata).iter().map(ToString::to_string).collect();
        assert_eq!(found[0], "engine: must not depend on `server` (dev)");
        assert_eq!(found[1], "pake: must not depend on `e2e` (dev)");
        assert_eq!(found[2], "e2e: must not depend on `engine` (normal)");
        assert!(found[3].starts_with("shared: is a crate that the house does not know"));
        assert_eq!(found.len(), 4);
    }

    #[test]
    fn a_version_outside_the_workspace_is_found() {
        let good = "[package]\nversion.workspace = true\n[dependencies]\nserde.workspace = true\ntokio = { workspace = true, features = [] }\n[lints]\nworkspace = true\n";
        let bad = "[dev-dependencies]\nserde = \"1\"\n";
        let found = manifests(&Tree::of(&[("crates/a/Cargo.toml", good), ("crates/b/Cargo.toml", bad)]));
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|violation| violation.place == "crates/b/Cargo.toml"));
    }

    #[test]
    fn every_dependency_needs_its_reason() {
        let manifest = "[workspace.dependencies]\nengine = { path = \"x\" }\nserde = \"1\"\ntoml = \"1\"\n\n[profile.dev]\ndebug = 1\n";
        let reasons_given = "| crate | why |\n| --- | --- |\n| `serde` | JSON |\n| `gone` | … |\n";
        let tree = Tree::of(&[("Cargo.toml", manifest), ("docs/decisions/0002-dependencies.md", reasons_given)]);
        let found: Vec<_> = reasons(&tree).into_iter().map(|violation| violation.message).collect();
        assert_eq!(found, ["gives no reason for `toml`", "`gone` is no dependency any more"]);
    }
}

//! The rules of the house, held against this repository.

use e2e::house::{Tree, Violation, claims, dependencies, links, modules, names, repository, repository_root, sizes};

/// Pairs of modules that use each other: crate, and both names in alphabetical order. This list may only shrink.
const PAIRS: [(&str, &str, &str); 0] = [];

#[track_caller]
fn none(violations: &[Violation]) {
    let list: Vec<_> = violations.iter().map(|violation| format!("\n  {violation}")).collect();
    assert!(violations.is_empty(), "{} rule(s) of the house are broken:{}", violations.len(), list.concat());
}

#[test]
fn files_are_not_too_long() {
    let tree = Tree::of_this_repository().unwrap();
    for limit in &sizes::LIMITS {
        if let Some(report) = sizes::report(&tree, limit) {
            println!("{}: {report} (aim: median {}, p90 {})", limit.name, limit.median, limit.p90);
        }
    }
    none(&sizes::files(&tree));
}

#[test]
fn functions_are_not_too_long() {
    none(&sizes::functions(&Tree::of_this_repository().unwrap()));
}

#[test]
fn crates_depend_downwards_only() {
    #[expect(clippy::disallowed_methods, reason = "a test may start processes")]
    let output = std::process::Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version=1", "--offline"])
        .current_dir(repository_root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata = serde_json::from_slice(&output.stdout).unwrap();
    none(&dependencies::direction(&metadata));
}

#[test]
fn versions_and_lints_are_the_workspaces() {
    none(&dependencies::manifests(&Tree::of_this_repository().unwrap()));
}

#[test]
fn every_dependency_has_its_reason() {
    none(&dependencies::reasons(&Tree::of_this_repository().unwrap()));
}

#[test]
fn no_two_modules_use_each_other() {
    none(&modules::pairs(&Tree::of_this_repository().unwrap(), &PAIRS));
}

#[test]
fn names_say_what_is_in_them() {
    none(&names::modules(&Tree::of_this_repository().unwrap()));
}

#[test]
fn nothing_is_marked_as_unfinished() {
    none(&names::marks(&Tree::of_this_repository().unwrap()));
}

#[test]
fn every_migration_has_its_twin() {
    none(&repository::twins(&Tree::of_this_repository().unwrap()));
}

#[test]
fn the_makefile_is_a_list_of_recipes() {
    none(&repository::makefile(&Tree::of_this_repository().unwrap()));
}

#[test]
fn the_main_function_decides_nothing() {
    none(&repository::main_file(&Tree::of_this_repository().unwrap()));
}

#[test]
fn workflows_are_pinned_and_have_no_rights() {
    none(&repository::workflows(&Tree::of_this_repository().unwrap()));
}

#[test]
fn links_between_documents_lead_somewhere() {
    none(&links::dead(&Tree::of_this_repository().unwrap()));
}

#[test]
fn tests_that_the_security_document_names_are_there() {
    none(&claims::without_tests(&Tree::of_this_repository().unwrap()));
}

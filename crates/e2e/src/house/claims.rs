//! What a document says that a test holds must be held by one.

use super::{Tree, Violation};

/// The document whose tables name tests, in their last column.
const DOCUMENT: &str = "docs/security.md";

/// Names of tests in the tables of the security document that no test has.
pub fn without_tests(tree: &Tree) -> Vec<Violation> {
    let Some(document) = tree.file(DOCUMENT) else { return vec![Violation::new(DOCUMENT, "is not there")] };
    let code: Vec<&str> = tree.ending(&[".rs"]).map(|file| file.text.as_str()).collect();
    let exists = |name: &str| {
        let function = format!("fn {name}(");
        code.iter().any(|text| text.contains(&function))
    };
    let named = document.text.lines().enumerate().flat_map(|(line, text)| {
        // Four columns: requirement, whether it is met, how, test.
        let cell = text.trim().trim_matches('|').split('|').nth(3).unwrap_or_default();
        cell.split('`').skip(1).step_by(2).map(move |name| (line + 1, name))
    });
    named
        .filter(|(_, name)| !exists(name))
        .map(|(line, name)| Violation::new(format!("{DOCUMENT}:{line}"), format!("no test is called `{name}`")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_that_is_not_there_is_told_of_with_its_line() {
        let document = "| id | met | how | test |\n| --- | --- | --- | --- |\n| 1.1.1 | yes | `x` | `here`, `gone` |\n";
        let tree = Tree::of(&[(DOCUMENT, document), ("crates/a/src/lib.rs", "#[test]\nfn here() {}\n")]);
        let found: Vec<String> = without_tests(&tree).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("docs/security.md:3") && found[0].contains("`gone`"), "{found:?}");
    }
}

//! Links between documents lead somewhere.

use super::{File, Tree, Violation};

/// The links of Markdown files that lead to no file or no heading of the repository.
pub fn dead(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in tree.ending(&[".md"]) {
        for (line, target) in targets(&file.text) {
            if let Some(message) = broken(tree, file, &target) {
                found.push(Violation::new(format!("{}:{line}", file.path), format!("`{target}` {message}")));
            }
        }
    }
    found
}

fn broken(tree: &Tree, file: &File, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (path, anchor) = target.split_once('#').map_or((target, None), |(path, anchor)| (path, Some(anchor)));
    let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let Some(path) = (if path.is_empty() { Some(file.path.clone()) } else { resolved(folder, path) }) else {
        return Some("leads out of the repository".to_owned());
    };
    if !tree.has(&path) {
        return Some(format!("leads to {path}, which is not there"));
    }
    let anchor = anchor?;
    let headings = tree.ending(&[".md"]).find(|file| file.path == path).map(|file| headings(&file.text))?;
    (!headings.iter().any(|heading| heading == anchor)).then(|| format!("leads to no heading of {path}"))
}

fn resolved(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = if path.starts_with('/') { Vec::new() } else { folder.split('/').collect() };
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop()?,
            part => parts.push(part),
        }
    }
    parts.retain(|part| !part.is_empty());
    Some(parts.join("/"))
}

/// The targets of `[text](target)` outside of code, with their lines.
fn targets(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in prose(text) {
        // Between back ticks is code: every second piece.
        for piece in line.split('`').step_by(2) {
            for (_, rest) in piece.match_indices("](").map(|(at, mark)| (at, &piece[at + mark.len()..])) {
                let target = rest.split(')').next().unwrap_or_default().split_whitespace().next().unwrap_or_default();
                found.push((number, target.trim_matches(['<', '>']).to_owned()));
            }
        }
    }
    found
}

/// The anchors that GitHub makes of the headings.
fn headings(text: &str) -> Vec<String> {
    let heading = |(_, line): (usize, &str)| {
        let title = line.strip_prefix('#')?.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|char| char.is_alphanumeric() || matches!(char, ' ' | '-' | '_'));
        Some(kept.map(|char| if char == ' ' { '-' } else { char }).collect())
    };
    prose(text).filter_map(heading).collect()
}

/// The lines outside of code blocks, from 1.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut in_code = false;
    text.lines().enumerate().filter_map(move |(number, line)| {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
            return None;
        }
        (!in_code).then_some((number + 1, line))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_that_lead_nowhere_are_found() {
        let readme = "[a](docs/a.md) [gone](docs/gone.md)\n[out](../../etc/passwd) [web](https://example.org) `[code](x)`\n\
                      ```\n[block](y)\n```\n[here](#one-title) [there](docs/a.md#no) [folder](docs)\n# One title!\n";
        let tree = Tree::of(&[("README.md", readme), ("docs/a.md", "# A\n[up](../README.md#one-title)\n[x](b.md)\n")]);
        let found: Vec<_> = dead(&tree).iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "README.md:1: `docs/gone.md` leads to docs/gone.md, which is not there",
                "README.md:2: `../../etc/passwd` leads out of the repository",
                "README.md:6: `docs/a.md#no` leads to no heading of docs/a.md",
                "docs/a.md:3: `b.md` leads to docs/b.md, which is not there",
            ]
        );
    }
}

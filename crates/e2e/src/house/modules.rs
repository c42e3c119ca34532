//! Which module of a crate uses which: no two may use each other.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Tree, Violation,
    sizes::is_test,
    text::{closing, code_only, without_tests},
};

/// Two modules that use each other: crate and both names, in alphabetical order.
pub type Pair = (String, String, String);

/// The pairs of top-level modules that use each other and are no exception, and the exceptions that are none any more.
pub fn pairs(tree: &Tree, exceptions: &[(&str, &str, &str)]) -> Vec<Violation> {
    let found = two_way(tree);
    let known = |(name, one, other): &Pair| exceptions.contains(&(name.as_str(), one.as_str(), other.as_str()));
    let new = found.iter().filter(|pair| !known(pair)).map(|(name, one, other)| {
        let message = format!("`{one}` and `{other}` use each other; move what both need below them");
        Violation::new(format!("crates/{name}"), message)
    });
    let stale = exceptions
        .iter()
        .filter(|(name, one, other)| !found.contains(&((*name).to_owned(), (*one).to_owned(), (*other).to_owned())));
    let stale = stale.map(|(name, one, other)| {
        let message = format!("`{one}` and `{other}` no longer use each other: take them off the list of exceptions");
        Violation::new(format!("crates/{name}"), message)
    });
    new.chain(stale).collect()
}

/// Every pair of top-level modules of a crate that use each other.
pub fn two_way(tree: &Tree) -> BTreeSet<Pair> {
    let mut found = BTreeSet::new();
    for (name, uses) in uses(tree) {
        for (one, others) in &uses {
            for other in others.iter().filter(|other| one < *other) {
                if uses.get(other).is_some_and(|back| back.contains(one)) {
                    found.insert((name.clone(), one.clone(), other.clone()));
                }
            }
        }
    }
    found
}

type Uses = BTreeMap<String, BTreeSet<String>>;

/// Crate → module → modules that it uses.
fn uses(tree: &Tree) -> BTreeMap<String, Uses> {
    let mut crates: BTreeMap<String, Uses> = BTreeMap::new();
    let sources = || {
        let files = tree.ending(&[".rs"]).filter(|file| !is_test(&file.path));
        files.filter_map(|file| Some((module_of(&file.path)?, file)))
    };
    for ((name, module, _), _) in sources() {
        crates.entry(name.to_owned()).or_default().entry(module.to_owned()).or_default();
    }
    for ((name, module, depth), file) in sources() {
        let named = named_from_root(&code_only(without_tests(&file.text)), depth);
        let Some(uses) = crates.get_mut(name) else { continue };
        let known: BTreeSet<String> =
            named.into_iter().filter(|used| used != module && uses.contains_key(used)).collect();
        uses.entry(module.to_owned()).or_default().extend(known);
    }
    crates
}

/// The crate and top-level module of a file, and how many `super::` lead from it to the root; none for the root itself.
fn module_of(path: &str) -> Option<(&str, &str, usize)> {
    let (name, inner) = path.strip_prefix("crates/")?.split_once("/src/")?;
    let inner = inner.strip_suffix(".rs")?;
    let module = inner.split('/').next()?;
    (!matches!(inner, "lib" | "main") && module != "bin").then_some((name, module, inner.matches('/').count() + 1))
}

/// The names right below the root of the crate that code names, as `crate::a`, `crate::{a, b::c}` or by `super::`.
fn named_from_root(code: &str, depth: usize) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for root in ["crate::".to_owned(), "super::".repeat(depth)] {
        let mut from = 0;
        while let Some(at) = code[from..].find(&root) {
            let start = from + at;
            from = start + root.len();
            // `pub(crate)::` is nothing, `$crate::` and `a::super::` are not ours, `super::super::` goes further up.
            let before = code[..start].chars().next_back();
            if before.is_some_and(|char| char.is_alphanumeric() || matches!(char, '_' | ':' | '$')) {
                continue;
            }
            heads(&code[from..], &mut found);
        }
    }
    found.remove("super");
    found
}

/// The first names of a path, or of each path of a group.
fn heads(rest: &str, found: &mut BTreeSet<String>) {
    let rest = rest.trim_start();
    if !rest.starts_with('{') {
        found.extend(head(rest));
        return;
    }
    let inner = &rest[1..closing(rest, 0).saturating_sub(1).max(1)];
    let mut from = 0;
    while from < inner.len() {
        found.extend(head(&inner[from..]));
        // To the comma after this path, over the groups in it.
        let mut at = from;
        loop {
            match inner[at..].find([',', '{']).map(|found| at + found) {
                Some(here) if inner.as_bytes()[here] == b'{' => at = closing(inner, here),
                Some(comma) => break from = comma + 1,
                None => break from = inner.len(),
            }
        }
    }
}

fn head(path: &str) -> Option<String> {
    let path = path.trim_start();
    let length = path.find(|char: char| !char.is_alphanumeric() && char != '_').unwrap_or(path.len());
    (length > 0).then(|| path[..length].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Tree {
        Tree::of(&[
            ("crates/x/src/lib.rs", "pub mod a; pub mod b; pub mod c; pub mod d;"),
            ("crates/x/src/a.rs", "use crate::{d, b::{self, Thing}};\n#[cfg(test)]\nmod tests { use crate::c; }"),
            ("crates/x/src/b.rs", "mod inner; use super::c::Other; // crate::a"),
            ("crates/x/src/b/inner.rs", "fn f() { super::super::a::g(\"crate::c\") } use super::Thing;"),
            ("crates/x/src/c.rs", "/// See [`crate::b`].\nfn h() {}"),
            ("crates/x/src/d.rs", "pub(crate) fn i() { $crate::a!() }"),
            ("crates/y/src/a.rs", "use crate::b;"),
            ("crates/y/src/b.rs", "use x::a;"),
        ])
    }

    #[test]
    fn two_modules_that_use_each_other_are_found() {
        let found = pairs(&tree(), &[]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].to_string(), "crates/x: `a` and `b` use each other; move what both need below them");
    }

    #[test]
    fn an_exception_holds_and_a_stale_one_is_told() {
        assert_eq!(pairs(&tree(), &[("x", "a", "b")]), []);
        let found = pairs(&tree(), &[("x", "a", "b"), ("x", "a", "c")]);
        assert_eq!(found.len(), 1);
        assert!(found[0].message.contains("no longer"));
    }

    #[test]
    fn groups_paths_and_supers_are_read() {
        let uses = uses(&tree());
        let of = |module: &str| uses["x"][module].iter().map(String::as_str).collect::<Vec<_>>();
        assert_eq!(of("a"), ["b", "d"]);
        assert_eq!(of("b"), ["a", "c"]);
        assert!(of("c").is_empty() && of("d").is_empty());
    }
}

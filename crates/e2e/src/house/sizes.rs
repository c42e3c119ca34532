//! How long files and functions may be.

use std::fmt;

use super::{
    File, Tree, Violation,
    text::{closing, code_only, line_of, without_tests, words},
};

/// What is allowed, and what is aimed at, for the files of one kind, in lines without tests.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    /// How they are called in the report.
    pub name: &'static str,
    /// How their names end.
    pub endings: &'static [&'static str],
    /// No file may be longer.
    pub hard: usize,
    /// Half of them are to be no longer.
    pub median: usize,
    /// Nine of ten are to be no longer.
    pub p90: usize,
}

/// The limits of the house.
pub const LIMITS: [Limit; 2] = [
    Limit { name: "Rust", endings: &[".rs"], hard: 500, median: 120, p90: 300 },
    Limit { name: "TypeScript", endings: &[".ts", ".tsx"], hard: 300, median: 60, p90: 180 },
];

/// Most lines of a function, without blank lines and comments.
pub const FUNCTION_LINES: usize = 60;

/// The files that are too long.
pub fn files(tree: &Tree) -> Vec<Violation> {
    let too_long = |limit: &Limit| {
        let hard = limit.hard;
        measured(tree, limit).into_iter().filter(move |(lines, _)| *lines > hard).map(move |(lines, path)| {
            Violation::new(
                path,
                format!("has {lines} lines without tests, {hard} are allowed; split it by what it is about"),
            )
        })
    };
    LIMITS.iter().flat_map(too_long).collect()
}

/// The functions that are too long.
pub fn functions(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in tree.ending(&[".rs"]).filter(|file| !is_test(&file.path)) {
        let code = code_only(without_tests(&file.text));
        for (start, _) in words(&code).filter(|(_, word)| *word == "fn") {
            let Some(body) = body_of(&code[start..]) else { continue };
            let lines = code[start + body.0..start + body.1].lines().filter(|line| !line.trim().is_empty()).count();
            // The two lines of the brackets are not of the body.
            if lines.saturating_sub(2) > FUNCTION_LINES {
                let place = format!("{}:{}", file.path, line_of(&code, start));
                let lines = lines - 2;
                found.push(Violation::new(place, format!("a function of {lines} lines, {FUNCTION_LINES} are allowed")));
            }
        }
    }
    found
}

/// Where the body of the function at the beginning of `code` begins and ends; none when it has no body.
fn body_of(code: &str) -> Option<(usize, usize)> {
    let mut at = 0;
    while let Some(found) = code[at..].find(['{', ';', '(', '[']) {
        let here = at + found;
        match code.as_bytes()[here] {
            b'{' => return Some((here, closing(code, here))),
            b';' => return None,
            _ => at = closing(code, here),
        }
    }
    None
}

/// How the files of one kind do against what is aimed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// How many files.
    pub files: usize,
    /// The middle one's lines.
    pub median: usize,
    /// The lines that nine of ten do not pass.
    pub p90: usize,
    /// The longest one's lines.
    pub longest: usize,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { files, median, p90, longest } = self;
        write!(f, "{files} files, median {median}, p90 {p90}, longest {longest} lines without tests")
    }
}

/// Measures the files of one kind; none when there are none.
pub fn report(tree: &Tree, limit: &Limit) -> Option<Report> {
    let mut lines: Vec<usize> = measured(tree, limit).into_iter().map(|(lines, _)| lines).collect();
    lines.sort_unstable();
    let at = |percent: usize| lines.get((lines.len() * percent).div_ceil(100).saturating_sub(1)).copied();
    Some(Report { files: lines.len(), median: at(50)?, p90: at(90)?, longest: at(100)? })
}

fn measured<'a>(tree: &'a Tree, limit: &Limit) -> Vec<(usize, &'a str)> {
    let is_ours = |file: &&File| {
        let ours = limit.endings.iter().any(|ending| file.path.ends_with(ending));
        ours && !is_test(&file.path) && !file.path.contains(".gen.")
    };
    let lines = |file: &'a File| (without_tests(&file.text).lines().count(), file.path.as_str());
    tree.files.iter().filter(is_ours).map(lines).collect()
}

/// Whether a file holds nothing but tests.
pub fn is_test(path: &str) -> bool {
    let mut parts = path.split('/').collect::<Vec<_>>();
    let name = parts.pop().unwrap_or_default();
    let folders = ["tests", "fixtures", "testing", "recordings", "fuzz_targets", "benches"];
    name == "tests.rs"
        || name.contains(".test.")
        || name.contains(".spec.")
        || parts.iter().any(|part| folders.contains(part))
        || path.starts_with("web/e2e/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_file_is_found_and_its_tests_do_not_count() {
        let long = "x\n".repeat(501);
        let tested = format!("{}#[cfg(test)]\nmod tests {{\n{}}}\n", "x\n".repeat(500), "y\n".repeat(500));
        let tree = Tree::of(&[
            ("crates/a/src/long.rs", &long),
            ("crates/a/src/tested.rs", &tested),
            ("crates/a/src/long/tests.rs", &long),
            ("web/src/schema.gen.ts", &long),
            ("web/src/app.tsx", &"x\n".repeat(301)),
        ]);
        let found: Vec<_> = files(&tree).into_iter().map(|violation| violation.place).collect();
        assert_eq!(found, ["crates/a/src/long.rs", "web/src/app.tsx"]);
    }

    #[test]
    fn a_long_function_is_found_where_it_begins() {
        let body = |lines: usize| format!("{{\n{}\n}}\n", vec!["    call(\"}\"); // {"; lines].join("\n"));
        let text = format!(
            "/// A fn.\npub fn short(a: [u8; 3]) -> u8 {}\n\nimpl A {{\n    async fn long<T: Fn() -> u8>() where T: B {}}}\ntrait C {{ fn d(); }}\n",
            body(60),
            body(61)
        );
        let tree = Tree::of(&[("crates/a/src/lib.rs", &text)]);
        let found = functions(&tree);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(
            found[0].place,
            format!("crates/a/src/lib.rs:{}", text[..text.find("async").unwrap()].lines().count())
        );
    }

    #[test]
    fn comments_and_blank_lines_in_a_function_do_not_count() {
        let text = format!("fn a() {{\n{}{}}}\n", "    // why\n\n".repeat(100), "    b();\n".repeat(60));
        assert_eq!(functions(&Tree::of(&[("crates/a/src/lib.rs", &text)])), []);
    }

    #[test]
    fn the_report_gives_the_middle_and_the_ninth_of_ten() {
        let files: Vec<(String, String)> =
            (1..=10).map(|n| (format!("crates/a/src/f{n}.rs"), "x\n".repeat(n * 10))).collect();
        let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let report = report(&Tree::of(&files), &LIMITS[0]).unwrap();
        assert_eq!(report, Report { files: 10, median: 50, p90: 90, longest: 100 });
        assert_eq!(super::report(&Tree::default(), &LIMITS[0]), None);
    }
}

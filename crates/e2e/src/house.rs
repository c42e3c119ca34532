//! The rules of the house that no linter knows: sizes, directions, names, twins and links.
//!
//! Each rule is a function from the tree of files to what breaks it, so that it can be tested on a made-up tree.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

pub mod claims;
pub mod dependencies;
pub mod links;
pub mod modules;
pub mod names;
pub mod repository;
pub mod sizes;
pub mod text;

/// Folders that hold no source of ours.
const SKIPPED: [&str; 9] =
    [".git", "target", "node_modules", "dist", "data", "corpus", "artifacts", "playwright-report", "test-results"];

/// The files of the repository.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    /// All text files, in the order of their paths.
    pub files: Vec<File>,
}

/// One file.
#[derive(Debug, Clone)]
pub struct File {
    /// Its path below the root, with `/` between its parts.
    pub path: String,
    /// What it holds.
    pub text: String,
}

/// Something that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// Where: a path, or a path and a line.
    pub place: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl Violation {
    /// A violation at `place`.
    pub fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: place.into(), message: message.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

impl Tree {
    /// Reads every UTF-8 file below `root` that is not too large to have been written by hand.
    pub fn read(root: &Path) -> io::Result<Self> {
        let mut files = Vec::new();
        read_folder(root, root, &mut files)?;
        files.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(Self { files })
    }

    /// Reads the repository that this crate stands in.
    pub fn of_this_repository() -> io::Result<Self> {
        Self::read(&repository_root())
    }

    /// A tree of made-up files, for testing a rule.
    pub fn of(files: &[(&str, &str)]) -> Self {
        let file = |(path, text): &(&str, &str)| File { path: (*path).to_owned(), text: (*text).to_owned() };
        Self { files: files.iter().map(file).collect() }
    }

    /// The file at `path`.
    pub fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// The files of which the path ends in one of these.
    pub fn ending<'a>(&'a self, endings: &'a [&'a str]) -> impl Iterator<Item = &'a File> {
        self.files.iter().filter(move |file| endings.iter().any(|ending| file.path.ends_with(ending)))
    }

    /// Whether there is a file or a folder at `path`.
    pub fn has(&self, path: &str) -> bool {
        let folder = format!("{path}/");
        path.is_empty() || self.files.iter().any(|file| file.path == path || file.path.starts_with(&folder))
    }
}

/// The repository that this crate stands in.
pub fn repository_root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.canonicalize().unwrap_or(root)
}

/// Largest file that is read, in bytes: recordings and lock files are larger and are not written by hand.
const MAX_BYTES: u64 = 512 << 10;

fn read_folder(root: &Path, folder: &Path, files: &mut Vec<File>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        let name = entry.file_name();
        if kind.is_dir() && !SKIPPED.iter().any(|skipped| name == *skipped) {
            read_folder(root, &path, files)?;
        } else if kind.is_file() {
            let relative = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            let text = if entry.metadata()?.len() <= MAX_BYTES { fs::read(&path)? } else { Vec::new() };
            files.push(File { path: relative, text: String::from_utf8(text).unwrap_or_default() });
        }
    }
    Ok(())
}

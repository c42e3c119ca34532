//! PostgreSQL as one ZIP: a file for each table, and the script that puts them back.

use std::{
    fmt::Write as _,
    fs::File,
    io::{self, Read as _, Write as _},
    path::Path,
};

use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

use crate::{
    db::DbError,
    store::dump::{Piece, Table},
};

/// The script that puts everything back.
const SCRIPT: &str = "restore.sql";

/// A backup that is being written.
pub struct Archive {
    zip: ZipWriter<File>,
    /// How many rows each table had that is finished, or under way.
    rows: Vec<u64>,
}

/// Why it cannot be written.
#[derive(Debug)]
pub enum ArchiveError {
    /// The database did not give it.
    Database(DbError),
    /// The disk did not take it.
    Disk(io::Error),
}

impl From<DbError> for ArchiveError {
    fn from(error: DbError) -> Self {
        Self::Database(error)
    }
}

impl From<io::Error> for ArchiveError {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

impl From<zip::result::ZipError> for ArchiveError {
    fn from(error: zip::result::ZipError) -> Self {
        Self::Disk(error.into())
    }
}

impl Archive {
    /// Into this file, which is there and empty.
    pub fn new(file: File) -> Self {
        Self { zip: ZipWriter::new(file), rows: Vec::new() }
    }

    /// Takes what comes out of the database.
    pub fn take(&mut self, piece: Piece<'_>) -> Result<(), ArchiveError> {
        match piece {
            Piece::Table(table) => {
                self.zip.start_file(file_of(table), options())?;
                self.rows.push(0);
            }
            Piece::Rows(rows) => {
                self.zip.write_all(rows)?;
                // Within a row a new line is written as `\n`.
                *self.rows.last_mut().ok_or_else(|| io::Error::other("rows of no table"))? += lines(rows);
            }
        }
        Ok(())
    }

    /// Adds the script and ends the file; gives how many rows each table had.
    pub fn done(mut self, tables: &[Table], migration: i64) -> Result<Vec<u64>, ArchiveError> {
        self.zip.start_file(SCRIPT, options())?;
        self.zip.write_all(script(tables, migration).as_bytes())?;
        self.zip.finish()?.sync_all()?;
        Ok(self.rows)
    }
}

/// Whether the file holds these tables with so many rows, read back to its last byte.
pub fn is_whole(path: &Path, tables: &[Table], rows: &[u64]) -> Result<bool, ArchiveError> {
    let mut zip = ZipArchive::new(File::open(path)?)?;
    let mut buffer = vec![0; 64 << 10];
    for (table, &expected) in tables.iter().zip(rows) {
        // Its checksum is compared at the end.
        let mut file = zip.by_name(&file_of(table))?;
        let mut found = 0;
        loop {
            match file.read(&mut buffer)? {
                0 => break,
                read => found += lines(&buffer[..read]),
            }
        }
        if found != expected {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A backup that is read back.
pub struct Kept {
    zip: ZipArchive<File>,
    /// What is in it, in the order in which it can be filled in.
    pub tables: Vec<Table>,
    /// The last migration of the database that it was taken of.
    pub migration: i64,
}

impl Kept {
    /// Opens one, and reads its script.
    pub fn open(path: &Path) -> Result<Self, ArchiveError> {
        let mut zip = ZipArchive::new(File::open(path)?)?;
        let mut script = String::new();
        zip.by_name(SCRIPT)?.read_to_string(&mut script)?;
        let (tables, migration) = read(&script).ok_or_else(|| io::Error::other("its script is not PAKE's"))?;
        Ok(Self { zip, tables, migration })
    }

    /// The rows of a table, handed over piece by piece. What comes otherwise than it was written is an error at the end.
    pub fn rows(&mut self, table: &Table) -> Result<impl FnMut() -> io::Result<Option<Vec<u8>>>, ArchiveError> {
        let mut file = self.zip.by_name(&file_of(table))?;
        Ok(move || {
            let mut piece = vec![0; 64 << 10];
            let read = file.read(&mut piece)?;
            piece.truncate(read);
            Ok((read > 0).then_some(piece))
        })
    }

    /// How many rows it holds, read to its last byte.
    pub fn count(&mut self) -> Result<u64, ArchiveError> {
        let tables = self.tables.clone();
        let mut count = 0;
        for table in &tables {
            let mut next = self.rows(table)?;
            while let Some(piece) = next()? {
                count += lines(&piece);
            }
        }
        Ok(count)
    }
}

/// The tables that a script fills, and the migration that it names.
fn read(script: &str) -> Option<(Vec<Table>, i64)> {
    let (_, rest) = script.lines().next()?.split_once(", at migration ")?;
    let migration = rest.split_once('.')?.0.parse().ok()?;
    // Both become part of a statement.
    let is_plain = |text: &str| {
        text.chars().all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || "_\", ".contains(char))
    };
    let table = |line: &str| {
        let (name, rest) = line.split_once(" (")?;
        let (columns, _) = rest.split_once(") FROM ")?;
        let is_ours = is_plain(name) && is_plain(columns) && !name.contains([',', ' ']);
        is_ours.then(|| Table { name: name.to_owned(), columns: columns.to_owned() })
    };
    let tables: Option<Vec<Table>> =
        script.lines().filter_map(|line| line.strip_prefix("\\copy ")).map(table).collect();
    tables.filter(|tables| !tables.is_empty()).map(|tables| (tables, migration))
}

/// How many rows these bytes end.
pub fn lines(rows: &[u8]) -> u64 {
    rows.split(|byte| *byte == b'\n').skip(1).count() as u64
}

fn options() -> SimpleFileOptions {
    SimpleFileOptions::default().large_file(true).unix_permissions(0o600)
}

fn file_of(table: &Table) -> String {
    format!("tables/{}.copy", table.name.trim_matches('"'))
}

/// What psql reads to put everything back, all of it or nothing.
fn script(tables: &[Table], migration: i64) -> String {
    let names: Vec<_> = tables.iter().map(|table| table.name.as_str()).collect();
    let mut script = format!(
        "-- A backup of PAKE {}, at migration {migration}. Make an empty database, start this version of PAKE on it once, stop it, then:\n\
         --   unzip pake-….zip -d backup && cd backup && psql \"$PAKE_DATABASE__URL\" -v ON_ERROR_STOP=1 -f restore.sql\n\
         BEGIN;\nTRUNCATE {};\n",
        crate::VERSION,
        names.join(", "),
    );
    for table in tables {
        // Writing into a string cannot fail.
        let _ = writeln!(script, "\\copy {} ({}) FROM '{}'", table.name, table.columns, file_of(table));
    }
    script.push_str("COMMIT;\n");
    script
}

//! What a database can fail with, in words that name the remedy.

use std::fmt;

use sqlx::error::ErrorKind;

/// Why the database did not do what it was asked to.
#[derive(Debug)]
pub struct DbError {
    /// What kind of trouble it is.
    pub problem: Problem,
    /// What the database itself said. Holds no values of rows.
    pub detail: String,
}

/// The kinds of trouble with a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// It does not answer.
    Away,
    /// It is occupied: a lock, a time limit, too many connections.
    Busy,
    /// Its disk is full.
    Full,
    /// It must not be written.
    ReadOnly,
    /// Its disk fails.
    Disk,
    /// Its file is damaged.
    Damaged,
    /// A row refers to one that is not there (any more).
    Dangling,
    /// The row cannot be stored as it is: our fault.
    Rejected,
    /// The statement was wrong: our fault.
    Fault,
}

impl Problem {
    /// Whether the same thing may succeed later without anybody changing the program.
    pub const fn is_passing(self) -> bool {
        !matches!(self, Self::Rejected | Self::Fault)
    }

    /// What it is, and what to do.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Away => ("the database does not answer", "check that it runs and that database.url is right"),
            Self::Busy => (
                "the database is occupied",
                "look for long transactions, other programs that hold the file open, or too many connections",
            ),
            Self::Full => ("the database has no room left", "make room on its disk; it goes on by itself"),
            Self::ReadOnly => {
                ("the database must not be written", "give PAKE's user write permission to the file and its directory")
            }
            Self::Disk => ("the database's disk fails", "look at the kernel's log and check disk and file system"),
            Self::Damaged => ("the database's file is damaged", "stop PAKE and restore a backup"),
            Self::Dangling => ("something it refers to was deleted at the same time", "try again"),
            Self::Rejected => ("the database refused a row", "report this as an error of PAKE"),
            Self::Fault => ("the database refused a statement", "report this as an error of PAKE"),
        }
    }
}

impl fmt::Display for DbError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, remedy) = self.problem.words();
        write!(f, "{what} ({}); {remedy}", self.detail)
    }
}

impl std::error::Error for DbError {}

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        let problem = match &error {
            E::Database(database) if database.kind() == ErrorKind::ForeignKeyViolation => Problem::Dangling,
            E::Database(database) => database.code().map_or(Problem::Fault, |code| {
                // SQLite's codes are numbers (the low byte is the primary one), SQLSTATE has five characters.
                let is_sqlite = database.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some();
                if is_sqlite { of_sqlite(code.parse().unwrap_or(0)) } else { of_sqlstate(&code) }
            }),
            E::PoolTimedOut => Problem::Busy,
            E::Io(_) | E::Tls(_) | E::PoolClosed | E::WorkerCrashed | E::Protocol(_) => Problem::Away,
            _ => Problem::Fault,
        };
        let detail = match error {
            E::Database(database) => database.message().to_owned(),
            other => other.to_string(),
        };
        Self { problem, detail }
    }
}

/// <https://www.sqlite.org/rescode.html>
const fn of_sqlite(code: i32) -> Problem {
    match code & 0xff {
        5 | 6 => Problem::Busy,
        8 => Problem::ReadOnly,
        10 => Problem::Disk,
        11 | 26 => Problem::Damaged,
        13 => Problem::Full,
        14 => Problem::Away,
        // Too big, a constraint, a type.
        18..=20 => Problem::Rejected,
        _ => Problem::Fault,
    }
}

/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
fn of_sqlstate(code: &str) -> Problem {
    match code {
        "25006" => Problem::ReadOnly,
        "53100" | "53200" => Problem::Full,
        // Too many connections; lock and statement time limits; serialisation, deadlock.
        "53300" | "55P03" | "57014" | "40001" | "40P01" => Problem::Busy,
        "XX001" | "XX002" => Problem::Damaged,
        "58030" => Problem::Disk,
        _ => match code.get(..2) {
            // Connection; authorisation; unknown database; shutting down; resources.
            Some("08" | "28" | "3D" | "57" | "53") => Problem::Away,
            Some("22" | "23") => Problem::Rejected,
            _ => Problem::Fault,
        },
    }
}

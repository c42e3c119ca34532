//! Puts back what a backup holds, in the place of what is there: all of it or nothing. Nobody else may be at work on the database.

use std::{
    fmt::Display,
    fs, io,
    path::{Path, PathBuf},
};

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::Serialize;
use tokio::task::spawn_blocking;

use super::archive::{self, ArchiveError, Kept};
use crate::{
    db::{Alone, DbError, OpenError},
    store::{putting_back, upkeep},
};

/// A backup, and what would be lost with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Backup {
    /// Its file.
    pub file: PathBuf,
    /// When it was taken: what was written later is not in it.
    pub taken_at: DateTime<Utc>,
    /// The last step of the database that it was taken of.
    pub migration: i64,
    /// What was written since.
    pub lost: Lost,
}

/// What was written since a backup was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Lost {
    /// Searches in anybody's history.
    pub searches: i64,
    /// Accounts.
    pub accounts: i64,
    /// Lines of the audit log.
    pub audit: i64,
}

/// Why it is not put back.
#[derive(Debug, thiserror::Error)]
pub enum PutBackError {
    /// The file cannot be one.
    #[error("{} is no backup that can be put back: {why}", file.display())]
    NoBackup {
        /// Which.
        file: PathBuf,
        /// Why not.
        why: String,
    },
    /// The database cannot be had alone.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database does not take it. It is as it was.
    #[error("the database is as it was: {0}")]
    Database(#[from] DbError),
    /// The file cannot be read, or the new one not be written. The database is as it was.
    #[error("the database is as it was: {0}")]
    Disk(#[from] io::Error),
}

impl From<ArchiveError> for PutBackError {
    fn from(error: ArchiveError) -> Self {
        match error {
            ArchiveError::Database(error) => Self::Database(error),
            ArchiveError::Disk(error) => Self::Disk(error),
        }
    }
}

/// Looks at a backup, to its last byte, and at what would be lost. The database may be at work meanwhile.
pub async fn look(address: &str, file: &Path) -> Result<Backup, PutBackError> {
    let taken_at = taken_at(file)?;
    let mut end = Alone::open(address, true).await?;
    let looked = async {
        let migration = match &end {
            Alone::Sqlite(_) => of_sqlite(file).await?,
            Alone::Postgres(_) => {
                let mut kept = of_postgres(file)?;
                kept.count().map_err(|error| no_backup(file, &PutBackError::from(error)))?;
                kept.migration
            }
        };
        let (searches, accounts, audit) = putting_back::since(&mut end, taken_at.timestamp_millis()).await?;
        Ok(Backup { file: file.to_owned(), taken_at, migration, lost: Lost { searches, accounts, audit } })
    };
    let looked = looked.await;
    end.close().await;
    looked
}

/// Puts it back.
pub async fn put_back(address: &str, file: &Path) -> Result<(), PutBackError> {
    taken_at(file)?;
    let mut end = Alone::open(address, false).await?;
    let path = match &end {
        Alone::Sqlite(_) => {
            of_sqlite(file).await?;
            putting_back::whole_file(&mut end).await?
        }
        Alone::Postgres(_) => None,
    };
    let Some(path) = path else {
        let filled = filled(&mut end, of_postgres(file)?).await;
        // What was not committed never was.
        end.close().await;
        return filled;
    };
    end.close().await;
    let (file, part, path) = (file.to_owned(), PathBuf::from(format!("{path}.part")), PathBuf::from(path));
    let copy = part.clone();
    spawn_blocking(move || fs::copy(&file, &copy)).await.map_err(io::Error::other)??;
    putting_back::prepare(&part).await?;
    spawn_blocking(move || takes_the_place_of(&part, &path)).await.map_err(io::Error::other)??;
    Ok(())
}

async fn filled(end: &mut Alone, mut kept: Kept) -> Result<(), PutBackError> {
    putting_back::empty(end).await?;
    let tables = kept.tables.clone();
    for table in &tables {
        let mut rows = kept.rows(table)?;
        let mut held = 0;
        let next = || {
            let piece = rows()?;
            held += piece.as_ref().map_or(0, |piece| archive::lines(piece));
            Ok::<_, PutBackError>(piece)
        };
        let taken = putting_back::fill(end, table, next).await?;
        if taken != held {
            return Err(io::Error::other(format!("{} took {taken} rows of {held}", table.name)).into());
        }
    }
    Ok(putting_back::done(end).await?)
}

/// Another file in the place of the one at `path`, at one moment.
fn takes_the_place_of(part: &Path, path: &Path) -> io::Result<()> {
    fs::File::open(part)?.sync_all()?;
    // A log of the old file would be taken for one of the new one.
    for log in ["-wal", "-shm"] {
        let mut beside = path.to_owned();
        beside.as_mut_os_string().push(log);
        match fs::remove_file(beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    fs::rename(part, path)?;
    fs::File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

/// The last step of a copy of SQLite that is whole.
async fn of_sqlite(file: &Path) -> Result<i64, PutBackError> {
    let looked = async {
        let faults = upkeep::faults(file).await?;
        Ok::<_, DbError>((faults, putting_back::last_step(file).await?))
    };
    match looked.await {
        Ok((None, migration)) => Ok(migration),
        Ok((Some(faults), _)) => Err(no_backup(file, &faults)),
        Err(error) => Err(no_backup(file, &error)),
    }
}

fn of_postgres(file: &Path) -> Result<Kept, PutBackError> {
    Kept::open(file).map_err(|error| no_backup(file, &PutBackError::from(error)))
}

/// When a backup was taken, as its name says.
fn taken_at(file: &Path) -> Result<DateTime<Utc>, PutBackError> {
    let name = file.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
    let moment = NaiveDateTime::parse_from_str(name, "pake-%Y%m%dT%H%M%S%3fZ");
    moment.map(|moment| moment.and_utc()).map_err(|_| no_backup(file, &"its name does not say when it was taken"))
}

fn no_backup(file: &Path, why: &dyn Display) -> PutBackError {
    PutBackError::NoBackup { file: file.to_owned(), why: why.to_string() }
}

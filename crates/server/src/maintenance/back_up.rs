//! Copies the database into a file in the data directory.

use std::{
    io,
    path::{Path, PathBuf},
};

use serde_json::json;

use super::archive::{self, Archive, ArchiveError};
use crate::{
    app::App,
    queue::{Failure, Outcome, Work},
    store::{dump, upkeep},
};

/// Where the copies are, in the data directory.
const FOLDER: &str = "backups";

/// Copies it, checks the copy, and only then gives it its name.
pub async fn back_up(app: &App, work: &Work) -> Outcome {
    let folder = app.config.server.data_dir.join(FOLDER);
    let kind = if app.db.kind() == "sqlite" { "db" } else { "zip" };
    let name = format!("pake-{}.{kind}", app.clock.now().format("%Y%m%dT%H%M%S%3fZ"));
    let part = folder.join(format!("{name}.part"));
    work.progress(0, Some(2), "copying").await?;
    prepared(&folder, &part).await.map_err(|error| not_writable(&folder, &error))?;
    let copied = Box::pin(copied_and_checked(app, work, &part)).await;
    let done = match copied {
        Ok(bytes) => tokio::fs::rename(&part, folder.join(&name))
            .await
            .map(|()| bytes)
            .map_err(|error| not_writable(&folder, &error)),
        Err(failure) => Err(failure),
    };
    if done.is_err() {
        // What is not whole must not be taken for a backup.
        let _ = tokio::fs::remove_file(&part).await;
    }
    let bytes = done?;
    tracing::info!(file = name, bytes, "the database is backed up");
    Ok(json!({ "file": format!("{FOLDER}/{name}"), "bytes": bytes, "is_checked": true }))
}

async fn copied_and_checked(app: &App, work: &Work, part: &Path) -> Result<u64, Failure> {
    let damaged = || Failure::Again("the copy is damaged; the log says how".to_owned());
    if upkeep::copy_into(&app.db, part).await? {
        work.progress(1, Some(2), "checking").await?;
        if let Some(faults) = upkeep::faults(part).await? {
            tracing::error!(faults, "a copy of the database is damaged");
            return Err(damaged());
        }
    } else {
        let failed = |error| match error {
            ArchiveError::Database(error) => Failure::from(error),
            ArchiveError::Disk(error) => not_writable(part, &error),
        };
        let file = std::fs::File::create(part).map_err(|error| not_writable(part, &error))?;
        let mut archive = Archive::new(file);
        let tables = dump::everything(&app.db, |piece| archive.take(piece)).await.map_err(failed)?.unwrap_or_default();
        let rows = archive.done(&tables, upkeep::version(&app.db).await?.1).map_err(failed)?;
        work.progress(1, Some(2), "checking").await?;
        if !archive::is_whole(part, &tables, &rows).map_err(failed)? {
            tracing::error!("a copy of the database has not all rows");
            return Err(damaged());
        }
    }
    let copy = tokio::fs::metadata(part).await.map_err(|error| not_writable(part, &error))?;
    Ok(copy.len())
}

/// Makes the folder, and an empty file, for their owner alone.
async fn prepared(folder: &Path, part: &Path) -> io::Result<()> {
    let (folder, part): (PathBuf, PathBuf) = (folder.to_owned(), part.to_owned());
    let make = move || {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        let mut file = std::fs::OpenOptions::new();
        file.write(true).create(true).truncate(true);
        #[cfg(unix)]
        {
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
        }
        builder.create(folder)?;
        file.open(part).map(drop)
    };
    tokio::task::spawn_blocking(make).await.map_err(io::Error::other)?
}

fn not_writable(path: &Path, error: &io::Error) -> Failure {
    Failure::Again(format!("{} cannot be written: {error}", path.display()))
}

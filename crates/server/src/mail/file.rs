//! Mail in a folder: one file a message, which mail programs open.

use std::{
    fs::{DirBuilder, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use futures_util::future::BoxFuture;

use super::{MailError, Mailer, Outgoing};

/// A folder for messages; it is made when the first one comes.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) const fn new(path: PathBuf) -> Self {
        Self(path)
    }
}

impl Mailer for Folder {
    fn send<'a>(&'a self, mail: &'a Outgoing) -> BoxFuture<'a, Result<(), MailError>> {
        // Ids sort by time, and so do the files.
        let (folder, file) = (self.0.clone(), format!("{}-{}.eml", mail.id, mail.kind));
        let bytes = mail.message.formatted();
        Box::pin(async move {
            let written = tokio::task::spawn_blocking({
                let folder = folder.clone();
                move || write(&folder, &file, &bytes)
            });
            let written = written.await.map_err(io::Error::other).flatten();
            written.map_err(|error| MailError::Away(format!("{}: {error}", folder.display())))
        })
    }
}

/// Writes a file that is there whole or not at all, and that nobody else reads: what is in it lets people in.
fn write(folder: &Path, file: &str, bytes: &[u8]) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let unfinished = folder.join(format!(".{file}"));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?.write_all(bytes)?;
    std::fs::rename(&unfinished, folder.join(file))
}

//! The address that is listened at: of this machine, or a socket in the file system.

use std::{
    io,
    net::SocketAddr,
    os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use tokio::net::{TcpListener, TcpSocket, UnixListener, UnixStream};

use crate::{config::Listen, error::StartError};

/// Connections that may wait to be accepted; the kernel's own limit is usually the same.
const BACKLOG: u32 = 4096;
/// Who may connect to a socket in the file system: owner and group, such as the proxy's.
const SOCKET_MODE: u32 = 0o660;

/// A listener and where it listens.
#[derive(Debug)]
pub(super) enum Listener {
    Tcp(TcpListener, Listen),
    Unix(UnixListener, SocketFile),
}

impl Listener {
    pub(super) async fn bind(address: &Listen) -> Result<Self, StartError> {
        let bound = match address {
            Listen::Tcp(address) => bind_tcp(*address),
            Listen::Unix(path) => bind_unix(path).await,
        };
        bound.map_err(|source| StartError::Listen { address: address.clone(), remedy: remedy(&source), source })
    }

    pub(super) const fn address(&self) -> &Listen {
        match self {
            Self::Tcp(_, address) => address,
            Self::Unix(_, file) => &file.address,
        }
    }
}

fn bind_tcp(address: SocketAddr) -> io::Result<Listener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A restart does not wait for the last connections of the old process to be forgotten.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    let listener = socket.listen(BACKLOG)?;
    let bound = Listen::Tcp(listener.local_addr()?);
    Ok(Listener::Tcp(listener, bound))
}

async fn bind_unix(path: &Path) -> io::Result<Listener> {
    let listener = match UnixListener::bind(path) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse && is_abandoned(path).await => {
            std::fs::remove_file(path)?;
            UnixListener::bind(path)?
        }
        bound => bound?,
    };
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(SOCKET_MODE))?;
    let identity = identity(path)?;
    let file = SocketFile { address: Listen::Unix(path.to_owned()), path: path.to_owned(), identity };
    Ok(Listener::Unix(listener, file))
}

/// Whether the file is a socket that nobody listens at any more: its process died.
async fn is_abandoned(path: &Path) -> bool {
    // Connecting to a file that is no socket is refused too: that one is not ours to remove.
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket());
    is_socket && UnixStream::connect(path).await.is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

/// Device and number of the file.
fn identity(path: &Path) -> io::Result<(u64, u64)> {
    std::fs::symlink_metadata(path).map(|file| (file.dev(), file.ino()))
}

/// A socket in the file system; removed when it is no longer listened at.
#[derive(Debug)]
pub(super) struct SocketFile {
    address: Listen,
    path: PathBuf,
    identity: (u64, u64),
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Another process may have put its own there meanwhile. A file that stays behind is found abandoned next time.
        if identity(&self.path).is_ok_and(|identity| identity == self.identity) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// What an operator does about it.
fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => "another process listens there: stop it, or set server.listen to another address",
        io::ErrorKind::PermissionDenied => {
            "this user may not: set server.listen to a port above 1023 or a path it owns"
        }
        io::ErrorKind::AddrNotAvailable => "this machine has no such address: set server.listen to one that it has",
        io::ErrorKind::NotFound => "the directory does not exist: create it, or set server.listen to another path",
        _ => "set server.listen to another address",
    }
}

//! Ports of loopback that nobody has.

use std::{io, net::TcpListener};

/// So many of them. Somebody else may take one before it is used; the kernel gives none of them out again soon.
pub fn free<const COUNT: usize>() -> io::Result<[u16; COUNT]> {
    let held = [(); COUNT].map(|()| TcpListener::bind("127.0.0.1:0"));
    let mut ports = [0; COUNT];
    for (port, listener) in ports.iter_mut().zip(&held) {
        *port = match listener {
            Ok(listener) => listener.local_addr()?.port(),
            Err(error) => return Err(error.kind().into()),
        };
    }
    Ok(ports)
}

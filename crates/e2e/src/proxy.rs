//! A door before a service, which a test can shut and open: what goes through it breaks off, as when a cable is pulled.

use std::{
    io,
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

/// A door on a port of loopback; it ends with the test's process.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    is_shut: bool,
    /// Both ends of everything that goes through.
    streams: Vec<TcpStream>,
}

impl Proxy {
    /// An open door before the service at `host:port`.
    pub fn before(service: &str) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let proxy = Self { address: listener.local_addr()?, state: Arc::default() };
        let (state, service) = (Arc::clone(&proxy.state), service.to_owned());
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A service that is away is as a shut door.
                let _ = pass(&state, client, &service);
            }
        });
        Ok(proxy)
    }

    /// Where it is.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Breaks off what goes through, and lets nothing through.
    pub fn shut(&self) {
        let mut state = lock(&self.state);
        state.is_shut = true;
        for stream in state.streams.drain(..) {
            // It fails when that end is closed already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Lets everything through again.
    pub fn open(&self) {
        lock(&self.state).is_shut = false;
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn pass(state: &Mutex<State>, client: TcpStream, service: &str) -> io::Result<()> {
    if lock(state).is_shut {
        return client.shutdown(Shutdown::Both);
    }
    let server = TcpStream::connect(service)?;
    let copy = |from: &TcpStream, to: &TcpStream| {
        let (mut from, mut to) = (from.try_clone()?, to.try_clone()?);
        thread::spawn(move || {
            // However it ends, the other side shall know.
            let _ = io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Both);
        });
        Ok::<(), io::Error>(())
    };
    copy(&client, &server)?;
    copy(&server, &client)?;
    let mut state = lock(state);
    if state.is_shut {
        client.shutdown(Shutdown::Both)?;
        server.shutdown(Shutdown::Both)?;
    }
    state.streams.extend([client, server]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::*;

    #[test]
    fn what_goes_through_breaks_off_when_it_is_shut() {
        let service = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Proxy::before(&service.local_addr().unwrap().to_string()).unwrap();
        thread::spawn(move || {
            for stream in service.incoming().flatten() {
                thread::spawn(move || io::copy(&mut stream.try_clone().unwrap(), &mut &stream));
            }
        });
        let mut stream = TcpStream::connect(proxy.address()).unwrap();
        let mut said = [0; 5];
        stream.write_all(b"hello").unwrap();
        stream.read_exact(&mut said).unwrap();
        assert_eq!(&said, b"hello");
        proxy.shut();
        assert!(stream.read_exact(&mut said).is_err());
        let mut refused = TcpStream::connect(proxy.address()).unwrap();
        assert_eq!(refused.read(&mut said).unwrap_or(0), 0);
        proxy.open();
        let mut stream = TcpStream::connect(proxy.address()).unwrap();
        stream.write_all(b"again").unwrap();
        stream.read_exact(&mut said).unwrap();
        assert_eq!(&said, b"again");
    }
}

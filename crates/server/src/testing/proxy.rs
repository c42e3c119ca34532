//! A way to a service that a test can cut: what happens when Redis or PostgreSQL is lost in the middle.

use std::{net::SocketAddr, sync::Arc};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// The way; gone when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    /// Where it begins.
    pub address: SocketAddr,
    is_up: Arc<watch::Sender<bool>>,
    task: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Proxy {
    /// A way to this host and port.
    pub async fn to(target: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let is_up = Arc::new(watch::Sender::new(true));
        let task = tokio::spawn(accept(listener, target, Arc::clone(&is_up)));
        Self { address, is_up, task }
    }

    /// Ends every connection, and every one that is begun.
    pub fn cut(&self) {
        self.is_up.send_replace(false);
    }

    /// Lets connections through again.
    pub fn mend(&self) {
        self.is_up.send_replace(true);
    }
}

async fn accept(listener: TcpListener, target: String, is_up: Arc<watch::Sender<bool>>) {
    loop {
        let (mut from, _) = listener.accept().await.unwrap();
        let (mut up, target) = (is_up.subscribe(), target.clone());
        tokio::spawn(async move {
            if !*up.borrow() {
                return;
            }
            let Ok(mut to) = TcpStream::connect(&target).await else { return };
            tokio::select! {
                _ = tokio::io::copy_bidirectional(&mut from, &mut to) => {}
                _ = up.wait_for(|is_up| !is_up) => {}
            }
        });
    }
}

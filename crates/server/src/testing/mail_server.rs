//! A mail server for tests, on a free port of loopback.

use std::sync::Arc;

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinHandle,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

/// Its certificate for `localhost`, which nobody vouches for, and its key. Good until the year 4096.
pub const CERTIFICATE: &str = include_str!("mail_server.pem");

/// How it behaves.
#[derive(Debug, Clone, Copy)]
pub struct Manners {
    /// Whether TLS is spoken from the beginning.
    pub wraps: bool,
    /// Whether it offers to go on in TLS.
    pub offers_tls: bool,
    /// What it says to a recipient.
    pub to_recipient: &'static str,
    /// Whether it says nothing at all.
    pub is_silent: bool,
}

impl Default for Manners {
    fn default() -> Self {
        Self { wraps: false, offers_tls: false, to_recipient: "250 ok", is_silent: false }
    }
}

/// What a client did.
#[derive(Debug, Default)]
pub struct Visit {
    /// What it said, without the message.
    pub commands: Vec<String>,
    /// What it said in the clear.
    pub in_the_clear: Vec<String>,
    /// The message.
    pub message: String,
}

/// The server; gone when it is dropped.
#[derive(Debug)]
pub struct MailServer {
    pub port: u16,
    visits: mpsc::UnboundedReceiver<Visit>,
    task: JoinHandle<()>,
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl MailServer {
    pub async fn with(manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let key = PrivateKeyDer::from_pem_slice(CERTIFICATE.as_bytes()).unwrap();
        let certificate = CertificateDer::from_pem_slice(CERTIFICATE.as_bytes()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        let (ended, visits) = mpsc::unbounded_channel();
        let task = tokio::spawn(serve(listener, TlsAcceptor::from(Arc::new(config)), manners, ended));
        Self { port, visits, task }
    }

    /// The next visit that has ended.
    pub async fn visit(&mut self) -> Visit {
        self.visits.recv().await.unwrap()
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

async fn serve(listener: TcpListener, tls: TlsAcceptor, manners: Manners, ended: mpsc::UnboundedSender<Visit>) {
    let mut silenced = Vec::new();
    while let Ok((stream, _)) = listener.accept().await {
        if manners.is_silent {
            silenced.push(stream);
            continue;
        }
        let mut visit = Visit::default();
        // A client may go away in the middle: what it did until then is told.
        let _ = attend(stream, &tls, manners, &mut visit).await;
        if ended.send(visit).is_err() {
            break;
        }
    }
}

async fn attend(stream: TcpStream, tls: &TlsAcceptor, manners: Manners, visit: &mut Visit) -> std::io::Result<()> {
    let mut is_secure = manners.wraps;
    let mut stream: BufReader<Box<dyn Stream>> =
        BufReader::new(if is_secure { Box::new(tls.accept(stream).await?) } else { Box::new(stream) });
    stream.write_all(b"220 localhost ready\r\n").await?;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let command = line.trim_end().to_owned();
        visit.commands.push(command.clone());
        if !is_secure {
            visit.in_the_clear.push(command.clone());
        }
        let answer = match command.split([' ', ':']).next().unwrap_or_default() {
            "EHLO" if manners.offers_tls && !is_secure => "250-localhost\r\n250-STARTTLS\r\n250 8BITMIME",
            "EHLO" => "250-localhost\r\n250-AUTH PLAIN\r\n250 8BITMIME",
            "AUTH" => "235 welcome",
            "STARTTLS" => "220 go on",
            "RCPT" => manners.to_recipient,
            "DATA" => "354 go on",
            "QUIT" => "221 bye",
            _ => "250 ok",
        };
        stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
        stream.flush().await?;
        match command.as_str() {
            "STARTTLS" => {
                stream = BufReader::new(Box::new(tls.accept(stream.into_inner()).await?));
                is_secure = true;
            }
            "DATA" => {
                while !visit.message.ends_with("\r\n.\r\n") {
                    if stream.read_line(&mut visit.message).await? == 0 {
                        return Ok(());
                    }
                }
                stream.write_all(b"250 taken\r\n").await?;
                stream.flush().await?;
            }
            "QUIT" => return Ok(()),
            _ => {}
        }
    }
}

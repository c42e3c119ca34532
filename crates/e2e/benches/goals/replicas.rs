//! Two replicas on one PostgreSQL and Redis behind nginx over TLS, with 2,000 WebSockets spread over both: how long until a word to all
//! has reached the last of them.
//!
//! nginx has the configuration of deploy/nginx with its limits: the sockets come from a hundred addresses of loopback, 20 from each,
//! as its limits for one client let them. Different is only that both replicas are asked in turn, where a deployment asks the live colour.

use std::{
    io::{Read as _, Write as _},
    net::SocketAddr,
    os::unix::net::UnixStream,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use e2e::{
    curl::NAME,
    nginx::{Nginx, missing},
    postgres::Postgres,
    redis::Redis,
};
use futures_util::future::join_all;
use rustls::{ClientConfig, RootCertStore, pki_types::CertificateDer};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{
    Bench,
    process::{self, Process},
    report::{Findings, eprintln, short},
    sockets::{Heard, announcement, listen, round, upgraded},
    wire,
};

/// Addresses from which clients come, and the sockets of each.
const CLIENTS: u8 = 100;
const EACH: usize = 20;
/// Where each replica listens.
const COLOURS: [&str; 2] = ["blue", "green"];
/// Longest wait for a replica to be ready, and for an answer of nginx.
const PATIENCE: Duration = Duration::from_mins(1);

/// Opens the sockets, says words, and tells how long they took.
pub async fn measure(bench: &Bench, found: &mut Findings) -> Result<()> {
    if let Some(program) = missing() {
        eprintln(&format!("left out: {program} is not installed"));
        return Ok(());
    }
    let (Some(postgres), Some(redis)) = (Postgres::start()?, Redis::start()?) else {
        eprintln("left out: PostgreSQL or Redis is not installed");
        return Ok(());
    };
    let folder = bench.folder.join("replicas");
    std::fs::create_dir_all(&folder)?;
    let made = rcgen::generate_simple_self_signed([NAME.to_owned()])?;
    let [certificate, key] = ["own.pem", "own.key"].map(|name| folder.join(name).display().to_string());
    std::fs::write(&certificate, made.cert.pem())?;
    std::fs::write(&key, made.signing_key.serialize_pem())?;
    let mut replicas = Vec::new();
    for colour in COLOURS {
        replicas.push(replica(bench, &folder, colour, &postgres.url(), &redis.url())?);
    }
    let settings = [
        ("PAKE_CERTIFICATE", certificate.as_str()),
        ("PAKE_CERTIFICATE_KEY", &key),
        ("PAKE_ADMIN_NETWORKS", "127.0.0.1"),
    ];
    let in_turn =
        [("server unix:/run/pake/active.sock max_fails=0;", "least_conn;"), (" backup max_fails=0;", " max_fails=0;")];
    let nginx = Nginx::changed(&folder, &settings, &in_turn)?;
    let client = Client::new(SocketAddr::from(([127, 0, 0, 1], nginx.curl.https)), made.cert.der().clone())?;

    let (count, words) = (usize::from(CLIENTS) * EACH, bench.count(60));
    let (heard, origin) = (Heard::of(words), Instant::now());
    let mut readers = Vec::with_capacity(count);
    for _ in 0..EACH {
        for socket in join_all((1..=CLIENTS).map(|number| client.socket(number))).await {
            let socket = socket.with_context(|| format!("after {} sockets", readers.len()))?;
            readers.push(tokio::spawn(listen(socket, origin, Arc::clone(&heard))));
        }
    }
    let held = COLOURS.map(|colour| sockets_at(&folder, colour)).into_iter().collect::<Result<Vec<_>>>()?;
    ensure!(held.iter().all(|held| *held > 0), "they are not spread: {held:?}");
    let pids: Vec<_> = replicas.iter().map(Process::pid).collect();
    let say = async |body: &str| client.once(&announcement(NAME, body)).await;
    let took = round(&say, &pids, origin, &heard, 0..words, count, 100).await?;
    for reader in readers {
        reader.abort();
    }
    found.at_most(
        "a word to 2,000 sockets at two replicas behind nginx reaches the last, p99",
        took.all.at(0.99),
        250.0,
        "ms",
    );
    found.section(format!(
        "## Replicas\n\nTwo replicas on one PostgreSQL and Redis behind nginx (TLS, its configuration of `deploy/` but that both replicas are asked), \
         {count} WebSockets from {CLIENTS} addresses, {} and {} at each, {words} words to all. From sending to each socket p50 / p99 {} / {} ms, to the \
         last socket {} / {} ms; {} µs of CPU of both replicas a delivery.\n",
        held[0],
        held[1],
        short(took.each.at(0.5)),
        short(took.each.at(0.99)),
        short(took.all.at(0.5)),
        short(took.all.at(0.99)),
        short(took.cpu),
    ));
    Ok(())
}

/// Starts a replica at the socket of its colour, and waits until it takes requests.
fn replica(bench: &Bench, folder: &Path, colour: &str, postgres: &str, redis: &str) -> Result<Process> {
    let listen = format!("unix:{}", folder.join(format!("{colour}.sock")).display());
    // The same folder: what is sealed in the database opens with the key that is there.
    let mut variables = bench.recipe.variables(&listen, &folder.join("data"));
    for (name, value) in [
        ("PAKE_DATABASE__URL", postgres),
        ("PAKE_REDIS__URL", redis),
        ("PAKE_SERVER__TRUSTED_PROXIES", "unix"),
        ("PAKE_SERVER__BASE_URL", "https://pake.test"),
        ("PAKE_ACCOUNTS__SIGN_IN", "off"),
    ] {
        variables.push((name.to_owned(), value.to_owned()));
    }
    let log = folder.join(format!("{colour}.log"));
    let process = Process::spawn(&bench.recipe.program, &["serve"], &variables, &listen, &log)?;
    let began = Instant::now();
    while process::run(&bench.recipe.program, &["health"], &variables).is_err() {
        if began.elapsed() > PATIENCE {
            bail!("{colour} is not ready:\n{}", std::fs::read_to_string(log).unwrap_or_default());
        }
    }
    Ok(process)
}

/// How many sockets a replica holds, as it answers to a word to all.
fn sockets_at(folder: &Path, colour: &str) -> Result<u64> {
    let mut stream = UnixStream::connect(folder.join(format!("{colour}.sock")))?;
    let words = json!({ "message": "who is there" }).to_string();
    let request = wire::request("/api/v1/announcements", &[("Connection", "close")], Some(&words));
    stream.write_all(&request)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let told: Value = serde_json::from_str(body).with_context(|| answer.clone())?;
    told["sockets"].as_u64().context(answer)
}

/// Whoever opens the sockets: believes the certificate of this nginx alone.
struct Client {
    address: SocketAddr,
    connector: TlsConnector,
}

impl Client {
    fn new(address: SocketAddr, certificate: CertificateDer<'static>) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        roots.add(certificate)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let config = builder.with_root_certificates(roots).with_no_client_auth();
        Ok(Self { address, connector: TlsConnector::from(Arc::new(config)) })
    }

    /// A connection over TLS from this address of loopback.
    async fn connect(&self, from: [u8; 4]) -> Result<TlsStream<TcpStream>> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from((from, 0)))?;
        let stream = socket.connect(self.address).await?;
        stream.set_nodelay(true)?;
        Ok(self.connector.connect(NAME.try_into()?, stream).await?)
    }

    /// A WebSocket of the client of this number.
    async fn socket(&self, number: u8) -> Result<TlsStream<TcpStream>> {
        upgraded(self.connect([127, 0, 1, number]).await?, NAME).await
    }

    /// One request, and the status and the rest of its answer.
    async fn once(&self, request: &[u8]) -> Result<(u16, Vec<u8>)> {
        let mut stream = self.connect([127, 0, 0, 1]).await?;
        stream.write_all(request).await?;
        stream.flush().await?;
        let mut answer = Vec::new();
        while !answer.windows(4).any(|four| four == b"\r\n\r\n") {
            let read = tokio::time::timeout(PATIENCE, stream.read_buf(&mut answer)).await??;
            ensure!(read > 0, "the connection was closed");
        }
        let status = std::str::from_utf8(answer.get(9..12).unwrap_or_default())?.parse()?;
        Ok((status, answer))
    }
}

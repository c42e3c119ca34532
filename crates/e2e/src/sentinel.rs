//! Two Redis servers that want a password, and a sentinel that says which of them is written to, of a test's own.

use std::{fs, io, path::PathBuf};

use crate::{
    patience::eventually,
    redis_servers::{Guard, PASSWORD, RedisServers},
};

/// What the sentinel calls them.
const SERVICE: &str = "pake";
/// The places of the servers and of their sentinel.
const FIRST: usize = 0;
const SECOND: usize = 1;
const OWN: usize = 2;

/// Two servers, one of which copies the other, and a sentinel. They end with the test.
#[derive(Debug)]
pub struct Sentinel(RedisServers);

impl Sentinel {
    /// Starts them, over TLS where there is a certificate; none when redis-server is not installed.
    pub fn start(guard: Option<Guard<'_>>) -> io::Result<Option<Self>> {
        let mut servers = RedisServers::with_ports::<3>(guard)?;
        let first = servers.port(FIRST);
        let usual = ["--save", "", "--appendonly", "no", "--requirepass", PASSWORD, "--masterauth", PASSWORD];
        if !servers.run(&usual)? {
            return Ok(None);
        }
        servers.run(&[&["--replicaof", "127.0.0.1", &first.to_string()][..], &usual].concat())?;
        let listening =
            servers.listening(OWN).iter().map(|[name, value]| format!("{name} {value}\n")).collect::<Vec<_>>().concat();
        let settings = format!(
            "{listening}sentinel monitor {SERVICE} 127.0.0.1 {first} 1\nsentinel auth-pass {SERVICE} {PASSWORD}\n\
             sentinel down-after-milliseconds {SERVICE} 300\nsentinel failover-timeout {SERVICE} 2000\n"
        );
        fs::write(servers.folder().join("sentinel.conf"), settings)?;
        servers.run_as(&["sentinel.conf".to_owned(), "--sentinel".to_owned()])?;
        let copies = format!("SENTINEL REPLICAS {SERVICE}");
        eventually("the sentinel knows both", || servers.said(OWN, &copies, 1).ok().filter(|said| said == "*1"))?;
        eventually("the second has what the first has", || {
            let info = servers.text(SECOND, "INFO replication").ok()?;
            info.contains("master_link_status:up").then_some(())
        })?;
        Ok(Some(Self(servers)))
    }

    /// Their address.
    pub fn url(&self) -> String {
        format!("{}+sentinel://default:{PASSWORD}@127.0.0.1:{}/{SERVICE}/0", self.0.scheme(), self.0.port(OWN))
    }

    /// The file with the certificate that all of them show.
    pub fn certificate(&self) -> PathBuf {
        self.0.certificate()
    }

    /// Takes the one away that is written to, and waits until the sentinel names the other.
    pub fn first_dies(&mut self) -> io::Result<()> {
        self.0.die(FIRST)?;
        let (ask, wanted) = (format!("SENTINEL GET-MASTER-ADDR-BY-NAME {SERVICE}"), self.0.port(SECOND).to_string());
        eventually("the other one is named", || self.0.said(OWN, &ask, 5).ok().filter(|port| *port == wanted)).map(drop)
    }
}

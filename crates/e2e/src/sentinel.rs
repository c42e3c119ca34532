//! Two Redis servers that want a password, and a sentinel that says which of them is written to, of a test's own.

use std::{fs, io};

use crate::{
    patience::eventually,
    redis_servers::{PASSWORD, RedisServers},
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
    /// Starts them; none when redis-server is not installed.
    pub fn start() -> io::Result<Option<Self>> {
        let mut servers = RedisServers::with_ports::<3>()?;
        let [first, second, own] = [FIRST, SECOND, OWN].map(|place| servers.port(place).to_string());
        let usual = ["--save", "", "--appendonly", "no", "--requirepass", PASSWORD, "--masterauth", PASSWORD];
        if !servers.run(&[&["--port", &first][..], &usual].concat())? {
            return Ok(None);
        }
        servers.run(&[&["--port", &second, "--replicaof", "127.0.0.1", &first][..], &usual].concat())?;
        let settings = format!(
            "port {own}\nsentinel monitor {SERVICE} 127.0.0.1 {first} 1\nsentinel auth-pass {SERVICE} {PASSWORD}\n\
             sentinel down-after-milliseconds {SERVICE} 300\nsentinel failover-timeout {SERVICE} 2000\n"
        );
        fs::write(servers.folder().join("sentinel.conf"), settings)?;
        servers.run(&["sentinel.conf", "--sentinel"])?;
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
        format!("redis+sentinel://default:{PASSWORD}@127.0.0.1:{}/{SERVICE}/0", self.0.port(OWN))
    }

    /// Takes the one away that is written to, and waits until the sentinel names the other.
    pub fn first_dies(&mut self) -> io::Result<()> {
        self.0.die(FIRST)?;
        let (ask, wanted) = (format!("SENTINEL GET-MASTER-ADDR-BY-NAME {SERVICE}"), self.0.port(SECOND).to_string());
        eventually("the other one is named", || self.0.said(OWN, &ask, 5).ok().filter(|port| *port == wanted)).map(drop)
    }
}

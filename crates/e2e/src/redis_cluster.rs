//! A cluster of Redis that wants a password, of a test's own: three servers that share all names, and one that copies the first.

use std::{io, path::PathBuf};

use crate::{
    patience::eventually,
    redis_servers::{Guard, PASSWORD, RedisServers},
};

/// Which of them has which names: the slots, of 16,384.
const SLOTS: [(u16, u16); 3] = [(0, 5_460), (5_461, 10_922), (10_923, 16_383)];
/// The one that copies the first.
const COPY: usize = 3;

/// The servers. They end with the test.
#[derive(Debug)]
pub struct RedisCluster(RedisServers);

impl RedisCluster {
    /// Starts them, over TLS where there is a certificate, and waits until they are one; none when redis-server is not installed.
    pub fn start(guard: Option<Guard<'_>>) -> io::Result<Option<Self>> {
        // Beside the port for clients each has one for the others.
        let mut servers = RedisServers::with_ports::<{ 2 * (COPY + 1) }>(guard)?;
        for place in 0..=COPY {
            let (bus, nodes) = (servers.port(COPY + 1 + place).to_string(), format!("nodes-{place}.conf"));
            let mut arguments = vec!["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
            arguments.extend(["--cluster-enabled", "yes", "--cluster-config-file", &nodes, "--cluster-port", &bus]);
            arguments.extend(["--cluster-node-timeout", "1000", "--cluster-replica-validity-factor", "0"]);
            arguments.extend(["--requirepass", PASSWORD, "--masterauth", PASSWORD]);
            if !servers.run(&arguments)? {
                return Ok(None);
            }
        }
        let cluster = Self(servers);
        cluster.become_one()?;
        Ok(Some(cluster))
    }

    fn become_one(&self) -> io::Result<()> {
        let Self(servers) = self;
        for (place, (first, last)) in SLOTS.into_iter().enumerate() {
            servers.said(place, &format!("CLUSTER ADDSLOTSRANGE {first} {last}"), 1)?;
            servers.said(place, &format!("CLUSTER SET-CONFIG-EPOCH {}", place + 1), 1)?;
        }
        for place in 1..=COPY {
            let (port, bus) = (servers.port(place), servers.port(COPY + 1 + place));
            servers.said(0, &format!("CLUSTER MEET 127.0.0.1 {port} {bus}"), 1)?;
        }
        let first = servers.text(0, "CLUSTER MYID")?;
        let copies = format!("CLUSTER REPLICATE {first}");
        eventually("the last one copies the first", || {
            servers.said(COPY, &copies, 1).ok().filter(|said| said == "+OK")
        })?;
        self.is_whole(COPY + 1)?;
        eventually("it has what the first has", || {
            servers.text(COPY, "INFO replication").ok()?.contains("master_link_status:up").then_some(())
        })
        .map(drop)
    }

    /// Waits until every server that lives says that all names are there, and knows so many that live.
    fn is_whole(&self, living: usize) -> io::Result<()> {
        let says_so = |place: usize| {
            let nodes = self.0.text(place, "CLUSTER NODES").ok()?;
            let are_known =
                nodes.lines().filter(|line| line.contains(" connected") && !line.contains("fail")).count() >= living;
            let is_whole = self.0.text(place, "CLUSTER INFO").ok()?.contains("cluster_state:ok");
            (are_known && is_whole).then_some(())
        };
        for place in (COPY + 1 - living)..=COPY {
            eventually("the cluster is whole", || says_so(place))?;
        }
        Ok(())
    }

    /// The address of two of them; they tell of the others.
    pub fn url(&self) -> String {
        let [scheme, one, other] = [self.0.scheme().to_owned(), self.0.port(0).to_string(), self.0.port(1).to_string()];
        format!("{scheme}+cluster://default:{PASSWORD}@127.0.0.1:{one},127.0.0.1:{other}")
    }

    /// The file with the certificate that all of them show.
    pub fn certificate(&self) -> PathBuf {
        self.0.certificate()
    }

    /// Waits until so many channels are listened to, over all of them.
    pub fn hears(&self, channels: usize) -> io::Result<()> {
        let count = |place| {
            let said = self.0.said(place, "PUBSUB CHANNELS pake:*", 1).ok()?;
            said.strip_prefix('*')?.parse::<usize>().ok()
        };
        let all = || (0..=COPY).filter_map(count).sum::<usize>();
        eventually("they hear each other", || (all() >= channels).then_some(())).map(drop)
    }

    /// How many names each of the three has.
    pub fn names(&self) -> io::Result<Vec<u64>> {
        let count = |place| self.0.said(place, "DBSIZE", 1)?.trim_start_matches(':').parse().map_err(io::Error::other);
        (0..SLOTS.len()).map(count).collect()
    }

    /// Takes the first one away, and waits until its copy has taken its place.
    pub fn first_dies(&mut self) -> io::Result<()> {
        self.0.die(0)?;
        eventually("its copy takes its place", || {
            let role = self.0.text(COPY, "INFO replication").ok()?;
            role.contains("role:master").then_some(())
        })?;
        self.is_whole(COPY)
    }
}

//! Where Redis is: at an address, wherever its sentinels say that the one is that is written to, or at the servers of a cluster.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use engine::search::SetupError;
use redis::{
    Client, ConnectionAddr, ConnectionInfo, ErrorKind, IntoConnectionInfo, RedisResult, TlsCertificates, TlsMode,
    cluster::{ClusterClient, ClusterClientBuilder},
    sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType},
};
use secrecy::ExposeSecret;
use tokio::sync::Mutex;

use crate::config::RedisConfig;

/// How an address begins of which sentinels tell the rest, without and with TLS.
const SENTINEL: [(&str, &str); 2] = [("redis+sentinel://", "redis"), ("rediss+sentinel://", "rediss")];
/// The same where the servers of a cluster do.
const CLUSTER: [(&str, &str); 2] = [("redis+cluster://", "redis"), ("rediss+cluster://", "rediss")];
/// How often a command goes out again: to the server that has taken over what it is about, or that is about to.
const RETRIES: u32 = 3;
/// Shortest and longest pause before it does, in milliseconds.
const RETRY_PAUSE: (u64, u64) = (5, 50);

/// Where Redis is.
#[derive(Clone)]
pub enum RedisSource {
    /// At this address.
    At(Arc<Client>),
    /// Where they say.
    Named(Arc<Mutex<SentinelClient>>),
    /// At the servers that share what there is.
    Cluster(Arc<Cluster>),
}

/// A cluster of servers.
pub struct Cluster {
    /// The way to all of them.
    pub client: ClusterClient,
    /// Those that are named, each by itself.
    named: Vec<Client>,
    /// The next of them to be asked for something that any of them can do.
    next: AtomicUsize,
}

/// Without the address, which may hold a password.
impl std::fmt::Debug for RedisSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::At(_) => "At",
            Self::Named(_) => "Named",
            Self::Cluster(_) => "Cluster",
        })
    }
}

impl RedisSource {
    /// Reads the address, and whom Redis's certificate is checked against; nothing when there is no address.
    pub fn of(redis: &RedisConfig) -> Result<Option<Self>, SetupError> {
        let Some(url) = redis.url.as_ref().map(ExposeSecret::expose_secret) else { return Ok(None) };
        let problem = |said: String| SetupError { setting: "redis.ca_file".to_owned(), message: said };
        let read = |file: &std::path::PathBuf| {
            fs::read(file).map_err(|error| problem(format!("{} cannot be read: {error}", file.display())))
        };
        let authorities = redis.ca_file.as_ref().map(read).transpose()?;
        let certificates = authorities.map(|root| TlsCertificates { client_tls: None, root_cert: Some(root) });
        let rest_of = |starts: [(&'static str, &'static str); 2]| {
            starts.into_iter().find_map(|(start, scheme)| Some((scheme, url.strip_prefix(start)?)))
        };
        let source = match (rest_of(SENTINEL), rest_of(CLUSTER)) {
            (Some((scheme, rest)), _) => named(scheme, rest, certificates),
            (None, Some((scheme, rest))) => cluster(scheme, rest, certificates),
            (None, None) => at(url, certificates),
        };
        source.map(Some).map_err(|error| wrong(&error))
    }

    /// The way to the one that is written to. Of a cluster each call gives another one: what is published at one of its servers is
    /// heard at all.
    pub async fn client(&self) -> RedisResult<Client> {
        match self {
            Self::At(client) => Ok(Client::clone(client)),
            Self::Named(sentinels) => sentinels.lock().await.async_get_client().await,
            Self::Cluster(cluster) => {
                let next = cluster.next.fetch_add(1, Ordering::Relaxed) % cluster.named.len();
                Ok(cluster.named[next].clone())
            }
        }
    }

    /// Whether what is published counts all who hear it: a cluster counts only those at one of its servers.
    pub const fn counts_hearers(&self) -> bool {
        !matches!(self, Self::Cluster(_))
    }
}

/// What is wrong with an address.
pub(super) fn wrong(error: &redis::RedisError) -> SetupError {
    let message = format!(
        "{error}; write redis://[user:password@]host:port/[database], \
         redis+sentinel://[user:password@]host:port,host:port/service/[database], or \
         redis+cluster://[user:password@]host:port,host:port"
    );
    SetupError { setting: "redis.url".to_owned(), message }
}

fn at(url: &str, certificates: Option<TlsCertificates>) -> RedisResult<RedisSource> {
    let client = match certificates {
        Some(certificates) => Client::build_with_tls(url, certificates),
        None => Client::open(url),
    };
    client.map(|client| RedisSource::At(Arc::new(client)))
}

/// `rest` is what comes after the scheme. Name and password are Redis's; its sentinels are asked without.
fn named(scheme: &str, rest: &str, certificates: Option<TlsCertificates>) -> RedisResult<RedisSource> {
    let (place, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (service, database) = path.split_once('/').unwrap_or((path, ""));
    let all: Vec<ConnectionInfo> = each(scheme, place, database).collect::<RedisResult<_>>()?;
    let sentinels: Vec<ConnectionAddr> = all.iter().map(|info| info.addr().clone()).collect();
    let mut builder = SentinelClientBuilder::new(sentinels, service, SentinelServerType::Master)?;
    if let Some(settings) = all.first().map(ConnectionInfo::redis_settings) {
        builder = builder.set_client_to_redis_db(settings.db());
        if let Some(name) = settings.username() {
            builder = builder.set_client_to_redis_username(name);
        }
        if let Some(password) = settings.password() {
            builder = builder.set_client_to_redis_password(password);
        }
    }
    if scheme == "rediss" {
        builder =
            builder.set_client_to_redis_tls_mode(TlsMode::Secure).set_client_to_sentinel_tls_mode(TlsMode::Secure);
    }
    if let Some(certificates) = certificates {
        builder = builder.set_client_to_redis_certificates(certificates.clone());
        builder = builder.set_client_to_sentinel_certificates(certificates);
    }
    Ok(RedisSource::Named(Arc::new(Mutex::new(builder.build()?))))
}

/// Servers that share what there is: those that are named tell of the others. There is one database.
fn cluster(scheme: &str, rest: &str, certificates: Option<TlsCertificates>) -> RedisResult<RedisSource> {
    let (place, path) = rest.split_once('/').unwrap_or((rest, ""));
    if !matches!(path, "" | "0") {
        return Err((ErrorKind::InvalidClientConfig, "a cluster has no other databases than 0").into());
    }
    let all: Vec<ConnectionInfo> = each(scheme, place, "").collect::<RedisResult<_>>()?;
    let one = |info: &ConnectionInfo| match certificates.clone() {
        Some(certificates) => Client::build_with_tls(info.clone(), certificates),
        None => Client::open(info.clone()),
    };
    let named = all.iter().map(one).collect::<RedisResult<_>>()?;
    let builder = ClusterClientBuilder::new(all).retries(RETRIES);
    let builder = builder.min_retry_wait(RETRY_PAUSE.0).max_retry_wait(RETRY_PAUSE.1);
    let builder = match certificates {
        Some(certificates) => builder.certs(certificates),
        None => builder,
    };
    Ok(RedisSource::Cluster(Arc::new(Cluster { client: builder.build()?, named, next: AtomicUsize::new(0) })))
}

/// Each of several servers, which all know the same name and password.
fn each<'a>(scheme: &'a str, place: &'a str, database: &'a str) -> impl Iterator<Item = RedisResult<ConnectionInfo>> {
    let (who, hosts) = place.rsplit_once('@').map_or(("", place), |(who, hosts)| (who, hosts));
    let at = if who.is_empty() { "" } else { "@" };
    hosts.split(',').map(move |host| format!("{scheme}://{who}{at}{host}/{database}").into_connection_info())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str) -> Result<Option<RedisSource>, SetupError> {
        RedisSource::of(&RedisConfig { url: Some(url.into()), ..RedisConfig::default() })
    }

    #[test]
    fn an_address_names_one_redis_its_sentinels_or_a_cluster() {
        assert!(RedisSource::of(&RedisConfig::default()).unwrap().is_none());
        for url in ["redis://localhost", "rediss://user:secret@redis.test:6380/2", "unix:/run/redis.sock"] {
            assert!(matches!(of(url).unwrap(), Some(RedisSource::At(_))), "{url}");
        }
        for url in [
            "redis+sentinel://one:26379/pake",
            "redis+sentinel://user:p%40ss@one:26379,two:26379,[::1]:26379/pake/3",
            "rediss+sentinel://:secret@one/pake",
        ] {
            assert!(matches!(of(url).unwrap(), Some(RedisSource::Named(_))), "{url}");
        }
        for url in [
            "redis+cluster://one",
            "redis+cluster://user:p%40ss@one:7000,two:7001,[::1]:7002/0",
            "rediss+cluster://:secret@one,two/",
        ] {
            assert!(matches!(of(url).unwrap(), Some(RedisSource::Cluster(_))), "{url}");
        }
    }

    #[test]
    fn an_address_that_cannot_be_read_is_refused_with_what_to_write_and_without_the_password() {
        for url in [
            "http://:secret@one",
            "redis+sentinel://:secret@one:port/pake",
            "redis+sentinel://:secret@one/pake/x",
            "redis+cluster://:secret@one/1",
            "redis+cluster://:secret@one,two:port",
            "redis+cluster://:secret@",
        ] {
            let error = of(url).unwrap_err();
            let forms = ["redis+sentinel://[", "redis+cluster://["];
            assert!(forms.iter().all(|form| error.message.contains(form)), "{url}: {}", error.message);
            assert!(!error.message.contains("secret"), "{}", error.message);
        }
        let missing = RedisConfig {
            ca_file: Some("/nowhere.pem".into()),
            url: Some("rediss://one".into()),
            ..RedisConfig::default()
        };
        assert_eq!(RedisSource::of(&missing).unwrap_err().setting, "redis.ca_file");
    }
}

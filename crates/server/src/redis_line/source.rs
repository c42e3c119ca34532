//! Where Redis is: at an address, or wherever its sentinels say that the one is that is written to.

use std::{fs, sync::Arc};

use engine::search::SetupError;
use redis::{
    Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisResult, TlsCertificates, TlsMode,
    sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType},
};
use secrecy::ExposeSecret;
use tokio::sync::Mutex;

use crate::config::RedisConfig;

/// How an address begins of which sentinels tell the rest, without and with TLS.
const SENTINEL: [(&str, &str); 2] = [("redis+sentinel://", "redis"), ("rediss+sentinel://", "rediss")];

/// Where Redis is.
#[derive(Clone)]
pub enum RedisSource {
    /// At this address.
    At(Arc<Client>),
    /// Where they say.
    Named(Arc<Mutex<SentinelClient>>),
}

/// Without the address, which may hold a password.
impl std::fmt::Debug for RedisSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if matches!(self, Self::At(_)) { "At" } else { "Named" })
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
        let source = SENTINEL
            .into_iter()
            .find_map(|(start, scheme)| Some(named(scheme, url.strip_prefix(start)?, certificates.clone())))
            .unwrap_or_else(|| at(url, certificates));
        source.map(Some).map_err(|error| wrong(&error))
    }

    /// The way to the one that is written to.
    pub async fn client(&self) -> RedisResult<Client> {
        match self {
            Self::At(client) => Ok(Client::clone(client)),
            Self::Named(sentinels) => sentinels.lock().await.async_get_client().await,
        }
    }
}

/// What is wrong with an address.
pub(super) fn wrong(error: &redis::RedisError) -> SetupError {
    let message = format!(
        "{error}; write redis://[user:password@]host:port/[database], or \
         redis+sentinel://[user:password@]host:port,host:port/service/[database]"
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
    let (who, hosts) = place.rsplit_once('@').map_or(("", place), |(who, hosts)| (who, hosts));
    let at = if who.is_empty() { "" } else { "@" };
    let read = |host: &str| format!("{scheme}://{who}{at}{host}/{database}").into_connection_info();
    let all: Vec<ConnectionInfo> = hosts.split(',').map(read).collect::<RedisResult<_>>()?;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str) -> Result<Option<RedisSource>, SetupError> {
        RedisSource::of(&RedisConfig { url: Some(url.into()), ..RedisConfig::default() })
    }

    #[test]
    fn an_address_names_one_redis_or_its_sentinels() {
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
    }

    #[test]
    fn an_address_that_cannot_be_read_is_refused_with_what_to_write_and_without_the_password() {
        for url in
            ["http://:secret@one", "redis+sentinel://:secret@one:port/pake", "redis+sentinel://:secret@one/pake/x"]
        {
            let error = of(url).unwrap_err();
            assert!(error.message.contains("redis+sentinel://["), "{url}: {}", error.message);
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

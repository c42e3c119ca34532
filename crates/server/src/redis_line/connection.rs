//! A connection to Redis that comes back by itself, goes to another one when its sentinels say so, and knows which server of a
//! cluster has what.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use engine::search::SetupError;
use redis::{
    Client, Cmd, FromRedisValue, Pipeline, RedisError, RedisFuture, RedisResult, Value,
    aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig},
    cluster::ClusterConfig,
    cluster_async::ClusterConnection,
    cluster_routing::{MultipleNodeRoutingInfo, RoutingInfo, SingleNodeRoutingInfo},
};

use super::source::{RedisSource, wrong};

/// Longest pause between two attempts to connect.
const PAUSE: Duration = Duration::from_secs(1);

/// How long is waited for Redis.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For an answer.
    pub response: Duration,
    /// For a connection.
    pub connection: Duration,
}

impl Patience {
    fn to_one(self) -> ConnectionManagerConfig {
        ConnectionManagerConfig::new()
            .set_response_timeout(Some(self.response))
            .set_connection_timeout(Some(self.connection))
            .set_number_of_retries(1)
            .set_max_delay(PAUSE)
    }

    fn to_a_cluster(self) -> ClusterConfig {
        ClusterConfig::new().set_response_timeout(self.response).set_connection_timeout(self.connection)
    }
}

/// One server of Redis: the only one, or one of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Wherever commands go.
    Only,
    /// At this host and port.
    At(String, u16),
}

/// A connection; cheap to clone.
#[derive(Clone)]
pub struct RedisConnection {
    source: RedisSource,
    patience: Patience,
    /// To the one that is written to, or to all of a cluster; nothing while that has to be found out.
    current: Arc<RwLock<Option<Way>>>,
}

#[derive(Clone)]
enum Way {
    One(ConnectionManager),
    Cluster(ClusterConnection),
}

impl RedisConnection {
    /// Connects when first used.
    pub fn new(source: RedisSource, patience: Patience) -> Result<Self, SetupError> {
        let current = match &source {
            RedisSource::At(client) => {
                let lazy = ConnectionManager::new_lazy_with_config(Client::clone(client), patience.to_one());
                Some(Way::One(lazy.map_err(|error| wrong(&error))?))
            }
            RedisSource::Named(_) | RedisSource::Cluster(_) => None,
        };
        Ok(Self { source, patience, current: Arc::new(RwLock::new(current)) })
    }

    async fn current(&self) -> RedisResult<Way> {
        let known = self.current.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = known {
            return Ok(known);
        }
        let found = match &self.source {
            RedisSource::Cluster(cluster) => {
                // It finds its servers, and those that take their places, by itself from then on.
                Way::Cluster(cluster.client.get_async_connection_with_config(self.patience.to_a_cluster()).await?)
            }
            one => Way::One(ConnectionManager::new_lazy_with_config(one.client().await?, self.patience.to_one())?),
        };
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(found.clone());
        Ok(found)
    }

    /// When it is gone, or is not written to any more, another one may be.
    fn learn<T>(&self, answer: &RedisResult<T>) {
        let is_gone = |error: &RedisError| {
            error.is_io_error()
                || error.is_connection_dropped()
                || error.is_timeout()
                || error.code() == Some("READONLY")
        };
        if matches!(self.source, RedisSource::Named(_)) && answer.as_ref().is_err_and(is_gone) {
            *self.current.write().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    /// Every server that has names of its own.
    pub async fn places(&self) -> RedisResult<Vec<Place>> {
        let Way::Cluster(mut cluster) = self.current().await? else { return Ok(vec![Place::Only]) };
        let all = RoutingInfo::MultiNode((MultipleNodeRoutingInfo::AllMasters, None));
        let answers: Vec<(String, Value)> =
            FromRedisValue::from_redis_value(cluster.route_command(redis::cmd("PING"), all).await?)?;
        let read = |(address, _): (String, Value)| {
            let (host, port) = address.rsplit_once(':')?;
            Some(Place::At(host.to_owned(), port.parse().ok()?))
        };
        Ok(answers.into_iter().filter_map(read).collect())
    }

    /// Has this very server do something.
    pub async fn ask<T: FromRedisValue>(&self, place: &Place, command: Cmd) -> RedisResult<T> {
        let answer = match (self.current().await?, place) {
            (Way::Cluster(mut cluster), Place::At(host, port)) => {
                let there = SingleNodeRoutingInfo::ByAddress { host: host.clone(), port: *port };
                cluster.route_command(command, RoutingInfo::SingleNode(there)).await?
            }
            (Way::Cluster(mut cluster), Place::Only) => cluster.req_packed_command(&command).await?,
            (Way::One(mut one), _) => {
                let answer = one.req_packed_command(&command).await;
                self.learn(&answer);
                answer?
            }
        };
        Ok(FromRedisValue::from_redis_value(answer)?)
    }
}

impl ConnectionLike for RedisConnection {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        Box::pin(async move {
            let answer = match self.current().await? {
                Way::One(mut one) => one.req_packed_command(cmd).await,
                Way::Cluster(mut cluster) => cluster.req_packed_command(cmd).await,
            };
            self.learn(&answer);
            answer
        })
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        Box::pin(async move {
            let answer = match self.current().await? {
                Way::One(mut one) => one.req_packed_commands(pipeline, offset, count).await,
                Way::Cluster(mut cluster) => cluster.req_packed_commands(pipeline, offset, count).await,
            };
            self.learn(&answer);
            answer
        })
    }

    fn get_db(&self) -> i64 {
        0
    }
}

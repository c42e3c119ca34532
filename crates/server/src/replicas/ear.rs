//! Hearing what others tell: a connection of its own, made anew when it breaks or nothing comes any more.

use std::{sync::atomic::Ordering, time::Duration};

use bytes::Bytes;
use futures_util::StreamExt;
use redis::{RedisError, RedisResult};
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};

use super::{DEAF, HEARING, Heard, Replicas, To, Way, channel, read};
use crate::redis_line::CONNECT;

/// A connection on which nothing came for so long, not even what one writes to oneself, leads nowhere.
const SILENCE: Duration = Duration::from_secs(4);
/// First and longest pause before the next attempt; by chance up to twice as long.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

impl Replicas {
    /// Hands on what others tell, for ever; ends at once where there is no way to them.
    pub async fn listen(&self, heard: mpsc::Sender<Heard>) {
        let Some((way, name)) = self.way() else { return };
        let mut pause = PAUSE.0;
        loop {
            let began = tokio::time::Instant::now();
            let error = self.hear_until_it_breaks(way, name, &heard).await.err();
            if heard.is_closed() {
                return;
            }
            if self.hearing.swap(DEAF, Ordering::AcqRel) != DEAF {
                let error = error.map_or_else(|| "the connection was closed".to_owned(), |error| error.to_string());
                tracing::warn!(error, "other replicas are not heard; tried again until they are");
            }
            if began.elapsed() > PAUSE.1 {
                pause = PAUSE.0;
            }
            sleep(pause + pause.mul_f64(rand::random())).await;
            pause = PAUSE.1.min(2 * pause);
        }
    }

    async fn hear_until_it_breaks(&self, way: &Way, name: &str, heard: &mpsc::Sender<Heard>) -> RedisResult<()> {
        let mut connection = timeout(CONNECT, async { way.source.client().await?.get_async_pubsub().await })
            .await
            .map_err(|_| too_late())??;
        for to in [To::All, To::One(self.id)] {
            timeout(CONNECT, connection.subscribe(channel(name, to))).await.map_err(|_| too_late())??;
        }
        if self.hearing.swap(HEARING, Ordering::AcqRel) == DEAF {
            tracing::info!("other replicas are heard again");
        }
        let mut letters = connection.into_on_message();
        while let Some(message) = timeout(SILENCE, letters.next()).await.map_err(|_| too_late())? {
            let text = Bytes::copy_from_slice(message.get_payload_bytes());
            let Some(letter) = read(&text).filter(|heard| heard.from != self.id) else { continue };
            if heard.send(letter).await.is_err() {
                break;
            }
        }
        Ok(())
    }
}

fn too_late() -> RedisError {
    std::io::Error::from(std::io::ErrorKind::TimedOut).into()
}

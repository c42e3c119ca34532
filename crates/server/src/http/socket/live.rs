//! What goes on in the installation, told every few seconds to whoever operates it and has asked for that.

use std::{pin::Pin, sync::Arc, time::Duration};

use axum::extract::ws::Utf8Bytes;
use futures_util::{Stream, stream};
use serde::Deserialize;
use tokio::time::{MissedTickBehavior, interval};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    app::App,
    frame::{FrameType, loose},
    system,
};

/// How often it is told.
const EVERY: Duration = Duration::from_secs(2);

/// What a client wants to be told of, or no more.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Subscription {
    /// The names of the frames.
    pub topics: Vec<Topic>,
}

/// A frame that comes only to those who ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// What goes on in the installation: needs `system:manage`.
    SystemMetrics,
}

/// Frames, as they come.
pub type Feed = Pin<Box<dyn Stream<Item = Utf8Bytes> + Send>>;

/// Tells of the installation from now on, at once and then every few seconds. Nothing is measured while a client is too slow to
/// take what there is.
pub fn feed(app: Arc<App>) -> Feed {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    Box::pin(stream::unfold((app, ticks), async |(app, mut ticks)| {
        ticks.tick().await;
        let live = system::live(&app).await;
        let frame = loose(FrameType::SystemMetrics, app.clock.now(), Uuid::new_v4(), None, &live);
        Some((frame.into(), (app, ticks)))
    }))
}

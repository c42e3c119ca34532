//! The web service: searches, history, cache, API, WebSocket and storage.

pub mod db;
pub mod error;
pub mod recorder;
pub mod store;

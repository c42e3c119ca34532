//! Deploying on a real Docker engine, and over a real ssh.
//!
//! `cargo nextest run --package ops --run-ignored all` where there is an engine.

#[cfg(test)]
#[path = "it/docker.rs"]
mod docker;
#[cfg(test)]
#[path = "it/remote.rs"]
mod remote;
#[cfg(test)]
#[path = "it/stage.rs"]
mod stage;
